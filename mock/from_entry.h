#ifndef MOCK_FROM_ENTRY_H
#define MOCK_FROM_ENTRY_H

/*
 * Routes from recorded exchanges.  Method and path make a route, query and
 * body of the request the rules of a response, and the answer is kept to the
 * byte.  A WebSocket becomes a conversation.
 */

#include <stdbool.h>

#include "base/str.h"
#include "har/headers.h"

struct draft;
struct err;
struct from_entry; /* opaque */

/* An exchange as views of the caller's. */
struct from_entry_source {
	struct str where; /* for messages: "entry 7" */
	struct str method;
	struct str target; /* path and query */
	struct headers request_fields;
	struct str request_body; /* p NULL: not known */
	unsigned status;
	struct headers fields;
	struct str body; /* without its content coding; p NULL: not known */
	bool socket;     /* it is a WebSocket's messages (har/frame.h) */
};

struct from_entry_options {
	bool crud; /* lists and their items become data buckets */
	/* Keeps bytes in a file called name beside the mocks file; NULL: there
	 * is no place for it.  0, or -1 with *e set. */
	int (*on_file)(
	    void *arg, const char *name, struct str bytes, struct err *e);
	void *arg;
	struct str prefix; /* of these names */
};

/* Turns entries into routes of d, which stays yours; the options are copied. */
struct from_entry *from_entry_new(
    struct draft *d, const struct from_entry_options *o);

/* 0, or -1 with *e set when a file could not be kept. */
int from_entry_add(
    struct from_entry *f, const struct from_entry_source *s, struct err *e);

/* What only all entries together tell: sequences, buckets. */
void from_entry_end(struct from_entry *f);
void from_entry_free(struct from_entry *f); /* safe on NULL */

#endif
