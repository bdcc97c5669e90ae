/* What the settings say, and the files that they name. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/authority.h"
#include "gateway/contracts.h"
#include "gateway/front.h"
#include "gateway/settings.h"
#include "mock/check.h"
#include "mock/contract.h"

#include "gateway/doctor.h"

#define DOCTOR_SOON_DAYS 30
#define DOCTOR_BUNDLE (8u << 20) /* bytes of a bundle that are read */

void
doctor_settings(struct doctor *d)
{
	const struct settings *s = d->settings;
	struct err e;

	if (settings_check(s, &e) == -1)
		doctor_say(d, DOCTOR_FAILED,
		    "correct the option that is named (see hark(1))", "%s",
		    e.text);
	else
		doctor_say(d, DOCTOR_OK, NULL,
		    "mode %s, %zu upstreams, %zu files of mocks",
		    modes[s->mode].name, s->nupstreams, s->nmocks);
}

/* ---- mocks and descriptions -------------------------------------------- */

struct doctor_findings {
	size_t wrong, odd;
	struct buf first; /* of the wrong ones, else of the odd ones */
};

static void
doctor_on_finding(void *arg, const struct check_finding *f)
{
	struct doctor_findings *all = arg;

	if (all->wrong + all->odd == 0 || (f->wrong && all->wrong == 0)) {
		buf_clear(&all->first, 0);
		if (f->line > 0)
			buf_addf(&all->first, "line %zu: ", f->line);
		buf_add_str(&all->first, f->text);
	}
	*(f->wrong ? &all->wrong : &all->odd) += 1;
}

static void
doctor_mocks_file(struct doctor *d, const char *path)
{
	struct doctor_findings all = { 0 };

	(void)check_file(path, doctor_on_finding, &all);
	if (all.wrong + all.odd == 0)
		doctor_say(d, DOCTOR_OK, NULL, "%s", path);
	else
		doctor_say(d, all.wrong > 0 ? DOCTOR_FAILED : DOCTOR_WARNING,
		    "hark check lists them all",
		    "%s: %zu errors, %zu remarks; the first: %.400s", path,
		    all.wrong, all.odd, buf_text(&all.first));
	buf_free(&all.first);
}

void
doctor_mocks(struct doctor *d)
{
	size_t i;

	for (i = 0; i < d->settings->nmocks; i++)
		doctor_mocks_file(d, d->settings->mocks[i].file);
}

void
doctor_contracts(struct doctor *d)
{
	struct contract *c = NULL;
	struct err e;

	if (d->settings->nopenapi == 0)
		return;
	if (contracts_open(d->settings, &c, &e) == -1)
		doctor_say(d, DOCTOR_FAILED, "correct the file that is named",
		    "%s", e.text);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%zu descriptions",
		    d->settings->nopenapi);
	contract_free(c);
}

/* ---- certificates ------------------------------------------------------ */

/* Days until the certificate is no longer valid; below 0 it is not. */
static int
doctor_days_left(const X509 *x)
{
	int days = 0, seconds = 0;

	if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x)) != 1)
		return 0;
	return seconds < 0 && days == 0 ? -1 : days;
}

static void
doctor_expiry(struct doctor *d, const char *what, const X509 *x)
{
	int days = doctor_days_left(x);

	if (days < 0)
		doctor_say(d, DOCTOR_FAILED, "renew it",
		    "%s is no longer valid", what);
	else if (days < DOCTOR_SOON_DAYS)
		doctor_say(d, DOCTOR_WARNING, "renew it in time",
		    "%s is valid for %d days more", what, days);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s is valid for %d days more",
		    what, days);
}

/* The first certificate of a PEM file; NULL where there is none. */
static X509 *
doctor_certificate(const char *path)
{
	BIO *b = BIO_new_file(path, "r");
	X509 *x = b != NULL ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;

	BIO_free(b);
	return x;
}

void
doctor_certificates(struct doctor *d)
{
	const struct settings *s = d->settings;
	struct front f = { 0 };
	struct err e;
	X509 *own =
	    s->tls_cert != NULL ? doctor_certificate(s->tls_cert) : NULL;

	if (front_open(&f, s, &e) == -1)
		doctor_say(d, DOCTOR_FAILED,
		    "hark ca init makes a local authority; files are named "
		    "with --tls-cert and --tls-key",
		    "%s", e.text);
	else if (f.authority != NULL)
		doctor_expiry(d, "the local authority",
		    authority_certificate(f.authority));
	else if (f.tls == NULL)
		doctor_say(d, DOCTOR_OK, NULL, "none: clients come by http://");
	if (own != NULL)
		doctor_expiry(d, s->tls_cert, own);
	X509_free(own);
	front_close(&f);
}

/* ---- whether clients trust the local authority -------------------------- */

/* What programs on this machine read of authorities, as far as the
 * environment says. */
static const char *const doctor_bundles[] = { "SSL_CERT_FILE", "CURL_CA_BUNDLE",
	"REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO" };

static bool
doctor_read(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return false;
	do {
		n = read(fd, buf_reserve(b, 65536), 65536);
		if (n > 0)
			b->n += (size_t)n;
	} while (n > 0 && b->n < DOCTOR_BUNDLE);
	close(fd);
	return n >= 0;
}

/* Whether the bundle has the certificate: some line of it in the middle. */
static bool
doctor_has(struct buf *bundle, struct buf *pem)
{
	struct str rest = buf_str(pem), line;
	size_t i;
	char text[80];

	for (i = 0; i < 3; i++)
		if (!str_cut(&rest, '\n', &line))
			return false;
	snprintf(text, sizeof(text), "%.*s", STR_ARGS(line));
	return strstr(buf_text(bundle), text) != NULL;
}

static void
doctor_bundle(
    struct doctor *d, const char *name, const char *path, struct buf *pem)
{
	struct buf b = { 0 };

	if (!doctor_read(path, &b))
		doctor_say(d, DOCTOR_WARNING,
		    "correct or unset it: programs that heed it trust nobody",
		    "%s names %s: %s", name, path, strerror(errno));
	else if (doctor_has(&b, pem))
		doctor_say(d, DOCTOR_OK, NULL,
		    "%s (%s) has the local authority", path, name);
	else
		doctor_say(d, DOCTOR_WARNING,
		    "hark ca install-help says how; hark run does it for its "
		    "command",
		    "%s (%s) does not have the local authority: such clients "
		    "will refuse hark's certificates",
		    path, name);
	buf_free(&b);
}

static void
doctor_trust_in(struct doctor *d, const struct authority *a)
{
	struct buf pem = { 0 };
	const char *path;
	size_t i;

	authority_pem(a, &pem);
	if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0)
		doctor_bundle(d, "the system's",
		    "/etc/ssl/certs/ca-certificates.crt", &pem);
	for (i = 0; i < sizeof(doctor_bundles) / sizeof(*doctor_bundles); i++)
		if ((path = getenv(doctor_bundles[i])) != NULL && path[0] != 0)
			doctor_bundle(d, doctor_bundles[i], path, &pem);
	buf_free(&pem);
}

void
doctor_trust(struct doctor *d)
{
	const struct settings *s = d->settings;
	char *folder;
	struct authority *a = NULL;
	struct err e;

	if (s->tls != TLS_AUTO && !settings_relays(s))
		return;
	folder = authority_folder(s->ca_dir, &e);
	if (folder != NULL && authority_exists(folder))
		a = authority_load(folder, clock_wall_us(), &e);
	if (a != NULL)
		doctor_trust_in(d, a);
	authority_free(a);
	free(folder);
}
