#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"

#include "recorder/redact_key.h"

#define KEY_TEXT (2 * REDACT_KEY_BYTES)
#define KEY_FILE (KEY_TEXT + 64) /* bytes: more than that is no key */

static int
redact_key_random(struct redact_key *k, struct err *e)
{
	if (getrandom(k->bytes, sizeof(k->bytes), 0) !=
	    (ssize_t)sizeof(k->bytes))
		return err_sys(e, "no random bytes for a key");
	return 0;
}

static int
redact_key_parse(struct redact_key *k, struct str text, struct err *e)
{
	int high, low;
	size_t i;

	while (text.n > 0 && strchr(" \t\r\n", text.p[text.n - 1]) != NULL)
		text.n--;
	if (text.n != KEY_TEXT)
		return err_set(
		    e, "expected a key of %d hexadecimal digits", KEY_TEXT);
	for (i = 0; i < REDACT_KEY_BYTES; i++) {
		high = str_hex(text.p[2 * i]);
		low = str_hex(text.p[2 * i + 1]);
		if (high == -1 || low == -1)
			return err_set(e,
			    "expected a key of %d hexadecimal digits",
			    KEY_TEXT);
		k->bytes[i] = (uint8_t)(high << 4 | low);
	}
	k->known = true;
	return 0;
}

/* 1, 0 when there is no such file, or -1. */
static int
redact_key_read(struct redact_key *k, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[KEY_FILE];
	ssize_t n;

	if (fd == -1)
		return errno == ENOENT
			   ? 0
			   : err_sys(e, "redaction key %.300s", path);
	n = read(fd, text, sizeof(text));
	if (n == -1)
		err_sys(e, "redaction key %.300s", path);
	close(fd);
	if (n == -1)
		return -1;
	if (redact_key_parse(k, (struct str){ text, (size_t)n }, e) == -1)
		return err_wrap(e, "redaction key %.300s", path);
	return 1;
}

/* The file comes to be whole or not at all; the first of several who make it
 * wins.  1, 0 when another was first, or -1. */
static int
redact_key_write(const struct redact_key *k, const char *path, struct err *e)
{
	char *fresh = xasprintf("%s.XXXXXX", path);
	char text[KEY_TEXT + 2];
	int fd = mkstemp(fresh), r = 1; /* mode 0600 */

	digest_hex(k->bytes, sizeof(k->bytes), text);
	text[KEY_TEXT] = '\n';
	if (fd == -1) {
		r = err_sys(e, "redaction key %.300s", path);
		free(fresh);
		return r;
	}
	if (write(fd, text, KEY_TEXT + 1) != KEY_TEXT + 1 || fsync(fd) == -1)
		r = err_sys(e, "redaction key %.300s", path);
	else if (link(fresh, path) == -1)
		r = errno == EEXIST ? 0
				    : err_sys(e, "redaction key %.300s", path);
	close(fd);
	unlink(fresh);
	free(fresh);
	return r;
}

static int
redact_key_from_file(
    struct redact_key *k, const char *path, bool make, struct err *e)
{
	int r = redact_key_read(k, path, e);

	if (r != 0)
		return r == 1 ? 0 : -1;
	if (redact_key_random(k, e) == -1)
		return -1;
	if (!make)
		return 0;
	r = redact_key_write(k, path, e);
	k->known = r == 1;
	if (r != 0)
		return r == 1 ? 0 : -1;
	return redact_key_read(k, path, e) == -1 ? -1 : 0;
}

static void
redact_key_name(struct redact_key *k)
{
	static const char what[] = "hark redaction key fingerprint";
	struct digest_key *key = digest_key_new(k->bytes, sizeof(k->bytes));
	uint8_t sum[DIGEST_BYTES];

	digest_hmac(key, what, sizeof(what) - 1, sum);
	digest_key_free(key);
	digest_hex(sum, REDACT_FINGERPRINT / 2, k->fingerprint);
}

int
redact_key_load(struct redact_key *k, const struct redact_key_sources *from,
    bool make, struct err *e)
{
	char *beside = NULL;
	int r;

	*k = (struct redact_key){ .known = false };
	if (from->file == NULL && from->text != NULL) {
		r = redact_key_parse(k, str_of(from->text), e);
	} else {
		if (from->file == NULL)
			beside = xasprintf("%s-key", from->store);
		r = redact_key_from_file(
		    k, from->file != NULL ? from->file : beside, make, e);
		free(beside);
	}
	if (r == 0 && from->file != NULL && !make && !k->known)
		r = err_set(
		    e, "redaction key %.300s: no such file", from->file);
	if (r == 0)
		redact_key_name(k);
	return r;
}

struct str
redact_key_bytes(const struct redact_key *k)
{
	return (struct str){ (const char *)k->bytes, sizeof(k->bytes) };
}
