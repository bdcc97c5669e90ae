#include "config.h"

#include "gateway/http1.h"
#include "har/json_write.h"
#include "replay/explain.h"

#include "gateway/problem.h"

#define PROBLEM_USUAL 1024 /* bytes that most are shorter than */

static void
problem_add_value(struct json_write *w, const char *name, struct str value)
{
	if (value.p != NULL)
		json_write_member(w, name, value);
}

static void
problem_add_difference(struct json_write *w, const struct difference *d)
{
	json_write_object(w);
	json_write_member(w, "in", str_of(difference_place_text(d->place)));
	if (d->name.n > 0)
		json_write_member(w, "name", d->name);
	json_write_member(w, "how", str_of(difference_way_text(d->way)));
	problem_add_value(w, "recorded", d->recorded);
	problem_add_value(w, "asked", d->live);
	problem_add_value(w, "rule", d->rule);
	json_write_object_end(w);
}

static void
problem_add_entry(struct json_write *w, const struct nearest_entry *e)
{
	json_write_member_int(w, "entry", e->id);
	json_write_member(w, "method", e->method);
	json_write_member(w, "url", e->url);
}

static void
problem_add_nearest(struct json_write *w, const struct explanation *x)
{
	const struct contrast *d = &x->nearest.differences;
	size_t i;

	json_write_name(w, STR("nearest"));
	json_write_object(w);
	problem_add_entry(w, &x->nearest.v[0]);
	if (x->failure[0] != '\0')
		json_write_member(w, "failure", str_of(x->failure));
	json_write_name(w, STR("differences"));
	json_write_array(w);
	for (i = 0; i < d->n; i++)
		problem_add_difference(w, &d->v[i]);
	json_write_array_end(w);
	if (d->more) {
		json_write_name(w, STR("more"));
		json_write_bool(w, true);
	}
	json_write_object_end(w);
}

static void
problem_add_others(struct json_write *w, const struct nearest *n)
{
	size_t i;

	if (n->n < 2)
		return;
	json_write_name(w, STR("others"));
	json_write_array(w);
	for (i = 1; i < n->n; i++) {
		json_write_object(w);
		problem_add_entry(w, &n->v[i]);
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

static void
problem_add_rules(struct json_write *w, const struct explanation *x)
{
	struct buf rules = { 0 };
	struct str rest, line;

	if (explanation_rules(x, &rules)) {
		json_write_name(w, STR("rules"));
		json_write_array(w);
		rest = buf_str(&rules);
		while (str_cut(&rest, '\n', &line))
			if (line.n > 0)
				json_write_str(w, line);
		json_write_array_end(w);
	}
	buf_free(&rules);
}

void
problem_write_explanation(struct json_write *w, const struct explanation *x)
{
	json_write_member(w, "reason", str_of(explain_reason_text(x->reason)));
	if (x->matched > 0)
		json_write_member_int(w, "matched", x->matched);
	if (x->nearest.n == 0)
		return;
	problem_add_nearest(w, x);
	problem_add_others(w, &x->nearest);
	problem_add_rules(w, x);
}

static void
problem_add_miss(struct json_write *w, const struct problem_miss *m)
{
	json_write_member(w, "method", m->method);
	json_write_member(w, "url", m->url);
	json_write_member_int(w, "body_bytes", (int64_t)m->body_bytes);
	if (m->explanation != NULL)
		problem_write_explanation(w, m->explanation);
}

void
problem_render(struct buf *out, const struct problem *p)
{
	const char *title = p->title;
	struct json_write w;

	if (title == NULL)
		title = http1_reason(p->status);
	json_write_init(&w, false, NULL, NULL);
	buf_reserve(&w.out, PROBLEM_USUAL);
	json_write_object(&w);
	json_write_member(&w, "type", STR("about:blank"));
	json_write_member(&w, "title", str_of(title));
	json_write_member_int(&w, "status", p->status);
	if (p->detail.p != NULL)
		json_write_member(&w, "detail", p->detail);
	if (p->phase != NULL)
		json_write_member(&w, "phase", str_of(p->phase));
	if (p->miss != NULL)
		problem_add_miss(&w, p->miss);
	json_write_object_end(&w);
	buf_add_str(out, buf_str(&w.out));
	json_write_fini(&w);
}
