#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "har/har_name.h"

#define HAR_NAME_OTHER "dat"

struct har_name_row {
	const char *text;
	const char *end;
};

static const struct har_name_row har_name_types[] = {
	{ "application/javascript", "js" },
	{ "application/json", "json" },
	{ "application/octet-stream", "bin" },
	{ "application/pdf", "pdf" },
	{ "application/wasm", "wasm" },
	{ "application/xhtml+xml", "xhtml" },
	{ "application/xml", "xml" },
	{ "application/zip", "zip" },
	{ "audio/mpeg", "mp3" },
	{ "font/ttf", "ttf" },
	{ "font/woff", "woff" },
	{ "font/woff2", "woff2" },
	{ "image/avif", "avif" },
	{ "image/gif", "gif" },
	{ "image/jpeg", "jpeg" },
	{ "image/png", "png" },
	{ "image/svg+xml", "svg" },
	{ "image/vnd.microsoft.icon", "ico" },
	{ "image/webp", "webp" },
	{ "image/x-icon", "ico" },
	{ "text/css", "css" },
	{ "text/csv", "csv" },
	{ "text/html", "html" },
	{ "text/javascript", "js" },
	{ "text/markdown", "md" },
	{ "text/plain", "txt" },
	{ "text/xml", "xml" },
	{ "video/mp4", "mp4" },
	{ "video/webm", "webm" },
	{ NULL, NULL },
};

static const struct har_name_row har_name_codings[] = {
	{ "br", "br" },
	{ "gzip", "gz" },
	{ "x-gzip", "gz" },
	{ "zstd", "zst" },
	{ NULL, NULL },
};

static const char *
har_name_find(const struct har_name_row *row, struct str text)
{
	for (; row->text != NULL; row++)
		if (str_iis(text, row->text))
			return row->end;
	return HAR_NAME_OTHER;
}

/* Whether a media type has a syntax that is named behind its plus. */
static bool
har_name_suffix(struct str type, const char *suffix)
{
	size_t n = str_of(suffix).n;

	return type.n > n &&
	       str_iis((struct str){ type.p + type.n - n, n }, suffix);
}

const char *
har_name_of_type(struct str content_type)
{
	struct str rest = content_type, type;

	if (!str_cut(&rest, ';', &type))
		return HAR_NAME_OTHER;
	type = str_trim(type);
	if (har_name_suffix(type, "+json"))
		return "json";
	return har_name_find(har_name_types, type);
}

const char *
har_name_of_coding(struct str codings)
{
	return har_name_find(har_name_codings, codings);
}

void
har_name(const uint8_t sha1[DIGEST_SHA1_BYTES], const char *end,
    char out[HAR_NAME_BYTES])
{
	char hex[2 * DIGEST_SHA1_BYTES + 1];

	digest_hex(sha1, DIGEST_SHA1_BYTES, hex);
	snprintf(out, HAR_NAME_BYTES, "%s.%s", hex, end);
}
