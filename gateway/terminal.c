#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gateway/terminal.h"

#define COLUMNS_ASSUMED 80 /* of a terminal that does not know */

size_t
terminal_columns_of(int fd)
{
	struct winsize size;

	if (isatty(fd) != 1)
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
		return COLUMNS_ASSUMED;
	return size.ws_col;
}

size_t
terminal_columns(void)
{
	return terminal_columns_of(STDOUT_FILENO);
}

bool
terminal_colours_of(int fd)
{
	const char *off = getenv("NO_COLOR"), *term = getenv("TERM");

	if (off != NULL && off[0] != '\0')
		return false;
	if (term == NULL || strcmp(term, "dumb") == 0)
		return false;
	return isatty(fd) == 1;
}

bool
terminal_colours(void)
{
	return terminal_colours_of(STDOUT_FILENO);
}

const char *
terminal_code(bool on, enum terminal_colour c)
{
	static const char *const codes[] = {
		[TERMINAL_PLAIN] = "\033[0m",
		[TERMINAL_BOLD] = "\033[1m",
		[TERMINAL_DIM] = "\033[2m",
		[TERMINAL_RED] = "\033[31m",
		[TERMINAL_GREEN] = "\033[32m",
		[TERMINAL_YELLOW] = "\033[33m",
	};

	return on ? codes[c] : "";
}
