#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/coding.h"
#include "har/headers.h"
#include "mock/contract.h"

#include "tests/unit/tap.h"

static const char pets[] =
    "openapi: 3.0.3\n"
    "info: {title: Pets, version: '1'}\n"
    "servers: [{url: 'https://api.test/{v}', variables: {v: {default: v1,\n"
    "  enum: [v1, v2]}}}]\n"
    "components:\n"
    "  securitySchemes: {k: {type: apiKey, in: query, name: key}}\n"
    "  schemas:\n"
    "    Pet:\n"
    "      type: object\n"
    "      required: [id, name]\n"
    "      additionalProperties: false\n"
    "      properties:\n"
    "        id: {type: integer, readOnly: true}\n"
    "        name: {type: string, minLength: 1, nullable: true}\n"
    "        pin: {type: string, writeOnly: true}\n"
    "        born: {type: string, format: date}\n"
    "        weight: {type: number, minimum: 0, exclusiveMinimum: true}\n"
    "        friend: {$ref: '#/components/schemas/Pet'}\n"
    "        odd: {type: string, format: nobody-knows}\n"
    "paths:\n"
    "  /pets:\n"
    "    parameters:\n"
    "    - {name: X-Trace, in: header, schema: {type: string, maxLength: 3}}\n"
    "    get:\n"
    "      parameters:\n"
    "      - {name: limit, in: query, required: true,\n"
    "         schema: {type: integer, maximum: 100}}\n"
    "      - {name: tags, in: query, schema: {type: array, maxItems: 2,\n"
    "         items: {type: string, enum: [a, b, c]}}}\n"
    "      - {name: ids, in: query, explode: false, schema: {type: array,\n"
    "         items: {type: integer}}}\n"
    "      - {name: pipes, in: query, style: pipeDelimited, explode: false,\n"
    "         schema: {type: array, items: {type: integer}}}\n"
    "      - {name: gaps, in: query, style: spaceDelimited, explode: false,\n"
    "         schema: {type: array, items: {type: integer}}}\n"
    "      - {name: deep, in: query, style: deepObject, schema: {\n"
    "         properties: {n: {type: integer}, l: {type: array, items:\n"
    "         {type: boolean}}}}}\n"
    "      - {name: page, in: query, schema: {type: object, properties: {\n"
    "         from: {type: integer}, to: {type: integer}}}}\n"
    "      - {name: pair, in: query, explode: false, schema: {type: object,\n"
    "         properties: {a: {type: integer}}}}\n"
    "      - {name: filter, in: query, content: {application/json: {schema:\n"
    "         {type: array}}}}\n"
    "      - {name: any, in: query, allowEmptyValue: true, schema: {\n"
    "         type: boolean}}\n"
    "      - {name: sid, in: cookie, schema: {type: integer}}\n"
    "      responses:\n"
    "        200:\n"
    "          description: ''\n"
    "          headers:\n"
    "            X-Total: {required: true, schema: {type: integer}}\n"
    "          content: {application/json: {schema: {type: array, items:\n"
    "            {$ref: '#/components/schemas/Pet'}}}}\n"
    "        4XX: {description: '', content: {text/*: {}}}\n"
    "    post:\n"
    "      requestBody: {required: true, content: {application/json: {schema:\n"
    "        {$ref: '#/components/schemas/Pet'}}, 'text/plain; charset=x': {\n"
    "        schema: {type: integer}},\n"
    "        application/x-www-form-urlencoded: {schema: {required: [n],\n"
    "        properties: {n: {type: integer}, l: {type: array, items: {type:\n"
    "        integer}}, s: {type: array, items: {type: integer}}}},\n"
    "        encoding: {s: {style: form, explode: false}}},\n"
    "        multipart/form-data: {schema: {required: [a, f]}}}}\n"
    "      responses: {201: {description: ''}, default: {description: ''}}\n"
    "  /pets/{id}:\n"
    "    parameters:\n"
    "    - {name: id, in: path, required: true, schema: {type: integer}}\n"
    "    get: {responses: {200: {description: ''}}}\n"
    "    put: {responses: {200: {description: ''}}}\n"
    "  /pets/mine: {get: {responses: {200: {description: ''}}}}\n"
    "  /files/{a}.{b}/x:\n"
    "    get: {parameters: [{name: b, in: path, required: true, schema: {\n"
    "      enum: [js]}}], responses: {200: {description: ''}}}\n";

