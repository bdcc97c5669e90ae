#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "gateway/options.h"

#include "tests/unit/tap.h"

static struct err err;

/* Whether setting name to text fails with exactly that message. */
static const char *
refusal(const char *name, const char *text)
{
	struct settings *s = settings_new();

	err.text[0] = '\0';
	if (option_set(s, name, text, &err) == 0)
		err_set(&err, "taken");
	settings_free(s);
	return err.text;
}

static void
initial_values_are_those_of_the_manual(void)
{
	struct settings *s = settings_new();

	CHECK_INT(s->listen.n, 1);
	CHECK_STR(s->listen.v[0], "127.0.0.1:8080");
	CHECK_STR(s->store, "./hark.db");
	CHECK_STR(s->tape, "default");
	CHECK_INT(s->max_header_bytes, 65536);
	CHECK_INT(s->max_request_body, 64 << 20);
	CHECK_INT(s->header_timeout, 10000000);
	CHECK_INT(s->on_miss, ON_MISS_501);
	CHECK(s->source_header && s->record_failures);
	CHECK(!s->via && !s->upstream_insecure && !s->verbose);
	CHECK(s->ready_file == NULL);
	settings_free(s);
}

static void
sizes_take_a_suffix(void)
{
	struct settings *s = settings_new();

	CHECK_INT(option_set(s, "cache-size", "128K", &err), 0);
	CHECK_INT(s->cache_bytes, 128 << 10);
	CHECK_INT(option_set(s, "cache-size", "2g", &err), 0);
	CHECK_INT(s->cache_bytes, 2LL << 30);
	CHECK_INT(option_set(s, "cache-size", "100000", &err), 0);
	CHECK_INT(s->cache_bytes, 100000);
	CHECK_INT(option_set(s, "cache-size", "auto", &err), 0);
	CHECK_INT(s->cache_bytes, 0);
	settings_free(s);
}

static void
times_need_a_unit(void)
{
	struct settings *s = settings_new();

	CHECK_INT(option_set(s, "idle-timeout", "1500us", &err), 0);
	CHECK_INT(s->idle_timeout, 1500);
	CHECK_INT(option_set(s, "idle-timeout", "2m", &err), 0);
	CHECK_INT(s->idle_timeout, 120000000);
	CHECK_STR(refusal("idle-timeout", "10"),
	    "option idle-timeout: 10: expected a time with its unit such as "
	    "300ms, 10s or 2m, from 1ms to 24h");
	settings_free(s);
}

static void
a_pace_is_a_word_a_factor_or_a_time(void)
{
	static const struct {
		const char *text;
		uint64_t permille;
		int64_t fixed_us;
	} rows[] = {
		{ "recorded", 1000, 0 },
		{ "x2", 2000, 0 },
		{ "x0.5", 500, 0 },
		{ "x0.001", 1, 0 },
		{ "x1.25", 1250, 0 },
		{ "x1000", 1000000, 0 },
		{ "300ms", 0, 300000 },
		{ "24h", 0, INT64_C(86400000000) },
		{ "none", 0, 0 },
	};
	static const char *const bad[] = { "", "x", "x0", "x0.0", "x-1",
		"x1001", "x1000.1", "x0.0001", "x.5", "x1.", "x1.5s", "2x",
		"25h", "300", "asap" };
	struct settings *s = settings_new();
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK_INT(option_set(s, "latency", rows[i].text, &err), 0);
		CHECK_INT(s->latency.permille, rows[i].permille);
		CHECK_INT(s->latency.fixed_us, rows[i].fixed_us);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(option_set(s, "latency", bad[i], &err), -1);
	CHECK_INT(option_set(s, "stream", "x3", &err), 0);
	CHECK_INT(s->stream.permille, 3000);
	CHECK_STR(refusal("stream", "1s"),
	    "option stream: 1s: expected asap, recorded, or a factor from "
	    "x0.001 to x1000");
	CHECK_STR(refusal("latency", "1"),
	    "option latency: 1: expected none, recorded, a time up to 24h "
	    "such as 300ms, or a factor from x0.001 to x1000");
	settings_free(s);
}

