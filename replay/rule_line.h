#ifndef REPLAY_RULE_LINE_H
#define REPLAY_RULE_LINE_H

/*
 * Writing rules (recorder/rules.h) for others to use: the lines that
 * explanations and suggestions propose.
 */

#include <stdbool.h>

#include "base/str.h"

struct buf;
struct rules_request;

/*
 * Adds the rule "METHOD PATTERN what argument" for requests with the method,
 * scope and shape of path of q.  what is a verb with its object ("ignore
 * query"); an argument without p is left out.  False, and out is as it was,
 * when no rule can say it.
 */
bool rule_line(struct buf *out, const struct rules_request *q, const char *what,
    struct str argument);

/*
 * Adds the rule by which two paths with as many segments, which differ in
 * some that look like ids, are the same.  False when they differ in others,
 * or not at all.
 */
bool rule_line_path(struct buf *out, const struct rules_request *q,
    struct str path, struct str other);

#endif
