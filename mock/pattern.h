#ifndef MOCK_PATTERN_H
#define MOCK_PATTERN_H

/*
 * The path patterns of routes.  What is written is Express 4's syntax, which
 * Mockoon 9 rewrites to that of path-to-regexp 8: ":name" for a segment or a
 * part of one, "*name" for several, "{...}" for what may be missing.  Letters
 * of both cases are equal, one slash at the end may be missing or more.  As
 * there, a pattern with optional parts is several without, tried in order.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;
struct err;
struct pattern; /* opaque, immutable; lives in an arena but for its regexes */

#define PATTERN_NAMES 30 /* in one pattern */
#define PATTERN_FORMS 256

/* prefix and endpoint as they stand in the file.  NULL with *e set when
 * path-to-regexp would not take it.  To be freed before the arena. */
struct pattern *pattern_new(
    struct arena *a, struct str prefix, struct str endpoint, struct err *e);
void pattern_free(struct pattern *p); /* safe on NULL */

/* As it is told to people: with its slashes, before the rewriting. */
struct str pattern_text(const struct pattern *p);

/* What a segment of a form is. */
enum pattern_segment_kind {
	PATTERN_LITERAL, /* text, in lower case */
	PATTERN_SOME,    /* has names in it */
	PATTERN_REST,    /* has a name for several: the form's last segment */
};

struct pattern_segment {
	enum pattern_segment_kind kind;
	struct str text; /* of a literal */
};

/* One without optional parts.  segments are those behind the first slash. */
struct pattern_form {
	struct pattern_segment *segments;
	size_t n;
};

size_t pattern_forms(const struct pattern *p);
const struct pattern_form *pattern_form(const struct pattern *p, size_t i);

/* A name and what it stands for in a path, decoded; for several segments
 * each of them. */
struct pattern_value {
	struct str name;
	struct str *parts;
	size_t n;
	bool several; /* an array, if only of one */
};

struct pattern_match {
	struct pattern_value values[PATTERN_NAMES];
	size_t n;
};

/* Whether path fits the form; *m is set then, in a.  A percent sign that does
 * not begin two hex digits, and bytes that are not UTF-8, fit nothing. */
bool pattern_fits(const struct pattern *p, size_t form, struct str path,
    struct arena *a, struct pattern_match *m);

#endif
