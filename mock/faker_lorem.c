#include "config.h"

#include <math.h>
#include <string.h>

#include "mock/faker_priv.h"
#include "mock/text.h"

/* Words of lists, of any length or of some: lorem and word. */

/* Which lengths in UTF-16 units a word may have: one of two ranges. */
struct lorem_lengths {
	double min, max;   /* NaN is none */
	double min2, max2; /* so that two lengths alone can be asked for */
};

static bool
lorem_fits(struct str word, const struct lorem_lengths *l)
{
	double n = (double)text_units(word);

	return (n >= l->min && n <= l->max) || (n >= l->min2 && n <= l->max2);
}

/* How many words fit; the one at *index of them goes to *word. */
static size_t
lorem_filter(struct faker_node list, const struct lorem_lengths *l,
    size_t index, struct str *word)
{
	size_t i, n = 0, all = faker_node_count(list);
	struct str text;

	for (i = 0; i < all; i++) {
		text = faker_node_text(list, i);
		if (lorem_fits(text, l) && n++ == index)
			*word = text;
	}
	return n;
}

/* The lengths that are there, and what a strategy makes of those asked for
 * when no word has them. */
static void
lorem_strategy(struct faker *f, struct faker_node list, struct str strategy,
    struct lorem_lengths *l)
{
	double shortest = INFINITY, longest = 0, n, off;
	size_t i;

	for (i = 0; i < faker_node_count(list); i++) {
		n = (double)text_units(faker_node_text(list, i));
		shortest = fmin(shortest, n);
		longest = fmax(longest, n);
	}
	if (str_is(strategy, "fail")) {
		faker_refuse(f, "No words found that match the given length.");
	} else if (str_is(strategy, "closest")) {
		off = isnan(l->min) || l->min - shortest < longest - l->max
			  ? l->min - shortest
			  : longest - l->max;
		l->min = l->max = isnan(off) ? NAN : l->min - off;
		l->min2 = l->max2 = isnan(off) ? NAN : l->max2 + off;
	} else if (str_is(strategy, "shortest")) {
		*l = (struct lorem_lengths){ shortest, shortest, NAN, NAN };
	} else if (str_is(strategy, "longest")) {
		*l = (struct lorem_lengths){ longest, longest, NAN, NAN };
	} else if (str_is(strategy, "any-length")) {
		*l = (struct lorem_lengths){ 0, INFINITY, NAN, NAN };
	} else {
		faker_fail(f,
		    "strategy %.*s: is none of fail, closest, "
		    "shortest, longest, any-length",
		    STR_ARGS(strategy));
	}
}

/* Only objects have options here: the others are spread out. */
static struct value
lorem_option(struct value options, const char *name)
{
	return options.kind == VALUE_OBJECT ? faker_member(options, name)
					    : VALUE_NONE;
}

static struct str
lorem_pick(struct faker *f, struct faker_node list, struct value options)
{
	struct value length = options.kind == VALUE_NUMBER
				  ? options
				  : lorem_option(options, "length");
	struct value strategy = lorem_option(options, "strategy");
	struct str name = faker_is_given(strategy)
			      ? value_to_str(&f->values, strategy)
			      : STR("any-length");
	struct lorem_lengths l = { 0, INFINITY, NAN, NAN };
	struct str word = STR("");
	size_t n;

	if (length.kind == VALUE_NULL)
		length = VALUE_NONE;
	if (length.kind == VALUE_NUMBER) {
		l.min = l.max = length.number;
	} else if (faker_is_given(length)) {
		l.min = value_to_number(lorem_option(length, "min"));
		l.max = value_to_number(lorem_option(length, "max"));
	} else if (str_is(name, "shortest") || str_is(name, "longest")) {
		lorem_strategy(f, list, name, &l);
	}
	l.max2 = l.max;
	n = lorem_filter(list, &l, 0, &word);
	if (n == 0 && faker_is_given(length)) {
		lorem_strategy(f, list, name, &l);
		n = lorem_filter(list, &l, 0, &word);
	}
	if (n > 1)
		lorem_filter(list, &l, faker_pick(f, n), &word);
	else if (n == 0)
		(void)faker_pick(f, 0);
	return word;
}

/* A word of .words with the length and the strategy of the options. */
static struct value
lorem_word(struct faker *f, const struct faker_call *c)
{
	struct faker_node list = faker_words(f, c->method->words);
	struct value options = faker_arg(c, 0);

	if (!faker_ok(f))
		return VALUE_NONE;
	if (options.kind == VALUE_NUMBER || options.kind == VALUE_OBJECT)
		return value_text(lorem_pick(f, list, options));
	return value_text(faker_pick_text(f, list));
}

struct str
faker_lorem_word(struct faker *f)
{
	return faker_word(f, "lorem.word");
}

/* What next() gives, n times, with text between. */
static struct str
lorem_join(struct faker *f, double n, struct str between,
    struct str (*next)(struct faker *))
{
	size_t left = faker_count(f, n, FAKER_TEXT_MAX);
	struct buf b = { 0 };
	bool first = true;

	for (; left > 0 && faker_ok(f); left--, first = false) {
		if (!first)
			faker_add(f, &b, between);
		faker_add(f, &b, next(f));
	}
	return faker_text(f, &b);
}

struct str
faker_lorem_words(struct faker *f, double n)
{
	return lorem_join(f, n, STR(" "), faker_lorem_word);
}

