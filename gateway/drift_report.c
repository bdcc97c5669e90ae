#include "config.h"

#include <inttypes.h>

#include "base/err.h"
#include "gateway/commands.h"
#include "gateway/printable.h"
#include "gateway/terminal.h"
#include "har/json_write.h"

#include "gateway/drift_report.h"

static const char *const drift_results[DRIFT_RESULTS] = {
	[DRIFT_SAME] = "same",
	[DRIFT_INFORMATIONAL] = "informational",
	[DRIFT_BREAKING] = "breaking",
	[DRIFT_UNANSWERED] = "unanswered",
	[DRIFT_SKIPPED] = "skipped",
};

static const char *
drift_report_severity(const struct drift_finding *f)
{
	return drift_results[f->breaking ? DRIFT_BREAKING
					 : DRIFT_INFORMATIONAL];
}

/* A line that is indented, with what the API sent made printable. */
static void
drift_report_line(struct buf *out, const char *what, struct str text)
{
	buf_addf(out, "    %s: ", what);
	printable_add(out, text, false);
	buf_add_text(out, "\n");
}

static void
drift_report_findings(
    const struct drift_case *c, bool breaking, bool colours, struct buf *out)
{
	enum terminal_colour colour = breaking ? TERMINAL_RED : TERMINAL_YELLOW;
	const struct drift_findings *f = &c->findings;
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (f->v[i].breaking != breaking)
			continue;
		text.n = 0;
		drift_text(&f->v[i], &text);
		buf_add_text(out, terminal_code(colours, colour));
		drift_report_line(
		    out, drift_report_severity(&f->v[i]), buf_str(&text));
		buf_add_text(out, terminal_code(colours, TERMINAL_PLAIN));
	}
	buf_free(&text);
}

/* All that there is to say of c, a line each. */
static void
drift_report_lines(const struct drift_case *c, bool colours, struct buf *out)
{
	uint64_t all = c->findings.breaking + c->findings.informational;

	drift_report_findings(c, true, colours, out);
	drift_report_findings(c, false, colours, out);
	if (all > c->findings.n)
		buf_addf(
		    out, "    and %" PRIu64 " more\n", all - c->findings.n);
	if (c->result == DRIFT_UNANSWERED)
		drift_report_line(out, "no answer", c->why);
	if (c->result == DRIFT_SKIPPED)
		drift_report_line(out, "not sent", c->why);
	if (c->kept_out != NULL)
		drift_report_line(out, "not accepted", str_of(c->kept_out));
}

/* "GET http://a/b (entry 3)" */
static void
drift_report_name(const struct drift_case *c, struct buf *out)
{
	printable_add(out, c->method, false);
	buf_add_text(out, " ");
	printable_add(out, c->url, false);
	buf_addf(out, " (entry %" PRId64 ")", c->id);
}

static void
drift_report_text(struct drift_report *r, const struct drift_case *c)
{
	if (c->result == DRIFT_SAME || c->expected)
		return;
	drift_report_name(c, &r->out);
	buf_add_text(&r->out, "\n");
	drift_report_lines(c, r->colours, &r->out);
}

static void
drift_report_json_finding(struct json_write *w, const struct drift_finding *f)
{
	json_write_object(w);
	json_write_member(w, "kind", str_of(drift_kind_text(f->kind)));
	json_write_member(w, "severity", str_of(drift_report_severity(f)));
	if (f->place.n > 0)
		json_write_member(w, "place", f->place);
	if (f->was.n > 0)
		json_write_member(w, "was", f->was);
	if (f->now.n > 0)
		json_write_member(w, "now", f->now);
	json_write_object_end(w);
}

static void
drift_report_json(struct drift_report *r, const struct drift_case *c)
{
	struct json_write w;
	size_t i;

	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_member_int(&w, "entry", c->id);
	json_write_member(&w, "method", c->method);
	json_write_member(&w, "url", c->url);
	json_write_member(&w, "result", str_of(drift_results[c->result]));
	if (c->why.n > 0)
		json_write_member(&w, "why", c->why);
	if (c->now != 0) {
		json_write_member_int(&w, "was", c->was);
		json_write_member_int(&w, "now", c->now);
	}
	if (c->kept_out != NULL)
		json_write_member(&w, "not_accepted", str_of(c->kept_out));
	json_write_name(&w, STR("findings"));
	json_write_array(&w);
	for (i = 0; i < c->findings.n; i++)
		drift_report_json_finding(&w, &c->findings.v[i]);
	json_write_array_end(&w);
	json_write_object_end(&w);
	buf_add_str(&r->out, buf_str(&w.out));
	buf_add_text(&r->out, "\n");
	json_write_fini(&w);
}

