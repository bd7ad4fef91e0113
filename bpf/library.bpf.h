/* SPDX-License-Identifier: GPL-2.0-only */
/* The judging of what a process maps as code: files and anonymous memory. */
#ifndef CW_LIBRARY_BPF_H
#define CW_LIBRARY_BPF_H

#include "judge.bpf.h"

/*
 * file: NULL for memory without a file. argument: where the hook was given it; NULL if it was not. apart:
 * what will be executed need not be what the file holds, since it is a private copy that is or was writable.
 * Such a one must be allowed as both, and so must a file that has no name. Memory that is a file to the kernel alone
 * is as good as its owner.
 */
static __always_inline int settle_library(struct file *file, const void *argument, bool apart)
{
	struct hook hook = {};
	struct judgement judgement = { .request.operation = CW_OPERATION_LIBRARY };
	struct judged_file target = {};
	struct cw_identity *identity = &target.identity;
	struct cw_request *request = &judgement.request;

	if (!hook_open(&hook, CW_OPERATION_LIBRARY, CW_CLASS_LIBRARY))
		return 0;
	hook_request(&hook, request);
	/* From 6.4 on the verifier takes a hook's pointer arguments for trusted and never NULL, and drops a test
	 * of them; but anonymous memory has no file. So such an argument is looked at as a number, and tested
	 * beside for the youngest kernels, which know. */
	if (file && (!argument || kernel_pointer_number(file, argument))) {
		file_identity(CW_PLAIN, file, identity);
		request->has_file = 1;
		request->file_owner = identity->uid | (__u32)file_claimed(file);
		request->file_group = identity->gid;
		request->file_mode = identity->mode;
		if (cw_rarely(file_is_memory(file))) {
			request->file_mode = 0;
			if (identity->uid == (__u32)current_ids())
				request->file_owner = 0;
		}
		target.file = (__u64)file;
	}
	judgement.file = &target;
	judgement.decision = cw_decide(&hook.pages, request);
	/* A file that a policy names and pins is trusted for what it is, whoever may write it. */
	if (judgement.decision.reason == CW_REASON_UNTRUSTED_LIBRARY && request->has_file) {
		const struct cw_file *known = file_find(identity, &request->target_state);

		if (known && request->target_state == CW_FILE_STATE_ADMITTED)
			judgement.decision = cw_decide(&hook.pages, request);
		if (known)
			target.number = known->file;
	}
	/* What the kernel maps in the midst of an exec is the program, which was judged as that. */
	if (request->has_file && (apart || (!identity->links && !current_executing())) &&
	    judgement.decision.verdict == CW_VERDICT_ALLOW) {
		request->has_file = 0;
		request->target_state = CW_FILE_STATE_UNKNOWN;
		judgement.decision = cw_decide(&hook.pages, request);
	}
	judgement.backend = attached_backend;
	return settle(&hook, &judgement, CW_EFFECT_REFUSED);
}

#endif
