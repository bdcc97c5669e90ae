#include "config.h"

#include <math.h>
#include <string.h>

#include "mock/faker_priv.h"
#include "mock/text.h"

static struct str
system_ext(struct faker *f)
{
	return faker_pick_text(f, faker_words_table(f->words, "file_ext"));
}

/* An extension of a MIME type. */
static struct str
system_ext_of(struct faker *f, struct str type)
{
	struct faker_node types = faker_words(f, "system.mime_type");

	return faker_pick_text(
	    f, faker_node_member(
		   faker_node_member(types, type), STR("extensions")));
}

/* Small letters, digits and _ for each UTF-16 unit of anything else. */
static struct str
system_base_name(struct faker *f)
{
	struct str s = faker_lower(f, faker_word_words(f));
	struct buf b = { 0 };
	uint32_t point;

	while (s.n > 0) {
		point = faker_point(&s);
		if ((point >= 'a' && point <= 'z') ||
		    (point >= '0' && point <= '9'))
			text_add_point(&b, point);
		else
			buf_add_text(&b, point >= 0x10000 ? "__" : "_");
	}
	return faker_text(f, &b);
}

/* A name with n extensions. */
static struct str
system_file_name(struct faker *f, struct str name, double n)
{
	size_t left = faker_count(f, n, FAKER_ITEMS_MAX);
	struct buf b = { 0 };

	faker_add(f, &b, name);
	for (; left > 0 && faker_ok(f); left--) {
		faker_add(f, &b, STR("."));
		faker_add(f, &b, system_ext(f));
	}
	return faker_text(f, &b);
}

static struct value
system_file_name_method(struct faker *f, const struct faker_call *c)
{
	struct value count =
	    faker_member(faker_options(f, c, 0), "extensionCount");
	struct str name = system_base_name(f);
	double n = !faker_is_given(count)     ? 1
		   : count.kind == VALUE_NULL ? 3
					      : faker_range(f, count);

	return value_text(system_file_name(f, name, n));
}

static struct str
system_common_ext(struct faker *f)
{
	static const char *const types[] = { "application/pdf", "audio/mpeg",
		"audio/wav", "image/png", "image/jpeg", "image/gif",
		"video/mp4", "video/mpeg", "text/html" };

	return system_ext_of(f, faker_pick_str(f, types, 9));
}

static struct value
system_common_file_ext(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(system_common_ext(f));
}

static struct value
system_common_file_name(struct faker *f, const struct faker_call *c)
{
	struct value given = faker_arg(c, 0);
	struct str name = system_base_name(f);
	struct str ext = value_is_true(given) ? value_to_str(&f->values, given)
					      : system_common_ext(f);

	return value_text(
	    faker_textf(f, "%.*s.%.*s", STR_ARGS(name), STR_ARGS(ext)));
}

static struct value
system_common_file_type(struct faker *f, const struct faker_call *c)
{
	static const char *const types[] = { "video", "audio", "image", "text",
		"application" };

	(void)c;
	return value_text(faker_pick_str(f, types, 5));
}

static struct value
system_mime_type(struct faker *f, const struct faker_call *c)
{
	struct faker_node types = faker_words(f, c->method->words);
	size_t i = faker_pick(f, faker_node_count(types));

	if (!faker_ok(f))
		return VALUE_NONE;
	return value_text(faker_node_name(faker_node_at(types, i)));
}

static struct value
system_file_type(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(
	    faker_pick_text(f, faker_words_table(f->words, "file_type")));
}

static struct value
system_file_ext(struct faker *f, const struct faker_call *c)
{
	struct value type = faker_arg(c, 0);

	return value_text(faker_is_text(type)
			      ? system_ext_of(f, value_to_str(&f->values, type))
			      : system_ext(f));
}

static struct value
system_file_path(struct faker *f, const struct faker_call *c)
{
	struct str folder = faker_word(f, c->method->words);
	struct str name = system_file_name(f, system_base_name(f), 1);

	return value_text(
	    faker_textf(f, "%.*s/%.*s", STR_ARGS(folder), STR_ARGS(name)));
}

static struct value
system_semver(struct faker *f, const struct faker_call *c)
{
	int major = (int)faker_int(f, 0, 9);
	int minor = (int)faker_int(f, 0, 20);
	int patch = (int)faker_int(f, 0, 20);

	(void)c;
	return value_text(faker_textf(f, "%d.%d.%d", major, minor, patch));
}

/* letter and a digit, or nothing. */
static void
system_add_perhaps(struct faker *f, struct buf *b, const char *letter)
{
	if (faker_boolean(f, 0.5))
		buf_addf(b, "%s%d", letter, (int)faker_int(f, 0, 9));
}

static void
system_add_slot(struct faker *f, struct buf *b)
{
	system_add_perhaps(f, b, "f");
	system_add_perhaps(f, b, "d");
}

