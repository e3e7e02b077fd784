/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/login/handlers.c by sequences of requests that nobody thought of: moves of an honest and of a
 * hostile child, chosen by a generator that begins with a number. A model that knows nothing of the code says what
 * each may lead to. A sequence that fails says its number; SALLYPORT_SEED=NUMBER runs it alone.
 *
 * A new method of logging in is rows of `moves`: functions that say one request and what it must lead to.
 */
#include "tests/unit/monitor/rig.h"

#define SESSION_ID          "0123456789abcdef0123456789abcdef"
#define OTHER_ID            "fedcba9876543210fedcba9876543210"
#define SEQUENCES           5000
#define MOVES_MAX           20
#define MOVES_OF_A_LONG_ONE 140 /* beyond what one connection may ask */
#define REQUESTS_MAX        128
#define TRIES_MAX           8

/* What a move must lead to. */
enum effect {
	EFFECT_NOTHING, /* no answer, and nothing changes */
	EFFECT_WOULD_DO,
	EFFECT_QUESTION, /* a failure that counts not */
	EFFECT_FAILURE,
	EFFECT_SUCCESS,
	EFFECT_ATTACK,
};

struct sequence {
	uint64_t seed, random; /* the number it began with; the generator's state */
	struct rig *rig;
	struct rig *rigs[TRIES_MAX]; /* owned: for each MaxAuthTries from 1 on */
	unsigned most;               /* MaxAuthTries */
	unsigned requests, failures; /* that were taken; that count */
	bool has_logged_in, is_over, was_attack;
	unsigned count;
	const char *moves[MOVES_OF_A_LONG_ONE];
	bool is_running; /* else it came to its end */
};

typedef enum effect move(struct sequence *sequence);

