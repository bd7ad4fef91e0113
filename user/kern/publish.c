/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Publishing: a policy image is built whole in a fresh inner map and becomes current by one write to
 * the outer one. The kernel returns from that write only after every program that may still read the
 * old image has ended, then frees it. That takes it 20 ms, for which nobody waits at the start: the first
 * image takes no other's place.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>

#include "kern/internal.h"

#define IMAGE_SIZE ((size_t)CW_PAGES * CW_PAGE_SIZE)

int kern_image_begin(struct kern *kern, struct image *ret_image, int *ret_map)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	_cleanup_close_ int map = -1;
	void *memory;

	(void)kern;
	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "cw_image", sizeof(__u32), CW_PAGE_SIZE, CW_PAGES,
			     &options);
	if (map < 0)
		return map;
	memory = mmap(NULL, IMAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (memory == MAP_FAILED)
		return -errno;
	ret_image->memory = memory;
	*ret_map = take_fd(map);
	return 0;
}

void kern_image_abandon(struct image *image, int map)
{
	if (image->memory)
		munmap(image->memory, IMAGE_SIZE);
	image->memory = NULL;
	close_fd(map);
}

/* The image before is let go when a write has passed since it last counted: see below. */
static void let_go_before(struct kern *kern)
{
	__u32 before = CW_IMAGE_BEFORE;

	if (kern->before_is_set && !kern->bss->fall_back_at && !kern->bss->image_slot)
		kern->before_is_set = bpf_map_delete_elem(bpf_map__fd(kern->skeleton->maps.images),
							  &before) != 0;
}

static int image_place(int images, __u32 place, int map)
{
	return bpf_map_update_elem(images, &place, &map, BPF_ANY);
}

static bool image_placed(int images, __u32 place)
{
	__u32 id;

	return bpf_map_lookup_elem(images, &place, &id) == 0;
}

static void *placing_thread(void *context)
{
	struct placing *placing = context;

	placing->r = image_place(placing->images, CW_IMAGE_CURRENT, placing->map);
	close_fd(placing->map);
	return NULL;
}

void placing_end(struct placing *placing)
{
	if (placing->running)
		pthread_join(placing->thread, NULL);
	placing->running = false;
}

/* Returns when the image is in its place, which is before the kernel says so. */
static int image_place_first(struct placing *placing, int images, int map)
{
	const struct timespec moment = { .tv_nsec = 50000 };

	placing->images = images;
	placing->map = fcntl(map, F_DUPFD_CLOEXEC, 3);
	if (placing->map < 0)
		return -errno;
	placing->running = !pthread_create(&placing->thread, NULL, placing_thread, placing);
	if (!placing->running) {
		close_fd(placing->map);
		return image_place(images, CW_IMAGE_CURRENT, map);
	}
	while (!image_placed(images, CW_IMAGE_CURRENT)) {
		placing->running = pthread_tryjoin_np(placing->thread, NULL) != 0;
		if (!placing->running)
			return placing->r;
		nanosleep(&moment, NULL);
	}
	return 0;
}

/* Whoever saw a time at which to fall back has ended when the write returns; if one of them did, the image
 * before counted until now. */
int kern_image_publish(struct kern *kern, enum cw_image_slot slot, struct image *image, int map)
{
	const struct cw_page_head *head = image_pages(image).head;
	int images = bpf_map__fd(kern->skeleton->maps.images);
	__u32 guarded = head->guarded;
	int r;

	placing_end(&kern->placing);
	munmap(take_ptr(image->memory), IMAGE_SIZE);
	__atomic_fetch_or(&kern->bss->control.guarded, guarded, __ATOMIC_SEQ_CST);
	/* Nobody writes it again, root included. */
	r = bpf_map_freeze(map);
	if (!r)
		r = slot == CW_IMAGE_CURRENT && !image_placed(images, slot)
			    ? image_place_first(&kern->placing, images, map)
			    : image_place(images, slot, map);
	close_fd(map);
	if (r)
		return r;
	if (slot == CW_IMAGE_BEFORE) {
		kern->before_is_set = true;
		return 0;
	}
	let_go_before(kern);
	if (kern->bss->fall_back_at)
		return 0;
	__atomic_store_n(&kern->bss->image_slot, CW_IMAGE_CURRENT, __ATOMIC_SEQ_CST);
	/* Now this one counts alone. */
	__atomic_store_n(&kern->bss->control.guarded, guarded, __ATOMIC_SEQ_CST);
	return 0;
}

uint64_t kern_fall_back_at(struct kern *kern, uint64_t time)
{
	return __atomic_exchange_n(&kern->bss->fall_back_at, time, __ATOMIC_SEQ_CST);
}
