#include "config.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/err.h"

#include "gateway/sandbox.h"

#if defined(__x86_64__) || defined(__aarch64__)

#if defined(__x86_64__)
#define CALLS_ARCH AUDIT_ARCH_X86_64
#define CALLS_RESULT(u) (u)->uc_mcontext.gregs[REG_RAX]
#else
#define CALLS_ARCH AUDIT_ARCH_AARCH64
#define CALLS_RESULT(u) (u)->uc_mcontext.regs[0]
#endif

#define CALLS_MOST 512
#define CALLS_X32 0x40000000

/* What a gateway, libevent, SQLite, OpenSSL, the resolver and malloc need when
 * all is open.  No program is executed and no process made; nothing is mounted,
 * traced, loaded into the kernel or given to another user's hands. */
static const int calls_permitted[] = {
	/* read and write */
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_pread64,
	SYS_pwrite64,
	SYS_preadv,
	SYS_pwritev,
	SYS_lseek,
	SYS_sendfile,
	SYS_splice,
	SYS_close,
	SYS_close_range,
	SYS_dup,
	SYS_dup3,
	SYS_fcntl,
	SYS_ioctl,
	SYS_pipe2,
	SYS_eventfd2,
	/* sockets; SYS_socket is looked at */
	SYS_connect,
	SYS_bind,
	SYS_listen,
	SYS_accept,
	SYS_accept4,
	SYS_shutdown,
	SYS_socketpair,
	SYS_getsockname,
	SYS_getpeername,
	SYS_getsockopt,
	SYS_setsockopt,
	SYS_recvfrom,
	SYS_recvmsg,
	SYS_recvmmsg,
	SYS_sendto,
	SYS_sendmsg,
	SYS_sendmmsg,
	/* waiting and time */
	SYS_epoll_create1,
	SYS_epoll_ctl,
	SYS_epoll_pwait,
	SYS_epoll_pwait2,
	SYS_ppoll,
	SYS_pselect6,
	SYS_timerfd_create,
	SYS_timerfd_settime,
	SYS_nanosleep,
	SYS_clock_nanosleep,
	SYS_clock_gettime,
	SYS_clock_getres,
	SYS_gettimeofday,
	SYS_inotify_init1,
	SYS_inotify_add_watch,
	SYS_inotify_rm_watch,
	/* files; which, is for Landlock to say */
	SYS_openat,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_statfs,
	SYS_fstatfs,
	SYS_faccessat,
	SYS_faccessat2,
	SYS_readlinkat,
	SYS_getdents64,
	SYS_getcwd,
	SYS_ftruncate,
	SYS_fallocate,
	SYS_fadvise64,
	SYS_fsync,
	SYS_fdatasync,
	SYS_sync_file_range,
	SYS_flock,
	SYS_fchmod,
	SYS_fchmodat,
	SYS_fchown,
	SYS_umask,
	SYS_utimensat,
	SYS_mkdirat,
	SYS_unlinkat,
	SYS_renameat,
	SYS_renameat2,
	/* memory; SYS_mmap and SYS_mprotect are looked at */
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_msync,
	SYS_brk,
	SYS_membarrier,
	/* threads; SYS_clone is looked at */
	SYS_futex,
	SYS_set_robust_list,
	SYS_set_tid_address,
	SYS_rseq,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_getcpu,
	SYS_gettid,
	SYS_exit,
	SYS_exit_group,
	/* signals, of which only its own process gets any */
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_rt_sigtimedwait,
	SYS_rt_sigpending,
	SYS_rt_sigsuspend,
	SYS_sigaltstack,
	SYS_restart_syscall,
	/* what it is and has */
	SYS_getpid,
	SYS_getppid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_getgroups,
	SYS_getrandom,
	SYS_getrusage,
	SYS_sysinfo,
	SYS_times,
	SYS_uname,
	SYS_prctl,
#if defined(__x86_64__)
	/* the older forms of some */
	SYS_open,
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_unlink,
	SYS_rename,
	SYS_mkdir,
	SYS_rmdir,
	SYS_chmod,
	SYS_dup2,
	SYS_pipe,
	SYS_poll,
	SYS_select,
	SYS_epoll_wait,
	SYS_epoll_create,
	SYS_time,
	SYS_getrlimit,
	SYS_arch_prctl,
#endif
};

/* ---- what is refused is told ----------------------------------------- */

static atomic_ulong calls_told[8]; /* a bit for each number below 512 */

/* Once for each; with nothing but what a handler of signals may use. */
static void
calls_tell(int number)
{
	static const char front[] = "hark: the sandbox refuses system call ";
	static const char back[] = " (see --sandbox)\n";
	char text[sizeof(front) + sizeof(back) + 12], digits[12];
	size_t n = sizeof(front) - 1, i = sizeof(digits);
	unsigned long bit = 1ul << ((unsigned)number % 64);
	unsigned v = (unsigned)number;

	if (v < 512 && (atomic_fetch_or(&calls_told[v / 64], bit) & bit) != 0)
		return;
	memcpy(text, front, n);
	do
		digits[--i] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	memcpy(text + n, digits + i, sizeof(digits) - i);
	n += sizeof(digits) - i;
	memcpy(text + n, back, sizeof(back) - 1);
	n += sizeof(back) - 1;
	if (write(STDERR_FILENO, text, n) == -1)
		return; /* there is nobody else to tell */
}

