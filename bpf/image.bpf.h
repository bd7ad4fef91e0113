/* SPDX-License-Identifier: GPL-2.0-only */
/* The image of the policies that counts now. */
#ifndef CW_IMAGE_BPF_H
#define CW_IMAGE_BPF_H

#include "decide.h"
#include "kernel.bpf.h"
#include "maps.bpf.h"

/*
 * Modes that were set for a time fall back by themselves, the daemon being dead or not: from the moment
 * on, the image before is the one that counts. A global function that answers nothing, so that the
 * verifier goes on from its end in one state.
 */
__attribute__((noinline)) int fall_back(void)
{
	if (bpf_ktime_get_boot_ns() >= fall_back_at)
		image_slot = CW_IMAGE_BEFORE;
	return 0;
}

/* Its first page, and itself for the others; NULL where there is none. */
static __always_inline struct cw_page_main *image_main(void **ret_image)
{
	__u32 zero = CW_PAGE_MAIN, slot;

	if (cw_rarely(fall_back_at))
		fall_back();
	slot = image_slot;
	*ret_image = bpf_map_lookup_elem(&images, &slot);
	if (cw_rarely(!*ret_image)) {
		fault(CW_FAULT_NO_IMAGE);
		return NULL;
	}
	return bpf_map_lookup_elem(*ret_image, &zero);
}

/* Says some instance who may execute this file, wherever he be? */
static __always_inline bool file_guarded(__u64 file)
{
	struct cw_page_main *page;
	void *image;

	if (!(control.guarded & 1u << CW_CLASS_EXEC))
		return false;
	page = image_main(&image);
	return page && page->head.target_class[cw_index(file, CW_FILES_MAX)] & CW_GUARDED;
}

#endif