static void
a_refusal_names_option_text_and_range(void)
{
	static const struct {
		const char *name, *text, *want;
	} rows[] = {
		{ "max-header-bytes", "4x",
		    "option max-header-bytes: 4x: expected a size such as 64k "
		    "or 16m, from 1k to 16m" },
		{ "max-header-bytes", "17m",
		    "option max-header-bytes: 17m: expected a size such as "
		    "64k or 16m, from 1k to 16m" },
		{ "max-headers", "-1",
		    "option max-headers: -1: expected a whole number, from 1 "
		    "to 100000" },
		{ "max-headers", "",
		    "option max-headers: : expected a whole number, from 1 to "
		    "100000" },
		{ "cache-size", "99999999999999999999g",
		    "option cache-size: 99999999999999999999g: expected a "
		    "size such as 64k or 16m, from 64k to 1024g, or auto" },
		{ "cache-size", "18014398509481984k",
		    "option cache-size: 18014398509481984k: expected a size "
		    "such as 64k or 16m, from 64k to 1024g, or auto" },
		{ "on-miss", "503",
		    "option on-miss: 503: expected one of 501, 404, 502, "
		    "drop, forward" },
		{ "log", "xml", "option log: xml: expected one of text, json" },
		{ "via", "yes", "option via: yes: expected on or off" },
		{ "store", "",
		    "option store: : expected PATH of 1 to 4095 bytes, "
		    "without control characters" },
		{ "tape", "a\nb",
		    "option tape: a\nb: expected NAME of 1 to 200 bytes, "
		    "without control characters" },
		{ "nope", "1", "option nope: no such option" },
		{ "config", "x",
		    "option config: x: expected on the command line only" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(refusal(rows[i].name, rows[i].text), rows[i].want);
}

static void
an_address_is_ipv4_or_bracketed_ipv6_with_a_port(void)
{
	static const char *const good[] = { "127.0.0.1:0", "[::1]:65535",
		"0.0.0.0:80", "[::ffff:1.2.3.4]:1" };
	static const char *const bad[] = { "", ":", "8080", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "::1:80",
		"[::1:80", "[]:80", "[127.0.0.1]:80", "localhost:80",
		"127.0.0.1:000080", "127.0.0.1:+8", "[::1]80",
		"[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bb]:1" };
	struct settings *s = settings_new();
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK_INT(option_set(s, "listen", good[i], &err), 0);
	CHECK_INT(s->listen.n, i);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(option_set(s, "listen", bad[i], &err), -1);
	CHECK_INT(s->listen.n, 4);
	settings_free(s);
}

static void
an_upstream_has_an_optional_prefix(void)
{
	static const struct {
		const char *text, *prefix, *url;
		bool keep;
	} rows[] = {
		{ "http://a:3000/x?y", NULL, NULL, false },
		{ "http://a:3000/x", "", "http://a:3000/x", false },
		{ "/api=https://b", "/api", "https://b", false },
		{ "/api/=https://b", "/api", "https://b", false },
		{ "/=https://b", "", "https://b", false },
		{ "/keep+=http://c=d", "/keep", "http://c=d", true },
		{ "API.test/V1=http://d", "api.test/V1", "http://d", false },
		{ "[::1]:80=http://[::1]:90", "[::1]:80", "http://[::1]:90",
		    false },
		{ "a.test:8080/=http://e", "a.test:8080", "http://e", false },
		{ "=http://a", NULL, NULL, false },
		{ "+=http://a", NULL, NULL, false },
		{ "a.test", NULL, NULL, false },
		{ "", NULL, NULL, false },
		{ "/a=ftp://b", NULL, NULL, false },
		{ "/a=b", NULL, NULL, false },
		{ "/a b=http://b", NULL, NULL, false },
		{ "/a?b=http://b", NULL, NULL, false },
		{ "a b/c=http://b", NULL, NULL, false },
		{ "/a=http://user:pw@b", NULL, NULL, false },
		{ "/a=http://b#c", NULL, NULL, false },
		{ "/a=http://b:99999", NULL, NULL, false },
		{ "/a=http://b:0", NULL, NULL, false },
	};
	struct settings *s;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		s = settings_new();
		rc = option_set(s, "upstream", rows[i].text, &err);
		if (rc != (rows[i].prefix == NULL ? -1 : 0))
			printf("# %s\n", rows[i].text);
		CHECK_INT(rc, rows[i].prefix == NULL ? -1 : 0);
		CHECK_INT(s->nupstreams, rc == 0);
		if (rc == 0) {
			CHECK_STR(s->upstreams[0].prefix, rows[i].prefix);
			CHECK_STR(s->upstreams[0].url, rows[i].url);
			CHECK_INT(s->upstreams[0].keep_prefix, rows[i].keep);
		}
		settings_free(s);
	}
}

static void
a_mocks_file_has_an_optional_prefix(void)
{
	static const struct {
		const char *text, *host, *path, *file;
	} rows[] = {
		{ "m.json", "", "", "m.json" },
		{ "/v2/=m.json", "", "/v2", "m.json" },
		{ "API.test=m.json", "api.test", "", "m.json" },
		{ "api.test:81/V2=/x/m=n.json", "api.test:81", "/V2",
		    "/x/m=n.json" },
		{ "[::1]=m.json", "[::1]", "", "m.json" },
		{ "/=m.json", "", "", "m.json" },
		{ "=m.json", NULL, NULL, NULL },
		{ "a.test=", NULL, NULL, NULL },
		{ "a b=m.json", NULL, NULL, NULL },
		{ "/a?b=m.json", NULL, NULL, NULL },
		{ "", NULL, NULL, NULL },
	};
	struct settings *s;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		s = settings_new();
		rc = option_set(s, "mocks", rows[i].text, &err);
		if (rc != (rows[i].file == NULL ? -1 : 0))
			printf("# %s\n", rows[i].text);
		CHECK_INT(rc, rows[i].file == NULL ? -1 : 0);
		CHECK_INT(s->nmocks, rc == 0);
		if (rc == 0) {
			CHECK_STR(s->mocks[0].host, rows[i].host);
			CHECK_STR(s->mocks[0].path, rows[i].path);
			CHECK_STR(s->mocks[0].file, rows[i].file);
		}
		settings_free(s);
	}
	CHECK_STR(refusal("mocks", "=m.json"),
	    "option mocks: =m.json: expected /PATH, HOST or HOST/PATH before "
	    "the =");
}