static struct contract *
load(const char *text, struct str prefix)
{
	const struct contract_options o = { .most_body = 2000 };
	struct contract *c = contract_new(&o);
	struct buf remarks = { 0 };
	struct err e = { "" };

	if (contract_add_text(
		c, "pets.yaml", prefix, str_of(text), &remarks, &e) == -1)
		fprintf(stderr, "# %s\n", e.text);
	buf_free(&remarks);
	return c;
}

static void
add_findings(struct buf *out, const struct contract_findings *f)
{
	const struct contract_violation *v;

	for (v = f->v; v < f->v + f->n; v++)
		buf_addf(out, "%s%s %.*s: %.*s", out->n > 0 ? "; " : "",
		    contract_kind_name(v->kind), STR_ARGS(v->at),
		    STR_ARGS(v->why));
	if (f->unchecked != NULL)
		buf_addf(out, "%snot checked: %s", out->n > 0 ? "; " : "",
		    f->unchecked);
}

static struct buf out;

static const struct contract_operation *operation;

/* What is wrong with a request, given as "GET /path" and fields with CR LF. */
static const char *
ask(const struct contract *c, const char *line, const char *fields,
    struct str body)
{
	struct contract_findings f = { .n = 0 };
	struct str rest = str_of(line), method;
	struct headers h = { 0 };
	struct arena a = { 0 };
	struct contract_message m;

	(void)str_cut(&rest, ' ', &method);
	(void)headers_parse(&h, &a, str_of(fields));
	m = (struct contract_message){
		.method = method, .target = rest, .headers = &h, .body = body
	};
	out.n = 0;
	if (contract_request(c, &m, &operation, &f) == CONTRACT_ELSEWHERE)
		buf_addf(&out, "elsewhere");
	add_findings(&out, &f);
	contract_findings_fini(&f);
	arena_fini(&a);
	return buf_text(&out);
}

static const char *
answer(const struct contract *c, const char *line, int status,
    const char *fields, struct str body)
{
	struct contract_findings f = { .n = 0 };
	struct str rest = str_of(line), method;
	struct headers h = { 0 };
	struct arena a = { 0 };
	struct contract_message m;

	(void)ask(c, line, "", STR(""));
	(void)str_cut(&rest, ' ', &method);
	(void)headers_parse(&h, &a, str_of(fields));
	m = (struct contract_message){
		.method = method, .status = status, .headers = &h, .body = body
	};
	contract_head(c, operation, &m, &f);
	contract_body(c, operation, &m, &f);
	out.n = 0;
	add_findings(&out, &f);
	contract_findings_fini(&f);
	arena_fini(&a);
	return buf_text(&out);
}

