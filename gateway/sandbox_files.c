#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"

#include "gateway/sandbox.h"

/* Rights that came later than the header of this system may have. */
#define FILES_REFER (UINT64_C(1) << 13)    /* Linux 5.19 */
#define FILES_TRUNCATE (UINT64_C(1) << 14) /* Linux 6.2 */
#define FILES_IOCTL (UINT64_C(1) << 15)    /* Linux 6.10, of devices */

#define FILES_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILES_WRITE \
	(FILES_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
	    LANDLOCK_ACCESS_FS_MAKE_SOCK | FILES_REFER | FILES_TRUNCATE)

/* What a rule for something else than a folder may hold. */
#define FILES_OF_FILE \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	    FILES_TRUNCATE)

/* All that a kernel of this version can refuse. */
static uint64_t
sandbox_files_rights(long version)
{
	uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (version >= 2)
		rights |= FILES_REFER;
	if (version >= 3)
		rights |= FILES_TRUNCATE;
	if (version >= 5)
		rights |= FILES_IOCTL;
	return rights;
}

static int
sandbox_files_add(
    int rules, const struct sandbox_path *p, uint64_t rights, struct err *e)
{
	struct landlock_path_beneath_attr rule = {
		.parent_fd = open(p->path, O_PATH | O_CLOEXEC),
		.allowed_access =
		    rights &
		    (p->access == SANDBOX_WRITE ? FILES_WRITE : FILES_READ),
	};
	struct stat st;
	int rc = 0;

	if (rule.parent_fd == -1)
		return 0;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= FILES_OF_FILE;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		&rule, 0) == -1)
		rc = err_sys(e, "Landlock: %.300s", p->path);
	close(rule.parent_fd);
	return rc;
}

int
sandbox_files(const struct sandbox_path *paths, size_t n, struct err *e)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr all = {
		.handled_access_fs = sandbox_files_rights(version)
	};
	int rules, rc = 0;
	size_t i;

	if (version < 1) {
		(void)err_sys(e, "Landlock (Linux 5.13)");
		return 0;
	}
	rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (rules == -1)
		return err_sys(e, "Landlock");
	for (i = 0; i < n && rc == 0; i++)
		rc = sandbox_files_add(
		    rules, &paths[i], all.handled_access_fs, e);
	if (rc == 0 && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
			   syscall(SYS_landlock_restrict_self, rules, 0) == -1))
		rc = err_sys(e, "Landlock");
	close(rules);
	return rc == -1 ? -1 : 1;
}
