/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/name/find.c, with name servers of its own: these functions stand in the C library's place.
 */
#include "monitor/name/find.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/unit/support.h"

/* What there is to know: the name of the one address, and the addresses of that name. */
static struct {
	const char *reverse;    /* NULL: it has none */
	const char *forward[2]; /* NULL: no more */
} world;

struct answer {
	struct addrinfo info;
	union {
		struct sockaddr_in inet;
		struct sockaddr_in6 inet6;
	} address;
};

static struct addrinfo *
answer_of(const char *text, int family)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	assert_non_null(answer);
	answer->info.ai_addr = (struct sockaddr *)&answer->address;
	answer->info.ai_family = strchr(text, ':') == NULL ? AF_INET : AF_INET6;
	answer->address.inet.sin_family = (sa_family_t)answer->info.ai_family;
	answer->info.ai_addrlen = answer->info.ai_family == AF_INET ? sizeof(struct sockaddr_in)
								    : sizeof(struct sockaddr_in6);
	if ((family == AF_UNSPEC || family == answer->info.ai_family) &&
	    inet_pton(answer->info.ai_family, text,
		answer->info.ai_family == AF_INET ? (void *)&answer->address.inet.sin_addr
						  : (void *)&answer->address.inet6.sin6_addr) == 1)
		return &answer->info;
	free(answer);
	return NULL;
}

int
getaddrinfo(
    const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	struct addrinfo **next = out;

	*out = NULL;
	if ((hints->ai_flags & AI_NUMERICHOST) != 0)
		*out = answer_of(host, hints->ai_family);
	else if (world.reverse != NULL && strcmp(host, world.reverse) == 0) {
		for (size_t i = 0; i < COUNT(world.forward) && world.forward[i] != NULL; i++) {
			*next = answer_of(world.forward[i], hints->ai_family);
			if (*next != NULL)
				next = &(*next)->ai_next;
		}
	}
	return *out == NULL ? EAI_NONAME : 0;
}

void
freeaddrinfo(struct addrinfo *list)
{
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;

		free(list); /* the answer's first member */
		list = next;
	}
}

int
getnameinfo(const struct sockaddr *address, socklen_t size, char *host, socklen_t host_size,
    char *service, socklen_t service_size, int flags)
{
	if (flags == NI_NUMERICHOST) {
		const void *at =
		    address->sa_family == AF_INET
			? (const void *)&((const struct sockaddr_in *)address)->sin_addr
			: &((const struct sockaddr_in6 *)address)->sin6_addr;

		assert_non_null(inet_ntop(address->sa_family, at, host, host_size));
		return 0;
	}
	assert_int_equal(flags, NI_NAMEREQD);
	if (world.reverse == NULL)
		return EAI_NONAME;
	snprintf(host, host_size, "%s", world.reverse);
	return 0;
}

/* clang-format off */
static const struct {
	const char *name, *address, *reverse, *forward[2];
	enum name_verdict verdict;
} rows[] = {
	{ "it leads back",            "192.0.2.1",   "a.example", { "192.0.2.1", NULL },           NAME_GOOD },
	{ "it is one of several",     "192.0.2.1",   "a.example", { "192.0.2.9", "192.0.2.1" },    NAME_GOOD },
	{ "IPv6",                     "2001:db8::1", "a.example", { "2001:db8::1", NULL },         NAME_GOOD },
	{ "both kinds",               "2001:db8::1", "a.example", { "192.0.2.1", "2001:db8::1" },  NAME_GOOD },
	{ "it is somebody else's",    "192.0.2.1",   "a.example", { "192.0.2.9", NULL },           NAME_FORGED },
	{ "it has no address",        "192.0.2.1",   "a.example", { NULL, NULL },                  NAME_FORGED },
	{ "of the other kind only",   "192.0.2.1",   "a.example", { "2001:db8::1", NULL },         NAME_FORGED },
	{ "IPv6, somebody else's",    "2001:db8::1", "a.example", { "2001:db8::2", NULL },         NAME_FORGED },
	{ "it is an address",         "192.0.2.1",   "192.0.2.1", { "192.0.2.1", NULL },           NAME_FORGED },
	{ "there is none",            "192.0.2.1",   NULL,        { NULL, NULL },                  NAME_NONE },
	{ "what asks is no address",  "UNKNOWN",     "a.example", { "192.0.2.1", NULL },           NAME_NONE },
};
/* clang-format on */

static void
believes_only_names_that_lead_back(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		char name[NI_MAXHOST];
		enum name_verdict verdict;

		world.reverse = rows[i].reverse;
		memcpy(world.forward, rows[i].forward, sizeof(world.forward));
		verdict = name_find(rows[i].address, name);
		ROW_TRUE(rows[i].name, verdict == rows[i].verdict);
		ROW_TRUE(
		    rows[i].name, strcmp(name, verdict == NAME_NONE ? "" : rows[i].reverse) == 0);
	}
}

static void
lists_the_addresses_of_a_host(void **state)
{
	char out[64];

	world.reverse = "a.example";
	world.forward[0] = "192.0.2.1";
	world.forward[1] = "2001:db8::1";
	assert_bytes_text(bytes_of(out, name_addresses("a.example", out, sizeof(out))),
	    "192.0.2.1\n2001:db8::1\n");
	assert_bytes_text(bytes_of(out, name_addresses("a.example", out, 22)), "192.0.2.1\n");
	assert_int_equal(name_addresses("a.example", out, 5), 0);
	assert_int_equal(name_addresses("b.example", out, sizeof(out)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(believes_only_names_that_lead_back),
		cmocka_unit_test(lists_the_addresses_of_a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
