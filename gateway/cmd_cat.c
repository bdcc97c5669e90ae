/* hark cat: response bodies without their content coding, one after the
 * other. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/body_out.h"
#include "har/har_text.h"
#include "har/json_write.h"
#include "recorder/store.h"

#include "gateway/commands.h"

#define BODY_MOST (1u << 30)      /* a longer one is not decoded */
#define BODY_IN_MEMORY (4u << 20) /* as long as nothing has to be decoded */

enum { CAT_JSON, CAT_OPTIONS };

const struct own_option cmd_cat_options[] = {
	[CAT_JSON] = {
	    .name = "json",
	    .help = "one JSON object per body, with text or base64",
	},
	{ .name = NULL },
};

static int
cmd_cat_print_json(const struct exchange *x, struct str bytes)
{
	struct str type = headers_get(&x->response.headers, "Content-Type");
	struct json_write w;
	int status;

	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_member_int(&w, "entry", x->id);
	json_write_member(&w, "mime_type", type.p != NULL ? type : STR(""));
	json_write_member_int(&w, "size", (int64_t)bytes.n);
	json_write_name(&w, STR("text"));
	if (har_text_is_text(bytes)) {
		json_write_str(&w, bytes);
	} else {
		json_write_base64(&w, bytes);
		json_write_member(&w, "encoding", STR("base64"));
	}
	json_write_object_end(&w);
	buf_add_text(&w.out, "\n");
	status = commands_print(&w.out);
	json_write_fini(&w);
	return status;
}

/* A body that is wholly in memory. */
static int
cmd_cat_print(struct exchange *x, bool json, struct err *e)
{
	struct buf decoded = { 0 };
	struct str bytes;
	enum coding_result rc;
	int status;

	rc = body_out_decode(&x->response, BODY_MOST, &decoded, &bytes);
	if (rc != CODING_DONE) {
		err_set(e,
		    "entry %" PRId64 ": the body cannot be decoded (%s); see "
		    "hark show --raw",
		    x->id, coding_text(rc));
		status = commands_fail(STATUS_FAILED, e);
	} else if (json) {
		status = cmd_cat_print_json(x, bytes);
	} else {
		status = commands_print(
		    bytes.p == decoded.p ? &decoded : &x->response.body.bytes);
	}
	buf_free(&decoded);
	return status;
}

static int
cmd_cat_entry(
    struct store *s, int64_t id, bool json, size_t most, struct err *e)
{
	struct exchange *x;
	struct body *b;
	bool coded;
	int status, rc = store_get(s, id, most, &x, e);

	if (rc == 0)
		err_set(e, "entry %" PRId64 ": no such entry", id);
	if (rc != 1)
		return commands_fail(STATUS_FAILED, e);
	b = &x->response.body;
	coded = coding_list(&x->response.headers, &x->arena).n > 0;
	if (!b->known) {
		err_set(e, "entry %" PRId64 ": the body was not kept", id);
		status = commands_fail(STATUS_FAILED, e);
	} else if (b->stored_id == 0) {
		status = cmd_cat_print(x, json, e);
	} else if (!coded && !json) {
		status = body_out_print(s, b, e);
	} else if (most < BODY_MOST) {
		status = cmd_cat_entry(s, id, json, BODY_MOST, e);
	} else {
		err_set(e,
		    "entry %" PRId64 ": the body is too large to be decoded; "
		    "see hark show --raw",
		    id);
		status = commands_fail(STATUS_FAILED, e);
	}
	exchange_free(x);
	return status;
}

/* As cat(1): one that fails does not keep the others. */
static int
cmd_cat_entries(const struct settings *s, char **texts, int n, bool json)
{
	struct store *store = NULL;
	struct err e;
	int64_t *ids = commands_entry_ids(texts, n, &e);
	int i, status = STATUS_FINE;

	if (ids != NULL)
		store = store_open(s->store, STORE_READ, false, &e);
	if (store == NULL) {
		free(ids);
		return commands_fail(STATUS_USAGE, &e);
	}
	for (i = 0; i < n; i++)
		if (cmd_cat_entry(store, ids[i], json, BODY_IN_MEMORY, &e) !=
		    STATUS_FINE)
			status = STATUS_FAILED;
	store_close(store);
	free(ids);
	return status;
}

int
cmd_cat(const struct command *c, int argc, char **argv)
{
	const char *values[CAT_OPTIONS];
	struct settings *s;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	status = operands == 0 ? commands_misused(c)
			       : cmd_cat_entries(s, argv + 1, operands,
				     values[CAT_JSON] != NULL);
	settings_free(s);
	return status;
}
