#include "config.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "gateway/sandbox.h"

#include "gateway/privileges.h"

struct identity {
	uid_t uid;
	gid_t gid;
	char *name; /* whose groups it gets; NULL: none */
};

static bool
privileges_number(const char *text, uint32_t *id)
{
	uint64_t v;

	if (str_u64(str_of(text), &v) == -1 || v >= UINT32_MAX)
		return false;
	*id = (uint32_t)v;
	return true;
}

static int
privileges_find_group(struct identity *who, const char *group, struct err *e)
{
	const struct group *g = getgrnam(group);

	if (g != NULL)
		who->gid = g->gr_gid;
	else if (!privileges_number(group, &who->gid))
		return err_set(e, "%.100s: no such group", group);
	free(who->name);
	who->name = NULL;
	return 0;
}

static int
privileges_find(struct identity *who, const char *text, struct err *e)
{
	char *user = xstrdup(text), *group = strchr(user, ':');
	const struct passwd *p;
	int rc = 0;

	*who = (struct identity){ 0 };
	if (group != NULL)
		*group++ = '\0';
	p = getpwnam(user);
	if (p == NULL && privileges_number(user, &who->uid)) {
		p = getpwuid(who->uid);
		if (p == NULL && group == NULL)
			rc = err_set(e,
			    "%.100s: no user has this number: USER:GROUP is "
			    "needed",
			    user);
	} else if (p == NULL) {
		rc = err_set(e, "%.100s: no such user", user);
	}
	if (p != NULL) {
		who->uid = p->pw_uid;
		who->gid = p->pw_gid;
		who->name = xstrdup(p->pw_name);
	}
	if (rc == 0 && group != NULL)
		rc = privileges_find_group(who, group, e);
	if (rc == 0 && (who->uid == 0 || who->gid == 0))
		rc = err_set(e,
		    "%.200s: expected a user and a group that are "
		    "not root's",
		    text);
	free(user);
	return rc;
}

int
privileges_check(const char *text, struct err *e)
{
	struct identity who;
	int rc = privileges_find(&who, text, e);

	free(who.name);
	return rc == -1 ? err_wrap(e, "option user") : 0;
}

/* Also none that a program with file capabilities could bring back. */
static void
privileges_drop_bounding(void)
{
	int cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* no new ones
							       anyway */
}

static bool
privileges_drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

	return syscall(SYS_capset, &head, none) == 0;
}

static int
privileges_become(const struct identity *who, struct err *e)
{
	if (who->name != NULL ? initgroups(who->name, who->gid) == -1
			      : setgroups(1, &who->gid) == -1)
		return err_sys(e, "its groups");
	privileges_drop_bounding();
	if (setresgid(who->gid, who->gid, who->gid) == -1)
		return err_sys(e, "its group");
	if (setresuid(who->uid, who->uid, who->uid) == -1)
		return err_sys(e, "its user");
	if (!privileges_drop_capabilities())
		return err_sys(e, "its capabilities");
	if (setuid(0) != -1 || setgid(0) != -1)
		return err_set(e, "root's rights are still there");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_sys(e, "no new privileges");
	return 0;
}

int
privileges_drop(const char *text, struct err *e)
{
	struct identity who;
	int rc = privileges_find(&who, text, e);

	if (rc == 0 && geteuid() != 0)
		rc = err_set(
		    e, "%.200s: only root can become another user", text);
	if (rc == 0 && privileges_become(&who, e) == -1)
		rc = err_wrap(e, "%.200s", text);
	free(who.name);
	return rc == -1 ? err_wrap(e, "option user") : 0;
}

void
privileges_hide_memory(void)
{
	if (!sandbox_is_open())
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* cannot fail */
}

bool
privileges_are_all(void)
{
	return geteuid() == 0;
}
