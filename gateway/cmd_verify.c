/* hark verify: whether requests were made, by a gateway that runs. */
#include "config.h"

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/admin_ask.h"
#include "gateway/printable.h"
#include "gateway/verify.h"
#include "mock/file.h"

#include "gateway/commands.h"

enum { VERIFY_ADMIN_PORT, VERIFY_TOKEN, VERIFY_JSON_OUT, VERIFY_OPTIONS };

const struct own_option cmd_verify_options[] = {
	[VERIFY_ADMIN_PORT] = {
	    .name = "admin",
	    .argument = "ADDR:PORT|unix:PATH",
	    .help = "the admin port that is asked (127.0.0.1:8081)",
	},
	[VERIFY_TOKEN] = {
	    .name = "admin-token",
	    .argument = "TOKEN",
	    .help = "what it wants to hear",
	},
	[VERIFY_JSON_OUT] = {
	    .name = "json",
	    .help = "print the answer as it comes",
	},
	{ .name = NULL },
};

/* ---- the answer ---------------------------------------------------------- */

static const char *
cmd_verify_text(const json_t *from, const char *name)
{
	const char *text = json_string_value(json_object_get(from, name));

	return text != NULL ? text : "";
}

static void
cmd_verify_add_closest(const json_t *expected, struct buf *out)
{
	const json_t *c =
	    json_array_get(json_object_get(expected, "closest"), 0);
	const json_t *list = json_object_get(c, "differences");
	size_t i;

	if (c == NULL)
		return;
	buf_addf(out, "    closest: exchange %" JSON_INTEGER_FORMAT ", ",
	    json_integer_value(json_object_get(c, "id")));
	printable_add(out, str_of(cmd_verify_text(c, "method")), false);
	buf_add_text(out, " ");
	printable_add(out, str_of(cmd_verify_text(c, "path")), false);
	buf_add_text(out, "\n");
	for (i = 0; i < json_array_size(list); i++)
		buf_addf(out, "      %s\n",
		    json_string_value(json_array_get(list, i)));
}

static void
cmd_verify_tell(const json_t *answer, struct buf *out)
{
	const json_t *list = json_object_get(answer, "expectations"), *x;
	bool ok;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		x = json_array_get(list, i);
		ok = json_is_true(json_object_get(x, "ok"));
		buf_add_text(out, ok ? "ok      " : "not ok  ");
		printable_add(out, str_of(cmd_verify_text(x, "name")), false);
		buf_addf(out,
		    ok ? " (%s%s%" JSON_INTEGER_FORMAT ")\n" : ": %s%s\n",
		    ok ? cmd_verify_text(x, "expected")
		       : cmd_verify_text(x, "why"),
		    ok ? ": " : "",
		    json_integer_value(json_object_get(x, "count")));
		if (!ok)
			cmd_verify_add_closest(x, out);
	}
}

/* The exit status that the answer makes. */
static int
cmd_verify_judge(int code, const struct buf *in, bool json_out)
{
	json_t *answer = json_loadb(in->p, in->n, 0, NULL);
	struct buf out = { 0 };
	struct err e;
	int status;

	if (answer == NULL || (code != 200 && code != 406)) {
		err_set(&e, "admin port: %d: %.400s", code,
		    answer != NULL ? cmd_verify_text(answer, "detail")
				   : "not what hark would answer");
		status = commands_fail(STATUS_USAGE, &e);
	} else {
		if (json_out)
			buf_add_str(&out, buf_str(in));
		else
			cmd_verify_tell(answer, &out);
		status = commands_print(&out);
		if (code == 406)
			status = STATUS_FAILED;
	}
	json_decref(answer);
	buf_free(&out);
	return status;
}

int
cmd_verify(const struct command *c, int argc, char **argv)
{
	const char *values[VERIFY_OPTIONS];
	struct admin_ask q = { .method = "POST", .target = "/v1/verify" };
	struct buf text = { 0 }, in = { 0 };
	struct verify *v = NULL;
	struct settings *s;
	struct err e;
	int operands, status, code, r;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	settings_free(s);
	if (operands != 1)
		return commands_misused(c);
	r = file_read(argv[1], &text, &e);
	if (r == 0 && (v = verify_new_text(buf_str(&text), &e)) == NULL)
		r = err_wrap(&e, "%.300s", argv[1]);
	if (r == -1) {
		status = commands_fail(STATUS_USAGE, &e);
	} else {
		q.admin = values[VERIFY_ADMIN_PORT];
		q.token = values[VERIFY_TOKEN];
		q.json = buf_str(&text);
		status = admin_ask(&q, &code, &in, &e) == -1
			     ? commands_fail(STATUS_USAGE, &e)
			     : cmd_verify_judge(
				   code, &in, values[VERIFY_JSON_OUT] != NULL);
	}
	verify_free(v);
	buf_free(&text);
	buf_free(&in);
	return status;
}
