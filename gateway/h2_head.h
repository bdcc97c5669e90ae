#ifndef GATEWAY_H2_HEAD_H
#define GATEWAY_H2_HEAD_H

/*
 * Header sections of HTTP/2 (RFC 9113 section 8.3) and heads of HTTP/1.1 are
 * the same thing written in two ways.  Here one becomes the other, without
 * I/O: what a client sends by HTTP/2 is judged by the rules of its own and is
 * then the text of a request that our strict codec (gateway/http1.h) reads as
 * it reads any other, so that both have the same keys, limits and refusals.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "gateway/http1.h"

/* F(NAME, status, text); status is what a server answers. */
#define H2_HEAD_FAULTS(F) \
	F(NONE, 0, "") \
	F(LONG, 431, "the header section is too large") \
	F(MANY, 431, "too many header fields") \
	F(NAME, 400, "a field name is not a token in lower case") \
	F(VALUE, 400, "a control character in a field value") \
	F(PSEUDO, 400, \
	    "a pseudo-header field is unknown, double, late or malformed") \
	F(MISSING, 400, "a pseudo-header field is missing") \
	F(CONNECTION, 400, \
	    "a connection-specific field, which HTTP/2 does not have") \
	F(AUTHORITY, 400, ":authority and Host name different hosts") \
	F(SCHEME, 400, "the scheme is neither http nor https")

enum h2_head_fault {
#define F(name, status, text) H2_HEAD_##name,
	H2_HEAD_FAULTS(F)
#undef F
	    H2_HEAD_FAULT_COUNT
};
/* What a request with it is refused with, and what the fault is in words. */
int h2_head_status(enum h2_head_fault f);
const char *h2_head_text(enum h2_head_fault f);

/* What a section is of. */
enum h2_head_kind {
	H2_REQUEST,
	H2_RESPONSE,
	H2_TRAILERS, /* without pseudo-header fields */
};

enum h2_pseudo {
	H2_METHOD,
	H2_SCHEME,
	H2_AUTHORITY,
	H2_PATH,
	H2_STATUS,
	H2_PSEUDO_COUNT,
};

/* A section that comes field by field.  All zero and h2_head_begin() to
 * begin; it may begin again. */
struct h2_head {
	size_t most_bytes, most_fields;
	enum h2_head_kind kind;
	enum h2_head_fault fault; /* the first one; nothing is kept then */
	size_t bytes, fields;
	struct buf pseudo[H2_PSEUDO_COUNT];
	unsigned seen;   /* pseudo-header fields, a set */
	bool has_length; /* content-length */
	bool has_host;
	struct buf host_text;
	struct buf lines;   /* "name: value\r\n" of each of the others */
	struct buf cookies; /* joined again (RFC 9113 section 8.2.3) */
};

/* Begins a section of that kind; what was there is forgotten. */
void h2_head_begin(struct h2_head *h, const struct http1_limits *limits,
    enum h2_head_kind kind);

/* One field; views. */
void h2_head_add(struct h2_head *h, struct str name, struct str value);

/* nghttp2 or another has found that a field is not one. */
void h2_head_spoil(struct h2_head *h, enum h2_head_fault fault);

/*
 * Appends the section as the head of an HTTP/1.1 request; empty says that no
 * body follows.  A body without a length is said to be chunked.  An http
 * scheme is that of a target at another origin, which makes it absolute.
 * Gives the fault, and then nothing was appended.
 */
enum h2_head_fault h2_head_request(
    struct h2_head *h, bool empty, struct buf *out);

/* The same of a trailer section or a response: the field lines. */
enum h2_head_fault h2_head_trailers(const struct h2_head *h, struct buf *out);

/* The three digits of :status, or -1. */
int h2_head_code(const struct h2_head *h);

void h2_head_fini(struct h2_head *h);

/* Whether a field of an HTTP/1.1 head has a place in HTTP/2 (RFC 9113 section
 * 8.2.2); h are all of them.  Host is ":authority" there and is none. */
bool h2_head_keeps(const struct headers *h, const struct header *f);

/* The name in lower case at p, where there is room for it. */
struct str h2_head_name(char *p, struct str name);

#endif
