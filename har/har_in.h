#ifndef HAR_HAR_IN_H
#define HAR_HAR_IN_H

/*
 * Reading a HAR: the state that the parts of the reader share, and how they
 * take members and values of whatever type a producer wrote.  Objects are
 * read by tables of members; what is in no table is kept as it is.
 *
 * All readers of values return 0, or -1 when reading the file has to end:
 * the scanner failed or a repair is forbidden.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "har/bulk.h"
#include "har/exchange.h"
#include "har/har_read.h"
#include "har/har_text.h"
#include "har/json.h"

struct err;

#define HAR_MOST_TEXT (16u << 20) /* of one member but bodies */
#define HAR_ABSENT INT64_MIN      /* a number that was not there or null */

/* One item of postData.params. */
struct har_param {
	struct har_param *next;
	struct str name, value, file, type; /* p is NULL when absent */
};

/* postData or content as written. */
struct har_payload {
	bool present;
	bool cut;       /* text was over the limit */
	bool binary;    /* _isBinary: the text is in pieces of hex */
	unsigned flaws; /* of text; see json_flaws() */
	struct bulk text;
	struct str encoding, mime_type, file;
	int64_t size;
	int64_t compression;
	struct har_param *params, *last_param;
};

/* An entry as written, before it is understood. */
struct har_entry {
	struct exchange *x; /* gets what needs no understanding */
	bool has_request, has_response;
	bool socket; /* a WebSocket */
	bool unsafe; /* a text in it would inject into a message */
	struct str url, started, server, connection, comment;
	struct str method, status_text, status_word;
	struct str request_version, response_version;
	struct headers request_headers, response_headers;
	int64_t status;
	struct str error;
	int64_t request_head, response_head; /* headersSize */
	int64_t request_size, response_size; /* bodySize */
	struct headers query;
	bool request_cookies, response_cookies; /* there are some */
	struct har_payload post, content;
	struct buf extra[HAR_PLACES];
	size_t extra_members[HAR_PLACES];

	bool own;                     /* it has _hark: hark wrote it */
	struct timings known_timings; /* -1: unknown whatever timings says */
	bool has_wire; /* wire is the response's body as it came */
	struct bulk wire;
	struct str wire_file; /* they are in there */
	bool has_frames;      /* those of a WebSocket are known */
	struct bulk frames;   /* a line each */
};

struct har_in {
	const struct har_read_options *o;
	struct json *j;
	struct har_figures *figures;
	struct err *e;
	uint64_t index; /* of the entry */
	struct har_entry *entry;
	bool lines;            /* an entry per line, without a log around */
	enum json_token ahead; /* of the next object: read already; or 0 */
	bool repaired;         /* this entry was */
	bool quiet;            /* what is wrong here does not count */
	unsigned pseudo;       /* pseudo-header fields in the list being read */
	struct buf scratch;
};

/* How a member is read: slot is offset bytes into the object's struct. */
struct har_member {
	const char *name;
	int (*read)(struct har_in *in, enum json_token t, void *slot);
	size_t offset;
};

/* Reads the object that begins with t by a table that ends with a NULL name.
 * Other members go to extra at place, or nowhere with HAR_PLACES. */
int har_in_object(struct har_in *in, enum json_token t,
    const struct har_member *members, void *base, enum har_place place);

/* Calls on_item for each item of the array that begins with t. */
int har_in_array(struct har_in *in, enum json_token t,
    int (*on_item)(struct har_in *in, enum json_token t, void *arg), void *arg);

/* Readers for tables.  Slots: struct str, int64_t, int64_t of microseconds
 * for a number of milliseconds, int64_t 0 or 1; har_in_pass takes none. */
int har_in_text(struct har_in *in, enum json_token t, void *slot);
int har_in_number(struct har_in *in, enum json_token t, void *slot);
int har_in_ms(struct har_in *in, enum json_token t, void *slot);
int har_in_pass(struct har_in *in, enum json_token t, void *slot);

/* Keeps the value that begins with t as member name of extra at place. */
int har_in_keep(struct har_in *in, enum json_token t, struct str name,
    enum har_place place);

/* Keeps a member whose value is compact JSON text already. */
void har_in_add(struct har_entry *entry, enum har_place place, const char *name,
    struct str value);

/* Says that something at the scanner's place was repaired. */
int har_in_repair(struct har_in *in, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for a place inside the entry: "request/url". */
int har_in_repair_at(struct har_in *in, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The entry's scanner failed, or what stands there cannot be: -1. */
int har_in_fail(struct har_in *in);
int har_in_wrong(struct har_in *in, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* An empty bulk for the bytes of a body. */
struct bulk har_in_bulk(const struct har_in *in);

/* A copy in the entry's arena. */
struct str har_in_str(struct har_in *in, const struct buf *b);

#endif
