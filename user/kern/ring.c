/* SPDX-License-Identifier: GPL-2.0-only */
/* The two rings, deviations first. Each is a libbpf reader of its own, so that a flood of allowed
 * events cannot stand before a deviation. */
#include <sys/epoll.h>

#include "kern/internal.h"

static int ring_deliver(void *context, void *bytes, size_t size)
{
	struct kern *kern = context;

	kern->handler(kern->handler_context, bytes, size);
	return 0;
}

int kern_ring_open(struct kern *kern, kern_record_handler handler, void *context)
{
	struct epoll_event event = { .events = EPOLLIN };

	kern->handler = handler;
	kern->handler_context = context;
	kern->deviations = ring_buffer__new(bpf_map__fd(kern->skeleton->maps.deviations),
					    ring_deliver, kern, NULL);
	if (!kern->deviations)
		return -errno;
	kern->events = ring_buffer__new(bpf_map__fd(kern->skeleton->maps.events), ring_deliver,
					kern, NULL);
	if (!kern->events)
		return -errno;
	kern->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (kern->epoll < 0 ||
	    epoll_ctl(kern->epoll, EPOLL_CTL_ADD, ring_buffer__epoll_fd(kern->deviations),
		      &event) ||
	    epoll_ctl(kern->epoll, EPOLL_CTL_ADD, ring_buffer__epoll_fd(kern->events), &event))
		return -errno;
	return 0;
}

int kern_ring_fd(const struct kern *kern)
{
	return kern->epoll;
}

int kern_ring_consume(struct kern *kern)
{
	int deviations = ring_buffer__consume(kern->deviations);
	int events;

	if (deviations < 0)
		return deviations;
	events = ring_buffer__consume(kern->events);
	return events < 0 ? events : deviations + events;
}
