/* SPDX-License-Identifier: ISC */
/*
 * The command line of `sallyportctl explain`.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/addr.h"
#include "common/text.h"
#include "daemon/ctl/explain.h"

#define DEFAULT_CONFIG SALLYPORT_SYSCONFDIR "/sshd_config"

enum flag {
	FLAG_CLIENT_HOST = 256,
	FLAG_CLIENT_USER,
	FLAG_CONNECT,
	FLAG_HOST,
	FLAG_HOST_KEY,
	FLAG_JSON,
	FLAG_KEY,
	FLAG_LISTEN,
	FLAG_LOCAL_ADDRESS,
	FLAG_LOCAL_PORT,
	FLAG_METHOD,
	FLAG_PASSWORD,
};

static const struct option flags[] = {
	{ "client-host", required_argument, NULL, FLAG_CLIENT_HOST },
	{ "client-user", required_argument, NULL, FLAG_CLIENT_USER },
	{ "connect", required_argument, NULL, FLAG_CONNECT },
	{ "host", required_argument, NULL, FLAG_HOST },
	{ "host-key", required_argument, NULL, FLAG_HOST_KEY },
	{ "json", no_argument, NULL, FLAG_JSON },
	{ "key", required_argument, NULL, FLAG_KEY },
	{ "listen", required_argument, NULL, FLAG_LISTEN },
	{ "local-address", required_argument, NULL, FLAG_LOCAL_ADDRESS },
	{ "local-port", required_argument, NULL, FLAG_LOCAL_PORT },
	{ "method", required_argument, NULL, FLAG_METHOD },
	{ "password", no_argument, NULL, FLAG_PASSWORD },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] =
    "usage: sallyportctl explain [-f config_file] [-o keyword=value] [--json]\n"
    "                            [--local-address address] [--local-port port] [--host name]\n"
    "                            [--key file] [--password] [--method name]\n"
    "                            [--host-key file] [--client-host name] [--client-user name]\n"
    "                            [--connect host:port] [--listen [host:]port]\n"
    "                            user address\n";

static enum result
complain(const char *what, const char *word)
{
	fprintf(stderr, "sallyportctl: %s: %s\n%s", word, what, usage);
	return RESULT_CONFIG;
}

static enum result
add_credential(struct explain_request *request, const char *method, const char *file)
{
	if (request->credential_count == EXPLAIN_CREDENTIALS_MAX)
		return complain("there are too many before it", file != NULL ? file : method);
	request->credentials[request->credential_count++] =
	    (struct explain_credential){ method, file };
	return RESULT_OK;
}

static enum result
add_option(struct explain_request *request, const char *text)
{
	if (request->option_count == EXPLAIN_OPTIONS_MAX)
		return complain("there are too many before it", text);
	request->options[request->option_count++] = text;
	return RESULT_OK;
}

static enum result
take_port(const char *text, unsigned *port)
{
	uint64_t number;

	if (text_number(bytes_of_text(text), 65535, &number) != RESULT_OK || number == 0)
		return complain("is no port", text);
	*port = (unsigned)number;
	return RESULT_OK;
}

static enum result
take_method(struct explain_request *request, const char *name)
{
	if (strcmp(name, "publickey") == 0)
		return complain("is asked for by --key, with a file", name);
	if (strcmp(name, "hostbased") == 0)
		return complain("is asked for by --host-key, with a file", name);
	if (strcmp(name, "password") != 0 && strcmp(name, "keyboard-interactive") != 0 &&
	    strcmp(name, "none") != 0 && strcmp(name, "gssapi-with-mic") != 0)
		return complain("is no method that this server has", name);
	return add_credential(request, name, NULL);
}

static enum result
take_flag(struct explain_request *request, int flag, const char *value)
{
	switch (flag) {
	case 'f':
		request->config_file = value;
		return RESULT_OK;
	case 'o':
		return add_option(request, value);
	case FLAG_CLIENT_HOST:
		request->client_host = value;
		return RESULT_OK;
	case FLAG_CLIENT_USER:
		request->client_user = value;
		return RESULT_OK;
	case FLAG_HOST_KEY:
		return add_credential(request, "hostbased", value);
	case FLAG_CONNECT:
		request->connect = value;
		return RESULT_OK;
	case FLAG_HOST:
		request->host = value;
		return RESULT_OK;
	case FLAG_JSON:
		request->is_json = true;
		return RESULT_OK;
	case FLAG_KEY:
		return add_credential(request, "publickey", value);
	case FLAG_LISTEN:
		request->listen = value;
		return RESULT_OK;
	case FLAG_LOCAL_ADDRESS:
		request->local_address = value;
		return RESULT_OK;
	case FLAG_LOCAL_PORT:
		return take_port(value, &request->local_port);
	case FLAG_METHOD:
		return take_method(request, value);
	case FLAG_PASSWORD:
		return add_credential(request, "password", NULL);
	default:
		fputs(usage, stderr);
		return RESULT_CONFIG;
	}
}

static enum result
check_address(const char *text)
{
	struct addr address;

	if (addr_parse(bytes_of_text(text), &address) != RESULT_OK ||
	    strlen(text) >= MONITOR_ADDRESS_MAX)
		return complain("is no address in digits", text);
	return RESULT_OK;
}

enum result
explain_parse(int argc, char **argv, struct explain_request *out)
{
	int flag;

	*out = (struct explain_request){ .config_file = DEFAULT_CONFIG };
	optind = 0; /* from the beginning, also when a test comes again */
	while ((flag = getopt_long(argc, argv, "f:o:", flags, NULL)) != -1)
		TRY(take_flag(out, flag, optarg));
	if (argc - optind != 2) {
		fputs(usage, stderr);
		return RESULT_CONFIG;
	}
	out->user = argv[optind];
	out->address = argv[optind + 1];
	TRY(check_address(out->address));
	return out->local_address == NULL ? RESULT_OK : check_address(out->local_address);
}
