/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two rings, deviations first, so that a flood of allowed events cannot stand before a deviation.
 *
 * libbpf's reader moves its position on behind each record, before what it was handed to can have sent
 * it on; a daemon that is killed then has lost records. This one takes a batch, notes it in the ledger,
 * and moves on when the batch has been delivered: struct cw_batch. The layout of a ring is the
 * kernel's: a page of ours, a page of its own, and the data twice in a row.
 */
#include <linux/bpf.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>

#include "kern/internal.h"
#include "util/fault.h"

#define BATCH_BYTES (256u << 10) /* of one ring: what is repeated after a kill is never much */

static int ring_open(struct ring *ring, int map)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);
	void *memory;
	int r;

	*ring = (struct ring){ .map = map, .page = (size_t)sysconf(_SC_PAGESIZE) };
	r = bpf_obj_get_info_by_fd(map, &info, &length);
	if (r)
		return r;
	ring->mask = info.max_entries - 1;
	memory = mmap(NULL, ring->page, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (memory == MAP_FAILED)
		return -errno;
	ring->consumer = memory;
	memory = mmap(NULL, ring->page + 2 * (ring->mask + 1), PROT_READ, MAP_SHARED, map,
		      (off_t)ring->page);
	if (memory == MAP_FAILED)
		return -errno;
	ring->producer = memory;
	ring->data = (const char *)memory + ring->page;
	return 0;
}

static void ring_close(struct ring *ring)
{
	if (ring->consumer)
		munmap(ring->consumer, ring->page);
	if (ring->producer)
		munmap((void *)ring->producer, ring->page + 2 * (ring->mask + 1));
	*ring = (struct ring){ .map = -1 };
}

static uint32_t ring_header(const struct ring *ring, uint64_t position)
{
	return __atomic_load_n((const uint32_t *)(ring->data + (position & ring->mask)),
			       __ATOMIC_ACQUIRE);
}

static uint64_t ring_next(uint64_t position, uint32_t header)
{
	uint64_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

	return position + ((length + BPF_RINGBUF_HDR_SZ + 7) & ~7ull);
}

/* The end of what is complete from a position on, and not much more than a batch. */
static uint64_t ring_claim(const struct ring *ring, uint64_t position)
{
	uint64_t end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
	uint64_t most = position + BATCH_BYTES;

	while (position < end && position < most) {
		uint32_t header = ring_header(ring, position);

		if (header & BPF_RINGBUF_BUSY_BIT)
			break;
		position = ring_next(position, header);
	}
	return position;
}

/* ------------------------------------------------------------------ both */

static void batch_write(struct cw_ledger *ledger, const struct cw_batch *batch)
{
	uint64_t other = !(ledger->batch_current & 1);

	ledger->batch[other] = *batch;
	__atomic_store_n(&ledger->batch_current, other, __ATOMIC_RELEASE);
}

void rings_note(struct rings *rings)
{
	batch_write(rings->ledger, &rings->batch);
}

void ledger_number(struct cw_ledger *ledger, uint64_t sequence)
{
	struct cw_batch batch = ledger->batch[ledger->batch_current & 1];

	if (batch.sequence >= sequence)
		return;
	batch.sequence = sequence;
	batch_write(ledger, &batch);
}

int rings_open(struct rings *rings, const int maps[CW_RINGS], struct cw_ledger *ledger)
{
	rings->ledger = ledger;
	rings->batch = ledger->batch[ledger->batch_current & 1];
	for (size_t i = 0; i < CW_RINGS; i++) {
		int r = ring_open(&rings->ring[i], maps[i]);

		if (r)
			return r;
		/* The one before may have been killed between its note and this. */
		__atomic_store_n(rings->ring[i].consumer, rings->batch.from[i], __ATOMIC_RELEASE);
	}
	return 0;
}

void rings_close(struct rings *rings)
{
	for (size_t i = 0; i < CW_RINGS; i++)
		ring_close(&rings->ring[i]);
}

static bool batch_begin(struct rings *rings)
{
	struct cw_batch *batch = &rings->batch;

	if (memcmp(batch->from, batch->to, sizeof(batch->to)) != 0)
		return true; /* as another daemon left it: the same again */
	for (size_t i = 0; i < CW_RINGS; i++)
		batch->to[i] = ring_claim(&rings->ring[i], batch->from[i]);
	if (memcmp(batch->from, batch->to, sizeof(batch->to)) == 0)
		return false;
	batch_write(rings->ledger, batch);
	return true;
}

int rings_deliver(struct rings *rings, kern_record_handler handler, void *context)
{
	struct cw_batch *batch = &rings->batch;
	int count = 0;

	if (!batch_begin(rings))
		return 0;
	fault_point("batch-begun");
	for (size_t i = 0; i < CW_RINGS; i++) {
		uint64_t position = batch->from[i];

		while (position < batch->to[i]) {
			uint32_t header = ring_header(&rings->ring[i], position);
			const char *bytes = rings->ring[i].data + (position & rings->ring[i].mask) +
					    BPF_RINGBUF_HDR_SZ;

			if (!(header & BPF_RINGBUF_DISCARD_BIT) &&
			    handler(context, bytes, header & ~BPF_RINGBUF_BUSY_BIT,
				    batch->sequence + 1))
				batch->sequence++;
			position = ring_next(position, header);
			count++;
		}
	}
	return count;
}

void rings_delivered(struct rings *rings)
{
	struct cw_batch *batch = &rings->batch;

	fault_point("batch-delivered");
	memcpy(batch->from, batch->to, sizeof(batch->from));
	batch_write(rings->ledger, batch);
	fault_point("batch-noted");
	for (size_t i = 0; i < CW_RINGS; i++)
		__atomic_store_n(rings->ring[i].consumer, batch->from[i], __ATOMIC_RELEASE);
}

/* ------------------------------------------------------------------ of a kern */

int kern_ring_open(struct kern *kern, kern_record_handler handler, void *context)
{
	const int maps[CW_RINGS] = { bpf_map__fd(kern->skeleton->maps.deviations),
				     bpf_map__fd(kern->skeleton->maps.events) };
	int r;

	kern->handler = handler;
	kern->handler_context = context;
	r = rings_open(&kern->rings, maps, kern->ledger);
	if (r)
		return r;
	kern->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (kern->epoll < 0)
		return -errno;
	for (size_t i = 0; i < CW_RINGS; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.fd = maps[i] };

		if (epoll_ctl(kern->epoll, EPOLL_CTL_ADD, maps[i], &event))
			return -errno;
	}
	return 0;
}

int kern_ring_fd(const struct kern *kern)
{
	return kern->epoll;
}

int kern_ring_consume(struct kern *kern)
{
	return rings_deliver(&kern->rings, kern->handler, kern->handler_context);
}

void kern_ring_delivered(struct kern *kern)
{
	rings_delivered(&kern->rings);
}

uint64_t kern_ring_sequence(const struct kern *kern)
{
	return kern->rings.batch.sequence;
}

void kern_ring_number(struct kern *kern, uint64_t sequence)
{
	struct cw_batch *batch = &kern->rings.batch;
	bool unfinished = memcmp(batch->from, batch->to, sizeof(batch->to)) != 0;
	uint64_t most = unfinished ? CW_RINGS * BATCH_BYTES / sizeof(struct cw_record) + 1 : 0;

	if (sequence > batch->sequence + most)
		batch->sequence = sequence;
}
