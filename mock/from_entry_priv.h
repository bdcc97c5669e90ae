#ifndef MOCK_FROM_ENTRY_PRIV_H
#define MOCK_FROM_ENTRY_PRIV_H

#include <jansson.h>

#include "mock/from_entry.h"

struct buf;

/* An import that goes on, as from_entry*.c share it. */
struct from_entry {
	struct draft *draft;
	struct from_entry_options options;
	json_t *seen; /* {method, path, status, plain, body, route} each */
};

/* The route of a WebSocket at path. */
void from_entry_socket(
    struct from_entry *f, const struct from_entry_source *s, struct str path);

/* Rules for the pairs of a query or a form; target is "query" or "body". */
void from_entry_pairs(struct draft *d, json_t *response, const char *target,
    struct str where, struct str pairs);

/* Rules for a request's body of that type. */
void from_entry_body(struct draft *d, json_t *response, struct str where,
    struct str type, struct str body);

/* The buckets that are in seen; without options.crud they are only told. */
void from_entry_buckets(struct from_entry *f);

#endif
