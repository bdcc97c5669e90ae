#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/printable.h"
#include "gateway/settings.h"
#include "gateway/tally.h"
#include "gateway/terminal.h"
#include "gateway/verify.h"
#include "gateway/violations.h"
#include "har/json_write.h"
#include "recorder/store.h"

#include "gateway/report.h"

#define SUMMARY_SHOWN 10          /* entries or requests of a kind */
#define SUMMARY_LISTED TALLY_MOST /* unused entries in JSON */

/* The table while it grows. */
struct summary {
	const struct report *report;
	struct buf *out;
	struct buf line;
	size_t columns; /* 0: any */
	bool colours;
	size_t shown; /* of a kind */
};

static void
summary_end_line(struct summary *s, enum terminal_colour c)
{
	bool coloured = s->colours && c != TERMINAL_PLAIN;
	struct str line = buf_str(&s->line);

	if (s->columns > 0)
		line = printable_cut(line, s->columns);
	buf_add_text(s->out, terminal_code(coloured, c));
	buf_add_str(s->out, line);
	buf_add_text(s->out, terminal_code(coloured, TERMINAL_PLAIN));
	buf_add_text(s->out, "\n");
	s->line.n = 0;
}

/* "    12  misses", in red when they make the run fail. */
static void
summary_count(struct summary *s, uint64_t n, const char *one,
    const char *several, unsigned fail_on)
{
	bool fails = n > 0 && (s->report->fail_on & fail_on) != 0;

	buf_addf(&s->line, "%8" PRIu64 "  %s", n, n == 1 ? one : several);
	summary_end_line(s, fails ? TERMINAL_RED : TERMINAL_PLAIN);
	s->shown = 0;
}

static void
summary_rest(struct summary *s, uint64_t n)
{
	if (n == 0)
		return;
	buf_addf(&s->line, "%8s  %8s  %" PRIu64 " more", "", "...", n);
	summary_end_line(s, TERMINAL_PLAIN);
}

void
report_add_request(struct buf *out, const struct tally_line *line)
{
	printable_add(out, line->method, false);
	buf_add_text(out, " ");
	printable_add(out, line->target, false);
	if (line->more[0] == '\0')
		return;
	buf_add_text(out, " (");
	printable_add(out, str_of(line->more), false);
	buf_add_text(out, ")");
}

static int
summary_on_entry(void *arg, const struct store_entry_row *row)
{
	struct summary *s = arg;

	if (report_entry(s->report, row->id) != REPORT_UNUSED)
		return 0;
	if (s->shown == SUMMARY_SHOWN)
		return 1;
	s->shown++;
	buf_addf(&s->line, "%8s  %8" PRId64 "  ", "", row->id);
	printable_add(&s->line, row->method, false);
	buf_add_text(&s->line, " ");
	printable_add(&s->line, row->url, false);
	summary_end_line(s, TERMINAL_PLAIN);
	return 0;
}

static int
summary_entries(struct summary *s, struct err *e)
{
	const struct report *r = s->report;
	uint64_t unused = r->entries[REPORT_UNUSED];
	uint64_t all = r->entries[REPORT_USED] + unused;
	char what[64];

	snprintf(what, sizeof(what), "used of %" PRIu64 " %s", all,
	    all == 1 ? "entry" : "entries");
	summary_count(s, r->entries[REPORT_USED], what, what, 0);
	summary_count(s, unused, "unused", "unused", FAIL_ON_UNUSED);
	if (r->first_unused != 0 &&
	    report_list(r, r->first_unused, summary_on_entry, s, e) == -1)
		return -1;
	summary_rest(s, unused - s->shown);
	if (r->entries[REPORT_NEW] > 0)
		summary_count(s, r->entries[REPORT_NEW], "new", "new", 0);
	return 0;
}

static void
summary_requests(struct summary *s, enum tally_kind kind)
{
	const struct tally *t = s->report->tally;
	uint64_t left = tally_total(t, kind);
	const struct tally_line *line;
	size_t i, n;

	line = tally_lines(t, kind, &n);
	for (i = 0; i < n && i < SUMMARY_SHOWN; i++, line++) {
		buf_addf(&s->line, "%8s  %7" PRIu64 "x  ", "", line->count);
		report_add_request(&s->line, line);
		summary_end_line(s, TERMINAL_PLAIN);
		left -= line->count;
	}
	summary_rest(s, left);
}

