/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end: stop --release ends the daemon with success, its socket is gone, and of its programs, maps and links
 * nothing is left in the kernel. They are told from others by their numbers, which only grow: what is
 * there at the end and was not before, is ours.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

static const struct kind {
	const char *name;
	enum bpf_cmd next;
} kinds[] = {
	{ "programs", BPF_PROG_GET_NEXT_ID },
	{ "maps", BPF_MAP_GET_NEXT_ID },
	{ "links", BPF_LINK_GET_NEXT_ID },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static uint32_t highest[KINDS]; /* before */

/* How many there are above a number; the highest in *ret_highest. */
static unsigned int objects_above(enum bpf_cmd next, uint32_t from, uint32_t *ret_highest)
{
	union bpf_attr attributes;
	unsigned int count = 0;
	uint32_t id = from;

	for (;;) {
		memset(&attributes, 0, sizeof(attributes));
		attributes.start_id = id;
		if (syscall(SYS_bpf, next, &attributes, sizeof(attributes)))
			break;
		id = attributes.next_id;
		count++;
	}
	*ret_highest = id;
	return count;
}

void leaving_prepare(void)
{
	for (size_t i = 0; i < KINDS; i++)
		objects_above(kinds[i].next, 0, &highest[i]);
}

/* The kernel frees them in its own time. */
static bool nothing_above(void *context)
{
	const struct kind *kind = context;
	uint32_t ignored;

	return objects_above(kind->next, highest[kind - kinds], &ignored) == 0;
}

void scene_leaving(void)
{
	int status;

	free(tail_end(&events));
	/* Policies that enforce are kept, so that SIGTERM alone would leave them in force. */
	status = client(NULL, "stop", "--release", NULL);
	if (!status)
		status = daemon_wait();
	tap_ok(status == 0, "leaving: stop --release ends the daemon with success");
	if (status)
		daemon_notes();
	tap_ok(access(world_path("run/socket"), F_OK) != 0, "leaving: its socket is gone");
	for (size_t i = 0; i < KINDS; i++) {
		uint32_t ignored;

		if (!tap_ok(wait_until(nothing_above, (void *)&kinds[i]),
			    "leaving: no BPF %s are left", kinds[i].name))
			tap_note("%u are left", objects_above(kinds[i].next, highest[i], &ignored));
	}
}
