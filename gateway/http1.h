#ifndef GATEWAY_HTTP1_H
#define GATEWAY_HTTP1_H

/*
 * HTTP/1.1 messages (RFC 9112), strict and without I/O: the guard in front
 * of evhttp and the upstream leg share it.  What two readers could
 * understand differently is refused, never repaired: the reasons are in
 * enum http1_fault.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "har/exchange.h"
#include "har/headers.h"

struct http1_limits {
	size_t line;   /* bytes of a request line: 414 (8 KiB method: 501) */
	size_t head;   /* bytes of a whole head: 431 */
	size_t fields; /* number of field lines: 431 */
};

/* status is what a server answers; for a response the gateway answers 502.
 * F(NAME, status, text) */
#define HTTP1_FAULTS(F) \
	F(NONE, 0, "") \
	F(LINE_LONG, 414, "the request line is too long") \
	F(HEAD_LONG, 431, "the header section is too large") \
	F(FIELDS_MANY, 431, "too many header fields") \
	F(METHOD, 400, "the method is not a token") \
	F(METHOD_LONG, 501, "the method is too long") \
	F(TARGET, 400, "the request target has no valid form") \
	F(LINE, 400, "the start line is malformed") \
	F(VERSION, 505, "the HTTP version is not 1.0 or 1.1") \
	F(PREFACE, 505, \
	    "HTTP/2 is only spoken where TLS agrees on it; use HTTP/1.1") \
	F(TLS, 400, \
	    "this is TLS, and the port speaks plain HTTP; use http://") \
	F(BARE_LF, 400, "a line does not end in CRLF") \
	F(NAME, 400, "a field name is not a token") \
	F(VALUE, 400, "a control character in a field value") \
	F(FOLDED, 400, "a folded header line") \
	F(HOST, 400, "Host is missing, double or malformed") \
	F(LENGTH, 400, "Content-Length is not one decimal number") \
	F(CODING, 501, "a transfer coding other than chunked") \
	F(CODING_FRAME, 400, "chunked is not the one and last coding") \
	F(BOTH, 400, "both Content-Length and Transfer-Encoding") \
	F(CONNECT, 400, "a CONNECT request with a body") \
	F(CODING_OLD, 400, "Transfer-Encoding in an HTTP/1.0 message") \
	F(CHUNK, 400, "a malformed chunk") \
	F(TRAILER, 400, "a malformed trailer section") \
	F(STATUS, 502, "the status code is not a number from 100 to 599")

enum http1_fault {
#define F(name, status, text) HTTP1_##name,
	HTTP1_FAULTS(F)
#undef F
	    HTTP1_FAULT_COUNT
};
/* What a message with it is refused with, and what the fault is in words. */
int http1_fault_status(enum http1_fault f);
const char *http1_fault_text(enum http1_fault f);

/* The request target (RFC 9112 section 3.2). */
enum target_form {
	TARGET_ORIGIN,
	TARGET_ABSOLUTE,
	TARGET_AUTHORITY, /* CONNECT */
	TARGET_ASTERISK,  /* OPTIONS */
};

struct http1_head {
	/* request */
	struct str method;
	struct str target; /* as on the wire */
	enum target_form form;
	struct str authority; /* of absolute- or authority-form, else Host's
				 value; "" when an HTTP/1.0 client has none */
	struct str path; /* origin-form: target, or what absolute-form says;
			    begins with "/"; "*" for asterisk-form, "" for
			    authority-form */
	bool https;      /* absolute-form with https */
	/* response */
	int status;
	struct str reason;
	/* both */
	int minor;              /* 0 or 1 */
	bool http2;             /* it came by HTTP/2; minor is 1 then */
	struct headers headers; /* all, as they came */
	enum framing framing;
	uint64_t length; /* FRAMING_LENGTH */
	bool keep_alive; /* what this side wants (RFC 9112 section 9.3) */
	bool expect_continue;
	bool upgrade; /* an Upgrade field that Connection names */
	size_t bytes; /* of the head, blank line included */
};

enum http1_step {
	HTTP1_MORE, /* not whole yet */
	HTTP1_DONE,
	HTTP1_FAULT, /* *fault says which */
};

/*
 * Reads a request head from the n bytes at p, which begin where a message
 * begins.  *seen is how far an earlier call with fewer bytes got (start with
 * 0), so that a head that comes byte by byte is not scanned again.  A limit
 * is noticed as soon as it is passed.  On HTTP1_DONE *h holds views of p;
 * its list of fields lives in a.  CRLFs before the request line (at most
 * two) are skipped (RFC 9112 section 2.2) and count in bytes.
 */
enum http1_step http1_request(struct http1_head *h, struct arena *a,
    const char *p, size_t n, size_t *seen, const struct http1_limits *l,
    enum http1_fault *fault);

/* The same for a response to a request with that method.  A response's
 * framing is decided by RFC 9112 section 6.3: none for HEAD, 1xx, 204, 304;
 * FRAMING_CLOSE without a length.  Where there is no body, length still says
 * what Content-Length said.  Nothing is skipped before the status line. */
enum http1_step http1_response(struct http1_head *h, struct arena *a,
    const char *p, size_t n, size_t *seen, struct str method,
    const struct http1_limits *l, enum http1_fault *fault);

/* A body being read. All zero and http1_body_start() to begin. */
struct http1_body {
	enum framing framing;
	int state;       /* private */
	uint64_t left;   /* bytes of this length or chunk still to come */
	unsigned digits; /* private */
	struct buf line; /* private: trailer section so far */
	size_t trailer_limit;
	bool ended;
};

/* Begins to read one.  length is that of FRAMING_LENGTH; a trailer section may
 * have trailer_limit bytes. */
void http1_body_start(struct http1_body *b, enum framing framing,
    uint64_t length, size_t trailer_limit);

/*
 * Takes from the n bytes at p: *used is how many it took, *data the payload
 * among them (a view of p; may be empty), which may come with any of the
 * three results.  Call again with the rest until it
 * is HTTP1_MORE with *used == n, HTTP1_DONE or HTTP1_FAULT.  Chunk
 * extensions are read and dropped (RFC 9112 section 7.1.1).  With
 * FRAMING_CLOSE it is never done; the connection's end is the body's.
 */
enum http1_step http1_body_read(struct http1_body *b, const char *p, size_t n,
    size_t *used, struct str *data, enum http1_fault *fault);

/* The trailer fields of a chunked body that is done, copied to a. */
int http1_body_trailers(
    struct http1_body *b, struct headers *trailers, struct arena *a);
void http1_body_fini(struct http1_body *b);

/* "1a\r\n" of a chunk of n bytes; the data and "\r\n" follow it.  Gives the
 * number of bytes written to out, at most HTTP1_CHUNK_HEAD. */
#define HTTP1_CHUNK_HEAD 18
size_t http1_chunk_head(char out[HTTP1_CHUNK_HEAD], uint64_t n);

/* Whether a field has a place in a trailer section: not one that frames a
 * message, says its way or is of one connection. */
bool http1_trails(const struct headers *trailers, const struct header *f);

/* The chunk of size 0 and the trailer section, which end a chunked body.
 * Fields that have no place there are left out. */
void http1_add_last_chunk(struct buf *out, const struct headers *trailers);

/* The version as a HAR has it, and its minor number there. */
struct str http1_version_text(const struct http1_head *h);
int http1_minor(const struct http1_head *h);

/* The usual reason phrase of a status code, "" for an unknown one. */
const char *http1_reason(int status);

/* "HTTP/1.1 200 OK" and the line's end, with that reason. */
void http1_add_status_line(struct buf *b, int status);

#endif
