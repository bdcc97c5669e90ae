/* What a stub answers. */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/regex.h"
#include "har/base64.h"
#include "har/har_text.h"

#include "mock/document.h"
#include "mock/draft.h"
#include "mock/json_text.h"
#include "mock/manner.h"

#include "mock/from_wiremock_priv.h"

#define INLINE_MOST (1u << 20) /* a longer file stays one */

/* ---- templates ---------------------------------------------------------- */

/* What WireMock's templates say of a request, in Mockoon's words. */
static const char *const wiremock_words[][2] = {
	{ "\\boriginalRequest\\.", "request." },
	{ "\\(?jsonPath request\\.body '([^']*)'\\)?", "body '$1'" },
	{ "\\brequest\\.query(?:Full)?\\.([\\w-]+)(?:\\.\\[0\\])?",
	    "queryParam '$1'" },
	{ "\\brequest\\.headers\\.([\\w-]+)(?:\\.\\[0\\])?", "header '$1'" },
	{ "\\brequest\\.cookies\\.([\\w-]+)(?:\\.\\[0\\])?", "cookie '$1'" },
	{ "\\brequest\\.path\\.([A-Za-z_]\\w*)", "urlParam '$1'" },
	{ "\\brequest\\.method\\b", "method" },
	{ "\\brequest\\.(?:host|hostname)\\b", "hostname" },
	{ "\\brequest\\.clientIp\\b", "ip" },
	{ "\\brequest\\.body\\b", "body" },
	{ "\\brandomValue [^{}]*type='UUID'[^{}]*", "faker 'string.uuid'" },
	{ "\\brandomValue length=(\\d+)[^{}]*type='ALPHANUMERIC'[^{}]*",
	    "faker 'string.alphanumeric' length=$1" },
	{ "\\brandomInt lower=(-?\\d+) upper=(-?\\d+)",
	    "faker 'number.int' min=$1 max=$2" },
	{ "\\brandomInt\\b", "faker 'number.int'" },
	{ "\\bnow format='([^']*)'", "now '$1'" },
	{ "\\btrim ", "" },
};

/* Each thing between braces is rewritten. */
static void
wiremock_translate(struct wiremock *w, struct str text, struct buf *out)
{
	struct buf was = { 0 }, is = { 0 };
	struct regex *r;
	struct err e;
	size_t i;

	buf_add_str(&was, text);
	for (i = 0; i < sizeof(wiremock_words) / sizeof(wiremock_words[0]);
	     i++) {
		r = regex_new(str_of(wiremock_words[i][0]), &e);
		if (r == NULL)
			abort(); /* they are ours */
		is.n = 0;
		(void)regex_replace(
		    r, buf_str(&was), str_of(wiremock_words[i][1]), &is);
		regex_free(r);
		was.n = 0;
		buf_add_str(&was, buf_str(&is));
	}
	if (was.n > 0 && (memmem(was.p, was.n, "request.", 8) != NULL ||
			     memmem(was.p, was.n, "parameters.", 11) != NULL))
		wiremock_note(w, "a template asks for what a mock does not "
				 "give; see the body");
	buf_add_str(out, buf_str(&was));
	buf_free(&was);
	buf_free(&is);
}

static bool
wiremock_is_template(const json_t *response)
{
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(response, "transformers"), i, name)
	{
		if (json_is_string(name) &&
		    strcmp(json_string_value(name), "response-template") == 0)
			return true;
	}
	return false;
}

/* ---- bodies ------------------------------------------------------------- */

static void
wiremock_put(
    struct wiremock *w, json_t *response, struct str text, bool template)
{
	struct buf body = { 0 };

	if (template)
		wiremock_translate(w, text, &body);
	else
		buf_add_str(&body, text);
	draft_body(response, buf_str(&body), template);
	buf_free(&body);
}

static void
wiremock_file(
    struct wiremock *w, json_t *response, struct str name, bool template)
{
	char *path = xasprintf(
	    "%s/%.*s", w->files != NULL ? w->files : ".", STR_ARGS(name));
	char real[PATH_MAX], folder[PATH_MAX];
	struct buf text = { 0 };
	struct err e;

	if (w->files == NULL || realpath(w->files, folder) == NULL ||
	    realpath(path, real) == NULL)
		wiremock_note(w, "no body: there is no file %.*s in __files",
		    STR_ARGS(name));
	else if (!str_starts(str_of(real), folder))
		wiremock_note(
		    w, "no body: %.*s is not in __files", STR_ARGS(name));
	else if (document_read(real, INLINE_MOST, &text, &e) == 0 &&
		 har_text_is_text(buf_str(&text))) {
		wiremock_put(w, response, buf_str(&text), template);
	} else {
		draft_set(response, "bodyType", STR("FILE"));
		draft_set(response, "filePath", str_of(real));
		json_object_set_new(response, "sendFileAsBody", json_true());
	}
	free(path);
	buf_free(&text);
}

