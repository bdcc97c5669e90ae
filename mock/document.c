#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

#include "mock/yaml.h"

#include "mock/document.h"

int
document_read(const char *path, size_t most, struct buf *text, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t had = text->n;
	struct stat st;
	ssize_t n = 1;

	if (fd == -1)
		return err_sys(e, "%.300s", path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return err_set(
		    e, "%.300s: expected a file, not a folder", path);
	}
	while (n > 0 && text->n - had <= most) {
		n = read(fd, buf_reserve(text, 1 << 16), 1 << 16);
		text->n += n > 0 ? (size_t)n : 0;
	}
	if (n == -1)
		err_sys(e, "%.300s", path);
	else if (text->n - had > most)
		err_set(e, "%.300s: longer than %zu MiB", path, most >> 20);
	close(fd);
	return n == 0 ? 0 : -1;
}

static struct str
document_without_mark(struct str text)
{
	if (str_starts(text, "\xef\xbb\xbf"))
		return (struct str){ text.p + 3, text.n - 3 };
	return text;
}

static json_t *
document_parse_json(const char *path, struct str text, struct err *e)
{
	json_error_t why;
	json_t *v;

	text = document_without_mark(text);
	v = json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
	if (v == NULL)
		err_set(e, "%.300s:%d:%d: %s", path, why.line, why.column,
		    why.text);
	return v;
}

/* Whether it looks like JSON, so that its errors should be told as such. */
static bool
document_is_json(struct str text)
{
	size_t i = 0;

	text = document_without_mark(text);
	while (i < text.n && strchr(" \t\r\n", text.p[i]) != NULL)
		i++;
	return i < text.n && (text.p[i] == '{' || text.p[i] == '[');
}

json_t *
document_parse(const char *path, struct str text, struct err *e)
{
	struct err other;
	json_t *v = document_parse_json(path, text, e);

	if (v != NULL)
		return v;
	v = yaml_parse(text, &other);
	if (v == NULL && !document_is_json(text)) {
		*e = other;
		err_wrap(e, "%.300s", path);
	}
	return v;
}

static json_t *
document_load_as(const char *path,
    json_t *(*parse)(const char *path, struct str text, struct err *e),
    struct err *e)
{
	struct buf text = { 0 };
	json_t *v = NULL;

	if (document_read(path, DOCUMENT_MOST, &text, e) == 0)
		v = parse(path, buf_str(&text), e);
	buf_free(&text);
	return v;
}

json_t *
document_load(const char *path, struct err *e)
{
	return document_load_as(path, document_parse, e);
}

json_t *
document_load_json(const char *path, struct err *e)
{
	return document_load_as(path, document_parse_json, e);
}

struct str
document_text(const json_t *object, const char *member)
{
	const json_t *v = json_object_get(object, member);

	return (struct str){ json_is_string(v) ? json_string_value(v) : "",
		json_string_length(v) };
}