static uint64_t
draw(struct sequence *sequence, uint64_t below)
{
	uint64_t z = (sequence->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

/* --- Requests ----------------------------------------------------------------------------------- */

static const char *
algorithm_of(const struct key *key)
{
	return strcmp(key_type(key), "ssh-rsa") == 0 ? "rsa-sha2-256" : key_type(key);
}

static struct auth_request
request_of(const struct sequence *sequence, enum auth_method method, const struct key *key)
{
	return (struct auth_request){
		.method = method,
		.user = bytes_of_text(sequence->rig->user),
		.service = bytes_of_text("ssh-connection"),
		.algorithm = bytes_of_text(key == NULL ? "" : algorithm_of(key)),
		.key_blob = key == NULL ? bytes_of("", 0) : key_blob(key),
	};
}

/* What is signed where it is not what is asked. */
struct lie {
	const char *session_id, *user, *service, *method;
	bool is_unflagged;
};

static void
sign(const struct auth_request *request, const struct lie *lie, const struct key *key,
    struct buf *signature)
{
	uint8_t room[4096];
	struct writer writer = writer_into(room, sizeof(room));

	put_text(&writer, lie->session_id != NULL ? lie->session_id : SESSION_ID);
	put_byte(&writer, SSH_MSG_USERAUTH_REQUEST);
	put_string(&writer, lie->user != NULL ? bytes_of_text(lie->user) : request->user);
	put_string(&writer, lie->service != NULL ? bytes_of_text(lie->service) : request->service);
	put_text(&writer, lie->method != NULL ? lie->method : "publickey");
	put_bool(&writer, !lie->is_unflagged);
	put_string(&writer, request->algorithm);
	put_string(&writer, request->key_blob);
	assert_ok(writer_end(&writer));
	buf_init(signature, KEY_SIGNATURE_MAX);
	assert_ok(key_sign(key, signature_algorithm_find(bytes_of_text(algorithm_of(key))),
	    writer_bytes(&writer), signature));
}

static void
ask_signed(struct sequence *sequence, struct auth_request request, const struct lie *lie,
    const struct key *signer)
{
	OWNED_BUF signature;

	sign(&request, lie, signer, &signature);
	request.has_signature = true;
	request.signature = buf_bytes(&signature);
	rig_authenticate(sequence->rig, &request);
}

/* --- Moves of publickey ------------------------------------------------------------------------- */

static enum effect
queries_the_listed_key(struct sequence *sequence)
{
	struct auth_request request =
	    request_of(sequence, AUTH_METHOD_PUBLICKEY, sequence->rig->user_key);

	rig_authenticate(sequence->rig, &request);
	return EFFECT_WOULD_DO;
}

static enum effect
queries_another_key(struct sequence *sequence)
{
	struct auth_request request =
	    request_of(sequence, AUTH_METHOD_PUBLICKEY, sequence->rig->other_key);

	rig_authenticate(sequence->rig, &request);
	return EFFECT_FAILURE;
}

static enum effect
signs(struct sequence *sequence)
{
	const struct key *key = sequence->rig->user_key;

	ask_signed(
	    sequence, request_of(sequence, AUTH_METHOD_PUBLICKEY, key), &(struct lie){ 0 }, key);
	return EFFECT_SUCCESS;
}

static enum effect
signs_something_else(struct sequence *sequence)
{
	static const struct lie lies[] = {
		{ .session_id = OTHER_ID },
		{ .session_id = "" },
		{ .user = "eve" },
		{ .user = "" },
		{ .service = "ssh-userauth" },
		{ .method = "none" },
		{ .method = "publickey-hostbound-v00@openssh.com" },
		{ .is_unflagged = true },
	};
	const struct key *key = sequence->rig->user_key;

	ask_signed(sequence, request_of(sequence, AUTH_METHOD_PUBLICKEY, key),
	    &lies[draw(sequence, COUNT(lies))], key);
	return EFFECT_FAILURE;
}

static enum effect
signs_with_another_key(struct sequence *sequence)
{
	struct auth_request request =
	    request_of(sequence, AUTH_METHOD_PUBLICKEY, sequence->rig->user_key);

	ask_signed(sequence, request, &(struct lie){ 0 }, sequence->rig->other_key);
	return EFFECT_FAILURE;
}

static enum effect
signs_for_another_key(struct sequence *sequence)
{
	const struct key *key = sequence->rig->other_key;

	ask_signed(
	    sequence, request_of(sequence, AUTH_METHOD_PUBLICKEY, key), &(struct lie){ 0 }, key);
	return EFFECT_FAILURE;
}

/* A byte of the signature, its algorithm or the key is another one. */
static enum effect
spoils_a_byte(struct sequence *sequence)
{
	const struct key *key = sequence->rig->user_key;
	struct auth_request request = request_of(sequence, AUTH_METHOD_PUBLICKEY, key);
	uint8_t spoilt[KEY_BLOB_MAX];
	struct bytes *parts[] = { &request.signature, &request.algorithm, &request.key_blob };
	struct bytes *part = parts[draw(sequence, COUNT(parts))];
	OWNED_BUF signature;

	sign(&request, &(struct lie){ 0 }, key, &signature);
	request.has_signature = true;
	request.signature = buf_bytes(&signature);
	memcpy(spoilt, part->data, part->size);
	spoilt[draw(sequence, part->size)] ^= (uint8_t)(1 << draw(sequence, 8));
	part->data = spoilt;
	rig_authenticate(sequence->rig, &request);
	return EFFECT_FAILURE;
}

static enum effect
claims_a_signature(struct sequence *sequence)
{
	struct auth_request request =
	    request_of(sequence, AUTH_METHOD_PUBLICKEY, sequence->rig->user_key);

	request.has_signature = true;
	rig_authenticate(sequence->rig, &request);
	return EFFECT_FAILURE;
}

/* --- Moves of other methods --------------------------------------------------------------------- */

static enum effect
asks_for_nothing(struct sequence *sequence)
{
	struct auth_request request = request_of(sequence, AUTH_METHOD_NONE, NULL);

	rig_authenticate(sequence->rig, &request);
	return sequence->requests == 0 ? EFFECT_QUESTION : EFFECT_FAILURE;
}

/* With all that would do for publickey. */
static enum effect
asks_by_another_method(struct sequence *sequence)
{
	const struct key *key = sequence->rig->user_key;

	ask_signed(sequence, request_of(sequence, AUTH_METHOD_OTHER, key), &(struct lie){ 0 }, key);
	return EFFECT_FAILURE;
}

/* --- Moves of no honest child ------------------------------------------------------------------- */

static enum effect
changes_the_user(struct sequence *sequence)
{
	const struct key *key = sequence->rig->user_key;
	struct auth_request request = request_of(sequence, AUTH_METHOD_PUBLICKEY, key);

	if (sequence->requests == 0)
		return EFFECT_NOTHING; /* the first request has the user, whoever it is */
	request.user = bytes_of_text("eve");
	ask_signed(sequence, request, &(struct lie){ 0 }, key);
	return EFFECT_ATTACK;
}

static enum effect
changes_the_service(struct sequence *sequence)
{
	const struct key *key = sequence->rig->user_key;
	struct auth_request request = request_of(sequence, AUTH_METHOD_PUBLICKEY, key);

	request.service = bytes_of_text("ssh-userauth");
	ask_signed(sequence, request, &(struct lie){ 0 }, key);
	return EFFECT_ATTACK;
}

static enum effect
does_not_wait_for_the_answer(struct sequence *sequence)
{
	queries_another_key(sequence);
	signs(sequence);
	return EFFECT_ATTACK;
}

static enum effect
cuts_a_request_short(struct sequence *sequence)
{
	struct auth_request request =
	    request_of(sequence, AUTH_METHOD_PUBLICKEY, sequence->rig->user_key);
	uint8_t room[4096] = { 0 };
	struct writer writer = writer_into(room, sizeof(room));

	auth_request_put(&writer, &request);
	rig_say(sequence->rig, IPC_authenticate, bytes_of(room, draw(sequence, writer.used)));
	return EFFECT_ATTACK;
}

static enum effect
says_more_than_a_request(struct sequence *sequence)
{
	struct auth_request request =
	    request_of(sequence, AUTH_METHOD_PUBLICKEY, sequence->rig->user_key);
	uint8_t room[4096] = { 0 };
	struct writer writer = writer_into(room, sizeof(room));

	auth_request_put(&writer, &request);
	rig_say(sequence->rig, IPC_authenticate, bytes_of(room, writer.used + 1));
	return EFFECT_ATTACK;
}

static enum effect
uses_a_method_that_is_none(struct sequence *sequence)
{
	struct auth_request request = request_of(sequence, AUTH_METHOD_NONE, NULL);

	request.method = 1000 + (uint32_t)draw(sequence, UINT32_MAX - 1000);
	rig_authenticate(sequence->rig, &request);
	return EFFECT_ATTACK;
}

/* Nobody was asked anything. */
static enum effect
answers_no_question(struct sequence *sequence)
{
	struct auth_replies replies = { .count = (uint32_t)draw(sequence, AUTH_PROMPTS_MAX) };
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	for (uint32_t i = 0; i < replies.count; i++)
		replies.replies[i] = bytes_of_text("typed");
	auth_replies_put(&writer, &replies);
	rig_say(sequence->rig, IPC_auth_reply, writer_bytes(&writer));
	return EFFECT_ATTACK;
}

/* A second exchange hash is no second session id. */
static enum effect
exchanges_keys_again(struct sequence *sequence)
{
	rig_sign(sequence->rig, "ssh-ed25519", bytes_of_text(OTHER_ID));
	return EFFECT_ATTACK;
}

static enum effect
asks_for_what_is_behind_the_login(struct sequence *sequence)
{
	static const enum ipc_type types[] = { IPC_open_session, IPC_open_pty, IPC_set_env,
		IPC_start_session, IPC_connect_tcp, IPC_prove_host_keys, IPC_close_session };

	rig_say(sequence->rig, types[draw(sequence, COUNT(types))], BYTES("\0\0\0\0"));
	return EFFECT_ATTACK;
}

static enum effect
says_what_only_others_say(struct sequence *sequence)
{
	static const enum ipc_type types[] = { IPC_authenticated, IPC_user_policy, IPC_user_ready,
		IPC_start, IPC_nursery_ended };

	rig_say(sequence->rig, types[draw(sequence, COUNT(types))], bytes_of("", 0));
	return EFFECT_ATTACK;
}

static enum effect
has_new_keys(struct sequence *sequence)
{
	rig_say(sequence->rig, IPC_kex_done, bytes_of("", 0));
	return EFFECT_NOTHING;
}

/* clang-format off */
static const struct {
	const char *name;
	move *move;
	unsigned weight;
} moves[] = {
	{ "queries the listed key",            queries_the_listed_key,            20 },
	{ "queries another key",               queries_another_key,               20 },
	{ "signs",                             signs,                              5 },
	{ "signs something else",              signs_something_else,              15 },
	{ "signs with another key",            signs_with_another_key,            10 },
	{ "signs for another key",             signs_for_another_key,             10 },
	{ "spoils a byte",                     spoils_a_byte,                     15 },
	{ "claims a signature",                claims_a_signature,                 5 },
	{ "asks for nothing",                  asks_for_nothing,                  10 },
	{ "asks by another method",            asks_by_another_method,            10 },
	{ "has new keys",                      has_new_keys,                       3 },
	{ "changes the user",                  changes_the_user,                   1 },
	{ "changes the service",               changes_the_service,                1 },
	{ "does not wait for the answer",      does_not_wait_for_the_answer,       1 },
	{ "cuts a request short",              cuts_a_request_short,               1 },
	{ "says more than a request",          says_more_than_a_request,           1 },
	{ "uses a method that is none",        uses_a_method_that_is_none,         1 },
	{ "answers no question",               answers_no_question,                1 },
	{ "exchanges keys again",              exchanges_keys_again,               1 },
	{ "asks for what is behind the login", asks_for_what_is_behind_the_login,  1 },
	{ "says what only others say",         says_what_only_others_say,          1 },
};
/* clang-format on */

static size_t
choose(struct sequence *sequence)
{
	uint64_t total = 0, at;

	for (size_t i = 0; i < COUNT(moves); i++)
		total += moves[i].weight;
	at = draw(sequence, total);
	for (size_t i = 0;; i++) {
		if (at < moves[i].weight)
			return i;
		at -= moves[i].weight;
	}
}

/* --- The model ---------------------------------------------------------------------------------- */

/* What the child was told since the last time. */
struct told {
	unsigned answers;
	enum auth_outcome outcome; /* of the last */
	bool is_finish;
};

static struct told
listen(struct sequence *sequence)
{
	struct told told = { 0 };

	while (rig_is_told(sequence->rig)) {
		struct reader reader = reader_of(sequence->rig->told.body);
		struct auth_answer answer;

		told.is_finish |= sequence->rig->told.type == IPC_finish;
		if (sequence->rig->told.type != IPC_authenticated)
			continue;
		auth_answer_get(&reader, &answer);
		assert_ok(reader_end(&reader));
		told.answers++;
		told.outcome = (enum auth_outcome)answer.outcome;
	}
	return told;
}

/* What is true at any time, whatever was said. */
static void
check_always(const struct sequence *sequence)
{
	const struct monitor *monitor = &sequence->rig->monitor;

	assert_true((monitor->account != NULL) == sequence->has_logged_in);
	assert_true(sequence->has_logged_in || monitor->phase != IPC_PHASE_OPEN);
	assert_true(sequence->has_logged_in || !monitor->permissions.session);
	assert_true(sequence->is_over == (monitor->phase == IPC_PHASE_ENDING));
	assert_true(monitor->login->failures <= sequence->most);
	assert_int_equal(monitor->login->failures, sequence->failures);
	assert_true(monitor->login->attempts <= REQUESTS_MAX + 1);
	assert_int_equal(login_deadline_ms(monitor), 0); /* no answer is left over */
}

static void
expect_answer(struct told told, enum auth_outcome outcome)
{
	assert_false(told.is_finish);
	assert_int_equal(told.answers, 1);
	assert_int_equal(told.outcome, outcome);
}

static void
expect_end(struct sequence *sequence, struct told told)
{
	assert_true(told.is_finish);
	assert_int_equal(told.answers, 0);
	sequence->is_over = true;
}

static void
expect_failure(struct sequence *sequence, struct told told)
{
	if (++sequence->failures == sequence->most)
		expect_end(sequence, told);
	else
		expect_answer(told, AUTH_OUTCOME_FAILURE);
}

/* The move was made in the login phase. */
static void
expect(struct sequence *sequence, enum effect effect, struct told told)
{
	if (effect == EFFECT_ATTACK) {
		assert_true(rig_is_attack(sequence->rig));
		assert_int_equal(told.answers, 0);
		sequence->is_over = sequence->was_attack = true;
		return;
	}
	if (effect == EFFECT_NOTHING) {
		assert_true(told.answers == 0 && !told.is_finish);
		return;
	}
	if (++sequence->requests > REQUESTS_MAX) {
		expect_end(sequence, told);
		return;
	}
	if (effect == EFFECT_FAILURE) {
		expect_failure(sequence, told);
		return;
	}
	sequence->has_logged_in = effect == EFFECT_SUCCESS;
	expect_answer(told, effect == EFFECT_SUCCESS    ? AUTH_OUTCOME_SUCCESS
			    : effect == EFFECT_WOULD_DO ? AUTH_OUTCOME_KEY_OK
							: AUTH_OUTCOME_FAILURE);
}

/* A failure is not answered before its moment. */
static void
check_impatience(struct sequence *sequence)
{
	const uint64_t due_ms = login_deadline_ms(&sequence->rig->monitor);

	if (due_ms == 0)
		return;
	login_meet_deadline(&sequence->rig->monitor, due_ms - 1);
	assert_int_equal(login_deadline_ms(&sequence->rig->monitor), due_ms);
	assert_false(rig_is_told(sequence->rig));
}

static void
make_move(struct sequence *sequence, size_t i)
{
	const bool was_over = sequence->is_over, was_in = sequence->has_logged_in;
	enum effect effect;
	struct told told;

	sequence->moves[sequence->count++] = moves[i].name;
	effect = moves[i].move(sequence);
	if (!was_over && !was_in && !rig_is_attack(sequence->rig))
		check_impatience(sequence);
	rig_let_time_pass(sequence->rig);
	told = listen(sequence);
	if (was_over || was_in)
		assert_int_equal(told.answers, 0); /* nobody logs in twice, or afterwards */
	else
		expect(sequence, effect, told);
	sequence->was_attack |= rig_is_attack(sequence->rig); /* also behind the end */
	sequence->is_over |= sequence->was_attack;
	check_always(sequence);
}

/* --- Sequences ---------------------------------------------------------------------------------- */

/* What the listener counts by: one byte for a login, one for an attack, and the end of the pipe. */
static void
check_what_the_listener_heard(const struct sequence *sequence)
{
	unsigned logins = 0, attacks = 0;
	uint8_t byte;

	while (read(sequence->rig->status_pipe[0], &byte, 1) == 1) {
		logins += byte == MONITOR_STATUS_LOGGED_IN;
		attacks += byte == MONITOR_STATUS_ATTACK;
	}
	assert_int_equal(logins, sequence->has_logged_in ? 1 : 0);
	assert_true((attacks > 0) == sequence->was_attack);
}

static void
run(struct sequence *sequence, uint64_t seed)
{
	struct sequence fresh = { .seed = seed, .random = seed, .is_running = true };
	unsigned length;
	bool is_long;

	memcpy(fresh.rigs, sequence->rigs, sizeof(fresh.rigs));
	*sequence = fresh;
	is_long = draw(sequence, 200) == 0;
	length = is_long ? MOVES_OF_A_LONG_ONE : 1 + (unsigned)draw(sequence, MOVES_MAX);
	sequence->most = 1 + (unsigned)draw(sequence, TRIES_MAX);
	sequence->rig = sequence->rigs[sequence->most - 1];
	rig_connect(sequence->rig);
	rig_exchange_keys(sequence->rig);
	for (unsigned i = 0; i < length; i++)
		make_move(sequence, is_long ? 0 : choose(sequence));
	check_what_the_listener_heard(sequence);
	rig_disconnect(sequence->rig);
	sequence->is_running = false;
}

static int
set_up(void **state)
{
	struct sequence *sequence = calloc(1, sizeof(*sequence));
	char settings[64];

	if (sequence == NULL)
		return -1;
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		snprintf(settings, sizeof(settings), "MaxAuthTries %u\n", i + 1);
		sequence->rigs[i] = rig_new(settings);
		rig_disconnect(sequence->rigs[i]);
		/* That of the server, which signs much faster than RSA. */
		key_free(sequence->rigs[i]->other_key);
		sequence->rigs[i]->other_key = rig_key("ed25519");
	}
	*state = sequence;
	return 0;
}

/* Behind a failed assertion, too. */
static int
tear_down(void **state)
{
	struct sequence *sequence = *state;

	if (sequence->is_running) {
		print_error("SALLYPORT_SEED=%llu MaxAuthTries %u:\n",
		    (unsigned long long)sequence->seed, sequence->most);
		for (unsigned i = 0; i < sequence->count; i++)
			print_error("  %u. %s\n", i + 1, sequence->moves[i]);
		rig_disconnect(sequence->rig);
	}
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		rig_connect(sequence->rigs[i]);
		rig_free(sequence->rigs[i]);
	}
	free(sequence);
	return 0;
}

static void
no_sequence_of_requests_logs_in_but_by_a_signature(void **state)
{
	const char *seed = getenv("SALLYPORT_SEED");
	unsigned logins = 0, attacks = 0, ends = 0;
	struct sequence *sequence = *state;

	if (seed != NULL) {
		run(sequence, strtoull(seed, NULL, 10));
		return;
	}
	for (uint64_t i = 1; i <= SEQUENCES; i++) {
		run(sequence, i);
		logins += sequence->has_logged_in;
		attacks += sequence->was_attack;
		ends += sequence->is_over && !sequence->was_attack;
	}
	/* A model that never gets anywhere would agree with anything. */
	assert_true(logins > SEQUENCES / 20);
	assert_true(attacks > SEQUENCES / 20);
	assert_true(ends > SEQUENCES / 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    no_sequence_of_requests_logs_in_but_by_a_signature, set_up, tear_down),
	};
	struct support_log log;

	support_log_capture(&log);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
