#ifndef GATEWAY_IMPORT_TAPE_H
#define GATEWAY_IMPORT_TAPE_H

/* A HAR file on its way to a tape. */

#include <stdbool.h>
#include <stdint.h>

#include "gateway/redacting.h"
#include "har/har_read.h"
#include "har/url.h"

struct err;
struct exchange;
struct har_file;
struct keyer;
struct rules;
struct settings;
struct store;

#define IMPORT_BATCH 64

struct import {
	const struct settings *settings; /* the tape's name, and its rules */
	struct har_file *file;
	bool lines;            /* an empty file is a tape without entries */
	const char *filter;    /* only URLs that fit (str_glob()); or NULL */
	bool strict;           /* nothing may have to be repaired */
	struct store *store;   /* NULL for a dry run */
	struct rules *of_tape; /* what keys go by; NULL: those given */
	struct keyer *keyer;
	struct redacting redacting;
	const char *folder; /* for long bodies on their way; or NULL */

	bool has_base; /* what the gateway stands for; else it is guessed */
	struct url base;

	/* Each may be NULL. */
	void (*on_note)(struct import *i, const struct har_note *n);
	void (*on_progress)(struct import *i);
	void *arg;

	/* What came of it. */
	struct har_figures figures;
	uint64_t taken, filtered, scoped;
	uint64_t dropped; /* bodies that could not be searched for secrets */
	unsigned notes;
	bool several; /* origins, and nobody said which */
	bool taking;  /* entries, in the last pass */

	/* Its own. */
	int64_t tape;
	struct exchange *batch[IMPORT_BATCH]; /* to be stored in one go */
	size_t batched;
	uint64_t batched_bytes; /* of their bodies */
	char *guessed;          /* the base as text */
	bool of_sockets; /* what is guessed so far: only WebSockets came */
};

/* Reads the file twice; all of it is stored, or nothing, not even the tape.
 * 0, or -1 with *e set. */
int import_run(struct import *i, struct err *e);

#endif
