/* How much memory there is, by what a kernel's files say. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "gateway/machine.h"

#include "tests/unit/folder.h"
#include "tests/unit/tap.h"

#define MIB (UINT64_C(1) << 20)

static char root[300];

/* With the folders that it lies in. */
static void
put(const char *file, const char *text)
{
	char *path = xasprintf("%s/%s", root, file), *slash;
	FILE *f;

	for (slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	f = fopen(path, "we");
	if (f != NULL) {
		fputs(text, f);
		fclose(f);
	}
	free(path);
}

/* Another root, with nothing below it. */
static void
begin(const char *name)
{
	snprintf(root, sizeof(root), "%s", at(name));
}

/* ---- the machine -------------------------------------------------------- */

static void
without_files_nothing_is_known(void)
{
	begin("without_files_nothing_is_known");
	CHECK_INT(machine_memory(root), 0);
}

static void
machine_alone(void)
{
	begin("machine_alone");
	put("proc/meminfo", "MemTotal:        2048000 kB\n"
			    "MemFree:            1000 kB\n");
	CHECK_INT(machine_memory(root), 2000 * MIB);
	put("proc/self/cgroup", "0::/\n");
	put("sys/fs/cgroup/memory.max", "max\n");
	CHECK_INT(machine_memory(root), 2000 * MIB);
	put("sys/fs/cgroup/memory.max", "9223372036854771712\n");
	CHECK_INT(machine_memory(root), 2000 * MIB);
}

/* ---- control groups ----------------------------------------------------- */

static void
groups_of_version_2(void)
{
	begin("groups_of_version_2");
	put("proc/meminfo", "MemTotal:        2048000 kB\n");
	put("proc/self/cgroup", "0::/system.slice/hark.service\n");
	put("sys/fs/cgroup/system.slice/hark.service/memory.max",
	    "536870912\n");
	CHECK_INT(machine_memory(root), 512 * MIB);
	put("sys/fs/cgroup/system.slice/memory.max", "268435456\n");
	CHECK_INT(machine_memory(root), 256 * MIB);
	put("sys/fs/cgroup/memory.max", "134217728\n");
	CHECK_INT(machine_memory(root), 128 * MIB);
}

static void
groups_of_version_1(void)
{
	begin("groups_of_version_1");
	put("proc/meminfo", "MemTotal:        2048000 kB\n");
	put("proc/self/cgroup",
	    "nonsense\n9:name=systemd:/\n4:memory:/docker/abc\n0::/\n");
	put("sys/fs/cgroup/memory/memory.limit_in_bytes", "402653184\n");
	CHECK_INT(machine_memory(root), 384 * MIB);
	put("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes",
	    "201326592\n");
	CHECK_INT(machine_memory(root), 192 * MIB);
}

/* ---- the address space -------------------------------------------------- */

static void
address_space(void)
{
	struct rlimit was, l;
	uint64_t most;
	bool set;

	begin("address_space");
	put("proc/meminfo", "MemTotal:  99999999999 kB\n");
	if (getrlimit(RLIMIT_AS, &was) != 0)
		exit(1);
	/* As much as sanitizers take, too. */
	l = (struct rlimit){ UINT64_C(1) << 46, was.rlim_max };
	set = setrlimit(RLIMIT_AS, &l) == 0;
	most = machine_memory(root);
	(void)setrlimit(RLIMIT_AS, &was);
	CHECK(set);
	CHECK_INT(most, UINT64_C(1) << 46);
}

/* ---- the cache ---------------------------------------------------------- */

static void
part_for_the_cache(void)
{
	CHECK_INT(machine_cache(0), 40 * MIB);
	CHECK_INT(machine_cache(512 * MIB), 40 * MIB);
	CHECK_INT(machine_cache(8192 * MIB), 512 * MIB);
	CHECK_INT(machine_cache(UINT64_C(1) << 40), 1024 * MIB);
}

RUN(TEST(without_files_nothing_is_known), TEST(machine_alone),
    TEST(groups_of_version_2), TEST(groups_of_version_1), TEST(address_space),
    TEST(part_for_the_cache))
