#include "config.h"

#include "base/buf.h"
#include "har/json.h"

#include "mock/locate.h"

/* "routes[2].body" as "/routes/2/body". */
static void
locate_pointer(struct str path, struct buf *out)
{
	size_t i;

	buf_add(out, "/", 1);
	for (i = 0; i < path.n; i++) {
		if (path.p[i] == '.' || path.p[i] == '[')
			buf_add(out, "/", 1);
		else if (path.p[i] != ']')
			buf_add(out, path.p + i, 1);
	}
}

static void
locate_count(struct str text, uint64_t offset, size_t *line, size_t *column)
{
	size_t i;

	*line = *column = 1;
	for (i = 0; i < offset && i < text.n; i++) {
		++*column;
		if (text.p[i] == '\n') {
			++*line;
			*column = 1;
		}
	}
}

bool
locate(struct str text, struct str path, size_t *line, size_t *column)
{
	struct json *j = json_open_str(text);
	struct buf wanted = { 0 }, at = { 0 };
	enum json_token t = JSON_NULL;
	bool found = false;

	locate_pointer(path, &wanted);
	while (!found && t != JSON_END && t != JSON_ERROR) {
		t = json_next(j);
		if (t == JSON_NAME || t == JSON_OBJECT_END ||
		    t == JSON_ARRAY_END)
			continue;
		buf_clear(&at, 4096);
		json_path(j, &at);
		found = str_eq(buf_str(&at), buf_str(&wanted));
	}
	if (found)
		locate_count(text, json_start(j), line, column);
	json_close(j);
	buf_free(&wanted);
	buf_free(&at);
	return found;
}
