#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "gateway/listeners.h"

#include "gateway/activated.h"

#define ACTIVATED_FIRST 3 /* SD_LISTEN_FDS_START */

static int
activated_option(int fd, int option)
{
	socklen_t n = sizeof(int);
	int value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &n) == 0 ? value : -1;
}

static int
activated_check(int fd, bool admin, struct err *e)
{
	int domain = activated_option(fd, SO_DOMAIN);
	bool inet = domain == AF_INET || domain == AF_INET6;

	if (activated_option(fd, SO_TYPE) != SOCK_STREAM ||
	    activated_option(fd, SO_ACCEPTCONN) != 1 ||
	    !(inet || (admin && domain == AF_UNIX)))
		return err_set(e,
		    "descriptor %d of LISTEN_FDS: expected a socket that "
		    "listens for TCP%s (ListenStream=, Accept=no)",
		    fd, admin ? " or on a path" : "");
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return 0;
}

static int
activated_sort(struct activated *a, size_t n, struct str names, struct err *e)
{
	struct str name = STR("");
	int fd, result = 0;
	bool admin;

	for (fd = ACTIVATED_FIRST; fd < ACTIVATED_FIRST + (int)n; fd++) {
		if (names.n == 0 || !str_cut(&names, ':', &name))
			name = STR("");
		admin = str_is(name, "admin");
		if (result == 0)
			result = activated_check(fd, admin, e);
		if (admin && a->admin == 0)
			a->admin = fd;
		else if (a->n < ACTIVATED_MOST)
			a->fds[a->n++] = fd;
	}
	return result;
}

int
activated_take(struct activated *a, struct err *e)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS"),
		   *names = getenv("LISTEN_FDNAMES");
	uint64_t whose = 0, count = 0;
	int result = 0;

	*a = (struct activated){ 0 };
	/* Those of the program that started this one stay as they are. */
	if (pid == NULL || n == NULL || str_u64(str_of(pid), &whose) == -1 ||
	    whose != (uint64_t)getpid())
		return 0;
	if (str_u64(str_of(n), &count) == -1 || count > ACTIVATED_MOST)
		result = err_set(e, "LISTEN_FDS %.50s: expected at most %d", n,
		    ACTIVATED_MOST);
	else
		result = activated_sort(
		    a, (size_t)count, str_of(names != NULL ? names : ""), e);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return result;
}

char *
activated_address(int fd)
{
	struct sockaddr_storage a = { 0 };
	socklen_t n = sizeof(a);

	getsockname(fd, (struct sockaddr *)&a, &n);
	return listeners_name(&a, n);
}
