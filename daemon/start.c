/* SPDX-License-Identifier: ISC */
/*
 * The listener's biography (edge): command line, configuration, host keys, programs, filter; tries the
 * sandbox; binds; goes to the background; serves.
 */
#include "daemon/start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/config/config.h"
#include "common/crypto/algorithm.h"
#include "common/crypto/start.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/process.h"
#include "common/text.h"
#include "daemon/advice.h"
#include "daemon/background.h"
#include "daemon/cli.h"
#include "daemon/handover.h"
#include "daemon/hostkeys.h"
#include "daemon/logging.h"
#include "daemon/loop.h"
#include "daemon/notify.h"
#include "daemon/nursery.h"
#include "daemon/programs.h"
#include "daemon/query.h"
#include "daemon/reload.h"
#include "daemon/seccomp.h"
#include "daemon/sockets.h"
#include "daemon/subject.h"

/* As sshd: 255 for a configuration that is wrong and after SIGQUIT, 1 for everything else. */
#define EXIT_CONFIG 255

struct service {
	struct cli cli;
	struct config *config;     /* owned; for Match blocks */
	struct settings *settings; /* owned */
	struct hostkeys hostkeys;
	struct programs programs;
	struct buf filter;
	struct sockets sockets;
	struct nursery nursery;
	struct reload reload;
	struct buf handover; /* what a predecessor left */
	struct inherited inherited;
	bool is_up;
	int wait_fd; /* the process that waits for us to be up; -1: none */
	int signal_fd;
};

/* Are we what SIGHUP made of a listener? */
static bool
is_successor(const struct service *service)
{
	return buf_size(&service->handover) > 0;
}

/* --- Configuration ------------------------------------------------------------------------------ */

/* What holds for all; with -C, what holds for the one it describes. */
static enum result
make_settings(struct service *service, struct buf *errors)
{
	CLEANUP(settings_freep) struct settings *global = NULL;
	CLEANUP(subject_clear) struct subject subject = { 0 };

	TRY(config_effective(service->config, NULL, &global, errors));
	TRY(login_settings_check(service->config, global, errors));
	if (service->cli.subject_count == 0) {
		service->settings = TAKE(global);
		return RESULT_OK;
	}
	TRY(subject_parse(&service->cli, service->config, global, &subject));
	TRY(config_effective(service->config, &subject.subject, &service->settings, errors));
	login_methods_advise(service->settings, errors);
	return RESULT_OK;
}

/* Who made us what we are by SIGHUP does not look at our standard error. */
static void
say_errors(const struct service *service, struct bytes errors)
{
	struct bytes line;

	if (errors.size == 0)
		return;
	if (!is_successor(service)) {
		(void)!fwrite(errors.data, 1, errors.size, stderr);
		return;
	}
	while (text_next_line(&errors, &line))
		log_error("config", "%.*s", LOG_BYTES(line));
}

static enum result
configure(struct service *service)
{
	OWNED_BUF errors;
	enum result result;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	TRY(config_new(&service->config));
	result = config_read_all(service->config, (const char *const *)service->cli.options,
	    service->cli.option_count, service->cli.config_file, &errors);
	if (result == RESULT_OK)
		result = make_settings(service, &errors);
	say_errors(service, buf_bytes(&errors));
	return result;
}

/* --- What must be there ------------------------------------------------------------------------- */

static struct monitor_inputs
inputs_for(const struct service *service)
{
	return (struct monitor_inputs){
		.settings = service->settings,
		.config = service->config,
		.host_keys = service->hostkeys.keys,
		.agent_path = service->hostkeys.agent_path,
		.host_key_count = service->hostkeys.count,
		.network_fd = -1,
		.network_out_fd = -1,
		.status_fd = -1,
		.child_fd = -1,
		.user_program_fd = service->programs.user_fd,
		.pam_program_fd = service->programs.pam_fd,
		.gss_program_fd = service->programs.gss_fd,
		.name_program_fd = service->programs.name_fd,
		.unprivileged_uid = service->programs.child_uid,
		.unprivileged_gid = service->programs.child_gid,
		.is_root = service->programs.is_root,
	};
}

static bool
needs_old_ciphers(const struct settings *settings)
{
	const char *names = settings_text(settings, KEYWORD_Ciphers);

	return algorithm_list_has(ALGORITHM_CIPHER, bytes_of_text(names), ALGORITHM_OLD_LIBRARY);
}

