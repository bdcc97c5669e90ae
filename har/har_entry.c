#include "config.h"

#include <stdlib.h>

#include "base/arena.h"
#include "har/har_fields.h"
#include "har/har_hark.h"
#include "har/har_kept.h"
#include "har/har_make.h"
#include "har/har_payload.h"
#include "har/har_socket.h"

#include "har/har_entry.h"

#define HAR_NO_STATUS 1000 /* a number that cannot be a status */

/*
 * Members
 */

/* "status" is a number, or in failed entries of some producers a word. */
static int
har_entry_status(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;
	struct str word = { NULL, 0 };
	double v;
	char *end;

	if (t == JSON_NUMBER)
		word = arena_str(&entry->x->arena, json_text(in->j));
	else if (t != JSON_STRING)
		return har_in_number(in, t, &entry->status);
	else if (har_in_text(in, t, &word) == -1)
		return -1;
	v = strtod(word.p, &end);
	if (t == JSON_STRING && (end == word.p || *end != '\0')) {
		entry->status_word = word;
	} else {
		entry->status =
		    v > -1000 && v < HAR_NO_STATUS ? (int64_t)v : HAR_NO_STATUS;
		if ((double)entry->status != v)
			entry->status = HAR_NO_STATUS;
	}
	if (t == JSON_NUMBER)
		return 0;
	return har_in_repair(in, "a string, expected a number");
}

/* An error's text; null and false say that there was none. */
static int
har_entry_error(struct har_in *in, enum json_token t, void *slot)
{
	struct str *error = slot;

	if (t != JSON_STRING)
		return har_in_pass(in, t, NULL);
	return har_in_text(in, t, error);
}

static int
har_entry_is_binary(struct har_in *in, enum json_token t, void *slot)
{
	struct har_payload *p = slot;

	p->binary = t == JSON_TRUE;
	return har_in_pass(in, t, NULL);
}

static const struct har_member har_content_members[] = {
	{ "size", har_in_number, offsetof(struct har_payload, size) },
	{ "compression", har_in_number,
	    offsetof(struct har_payload, compression) },
	{ "mimeType", har_in_text, offsetof(struct har_payload, mime_type) },
	{ "text", har_payload_read_text, 0 },
	{ "encoding", har_in_text, offsetof(struct har_payload, encoding) },
	{ "_isBinary", har_entry_is_binary, 0 },
	{ "_file", har_in_text, offsetof(struct har_payload, file) },
	{ NULL, NULL, 0 },
};

static int
har_entry_content(struct har_in *in, enum json_token t, void *slot)
{
	struct har_payload *p = slot;

	if (t == JSON_NULL)
		return 0;
	p->present = t == JSON_OBJECT;
	return har_in_object(in, t, har_content_members, p, HAR_CONTENT);
}

static const struct har_member har_post_data_members[] = {
	{ "size", har_in_number, offsetof(struct har_payload, size) },
	{ "mimeType", har_in_text, offsetof(struct har_payload, mime_type) },
	{ "text", har_payload_read_text, 0 },
	{ "encoding", har_in_text, offsetof(struct har_payload, encoding) },
	{ "_file", har_in_text, offsetof(struct har_payload, file) },
	{ "params", har_fields_read_params, 0 },
	{ NULL, NULL, 0 },
};

static int
har_entry_post_data(struct har_in *in, enum json_token t, void *slot)
{
	struct har_payload *p = slot;

	if (t == JSON_NULL)
		return 0;
	p->present = t == JSON_OBJECT;
	return har_in_object(in, t, har_post_data_members, p, HAR_POST_DATA);
}

#define HERE(member) offsetof(struct har_entry, member)

