/* SPDX-License-Identifier: GPL-2.0-only */
/* Self-protection: asked for by --protect, renewed at each look at the host. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "host/chase.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/log.h"

/* What stands where we were executed from: after an upgrade that is another file, and `disarm` must work
 * all the same. Only if nobody besides root could have put it there. */
static int installed(struct chased *ret)
{
	static const char deleted[] = " (deleted)";
	struct chase_trust root = { 0 };
	char path[512];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *end;

	if (length <= 0)
		return -ENOENT;
	path[length] = '\0';
	end = strstr(path, deleted);
	if (end && end + strlen(deleted) == path + length)
		*end = '\0';
	return chase(path, &root, ret);
}

int daemon_protect(struct daemon *daemon)
{
	_cleanup_(chased_release) struct chased there = { .fd = -1 };
	bool trusted;
	int r;

	if (!daemon->options.protect || !kern_can_protect(daemon->kern))
		return 0;
	r = installed(&there);
	trusted = !r && there.fd >= 0 && there.trust == FILE_TRUSTED && !there.group_reason;
	return r == -ENOMEM ? r : kern_protect(daemon->kern, trusted ? there.fd : -1);
}

int daemon_protect_first(struct daemon *daemon)
{
	int r = daemon_protect(daemon);

	if (r) {
		log_err(r, "protect ourselves");
		log_hint("without --protect nothing of this is loaded; CW_LIBBPF_DEBUG=1 shows all "
			 "that "
			 "libbpf and the verifier say");
		return r;
	}
	if (!daemon->options.protect)
		return 0;
	if (!kern_can_protect(daemon->kern))
		log_warning(0,
			    "backend %s cannot protect us: root may kill the daemon and take "
			    "enforcement out unseen",
			    vocabulary_word(&words_backend, kern_backend(daemon->kern)));
	else
		log_notice("protected: only process 1 signals the daemon, only `cachewarden` "
			   "writes its maps and removes its pins");
	return 0;
}
