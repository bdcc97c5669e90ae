#include "config.h"

#include <string.h>

#include "gateway/mode_set.h"

/* Rows, not branches: what a mode does is read here and nowhere else. */
const struct mode modes[MODES] = {
	[MODE_PROXY] = {
	    .name = "proxy",
	    .forwards = true,
	},
	[MODE_RECORD] = {
	    .name = "record",
	    .forwards = true,
	    .records = true,
	},
	[MODE_REPLAY] = {
	    .name = "replay",
	    .reads = true,
	},
	[MODE_AUTO] = {
	    .name = "auto",
	    .reads = true,
	    .forwards = true,
	    .records = true,
	},
	[MODE_SPY] = {
	    .name = "spy",
	    .reads = true,
	    .forwards = true,
	},
	[MODE_FALLBACK] = {
	    .name = "fallback",
	    .forwards = true,
	    .reads_on_failure = true,
	},
};

enum mode_id
mode_of(const char *name)
{
	int i;

	for (i = 0; i < MODES; i++)
		if (strcmp(modes[i].name, name) == 0)
			break;
	return (enum mode_id)i;
}
