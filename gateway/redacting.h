#ifndef GATEWAY_REDACTING_H
#define GATEWAY_REDACTING_H

/* What the settings say of redaction, made ready for use. */

#include "base/buf.h"
#include "recorder/redact.h"
#include "recorder/redact_key.h"

struct err;
struct rules;
struct settings;
struct store;

struct redacting {
	struct redact_key key;
	struct rules *rules;       /* that it goes by */
	struct redactor *redactor; /* NULL: off */
	struct buf mark;           /* for the tape that is recorded on */
};

/*
 * The key is that of --redact-key, of the environment's HARK_REDACT_KEY or of
 * the file beside the store, which is made when records is set and redaction
 * is on.  0, or -1 with nothing to close.
 */
int redacting_open(
    struct redacting *r, const struct settings *s, bool records, struct err *e);

/* The same by other rules than those of the settings. */
int redacting_open_by(struct redacting *r, const struct settings *s,
    const struct rules *rules, bool records, struct err *e);

/* As of does it, with its key, but by these rules. */
void redacting_like(
    struct redacting *r, const struct redacting *of, const struct rules *rules);

/* Whether it goes by those of rules that are about redaction. */
bool redacting_is_by(const struct redacting *r, const struct rules *rules);

/* Whether x is what is to be stored: false when a body of it could not be
 * searched and was dropped. */
bool redacting_exchange(const struct redacting *r, struct exchange *x);

/* The same of JSON text that HARs have beside entries: object, or what it
 * becomes, in out. */
struct str redacting_har(
    const struct redacting *r, struct str object, struct buf *out);

/* Notes on the tape how what is stored from now on was redacted. */
int redacting_note(
    const struct redacting *r, struct store *s, int64_t tape, struct err *e);
/* The same on the tape that has the entry. */
int redacting_note_entry(
    const struct redacting *r, struct store *s, int64_t entry, struct err *e);
void redacting_close(struct redacting *r);

#endif
