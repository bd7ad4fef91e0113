/* SPDX-License-Identifier: GPL-2.0-only */
/* Children that go on in our own program: they work for us with a copy of everything. */
#ifndef UTIL_CHILD_H
#define UTIL_CHILD_H

#include <sys/types.h>

/*
 * The first thing such a child does. Every descriptor above standard error but `keep` is closed: a socket or a
 * lock that a child has as well does not go when we let go of it or are killed. The child ends with its parent,
 * whose pid the caller noted before the fork, and signals do to it what they do to any program. Returns the
 * descriptor that `keep` is now; does not return where the parent has gone already.
 */
int child_begin(pid_t parent, int keep);

#endif
