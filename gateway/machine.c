#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/mem.h"

#include "gateway/machine.h"

uint64_t
machine_number(const char *path, const char *word)
{
	char line[256];
	uint64_t v = 0;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return 0;
	while (v == 0 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, word, strlen(word)) == 0)
			v = strtoull(line + strlen(word), NULL, 10);
	fclose(f);
	return v;
}

/* A limit of 0 is none. */
static void
machine_lower(uint64_t *most, uint64_t limit)
{
	if (limit != 0 && (*most == 0 || limit < *most))
		*most = limit;
}

/* By the group and all that it is in.  In a container its own is where the
 * topmost one is otherwise. */
static void
machine_group(
    uint64_t *most, const char *root, const char *file, const char *group)
{
	const char *mount = strcmp(file, "memory.max") == 0 ? "" : "/memory";
	size_t n = strlen(group);
	char *path;

	for (;;) {
		path = xasprintf("%s/sys/fs/cgroup%s%.*s/%s", root, mount,
		    (int)n, group, file);
		machine_lower(most, machine_number(path, ""));
		free(path);
		if (n == 0)
			return;
		do
			n--;
		while (n > 0 && group[n] != '/');
	}
}

/* The lines of /proc/self/cgroup are NUMBER:CONTROLLERS:PATH; version 2 has
 * one, without controllers. */
static void
machine_groups(uint64_t *most, const char *root)
{
	char line[4096], *controllers, *group;
	char *path = xasprintf("%s/proc/self/cgroup", root);
	FILE *f = fopen(path, "re");

	free(path);
	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		controllers = strchr(line, ':');
		group =
		    controllers != NULL ? strchr(controllers + 1, ':') : NULL;
		if (group == NULL)
			continue;
		*group++ = '\0';
		if (controllers[1] == '\0')
			machine_group(most, root, "memory.max", group);
		else if (strcmp(controllers + 1, "memory") == 0)
			machine_group(
			    most, root, "memory.limit_in_bytes", group);
	}
	fclose(f);
}

uint64_t
machine_memory(const char *root)
{
	char *path = xasprintf("%s/proc/meminfo", root);
	uint64_t most = machine_number(path, "MemTotal:") * UINT64_C(1024);
	struct rlimit l;

	free(path);
	machine_groups(&most, root);
	if (getrlimit(RLIMIT_AS, &l) == 0 && l.rlim_cur != RLIM_INFINITY)
		machine_lower(&most, l.rlim_cur);
	return most;
}

uint64_t
machine_cache(uint64_t memory)
{
	uint64_t part = memory / MACHINE_CACHE_PART;

	return part < MACHINE_CACHE_LEAST  ? MACHINE_CACHE_LEAST
	       : part > MACHINE_CACHE_MOST ? MACHINE_CACHE_MOST
					   : part;
}
