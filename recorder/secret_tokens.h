#ifndef RECORDER_SECRET_TOKENS_H
#define RECORDER_SECRET_TOKENS_H

/*
 * Secrets that are known by their own form, wherever they stand: JSON Web
 * Tokens, private keys in PEM (RFC 7468), and the tokens and keys that
 * vendors give a prefix for the very purpose of being found.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct secret_token {
	const char *kind; /* "github-token" */
	size_t at, n;     /* the secret in the text */
};

/* The most bytes in front of a token that decide whether it is one. */
#define SECRET_TOKEN_BEFORE 8

/*
 * Whether a token begins at the offset at of text.  Bytes in front of it
 * decide whether it stands for itself; *t, which is not longer than
 * SECRET_TOKEN_MOST, may begin behind at.
 */
#define SECRET_TOKEN_MOST 16384
bool secret_token_at(struct str text, size_t at, struct secret_token *t);

/* The two bytes that tokens begin with, as a list of such pairs; some are in
 * it more than once. */
#define SECRET_TOKEN_BEGINS 100
size_t secret_token_begins(char begins[SECRET_TOKEN_BEGINS][2]);

/* Whether value, as a whole, only stands for a secret that somebody will put
 * in its place: xxxx, ${TOKEN}, <your key>, ***. */
bool secret_is_placeholder(struct str value);

#endif
