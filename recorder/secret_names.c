#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "recorder/secret_names.h"

#define NAME_MOST 32 /* letters and digits of the longest row */

#define NONE SECRET_NONE
#define LIKELY SECRET_LIKELY
#define SURE SECRET_SURE
#define EVERYWHERE SURE, SURE, SURE
#define VALUE NONE, SURE, SURE /* no header field */
#define HEADER SURE, NONE, SURE

static const struct secret_name secret_rows[] = {
	{ "accesskey", EVERYWHERE },
	{ "accesstoken", EVERYWHERE },
	{ "accesstokensecret", VALUE },
	{ "accountkey", VALUE },
	{ "actortoken", VALUE },
	{ "adminpassword", VALUE },
	{ "apikey", EVERYWHERE },
	{ "apikeysecret", VALUE },
	{ "apisecret", EVERYWHERE },
	{ "apitoken", EVERYWHERE },
	{ "appkey", LIKELY, LIKELY, LIKELY },
	{ "applicationkey", EVERYWHERE },
	{ "appsecret", VALUE },
	{ "assertion", NONE, LIKELY, LIKELY },
	{ "authenticationtoken", EVERYWHERE },
	{ "authenticitytoken", VALUE },
	{ "authkey", EVERYWHERE },
	{ "authorization", SECRET_SCHEME, SECRET_SCHEME, SECRET_SCHEME },
	{ "authsecret", VALUE },
	{ "authtoken", EVERYWHERE },
	{ "awssecretaccesskey", VALUE },
	{ "bearertoken", VALUE },
	{ "bottoken", VALUE },
	{ "circletoken", HEADER },
	{ "clientassertion", VALUE },
	{ "clientkeydata", VALUE },
	{ "clientsecret", EVERYWHERE },
	{ "codeverifier", VALUE },
	{ "confirmpassword", VALUE },
	{ "connectionstring", NONE, NONE, SURE },
	{ "consumersecret", VALUE },
	{ "cookie", SECRET_COOKIES, NONE, SECRET_COOKIES },
	{ "csrf", NONE, LIKELY, LIKELY },
	{ "csrfmiddlewaretoken", VALUE },
	{ "csrftoken", EVERYWHERE },
	{ "currentpassword", VALUE },
	{ "dbpassword", VALUE },
	{ "ddapikey", HEADER },
	{ "ddapplicationkey", HEADER },
	{ "deploytoken", HEADER },
	{ "devicecode", VALUE },
	{ "encryptionkey", VALUE },
	{ "feedtoken", VALUE },
	{ "idtoken", EVERYWHERE },
	{ "idtokenhint", VALUE },
	{ "jobtoken", HEADER },
	{ "jsessionid", VALUE },
	{ "jwt", NONE, LIKELY, LIKELY },
	{ "key", NONE, LIKELY, NONE },
	{ "logintoken", VALUE },
	{ "masterkey", VALUE },
	{ "newpassword", VALUE },
	{ "oauthsignature", VALUE },
	{ "oauthtoken", VALUE },
	{ "oauthtokensecret", VALUE },
	{ "ocpapimsubscriptionkey", HEADER },
	{ "oldpassword", VALUE },
	{ "pass", NONE, SURE, SURE },
	{ "passcode", VALUE },
	{ "passphrase", VALUE },
	{ "passwd", VALUE },
	{ "password", EVERYWHERE },
	{ "password1", VALUE },
	{ "password2", VALUE },
	{ "passwordconfirm", VALUE },
	{ "passwordconfirmation", VALUE },
	{ "phpsessid", VALUE },
	{ "privatekey", VALUE },
	{ "privatekeydata", VALUE },
	{ "privatetoken", EVERYWHERE },
	{ "proxyauthorization", SECRET_SCHEME, NONE, SECRET_SCHEME },
	{ "pwd", NONE, SURE, SURE },
	{ "refreshtoken", EVERYWHERE },
	{ "requestverificationtoken", EVERYWHERE },
	{ "rootpassword", VALUE },
	{ "samlresponse", VALUE },
	{ "secret", NONE, SURE, SURE },
	{ "secretaccesskey", VALUE },
	{ "secretkey", EVERYWHERE },
	{ "securitytoken", EVERYWHERE },
	{ "session", NONE, LIKELY, LIKELY },
	{ "sessionid", LIKELY, LIKELY, LIKELY },
	{ "sessionkey", VALUE },
	{ "sessiontoken", EVERYWHERE },
	{ "setcookie", SECRET_SET_COOKIE, NONE, SECRET_SET_COOKIE },
	{ "sharedaccesskey", VALUE },
	{ "sharedsecret", VALUE },
	{ "sid", NONE, LIKELY, LIKELY },
	{ "sig", NONE, LIKELY, NONE },
	{ "signature", NONE, LIKELY, NONE },
	{ "signingkey", VALUE },
	{ "signingsecret", VALUE },
	{ "subjecttoken", VALUE },
	{ "subscriptionkey", EVERYWHERE },
	{ "token", LIKELY, LIKELY, LIKELY },
	{ "userpassword", VALUE },
	{ "usertoken", VALUE },
	{ "webhooksecret", VALUE },
	{ "wstoken", VALUE },
	{ "xaccesstoken", HEADER },
	{ "xalgoliaapikey", EVERYWHERE },
	{ "xamzsecuritytoken", EVERYWHERE },
	{ "xamzsignature", VALUE },
	{ "xapikey", EVERYWHERE },
	{ "xapitoken", HEADER },
	{ "xauthkey", HEADER },
	{ "xauthtoken", HEADER },
	{ "xawsec2metadatatoken", HEADER },
	{ "xclientsecret", HEADER },
	{ "xconsultoken", HEADER },
	{ "xcsrftoken", HEADER },
	{ "xfigmatoken", HEADER },
	{ "xforwardedaccesstoken", HEADER },
	{ "xfunctionskey", HEADER },
	{ "xgithubtoken", HEADER },
	{ "xgitlabtoken", HEADER },
	{ "xgoogapikey", HEADER },
	{ "xgoogsignature", VALUE },
	{ "xmbxapikey", HEADER },
	{ "xplextoken", EVERYWHERE },
	{ "xrapidapikey", HEADER },
	{ "xredmineapikey", HEADER },
	{ "xsessionid", HEADER },
	{ "xsessiontoken", HEADER },
	{ "xshopifyaccesstoken", HEADER },
	{ "xsrftoken", EVERYWHERE },
	{ "xusertoken", HEADER },
	{ "xvaulttoken", HEADER },
	{ "xxsrftoken", HEADER },
};

