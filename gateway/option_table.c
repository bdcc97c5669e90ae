/* The option table, and how the text of each kind of option becomes its
 * value. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/settings.h"
#include "mock/contract.h"
#include "recorder/rules.h"
#include "recorder/store.h"

#include "gateway/option_table.h"

#define K UINT64_C(1024)
#define M (K * K)
#define G (K * M)
#define MS UINT64_C(1000)
#define H (3600 * 1000 * MS)

static int
option_set_text(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	char **slot = (char **)(void *)((char *)s + o->slot);
	size_t n = strlen(text), i;

	for (i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			break;
	if (n == 0 || n > o->most || i < n)
		return err_set(e,
		    "%.200s: expected %s of 1 to %d bytes, without control "
		    "characters",
		    text, o->argument, (int)o->most);
	free(*slot);
	*slot = xstrdup(text);
	return 0;
}

static int
option_set_store(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	if (store_name_check(text, e) == -1)
		return -1;
	return option_set_text(s, o, text, e);
}

static int
option_set_number(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	struct buf least = { 0 }, most = { 0 };
	uint64_t v;

	if (value_parse(o->kind, text, &v) == -1 || v < o->least ||
	    v > o->most) {
		value_render(o->kind, o->least, &least);
		value_render(o->kind, o->most, &most);
		err_set(e, "%.200s: expected %s, from %s to %s", text,
		    value_example(o->kind), buf_text(&least), buf_text(&most));
		buf_free(&least);
		buf_free(&most);
		return -1;
	}
	/* Sizes are uint64_t, times int64_t: the same bytes in range. */
	memcpy((char *)s + o->slot, &v, sizeof(v));
	return 0;
}

/* 0 for auto. */
static int
option_set_size_or_auto(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	struct err why;

	if (strcmp(text, "auto") == 0) {
		memset((char *)s + o->slot, 0, sizeof(uint64_t));
		return 0;
	}
	return option_set_number(s, o, text, &why) == 0
		   ? 0
		   : err_set(e, "%s, or auto", why.text);
}

static int
option_set_body_limit(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	s->body_limit_given = true;
	return option_set_number(s, o, text, e);
}

/* Where text is among the words of o, or -1. */
static int
option_word(const struct option *o, const char *text, struct err *e)
{
	struct buf words = { 0 };
	int i;

	for (i = 0; o->choices[i] != NULL; i++) {
		if (strcmp(o->choices[i], text) == 0) {
			buf_free(&words);
			return i;
		}
		buf_addf(&words, "%s%s", i > 0 ? ", " : "", o->choices[i]);
	}
	err_set(e, "%.200s: expected one of %s", text, buf_text(&words));
	buf_free(&words);
	return -1;
}

static int
option_set_choice(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	int word = option_word(o, text, e);

	if (word == -1)
		return -1;
	/* An enum has the size of an int and no negative value here. */
	memcpy((char *)s + o->slot, &word, sizeof(word));
	return 0;
}

/* One of two words for a bool, the first for false. */
static int
option_set_either(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	bool *slot = (bool *)((char *)s + o->slot);
	int word = option_word(o, text, e);

	if (word == -1)
		return -1;
	*slot = word == 1;
	return 0;
}

static int
option_set_flag(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	bool *slot = (bool *)((char *)s + o->slot);

	if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
		return err_set(e, "%.200s: expected on or off", text);
	*slot = strcmp(text, "on") == 0;
	return 0;
}

static int
option_set_listen(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of addresses */
	return settings_listen(s, text, e);
}

static int
option_set_admin(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one admin port */
	return settings_admin(s, text, e);
}

static int
option_set_admin_host(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of its names */
	return settings_admin_host(s, text, e);
}

static int
option_set_intercept(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of hosts */
	return settings_intercept(s, text, e);
}

static int
option_set_upstream_cert(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of certificates */
	return settings_upstream_cert(s, text, e);
}

static int
option_set_upstream_key(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* the same */
	return settings_upstream_key(s, text, e);
}

static int
option_set_resolve(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of addresses */
	return settings_resolve(s, text, e);
}

static int
option_set_allow_upstream(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of ranges */
	return ranges_add(&s->ranges, text, true, e);
}

static int
option_set_deny_upstream(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* the same */
	return ranges_add(&s->ranges, text, false, e);
}

static int
option_set_sandbox_path(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of paths */
	return settings_sandbox_path(s, text, e);
}

static int
option_set_proxy_auth(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one pair */
	return settings_proxy_auth(s, text, e);
}

static int
option_set_session(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of ways */
	return settings_session(s, text, e);
}

