#ifndef REPLAY_NORMAL_PRIV_H
#define REPLAY_NORMAL_PRIV_H

/*
 * What normal.c and normal_*.c have in common: the rules that are for one
 * request, and how normal forms are written.  Whatever is written has a tag
 * and, unless the tag says it all, its length in front, so that no two
 * different values give the same bytes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "recorder/rules.h"

struct buf;
struct json_paths;

struct normal_rules {
	const struct rule **v;
	size_t n, cap;
	uint64_t verbs;
};

enum normal_tag {
	NORMAL_REPLACED = 'r', /* it is there, whatever it is */
	NORMAL_TEXT = '"',
	NORMAL_DIGEST = 'd', /* of what would be longer */
};

/* Above that a value of JSON or an element is written as its digest, so that
 * what is nested is not copied again and again. */
#define NORMAL_LONG 1024

void normal_number(struct buf *out, uint64_t v); /* LEB128 */
void normal_text(struct buf *out, char tag, struct str text);

/* What from on was added to out becomes a digest if it is long. */
void normal_shorten(struct buf *out, size_t from);

/* What one of the rules says of a name; ignoring wins. */
enum normal_fate {
	NORMAL_KEPT,
	NORMAL_IGNORED,
	NORMAL_ANY, /* whatever its value */
};
enum normal_fate normal_fate(const struct normal_rules *r,
    enum rule_verb ignore, enum rule_verb replace, struct str name);

/* ---- normal_pairs.c: queries and forms --------------------------------- */

#define NORMAL_PAIRS 65536

struct normal_pairs_kind {
	enum rule_verb ignore, replace, as_set;
	bool graphql; /* the parameters of GraphQL over GET are compared so */
};

/* False, and nothing added, when there are too many. */
bool normal_pairs(const struct normal_rules *r,
    const struct normal_pairs_kind *kind, struct str text, struct buf *out);

/* ---- normal_json.c ----------------------------------------------------- */

/* Tags of paths. */
enum normal_json_tag {
	NORMAL_JSON_IGNORE = 1,
	NORMAL_JSON_REPLACE = 2,
	NORMAL_JSON_SET = 4, /* an array whose order does not count */
};

struct normal_json; /* opaque; reusable state */
struct normal_json *normal_json_new(void);
void normal_json_free(struct normal_json *j);

/* With graphql, the text is a GraphQL request (or a list of them) and its
 * member query is compared by its tokens.  False, and nothing added, when
 * text is no JSON. */
bool normal_json_add(struct normal_json *j, const struct json_paths *paths,
    bool graphql, struct str text, struct buf *out);

/* A number of JSON by its value: the digits without zeros at either end, "e"
 * and the power of ten, or "0"; as it is when that power has more than 18
 * digits. */
void normal_json_number(struct str number, struct buf *out);

/* ---- normal_graphql.c -------------------------------------------------- */

/* The tokens of a GraphQL document (October 2021, section 2.1).  False, and
 * nothing added, when it has others. */
bool normal_graphql(struct str text, struct buf *out);

/* ---- normal_xml.c ------------------------------------------------------ */

#define NORMAL_XML_DEPTH 256

/* False, and nothing added, when it is not well-formed or has a document
 * type. */
bool normal_xml(const struct normal_rules *r, struct str text, struct buf *out);

#endif
