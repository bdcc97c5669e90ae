#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "har/base64.h"
#include "har/exchange.h"
#include "har/har_fields.h"
#include "har/har_in.h"
#include "har/har_payload.h"
#include "har/har_turn.h"
#include "har/json_write.h"

#include "har/har_hark.h"

static const char *const har_hark_framings[] = {
	[FRAMING_NONE] = "none",
	[FRAMING_LENGTH] = "length",
	[FRAMING_CHUNKED] = "chunked",
	[FRAMING_CLOSE] = "close",
};

#define HAR_HARK_FRAMINGS \
	(sizeof(har_hark_framings) / sizeof(*har_hark_framings))

int
har_hark_minor(struct str version)
{
	if (str_is(version, "HTTP/1.1"))
		return 1;
	return str_is(version, "HTTP/1.0") ? 0 : -1;
}

/*
 * Writing
 */

/* A text, or {"base64": ...} for bytes that are none; left out when empty. */
static void
har_hark_text(struct json_write *w, const char *name, struct str s)
{
	if (s.n == 0)
		return;
	json_write_name(w, str_of(name));
	if (str_is_utf8(s)) {
		json_write_str(w, s);
		return;
	}
	json_write_object(w);
	json_write_name(w, STR("base64"));
	json_write_base64(w, s);
	json_write_object_end(w);
}

static void
har_hark_chunks(struct json_write *w, const struct exchange *x)
{
	size_t i;

	if (x->nchunks == 0)
		return;
	json_write_name(w, STR("chunks"));
	json_write_array(w);
	for (i = 0; i < x->nchunks; i++) {
		json_write_int(w, (int64_t)x->chunks[i].offset);
		json_write_int(w, x->chunks[i].at_us);
	}
	json_write_array_end(w);
}

/* Whether a body is not in the HAR. */
static bool
har_hark_lost(const struct body *b, const struct har_hark_needs *needs)
{
	bool there = body_held(b) > 0 || (b->stored_id > 0 && needs->stored);

	return !b->known || (b->size > 0 && (needs->omit || !there));
}

/* Opens the object of a message; the caller adds to it and closes it. */
static void
har_hark_message(struct json_write *w, const char *name,
    const struct message *m, const struct har_hark_needs *needs)
{
	json_write_name(w, str_of(name));
	json_write_object(w);
	json_write_member(w, "framing", str_of(har_hark_framings[m->framing]));
	if (m->minor != har_hark_minor(m->version))
		json_write_member_int(w, "minor", m->minor);
	if (!str_is_utf8(m->version))
		har_hark_text(w, "version", m->version);
	if (m->trailers.n > 0) {
		json_write_name(w, STR("trailers"));
		har_fields_write(w, &m->trailers);
	}
	if (har_hark_lost(&m->body, needs)) {
		json_write_name(w, STR("known"));
		json_write_bool(w, false);
		json_write_member_int(w, "size", (int64_t)m->body.size);
	}
}

