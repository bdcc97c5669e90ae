#ifndef REPLAY_MULTIPART_H
#define REPLAY_MULTIPART_H

/*
 * A multipart body without its boundary (RFC 2046 section 5.1).  Clients
 * choose a new random boundary for each request, so two requests that say
 * the same differ in bytes; what counts is the sequence of part heads and
 * part bodies.  Preamble, epilogue and the padding behind a boundary are
 * left out.  Multiparts inside of parts are treated alike, down to
 * MULTIPART_DEPTH levels; deeper ones count as plain bytes.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct digest;

#define MULTIPART_DEPTH 4
#define MULTIPART_FIELDS 32 /* of a part; more are not looked at */

/* RFC 2046 allows 70; some senders do not care. */
#define MULTIPART_BOUNDARY 200

/*
 * Whether content_type is multipart/anything with a boundary parameter,
 * quoted or not.  *boundary is then a view into content_type.
 */
bool multipart_boundary(struct str content_type, struct str *boundary);

/* Whether body is a multipart with that boundary, from its first delimiter to
 * its closing one. */
bool multipart_fits(struct str boundary, struct str body);

/* Adds a body that fits to d in a form that does not depend on boundary. */
void multipart_digest(struct digest *d, struct str boundary, struct str body);

/* One part; name is that of its Content-Disposition, "" without one. */
struct multipart_part {
	struct str name;
	struct str head;
	struct str body; /* p is NULL when there is no empty line before it */
};

/* Views of the parts of a body that fits, the first most of them in v; how
 * many there are. */
size_t multipart_parts(struct str boundary, struct str body,
    struct multipart_part *v, size_t most);

/* Calls on_part for each of them. */
void multipart_each(struct str boundary, struct str body,
    void (*on_part)(void *arg, const struct multipart_part *), void *arg);

/* Takes the first field off the lines of a part's head, the value trimmed and
 * with its folds.  False when there is none, or it has no colon. */
bool multipart_field(struct str *head, struct str *name, struct str *value);

/* What a part's Content-Type is, or "". */
struct str multipart_type(struct str head);

#endif
