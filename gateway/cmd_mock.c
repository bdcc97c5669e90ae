/* hark mock: mocked routes out of what describes an API or was recorded. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/out_file.h"
#include "gateway/printable.h"
#include "mock/draft.h"
#include "mock/from_openapi.h"

#include "gateway/commands.h"

enum { MOCK_OUTPUT, MOCK_OPTIONS };

const struct own_option cmd_mock_options[] = {
	[MOCK_OUTPUT] = {
	    .name = "output",
	    .letter = 'o',
	    .argument = "FILE",
	    .help = "the mocks file to write; standard output otherwise",
	},
	{ .name = NULL },
};

/* What a source is asked for. */
struct mocking {
	const struct settings *settings;
	const char *output; /* "-": standard output */
	char **operands;
	int noperands;
};

/* ---- out ---------------------------------------------------------------- */

/* What could not be carried over. */
static void
cmd_mock_notes(const char *source, const struct draft *d)
{
	struct str rest = draft_notes(d), line;
	struct buf out = { 0 };

	while (str_cut(&rest, '\n', &line)) {
		if (line.n == 0)
			continue;
		printable_add(&out, str_of(source), false);
		buf_add_text(&out, ": ");
		printable_add(&out, line, false);
		buf_add_text(&out, "\n");
	}
	fputs(buf_text(&out), stderr);
	buf_free(&out);
}

static int
cmd_mock_write(const struct draft *d, const char *path, struct err *e)
{
	struct out_file file;
	struct buf text = { 0 };
	int r;

	draft_write(d, &text);
	r = out_file_open(&file, path, e);
	if (r == 0)
		r = out_file_write(&file, text.p, text.n, e);
	if (r == 0)
		r = out_file_commit(&file, e);
	out_file_abandon(&file);
	buf_free(&text);
	return r;
}

static int
cmd_mock_give(
    const struct mocking *m, const char *source, const struct draft *d)
{
	struct err e;

	cmd_mock_notes(source, d);
	if (cmd_mock_write(d, m->output, &e) == -1)
		return commands_fail(STATUS_FAILED, &e);
	if (strcmp(m->output, "-") != 0)
		printf("%zu routes in %s\n", draft_routes(d), m->output);
	return STATUS_FINE;
}

/* ---- sources ------------------------------------------------------------ */

static int
cmd_mock_from_file(const struct mocking *m,
    struct draft *(*read)(const char *path, struct err *e))
{
	struct draft *d;
	struct err e;
	int status;

	d = read(m->operands[0], &e);
	if (d == NULL)
		return commands_fail(STATUS_USAGE, &e);
	status = cmd_mock_give(m, m->operands[0], d);
	draft_free(d);
	return status;
}

static int
cmd_mock_openapi(const struct mocking *m)
{
	return cmd_mock_from_file(m, from_openapi);
}

static const struct mock_source {
	const char *name;
	int least, most; /* operands behind the name */
	int (*run)(const struct mocking *m);
} mock_sources[] = {
	{ "from-openapi", 1, 1, cmd_mock_openapi },
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
	m.operands = argv + 1;
	m.noperands = operands;
	status = cmd_mock_run(c, &m);
	settings_free(s);
	return status;
}
