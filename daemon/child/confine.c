/* SPDX-License-Identifier: ISC */
/*
 * The sandbox of the process that reads the network (edge): no new privileges, resource limits,
 * Landlock without a single path, and the seccomp allow-list.
 */
#include "daemon/child/confine.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/ipc_table.h"
#include "common/process.h"

/*
 * Landlock's interface as of ABI 6 of the kernel. Written out here because the headers of an older
 * distribution end at ABI 2, while the running kernel may know more.
 */
struct landlock_attributes {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

#define LANDLOCK_CREATE_VERSION 1U

struct landlock_level {
	long abi;
	size_t size; /* of the attributes that this ABI knows */
	struct landlock_attributes attributes;
};

/* What can be denied from which ABI on, newest first. */
static const struct landlock_level landlock_levels[] = {
	{ 6, 24, { 0xffff, 0x3, 0x3 } }, /* + abstract sockets and signals */
	{ 5, 16, { 0xffff, 0x3, 0 } },   /* + ioctl on devices */
	{ 4, 16, { 0x7fff, 0x3, 0 } },   /* + TCP bind and connect */
	{ 3, 8, { 0x7fff, 0, 0 } },      /* + truncate */
	{ 2, 8, { 0x3fff, 0, 0 } },      /* + refer */
	{ 1, 8, { 0x1fff, 0, 0 } },
};

static enum result
deny_all_paths(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_VERSION);
	const struct landlock_level *level = landlock_levels;
	long ruleset;

	if (abi < 1)
		return RESULT_UNSUPPORTED;
	while (level->abi > abi)
		level++;
	ruleset = syscall(SYS_landlock_create_ruleset, &level->attributes, level->size, 0);
	if (ruleset < 0)
		return RESULT_SYSTEM;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) {
		close((int)ruleset);
		return RESULT_SYSTEM;
	}
	close((int)ruleset);
	return RESULT_OK;
}

static const struct {
	int resource;
	rlim_t limit;
} limits[] = {
	{ RLIMIT_CORE, 0 },      /* session keys do not go to a disk */
	{ RLIMIT_FSIZE, 0 },     /* nor anything else */
	{ RLIMIT_NPROC, 0 },     /* no process, no thread */
	{ RLIMIT_NOFILE, 8192 }, /* descriptors come from the monitor only */
	{ RLIMIT_MEMLOCK, 0 },
	{ RLIMIT_MSGQUEUE, 0 },
};

static enum result
limit_resources(void)
{
	for (size_t i = 0; i < COUNT(limits); i++) {
		struct rlimit limit = { limits[i].limit, limits[i].limit };
		struct rlimit old;

		if (getrlimit((__rlimit_resource_t)limits[i].resource, &old) == 0 &&
		    old.rlim_max < limit.rlim_max)
			limit = (struct rlimit){ old.rlim_max, old.rlim_max };
		if (setrlimit((__rlimit_resource_t)limits[i].resource, &limit) != 0)
			return RESULT_SYSTEM;
	}
	return RESULT_OK;
}

static enum result
allow_calls(struct bytes filter)
{
	struct sock_fprog program = { 0 };

	if (filter.size == 0 || filter.size % sizeof(struct sock_filter) != 0 ||
	    filter.size / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return RESULT_MALFORMED;
	program.len = (unsigned short)(filter.size / sizeof(struct sock_filter));
	program.filter = (struct sock_filter *)(uintptr_t)filter.data;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		return RESULT_SYSTEM;
	return RESULT_OK;
}

enum result
confine_self(struct bytes filter, const char **what_failed)
{
	*what_failed = "prctl(PR_SET_NO_NEW_PRIVS)";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return RESULT_SYSTEM;
	*what_failed = "capset";
	if (!process_drop_capabilities())
		return RESULT_SYSTEM;
	*what_failed = "prctl(PR_SET_DUMPABLE)";
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return RESULT_SYSTEM;
	*what_failed = "resource limits";
	TRY(limit_resources());
	*what_failed = "Landlock (the kernel needs CONFIG_SECURITY_LANDLOCK and \"landlock\" among "
		       "lsm=; whoever runs a container must allow the landlock system calls)";
	TRY(deny_all_paths());
	*what_failed = "the seccomp filter (the kernel needs CONFIG_SECCOMP_FILTER)";
	TRY(allow_calls(filter));
	*what_failed = NULL;
	return RESULT_OK;
}

static int report_fd = -1; /* set once, before the filter; a signal handler has no other argument */

static void
store_u32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Only write and _exit: nothing else is safe here. Whatever happens, the process ends. */
static void
on_forbidden_call(int signal_number, siginfo_t *info, void *context)
{
	uint8_t packet[9] = { IPC_violation };
	ssize_t written;

	store_u32(packet + 1, (uint32_t)info->si_syscall);
	store_u32(packet + 5, info->si_arch);
	written = write(report_fd, packet, sizeof(packet));
	_exit(written < 0 ? 126 : 127);
}

enum result
confine_report_to(int ipc_fd)
{
	struct sigaction action = { 0 };

	report_fd = ipc_fd;
	action.sa_sigaction = on_forbidden_call;
	action.sa_flags = SA_SIGINFO;
	sigfillset(&action.sa_mask);
	if (sigaction(SIGSYS, &action, NULL) != 0)
		return RESULT_SYSTEM;
	return RESULT_OK;
}