static const struct har_member har_request_members[] = {
	{ "method", har_in_text, HERE(method) },
	{ "url", har_in_text, HERE(url) },
	{ "httpVersion", har_in_text, HERE(request_version) },
	{ "cookies", har_kept_request_cookies, 0 },
	{ "headers", har_fields_read, HERE(request_headers) },
	{ "queryString", har_fields_read_query, HERE(query) },
	{ "postData", har_entry_post_data, HERE(post) },
	{ "headersSize", har_in_number, HERE(request_head) },
	{ "bodySize", har_in_number, HERE(request_size) },
	{ NULL, NULL, 0 },
};

static const struct har_member har_response_members[] = {
	{ "status", har_entry_status, 0 },
	{ "statusText", har_in_text, HERE(status_text) },
	{ "httpVersion", har_in_text, HERE(response_version) },
	{ "cookies", har_kept_response_cookies, 0 },
	{ "headers", har_fields_read, HERE(response_headers) },
	{ "content", har_entry_content, HERE(content) },
	{ "redirectURL", har_in_pass, 0 },
	{ "headersSize", har_in_number, HERE(response_head) },
	{ "bodySize", har_in_number, HERE(response_size) },
	{ "_error", har_entry_error, HERE(error) },
	{ "_failureText", har_entry_error, HERE(error) },
	{ NULL, NULL, 0 },
};

static const struct har_member har_timing_members[] = {
	{ "blocked", har_in_ms, offsetof(struct timings, blocked) },
	{ "dns", har_in_ms, offsetof(struct timings, dns) },
	{ "connect", har_in_ms, offsetof(struct timings, connect) },
	{ "ssl", har_in_ms, offsetof(struct timings, tls) },
	{ "send", har_in_ms, offsetof(struct timings, send) },
	{ "wait", har_in_ms, offsetof(struct timings, wait) },
	{ "receive", har_in_ms, offsetof(struct timings, receive) },
	{ NULL, NULL, 0 },
};

static int
har_entry_request(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;

	entry->has_request = t == JSON_OBJECT;
	return har_in_object(in, t, har_request_members, entry, HAR_REQUEST);
}

static int
har_entry_response(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;

	entry->has_response = t == JSON_OBJECT;
	return har_in_object(in, t, har_response_members, entry, HAR_RESPONSE);
}

static int
har_entry_timings(struct har_in *in, enum json_token t, void *slot)
{
	struct har_entry *entry = slot;

	return har_in_object(
	    in, t, har_timing_members, &entry->x->timings, HAR_TIMINGS);
}

static const struct har_member har_entry_members[] = {
	{ "startedDateTime", har_in_text, HERE(started) },
	{ "time", har_in_pass, 0 },
	{ "request", har_entry_request, 0 },
	{ "response", har_entry_response, 0 },
	{ "cache", har_kept_cache, 0 },
	{ "timings", har_entry_timings, 0 },
	{ "serverIPAddress", har_in_text, HERE(server) },
	{ "connection", har_in_text, HERE(connection) },
	{ "comment", har_kept_comment, 0 },
	{ "_error", har_entry_error, HERE(error) },
	{ "_hark", har_hark_read, 0 },
	{ "_webSocketMessages", har_socket_read, 0 },
	{ NULL, NULL, 0 },
};

int
har_entry_read(struct har_in *in, enum json_token t)
{
	struct har_entry *entry = in->entry;

	entry->x = exchange_new();
	entry->x->request.minor = entry->x->response.minor = HAR_MINOR_UNSET;
	entry->status = HAR_ABSENT;
	entry->request_size = entry->response_size = HAR_ABSENT;
	entry->request_head = entry->response_head = -1;
	entry->post.size = entry->content.size = HAR_ABSENT;
	entry->content.compression = HAR_ABSENT;
	return har_in_object(in, t, har_entry_members, entry, HAR_ENTRY);
}

void
har_entry_fini(struct har_entry *entry)
{
	size_t i;

	exchange_free(entry->x);
	bulk_free(&entry->post.text);
	bulk_free(&entry->content.text);
	bulk_free(&entry->wire);
	bulk_free(&entry->frames);
	for (i = 0; i < HAR_PLACES; i++)
		buf_free(&entry->extra[i]);
}
