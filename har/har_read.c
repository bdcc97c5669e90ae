#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "har/har_entry.h"
#include "har/har_log.h"
#include "har/har_make.h"

#include "har/har_read.h"

static void
har_read_skipped(struct har_in *in, const char *why)
{
	char path[64];
	struct har_note n = { in->index, path, why, true, false };

	snprintf(path, sizeof(path), "/log/entries/%llu",
	    (unsigned long long)in->index);
	in->figures->skipped++;
	in->figures->unsafe += in->entry->unsafe;
	if (in->o->on_note != NULL)
		in->o->on_note(in->o->arg, &n);
}

/* Nobody kept what passed on a WebSocket: no fault of the file, but who
 * replays it has to know. */
static void
har_read_idle(struct har_in *in)
{
	char path[64];
	struct har_note n = { in->index, path,
		"a WebSocket without its messages, kept but never replayed",
		false, true };

	snprintf(path, sizeof(path), "/log/entries/%llu",
	    (unsigned long long)in->index);
	in->figures->idle++;
	if (in->o->on_note != NULL)
		in->o->on_note(in->o->arg, &n);
}

/* Reads one entry and gives it on. */
static int
har_read_one(struct har_in *in, enum json_token t)
{
	struct exchange *x;
	char why[256];
	int r;

	if (har_entry_read(in, t) == -1)
		return -1;
	r = t != JSON_OBJECT ? 1 : har_make(in, why, sizeof(why));
	if (r == -1)
		return -1;
	if (t != JSON_OBJECT)
		snprintf(why, sizeof(why), "an entry has to be an object");
	if (r == 1 && in->o->strict)
		return err_set(in->e, "/log/entries/%llu: %s",
		    (unsigned long long)in->index, why);
	if (r == 1) {
		har_read_skipped(in, why);
		return 0;
	}
	in->figures->entries++;
	in->figures->repaired += in->repaired;
	x = in->entry->x;
	if (in->entry->socket && !x->response.body.known)
		har_read_idle(in);
	in->entry->x = NULL;
	return in->o->on_exchange(in->o->arg, x, in->entry->own, in->e);
}

static int
har_read_entry(struct har_in *in, enum json_token t, void *arg)
{
	struct har_entry entry = { 0 };
	int r;

	(void)arg;
	in->entry = &entry;
	in->repaired = false;
	r = har_read_one(in, t);
	har_entry_fini(&entry);
	in->index++;
	return r;
}

struct har_log {
	bool has_log, has_entries;
	struct buf *others; /* gets the members beside entries; or NULL */
	int (*on_entry)(struct har_in *in, enum json_token t, void *arg);
	void *arg;
};

static int
har_read_entries(struct har_in *in, enum json_token t, void *slot)
{
	struct har_log *log = slot;

	if (t != JSON_ARRAY)
		return har_in_wrong(
		    in, "%s, expected an array of entries", json_token_text(t));
	log->has_entries = true;
	return har_in_array(in, t, log->on_entry, log->arg);
}

/* "1.2" and everything else of 1; absent and "" mean 1.1. */
static int
har_read_version(struct har_in *in, enum json_token t, void *slot)
{
	struct buf text = { 0 };
	int r = 0;

	(void)slot;
	if (t == JSON_NUMBER)
		buf_add_str(&text, json_text(in->j));
	else if (t == JSON_STRING)
		r = json_decode(in->j, &text, 64);
	else
		return har_in_pass(in, t, NULL);
	if (r == -1)
		r = har_in_fail(in);
	else if (text.n > 0 && !str_is(buf_str(&text), "1") &&
		 !str_starts(buf_str(&text), "1."))
		r = har_in_wrong(
		    in, "version %.20s, expected 1.2", buf_text(&text));
	else
		r = 0;
	buf_free(&text);
	return r;
}

static int
har_read_log_member(struct har_in *in, struct har_log *log, struct str name)
{
	enum json_token t = json_next(in->j);

	if (t == JSON_ERROR)
		return har_in_fail(in);
	if (str_is(name, "version"))
		return har_read_version(in, t, log);
	if (str_is(name, "entries"))
		return har_read_entries(in, t, log);
	if (log->others == NULL || str_is(name, "creator"))
		return har_in_pass(in, t, NULL);
	return har_log_keep(in, t, name, log->others);
}

static int
har_read_log(struct har_in *in, enum json_token t, void *slot)
{
	struct har_log *log = slot;
	struct str name;
	char *copy;
	int r = 0;

	if (t != JSON_OBJECT)
		return har_in_wrong(
		    in, "%s, expected an object", json_token_text(t));
	log->has_log = true;
	while (r == 0 && (t = json_next(in->j)) != JSON_OBJECT_END) {
		if (t != JSON_NAME)
			return har_in_fail(in);
		name = json_text(in->j);
		copy = xmemdup0(name.p, name.n);
		r = har_read_log_member(in, log, (struct str){ copy, name.n });
		free(copy);
	}
	return r;
}

static const struct har_member har_root_members[] = {
	{ "log", har_read_log, 0 },
	{ NULL, NULL, 0 },
};

