#ifndef MOCK_CONTRACT_PRIV_H
#define MOCK_CONTRACT_PRIV_H

/* Descriptions made ready, as mock/contract*.c share them. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"
#include "mock/contract.h"
#include "mock/openapi.h"
#include "mock/value.h"

struct schema;

#define CONTRACT_NONE SIZE_MAX /* no schema: anything fits */

/* Who sends what a schema is about. */
enum contract_side { CONTRACT_CLIENT, CONTRACT_SERVER };

enum contract_in {
	CONTRACT_IN_PATH,
	CONTRACT_IN_QUERY,
	CONTRACT_IN_FIELD,
	CONTRACT_IN_COOKIE,
};

/* How a list or an object is written in a text. */
enum contract_style {
	CONTRACT_COMMAS, /* form, simple, csv */
	CONTRACT_SPACES,
	CONTRACT_PIPES,
	CONTRACT_TABS,
	CONTRACT_DEEP,      /* name[member]=value */
	CONTRACT_UNCHECKED, /* another one: only whether it is there */
};

struct contract_parameter {
	enum contract_in in;
	struct str name;
	bool required;
	bool may_be_empty;
	bool json; /* its text is JSON */
	enum contract_style style;
	bool explode; /* a name=value for each item or member */
	size_t schema;
	struct str where;
};

/* A body as described for a media type; lower case, without parameters. */
struct contract_media {
	struct str type; /* a range, too */
	size_t schema;
	struct str where;
	struct contract_parameter *fields; /* of a form, those with a style */
	size_t nfields;
};

struct contract_content {
	struct contract_media *media;
	size_t n;
	bool described; /* whether there is a body at all */
	struct str where;
};

struct contract_response {
	int from, to; /* 0, 0: the default */
	struct contract_content content;
	struct contract_parameter *fields;
	size_t nfields;
	struct str where;
};

struct contract_operation {
	const struct contract_spec *spec;
	struct str method;
	struct str text; /* "GET /pets/{id}" */
	struct str where;
	struct contract_parameter *parameters;
	size_t nparameters;
	bool body_required;
	struct contract_content body;
	struct contract_response *responses;
	size_t nresponses;
};

/* What a path template stands for. */
struct contract_item {
	struct contract_operation *operations;
	size_t n;
	struct str where;
};

struct contract_path; /* a node of the tree */

struct contract_spec {
	struct arena arena;
	struct str name;   /* the file as it was given */
	struct str prefix; /* p NULL: the servers' paths */
	struct contract_path *paths;
	struct schema *schemas;
	size_t noperations;
	struct value keys; /* names of queries that are for credentials */
};

struct contract {
	struct contract_options options;
	struct contract_spec **specs;
	size_t n;
};

/* ---- contract_load.c ------------------------------------------------------
 */

/* While a description is read. */
struct contract_loader {
	struct openapi o;
	bool v31; /* or newer */
	struct contract_spec *spec;
	struct arena arena;
	struct values v;      /* on the way, in it */
	struct value schemas; /* the list for schema_new_list() */
	struct value numbers; /* of what references lead to, in that list */
	json_t **targets;     /* of the list */
	char **wheres;        /* of them */
	size_t ntargets;
	struct value said; /* remarks, each once */
	struct buf *remarks;
	struct err *e;
	bool failed;
};

/* Says what is wrong with the description: only the first counts. */
void contract_wrong(struct contract_loader *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Says once for the whole description what is not looked at. */
void contract_remark(struct contract_loader *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* v or what it refers to in the end, l->o.where being that place then; NULL
 * when there is nothing, which has been said. */
json_t *contract_follow(struct contract_loader *l, json_t *v);

/* A place as it is told: within the spec's arena. */
struct str contract_where(struct contract_loader *l);

/* ---- contract_schema.c ----------------------------------------------------
 */

/* The number of a schema, which is at l->o.where; CONTRACT_NONE for NULL. */
size_t contract_schema(
    struct contract_loader *l, json_t *schema, enum contract_side side);

/* Makes spec->schemas of all that were asked for.  0 or -1. */
int contract_schemas(struct contract_loader *l);

/* ---- contract_path.c ------------------------------------------------------
 */

/* What a name in a path stands for, decoded. */
struct contract_capture {
	struct str name;
	struct str value;
};

#define CONTRACT_CAPTURES 32

struct contract_found {
	const struct contract_item *item;
	const struct contract_operation *operation; /* NULL: another method */
	struct contract_capture captures[CONTRACT_CAPTURES];
	size_t n;
};

/* Adds an item at a template; the first of equal ones counts.  False when the
 * template is none. */
bool contract_path_add(struct arena *a, struct contract_path **paths,
    struct str template, const struct contract_item *item);

/* The item that fits path best: names in braces come behind what is written
 * out, and what has the method before what has not. */
bool contract_path_find(const struct contract_path *paths, struct str path,
    struct str method, struct arena *a, struct contract_found *found);

/* text without percent encoding, in a. */
struct str contract_decode(struct arena *a, struct str text, bool plus);

/* ---- what is found --------------------------------------------------------
 */

/* One message while it is looked at. */
struct contract_check {
	const struct contract *contract;
	const struct contract_operation *operation;
	const struct contract_message *message;
	struct contract_findings *findings;
	bool answer;
	struct values v;
	uint64_t work; /* left for its schemas */
};

/* Adds one, if its kind is looked for; at and why are formatted. */
void contract_found(struct contract_check *k, enum contract_kind kind,
    struct str rule, struct str at, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Tells what of value does not fit: at is what stands in front of the place
 * in it, kind what it is then. */
void contract_judge(struct contract_check *k, size_t schema, struct value value,
    enum contract_kind kind, struct str at);

/* The same for the members that have to be there alone. */
void contract_judge_presence(
    struct contract_check *k, size_t schema, struct value value, struct str at);

/* ---- contract_text.c ------------------------------------------------------
 */

/* Names and raw values of a query or a form. */
struct contract_pair {
	struct str name;  /* decoded */
	struct str value; /* not decoded */
	bool known;       /* a parameter has it */
};

struct contract_pairs {
	struct contract_pair *at;
	size_t n;
};

struct contract_pairs contract_split(struct arena *a, struct str query);

/* Hold a request's parameters, and an answer's fields, against what is
 * described; violations go to k. */
void contract_parameters(struct contract_check *k,
    const struct contract_found *found, struct str query);
void contract_fields(
    struct contract_check *k, const struct contract_response *response);

/* A form as an object of texts and lists of them, coerced to the schema. */
struct value contract_form(struct contract_check *k,
    const struct contract_media *media, struct str body);

/* ---- contract_body.c ------------------------------------------------------
 */

/* Whether the message's media type is a described one; whole: not only if it
 * says one. */
bool contract_content_type(struct contract_check *k,
    const struct contract_content *content, bool whole);
void contract_content(
    struct contract_check *k, const struct contract_content *content);

/* The media type of a Content-Type field: lower case, without parameters. */
struct str contract_type(struct arena *a, struct str field);
const struct contract_media *contract_media_find(
    const struct contract_content *content, struct str type);

#endif
