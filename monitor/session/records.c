/* SPDX-License-Identifier: ISC */
/*
 * What is written where (edge). A record that cannot be written keeps nobody out: the log has the same.
 */
#include "monitor/session/records.h"

#include <arpa/inet.h>
#include <errno.h>
#include <lastlog.h>
#include <paths.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/process.h"
#include "common/text.h"
#include "monitor/login/login.h"
#include "monitor/login/peer_name.h"
#include "monitor/session/record_files.h"

#define BTMP_FILE    "/var/log/btmp" /* <paths.h> does not have it */
#define NO_TERMINAL  "ssh:notty"
#define UNKNOWN_USER "UNKNOWN"
#define HOST_SHOWN   128

/* Without root nothing of this can be written. */
static bool
are_kept(const struct monitor *monitor)
{
	return monitor->inputs->is_root && settings_flag(monitor->settings, KEYWORD_LoginRecords);
}

static void
report(const char *path, enum result result)
{
	if (result == RESULT_OK || result == RESULT_NOT_FOUND)
		return;
	if (result == RESULT_DENIED)
		log_error("records",
		    "%s is not written to: it must be a regular file of root's that others cannot "
		    "read (chown root, chmod o-rwx)",
		    path);
	else if (result == RESULT_AGAIN)
		log_error("records", "%s is not written to: somebody holds its lock", path);
	else
		log_error("records", "%s: %s", path, strerror(errno));
}

/* The fields end with their array, not with a NUL. */
static void
put_text_field(char *field, size_t size, const char *text)
{
	const size_t length = strnlen(text, size);

	memset(field, 0, size);
	memcpy(field, text, length);
}

static void
put_address(const char *address, int32_t *out)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, address, &v4) == 1)
		memcpy(out, &v4, sizeof(v4));
	else if (inet_pton(AF_INET6, address, &v6) == 1)
		memcpy(out, &v6, sizeof(v6));
}

static void
put_time(struct utmp *entry)
{
	struct timeval now;

	(void)gettimeofday(&now, NULL);
	entry->ut_tv.tv_sec = (typeof(entry->ut_tv.tv_sec))now.tv_sec;
	entry->ut_tv.tv_usec = (typeof(entry->ut_tv.tv_usec))now.tv_usec;
}

static void
fill(const struct monitor *monitor, const char *user, const char *line, struct utmp *entry)
{
	*entry = (struct utmp){ 0 };
	put_text_field(entry->ut_user, sizeof(entry->ut_user), user);
	put_text_field(entry->ut_line, sizeof(entry->ut_line), line);
	put_text_field(entry->ut_host, sizeof(entry->ut_host), peer_host(monitor));
	put_address(monitor->inputs->peer.address, entry->ut_addr_v6);
	put_time(entry);
}

/* --- Sessions ----------------------------------------------------------------------------------- */

/* The last letters of the terminal's name, as others make it. */
static void
put_id(struct utmp *entry)
{
	const size_t length = strnlen(entry->ut_line, sizeof(entry->ut_line));
	const size_t size = sizeof(entry->ut_id);
	const size_t from = length > size ? length - size : 0;

	memcpy(entry->ut_id, entry->ut_line + from, length - from);
}

/* The file knows uids, and several of UsersFile may have one: none shall learn when another came, and from where. */
static bool
shares_uid(const struct monitor *monitor)
{
	return monitor->account->virtual != NULL;
}

static void
write_last(const struct monitor *monitor, const struct utmp *entry)
{
	struct lastlog last = { .ll_time = (typeof(last.ll_time))entry->ut_tv.tv_sec };

	if (shares_uid(monitor))
		return;
	_Static_assert(sizeof(last.ll_line) == sizeof(entry->ut_line), "the names have room");
	_Static_assert(sizeof(last.ll_host) == sizeof(entry->ut_host), "the hosts have room");
	memcpy(last.ll_line, entry->ut_line, sizeof(last.ll_line));
	memcpy(last.ll_host, entry->ut_host, sizeof(last.ll_host));
	report(_PATH_LASTLOG,
	    record_write_at(_PATH_LASTLOG, monitor->account->uid, &last, sizeof(last)));
}

