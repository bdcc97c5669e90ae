#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/base64.h"
#include "har/coding.h"
#include "recorder/pseudonym.h"
#include "recorder/redact.h"
#include "recorder/rules.h"
#include "recorder/secret_tokens.h"

#include "tap.h"

#define KEY STR("a key for tests")
#define JWT \
	"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEiLCJ0eXAiOiJKV1QifQ." \
	"eyJzdWIiOiJhIiwiZXhwIjo5LCJlbWFpbCI6ImFAYiJ9.c2lnbmF0dXJl"

static struct err e;
static struct rules *rules;
static struct redactor *redactor;
static struct redaction redaction;
static struct buf out, want;

/* With the user's rules of a text, for GET /path of no scope. */
static void
given(const char *text)
{
	static const struct rules_request q = { { "GET", 3 }, { "", 0 },
		{ "/path", 5 } };

	if (redactor != NULL)
		redaction_end(&redaction);
	redactor_free(redactor);
	rules_free(rules);
	rules = rules_new();
	CHECK_INT(rules_add_text(rules, str_of(text), &e), 0);
	redactor = redactor_new(KEY, rules);
	redaction_begin(&redaction, redactor, &q);
}

/* What text is with each <<secret>> replaced by its pseudonym, numbers in
 * <<#...>>; in want. */
static const char *
wanted(const char *text)
{
	struct pseudonyms *p = pseudonyms_new(KEY);
	const char *at, *end;

	want.n = 0;
	while ((at = strstr(text, "<<")) != NULL) {
		end = strstr(at, ">>");
		buf_add(&want, text, (size_t)(at - text));
		at += 2;
		if (*at == '#')
			pseudonym_add_number(p,
			    (struct str){ at + 1, (size_t)(end - at) - 1 },
			    &want);
		else
			pseudonym_add(
			    p, (struct str){ at, (size_t)(end - at) }, &want);
		text = end + 2;
	}
	buf_add_text(&want, text);
	pseudonyms_free(p);
	return buf_text(&want);
}

/* The body as it is kept, in out; and that doing it again changes nothing. */
static void
check_body(const char *type, const char *body, const char *expected)
{
	struct arena a = { 0 };
	struct headers h = { 0 };
	struct buf again = { 0 };

	headers_add(&h, &a, STR("Content-Type"), str_of(type));
	out.n = 0;
	if (redact_body(&redaction, &h, str_of(body), &out) == REDACT_SAME)
		buf_add_text(&out, body);
	CHECK_STR(buf_text(&out), wanted(expected));
	CHECK_INT(
	    redact_body(&redaction, &h, buf_str(&out), &again), REDACT_SAME);
	arena_fini(&a);
}

static void
check_url(const char *url, const char *expected)
{
	out.n = 0;
	if (!redact_url(&redaction, str_of(url), &out))
		buf_add_text(&out, url);
	CHECK_STR(buf_text(&out), wanted(expected));
	CHECK(!redact_url(&redaction, str_of(wanted(expected)), &out));
}

static void
check_field(const char *name, const char *value, const char *expected)
{
	struct arena a = { 0 };
	struct headers h = { 0 };
	const struct headers *made;

	headers_add(&h, &a, str_of(name), str_of(value));
	made = redact_fields(&redaction, &h, &a);
	CHECK_VIEW(made->v[0].value, wanted(expected));
	CHECK(redact_fields(&redaction, made, &a) == made);
	arena_fini(&a);
}

/* ---- HMAC ------------------------------------------------------------- */

static void
the_hmac_is_that_of_RFC_4231(void)
{
	struct digest_key *k = digest_key_new("Jefe", 4);
	uint8_t sum[DIGEST_BYTES];
	char hex[2 * DIGEST_BYTES + 1], big[131];

	digest_hmac(k, "what do ya want for nothing?", 28, sum);
	digest_hex(sum, sizeof(sum), hex);
	CHECK_STR(hex, "5bdcc146bf60754e6a042426089575c7"
		       "5a003f089d2739839dec58b964ec3843");
	digest_key_free(k);
	memset(big, 0xaa, sizeof(big));
	k = digest_key_new(big, sizeof(big));
	digest_hmac(k, "Test Using Larger Than Block-Size Key - Hash Key First",
	    54, sum);
	digest_hex(sum, sizeof(sum), hex);
	CHECK_STR(hex, "60e431591ee0b67f0d8a26aacbf5b77f"
		       "8e0bc6213728c5140546040f0ee37f54");
	digest_key_free(k);
}

