#ifndef HAR_HEADERS_H
#define HAR_HEADERS_H

/*
 * The field lines of one message (RFC 9110 section 5) as they came: in
 * order, with the case of their names, duplicates apart.  The list is views;
 * the bytes belong to whoever made it, mostly an exchange's arena.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;
struct buf;

struct header {
	struct str name;
	struct str value; /* without the white space around it */
};

struct headers {
	struct header *v;
	size_t n;
	size_t cap;
};

/* Adds views of name and value; the list itself grows in a. */
void headers_add(
    struct headers *h, struct arena *a, struct str name, struct str value);

/* A copy with all its bytes in a. */
struct headers headers_copy(const struct headers *h, struct arena *a);

/* The first field called name (any case) at or after *at, which moves behind
 * it.  NULL when there is none.  Start with *at = 0. */
const struct header *headers_next(
    const struct headers *h, const char *name, size_t *at);

/* The value of the first field called name; p is NULL when there is none. */
struct str headers_get(const struct headers *h, const char *name);

/* Whether one of the comma-separated members of any field called name equals
 * token, ignoring case (RFC 9110 section 5.6.1). */
bool headers_have_token(
    const struct headers *h, const char *name, const char *token);

/*
 * Whether f is end-to-end: not one of the hop-by-hop fields of RFC 9110
 * section 7.6.1 (Connection, Keep-Alive, Proxy-Connection, TE,
 * Transfer-Encoding, Upgrade), not HTTP2-Settings, Proxy-Authenticate or
 * Proxy-Authorization, and not named by a Connection field of h.  Fields
 * that the message cannot do without (Host, Content-Length, and those that
 * decide its body) stay end-to-end even when Connection names them.
 */
bool headers_end_to_end(const struct headers *h, const struct header *f);

/* "Name: value\r\n" for each field, as they are. */
void headers_render(const struct headers *h, struct buf *out);

/* The reverse of headers_render(), views of block in a list in a.  0, or -1
 * when block is not of that form. */
int headers_parse(struct headers *h, struct arena *a, struct str block);

#endif