static void
the_same_prefix_again_replaces_its_upstream(void)
{
	struct settings *s = settings_new();

	CHECK_INT(option_set(s, "upstream", "/a=http://b", &err), 0);
	CHECK_INT(option_set(s, "upstream", "http://c", &err), 0);
	CHECK_INT(option_set(s, "upstream", "/a/+=http://d", &err), 0);
	CHECK_INT(s->nupstreams, 2);
	CHECK_STR(s->upstreams[0].url, "http://d");
	CHECK(s->upstreams[0].keep_prefix);
	settings_free(s);
}

static const struct own_option own[] = {
	{ .name = "json", .help = "as JSON" },
	{ .name = "output", .letter = 'o', .argument = "FILE", .help = "to" },
	{ .name = NULL },
};
static const char *values[2];

/* The words are only moved, never written to. */
#define LINE(settings_, ...) \
	const char *words[] = { "record", __VA_ARGS__, NULL }; \
	char **argv = (char **)(void *)words; \
	int argc = sizeof(words) / sizeof(*words) - 1; \
	struct options_line line = { \
		.settings = (settings_), \
		.scope = OPTIONS_ALL, \
		.own = own, \
		.values = values, \
	}

static void
options_and_operands_mix_until_two_dashes(void)
{
	struct settings *s = settings_new();
	LINE(s, "one", "--store", "a.db", "--tape=t=u", "two", "--via", "-",
	    "--", "--store", "three");

	CHECK_INT(options_parse(&line, argc, argv, &err), 0);
	CHECK_INT(line.operands, 5);
	CHECK_STR(argv[1], "one");
	CHECK_STR(argv[2], "two");
	CHECK_STR(argv[3], "-");
	CHECK_STR(argv[4], "--store");
	CHECK_STR(argv[5], "three");
	CHECK_STR(s->store, "a.db");
	CHECK_STR(s->tape, "t=u");
	CHECK(s->via);
	settings_free(s);
}

static void
an_operand_ends_the_options_where_a_command_follows(void)
{
	struct settings *s = settings_new();
	LINE(s, "--verbose", "npm", "--store", "x", "-h", "--");

	line.stop_at_operand = true;
	CHECK_INT(options_parse(&line, argc, argv, &err), 0);
	CHECK(!line.help);
	CHECK_INT(line.operands, 5);
	CHECK_STR(argv[1], "npm");
	CHECK_STR(argv[5], "--");
	CHECK(s->verbose);
	CHECK_STR(s->store, "./hark.db");
	settings_free(s);
}