static enum result
open_nursery(struct service *service)
{
	const struct nursery_plan plan = {
		.spawn = {
			.name = "sallyport-nursery",
			.program_fd = service->programs.child_fd,
			.change_user = service->programs.is_root,
			.uid = service->programs.child_uid,
			.gid = service->programs.child_gid,
		},
		.filter = buf_bytes(&service->filter),
		.needs_old = needs_old_ciphers(service->settings),
		.children_max = (unsigned)settings_number(
		    service->settings, KEYWORD_ChildrenPerNursery),
	};

	return nursery_init(&service->nursery, &plan);
}

/* A server whose sandbox does not work does not serve. */
static enum result
try_sandbox(struct service *service)
{
	struct monitor_inputs inputs = inputs_for(service);
	enum result result = nursery_take(&service->nursery, &inputs.child_fd);
	int status;
	pid_t pid;

	if (result != RESULT_OK) {
		log_fatal("sandbox", "no network process can be started: %s (%s)",
		    result_text(result), strerror(errno));
		return result;
	}
	pid = fork();
	if (pid == 0) {
		nursery_close(&service->nursery);
		monitor_probe(&inputs);
	}
	fd_close(&inputs.child_fd);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		log_fatal("sandbox", "the sandbox cannot be tried: %s", strerror(errno));
		return RESULT_SYSTEM;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return RESULT_OK;
	log_fatal("sandbox",
	    "the network process cannot be confined on this system, so this server does not start");
	return RESULT_SYSTEM;
}

/* Where they are missing it is said now, and not to a client. */
static enum result
start_crypto(const struct settings *settings)
{
	struct setting_origin origin = settings_origin(settings, KEYWORD_Ciphers);
	char line[16] = "";

	TRY(crypto_start());
	if (!needs_old_ciphers(settings) || crypto_start_old() == RESULT_OK)
		return RESULT_OK;
	if (origin.line > 0)
		snprintf(line, sizeof(line), ":%u", origin.line);
	log_fatal("config",
	    "%s%s: Ciphers: blowfish-cbc, cast128-cbc, seed-cbc@ssh.com and arcfour need OpenSSL's "
	    "legacy provider: "
	    "install it (with OpenSSL 3.0 it is in Debian's libssl3, since 3.5 in "
	    "openssl-provider-legacy), or do not name them",
	    origin.file, line);
	return RESULT_UNSUPPORTED;
}

/* The file is read for each login and can change at any time: wrong now, it keeps nobody else out. */
static enum result
check_users(const struct service *service)
{
	const char *path = settings_text(service->settings, KEYWORD_UsersFile);
	struct bytes rest, line;
	enum result result;
	OWNED_BUF errors;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	if (path == NULL)
		return RESULT_OK;
	if (service->cli.mode == CLI_MODE_CHECK) {
		result =
		    virtual_users_check(path, service->config, service->programs.is_root, &errors);
		say_errors(service, buf_bytes(&errors));
		return result;
	}
	if (virtual_users_try(path, service->config, &errors) == RESULT_OK)
		return RESULT_OK;
	rest = buf_bytes(&errors);
	while (text_next_line(&rest, &line))
		log_error("users-file", "%.*s", LOG_BYTES(line));
	return RESULT_OK;
}

/* The same of programs that are asked later. */
static enum result
check_forwarding_command(const struct service *service)
{
	struct bytes rest, line;
	enum result result;
	OWNED_BUF errors;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	result = forwarding_command_check(service->config, service->programs.is_root, &errors);
	if (service->cli.mode == CLI_MODE_CHECK) {
		say_errors(service, buf_bytes(&errors));
		return result;
	}
	rest = buf_bytes(&errors);
	while (text_next_line(&rest, &line))
		log_error("operator-command", "%.*s", LOG_BYTES(line));
	return RESULT_OK;
}

/* What only those would find out who log in. A server that starts serves as well as it can. */
static enum result
give_advice(const struct service *service)
{
	enum result result;
	OWNED_BUF errors;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	result =
	    advice_give(service->config, service->settings, service->programs.is_root, &errors);
	say_errors(service, buf_bytes(&errors));
	return result;
}

static enum result
prepare(struct service *service)
{
	TRY(logging_open(&service->cli, service->settings));
	TRY(start_crypto(service->settings));
	TRY(hostkeys_load(service->settings, &service->hostkeys));
	TRY(programs_open(service->config, service->settings, &service->programs));
	programs_check_services(service->config, service->settings);
	TRY(check_users(service));
	TRY(check_forwarding_command(service));
	return seccomp_compile(&service->filter);
}

