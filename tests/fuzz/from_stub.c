#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "mock/draft.h"
#include "mock/environment.h"
#include "mock/from_postman.h"
#include "mock/from_wiremock.h"

#include "tests/fuzz/fuzz.h"

/* A collection of Postman or, with w as the first byte, mappings of WireMock.
 * What must hold: it has an error or becomes a file of mocks. */

static void
check_draft(const struct draft *d)
{
	struct buf text = { 0 };
	struct environment *env;
	struct err e;

	draft_write(d, &text);
	env = environment_parse("mocks.json", buf_str(&text), NULL, &e);
	if (env == NULL || env->nroutes != draft_routes(d))
		abort();
	environment_free(env);
	buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct err e = { "" };
	struct draft *d;
	char path[64];
	int fd;

	if (n == 0)
		return 0;
	fd = memfd_create("stub.json", MFD_CLOEXEC);
	if (fd == -1 || write(fd, bytes + 1, n - 1) != (ssize_t)n - 1)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	d = bytes[0] == 'w' ? from_wiremock(path, &e) : from_postman(path, &e);
	if (d != NULL)
		check_draft(d);
	else if (e.text[0] == '\0')
		abort();
	draft_free(d);
	close(fd);
	return 0;
}
