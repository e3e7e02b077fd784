/* SPDX-License-Identifier: ISC */
/*
 * Uid, capabilities, limits, Landlock, seccomp (edge).
 *
 * The library loads modules, reads files of configuration wherever they are, asks name servers and the KDC, and locks a
 * file: a list of what it may do would be long and differ from host to host. So it is a list of what nothing in here
 * has to do.
 */
#include "monitor/gss/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/sockios.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/process.h"

#define REPLAY_VARIABLE "KRB5RCACHENAME"
#define REPLAY_FILE     SALLYPORT_RUNDIR "/krb5.rcache2"
#define REPLAY_KIND     "file2:"
#define REPLAY_FOLDER   "/var/tmp" /* where the library puts its own */
#define REPLAY_MAX      (256UL << 20)

/* Of ABIs that older headers do not have. */
#define ACCESS_TRUNCATE (1ULL << 14)
#define ABI_OF_TRUNCATE 3
#define SCOPE_ABSTRACT  (1ULL << 0)
#define SCOPE_SIGNAL    (1ULL << 1)
#define ABI_OF_SCOPES   6

struct landlock_attributes {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

/* --- The record of tickets that were seen ------------------------------------------------------- */

/* A regular file of root's or of whom we become, made if it is not there. */
static int
open_replay_file(const char *path, const struct gss_start *start)
{
	CLEANUP(fd_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat info;
	int kept;

	if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_nlink != 1 ||
	    (info.st_uid != geteuid() && info.st_uid != start->uid))
		return -1;
	if (start->change_user && fchown(fd, start->uid, start->gid) != 0)
		return -1;
	kept = fd;
	fd = -1;
	return kept;
}

/* What may still be written: the file that the operator named, ours, or in the library's folder. */
static int
find_replay_place(const struct gss_start *start)
{
	const char *named = getenv(REPLAY_VARIABLE);
	const size_t kind = strlen(REPLAY_KIND);
	int fd;

	if (named != NULL && strncmp(named, REPLAY_KIND, kind) == 0)
		return open_replay_file(named + kind, start);
	if (named == NULL) {
		fd = open_replay_file(REPLAY_FILE, start);
		if (fd >= 0 && setenv(REPLAY_VARIABLE, REPLAY_KIND REPLAY_FILE, 1) == 0)
			return fd;
		fd_close(&fd);
	}
	return open(REPLAY_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* --- Landlock ----------------------------------------------------------------------------------- */

static enum result
allow_place(int ruleset, int place, uint64_t handled)
{
	struct landlock_path_beneath_attr rule = { .parent_fd = place };
	struct stat info;

	if (fstat(place, &info) != 0)
		return RESULT_SYSTEM;
	rule.allowed_access =
	    handled & (LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE |
			  (S_ISDIR(info.st_mode) ? LANDLOCK_ACCESS_FS_MAKE_REG : 0));
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
		   ? RESULT_OK
		   : RESULT_SYSTEM;
}

/* Reading is left to permissions: nobody's are few. A newer kernel keeps signals and abstract sockets of other processes
 * out of reach, too. */
static enum result
forbid_writing(int place)
{
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1U /* the version */);
	size_t size = sizeof(uint64_t); /* of the attributes that every ABI knows */
	struct landlock_attributes attributes = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				     LANDLOCK_ACCESS_FS_REMOVE_DIR |
				     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
				     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
				     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
				     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM
	};
	CLEANUP(fd_close) int ruleset = -1;

	if (abi >= ABI_OF_TRUNCATE)
		attributes.handled_access_fs |= ACCESS_TRUNCATE;
	if (abi >= ABI_OF_SCOPES) {
		attributes.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
		size = sizeof(attributes);
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
	if (abi < 1 || ruleset < 0)
		return RESULT_UNSUPPORTED;
	if (place >= 0)
		TRY(allow_place(ruleset, place, attributes.handled_access_fs));
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? RESULT_OK : RESULT_SYSTEM;
}

/* --- System calls ------------------------------------------------------------------------------- */

static const int forbidden[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(clone),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(kill),
	SCMP_SYS(tkill),
	SCMP_SYS(tgkill),
	SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(rt_tgsigqueueinfo),
	SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(listen),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(chroot),
	SCMP_SYS(pivot_root),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(setpriority),
	SCMP_SYS(sched_setscheduler),
	SCMP_SYS(sched_setparam),
	SCMP_SYS(sched_setattr),
	SCMP_SYS(sched_setaffinity),
	SCMP_SYS(ioprio_set),
	SCMP_SYS(migrate_pages),
	SCMP_SYS(move_pages),
	SCMP_SYS(shmget),
	SCMP_SYS(msgget),
	SCMP_SYS(semget),
};

/* What has the kernel send a signal to whom the caller names, when a descriptor has news. */
static const struct {
	int call;
	unsigned command;
} signalling[] = {
	{ SCMP_SYS(fcntl), F_SETOWN },
	{ SCMP_SYS(fcntl), F_SETOWN_EX },
	{ SCMP_SYS(fcntl), F_SETSIG },
	{ SCMP_SYS(ioctl), FIOSETOWN },
	{ SCMP_SYS(ioctl), SIOCSPGRP },
};

/* The kernel looks at the lower half of a command only. */
static int
forbid_signalling(scmp_filter_ctx filter)
{
	int failed = 0;

	for (size_t i = 0; i < COUNT(signalling) && failed == 0; i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), signalling[i].call, 1,
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffU, signalling[i].command));
	return failed;
}

