/* SPDX-License-Identifier: ISC */
/*
 * The helper programs and the user that one of them runs as (edge).
 */
#include "daemon/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/config/config.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/process.h"

#define SOMEBODY 65534 /* an id that is nobody's, where ours is not there to be asked */

/* --- Who we can be ------------------------------------------------------------------------------ */

/* Capabilities that were taken away, ids that a namespace has not: only trying shows all of it. */
static bool
can_become(uid_t uid, gid_t gid)
{
	const pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(process_become(uid, gid, &gid, 1) ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static bool
is_quite_root(void)
{
	const struct passwd *entry;

	if (geteuid() != 0)
		return false;
	entry = getpwnam(SALLYPORT_PRIVSEP_USER);
	return entry == NULL ? can_become(SOMEBODY, SOMEBODY)
			     : can_become(entry->pw_uid, entry->pw_gid);
}

/* What an operator should not have to find out from refused logins. */
static void
say_what_is_missing(const struct settings *settings)
{
	const struct passwd *entry = getpwuid(geteuid());
	char name[64];

	snprintf(name, sizeof(name), "uid %lu", (unsigned long)geteuid());
	log_info("single-user", "this server cannot become others (%s), so only %s can log in",
	    geteuid() == 0 ? "it lacks CAP_SETUID or CAP_SETGID, or the ids are not mapped"
			   : "it is not root",
	    entry == NULL ? name : entry->pw_name);
	if (settings_flag(settings, KEYWORD_PasswordAuthentication) &&
	    !settings_flag(settings, KEYWORD_UsePAM) && access("/etc/shadow", R_OK) != 0)
		log_info("single-user",
		    "passwords of accounts cannot be checked: shadow is root's to read; say UsePAM "
		    "yes, which can check that of the user who runs the server");
}

/* --- Programs ----------------------------------------------------------------------------------- */

/* Root executes it: nobody else may have put it there. */
static enum result
check_program(int fd, const char *path, bool is_root)
{
	struct stat info;

	if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || (info.st_mode & 0111) == 0) {
		log_fatal("programs", "%s is not a program", path);
		return RESULT_CONFIG;
	}
	if (is_root && (info.st_uid != 0 || (info.st_mode & 022) != 0)) {
		log_fatal("programs",
		    "%s must belong to root and be writable by nobody else (chown root, chmod 755)",
		    path);
		return RESULT_CONFIG;
	}
	return RESULT_OK;
}

static enum result
open_program(const struct settings *settings, const char *name, bool is_root, int *out)
{
	const char *folder = settings_text(settings, KEYWORD_LibexecDir);
	CLEANUP(fd_close) int fd = -1;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder == NULL ? SALLYPORT_LIBEXECDIR : folder, name);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0) {
		log_fatal("programs",
		    "%s: %s; LibexecDir is the folder of sallyport-child and sallyport-user", path,
		    strerror(errno));
		return RESULT_CONFIG;
	}
	TRY(check_program(fd, path, is_root));
	*out = fd;
	fd = -1;
	return RESULT_OK;
}

static enum result
find_user(struct programs *programs)
{
	const struct passwd *entry;

	if (!programs->is_root)
		return RESULT_OK;
	entry = getpwnam(SALLYPORT_PRIVSEP_USER);
	if (entry == NULL || entry->pw_uid == 0) {
		log_fatal("privsep-user",
		    "the unprivileged user %s does not exist; make it with: useradd --system "
		    "--no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin %s",
		    SALLYPORT_PRIVSEP_USER, SALLYPORT_PRIVSEP_USER);
		return RESULT_CONFIG;
	}
	programs->child_uid = entry->pw_uid;
	programs->child_gid = entry->pw_gid;
	return RESULT_OK;
}

/*
 * The C library loads the modules that know users when it is first asked, and it asks all of them for a
 * name that the first do not know. Done here, it is done once and shared by every monitor.
 */
static void
warm_up_names(const struct programs *programs)
{
	gid_t groups[16];
	int count = (int)COUNT(groups);

	(void)getpwnam("no-such-user");
	(void)getgrouplist(SALLYPORT_PRIVSEP_USER, programs->child_gid, groups, &count);
}

/* Without a file of this name, PAM asks the service `other`, which is seldom what is meant. */
static void
look_for_service(void *context, const char *name, const struct setting_origin *origin)
{
	static const char *const folders[] = { "/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d" };
	char path[4096];

	for (size_t i = 0; i < COUNT(folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], name);
		if (access(path, F_OK) == 0)
			return;
	}
	log_error("pam-service",
	    "PAM has no service %s (%s:%u), so `other` decides: install etc/pam.d/sallyport, or "
	    "say "
	    "PAMServiceName sshd",
	    name, origin->file, origin->line);
}

void
programs_check_services(const struct config *config, const struct settings *settings)
{
	const struct setting_origin origin = settings_origin(settings, KEYWORD_PAMServiceName);

	if (!settings_flag(settings, KEYWORD_UsePAM))
		return;
	look_for_service(NULL, settings_text(settings, KEYWORD_PAMServiceName), &origin);
	if (config != NULL && config_has_blocks(config))
		config_each_word(config, KEYWORD_PAMServiceName, look_for_service, NULL);
}

/* For whoever it is; to what this build cannot do nobody can have said yes. */
static bool
uses_kerberos(const struct config *config, const struct settings *settings)
{
	return settings_flag(settings, KEYWORD_GSSAPIAuthentication) ||
	       settings_flag(settings, KEYWORD_KerberosAuthentication) ||
	       settings_flag(settings, KEYWORD_GSSAPIKeyExchange) ||
	       config_ever_says_yes(config, KEYWORD_GSSAPIAuthentication) ||
	       config_ever_says_yes(config, KEYWORD_KerberosAuthentication);
}

enum result
programs_open(const struct config *config, const struct settings *settings, struct programs *out)
{
	*out = (struct programs){
		.child_fd = -1,
		.user_fd = -1,
		.pam_fd = -1,
		.gss_fd = -1,
		.name_fd = -1,
		.is_root = is_quite_root(),
	};
	if (!out->is_root)
		say_what_is_missing(settings);
	TRY(find_user(out));
	warm_up_names(out);
	TRY(open_program(settings, "sallyport-child", out->is_root, &out->child_fd));
	if (settings_flag(settings, KEYWORD_UsePAM))
		TRY(open_program(settings, "sallyport-pam", out->is_root, &out->pam_fd));
	if (uses_kerberos(config, settings))
		TRY(open_program(settings, "sallyport-gss", out->is_root, &out->gss_fd));
	if (settings_flag(settings, KEYWORD_UseDNS) ||
	    settings_count(settings, KEYWORD_CallHome) > 0)
		TRY(open_program(settings, "sallyport-name", out->is_root, &out->name_fd));
	return open_program(settings, "sallyport-user", out->is_root, &out->user_fd);
}

void
programs_close(struct programs *programs)
{
	fd_close(&programs->child_fd);
	fd_close(&programs->user_fd);
	fd_close(&programs->pam_fd);
	fd_close(&programs->gss_fd);
	fd_close(&programs->name_fd);
}
