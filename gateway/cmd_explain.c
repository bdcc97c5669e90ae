/* hark explain: which recording would answer a request, or why none does. */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "gateway/origin.h"
#include "gateway/printable.h"
#include "gateway/problem.h"
#include "gateway/redacting.h"
#include "gateway/search.h"
#include "har/headers.h"
#include "har/json_write.h"
#include "har/url.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/explain.h"
#include "replay/home.h"
#include "replay/key.h"
#include "replay/library.h"
#include "replay/reindex.h"

#include "gateway/commands.h"

#define EXPLAIN_BODY (64u << 20)
#define EXPLAIN_SHOWN 10 /* candidates in words */

enum { EXPLAIN_DATA, EXPLAIN_HEADER, EXPLAIN_JSON, EXPLAIN_OPTIONS };

const struct own_option cmd_explain_options[] = {
	[EXPLAIN_DATA] = {
	    .name = "data",
	    .argument = "TEXT|@FILE",
	    .help = "the body of the request; @- is standard input",
	},
	[EXPLAIN_HEADER] = {
	    .name = "header",
	    .argument = "'NAME: VALUE'",
	    .help = "a header field of the request",
	    .take = settings_field,
	},
	[EXPLAIN_JSON] = {
	    .name = "json",
	    .help = "say it as a JSON object",
	},
	{ .name = NULL },
};

/* The question, and all that it takes to ask it. */
struct ask {
	struct settings *settings;
	struct arena arena;
	struct buf body;
	struct headers headers;
	struct origins *origins;
	struct redacting redacting;
	struct library *library;
	struct reader *reader;
	struct keyer *keyer;
	struct wanted wanted;
	struct search search;
	struct search_told told;
	struct explain_request request;
	bool other_keys; /* the tape's keys go by other rules */
	bool json;
};

/*
 * The request
 */

static int
cmd_explain_read(const char *path, struct buf *out, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd == -1)
		return err_sys(e, "%.300s: cannot open", path);
	while (n > 0 && out->n <= EXPLAIN_BODY) {
		n = read(fd, buf_reserve(out, 65536), 65536);
		out->n += n > 0 ? (size_t)n : 0;
	}
	if (n == -1)
		err_sys(e, "%.300s: cannot read", path);
	if (!standard)
		close(fd);
	if (n > 0)
		return err_set(e, "%.300s: expected at most 64 MiB", path);
	return n == -1 ? -1 : 0;
}

/* A URL, or the target alone. */
static int
cmd_explain_url(struct ask *a, const char *text, struct err *e)
{
	struct url url;

	if (text[0] == '/' || strcmp(text, "*") == 0) {
		a->search.target = str_of(text);
		return 0;
	}
	if (url_parse(&url, str_of(text), e) == -1)
		return err_wrap(e, "%.300s", text);
	a->search.authority = url.authority;
	a->search.target = url.target;
	if (!str_starts(url.target, "/"))
		a->search.target = str_of(
		    arena_printf(&a->arena, "/%.*s", STR_ARGS(url.target)));
	return 0;
}

static int
cmd_explain_request(
    struct ask *a, char **operands, const char *data, struct err *e)
{
	const struct settings *s = a->settings;
	size_t i;

	a->search.method = str_of(operands[0]);
	if (!str_is_token(a->search.method))
		return err_set(
		    e, "%.100s: expected a method such as GET", operands[0]);
	if (cmd_explain_url(a, operands[1], e) == -1)
		return -1;
	for (i = 0; i < s->nfields; i++)
		headers_add(&a->headers, &a->arena, str_of(s->fields[i].name),
		    str_of(s->fields[i].value));
	if (data != NULL && data[0] == '@') {
		if (cmd_explain_read(data + 1, &a->body, e) == -1)
			return -1;
	} else if (data != NULL) {
		buf_add_text(&a->body, data);
	}
	a->search.headers = &a->headers;
	a->search.body = a->body.n > 0 ? buf_str(&a->body) : STR("");
	return 0;
}

