/* The configuration file: a JSON object with the names of options. */
#include "config.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/option_table.h"

#include "gateway/options.h"

#define FILE_MOST (1u << 20) /* bytes */

static const char *const json_words[] = {
	[JSON_OBJECT] = "an object",
	[JSON_ARRAY] = "an array",
	[JSON_STRING] = "a string",
	[JSON_INTEGER] = "a number",
	[JSON_REAL] = "a number with a fraction",
	[JSON_TRUE] = "true",
	[JSON_FALSE] = "false",
	[JSON_NULL] = "null",
};

/* Reads to the end rather than asking for the size: path may be a pipe. */
static int
options_file_read(const char *path, struct buf *b, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd == -1)
		return err_sys(e, "cannot open");
	while (n > 0 && b->n <= FILE_MOST) {
		n = read(fd, buf_reserve(b, 16384), 16384);
		b->n += n > 0 ? (size_t)n : 0;
	}
	if (n == -1)
		err_sys(e, "cannot read");
	else if (b->n > FILE_MOST)
		n = err_set(e, "longer than 1 MiB");
	close(fd);
	return n == -1 ? -1 : 0;
}

/* Whether numbers are a natural way to write the option. */
static bool
options_file_takes_number(const struct option *o)
{
	return o->choices != NULL ||
	       (o->most > 0 && o->kind != VALUE_TIME && o->least < o->most &&
		   strcmp(o->argument, "N") == 0) ||
	       (o->kind == VALUE_SIZE && o->most > 0);
}

static int
options_file_value(struct settings *s, const struct option *o,
    const json_t *value, struct err *e)
{
	char number[32];

	if (json_is_string(value))
		return o->set(s, o, json_string_value(value), e);
	if (o->flag && json_is_boolean(value))
		return o->set(s, o, json_is_true(value) ? "on" : "off", e);
	if (options_file_takes_number(o) && json_is_integer(value)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
		    json_integer_value(value));
		return o->set(s, o, number, e);
	}
	return err_set(e, "expected %s, not %s",
	    o->flag                        ? "true or false"
	    : options_file_takes_number(o) ? "a number or a string"
					   : "a string",
	    json_words[json_typeof(value)]);
}

static int
options_file_member(
    struct settings *s, const char *name, const json_t *value, struct err *e)
{
	const struct option *o = option_find(str_of(name));
	json_t *one;
	size_t i;
	int rc = 0;

	if (o == NULL)
		return err_set(e, "no such option");
	if (!o->repeatable || !json_is_array(value))
		return options_file_value(s, o, value, e);
	for (i = 0; rc == 0 && i < json_array_size(value); i++) {
		one = json_array_get(value, i);
		rc = options_file_value(s, o, one, e);
		if (rc == -1)
			err_wrap(e, "element %zu", i + 1);
	}
	return rc;
}

static json_t *
options_file_parse(const char *path, struct err *e)
{
	struct buf text = { 0 };
	json_t *all = NULL;
	json_error_t why;

	if (options_file_read(path, &text, e) == -1) {
		err_wrap(e, "%.300s", path);
		buf_free(&text);
		return NULL;
	}
	all = json_loadb(buf_text(&text), text.n, JSON_REJECT_DUPLICATES, &why);
	buf_free(&text);
	if (json_is_object(all))
		return all;
	err_set(e, "%.300s:%d: %s", path, all == NULL ? why.line : 1,
	    all == NULL ? why.text : "expected a JSON object with options");
	json_decref(all);
	return NULL;
}

enum options_take { TAKE_ALL, TAKE_LIVE, TAKE_REST };

static bool
options_file_takes(enum options_take what, const char *name)
{
	const struct option *o = option_find(str_of(name));

	return what == TAKE_ALL ||
	       (o != NULL && o->live == (what == TAKE_LIVE));
}

/* A list in the file replaces an inherited one, and is itself replaced by one
 * from the command line. */
static int
options_file_take(struct settings *s, const char *path, json_t *all,
    enum options_take what, struct err *e)
{
	const char *name;
	json_t *value;

	s->listen_inherited = true;
	s->sessions_inherited = true;
	json_object_foreach(all, name, value)
	{
		if (!options_file_takes(what, name))
			continue;
		if (options_file_member(s, name, value, e) == -1)
			return err_wrap(e, "%.300s: member %.100s", path, name);
	}
	s->listen_inherited = true;
	s->sessions_inherited = true;
	return 0;
}

/* ---- again ----------------------------------------------------------- */

struct options_file {
	json_t *start, *last; /* as it was taken */
	json_t *next;         /* as it was tried; or NULL */
};

static void
options_file_name(struct buf *names, const char *name)
{
	buf_addf(names, "%s%s", names->n > 0 ? ", " : "", name);
}

/* Names the members of one that another does not have so. */
static void
options_file_compare(
    struct options_files *f, json_t *of, json_t *with, bool live, bool absent)
{
	const struct option *o;
	const char *name;
	json_t *value, *other;

	json_object_foreach(of, name, value)
	{
		o = option_find(str_of(name));
		other = json_object_get(with, name);
		if (o != NULL && o->live == live && !o->judged &&
		    (other == NULL || (!absent && !json_equal(value, other))))
			options_file_name(live ? &f->changed : &f->stays, name);
	}
}

static int
options_file_again(struct settings *s, struct options_files *f,
    struct options_file *file, const char *path, struct err *e)
{
	options_file_compare(f, file->next, file->last, true, false);
	options_file_compare(f, file->last, file->next, true, true);
	options_file_compare(f, file->next, file->start, false, false);
	options_file_compare(f, file->start, file->next, false, true);
	if (options_file_take(s, path, file->start, TAKE_REST, e) == -1)
		return -1;
	return options_file_take(s, path, file->next, TAKE_LIVE, e);
}

static struct options_file *
options_files_next(struct options_files *f)
{
	if (f->at == f->n) {
		f->v = xrealloc(f->v, (f->n + 1) * sizeof(*f->v));
		f->v[f->n++] = (struct options_file){ .next = NULL };
	}
	return &f->v[f->at++];
}

void
options_files_accept(struct options_files *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		json_decref(f->v[i].last);
		f->v[i].last = json_incref(f->v[i].next);
	}
}

void
options_files_fini(struct options_files *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		json_decref(f->v[i].start);
		json_decref(f->v[i].last);
		json_decref(f->v[i].next);
	}
	free(f->v);
	buf_free(&f->changed);
	buf_free(&f->stays);
	*f = (struct options_files){ .v = NULL };
}

int
options_load(struct settings *s, struct options_files *files, const char *path,
    struct err *e)
{
	struct options_file *file =
	    files != NULL ? options_files_next(files) : NULL;
	json_t *all;
	int rc;

	s->configs = xrealloc(s->configs, (s->nconfigs + 1) * sizeof(char *));
	s->configs[s->nconfigs++] = path;
	if (file != NULL && files->walk == OPTIONS_AGAIN)
		return options_file_again(s, files, file, path, e);
	all = options_file_parse(path, e);
	if (all == NULL)
		return -1;
	rc = options_file_take(s, path, all, TAKE_ALL, e);
	if (file != NULL && files->walk == OPTIONS_FIRST) {
		file->start = json_incref(all);
		file->last = json_incref(all);
	} else if (file != NULL) {
		json_decref(file->next);
		file->next = json_incref(all);
	}
	json_decref(all);
	return rc;
}
