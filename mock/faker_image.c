#include "config.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "har/base64.h"

#include "mock/faker_priv.h"

/* A width or height: the option as text, or drawn. */
static struct str
image_side(struct faker *f, struct value options, const char *name, double most)
{
	struct value side = faker_member(options, name);

	if (faker_is_given(side))
		return value_to_str(&f->values, side);
	return faker_textf(f, "%d", (int)faker_int(f, 1, most));
}

static struct str
image_portrait(struct faker *f, struct value options)
{
	struct value given = faker_member(options, "sex");
	struct str sex = faker_is_given(given) ? value_to_str(&f->values, given)
					       : faker_sex_type(f);
	struct str size = faker_opt_text(f, options, "size", STR("512"));

	return faker_textf(f,
	    "https://cdn.jsdelivr.net/gh/faker-js/assets-person-portrait/"
	    "%.*s/%.*s/%d.jpg",
	    STR_ARGS(sex), STR_ARGS(size), (int)faker_int(f, 0, 99));
}

static struct value
image_person_portrait(struct faker *f, const struct faker_call *c)
{
	return value_text(image_portrait(f, faker_options(f, c, 0)));
}

static struct value
image_avatar_github(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(
	    faker_textf(f, "https://avatars.githubusercontent.com/u/%d",
		(int)faker_int(f, 0, 1e8)));
}

static struct value
image_avatar(struct faker *f, const struct faker_call *c)
{
	if (faker_pick(f, 2) == 0)
		return value_text(image_portrait(f, VALUE_NONE));
	return image_avatar_github(f, c);
}

static struct value
image_avatar_legacy(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(faker_textf(f,
	    "https://cloudflare-ipfs.com/ipfs/"
	    "Qmd3W5DuhgHirLHGVixi6V76LhCkZUz6pnFt5AJBiyvHye/avatar/%d.jpg",
	    (int)faker_int(f, 0, 1249)));
}

static struct str
image_flickr(
    struct faker *f, struct str width, struct str height, struct value category)
{
	bool plain = value_is_nothing(category);
	struct str name = plain ? STR("") : value_to_str(&f->values, category);

	return faker_textf(f,
	    "https://loremflickr.com/%.*s/%.*s%s%.*s?lock=%.0f",
	    STR_ARGS(width), STR_ARGS(height), plain ? "" : "/", STR_ARGS(name),
	    faker_int(f, 0, 9007199254740991.0));
}

static struct value
image_url_flickr(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct str width = image_side(f, options, "width", 3999);
	struct str height = image_side(f, options, "height", 3999);

	return value_text(
	    image_flickr(f, width, height, faker_member(options, "category")));
}

/* blur is what is behind "blur=", empty for none. */
static struct str
image_picsum(struct faker *f, struct str width, struct str height,
    bool grayscale, struct str blur)
{
	double n = faker_int(f, 5, 10);
	struct str seed = faker_string_alphanumeric(f, n, STR("mixed"), "");

	return faker_textf(f,
	    "https://picsum.photos/seed/%.*s/%.*s/%.*s%s%s%s%s%.*s",
	    STR_ARGS(seed), STR_ARGS(width), STR_ARGS(height),
	    grayscale || blur.n > 0 ? "?" : "", grayscale ? "grayscale" : "",
	    grayscale && blur.n > 0 ? "&" : "", blur.n > 0 ? "blur=" : "",
	    STR_ARGS(blur));
}

static struct value
image_url_picsum(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct str width = image_side(f, options, "width", 3999);
	struct str height = image_side(f, options, "height", 3999);
	struct value gray = faker_member(options, "grayscale");
	struct value blur = faker_member(options, "blur");
	bool grayscale =
	    faker_is_given(gray) ? value_is_true(gray) : faker_boolean(f, 0.5);
	double strength = 0;
	char number[NUMBER_BYTES];

	if (!faker_is_given(blur))
		strength = faker_int(f, 0, 10);
	else if (blur.kind == VALUE_NUMBER)
		strength = blur.number;
	number_format(strength, number);
	return value_text(image_picsum(f, width, height, grayscale,
	    strength >= 1 && strength <= 10 ? str_of(number) : STR("")));
}

static struct value
image_url(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct str width = image_side(f, options, "width", 3999);
	struct str height = image_side(f, options, "height", 3999);

	if (faker_pick(f, 2) == 0)
		return value_text(image_flickr(f, width, height, VALUE_NONE));
	return value_text(image_picsum(f, width, height, false, STR("")));
}