/* ---- pseudonyms ------------------------------------------------------- */

static void
equal_secrets_have_equal_pseudonyms_of_one_key(void)
{
	struct pseudonyms *p = pseudonyms_new(KEY);
	struct pseudonyms *q = pseudonyms_new(STR("another key"));
	struct buf a = { 0 }, b = { 0 };

	pseudonym_add(p, STR("secret"), &a);
	pseudonym_add(p, STR("secret"), &b);
	CHECK(str_eq(buf_str(&a), buf_str(&b)));
	CHECK_INT(a.n, PSEUDONYM_BYTES);
	CHECK(str_starts(buf_str(&a), "hark-"));
	b.n = 0;
	pseudonym_add(q, STR("secret"), &b);
	CHECK(!str_eq(buf_str(&a), buf_str(&b)));
	b.n = 0;
	pseudonym_add(p, STR("Secret"), &b);
	CHECK(!str_eq(buf_str(&a), buf_str(&b)));
	pseudonyms_free(p);
	pseudonyms_free(q);
	buf_free(&a);
	buf_free(&b);
}

static void
a_pseudonym_is_known_by_its_check_characters(void)
{
	struct str good = str_of(wanted("<<x>>"));
	size_t i;

	CHECK(pseudonym_is(good));
	for (i = 0; i < want.n; i++) {
		char was = want.p[i];

		want.p[i] = was == 'a' ? 'b' : 'a';
		CHECK(!pseudonym_is(buf_str(&want)));
		want.p[i] = was;
	}
	CHECK(!pseudonym_is((struct str){ good.p, good.n - 1 }));
	CHECK(!pseudonym_is(STR("hark-")));
	CHECK(pseudonym_is_number(str_of(wanted("<<#17>>"))));
	CHECK(!pseudonym_is_number(STR("427500000000000")));
}

