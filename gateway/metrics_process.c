#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "gateway/metrics.h"

#include "gateway/metrics_process.h"

/* The beginning of a small file, as text.  Its length, 0 without it. */
static size_t
metrics_process_read(const char *path, char *text, size_t n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	if (fd != -1) {
		got = read(fd, text, n - 1);
		close(fd);
	}
	text[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

/* When the machine started, in seconds since 1970. */
static double
metrics_process_boot(void)
{
	struct timespec now, up;

	if (clock_gettime(CLOCK_REALTIME, &now) == -1 ||
	    clock_gettime(CLOCK_BOOTTIME, &up) == -1)
		return 0;
	return (double)(now.tv_sec - up.tv_sec) +
	       (double)(now.tv_nsec - up.tv_nsec) / 1e9;
}

/* Threads, start, size and resident pages: the fields 20, 22, 23 and 24 of
 * what stands behind the name, which may have any byte but ends last with
 * ')'. */
static void
metrics_process_stat(struct metrics_process *p)
{
	char text[1024], *after;
	uint64_t threads, start, size, resident;
	long ticks = sysconf(_SC_CLK_TCK);

	if (metrics_process_read("/proc/self/stat", text, sizeof(text)) == 0 ||
	    (after = strrchr(text, ')')) == NULL ||
	    sscanf(after + 1,
		" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d "
		"%*d %*d %*d %" SCNu64 " %*d %" SCNu64 " %" SCNu64 " %" SCNu64,
		&threads, &start, &size, &resident) != 4)
		return;
	p->threads = threads;
	p->virtual_bytes = size;
	p->resident_bytes = resident * (uint64_t)sysconf(_SC_PAGESIZE);
	if (ticks > 0)
		p->start_seconds =
		    metrics_process_boot() + (double)start / (double)ticks;
}

static uint64_t
metrics_process_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;
	uint64_t n = 0;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n - 1; /* not the one that looks */
}

void
metrics_process_look(struct metrics_process *p)
{
	struct rusage r;
	struct rlimit l;

	*p = (struct metrics_process){ 0 };
	if (getrusage(RUSAGE_SELF, &r) == 0)
		p->cpu_seconds =
		    (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
		    (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
	if (getrlimit(RLIMIT_NOFILE, &l) == 0)
		p->max_fds = (uint64_t)l.rlim_cur;
	p->open_fds = metrics_process_fds();
	metrics_process_stat(p);
}
