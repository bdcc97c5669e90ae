#ifndef TESTS_UNIT_TAPE_H
#define TESTS_UNIT_TAPE_H

/*
 * A tape made of HAR text, in a store of its own in a folder that goes with
 * the program, and a library with a reader to look into it.
 */

#include <stdint.h>

struct err;
struct keyer;
struct library;
struct reader;
struct store;

struct tape {
	char path[64]; /* of the store */
	struct store *writer;
	int64_t id;
	struct keyer *keyer;
	struct library *library;
	struct reader *reader;
};

extern struct tape tape;

/* A new tape with what is in the HAR.  0 or -1. */
int tape_new(const char *har, struct err *e);

/* Puts what is in the HAR behind what the tape has.  0 or -1. */
int tape_add(const char *har, struct err *e);

#endif
