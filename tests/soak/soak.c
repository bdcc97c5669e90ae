/*
 * The parts of a soak that have to be fast; tests/soak/run puts them together.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/soak/ends.h"
#include "tests/soak/text.h"

/* SEED SIZE: that text. */
static int
soak_text(int argc, char **argv)
{
	struct text t = { 0 };
	unsigned char *p;

	if (argc != 3)
		return 2;
	t.seed = strtoull(argv[1], NULL, 10);
	t.size = strtoull(argv[2], NULL, 10);
	p = malloc(t.size + 1);
	if (p == NULL)
		return 1;
	text_fill(&t, 0, p, t.size);
	fwrite(p, 1, t.size, stdout);
	free(p);
	return 0;
}

static const struct soak_part {
	const char *name;
	int (*main)(int argc, char **argv);
} parts[] = {
	{ "origin", origin_main },
	{ "load", load_main },
	{ "check", check_main },
	{ "text", soak_text },
};

int
main(int argc, char **argv)
{
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; argc > 1 && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strcmp(argv[1], parts[i].name) == 0)
			return parts[i].main(argc - 1, argv + 1);
	fprintf(stderr, "usage: soak origin|load|check|text ...\n");
	return 2;
}
