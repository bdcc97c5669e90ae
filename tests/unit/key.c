#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/exchange.h"
#include "har/spool.h"
#include "replay/key.h"

#include "tap.h"

static struct key_parts
parts(const char *method, const char *scope, const char *target)
{
	return (struct key_parts){
		.method = str_of(method),
		.scope = str_of(scope),
		.target = str_of(target),
		.body = STR(""),
	};
}

static struct key
key(struct key_parts p)
{
	struct keyer *k = keyer_new(NULL);
	struct key made = key_of(k, &p);

	keyer_free(k);
	return made;
}

static bool
same(struct key a, struct key b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static struct key
key_with_body(const char *type, const char *body)
{
	struct header field = { STR("Content-Type"), str_of(type) };
	struct headers headers = { .v = &field, .n = 1 };
	struct key_parts p = parts("POST", "", "/a");

	p.headers = &headers;
	p.body = str_of(body);
	return key(p);
}

static void
a_key_is_the_same_in_every_release(void)
{
	struct key k = key(parts("GET", "", "/a?b=1"));
	char hex[2 * sizeof(k.bytes) + 1];

	digest_hex(k.bytes, sizeof(k.bytes), hex);
	CHECK_STR(hex, "842cda36c02f404ad37c7fd90593e528");
}

static void
every_byte_of_method_scope_and_target_counts(void)
{
	static const struct {
		const char *method, *scope, *target;
	} others[] = {
		{ "get", "", "/a" },
		{ "POST", "", "/a" },
		{ "GET", "api.test", "/a" },
		{ "GET", "", "/a?" },
		{ "GET", "", "/A" },
		{ "GET", "", "//a" },
		{ "GET", "", "/%61" },
		{ "GET/", "", "a" },
		{ "GET", "/", "a" },
		{ "GET", "/a", "" },
	};
	struct key one = key(parts("GET", "", "/a"));
	size_t i;

	CHECK(same(one, key(parts("GET", "", "/a"))));
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		CHECK(!same(one, key(parts(others[i].method, others[i].scope,
				     others[i].target))));
}

static void
no_body_and_an_empty_one_are_the_same(void)
{
	struct key_parts none = parts("GET", "", "/a");
	struct key_parts empty = none;

	none.body = buf_str(&(struct buf){ 0 });
	CHECK(same(key(none), key(empty)));
}

static void
an_unknown_body_is_not_an_empty_one(void)
{
	struct key_parts unknown = parts("POST", "", "/a");

	unknown.body = (struct str){ NULL, 0 };
	CHECK(!same(key(unknown), key_with_body("", "")));
}

static void
every_byte_of_the_body_counts_for_every_method(void)
{
	static const char *const methods[] = { "POST", "PUT", "GET", "QUERY" };
	struct key_parts a, b;
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		a = b = parts(methods[i], "", "/a");
		a.body = STR("{\"a\":1}");
		b.body = STR("{\"a\":2}");
		CHECK(!same(key(a), key(b)));
		b.body = STR("{\"a\":1}");
		CHECK(same(key(a), key(b)));
	}
}

static void
a_long_body_counts_to_its_last_byte(void)
{
	size_t n = 300000;
	char *text = xmalloc(n);
	struct key_parts p = parts("POST", "", "/a");
	struct key before, after;

	memset(text, 'x', n);
	p.body = (struct str){ text, n };
	before = key(p);
	text[n - 1] = 'y';
	after = key(p);
	free(text);
	CHECK(!same(before, after));
}

static void
the_content_type_alone_does_not_count(void)
{
	CHECK(same(key_with_body("text/plain", "a"),
	    key_with_body("application/json", "a")));
}

static void
a_keyer_forgets_the_key_before(void)
{
	struct keyer *k = keyer_new(NULL);
	struct key_parts a = parts("GET", "", "/a"), b = a;
	struct header type = { STR("Content-Type"),
		STR("multipart/form-data; boundary=x") };
	struct headers headers = { .v = &type, .n = 1 };
	struct key first, second;

	b.headers = &headers;
	b.body = STR("--x\r\n\r\n1\r\n--x--\r\n");
	first = key_of(k, &a);
	(void)key_of(k, &b);
	second = key_of(k, &a);
	keyer_free(k);
	CHECK(same(first, second));
}

static void
a_multipart_compares_without_its_boundary(void)
{
	struct key a = key_with_body("multipart/form-data; boundary=aaa",
	    "--aaa\r\nA: b\r\n\r\none\r\n--aaa--\r\n");

	CHECK(same(a, key_with_body("multipart/form-data; boundary=\"b b\"",
			  "--b b\r\nA: b\r\n\r\none\r\n--b b--\r\n")));
	CHECK(!same(a, key_with_body("multipart/form-data; boundary=aaa",
			   "--aaa\r\nA: b\r\n\r\nonf\r\n--aaa--\r\n")));
	CHECK(!same(a, key_with_body("text/plain; boundary=aaa",
			   "--aaa\r\nA: b\r\n\r\none\r\n--aaa--\r\n")));
}

