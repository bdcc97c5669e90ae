#include "config.h"

#include <string.h>

#include "gateway/commands.h"
#include "gateway/completion_rows.h"

#include "gateway/completion.h"

static const char completion_zsh_head[] =
    "#compdef hark\n"
    "# Completion of hark(1) by zsh; made by \"hark completion zsh\".\n"
    "\n"
    "_hark()\n"
    "{\n"
    "\tlocal curcontext=$curcontext state line\n"
    "\tlocal -a names\n"
    "\tlocal -A opt_args\n"
    "\n"
    "\tnames=(\n";

static const char completion_zsh_middle[] =
    "\t)\n"
    "\t_arguments -C \\\n"
    "\t\t'(- *)--help[say how a command is used]' \\\n"
    "\t\t'(- *)--version[say which hark this is]' \\\n"
    "\t\t'1: :->command' '*:: :->rest' && return\n"
    "\tcase $state in\n"
    "\tcommand)\n"
    "\t\t_describe -t commands 'hark command' names\n"
    "\t\treturn\n"
    "\t\t;;\n"
    "\tesac\n"
    "\tcurcontext=${curcontext%:*}-$words[1]:\n"
    "\tcase $words[1] in\n";

static const char completion_zsh_tail[] =
    "\tesac\n"
    "}\n"
    "\n"
    "if [[ $funcstack[1] == _hark ]]; then\n"
    "\t_hark \"$@\"\n"
    "else\n"
    "\tcompdef _hark hark\n"
    "fi\n";

/* In single quotes, with backslashes before what _arguments(1) takes for its
 * own. */
static void
completion_zsh_quote(struct buf *out, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			buf_add_text(out, "'\\''");
			continue;
		}
		if (strchr(special, *text) != NULL)
			buf_add(out, "\\", 1);
		buf_add(out, text, 1);
	}
}

/* ":FILE:_files" */
static void
completion_zsh_value(
    struct buf *out, const char *argument, const struct completion_value *v)
{
	static const char *const kinds[] = {
		[COMPLETION_NONE] = " ",
		[COMPLETION_ANY] = " ",
		[COMPLETION_FILES] = "_files",
		[COMPLETION_FOLDERS] = "_files -/",
		[COMPLETION_COMMANDS] =
		    "{_describe -t commands \"hark command\" names}",
		[COMPLETION_PROGRAM] = " ",
	};

	buf_add_text(out, ":");
	completion_zsh_quote(out, argument, "\\:");
	if (v->kind == COMPLETION_WORDS)
		buf_addf(
		    out, ":(%.*s)", (int)v->words.n, (const char *)v->words.p);
	else
		buf_addf(out, ":%s", kinds[v->kind]);
}

static void
completion_zsh_option(
    struct buf *out, const struct completion_row *r, const char *name)
{
	buf_addf(out, "\t\t\t'%s%s%s[", r->repeatable ? "*" : "", name,
	    r->argument == NULL ? ""
	    : name[1] == '-'    ? "="
				: "+");
	completion_zsh_quote(out, r->help, "\\[]");
	buf_add_text(out, "]");
	if (r->argument != NULL)
		completion_zsh_value(out, r->argument, &r->value);
	buf_add_text(out, "' \\\n");
}

static void
completion_zsh_row(struct buf *out, const struct completion_row *r)
{
	char letter[3] = { '-', r->letter, '\0' };
	struct buf name = { 0 };

	buf_addf(&name, "--%s", r->name);
	completion_zsh_option(out, r, buf_text(&name));
	if (r->letter != 0)
		completion_zsh_option(out, r, letter);
	if (r->flag) {
		buf_clear(&name, 0);
		buf_addf(&name, "--no-%s", r->name);
		completion_zsh_option(out, r, buf_text(&name));
	}
	buf_free(&name);
}

static void
completion_zsh_operands(struct buf *out, const struct command *c)
{
	struct completion_value v;

	completion_operands(c, &v);
	if (v.kind == COMPLETION_PROGRAM) {
		buf_add_text(out, "\t\t\t'(-)*::: : _normal'\n");
	} else if (v.kind == COMPLETION_NONE) {
		buf_add_text(out, "\t\t\t&& return\n");
	} else if (v.kind == COMPLETION_ANY) {
		/* Else options would be told of but not inserted. */
		buf_add_text(out, "\t\t\t'*:");
		completion_zsh_quote(out, c->operands, "\\:");
		buf_add_text(out, ":_guard \"^-*\" operand'\n");
	} else {
		buf_add_text(out, "\t\t\t'*");
		completion_zsh_value(out, c->operands, &v);
		buf_add_text(out, "'\n");
	}
	completion_value_fini(&v);
}

static void
completion_zsh_command(struct buf *out, const struct command *c)
{
	struct completion_rows rows;
	size_t i;

	completion_rows_make(&rows, c);
	buf_add_text(out, "\t");
	completion_names(out, c);
	buf_add_text(out, ")\n\t\t_arguments -S \\\n"
			  "\t\t\t'(- *)--help[say how it is used]' \\\n");
	for (i = 0; i < rows.n; i++)
		completion_zsh_row(out, &rows.v[i]);
	completion_zsh_operands(out, c);
	buf_add_text(out, "\t\t;;\n");
	completion_rows_fini(&rows);
}

void
completion_zsh(struct buf *out, const struct command *table)
{
	const struct command *c;

	buf_add_text(out, completion_zsh_head);
	for (c = table; c->name != NULL; c++) {
		if (c->help == NULL)
			continue;
		buf_addf(out, "\t\t'%s:", c->name);
		completion_zsh_quote(out, c->help, "\\");
		buf_add_text(out, "'\n");
	}
	buf_add_text(out, completion_zsh_middle);
	for (c = table; c->name != NULL; c++)
		if (c->help != NULL && !completion_is_double(table, c))
			completion_zsh_command(out, c);
	buf_add_text(out, completion_zsh_tail);
}
