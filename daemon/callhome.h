/* SPDX-License-Identifier: ISC */
/*
 * Calling home (edge): connections that the listener makes, to places of the operator's choice, on which it is the
 * server all the same. RFC 8071. Nothing here waits: names are looked up by sallyport-name, and connections are made
 * while others are served.
 */
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "daemon/calls.h"
#include "monitor/monitor.h"

/* Addresses of one place that are tried, one after the other. */
#define CALLHOME_ADDRESSES_MAX 8

/* One place that is being called. */
struct dial {
	int fd;         /* owned: sallyport-name's socket, or the connection to be; -1: none */
	bool is_asking; /* the descriptor is sallyport-name's */
	pid_t name_pid; /* 0: there is none any more */
	uint64_t give_up_ms;
	struct sockaddr_storage addresses[CALLHOME_ADDRESSES_MAX];
	size_t address_count, tried;
	int error; /* errno of the last address; 0: none was tried */
};

struct callhome {
	struct calls calls;
	struct dial dials[CALLS_MAX]; /* by call */
	int name_program_fd;          /* borrowed */
	uid_t unprivileged_uid;
	gid_t unprivileged_gid;
	bool is_root;
	int family; /* AddressFamily */
};

/* `inputs` has the programs and the settings. RESULT_MEMORY. */
enum result callhome_init(struct callhome *callhome, const struct monitor_inputs *inputs) MUST_USE;
void callhome_clear(struct callhome *callhome);

/* Writes an entry for each place to `polls`: as many as callhome->calls.count. */
void callhome_polls(const struct callhome *callhome, struct pollfd *polls);

/*
 * Goes on with all that can, by these entries, which are used up, and by the time. True: a connection is there, *fd is the caller's, and
 * *call is to be told callhome_serves or callhome_fails; then there may be another.
 */
bool callhome_next(struct callhome *callhome, struct pollfd *polls, struct call **call, int *fd);
void callhome_serves(struct callhome *callhome, struct call *call, pid_t pid);
void callhome_fails(struct callhome *callhome, struct call *call, const char *why);

/* When callhome_next has something to do; 0: never. */
uint64_t callhome_deadline_ms(const struct callhome *callhome);

/* A monitor ended. */
void callhome_ended(struct callhome *callhome, pid_t pid);

/* A process ended. True: it looked up a name. */
bool callhome_reaped(struct callhome *callhome, pid_t pid);