static void
what_is_no_multipart_in_spite_of_its_type_counts_as_bytes(void)
{
	CHECK(same(key_with_body(
		       "multipart/form-data; boundary=aaa", "--aaa\r\n\r\none"),
	    key_with_body("text/plain", "--aaa\r\n\r\none")));
	CHECK(same(key_with_body("multipart/form-data", "--aaa--"),
	    key_with_body("text/plain", "--aaa--")));
}

static struct exchange *
exchange(const char *body)
{
	struct exchange *x = exchange_new();

	x->method = STR("POST");
	x->target = STR("/a");
	headers_add(&x->request.headers, &x->arena, STR("content-type"),
	    STR("text/plain"));
	buf_add_text(&x->request.body.bytes, body);
	x->request.body.size = x->request.body.bytes.n;
	return x;
}

static bool
exchange_has(struct exchange *x, struct key want)
{
	struct keyer *k = keyer_new(NULL);
	bool is;

	key_exchange(k, x);
	is = x->keyed && memcmp(x->key, want.bytes, sizeof(want)) == 0;
	keyer_free(k);
	exchange_free(x);
	return is;
}

static void
a_recorded_exchange_gets_the_key_it_is_asked_by(void)
{
	struct exchange *x = exchange("hello");

	CHECK(exchange_has(x, key_with_body("text/plain", "hello")));
	CHECK(exchange_has(exchange(""), key_with_body("", "")));
}

static void
a_body_not_known_or_not_in_memory_gives_the_key_for_any_body(void)
{
	struct key_parts any = parts("POST", "", "/a");
	struct exchange *x = exchange("");

	any.body = (struct str){ NULL, 0 };
	x->request.body.known = false;
	CHECK(exchange_has(x, key(any)));
	x = exchange("");
	x->request.body.stored_id = 7;
	CHECK(exchange_has(x, key(any)));
}

/* The key of an upload whose body is in a file. */
static struct key
key_spooled(const char *type, struct str body)
{
	struct exchange *x = exchange_new();
	struct keyer *k = keyer_new(NULL);
	struct key made;
	struct err e;

	x->method = STR("POST");
	x->target = STR("/a");
	headers_add(
	    &x->request.headers, &x->arena, STR("Content-Type"), str_of(type));
	x->request.body.spool = spool_new(NULL, &e);
	CHECK_INT(spool_add(x->request.body.spool, body.p, body.n, &e), 0);
	x->request.body.size = body.n;
	CHECK_INT(key_exchange_spooled(k, x, &e), 0);
	CHECK(x->keyed);
	memcpy(made.bytes, x->key, sizeof(made.bytes));
	exchange_free(x);
	keyer_free(k);
	return made;
}

static void
a_body_in_a_file_gives_the_key_it_is_asked_by(void)
{
	static const char type[] = "multipart/form-data; boundary=q";
	static const char body[] = "--q\r\nA: b\r\n\r\nc\r\n--q--\r\n";
	size_t n = 1u << 20, i;
	char *text = xmalloc(n + 1);

	for (i = 0; i < n; i++)
		text[i] = (char)('a' + i % 23);
	text[n] = '\0';
	CHECK(same(key_spooled("text/plain", str_of(text)),
	    key_with_body("text/plain", text)));
	CHECK(same(key_spooled(type, str_of(text)), key_with_body(type, text)));
	CHECK(same(key_spooled(type, str_of(body)), key_with_body(type, body)));
	CHECK(
	    !same(key_spooled(type, str_of(body)), key_with_body("x/y", body)));
	free(text);
}

RUN(TEST(a_key_is_the_same_in_every_release),
    TEST(every_byte_of_method_scope_and_target_counts),
    TEST(no_body_and_an_empty_one_are_the_same),
    TEST(an_unknown_body_is_not_an_empty_one),
    TEST(every_byte_of_the_body_counts_for_every_method),
    TEST(a_long_body_counts_to_its_last_byte),
    TEST(the_content_type_alone_does_not_count),
    TEST(a_keyer_forgets_the_key_before),
    TEST(a_multipart_compares_without_its_boundary),
    TEST(what_is_no_multipart_in_spite_of_its_type_counts_as_bytes),
    TEST(a_recorded_exchange_gets_the_key_it_is_asked_by),
    TEST(a_body_not_known_or_not_in_memory_gives_the_key_for_any_body),
    TEST(a_body_in_a_file_gives_the_key_it_is_asked_by))
