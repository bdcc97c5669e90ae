#ifndef REPLAY_SHOWN_H
#define REPLAY_SHOWN_H

/*
 * The one way by which recorded and live values get into explanations: cut to
 * a length that a person reads, as UTF-8.
 */

#include "base/str.h"

struct arena;

#define SHOWN_MOST 120 /* bytes of a value */

/* What of value is shown, with ... behind it when that is its start.  Lives
 * in a, or is value itself. */
struct str shown_value(struct arena *a, struct str value);

/* The same for a target or URL, which may be longer. */
struct str shown_target(struct arena *a, struct str target);

#endif
