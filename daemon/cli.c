/* SPDX-License-Identifier: ISC */
/*
 * The command line of sallyportd.
 */
#include "daemon/cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

static const char usage[] =
    "usage: sallyportd [-46DdeGiqTtV] [-C spec] [-c host_certificate_file] [-E log_file]\n"
    "                  [-f config_file] [-g login_grace_time] [-h host_key_file] [-o option]\n"
    "                  [-p port] [-Q query] [-u length]\n";

/* Flags that stand for a line of the configuration. */
static const struct {
	int flag;
	const char *prefix;
} shorthands[] = {
	{ 'o', "" },
	{ 'p', "Port=" },
	{ 'h', "HostKey=" },
	{ 'c', "HostCertificate=" },
	{ 'g', "LoginGraceTime=" },
	{ '4', "AddressFamily=inet" },
	{ '6', "AddressFamily=inet6" },
};

static enum result
add_option(struct cli *cli, const char *prefix, const char *value, FILE *errors)
{
	size_t size = strlen(prefix) + strlen(value) + 1;
	char *text;

	if (cli->option_count == CLI_OPTIONS_MAX) {
		fprintf(errors, "sallyportd: too many options\n");
		return RESULT_CONFIG;
	}
	text = malloc(size);
	if (text == NULL)
		return RESULT_MEMORY;
	snprintf(text, size, "%s%s", prefix, value);
	cli->options[cli->option_count++] = text;
	return RESULT_OK;
}

static enum result
take_shorthand(struct cli *cli, int flag, const char *value, FILE *errors)
{
	for (size_t i = 0; i < sizeof(shorthands) / sizeof(shorthands[0]); i++) {
		if (shorthands[i].flag == flag)
			return add_option(
			    cli, shorthands[i].prefix, value == NULL ? "" : value, errors);
	}
	fputs(usage, errors);
	return RESULT_CONFIG;
}

static enum result
add_subject(struct cli *cli, const char *value, FILE *errors)
{
	if (cli->subject_count == CLI_SUBJECTS_MAX) {
		fprintf(errors, "sallyportd: too many -C\n");
		return RESULT_CONFIG;
	}
	cli->subjects[cli->subject_count++] = value;
	return RESULT_OK;
}

/* Scripts say -u0. Records have addresses as it is, unless UseDNS asks for names, for which there is room. */
static enum result
check_length(const char *value, FILE *errors)
{
	uint64_t length;

	if (text_number(bytes_of_text(value), INT32_MAX, &length) == RESULT_OK)
		return RESULT_OK;
	fprintf(errors, "sallyportd: -u %s is no number\n", value);
	return RESULT_CONFIG;
}

static enum result
take_flag(struct cli *cli, int flag, const char *value, FILE *errors)
{
	switch (flag) {
	case 'C':
		return add_subject(cli, value, errors);
	case 'D':
		cli->stay = true;
		return RESULT_OK;
	case 'd':
		cli->debug++;
		return RESULT_OK;
	case 'e':
		cli->log_to_stderr = true;
		return RESULT_OK;
	case 'E':
		cli->log_file = value;
		return RESULT_OK;
	case 'f':
		cli->config_file = value;
		return RESULT_OK;
	case 'G':
		cli->mode = CLI_MODE_SHOW;
		return RESULT_OK;
	case 'i':
		cli->mode = CLI_MODE_INETD;
		return RESULT_OK;
	case 'Q':
		cli->mode = CLI_MODE_QUERY;
		cli->query = value;
		return RESULT_OK;
	case 'q':
		cli->quiet = true;
		return RESULT_OK;
	case 'T':
		cli->mode = CLI_MODE_PRINT;
		return RESULT_OK;
	case 't':
		cli->mode = CLI_MODE_CHECK;
		return RESULT_OK;
	case 'u':
		return check_length(value, errors);
	case 'V':
		cli->mode = CLI_MODE_VERSION;
		return RESULT_OK;
	case 'b':
	case 'k':
	case 'r':
		return RESULT_OK; /* of the protocol that nobody has any more, as for sshd */
	default:
		return take_shorthand(cli, flag, value, errors);
	}
}

enum result
cli_parse(int argc, char **argv, struct cli *out, FILE *errors)
{
	static const char flags[] = "46b:C:c:DdE:ef:Gg:h:ik:o:p:Q:qrTtu:V";
	enum result result;
	int flag;

	*out = (struct cli){ .config_file = SALLYPORT_SYSCONFDIR "/sshd_config" };
	optind = 0; /* from the beginning, also when a test comes again */
	opterr = 0;
	while ((flag = getopt(argc, argv, flags)) != -1) {
		if (flag == '?' && optopt != 0)
			fprintf(errors, "sallyportd: -%c %s\n", optopt,
			    strchr(flags, optopt) != NULL && optopt != ':' ? "needs a value"
									   : "is not known");
		result = take_flag(out, flag, optarg, errors);
		if (result != RESULT_OK) {
			cli_clear(out);
			return result;
		}
	}
	if (out->subject_count > 0 && out->mode != CLI_MODE_PRINT && out->mode != CLI_MODE_SHOW) {
		fprintf(errors, "sallyportd: -C says for whom -T and -G print; there is no -T\n");
		cli_clear(out);
		return RESULT_CONFIG;
	}
	if (optind == argc)
		return RESULT_OK;
	fprintf(errors, "sallyportd: extra argument %s\n%s", argv[optind], usage);
	cli_clear(out);
	return RESULT_CONFIG;
}

void
cli_clear(struct cli *cli)
{
	for (size_t i = 0; i < cli->option_count; i++)
		free(cli->options[i]);
	cli->option_count = 0;
}
