#ifndef GATEWAY_H2_SESSION_H
#define GATEWAY_H2_SESSION_H

/*
 * What both legs have of nghttp2: a session by our rules, what it wants to
 * send, lists of fields, and a measure of frames that only cost.  Only the
 * files called h2_* know of nghttp2.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nghttp2/nghttp2.h>

#include "base/arena.h"
#include "base/buf.h"
#include "gateway/stream.h"
#include "har/headers.h"

#define H2_WINDOW (64u * 1024)      /* bytes that a stream sends ahead */
#define H2_MOST_QUEUED (64u * 1024) /* frames that wait for the socket */

/* Fields for nghttp2 in a, which has to live until they were submitted. */
struct h2_list {
	nghttp2_nv *v;
	size_t n, cap;
};

/* Adds one; name and value are views that have to live as long. */
void h2_list_add(
    struct h2_list *l, struct arena *a, struct str name, struct str value);

/* Those of an HTTP/1.1 head that HTTP/2 has, names in lower case. */
void h2_list_add_headers(
    struct h2_list *l, struct arena *a, const struct headers *h);

/*
 * Frames that cost work and bring nothing: resets, settings, pings, empty
 * pieces.  Some of them a second are usual.  False when there were too many
 * (CVE-2019-9512, -9515, -9518, CVE-2023-44487).
 */
struct h2_patience {
	int64_t left; /* in thousandths */
	int64_t at;   /* monotonic µs */
};
bool h2_patience_bears(
    struct h2_patience *p, const nghttp2_frame_hd *hd, int64_t now);

/* A session that is sent by nghttp2_session_mem_send() and gives windows
 * back only as it is told.  NULL without memory. */
nghttp2_session *h2_session_server(
    const nghttp2_session_callbacks *cb, void *arg);
nghttp2_session *h2_session_client(
    const nghttp2_session_callbacks *cb, void *arg);

/* Frames on their way to the socket. */
struct h2_out {
	struct buf b;
	size_t at; /* is sent */
};

enum h2_sent {
	H2_SENT_ALL,
	H2_SENT_TURN,  /* others have their turn first */
	H2_SENT_LATER, /* the socket is full */
	H2_SENT_BROKEN,
};

/* Sends what waits, and what the session has to say, at most a bounded number
 * of bytes.  *moved is set when the socket took some. */
enum h2_sent h2_out_send(
    struct h2_out *o, nghttp2_session *session, struct stream *s, bool *moved);
size_t h2_out_waiting(const struct h2_out *o);

#endif
