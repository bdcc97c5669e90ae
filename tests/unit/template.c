#include "config.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mock/template.h"
#include "mock/value_json.h"

#include "tests/unit/tap.h"

/* What templates give is compared with Handlebars by golden/templates.py; here
 * is what Handlebars has not: limits, and errors with their place. */

static struct err failure;

/* The result of a template, with these limits and this root in JSON; NULL when
 * it fails, and failure says why. */
static const char *
rendered(const char *text, const struct template_limits *l, const char *root)
{
	static char result[4096];
	struct arena arena = { 0 };
	struct values v = { .arena = &arena };
	struct template_context c = { .arena = &arena, .limits = l };
	struct template *t = template_compile(str_of(text), l, &failure);
	struct buf out = { 0 };
	int failed = -1;

	if (root != NULL)
		CHECK_INT(value_read_json(&v, str_of(root), &c.root), 0);
	if (t != NULL)
		failed = template_render(t, &c, &out, &failure);
	snprintf(result, sizeof(result), "%s", buf_text(&out));
	template_free(t);
	buf_free(&out);
	arena_fini(&arena);
	return failed == 0 ? result : NULL;
}

static void
check_fails(const char *text, const struct template_limits *l, const char *why)
{
	CHECK(rendered(text, l, "{\"a\":[1,2,3]}") == NULL);
	CHECK_STR(failure.text, why);
}

static void
a_template_that_cannot_be_read_says_where(void)
{
	check_fails("a\nb {{#if x}}y", NULL,
	    "line 2, column 13: expected {{/ and the name of the block, "
	    "found the end of the template");
	check_fails("{{a", NULL,
	    "line 1, column 4: expected }}, found the end of the template");
	check_fails("{{#if x}}\n{{/unless}}", NULL,
	    "line 1, column 4: if doesn't match unless");
	check_fails(
	    "\xc3\xa9{{a}}}", NULL, "line 1, column 5: expected }}, found }}}");
	check_fails("{{a ,}}", NULL,
	    "line 1, column 5: expected }}, found what means nothing here");
	check_fails("{{a b=}}", NULL,
	    "line 1, column 7: expected a name or a value, found }}");
	check_fails("{{/if}}", NULL,
	    "line 1, column 1: this closes nothing that is open");
}

static void
a_template_that_cannot_be_rendered_says_where(void)
{
	check_fails("x\n{{#each a}}{{> no}}{{/each}}", NULL,
	    "line 2, column 12: The partial no could not be found");
	check_fails("{{#if}}x{{/if}}", NULL,
	    "line 1, column 4: if: #if requires exactly one argument");
	check_fails("{{lookup a (if 1)}}", NULL,
	    "line 1, column 13: if: it has to be called as a block");
	check_fails("{{a 1}}", NULL, "line 1, column 3: a is no helper");
}

static void
what_was_written_before_a_failure_is_taken_back(void)
{
	struct arena arena = { 0 };
	struct template_context c = { .arena = &arena };
	struct template *t =
	    template_compile(STR("abc{{> no}}"), NULL, &failure);
	struct buf out = { 0 };

	buf_add_text(&out, "before");
	CHECK(t != NULL);
	CHECK_INT(template_render(t, &c, &out, &failure), -1);
	CHECK_VIEW(buf_str(&out), "before");
	template_free(t);
	buf_free(&out);
	arena_fini(&arena);
}

static void
the_length_of_a_template_is_limited(void)
{
	struct template_limits text = { .text = 4 }, nodes = { .nodes = 10 };

	CHECK_STR(rendered("1234", &text, NULL), "1234");
	check_fails("12345", &text,
	    "the template has 5 bytes, more than the 4 allowed");
	check_fails("{{a}}{{a}}{{a}}{{a}}{{a}}{{a}}", &nodes,
	    "line 1, column 26: the template is too long");
}

