#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "gateway/admin_guard.h"
#include "gateway/admin_table.h"
#include "gateway/asset.h"
#include "gateway/commands.h"

#include "tests/unit/tap.h"

/* What handlers share with the command line wants its table, too. */
const struct command commands[] = { { .name = NULL } };

/* ---- the document -------------------------------------------------------- */

static json_t *
document(void)
{
	const struct asset *a = assets;

	while (strcmp(a->name, "openapi.json") != 0)
		a++;
	return json_loadb(a->p, a->n, JSON_REJECT_DUPLICATES, NULL);
}

static json_t *
operation(json_t *doc, const struct admin_command *c)
{
	char method[16];
	size_t i;

	for (i = 0; i <= strlen(c->method); i++)
		method[i] = str_lower(c->method[i]);
	return json_object_get(
	    json_object_get(json_object_get(doc, "paths"), c->path), method);
}

static void
every_command_is_in_the_document(void)
{
	json_t *doc = document();
	const struct admin_command *c;

	CHECK(doc != NULL);
	for (c = admin_commands; c->method != NULL; c++) {
		if (operation(doc, c) == NULL)
			printf("# missing: %s %s\n", c->method, c->path);
		CHECK(operation(doc, c) != NULL);
		CHECK_STR(json_string_value(
			      json_object_get(operation(doc, c), "summary")),
		    c->summary);
	}
	json_decref(doc);
}

static const struct admin_command *
command(const char *method, const char *path)
{
	const struct admin_command *c;

	for (c = admin_commands; c->method != NULL; c++)
		if (strcasecmp(c->method, method) == 0 &&
		    strcmp(c->path, path) == 0)
			return c;
	return NULL;
}

static void
every_operation_of_the_document_is_a_command(void)
{
	json_t *doc = document(), *item, *op;
	const char *path, *method;

	json_object_foreach(json_object_get(doc, "paths"), path, item)
	{
		json_object_foreach(item, method, op)
		{
			if (command(method, path) == NULL)
				printf("# unknown: %s %s\n", method, path);
			CHECK(command(method, path) != NULL);
		}
	}
	json_decref(doc);
}

static json_t *
described(json_t *op, const char *name)
{
	json_t *p;
	size_t i;

	json_array_foreach(json_object_get(op, "parameters"), i, p)
	{
		if (strcmp(json_string_value(json_object_get(p, "name")),
			name) == 0)
			return p;
	}
	return NULL;
}

static void
check_parameter(json_t *p, const struct admin_parameter *a, const char *path)
{
	json_t *schema = json_object_get(p, "schema");
	char braced[64];
	bool in_path;

	snprintf(braced, sizeof(braced), "{%s}", a->name);
	in_path = strstr(path, braced) != NULL;
	CHECK_STR(json_string_value(json_object_get(p, "in")),
	    in_path ? "path" : "query");
	if (a->kind == ADMIN_TEXT)
		CHECK_INT(
		    json_integer_value(json_object_get(schema, "maxLength")),
		    a->most);
	if (a->kind != ADMIN_NUMBER)
		return;
	CHECK_INT(
	    json_integer_value(json_object_get(schema, "minimum")), a->least);
	CHECK_INT(
	    json_integer_value(json_object_get(schema, "maximum")), a->most);
}

static void
parameters_and_bodies_are_as_the_document_has_them(void)
{
	json_t *doc = document(), *op;
	const struct admin_command *c;
	size_t n;

	for (c = admin_commands; c->method != NULL; c++) {
		op = operation(doc, c);
		printf("# %s %s\n", c->method, c->path);
		for (n = 0;
		     n < ADMIN_PARAMETERS && c->parameters[n].name != NULL;
		     n++) {
			CHECK(described(op, c->parameters[n].name) != NULL);
			check_parameter(described(op, c->parameters[n].name),
			    &c->parameters[n], c->path);
		}
		CHECK_INT(
		    json_array_size(json_object_get(op, "parameters")), n);
		CHECK_INT(json_object_get(op, "requestBody") != NULL,
		    c->takes != ADMIN_NO_BODY);
		/* Open ones say so. */
		CHECK_INT(json_object_get(op, "security") != NULL, c->open);
	}
	json_decref(doc);
}