static void
requests_are_held_against_their_operation(void)
{
	static const char *const rows[][2] = {
		{ "GET /v1/pets?limit=3", "" },
		{ "GET /v2/pets?limit=3", "" },
		{ "GET /pets?limit=3",
		    "undocumented-path path: no path of the description fits" },
		{ "GET /v1/pets/",
		    "undocumented-path path: no path of the description fits" },
		{ "DELETE /v1/pets",
		    "undocumented-method method: the path is not for this "
		    "method" },
		{ "HEAD /v1/pets?limit=1", "" },
		{ "GET /v1/pets", "missing-parameter query limit: it is "
				  "required" },
		{ "GET /v1/pets?limit=",
		    "wrong-parameter query limit: expected integer" },
		{ "GET /v1/pets?limit=101",
		    "wrong-parameter query limit: it does not fit" },
		{ "GET /v1/pets?limit=1&limit=2",
		    "wrong-parameter query limit: expected integer" },
		{ "GET /v1/pets?li%6Dit=1&tags=a&tags=c", "" },
		{ "GET /v1/pets?limit=1&tags=a&tags=d&tags=a",
		    "wrong-parameter query tags: it does not fit; "
		    "wrong-parameter query tags /1: it is none of the values "
		    "there are" },
		{ "GET /v1/pets?limit=1&ids=1,2,3&pipes=1%7C2|3&gaps=1%202+3",
		    "" },
		{ "GET /v1/pets?limit=1&ids=1,x",
		    "wrong-parameter query ids /1: expected integer" },
		{ "GET /v1/pets?limit=1&pipes=1|x",
		    "wrong-parameter query pipes /1: expected integer" },
		{ "GET /v1/pets?limit=1&gaps=1+x",
		    "wrong-parameter query gaps /1: expected integer" },
		{ "GET /v1/pets?limit=1&deep[n]=1&deep[l]=true&deep[l]=false",
		    "" },
		{ "GET /v1/pets?limit=1&deep%5Bn%5D=x&deep[l]=1",
		    "wrong-parameter query deep /n: expected integer; "
		    "wrong-parameter query deep /l/0: expected boolean" },
		{ "GET /v1/pets?limit=1&from=1&to=x",
		    "wrong-parameter query page /to: expected integer" },
		{ "GET /v1/pets?limit=1&pair=a,x",
		    "wrong-parameter query pair /a: expected integer" },
		{ "GET /v1/pets?limit=1&filter=[1]&key=k&any=", "" },
		{ "GET /v1/pets?limit=1&filter=%7B%7D",
		    "wrong-parameter query filter: expected array" },
		{ "GET /v1/pets?limit=1&filter=x",
		    "wrong-parameter query filter: it is no JSON" },
		{ "GET /v1/pets?limit=1&other=%26",
		    "undocumented-query query other: no parameter has this "
		    "name" },
		{ "GET /v1/pets/7", "" },
		{ "GET /v1/pets/x",
		    "wrong-parameter path id: expected integer" },
		{ "GET /v1/pets/mine", "" },
		{ "PUT /v1/pets/mine",
		    "wrong-parameter path id: expected integer" },
		{ "GET /v1/files/a.b.js/x",
		    "wrong-parameter path b: it is none of the values there "
		    "are" },
		{ "GET /v1/files/a.js/x", "" },
		{ "GET /v1/files/.js/x",
		    "undocumented-path path: no path of the description fits" },
	};
	struct contract *c = load(pets, (struct str){ NULL, 0 });
	size_t i;

	CHECK_INT(contract_operations(c), 6);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(ask(c, rows[i][0], "", STR("")), rows[i][1]);
	CHECK_STR(ask(c, "GET /v1/pets?limit=1",
		      "X-Trace: abcd\r\nCookie: a=b; sid=x\r\n", STR("")),
	    "wrong-parameter header X-Trace: it does not fit; "
	    "wrong-parameter cookie sid: expected integer");
	CHECK_STR(ask(c, "GET /v1/pets?limit=1",
		      "x-trace: abc\r\nCookie: sid=12\r\n", STR("")),
	    "");
	CHECK_STR(ask(c, "OPTIONS /v1/pets",
		      "Access-Control-Request-Method: GET\r\n", STR("")),
	    "elsewhere");
	contract_free(c);
}

#define JSON "Content-Type: application/json\r\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"
#define PARTS "Content-Type: multipart/form-data; boundary=b\r\n"