static void
drift_report_junit(struct drift_report *r, const struct drift_case *c)
{
	static const enum junit_result results[DRIFT_RESULTS] = {
		[DRIFT_BREAKING] = JUNIT_FAILED,
		[DRIFT_UNANSWERED] = JUNIT_ERROR,
		[DRIFT_SKIPPED] = JUNIT_SKIPPED,
	};
	struct buf name = { 0 }, lines = { 0 }, message = { 0 };
	struct junit_case jc = { .class = STR("hark.drift"),
		.result = results[c->result],
		.time_us = c->time_us };

	drift_report_name(c, &name);
	drift_report_lines(c, false, &lines);
	if (c->result == DRIFT_BREAKING)
		buf_addf(
		    &message, "breaking drift: %" PRIu64, c->findings.breaking);
	else
		buf_add_str(&message, c->why);
	jc.name = buf_str(&name);
	jc.message = buf_str(&message);
	if (jc.result == JUNIT_FAILED)
		jc.details = buf_str(&lines);
	else if (jc.result == JUNIT_PASSED)
		jc.output = buf_str(&lines);
	junit_add(&r->junit, &jc);
	buf_free(&name);
	buf_free(&lines);
	buf_free(&message);
}

static void
drift_report_count(struct drift_report *r, const struct drift_case *c)
{
	r->results[c->result]++;
	if (c->result != DRIFT_BREAKING && c->result != DRIFT_INFORMATIONAL)
		return;
	if (r->accept && c->kept_out == NULL)
		return;
	r->kept_out++;
	r->kept_breaking += c->result == DRIFT_BREAKING;
}

void
drift_report_add(struct drift_report *r, struct drift_case *c)
{
	drift_report_count(r, c);
	drift_report_junit(r, c);
	if (r->json)
		drift_report_json(r, c);
	else
		drift_report_text(r, c);
	if (!r->failed && r->out.n > 0)
		r->failed = commands_print(&r->out) != STATUS_FINE;
	r->out.n = 0;
	drift_findings_fini(&c->findings);
	arena_fini(&c->arena);
	*c = (struct drift_case){ .id = c->id };
}

/* "3 requests sent: 1 as recorded, ..." */
static void
drift_report_sum(struct drift_report *r)
{
	static const char *const words[DRIFT_SKIPPED] = {
		[DRIFT_SAME] = "as recorded",
		[DRIFT_INFORMATIONAL] = "with informational drift",
		[DRIFT_BREAKING] = "with breaking drift",
		[DRIFT_UNANSWERED] = "without answer",
	};
	uint64_t sent = 0;
	size_t i;

	for (i = 0; i < DRIFT_SKIPPED; i++)
		sent += r->results[i];
	buf_addf(&r->out, "%" PRIu64 " %s sent", sent,
	    sent == 1 ? "request" : "requests");
	for (i = 0; i < DRIFT_SKIPPED; i++)
		if (r->results[i] > 0)
			buf_addf(&r->out, ", %" PRIu64 " %s", r->results[i],
			    words[i]);
	if (r->results[DRIFT_SKIPPED] > 0)
		buf_addf(&r->out, "; %" PRIu64 " not sent",
		    r->results[DRIFT_SKIPPED]);
	if (r->accept)
		buf_addf(&r->out, "; drift of %" PRIu64 " accepted",
		    r->results[DRIFT_BREAKING] +
			r->results[DRIFT_INFORMATIONAL] - r->kept_out);
	buf_add_text(&r->out, "\n");
}

int
drift_report_end(struct drift_report *r)
{
	if (!r->json)
		drift_report_sum(r);
	if (!r->failed && commands_print(&r->out) != STATUS_FINE)
		r->failed = true;
	buf_free(&r->out);
	if (r->kept_breaking > 0)
		return STATUS_DRIFT;
	return r->failed || r->results[DRIFT_UNANSWERED] > 0 ? STATUS_FAILED
							     : STATUS_FINE;
}
