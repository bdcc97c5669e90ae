/* hark ca: the local authority, made once and trusted where its certificates
 * are to be. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/authority.h"

#include "gateway/commands.h"

enum {
	CA_DIR,
	CA_PERMIT,
	CA_OPTIONS,
};

const struct own_option cmd_ca_options[] = {
	[CA_DIR] = {
	    .name = "ca-dir",
	    .argument = "FOLDER",
	    .help = "where it is, instead of the user's data folder",
	},
	[CA_PERMIT] = {
	    .name = "permit",
	    .argument = "HOST",
	    .help = "of init: limit it to this host and those below; repeat",
	    .take = settings_ca_permit,
	},
	{ .name = NULL },
};

static void
cmd_ca_add_bio(struct buf *b, const char *name, BIO *from)
{
	char *p;
	long n = BIO_get_mem_data(from, &p);

	buf_addf(b, "%-12s %.*s\n", name, (int)n, p);
	(void)BIO_reset(from);
}

static void
cmd_ca_add_fingerprint(struct buf *b, X509 *x)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0, i;

	(void)X509_digest(x, EVP_sha256(), digest, &n);
	buf_addf(b, "%-12s ", "sha256");
	for (i = 0; i < n; i++)
		buf_addf(b, i == 0 ? "%02X" : ":%02X", digest[i]);
	buf_add(b, "\n", 1);
}

static void
cmd_ca_describe(struct buf *b, const struct authority *a, const char *folder)
{
	X509 *x = authority_certificate(a);
	BIO *text = BIO_new(BIO_s_mem());

	buf_addf(b, "%-12s %s/ca.pem\n", "file", folder);
	X509_NAME_print_ex(text, X509_get_subject_name(x), 0, XN_FLAG_RFC2253);
	cmd_ca_add_bio(b, "name", text);
	cmd_ca_add_fingerprint(b, x);
	ASN1_TIME_print(text, X509_get0_notBefore(x));
	cmd_ca_add_bio(b, "from", text);
	ASN1_TIME_print(text, X509_get0_notAfter(x));
	cmd_ca_add_bio(b, "until", text);
	BIO_free(text);
}

static int
cmd_ca_init(
    const char *folder, const struct settings *s, struct buf *b, struct err *e)
{
	char host[128] = "this machine";
	struct authority *a;
	char *name;
	int rc = -1;

	(void)gethostname(host, sizeof(host) - 1);
	name = xasprintf("hark on %.40s", host);
	a = authority_make(
	    name, s->ca_permit.v, s->ca_permit.n, clock_wall_us(), e);
	if (a != NULL && authority_save(a, folder, e) == 0) {
		cmd_ca_describe(b, a, folder);
		buf_add_text(b, "\nClients have to be told to trust it: see "
				"hark ca install-help\n");
		rc = 0;
	}
	authority_free(a);
	free(name);
	return rc;
}

static int
cmd_ca_show(
    const char *folder, const struct settings *s, struct buf *b, struct err *e)
{
	struct authority *a = authority_load(folder, clock_wall_us(), e);

	(void)s;
	if (a == NULL)
		return -1;
	cmd_ca_describe(b, a, folder);
	authority_free(a);
	return 0;
}

static int
cmd_ca_export(
    const char *folder, const struct settings *s, struct buf *b, struct err *e)
{
	struct authority *a = authority_load(folder, clock_wall_us(), e);

	(void)s;
	if (a == NULL)
		return -1;
	authority_pem(a, b);
	authority_free(a);
	return 0;
}

static int
cmd_ca_install_help(
    const char *folder, const struct settings *s, struct buf *b, struct err *e)
{
	(void)s;
	(void)e;
	buf_addf(b,
	    "The certificate is %s/ca.pem.  The key beside it stays secret:\n"
	    "who has it can be any host to whoever trusts the certificate.\n"
	    "\n"
	    "hark run tells its command all of this by the environment.\n"
	    "\n"
	    "curl            --cacert FILE, or CURL_CA_BUNDLE\n"
	    "Python          SSL_CERT_FILE; requests: REQUESTS_CA_BUNDLE\n"
	    "Node.js         NODE_EXTRA_CA_CERTS\n"
	    "git             GIT_SSL_CAINFO, or git config http.sslCAInfo\n"
	    "Java            keytool -importcert -cacerts -alias hark -file "
	    "FILE\n"
	    "Debian, Ubuntu  cp FILE /usr/local/share/ca-certificates/"
	    "hark.crt\n"
	    "                update-ca-certificates\n"
	    "Fedora, RHEL    trust anchor FILE\n"
	    "Arch            trust anchor FILE\n"
	    "macOS           security add-trusted-cert -d -r trustRoot -k\n"
	    "                /Library/Keychains/System.keychain FILE\n"
	    "Chromium        certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n "
	    "hark -i FILE\n"
	    "Firefox         Settings, Certificates, Authorities, Import\n",
	    folder);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(const char *folder, const struct settings *s, struct buf *b,
	    struct err *e);
} cmd_ca_verbs[] = {
	{ "init", cmd_ca_init },
	{ "show", cmd_ca_show },
	{ "export", cmd_ca_export },
	{ "install-help", cmd_ca_install_help },
};

static int
cmd_ca_run(size_t verb, const struct settings *s, const char *dir)
{
	struct buf b = { 0 };
	struct err e;
	char *folder = authority_folder(dir, &e);
	int status;

	if (folder == NULL || cmd_ca_verbs[verb].run(folder, s, &b, &e) == -1)
		status = commands_fail(STATUS_USAGE, &e);
	else
		status = commands_print(&b);
	buf_free(&b);
	free(folder);
	return status;
}

int
cmd_ca(const struct command *c, int argc, char **argv)
{
	const char *values[CA_OPTIONS];
	size_t n = sizeof(cmd_ca_verbs) / sizeof(*cmd_ca_verbs), i;
	struct settings *s;
	int operands, status;

	s = commands_settings(c, argc, argv, values, &operands, &status);
	if (s == NULL)
		return status;
	for (i = 0; operands == 1 && i < n; i++)
		if (strcmp(argv[1], cmd_ca_verbs[i].name) == 0)
			break;
	status = operands == 1 && i < n ? cmd_ca_run(i, s, values[CA_DIR])
					: commands_misused(c);
	settings_free(s);
	return status;
}
