/* The local authority in its folder. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

#include "gateway/authority_priv.h"

static char *
authority_path(const char *folder, const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

bool
authority_exists(const char *folder)
{
	char *path = authority_path(folder, "ca.pem");
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

/* The base directory specification ignores relative paths, too. */
char *
authority_folder(const char *folder, struct err *e)
{
	const char *base = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");

	if (folder != NULL)
		return xstrdup(folder);
	if (base != NULL && base[0] == '/')
		return xasprintf("%s/hark/ca", base);
	if (home != NULL && home[0] == '/')
		return xasprintf("%s/.local/share/hark/ca", home);
	err_set(e, "no place for the local authority: expected HOME or "
		   "--ca-dir");
	return NULL;
}

/* ---- writing --------------------------------------------------------- */

/* The folder and those above it, as far as they are missing. */
static int
authority_make_folder(const char *folder, struct err *e)
{
	char *path = xstrdup(folder), *slash = path;
	int rc = 0;

	while (rc == 0 && (slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		rc = mkdir(path, 0755) == -1 && errno != EEXIST ? -1 : 0;
		*slash = '/';
	}
	if (rc == 0 && mkdir(path, 0700) == -1 && errno != EEXIST)
		rc = -1;
	if (rc == -1)
		err_sys(e, "%.300s", folder);
	free(path);
	return rc;
}

static int
authority_write(
    const char *folder, const char *name, mode_t mode, BIO *from, struct err *e)
{
	char *path = authority_path(folder, name), *p;
	long n = BIO_get_mem_data(from, &p);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int rc = 0;

	if (fd == -1) {
		rc = err_sys(e, "%.300s", path);
	} else if (write(fd, p, (size_t)n) != n || fsync(fd) == -1 ||
		   close(fd) == -1) {
		rc = err_sys(e, "%.300s", path);
		unlink(path);
	}
	free(path);
	return rc;
}

int
authority_save(const struct authority *a, const char *folder, struct err *e)
{
	BIO *key = BIO_new(BIO_s_secmem()), *cert = BIO_new(BIO_s_mem());
	char *path;
	int rc;

	if (authority_exists(folder))
		rc = err_set(e,
		    "%.300s: an authority is there already; whoever trusts it "
		    "would not trust a new one.  Remove ca.pem and ca-key.pem "
		    "to begin anew",
		    folder);
	else
		rc = authority_make_folder(folder, e);
	if (rc == 0 && (PEM_write_bio_PKCS8PrivateKey(
			    key, a->key, NULL, NULL, 0, NULL, NULL) != 1 ||
			   PEM_write_bio_X509(cert, a->certificate) != 1))
		rc = authority_error(e, "cannot write the authority");
	if (rc == 0)
		rc = authority_write(folder, "ca-key.pem", 0600, key, e);
	if (rc == 0 &&
	    (rc = authority_write(folder, "ca.pem", 0644, cert, e)) == -1) {
		path = authority_path(folder, "ca-key.pem");
		unlink(path);
		free(path);
	}
	BIO_free(key);
	BIO_free(cert);
	return rc;
}

/* ---- reading --------------------------------------------------------- */

static BIO *
authority_open(const char *folder, const char *name, struct err *e)
{
	char *path = authority_path(folder, name);
	BIO *b = BIO_new_file(path, "r");

	if (b == NULL)
		err_sys(e,
		    "%.300s: cannot be read (hark ca init makes an authority)",
		    path);
	free(path);
	return b;
}

/* Nobody is asked for a password. */
static int
authority_no_password(char *text, int size, int writing, void *arg)
{
	(void)text;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static int
authority_read(struct authority *a, const char *folder, struct err *e)
{
	BIO *cert = authority_open(folder, "ca.pem", e);
	BIO *key =
	    cert != NULL ? authority_open(folder, "ca-key.pem", e) : NULL;

	if (key != NULL) {
		a->certificate =
		    PEM_read_bio_X509(cert, NULL, authority_no_password, NULL);
		a->key = PEM_read_bio_PrivateKey(
		    key, NULL, authority_no_password, NULL);
		if (a->certificate == NULL)
			authority_error(e, "ca.pem");
		else if (a->key == NULL)
			authority_error(e, "ca-key.pem");
	}
	BIO_free(cert);
	BIO_free(key);
	return a->key != NULL && a->certificate != NULL ? 0 : -1;
}

static int
authority_check(struct authority *a, int64_t now_us, struct err *e)
{
	time_t now = (time_t)(now_us / 1000000);

	if (X509_check_private_key(a->certificate, a->key) != 1)
		return err_set(e, "ca.pem and ca-key.pem are not a pair");
	if (X509_check_ca(a->certificate) == 0)
		return err_set(e, "ca.pem is no authority's certificate");
	if (X509_cmp_time(X509_get0_notAfter(a->certificate), &now) < 0)
		return err_set(e, "ca.pem has expired; remove it and "
				  "ca-key.pem, and make a new one");
	a->leaf_key = EVP_EC_gen("P-256");
	return a->leaf_key != NULL ? 0 : authority_error(e, "a key");
}

static void
authority_check_mode(const char *folder)
{
	char *path = authority_path(folder, "ca-key.pem");
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		log_warn(path,
		    "others can read this key, by which they can be any host "
		    "to whoever trusts it: chmod 600");
	free(path);
}

struct authority *
authority_load(const char *folder, int64_t now_us, struct err *e)
{
	struct authority *a = xcalloc(1, sizeof(*a));

	if (authority_read(a, folder, e) == 0 &&
	    authority_check(a, now_us, e) == 0) {
		authority_check_mode(folder);
		return a;
	}
	err_wrap(e, "authority in %.300s", folder);
	authority_free(a);
	return NULL;
}
