#include "config.h"

#include <string.h>

#include "gateway/commands.h"
#include "gateway/completion_rows.h"

#include "gateway/completion.h"

/* What = separates is words of their own there: --store=a.db is three. */
static const char completion_bash_head[] =
    "# Completion of hark(1) by bash; made by \"hark completion bash\".\n"
    "\n"
    "# The command line of another program, behind hark run --.\n"
    "_hark_program()\n"
    "{\n"
    "\tlocal i\n"
    "\n"
    "\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
    "\t\t[[ ${COMP_WORDS[i]} == -- ]] && break\n"
    "\tdone\n"
    "\t((i < COMP_CWORD)) || return 1\n"
    "\tif declare -F _command_offset >/dev/null; then\n"
    "\t\t_command_offset $((i + 1))\n"
    "\telif ((i + 1 == COMP_CWORD)); then\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -c -- \"$cur\")\n"
    "\telse\n"
    "\t\tcompopt -o filenames\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "\tfi\n"
    "}\n"
    "\n"
    "_hark()\n"
    "{\n"
    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "\tlocal command=${COMP_WORDS[1]} commands options= operands= values=\n"
    "\n"
    "\tCOMPREPLY=()\n"
    "\tif [[ $cur == = ]]; then\n"
    "\t\tcur=\n"
    "\telif [[ $prev == = ]]; then\n"
    "\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
    "\t\t[[ $prev == -* ]] || operands=@files\n"
    "\tfi\n";

static const char completion_bash_tail[] =
    "\tif ((COMP_CWORD == 1)); then\n"
    "\t\tvalues=$commands\n"
    "\telif [[ -z $values && $cur == -* ]]; then\n"
    "\t\tvalues=$options\n"
    "\telif [[ -z $values ]]; then\n"
    "\t\tvalues=$operands\n"
    "\tfi\n"
    "\tcase $values in\n"
    "\t@files)\n"
    "\t\tcompopt -o filenames\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "\t\t;;\n"
    "\t@folders)\n"
    "\t\tcompopt -o filenames\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
    "\t\t;;\n"
    "\t@any) ;;\n"
    "\t*)\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$cur\")\n"
    "\t\t;;\n"
    "\tesac\n"
    "}\n"
    "complete -F _hark hark\n";

static void
completion_bash_value(struct buf *out, const struct completion_value *v)
{
	static const char *const kinds[] = {
		[COMPLETION_NONE] = "@any",
		[COMPLETION_ANY] = "@any",
		[COMPLETION_FILES] = "@files",
		[COMPLETION_FOLDERS] = "@folders",
		[COMPLETION_COMMANDS] = "$commands",
		[COMPLETION_PROGRAM] = "@any",
	};

	if (v->kind == COMPLETION_WORDS)
		buf_addf(
		    out, "'%.*s'", (int)v->words.n, (const char *)v->words.p);
	else
		buf_add_text(out, kinds[v->kind]);
}

static void
completion_bash_options(struct buf *out, const struct completion_rows *rows)
{
	size_t i;

	buf_add_text(out, "\t\toptions='--help");
	for (i = 0; i < rows->n; i++) {
		buf_addf(out, " --%s", rows->v[i].name);
		if (rows->v[i].flag)
			buf_addf(out, " --no-%s", rows->v[i].name);
	}
	buf_add_text(out, "'\n");
}

/* What a command takes. */
static void
completion_bash_command(struct buf *out, const struct command *c)
{
	struct completion_rows rows;
	struct completion_value operands;

	completion_rows_make(&rows, c);
	completion_operands(c, &operands);
	buf_add_text(out, "\t");
	completion_names(out, c);
	buf_add_text(out, ")\n");
	if (operands.kind == COMPLETION_PROGRAM)
		buf_add_text(out, "\t\t_hark_program && return\n");
	completion_bash_options(out, &rows);
	buf_add_text(out, "\t\t: \"${operands:=");
	if (operands.kind == COMPLETION_WORDS)
		buf_add_str(out, buf_str(&operands.words));
	else
		completion_bash_value(out, &operands);
	buf_add_text(out, "}\"\n\t\t;;\n");
	completion_value_fini(&operands);
	completion_rows_fini(&rows);
}

/* A flag takes the next word only if it can be nothing else. */
static void
completion_bash_row(
    struct buf *out, const char *of, const struct completion_row *r)
{
	if (r->argument == NULL)
		return;
	buf_addf(out, "\t%s:--%s", of, r->name);
	if (r->letter != 0)
		buf_addf(out, "|%s:-%c", of, r->letter);
	buf_add_text(out, ") values=");
	completion_bash_value(out, &r->value);
	buf_add_text(out, " ;;\n");
}

/* What stands behind an option: first those of one command, which may mean
 * something else by the same name. */
static void
completion_bash_rows(
    struct buf *out, const struct command *c, bool own, const char *of)
{
	struct completion_rows rows;
	size_t i;

	completion_rows_make(&rows, c);
	for (i = 0; i < rows.n; i++)
		if (rows.v[i].own == own)
			completion_bash_row(out, of, &rows.v[i]);
	completion_rows_fini(&rows);
}

static void
completion_bash_values(struct buf *out, const struct command *table)
{
	static const struct command all = { .scope = OPTIONS_ALL };
	const struct command *c;

	buf_add_text(out, "\tcase $command:$prev in\n");
	for (c = table; c->name != NULL; c++)
		if (c->help != NULL)
			completion_bash_rows(out, c, true, c->name);
	completion_bash_rows(out, &all, false, "*");
	buf_add_text(out, "\tesac\n");
}

void
completion_bash(struct buf *out, const struct command *table)
{
	const struct command *c;

	buf_add_text(out, completion_bash_head);
	buf_add_text(out, "\tcommands='--help --version");
	for (c = table; c->name != NULL; c++)
		if (c->help != NULL)
			buf_addf(out, " %s", c->name);
	buf_add_text(out, "'\n\tcase $command in\n");
	for (c = table; c->name != NULL; c++)
		if (c->help != NULL && !completion_is_double(table, c))
			completion_bash_command(out, c);
	buf_add_text(out, "\tesac\n");
	completion_bash_values(out, table);
	buf_add_text(out, completion_bash_tail);
}
