#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "har/date.h"
#include "har/headers.h"
#include "replay/hash.h"

#include "replay/http_rules.h"

/* The last two are for ranges, which HEAD does not know (section 14.2). */
static const char *const http_rules_fields[] = { "If-Match",
	"If-Unmodified-Since", "If-None-Match", "If-Modified-Since", "If-Range",
	"Range" };
#define RULES_FIELDS (sizeof(http_rules_fields) / sizeof(*http_rules_fields))
#define RULES_CONDITIONS (RULES_FIELDS - 2)

/* How many of http_rules_fields a method has. */
static size_t
http_rules_fields_of(struct str method)
{
	return str_is(method, "GET")    ? RULES_FIELDS
	       : str_is(method, "HEAD") ? RULES_CONDITIONS
					: 0;
}

uint64_t
http_rules_asks(struct str method, const struct headers *request)
{
	const struct header *f;
	size_t i, n = http_rules_fields_of(method);
	uint64_t asks = 0;
	bool any = false;

	if (n == 0 || request->n == 0)
		return 0;
	for (f = request->v; f < request->v + request->n; f++) {
		/* Few requests have any; this is asked of each of them. */
		if (f->name.n < 5 || ((f->name.p[0] | 0x20) != 'i' &&
					 (f->name.p[0] | 0x20) != 'r'))
			continue;
		for (i = 0; i < n && !str_iis(f->name, http_rules_fields[i]);
		     i++)
			;
		if (i == n)
			continue;
		/* A sum: their order does not matter. */
		asks +=
		    hash_mix(hash_add(hash_add_u64(HASH_START, i), f->value));
		any = true;
	}
	return any ? asks | 1 : 0;
}

/* ---- conditions (section 13) ----------------------------------------- */

struct http_rules_tag {
	struct str opaque; /* with its quotes */
	bool weak;
};

/* Cuts the next entity tag off a list of them.  One without quotes, which
 * some send, ends at a comma. */
static bool
http_rules_next_tag(struct str *list, struct http_rules_tag *tag)
{
	const char *end;
	size_t n;

	while (list->n > 0 &&
	       (list->p[0] == ',' || list->p[0] == ' ' || list->p[0] == '\t')) {
		list->p++;
		list->n--;
	}
	if (list->n == 0)
		return false;
	tag->weak = list->n > 2 && list->p[0] == 'W' && list->p[1] == '/';
	if (tag->weak) {
		list->p += 2;
		list->n -= 2;
	}
	if (list->p[0] == '"') {
		end = memchr(list->p + 1, '"', list->n - 1);
		n = end != NULL ? (size_t)(end + 1 - list->p) : list->n;
	} else {
		end = memchr(list->p, ',', list->n);
		n = end != NULL ? (size_t)(end - list->p) : list->n;
	}
	tag->opaque = str_trim((struct str){ list->p, n });
	list->p += n;
	list->n -= n;
	return true;
}

static bool
http_rules_tag_is(const struct http_rules_tag *a,
    const struct http_rules_tag *b, bool strongly)
{
	return str_eq(a->opaque, b->opaque) &&
	       !(strongly && (a->weak || b->weak));
}

/* Whether one of the tags in the fields called name is the answer's. */
static bool
http_rules_match(const struct headers *request, const char *name,
    const struct headers *answer, bool strongly)
{
	struct str etag = headers_get(answer, "ETag"), list;
	const struct header *f;
	struct http_rules_tag own, tag;
	bool tagged = http_rules_next_tag(&etag, &own);
	size_t at = 0;

	while ((f = headers_next(request, name, &at)) != NULL) {
		list = f->value;
		if (str_is(str_trim(list), "*"))
			return true;
		while (tagged && http_rules_next_tag(&list, &tag))
			if (http_rules_tag_is(&own, &tag, strongly))
				return true;
	}
	return false;
}

static bool
http_rules_has(const struct headers *h, const char *name)
{
	return headers_get(h, name).p != NULL;
}

/* Whether the answer changed after the date in the request's field; *known
 * is false when one of the dates is none, and the field is to be ignored. */
static bool
http_rules_changed(const struct headers *request, const char *name,
    const struct headers *answer, bool *known)
{
	int64_t asked, changed;

	*known = date_parse_cookie(headers_get(request, name), &asked) == 0 &&
		 date_parse_cookie(
		     headers_get(answer, "Last-Modified"), &changed) == 0;
	return *known && changed > asked;
}

