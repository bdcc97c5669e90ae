#ifndef HAR_HAR_KEPT_H
#define HAR_HAR_KEPT_H

/*
 * What an entry keeps of standard members that an exchange has no place for:
 * cookies that are in no header field, the state of a cache, comments that
 * are no text.  What HAR does not allow in them goes, so that an export is
 * valid.
 */

#include "har/har_in.h"

/* Readers of members; slot is the struct har_entry. */
int har_kept_request_cookies(struct har_in *in, enum json_token t, void *slot);
int har_kept_response_cookies(struct har_in *in, enum json_token t, void *slot);
int har_kept_cache(struct har_in *in, enum json_token t, void *slot);
int har_kept_comment(struct har_in *in, enum json_token t, void *slot);

/* Makes the exchange's extra of all that was kept. */
void har_kept_finish(struct har_entry *entry);

#endif
