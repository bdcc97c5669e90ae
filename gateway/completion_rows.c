#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "gateway/commands.h"
#include "gateway/option_table.h"

#include "gateway/completion_rows.h"

void
completion_value_fini(struct completion_value *v)
{
	buf_free(&v->words);
}

static void
completion_add_word(struct completion_value *v, struct str word)
{
	if (v->words.n > 0)
		buf_add(&v->words, " ", 1);
	buf_add_str(&v->words, word);
	v->kind = COMPLETION_WORDS;
}

/* Whether it stands for itself, as recorded does and xN does not. */
static bool
completion_is_word(struct str word)
{
	size_t i;

	for (i = 0; i < word.n; i++)
		if ((word.p[i] < 'a' || word.p[i] > 'z') &&
		    (word.p[i] < '0' || word.p[i] > '9') &&
		    strchr("-_.", word.p[i]) == NULL)
			return false;
	return word.n > 0;
}

/* The words of "off|auto", or what the name of a value tells of it. */
static void
completion_of_argument(struct completion_value *v, const char *argument)
{
	struct str rest = str_of(argument), word;

	v->kind = COMPLETION_ANY;
	if (strchr(argument, '|') != NULL)
		while (str_cut(&rest, '|', &word))
			if (completion_is_word(word))
				completion_add_word(v, word);
	if (v->kind == COMPLETION_WORDS)
		return;
	if (strstr(argument, "FILE") != NULL ||
	    strstr(argument, "PEM") != NULL || strstr(argument, "PATH") != NULL)
		v->kind = COMPLETION_FILES;
	else if (strcmp(argument, "FOLDER") == 0)
		v->kind = COMPLETION_FOLDERS;
}

static void
completion_of_words(struct completion_value *v, const char *words)
{
	v->kind = COMPLETION_WORDS;
	buf_add_text(&v->words, words);
}

static void
completion_own(struct completion_row *r, const struct own_option *o)
{
	*r = (struct completion_row){ .name = o->name,
		.letter = o->letter,
		.argument = o->argument,
		.help = o->help,
		.repeatable = o->take != NULL,
		.own = true };
	if (o->words != NULL)
		completion_of_words(&r->value, o->words);
	else if (o->argument != NULL)
		completion_of_argument(&r->value, o->argument);
}

static void
completion_shared(struct completion_row *r, const struct option *o)
{
	size_t i;

	*r = (struct completion_row){ .name = o->name,
		.argument = o->flag ? NULL : o->argument,
		.help = o->help,
		.flag = o->flag,
		.repeatable = o->repeatable };
	completion_of_argument(&r->value, o->argument);
	if (r->value.kind == COMPLETION_ANY && o->choices != NULL)
		for (i = 0; o->choices[i] != NULL; i++)
			completion_add_word(&r->value, str_of(o->choices[i]));
}

void
completion_rows_make(struct completion_rows *rows, const struct command *c)
{
	const struct own_option *own;
	const struct option *o;
	size_t n = 0;

	for (own = c->own; own != NULL && own->name != NULL; own++)
		n++;
	for (o = option_table; o->name != NULL; o++)
		n += option_is_in(o, c->scope);
	rows->v = xcalloc(n + 1, sizeof(*rows->v));
	rows->n = 0;
	for (own = c->own; own != NULL && own->name != NULL; own++)
		completion_own(&rows->v[rows->n++], own);
	for (o = option_table; o->name != NULL; o++)
		if (option_is_in(o, c->scope))
			completion_shared(&rows->v[rows->n++], o);
}

void
completion_rows_fini(struct completion_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->n; i++)
		completion_value_fini(&rows->v[i].value);
	free(rows->v);
}

void
completion_operands(const struct command *c, struct completion_value *v)
{
	*v = (struct completion_value){ .kind = COMPLETION_NONE };
	if (c->words != NULL)
		completion_of_words(v, c->words);
	else if (strcmp(c->operands, "[COMMAND]") == 0)
		v->kind = COMPLETION_COMMANDS;
	else if (str_starts(str_of(c->operands), "-- COMMAND"))
		v->kind = COMPLETION_PROGRAM;
	else if (c->operands[0] != '\0')
		completion_of_argument(v, c->operands);
}

bool
completion_is_double(const struct command *table, const struct command *c)
{
	const struct command *t;

	for (t = table; t != c; t++)
		if (t->help != NULL && t->scope == c->scope &&
		    t->own == c->own && t->run == c->run)
			return true;
	return false;
}

void
completion_names(struct buf *out, const struct command *c)
{
	const struct command *t;

	buf_add_text(out, c->name);
	for (t = c + 1; t->name != NULL; t++)
		if (t->help != NULL && t->scope == c->scope &&
		    t->own == c->own && t->run == c->run)
			buf_addf(out, "|%s", t->name);
}