static int
option_set_mocks(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of files */
	return settings_mocks(s, text, e);
}

static int
option_set_openapi(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of descriptions */
	return settings_openapi(s, text, e);
}

static int
option_set_contract_ignore(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one set of kinds */
	return contract_read_kinds(text, &s->contract_ignore, e);
}

static int
option_set_upstream(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of upstreams */
	return settings_upstream(s, text, e);
}

static int
option_set_upstream_mode(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of upstreams */
	return settings_upstream_mode(s, text, e);
}

static int
option_set_mode_for(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one list of routes */
	return settings_mode_for(s, text, e);
}

static int
option_set_rule(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o; /* there is one set of rules */
	return rules_add(s->rules, str_of(text), e);
}

static int
option_set_rules(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)o;
	settings_add_file(s, text);
	return rules_load(s->rules, text, e);
}

static int
option_set_config(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	(void)s;
	(void)o;
	return err_set(e, "%.200s: expected on the command line only", text);
}

/* A word, a factor or, where o has a range, a time. */
static int
option_set_pace(
    struct settings *s, const struct option *o, const char *text, struct err *e)
{
	struct pace_setting *slot =
	    (struct pace_setting *)(void *)((char *)s + o->slot);
	uint64_t permille = 0, us = 0;

	if (strcmp(text, "recorded") == 0)
		permille = 1000;
	else if (strcmp(text, o->choices[0]) != 0 &&
		 value_factor(text, &permille) == -1 &&
		 (o->most == 0 || value_parse(VALUE_TIME, text, &us) == -1 ||
		     us > o->most))
		return err_set(e,
		    "%.200s: expected %s, recorded, %sa factor from x0.001 to "
		    "x1000",
		    text, o->choices[0],
		    o->most > 0 ? "a time up to 24h such as 300ms, or "
				: "or ");
	*slot = (struct pace_setting){ .permille = permille,
		.fixed_us = (int64_t)us };
	return 0;
}

static const char *const words_latency[] = { "none", NULL };
static const char *const words_stream[] = { "asap", NULL };
static const char *const words_log[] = { "text", "json", NULL };
static const char *const words_sandbox[] = {
	[SANDBOX_OFF] = "off",
	[SANDBOX_AUTO] = "auto",
	[SANDBOX_ON] = "on",
	[SANDBOX_OFFLINE] = "offline",
	NULL,
};
static const char *const words_callbacks[] = {
	[CALLBACKS_AUTO] = "auto",
	[CALLBACKS_ON] = "on",
	[CALLBACKS_OFF] = "off",
	NULL,
};

static const char *const words_on_miss[] = {
	[ON_MISS_501] = "501",
	[ON_MISS_404] = "404",
	[ON_MISS_502] = "502",
	[ON_MISS_DROP] = "drop",
	[ON_MISS_FORWARD] = "forward",
	NULL,
};
static const char *const words_access[] = {
	[ACCESS_COMBINED] = "combined",
	[ACCESS_JSON] = "json",
	[ACCESS_NDJSON] = "ndjson",
	NULL,
};
static const char *const words_match[] = {
	[MATCH_EXACT] = "exact",
	[MATCH_PLAYWRIGHT] = "playwright",
	NULL,
};
static const char *const words_max_tier[] = { "exact", "normalized", NULL };
static const char *const words_ws_match[] = {
	[WS_MATCH_STRICT] = "strict",
	[WS_MATCH_TOLERANT] = "tolerant",
	NULL,
};
static const char *const words_host[] = {
	[HOST_UPSTREAM] = "upstream",
	[HOST_CLIENT] = "client",
	NULL,
};
static const char *const words_durability[] = {
	[DURABILITY_BATCH] = "batch",
	[DURABILITY_STRICT] = "strict",
	[DURABILITY_OFF] = "off",
	NULL,
};
static const char *const words_on_record[] = {
	[ON_RECORD_APPEND] = "append",
	[ON_RECORD_REPLACE] = "replace",
	[ON_RECORD_KEEP_FIRST] = "keep-first",
	[ON_RECORD_REPLACE_IF_SUCCESS] = "replace-if-success",
	[ON_RECORD_FOLD] = "fold",
	NULL,
};
static const char *const words_cursors[] = {
	[CURSORS_OWN] = "own",
	[CURSORS_SHARED] = "shared",
	NULL,
};
static const char *const words_tls[] = {
	[TLS_OFF] = "off",
	[TLS_AUTO] = "auto",
	NULL,
};
static const char *const words_forward_proxy[] = {
	[FORWARD_PROXY_AUTO] = "auto",
	[FORWARD_PROXY_OFF] = "off",
	[FORWARD_PROXY_ON] = "on",
	NULL,
};
static const char *const words_forwarded[] = {
	[FORWARDED_NONE] = "none",
	[FORWARDED_X] = "x",
	[FORWARDED_RFC7239] = "rfc7239",
	NULL,
};

