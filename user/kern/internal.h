/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CW_KERN_INTERNAL_H
#define CW_KERN_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kern/kern.h"
#include "util/cleanup.h"
#include "warden.skel.h"

#define KERN_LINKS_MAX 32

struct kern {
	struct warden_bpf *skeleton;
	enum cw_backend backend;
	struct bpf_link *links[KERN_LINKS_MAX];
	size_t link_count;
	struct ring_buffer *deviations;
	struct ring_buffer *events;
	int epoll;
	int possible_cpus;
	kern_record_handler handler;
	void *handler_context;
};

#endif
