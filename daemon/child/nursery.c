/* SPDX-License-Identifier: ISC */
/*
 * The nursery's life (edge): forks when the listener asks, tells it of children that died.
 */
#include "daemon/child/nursery.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/crypto/random.h"
#include "common/crypto/seal_wide.h"
#include "common/crypto/start.h"
#include "common/fd.h"
#include "common/ipc.h"
#include "common/ipc_log.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/wire.h"
#include "daemon/child/start.h"

struct nursery {
	nursery_child *child;
	struct ipc_gate gate;
	int signal_fd;
	uint8_t *room;     /* owned: for one message */
	struct buf filter; /* the children's */
	enum seal_wide wide;
};

/* --- Children ----------------------------------------------------------------------------------- */

/* Nothing of the nursery's is open in a child but the socket to its monitor, and its random numbers are
 * its own: libcrypto's generators are seeded again after a fork, now, while that may take any call. */
static void
become_child(const struct nursery *nursery, int socket)
{
	sigset_t none;
	uint8_t seeded[1];

	if (dup2(socket, CHILD_IPC_FD) < 0 || close_range(CHILD_IPC_FD + 1, ~0U, 0) < 0 ||
	    random_bytes(seeded, sizeof(seeded)) != RESULT_OK ||
	    random_secret_bytes(seeded, sizeof(seeded)) != RESULT_OK)
		_exit(1);
	/* Not before: whoever looks for it by name finds nothing in it that is not its own. */
	prctl(PR_SET_NAME, "sallyport-child");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Without exit(3): there is nothing to flush, and libcrypto's tidying up would be paid for each. */
	_exit(nursery->child(buf_bytes(&nursery->filter)));
}

static enum result
take_fork(struct nursery *nursery, struct ipc_message *message)
{
	CLEANUP(fd_close) int socket = ipc_message_take_fd(message, 0);
	pid_t pid;

	if (socket < 0)
		return RESULT_PROTOCOL;
	pid = fork();
	if (pid == 0)
		become_child(nursery, socket);
	if (pid < 0)
		log_error("nursery", "no child can be forked: %s", strerror(errno));
	return RESULT_OK;
}

/* Killed children were: by their monitors. Others that did not end well died of something. */
static bool
has_died(int status)
{
	return (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) ||
	       (WIFEXITED(status) && WEXITSTATUS(status) != 0);
}

static enum result
reap(const struct nursery *nursery)
{
	struct signalfd_siginfo info;
	uint8_t room[8];
	int status;
	pid_t pid;

	(void)!read(nursery->signal_fd, &info, sizeof(info));
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct writer writer = writer_into(room, sizeof(room));

		if (!has_died(status))
			continue;
		put_u32(&writer, (uint32_t)pid);
		put_u32(&writer, (uint32_t)status);
		TRY(ipc_send(CHILD_IPC_FD, IPC_nursery_ended, writer_bytes(&writer), NULL, 0));
	}
	return RESULT_OK;
}

/* --- From start to end -------------------------------------------------------------------------- */

static void
log_wide(enum seal_wide wide)
{
	static const char *const texts[] = {
		[SEAL_WIDE_USED] = "ipsec-mb",
		[SEAL_WIDE_NOT_BUILT] = "libcrypto: built without ipsec-mb",
		[SEAL_WIDE_NO_PROCESSOR] =
		    "libcrypto: the processor or the system has no AVX-512 with VAES",
	};

	if (wide == SEAL_WIDE_FAILED)
		log_error("nursery",
		    "ipsec-mb does not compute AES-GCM as libcrypto does, or has no "
		    "memory: libcrypto is used");
	else
		log_debug("nursery", "AES-GCM is computed by %s", texts[wide]);
}

static enum result
take_start(struct nursery *nursery, const struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	uint32_t level = get_u32(&reader);
	bool needs_old = get_bool(&reader);
	struct bytes filter = get_string(&reader);

	TRY(reader_end(&reader));
	log_set_level((enum log_level)level);
	log_wide(nursery->wide);
	if (needs_old)
		TRY(crypto_start_old());
	return buf_append(&nursery->filter, filter);
}

static enum result
receive(struct nursery *nursery)
{
	CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };
	const char *why;

	TRY(ipc_receive(CHILD_IPC_FD, nursery->room, &message));
	TRY(ipc_gate_admit(&nursery->gate, IPC_PHASE_START, &message, &why));
	if (message.type == IPC_nursery_start)
		return take_start(nursery, &message);
	return take_fork(nursery, &message);
}

static enum result
turn(struct nursery *nursery)
{
	struct pollfd fds[] = {
		{ CHILD_IPC_FD, POLLIN, 0 },
		{ nursery->signal_fd, POLLIN, 0 },
	};

	if (poll(fds, COUNT(fds), -1) < 0)
		return errno == EINTR ? RESULT_OK : RESULT_SYSTEM;
	if (fds[1].revents != 0)
		TRY(reap(nursery));
	return fds[0].revents != 0 ? receive(nursery) : RESULT_OK;
}

static enum result
prepare(struct nursery *nursery)
{
	sigset_t mine;

	prctl(PR_SET_NAME, "sallyport-nurse");
	/* Its children must not gain anything, and nobody looks into what they are copied from. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return RESULT_SYSTEM;
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mine);
	sigaddset(&mine, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &mine, NULL) < 0)
		return RESULT_SYSTEM;
	nursery->signal_fd = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
	if (nursery->signal_fd < 0)
		return RESULT_SYSTEM;
	TRY(mem_new(1, IPC_PACKET_MAX, (void **)&nursery->room));
	TRY(crypto_start());
	nursery->wide = seal_wide_start();
	return RESULT_OK;
}

int
nursery_run(nursery_child *child)
{
	struct nursery nursery = {
		.child = child,
		.gate = { .direction = LISTENER_TO_NURSERY },
		.signal_fd = -1,
	};
	enum result result;

	buf_init(&nursery.filter, ipc_row(IPC_nursery_start)->body_max);
	ipc_log_to(CHILD_IPC_FD, IPC_nursery_log);
	result = prepare(&nursery);
	while (result == RESULT_OK)
		result = turn(&nursery);
	if (result != RESULT_CLOSED)
		log_error("nursery", "nursery: %s (%s)", result_text(result), strerror(errno));
	free(nursery.room);
	buf_clear(&nursery.filter);
	return result == RESULT_CLOSED ? 0 : 1;
}
