#ifndef RECORDER_SECRET_TOKENS_H
#define RECORDER_SECRET_TOKENS_H

/*
 * Secrets that are known by their own form, wherever they stand: JSON Web
 * Tokens, private keys in PEM (RFC 7468), and the tokens and keys that
 * vendors give a prefix for the very purpose of being found.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

struct secret_token {
	const char *kind; /* "github-token" */
	size_t at, n;     /* the secret in the text */
};

/* The number of the pair of bytes at p: as the machine reads it, in one go. */
static inline uint16_t
secret_pair(const char *p)
{
	uint16_t pair;

	memcpy(&pair, p, sizeof(pair));
	return pair;
}

/* Marks the pairs of bytes that tokens begin with, by their number, each with
 * first or above. */
#define SECRET_TOKEN_MARKS 200
void secret_token_marks(uint8_t marks[65536], uint8_t first);

/*
 * Whether a token begins at the offset at of text, at a pair with that mark
 * (less first).  Bytes in front of it decide whether it stands for itself;
 * *t, which is not longer than SECRET_TOKEN_MOST, may begin behind at.
 */
#define SECRET_TOKEN_MOST 16384
bool secret_token_at(
    struct str text, size_t at, unsigned mark, struct secret_token *t);

/* Whether value, as a whole, only stands for a secret that somebody will put
 * in its place: xxxx, ${TOKEN}, <your key>, ***. */
bool secret_is_placeholder(struct str value);

#endif
