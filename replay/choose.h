#ifndef REPLAY_CHOOSE_H
#define REPLAY_CHOOSE_H

/*
 * Choosing among the variants under one key, by the rules in
 * replay/library.h.  Pure: what was served is told, nothing is remembered.
 */

#include <stddef.h>
#include <stdint.h>

struct cursor_at;
struct variant;
struct variant_live;

/* Moves those of the n variants that this origin gave (replay/home.h) to the
 * front of v, in order, and gives their number; 0 stands for any. */
size_t choose_home(const struct variant **v, size_t n, uint64_t home);

/* Rules 1 and 2: moves those of the n variants that may answer the live
 * request to the front of v, in order, and gives their number. */
size_t choose_allowed(
    const struct variant **v, size_t n, const struct variant_live *live);

/* The end of rule 2: the same for a request that asks for conditions or ranges
 * (replay/http_rules.h). */
size_t choose_asked(const struct variant **v, size_t n, uint64_t asks);

/* Rule 3: the same with those that have the same secrets in target and body,
 * or all if there are none. */
size_t choose_secrets(const struct variant **v, size_t n, uint64_t secrets);

/* Rule 4: the same with those that agree with it in the most fields. */
size_t choose_best(
    const struct variant **v, size_t n, struct variant_live *live);

/*
 * Rule 5, by one policy or another (replay/repeat.h): an entry of the n
 * variants (n > 0), of which *which is the place in v.  choose_next() gives
 * the oldest behind its variant's mark, which is the entry of it served last
 * (it is behind itself until it was served as often as it was recorded), or
 * 0.  choose_begun() gives the one that began last at us or before,
 * the newest of several, or 0.
 */
int64_t choose_next(const struct variant *const *v,
    const struct cursor_at *marks, size_t n, size_t *which);
int64_t choose_oldest(const struct variant *const *v, size_t n, size_t *which);
int64_t choose_newest(const struct variant *const *v, size_t n, size_t *which);
int64_t choose_begun(
    const struct variant *const *v, size_t n, int64_t us, size_t *which);

#endif
