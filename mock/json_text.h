#ifndef MOCK_JSON_TEXT_H
#define MOCK_JSON_TEXT_H

/* Values as the JSON text of a body: two spaces for each level, numbers as
 * JavaScript writes them. */

#include <jansson.h>
#include <stdbool.h>

#include "base/str.h"

struct buf;

/* template: so that it is a template that gives it; {{ becomes {\u007b. */
void json_text_add(
    struct buf *out, const json_t *v, unsigned level, bool template);
void json_text_add_string(struct buf *out, struct str s, bool template);
void json_text_add_number(struct buf *out, double v);
void json_text_line(struct buf *out, unsigned level);

#endif
