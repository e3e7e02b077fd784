/* SPDX-License-Identifier: ISC */
/*
 * The child's system call filter as data: what it may call, with which arguments, and what ends it
 * (edge: libseccomp).
 */
#include "daemon/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/spawn.h"

#define CALL(name)                    \
	{                             \
		SCMP_SYS(name), #name \
	}

struct call {
	int number;
	const char *name;
};

/* Whatever its arguments. Nothing here makes a descriptor, names a path or touches another process. */
static const struct call allowed[] = {
	CALL(read),
	CALL(write),
	CALL(readv),
	CALL(writev),
	CALL(poll),
	CALL(ppoll),
	CALL(shutdown),
	CALL(close),
	CALL(brk),
	CALL(munmap),
	CALL(mremap),
	CALL(madvise),
	CALL(futex),
	CALL(getrandom),
	CALL(getpid),
	CALL(clock_gettime),
	CALL(clock_getres),
	CALL(gettimeofday),
	CALL(rt_sigprocmask),
	CALL(rt_sigreturn),
	CALL(restart_syscall),
	CALL(exit),
	CALL(exit_group),
};

/* Each of these would be the first step out: the process ends, and the monitor says which it was. */
/* clang-format off */
static const struct call forbidden[] = {
	/* programs and processes */
	CALL(execve), CALL(execveat), CALL(fork), CALL(vfork), CALL(clone), CALL(clone3),
	CALL(ptrace), CALL(process_vm_readv), CALL(process_vm_writev), CALL(process_madvise),
	CALL(kill), CALL(tkill), CALL(tgkill), CALL(rt_sigqueueinfo), CALL(rt_tgsigqueueinfo),
	CALL(pidfd_open), CALL(pidfd_getfd), CALL(pidfd_send_signal), CALL(kcmp),
	CALL(setpgid), CALL(setsid), CALL(rt_sigaction), CALL(seccomp), CALL(personality),
	CALL(unshare), CALL(setns),
	/* files */
	CALL(open), CALL(openat), CALL(openat2), CALL(creat), CALL(open_by_handle_at),
	CALL(name_to_handle_at), CALL(link), CALL(linkat), CALL(symlink), CALL(symlinkat),
	CALL(unlink), CALL(unlinkat), CALL(rename), CALL(renameat), CALL(renameat2),
	CALL(mkdir), CALL(mkdirat), CALL(rmdir), CALL(mknod), CALL(mknodat), CALL(chdir),
	CALL(fchdir), CALL(chroot), CALL(pivot_root), CALL(chmod), CALL(fchmod),
	CALL(fchmodat), CALL(chown), CALL(fchown), CALL(lchown), CALL(fchownat),
	CALL(truncate), CALL(ftruncate), CALL(mount), CALL(umount2), CALL(open_tree),
	CALL(move_mount), CALL(fsopen), CALL(memfd_create), CALL(memfd_secret), CALL(splice),
	CALL(tee), CALL(vmsplice), CALL(sendfile), CALL(inotify_init), CALL(inotify_init1),
	CALL(fanotify_init), CALL(readlink), CALL(readlinkat),
	/* the network */
	CALL(socket), CALL(socketpair), CALL(connect), CALL(bind), CALL(listen), CALL(accept),
	CALL(accept4), CALL(sendto), CALL(recvfrom), CALL(sendmmsg), CALL(recvmmsg),
	/* identity and limits */
	CALL(setuid), CALL(setgid), CALL(setreuid), CALL(setregid), CALL(setresuid),
	CALL(setresgid), CALL(setgroups), CALL(setfsuid), CALL(setfsgid), CALL(capset),
	CALL(setpriority), CALL(sched_setaffinity),
	/* the kernel */
	CALL(bpf), CALL(perf_event_open), CALL(userfaultfd), CALL(io_uring_setup),
	CALL(io_uring_enter), CALL(io_uring_register), CALL(io_setup), CALL(keyctl),
	CALL(add_key), CALL(request_key), CALL(init_module), CALL(finit_module),
	CALL(delete_module), CALL(kexec_load), CALL(kexec_file_load), CALL(reboot),
	CALL(sethostname), CALL(settimeofday), CALL(clock_settime), CALL(adjtimex),
	CALL(swapon), CALL(swapoff), CALL(syslog), CALL(quotactl), CALL(acct), CALL(iopl),
	CALL(ioperm), CALL(modify_ldt), CALL(shmget), CALL(shmat), CALL(msgget), CALL(semget),
	CALL(mq_open), CALL(landlock_create_ruleset), CALL(landlock_add_rule),
	CALL(landlock_restrict_self),
};
/* clang-format on */

