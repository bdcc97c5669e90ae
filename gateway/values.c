#include "config.h"

#include <inttypes.h>
#include <stddef.h>

#include "base/str.h"

#include "gateway/values.h"

/* Far above every limit, far below what could overflow a sum. */
#define VALUE_MOST (UINT64_C(1) << 56)

struct unit {
	const char *name;
	uint64_t factor;
};

/* Smallest first; the first row without name ends a kind. */
static const struct {
	const char *example;
	struct unit units[6];
} kinds[] = {
	[VALUE_COUNT] = {
	    .example = "a whole number",
	    .units = { { "", 1 } },
	},
	[VALUE_SIZE] = {
	    .example = "a size such as 64k or 16m",
	    .units = {
		{ "", 1 },
		{ "k", 1 << 10 },
		{ "m", 1 << 20 },
		{ "g", 1 << 30 },
	    },
	},
	[VALUE_TIME] = {
	    .example = "a time with its unit such as 300ms, 10s or 2m",
	    .units = {
		{ "us", 1 },
		{ "ms", 1000 },
		{ "s", 1000000 },
		{ "m", 60000000 },
		{ "h", UINT64_C(3600000000) },
	    },
	},
	[VALUE_AGE] = {
	    .example = "an age such as 12h, 30d or 4w",
	    .units = {
		{ "s", 1000000 },
		{ "m", 60000000 },
		{ "h", UINT64_C(3600000000) },
		{ "d", UINT64_C(86400000000) },
		{ "w", UINT64_C(604800000000) },
	    },
	},
};

int
value_parse(enum value_kind kind, const char *text, uint64_t *v)
{
	struct str all = str_of(text), unit = all;
	const struct unit *u;

	while (unit.n > 0 && *unit.p >= '0' && *unit.p <= '9') {
		unit.p++;
		unit.n--;
	}
	if (str_u64((struct str){ all.p, all.n - unit.n }, v) == -1)
		return -1;
	for (u = kinds[kind].units; u->name != NULL; u++)
		if (str_iis(unit, u->name))
			break;
	if (u->name == NULL || *v > VALUE_MOST / u->factor)
		return -1;
	*v *= u->factor;
	return 0;
}

int
value_factor(const char *text, uint64_t *permille)
{
	struct str rest = str_of(text), whole, part;
	uint64_t thousandths = 0, scale = 1000;
	size_t i;

	if (rest.n < 2 || rest.p[0] != 'x')
		return -1;
	rest.p++;
	rest.n--;
	(void)str_cut(&rest, '.', &whole); /* true: there is a text */
	part = rest.p != NULL ? rest : STR("0");
	if (str_u64(whole, permille) == -1 || *permille > 1000 || part.n > 3 ||
	    str_u64(part, &thousandths) == -1)
		return -1;
	for (i = 0; i < part.n; i++)
		scale /= 10;
	*permille = *permille * 1000 + thousandths * scale;
	return *permille > 0 && *permille <= 1000000 ? 0 : -1;
}

void
value_render(enum value_kind kind, uint64_t v, struct buf *out)
{
	const struct unit *u, *best = kinds[kind].units;

	for (u = best; v > 0 && u->name != NULL; u++)
		if (v % u->factor == 0)
			best = u;
	buf_addf(out, "%" PRIu64 "%s", v / best->factor, best->name);
}

const char *
value_example(enum value_kind kind)
{
	return kinds[kind].example;
}
