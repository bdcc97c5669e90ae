#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/soak/reader.h"

void
reader_begin(struct reader *r)
{
	r->state = READER_IN_HEAD;
	r->head_size = r->line_size = 0;
	r->chunked = r->anything = r->wrong = 0;
	r->left = r->offset = 0;
}

const char *
reader_field(const struct reader *r, const char *name)
{
	size_t n = strlen(name);
	const char *line;

	for (line = strstr(r->head, "\r\n"); line != NULL;
	     line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, n) == 0 && line[n] == ':')
			return line + n + 1 + strspn(line + n + 1, " ");
	}
	return NULL;
}

static size_t
reader_head(struct reader *r, const char *p, size_t n)
{
	size_t taken = 0;

	while (taken < n && r->head_size < READER_HEAD) {
		r->head[r->head_size++] = p[taken++];
		if (r->head_size >= 4 &&
		    memcmp(r->head + r->head_size - 4, "\r\n\r\n", 4) == 0) {
			r->head[r->head_size] = '\0';
			r->state = READER_HEAD_DONE;
			return taken;
		}
	}
	if (r->head_size == READER_HEAD)
		r->state = READER_BROKEN;
	return taken;
}

/* The body is over: whether it was all. */
static void
reader_over(struct reader *r)
{
	if (!r->anything && r->offset != r->expected.size)
		r->wrong = 1;
	r->state = READER_DONE;
}

void
reader_expect(struct reader *r, const struct text *t, int no_body)
{
	const char *coding = reader_field(r, "Transfer-Encoding");
	const char *length = reader_field(r, "Content-Length");

	r->anything = t == NULL;
	if (t != NULL)
		r->expected = *t;
	r->chunked = coding != NULL;
	r->left = length == NULL ? 0 : strtoull(length, NULL, 10);
	if (no_body)
		r->state = READER_DONE;
	else if (r->chunked)
		r->state = READER_IN_SIZE;
	else if (r->left > 0)
		r->state = READER_IN_BODY;
	else
		reader_over(r);
}

static size_t
reader_body(struct reader *r, const char *p, size_t n)
{
	size_t some = n < r->left ? n : (size_t)r->left;

	if (!r->anything && !text_is(&r->expected, r->offset, p, some))
		r->wrong = 1;
	r->offset += some;
	r->left -= some;
	if (r->left > 0)
		return some;
	if (r->chunked)
		r->state = READER_CHUNK_END;
	else
		reader_over(r);
	return some;
}

/* A line of the chunked coding is whole. */
static void
reader_line(struct reader *r)
{
	char *end;

	r->line[r->line_size] = '\0';
	switch (r->state) {
	case READER_IN_SIZE:
		r->left = strtoull(r->line, &end, 16);
		if (end == r->line)
			r->state = READER_BROKEN;
		else
			r->state =
			    r->left > 0 ? READER_IN_CHUNK : READER_IN_TRAILERS;
		break;
	case READER_CHUNK_END:
		r->state = r->line_size == 0 ? READER_IN_SIZE : READER_BROKEN;
		break;
	default:
		if (r->line_size == 0)
			reader_over(r);
		break;
	}
	r->line_size = 0;
}

static size_t
reader_to_line(struct reader *r, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\n') {
			reader_line(r);
			return i + 1;
		}
		if (p[i] == '\r')
			continue;
		if (r->line_size == sizeof(r->line) - 1) {
			r->state = READER_BROKEN;
			return i;
		}
		r->line[r->line_size++] = p[i];
	}
	return n;
}

size_t
reader_feed(struct reader *r, const char *p, size_t n)
{
	size_t taken = 0;

	while (taken < n) {
		switch (r->state) {
		case READER_IN_HEAD:
			taken += reader_head(r, p + taken, n - taken);
			break;
		case READER_IN_BODY:
		case READER_IN_CHUNK:
			taken += reader_body(r, p + taken, n - taken);
			break;
		case READER_IN_SIZE:
		case READER_CHUNK_END:
		case READER_IN_TRAILERS:
			taken += reader_to_line(r, p + taken, n - taken);
			break;
		default:
			return taken;
		}
	}
	return taken;
}