void
records_begin(const struct monitor *monitor, struct session *session)
{
	struct utmp *entry = &session->record;

	if (!are_kept(monitor) || !pty_is_open(&session->pty) || session->is_recorded)
		return;
	fill(monitor, monitor->account->name, session->pty.name + strlen(_PATH_DEV), entry);
	entry->ut_type = USER_PROCESS;
	entry->ut_pid = session->pid;
	entry->ut_session = session->pid;
	put_id(entry);
	session->is_recorded = true;
	report(_PATH_UTMP, record_put_utmp(_PATH_UTMP, entry));
	report(_PATH_WTMP, record_append(_PATH_WTMP, entry, sizeof(*entry), false));
	write_last(monitor, entry);
}

void
records_end(struct session *session)
{
	struct utmp *entry = &session->record;

	if (!session->is_recorded)
		return;
	session->is_recorded = false;
	record_make_dead(entry);
	report(_PATH_UTMP, record_put_utmp(_PATH_UTMP, entry));
	report(_PATH_WTMP, record_append(_PATH_WTMP, entry, sizeof(*entry), false));
}

void
records_tell_last(const struct monitor *monitor, char *out, size_t size)
{
	struct lastlog last;
	char when[64], host[4 * HOST_SHOWN];
	struct tm local;
	time_t seconds;

	out[0] = '\0';
	if (shares_uid(monitor) ||
	    record_read_at(_PATH_LASTLOG, monitor->account->uid, &last, sizeof(last)) !=
		RESULT_OK ||
	    last.ll_time == 0)
		return;
	seconds = (time_t)last.ll_time;
	if (localtime_r(&seconds, &local) == NULL ||
	    strftime(when, sizeof(when), "%a %b %e %H:%M:%S %Y", &local) == 0)
		return;
	text_quote(bytes_of(last.ll_host, strnlen(last.ll_host, sizeof(last.ll_host))), host,
	    sizeof(host));
	snprintf(out, size, "Last login: %s%s%s\n", when, host[0] == '\0' ? "" : " from ", host);
}

/* --- Failures ----------------------------------------------------------------------------------- */

void
records_failure(const struct monitor *monitor)
{
	const struct login *login = monitor->login;
	char name[sizeof(((struct utmp *)0)->ut_user) + 1] = UNKNOWN_USER;
	struct utmp entry;

	if (!are_kept(monitor))
		return;
	if (login->is_known) {
		const struct bytes said = login_name(login);

		snprintf(name, sizeof(name), "%.*s", LOG_BYTES(said));
	}
	fill(monitor, name, NO_TERMINAL, &entry);
	entry.ut_type = LOGIN_PROCESS;
	entry.ut_pid = getpid();
	report(BTMP_FILE, record_append(BTMP_FILE, &entry, sizeof(entry), true));
}

/* --- What a monitor that was killed left -------------------------------------------------------- */

/* So long after it the terminals are gone: their other ends are its child's, who sees that it is gone. */
static const unsigned sweeps_ms[] = { 100, 300, 1600 };

/* The terminal's name may be another's by now; whoever led the session may be deaf to its end. */
static bool
is_over(const struct utmp *entry)
{
	char path[sizeof(_PATH_DEV) + sizeof(entry->ut_line)];

	if (entry->ut_pid > 0 && kill(entry->ut_pid, 0) < 0 && errno == ESRCH)
		return true;
	snprintf(path, sizeof(path), _PATH_DEV "%.*s", (int)sizeof(entry->ut_line), entry->ut_line);
	return access(path, F_OK) < 0 && errno == ENOENT;
}

/* Of this client, on a terminal that there is not any more. */
static bool
is_stale(const struct utmp *entry, const void *context)
{
	const char *address = context;
	int32_t wanted[4] = { 0 };

	put_address(address, wanted);
	return memcmp(wanted, entry->ut_addr_v6, sizeof(wanted)) == 0 &&
	       strncmp(entry->ut_line, "pts/", strlen("pts/")) == 0 && is_over(entry);
}

void
monitor_sweep(const char *address)
{
	const pid_t pid = fork();

	if (pid != 0)
		return;
	(void)close_range(STDERR_FILENO + 1, ~0U, 0); /* nobody shall wait for this process */
	process_unprotect();
	process_reset_signals();
	(void)prctl(PR_SET_NAME, "sallyport-sweep");
	for (size_t i = 0; i < COUNT(sweeps_ms); i++) {
		usleep(sweeps_ms[i] * 1000);
		(void)!record_end_stale(_PATH_UTMP, is_stale, address);
	}
	_exit(0);
}