/* The i-th argument, from 0, is compared; all of them are ints. */
#define ARGUMENT(i, how, a, b)                                                       \
	{                                                                            \
		(i), (how), (scmp_datum_t)(uint32_t)(a), (scmp_datum_t)(uint32_t)(b) \
	}

/* With these arguments only; with others the call is forbidden. */
struct conditional {
	struct call call;
	unsigned count;
	struct scmp_arg_cmp arguments[2];
};

static const struct conditional conditional[] = {
	{ CALL(fcntl), 1, { ARGUMENT(1, SCMP_CMP_EQ, F_GETFL, 0) } },
	{ CALL(fcntl), 1, { ARGUMENT(1, SCMP_CMP_EQ, F_SETFL, 0) } },
	/* Descriptors come from the monitor this way, and from nobody else: among a child's sockets may be local ones, at
	 * whose other ends are processes that could take what it holds, or give it what they hold. */
	{ CALL(recvmsg), 1, { ARGUMENT(0, SCMP_CMP_EQ, SPAWN_IPC_FD, 0) } },
	{ CALL(sendmsg), 1, { ARGUMENT(0, SCMP_CMP_EQ, SPAWN_IPC_FD, 0) } },
	/* Memory that can be executed is never made. */
	{ CALL(mmap), 1, { ARGUMENT(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) } },
	{ CALL(mprotect), 1, { ARGUMENT(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) } },
	/* How far away the client is: windows are sized by it. */
	{ CALL(getsockopt), 2,
	    { ARGUMENT(1, SCMP_CMP_EQ, IPPROTO_TCP, 0), ARGUMENT(2, SCMP_CMP_EQ, TCP_INFO, 0) } },
	{ CALL(setsockopt), 2,
	    { ARGUMENT(1, SCMP_CMP_EQ, IPPROTO_TCP, 0),
		ARGUMENT(2, SCMP_CMP_EQ, TCP_QUICKACK, 0) } },
	{ CALL(setsockopt), 2,
	    { ARGUMENT(1, SCMP_CMP_EQ, IPPROTO_TCP, 0),
		ARGUMENT(2, SCMP_CMP_EQ, TCP_NODELAY, 0) } },
	/* common/dead_peer.c */
	{ CALL(setsockopt), 2,
	    { ARGUMENT(1, SCMP_CMP_EQ, SOL_SOCKET, 0),
		ARGUMENT(2, SCMP_CMP_EQ, SO_KEEPALIVE, 0) } },
	{ CALL(setsockopt), 2,
	    { ARGUMENT(1, SCMP_CMP_EQ, IPPROTO_TCP, 0),
		ARGUMENT(2, SCMP_CMP_EQ, TCP_KEEPIDLE, 0) } },
	{ CALL(setsockopt), 2,
	    { ARGUMENT(1, SCMP_CMP_EQ, IPPROTO_TCP, 0),
		ARGUMENT(2, SCMP_CMP_EQ, TCP_KEEPINTVL, 0) } },
	{ CALL(setsockopt), 2,
	    { ARGUMENT(1, SCMP_CMP_EQ, IPPROTO_TCP, 0),
		ARGUMENT(2, SCMP_CMP_EQ, TCP_USER_TIMEOUT, 0) } },
	{ CALL(setsockopt), 2,
	    { ARGUMENT(1, SCMP_CMP_EQ, IPPROTO_IP, 0), ARGUMENT(2, SCMP_CMP_EQ, IP_TOS, 0) } },
	{ CALL(setsockopt), 2,
	    { ARGUMENT(1, SCMP_CMP_EQ, IPPROTO_IPV6, 0),
		ARGUMENT(2, SCMP_CMP_EQ, IPV6_TCLASS, 0) } },
};

