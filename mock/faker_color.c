#include "config.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

#include "mock/faker_priv.h"

enum { COLOR_PARTS = 4 };

struct color {
	double parts[COLOR_PARTS];
	size_t n;
};

/* The bits of a byte; of a float in four bytes for what is not whole. */
static void
color_add_bits(struct buf *b, double part)
{
	float single = (float)part;
	uint32_t bits = (uint32_t)part;
	int i, n = 8;

	if (part != floor(part)) {
		memcpy(&bits, &single, sizeof(bits));
		n = 32;
	} else {
		while (n < 32 && bits >> n != 0)
			n++;
	}
	for (i = n - 1; i >= 0; i--)
		buf_add_text(b, bits >> i & 1 ? "1" : "0");
}

static struct str
color_bits(struct faker *f, const struct color *c)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (i > 0)
			buf_add_text(&b, " ");
		color_add_bits(&b, c->parts[i]);
	}
	return faker_text(f, &b);
}

/* form with %n replaced by the part n, or %Pn by its percentage. */
static struct str
color_css(struct faker *f, const struct color *c, const char *form)
{
	char number[NUMBER_BYTES];
	struct buf b = { 0 };
	double part;

	for (; *form != '\0'; form++) {
		if (*form != '$') {
			buf_add(&b, form, 1);
			continue;
		}
		if (*++form == 'P')
			part = floor(c->parts[*++form - '0'] * 100 + 0.5);
		else
			part = c->parts[*form - '0'];
		number_format(part, number);
		buf_add_text(&b, number);
	}
	return faker_text(f, &b);
}

/* In the format asked for: decimal, css, binary; undefined for any other. */
static struct value
color_value(
    struct faker *f, const struct color *c, struct str format, const char *css)
{
	struct value parts;
	size_t i;

	if (str_is(format, "css"))
		return value_text(color_css(f, c, css));
	if (str_is(format, "binary"))
		return value_text(color_bits(f, c));
	if (!str_is(format, "decimal"))
		return VALUE_NONE;
	parts = value_new_array(&f->values, c->n);
	for (i = 0; i < c->n; i++)
		value_push(&f->values, parts, value_number(c->parts[i]));
	return parts;
}

static void
color_draw(struct faker *f, struct color *c, size_t n, double min, double max,
    double multiple)
{
	for (; n > 0; n--)
		c->parts[c->n++] = faker_float_of(f, min, max, multiple);
}

static struct str
color_format(struct faker *f, struct value options)
{
	return faker_opt_text(f, options, "format", STR("decimal"));
}

struct str
faker_rgb(struct faker *f, struct str prefix)
{
	struct str digits = faker_string_hex(f, 6);

	return faker_textf(f, "%.*s%.*s", STR_ARGS(prefix), STR_ARGS(digits));
}

static struct value
color_hex(struct faker *f, struct value options, bool alpha)
{
	struct str prefix = faker_opt_text(f, options, "prefix", STR("#"));
	struct str casing = faker_opt_text(f, options, "casing", STR("lower"));
	struct str digits =
	    faker_string_of(f, STR("0123456789abcdefABCDEF"), alpha ? 8 : 6);
	size_t i;

	if (str_is(casing, "lower"))
		digits = faker_lower(f, digits);
	for (i = 0; i < digits.n && str_is(casing, "upper"); i++)
		if (digits.p[i] >= 'a')
			((char *)digits.p)[i] -= 0x20;
	return value_text(
	    faker_textf(f, "%.*s%.*s", STR_ARGS(prefix), STR_ARGS(digits)));
}

static struct value
color_rgb(struct faker *f, const struct faker_call *call)
{
	struct value options = faker_options(f, call, 0);
	struct str format = faker_opt_text(f, options, "format", STR("hex"));
	bool alpha = faker_opt_bool(options, "includeAlpha", false);
	struct color c = { .n = 0 };

	if (str_is(format, "hex"))
		return color_hex(f, options, alpha);
	while (c.n < 3)
		c.parts[c.n++] = faker_int(f, 0, 255);
	if (alpha)
		color_draw(f, &c, 1, 0, 1, 0.01);
	return color_value(
	    f, &c, format, alpha ? "rgba($0, $1, $2, $3)" : "rgb($0, $1, $2)");
}

