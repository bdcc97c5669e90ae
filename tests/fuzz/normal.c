#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/headers.h"
#include "har/json_write.h"
#include "recorder/rules.h"
#include "replay/key.h"
#include "replay/normal_priv.h"

#include "tests/fuzz/fuzz.h"

/*
 * A line with a target, one with a Content-Type, one with a Content-Encoding,
 * then rules, an empty line and a body.  What must hold: a request has one key
 * whatever was looked at before it, JSON has the same one when it is written
 * anew, and tokens of GraphQL are the same when they stand further apart.
 */

static void
check_json(struct str text)
{
	struct normal_json *j = normal_json_new();
	struct buf one = { 0 }, two = { 0 };
	struct json_write w;

	json_write_init(&w, true, NULL, NULL);
	if (str_is_utf8(text) && normal_json_add(j, NULL, false, text, &one) &&
	    json_write_copy(&w, text) == 0 &&
	    (!normal_json_add(j, NULL, false, buf_str(&w.out), &two) ||
		!str_eq(buf_str(&one), buf_str(&two))))
		abort();
	json_write_fini(&w);
	normal_json_free(j);
	buf_free(&one);
	buf_free(&two);
}

static void
check_graphql(struct str text)
{
	struct buf one = { 0 }, wide = { 0 }, two = { 0 };

	if (normal_graphql(text, &one)) {
		buf_add_text(&wide, "#\n,\t");
		buf_add_str(&wide, text);
		buf_add_text(&wide, "\n ");
		if (!normal_graphql(buf_str(&wide), &two) ||
		    !str_eq(buf_str(&one), buf_str(&two)))
			abort();
	} else if (one.n > 0) {
		abort();
	}
	buf_free(&one);
	buf_free(&wide);
	buf_free(&two);
}

static void
check_keys(const struct rules *rules, const struct key_parts *p)
{
	struct keyer *k = keyer_new(rules);
	struct key_parts other = *p;
	struct key first, between, second;

	if (key_normal(k, p, &first)) {
		other.target = STR("/?a=b");
		other.body = STR("{\"a\":[1]}");
		(void)key_normal(k, &other, &between);
		(void)key_of(k, p);
		if (!key_normal(k, p, &second) ||
		    memcmp(&first, &second, sizeof(first)) != 0)
			abort();
	}
	keyer_free(k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str rest = { (const char *)bytes, n }, line;
	struct header fields[] = { { STR("Content-Type"), STR("") },
		{ STR("Content-Encoding"), STR("") } };
	struct headers headers = { .v = fields, .n = 2 };
	struct key_parts p = { .method = STR("POST"),
		.scope = STR("h"),
		.headers = &headers,
		.body = STR("") };
	struct rules *rules = rules_new();
	struct err e;

	(void)str_cut(&rest, '\n', &p.target);
	(void)str_cut(&rest, '\n', &fields[0].value);
	(void)str_cut(&rest, '\n', &fields[1].value);
	while (str_cut(&rest, '\n', &line) && line.n > 0)
		(void)rules_add(rules, line, &e);
	if (rest.p != NULL)
		p.body = rest;
	check_keys(rules, &p);
	check_json(p.body);
	check_graphql(p.body);
	rules_free(rules);
	return 0;
}
