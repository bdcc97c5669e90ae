#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/options.h"
#include "gateway/proxies.h"

#include "tests/fuzz/fuzz.h"

/*
 * A configuration file; or with e as the first byte http_proxy and, behind a
 * line feed, no_proxy of the environment.  What must hold: what cannot be used
 * has a reason why.
 */

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
fuzz_file(const uint8_t *bytes, size_t n)
{
	struct settings *s = settings_new();
	struct err e = { "" };
	char path[64];
	int fd = memfd_create("hark.json", MFD_CLOEXEC);

	must(fd != -1 && write(fd, bytes, n) == (ssize_t)n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (options_load(s, NULL, path, &e) == -1)
		must(e.text[0] != '\0');
	settings_free(s);
	close(fd);
}

static void
fuzz_proxies(struct str text)
{
	struct str http;
	struct proxies *p;
	struct err e = { "" };
	char *value;

	(void)str_cut(&text, '\n', &http);
	value = xmemdup0(http.p, http.n);
	must(proxies_check(value, &e) == 0 || e.text[0] != '\0');
	setenv("http_proxy", value, 1);
	setenv("HTTPS_PROXY", value, 1);
	free(value);
	value = xmemdup0(text.p, text.n);
	setenv("no_proxy", value, 1);
	free(value);
	p = proxies_new(NULL);
	proxies_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n > 0 && bytes[0] == 'e')
		fuzz_proxies((struct str){ (const char *)bytes + 1, n - 1 });
	else
		fuzz_file(bytes, n);
	return 0;
}