/* In the order of section 13.2.2. */
static enum http_rule
http_rules_conditions(
    const struct headers *request, const struct headers *answer)
{
	bool known;

	if (http_rules_has(request, "If-Match")) {
		if (!http_rules_match(request, "If-Match", answer, true))
			return HTTP_RULE_FAILED;
	} else if (http_rules_changed(
		       request, "If-Unmodified-Since", answer, &known)) {
		return HTTP_RULE_FAILED;
	}
	if (http_rules_has(request, "If-None-Match"))
		return http_rules_match(request, "If-None-Match", answer, false)
			   ? HTTP_RULE_NOT_MODIFIED
			   : HTTP_RULE_AS_IS;
	if (!http_rules_changed(request, "If-Modified-Since", answer, &known) &&
	    known)
		return HTTP_RULE_NOT_MODIFIED;
	return HTTP_RULE_AS_IS;
}

/* ---- ranges (section 14) --------------------------------------------- */

/* Whether a range is still wanted: section 13.1.5. */
static bool
http_rules_if_range(const struct headers *request, const struct headers *answer)
{
	struct str value = headers_get(request, "If-Range");
	int64_t asked, changed;

	if (value.p == NULL)
		return true;
	if (!str_starts(value, "\"") && !str_starts(value, "W/") &&
	    date_parse_cookie(value, &asked) == 0)
		return date_parse_cookie(headers_get(answer, "Last-Modified"),
			   &changed) == 0 &&
		       asked == changed;
	return http_rules_match(request, "If-Range", answer, true);
}

/* A position of digits only; one beyond all measure is behind every body. */
static bool
http_rules_position(struct str text, uint64_t *v)
{
	size_t i;

	if (text.n == 0)
		return false;
	for (i = 0; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	if (str_u64(text, v) != 0)
		*v = UINT64_MAX;
	return true;
}

/* One range-spec.  -1 when it is none; else whether it can be satisfied. */
static int
http_rules_spec(struct str spec, uint64_t size, struct http_rules_range *range)
{
	struct str first;
	uint64_t last;

	if (!str_cut(&spec, '-', &first) || spec.p == NULL)
		return -1;
	if (first.n == 0) {
		if (!http_rules_position(spec, &last))
			return -1;
		range->first = last < size ? size - last : 0;
		range->end = size;
		return last > 0 && size > 0;
	}
	if (!http_rules_position(first, &range->first))
		return -1;
	range->end = size;
	if (spec.n > 0) {
		if (!http_rules_position(spec, &last) || last < range->first)
			return -1;
		if (last < size)
			range->end = last + 1;
	}
	return range->first < size;
}

/*
 * Ranges that together are longer than the whole (they overlap) are a waste
 * or an attack (section 17.15): the whole is sent instead.
 */
static enum http_rule
http_rules_ranges(struct str value, uint64_t size, struct http_rules_cut *cut)
{
	struct http_rules_range range;
	uint64_t sum = 0;
	struct str unit, spec;
	size_t specs = 0;
	int fits;

	cut->n = 0;
	if (!str_cut(&value, '=', &unit) || value.p == NULL ||
	    !str_iis(str_trim(unit), "bytes"))
		return HTTP_RULE_AS_IS;
	while (str_cut(&value, ',', &spec)) {
		spec = str_trim(spec);
		if (spec.n == 0)
			continue;
		fits = http_rules_spec(spec, size, &range);
		if (fits == -1 || ++specs > HTTP_RULES_RANGES)
			return HTTP_RULE_AS_IS;
		if (fits == 0)
			continue;
		cut->v[cut->n++] = range;
		sum += range.end - range.first;
		if (sum > size)
			return HTTP_RULE_AS_IS;
	}
	if (specs == 0)
		return HTTP_RULE_AS_IS;
	return cut->n > 0 ? HTTP_RULE_RANGE : HTTP_RULE_UNSATISFIABLE;
}

enum http_rule
http_rules_apply(struct str method, const struct headers *request,
    const struct headers *answer, uint64_t size, struct http_rules_cut *cut)
{
	const struct header *range;
	size_t at = 0;
	enum http_rule rule = http_rules_conditions(request, answer);

	if (rule != HTTP_RULE_AS_IS || !str_is(method, "GET"))
		return rule;
	range = headers_next(request, "Range", &at);
	if (range == NULL || headers_next(request, "Range", &at) != NULL ||
	    headers_have_token(answer, "Accept-Ranges", "none") ||
	    !http_rules_if_range(request, answer))
		return HTTP_RULE_AS_IS;
	rule = http_rules_ranges(range->value, size, cut);
	/* The parts of a multipart have no coding of their own. */
	if (rule == HTTP_RULE_RANGE && cut->n > 1 &&
	    http_rules_has(answer, "Content-Encoding"))
		return HTTP_RULE_AS_IS;
	return rule;
}
