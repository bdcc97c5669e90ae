#ifndef MOCK_YAML_H
#define MOCK_YAML_H

/*
 * One YAML document as JSON.  Plain scalars are what YAML 1.2's core schema
 * (section 10.3) says: "yes", "on" and dates are texts; infinities and
 * not-a-number, which JSON has not, are texts, too.  Names of members are
 * texts as written (200 becomes "200").  An alias is another reference to the
 * value it stands for, so that a document must be looked at, not changed.
 */

#include <jansson.h>

#include "base/str.h"

struct err;

#define YAML_DEPTH 128
#define YAML_NODES 1000000u       /* each alias counts as what it stands for */
#define YAML_EXPANDED (10u << 20) /* bytes of text that aliases stand for */

/* The caller owns the result.  NULL with *e ("line 2, column 7: ...") set. */
json_t *yaml_parse(struct str text, struct err *e);

#endif
