#include "config.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "gateway/printable.h"
#include "replay/hash.h"

#include "gateway/violations.h"

#define VIOLATIONS_PLACES 2048 /* more than lines: a place is found soon */
#define VIOLATIONS_TEXT 500u   /* bytes that are kept of each text */

struct violations {
	pthread_mutex_t lock; /* for all below */
	struct arena arena;   /* the texts of the lines */
	struct violation_line lines[VIOLATIONS_MOST];
	size_t n;
	uint16_t places[VIOLATIONS_PLACES]; /* of a line from 1 on, by hash */
	uint64_t total, beyond, unchecked;
};

_Static_assert(VIOLATIONS_MOST < VIOLATIONS_PLACES, "a place is always free");

struct violations *
violations_new(void)
{
	struct violations *s = xcalloc(1, sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
violations_free(struct violations *s)
{
	if (s == NULL)
		return;
	arena_fini(&s->arena);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct str
violations_short(struct str s)
{
	return (
	    struct str){ s.p, s.n < VIOLATIONS_TEXT ? s.n : VIOLATIONS_TEXT };
}

/* What tells lines apart: the place in a message does only where nothing else
 * says what it is about. */
static struct str
violations_about(const struct contract_violation *v)
{
	return v->kind == CONTRACT_QUERY ? v->at : v->rule;
}

static bool
violations_same(const struct violation_line *a, const struct violation_line *b)
{
	return a->v.kind == b->v.kind && a->v.answer == b->v.answer &&
	       str_eq(a->operation, b->operation) &&
	       str_eq(violations_about(&a->v), violations_about(&b->v)) &&
	       str_eq(a->v.why, b->v.why);
}

/* Where the number of the line is, or will be. */
static uint16_t *
violations_place(struct violations *s, const struct violation_line *line)
{
	uint64_t at = hash_add(HASH_START, line->operation);

	at = hash_add(at, violations_about(&line->v));
	at = hash_mix(hash_add(at, line->v.why) + line->v.kind);
	for (;; at++) {
		at %= VIOLATIONS_PLACES;
		if (s->places[at] == 0 ||
		    violations_same(&s->lines[s->places[at] - 1], line))
			return &s->places[at];
	}
}

static void
violations_begin_line(
    struct violations *s, uint16_t *place, const struct violation_line *from)
{
	struct violation_line *line = &s->lines[s->n++];

	*place = (uint16_t)s->n;
	*line = *from;
	line->operation = arena_str(&s->arena, from->operation);
	line->v.at = arena_str(&s->arena, from->v.at);
	line->v.rule = arena_str(&s->arena, from->v.rule);
	line->v.why = arena_str(&s->arena, from->v.why);
}

static bool
violations_is_power(uint64_t n)
{
	while (n >= 10 && n % 10 == 0)
		n /= 10;
	return n == 1;
}

uint64_t
violations_add(struct violations *s, struct str operation,
    const struct contract_violation *v)
{
	struct violation_line line = { violations_short(operation), *v, 0 };
	uint64_t count = 0;
	uint16_t *place;

	line.v.at = violations_short(v->at);
	line.v.rule = violations_short(v->rule);
	line.v.why = violations_short(v->why);
	pthread_mutex_lock(&s->lock);
	s->total++;
	place = violations_place(s, &line);
	if (*place == 0 && s->n < VIOLATIONS_MOST)
		violations_begin_line(s, place, &line);
	if (*place != 0)
		count = ++s->lines[*place - 1].count;
	else
		s->beyond++;
	pthread_mutex_unlock(&s->lock);
	return violations_is_power(count) ? count : 0;
}

void
violations_add_unchecked(struct violations *s)
{
	pthread_mutex_lock(&s->lock);
	s->unchecked++;
	pthread_mutex_unlock(&s->lock);
}

const struct violation_line *
violations_lines(const struct violations *s, size_t *n)
{
	*n = s->n;
	return s->lines;
}

uint64_t
violations_total(const struct violations *s)
{
	return s->total;
}

uint64_t
violations_beyond(const struct violations *s)
{
	return s->beyond;
}

uint64_t
violations_unchecked(const struct violations *s)
{
	return s->unchecked;
}

void
violations_add_text(struct buf *out, const struct contract_violation *v)
{
	buf_addf(out, "%s %s, ", v->answer ? "answer" : "request",
	    contract_kind_name(v->kind));
	printable_add(out, v->at, false);
	buf_add_text(out, ": ");
	printable_add(out, v->why, false);
	if (v->rule.n == 0)
		return;
	buf_add_text(out, " (");
	printable_add(out, v->rule, false);
	buf_add_text(out, ")");
}