static void
har_hark_interims(struct json_write *w, const struct exchange *x)
{
	const struct interim *i;

	if (x->interims == NULL)
		return;
	json_write_name(w, STR("interims"));
	json_write_array(w);
	for (i = x->interims; i != NULL; i = i->next) {
		json_write_object(w);
		json_write_member_int(w, "status", i->status);
		json_write_name(w, STR("headers"));
		har_fields_write(w, &i->headers);
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

/* HAR has no way to say that send, wait or receive are not known. */
static void
har_hark_timings(struct json_write *w, const struct timings *t)
{
	const char *const names[] = { "send", "wait", "receive" };
	const int64_t values[] = { t->send, t->wait, t->receive };
	int i;

	if (t->send >= 0 && t->wait >= 0 && t->receive >= 0)
		return;
	json_write_name(w, STR("unknownTimings"));
	json_write_array(w);
	for (i = 0; i < 3; i++)
		if (values[i] < 0)
			json_write_str(w, str_of(names[i]));
	json_write_array_end(w);
}

/* What tells of an exchange without being a part of its messages. */
static void
har_hark_about(struct json_write *w, const struct exchange *x)
{
	if (!str_is_utf8(x->comment))
		har_hark_text(w, "comment", x->comment);
	har_hark_text(w, "server", x->server_addr);
	har_hark_text(w, "client", x->client_addr);
	har_hark_text(w, "session", x->session);
	har_hark_text(w, "mode", x->mode);
	har_hark_timings(w, &x->timings);
}

void
har_hark_write(struct json_write *w, const struct exchange *x,
    const struct har_hark_needs *needs)
{
	json_write_name(w, STR("_hark"));
	json_write_object(w);
	har_hark_text(w, "target", x->target);
	har_hark_text(w, "scope", x->scope);
	if (needs->url)
		har_hark_text(w, "url", x->url);
	if (!str_is_utf8(x->method))
		har_hark_text(w, "method", x->method);
	if (!str_is_utf8(x->reason))
		har_hark_text(w, "reason", x->reason);
	if (x->outcome != OUTCOME_COMPLETE)
		json_write_member(
		    w, "outcome", str_of(outcome_text(x->outcome)));
	har_hark_text(w, "failure", x->failure);
	if (x->times > 1)
		json_write_member_int(w, "times", (int64_t)x->times);
	if (!needs->minimal)
		har_hark_about(w, x);
	har_hark_interims(w, x);
	har_hark_message(w, "request", &x->request, needs);
	json_write_object_end(w);
	har_hark_message(w, "response", &x->response, needs);
	har_hark_chunks(w, x);
	if (needs->body != NULL) {
		json_write_name(w, STR("body"));
		json_write_base64_feed(w, needs->body);
	}
	if (needs->file[0] != '\0')
		json_write_member(w, "_file", str_of(needs->file));
	json_write_object_end(w);
	json_write_object_end(w);
}

/*
 * Reading
 */

static const struct har_member har_hark_base64_members[] = {
	{ "base64", har_in_text, 0 },
	{ NULL, NULL, 0 },
};

static int
har_hark_read_text(struct har_in *in, enum json_token t, void *slot)
{
	struct str coded = { NULL, 0 }, *s = slot;
	struct buf bytes = { 0 };
	unsigned odd;
	int r;

	if (t != JSON_OBJECT)
		return har_in_text(in, t, slot);
	if (har_in_object(in, t, har_hark_base64_members, &coded, HAR_PLACES) ==
	    -1)
		return -1;
	r = base64_decode(coded, &bytes, &odd);
	if (r == 0)
		*s = har_in_str(in, &bytes);
	buf_free(&bytes);
	return r == 0 ? 0 : har_in_repair(in, "passed over what is no base64");
}

static int
har_hark_outcome(struct har_in *in, enum json_token t, void *slot)
{
	struct str text = STR("");
	int outcome;

	(void)slot;
	if (har_in_text(in, t, &text) == -1)
		return -1;
	outcome = outcome_of(text);
	if (outcome == -1)
		return har_in_repair(
		    in, "no outcome is called %.*s", STR_ARGS(text));
	in->entry->x->outcome = (enum outcome)outcome;
	return 0;
}

static int
har_hark_framing(struct har_in *in, enum json_token t, void *slot)
{
	struct message *m = slot;
	struct str text = STR("");
	size_t i;

	if (har_in_text(in, t, &text) == -1)
		return -1;
	for (i = 0; i < HAR_HARK_FRAMINGS; i++) {
		if (!str_is(text, har_hark_framings[i]))
			continue;
		m->framing = (enum framing)i;
		return 0;
	}
	return har_in_repair(in, "no framing is called %.*s", STR_ARGS(text));
}

static int
har_hark_read_minor(struct har_in *in, enum json_token t, void *slot)
{
	struct message *m = slot;
	int64_t v = m->minor;

	if (har_in_number(in, t, &v) == -1)
		return -1;
	m->minor = v >= 0 && v <= 9 ? (int)v : -1;
	return 0;
}

static int
har_hark_times(struct har_in *in, enum json_token t, void *slot)
{
	int64_t v = 1;

	(void)slot;
	if (har_in_number(in, t, &v) == -1)
		return -1;
	in->entry->x->times = v > 1 ? (uint64_t)v : 1;
	return 0;
}

static int
har_hark_known(struct har_in *in, enum json_token t, void *slot)
{
	struct message *m = slot;

	m->body.known = t != JSON_FALSE;
	return har_in_pass(in, t, NULL);
}

static int
har_hark_size(struct har_in *in, enum json_token t, void *slot)
{
	struct message *m = slot;
	int64_t v = 0;

	if (har_in_number(in, t, &v) == -1)
		return -1;
	m->body.size = v > 0 ? (uint64_t)v : 0;
	return 0;
}

static int
har_hark_body(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = in->entry;
	unsigned odd;
	struct err e;
	bool cut;
	int r;

	(void)slot;
	if (t != JSON_STRING)
		return har_in_pass(in, t, NULL);
	if (har_payload_read_string(in, &entry->wire, &cut) == -1)
		return -1;
	r = cut ? 1 : har_turn_base64(&entry->wire, &odd, &e);
	if (r == -1)
		return har_payload_failed(in, &e);
	entry->has_wire = r == 0;
	return entry->has_wire
		   ? 0
		   : har_in_repair(in, "passed over a body that is no base64");
}

static int
har_hark_file(struct har_in *in, enum json_token t, void *slot)
{
	(void)slot;
	return har_in_text(in, t, &in->entry->wire_file);
}

static int
har_hark_chunk(struct har_in *in, enum json_token t, void *arg)
{
	struct exchange *x = in->entry->x;
	struct chunk_mark *more;
	int64_t v = 0;
	size_t *n = arg;

	if (har_in_number(in, t, &v) == -1)
		return -1;
	if (*n % 2 == 0) {
		/* Twice as many places whenever a power of two is full. */
		if ((x->nchunks & (x->nchunks + 1)) == 0) {
			more = arena_alloc(
			    &x->arena, 2 * (x->nchunks + 1) * sizeof(*more));
			if (x->nchunks > 0)
				memcpy(more, x->chunks,
				    x->nchunks * sizeof(*more));
			x->chunks = more;
		}
		x->chunks[x->nchunks].offset = (uint64_t)v;
		x->chunks[x->nchunks++].at_us = 0;
	} else {
		x->chunks[x->nchunks - 1].at_us = v;
	}
	++*n;
	return 0;
}

static int
har_hark_chunks_read(struct har_in *in, enum json_token t, void *slot)
{
	size_t n = 0;

	(void)slot;
	if (t != JSON_ARRAY)
		return har_in_pass(in, t, NULL);
	in->entry->x->nchunks = 0;
	return har_in_array(in, t, har_hark_chunk, &n);
}

static int
har_hark_unknown_timing(struct har_in *in, enum json_token t, void *arg)
{
	struct timings *timings = arg;
	struct str name = STR("");

	if (har_in_text(in, t, &name) == -1)
		return -1;
	if (str_is(name, "send"))
		timings->send = -1;
	else if (str_is(name, "wait"))
		timings->wait = -1;
	else if (str_is(name, "receive"))
		timings->receive = -1;
	return 0;
}

/* The standard timings may still follow, so this only marks. */
static int
har_hark_unknown_timings(struct har_in *in, enum json_token t, void *slot)
{
	(void)slot;
	if (t != JSON_ARRAY)
		return har_in_pass(in, t, NULL);
	return har_in_array(
	    in, t, har_hark_unknown_timing, &in->entry->known_timings);
}

struct har_hark_interim {
	int64_t status;
	struct headers headers;
};

static const struct har_member har_hark_interim_members[] = {
	{ "status", har_in_number, offsetof(struct har_hark_interim, status) },
	{ "headers", har_fields_read,
	    offsetof(struct har_hark_interim, headers) },
	{ NULL, NULL, 0 },
};

static int
har_hark_interim(struct har_in *in, enum json_token t, void *arg)
{
	struct har_hark_interim read = { 0 };
	struct interim ***end = arg, *i;

	if (har_in_object(in, t, har_hark_interim_members, &read, HAR_PLACES) ==
	    -1)
		return -1;
	if (read.status < 100 || read.status > 199)
		return har_in_repair(in, "passed over what is no 1xx");
	i = arena_zalloc(&in->entry->x->arena, sizeof(*i));
	i->status = (int)read.status;
	i->headers = read.headers;
	**end = i;
	*end = &i->next;
	return 0;
}

static int
har_hark_interims_read(struct har_in *in, enum json_token t, void *slot)
{
	struct interim **end = &in->entry->x->interims;

	(void)slot;
	if (t != JSON_ARRAY)
		return har_in_pass(in, t, NULL);
	*end = NULL;
	return har_in_array(in, t, har_hark_interim, &end);
}

static const struct har_member har_hark_message_members[] = {
	{ "framing", har_hark_framing, 0 },
	{ "minor", har_hark_read_minor, 0 },
	{ "version", har_hark_read_text, offsetof(struct message, version) },
	{ "trailers", har_fields_read, offsetof(struct message, trailers) },
	{ "known", har_hark_known, 0 },
	{ "size", har_hark_size, 0 },
	{ "body", har_hark_body, 0 },
	{ "_file", har_hark_file, 0 },
	{ "chunks", har_hark_chunks_read, 0 },
	{ NULL, NULL, 0 },
};

static int
har_hark_message_read(struct har_in *in, enum json_token t, void *slot)
{
	return har_in_object(in, t, har_hark_message_members, slot, HAR_PLACES);
}

#define TEXT(name, member) \
	{ \
		name, har_hark_read_text, offsetof(struct exchange, member) \
	}

static const struct har_member har_hark_members[] = {
	TEXT("scope", scope),
	TEXT("url", url),
	TEXT("method", method),
	TEXT("reason", reason),
	TEXT("comment", comment),
	TEXT("failure", failure),
	TEXT("server", server_addr),
	TEXT("client", client_addr),
	TEXT("session", session),
	TEXT("mode", mode),
	TEXT("target", target),
	{ "outcome", har_hark_outcome, 0 },
	{ "times", har_hark_times, 0 },
	{ "unknownTimings", har_hark_unknown_timings, 0 },
	{ "interims", har_hark_interims_read, 0 },
	{ "request", har_hark_message_read,
	    offsetof(struct exchange, request) },
	{ "response", har_hark_message_read,
	    offsetof(struct exchange, response) },
	{ NULL, NULL, 0 },
};

int
har_hark_read(struct har_in *in, enum json_token t, void *slot)
{
	(void)slot;
	in->entry->own = t == JSON_OBJECT;
	return har_in_object(in, t, har_hark_members, in->entry->x, HAR_PLACES);
}
