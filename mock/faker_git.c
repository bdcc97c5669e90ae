#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "mock/faker_priv.h"

/* A word of hackers with a dash for its first space. */
static struct str
git_word(struct faker *f, const char *words)
{
	struct str s = arena_str(&f->arena, faker_word(f, words));
	char *space = s.n > 0 ? memchr(s.p, ' ', s.n) : NULL;

	if (space != NULL)
		*space = '-';
	return s;
}

static struct value
git_branch(struct faker *f, const struct faker_call *c)
{
	struct str noun = git_word(f, "hacker.noun");
	struct str verb = git_word(f, "hacker.verb");

	(void)c;
	return value_text(
	    faker_textf(f, "%.*s-%.*s", STR_ARGS(noun), STR_ARGS(verb)));
}

static struct str
git_message(struct faker *f)
{
	struct str verb = faker_word(f, "hacker.verb");
	struct str adjective = faker_word(f, "hacker.adjective");
	struct str noun = faker_word(f, "hacker.noun");

	return faker_textf(f, "%.*s %.*s %.*s", STR_ARGS(verb),
	    STR_ARGS(adjective), STR_ARGS(noun));
}

static struct value
git_commit_message(struct faker *f, const struct faker_call *c)
{
	(void)c;
	return value_text(git_message(f));
}

static struct str
git_date(struct faker *f, double reference)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct faker_civil c = faker_civil(faker_date_recent(f, reference, 1));
	int zone = (int)faker_int(f, -11, 12);

	return faker_textf(f, "%.3s %.3s %d %02d:%02d:%02d %lld %c%02d00",
	    days + 3 * c.weekday, months + 3 * c.month, c.day, c.hour, c.minute,
	    c.second, (long long)c.year, zone < 0 ? '-' : '+', abs(zone));
}

static struct value
git_commit_date(struct faker *f, const struct faker_call *c)
{
	return value_text(git_date(
	    f, faker_date_option(f, faker_options(f, c, 0), "refDate")));
}

static struct value
git_commit_sha(struct faker *f, const struct faker_call *c)
{
	struct value length = faker_member(faker_options(f, c, 0), "length");
	double n = !faker_is_given(length)     ? 40
		   : length.kind == VALUE_NULL ? 1
					       : faker_range(f, length);

	return value_text(faker_string_hex(f, n));
}

/* Without what git takes off a name. */
static struct str
git_user(struct faker *f, struct str s)
{
	static const char ends[] = ".,:;\"\\'";

	if (s.n > 0 && strchr(ends, s.p[0]) != NULL)
		s.p++, s.n--;
	if (s.n > 0 && strchr(ends, s.p[s.n - 1]) != NULL)
		s.n--;
	return faker_without(f, s, "<>\n");
}

static struct value
git_commit_entry(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct value merge = faker_member(options, "merge");
	bool merges = faker_is_given(merge) ? value_is_true(merge)
					    : faker_boolean(f, 0.2);
	struct str eol = faker_opt_text(f, options, "eol", STR("CRLF"));
	struct str first, last, user, name, email, date, message, sha[2];
	const char *end = str_is(eol, "CRLF") ? "\r\n" : "\n";
	struct buf b = { 0 };

	sha[0] = faker_string_hex(f, 40);
	buf_addf(&b, "commit %.*s%s", STR_ARGS(sha[0]), end);
	if (merges) {
		sha[0] = faker_string_hex(f, 7);
		sha[1] = faker_string_hex(f, 7);
		buf_addf(&b, "Merge: %.*s %.*s%s", STR_ARGS(sha[0]),
		    STR_ARGS(sha[1]), end);
	}
	first = faker_first_name(f, FAKER_ANY);
	last = faker_last_name(f, FAKER_ANY);
	name = faker_full_name(f, first, last);
	user = faker_username(f, first, last);
	if (faker_pick(f, 2) == 0)
		user = name;
	email = faker_email(f, first, last);
	user = git_user(f, user);
	date = git_date(f, faker_date_option(f, options, "refDate"));
	message = git_message(f);
	buf_addf(&b, "Author: %.*s <%.*s>%sDate: %.*s%s%s", STR_ARGS(user),
	    STR_ARGS(email), end, STR_ARGS(date), end, end);
	buf_addf(&b, "\u00a0\u00a0\u00a0\u00a0%.*s%s", STR_ARGS(message), end);
	return value_text(faker_text(f, &b));
}

const struct faker_method faker_git_methods[] = {
	{ "branch", git_branch, NULL },
	{ "commitDate", git_commit_date, NULL },
	{ "commitEntry", git_commit_entry, NULL },
	{ "commitMessage", git_commit_message, NULL },
	{ "commitSha", git_commit_sha, NULL },
	{ NULL, NULL, NULL },
};