static void
nesting_is_limited(void)
{
	struct template_limits l = { .depth = 5 };

	check_fails("{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}", &l,
	    "line 1, column 31: nested too deep");
	check_fails("{{a (a (a (a (a (a (a))))))}}", &l,
	    "line 1, column 18: nested too deep");
	check_fails("{{#*inline \"r\"}}{{> r}}{{/inline}}{{> r}}", &l,
	    "line 1, column 17: nested too deep");
}

static void
steps_memory_and_output_are_limited(void)
{
	struct template_limits steps = { .steps = 1000 };
	struct template_limits output = { .output = 1000 };
	struct template_limits memory = { .memory = 10000 };

	check_fails("{{#repeat 1000000000 comma=false}}{{/repeat}}", &steps,
	    "line 1, column 4: the template takes too many steps");
	check_fails("{{#repeat 1000000 comma=false}}0123456789{{/repeat}}",
	    &output, "line 1, column 32: the output becomes too long");
	check_fails("{{#repeat 1000 comma=false}}{{#each a}}{{/each}}"
		    "{{/repeat}}",
	    &memory, "line 1, column 32: the template makes too much");
}

static void
a_value_that_holds_another_many_times_ends_soon(void)
{
	struct template_limits l = { .output = 100000, .memory = 1000000 };
#define DOUBLED \
	"{{setVar 'v' (array 1)}}{{#repeat 60 comma=false}}" \
	"{{setVar 'v' (array @v @v)}}{{setVar 'w' @v}}"

	check_fails(DOUBLED "{{#if @last}}{{@v}}{{/if}}{{/repeat}}", &l,
	    "line 1, column 109: the output becomes too long");
	check_fails(DOUBLED "{{#if @last}}{{stringify @v}}{{/if}}{{/repeat}}",
	    &l, "line 1, column 111: the template makes too much");
	check_fails(DOUBLED
	    "{{#if @last}}{{jsonPath @v '$..*'}}{{/if}}{{/repeat}}",
	    &l, "line 1, column 111: the template makes too much");
	check_fails(DOUBLED "{{#if @last}}{{jmesPath @v '@==`[]`'}}"
			    "{{concat @v}}{{/if}}{{/repeat}}",
	    &l, "line 1, column 136: the output becomes too long");
#undef DOUBLED
}

static int64_t
a_second_later(void)
{
	static int64_t now;

	return now += 1000000;
}

static void
time_is_limited(void)
{
	struct arena arena = { 0 };
	struct template_context c = {
		.arena = &arena,
		.clock = a_second_later,
	};
	struct template *t = template_compile(
	    STR("{{#repeat 1000000}}{{/repeat}}"), NULL, &failure);
	struct buf out = { 0 };

	CHECK(t != NULL);
	CHECK_INT(template_render(t, &c, &out, &failure), -1);
	CHECK_STR(
	    failure.text, "line 1, column 4: the template takes too long");
	template_free(t);
	buf_free(&out);
	arena_fini(&arena);
}

static void
a_template_knows_what_it_calls(void)
{
	struct template *t = template_compile(
	    STR("{{#if (lookup a 1)}}{{#with b}}{{/with}}{{/if}}"), NULL,
	    &failure);

	CHECK(t != NULL);
	CHECK(template_uses(t, "if"));
	CHECK(template_uses(t, "lookup"));
	CHECK(template_uses(t, "with"));
	CHECK(!template_uses(t, "each"));
	CHECK(!template_is_plain(t));
	template_free(t);
	t = template_compile(STR("a {{! b }} \\{{c}}"), NULL, &failure);
	CHECK(t != NULL);
	CHECK(template_is_plain(t));
	template_free(t);
}

RUN(TEST(a_template_that_cannot_be_read_says_where),
    TEST(a_template_that_cannot_be_rendered_says_where),
    TEST(what_was_written_before_a_failure_is_taken_back),
    TEST(the_length_of_a_template_is_limited), TEST(nesting_is_limited),
    TEST(steps_memory_and_output_are_limited),
    TEST(a_value_that_holds_another_many_times_ends_soon),
    TEST(time_is_limited), TEST(a_template_knows_what_it_calls))
