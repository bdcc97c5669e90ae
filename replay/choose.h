#ifndef REPLAY_CHOOSE_H
#define REPLAY_CHOOSE_H

/*
 * Choosing among the variants under one key, by the rules in
 * replay/library.h.  Pure: what was served is told, nothing is remembered.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct headers;
struct variant;

/*
 * Rules 1 to 3: moves the best of the n variants to the front of v and gives
 * their number, 0 when none may answer.  Those that agree with the live
 * request in as many fields are equally good; without compare all are.
 */
size_t choose_best(const struct variant **v, size_t n,
    const struct headers *live, bool compare);

/*
 * Rule 4: the oldest entry of the n variants (n > 0) behind its variant's
 * mark, which is the entry of it served last; the newest of all when there
 * is none.  *which is the place of its variant in v.
 */
int64_t choose_next(const struct variant *const *v, const int64_t *marks,
    size_t n, size_t *which);

#endif
