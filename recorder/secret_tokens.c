#include "config.h"

#include <string.h>

#include "recorder/jwt.h"

#include "recorder/secret_tokens.h"

/* What the bytes behind a prefix are. */
enum token_alphabet {
	ALPHA,   /* letters and digits */
	WORD,    /* and _ */
	DASHED,  /* and _ and - */
	DOTTED,  /* and _ and - and . */
	BEARER,  /* token68 of RFC 9110 section 11.2 */
	SLASHED, /* letters, digits and / */
	HEX,
	BASE32, /* A to Z and 2 to 7 */
};

struct token_form {
	const char *kind;
	const char *prefix;
	enum token_alphabet alphabet;
	size_t least, most; /* bytes behind the prefix; equal: exactly */
	bool bare;          /* the prefix is not part of the secret */
	bool mixed;         /* there must be a digit in it */
};

/*
 * Those that begin with the same two bytes stand together, longer prefixes
 * first.  The forms are those that the vendors publish and that
 * secret scanners (GitHub's secret scanning, gitleaks, detect-secrets) know.
 */
static const struct token_form token_forms[] = {
	{ "age-key", "AGE-SECRET-KEY-1", ALPHA, 58, 58, false, false },
	{ "google-key", "AIza", DASHED, 35, 35, false, false },
	{ "aws-key", "AKIA", BASE32, 16, 16, false, false },
	{ "aws-key", "ASIA", BASE32, 16, 16, false, false },
	{ "atlassian-token", "ATATT3", DOTTED, 60, 400, false, true },
	{ "bearer", "Bearer ", BEARER, 16, SECRET_TOKEN_MOST - 8, true, true },
	{ "google-secret", "GOCSPX-", DASHED, 28, 28, false, false },
	{ "postman-key", "PMAK-", DASHED, 59, 59, false, true },
	{ "sendgrid-key", "SG.", DOTTED, 66, 66, false, false },
	{ "twilio-key", "SK", HEX, 32, 32, false, true },
	{ "databricks-token", "dapi", HEX, 32, 32, false, true },
	{ "digitalocean-token", "doo_v1_", HEX, 64, 64, false, false },
	{ "digitalocean-token", "dop_v1_", HEX, 64, 64, false, false },
	{ "digitalocean-token", "dor_v1_", HEX, 64, 64, false, false },
	{ "doppler-token", "dp.pt.", ALPHA, 40, 44, false, false },
	{ "figma-token", "figd_", DASHED, 30, 100, false, true },
	{ "github-token", "gho_", WORD, 36, 255, false, false },
	{ "github-token", "ghp_", WORD, 36, 255, false, false },
	{ "github-token", "ghr_", WORD, 36, 255, false, false },
	{ "github-token", "ghs_", WORD, 36, 255, false, false },
	{ "github-token", "ghu_", WORD, 36, 255, false, false },
	{ "github-token", "github_pat_", WORD, 60, 255, false, false },
	{ "gitlab-token", "glcbt-", DOTTED, 20, 300, false, true },
	{ "gitlab-token", "gldt-", DOTTED, 20, 300, false, true },
	{ "gitlab-token", "glpat-", DOTTED, 20, 300, false, false },
	{ "gitlab-token", "glptt-", DOTTED, 20, 300, false, true },
	{ "gitlab-token", "glrt-", DOTTED, 20, 300, false, true },
	{ "grafana-token", "glc_", BEARER, 32, 400, false, true },
	{ "grafana-token", "glsa_", WORD, 41, 41, false, false },
	{ "groq-key", "gsk_", ALPHA, 40, 60, false, true },
	{ "huggingface-token", "hf_", ALPHA, 34, 40, false, false },
	{ "slack-webhook", "hooks.slack.com/services/", SLASHED, 30, 100, true,
	    true },
	{ "vault-token", "hvb.", DASHED, 24, 300, false, true },
	{ "vault-token", "hvs.", DASHED, 24, 300, false, true },
	{ "mailgun-key", "key-", HEX, 32, 32, false, true },
	{ "linear-key", "lin_api_", ALPHA, 40, 40, false, false },
	{ "npm-token", "npm_", ALPHA, 36, 36, false, false },
	{ "notion-token", "ntn_", ALPHA, 40, 60, false, true },
	{ "planetscale-token", "pscale_tkn_", DOTTED, 32, 64, false, false },
	{ "pypi-token", "pypi-AgE", DASHED, 50, 1000, false, false },
	{ "stripe-key", "rk_live_", ALPHA, 16, 250, false, false },
	{ "stripe-key", "rk_test_", ALPHA, 16, 250, false, false },
	{ "notion-token", "secret_", ALPHA, 43, 43, false, true },
	{ "shopify-token", "shpat_", HEX, 32, 32, false, false },
	{ "shopify-token", "shpca_", HEX, 32, 32, false, false },
	{ "shopify-token", "shppa_", HEX, 32, 32, false, false },
	{ "shopify-token", "shpss_", HEX, 32, 32, false, false },
	{ "anthropic-key", "sk-ant-", DASHED, 40, 300, false, true },
	{ "openai-key", "sk-proj-", DASHED, 40, 300, false, true },
	{ "openai-key", "sk-svcacct-", DASHED, 40, 300, false, true },
	{ "openai-key", "sk-", ALPHA, 40, 64, false, true },
	{ "stripe-key", "sk_live_", ALPHA, 16, 250, false, false },
	{ "stripe-key", "sk_test_", ALPHA, 16, 250, false, false },
	{ "square-token", "sq0atp-", DASHED, 22, 22, false, false },
	{ "square-token", "sq0csp-", DASHED, 43, 43, false, false },
	{ "tailscale-key", "tskey-", DASHED, 20, 100, false, true },
	{ "stripe-secret", "whsec_", BEARER, 24, 100, false, true },
	{ "slack-token", "xapp-", DASHED, 20, 300, false, true },
	{ "slack-token", "xoxa-", DASHED, 10, 300, false, true },
	{ "slack-token", "xoxb-", DASHED, 10, 300, false, true },
	{ "slack-token", "xoxe-", DASHED, 10, 300, false, true },
	{ "slack-token", "xoxe.", DOTTED, 20, 300, false, true },
	{ "slack-token", "xoxp-", DASHED, 10, 300, false, true },
	{ "slack-token", "xoxr-", DASHED, 10, 300, false, true },
	{ "slack-token", "xoxs-", DASHED, 10, 300, false, true },
	{ "google-token", "ya29.", DOTTED, 20, 2000, false, false },
};

