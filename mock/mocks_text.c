/* What mocks remember as lines of JSON: a head, then for each environment a
 * line that names it and those of its state, and an end. */
#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "mock/environment.h"
#include "mock/memory.h"
#include "mock/numbers.h"
#include "mock/server.h"
#include "mock/state.h"
#include "mock/value_json.h"

#include "mock/mocks_priv.h"

#define MOCKS_STATE_VERSION 1

static void
mocks_write_line(struct value line, struct arena *a, struct buf *out)
{
	struct values v = { .arena = a };

	(void)value_write_json(&v, out, line, 0, true); /* never undefined */
	buf_add_text(out, "\n");
	arena_reset(a);
}

/* The prefix as --mocks has it. */
static struct str
mocks_prefix(const struct mocks_place *at, struct arena *a)
{
	return str_of(arena_printf(
	    a, "%.*s%.*s", STR_ARGS(at->host), STR_ARGS(at->prefix)));
}

static void
mocks_write_environment(struct mocks *m, size_t i, struct buf *out)
{
	const struct environment *env = server_environment(m->served[i].server);
	struct state *s = memory_state(m->ground->memory, i, 0);
	struct arena a = { 0 };
	struct values v = { .arena = &a };
	struct value line = value_new_object(&v);

	value_set(&v, line, STR("file"), value_text(env->path));
	value_set(&v, line, STR("prefix"),
	    value_text(mocks_prefix(&m->served[i].at, &a)));
	mocks_write_line(line, &a, out);
	state_write(s, env, out);
	state_unref(s);
	arena_fini(&a);
}

void
mocks_write_state(struct mocks *m, struct buf *out)
{
	size_t i;

	buf_addf(out, "{\"hark\":\"mock-state\",\"version\":%d}\n",
	    MOCKS_STATE_VERSION);
	for (i = 0; i < m->n; i++)
		if (server_routes(m->served[i].server) > 0)
			mocks_write_environment(m, i, out);
	buf_add_str(out, buf_str(&m->ground->strange));
	buf_add_text(out, "{\"end\":true}\n");
}

/* The reading of it, line by line. */
struct mocks_reading {
	struct mocks *m;
	struct buf *remarks;
	size_t number;        /* of the line */
	size_t at;            /* the environment; m->n for a strange one,
			       * SIZE_MAX before the first */
	bool *read;           /* environments */
	struct numbers known; /* of the environment */
	bool began, ended;
};

static int
mocks_read_head(struct mocks_reading *r, struct value line, struct err *e)
{
	struct value what = value_get(line, STR("hark")),
		     version = value_get(line, STR("version"));

	if (what.kind != VALUE_TEXT || !str_is(what.text, "mock-state"))
		return err_set(e, "expected a file that hark has written");
	if (version.kind != VALUE_NUMBER ||
	    version.number != MOCKS_STATE_VERSION)
		return err_set(e, "expected version %d, which this hark writes",
		    MOCKS_STATE_VERSION);
	r->began = true;
	return 0;
}

static int
mocks_read_file(struct mocks_reading *r, struct value line, struct err *e)
{
	struct value file = value_get(line, STR("file")),
		     prefix = value_get(line, STR("prefix"));
	struct arena a = { 0 };
	const struct served *s;

	if (file.kind != VALUE_TEXT || prefix.kind != VALUE_TEXT)
		return err_set(e, "expected file and prefix");
	for (r->at = 0; r->at < r->m->n; r->at++) {
		s = &r->m->served[r->at];
		if (!r->read[r->at] &&
		    str_eq(server_environment(s->server)->path, file.text) &&
		    str_eq(mocks_prefix(&s->at, &a), prefix.text))
			break;
	}
	arena_fini(&a);
	numbers_fini(&r->known);
	if (r->at < r->m->n) {
		r->read[r->at] = true;
		server_known(r->m->served[r->at].server, &r->known);
	} else {
		buf_addf(r->remarks,
		    "line %zu: %.*s%s%.*s is not among the mocks; what is "
		    "here of it stays here\n",
		    r->number, STR_ARGS(prefix.text),
		    prefix.text.n > 0 ? "=" : "", STR_ARGS(file.text));
	}
	return 0;
}

static int
mocks_read_state_of(struct mocks_reading *r, struct value line, struct err *e)
{
	struct state *s = memory_state(r->m->ground->memory, r->at, 0);
	int rc = state_read(s, server_environment(r->m->served[r->at].server),
	    &r->known, line, e);

	if (rc == 1)
		buf_addf(r->remarks, "line %zu: %s\n", r->number, e->text);
	state_unref(s);
	return rc == -1 ? -1 : 0;
}

static int
mocks_read_line(struct mocks_reading *r, struct str text, struct err *e)
{
	struct arena a = { 0 };
	struct values v = { .arena = &a };
	struct value line;
	int rc = 0;

	if (value_read_json(&v, text, &line) == -1 || line.kind != VALUE_OBJECT)
		rc = err_set(e, "expected a JSON object");
	else if (!r->began)
		rc = mocks_read_head(r, line, e);
	else if (r->ended)
		rc = err_set(e, "expected nothing behind the end");
	else if (value_has(line, STR("end")))
		r->ended = true;
	else if (value_has(line, STR("file")))
		rc = mocks_read_file(r, line, e);
	else if (r->at < r->m->n)
		rc = mocks_read_state_of(r, line, e);
	else if (r->at > r->m->n)
		rc = err_set(e, "expected the file that this is of");
	if (rc == 0 && r->at == r->m->n && !r->ended) {
		buf_add_str(&r->m->ground->strange, text);
		buf_add_text(&r->m->ground->strange, "\n");
	}
	arena_fini(&a);
	return rc;
}

int
mocks_read_state(
    struct mocks *m, struct str text, struct buf *remarks, struct err *e)
{
	struct mocks_reading r = { .m = m, .remarks = remarks, .at = SIZE_MAX };
	struct str line;
	int rc = 0;

	r.read = xcalloc(m->n + 1, sizeof(*r.read));
	while (rc == 0 && str_cut(&text, '\n', &line)) {
		r.number++;
		if (line.n > 0 || text.p != NULL)
			rc = mocks_read_line(&r, line, e);
		if (rc == -1)
			err_wrap(e, "line %zu", r.number);
	}
	if (rc == 0 && !r.ended)
		rc = err_set(e, "line %zu: the file is cut off here", r.number);
	numbers_fini(&r.known);
	free(r.read);
	return rc;
}