/* ---- finding --------------------------------------------------------------
 */

static void
every_command_is_found_by_its_own_path(void)
{
	const struct admin_command *c;
	struct buf allow = { 0 };

	for (c = admin_commands; c->method != NULL; c++)
		CHECK(admin_find(str_of(c->method), str_of(c->path), &allow) ==
		      c);
	buf_free(&allow);
}

static void
a_path_says_which_methods_it_has(void)
{
	struct buf allow = { 0 };

	CHECK(admin_find(STR("PATCH"), STR("/v1/state"), &allow) == NULL);
	CHECK_STR(buf_text(&allow), "GET, HEAD");
	buf_free(&allow);
	CHECK(admin_find(STR("GET"), STR("/v1/state/"), &allow) == NULL);
	CHECK(admin_find(STR("GET"), STR("/v1"), &allow) == NULL);
	CHECK(admin_find(STR("GET"), STR("*"), &allow) == NULL);
	CHECK(admin_find(STR("GET"), STR(""), &allow) == NULL);
	CHECK(admin_find(STR("GET"), STR("/assets/"), &allow) == NULL);
	CHECK_INT(allow.n, 0);
	CHECK(admin_find(STR("HEAD"), STR("/v1/state"), &allow) != NULL);
}

/* ---- parameters -----------------------------------------------------------
 */

static const char *const words[] = { "har", "curl", NULL };

static const struct admin_command sample = {
	.method = "GET",
	.path = "/v1/things/{id}",
	.parameters = {
	    { .name = "id", .kind = ADMIN_NUMBER, .least = 1, .most = 99 },
	    { .name = "q", .most = 5 },
	    { .name = "as", .kind = ADMIN_CHOICE, .choices = words,
		.initial = "curl" },
	    { .name = "all", .kind = ADMIN_FLAG },
	},
};

/* What is said of it; "" when all is well. */
static const char *
read_parameters(struct admin_request *r, const char *path, const char *query)
{
	static struct err e;

	*r = (struct admin_request){ .command = &sample, .path = str_of(path) };
	e.text[0] = '\0';
	(void)admin_read_parameters(
	    r, query != NULL ? str_of(query) : (struct str){ 0 }, &e);
	return e.text;
}

static void
parameters_are_read_and_judged(void)
{
	static const struct {
		const char *path, *query, *said;
	} cases[] = {
		{ "/v1/things/7", NULL, "" },
		{ "/v1/things/%37", "q=a%20b+c&all=1&as=har", "" },
		{ "/v1/things/0", NULL, "id: expected a number from 1 to 99" },
		{ "/v1/things/x", NULL, "id: expected a number from 1 to 99" },
		{ "/v1/things/7", "id=8", "there is no parameter id here" },
		{ "/v1/things/7", "nix", "there is no parameter nix here" },
		{ "/v1/things/7", "q=123456", "q: expected at most 5 bytes" },
		{ "/v1/things/7", "q=%00", "q: expected at most 5 bytes" },
		{ "/v1/things/7", "q=1&q=2", "q: given twice" },
		{ "/v1/things/7", "as=x", "as: expected one of har, curl" },
		{ "/v1/things/7", "all=2",
		    "all: expected a number from 0 to 1" },
		{ "/v1/things/7", "&&", "" },
	};
	struct admin_request r;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_STR(read_parameters(&r, cases[i].path, cases[i].query),
		    cases[i].said);
		arena_fini(&r.arena);
	}
	(void)read_parameters(&r, "/v1/things/%37", "q=a%20b+c&as=har");
	CHECK_INT(admin_number(&r, "id"), 7);
	CHECK_VIEW(admin_text(&r, "q"), "a b c");
	CHECK_INT(admin_number(&r, "as"), 0);
	CHECK(!admin_given(&r, "all"));
	arena_fini(&r.arena);
	(void)read_parameters(&r, "/v1/things/7", "");
	CHECK_INT(admin_number(&r, "as"), 1);
	arena_fini(&r.arena);
}

