#ifndef GATEWAY_QUERY_H
#define GATEWAY_QUERY_H

/*
 * The language by which exchanges are looked for:
 *
 *	method:POST status:5xx host:api.* -source:mock "free text"
 *	(status:>=400 OR duration:>100ms) header:accept=*json*
 *
 * All terms have to hold; OR stands between alternatives and binds less than
 * terms side by side; parentheses group; - in front of a term or group
 * negates.  A term is FIELD:VALUE or a text, which has to be somewhere in what
 * is shown of the exchange.  Values with white space or parentheses stand in
 * quotes, in which \" and \\ are a quote and a backslash.  Letters have no
 * case but in paths and bodies; * is any text, ? a byte; FIELD:* holds for
 * whatever has such a thing.  Numbers: 7, >7, >=7, <7, <=7, 1..7.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct err;
struct query; /* opaque; immutable */

#define QUERY_MOST 4096 /* bytes of a query */
#define QUERY_NODES 256 /* terms and what joins them */
#define QUERY_DEPTH 16  /* parentheses in each other */

enum query_text {
	QUERY_METHOD,
	QUERY_SCHEME,
	QUERY_HOST,   /* with or without port */
	QUERY_TARGET, /* path and query */
	QUERY_SOURCE,
	QUERY_MODE,
	QUERY_TIER,
	QUERY_STATE,
	QUERY_SESSION,
	QUERY_CLIENT, /* address and port */
	QUERY_ROUTE,
	QUERY_REASON,
	QUERY_NOTE,
	QUERY_TYPE,
	QUERY_REQUEST_FIELDS, /* lines of "Name: value" */
	QUERY_RESPONSE_FIELDS,
	QUERY_REQUEST_BODY,
	QUERY_RESPONSE_BODY,
	QUERY_TEXTS
};

enum query_number {
	QUERY_ID,
	QUERY_STATUS, /* 0: none */
	QUERY_ENTRY,  /* the same */
	QUERY_DURATION,
	QUERY_WAIT, /* -1: none */
	QUERY_SIZE,
	QUERY_SENT,
	QUERY_NUMBERS
};

/* What a query is asked of. */
struct query_of {
	struct str text[QUERY_TEXTS];
	int64_t number[QUERY_NUMBERS];
};

/* An empty text, or one of white space, holds for all.  NULL with *e set:
 * "query, column 8: ...". */
struct query *query_new(struct str text, struct err *e);
void query_free(struct query *q); /* safe on NULL */

/* Whether the exchange is one that is looked for. */
bool query_holds(const struct query *q, const struct query_of *of);

/* The fields with what they mean, a line each, for help and the manual. */
void query_fields(struct buf *out);

#endif
