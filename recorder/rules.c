#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/regex.h"
#include "har/json_path.h"

#include "recorder/rules.h"

#define RULES_WORDS 64 /* in a line */

struct rules {
	struct arena arena;
	struct rule *v;
	size_t n;
	uint64_t verbs;
};

static const struct rule_form {
	const char *verb, *object;
	enum rule_arguments arguments;
} rule_forms[RULE_VERB_COUNT] = {
#define V(its_verb, its_object, name, its_arguments) \
	[RULE_##name] = { its_verb, its_object, RULE_##its_arguments },
	RULE_VERBS(V)
#undef V
};

const char *const rules_words_repeat[] = { "hold", "cycle", "fail", "first",
	"latest", "by-time", NULL };
const char *const rules_words_advance[] = { "always", "on-write", NULL };

const char *const *
rules_words(enum rule_verb verb)
{
	return verb == RULE_REPEAT    ? rules_words_repeat
	       : verb == RULE_ADVANCE ? rules_words_advance
				      : NULL;
}

struct rules *
rules_new(void)
{
	return xcalloc(1, sizeof(struct rules));
}

void
rules_free(struct rules *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++)
		regex_free(r->v[i].regex);
	free(r->v);
	arena_fini(&r->arena);
	free(r);
}

/* ---- one line --------------------------------------------------------- */

/* Takes a word in quotes off *rest, whose first byte is the quote. */
static int
rules_quoted(struct rules *r, struct str *rest, struct str *word, struct err *e)
{
	char *out = arena_alloc(&r->arena, rest->n);
	bool ended = false;
	size_t n = 0, i;

	for (i = 1; i < rest->n && !ended; i++) {
		ended = rest->p[i] == '\'' &&
			(i + 1 == rest->n || rest->p[i + 1] != '\'');
		i += !ended && rest->p[i] == '\'';
		if (!ended)
			out[n++] = rest->p[i];
	}
	if (!ended)
		return err_set(e, "a quoted word does not end");
	*word = (struct str){ out, n };
	*rest = (struct str){ rest->p + i, rest->n - i };
	if (rest->n > 0 && rest->p[0] != ' ' && rest->p[0] != '\t')
		return err_set(e, "expected a blank behind a quoted word");
	return 0;
}

static int
rules_split(struct rules *r, struct str line, struct str words[RULES_WORDS],
    size_t *n, struct err *e)
{
	size_t i;

	for (*n = 0, line = str_trim(line); line.n > 0;
	     line = str_trim(line), (*n)++) {
		if (*n == RULES_WORDS)
			return err_set(
			    e, "expected at most %d words", RULES_WORDS);
		if (line.p[0] == '\'') {
			if (rules_quoted(r, &line, &words[*n], e) == -1)
				return -1;
			continue;
		}
		for (i = 0; i < line.n; i++)
			if (line.p[i] == ' ' || line.p[i] == '\t')
				break;
		words[*n] = (struct str){ line.p, i };
		line = (struct str){ line.p + i, line.n - i };
	}
	return 0;
}

static int
rules_methods(struct str methods, struct err *e)
{
	struct str rest = methods, one;

	if (str_is(methods, "*"))
		return 0;
	while (str_cut(&rest, ',', &one))
		if (!str_is_token(one))
			return err_set(e,
			    "%.*s: expected methods such as GET,POST, or *",
			    STR_ARGS(methods));
	return 0;
}

static int
rules_pattern(
    struct rules *r, struct rule *rule, struct str text, struct err *e)
{
	const char *slash = memchr(text.p, '/', text.n);
	size_t n = slash != NULL ? (size_t)(slash - text.p) : text.n;
	char *scope = arena_alloc(&r->arena, n);
	size_t i;

	if (slash == NULL && !str_is(text, "*"))
		return err_set(e,
		    "%.*s: expected a path such as /api/*, HOST/PATH, or *",
		    STR_ARGS(text));
	for (i = 0; i < n; i++)
		scope[i] = text.p[i] >= 'A' && text.p[i] <= 'Z'
			       ? (char)(text.p[i] | 32)
			       : text.p[i];
	rule->scope = (struct str){ scope, n };
	rule->path = slash != NULL ? (struct str){ slash, text.n - n } : text;
	if (str_is(rule->scope, "*"))
		rule->scope = STR("");
	return 0;
}

/* How many of the words the verb takes, 0 when there is none such. */
static size_t
rules_verb(const struct str *words, size_t n, enum rule_verb *verb)
{
	int i;

	for (i = 0; i < RULE_VERB_COUNT; i++) {
		*verb = (enum rule_verb)i;
		if (!str_is(words[0], rule_forms[i].verb))
			continue;
		if (rule_forms[i].object[0] == '\0')
			return 1;
		if (n > 1 && str_is(words[1], rule_forms[i].object))
			return 2;
	}
	return 0;
}

