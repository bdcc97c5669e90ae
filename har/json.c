/*
 * The scanner keeps a window of the text, one bit per open bracket and the
 * names of the outermost levels (for messages).  A string is left unread
 * behind its opening quote until the caller decodes it or asks for the next
 * token, so that a body of a gigabyte is never copied for nothing.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include "har/json_priv.h"

static int64_t
json_read_memory(void *arg, void *p, size_t n, struct err *e)
{
	struct str *s = arg;

	(void)e; /* memory does not fail */
	if (n > s->n)
		n = s->n;
	if (n > 0)
		memcpy(p, s->p, n);
	s->p += n;
	s->n -= n;
	return (int64_t)n;
}

struct json *
json_open(json_read_fn read, void *arg)
{
	struct json *j = xmalloc(sizeof(*j));

	memset(j, 0, offsetof(struct json, window));
	j->read = read;
	j->arg = arg;
	j->p = j->end = j->window;
	j->line = 1;
	return j;
}

struct json *
json_open_str(struct str text)
{
	struct json *j = json_open(json_read_memory, NULL);

	j->memory = text;
	j->arg = &j->memory;
	return j;
}

void
json_close(struct json *j)
{
	if (j == NULL)
		return;
	buf_free(&j->text);
	free(j);
}

uint64_t
json_offset(const struct json *j)
{
	return j->end_offset - (uint64_t)(j->end - j->p);
}

uint64_t
json_start(const struct json *j)
{
	return j->start;
}

int
json_wrong(const struct json *j, struct err *e, const char *what)
{
	uint64_t at = json_offset(j);

	return err_set(e, "line %llu, column %llu (byte %llu): %s",
	    (unsigned long long)j->line,
	    (unsigned long long)(at - j->line_offset + 1),
	    (unsigned long long)at, what);
}

int
json_error(const struct json *j, struct err *e)
{
	*e = j->error;
	return -1;
}

int
json_fail(struct json *j, const char *what)
{
	if (j->state != JSON_FAILED)
		json_wrong(j, &j->error, what);
	j->state = JSON_FAILED;
	j->string_open = false;
	return -1;
}

bool
json_need(struct json *j, size_t n)
{
	size_t have = (size_t)(j->end - j->p);
	struct err e;
	int64_t got;

	if (have >= n)
		return true;
	if (j->eof || j->state == JSON_FAILED)
		return false;
	memmove(j->window, j->p, have);
	j->p = j->window;
	j->end = j->p + have;
	while (have < n) {
		got = j->read(j->arg, j->end, JSON_WINDOW - have, &e);
		if (got == -1) {
			j->error = e;
			j->state = JSON_FAILED;
			return false;
		}
		if (got == 0) {
			j->eof = true;
			return false;
		}
		j->end += got;
		j->end_offset += (uint64_t)got;
		have += (size_t)got;
	}
	return true;
}

/* The next byte that is no white space, unread; -1 at the end. */
static int
json_peek(struct json *j)
{
	for (;;) {
		if (j->p == j->end && !json_need(j, 1))
			return -1;
		if (*j->p == '\n') {
			j->line++;
			j->line_offset = json_offset(j) + 1;
		} else if (*j->p != ' ' && *j->p != '\t' && *j->p != '\r') {
			return *j->p;
		}
		j->p++;
	}
}

static int
json_unexpected(struct json *j, const char *wanted)
{
	char what[96];
	int c = json_peek(j);

	if (c == -1)
		snprintf(
		    what, sizeof(what), "the text ends, expected %s", wanted);
	else if (c > ' ' && c < 0x7f)
		snprintf(what, sizeof(what), "'%c', expected %s", c, wanted);
	else
		snprintf(
		    what, sizeof(what), "byte 0x%02x, expected %s", c, wanted);
	return json_fail(j, what);
}

static bool
json_in_object(const struct json *j)
{
	unsigned level = j->depth - 1;

	return j->depth > 0 && (j->objects[level / 8] >> level % 8 & 1) != 0;
}

/*
 * Other values
 */

static enum json_token
json_open_bracket(struct json *j, bool object)
{
	unsigned level = j->depth;

	if (level == JSON_DEPTH) {
		json_fail(j, "brackets nested too deeply");
		return JSON_ERROR;
	}
	j->p++;
	if (object)
		j->objects[level / 8] |= (uint8_t)(1u << level % 8);
	else
		j->objects[level / 8] &= (uint8_t) ~(1u << level % 8);
	j->depth++;
	if (j->depth <= JSON_PATH_LEVELS)
		j->path[j->depth] = (struct json_level){ 0 };
	j->state = object ? JSON_WANTS_FIRST_NAME : JSON_WANTS_FIRST;
	return object ? JSON_OBJECT : JSON_ARRAY;
}