static void
calls_on_refused(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	int before = errno;

	(void)number;
	calls_tell(info->si_syscall);
	CALLS_RESULT(u) = -EPERM;
	errno = before;
}

/* ---- the filter ------------------------------------------------------ */

struct calls {
	struct sock_filter v[CALLS_MOST];
	unsigned short n;
};

static void
calls_add(struct calls *c, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	c->v[c->n++] =
	    (struct sock_filter){ .code = code, .k = k, .jt = yes, .jf = no };
}

static void
calls_load(struct calls *c, size_t at)
{
	calls_add(c, BPF_LD | BPF_W | BPF_ABS, (uint32_t)at, 0, 0);
}

static void
calls_end(struct calls *c, uint32_t action)
{
	calls_add(c, BPF_RET | BPF_K, action, 0, 0);
}

/* Ends with action if what was loaded is k. */
static void
calls_if(struct calls *c, uint32_t k, uint32_t action)
{
	calls_add(c, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
	calls_end(c, action);
}

/* The lower half of an argument is what the kernel looks at in these. */
static size_t
calls_argument(int i)
{
	return offsetof(struct seccomp_data, args) + (size_t)i * 8;
}

/* A new thread, but no process.  What clone3() makes cannot be seen: glibc
 * takes clone() then. */
static void
calls_add_clone(struct calls *c)
{
	calls_if(c, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
	calls_add(c, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
	calls_load(c, calls_argument(0));
	calls_add(c, BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1);
	calls_end(c, SECCOMP_RET_ALLOW);
	calls_end(c, SECCOMP_RET_TRAP);
}

/* Memory is not both written and executed; regular expressions are then
 * interpreted, without a word. */
static void
calls_add_memory(struct calls *c)
{
	calls_add(c, BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 5);
	calls_load(c, calls_argument(2));
	calls_add(c, BPF_ALU | BPF_AND | BPF_K, PROT_WRITE | PROT_EXEC, 0, 0);
	calls_if(c, PROT_WRITE | PROT_EXEC, SECCOMP_RET_ERRNO | EPERM);
	calls_end(c, SECCOMP_RET_ALLOW);
	calls_add(c, BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 4);
	calls_load(c, calls_argument(2));
	calls_add(c, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
	calls_end(c, SECCOMP_RET_TRAP);
	calls_end(c, SECCOMP_RET_ALLOW);
}

/* Permits a call whose argument i is one of n values. */
static void
calls_if_one_of(struct calls *c, int call, int i, const int *values, size_t n)
{
	size_t k;

	calls_add(c, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0,
	    (uint8_t)(2 * n + 2));
	calls_load(c, calls_argument(i));
	for (k = 0; k < n; k++)
		calls_if(c, (uint32_t)values[k], SECCOMP_RET_ALLOW);
	calls_end(c, SECCOMP_RET_TRAP);
}

static void
calls_add_looked_at(struct calls *c, bool offline)
{
	/* Netlink is what getaddrinfo() sorts addresses by. */
	static const int families[] = { AF_INET, AF_INET6, AF_UNIX,
		AF_NETLINK };
	static const int oneself[] = { 0 };
	const int me[] = { (int)getpid() };

	calls_add_clone(c);
	calls_add_memory(c);
	calls_if_one_of(c, SYS_prlimit64, 0, oneself, 1);
	calls_if_one_of(c, SYS_kill, 0, me, 1);
	calls_if_one_of(c, SYS_tgkill, 0, me, 1);
	if (!offline)
		calls_if_one_of(c, SYS_socket, 0, families,
		    sizeof(families) / sizeof(*families));
}

static void
calls_make(struct calls *c, bool offline)
{
	size_t i;

	calls_load(c, offsetof(struct seccomp_data, arch));
	calls_add(c, BPF_JMP | BPF_JEQ | BPF_K, CALLS_ARCH, 1, 0);
	calls_end(c, SECCOMP_RET_KILL_PROCESS);
	calls_load(c, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
	calls_add(c, BPF_JMP | BPF_JGE | BPF_K, CALLS_X32, 0, 1);
	calls_end(c, SECCOMP_RET_ERRNO | ENOSYS);
#endif
	for (i = 0; i < sizeof(calls_permitted) / sizeof(int); i++)
		calls_if(c, (uint32_t)calls_permitted[i], SECCOMP_RET_ALLOW);
	calls_add_looked_at(c, offline);
	calls_end(c, SECCOMP_RET_TRAP);
}

int
sandbox_calls(bool offline, struct err *e)
{
	struct sigaction refused = { .sa_sigaction = calls_on_refused,
		.sa_flags = SA_SIGINFO | SA_NODEFER };
	struct calls calls = { .n = 0 };
	struct sock_fprog filter = { .filter = calls.v };

	calls_make(&calls, offline);
	filter.len = calls.n;
	sigemptyset(&refused.sa_mask);
	if (sigaction(SIGSYS, &refused, NULL) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_sys(e, "seccomp");
	/* Nobody's code but ours runs here: no speculation to be stopped. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		&filter) == 0)
		return 1;
	err_sys(e, "seccomp");
	return errno == ENOSYS || errno == EINVAL || errno == EPERM ? 0 : -1;
}

#else

int
sandbox_calls(bool offline, struct err *e)
{
	(void)offline;
	(void)err_set(e, "seccomp: not on this kind of processor");
	return 0;
}

#endif
