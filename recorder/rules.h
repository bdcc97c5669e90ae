#ifndef RECORDER_RULES_H
#define RECORDER_RULES_H

/*
 * Rules say, for some requests, what counts when they are compared, what is
 * taken out before it is stored, and which of several recordings is next.
 * They are the user's, one a line:
 *
 *	METHODS PATTERN VERB OBJECT [ARGUMENT...]
 *
 *	* /search ignore query ts nonce
 *	POST api.example.com/v1/jobs ignore json /id /meta/at
 *	GET /v1/users/?* path ^/v1/users/[0-9]+ /v1/users/N
 *
 * METHODS are separated by commas, * are all.  PATTERN is a glob (* any run
 * of bytes, ? any one) over the path of the target, without the query; what
 * stands in front of its first slash is the host that chose the upstream (see
 * replay/key.h), and none is any.  A word in 'single quotes' may hold blanks,
 * a quote in it is two.  Lines that are empty or begin with # say nothing.
 *
 * This module knows what rules look like, the modules that do what they say
 * ask it which ones are for a request.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct err;
struct regex;
struct rules; /* opaque; read-only once it is filled */

#define RULES_MOST 1000      /* rules in a set */
#define RULES_LINE_MOST 8192 /* bytes in a line */
#define RULES_FILE_MOST (1u << 20)

/* What the arguments of a rule are. */
enum rule_arguments {
	RULE_NOTHING,
	RULE_NAMES,    /* one or more; each a glob */
	RULE_POINTERS, /* one or more JSON Pointers or JSONPaths */
	RULE_REGEX,    /* one pattern */
	RULE_REPLACE,  /* a pattern, and what takes the place of matches */
	RULE_WORD,     /* one of some words; see rules_words() */
};

/*
 * verb, object, enum name, arguments.  By the verb:
 *	ignore	present or absent, whatever its value: it does not count
 *	replace	it must be there (or not) on both sides, with any value
 *	compare	how a part is compared
 *	path	what matches in the path is replaced before it is compared
 *	repeat, advance	see replay/repeat.h
 *	shift	dates at these places move by the age of the recording
 *	redact	it is a secret: kept off the disk
 *	keep	it is none, though it looks like one
 */
#define RULE_VERBS(V) \
	V("ignore", "query", IGNORE_QUERY, NAMES) \
	V("ignore", "header", IGNORE_HEADER, NAMES) \
	V("ignore", "form", IGNORE_FORM, NAMES) \
	V("ignore", "part", IGNORE_PART, NAMES) \
	V("ignore", "json", IGNORE_JSON, POINTERS) \
	V("ignore", "xml", IGNORE_XML, NAMES) \
	V("ignore", "body", IGNORE_BODY, NOTHING) \
	V("replace", "query", REPLACE_QUERY, NAMES) \
	V("replace", "header", REPLACE_HEADER, NAMES) \
	V("replace", "form", REPLACE_FORM, NAMES) \
	V("replace", "part", REPLACE_PART, NAMES) \
	V("replace", "json", REPLACE_JSON, POINTERS) \
	V("replace", "xml", REPLACE_XML, NAMES) \
	V("compare", "header", COMPARE_HEADER, NAMES) \
	V("compare", "query-as-set", COMPARE_QUERY, NOTHING) \
	V("compare", "form-as-set", COMPARE_FORM, NOTHING) \
	V("compare", "json", COMPARE_JSON, NOTHING) \
	V("compare", "json-as-set", COMPARE_JSON_SET, POINTERS) \
	V("compare", "graphql", COMPARE_GRAPHQL, NOTHING) \
	V("path", "", PATH, REPLACE) \
	V("repeat", "", REPEAT, WORD) \
	V("advance", "", ADVANCE, WORD) \
	V("shift", "json", SHIFT_JSON, POINTERS) \
	V("redact", "query", REDACT_QUERY, NAMES) \
	V("redact", "header", REDACT_HEADER, NAMES) \
	V("redact", "form", REDACT_FORM, NAMES) \
	V("redact", "json", REDACT_JSON, POINTERS) \
	V("redact", "pattern", REDACT_PATTERN, REGEX) \
	V("keep", "query", KEEP_QUERY, NAMES) \
	V("keep", "header", KEEP_HEADER, NAMES) \
	V("keep", "form", KEEP_FORM, NAMES) \
	V("keep", "json", KEEP_JSON, POINTERS) \
	V("keep", "pattern", KEEP_PATTERN, REGEX)

enum rule_verb {
#define V(verb, object, name, arguments) RULE_##name,
	RULE_VERBS(V)
#undef V
	    RULE_VERB_COUNT
};

/* Sets of verbs, for a quick look whether there is anything to do. */
#define RULE_BIT(verb) (UINT64_C(1) << (verb))
#define RULES_OF_MATCHING \
	(RULE_BIT(RULE_REPEAT) - 1) /* those in front of it \
				     */
#define RULES_OF_REDACTION \
	((RULE_BIT(RULE_VERB_COUNT) - 1) & ~(RULE_BIT(RULE_REDACT_QUERY) - 1))

struct rule {
	enum rule_verb verb;
	struct str methods; /* as written; "*" */
	struct str scope;   /* in lower case; "" for any */
	struct str path;    /* glob */
	struct str *arguments;
	size_t narguments;
	struct regex *regex; /* of RULE_REGEX and RULE_REPLACE, else NULL */
	int word;            /* of RULE_WORD: its index */
	struct str line;     /* the rule as it was written, trimmed */
};

struct rules *rules_new(void);
void rules_free(struct rules *r); /* safe on NULL */

/* Adds the rule of a line.  0 (also when it says nothing), or -1 with what
 * was expected. */
int rules_add(struct rules *r, struct str line, struct err *e);

/* Adds the lines of a text; errors name the line by its number. */
int rules_add_text(struct rules *r, struct str text, struct err *e);

/* The same of a file; errors name it. */
int rules_load(struct rules *r, const char *path, struct err *e);

/* The verbs that occur.  0 for no rules, also when r is NULL. */
uint64_t rules_verbs(const struct rules *r);

/* Whom a rule is for. */
struct rules_request {
	struct str method;
	struct str scope;
	struct str target; /* origin-form; the query does not count */
};

/* The next rule, behind the one after (NULL: the first), that has one of the
 * verbs and is for the request; NULL when there is none.  r may be NULL. */
const struct rule *rules_next(const struct rules *r, const struct rule *after,
    uint64_t verbs, const struct rules_request *q);

/* Whether one of a rule's arguments, as globs, fits name; case counts unless
 * any_case. */
bool rule_names(const struct rule *rule, struct str name, bool any_case);

/* The words that the one argument of a verb may be, ending with NULL, in the
 * order of struct rule's word: that of enum repeat and enum advance
 * (replay/repeat.h).  NULL for other verbs. */
const char *const *rules_words(enum rule_verb verb);
extern const char *const rules_words_repeat[];
extern const char *const rules_words_advance[];

/* Adds the lines of the rules that have one of the verbs, each with LF behind
 * it, as they were given: what says whether two sets do the same. */
void rules_text(const struct rules *r, uint64_t verbs, struct buf *out);

/* Whether two sets have the same ones of these, in the same order. */
bool rules_same(const struct rules *a, const struct rules *b, uint64_t verbs);

#endif