static void
a_flag_takes_on_and_off_and_stands_alone(void)
{
	struct settings *s = settings_new();
	LINE(s, "--via", "on", "--source-header=off", "--record-failures",
	    "off", "--verbose", "--upstream-insecure", "http://a");

	CHECK_INT(options_parse(&line, argc, argv, &err), 0);
	CHECK(s->via && s->verbose && s->upstream_insecure);
	CHECK(!s->source_header && !s->record_failures);
	CHECK_INT(line.operands, 1);
	CHECK_STR(argv[1], "http://a");
	settings_free(s);
}

static void
a_command_has_options_of_its_own(void)
{
	struct settings *s = settings_new();
	LINE(s, "-o", "f", "--json", "x", "-ox.har");

	CHECK_INT(options_parse(&line, argc, argv, &err), 0);
	CHECK_STR(values[0], "on");
	CHECK_STR(values[1], "x.har");
	CHECK_INT(line.operands, 1);
	settings_free(s);
}

static void
help_wins_over_everything_behind_it(void)
{
	struct settings *s = settings_new();
	LINE(s, "a", "-h", "--nope");

	CHECK_INT(options_parse(&line, argc, argv, &err), 0);
	CHECK(line.help);
	settings_free(s);
}

/* What options_parse() says of one or two arguments. */
static const char *
line_refusal(enum option_scope scope, const char *one, const char *two)
{
	struct settings *s = settings_new();
	LINE(s, one, two);

	line.scope = scope;
	err.text[0] = '\0';
	if (options_parse(&line, two == NULL ? 2 : argc, argv, &err) == 0)
		err_set(&err, "taken");
	settings_free(s);
	return err.text;
}

static void
a_wrong_command_line_is_told_in_one_sentence(void)
{
	CHECK_STR(line_refusal(OPTIONS_ALL, "--nope=1", NULL),
	    "option nope: no such option (see hark help record)");
	CHECK_STR(line_refusal(OPTIONS_ALL, "-x", NULL),
	    "option -x: no such option (see hark help record)");
	CHECK_STR(line_refusal(OPTIONS_ALL, "--store", NULL),
	    "option store: expected PATH behind it");
	CHECK_STR(line_refusal(OPTIONS_ALL, "-o", NULL),
	    "option output: expected FILE behind it");
	CHECK_STR(line_refusal(OPTIONS_ALL, "--json=yes", NULL),
	    "option json: takes no value");
	CHECK_STR(line_refusal(OPTIONS_ALL, "--config", "/nonexistent/x"),
	    "/nonexistent/x: cannot open: No such file or directory");
	CHECK_STR(line_refusal(OPTIONS_STORE, "--listen", "127.0.0.1:1"),
	    "option listen: not an option of hark record");
	CHECK_STR(line_refusal(OPTIONS_NONE, "--store", "x"),
	    "option store: not an option of hark record");
	CHECK_STR(line_refusal(OPTIONS_STORE, "--store", "x"), "taken");
}

/* A file with that text; the caller unlinks and frees the name. */
static char *
file_of(const char *text)
{
	char *path = strdup("/tmp/hark-options-XXXXXX");
	int fd = mkstemp(path);

	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		printf("Bail out! cannot write %s\n", path);
	close(fd);
	return path;
}

/* The message behind "FILE" for a file with that text. */
static const char *
file_refusal(const char *text)
{
	struct settings *s = settings_new();
	char *path = file_of(text);
	size_t n = strlen(path);

	err.text[0] = '\0';
	if (options_load(s, NULL, path, &err) == 0)
		err_set(&err, "taken");
	else if (strncmp(err.text, path, n) == 0)
		memmove(err.text, err.text + n, strlen(err.text + n) + 1);
	settings_free(s);
	unlink(path);
	free(path);
	return err.text;
}

static void
a_file_sets_what_the_command_line_could(void)
{
	struct settings *s = settings_new();
	char *path = file_of("{\"listen\": [\"127.0.0.1:1\", \"[::1]:2\"],"
			     "\"upstream\": \"http://a\", \"via\": true,"
			     "\"max-headers\": 12, \"cache-size\": 65536,"
			     "\"on-miss\": 404, \"idle-timeout\": \"1s\"}");

	CHECK_INT(options_load(s, NULL, path, &err), 0);
	CHECK_INT(s->listen.n, 2);
	CHECK_STR(s->listen.v[1], "[::1]:2");
	CHECK_INT(s->nupstreams, 1);
	CHECK(s->via);
	CHECK_INT(s->max_headers, 12);
	CHECK_INT(s->cache_bytes, 65536);
	CHECK_INT(s->on_miss, ON_MISS_404);
	CHECK_INT(s->idle_timeout, 1000000);
	settings_free(s);
	unlink(path);
	free(path);
}