static int
rules_no_verb(const struct str *words, size_t n, struct err *e)
{
	struct buf known = { 0 };
	int i;

	for (i = 0; i < RULE_VERB_COUNT; i++)
		if (str_is(words[0], rule_forms[i].verb))
			buf_addf(&known, "%s%s %s", known.n > 0 ? ", " : "",
			    rule_forms[i].verb, rule_forms[i].object);
	if (known.n > 0)
		err_set(e, "%.*s %.*s: expected one of %s", STR_ARGS(words[0]),
		    n > 1 ? (int)words[1].n : 0, n > 1 ? words[1].p : "",
		    buf_text(&known));
	else
		err_set(e,
		    "%.*s: expected ignore, replace, compare, path, repeat, "
		    "advance, shift, redact or keep",
		    STR_ARGS(words[0]));
	buf_free(&known);
	return -1;
}

static int
rules_word(struct rule *rule, struct err *e)
{
	const char *const *words = rules_words(rule->verb);
	struct buf known = { 0 };
	int i;

	for (i = 0; words[i] != NULL; i++)
		if (str_is(rule->arguments[0], words[i])) {
			buf_free(&known);
			rule->word = i;
			return 0;
		} else {
			buf_addf(&known, "%s%s", i > 0 ? ", " : "", words[i]);
		}
	err_set(e, "%.*s: expected one of %s", STR_ARGS(rule->arguments[0]),
	    buf_text(&known));
	buf_free(&known);
	return -1;
}

static int
rules_pointers(const struct rule *rule, struct err *e)
{
	struct json_paths *paths = json_paths_new();
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < rule->narguments; i++)
		rc = json_paths_add(paths, rule->arguments[i], 1, e);
	json_paths_free(paths);
	return rc;
}

static int
rules_arguments(struct rule *rule, struct err *e)
{
	static const struct {
		size_t least, most;
		const char *what;
	} counts[] = {
		[RULE_NOTHING] = { 0, 0, "nothing" },
		[RULE_NAMES] = { 1, SIZE_MAX, "names" },
		[RULE_POINTERS] = { 1, SIZE_MAX, "JSON Pointers" },
		[RULE_REGEX] = { 1, 1, "a pattern" },
		[RULE_REPLACE] = { 2, 2,
		    "a pattern and what replaces its matches" },
		[RULE_WORD] = { 1, 1, "a word" },
	};
	const struct rule_form *form = &rule_forms[rule->verb];
	size_t n = rule->narguments;

	if (n < counts[form->arguments].least ||
	    n > counts[form->arguments].most)
		return err_set(e, "expected %s behind %s%s%s",
		    counts[form->arguments].what, form->verb,
		    form->object[0] != '\0' ? " " : "", form->object);
	switch (form->arguments) {
	case RULE_POINTERS:
		return rules_pointers(rule, e);
	case RULE_WORD:
		return rules_word(rule, e);
	case RULE_REGEX:
	case RULE_REPLACE:
		rule->regex = regex_new(rule->arguments[0], e);
		return rule->regex != NULL ? 0 : -1;
	default:
		return 0;
	}
}

static int
rules_parse(struct rules *r, struct rule *rule, struct err *e)
{
	struct str words[RULES_WORDS];
	size_t n, verb;

	if (rules_split(r, rule->line, words, &n, e) == -1)
		return -1;
	if (n < 3)
		return err_set(e, "expected METHODS PATTERN VERB, such as: * "
				  "/api/* ignore query ts");
	rule->methods = words[0];
	if (rules_methods(words[0], e) == -1 ||
	    rules_pattern(r, rule, words[1], e) == -1)
		return -1;
	verb = rules_verb(words + 2, n - 2, &rule->verb);
	if (verb == 0)
		return rules_no_verb(words + 2, n - 2, e);
	rule->narguments = n - 2 - verb;
	rule->arguments =
	    arena_alloc(&r->arena, (n + 1) * sizeof(*rule->arguments));
	memcpy(rule->arguments, words + 2 + verb,
	    rule->narguments * sizeof(*words));
	return rules_arguments(rule, e);
}

