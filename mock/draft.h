#ifndef MOCK_DRAFT_H
#define MOCK_DRAFT_H

/*
 * A Mockoon environment that is being made from something else.  Identifiers
 * come from what they name, so that the same source gives the same file.
 * Objects that are given belong to the draft; texts that are no UTF-8 become
 * it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct draft;  /* opaque */
struct json_t; /* jansson's */

/* cors: answers may be read by pages of any origin. */
struct draft *draft_new(struct str name, bool cors);
void draft_free(struct draft *d); /* safe on NULL */

/* What all its routes are below, and where requests go that none answers. */
void draft_set_prefix(struct draft *d, struct str prefix);
void draft_set_proxy(struct draft *d, struct str url);

/* Something that could not be carried over: where in the source, and why.
 * The same is told once. */
void draft_note(struct draft *d, struct str where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* All notes, a line each. */
struct str draft_notes(const struct draft *d);

/* A folder in parent (NULL: in none). */
struct json_t *draft_folder(
    struct draft *d, struct json_t *parent, struct str name);

/*
 * The last route of a folder (NULL: in none).  method is in lower case; "" is
 * a CRUD route.  The slash that endpoint may begin with is left out.
 */
struct json_t *draft_route(struct draft *d, struct json_t *folder,
    struct str method, struct str endpoint, struct str documentation);

/* The route of that method and endpoint (in any case), or NULL. */
struct json_t *draft_find_route(
    const struct draft *d, struct str method, struct str endpoint);
size_t draft_routes(const struct draft *d);

/* The last response of a route: empty, with status 200, the first one being
 * the default.  Changed through its members. */
struct json_t *draft_response(
    struct json_t *route, struct str label, unsigned status);
void draft_default(struct json_t *route, struct json_t *response);
void draft_body(struct json_t *response, struct str body, bool template);
void draft_header(struct json_t *response, struct str key, struct str value);

/* Its object named hark, which it has from then on. */
struct json_t *draft_hark(struct json_t *response);

/* Both are templates. */
void draft_rule(struct json_t *response, const char *target,
    struct str modifier, const char *operator, struct str value, bool invert);

/* Any text as a template that gives it; false when there is none. */
bool draft_quote(struct buf *out, struct str text);

/* A bucket's identifier. */
const char *draft_bucket(struct draft *d, struct str name, struct str value);

/* Its uuid, for draft_call(). */
struct json_t *draft_callback(
    struct draft *d, struct str name, struct str method, struct str uri);
void draft_call(
    struct json_t *response, const struct json_t *callback, int64_t after_ms);

void draft_set(struct json_t *object, const char *member, struct str text);

/* Removes a route that stands in no folder. */
void draft_remove(struct draft *d, struct json_t *route);

/* Moves routes in front of those of their folder that would answer in their
 * place. */
void draft_order(struct draft *d);

/* Appends the environment as text. */
void draft_write(const struct draft *d, struct buf *out);

#endif
