/* SPDX-License-Identifier: GPL-2.0-only */
/* A full disk, and then the daemon's end: what waited to be recorded is lost with it, and the next one says so. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "../integration/acts.h"
#include "../integration/daemon.h"
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

#define REFUSALS 40 /* of more than 500 bytes each */

static void disk_size(const char *option, unsigned long flags)
{
	if (mount("unwritten", world_path("log"), "tmpfs", flags, option))
		tap_bail("mount %s: %s", option, strerror(errno));
}

static bool disk_is_full(void *context)
{
	struct json status;
	const char *waiting;
	bool full;

	(void)context;
	daemon_status(&status);
	waiting = json_get(&status, "recorder.waiting");
	full = json_get(&status, "recorder.error") && waiting && atoi(waiting) > 0;
	json_release(&status);
	return full;
}

/* Events in the recording, and those that it says are missing. */
static bool recording_has(unsigned int *ret_there, unsigned int *ret_missing)
{
	char *output = NULL, *at;
	int status;

	*ret_there = *ret_missing = 0;
	status = client(&output, "tail", "--since", "1h", "--no-follow", "--log-dir",
			world_path("log"), NULL);
	for (at = output; at && (at = strstr(at, "DENY")); at++)
		++*ret_there;
	at = output ? strstr(output, " events that happened before") : NULL;
	while (at && at > output && at[-1] >= '0' && at[-1] <= '9')
		at--;
	if (at)
		*ret_missing = (unsigned int)atoi(at);
	free(output);
	return status == 0;
}

static void unwritten_after(int signal)
{
	unsigned int there = 0, missing = 0;
	bool all = true, read;

	clean();
	if (mkdir(world_path("log"), 0750) && errno != EEXIST)
		tap_bail("mkdir: %s", strerror(errno));
	disk_size("size=16k", 0);
	if (!tap_ok(start_kept(), "unwritten: a daemon records to a small disk"))
		return;
	for (int i = 0; i < REFUSALS; i++)
		all &= refused();
	tap_ok(all && wait_until(disk_is_full, NULL), "unwritten: that gets full");
	daemon_stop(signal);
	disk_size("size=4m", MS_REMOUNT);
	tap_ok(daemon_start() && daemon_said("waited to be recorded"),
	       "unwritten: ended by signal %d, the next one says what was lost", signal);
	daemon_stop(SIGTERM);
	read = recording_has(&there, &missing);
	tap_ok(read && there + missing == REFUSALS && missing,
	       "unwritten: and so does the recording: %u are there, %u missing", there, missing);
	umount2(world_path("log"), MNT_DETACH);
}

void scene_unwritten(void)
{
	unwritten_after(SIGKILL);
	unwritten_after(SIGTERM);
}
