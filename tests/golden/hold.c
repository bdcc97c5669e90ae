#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/headers.h"
#include "mock/contract.h"
#include "mock/value_json.h"

/*
 * Holds messages against descriptions for contract.py: reads a JSON object per
 * line and writes one per line.
 *
 *	{"file": "a.yaml"}		what all that follows is held against
 *	{"operations": 3}		or {"error": "a.yaml: ..."}
 *
 *	{"target": "/a?b=1", "body": "{}"}	a POST of JSON, answered by 200
 *	{"request": ["wrong-body"], "answer": []}
 */

static struct contract *contract;

static void
hold_file(const char *path, struct buf *out)
{
	const struct contract_options o = { .ignored = CONTRACT_SILENT,
		.most_body = 1 << 20 };
	struct arena a = { 0 };
	struct values v = { .arena = &a };
	struct value to = value_new_object(&v);
	struct err e;

	contract_free(contract);
	contract = contract_new(&o);
	if (contract_add(contract, path, (struct str){ NULL, 0 }, NULL, &e) ==
	    -1)
		value_set(&v, to, STR("error"), value_text(str_of(e.text)));
	else
		value_set(&v, to, STR("operations"),
		    value_number((double)contract_operations(contract)));
	(void)value_write_json(&v, out, to, 0, true);
	arena_fini(&a);
}

static void
hold_add(struct buf *out, const char *name, const struct contract_findings *f)
{
	size_t i;

	buf_addf(out, "\"%s\": [", name);
	for (i = 0; i < f->n; i++)
		buf_addf(out, "%s\"%s\"", i > 0 ? ", " : "",
		    contract_kind_name(f->v[i].kind));
	buf_add_text(out, "]");
}

static void
hold_message(struct value of, struct buf *out)
{
	struct contract_findings request = { .n = 0 }, answer = { .n = 0 };
	const struct contract_operation *operation;
	struct contract_message m = { .method = STR("POST"),
		.target = value_get(of, STR("target")).text,
		.body = value_get(of, STR("body")).text,
		.status = 200 };
	struct headers h = { 0 };
	struct arena a = { 0 };

	headers_add(&h, &a, STR("Content-Type"), STR("application/json"));
	m.headers = &h;
	if (contract_request(contract, &m, &operation, &request) ==
	    CONTRACT_DOCUMENTED) {
		contract_head(contract, operation, &m, &answer);
		contract_body(contract, operation, &m, &answer);
	}
	buf_add_text(out, "{");
	hold_add(out, "request", &request);
	buf_add_text(out, ", ");
	hold_add(out, "answer", &answer);
	buf_add_text(out, "}");
	contract_findings_fini(&request);
	contract_findings_fini(&answer);
	arena_fini(&a);
}

static void
hold_line(struct str line)
{
	struct arena a = { 0 };
	struct values v = { .arena = &a };
	struct buf out = { 0 };
	struct value of, file;

	if (value_read_json(&v, line, &of) == -1)
		exit(2);
	file = value_get(of, STR("file"));
	if (file.kind == VALUE_TEXT)
		hold_file(arena_strndup(&a, file.text.p, file.text.n), &out);
	else
		hold_message(of, &out);
	puts(buf_text(&out));
	buf_free(&out);
	arena_fini(&a);
}

int
main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0)
		hold_line((struct str){ line, (size_t)n - 1 });
	free(line);
	contract_free(contract);
	return 0;
}