/*
 * The tape
 */

/* What is not found then may be there. */
static int
cmd_explain_long(
    const struct settings *s, struct store *store, int64_t tape, struct err *e)
{
	int due = reindex_long_due(store, tape, e);

	if (due == 1)
		log_warn(NULL,
		    "tape %s has to be indexed anew for request bodies over "
		    "1 MiB, by hark reindex with the same rules",
		    s->tape);
	return due == -1 ? -1 : 0;
}

/* Without rules of its own it goes by those of the tape. */
static int
cmd_explain_rules(struct ask *a, struct err *e)
{
	struct settings *s = a->settings;
	struct store *store = store_open(s->store, STORE_READ, false, e);
	int64_t tape;
	int r = -1;

	if (store == NULL)
		return -1;
	tape = store_tape(store, str_of(s->tape), false, e);
	if (tape == 0) {
		err_set(e, "tape %.100s: no such tape", s->tape);
	} else if (tape > 0 && rules_verbs(s->rules) == 0) {
		rules_free(s->rules);
		s->rules = reindex_rules_of(store, tape, e);
		r = s->rules != NULL ? 0 : -1;
	} else if (tape > 0) {
		r = reindex_fits(store, tape, s->rules, s->max_tier, e);
		a->other_keys = r == 0;
		r = r == -1 ? -1 : 0;
	}
	if (r == 0)
		r = cmd_explain_long(s, store, tape, e);
	store_close(store);
	return r;
}

static int
cmd_explain_open(struct ask *a, struct err *e)
{
	struct settings *s = a->settings;
	struct library_options o = { .path = s->store,
		.tape = s->tape,
		.redact_key = &a->redacting.key };
	struct search *q = &a->search;
	struct route route;
	bool routed;

	if (cmd_explain_rules(a, e) == -1 ||
	    redacting_open(&a->redacting, s, false, e) == -1 ||
	    (a->origins = origins_new(s, NULL, e)) == NULL ||
	    (a->library = library_open(&o, e)) == NULL ||
	    (a->reader = reader_open(a->library, e)) == NULL)
		return -1;
	a->keyer = keyer_new(s->rules);
	q->settings = s;
	q->reader = a->reader;
	q->keyer = a->keyer;
	q->wanted = &a->wanted;
	routed = origins_route(a->origins, q->authority, q->target, &route);
	if (routed)
		q->route = route.scope;
	if (routed && route.scope.n == 0)
		q->origin = route_same_path(&route);
	a->wanted.now_us = clock_mono_us();
	return 0;
}

static void
cmd_explain_close(struct ask *a)
{
	search_told_fini(&a->told);
	redacting_close(&a->redacting);
	keyer_free(a->keyer);
	reader_close(a->reader);
	library_close(a->library);
	origins_free(a->origins);
	buf_free(&a->body);
	arena_fini(&a->arena);
}

/*
 * An answer
 */

static const char *const explain_repeats[] = {
	[REPEAT_HOLD] = "in recorded order, then the last one stays",
	[REPEAT_CYCLE] = "in recorded order, then from the first again",
	[REPEAT_FAIL] = "in recorded order, then a miss",
	[REPEAT_FIRST] = "always the oldest",
	[REPEAT_LATEST] = "always the newest",
	[REPEAT_BY_TIME] = "the newest that had begun by that time",
};

