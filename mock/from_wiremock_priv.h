#ifndef MOCK_FROM_WIREMOCK_PRIV_H
#define MOCK_FROM_WIREMOCK_PRIV_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct draft;

/* An import that goes on, as from_wiremock*.c share it. */
struct wiremock {
	struct draft *draft;
	char *files;      /* the folder of bodies; NULL: there is none */
	struct buf where; /* the file of the mapping that is being read */
};

/* Something of the mapping at hand that could not be carried over. */
void wiremock_note(struct wiremock *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The endpoint of a request pattern, and whether rules must compare the URL,
 * too. */
void wiremock_endpoint(
    struct wiremock *w, const json_t *request, struct buf *out);

/* Rules for all that a stub asks for. */
void wiremock_rules(struct wiremock *w, const json_t *stub, json_t *response);

/* What a stub answers. */
void wiremock_answer(struct wiremock *w, const json_t *stub, json_t *response);

#endif
