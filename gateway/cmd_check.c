/* hark check: what is wrong with mocks files. */
#include "config.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/printable.h"
#include "har/json_write.h"
#include "mock/check.h"

#include "gateway/commands.h"

enum { CHECK_JSON, CHECK_STRICT, CHECK_OPTIONS };

const struct own_option cmd_check_options[] = {
	[CHECK_JSON] = {
	    .name = "json",
	    .help = "one JSON object per finding",
	},
	[CHECK_STRICT] = {
	    .name = "strict",
	    .help = "what is only odd is a failure, too",
	},
	{ .name = NULL },
};

struct checked {
	const char *path;
	bool json, strict, failed;
	struct buf out;
};

static void
cmd_check_json(struct checked *c, const struct check_finding *f)
{
	struct json_write w;

	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_member(&w, "file", str_of(c->path));
	json_write_member(
	    &w, "severity", f->wrong ? STR("error") : STR("remark"));
	json_write_member(&w, "where", f->where);
	if (f->line > 0) {
		json_write_member_int(&w, "line", (int64_t)f->line);
		json_write_member_int(&w, "column", (int64_t)f->column);
	}
	json_write_member(&w, "text", f->text);
	json_write_object_end(&w);
	buf_add_str(&c->out, buf_str(&w.out));
	buf_add_text(&c->out, "\n");
	json_write_fini(&w);
}

/* "FILE:LINE:COLUMN: WHERE: TEXT", as compilers write it. */
static void
cmd_check_text(struct checked *c, const struct check_finding *f)
{
	printable_add(&c->out, str_of(c->path), false);
	if (f->line > 0)
		buf_addf(&c->out, ":%zu:%zu", f->line, f->column);
	buf_add_text(&c->out, f->wrong ? ": error: " : ": remark: ");
	if (f->where.n > 0) {
		printable_add(&c->out, f->where, false);
		buf_add_text(&c->out, ": ");
	}
	printable_add(&c->out, f->text, false);
	buf_add_text(&c->out, "\n");
}

static void
cmd_check_on_finding(void *arg, const struct check_finding *f)
{
	struct checked *c = arg;

	c->failed = c->failed || f->wrong || c->strict;
	if (c->json)
		cmd_check_json(c, f);
	else
		cmd_check_text(c, f);
}

int
cmd_check(const struct command *c, int argc, char **argv)
{
	const char *values[CHECK_OPTIONS];
	struct checked checked = { 0 };
	struct settings *s;
	struct err e;
	size_t at;
	int operands, status, i;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	if (operands == 0) {
		settings_free(s);
		return commands_misused(c);
	}
	checked.json = values[CHECK_JSON] != NULL;
	checked.strict = values[CHECK_STRICT] != NULL;
	for (i = 1; i <= operands; i++)
		if (settings_mocks(s, argv[i], &e) == -1) {
			settings_free(s);
			return commands_fail(STATUS_USAGE, &e);
		}
	for (at = 0; at < s->nmocks; at++) {
		checked.path = s->mocks[at].file;
		(void)check_file(checked.path, cmd_check_on_finding, &checked);
	}
	status = commands_print(&checked.out);
	buf_free(&checked.out);
	settings_free(s);
	return status == STATUS_FINE && checked.failed ? STATUS_FAILED : status;
}