/* What the sanitizers' own code calls; in no build that is installed. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define HAS_SANITIZER 1
#endif

static const struct call sanitizers[] = {
#ifdef HAS_SANITIZER

	CALL(sched_yield),
	CALL(gettid),
	CALL(set_robust_list),
	CALL(sigaltstack),
#endif
	{ -1, NULL },
};

static bool
is_sanitizers(int number)
{
	for (size_t i = 0; sanitizers[i].name != NULL; i++) {
		if (sanitizers[i].number == number)
			return true;
	}
	return false;
}

/* A call that this architecture never had is no failure. */
static enum result
add_rule(scmp_filter_ctx context, uint32_t action, const struct call *call, unsigned count,
    const struct scmp_arg_cmp *arguments)
{
	int error = seccomp_rule_add_array(context, action, call->number, count, arguments);

	if (error == 0 || (error == -EDOM && action != SCMP_ACT_ALLOW) || error == -EEXIST)
		return RESULT_OK;
	log_error(
	    "sandbox", "the filter's rule for %s cannot be made: %s", call->name, strerror(-error));
	return RESULT_SYSTEM;
}

/* What executable memory is asked with is an attack, and so are descriptors for somebody else; other arguments of
 * calls with conditions just fail. */
static enum result
forbid_opposites(scmp_filter_ctx context)
{
	static const struct conditional opposites[] = {
		{ CALL(mmap), 1, { ARGUMENT(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC) } },
		{ CALL(mprotect), 1, { ARGUMENT(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC) } },
		{ CALL(recvmsg), 1, { ARGUMENT(0, SCMP_CMP_NE, SPAWN_IPC_FD, 0) } },
		{ CALL(sendmsg), 1, { ARGUMENT(0, SCMP_CMP_NE, SPAWN_IPC_FD, 0) } },
	};

	for (size_t i = 0; i < COUNT(opposites); i++)
		TRY(add_rule(context, SCMP_ACT_TRAP, &opposites[i].call, opposites[i].count,
		    opposites[i].arguments));
	return RESULT_OK;
}

static enum result
fill(scmp_filter_ctx context)
{
	for (size_t i = 0; i < COUNT(allowed); i++)
		TRY(add_rule(context, SCMP_ACT_ALLOW, &allowed[i], 0, NULL));
	for (size_t i = 0; sanitizers[i].name != NULL; i++)
		TRY(add_rule(context, SCMP_ACT_ALLOW, &sanitizers[i], 0, NULL));
	for (size_t i = 0; i < COUNT(conditional); i++)
		TRY(add_rule(context, SCMP_ACT_ALLOW, &conditional[i].call, conditional[i].count,
		    conditional[i].arguments));
	TRY(forbid_opposites(context));
	for (size_t i = 0; i < COUNT(forbidden); i++) {
		if (!is_sanitizers(forbidden[i].number))
			TRY(add_rule(context, SCMP_ACT_TRAP, &forbidden[i], 0, NULL));
	}
	return RESULT_OK;
}

static enum result
export_filter(scmp_filter_ctx context, struct buf *out)
{
	CLEANUP(fd_close) int fd = memfd_create("sallyport-filter", MFD_CLOEXEC);
	uint8_t *at;
	off_t size;
	ssize_t done;

	if (fd < 0 || seccomp_export_bpf(context, fd) != 0)
		return RESULT_SYSTEM;
	size = lseek(fd, 0, SEEK_END);
	if (size <= 0 || size > SECCOMP_FILTER_MAX)
		return RESULT_LIMIT;
	TRY(buf_reserve(out, (size_t)size, &at));
	done = pread(fd, at, (size_t)size, 0);
	if (done != size)
		return RESULT_SYSTEM;
	buf_commit(out, (size_t)size);
	return RESULT_OK;
}

static enum result
compile(scmp_filter_ctx context, struct buf *out)
{
	if (seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0)
		return RESULT_SYSTEM;
	/* A search tree instead of a list; without it (an old libseccomp) the filter is only slower. */
	(void)seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	TRY(fill(context));
	return export_filter(context, out);
}

enum result
seccomp_compile(struct buf *out)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	enum result result;

	if (context == NULL) {
		log_error("sandbox", "libseccomp does not start");
		return RESULT_SYSTEM;
	}
	result = compile(context, out);
	seccomp_release(context);
	if (result != RESULT_OK)
		log_error("sandbox", "the system call filter cannot be compiled: %s",
		    result_text(result));
	return result;
}
