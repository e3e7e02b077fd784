/* SPDX-License-Identifier: ISC */
/*
 * Tunnel devices (edge).
 */
#include "monitor/forward/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/fd.h"
#include "monitor/as_user.h"

#define DEVICE "/dev/net/tun"

_Static_assert(TUN_NAME_MAX == IFNAMSIZ, "a name has room");

static void
name_device(const struct tunnel_request *request, char *name)
{
	const char *kind = request->mode == SSH_TUNNEL_ETHERNET ? "tap" : "tun";

	if (request->unit == SSH_TUNNEL_UNIT_ANY)
		snprintf(name, TUN_NAME_MAX, "%s%%d", kind); /* the kernel fills in the number */
	else
		snprintf(name, TUN_NAME_MAX, "%s%u", kind, (unsigned)request->unit);
}

static const char *
remedy(int error)
{
	switch (error) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return "; load the module: modprobe tun";
	case EACCES:
		return "; the user must be able to read and write it: chmod 666 " DEVICE;
	case EPERM:
		return "; only root can make devices, others use one that was made for them: ip "
		       "tuntap "
		       "add dev NAME mode tun user USER";
	case EBUSY:
		return "; somebody else has it open";
	case EINVAL:
		return "; there is one of this name that is of another kind";
	default:
		return "";
	}
}

/* Nothing in front of a packet: its family is seen from its first byte, and the child has no byte to move. */
static enum result
attach(const struct tunnel_request *request, struct tun_device *out)
{
	struct ifreq wish = { .ifr_flags = IFF_NO_PI };

	wish.ifr_flags |= request->mode == SSH_TUNNEL_ETHERNET ? IFF_TAP : IFF_TUN;
	memcpy(wish.ifr_name, out->name, sizeof(wish.ifr_name));
	if (ioctl(out->fd, TUNSETIFF, &wish) < 0)
		return RESULT_SYSTEM;
	snprintf(out->name, sizeof(out->name), "%s", wish.ifr_name);
	return RESULT_OK;
}

/* errno says why not. */
static enum result
open_as_user(
    const struct monitor *monitor, const struct tunnel_request *request, struct tun_device *out)
{
	if (monitor->inputs->is_root) {
		CLEANUP(as_user_end) struct as_user before = { 0 };

		TRY(as_user_begin(monitor->account, &before));
		out->fd = open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		return out->fd < 0 ? RESULT_SYSTEM : attach(request, out);
	}
	out->fd = open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return out->fd < 0 ? RESULT_SYSTEM : attach(request, out);
}

enum result
tun_open(
    const struct monitor *monitor, const struct tunnel_request *request, struct tun_device *out)
{
	enum result result;
	int error;

	*out = (struct tun_device){ .fd = -1 };
	name_device(request, out->name);
	errno = 0;
	result = open_as_user(monitor, request, out);
	if (result == RESULT_OK)
		return RESULT_OK;
	error = errno;
	snprintf(out->why, sizeof(out->why), "%s %s: %s%s", DEVICE, out->name,
	    error == 0 ? result_text(result) : strerror(error), remedy(error));
	fd_close(&out->fd);
	return RESULT_SYSTEM;
}