static void
wiremock_base64(struct wiremock *w, json_t *response, struct str text)
{
	struct buf bytes = { 0 };
	unsigned oddities = 0;

	if (base64_decode(text, &bytes, &oddities) == -1 ||
	    !har_text_is_text(buf_str(&bytes)))
		wiremock_note(w, "no body: base64Body is no text");
	else
		wiremock_put(w, response, buf_str(&bytes), false);
	buf_free(&bytes);
}

static void
wiremock_body(struct wiremock *w, const json_t *from, json_t *response)
{
	const json_t *value = json_object_get(from, "jsonBody");
	struct str name = document_text(from, "bodyFileName");
	struct str coded = document_text(from, "base64Body");
	bool template = wiremock_is_template(from);
	struct buf text = { 0 };

	if (name.n > 0) {
		wiremock_file(w, response, name, template);
		return;
	}
	if (coded.n > 0) {
		wiremock_base64(w, response, coded);
		return;
	}
	if (value != NULL)
		json_text_add(&text, value, 0, false);
	else
		buf_add_str(&text, document_text(from, "body"));
	wiremock_put(w, response, buf_str(&text), template);
	buf_free(&text);
}

/* ---- fields, delays ----------------------------------------------------- */

static void
wiremock_field(struct wiremock *w, json_t *to, const char *name,
    const json_t *v, bool template)
{
	struct str text = { json_is_string(v) ? json_string_value(v) : "",
		json_string_length(v) };
	struct buf value = { 0 };

	if (str_iis(str_of(name), "Content-Length") ||
	    str_iis(str_of(name), "Transfer-Encoding"))
		return;
	if (template)
		wiremock_translate(w, text, &value);
	if ((template || draft_quote(&value, text)) &&
	    str_is_token(str_of(name)))
		draft_header(to, str_of(name), buf_str(&value));
	buf_free(&value);
}

static void
wiremock_fields(struct wiremock *w, const json_t *from, json_t *to)
{
	json_t *v, *each;
	const char *name;
	size_t i;

	json_object_foreach(json_object_get(from, "headers"), name, v)
	{
		if (json_is_string(v))
			wiremock_field(
			    w, to, name, v, wiremock_is_template(from));
		json_array_foreach(v, i, each) wiremock_field(
		    w, to, name, each, wiremock_is_template(from));
	}
}

/* Whether it is a number of at most most; a remark when it is not. */
static bool
wiremock_number(struct wiremock *w, const json_t *from, const char *name,
    double most, double *v)
{
	const json_t *is = json_object_get(from, name);

	*v = json_number_value(is);
	if (json_is_number(is) && *v >= 0 && *v <= most)
		return true;
	wiremock_note(
	    w, "%s: left out: it is no number up to %.0f", name, most);
	return false;
}

/* 100, not 100.0 */
static json_t *
wiremock_plain(double v)
{
	return v == (double)(json_int_t)v ? json_integer((json_int_t)v)
					  : json_real(v);
}

static json_t *
wiremock_uniform(struct wiremock *w, const json_t *from)
{
	double least, most;

	if (!wiremock_number(w, from, "lower", MANNER_MOST_MS, &least) ||
	    !wiremock_number(w, from, "upper", MANNER_MOST_MS, &most))
		return NULL;
	return json_pack("{s:[o,o]}", "uniform",
	    wiremock_plain(least < most ? least : most), wiremock_plain(most));
}

static json_t *
wiremock_lognormal(struct wiremock *w, const json_t *from)
{
	double median, sigma, most;
	json_t *v;

	if (!wiremock_number(w, from, "median", MANNER_MOST_MS, &median) ||
	    !wiremock_number(w, from, "sigma", MANNER_MOST_SIGMA, &sigma))
		return NULL;
	v = json_pack("{s:o,s:o}", "median", wiremock_plain(median), "sigma",
	    wiremock_plain(sigma));
	if (json_object_get(from, "maxValue") != NULL &&
	    wiremock_number(w, from, "maxValue", MANNER_MOST_MS, &most) &&
	    most >= 1)
		json_object_set_new(v, "most", wiremock_plain(most));
	return json_pack("{s:o}", "lognormal", v);
}

static json_t *
wiremock_distribution(struct wiremock *w, const json_t *from)
{
	struct str type = document_text(from, "type");
	double ms;

	if (str_is(type, "uniform"))
		return wiremock_uniform(w, from);
	if (str_is(type, "lognormal"))
		return wiremock_lognormal(w, from);
	if (str_is(type, "fixed") &&
	    wiremock_number(w, from, "milliseconds", MANNER_MOST_MS, &ms))
		return wiremock_plain(ms);
	if (!str_is(type, "fixed"))
		wiremock_note(w, "delayDistribution is left out: its type is "
				 "neither uniform nor lognormal");
	return NULL;
}

