/* SPDX-License-Identifier: GPL-2.0-only */
/* What minimal.bpf.c looks up: an IPv4 address and port as they stand in a sockaddr_in, or an inode
 * and the kernel's number of its device. */
#ifndef CW_BENCH_MINIMAL_H
#define CW_BENCH_MINIMAL_H

#include <linux/types.h>

struct minimal_file {
	__u64 inode;
	__u64 device;
};

struct minimal_address {
	__u32 v4;
	__u32 port;
};

#endif
