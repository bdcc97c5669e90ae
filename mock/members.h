#ifndef MOCK_MEMBERS_H
#define MOCK_MEMBERS_H

/*
 * Objects of a mocks file, read by tables: a row says of a member what it may
 * be and where it goes.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct arena;
struct err;
struct reading;

enum member_kind {
	MEMBER_TEXT,   /* struct str */
	MEMBER_BODY,   /* the same; other JSON is taken for its text */
	MEMBER_LINE,   /* the same, in one line */
	MEMBER_LOWER,  /* as a text, in lower case */
	MEMBER_NUMBER, /* uint64_t, from least to most */
	MEMBER_REAL,   /* double, from least to most */
	MEMBER_BOOL,   /* bool */
	MEMBER_WORD,   /* an enum, int-sized, by words; null is the first */
	MEMBER_LIST,   /* a pointer to objects and their number behind it */
	MEMBER_OBJECT, /* a pointer to one object; NULL: not there */
	MEMBER_GROUP,  /* an object whose members go where its own do */
	MEMBER_OWN,    /* what its read makes of it */
	MEMBER_OTHER,  /* known, and read elsewhere or of no use */
};

struct member {
	const char *name;
	enum member_kind kind;
	bool needed; /* its object has to have it */
	size_t slot;
	uint64_t least, most;
	const char *const *words; /* ends with NULL */
	const struct shape *of;   /* of a list, an object or a group */
	int (*read)(
	    struct reading *in, const struct member *m, json_t *from, void *to);
};

struct shape {
	const struct member *members; /* end with a NULL name */
	size_t size;
	void (*init)(void *to); /* defaults that are not zero; or NULL */
};

#define S(type, member) .slot = offsetof(struct type, member)
#define TEXT(json, type, member) \
	{ \
		.name = (json), .kind = MEMBER_TEXT, S(type, member) \
	}
#define BOOL(json, type, member) \
	{ \
		.name = (json), .kind = MEMBER_BOOL, S(type, member) \
	}
#define WORD(json, type, member, its_words) \
	{ \
		.name = (json), .kind = MEMBER_WORD, S(type, member), \
		.words = (its_words) \
	}
#define NUMBER(json, type, member, from, to) \
	{ \
		.name = (json), .kind = MEMBER_NUMBER, S(type, member), \
		.least = (from), .most = (to) \
	}
#define LIST(json, type, member, its_shape) \
	{ \
		.name = (json), .kind = MEMBER_LIST, S(type, member), \
		.of = (its_shape) \
	}
#define OBJECT(json, type, member, its_shape) \
	{ \
		.name = (json), .kind = MEMBER_OBJECT, S(type, member), \
		.of = (its_shape) \
	}
#define GROUP(json, its_shape) \
	{ \
		.name = (json), .kind = MEMBER_GROUP, .of = (its_shape) \
	}
#define BODY(json, type, member) \
	{ \
		.name = (json), .kind = MEMBER_BODY, S(type, member) \
	}
#define LINE(json, type, member) \
	{ \
		.name = (json), .kind = MEMBER_LINE, S(type, member) \
	}
#define OTHER(json) \
	{ \
		.name = (json), .kind = MEMBER_OTHER \
	}
#define END \
	{ \
		.name = NULL \
	}

/* Where reading is, for messages. */
struct reading {
	struct arena *arena; /* of what is read */
	struct str path;     /* of the file */
	struct buf where;    /* such as routes[3].responses[0] */
	struct buf *remarks; /* what is odd but harmless; or NULL */
	struct err *e;
};

/* Reads an object.  0, or -1 with in->e set. */
int members_read(
    struct reading *in, const struct shape *shape, json_t *from, void *to);

/* As rows of the kinds MEMBER_GROUP and MEMBER_OBJECT are read. */
int members_read_part(
    struct reading *in, const struct member *m, json_t *from, void *to);
int members_read_new(
    struct reading *in, const struct member *m, json_t *from, void *to);

/* An error at a member of where reading is: -1.  got is what stands there, or
 * NULL. */
int members_expected(
    struct reading *in, const char *name, const char *what, json_t *got);

/* A remark about a member of where reading is, for who wants to know what was
 * not taken; reading goes on. */
void members_remark(struct reading *in, const char *name, const char *what);

#endif