static void
cmd_explain_candidates(
    const struct ask *a, const struct explain_choice *c, struct buf *out)
{
	static const char *const words[EXPLAIN_STATE_COUNT] = {
		[CANDIDATE_CHOSEN] = "answers",
		[CANDIDATE_FAILED] = "failed recording",
		[CANDIDATE_VARY] = "is for other conditions: Vary, 304 or 206",
		[CANDIDATE_LESS] = "has fewer equal header fields",
		[CANDIDATE_OTHERWISE] = "has another turn",
	};
	size_t i;

	buf_addf(out, "chosen among %" PRId64 ": %s%s\n", c->all,
	    explain_repeats[a->wanted.repeat],
	    a->wanted.waits ? "; it moves on when a write was replayed" : "");
	for (i = 0; i < c->n && i < EXPLAIN_SHOWN; i++)
		buf_addf(out, "  entry %" PRId64 "  %d  %s\n", c->v[i].id,
		    c->v[i].status, words[c->v[i].state]);
	if (c->all > EXPLAIN_SHOWN)
		buf_addf(
		    out, "  and %" PRId64 " more\n", c->all - EXPLAIN_SHOWN);
}

static void
cmd_explain_json_answer(const struct ask *a, const struct answer *answer,
    const struct explain_choice *c, struct json_write *w)
{
	size_t i;

	json_write_member(w, "source", STR("replay"));
	json_write_member_int(w, "entry", answer->entry);
	json_write_member_int(w, "status", answer->status);
	json_write_member(w, "tier", str_of(tier_text(a->wanted.tier)));
	if (a->search.derived != NULL)
		json_write_member(w, "derived", str_of(a->search.derived));
	json_write_member(
	    w, "repeat", str_of(rules_words(RULE_REPEAT)[a->wanted.repeat]));
	json_write_member_int(w, "matched", c->all);
	json_write_name(w, STR("candidates"));
	json_write_array(w);
	for (i = 0; i < c->n; i++) {
		json_write_object(w);
		json_write_member_int(w, "entry", c->v[i].id);
		json_write_member_int(w, "status", c->v[i].status);
		json_write_member(
		    w, "state", str_of(explain_state_text(c->v[i].state)));
		json_write_object_end(w);
	}
	json_write_array_end(w);
}

static int
cmd_explain_answer(struct ask *a, const struct answer *answer,
    struct json_write *w, struct err *e)
{
	struct explain_choice *c = arena_zalloc(&a->arena, sizeof(*c));

	search_explain(&a->search, FOUND, &a->told, &a->request);
	if (explain_choice(a->reader, &a->request, answer->entry, c, e) == -1)
		return -1;
	if (a->json) {
		cmd_explain_json_answer(a, answer, c, w);
		return 0;
	}
	buf_addf(&w->out, "entry %" PRId64 " answers with %d\n", answer->entry,
	    answer->status);
	buf_addf(&w->out, "found in the %s tier%s\n", tier_text(a->wanted.tier),
	    a->search.derived != NULL ? ", as the head of the answer to a GET"
				      : "");
	cmd_explain_candidates(a, c, &w->out);
	return 0;
}

/*
 * A miss
 */

/* Whether the nearest entry has the request's key by the rules given. */
static bool
cmd_explain_would_match(struct ask *a, int64_t entry, struct err *e)
{
	struct store *s = store_open(a->settings->store, STORE_READ, false, e);
	struct exchange *x = NULL;
	struct explain_request *r = &a->request;
	bool same = false;
	size_t i;

	if (s == NULL || store_get(s, entry, EXPLAIN_BODY, &x, e) != 1) {
		store_close(s);
		return false;
	}
	key_exchange(a->keyer, x);
	search_explain(&a->search, FOUND_UNUSABLE, &a->told, r);
	for (i = 0; i < r->nkeys && !same; i++) {
		if (r->keys[i].home != 0 && r->keys[i].home != home_recorded(x))
			continue;
		same = r->keys[i].tier == TIER_NORMALIZED
			   ? x->normal_keyed &&
				 memcmp(x->normal_key, r->keys[i].key.bytes,
				     sizeof(x->normal_key)) == 0
			   : memcmp(x->key, r->keys[i].key.bytes,
				 sizeof(x->key)) == 0;
	}
	exchange_free(x);
	store_close(s);
	return same;
}

