#include "config.h"

#include <stddef.h>
#include <string.h>

#include "mock/mime.h"

static const struct {
	const char *extension, *type;
} mime_types[] = {
	/* clang-format off */
	{ "3gp", "video/3gpp" },
	{ "7z", "application/x-7z-compressed" },
	{ "aac", "audio/x-aac" },
	{ "ai", "application/postscript" },
	{ "apk", "application/vnd.android.package-archive" },
	{ "apng", "image/apng" },
	{ "appcache", "text/cache-manifest" },
	{ "asc", "application/pgp-keys" },
	{ "atom", "application/atom+xml" },
	{ "avi", "video/x-msvideo" },
	{ "avif", "image/avif" },
	{ "bin", "application/octet-stream" },
	{ "bmp", "image/bmp" },
	{ "bz2", "application/x-bzip2" },
	{ "c", "text/x-c" },
	{ "cer", "application/pkix-cert" },
	{ "cjs", "application/node" },
	{ "coffee", "text/coffeescript" },
	{ "conf", "text/plain" },
	{ "cpp", "text/x-c" },
	{ "crt", "application/x-x509-ca-cert" },
	{ "css", "text/css" },
	{ "csv", "text/csv" },
	{ "der", "application/x-x509-ca-cert" },
	{ "dll", "application/x-msdownload" },
	{ "dmg", "application/x-apple-diskimage" },
	{ "doc", "application/msword" },
	{ "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ "dtd", "application/xml-dtd" },
	{ "eot", "application/vnd.ms-fontobject" },
	{ "eps", "application/postscript" },
	{ "epub", "application/epub+zip" },
	{ "exe", "application/x-msdos-program" },
	{ "flac", "audio/x-flac" },
	{ "flv", "video/x-flv" },
	{ "geojson", "application/geo+json" },
	{ "gif", "image/gif" },
	{ "gpx", "application/gpx+xml" },
	{ "gz", "application/gzip" },
	{ "h", "text/x-c" },
	{ "hbs", "text/x-handlebars-template" },
	{ "heic", "image/heic" },
	{ "heif", "image/heif" },
	{ "htm", "text/html" },
	{ "html", "text/html" },
	{ "ico", "image/vnd.microsoft.icon" },
	{ "ics", "text/calendar" },
	{ "ini", "text/plain" },
	{ "iso", "application/x-iso9660-image" },
	{ "jar", "application/java-archive" },
	{ "java", "text/x-java-source" },
	{ "jp2", "image/jp2" },
	{ "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "js", "application/javascript" },
	{ "json", "application/json" },
	{ "jsonld", "application/ld+json" },
	{ "jsonml", "application/jsonml+json" },
	{ "jsx", "text/jsx" },
	{ "key", "application/vnd.apple.keynote" },
	{ "kml", "application/vnd.google-earth.kml+xml" },
	{ "kmz", "application/vnd.google-earth.kmz" },
	{ "less", "text/less" },
	{ "log", "text/plain" },
	{ "m3u8", "application/vnd.apple.mpegurl" },
	{ "m4a", "audio/mp4" },
	{ "m4v", "video/x-m4v" },
	{ "manifest", "text/cache-manifest" },
	{ "map", "application/json" },
	{ "markdown", "text/markdown" },
	{ "md", "text/markdown" },
	{ "mid", "audio/midi" },
	{ "midi", "audio/midi" },
	{ "mjs", "application/javascript" },
	{ "mkv", "video/x-matroska" },
	{ "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "mpeg", "video/mpeg" },
	{ "mpg", "video/mpeg" },
	{ "n3", "text/n3" },
	{ "odp", "application/vnd.oasis.opendocument.presentation" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "oga", "audio/ogg" },
	{ "ogg", "audio/ogg" },
	{ "ogv", "video/ogg" },
	{ "opus", "audio/ogg" },
	{ "otf", "font/otf" },
	{ "p12", "application/x-pkcs12" },
	{ "p7b", "application/x-pkcs7-certificates" },
	{ "pdf", "application/pdf" },
	{ "pem", "application/x-x509-ca-cert" },
	{ "php", "application/x-httpd-php" },
	{ "png", "image/png" },
	{ "ppt", "application/vnd.ms-powerpoint" },
	{ "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
	{ "ps", "application/postscript" },
	{ "psd", "image/vnd.adobe.photoshop" },
	{ "rar", "application/vnd.rar" },
	{ "rdf", "application/rdf+xml" },
	{ "rss", "application/rss+xml" },
	{ "rtf", "application/rtf" },
	{ "sass", "text/x-sass" },
	{ "scss", "text/x-scss" },
	{ "sh", "application/x-sh" },
	{ "sig", "application/pgp-signature" },
	{ "sql", "application/x-sql" },
	{ "srt", "application/x-subrip" },
	{ "svg", "image/svg+xml" },
	{ "swf", "application/x-shockwave-flash" },
	{ "tar", "application/x-tar" },
	{ "text", "text/plain" },
	{ "tif", "image/tiff" },
	{ "tiff", "image/tiff" },
	{ "toml", "application/toml" },
	{ "ts", "video/mp2t" },
	{ "tsv", "text/tab-separated-values" },
	{ "ttf", "font/ttf" },
	{ "ttl", "text/turtle" },
	{ "txt", "text/plain" },
	{ "vcf", "text/x-vcard" },
	{ "vtt", "text/vtt" },
	{ "war", "application/java-archive" },
	{ "wasm", "application/wasm" },
	{ "wav", "audio/wave" },
	{ "webm", "video/webm" },
	{ "webmanifest", "application/manifest+json" },
	{ "webp", "image/webp" },
	{ "wmv", "video/x-ms-wmv" },
	{ "woff", "font/woff" },
	{ "woff2", "font/woff2" },
	{ "wsdl", "application/wsdl+xml" },
	{ "xhtml", "application/xhtml+xml" },
	{ "xls", "application/vnd.ms-excel" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ "xml", "application/xml" },
	{ "xsd", "application/xml" },
	{ "xsl", "application/xml" },
	{ "xslt", "application/xslt+xml" },
	{ "yaml", "text/yaml" },
	{ "yml", "text/yaml" },
	{ "zip", "application/zip" },
	/* clang-format on */
};

/* What is behind the last dot of the last segment. */
static struct str
mime_extension(struct str path)
{
	size_t i;

	for (i = path.n; i > 0 && path.p[i - 1] != '/'; i--)
		if (path.p[i - 1] == '.')
			return (struct str){ path.p + i, path.n - i };
	return STR("");
}

struct str
mime_of(struct str path)
{
	struct str extension = mime_extension(path);
	size_t i;

	for (i = 0; i < sizeof(mime_types) / sizeof(*mime_types); i++)
		if (str_iis(extension, mime_types[i].extension))
			return str_of(mime_types[i].type);
	return STR("");
}

bool
mime_is_template(struct str type, struct str path)
{
	static const char *const types[] = { "application/json", "text/html",
		"text/css", "text/csv", "application/javascript",
		"application/typescript", "text/plain", "application/xhtml+xml",
		"application/xml", "text/x-handlebars-template" };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (str_is(type, types[i]))
			return true;
	return str_is(mime_extension(path), "handlebars");
}