/* Whether the object that was just opened is an entry and no HAR: its first
 * member tells. */
static bool
har_read_is_entry(struct har_in *in)
{
	static const char *const names[] = { "startedDateTime", "request",
		"response", "time", "timings", "cache", "pageref", "_hark" };
	size_t i;

	in->ahead = json_next(in->j);
	if (in->ahead != JSON_NAME)
		return false;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_is(json_text(in->j), names[i]))
			return true;
	return false;
}

static int
har_read_lines(struct har_in *in, struct har_log *log)
{
	enum json_token t = JSON_OBJECT;

	in->lines = true;
	for (;;) {
		if (log->on_entry(in, t, log->arg) == -1)
			return -1;
		if (!json_more(in->j))
			return json_next(in->j) == JSON_END ? 0
							    : har_in_fail(in);
		t = json_next(in->j);
		if (t == JSON_ERROR)
			return har_in_fail(in);
	}
}

static int
har_read_document(struct har_in *in, struct har_log *log)
{
	enum json_token t;

	if (in->o->lines && json_empty(in->j))
		return 0;
	t = json_next(in->j);
	if (t == JSON_ERROR)
		return har_in_fail(in);
	if ((json_flaws(in->j) & JSON_PADDING) != 0 &&
	    har_in_repair(in, "JSONP, taken for JSON") == -1)
		return -1;
	if (t != JSON_OBJECT)
		return har_in_wrong(in,
		    "%s, expected a HAR, which is an object",
		    json_token_text(t));
	if (har_read_is_entry(in))
		return har_read_lines(in, log);
	if (in->ahead == JSON_ERROR)
		return har_in_fail(in);
	if (har_in_object(in, t, har_root_members, log, HAR_PLACES) == -1)
		return -1;
	if (json_next(in->j) != JSON_END)
		return har_in_fail(in);
	if (!log->has_log)
		return har_in_wrong(in, "no member log: this is no HAR");
	if (!log->has_entries)
		return har_in_wrong(in, "no entries in log: this is no HAR");
	return 0;
}

static int
har_read_others(
    const struct har_read_options *o, struct str members, struct err *e)
{
	struct buf object = { 0 };
	int r;

	if (o->on_log == NULL || members.n == 0)
		return 0;
	buf_add(&object, "{", 1);
	buf_add_str(&object, members);
	buf_add(&object, "}", 1);
	r = o->on_log(o->arg, buf_str(&object), e);
	buf_free(&object);
	return r;
}

int
har_read(const struct har_read_options *o, struct har_figures *f, struct err *e)
{
	struct buf others = { 0 };
	struct har_log log = { .on_entry = har_read_entry, .others = &others };
	struct har_in in = { .o = o, .figures = f, .e = e };
	int r;

	*f = (struct har_figures){ 0 };
	in.j = json_open(o->read, o->read_arg);
	r = har_read_document(&in, &log);
	if (r == 0)
		r = har_read_others(o, buf_str(&others), e);
	buf_free(&others);
	buf_free(&in.scratch);
	json_close(in.j);
	return r;
}

/*
 * URLs alone
 */

struct har_urls {
	void (*on_url)(void *arg, struct str url);
	void *arg;
};

static int
har_read_url(struct har_in *in, enum json_token t, void *slot)
{
	struct har_urls *urls = slot;

	if (t != JSON_STRING)
		return har_in_pass(in, t, NULL);
	in->scratch.n = 0;
	if (json_decode(in->j, &in->scratch, HAR_MOST_TEXT) == -1)
		return har_in_fail(in);
	urls->on_url(urls->arg, buf_str(&in->scratch));
	return 0;
}

static const struct har_member har_url_members[] = {
	{ "url", har_read_url, 0 },
	{ NULL, NULL, 0 },
};

static int
har_read_url_request(struct har_in *in, enum json_token t, void *slot)
{
	if (t != JSON_OBJECT)
		return har_in_pass(in, t, NULL);
	return har_in_object(in, t, har_url_members, slot, HAR_PLACES);
}

static const struct har_member har_url_entry_members[] = {
	{ "request", har_read_url_request, 0 },
	{ NULL, NULL, 0 },
};

static int
har_read_url_entry(struct har_in *in, enum json_token t, void *arg)
{
	if (t != JSON_OBJECT)
		return har_in_pass(in, t, NULL);
	return har_in_object(in, t, har_url_entry_members, arg, HAR_PLACES);
}

int
har_read_urls(const struct har_read_options *o,
    void (*on_url)(void *arg, struct str url), void *arg, struct err *e)
{
	struct har_read_options quiet = { .lines = o->lines };
	struct har_urls urls = { on_url, arg };
	struct har_log log = { .on_entry = har_read_url_entry, .arg = &urls };
	struct har_in in = { .o = &quiet, .e = e };
	int r;

	in.j = json_open(o->read, o->read_arg);
	r = har_read_document(&in, &log);
	buf_free(&in.scratch);
	json_close(in.j);
	return r;
}
