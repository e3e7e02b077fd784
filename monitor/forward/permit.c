/* SPDX-License-Identifier: ISC */
/*
 * Forwarding policy: settings, what the login was granted, and the request, as one question. Pure.
 */
#include "monitor/forward/permit.h"

#include <stdio.h>

#define PORT_MAX 65535

static struct permit_answer
refuse(enum ssh_open_failure reason, enum keyword rule, const char *text)
{
	struct permit_answer answer = { .is_allowed = false, .reason = reason, .rule = rule };

	snprintf(answer.text, sizeof(answer.text), "%s", text);
	return answer;
}

static bool
is_host(struct bytes host)
{
	return host.size > 0 && host.size <= PERMIT_HOST_MAX &&
	       memchr(host.data, 0, host.size) == NULL;
}

struct permit_answer
permit_connect(const struct settings *settings, const struct permissions *permissions,
    const struct tcp_request *request)
{
	int64_t allowed = settings_number(settings, KEYWORD_AllowTcpForwarding);

	if (allowed != ALLOW_FORWARDING_LOCAL && allowed != ALLOW_FORWARDING_YES)
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_AllowTcpForwarding,
		    "AllowTcpForwarding does not permit connections");
	if (!permissions->forward_local)
		return refuse(SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, KEYWORD_COUNT,
		    "this login may not forward connections");
	if (!is_host(request->host))
		return refuse(SSH_OPEN_CONNECT_FAILED, KEYWORD_COUNT, "not a host name");
	if (request->port == 0 || request->port > PORT_MAX)
		return refuse(SSH_OPEN_CONNECT_FAILED, KEYWORD_COUNT, "not a port");
	return (struct permit_answer){ .is_allowed = true, .rule = KEYWORD_COUNT };
}