static void
cmd_explain_words(const struct explanation *x, struct buf *out)
{
	const struct contrast *d = &x->nearest.differences;
	struct buf text = { 0 };
	size_t i;

	explanation_note(x, &text);
	buf_add_text(out, "miss: ");
	printable_add(out, buf_str(&text), false);
	if (x->reason == EXPLAIN_EXHAUSTED && x->nearest.n > 0)
		buf_addf(out, ": entry %" PRId64, x->nearest.v[0].id);
	if (x->failure[0] != '\0')
		buf_addf(out, " (%s)", x->failure);
	buf_add_text(out, "\n");
	for (i = 0; i < d->n; i++) {
		buf_clear(&text, 4096);
		difference_text(&d->v[i], &text);
		buf_add_text(out, "  ");
		printable_add(out, buf_str(&text), false);
		buf_add_text(out, "\n");
	}
	if (d->more)
		buf_add_text(out, "  and more\n");
	buf_clear(&text, 4096);
	if (explanation_rules(x, &text)) {
		buf_add_text(out, "with these rules it would answer:\n");
		buf_add_str(out, buf_str(&text));
	}
	buf_free(&text);
}

static int
cmd_explain_miss(
    struct ask *a, enum found found, struct json_write *w, struct err *e)
{
	struct explanation x = { .matched = 0 };
	bool would = false;

	search_explain(&a->search, found, &a->told, &a->request);
	if (explain_miss(a->reader, &a->request, &x, e) == -1)
		return -1;
	if (a->other_keys && x.nearest.n > 0)
		would = cmd_explain_would_match(a, x.nearest.v[0].id, e);
	if (a->json) {
		json_write_member(w, "source", STR("miss"));
		problem_write_explanation(w, &x);
		if (a->other_keys) {
			json_write_name(w, STR("would_match"));
			json_write_bool(w, would);
		}
	} else {
		cmd_explain_words(&x, &w->out);
		if (a->other_keys)
			buf_addf(&w->out,
			    "the tape's keys go by other rules; by these the "
			    "nearest %s once it is indexed anew\n",
			    would ? "answers" : "does not answer");
	}
	explanation_fini(&x);
	return 0;
}

static int
cmd_explain_ask(struct ask *a)
{
	struct answer *answer = NULL;
	struct json_write w;
	struct err e;
	enum found found = search_find(&a->search, &answer, &e);
	int r = -1, status;

	json_write_init(&w, false, NULL, NULL);
	if (a->json)
		json_write_object(&w);
	if (found == FOUND)
		r = cmd_explain_answer(a, answer, &w, &e);
	else if (found != FOUND_ERROR)
		r = cmd_explain_miss(a, found, &w, &e);
	if (a->json) {
		json_write_object_end(&w);
		buf_add_text(&w.out, "\n");
	}
	answer_unref(answer);
	if (r == -1)
		status = commands_fail(STATUS_FAILED, &e);
	else
		status = commands_print(&w.out);
	json_write_fini(&w);
	return status == STATUS_FINE && found != FOUND ? STATUS_MISS : status;
}

int
cmd_explain(const struct command *c, int argc, char **argv)
{
	const char *values[EXPLAIN_OPTIONS];
	struct ask a = { .settings = NULL };
	struct err e;
	int operands, status;

	a.settings =
	    commands_settings(c, argc, argv, values, &operands, &status);
	if (a.settings == NULL)
		return status;
	a.json = values[EXPLAIN_JSON] != NULL;
	if (operands != 2)
		status = commands_misused(c);
	else if (cmd_explain_request(&a, argv + 1, values[EXPLAIN_DATA], &e) ==
		     -1 ||
		 cmd_explain_open(&a, &e) == -1)
		status = commands_fail(STATUS_USAGE, &e);
	else
		status = cmd_explain_ask(&a);
	cmd_explain_close(&a);
	settings_free(a.settings);
	return status;
}