static void
a_jwt_stays_one_without_its_signature(void)
{
	struct str made = str_of(wanted("<<" JWT ">>")), header, payload;
	struct buf text = { 0 };
	unsigned odd;

	CHECK(str_cut(&made, '.', &header) && str_cut(&made, '.', &payload));
	CHECK_INT(base64_decode(header, &text, &odd), 0);
	CHECK_STR(buf_text(&text), "{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
	text.n = 0;
	CHECK_INT(base64_decode(payload, &text, &odd), 0);
	CHECK_STR(buf_text(&text), "{\"sub\":\"a\",\"exp\":9}");
	CHECK(pseudonym_is(made));
	CHECK(pseudonym_is(str_of(wanted("<<" JWT ">>"))));
	text.n = 0;
	CHECK_INT(base64_decode(made, &text, &odd), 0);
	buf_free(&text);
}

static void
texts_that_differ_in_secrets_only_are_level(void)
{
	struct buf a = { 0 }, b = { 0 };

	CHECK(pseudonym_level(
	    str_of(wanted("{\"a\":<<#1>>,\"b\":\"<<x>>\",\"c\":\"<<y>>\"}")),
	    &a));
	CHECK(pseudonym_level(str_of(wanted("{\"a\":<<#2>>,\"b\":\"<<" JWT
					    ">>\",\"c\":\"<<x>>\"}")),
	    &b));
	CHECK_STR(buf_text(&a), buf_text(&b));
	CHECK(!pseudonym_level(STR("{\"a\":427500000000000}"), &a));
	CHECK(!pseudonym_level(STR("hark-"), &a));
	CHECK(!pseudonym_level(STR(""), &a));
	buf_free(&a);
	buf_free(&b);
}

static void
what_pseudonyms_a_text_has_is_hashed_in_order(void)
{
	uint64_t ab = pseudonym_hash(0, str_of(wanted("<<a>>,<<b>>")));

	CHECK(ab == pseudonym_hash(0, str_of(wanted("x<<a>>yz<<b>>"))));
	CHECK(ab != pseudonym_hash(0, str_of(wanted("<<b>>,<<a>>"))));
	CHECK(ab != 0);
	CHECK(pseudonym_hash(0, STR("nothing")) == 0);
}

/* ---- fields ----------------------------------------------------------- */

static void
credentials_go_and_their_scheme_stays(void)
{
	given("");
	check_field("Authorization", "Bearer abc", "Bearer <<abc>>");
	check_field("authorization", "Basic YTpi", "Basic <<YTpi>>");
	check_field("Proxy-Authorization", "Digest username=\"a\", x=1",
	    "Digest <<username=\"a\", x=1>>");
	check_field("Authorization", "rawkey", "<<rawkey>>");
	check_field("Authorization", "", "");
	check_field("Authorization", "Bearer " JWT, "Bearer <<" JWT ">>");
}

static void
values_of_cookies_go_and_names_and_attributes_stay(void)
{
	given("");
	check_field(
	    "Cookie", "a=1; b=\"2\";c=; d", "a=<<1>>; b=\"<<2>>\";c=; d");
	check_field("Set-Cookie", "sid=abc; Path=/; Max-Age=3; HttpOnly",
	    "sid=<<abc>>; Path=/; Max-Age=3; HttpOnly");
	check_field("Set-Cookie", "sid=; Max-Age=0", "sid=; Max-Age=0");
	check_field("Cookie", "t=a%3Db", "t=<<a=b>>");
}

static void
fields_for_keys_of_APIs_go_as_a_whole(void)
{
	given("");
	check_field("X-Api-Key", "k1", "<<k1>>");
	check_field("x-amz-security-token", "IQo/+=", "<<IQo/+=>>");
	check_field("PRIVATE-TOKEN", "x", "<<x>>");
	check_field("X-CSRF-Token", "x y", "<<x y>>");
	check_field("Accept", "text/html", "text/html");
	check_field("ETag", "\"33a64df551425fcc55e4d42a148795d9f25f89d4\"",
	    "\"33a64df551425fcc55e4d42a148795d9f25f89d4\"");
}

static void
other_fields_are_looked_into(void)
{
	given("");
	check_field("Location", "/cb?code=1&access_token=abc#x",
	    "/cb?code=1&access_token=<<abc>>#x");
	check_field("Location", "https://x/#access_token=abc&state=1",
	    "https://x/#access_token=<<abc>>&state=1");
	check_field("Referer", "https://u:p@h/x", "https://<<u:p>>@h/x");
	check_field("X-Whatever", JWT, "<<" JWT ">>");
	check_field("Link", "<https://h/?key=AIza> ; rel=next",
	    "<https://h/?key=AIza> ; rel=next");
}

/* ---- URLs ------------------------------------------------------------- */

static void
secrets_in_a_query_go(void)
{
	given("");
	check_url("/a?access_token=abc&x=1", "/a?access_token=<<abc>>&x=1");
	check_url("/a?x=1&API_KEY=a,b;c'd", "/a?x=1&API_KEY=<<a,b;c'd>>");
	check_url("/a?api%5Fkey=abc", "/a?api%5Fkey=<<abc>>");
	check_url("/a?client_secret=a%20b", "/a?client_secret=<<a b>>");
	check_url("/a?password=&api_key", "/a?password=&api_key");
	check_url("https://h/a?X-Amz-Signature=0f#f",
	    "https://h/a?X-Amz-Signature=<<0f>>#f");
	check_url("/access_token=abc", "/access_token=abc");
}

static void
names_that_say_little_need_a_value_that_looks_random(void)
{
	given("");
	check_url("/a?key=name&token=next", "/a?key=name&token=next");
	check_url("/a?key=0123456789abcdef", "/a?key=<<0123456789abcdef>>");
	check_url("/a?sig=aGVsbG8gd29ybGQgMTIz%3D",
	    "/a?sig=<<aGVsbG8gd29ybGQgMTIz=>>");
	check_body("application/json",
	    "{\"token\":\" Hello\",\"token\":\"0123456789abcdef\"}",
	    "{\"token\":\" Hello\",\"token\":\"<<0123456789abcdef>>\"}");
}

static void
the_user_of_a_URL_goes_if_there_is_a_password(void)
{
	given("");
	check_url("https://u:p%40@h/", "https://<<u:p@>>@h/");
	check_url("git+ssh://git@h/x", "git+ssh://git@h/x");
	check_url("https://h:8080/a@b", "https://h:8080/a@b");
	check_url("https://ghp_0123456789abcdefghijABCDEFGHIJ012345@h/",
	    "https://<<ghp_0123456789abcdefghijABCDEFGHIJ012345>>@h/");
}

static void
tokens_in_a_path_go(void)
{
	given("");
	check_url("/x/" JWT "/y?z", "/x/<<" JWT ">>/y?z");
}

static void
what_is_encoded_in_a_pair_is_looked_into(void)
{
	given("");
	check_url("/?to=https%3A%2F%2Fh%2F%3Faccess_token%3Dabc%26x%3D1",
	    "/?to=https%3A%2F%2Fh%2F%3Faccess_token%3D<<abc>>%26x%3D1");
	check_body("application/x-www-form-urlencoded",
	    "payload=%7B%22password%22%3A%22a%5C%22b%22%7D&x=1",
	    "payload=%7B%22password%22%3A%22<<a\"b>>%22%7D&x=1");
}

/* ---- bodies ----------------------------------------------------------- */

static void
members_of_JSON_go(void)
{
	given("");
	check_body("application/json",
	    "{\"access_token\":\"abc\",\"expires_in\":3600}",
	    "{\"access_token\":\"<<abc>>\",\"expires_in\":3600}");
	check_body("application/json",
	    "{ \"clientSecret\" : \"a\\/b\\u003d\" }",
	    "{ \"clientSecret\" : \"<<a/b=>>\" }");
	check_body("application/json",
	    "{\"password\":12345,\"secret\":null,\"pwd\":\"\",\"pass\":true}",
	    "{\"password\":<<#12345>>,\"secret\":null,\"pwd\":\"\","
	    "\"pass\":true}");
	check_body("application/json", "{\"password\":[\"a\", \"b\"],\"c\":1}",
	    "{\"password\":[\"<<a>>\", \"<<b>>\"],\"c\":1}");
	check_body("application/json", "{\"password\":{\"type\":\"string\"}}",
	    "{\"password\":{\"type\":\"string\"}}");
	check_body("", "{\"Authorization\":\"Bearer abc\"}",
	    "{\"Authorization\":\"Bearer <<abc>>\"}");
	check_body("", "{\"Cookie\":\"a=b; c=d\"}",
	    "{\"Cookie\":\"a=<<b>>; c=<<d>>\"}");
}

static void
JSON_in_strings_and_events_is_looked_into(void)
{
	given("");
	check_body("application/json",
	    "{\"m\":\"{\\\"password\\\":\\\"a\\\",\\\"b\\\":1}\"}",
	    "{\"m\":\"{\\\"password\\\":\\\"<<a>>\\\",\\\"b\\\":1}\"}");
	check_body("text/event-stream",
	    "data: {\"id_token\":\"x\"}\n\ndata: {\"a\":1}\n\n",
	    "data: {\"id_token\":\"<<x>>\"}\n\ndata: {\"a\":1}\n\n");
	check_body("application/json",
	    "{\"u\":\"https:\\/\\/h\\/?a=1\\u0026access_token=abc\"}",
	    "{\"u\":\"https:\\/\\/h\\/?a=1\\u0026access_token=<<abc>>\"}");
}

static void
pairs_of_name_and_value_go(void)
{
	given("");
	check_body("application/json",
	    "[{\"name\":\"X-Api-Key\",\"value\":\"k\"},"
	    "{\"name\":\"a\",\"value\":\"b\"}]",
	    "[{\"name\":\"X-Api-Key\",\"value\":\"<<k>>\"},"
	    "{\"name\":\"a\",\"value\":\"b\"}]");
}

/* Its name and its value are closer when the secret between has gone. */
static void
a_secret_that_another_one_hid_goes(void)
{
	struct buf text = { 0 }, expected = { 0 };
	char far[300];

	memset(far, 'f', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	given("");
	buf_addf(&text,
	    "{\"name\":\"X-Api-Key\",\"password\":\"%s\",\"value\":\"k\"}",
	    far);
	buf_addf(&expected,
	    "{\"name\":\"X-Api-Key\",\"password\":\"<<%s>>\","
	    "\"value\":\"<<k>>\"}",
	    far);
	check_body("application/json", buf_text(&text), buf_text(&expected));
	buf_free(&text);
	buf_free(&expected);
}

static void
fields_of_forms_go(void)
{
	given("");
	check_body("application/x-www-form-urlencoded; charset=utf-8",
	    "user=a&password=b%26c&grant_type=password",
	    "user=a&password=<<b&c>>&grant_type=password");
	check_body("multipart/form-data; boundary=\"x\"",
	    "--x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n"
	    "abc\r\n--x\r\nContent-Disposition: form-data; name=a\r\n\r\n"
	    "{\"pwd\":\"p\"}\r\n--x--\r\n",
	    "--x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n"
	    "<<abc>>\r\n--x\r\nContent-Disposition: form-data; name=a\r\n\r\n"
	    "{\"pwd\":\"<<p>>\"}\r\n--x--\r\n");
	check_body("multipart/form-data; boundary=x",
	    "--x\r\ncontent-disposition: form-data; name=\"pwd\"\r\n\r\nab",
	    "--x\r\ncontent-disposition: form-data; name=\"pwd\"\r\n\r\n"
	    "<<ab>>");
}

static void
tokens_of_vendors_go_wherever_they_are(void)
{
	static const char *const tokens[] = {
		"AKIAIOSFODNN7EXAMPLE",
		"ghp_0123456789abcdefghijABCDEFGHIJ012345",
		"github_pat_11ABCDEFG0abcdefghijkl_"
		"0123456789012345678901234567890123456789012345678901234567",
		"glpat-abcdefghij0123456789",
		"xoxb-123456789012-abcdefghijkl",
		"sk_live_0123456789abcdefABCDEF",
		"AIzaSyA0123456789abcdefghijklmnopqrstuv",
		"npm_0123456789abcdefghijABCDEFGHIJ012345",
		"hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
		"SG.0123456789abcdefghijAB."
		"0123456789abcdefghijABCDEFGHIJ0123456789abc",
		"hvs.0123456789abcdefghijABCDEF",
		"shpat_0123456789abcdef0123456789abcdef",
		JWT,
	};
	struct buf text = { 0 }, expected = { 0 };
	size_t i;

	given("");
	for (i = 0; i < sizeof(tokens) / sizeof(*tokens); i++) {
		text.n = expected.n = 0;
		buf_addf(&text, "a %s, \"%s\".\n", tokens[i], tokens[i]);
		buf_addf(
		    &expected, "a <<%s>>, \"<<%s>>\".\n", tokens[i], tokens[i]);
		check_body("text/plain", buf_text(&text), buf_text(&expected));
		text.n = 0;
		buf_addf(&text, "xy%s %.*sz*", tokens[i],
		    (int)strlen(tokens[i]) / 3, tokens[i]);
		check_body("text/plain", buf_text(&text), buf_text(&text));
	}
	buf_free(&text);
	buf_free(&expected);
}

/* Text is passed over several bytes at a time. */
static void
a_secret_is_found_at_any_offset_of_any_text(void)
{
	static const char key[] = "AKIAIOSFODNN7EXAMPL2";
	char text[80], expected[96];
	int before, behind;

	given("");
	for (before = 0; before < 24; before++)
		for (behind = 0; behind < 12; behind++) {
			snprintf(text, sizeof(text), "%.*s%s%.*s", before,
			    "                        ", key, behind,
			    "            ");
			snprintf(expected, sizeof(expected), "%.*s<<%s>>%.*s",
			    before, "                        ", key, behind,
			    "            ");
			check_body("text/plain", text, expected);
			snprintf(text, sizeof(text),
			    "%.*s?sid=a1b2c3d4e5f6a7b8", before,
			    "........................");
			snprintf(expected, sizeof(expected),
			    "%.*s?sid=<<a1b2c3d4e5f6a7b8>>", before,
			    "........................");
			check_body("text/plain", text, expected);
		}
}

static void
a_private_key_goes_and_its_lines_stay(void)
{
	given("");
	check_body("application/json",
	    "{\"private_key\":\"-----BEGIN PRIVATE KEY-----\\n"
	    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n-----END PRIVATE "
	    "KEY-----\\n\"}",
	    "{\"private_key\":\"-----BEGIN PRIVATE KEY-----"
	    "<<MIIEvQIBADANBgkqhkiG9w0BAQEFAASC>>-----END PRIVATE "
	    "KEY-----\\n\"}");
	check_body("text/plain",
	    "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n",
	    "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n");
	check_body("text/plain", "-----BEGIN RSA PRIVATE KEY----- <b>is",
	    "-----BEGIN RSA PRIVATE KEY----- <b>is");
}

static void
what_is_no_text_is_left_alone(void)
{
	static const char nul[] = "\0{\"password\":\"a\"}";

	given("");
	check_body("image/png", "{\"password\":\"a\"}", "{\"password\":\"a\"}");
	check_body("image/svg+xml", "{\"password\":\"a\"}",
	    "{\"password\":\"<<a>>\"}");
	CHECK(!secrets_are_possible(
	    STR("text/plain"), (struct str){ nul, sizeof(nul) }));
}

static void
a_coded_body_is_coded_again(void)
{
	static const char *const codings[] = { "gzip", "deflate", "br", "zstd",
		"br, gzip" };
	static const struct str body = { "{\"password\":\"a\"}", 16 };
	struct arena a = { 0 };
	struct buf coded = { 0 }, plain = { 0 };
	struct headers h = { 0 };
	size_t i;

	given("");
	for (i = 0; i < sizeof(codings) / sizeof(*codings); i++) {
		h.n = coded.n = out.n = plain.n = 0;
		headers_add(
		    &h, &a, STR("Content-Encoding"), str_of(codings[i]));
		CHECK_INT(coding_encode(str_of(codings[i]), body, &coded), 0);
		CHECK_INT(redact_body(&redaction, &h, buf_str(&coded), &out),
		    REDACT_CHANGED);
		CHECK_INT(coding_decode(
			      str_of(codings[i]), buf_str(&out), 1000, &plain),
		    CODING_DONE);
		CHECK_STR(buf_text(&plain), wanted("{\"password\":\"<<a>>\"}"));
	}
	arena_fini(&a);
	buf_free(&coded);
	buf_free(&plain);
}

static void
a_body_that_cannot_be_decoded_is_dropped(void)
{
	struct arena a = { 0 };
	struct headers h = { 0 };

	given("");
	headers_add(&h, &a, STR("Content-Encoding"), STR("gzip"));
	CHECK_INT(
	    redact_body(&redaction, &h,
		(struct str){ "\x1f\x8b\x08\0\0\0\0\0\0\x03\xff", 11 }, &out),
	    REDACT_DROPPED);
	CHECK(redaction.dropped);
	out.n = 0;
	CHECK_INT(
	    redact_body(&redaction, &h, STR("{\"password\":\"a\"}"), &out),
	    REDACT_CHANGED);
	headers_add(&h, &a, STR("Content-Type"), STR("image/png"));
	CHECK_INT(redact_body(&redaction, &h, STR("\x1f\x8b\x08"), &out),
	    REDACT_SAME);
	arena_fini(&a);
}

/* ---- rules ------------------------------------------------------------ */

static void
rules_name_more_secrets(void)
{
	given("* * redact query ts\n* * redact header X-Mine*\n"
	      "* * redact form f\n* * redact json /a/b $..deep\n"
	      "* * redact pattern id-([0-9]+)\n");
	check_url("/path?ts=5&t=6", "/path?ts=<<5>>&t=6");
	check_field("x-mine-too", "v", "<<v>>");
	check_body(
	    "application/x-www-form-urlencoded", "f=1&g=2", "f=<<1>>&g=2");
	check_body("application/json",
	    "{\"a\":{\"b\":{\"c\":[1,\"x\",true]}},\"deep\":\"y\"}",
	    "{\"a\":{\"b\":{\"c\":[<<#1>>,\"<<x>>\",true]}},"
	    "\"deep\":\"<<y>>\"}");
	check_body("text/plain", "an id-17.", "an id-<<17>>.");
	check_url("/path/id-17", "/path/id-<<17>>");
	given("POST * redact query ts\n* /other redact query ts\n");
	check_url("/path?ts=5", "/path?ts=5");
}

static void
rules_exempt_what_is_none(void)
{
	given("* * keep query access_token\n* * keep header Cookie\n"
	      "* * keep form password\n* * keep json /password\n"
	      "* * keep pattern ^test_\n");
	check_url("/path?access_token=a&api_key=b",
	    "/path?access_token=a&api_key=<<b>>");
	check_field("Cookie", "a=b", "a=b");
	check_body("application/x-www-form-urlencoded", "password=b&secret=x",
	    "password=b&secret=<<x>>");
	check_body("application/json",
	    "{\"password\":\"a\",\"b\":{\"password\":\"c\"}}",
	    "{\"password\":\"a\",\"b\":{\"password\":\"<<c>>\"}}");
	check_field("X-Api-Key", "test_1", "test_1");
	check_field("X-Api-Key", "a test_1", "<<a test_1>>");
}

/* ---- exchanges -------------------------------------------------------- */

static struct exchange *
exchange(void)
{
	struct exchange *x = exchange_new();

	x->method = STR("GET");
	x->target = STR("/a?api_key=k");
	x->url = STR("https://u:p@h/a?api_key=k");
	x->scope = STR("");
	x->status = 200;
	return x;
}

static void
all_of_an_exchange_is_redacted(void)
{
	struct exchange *x = exchange();
	struct arena *a = &x->arena;

	given("");
	headers_add(&x->request.trailers, a, STR("X-Api-Key"), STR("k"));
	headers_add(&x->response.trailers, a, STR("Set-Cookie"), STR("a=b"));
	x->interims = arena_zalloc(a, sizeof(*x->interims));
	headers_add(&x->interims->headers, a, STR("Link"), STR("</?pwd=x>"));
	x->failure = STR("no answer of https://h/?api_key=k");
	x->extra = STR("{\"request\":{\"cookies\":[{\"name\":\"s\","
		       "\"value\":\"c\"}],\"_token\":\"" JWT "\"}}");
	CHECK(redact_exchange(redactor, x));
	CHECK_VIEW(x->target, wanted("/a?api_key=<<k>>"));
	CHECK_VIEW(x->url, wanted("https://<<u:p>>@h/a?api_key=<<k>>"));
	CHECK_VIEW(x->request.trailers.v[0].value, wanted("<<k>>"));
	CHECK_VIEW(x->response.trailers.v[0].value, wanted("a=<<b>>"));
	CHECK_VIEW(x->interims->headers.v[0].value, wanted("</?pwd=<<x>>>"));
	CHECK_VIEW(x->failure, wanted("no answer of https://h/?api_key=<<k>>"));
	CHECK_VIEW(x->extra,
	    wanted("{\"request\":{\"cookies\":[{\"name\":\"s\","
		   "\"value\":\"<<c>>\"}],\"_token\":\"<<" JWT ">>\"}}"));
	exchange_free(x);
}

static void
lengths_marks_and_digests_follow_the_body(void)
{
	struct exchange *x = exchange();
	struct chunk_mark marks[] = { { 0, 1 }, { 14, 2 }, { 17, 3 } };
	struct headers *h = &x->response.headers;

	given("");
	headers_add(h, &x->arena, STR("Content-Length"), STR("19"));
	headers_add(h, &x->arena, STR("Content-MD5"), STR("x"));
	headers_add(h, &x->arena, STR("A"), STR("b"));
	buf_add_text(&x->response.body.bytes, "{\"password\":\"ab\"}..");
	x->response.body.size = 19;
	x->chunks = marks;
	x->nchunks = 3;
	CHECK(redact_exchange(redactor, x));
	CHECK_VIEW(buf_str(&x->response.body.bytes),
	    wanted("{\"password\":\"<<ab>>\"}.."));
	CHECK_INT(x->response.body.size, 45);
	CHECK_INT(h->n, 2);
	CHECK_VIEW(h->v[0].value, "45");
	CHECK_VIEW(h->v[1].name, "A");
	CHECK_INT(marks[0].offset, 0);
	CHECK_INT(marks[1].offset, 14);
	CHECK_INT(marks[2].offset, 43);
	exchange_free(x);
}

/* ---- streams ---------------------------------------------------------- */

/* The text in pieces of step bytes; what becomes of it, in out. */
static bool
stream(const char *type, const struct buf *text, size_t step)
{
	struct exchange *x = exchange();
	struct redact_stream *s;
	struct buf b = { 0 };
	size_t at, n;
	bool kept;

	headers_add(
	    &x->response.headers, &x->arena, STR("Content-Type"), str_of(type));
	s = redact_stream_new(&redaction, &x->response.headers);
	out.n = 0;
	for (at = 0; at < text->n; at += n) {
		n = step < text->n - at ? step : text->n - at;
		buf_add(&b, text->p + at, n);
		redact_stream_take(s, &b, &out);
	}
	kept = redact_stream_end(s, &b);
	buf_add_str(&out, buf_str(&b));
	redact_stream_free(s);
	exchange_free(x);
	buf_free(&b);
	return kept;
}

static void
a_stream_is_redacted_as_if_it_came_at_once(void)
{
	struct buf text = { 0 }, whole = { 0 };
	size_t i, steps[] = { 999, 4096, 70000, 1u << 20 };

	given("");
	for (i = 0; i < 3000; i++)
		buf_addf(&text,
		    "{\"n\":%zu,\"password\" : \"pass %zu\",\"pad\":\"%0*d\","
		    "\"u\":\"https://h/?api_key=%zu\"}\n",
		    i, i, (int)(i * 7919 % 300), 0, i);
	buf_add_text(&text, "a " JWT " at the end");
	CHECK(redact_text(&redaction, buf_str(&text), &whole));
	CHECK(memmem(whole.p, whole.n, "pass ", 5) == NULL);
	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		CHECK(stream("application/json", &text, steps[i]));
		CHECK(str_eq(buf_str(&out), buf_str(&whole)));
	}
	buf_free(&text);
	buf_free(&whole);
}

static void
a_stream_that_is_no_text_passes(void)
{
	struct buf data = { 0 };

	given("");
	memset(buf_reserve(&data, 3000000), 0, 3000000);
	data.n = 3000000;
	CHECK(stream("application/octet-stream", &data, 1u << 20));
	CHECK(str_eq(buf_str(&out), buf_str(&data)));
	buf_free(&data);
}

static void
a_stream_that_has_to_be_whole_is_bounded(void)
{
	struct buf data = { 0 };

	given("* * redact json /a");
	buf_add_text(&data, "{\"b\":\"");
	memset(buf_reserve(&data, REDACT_WHOLE), 'x', REDACT_WHOLE);
	data.n += REDACT_WHOLE;
	CHECK(!stream("application/json", &data, 1u << 20));
	CHECK_INT(out.n, 0);
	CHECK(redaction.dropped);
	data.n = 3u << 20;
	buf_add_text(&data, "\",\"a\":\"y\"}");
	CHECK(stream("application/json", &data, 1u << 20));
	CHECK(memmem(out.p, out.n, "\"y\"", 3) == NULL);
	CHECK_INT(out.n, data.n + PSEUDONYM_BYTES - 1);
	buf_free(&data);
}

static void
placeholders_are_none(void)
{
	CHECK(secret_is_placeholder(STR("xxxxxxxx")));
	CHECK(secret_is_placeholder(STR("${TOKEN}")));
	CHECK(secret_is_placeholder(STR("<token>")));
	CHECK(secret_is_placeholder(STR("")));
	CHECK(!secret_is_placeholder(STR("hunter2")));
}

static void
all_is_given_back(void)
{
	redaction_end(&redaction);
	redactor_free(redactor);
	rules_free(rules);
	buf_free(&out);
	buf_free(&want);
}

RUN(TEST(the_hmac_is_that_of_RFC_4231),
    TEST(equal_secrets_have_equal_pseudonyms_of_one_key),
    TEST(a_pseudonym_is_known_by_its_check_characters),
    TEST(a_jwt_stays_one_without_its_signature),
    TEST(texts_that_differ_in_secrets_only_are_level),
    TEST(what_pseudonyms_a_text_has_is_hashed_in_order),
    TEST(credentials_go_and_their_scheme_stays),
    TEST(values_of_cookies_go_and_names_and_attributes_stay),
    TEST(fields_for_keys_of_APIs_go_as_a_whole),
    TEST(other_fields_are_looked_into), TEST(secrets_in_a_query_go),
    TEST(names_that_say_little_need_a_value_that_looks_random),
    TEST(the_user_of_a_URL_goes_if_there_is_a_password),
    TEST(tokens_in_a_path_go), TEST(what_is_encoded_in_a_pair_is_looked_into),
    TEST(members_of_JSON_go), TEST(JSON_in_strings_and_events_is_looked_into),
    TEST(pairs_of_name_and_value_go), TEST(a_secret_that_another_one_hid_goes),
    TEST(fields_of_forms_go), TEST(tokens_of_vendors_go_wherever_they_are),
    TEST(a_secret_is_found_at_any_offset_of_any_text),
    TEST(a_private_key_goes_and_its_lines_stay),
    TEST(what_is_no_text_is_left_alone), TEST(a_coded_body_is_coded_again),
    TEST(a_body_that_cannot_be_decoded_is_dropped),
    TEST(rules_name_more_secrets), TEST(rules_exempt_what_is_none),
    TEST(all_of_an_exchange_is_redacted),
    TEST(lengths_marks_and_digests_follow_the_body),
    TEST(a_stream_is_redacted_as_if_it_came_at_once),
    TEST(a_stream_that_is_no_text_passes),
    TEST(a_stream_that_has_to_be_whole_is_bounded), TEST(placeholders_are_none),
    TEST(all_is_given_back))
