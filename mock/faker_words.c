#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/coding.h"

#include "mock/faker_words.h"

/*
 * A section is unpacked into its lines; nodes say which lines are whose.  The
 * sections in use are counted in a table of the process, since they are
 * constant and each worker has fakers of the same locales.
 */

enum { CHAIN_MAX = 5, SECTIONS_MAX = 96 };

struct node {
	enum faker_node_type type;
	uint32_t line;  /* the one with its name */
	uint32_t count; /* of items or members */
	uint32_t end;   /* the node behind it and all that is in it */
};

struct faker_section {
	struct str text;
	uint32_t *lines; /* where they begin, and the end of the text */
	struct node *nodes;
	uint32_t n;
	unsigned users;
};

struct words_entry {
	struct str name;
	struct faker_node node;
};

struct faker_words {
	struct faker_section *chain[CHAIN_MAX];
	size_t chain_n;
	struct faker_section *tables;
	struct faker_section *unicode; /* NULL until somebody asks */
	struct words_entry *entries;   /* by name */
	size_t n;
};

/* A line of the directory in faker_bin. */
struct words_packed {
	struct str name;
	struct str chain;
	struct str bytes;
	size_t unpacked;
	size_t index;
};

static pthread_mutex_t words_lock = PTHREAD_MUTEX_INITIALIZER;
static struct faker_section *words_sections[SECTIONS_MAX];

static uint64_t
words_number(struct str *line)
{
	struct str field;
	uint64_t v = 0;

	str_cut(line, ' ', &field);
	str_u64(field, &v);
	return v;
}

/* The line at index, of which *rest begins; false behind the last. */
static bool
words_next(struct str *rest, struct words_packed *p)
{
	const char *packed = memmem(faker_bin, faker_bin_size, "\n\n", 2);
	struct str line;

	if (!str_cut(rest, '\n', &line) || line.n == 0)
		return false;
	str_cut(&line, ' ', &p->name);
	str_cut(&line, ' ', &p->chain);
	p->bytes.p = packed + 2 + words_number(&line);
	p->bytes.n = (size_t)words_number(&line);
	p->unpacked = (size_t)words_number(&line);
	return true;
}

static bool
words_look_up(struct str name, struct words_packed *p)
{
	struct str rest = { faker_bin, faker_bin_size };

	for (p->index = 0; words_next(&rest, p); p->index++)
		if (str_eq(p->name, name))
			return true;
	return false;
}

struct str
faker_words_locale(size_t i)
{
	struct str rest = { faker_bin, faker_bin_size };
	struct words_packed p;

	while (words_next(&rest, &p) && !str_is(p.chain, "-"))
		if (i-- == 0)
			return p.name;
	return (struct str){ NULL, 0 };
}

static struct str
section_line(const struct faker_section *s, uint32_t line)
{
	uint32_t from = s->lines[line];

	return (struct str){ s->text.p + from, s->lines[line + 1] - from - 1 };
}

/* The count behind a name, or behind that. */
static uint32_t
section_count(struct str line, size_t field)
{
	struct str part;
	uint64_t v = 0;

	do
		str_cut(&line, '\t', &part);
	while (field-- > 0);
	str_u64(part, &v);
	return (uint32_t)v;
}

static uint32_t section_members(
    struct faker_section *s, uint32_t *line, uint32_t left);

/* Makes the node whose name is at *line and those in it; moves behind. */
static void
section_node(struct faker_section *s, uint32_t *line)
{
	struct str text = section_line(s, *line);
	struct node *n = &s->nodes[s->n++];

	n->line = (*line)++;
	switch (text.p[0]) {
	case '{':
		n->type = FAKER_NODE_OBJECT;
		n->count = section_members(s, line, UINT32_MAX);
		break;
	case '(':
		n->type = FAKER_NODE_TABLE;
		n->count = section_count(text, 1);
		section_members(s, line, section_count(text, 2));
		break;
	case '0':
		n->type = FAKER_NODE_NULL;
		break;
	case '"':
		n->type = FAKER_NODE_TEXT;
		break;
	default:
		n->type =
		    text.p[0] == '#' ? FAKER_NODE_NUMBERS : FAKER_NODE_TEXTS;
		n->count = section_count(text, 1);
		*line += n->count;
	}
	n->end = s->n;
}

/* The nodes up to a line }, at most left; gives their number. */
static uint32_t
section_members(struct faker_section *s, uint32_t *line, uint32_t left)
{
	uint32_t n;

	for (n = 0; n < left; n++) {
		if (str_is(section_line(s, *line), "}")) {
			(*line)++;
			break;
		}
		section_node(s, line);
	}
	return n;
}

static uint32_t
section_cut_lines(struct faker_section *s)
{
	const char *p = s->text.p, *end = p + s->text.n;
	uint32_t n = 0, most = 1024;

	s->lines = xmalloc(most * sizeof(*s->lines));
	while (p < end) {
		if (n + 1 == most) {
			most *= 2;
			s->lines = xrealloc(s->lines, most * sizeof(*s->lines));
		}
		s->lines[n++] = (uint32_t)(p - s->text.p);
		p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
	}
	s->lines[n] = (uint32_t)s->text.n;
	return n;
}

static struct faker_section *
section_new(const struct words_packed *p)
{
	struct faker_section *s = xcalloc(1, sizeof(*s));
	struct buf text = { 0 };
	uint32_t line = 0, lines;

	coding_decode(STR("br"), p->bytes, p->unpacked, &text);
	s->text = buf_str(&text);
	lines = section_cut_lines(s);
	s->nodes = xcalloc(lines, sizeof(*s->nodes));
	while (line < lines)
		section_node(s, &line);
	s->nodes = xrealloc(s->nodes, s->n * sizeof(*s->nodes));
	return s;
}