#define NROWS (sizeof(secret_rows) / sizeof(*secret_rows))

/* Places in a table of hashes: a power of two, most of them empty. */
#define PLACES 1024
_Static_assert(NROWS < 255 && NROWS * 4 <= PLACES, "room for the rows");

struct secret_names {
	uint8_t row[PLACES]; /* + 1 */
};

/* The letters in lower case and digits of name in out, and a hash of them;
 * false when they are more than any row has. */
static bool
secret_squash(struct str name, char out[NAME_MOST + 1], unsigned *hash)
{
	size_t n = 0, i;
	char c;

	*hash = 0;
	for (i = 0; i < name.n; i++) {
		c = name.p[i];
		if (c >= 'A' && c <= 'Z')
			c |= 32;
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
			continue;
		if (n == NAME_MOST)
			return false;
		out[n++] = c;
		*hash = *hash * 31 + (unsigned char)c;
	}
	out[n] = '\0';
	*hash ^= *hash >> 10;
	return n > 1;
}

struct secret_names *
secret_names_new(void)
{
	struct secret_names *names = xcalloc(1, sizeof(*names));
	char squashed[NAME_MOST + 1];
	unsigned at;
	size_t i;

	for (i = 0; i < NROWS; i++) {
		(void)secret_squash(str_of(secret_rows[i].name), squashed, &at);
		while (names->row[at % PLACES] != 0)
			at++;
		names->row[at % PLACES] = (uint8_t)(i + 1);
	}
	return names;
}

void
secret_names_free(struct secret_names *n)
{
	free(n);
}

const struct secret_name *
secret_names_find(const struct secret_names *names, struct str name)
{
	char squashed[NAME_MOST + 1];
	unsigned at, row;

	if (!secret_squash(name, squashed, &at))
		return NULL;
	for (; (row = names->row[at % PLACES]) != 0; at++)
		if (strcmp(secret_rows[row - 1].name, squashed) == 0)
			return &secret_rows[row - 1];
	return NULL;
}

bool
secret_looks_random(struct str value)
{
	size_t i, digits = 0, letters = 0;
	char c;

	if (value.n < 16)
		return false;
	for (i = 0; i < value.n; i++) {
		c = value.p[i];
		if (c >= '0' && c <= '9')
			digits++;
		else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
			letters++;
		else if (memchr("+/=_-.~", c, 7) == NULL)
			return false;
	}
	return digits > 0 && letters > 0;
}

/* Words in a squashed name; those behind them take it back. */
static const char *const secret_hints[] = { "token", "secret", "passw",
	"apikey", "authkey", "accesskey", "privatekey", "credential",
	"sessionkey", "signingkey", NULL };
static const char *const secret_no_hints[] = { "page", "next", "prev",
	"continu", "cursor", "sync", "resume", "tokens", "tokeni", "tokentype",
	"count", "public", "hash", "url", "uri", NULL };

static bool
secret_has_word(const char *name, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strstr(name, *words) != NULL)
			return true;
	return false;
}

bool
secret_is_hinted(struct str name)
{
	char squashed[NAME_MOST + 1];
	unsigned hash;

	return secret_squash(name, squashed, &hash) &&
	       secret_has_word(squashed, secret_hints) &&
	       !secret_has_word(squashed, secret_no_hints);
}

static bool
secret_is_uuid(struct str v)
{
	return v.n == 36 && v.p[8] == '-' && v.p[13] == '-' && v.p[18] == '-' &&
	       v.p[23] == '-';
}

/* Bits in a byte of value, by how often each byte is in it. */
static double
secret_entropy(struct str value)
{
	unsigned counts[256] = { 0 };
	double bits = 0, p;
	size_t i;

	for (i = 0; i < value.n; i++)
		counts[(unsigned char)value.p[i]]++;
	for (i = 0; i < 256; i++) {
		p = (double)counts[i] / (double)value.n;
		bits -= counts[i] > 0 ? p * log2(p) : 0;
	}
	return bits;
}

bool
secret_is_random(struct str value)
{
	return value.n >= 20 && value.n <= 512 && secret_looks_random(value) &&
	       !secret_is_uuid(value) && secret_entropy(value) >= 3.5;
}
