#ifndef GATEWAY_SEARCH_H
#define GATEWAY_SEARCH_H

/*
 * Looking for the recording that answers a request, as the settings say: the
 * scopes and tiers under which it may be recorded, one after the other, and
 * which of several recordings is next.  For requests of clients and for hark
 * explain.
 */

#include <stdbool.h>

#include "gateway/redacted.h"
#include "gateway/scopes.h"
#include "replay/library.h"

struct explain_request;
struct keyer;
struct long_body;
struct redactor;
struct settings;
struct url;

struct search {
	const struct settings *settings;
	struct reader *reader;
	struct keyer *keyer;
	struct str method, target, authority;
	struct str route; /* the scope of its route, or "" */
	/* What its route leads to by the same path, of which recordings may be
	 * under other scopes (scopes_elsewhere()), too; NULL for none. */
	const struct url *origin;
	const struct headers *headers;
	struct str body;
	struct long_body *longer; /* instead of body; or NULL */
	const struct redactor
	    *by; /* secrets are out of it; NULL: they are not */
	/* session and now_us are set; the rest becomes what was looked for
	 * last, which is what was found. */
	struct wanted *wanted;
	const char *derived; /* out: "head" when the answer to a GET is it */
};

/* As library_find(). */
enum found search_find(struct search *s, struct answer **a, struct err *e);

/* Where what explanations are told is kept, all zero to begin. */
struct search_told {
	struct scopes scopes, elsewhere;
	struct redacted redacted;
};

/* What an explanation of found needs, without secrets if the tape is; the
 * views are of s and of told, which is to be given back.  s is changed. */
void search_explain(struct search *s, enum found found,
    struct search_told *told, struct explain_request *r);
void search_told_fini(struct search_told *told);

#endif
