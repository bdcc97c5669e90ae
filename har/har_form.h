#ifndef HAR_HAR_FORM_H
#define HAR_HAR_FORM_H

/*
 * A form's body out of postData.params, for files that have nothing else.
 */

#include <stdint.h>

#include "base/str.h"

struct buf;
struct har_param;

/*
 * Appends the body of type content_type made of params to out.  size is how
 * long it should be (0 or less: not known) and decides whether the params
 * are escaped already.  0, or -1 when it cannot be made: a file's bytes or
 * the boundary are missing.
 */
int har_form_build(const struct har_param *params, struct str content_type,
    int64_t size, struct buf *out);

#endif