static void
bodies_are_held_against_their_media_type(void)
{
	static const char *const rows[][3] = {
		{ "", "", "missing-body body: a body is required" },
		{ JSON, "{\"name\":\"a\"}", "" },
		{ JSON, "{\"name\":null,\"pin\":\"1\",\"odd\":\"\"}", "" },
		{ JSON, "{}", "wrong-body body: name is missing" },
		{ JSON, "{", "wrong-body body: it is no JSON" },
		{ JSON, "{\"name\":\"a\",\"id\":1}",
		    "read-only body /id: it is for answers only" },
		{ JSON,
		    "{\"name\":\"\",\"x\":1,\"weight\":0,\"friend\":{\"name\":"
		    "1,\"born\":\"2020-13-01\"}}",
		    "wrong-body body /name: it does not fit; "
		    "wrong-body body /x: it is not described; "
		    "wrong-body body /weight: it does not fit; "
		    "wrong-body body /friend/name: expected null or string; "
		    "wrong-body body /friend/born: it is not of that "
		    "format" },
		{ "Content-Type: Application/JSON ; charset=utf-8\r\n", "[]",
		    "wrong-body body: expected object" },
		{ "Content-Type: application/xml\r\n", "<a/>",
		    "wrong-content-type header Content-Type: application/xml; "
		    "expected application/json or text/plain or "
		    "application/x-www-form-urlencoded or "
		    "multipart/form-data" },
		{ "", "{}",
		    "wrong-content-type header Content-Type: it is missing; "
		    "expected application/json or text/plain or "
		    "application/x-www-form-urlencoded or "
		    "multipart/form-data" },
		{ "Content-Type: text/plain\r\n", "12", "" },
		{ "Content-Type: text/plain\r\n", "a",
		    "wrong-body body: expected integer" },
		{ FORM, "n=1&l=2&l=3&s=4,5", "" },
		{ FORM, "n=1&l=2", "" },
		{ FORM, "n=a&s=4,b",
		    "wrong-body body /n: expected integer; "
		    "wrong-body body /s/1: expected integer" },
		{ FORM, "l=a+b",
		    "wrong-body body: n is missing; "
		    "wrong-body body /l/0: expected integer" },
		{ PARTS,
		    "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n"
		    "--b\r\nContent-Disposition: form-data; name=f; "
		    "filename=g\r\n\r\ny\r\n--b--\r\n",
		    "" },
		{ PARTS,
		    "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n"
		    "--b--\r\n",
		    "wrong-body body: f is missing" },
	};
	struct contract *c = load(pets, (struct str){ NULL, 0 });
	struct buf coded = { 0 }, big = { 0 };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(
		    ask(c, "POST /v1/pets", rows[i][0], str_of(rows[i][1])),
		    rows[i][2]);
	CHECK_STR(ask(c, "GET /v1/pets/1", "", STR("x")),
	    "undocumented-body body: no body is described");
	(void)coding_encode(STR("gzip"), STR("[]"), &coded);
	CHECK_STR(ask(c, "POST /v1/pets", JSON "Content-Encoding: gzip\r\n",
		      buf_str(&coded)),
	    "wrong-body body: expected object");
	CHECK_STR(ask(c, "POST /v1/pets", JSON "Content-Encoding: x\r\n",
		      buf_str(&coded)),
	    "not checked: its content coding is not known");
	CHECK_STR(ask(c, "POST /v1/pets", JSON "Content-Encoding: gzip\r\n",
		      STR("[]")),
	    "not checked: its content coding is broken");
	memset(buf_reserve(&big, 3000), ' ', 3000);
	big.n = 3000;
	CHECK_STR(ask(c, "POST /v1/pets", JSON, buf_str(&big)),
	    "not checked: it is too long");
	coded.n = 0;
	(void)coding_encode(STR("gzip"), buf_str(&big), &coded);
	CHECK_STR(ask(c, "POST /v1/pets", JSON "Content-Encoding: gzip\r\n",
		      buf_str(&coded)),
	    "not checked: it is too long without its coding");
	buf_free(&coded);
	buf_free(&big);
	contract_free(c);
}

static void
answers_are_held_against_their_status(void)
{
	static const struct {
		int status;
		const char *fields, *body, *found;
	} rows[] = {
		{ 200, JSON "X-Total: 1\r\n", "[{\"id\":1,\"name\":\"a\"}]",
		    "" },
		{ 200, JSON "X-Total: x\r\n",
		    "[{\"name\":\"a\",\"pin\":\"1\"}]",
		    "wrong-header header X-Total: expected integer; "
		    "wrong-body body /0: id is missing; "
		    "write-only body /0/pin: it is for requests only" },
		{ 200, JSON, "[]",
		    "missing-header header X-Total: it is required" },
		{ 200, "X-Total: 1\r\n", "",
		    "missing-body body: a body is required" },
		{ 200, "Content-Type: text/html\r\nX-Total: 1\r\n", "<p>",
		    "wrong-content-type header Content-Type: text/html; "
		    "expected application/json" },
		{ 404, "Content-Type: text/html\r\n", "<p>", "" },
		{ 404, JSON, "{}",
		    "wrong-content-type header Content-Type: application/json; "
		    "expected text/*" },
		{ 500, "", "",
		    "undocumented-status status 500: no response has this "
		    "status" },
	};
	struct contract *c = load(pets, (struct str){ NULL, 0 });
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(answer(c, "GET /v1/pets?limit=1", rows[i].status,
			      rows[i].fields, str_of(rows[i].body)),
		    rows[i].found);
	CHECK_STR(answer(c, "HEAD /v1/pets?limit=1", 200, JSON "X-Total: 1\r\n",
		      STR("")),
	    "");
	CHECK_STR(answer(c, "POST /v1/pets", 503, "", STR("")), "");
	CHECK_STR(answer(c, "GET /v1/pets/1", 200, "", STR("x")),
	    "undocumented-body body: no body is described");
	contract_free(c);
}