static void
the_command_line_wins_over_the_file(void)
{
	struct settings *s = settings_new();
	char *path = file_of("{\"listen\": [\"127.0.0.1:1\", \"127.0.0.1:2\"],"
			     "\"tape\": \"file\", \"store\": \"file.db\"}");
	LINE(s, "--tape", "line", "--listen", "127.0.0.1:3", "--config", path);

	CHECK_INT(options_parse(&line, argc, argv, &err), 0);
	CHECK_STR(s->tape, "line");
	CHECK_STR(s->store, "file.db");
	CHECK_INT(s->listen.n, 1);
	CHECK_STR(s->listen.v[0], "127.0.0.1:3");
	settings_free(s);
	unlink(path);
	free(path);
}

static void
a_wrong_file_is_told_with_line_or_member(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "{\n\"tape\": }", ":2: unexpected token near '}'" },
		{ "", ":1: '[' or '{' expected near end of file" },
		{ "[]", ":1: expected a JSON object with options" },
		{ "{\"tpae\": \"x\"}", ": member tpae: no such option" },
		{ "{\"tape\": 5}",
		    ": member tape: expected a string, not a number" },
		{ "{\"tape\": [\"x\"]}",
		    ": member tape: expected a string, not an array" },
		{ "{\"via\": 1}",
		    ": member via: expected true or false, not a number" },
		{ "{\"max-headers\": true}",
		    ": member max-headers: expected a number or a string, "
		    "not true" },
		{ "{\"max-headers\": 1.5}",
		    ": member max-headers: expected a number or a string, "
		    "not a number with a fraction" },
		{ "{\"idle-timeout\": 10}",
		    ": member idle-timeout: expected a string, not a number" },
		{ "{\"max-headers\": 0}",
		    ": member max-headers: 0: expected a whole number, from 1 "
		    "to 100000" },
		{ "{\"listen\": [\"127.0.0.1:1\", {}]}",
		    ": member listen: element 2: expected a string, not an "
		    "object" },
		{ "{\"config\": \"x\"}",
		    ": member config: x: expected on the command line only" },
		{ "{\"tape\": \"x\", \"tape\": \"y\"}",
		    ":1: duplicate object key near '\"tape\"'" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(file_refusal(rows[i].text), rows[i].want);
}

static void
a_file_that_never_ends_is_refused(void)
{
	struct settings *s = settings_new();

	CHECK_INT(options_load(s, NULL, "/dev/zero", &err), -1);
	CHECK_STR(err.text, "/dev/zero: longer than 1 MiB");
	CHECK_INT(options_load(s, NULL, "/", &err), -1);
	CHECK_STR(err.text, "/: cannot read: Is a directory");
	settings_free(s);
}

static void
a_forwarding_mode_needs_an_upstream(void)
{
	struct settings *s = settings_new();
	int mode;

	for (mode = 0; mode < MODES; mode++) {
		s->mode = (enum mode_id)mode;
		s->forward_proxy = FORWARD_PROXY_AUTO;
		CHECK_INT(settings_check(s, &err), 0);
		s->forward_proxy = FORWARD_PROXY_OFF;
		CHECK_INT(
		    settings_check(s, &err), modes[mode].forwards ? -1 : 0);
	}
	s->mode = MODE_REPLAY;
	s->on_miss = ON_MISS_FORWARD;
	CHECK_INT(settings_check(s, &err), -1);
	CHECK_INT(option_set(s, "upstream", "/a=http://b", &err), 0);
	for (mode = 0; mode < MODES; mode++) {
		s->mode = (enum mode_id)mode;
		CHECK_INT(settings_check(s, &err), 0);
	}
	settings_free(s);
}