static void
summary_callbacks(struct summary *s, const struct gateway_figures *f)
{
	if (f->delivered > 0)
		summary_count(s, f->delivered, "callback delivered",
		    "callbacks delivered", 0);
	if (f->undelivered > 0)
		summary_count(s, f->undelivered, "callback failed",
		    "callbacks failed", 0);
	if (f->dropped > 0)
		summary_count(
		    s, f->dropped, "callback dropped", "callbacks dropped", 0);
}

static void
summary_contract(struct summary *s)
{
	const struct violations *v = s->report->violations;
	uint64_t left, unchecked;
	const struct violation_line *line;
	size_t i, n;

	if (v == NULL)
		return;
	left = violations_total(v);
	summary_count(s, left, "contract violation", "contract violations",
	    FAIL_ON_CONTRACT);
	line = violations_lines(v, &n);
	for (i = 0; i < n && i < SUMMARY_SHOWN; i++, line++) {
		buf_addf(&s->line, "%8s  %7" PRIu64 "x  ", "", line->count);
		printable_add(&s->line, line->operation, false);
		buf_add_text(&s->line, ": ");
		violations_add_text(&s->line, &line->v);
		summary_end_line(s, TERMINAL_PLAIN);
		left -= line->count;
	}
	summary_rest(s, left);
	unchecked = violations_unchecked(v);
	if (unchecked > 0)
		summary_count(s, unchecked, "body not looked into",
		    "bodies not looked into", 0);
}

static void
summary_verdict(struct summary *s, int status)
{
	if (status == 0 || report_status(s->report, 0) != status)
		return;
	buf_addf(&s->line, "hark: exit status %d", status);
	summary_end_line(s, TERMINAL_BOLD);
}

static void
summary_title(struct summary *s)
{
	const struct settings *set = s->report->settings;
	uint64_t n = s->report->figures.requests;

	buf_addf(&s->line, "hark: %" PRIu64 " %s in mode %s, tape ", n,
	    n == 1 ? "request" : "requests", modes[set->mode].name);
	printable_add(&s->line, str_of(set->tape), false);
	summary_end_line(s, TERMINAL_BOLD);
}

int
report_summary(const struct report *r, size_t columns, bool colours, int status,
    struct buf *out, struct err *e)
{
	struct summary s = {
		.report = r,
		.out = out,
		.columns = columns,
		.colours = colours,
	};
	int rc = 0;

	summary_title(&s);
	if (r->extent != NULL)
		rc = summary_entries(&s, e);
	summary_count(&s, tally_total(r->tally, TALLY_MISS), "miss", "misses",
	    FAIL_ON_MISS);
	summary_requests(&s, TALLY_MISS);
	summary_count(&s, tally_total(r->tally, TALLY_LIVE), "live call",
	    "live calls", FAIL_ON_LIVE);
	summary_requests(&s, TALLY_LIVE);
	summary_contract(&s);
	summary_callbacks(&s, &r->figures);
	summary_verdict(&s, status);
	buf_free(&s.line);
	return rc;
}

/* ---- JSON ------------------------------------------------------------ */

static void
json_count(struct json_write *w, const char *name, uint64_t n)
{
	json_write_member_int(w, name, (int64_t)n);
}

static void
json_requests(struct json_write *w, const struct report *r,
    enum tally_kind kind, const char *name, const char *more)
{
	const struct tally_line *line;
	size_t i, n;

	json_write_name(w, str_of(name));
	json_write_object(w);
	json_count(w, "total", tally_total(r->tally, kind));
	json_count(w, "not_listed", tally_beyond(r->tally, kind));
	json_write_name(w, STR("list"));
	json_write_array(w);
	line = tally_lines(r->tally, kind, &n);
	for (i = 0; i < n; i++, line++) {
		json_write_object(w);
		json_write_member(w, "method", line->method);
		json_write_member(w, "url", line->target);
		json_count(w, "count", line->count);
		if (line->more[0] != '\0')
			json_write_member(w, more, str_of(line->more));
		json_write_object_end(w);
	}
	json_write_array_end(w);
	json_write_object_end(w);
}

