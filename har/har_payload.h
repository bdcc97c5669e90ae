#ifndef HAR_HAR_PAYLOAD_H
#define HAR_HAR_PAYLOAD_H

/*
 * The text of postData and content as bytes: base64, hex, pieces, other
 * character encodings, files beside the HAR.
 */

#include "har/har_in.h"

struct feed;

/* What a body is read from and how it is called in reports. */
struct har_source {
	struct har_payload *payload;
	const char *path;
	struct str content_type;
	int64_t size; /* what the file says of the bytes; HAR_ABSENT */
};

/* Reads the text of a payload (slot is a struct har_payload). */
int har_payload_read_text(struct har_in *in, enum json_token t, void *slot);

/* Text that there is, into b.  codings are those of the fields beside it.
 * This and the others: 0, or -1 when reading the file has to end. */
int har_payload_decode(struct har_in *in, const struct har_source *s,
    struct str codings, struct body *b);

/* Reads the string just announced; *cut says that it is over the limit, and
 * nothing of it kept.  0 or -1. */
int har_payload_read_string(struct har_in *in, struct bulk *to, bool *cut);

/* What a payload file has, into *to.  0, or -1 with *e set; to->failed says
 * that it is not the file's fault. */
int har_payload_side_file(
    struct har_in *in, struct str name, struct bulk *to, struct err *e);

/* Takes the codings off and throws away what comes: an enum coding_result,
 * and how many bytes it were; or -1. */
int har_payload_decodes(
    struct har_in *in, struct feed *from, struct str codings, uint64_t *size);

/* What keeps bodies failed: always -1. */
int har_payload_failed(struct har_in *in, const struct err *why);

/* The bytes of the payload's file, into b. */
int har_payload_file(
    struct har_in *in, const struct har_source *s, struct body *b);

/* b was announced with size, but cannot be had: says why. */
int har_payload_unknown(struct har_in *in, struct body *b, const char *path,
    int64_t size, const char *why);

/* Moves bytes into b.  Always 0. */
int har_payload_take(struct body *b, struct bulk *bytes);

#endif