static void
a_forward_proxy_for_others_is_asked_for(void)
{
	static const char *const asking[] = { "allow-remote", "proxy-auth" };
	struct settings *s;
	size_t i;

	for (i = 0; i < 2; i++) {
		s = settings_new();
		s->mode = MODE_RECORD;
		CHECK_INT(option_set(s, "listen", "[::1]:0", &err), 0);
		CHECK_INT(option_set(s, "listen", "127.1.2.3:0", &err), 0);
		CHECK_INT(settings_check(s, &err), 0);
		CHECK_INT(option_set(s, "listen", "192.0.2.1:0", &err), 0);
		CHECK_INT(settings_check(s, &err), -1);
		/* Nothing is reached by it. */
		s->mode = MODE_REPLAY;
		CHECK_INT(settings_check(s, &err), 0);
		s->mode = MODE_RECORD;
		CHECK_INT(
		    option_set(s, asking[i], i == 0 ? "on" : "a:b", &err), 0);
		CHECK_INT(settings_check(s, &err), 0);
		settings_free(s);
	}
}

static void
options_that_go_together_are_checked_together(void)
{
	struct settings *s = settings_new();

	s->mode = MODE_REPLAY;
	CHECK_INT(option_set(s, "upstream-cert", "/nonexistent", &err), 0);
	CHECK_INT(settings_check(s, &err), -1);
	CHECK_STR(err.text,
	    "option upstream-cert: needs --upstream-key, too: a client "
	    "certificate and its key go together");
	CHECK_INT(option_set(s, "upstream-key", "/nonexistent", &err), 0);
	CHECK_INT(settings_check(s, &err), -1);
	CHECK_STR(err.text,
	    "option upstream-cert: /nonexistent: No such file or directory");
	CHECK_INT(option_set(s, "upstream-cert", "/dev/null", &err), 0);
	CHECK_INT(option_set(s, "upstream-key", "/dev/null", &err), 0);
	CHECK_INT(settings_check(s, &err), 0);
	CHECK_INT(option_set(s, "request-body-budget", "1m", &err), 0);
	CHECK_INT(settings_check(s, &err), -1);
	settings_free(s);
}

static void
modes_are_found_by_name(void)
{
	CHECK_INT(mode_of("replay"), MODE_REPLAY);
	CHECK_INT(mode_of("fallback"), MODE_FALLBACK);
	CHECK_INT(mode_of("nope"), MODES);
}

static void
the_usage_has_a_line_for_each_option_in_scope(void)
{
	struct buf b = { 0 };

	options_usage(&b, OPTIONS_STORE);
	CHECK(strstr(buf_text(&b), "  --store PATH  ") != NULL);
	CHECK(strstr(buf_text(&b), "(./hark.db)\n") != NULL);
	CHECK(strstr(buf_text(&b), "--listen") == NULL);
	buf_clear(&b, 0);
	options_usage_own(&b, own);
	CHECK(strstr(buf_text(&b), "  -o, --output FILE  ") != NULL);
	buf_clear(&b, 0);
	options_names(&b);
	CHECK(strncmp(buf_text(&b), "--listen\n--store\n", 17) == 0);
	buf_free(&b);
}

RUN(TEST(initial_values_are_those_of_the_manual), TEST(sizes_take_a_suffix),
    TEST(times_need_a_unit), TEST(a_pace_is_a_word_a_factor_or_a_time),
    TEST(a_refusal_names_option_text_and_range),
    TEST(an_address_is_ipv4_or_bracketed_ipv6_with_a_port),
    TEST(an_upstream_has_an_optional_prefix),
    TEST(a_mocks_file_has_an_optional_prefix),
    TEST(the_same_prefix_again_replaces_its_upstream),
    TEST(options_and_operands_mix_until_two_dashes),
    TEST(an_operand_ends_the_options_where_a_command_follows),
    TEST(a_flag_takes_on_and_off_and_stands_alone),
    TEST(a_command_has_options_of_its_own),
    TEST(help_wins_over_everything_behind_it),
    TEST(a_wrong_command_line_is_told_in_one_sentence),
    TEST(a_file_sets_what_the_command_line_could),
    TEST(the_command_line_wins_over_the_file),
    TEST(a_wrong_file_is_told_with_line_or_member),
    TEST(a_file_that_never_ends_is_refused),
    TEST(a_forwarding_mode_needs_an_upstream),
    TEST(a_forward_proxy_for_others_is_asked_for),
    TEST(options_that_go_together_are_checked_together),
    TEST(modes_are_found_by_name),
    TEST(the_usage_has_a_line_for_each_option_in_scope))