int
rules_add(struct rules *r, struct str line, struct err *e)
{
	struct rule rule = { 0 };
	char *copy;

	line = str_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return 0;
	if (line.n > RULES_LINE_MOST)
		return err_set(
		    e, "expected at most %d bytes in a rule", RULES_LINE_MOST);
	if (memchr(line.p, '\n', line.n) != NULL ||
	    memchr(line.p, '\0', line.n) != NULL)
		return err_set(
		    e, "expected one rule, without line feed or NUL");
	if (r->n == RULES_MOST)
		return err_set(e, "expected at most %d rules", RULES_MOST);
	copy = arena_alloc(&r->arena, line.n);
	memcpy(copy, line.p, line.n);
	rule.line = (struct str){ copy, line.n };
	if (rules_parse(r, &rule, e) == -1)
		return err_wrap(e, "rule \"%.*s\"",
		    (int)(line.n < 200 ? line.n : 200), line.p);
	r->v = xrealloc(r->v, (r->n + 1) * sizeof(*r->v));
	r->v[r->n++] = rule;
	r->verbs |= RULE_BIT(rule.verb);
	return 0;
}

/* ---- several ---------------------------------------------------------- */

int
rules_add_text(struct rules *r, struct str text, struct err *e)
{
	struct str line;
	size_t number = 0;

	while (str_cut(&text, '\n', &line)) {
		number++;
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (rules_add(r, line, e) == -1)
			return err_wrap(e, "line %zu", number);
	}
	return 0;
}

int
rules_load(struct rules *r, const char *path, struct err *e)
{
	struct buf text = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = -1;
	ssize_t n = 1;

	if (fd == -1)
		return err_sys(e, "%.300s: cannot open", path);
	while (n > 0 && text.n <= RULES_FILE_MOST) {
		n = read(fd, buf_reserve(&text, 16384), 16384);
		text.n += n > 0 ? (size_t)n : 0;
	}
	if (n == -1)
		err_sys(e, "%.300s: cannot read", path);
	else if (text.n > RULES_FILE_MOST)
		err_set(e, "%.300s: expected at most 1 MiB of rules", path);
	else if (rules_add_text(r, buf_str(&text), e) == -1)
		err_wrap(e, "%.300s", path);
	else
		rc = 0;
	close(fd);
	buf_free(&text);
	return rc;
}

uint64_t
rules_verbs(const struct rules *r)
{
	return r != NULL ? r->verbs : 0;
}

static bool
rule_has_method(const struct rule *rule, struct str method)
{
	struct str rest = rule->methods, one;

	if (str_is(rest, "*"))
		return true;
	while (str_cut(&rest, ',', &one))
		if (str_eq(one, method))
			return true;
	return false;
}

const struct rule *
rules_next(const struct rules *r, const struct rule *after, uint64_t verbs,
    const struct rules_request *q)
{
	struct str path = q->target;
	const char *query;
	const struct rule *rule;

	if ((rules_verbs(r) & verbs) == 0)
		return NULL;
	query = path.n > 0 ? memchr(path.p, '?', path.n) : NULL;
	if (query != NULL)
		path.n = (size_t)(query - path.p);
	for (rule = after != NULL ? after + 1 : r->v; rule < r->v + r->n;
	     rule++)
		if ((RULE_BIT(rule->verb) & verbs) != 0 &&
		    rule_has_method(rule, q->method) &&
		    (rule->scope.n == 0 || str_glob(rule->scope, q->scope)) &&
		    str_glob(rule->path, path))
			return rule;
	return NULL;
}

bool
rule_names(const struct rule *rule, struct str name, bool any_case)
{
	char folded[2][256];
	struct str given[2];
	size_t i, j, k;

	for (i = 0; i < rule->narguments; i++) {
		given[0] = rule->arguments[i];
		given[1] = name;
		for (j = 0; any_case && j < 2; j++) {
			if (given[j].n > sizeof(folded[j]))
				break;
			for (k = 0; k < given[j].n; k++)
				folded[j][k] = str_lower(given[j].p[k]);
			given[j].p = folded[j];
		}
		if (str_glob(given[0], given[1]))
			return true;
	}
	return false;
}

void
rules_text(const struct rules *r, uint64_t verbs, struct buf *out)
{
	size_t i;

	for (i = 0; r != NULL && i < r->n; i++)
		if ((RULE_BIT(r->v[i].verb) & verbs) != 0) {
			buf_add_str(out, r->v[i].line);
			buf_add_text(out, "\n");
		}
}

bool
rules_same(const struct rules *a, const struct rules *b, uint64_t verbs)
{
	struct buf x = { 0 }, y = { 0 };
	bool same;

	rules_text(a, verbs, &x);
	rules_text(b, verbs, &y);
	same = str_eq(buf_str(&x), buf_str(&y));
	buf_free(&x);
	buf_free(&y);
	return same;
}
