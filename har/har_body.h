#ifndef HAR_HAR_BODY_H
#define HAR_HAR_BODY_H

/*
 * From the text of postData and content to the bytes that were on the wire.
 * HAR has bodies without their content coding and in UTF-8, while the fields
 * beside them still tell of the wire: what cannot be turned back is put right
 * in the fields, so that an answer made of both is consistent.
 */

#include "har/har_in.h"

/* Both take in->entry's payload over into its exchange, whose method, status
 * and fields are set.  0, or -1 when reading the file has to end. */
int har_body_request(struct har_in *in);
int har_body_response(struct har_in *in);

#endif