static struct value
color_cmyk(struct faker *f, const struct faker_call *call)
{
	struct value options = faker_options(f, call, 0);
	struct color c = { .n = 0 };

	color_draw(f, &c, 4, 0, 1, 0.01);
	return color_value(
	    f, &c, color_format(f, options), "cmyk($P0%, $P1%, $P2%, $P3%)");
}

static struct value
color_hsl(struct faker *f, const struct faker_call *call)
{
	struct value options = faker_options(f, call, 0);
	bool alpha = faker_opt_bool(options, "includeAlpha", false);
	struct color c = { .n = 0 };

	c.parts[c.n++] = faker_int(f, 0, 360);
	color_draw(f, &c, alpha ? 3 : 2, 0, 1, 0.01);
	return color_value(f, &c, color_format(f, options),
	    alpha ? "hsl($0deg $P1% $P2% / $P3)" : "hsl($0deg $P1% $P2%)");
}

static struct value
color_hwb(struct faker *f, const struct faker_call *call)
{
	struct value options = faker_options(f, call, 0);
	struct color c = { .n = 0 };

	c.parts[c.n++] = faker_int(f, 0, 360);
	color_draw(f, &c, 2, 0, 1, 0.01);
	return color_value(
	    f, &c, color_format(f, options), "hwb($0 $P1% $P2%)");
}

static struct value
color_lab(struct faker *f, const struct faker_call *call)
{
	struct value options = faker_options(f, call, 0);
	struct color c = { .n = 0 };

	color_draw(f, &c, 1, 0, 1, 0.000001);
	color_draw(f, &c, 2, -100, 100, 0.0001);
	return color_value(f, &c, color_format(f, options), "lab($P0% $1 $2)");
}

static struct value
color_lch(struct faker *f, const struct faker_call *call)
{
	struct value options = faker_options(f, call, 0);
	struct color c = { .n = 0 };

	color_draw(f, &c, 1, 0, 1, 0.000001);
	color_draw(f, &c, 2, 0, 230, 0.1);
	return color_value(f, &c, color_format(f, options), "lch($P0% $1 $2)");
}

static struct value
color_by_space(struct faker *f, const struct faker_call *call)
{
	struct value options = faker_options(f, call, 0);
	struct str space = faker_without(
	    f, faker_opt_text(f, options, "space", STR("sRGB")), "$");
	struct color c = { .n = 0 };

	color_draw(f, &c, 3, 0, 1, 0.0001);
	return color_value(f, &c, color_format(f, options),
	    faker_textf(f, "color(%.*s $0 $1 $2)", STR_ARGS(space)).p);
}

static struct value
color_css_function(struct faker *f, const struct faker_call *c)
{
	static const char *const functions[] = { "rgb", "rgba", "hsl", "hsla",
		"hwb", "cmyk", "lab", "lch", "color" };

	(void)c;
	return value_text(faker_pick_str(f, functions, 9));
}

static struct value
color_css_space(struct faker *f, const struct faker_call *c)
{
	static const char *const spaces[] = { "sRGB", "display-p3", "rec2020",
		"a98-rgb", "prophoto-rgb" };

	(void)c;
	return value_text(faker_pick_str(f, spaces, 5));
}

const struct faker_method faker_color_methods[] = {
	{ "cmyk", color_cmyk, NULL },
	{ "colorByCSSColorSpace", color_by_space, NULL },
	{ "cssSupportedFunction", color_css_function, NULL },
	{ "cssSupportedSpace", color_css_space, NULL },
	{ "hsl", color_hsl, NULL },
	{ "human", faker_choose, "color.human" },
	{ "hwb", color_hwb, NULL },
	{ "lab", color_lab, NULL },
	{ "lch", color_lch, NULL },
	{ "rgb", color_rgb, NULL },
	{ "space", faker_choose, "color.space" },
	{ NULL, NULL, NULL },
};
