#ifndef GATEWAY_TERMINAL_H
#define GATEWAY_TERMINAL_H

/*
 * What standard output is, or another descriptor: a terminal for a person,
 * with a width and perhaps with colours, or something that wants the same
 * bytes every time.
 */

#include <stdbool.h>
#include <stddef.h>

enum terminal_colour {
	TERMINAL_PLAIN, /* back to normal */
	TERMINAL_BOLD,
	TERMINAL_DIM,
	TERMINAL_RED,
	TERMINAL_GREEN,
	TERMINAL_YELLOW,
};

/* Its width; 0 when it is no terminal. */
size_t terminal_columns(void);
size_t terminal_columns_of(int fd);

/* Whether it is a terminal with colours and nobody set NO_COLOR. */
bool terminal_colours(void);
bool terminal_colours_of(int fd);

/* The bytes that switch to c; "" unless on. */
const char *terminal_code(bool on, enum terminal_colour c);

#endif