_Static_assert(sizeof(enum on_miss) == sizeof(int), "size of an enum");
_Static_assert(sizeof(enum tls_way) == sizeof(int), "size of an enum");
_Static_assert(sizeof(enum forward_proxy) == sizeof(int), "size of an enum");
_Static_assert(sizeof(enum on_record) == sizeof(int), "size of an enum");
_Static_assert(sizeof(enum repeat) == sizeof(int), "size of an enum");
_Static_assert(sizeof(enum cursors_place) == sizeof(int), "size of an enum");
_Static_assert(sizeof(enum advance) == sizeof(int), "size of an enum");
_Static_assert(sizeof(enum durability) == sizeof(int), "size of an enum");

#define SLOT(member) .slot = offsetof(struct settings, member)
#define TEXT(member, longest) \
	.set = option_set_text, SLOT(member), .most = (longest)
#define NUMBER(member, its_kind, from, to) \
	.set = option_set_number, SLOT(member), .kind = (its_kind), \
	.least = (from), .most = (to)
#define SIZE(member, from, to) \
	NUMBER(member, VALUE_SIZE, from, to), .argument = "SIZE"
#define SIZE_OR_AUTO(member, from, to) \
	.set = option_set_size_or_auto, SLOT(member), .kind = VALUE_SIZE, \
	.least = (from), .most = (to), .argument = "SIZE|auto"
#define TIME(member, from, to) \
	NUMBER(member, VALUE_TIME, from, to), .argument = "TIME"
#define CHOICE(member, words) \
	.set = option_set_choice, SLOT(member), .choices = (words)
#define FLAG(member) \
	.set = option_set_flag, SLOT(member), .argument = "on|off", .flag = true

