#include "config.h"

#include <string.h>

#include "gateway/settings.h"

/* Rows, not branches: what a mode does is read here and nowhere else. */
const struct mode modes[MODES] = {
	[MODE_PROXY] = {
	    .name = "proxy",
	    .forwards = true,
	    .help = "mocked routes and the live API; keeps nothing",
	},
	[MODE_RECORD] = {
	    .name = "record",
	    .forwards = true,
	    .records = true,
	    .help = "forward everything and record it",
	},
	[MODE_REPLAY] = {
	    .name = "replay",
	    .reads = true,
	    .help = "answer from recordings only, never go out",
	},
	[MODE_AUTO] = {
	    .name = "auto",
	    .reads = true,
	    .forwards = true,
	    .records = true,
	    .help = "answer from recordings, forward and record misses",
	},
	[MODE_SPY] = {
	    .name = "spy",
	    .reads = true,
	    .forwards = true,
	    .help = "answer from recordings, forward misses",
	},
	[MODE_FALLBACK] = {
	    .name = "fallback",
	    .forwards = true,
	    .reads_on_failure = true,
	    .help = "the live API; recordings when it fails",
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