static void
wiremock_delay(struct wiremock *w, const json_t *from, json_t *to)
{
	const json_t *fixed = json_object_get(from, "fixedDelayMilliseconds");
	const json_t *spread = json_object_get(from, "delayDistribution");
	json_t *delay;
	double ms;

	if (json_is_object(spread)) {
		delay = wiremock_distribution(w, spread);
		if (delay != NULL)
			json_object_set_new(draft_hark(to), "delay", delay);
	} else if (fixed != NULL && !json_is_null(fixed) &&
		   wiremock_number(w, from, "fixedDelayMilliseconds",
		       MANNER_MOST_MS, &ms) &&
		   ms > 0) {
		json_object_set_new(
		    to, "latency", json_integer((json_int_t)ms));
	}
}

static void
wiremock_dribble(struct wiremock *w, const json_t *from, json_t *to)
{
	const json_t *slow = json_object_get(from, "chunkedDribbleDelay");
	double pieces, over;

	if (!json_is_object(slow) ||
	    !wiremock_number(
		w, slow, "numberOfChunks", MANNER_MOST_PIECES, &pieces) ||
	    !wiremock_number(w, slow, "totalDuration", MANNER_MOST_MS, &over))
		return;
	json_object_set_new(draft_hark(to), "dribble",
	    json_pack("{s:I,s:I}", "pieces",
		(json_int_t)(pieces < 1 ? 1 : pieces), "over",
		(json_int_t)over));
}

/* False when nothing goes wrong with the answer. */
static bool
wiremock_fault(struct wiremock *w, const json_t *from, json_t *to)
{
	static const char *const names[][2] = {
		{ "CONNECTION_RESET_BY_PEER", "reset" },
		{ "EMPTY_RESPONSE", "empty" },
		{ "MALFORMED_RESPONSE_CHUNK", "malformed" },
		{ "RANDOM_DATA_THEN_CLOSE", "garbage" },
	};
	struct str fault = document_text(from, "fault");
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!str_is(fault, names[i][0]))
			continue;
		json_object_set_new(
		    draft_hark(to), "fault", json_string(names[i][1]));
		return true;
	}
	if (fault.n > 0)
		wiremock_note(w,
		    "response.fault is left out: nobody knows "
		    "%.*s",
		    STR_ARGS(fault));
	return false;
}

/* ---- webhooks ----------------------------------------------------------- */

static void
wiremock_webhook(struct wiremock *w, const json_t *action, json_t *response)
{
	const json_t *p = json_object_get(action, "parameters");
	struct buf url = { 0 }, body = { 0 }, method = { 0 };
	json_t *callback, *v;
	const char *name;
	size_t i;

	wiremock_translate(w, document_text(p, "url"), &url);
	wiremock_translate(w, document_text(p, "body"), &body);
	buf_add_str(&method, document_text(p, "method"));
	for (i = 0; i < method.n; i++)
		if (method.p[i] >= 'A' && method.p[i] <= 'Z')
			method.p[i] |= 32;
	if (!str_is_token(buf_str(&method))) {
		wiremock_note(w, "the webhook's method is post: it has none "
				 "that stays the same");
		method.n = 0;
		buf_add_text(&method, "post");
	}
	callback = draft_callback(
	    w->draft, STR("webhook"), buf_str(&method), buf_str(&url));
	draft_set(callback, "body", buf_str(&body));
	json_object_foreach(json_object_get(p, "headers"), name, v)
	    wiremock_field(w, callback, name, v, true);
	draft_call(response, callback,
	    json_integer_value(
		json_object_get(json_object_get(p, "delay"), "milliseconds")));
	buf_free(&url);
	buf_free(&body);
	buf_free(&method);
}

static void
wiremock_actions(struct wiremock *w, const json_t *actions, json_t *response)
{
	json_t *action;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)actions, i, action)
	{
		if (str_is(document_text(action, "name"), "webhook"))
			wiremock_webhook(w, action, response);
		else
			wiremock_note(w, "left out: the action %.*s",
			    STR_ARGS(document_text(action, "name")));
	}
}

void
wiremock_answer(struct wiremock *w, const json_t *stub, json_t *response)
{
	static const char *const lost[] = { "proxyBaseUrl", "statusMessage",
		NULL };
	const json_t *from = json_object_get(stub, "response");
	size_t i;

	for (i = 0; lost[i] != NULL; i++)
		if (json_object_get(from, lost[i]) != NULL)
			wiremock_note(w, "response.%s is left out", lost[i]);
	wiremock_fields(w, from, response);
	wiremock_delay(w, from, response);
	if (!wiremock_fault(w, from, response))
		wiremock_dribble(w, from, response);
	wiremock_body(w, from, response);
	wiremock_actions(
	    w, json_object_get(stub, "postServeActions"), response);
	wiremock_actions(
	    w, json_object_get(stub, "serveEventListeners"), response);
}