/* Of other processes of the same user, children among them, nothing is within reach. */
static enum result
forbid_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int failed = filter == NULL;

	for (size_t i = 0; i < COUNT(forbidden) && failed == 0; i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0);
	if (failed == 0) /* so that the C library tries clone */
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (failed == 0)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 1,
		    SCMP_A0(SCMP_CMP_NE, 0, 0));
	if (failed == 0)
		failed = forbid_signalling(filter);
	if (failed == 0)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	return failed == 0 ? RESULT_OK : RESULT_SYSTEM;
}

static enum result
limit_resources(void)
{
	static const struct {
		int resource;
		rlim_t limit;
	} limits[] = {
		{ RLIMIT_CORE, 0 }, /* the host's keys do not go to a disk */
		{ RLIMIT_NPROC, 0 },
		{ RLIMIT_NOFILE, 64 },
		{ RLIMIT_FSIZE, REPLAY_MAX },
		{ RLIMIT_MEMLOCK, 0 },
		{ RLIMIT_MSGQUEUE, 0 },
	};

	for (size_t i = 0; i < COUNT(limits); i++) {
		const struct rlimit limit = { limits[i].limit, limits[i].limit };

		if (setrlimit((__rlimit_resource_t)limits[i].resource, &limit) != 0)
			return RESULT_SYSTEM;
	}
	return RESULT_OK;
}

/* --- All of it ---------------------------------------------------------------------------------- */

enum result
confine_acceptor(const struct gss_start *start, const char **what_failed)
{
	CLEANUP(fd_close) int place = find_replay_place(start);

	if (place < 0)
		log_info("gss-replay", "the record of tickets that were seen cannot be written");
	*what_failed = "the unprivileged user";
	if (start->change_user && !process_become(start->uid, start->gid, NULL, 0))
		return RESULT_SYSTEM;
	process_hide();
	*what_failed = "prctl(PR_SET_NO_NEW_PRIVS)";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return RESULT_SYSTEM;
	*what_failed = "capset";
	if (!process_drop_capabilities())
		return RESULT_SYSTEM;
	*what_failed = "resource limits";
	TRY(limit_resources());
	*what_failed = "Landlock";
	TRY(forbid_writing(place));
	*what_failed = "the seccomp filter";
	return forbid_calls();
}
