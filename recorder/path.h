#ifndef RECORDER_PATH_H
#define RECORDER_PATH_H

/*
 * The shape of a path: its segments, of which those that look like an id (a
 * number, a date, a UUID, a token) are alike whatever they are.  Recordings
 * under one shape are what a request that nothing answers can be compared
 * with.
 *
 * A shape is a number, and shapes are near to each other as numbers when
 * they have as many segments and begin with the same ones.  Both numbers are
 * stored, so what makes them may not change.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Paths with the same first segments have shapes that differ only below
 * these bits: with as many segments, with the first one, and with two. */
#define PATH_SAME_COUNT 42
#define PATH_SAME_FIRST 32
#define PATH_SAME_SECOND 22
#define PATH_BITS 47 /* of any shape */

struct path_place {
	int64_t shape; /* 47 bits */
	int64_t path;  /* 23 bits that are equal for equal paths */
};

/* The path of a target in origin-form: what is in front of its query. */
struct str path_of(struct str target);

/* Cuts the first segment off *rest, which starts as a path ("/a/b" has "a"
 * and "b", "/a/" has "a" and "").  False when there is none left. */
bool path_cut(struct str *rest, struct str *segment);
size_t path_segments(struct str path);

/* Whether a segment looks like one of many values in its place. */
bool path_is_id(struct str segment);

/* A slash at the end makes no difference. */
struct path_place path_place(struct str target);

#endif