/* ---- the guard ------------------------------------------------------------
 */

static struct http1_head
head(struct arena *a, const char *text)
{
	static const struct http1_limits limits = { 1000, 4000, 50 };
	enum http1_fault fault;
	struct http1_head h;
	size_t seen = 0;

	CHECK_INT(
	    http1_request(&h, a, text, strlen(text), &seen, &limits, &fault),
	    HTTP1_DONE);
	return h;
}

static int
judged(const struct admin_guard *g, const char *method, const char *fields,
    const struct admin_command *c)
{
	struct arena a = { 0 };
	struct http1_head h;
	struct err e;
	char text[1000];
	int status;

	snprintf(text, sizeof(text), "%s /v1/state HTTP/1.1\r\n%s\r\n", method,
	    fields);
	h = head(&a, text);
	status = admin_guard_host(g, &h, "10.0.0.7:8081", &e);
	if (status == 0)
		status = admin_guard_origin(g, &h, c, &e);
	if (status == 0)
		status = admin_guard_token(g, &h, c, &e);
	if (status == 0)
		status = admin_guard_type(&h, c, &e);
	arena_fini(&a);
	return status;
}

#define HOST "Host: localhost:8081\r\n"

static void
a_get_is_judged_by_where_it_comes_from(void)
{
	static char name[] = "hark.test";
	static char *names[] = { name };
	static const struct admin_guard g = { .names = names, .nnames = 1 };
	static const struct admin_command get = { .method = "GET" },
					  page = { .method = "GET",
						  .open = true };
	static const struct {
		const char *fields;
		int status, page;
	} cases[] = {
		{ HOST, 0, 0 },
		{ "Host: 127.8.9.1\r\n", 0, 0 },
		{ "Host: [::1]:8081\r\n", 0, 0 },
		{ "Host: a.localhost\r\n", 0, 0 },
		{ "Host: 10.0.0.7:9\r\n", 0, 0 },
		{ "Host: HARK.test:8081\r\n", 0, 0 },
		{ "Host: 10.0.0.8:8081\r\n", 421, 421 },
		{ "Host: evil.example\r\n", 421, 421 },
		{ "Host: localhost.evil.example\r\n", 421, 421 },
		{ "Host: 127.0.0.1.evil.example\r\n", 421, 421 },
		{ "Host: notlocalhost\r\n", 421, 421 },
		{ HOST "Origin: http://localhost:8081\r\n", 0, 0 },
		{ HOST "Origin: http://localhost:8080\r\n", 403, 403 },
		{ HOST "Origin: https://localhost:8081\r\n", 403, 403 },
		{ HOST "Origin: null\r\n", 403, 403 },
		{ HOST "Sec-Fetch-Site: same-origin\r\n", 0, 0 },
		{ HOST "Sec-Fetch-Site: none\r\n", 0, 0 },
		{ HOST "Sec-Fetch-Site: same-site\r\n", 403, 403 },
		{ HOST "Sec-Fetch-Site: cross-site\r\n", 403, 403 },
		{ HOST "Sec-Fetch-Site: cross-site\r\n"
		       "Sec-Fetch-Mode: navigate\r\n"
		       "Sec-Fetch-Dest: document\r\n",
		    403, 0 },
		{ HOST "Sec-Fetch-Site: cross-site\r\n"
		       "Sec-Fetch-Mode: navigate\r\n"
		       "Sec-Fetch-Dest: iframe\r\n",
		    403, 403 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		printf("# %s", cases[i].fields);
		CHECK_INT(
		    judged(&g, "GET", cases[i].fields, &get), cases[i].status);
		CHECK_INT(
		    judged(&g, "GET", cases[i].fields, &page), cases[i].page);
	}
}

static void
a_token_is_asked_for_where_there_is_one(void)
{
	static const struct admin_guard g = { .token = "s3cret" };
	static const struct admin_command get = { .method = "GET" },
					  page = { .method = "GET",
						  .open = true };

	CHECK_INT(judged(&g, "GET", HOST, &get), 401);
	CHECK_INT(judged(&g, "GET", HOST, &page), 0);
	CHECK_INT(
	    judged(&g, "GET", HOST "Authorization: s3cret\r\n", &get), 401);
	CHECK_INT(
	    judged(&g, "GET", HOST "Authorization: Bearer s3cre\r\n", &get),
	    401);
	CHECK_INT(
	    judged(&g, "GET", HOST "Authorization: Bearer s3cretx\r\n", &get),
	    401);
	CHECK_INT(
	    judged(&g, "GET", HOST "Authorization: bearer s3cret\r\n", &get),
	    0);
}

static void
what_changes_something_comes_as_no_page_can_send_it(void)
{
	static const struct admin_guard g = { .token = NULL };
	static const struct admin_command post = { .method = "POST",
		.takes = ADMIN_JSON },
					  bytes = { .method = "POST",
						  .takes = ADMIN_BYTES },
					  gone = { .method = "DELETE" };
	static const struct {
		const char *fields;
		int json, bytes;
	} cases[] = {
		{ HOST, 415, 415 },
		{ HOST "Content-Type: text/plain\r\n", 415, 415 },
		{ HOST "Content-Type: multipart/form-data; boundary=a\r\n", 415,
		    415 },
		{ HOST "Content-Type: application/x-www-form-urlencoded\r\n",
		    415, 415 },
		{ HOST "Content-Type: application/json\r\n", 0, 0 },
		{ HOST "Content-Type: Application/JSON; charset=utf-8\r\n", 0,
		    0 },
		{ HOST "Content-Type: application/x+json\r\n", 0, 0 },
		{ HOST "Content-Type: application/zip\r\n", 415, 0 },
		{ HOST "Content-Type: text/plain; application/json\r\n", 415,
		    415 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		printf("# %s", cases[i].fields);
		CHECK_INT(
		    judged(&g, "POST", cases[i].fields, &post), cases[i].json);
		CHECK_INT(judged(&g, "POST", cases[i].fields, &bytes),
		    cases[i].bytes);
	}
	CHECK_INT(judged(&g, "DELETE", HOST, &gone), 0);
}

static void
a_unix_socket_is_guarded_by_its_mode(void)
{
	static const struct admin_guard g = { .local = true };
	static const struct admin_command get = { .method = "GET" };

	CHECK_INT(judged(&g, "GET", "Host: anything\r\n", &get), 0);
}

static void
tokens_are_never_the_same(void)
{
	char *a = admin_guard_make_token(), *b = admin_guard_make_token();

	CHECK_INT(strlen(a), 32);
	CHECK(strcmp(a, b) != 0);
	free(a);
	free(b);
}

RUN(TEST(every_command_is_in_the_document),
    TEST(every_operation_of_the_document_is_a_command),
    TEST(parameters_and_bodies_are_as_the_document_has_them),
    TEST(every_command_is_found_by_its_own_path),
    TEST(a_path_says_which_methods_it_has),
    TEST(parameters_are_read_and_judged),
    TEST(a_get_is_judged_by_where_it_comes_from),
    TEST(a_token_is_asked_for_where_there_is_one),
    TEST(what_changes_something_comes_as_no_page_can_send_it),
    TEST(a_unix_socket_is_guarded_by_its_mode), TEST(tokens_are_never_the_same))