static const char old[] =
    "{\"swagger\":\"2.0\",\"basePath\":\"/api/\",\"consumes\":["
    "\"application/json\"],\"produces\":[\"application/json\"],"
    "\"definitions\":{\"N\":{\"type\":\"integer\",\"x-nullable\":true,"
    "\"maximum\":3,\"exclusiveMaximum\":true}},\"paths\":{\"/a/{n}\":{"
    "\"parameters\":[{\"name\":\"n\",\"in\":\"path\",\"required\":true,"
    "\"type\":\"integer\"},{\"name\":\"c\",\"in\":\"query\",\"type\":"
    "\"array\",\"items\":{\"type\":\"integer\"},\"collectionFormat\":"
    "\"ssv\"},{\"name\":\"m\",\"in\":\"query\",\"type\":\"array\",\"items\":"
    "{\"type\":\"integer\"},\"collectionFormat\":\"multi\"}],\"post\":{"
    "\"parameters\":[{\"name\":\"b\",\"in\":\"body\",\"required\":true,"
    "\"schema\":{\"$ref\":\"#/definitions/N\"}}],\"responses\":{\"200\":{"
    "\"schema\":{\"$ref\":\"#/definitions/N\"},\"headers\":{\"X-N\":{"
    "\"type\":\"integer\"}}}}},\"put\":{\"consumes\":["
    "\"application/x-www-form-urlencoded\"],\"parameters\":[{\"name\":\"f\","
    "\"in\":\"formData\",\"type\":\"array\",\"items\":{\"type\":"
    "\"integer\"},\"required\":true,\"collectionFormat\":\"pipes\"}],"
    "\"responses\":{\"200\":{\"description\":\"\"}}}}}}";

static void
descriptions_of_2_0_are_read(void)
{
	struct contract *c = load(old, (struct str){ NULL, 0 });

	CHECK_INT(contract_operations(c), 2);
	CHECK_STR(ask(c, "POST /api/a/1?c=1+2&m=1&m=2", JSON, STR("2")), "");
	CHECK_STR(ask(c, "POST /api/a/1", JSON, STR("null")), "");
	CHECK_STR(ask(c, "POST /api/a/x?c=1+x&m=1&m=y", JSON, STR("3")),
	    "wrong-parameter path n: expected integer; "
	    "wrong-parameter query c /1: expected integer; "
	    "wrong-parameter query m /1: expected integer; "
	    "wrong-body body: it does not fit");
	CHECK_STR(ask(c, "POST /api/a/1", "", STR("")),
	    "missing-body body: a body is required");
	CHECK_STR(ask(c, "PUT /api/a/1", FORM, STR("f=1|2")), "");
	CHECK_STR(ask(c, "PUT /api/a/1", FORM, STR("f=1|x")),
	    "wrong-body body /f/1: expected integer");
	CHECK_STR(ask(c, "PUT /api/a/1", FORM, STR("g=1")),
	    "wrong-body body: f is missing");
	CHECK_STR(answer(c, "POST /api/a/1", 200, JSON "X-N: a\r\n", STR("3")),
	    "wrong-header header X-N: expected integer; "
	    "wrong-body body: it does not fit");
	contract_free(c);
}