#define NFORMS (sizeof(token_forms) / sizeof(*token_forms))

#define PEM_BEGIN "-----BEGIN "
#define PEM_END "-----END "
#define PEM_LINE 60  /* the line that begins it is no longer */
#define PEM_LEAST 28 /* bytes of what could be a key */

static bool
token_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool
token_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static bool
token_is_char(enum token_alphabet a, char c)
{
	switch (a) {
	case ALPHA:
		return token_alnum(c);
	case WORD:
		return token_alnum(c) || c == '_';
	case DASHED:
		return token_alnum(c) || c == '_' || c == '-';
	case DOTTED:
		return token_alnum(c) || c == '_' || c == '-' || c == '.';
	case BEARER:
		return token_alnum(c) || memchr("-._~+/=", c, 7) != NULL;
	case SLASHED:
		return token_alnum(c) || c == '/';
	case HEX:
		return token_hex(c) && (c < 'A' || c > 'F');
	case BASE32:
		return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
	}
	return false;
}

_Static_assert(NFORMS <= SECRET_TOKEN_MARKS, "marks for all");

void
secret_token_marks(uint8_t marks[65536], uint8_t first)
{
	size_t i = NFORMS;

	marks[secret_pair(PEM_BEGIN)] = first;
	marks[secret_pair("ey")] = first;
	while (i-- > 0)
		marks[secret_pair(token_forms[i].prefix)] =
		    (uint8_t)(first + i);
}

/*
 * Whether what is in front of at ends there: no letter, digit or underscore
 * but those of an escape of JSON or a percent-encoded byte.
 */
static bool
token_starts(struct str text, size_t at)
{
	const char *p = text.p + at;

	if (at == 0 || (!token_alnum(p[-1]) && p[-1] != '_'))
		return true;
	if (at >= 2 && p[-2] == '\\' && memchr("nrtbf", p[-1], 5) != NULL)
		return true;
	if (at >= 3 && p[-3] == '%' && token_hex(p[-2]) && token_hex(p[-1]))
		return true;
	return at >= 6 && p[-6] == '\\' && p[-5] == 'u';
}

