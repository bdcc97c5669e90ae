#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "gateway/authority.h"

#include "tests/fuzz/fuzz.h"

/*
 * The folder of an authority: ca.pem and, behind a line of "--", ca-key.pem;
 * and with n as the first byte the name that a certificate is for.  What must
 * hold: what is no authority has a reason why, and one that is signs for a
 * name that it may be for.
 */

#define NOW INT64_C(1790000000000000) /* µs: when seeds are valid */

static char folder[64];

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
put(const char *name, struct str text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	must(f != NULL && fwrite(text.p, 1, text.n, f) == text.n);
	must(fclose(f) == 0);
}

static void
forget(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/ca.pem", folder);
	(void)unlink(path);
	snprintf(path, sizeof(path), "%s/ca-key.pem", folder);
	(void)unlink(path);
	(void)rmdir(folder);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	strcpy(folder, "/tmp/hark-fuzz-authority-XXXXXX");
	must(mkdtemp(folder) != NULL);
	(void)atexit(forget);
	return 0;
}

static void
fuzz_name(struct str name)
{
	static struct authority *a;
	struct err e = { "" };
	X509 *x;

	if (a == NULL)
		a = authority_make("fuzz", NULL, 0, NOW, &e);
	must(a != NULL);
	if (!authority_is_name(name))
		return;
	x = authority_mint(a, name, NOW, &e);
	must(x != NULL || e.text[0] != '\0');
	X509_free(x);
}

static void
fuzz_folder(struct str text)
{
	const char *gap = memmem(text.p, text.n, "--\n--", 5);
	struct str cert = text, key = { text.p, 0 };
	struct authority *a;
	struct err e = { "" };
	X509 *x;

	if (gap != NULL) {
		cert.n = (size_t)(gap - text.p) + 3;
		key = (struct str){ gap + 3, text.n - cert.n };
	}
	put("ca.pem", cert);
	put("ca-key.pem", key);
	a = authority_load(folder, NOW, &e);
	must(a != NULL || e.text[0] != '\0');
	if (a != NULL) {
		x = authority_mint(a, STR("a.test"), NOW, &e);
		X509_free(x);
	}
	authority_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n > 0 && bytes[0] == 'n')
		fuzz_name((struct str){ (const char *)bytes + 1, n - 1 });
	else
		fuzz_folder((struct str){ (const char *)bytes, n });
	return 0;
}