static struct str
lorem_sentence_of(struct faker *f, double n)
{
	struct str s = faker_capital(f, faker_lorem_words(f, n));

	return faker_textf(f, "%.*s.", STR_ARGS(s));
}

static struct str
lorem_sentence(struct faker *f)
{
	return lorem_sentence_of(f, faker_int(f, 3, 10));
}

static struct str
lorem_sentences(struct faker *f, double n, struct str between)
{
	return lorem_join(f, n, between, lorem_sentence);
}

static struct str
lorem_paragraph(struct faker *f)
{
	return lorem_sentences(f, 3, STR(" "));
}

/* The number or range at i; between min and max when there is none. */
static double
lorem_count(struct faker *f, const struct faker_call *c, double min, double max)
{
	struct value count = faker_arg(c, 0);

	if (!faker_is_given(count))
		return faker_int(f, min, max);
	return count.kind == VALUE_NULL ? 3 : faker_range(f, count);
}

/* The text between, an argument. */
static struct str
lorem_between(struct faker *f, const struct faker_call *c, struct str other)
{
	struct value between = faker_arg(c, 1);

	return !faker_is_given(between) ? other
					: value_to_str(&f->values, between);
}

static struct value
lorem_words_method(struct faker *f, const struct faker_call *c)
{
	return value_text(faker_lorem_words(f, lorem_count(f, c, 3, 3)));
}

static struct value
lorem_sentence_method(struct faker *f, const struct faker_call *c)
{
	return value_text(lorem_sentence_of(f, lorem_count(f, c, 3, 10)));
}

static struct value
lorem_slug(struct faker *f, const struct faker_call *c)
{
	return value_text(
	    faker_slugify(f, faker_lorem_words(f, lorem_count(f, c, 3, 3))));
}

static struct value
lorem_sentences_method(struct faker *f, const struct faker_call *c)
{
	return value_text(lorem_sentences(
	    f, lorem_count(f, c, 2, 6), lorem_between(f, c, STR(" "))));
}

static struct value
lorem_paragraph_method(struct faker *f, const struct faker_call *c)
{
	return value_text(
	    lorem_sentences(f, lorem_count(f, c, 3, 3), STR(" ")));
}

static struct value
lorem_paragraphs(struct faker *f, const struct faker_call *c)
{
	return value_text(lorem_join(f, lorem_count(f, c, 3, 3),
	    lorem_between(f, c, STR("\n")), lorem_paragraph));
}

static struct value
lorem_lines(struct faker *f, const struct faker_call *c)
{
	return value_text(
	    lorem_sentences(f, lorem_count(f, c, 1, 5), STR("\n")));
}

static struct value
lorem_text(struct faker *f, const struct faker_call *c)
{
	static const faker_method_fn forms[] = { lorem_sentence_method,
		lorem_sentences_method, lorem_paragraph_method,
		lorem_paragraphs, lorem_lines };
	struct faker_call none = { c->method, NULL, 0 };

	return forms[faker_pick(f, 5)](f, &none);
}

const struct faker_method faker_lorem_methods[] = {
	{ "lines", lorem_lines, NULL },
	{ "paragraph", lorem_paragraph_method, NULL },
	{ "paragraphs", lorem_paragraphs, NULL },
	{ "sentence", lorem_sentence_method, NULL },
	{ "sentences", lorem_sentences_method, NULL },
	{ "slug", lorem_slug, NULL },
	{ "text", lorem_text, NULL },
	{ "word", lorem_word, "lorem.word" },
	{ "words", lorem_words_method, NULL },
	{ NULL, NULL, NULL },
};

/* Of a kind drawn; of the next when that has none like it. */
static struct value
word_sample(struct faker *f, const struct faker_call *c)
{
	size_t order[] = { 0, 1, 2, 3, 4, 5, 6 }, i;
	struct value v;

	/* The first rows of the table, in the order of faker. */
	faker_shuffle(f, order, 7);
	for (i = 0; i < 7 && faker_ok(f); i++)
		if (faker_try(
			f, &faker_word_methods[order[i]], c->args, c->n, &v))
			return v;
	faker_refuse(
	    f, "No matching word data available for the current locale");
	return VALUE_NONE;
}

static struct str
word_any(struct faker *f)
{
	static const struct faker_call none;
	struct value v = word_sample(f, &none);

	return faker_is_text(v) ? v.text : STR("");
}

struct str
faker_word_words(struct faker *f)
{
	return lorem_join(f, faker_int(f, 1, 3), STR(" "), word_any);
}

static struct value
word_words(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct value count = options.kind == VALUE_NUMBER
				 ? options
				 : faker_member(options, "count");
	double n = !faker_is_given(count)     ? faker_int(f, 1, 3)
		   : count.kind == VALUE_NULL ? 3
					      : faker_range(f, count);

	return value_text(lorem_join(f, n, STR(" "), word_any));
}

const struct faker_method faker_word_methods[] = {
	{ "adjective", lorem_word, "word.adjective" },
	{ "adverb", lorem_word, "word.adverb" },
	{ "conjunction", lorem_word, "word.conjunction" },
	{ "interjection", lorem_word, "word.interjection" },
	{ "noun", lorem_word, "word.noun" },
	{ "preposition", lorem_word, "word.preposition" },
	{ "verb", lorem_word, "word.verb" },
	{ "sample", word_sample, NULL },
	{ "words", word_words, NULL },
	{ NULL, NULL, NULL },
};