const struct option option_table[] = {
	{
	    .name = "listen",
	    .set = option_set_listen,
	    .initial = "127.0.0.1:8080",
	    .argument = "ADDR:PORT",
	    .help = "accept here; port 0 takes a free one",
	    .repeatable = true,
	},
	{
	    .name = "store",
	    .set = option_set_store,
	    SLOT(store),
	    .most = 4095,
	    .initial = "./hark.db",
	    .argument = "PATH",
	    .help = "the recordings: an SQLite file or "
		    "postgresql://...",
	    .store = true,
	},
	{
	    .name = "tape",
	    TEXT(tape, 200),
	    .initial = "default",
	    .argument = "NAME",
	    .help = "the tape to record on and to replay from",
	    .store = true,
	},
	{
	    .name = "store-timeout",
	    TIME(store_timeout, MS, H),
	    .initial = "5s",
	    .help = "how long a request waits for a shared store",
	},
	{
	    .name = "store-poll",
	    TIME(store_poll, MS, H),
	    .initial = "250ms",
	    .help = "how often a shared store is asked for changes",
	},
	{
	    .name = "workers",
	    NUMBER(workers, VALUE_COUNT, 0, 256),
	    .initial = "0",
	    .argument = "N",
	    .help = "threads; 0 is one per processor",
	},
	{
	    .name = "ready-file",
	    TEXT(ready_file, 4000),
	    .argument = "FILE",
	    .help = "write the bound addresses here when accepting",
	},
	{
	    .name = "admin",
	    .set = option_set_admin,
	    .argument = "ADDR:PORT|unix:PATH|off",
	    .help = "the admin port; 127.0.0.1:8081 or, taken, a free one",
	},
	{
	    .name = "admin-token",
	    TEXT(admin_token, 200),
	    .argument = "TOKEN",
	    .secret = true,
	    .help = "what requests to it must know; HARK_ADMIN_TOKEN, too",
	},
	{
	    .name = "admin-host",
	    .set = option_set_admin_host,
	    .argument = "NAME",
	    .help = "a further name by which it may be asked",
	    .repeatable = true,
	},
	{
	    .name = "upstream",
	    .set = option_set_upstream,
	    .argument = "PREFIX=URL",
	    .help = "forward PREFIX there without it (PREFIX+=URL: with it)",
	    .repeatable = true,
	    .upstream = true,
	    .live = true,
	},
	{
	    .name = "upstream-mode",
	    .set = option_set_upstream_mode,
	    .argument = "[PREFIX=]MODE",
	    .help = "another mode for what goes to that upstream",
	    .repeatable = true,
	    .live = true,
	},
	{
	    .name = "mode-for",
	    .set = option_set_mode_for,
	    .argument = "[METHODS ]PATTERN=MODE",
	    .help = "another mode for requests like this",
	    .repeatable = true,
	    .live = true,
	},
	{
	    .name = "mocks",
	    .set = option_set_mocks,
	    .argument = "[PREFIX=]FILE",
	    .help = "mocked routes: a Mockoon environment",
	    .repeatable = true,
	},
	{
	    .name = "watch",
	    FLAG(watch),
	    .initial = "on",
	    .help = "take mocks files anew when they change",
	},
	{
	    .name = "mocks-write",
	    TEXT(mocks_write, 4000),
	    .argument = "FILE",
	    .help = "keep routes there that the admin port makes",
	},
	{
	    .name = "mock-state",
	    TEXT(mock_state, 4000),
	    .argument = "FILE",
	    .help = "keep what mocks remember there, for the next start",
	},
	{
	    .name = "mockoon-admin",
	    TEXT(mockoon_admin, 1000),
	    .argument = "TOKEN",
	    .secret = true,
	    .variable = "HARK_MOCKOON_ADMIN",
	    .help = "answer Mockoon's requests to purge state, with the token",
	},
	{
	    .name = "faker-locale",
	    TEXT(faker_locale, 32),
	    .initial = "en",
	    .argument = "LOCALE",
	    .help = "language of fake data in mocks",
	},
	{
	    .name = "faker-seed",
	    NUMBER(faker_seed, VALUE_COUNT, 0, UINT64_C(1) << 53),
	    .initial = "0",
	    .argument = "N",
	    .help = "fake data comes the same each time; 0 is another each",
	},
	{
	    .name = "mockoon-errors",
	    FLAG(mockoon_errors),
	    .initial = "off",
	    .help = "a template's error keeps its status, as in Mockoon",
	},
	{
	    .name = "mock-response-headers",
	    FLAG(mock_response_headers),
	    .initial = "on",
	    .help = "x-mock-response-code, -name and -id choose a response",
	},
	{
	    .name = "callbacks",
	    CHOICE(callbacks, words_callbacks),
	    .initial = "auto",
	    .argument = "auto|on|off",
	    .help = "send those of mocks; auto is on but in mode replay",
	},
	{
	    .name = "max-callbacks",
	    NUMBER(max_callbacks, VALUE_COUNT, 1, 1000000),
	    .initial = "1000",
	    .argument = "N",
	    .help = "callbacks that wait or are sent at a time",
	},
	{
	    .name = "max-callback-depth",
	    NUMBER(max_callback_depth, VALUE_COUNT, 0, 1000),
	    .initial = "100",
	    .argument = "N",
	    .help = "callbacks of callbacks, one behind the other",
	},
	{
	    .name = "callback-timeout",
	    TIME(callback_timeout, MS, 24 * H),
	    .initial = "30s",
	    .help = "how long one attempt at a callback may take",
	},
	{
	    .name = "callback-drain",
	    TIME(callback_drain, 0, 24 * H),
	    .initial = "2s",
	    .help = "how long callbacks that are due may take at the end",
	},
	{
	    .name = "openapi",
	    .set = option_set_openapi,
	    .argument = "[/PREFIX=]FILE",
	    .help = "hold requests and answers against this description",
	    .repeatable = true,
	},
	{
	    .name = "contract-ignore",
	    .set = option_set_contract_ignore,
	    .initial = "undocumented-query,undocumented-body",
	    .argument = "LIST",
	    .help = "violations that pass",
	    .live = true,
	},
	{
	    .name = "contract-header",
	    FLAG(contract_header),
	    .initial = "on",
	    .help = "say in X-Hark-Contract what was violated",
	    .live = true,
	},
	{
	    .name = "max-contract-body",
	    SIZE(max_contract_body, 0, 64 * M),
	    .initial = "1m",
	    .help = "longer bodies are not held against descriptions",
	    .live = true,
	},
	{
	    .name = "host-header",
	    CHOICE(host_header, words_host),
	    .initial = "upstream",
	    .argument = "upstream|client",
	    .help = "the Host that an upstream gets",
	    .live = true,
	},
	{
	    .name = "on-miss",
	    CHOICE(on_miss, words_on_miss),
	    .initial = "501",
	    .argument = "501|404|502|drop|forward",
	    .help = "what a request gets that nothing answers",
	    .live = true,
	},
	{
	    .name = "match",
	    CHOICE(match, words_match),
	    .initial = "exact",
	    .argument = "exact|playwright",
	    .help = "how a recording is found",
	},
	{
	    .name = "max-tier",
	    CHOICE(max_tier, words_max_tier),
	    .initial = "normalized",
	    .argument = "exact|normalized",
	    .help = "how loosely a recording may match, at most",
	},
	{
	    .name = "durability",
	    CHOICE(durability, words_durability),
	    .initial = "batch",
	    .argument = "batch|strict|off",
	    .help = "when a recording is safe on disk",
	    .store = true,
	},
	{
	    .name = "buffer",
	    TEXT(buffer, 4000),
	    .argument = "FILE",
	    .help = "where recordings wait for a shared store",
	},
	{
	    .name = "rule",
	    .set = option_set_rule,
	    .argument = "RULE",
	    .help = "METHODS PATTERN VERB ...: what counts in requests",
	    .repeatable = true,
	    .store = true,
	    .live = true,
	    .judged = true,
	},
	{
	    .name = "rules",
	    .set = option_set_rules,
	    .argument = "FILE",
	    .help = "read rules from this file, one a line",
	    .repeatable = true,
	    .store = true,
	    .live = true,
	    .judged = true,
	},
	{
	    .name = "diff",
	    FLAG(diff),
	    .initial = "off",
	    .help = "of spy: forward all and tell of drift from recordings",
	},
	{
	    .name = "redact",
	    FLAG(redact),
	    .initial = "on",
	    .help = "keep secrets out of what is recorded",
	    .store = true,
	},
	{
	    .name = "redact-key",
	    TEXT(redact_key, 4000),
	    .argument = "FILE",
	    .help = "key of what stands for secrets, instead of PATH-key",
	    .store = true,
	},
	{
	    .name = "on-record",
	    CHOICE(on_record, words_on_record),
	    .initial = "append",
	    .argument = "append|replace|keep-first|replace-if-success|fold",
	    .help = "what a request does that was recorded before",
	},
	{
	    .name = "retain-age",
	    NUMBER(retain_age, VALUE_AGE, 0, 36500 * UINT64_C(24) * H),
	    .initial = "0s",
	    .argument = "AGE",
	    .help = "remove entries that began longer ago; 0s: never",
	},
	{
	    .name = "retain-entries",
	    NUMBER(retain_entries, VALUE_COUNT, 0, UINT64_C(1) << 40),
	    .initial = "0",
	    .argument = "N",
	    .help = "remove the oldest beyond so many; 0: none",
	},
	{
	    .name = "retain-bytes",
	    SIZE(retain_bytes, 0, 1024 * 1024 * G),
	    .initial = "0",
	    .help = "remove the oldest beyond so much; 0: none",
	},
	{
	    .name = "retain-every",
	    TIME(retain_every, 100 * MS, 24 * H),
	    .initial = "10s",
	    .help = "how often it is looked whether some have to go",
	},
	{
	    .name = "repeat",
	    CHOICE(repeat, rules_words_repeat),
	    .initial = "hold",
	    .argument = "hold|cycle|fail|first|latest|by-time",
	    .help = "which of several recordings of one request is next",
	    .live = true,
	},
	{
	    .name = "cursors",
	    CHOICE(cursors, words_cursors),
	    .initial = "own",
	    .argument = "own|shared",
	    .help = "whether gateways of a shared store take turns",
	},
	{
	    .name = "session",
	    .set = option_set_session,
	    .initial = "header:X-Hark-Session",
	    .argument = "WAY:NAME",
	    .help = "how a client names its session",
	    .repeatable = true,
	},
	{
	    .name = "advance",
	    CHOICE(advance, rules_words_advance),
	    .initial = "always",
	    .argument = "always|on-write",
	    .help = "when a read comes to its next recording",
	    .live = true,
	},
	{
	    .name = "latency",
	    .set = option_set_pace,
	    SLOT(latency),
	    .choices = words_latency,
	    .most = 24 * H,
	    .initial = "none",
	    .argument = "none|recorded|xN|TIME",
	    .help = "wait in front of a recorded answer",
	    .live = true,
	},
	{
	    .name = "stream",
	    .set = option_set_pace,
	    SLOT(stream),
	    .choices = words_stream,
	    .initial = "asap",
	    .argument = "asap|recorded|xN",
	    .help = "rhythm of recorded answers that were streamed",
	    .live = true,
	},
	{
	    .name = "ws-match",
	    CHOICE(ws_match, words_ws_match),
	    .initial = "strict",
	    .argument = "strict|tolerant",
	    .help = "which messages a recorded WebSocket goes on with",
	    .live = true,
	},
	{
	    .name = "http-rules",
	    FLAG(http_rules),
	    .initial = "on",
	    .help = "answer HEAD, ranges and conditions from a full recording",
	    .live = true,
	},
	{
	    .name = "refresh-dates",
	    FLAG(refresh_dates),
	    .initial = "off",
	    .help = "move dates in fields and cookies by a recording's age",
	    .live = true,
	},
	{
	    .name = "forwarded",
	    CHOICE(forwarded, words_forwarded),
	    .initial = "none",
	    .argument = "none|x|rfc7239",
	    .help = "tell upstreams of the client: X-Forwarded-* or Forwarded",
	    .live = true,
	},
	{
	    .name = "via",
	    FLAG(via),
	    .initial = "off",
	    .help = "add a Via field in both directions",
	    .live = true,
	},
	{
	    .name = "traceparent",
	    FLAG(traceparent),
	    .initial = "off",
	    .help = "begin a trace for requests that are of none",
	},
	{
	    .name = "source-header",
	    FLAG(source_header),
	    .initial = "on",
	    .help = "say in X-Hark-Source where a reply comes from",
	    .live = true,
	},
	{
	    .name = "rewrite-location",
	    FLAG(rewrite_location),
	    .initial = "off",
	    .help = "point Location and Set-Cookie Domain to the gateway",
	    .live = true,
	},
	{
	    .name = "record-failures",
	    FLAG(record_failures),
	    .initial = "on",
	    .help = "store exchanges that failed at the upstream, too",
	    .live = true,
	},
	{
	    .name = "ws-record-limit",
	    SIZE(ws_record_limit, 64 * K, 2 * G),
	    .initial = "64m",
	    .help = "record no more of what passes on one WebSocket",
	    .live = true,
	},
	{
	    .name = "note-used",
	    FLAG(note_used),
	    .initial = "on",
	    .help = "note in PATH-used which entries were served",
	},
	{
	    .name = "forward-proxy",
	    CHOICE(forward_proxy, words_forward_proxy),
	    .initial = "auto",
	    .argument = "auto|on|off",
	    .help = "serve clients that name any origin; auto: without a URL",
	    .flag = true,
	},
	{
	    .name = "intercept",
	    .set = option_set_intercept,
	    .argument = "HOST",
	    .help = "open tunnels to hosts like this, not others (* is any)",
	    .repeatable = true,
	    .live = true,
	},
	{
	    .name = "proxy-auth",
	    .set = option_set_proxy_auth,
	    .argument = "USER:PASS",
	    .secret = true,
	    .variable = "HARK_PROXY_AUTH",
	    .help = "what clients of the forward proxy must know (407)",
	    .live = true,
	},
	{
	    .name = "allow-remote",
	    FLAG(allow_remote),
	    .initial = "off",
	    .help = "a forward proxy for other machines without --proxy-auth",
	},
	{
	    .name = "user",
	    TEXT(user, 255),
	    .argument = "USER[:GROUP]",
	    .help = "become this user when ports and keys are open",
	},
	{
	    .name = "sandbox",
	    CHOICE(sandbox, words_sandbox),
	    .initial = "off",
	    .argument = "off|auto|on|offline",
	    .help = "give up files and system calls that are not needed",
	},
	{
	    .name = "sandbox-path",
	    .set = option_set_sandbox_path,
	    .argument = "PATH",
	    .help = "a file or folder that can be read in it, too",
	    .repeatable = true,
	},
	{
	    .name = "tls",
	    CHOICE(tls, words_tls),
	    .initial = "off",
	    .argument = "off|auto",
	    .help = "serve HTTPS; auto: certificates of the local authority",
	},
	{
	    .name = "tls-cert",
	    TEXT(tls_cert, 4095),
	    .argument = "FILE",
	    .help = "serve HTTPS with this chain: PEM or PKCS #12",
	},
	{
	    .name = "tls-key",
	    TEXT(tls_key, 4095),
	    .argument = "PEM",
	    .help = "its key, when it is in a file of its own",
	},
	{
	    .name = "tls-password-file",
	    TEXT(tls_password_file, 4095),
	    .argument = "FILE",
	    .help = "password of these, instead of HARK_TLS_PASSWORD",
	},
	{
	    .name = "tls-client-ca",
	    TEXT(tls_client_ca, 4095),
	    .argument = "PEM",
	    .help = "file or folder; clients need a certificate of these",
	},
	{
	    .name = "http2",
	    FLAG(http2),
	    .initial = HTTP2_BUILT ? "on" : "off",
	    .help = "HTTP/2 where TLS agrees on it, on either side",
	    .upstream = true,
	},
	{
	    .name = "ca-dir",
	    TEXT(ca_dir, 4000),
	    .argument = "FOLDER",
	    .help = "where the local authority is (see hark ca)",
	},
	{
	    .name = "upstream-ca",
	    TEXT(upstream_ca, 4095),
	    .argument = "PEM",
	    .help = "file or folder of trusted authorities",
	    .upstream = true,
	},
	{
	    .name = "upstream-cert",
	    .set = option_set_upstream_cert,
	    .argument = "[HOST=]PEM",
	    .help = "client certificate for upstreams, or for HOST's",
	    .repeatable = true,
	    .upstream = true,
	},
	{
	    .name = "upstream-key",
	    .set = option_set_upstream_key,
	    .argument = "[HOST=]PEM",
	    .help = "key of the client certificate",
	    .repeatable = true,
	    .upstream = true,
	},
	{
	    .name = "resolve",
	    .set = option_set_resolve,
	    .argument = "HOST:PORT:ADDR",
	    .help = "the address of an upstream; * is any host",
	    .repeatable = true,
	    .upstream = true,
	    .live = true,
	},
	{
	    .name = "allow-upstream",
	    .set = option_set_allow_upstream,
	    .argument = "RANGE",
	    .help = "upstreams may have these addresses: the narrowest counts",
	    .repeatable = true,
	    .upstream = true,
	},
	{
	    .name = "deny-upstream",
	    .set = option_set_deny_upstream,
	    .argument = "RANGE",
	    .help = "and not these: 10.0.0.0/8, private, metadata, all, ...",
	    .repeatable = true,
	    .upstream = true,
	},
	{
	    .name = "upstream-proxy",
	    TEXT(upstream_proxy, 1023),
	    .secret = true,
	    .argument = "URL|none",
	    .help = "proxy to upstreams, instead of the environment's",
	    .upstream = true,
	},
	{
	    .name = "upstream-insecure",
	    FLAG(upstream_insecure),
	    .initial = "off",
	    .help = "do not verify certificates of upstreams",
	    .upstream = true,
	},
	{
	    .name = "max-request-body",
	    .set = option_set_body_limit,
	    SLOT(max_request_body),
	    .kind = VALUE_SIZE,
	    .most = 2 * G,
	    .initial = "64m",
	    .argument = "SIZE",
	    .help = "refuse longer request bodies (413)",
	    .live = true,
	},
	{
	    .name = "stream-request-body",
	    SIZE(stream_request_body, 0, 1024 * G),
	    .initial = "1m",
	    .help = "pass longer request bodies on as they come",
	    .live = true,
	},
	{
	    .name = "request-body-budget",
	    SIZE(request_body_budget, 0, 1024 * G),
	    .initial = "512m",
	    .help = "memory for request bodies of all connections",
	},
	{
	    .name = "request-spool-budget",
	    SIZE(request_spool_budget, 0, 1024 * G),
	    .initial = "16g",
	    .help = "disk for long request bodies that are looked up",
	},
	{
	    .name = "max-header-bytes",
	    SIZE(max_header_bytes, 1 * K, 16 * M),
	    .initial = "64k",
	    .help = "refuse longer header sections (431)",
	    .upstream = true,
	},
	{
	    .name = "max-headers",
	    NUMBER(max_headers, VALUE_COUNT, 1, 100000),
	    .initial = "200",
	    .argument = "N",
	    .help = "refuse more header fields (431)",
	    .upstream = true,
	},
	{
	    .name = "max-connections",
	    NUMBER(max_connections, VALUE_COUNT, 1, 10000000),
	    .initial = "20000",
	    .argument = "N",
	    .help = "client connections at a time",
	},
	{
	    .name = "max-sessions",
	    NUMBER(max_sessions, VALUE_COUNT, 1, 1000000),
	    .initial = "10000",
	    .argument = "N",
	    .help = "isolation sessions at a time",
	},
	{
	    .name = "cache-size",
	    SIZE_OR_AUTO(cache_bytes, 64 * K, 1024 * G),
	    .initial = "auto",
	    .help = "memory for recorded answers; auto goes by the machine's",
	},
	{
	    .name = "queue-size",
	    SIZE(queue_bytes, 64 * K, 1024 * G),
	    .initial = "16m",
	    .help = "memory for exchanges not written yet",
	},
	{
	    .name = "buffer-size",
	    SIZE(buffer_bytes, 16 * M, 1024 * G),
	    .initial = "1g",
	    .help = "disk for what waits for a shared store",
	},
	{
	    .name = "buffer-keep",
	    SIZE(buffer_keep, 0, 1024 * G),
	    .initial = "256m",
	    .help = "disk up to which it keeps what came there",
	},
	{
	    .name = "header-timeout",
	    TIME(header_timeout, MS, 24 * H),
	    .initial = "10s",
	    .help = "first byte of a request to the end of its head",
	    .live = true,
	},
	{
	    .name = "body-timeout",
	    TIME(body_timeout, MS, 24 * H),
	    .initial = "30s",
	    .help = "between two reads of a request body",
	    .live = true,
	},
	{
	    .name = "idle-timeout",
	    TIME(idle_timeout, MS, 24 * H),
	    .initial = "75s",
	    .help = "between two requests of a connection",
	    .live = true,
	},
	{
	    .name = "tunnel-idle-timeout",
	    TIME(tunnel_idle_timeout, 0, 30 * 24 * H),
	    .initial = "1h",
	    .help = "between two bytes of a WebSocket or tunnel; 0s: none",
	    .live = true,
	},
	{
	    .name = "connect-timeout",
	    TIME(connect_timeout, MS, 24 * H),
	    .initial = "10s",
	    .help = "resolve, connect and TLS together",
	    .upstream = true,
	    .live = true,
	},
	{
	    .name = "first-byte-timeout",
	    TIME(first_byte_timeout, MS, 24 * H),
	    .initial = "60s",
	    .help = "request written to the head of its response",
	    .upstream = true,
	    .live = true,
	},
	{
	    .name = "upstream-idle-timeout",
	    TIME(upstream_idle_timeout, MS, 24 * H),
	    .initial = "60s",
	    .help = "between two reads of a response",
	    .upstream = true,
	    .live = true,
	},
	{
	    .name = "send-timeout",
	    TIME(send_timeout, MS, 24 * H),
	    .initial = "60s",
	    .help = "how long a client may take nothing",
	    .live = true,
	},
	{
	    .name = "session-timeout",
	    TIME(session_timeout, MS, 24 * H),
	    .initial = "1h",
	    .help = "a session without requests for that long ends",
	},
	{
	    .name = "drain-timeout",
	    TIME(drain_timeout, 0, 24 * H),
	    .initial = "10s",
	    .help = "how long running exchanges may take at the end",
	},
	{
	    .name = "access-log",
	    TEXT(access_log, 4000),
	    .argument = "FILE",
	    .help = "a line for each exchange goes there; - is standard output",
	},
	{
	    .name = "access-format",
	    CHOICE(access_format, words_access),
	    .initial = "combined",
	    .argument = "combined|json|ndjson",
	    .help = "form of these lines; an object of JSON for the others",
	},
	{
	    .name = "traffic",
	    NUMBER(traffic, VALUE_COUNT, 1, 1000000),
	    .initial = "10000",
	    .argument = "N",
	    .help = "exchanges that the traffic log keeps",
	},
	{
	    .name = "traffic-bytes",
	    SIZE(traffic_bytes, 64 * K, 64 * G),
	    .initial = "64m",
	    .help = "that they may take, with headers and bodies",
	},
	{
	    .name = "traffic-body",
	    SIZE(traffic_body, 0, G),
	    .initial = "64k",
	    .help = "of each body that are kept in it",
	},
	{
	    .name = "log",
	    .set = option_set_either,
	    SLOT(log_json),
	    .choices = words_log,
	    .initial = "text",
	    .argument = "text|json",
	    .help = "form of the log lines on standard error",
	    .store = true,
	    .live = true,
	},
	{
	    .name = "verbose",
	    FLAG(verbose),
	    .initial = "off",
	    .help = "log details, too",
	    .store = true,
	    .live = true,
	},
	{
	    .name = "config",
	    .set = option_set_config,
	    .argument = "FILE",
	    .help = "read options from a JSON object first",
	    .store = true,
	},
	{ .name = NULL },
};

bool
option_is_in(const struct option *o, enum option_scope scope)
{
	switch (scope) {
	case OPTIONS_NONE:
		return false;
	case OPTIONS_STORE:
		return o->store;
	case OPTIONS_UPSTREAM:
		return o->store || o->upstream;
	case OPTIONS_ALL:
		break;
	}
	return true;
}

const struct option *
option_find(struct str name)
{
	const struct option *o;

	for (o = option_table; o->name != NULL; o++)
		if (str_is(name, o->name))
			return o;
	return NULL;
}
