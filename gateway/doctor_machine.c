/* What the machine gives: kernel, limits, memory, clock, libraries. */
#include "config.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/err.h"
#include "gateway/machine.h"
#include "gateway/settings.h"
#include "har/spool.h"
#include "recorder/engine.h"

#include "gateway/doctor.h"

#define DOCTOR_EVENT 0x02010c00 /* libevent 2.1.12 */
#define DOCTOR_BUILT 1767225600 /* 2026: no clock is right before that */
#define DOCTOR_JUMP_US 200000
#define DOCTOR_SPARE 64 /* descriptors beside those of connections */

void
doctor_libraries(struct doctor *d)
{
	bool old = event_get_version_number() < DOCTOR_EVENT;

	doctor_say(d, old ? DOCTOR_WARNING : DOCTOR_OK,
	    old ? "upgrade libevent to 2.1.12 or later" : NULL,
	    "hark %s, libevent %s, %s, SQLite %s", PACKAGE_VERSION,
	    event_get_version(), OpenSSL_version(OPENSSL_VERSION),
	    engine_version());
}

/* ---- the kernel ------------------------------------------------------- */

static bool
doctor_has_reuseport(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	bool has = fd != -1 && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one,
				   sizeof(one)) == 0;

	if (fd != -1)
		close(fd);
	return has;
}

static bool
doctor_has_epoll(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

void
doctor_kernel(struct doctor *d)
{
	struct utsname u;
	struct spool *s;
	struct err e;

	if (uname(&u) == -1)
		strcpy(u.release, "?");
	if (!doctor_has_reuseport() || !doctor_has_epoll())
		doctor_say(d, DOCTOR_FAILED,
		    "use Linux 3.9 or later, and a sandbox that lets programs "
		    "use epoll and SO_REUSEPORT",
		    "Linux %s: no %s", u.release,
		    doctor_has_epoll() ? "SO_REUSEPORT" : "epoll");
	else
		doctor_say(d, DOCTOR_OK, NULL,
		    "Linux %s, %ld processors, epoll, SO_REUSEPORT", u.release,
		    sysconf(_SC_NPROCESSORS_ONLN));
	s = spool_new(NULL, &e);
	if (s == NULL)
		doctor_say(d, DOCTOR_WARNING,
		    "set TMPDIR to a folder that can be written to: long "
		    "bodies go through files there",
		    "no temporary files: %s", e.text);
	spool_free(s);
}

/* ---- limits ------------------------------------------------------------ */

/* A connection that is forwarded has one at the upstream, too. */
void
doctor_descriptors(struct doctor *d)
{
	uint64_t most = d->settings->max_connections;
	uint64_t wanted = 2 * most + DOCTOR_SPARE;
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == -1)
		return;
	if (l.rlim_max == RLIM_INFINITY || l.rlim_max >= wanted)
		doctor_say(d, DOCTOR_OK, NULL,
		    "%" PRIu64 " descriptors for %" PRIu64 " connections",
		    (uint64_t)l.rlim_max, most);
	else
		doctor_say(d, DOCTOR_WARNING,
		    "raise the hard limit (ulimit -Hn, LimitNOFILE= of "
		    "systemd) or lower --max-connections",
		    "%" PRIu64 " descriptors, which is less than %" PRIu64
		    " connections with as many to upstreams may need (%" PRIu64
		    ")",
		    (uint64_t)l.rlim_max, most, wanted);
}

void
doctor_memory(struct doctor *d)
{
	const struct settings *s = d->settings;
	uint64_t have =
	    machine_number("/proc/meminfo", "MemAvailable:") * UINT64_C(1024);
	uint64_t most = machine_memory("");
	uint64_t cache =
	    s->cache_bytes != 0 ? s->cache_bytes : machine_cache(most);
	uint64_t wanted = cache + s->queue_bytes + s->request_body_budget;

	if (most != 0 && (have == 0 || most < have))
		have = most;
	if (have == 0)
		return;
	if (have >= wanted)
		doctor_say(d, DOCTOR_OK, NULL,
		    "%" PRIu64 " MiB to be had, %" PRIu64
		    " MiB for cache, queue and bodies of requests",
		    have >> 20, wanted >> 20);
	else
		doctor_say(d, DOCTOR_WARNING,
		    "lower --cache-size, --queue-size or "
		    "--request-body-budget",
		    "%" PRIu64 " MiB to be had, but cache, queue and bodies "
		    "of requests may take %" PRIu64 " MiB",
		    have >> 20, wanted >> 20);
}

/* ---- the clock --------------------------------------------------------- */

/* A zone by name that is not there is UTC without a word. */
static bool
doctor_zone_is_missing(const char *zone)
{
	char path[512];

	if (zone == NULL || strchr(zone, '/') == NULL || zone[0] == '/' ||
	    zone[0] == ':')
		return false;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.400s", zone);
	return access(path, R_OK) == -1;
}

void
doctor_clock(struct doctor *d)
{
	int64_t wall = clock_wall_us(), mono = clock_mono_us();
	int64_t jump = (wall - d->wall_us) - (mono - d->mono_us);
	time_t now = (time_t)(wall / 1000000);
	struct timex x = { .modes = 0 };
	const char *zone = getenv("TZ");
	char text[64];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z", &tm);
	if (now < DOCTOR_BUILT)
		doctor_say(d, DOCTOR_FAILED,
		    "set the clock: certificates will not be valid, and dates "
		    "of recordings wrong",
		    "it is %s, which cannot be", text);
	else if (jump > DOCTOR_JUMP_US || jump < -DOCTOR_JUMP_US)
		doctor_say(d, DOCTOR_WARNING,
		    "look at what sets the clock (NTP, the host of a virtual "
		    "machine)",
		    "it jumped by %" PRId64 " ms while this ran", jump / 1000);
	else if (doctor_zone_is_missing(zone))
		doctor_say(d, DOCTOR_WARNING,
		    "install tzdata or correct TZ: mocks would tell times in "
		    "UTC",
		    "TZ is %s, which this machine does not know", zone);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s%s", text,
		    adjtimex(&x) >= 0 && (x.status & STA_UNSYNC) == 0
			? ", synchronized"
			: ", nothing says that it is synchronized");
}