static enum json_token
json_close_bracket(struct json *j)
{
	bool object = json_in_object(j);

	j->start = json_offset(j);
	j->p++;
	j->depth--;
	j->state = JSON_WANTS_COMMA;
	return object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static enum json_token
json_literal(struct json *j, const char *word, enum json_token t)
{
	size_t n = strlen(word);

	if (!json_need(j, n) || memcmp(j->p, word, n) != 0) {
		json_unexpected(j, "a value");
		return JSON_ERROR;
	}
	j->p += n;
	j->state = JSON_WANTS_COMMA;
	return t;
}

/* Whether s is a number of RFC 8259 section 6. */
static bool
json_is_number(struct str s)
{
	size_t i = 0, from;

	i += i < s.n && s.p[i] == '-';
	if (i < s.n && s.p[i] == '0') {
		i++;
	} else {
		for (from = i; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
			;
		if (i == from)
			return false;
	}
	if (i < s.n && s.p[i] == '.') {
		for (from = ++i; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
			;
		if (i == from)
			return false;
	}
	if (i < s.n && (s.p[i] | 32) == 'e') {
		i++;
		i += i < s.n && (s.p[i] == '+' || s.p[i] == '-');
		for (from = i; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
			;
		if (i == from)
			return false;
	}
	return i == s.n;
}

static enum json_token
json_number(struct json *j)
{
	static const char digits[] = "0123456789+-.eE";

	buf_clear(&j->text, JSON_WINDOW);
	while (j->p < j->end || json_need(j, 1)) {
		if (*j->p == '\0' || strchr(digits, *j->p) == NULL)
			break;
		if (j->text.n == JSON_MOST_NUMBER) {
			json_fail(j, "a number that is too long");
			return JSON_ERROR;
		}
		buf_add(&j->text, j->p++, 1);
	}
	if (!json_is_number(buf_str(&j->text))) {
		json_fail(j, "a number that JSON does not have");
		return JSON_ERROR;
	}
	j->state = JSON_WANTS_COMMA;
	return JSON_NUMBER;
}

static enum json_token
json_value(struct json *j)
{
	int c = json_peek(j);

	j->start = json_offset(j);
	if (j->depth > 0 && j->depth <= JSON_PATH_LEVELS &&
	    !json_in_object(j)) {
		j->path[j->depth].begun = true;
		j->path[j->depth].index += j->state == JSON_WANTS_VALUE;
	}
	switch (c) {
	case '{':
		return json_open_bracket(j, true);
	case '[':
		return json_open_bracket(j, false);
	case '"':
		j->p++;
		j->string_open = true;
		j->state = JSON_WANTS_COMMA;
		return JSON_STRING;
	case 't':
		return json_literal(j, "true", JSON_TRUE);
	case 'f':
		return json_literal(j, "false", JSON_FALSE);
	case 'n':
		return json_literal(j, "null", JSON_NULL);
	default:
		if (c == '-' || (c >= '0' && c <= '9'))
			return json_number(j);
		json_unexpected(j, "a value");
		return JSON_ERROR;
	}
}

/* For messages; cut where it is long. */
static void
json_set_name(struct json_level *level, struct str name)
{
	size_t n =
	    name.n < sizeof(level->name) ? name.n : sizeof(level->name) - 1;

	if (n > 0)
		memcpy(level->name, name.p, n);
	level->name[n] = '\0';
}

static enum json_token
json_name(struct json *j)
{
	struct json_level *level;
	int r;

	if (json_peek(j) != '"') {
		json_unexpected(j, "a member's name in double quotes");
		return JSON_ERROR;
	}
	j->start = json_offset(j);
	j->p++;
	j->string_open = true;
	buf_clear(&j->text, JSON_WINDOW);
	r = json_decode(j, &j->text, JSON_MOST_NAME);
	if (r == 1)
		json_fail(j, "a member's name that is too long");
	if (r != 0)
		return JSON_ERROR;
	if (json_peek(j) != ':') {
		json_unexpected(j, "':'");
		return JSON_ERROR;
	}
	j->p++;
	if (j->depth <= JSON_PATH_LEVELS) {
		level = &j->path[j->depth];
		level->named = true;
		json_set_name(level, buf_str(&j->text));
	}
	j->state = JSON_WANTS_VALUE;
	return JSON_NAME;
}

/*
 * The text as a whole
 */

static bool
json_is_word(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '$' || c == '.';
}

/* Passes over a byte order mark and the start of a JSONP call. */
static void
json_begin(struct json *j)
{
	size_t n = 0;
	int c;

	j->begun = true;
	if (json_need(j, 3) && memcmp(j->p, "\xef\xbb\xbf", 3) == 0) {
		j->p += 3;
		j->flaws |= JSON_BOM;
	}
	c = json_peek(j);
	if (c == -1 || !json_is_word(c))
		return;
	while (n < 256 && json_need(j, n + 1) && json_is_word(j->p[n]))
		n++;
	if (!json_need(j, n + 1) || j->p[n] != '(' || (c >= '0' && c <= '9'))
		return;
	j->p += n + 1;
	j->padded = true;
	j->flaws |= JSON_PADDING;
}

static enum json_token
json_finish(struct json *j)
{
	int c = json_peek(j);

	if (j->padded && c == ')') {
		j->p++;
		j->padded = false;
		c = json_peek(j);
		if (c == ';') {
			j->p++;
			c = json_peek(j);
		}
	}
	if (j->state == JSON_FAILED)
		return JSON_ERROR;
	if (j->padded || c != -1) {
		json_unexpected(j, j->padded ? "')'" : "the end of the text");
		return JSON_ERROR;
	}
	j->state = JSON_OVER;
	return JSON_END;
}

/* Behind a value. */
static enum json_token
json_comma(struct json *j)
{
	bool object = json_in_object(j);
	int c;

	if (j->depth == 0)
		return json_finish(j);
	c = json_peek(j);
	if (c == (object ? '}' : ']'))
		return json_close_bracket(j);
	if (c != ',') {
		json_unexpected(j, object ? "',' or '}'" : "',' or ']'");
		return JSON_ERROR;
	}
	j->p++;
	j->state = object ? JSON_WANTS_NAME : JSON_WANTS_VALUE;
	return object ? json_name(j) : json_value(j);
}

enum json_token
json_next(struct json *j)
{
	if (!j->begun)
		json_begin(j);
	if (j->string_open && json_decode(j, NULL, 0) == -1)
		return JSON_ERROR;
	switch (j->state) {
	case JSON_WANTS_VALUE:
		return json_value(j);
	case JSON_WANTS_FIRST:
		return json_peek(j) == ']' ? json_close_bracket(j)
					   : json_value(j);
	case JSON_WANTS_FIRST_NAME:
		return json_peek(j) == '}' ? json_close_bracket(j)
					   : json_name(j);
	case JSON_WANTS_NAME:
		return json_name(j);
	case JSON_WANTS_COMMA:
		return json_comma(j);
	case JSON_OVER:
		return JSON_END;
	case JSON_FAILED:
		break;
	}
	return JSON_ERROR;
}

bool
json_empty(struct json *j)
{
	json_begin(j);
	return json_peek(j) == -1 && j->state != JSON_FAILED && !j->padded;
}

bool
json_more(struct json *j)
{
	if (j->string_open && json_decode(j, NULL, 0) == -1)
		return false;
	if (j->state != JSON_WANTS_COMMA || j->depth > 0 || j->padded ||
	    json_peek(j) == -1 || j->state == JSON_FAILED)
		return false;
	j->state = JSON_WANTS_VALUE;
	return true;
}

struct str
json_text(const struct json *j)
{
	return buf_str(&j->text);
}

int
json_skip(struct json *j, enum json_token t)
{
	unsigned outside = j->depth - 1;

	if (t == JSON_ERROR)
		return -1;
	if (t != JSON_OBJECT && t != JSON_ARRAY)
		return 0;
	while (j->depth > outside)
		if (json_next(j) == JSON_ERROR)
			return -1;
	return 0;
}

unsigned
json_flaws(struct json *j)
{
	unsigned flaws = j->flaws;

	j->flaws = 0;
	return flaws;
}

void
json_path(const struct json *j, struct buf *out)
{
	unsigned i;

	for (i = 1; i <= j->depth && i <= JSON_PATH_LEVELS; i++) {
		if (j->path[i].named)
			buf_addf(out, "/%s", j->path[i].name);
		else if (j->path[i].begun)
			buf_addf(
			    out, "/%llu", (unsigned long long)j->path[i].index);
	}
	if (j->depth > JSON_PATH_LEVELS)
		buf_add_text(out, "/...");
}

const char *
json_token_text(enum json_token t)
{
	static const char *const texts[] = {
		[JSON_ERROR] = "an error",
		[JSON_END] = "the end",
		[JSON_OBJECT] = "an object",
		[JSON_OBJECT_END] = "the end of an object",
		[JSON_ARRAY] = "an array",
		[JSON_ARRAY_END] = "the end of an array",
		[JSON_NAME] = "a member",
		[JSON_STRING] = "a string",
		[JSON_NUMBER] = "a number",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};

	return texts[t];
}
