/* hark mock: mocked routes out of what describes an API or was recorded. */
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/mock_entries.h"
#include "gateway/out_file.h"
#include "gateway/printable.h"
#include "mock/draft.h"
#include "mock/from_openapi.h"
#include "mock/from_postman.h"
#include "mock/from_wiremock.h"

#include "gateway/commands.h"

enum { MOCK_OUTPUT, MOCK_CRUD, MOCK_OPTIONS };

const struct own_option cmd_mock_options[] = {
	[MOCK_OUTPUT] = {
	    .name = "output",
	    .letter = 'o',
	    .argument = "FILE",
	    .help = "the mocks file to write; standard output otherwise",
	},
	[MOCK_CRUD] = {
	    .name = "crud",
	    .help = "recorded lists and their items become data buckets",
	},
	{ .name = NULL },
};

/* What a source is asked for. */
struct mocking {
	const struct settings *settings;
	const char *output; /* "-": standard output */
	bool crud;
	char **operands;
	int noperands;
};

/* ---- out ---------------------------------------------------------------- */

/* What could not be carried over; source is in front unless it is NULL. */
static void
cmd_mock_notes(const char *source, const struct draft *d)
{
	struct str rest = draft_notes(d), line;
	struct buf out = { 0 };

	while (str_cut(&rest, '\n', &line)) {
		if (line.n == 0)
			continue;
		printable_add(&out, str_of(source), false);
		buf_add_text(&out, source != NULL ? ": " : "");
		printable_add(&out, line, false);
		buf_add_text(&out, "\n");
	}
	fputs(buf_text(&out), stderr);
	buf_free(&out);
}

static int
cmd_mock_write(const struct draft *d, const char *path, struct err *e)
{
	struct buf text = { 0 };
	int r;

	draft_write(d, &text);
	r = out_file_save(out_file_open, path, buf_str(&text), e);
	buf_free(&text);
	return r;
}

/* Takes over d, which is NULL when there is only *e to tell. */
static int
cmd_mock_give(
    const struct mocking *m, const char *source, struct draft *d, struct err *e)
{
	int status = STATUS_FINE;

	if (d == NULL)
		return commands_fail(STATUS_USAGE, e);
	cmd_mock_notes(source, d);
	if (cmd_mock_write(d, m->output, e) == -1)
		status = commands_fail(STATUS_FAILED, e);
	else if (strcmp(m->output, "-") != 0)
		printf("%zu routes in %s\n", draft_routes(d), m->output);
	draft_free(d);
	return status;
}

/* ---- sources ------------------------------------------------------------ */

static int
cmd_mock_openapi(const struct mocking *m)
{
	struct err e;

	return cmd_mock_give(
	    m, m->operands[0], from_openapi(m->operands[0], &e), &e);
}

static int
cmd_mock_postman(const struct mocking *m)
{
	struct err e;

	return cmd_mock_give(
	    m, m->operands[0], from_postman(m->operands[0], &e), &e);
}

static int
cmd_mock_wiremock(const struct mocking *m)
{
	struct err e;

	return cmd_mock_give(m, NULL, from_wiremock(m->operands[0], &e), &e);
}

static int
cmd_mock_entry(const struct mocking *m)
{
	struct mock_entries how = {
		.settings = m->settings, .output = m->output, .crud = m->crud
	};
	struct err e;

	return cmd_mock_give(m, m->settings->store,
	    mock_entries_store(&how, m->operands, m->noperands, &e), &e);
}

/* Without a file it is what the store has. */
static int
cmd_mock_har(const struct mocking *m)
{
	struct mock_entries how = {
		.settings = m->settings, .output = m->output, .crud = m->crud
	};
	struct err e;

	if (m->noperands == 0)
		return cmd_mock_entry(m);
	return cmd_mock_give(m, NULL,
	    mock_entries_hars(&how, m->operands, m->noperands, &e), &e);
}

static const struct mock_source {
	const char *name;
	int least, most; /* operands behind the name */
	int (*run)(const struct mocking *m);
} mock_sources[] = {
	{ "from-openapi", 1, 1, cmd_mock_openapi },
	{ "from-postman", 1, 1, cmd_mock_postman },
	{ "from-wiremock", 1, 1, cmd_mock_wiremock },
	{ "from-har", 0, INT_MAX, cmd_mock_har },
	{ "from-entry", 1, INT_MAX, cmd_mock_entry },
};

#define MOCK_SOURCES (sizeof(mock_sources) / sizeof(mock_sources[0]))

static int
cmd_mock_run(const struct command *c, struct mocking *m)
{
	const struct mock_source *source = NULL;
	struct buf names = { 0 };
	size_t i;

	for (i = 0; i < MOCK_SOURCES && m->noperands > 0; i++)
		if (strcmp(mock_sources[i].name, m->operands[0]) == 0)
			source = &mock_sources[i];
	m->operands++;
	m->noperands--;
	if (source != NULL && m->noperands >= source->least &&
	    m->noperands <= source->most)
		return source->run(m);
	if (source != NULL || m->noperands < 0)
		return commands_misused(c);
	for (i = 0; i < MOCK_SOURCES; i++)
		buf_addf(&names, " %s", mock_sources[i].name);
	fprintf(stderr, "hark: mock %.100s: expected one of%s\n",
	    m->operands[-1], buf_text(&names));
	buf_free(&names);
	return STATUS_USAGE;
}

int
cmd_mock(const struct command *c, int argc, char **argv)
{
	const char *values[MOCK_OPTIONS];
	struct mocking m = { 0 };
	struct settings *s;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	m.settings = s;
	m.output = values[MOCK_OUTPUT] != NULL ? values[MOCK_OUTPUT] : "-";
	m.crud = values[MOCK_CRUD] != NULL;
	m.operands = argv + 1;
	m.noperands = operands;
	status = cmd_mock_run(c, &m);
	settings_free(s);
	return status;
}