static void
descriptions_of_3_1_have_all_of_a_schema(void)
{
	static const char text[] =
	    "openapi: 3.1.0\n"
	    "paths: {/: {post: {requestBody: {content: {'*/*': {schema: {\n"
	    "  type: [object, 'null'], if: {required: [a]}, then: {required:\n"
	    "  [b]}, dependentRequired: {c: [d]}, properties: {e: {$ref:\n"
	    "  '#/$defs/t', maxItems: 2}, f: {exclusiveMinimum: 3}, g: false,\n"
	    "  h: {const: 1}}}}}}, responses: {'200': {description: ''}}}}}\n"
	    "$defs: {t: {prefixItems: [{type: integer}], items: {type: string}}"
	    "}\n";
	struct contract *c = load(text, (struct str){ NULL, 0 });

	CHECK_STR(ask(c, "POST /", JSON, STR("null")), "");
	CHECK_STR(ask(c, "POST /", JSON, STR("{\"e\":[1,\"\"],\"h\":1}")), "");
	CHECK_STR(ask(c, "POST /", JSON,
		      STR("{\"e\":[\"\",1],\"f\":3,\"g\":1,\"h\":2}")),
	    "wrong-body body /e/0: expected integer; "
	    "wrong-body body /e/1: expected string; "
	    "wrong-body body /f: it does not fit; "
	    "wrong-body body /g: nothing is allowed there; "
	    "wrong-body body /h: it is not the value there is");
	CHECK_STR(ask(c, "POST /", JSON, STR("{\"e\":[1,\"\",\"\"]}")),
	    "wrong-body body /e: it does not fit");
	CHECK_STR(ask(c, "POST /", JSON, STR("{\"a\":1}")),
	    "wrong-body body: b is missing");
	CHECK_STR(ask(c, "POST /", JSON, STR("{\"c\":1}")),
	    "wrong-body body: d is missing beside it");
	contract_free(c);
}

static void
references_lead_on_and_on(void)
{
	struct buf text = { 0 };
	struct contract *c;
	int i;

	buf_addf(&text, "{\"openapi\":\"3.0.0\",\"paths\":{\"/\":{\"post\":{"
			"\"requestBody\":{\"content\":{\"a/json\":{\"schema\":{"
			"\"$ref\":\"#/x/n0\"}}}},\"responses\":{}}}},\"x\":{");
	for (i = 0; i < 300; i++)
		buf_addf(&text,
		    "\"n%d\":{\"properties\":{\"a\":{\"$ref\":"
		    "\"#/x/n%d\"}}},",
		    i, i + 1);
	buf_addf(&text, "\"n300\":{\"type\":\"object\",\"properties\":{"
			"\"a\":{\"$ref\":\"#/x/n299\"}}}}}");
	c = load(buf_text(&text), (struct str){ NULL, 0 });
	CHECK_STR(ask(c, "POST /", "Content-Type: a/json\r\n",
		      STR("{\"a\":{\"a\":{\"b\":1}}}")),
	    "");
	text.n = 0;
	for (i = 0; i < 300; i++)
		buf_addf(&text, "{\"a\":");
	buf_addf(&text, "1");
	for (i = 0; i < 300; i++)
		buf_addf(&text, "}");
	CHECK(
	    strstr(ask(c, "POST /", "Content-Type: a/json\r\n", buf_str(&text)),
		"/a/a: expected object") != NULL);
	buf_free(&text);
	contract_free(c);
}

static void
a_prefix_takes_the_place_of_servers(void)
{
	struct contract *c = load(pets, STR("/shop"));

	CHECK_STR(ask(c, "GET /shop/pets/1", "", STR("")), "");
	CHECK_STR(ask(c, "GET /shopping/1", "", STR("")), "elsewhere");
	CHECK_STR(ask(c, "GET /v1/pets/1", "", STR("")), "elsewhere");
	CHECK_STR(ask(c, "GET /shop/x", "", STR("")),
	    "undocumented-path path: no path of the description fits");
	contract_free(c);
	c = load(pets, STR("/"));
	CHECK_STR(ask(c, "GET /pets/1", "", STR("")), "");
	contract_free(c);
}

static void
kinds_can_be_left_out(void)
{
	struct contract_options o = { .most_body = 10 };
	struct contract *c;
	struct err e = { "" };

	CHECK_INT(
	    contract_read_kinds("undocumented-path,wrong-body", &o.ignored, &e),
	    0);
	CHECK_INT(o.ignored,
	    CONTRACT_BIT(CONTRACT_PATH) | CONTRACT_BIT(CONTRACT_BODY));
	c = contract_new(&o);
	CHECK_STR(ask(c, "GET /", "", STR("")), "elsewhere");
	CHECK_INT(contract_add_text(
		      c, "p", (struct str){ NULL, 0 }, str_of(pets), NULL, &e),
	    0);
	CHECK_STR(ask(c, "GET /", "", STR("")), "");
	contract_free(c);
	CHECK_INT(contract_read_kinds("none", &o.ignored, &e), 0);
	CHECK_INT(o.ignored, 0);
	CHECK_INT(contract_read_kinds("wrong", &o.ignored, &e), -1);
	CHECK(strstr(e.text, "wrong: expected none or a list") != NULL);
}