/* encodeURIComponent() */
static struct str
image_encoded(struct faker *f, struct str s)
{
	static const char kept[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_.!~*'()";
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] != '\0' && strchr(kept, s.p[i]) != NULL)
			buf_add(&b, s.p + i, 1);
		else
			buf_addf(&b, "%%%02X", (unsigned char)s.p[i]);
	return faker_text(f, &b);
}

static struct value
image_url_placeholder(struct faker *f, const struct faker_call *c)
{
	static const char *const formats[] = { "gif", "jpeg", "jpg", "png",
		"webp" };
	struct value options = faker_options(f, c, 0);
	struct str width = image_side(f, options, "width", 3500);
	struct str height = image_side(f, options, "height", 3500);
	struct value back = faker_member(options, "backgroundColor");
	struct value front = faker_member(options, "textColor");
	struct value format = faker_member(options, "format");
	struct value text = faker_member(options, "text");
	struct str parts[4];

	parts[0] = faker_is_given(back) ? value_to_str(&f->values, back)
					: faker_rgb(f, STR(""));
	parts[1] = faker_is_given(front) ? value_to_str(&f->values, front)
					 : faker_rgb(f, STR(""));
	parts[2] = faker_is_given(format) ? value_to_str(&f->values, format)
					  : faker_pick_str(f, formats, 5);
	parts[3] = image_encoded(f, faker_is_given(text)
					? value_to_str(&f->values, text)
					: faker_lorem_words(f, 3));
	return value_text(faker_textf(f,
	    "https://via.placeholder.com/%.*sx%.*s/%.*s/%.*s.%.*s?text=%.*s",
	    STR_ARGS(width), STR_ARGS(height), STR_ARGS(parts[0]),
	    STR_ARGS(parts[1]), STR_ARGS(parts[2]), STR_ARGS(parts[3])));
}

/* Half of a side. */
static struct str
image_half(struct faker *f, struct str side)
{
	double half = value_to_number(value_text(side)) / 2;

	return value_to_str(&f->values, value_number(half));
}

static struct str
image_svg(
    struct faker *f, struct str width, struct str height, struct str color)
{
	struct str x = image_half(f, width), y = image_half(f, height);

	return faker_textf(f,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" "
	    "baseProfile=\"full\" width=\"%.*s\" height=\"%.*s\">"
	    "<rect width=\"100%%\" height=\"100%%\" fill=\"%.*s\"/>"
	    "<text x=\"%.*s\" y=\"%.*s\" font-size=\"20\" "
	    "alignment-baseline=\"middle\" text-anchor=\"middle\" "
	    "fill=\"white\">%.*sx%.*s</text></svg>",
	    STR_ARGS(width), STR_ARGS(height), STR_ARGS(color), STR_ARGS(x),
	    STR_ARGS(y), STR_ARGS(width), STR_ARGS(height));
}

static struct value
image_data_uri(struct faker *f, const struct faker_call *c)
{
	static const char *const types[] = { "svg-uri", "svg-base64" };
	struct value options = faker_options(f, c, 0);
	struct str width = image_side(f, options, "width", 3999);
	struct str height = image_side(f, options, "height", 3999);
	struct value fill = faker_member(options, "color");
	struct value given = faker_member(options, "type");
	struct str color = faker_is_given(fill) ? value_to_str(&f->values, fill)
						: faker_rgb(f, STR("#"));
	struct str type = faker_is_given(given)
			      ? value_to_str(&f->values, given)
			      : faker_pick_str(f, types, 2);
	struct str svg = image_svg(f, width, height, color);
	struct buf b = { 0 };

	if (str_is(type, "svg-uri")) {
		buf_add_text(&b, "data:image/svg+xml;charset=UTF-8,");
		buf_add_str(&b, image_encoded(f, svg));
	} else {
		buf_add_text(&b, "data:image/svg+xml;base64,");
		base64_encode(svg, &b);
	}
	return value_text(faker_text(f, &b));
}

const struct faker_method faker_image_methods[] = {
	{ "avatar", image_avatar, NULL },
	{ "avatarGitHub", image_avatar_github, NULL },
	{ "avatarLegacy", image_avatar_legacy, NULL },
	{ "dataUri", image_data_uri, NULL },
	{ "personPortrait", image_person_portrait, NULL },
	{ "url", image_url, NULL },
	{ "urlLoremFlickr", image_url_flickr, NULL },
	{ "urlPicsumPhotos", image_url_picsum, NULL },
	{ "urlPlaceholder", image_url_placeholder, NULL },
	{ NULL, NULL, NULL },
};
