#ifndef REPLAY_FORM_DATA_H
#define REPLAY_FORM_DATA_H

/*
 * Comparing bodies of multipart/form-data as Playwright does: both as text,
 * in which what is not UTF-8 is U+FFFD, with every occurrence of the own
 * boundary taken out.  replay/multipart.h is stricter and knows parts; this
 * is for results that are equal to Playwright's.
 */

#include <stdbool.h>

#include "base/str.h"

struct headers;

/* The boundary that the first Content-Type names, as Playwright reads it; n is
 * 0 when there is none. */
struct str form_data_boundary(const struct headers *h);

bool form_data_same(
    struct str a, struct str a_boundary, struct str b, struct str b_boundary);

#endif
