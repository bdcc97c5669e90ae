#ifndef GATEWAY_PRINTABLE_H
#define GATEWAY_PRINTABLE_H

/*
 * Recorded bytes on a terminal: whatever a peer sent, they cannot move the
 * cursor or hide anything.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/* Appends s with control characters, and bytes that are not UTF-8, as \xNN.
 * With lines, newlines and tabs stay. */
void printable_add(struct buf *out, struct str s, bool lines);

/* Whether s reads as text: UTF-8 without control characters but white
 * space. */
bool printable_is_text(struct str s);

/* Sixteen bytes a line: offset, hexadecimal, ASCII. */
void printable_dump(struct buf *out, struct str s);

/* The first columns of s, which holds no control characters. */
struct str printable_cut(struct str s, size_t columns);

#endif