static struct value
system_network_interface(struct faker *f, const struct faker_call *c)
{
	static const char *const types[] = { "en", "wl", "ww" };
	static const char *const schemas[] = { "index", "slot", "mac", "pci" };
	struct value options = faker_options(f, c, 0);
	struct value type = faker_member(options, "interfaceType");
	struct value schema = faker_member(options, "interfaceSchema");
	struct buf before = { 0 }, b = { 0 };
	struct str name, form, front;

	name = faker_is_given(type) ? value_to_str(&f->values, type)
				    : faker_pick_str(f, types, 3);
	form = faker_is_given(schema) ? value_to_str(&f->values, schema)
				      : faker_pick_str(f, schemas, 4);
	if (str_is(form, "index")) {
		buf_addf(&b, "o%d", (int)faker_int(f, 0, 9));
	} else if (str_is(form, "slot")) {
		buf_addf(&b, "s%d", (int)faker_int(f, 0, 9));
		system_add_slot(f, &b);
	} else if (str_is(form, "mac")) {
		buf_add_text(&b, "x");
		buf_add_str(&b, faker_mac(f, STR("")));
	} else if (str_is(form, "pci")) {
		int bus, slot;

		system_add_perhaps(f, &before, "P");
		bus = (int)faker_int(f, 0, 9);
		slot = (int)faker_int(f, 0, 9);
		buf_addf(&b, "p%ds%d", bus, slot);
		system_add_slot(f, &b);
	} else {
		buf_add_text(&b, "undefinedundefined");
	}
	front = faker_text(f, &before);
	form = faker_text(f, &b);
	return value_text(faker_textf(f, "%.*s%.*s%.*s", STR_ARGS(front),
	    STR_ARGS(name), STR_ARGS(form)));
}

/* The number, or one of the other n - 1 signs of a field. */
static struct str
system_cron_field(
    struct faker *f, double number, const char *const *signs, size_t n)
{
	size_t i = faker_pick(f, n);

	return i == 0 ? faker_textf(f, "%d", (int)number)
		      : str_of(signs[i - 1]);
}

static struct value
system_cron(struct faker *f, const struct faker_call *c)
{
	static const char *const days[] = { "SUN", "MON", "TUE", "WED", "THU",
		"FRI", "SAT" };
	static const char *const names[] = { "@annually", "@daily", "@hourly",
		"@monthly", "@reboot", "@weekly", "@yearly" };
	static const char *const any[] = { "*", "?" };
	struct value options = faker_options(f, c, 0);
	bool with_year = faker_opt_bool(options, "includeYear", false);
	double minute = faker_int(f, 0, 59), hour = faker_int(f, 0, 23);
	double day = faker_int(f, 1, 31), month = faker_int(f, 1, 12);
	double weekday = faker_int(f, 0, 6), year;
	const char *weekdays[] = { days[faker_pick(f, 7)], "*", "?" };
	struct str fields[6], s;

	year = faker_int(f, 1970, 2099);
	fields[0] = system_cron_field(f, minute, any, 2);
	fields[1] = system_cron_field(f, hour, any, 2);
	fields[2] = system_cron_field(f, day, any, 3);
	fields[3] = system_cron_field(f, month, any, 2);
	fields[4] = system_cron_field(f, weekday, weekdays, 4);
	fields[5] = system_cron_field(f, year, any, 2);
	s = faker_textf(f, "%.*s %.*s %.*s %.*s %.*s%s%.*s",
	    STR_ARGS(fields[0]), STR_ARGS(fields[1]), STR_ARGS(fields[2]),
	    STR_ARGS(fields[3]), STR_ARGS(fields[4]), with_year ? " " : "",
	    with_year ? (int)fields[5].n : 0, fields[5].p);
	if (faker_opt_bool(options, "includeNonStandard", false) &&
	    !faker_boolean(f, 0.5))
		s = faker_pick_str(f, names, 7);
	return value_text(s);
}

const struct faker_method faker_system_methods[] = {
	{ "commonFileExt", system_common_file_ext, NULL },
	{ "commonFileName", system_common_file_name, NULL },
	{ "commonFileType", system_common_file_type, NULL },
	{ "cron", system_cron, NULL },
	{ "directoryPath", faker_choose, "system.directory_path" },
	{ "fileExt", system_file_ext, NULL },
	{ "fileName", system_file_name_method, NULL },
	{ "filePath", system_file_path, "system.directory_path" },
	{ "fileType", system_file_type, NULL },
	{ "mimeType", system_mime_type, "system.mime_type" },
	{ "networkInterface", system_network_interface, NULL },
	{ "semver", system_semver, NULL },
	{ NULL, NULL, NULL },
};

/* Of the style of a number's format in this locale. */
static struct value
phone_number(struct faker *f, const struct faker_call *c)
{
	struct str style =
	    faker_opt_text(f, faker_options(f, c, 0), "style", STR("human"));
	struct faker_node formats = faker_words(f, "phone_number.format");
	struct faker_node format;

	if (!faker_ok(f))
		return VALUE_NONE;
	format = faker_node_member(formats, style);
	if (faker_node_type(format) == FAKER_NODE_MISSING)
		faker_fail(f, "No definitions for %.*s in this locale",
		    STR_ARGS(style));
	return value_text(
	    faker_replace_digits(f, faker_pick_text(f, format), '#'));
}

static struct value
phone_imei(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(
	    faker_replace_card(f, STR("##-######-######-L"), '#'));
}

const struct faker_method faker_phone_methods[] = {
	{ "imei", phone_imei, NULL },
	{ "number", phone_number, NULL },
	{ NULL, NULL, NULL },
};
