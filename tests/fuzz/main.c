#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

#include "tests/fuzz/fuzz.h"

/* Runs a fuzzer once over each file named on the command line. */

static int
replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf b = { 0 };
	size_t n;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	do {
		n = fread(buf_reserve(&b, 4096), 1, 4096, f);
		b.n += n;
	} while (n > 0);
	fclose(f);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)b.p, b.n);
	buf_free(&b);
	return 0;
}

int
main(int argc, char **argv)
{
	int i, failed = 0;

	if (LLVMFuzzerInitialize != NULL)
		(void)LLVMFuzzerInitialize(&argc, &argv);
	for (i = 1; i < argc; i++)
		failed |= replay(argv[i]) == -1;
	return argc < 2 || failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