#define HEAD "{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"get\":{"

static void
a_wrong_description_says_where(void)
{
	static const char *const rows[][2] = {
		{ "{", "bad.json:1" },
		{ "{\"openapi\":\"4\"}",
		    "bad.json: expected an OpenAPI description" },
		{ "{\"openapi\":\"3.0.0\"}", "bad.json: #/paths: expected "
					     "paths" },
		{ HEAD "\"responses\":{\"20\":{}}}}}}",
		    "bad.json: #/paths/~1a/get/responses/20: expected a "
		    "status" },
		{ HEAD "\"responses\":{\"200\":{\"$ref\":\"#/x\"}}}}}}",
		    "bad.json: #/paths/~1a/get/responses/200: #/x: leads to "
		    "nothing" },
		{ HEAD "\"parameters\":[{\"in\":\"query\"}]}}}}",
		    "bad.json: #/paths/~1a/get/parameters/0: expected a "
		    "name" },
		{ HEAD "\"requestBody\":{\"content\":{\"a/b\":{\"schema\":{"
		       "\"properties\":{\"x\":{\"type\":\"text\"}}}}}}}}}}",
		    "bad.json: #/paths/~1a/get/requestBody/content/a~1b/schema/"
		    "properties/x/type: expected a type" },
		{ HEAD "\"requestBody\":{\"content\":{\"a/b\":{\"schema\":1}}}"
		       "}}}}",
		    "bad.json: #/paths/~1a/get/requestBody/content/a~1b/"
		    "schema: expected a schema" },
		{ "{\"openapi\":\"3.0.0\",\"paths\":{\"/{a\":{\"get\":{}}}}",
		    "bad.json: #/paths/~1{a: expected braces in pairs" },
		{ "{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"get\":1}}}",
		    "bad.json: #/paths/~1a: get: expected an operation" },
	};
	const struct contract_options o = { .most_body = 10 };
	struct contract *c = contract_new(&o);
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		e.text[0] = '\0';
		CHECK_INT(
		    contract_add_text(c, "bad.json", (struct str){ NULL, 0 },
			str_of(rows[i][0]), NULL, &e),
		    -1);
		e.text[strlen(rows[i][1])] = '\0';
		CHECK_STR(e.text, rows[i][1]);
	}
	contract_free(c);
	contract_free(NULL);
}

static void
what_is_not_looked_at_is_said_once(void)
{
	static const char text[] = HEAD
	    "\"parameters\":[{\"name\":\"a\",\"in\":\"query\",\"style\":"
	    "\"matrix\",\"schema\":{\"pattern\":\"(?i)\"}},{\"name\":\"b\","
	    "\"in\":\"query\",\"style\":\"matrix\",\"schema\":{\"$ref\":"
	    "\"https://x.test/s.json\"}}]}}}}";
	const struct contract_options o = { .most_body = 10 };
	struct contract *c = contract_new(&o);
	struct buf remarks = { 0 };
	struct err e;

	CHECK_INT(contract_add_text(c, "p", (struct str){ NULL, 0 },
		      str_of(text), &remarks, &e),
	    0);
	CHECK(strstr(buf_text(&remarks),
		  "p: #/paths/~1a/get/parameters/0: values of style matrix are "
		  "not looked at\n"
		  "p: #/paths/~1a/get/parameters/1/schema: $ref: "
		  "https://x.test/s.json is not looked at: nothing is fetched\n"
		  "p: #/paths/~1a/get/parameters/0/schema: the pattern (?i) is "
		  "not looked at: ") != NULL);
	CHECK_STR(ask(c, "GET /a?a=1&b=2", "", STR("")), "");
	buf_free(&remarks);
	contract_free(c);
}

RUN(TEST(requests_are_held_against_their_operation),
    TEST(bodies_are_held_against_their_media_type),
    TEST(answers_are_held_against_their_status),
    TEST(descriptions_of_2_0_are_read),
    TEST(descriptions_of_3_1_have_all_of_a_schema),
    TEST(references_lead_on_and_on), TEST(a_prefix_takes_the_place_of_servers),
    TEST(kinds_can_be_left_out), TEST(a_wrong_description_says_where),
    TEST(what_is_not_looked_at_is_said_once))
