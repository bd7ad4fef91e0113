/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * After the programs are attached, most of root is no longer needed. What stays, and why:
 *
 *	BPF, PERFMON		publish images, admit files, run the identity program and the iterator
 *	DAC_READ_SEARCH		look at executables wherever they are, name control groups
 *	SYS_PTRACE		read where other users' processes' exe and cwd links lead
 */
#include <errno.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "daemon/daemon.h"
#include "util/cleanup.h"

static const cap_value_t kept[] = { CAP_BPF, CAP_PERFMON, CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE };

int privilege_drop(void)
{
	cap_t caps = cap_init();
	int r = 0;

	if (!caps)
		return -ENOMEM;
	for (cap_value_t cap = 0; cap <= cap_max_bits(); cap++) {
		bool keep = false;

		for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
			keep |= kept[i] == cap;
		if (!keep && cap_get_bound(cap) == 1 && cap_drop_bound(cap))
			r = -errno;
	}
	if (cap_set_flag(caps, CAP_PERMITTED, ARRAY_SIZE(kept), kept, CAP_SET) ||
	    cap_set_flag(caps, CAP_EFFECTIVE, ARRAY_SIZE(kept), kept, CAP_SET) ||
	    cap_set_proc(caps))
		r = -errno;
	cap_free(caps);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		r = -errno;
	return r;
}
