/* SPDX-License-Identifier: ISC */
/*
 * The class of service of the network socket.
 */
#include "daemon/child/qos.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

void
qos_init(struct qos *qos, int network_fd, uint32_t interactive, uint32_t bulk)
{
	*qos = (struct qos){ network_fd, interactive, bulk, CHILD_QOS_NONE };
}

/* A socket of the other family takes the other option, and one that is no IP socket none: no harm. */
static void
apply(int fd, uint32_t octet)
{
	const int value = (int)octet;

	(void)!setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof(value));
	(void)!setsockopt(fd, IPPROTO_IP, IP_TOS, &value, sizeof(value));
}

void
qos_change(struct qos *qos, uint32_t interactive, uint32_t bulk)
{
	const bool is_interactive = qos->current == qos->interactive;

	qos->interactive = interactive;
	qos->bulk = bulk;
	qos_choose(qos, is_interactive);
}

void
qos_choose(struct qos *qos, bool is_interactive)
{
	const uint32_t wanted = is_interactive ? qos->interactive : qos->bulk;

	if (wanted == qos->current)
		return;
	qos->current = wanted;
	apply(qos->network_fd, wanted == CHILD_QOS_NONE ? 0 : wanted);
}