#define LISTEN_ADDRESS "listenaddress "

/* --- Modes -------------------------------------------------------------------------------------- */

static enum result
print_bytes(struct bytes text)
{
	return fwrite(text.data, 1, text.size, stdout) == text.size ? RESULT_OK : RESULT_SYSTEM;
}

/* Where ListenAddress and Port lead together is printed address by address, as sshd does: scripts look for that. */
static enum result
print_settings(const struct service *service)
{
	OWNED_BUF text, addresses;
	struct bytes rest, line;

	buf_init(&text, 1024 * 1024);
	buf_init(&addresses, 64 * 1024);
	TRY(settings_print(service->settings, &text));
	TRY(sockets_print(service->settings, &addresses));
	rest = buf_bytes(&text);
	while (text_next_line(&rest, &line)) {
		if (line.size > strlen(LISTEN_ADDRESS) &&
		    memcmp(line.data, LISTEN_ADDRESS, strlen(LISTEN_ADDRESS)) == 0)
			continue;
		TRY(print_bytes(line));
		TRY(print_bytes(bytes_of_text("\n")));
	}
	return print_bytes(buf_bytes(&addresses));
}

/* Of a socket the one descriptor: standard output may be a log then. What is no socket goes one way. */
static enum result
take_standard_streams(struct monitor_inputs *inputs)
{
	struct stat status;

	inputs->network_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (inputs->network_fd < 0 || fstat(inputs->network_fd, &status) < 0)
		return RESULT_SYSTEM;
	if (S_ISSOCK(status.st_mode))
		return RESULT_OK;
	inputs->network_out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return inputs->network_out_fd < 0 ? RESULT_SYSTEM : RESULT_OK;
}

/* Where nobody can say who is there. sshd has the same words for it, and programs know them. */
static void
name_nobody(struct monitor_endpoint *endpoint)
{
	snprintf(endpoint->address, sizeof(endpoint->address), "UNKNOWN");
	endpoint->port = 65535;
}

/* One connection on standard input and output: from inetd, systemd's socket activation, or a client's ProxyCommand. */
static enum result
serve_inetd(struct service *service)
{
	struct monitor_inputs inputs = inputs_for(service);
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	inputs.status_fd = -1;
	TRY(take_standard_streams(&inputs));
	if (null_fd < 0)
		return RESULT_SYSTEM;
	TRY(open_nursery(service));
	TRY(nursery_take(&service->nursery, &inputs.child_fd));
	nursery_close(&service->nursery);
	sockets_rdomain(inputs.network_fd, inputs.rdomain);
	if (sockets_endpoints(inputs.network_fd, &inputs.peer, &inputs.local) != RESULT_OK) {
		name_nobody(&inputs.peer);
		name_nobody(&inputs.local);
	}
	(void)!dup2(null_fd, STDIN_FILENO);
	(void)!dup2(null_fd, STDOUT_FILENO);
	monitor_run(&inputs);
}

static bool
stays_in_foreground(const struct cli *cli)
{
	return cli->stay || cli->debug > 0;
}

/* What our predecessor did in the background we need not do; what it left behind is ours to put away. */
static void
arrive(const struct service *service)
{
	const char *pidfile = settings_text(service->settings, KEYWORD_PidFile);
	char old[PATH_MAX];

	if (!stays_in_foreground(&service->cli))
		(void)!chdir("/");
	if (handover_pidfile(buf_bytes(&service->handover), old, sizeof(old)) &&
	    (pidfile == NULL || strcmp(pidfile, old) != 0))
		pidfile_remove(old);
}

/* The pid that is written and announced is that of the process that serves. */
static enum result
come_up(struct service *service)
{
	if (!stays_in_foreground(&service->cli) && !is_successor(service) &&
	    background_start(&service->wait_fd) != RESULT_OK) {
		log_fatal("background", "cannot go to the background: %s", strerror(errno));
		return RESULT_SYSTEM;
	}
	TRY(open_nursery(service));
	TRY(try_sandbox(service));
	TRY(sockets_open(service->settings, &service->inherited, &service->sockets));
	TRY(daemon_loop_take_signals(&service->signal_fd));
	if (is_successor(service))
		arrive(service);
	pidfile_write(settings_text(service->settings, KEYWORD_PidFile));
	if (!process_protect())
		log_verbose("memory",
		    "the kernel may end this process when it is out of memory: %s",
		    strerror(errno));
	logging_up();
	background_ready(
	    &service->wait_fd, service->cli.log_to_stderr || service->cli.log_file != NULL);
	notify_tell("READY=1");
	return RESULT_OK;
}

