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

int
har_text_to_latin1(struct buf *b)
{
	unsigned char *p = (unsigned char *)b->p;
	size_t i, n = 0;

	for (i = 0; i < b->n; i++) {
		if (p[i] < 0x80)
			continue;
		if (p[i] < 0xc2 || p[i] > 0xc3 || i + 1 == b->n ||
		    (p[i + 1] & 0xc0) != 0x80)
			return -1;
		i++;
	}
	for (i = 0; i < b->n; i++) {
		unsigned char c = p[i];

		if (c >= 0x80)
			c = (unsigned char)(c << 6 | (p[++i] & 0x3f));
		p[n++] = c;
	}
	b->n = n;
	return 0;
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