static void
json_contract(struct json_write *w, const struct violations *v)
{
	const struct violation_line *line;
	size_t i, n;

	json_write_name(w, STR("contract"));
	json_write_object(w);
	json_count(w, "total", violations_total(v));
	json_count(w, "not_listed", violations_beyond(v));
	json_count(w, "unchecked", violations_unchecked(v));
	json_write_name(w, STR("list"));
	json_write_array(w);
	line = violations_lines(v, &n);
	for (i = 0; i < n; i++, line++) {
		json_write_object(w);
		json_write_member(w, "operation", line->operation);
		json_write_member(
		    w, "of", line->v.answer ? STR("answer") : STR("request"));
		json_write_member(
		    w, "kind", str_of(contract_kind_name(line->v.kind)));
		json_write_member(w, "at", line->v.at);
		json_write_member(w, "rule", line->v.rule);
		json_write_member(w, "why", line->v.why);
		json_count(w, "count", line->count);
		json_write_object_end(w);
	}
	json_write_array_end(w);
	json_write_object_end(w);
}

static void
json_verify(struct json_write *w, const struct verify *v)
{
	struct verify_result one;
	size_t i;

	json_write_name(w, STR("verify"));
	json_write_array(w);
	for (i = 0; i < verify_count(v); i++) {
		one = verify_result(v, i);
		json_write_object(w);
		json_write_member(w, "name", str_of(one.name));
		json_write_name(w, STR("ok"));
		json_write_bool(w, one.ok);
		json_write_member(w, "why", str_of(one.why));
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

struct json_unused {
	const struct report *report;
	struct json_write *w;
	uint64_t left;
};

static int
json_on_entry(void *arg, const struct store_entry_row *row)
{
	struct json_unused *u = arg;

	if (report_entry(u->report, row->id) != REPORT_UNUSED)
		return 0;
	if (u->left-- == 0)
		return 1;
	json_write_object(u->w);
	json_write_member_int(u->w, "entry", row->id);
	json_write_member(u->w, "method", row->method);
	json_write_member(u->w, "url", row->url);
	json_write_object_end(u->w);
	return 0;
}

static int
json_entries(struct json_write *w, const struct report *r, struct err *e)
{
	uint64_t unused = r->entries[REPORT_UNUSED];
	struct json_unused u = { .report = r, .w = w, .left = SUMMARY_LISTED };
	int rc = 0;

	json_write_name(w, STR("entries"));
	json_write_object(w);
	json_count(w, "used", r->entries[REPORT_USED]);
	json_count(w, "unused", unused);
	json_count(w, "new", r->entries[REPORT_NEW]);
	json_count(w, "not_listed",
	    unused > SUMMARY_LISTED ? unused - SUMMARY_LISTED : 0);
	json_write_name(w, STR("list"));
	json_write_array(w);
	if (r->first_unused != 0)
		rc = report_list(r, r->first_unused, json_on_entry, &u, e);
	json_write_array_end(w);
	json_write_object_end(w);
	return rc == -1 ? -1 : 0;
}

static void
json_figures(struct json_write *w, const struct gateway_figures *f)
{
	json_count(w, "requests", f->requests);
	json_count(w, "mocked", f->mocked);
	json_count(w, "replayed", f->replayed);
	json_count(w, "forwarded", f->forwarded);
	json_count(w, "refused", f->refused);
	json_count(w, "failed", f->failed);
	json_count(w, "recorded", f->recorded);
	json_count(w, "lost", f->lost);
	json_write_name(w, STR("callbacks"));
	json_write_object(w);
	json_count(w, "delivered", f->delivered);
	json_count(w, "failed", f->undelivered);
	json_count(w, "dropped", f->dropped);
	json_write_object_end(w);
}

int
report_json(const struct report *r, int status, struct buf *out, struct err *e)
{
	const struct settings *s = r->settings;
	struct json_write w;
	int rc = 0;

	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_member(&w, "mode", str_of(modes[s->mode].name));
	json_write_member(&w, "store", str_of(s->store));
	json_write_member(&w, "tape", str_of(s->tape));
	json_write_member_int(&w, "status", status);
	json_figures(&w, &r->figures);
	if (r->extent != NULL)
		rc = json_entries(&w, r, e);
	json_requests(&w, r, TALLY_MISS, "misses", "note");
	json_requests(&w, r, TALLY_LIVE, "live", "upstream");
	if (r->violations != NULL)
		json_contract(&w, r->violations);
	if (r->verify != NULL)
		json_verify(&w, r->verify);
	json_write_object_end(&w);
	buf_add_str(out, buf_str(&w.out));
	buf_add_text(out, "\n");
	json_write_fini(&w);
	return rc;
}
