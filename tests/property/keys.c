#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "har/headers.h"
#include "recorder/rules.h"
#include "replay/key.h"

/*
 * Keys for a test in another language.  Each line has rules, a target, a
 * Content-Type and a body, in hexadecimal with a dot behind each; the answer
 * is a line with the normal key of such a POST, "-" when no rule is for it, or
 * what is wrong with the rules.
 */

static struct str
hex_part(char **line, struct arena *a)
{
	char *end = strchr(*line, '.'), *out, digits[3] = "";
	size_t i, n;

	if (end == NULL)
		exit(2);
	n = (size_t)(end - *line) / 2;
	out = arena_alloc(a, n);
	for (i = 0; i < n; i++) {
		memcpy(digits, *line + 2 * i, 2);
		out[i] = (char)strtol(digits, NULL, 16);
	}
	*line = end + 1;
	return (struct str){ out, n };
}

static void
answer(char *line)
{
	struct arena a = { 0 };
	struct rules *rules = rules_new();
	struct str text = hex_part(&line, &a);
	struct key_parts p = { .method = STR("POST"), .scope = STR("") };
	struct headers headers = { 0 };
	struct keyer *keyer;
	struct key key;
	struct err e;
	char hex[2 * sizeof(key.bytes) + 1];

	p.target = hex_part(&line, &a);
	headers_add(&headers, &a, STR("Content-Type"), hex_part(&line, &a));
	p.headers = &headers;
	p.body = hex_part(&line, &a);
	if (rules_add_text(rules, text, &e) == -1) {
		puts(e.text);
	} else {
		keyer = keyer_new(rules);
		if (key_normal(keyer, &p, &key)) {
			digest_hex(key.bytes, sizeof(key.bytes), hex);
			puts(hex);
		} else {
			puts("-");
		}
		keyer_free(keyer);
	}
	rules_free(rules);
	arena_fini(&a);
}

int
main(void)
{
	char *line = NULL;
	size_t cap = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (getline(&line, &cap, stdin) > 0)
		answer(line);
	free(line);
	return 0;
}