static bool
token_has_digit(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			return true;
	return false;
}

static bool
token_form_at(const struct token_form *f, struct str text, size_t at,
    struct secret_token *t)
{
	struct str rest = { text.p + at, text.n - at };
	size_t prefix, n;

	for (prefix = 0; f->prefix[prefix] != '\0'; prefix++)
		if (prefix == rest.n || rest.p[prefix] != f->prefix[prefix])
			return false;
	for (n = 0; prefix + n < rest.n && n <= f->most; n++)
		if (!token_is_char(f->alphabet, rest.p[prefix + n]))
			break;
	/* A full stop ends a sentence, not a token. */
	while (n > 0 && rest.p[prefix + n - 1] == '.')
		n--;
	if (n < f->least || n > f->most ||
	    (f->mixed && !token_has_digit((struct str){ rest.p + prefix, n })))
		return false;
	if (prefix + n < rest.n && f->least == f->most &&
	    (token_alnum(rest.p[prefix + n]) || rest.p[prefix + n] == '_'))
		return false;
	t->kind = f->kind;
	t->at = at + (f->bare ? prefix : 0);
	t->n = n + (f->bare ? 0 : prefix);
	return true;
}

/* How long the run of what PEM has between its lines is, with line ends as
 * they are or as JSON escapes them, and with the fields of RFC 1421. */
static size_t
token_pem_body(struct str s)
{
	size_t n;

	for (n = 0; n < s.n && n < SECRET_TOKEN_MOST; n++) {
		if (s.p[n] == '-' &&
		    str_starts((struct str){ s.p + n, s.n - n }, PEM_END))
			break;
		if (!token_is_char(BEARER, s.p[n]) &&
		    memchr(" \t\r\n\\:,", s.p[n], 7) == NULL)
			break;
	}
	return n;
}

static bool
token_pem_at(struct str text, size_t at, struct secret_token *t)
{
	struct str rest = { text.p + at, text.n - at };
	const char *key;

	if (!str_starts(rest, PEM_BEGIN))
		return false;
	key = memmem(
	    rest.p, rest.n < PEM_LINE ? rest.n : PEM_LINE, "PRIVATE KEY", 11);
	if (key == NULL)
		return false;
	rest = (struct str){ key + 11, rest.n - (size_t)(key + 11 - rest.p) };
	if (str_starts(rest, " BLOCK")) /* OpenPGP's armor */
		rest = (struct str){ rest.p + 6, rest.n - 6 };
	if (!str_starts(rest, "-----"))
		return false;
	rest = (struct str){ rest.p + 5, rest.n - 5 };
	*t = (struct secret_token){ "private-key", (size_t)(rest.p - text.p),
		token_pem_body(rest) };
	return t->n >= PEM_LEAST;
}

static bool
token_jwt_at(struct str text, size_t at, struct secret_token *t)
{
	struct jwt jwt;

	if (at > 0 && (jwt_is_char(text.p[at - 1]) || text.p[at - 1] == '.') &&
	    !token_starts(text, at))
		return false;
	if (!jwt_parse((struct str){ text.p + at, text.n - at }, &jwt))
		return false;
	*t = (struct secret_token){ "jwt", at, jwt.whole.n };
	return true;
}

bool
secret_token_at(
    struct str text, size_t at, unsigned mark, struct secret_token *t)
{
	const struct token_form *f = token_forms + mark;
	const char *begin = f->prefix;

	if (text.p[at] == '-')
		return token_pem_at(text, at, t);
	if (text.p[at] == 'e')
		return token_jwt_at(text, at, t);
	for (; f < token_forms + NFORMS && f->prefix[0] == begin[0] &&
	       f->prefix[1] == begin[1];
	     f++)
		if (token_form_at(f, text, at, t))
			return token_starts(text, at);
	return false;
}

bool
secret_is_placeholder(struct str value)
{
	size_t i, same = 0;
	char c;

	if (value.n == 0)
		return true;
	c = value.p[0];
	if (c == '<' || c == '$' || c == '{' || c == '%' || c == '[' ||
	    c == '*')
		return true;
	for (i = 1; i < value.n; i++)
		same += value.p[i] == value.p[i - 1];
	return same * 2 > value.n;
}
