#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "har/exchange.h"
#include "har/json.h"
#include "har/json_write.h"

#include "har/har_text.h"

static const char *const har_places[HAR_PLACES] = {
	[HAR_ENTRY] = "entry",
	[HAR_REQUEST] = "request",
	[HAR_RESPONSE] = "response",
	[HAR_CONTENT] = "content",
	[HAR_POST_DATA] = "postData",
	[HAR_TIMINGS] = "timings",
};

const char *
har_place_text(enum har_place p)
{
	return har_places[p];
}

/* A scanner over x's extra members, just behind the opening of the object
 * for place p; NULL when there is none. */
static struct json *
har_text_find(const struct exchange *x, enum har_place p)
{
	struct json *j;
	bool here;

	if (x->extra.n == 0)
		return NULL;
	j = json_open_str(x->extra);
	if (json_next(j) == JSON_OBJECT) {
		while (json_next(j) == JSON_NAME) {
			here = str_is(json_text(j), har_places[p]);
			if (here && json_next(j) == JSON_OBJECT)
				return j;
			if (here || json_skip(j, json_next(j)) == -1)
				break;
		}
	}
	json_close(j);
	return NULL;
}

void
har_text_extra(struct json_write *w, const struct exchange *x, enum har_place p)
{
	struct json *j = har_text_find(x, p);

	while (j != NULL && json_next(j) == JSON_NAME) {
		json_write_name(w, json_text(j));
		if (json_write_value(w, j, json_next(j)) == -1)
			break;
	}
	json_close(j);
}

void
har_text_extra_member(struct json_write *w, const struct exchange *x,
    enum har_place p, const char *name)
{
	struct json *j = har_text_find(x, p);

	while (j != NULL && json_next(j) == JSON_NAME) {
		if (str_is(json_text(j), name)) {
			json_write_name(w, str_of(name));
			(void)json_write_value(w, j, json_next(j));
			break;
		}
		if (json_skip(j, json_next(j)) == -1)
			break;
	}
	json_close(j);
}

bool
har_text_has_extra(const struct exchange *x, enum har_place p, const char *name)
{
	struct json *j = har_text_find(x, p);
	bool found = false;

	while (j != NULL && !found && json_next(j) == JSON_NAME) {
		found = str_is(json_text(j), name);
		if (json_skip(j, json_next(j)) == -1)
			break;
	}
	json_close(j);
	return found;
}

bool
har_text_is_text(struct str bytes)
{
	return bytes.n == 0 ||
	       (memchr(bytes.p, '\0', bytes.n) == NULL && str_is_utf8(bytes));
}

/* How many bytes at the end of s may be the start of a sequence. */
static size_t
har_text_unfinished(struct str s)
{
	size_t n;

	for (n = 1; n <= 3 && n <= s.n; n++) {
		unsigned char c = (unsigned char)s.p[s.n - n];

		if (c >= 0xc0)
			return n < (c < 0xe0 ? 2u : c < 0xf0 ? 3u : 4u) ? n : 0;
		if (c < 0x80)
			break;
	}
	return 0;
}

void
har_text_check_piece(struct har_text_check *c, struct str piece)
{
	struct str joint;

	while (!c->wrong && c->nheld > 0 && piece.n > 0) {
		c->held[c->nheld++] = piece.p[0];
		piece = (struct str){ piece.p + 1, piece.n - 1 };
		joint = (struct str){ c->held, c->nheld };
		if (har_text_unfinished(joint) == joint.n)
			continue;
		c->wrong = !har_text_is_text(joint);
		c->nheld = 0;
	}
	if (c->wrong || piece.n == 0)
		return;
	c->nheld = har_text_unfinished(piece);
	piece.n -= c->nheld;
	memcpy(c->held, piece.p + piece.n, c->nheld);
	c->wrong = !har_text_is_text(piece);
}

bool
har_text_check_end(const struct har_text_check *c)
{
	return !c->wrong && c->nheld == 0;
}

void
har_text_from_latin1(struct str bytes, struct buf *out)
{
	char *p = buf_reserve(out, 2 * bytes.n);
	size_t i;

	for (i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		if (c >= 0x80) {
			*p++ = (char)(0xc0 | c >> 6);
			c = 0x80 | (c & 0x3f);
		}
		*p++ = (char)c;
	}
	out->n = (size_t)(p - out->p);
}

void
har_text_ms(int64_t us, char out[HAR_MS_BYTES])
{
	int n = snprintf(out, HAR_MS_BYTES, "%lld", (long long)(us / 1000));
	unsigned rest = (unsigned)(us % 1000);

	if (rest == 0)
		return;
	n += snprintf(out + n, HAR_MS_BYTES - (size_t)n, ".%03u", rest % 1000);
	while (out[n - 1] == '0')
		out[--n] = '\0';
}
