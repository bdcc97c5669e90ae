#ifndef MOCK_FAKER_WORDS_H
#define MOCK_FAKER_WORDS_H

/*
 * The words that fake data is made of: trees of lists and texts by names such
 * as "person.first_name".  mock/faker_data/make.mjs says how they are packed.
 * What is unpacked is shared by all fakers of the process and never changes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct err;
struct faker_section;
struct faker_words; /* opaque: all that a locale is made of */

/* mock/faker_data/faker.bin */
extern const char faker_bin[];
extern const size_t faker_bin_size;

enum faker_node_type {
	FAKER_NODE_MISSING,
	FAKER_NODE_NULL,
	FAKER_NODE_TEXT,
	FAKER_NODE_TEXTS,
	FAKER_NODE_NUMBERS,
	FAKER_NODE_TABLE, /* a list of objects; its members are columns */
	FAKER_NODE_OBJECT,
};

/* A place in a tree; all zero is a missing one. */
struct faker_node {
	const struct faker_section *section;
	uint32_t at;
};

/* NULL with *e set when there is no such locale. */
struct faker_words *faker_words_new(struct str locale, struct err *e);
void faker_words_free(struct faker_words *w); /* safe on NULL */

/* The node of a name like "person.first_name": of the first locale of the
 * chain that has one, which may be null. */
struct faker_node faker_words_find(
    const struct faker_words *w, struct str name);

/* Whether a name begins with module and a dot. */
bool faker_words_has_module(const struct faker_words *w, struct str module);

/* What no locale has: "iban", ..., and "nfkd", ... of Unicode. */
struct faker_node faker_words_table(
    const struct faker_words *w, const char *name);
struct faker_node faker_words_unicode(struct faker_words *w, const char *name);

/* The name of a locale; p is NULL behind the last. */
struct str faker_words_locale(size_t i);

enum faker_node_type faker_node_type(struct faker_node n);

/* How many items a list or table, or members an object has; else 0. */
size_t faker_node_count(struct faker_node n);

/* The text itself, or the one at i of a list. */
struct str faker_node_text(struct faker_node n, size_t i);

/* The member of an object, or column of a table, by name or by its place; a
 * missing node when there is none. */
struct faker_node faker_node_member(struct faker_node n, struct str name);
struct faker_node faker_node_at(struct faker_node n, size_t i);
struct str faker_node_name(struct faker_node n);

#endif
