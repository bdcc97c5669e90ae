#ifndef MOCK_CONTRACT_H
#define MOCK_CONTRACT_H

/*
 * Requests and answers held against what OpenAPI descriptions say of them:
 * 2.0, 3.0 and 3.1, JSON or YAML.  Nothing is refused or changed; what is not
 * as described is told.
 *
 *	contract.c		which operation a request is, what is wrong
 *	contract_load.c		operations from a description
 *	contract_path.c		paths with names in braces, in a tree
 *	contract_schema.c	OpenAPI's dialects of JSON Schema as one
 *	contract_text.c		parameters and fields: texts as values
 *	contract_body.c		bodies by their media type
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct buf;
struct contract; /* opaque; read-only once all is added */
struct contract_operation;
struct err;
struct headers;

/* What can be wrong: identifier, name, what it says. */
#define CONTRACT_KINDS(K) \
	K(PATH, "undocumented-path", "no path of the description fits") \
	K(METHOD, "undocumented-method", "the path is not for this method") \
	K(PARAMETER_MISSING, "missing-parameter", "it is required") \
	K(PARAMETER, "wrong-parameter", "it does not fit its schema") \
	K(QUERY, "undocumented-query", "no parameter has this name") \
	K(BODY_MISSING, "missing-body", "a body is required") \
	K(BODY_EXTRA, "undocumented-body", "no body is described") \
	K(TYPE, "wrong-content-type", "the body is described otherwise") \
	K(BODY, "wrong-body", "it does not fit its schema") \
	K(READ_ONLY, "read-only", "it is for answers only") \
	K(WRITE_ONLY, "write-only", "it is for requests only") \
	K(STATUS, "undocumented-status", "no response has this status") \
	K(FIELD_MISSING, "missing-header", "it is required") \
	K(FIELD, "wrong-header", "it does not fit its schema")

enum contract_kind {
#define K(id, name, text) CONTRACT_##id,
	CONTRACT_KINDS(K)
#undef K
	    CONTRACT_KIND_COUNT
};

/* As settings and logs call it. */
const char *contract_kind_name(enum contract_kind kind);

#define CONTRACT_BIT(kind) (1u << (kind))

/* Those of which a description merely says nothing. */
#define CONTRACT_SILENT \
	(CONTRACT_BIT(CONTRACT_QUERY) | CONTRACT_BIT(CONTRACT_BODY_EXTRA))

/* A comma-separated list of kinds, or "none", as a set.  0, or -1 with *e
 * set. */
int contract_read_kinds(const char *text, unsigned *kinds, struct err *e);

struct contract_options {
	unsigned ignored; /* kinds that are not looked for */
	size_t most_body; /* bytes; longer ones are not looked into */
};

/* One without operations yet; the options are copied. */
struct contract *contract_new(const struct contract_options *o);
void contract_free(struct contract *c); /* safe on NULL */

/*
 * Adds the description in the file at path.  prefix, unless p is NULL, is
 * where its paths begin, in the place of its servers' paths; requests
 * elsewhere are not for it.  What is not understood and therefore not looked
 * at is added to remarks, one a line.  0, or -1 with *e set for a file that
 * is no description or where one is wrong: path, place, reason.
 */
int contract_add(struct contract *c, const char *path, struct str prefix,
    struct buf *remarks, struct err *e);

/* The same with text as if it were that file's. */
int contract_add_text(struct contract *c, const char *path, struct str prefix,
    struct str text, struct buf *remarks, struct err *e);

/* How many operations there are, of all descriptions. */
size_t contract_operations(const struct contract *c);

#define CONTRACT_MOST 16 /* violations that are told of one message */

struct contract_violation {
	enum contract_kind kind;
	bool answer;     /* of the answer; else of the request */
	struct str at;   /* "query limit", "body /name", "status 418" */
	struct str rule; /* "api.yaml#/paths/~1pets/get"; "" for no path */
	struct str why;
};

/* What was found; all zero to begin with. */
struct contract_findings {
	struct arena arena; /* of the texts */
	struct contract_violation v[CONTRACT_MOST];
	size_t n;
	const char *unchecked; /* why a body was not looked into, or NULL */
};

void contract_findings_fini(struct contract_findings *f);

struct contract_message {
	struct str method;
	struct str target; /* of the request: path and query */
	struct str
	    upstream; /* the same where it would be asked; p NULL: none */
	int status;   /* of the answer */
	const struct headers *headers;
	struct str body; /* in its content codings */
	bool passes;     /* there is one that is too long to be looked into */
};

/* Whether it is one that a description could be for. */
enum contract_match {
	CONTRACT_ELSEWHERE,  /* it is not watched */
	CONTRACT_UNKNOWN,    /* no path or method of it: a violation */
	CONTRACT_DOCUMENTED, /* *operation is set */
};

/* Looks for the operation of a request and for what is wrong with it. */
enum contract_match contract_request(const struct contract *c,
    const struct contract_message *m,
    const struct contract_operation **operation, struct contract_findings *f);

/* "GET /pets/{id}", as described. */
struct str contract_operation_text(const struct contract_operation *o);

/* What is wrong with the head of an answer (its status and fields), and with
 * its body once it is whole; m->method is the request's. */
void contract_head(const struct contract *c, const struct contract_operation *o,
    const struct contract_message *m, struct contract_findings *f);
void contract_body(const struct contract *c, const struct contract_operation *o,
    const struct contract_message *m, struct contract_findings *f);

/* Whether contract_body() would look at the body of that head. */
bool contract_wants_body(
    const struct contract_operation *o, const struct contract_message *m);

#endif