static enum result
serve(struct service *service)
{
	struct loop_inputs inputs = {
		.sockets = &service->sockets,
		.nursery = &service->nursery,
		.reload = &service->reload,
		.pidfile = settings_text(service->settings, KEYWORD_PidFile),
		.serve_one = service->cli.debug > 0,
	};
	enum result result;

	process_raise_file_limit();
	TRY(come_up(service));
	inputs.monitor = inputs_for(service);
	inputs.handover = &service->handover;
	service->is_up = true;
	result = daemon_loop_run(&inputs, service->signal_fd);
	notify_tell("STOPPING=1");
	pidfile_remove(settings_text(service->settings, KEYWORD_PidFile));
	return result;
}

static enum result
run(struct service *service)
{
	if (service->cli.mode == CLI_MODE_VERSION) {
		fprintf(stderr, "Sallyport_%s%s%s, %s\n", SALLYPORT_VERSION,
		    SALLYPORT_REVISION[0] == '\0' ? "" : " ", SALLYPORT_REVISION, crypto_version());
		return RESULT_OK;
	}
	if (service->cli.mode == CLI_MODE_QUERY)
		return query_print(service->cli.query, stdout, stderr);
	TRY(configure(service));
	if (service->cli.mode == CLI_MODE_SHOW)
		return print_settings(
		    service); /* whoever may not read the host keys can ask, too */
	TRY(prepare(service));
	switch (service->cli.mode) {
	case CLI_MODE_CHECK:
		TRY(give_advice(service));
		TRY(open_nursery(service));
		return try_sandbox(service);
	case CLI_MODE_PRINT:
		return print_settings(service);
	case CLI_MODE_INETD:
		return serve_inetd(service);
	default:
		return serve(service);
	}
}

/* --- From start to end -------------------------------------------------------------------------- */

static void
clear(struct service *service)
{
	sockets_close(&service->sockets);
	reload_clear(&service->reload);
	buf_clear(&service->handover);
	nursery_close(&service->nursery);
	hostkeys_clear(&service->hostkeys);
	programs_close(&service->programs);
	buf_clear(&service->filter);
	settings_free(service->settings);
	config_free(service->config);
	fd_close(&service->signal_fd);
	cli_clear(&service->cli);
}

/* Before anything is opened: a number that is nobody's now may be somebody else's later. */
static void
inherit(void *context, enum handover_kind kind, int fd)
{
	struct inherited *inherited = context;

	if (kind == HANDOVER_LISTENING && fd > STDERR_FILENO && fcntl(fd, F_GETFD) >= 0 &&
	    inherited->count < SOCKETS_MAX)
		inherited->fds[inherited->count++] = fd;
}

int
daemon_main(int argc, char **argv)
{
	struct service service = {
		.programs = { .child_fd = -1, .user_fd = -1, .pam_fd = -1 },
		.nursery = { .fd = -1, .spare_fd = -1 },
		.reload = { .output_fd = -1 },
		.wait_fd = -1,
		.signal_fd = -1,
	};
	enum result result;

	logging_start();
	/* Host keys are in this memory: no core file, nobody attaches. */
	process_hide();
	umask(022);
	buf_init(&service.filter, SECCOMP_FILTER_MAX);
	buf_init(&service.handover, HANDOVER_MAX);
	if (cli_parse(argc, argv, &service.cli, stderr) != RESULT_OK)
		return 1;
	if (service.cli.mode == CLI_MODE_SERVE) {
		reload_take_over(&service.handover);
		handover_descriptors(buf_bytes(&service.handover), inherit, &service.inherited);
		if (is_successor(&service))
			logging_resume(&service.cli);
		if (reload_init(&service.reload, argv) != RESULT_OK)
			log_error("reload", "SIGHUP will not work: %s", strerror(errno));
	}
	result = run(&service);
	if (result != RESULT_OK && is_successor(&service) && !service.is_up)
		reload_try_again(&service.reload, buf_bytes(&service.handover));
	clear(&service);
	if (result == RESULT_CONFIG || result == RESULT_CLOSED)
		return EXIT_CONFIG;
	return result == RESULT_OK ? 0 : 1;
}