static struct faker_section *
section_ref(struct str name)
{
	struct words_packed p;
	struct faker_section **s;

	if (!words_look_up(name, &p))
		return NULL;
	s = &words_sections[p.index];
	pthread_mutex_lock(&words_lock);
	if (*s == NULL)
		*s = section_new(&p);
	(*s)->users++;
	pthread_mutex_unlock(&words_lock);
	return *s;
}

static void
section_unref(struct faker_section *s)
{
	size_t i;

	if (s == NULL)
		return;
	pthread_mutex_lock(&words_lock);
	if (--s->users == 0) {
		for (i = 0; words_sections[i] != s; i++)
			;
		words_sections[i] = NULL;
		free((char *)s->text.p);
		free(s->lines);
		free(s->nodes);
		free(s);
	}
	pthread_mutex_unlock(&words_lock);
}

static int
words_compare(const void *a, const void *b)
{
	const struct words_entry *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int c = memcmp(x->name.p, y->name.p, n);

	return c != 0 ? c : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

static struct words_entry *
words_entry(const struct faker_words *w, struct str name)
{
	struct words_entry key = { .name = name };

	return w->n == 0 ? NULL
			 : bsearch(&key, w->entries, w->n, sizeof(*w->entries),
			       words_compare);
}

/* What s has and no section before it. */
static void
words_add_section(struct faker_words *w, struct faker_section *s)
{
	size_t before = w->n;
	struct faker_node node = { s, 0 };
	struct faker_words known = *w;

	w->chain[w->chain_n++] = s;
	w->entries = xrealloc(w->entries, (w->n + s->n) * sizeof(*w->entries));
	known.entries = w->entries;
	known.n = before;
	for (; node.at < s->n; node.at = s->nodes[node.at].end)
		if (words_entry(&known, faker_node_name(node)) == NULL)
			w->entries[w->n++] =
			    (struct words_entry){ faker_node_name(node), node };
	qsort(w->entries, w->n, sizeof(*w->entries), words_compare);
}

struct faker_words *
faker_words_new(struct str locale, struct err *e)
{
	struct faker_words *w;
	struct words_packed p;
	struct str part;

	if (!words_look_up(locale, &p) || str_is(p.chain, "-")) {
		err_set(e,
		    "faker locale %.*s: unknown; en, de, fr_CA, ... are known",
		    STR_ARGS(locale));
		return NULL;
	}
	w = xcalloc(1, sizeof(*w));
	while (w->chain_n < CHAIN_MAX && str_cut(&p.chain, ',', &part))
		words_add_section(w, section_ref(part));
	w->tables = section_ref(STR("tables"));
	return w;
}

void
faker_words_free(struct faker_words *w)
{
	if (w == NULL)
		return;
	while (w->chain_n > 0)
		section_unref(w->chain[--w->chain_n]);
	section_unref(w->tables);
	section_unref(w->unicode);
	free(w->entries);
	free(w);
}

struct faker_node
faker_words_find(const struct faker_words *w, struct str name)
{
	const struct words_entry *entry = words_entry(w, name);

	return entry != NULL ? entry->node : (struct faker_node){ NULL, 0 };
}

bool
faker_words_has_module(const struct faker_words *w, struct str module)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->entries[i].name.n > module.n &&
		    memcmp(w->entries[i].name.p, module.p, module.n) == 0 &&
		    w->entries[i].name.p[module.n] == '.')
			return true;
	return false;
}

/* The outermost node of s of this name. */
static struct faker_node
section_find(const struct faker_section *s, const char *name)
{
	struct faker_node n = { s, 0 };

	while (n.at < s->n && !str_is(faker_node_name(n), name))
		n.at = s->nodes[n.at].end;
	return n.at < s->n ? n : (struct faker_node){ NULL, 0 };
}

struct faker_node
faker_words_table(const struct faker_words *w, const char *name)
{
	return section_find(w->tables, name);
}

struct faker_node
faker_words_unicode(struct faker_words *w, const char *name)
{
	if (w->unicode == NULL)
		w->unicode = section_ref(STR("unicode"));
	return section_find(w->unicode, name);
}

static const struct node *
node_of(struct faker_node n)
{
	return &n.section->nodes[n.at];
}

enum faker_node_type
faker_node_type(struct faker_node n)
{
	return n.section == NULL ? FAKER_NODE_MISSING : node_of(n)->type;
}

size_t
faker_node_count(struct faker_node n)
{
	return n.section == NULL ? 0 : node_of(n)->count;
}

struct str
faker_node_name(struct faker_node n)
{
	struct str line = section_line(n.section, node_of(n)->line), name;

	line.p++;
	line.n--;
	str_cut(&line, '\t', &name);
	return name;
}

struct str
faker_node_text(struct faker_node n, size_t i)
{
	const struct node *node = node_of(n);
	struct str text, name;

	if (node->type != FAKER_NODE_TEXT)
		return section_line(n.section, node->line + 1 + (uint32_t)i);
	text = section_line(n.section, node->line);
	str_cut(&text, '\t', &name);
	return text;
}

struct faker_node
faker_node_at(struct faker_node n, size_t i)
{
	struct faker_node member = { n.section, n.at + 1 };

	for (; member.at < node_of(n)->end; member.at = node_of(member)->end)
		if (i-- == 0)
			return member;
	return (struct faker_node){ NULL, 0 };
}

struct faker_node
faker_node_member(struct faker_node n, struct str name)
{
	struct faker_node member = { n.section, n.at + 1 };

	if (n.section == NULL)
		return n;
	for (; member.at < node_of(n)->end; member.at = node_of(member)->end)
		if (str_eq(faker_node_name(member), name))
			return member;
	return (struct faker_node){ NULL, 0 };
}
