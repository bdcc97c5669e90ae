/* The configuration file: a JSON object with the names of options. */
#include "config.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
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

int
options_load(struct settings *s, const char *path, struct err *e)
{
	struct buf text = { 0 };
	json_t *all = NULL, *value;
	json_error_t why;
	const char *name;
	int rc = -1;

	if (options_file_read(path, &text, e) == -1) {
		err_wrap(e, "%.300s", path);
		goto out;
	}
	all = json_loadb(buf_text(&text), text.n, JSON_REJECT_DUPLICATES, &why);
	if (all == NULL || !json_is_object(all)) {
		err_set(e, "%.300s:%d: %s", path, all == NULL ? why.line : 1,
		    all == NULL ? why.text
				: "expected a JSON object with options");
		goto out;
	}
	/* A list in the file replaces an inherited one, and is itself
	 * replaced by one from the command line. */
	s->listen_inherited = true;
	s->sessions_inherited = true;
	json_object_foreach(all, name, value)
	{
		rc = options_file_member(s, name, value, e);
		if (rc == -1) {
			err_wrap(e, "%.300s: member %.100s", path, name);
			goto out;
		}
	}
	s->listen_inherited = true;
	s->sessions_inherited = true;
	rc = 0;
out:
	json_decref(all);
	buf_free(&text);
	return rc;
}
