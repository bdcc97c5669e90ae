#include "config.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/err.h"
#include "mock/yaml.h"

#include "tests/fuzz/fuzz.h"

/*
 * What must hold: what is read is a value that JSON can write, and what JSON
 * writes of it is YAML of the same value.  Values too large to be written are
 * not looked at.
 */

static int
count(const char *p, size_t n, void *arg)
{
	size_t *most = arg;

	(void)p;
	if (n > *most)
		return -1;
	*most -= n;
	return 0;
}

static void
write_again(json_t *v)
{
	const size_t how = JSON_ENCODE_ANY | JSON_SORT_KEYS;
	size_t most = 1 << 16;
	char *once, *twice;
	json_t *again;
	struct err e;

	if (json_dump_callback(v, count, &most, how) == -1)
		return;
	once = json_dumps(v, how);
	again = yaml_parse(str_of(once), &e);
	if (again == NULL)
		abort();
	twice = json_dumps(again, how);
	if (!str_eq(str_of(once), str_of(twice)))
		abort();
	json_decref(again);
	free(once);
	free(twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct err e = { "" };
	json_t *v;

	v = yaml_parse((struct str){ (const char *)bytes, n }, &e);
	if (v == NULL && e.text[0] == '\0')
		abort();
	if (v != NULL)
		write_again(v);
	json_decref(v);
	return 0;
}
