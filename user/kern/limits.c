/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a backend does not catch by its nature: no hook that it has, or that there is, would see it. The
 * evasion suite tries each way round and excuses what is not caught by this table alone; doctor prints it.
 */
#include "kern/kern.h"
#include "util/cleanup.h"

#define CGROUP (1u << CW_BACKEND_CGROUP)
#define EVERY ((1u << CW_BACKEND_MAX) - 1)

static const struct kern_limit limits[] = {
	{ "library", CGROUP, "what is mapped as code: libraries, LD_PRELOAD, memory without a file",
	  "no cgroup program or tracepoint sees a mapping" },
	{ "receive", CGROUP, "sockets received from other processes, or taken out of them",
	  "no cgroup program or tracepoint sees a descriptor arrive" },
	{ "families", CGROUP,
	  "packet, vsock, Unix and other sockets that are neither inet nor inet6",
	  "cgroup programs see sockets of these two families alone" },
	{ "scripts", CGROUP, "which script it is whose interpreter is allowed",
	  "when the exec is judged, only the interpreter is there" },
	{ "reach", CGROUP, "ptrace, process_vm_writev, /proc/PID/mem",
	  "no cgroup program or tracepoint sees who reaches into a process" },
	{ "interpreters", EVERY, "a script that an allowed interpreter reads (`sh SCRIPT`)",
	  "it is read as data; say `by` in rules that allow an interpreter" },
	{ "entry-scripts", EVERY,
	  "a script that is an entry and ran before its policy was in force, or whose start "
	  "closes more than 250 files",
	  "only its interpreter is left to be seen: start it again" },
	{ "heap", EVERY, "a heap that is executable by the personality READ_IMPLIES_EXEC",
	  "the kernel asks nobody when the heap grows" },
	{ "handing-over", EVERY, "work that systemd, cron or at does for a process",
	  "they are no descendants; leave `unix` out of `sockets`, and their programs out of "
	  "`exec`" },
};

const struct kern_limit *kern_limits(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(limits);
	return limits;
}
