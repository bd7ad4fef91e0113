/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a hook's arguments to its answer: build the request, decide, settle. Here is what all operations
 * have in common. For each kind there is one settle_*() (exec.bpf.h, library.bpf.h, socket.bpf.h), used by every
 * backend; it returns 0 (pass) or -EACCES (refuse).
 */
#ifndef CW_JUDGE_BPF_H
#define CW_JUDGE_BPF_H

#include <bpf/bpf_endian.h>

#include "decide.h"
#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "image.bpf.h"
#include "remember.h"
#include "object.bpf.h"
#include "deviation.bpf.h"
#include "subject.bpf.h"
#include "turn.bpf.h"

#define EACCES 13
#define SIGKILL 9

/* How many labels the iterator gave: it is run again until there are none to give. */
__u32 labels_given;

static __always_inline bool host_wants(__u32 operation)
{
	return control.wanted_host & (1u << operation);
}

static __always_inline bool somebody_wants(__u32 operation)
{
	return (control.wanted | control.wanted_host) & (1u << operation);
}

/* Nobody whom nobody governs needs to be judged where this is false. */
static __always_inline bool guarded(__u32 rule_class)
{
	return control.guarded & (1u << rule_class);
}

/* What every settle_*() starts from. */
struct hook {
	struct cw_pages pages;
	struct cw_remembered *remembered;
	struct cw_subject *subject;
	void *image;
};

/* The page that only the network needs. */
static __always_inline bool hook_addresses(struct hook *hook)
{
	const struct cw_page_addresses *page;
	__u32 number = CW_PAGE_ADDRESSES;

	page = bpf_map_lookup_elem(hook->image, &number);
	if (!page)
		return false;
	hook->pages.v4 = &page->v4;
	hook->pages.v6 = &page->v6;
	return true;
}

/* The image that counts. False where there is none. */
static __always_inline bool hook_image(struct hook *hook)
{
	struct cw_page_main *page = image_main(&hook->image);

	if (cw_rarely(!page))
		return false;
	hook->pages.head = &page->head;
	hook->pages.ports = &page->ports;
	hook->pages.vectors = &page->vectors;
	hook->remembered = page->remembered;
	return true;
}

/* Is anything of this caller's to be judged, as far as one look tells? For hooks that have more to read first. */
static __always_inline bool hook_asked(__u32 operation, __u32 rule_class)
{
	return subject_current(bpf_get_current_pid_tgid()) || guarded(rule_class) ||
	       host_wants(operation);
}

/*
 * False where nothing is to be judged: not governed, no guard of this class, and nobody listens to the
 * whole host. Most calls on a host end here, before they have looked at much. subject: whose call it is, or NULL.
 */
static __always_inline bool hook_open_of(struct hook *hook, struct cw_subject *subject,
					 __u32 operation, __u32 rule_class)
{
	bool asked = subject || host_wants(operation);

	hook->subject = subject;
	if (!asked && !guarded(rule_class))
		return false;
	return hook_image(hook) && (asked || hook->pages.head->guarded & (1u << rule_class));
}

static __always_inline bool hook_open(struct hook *hook, __u32 operation, __u32 rule_class)
{
	return hook_open_of(hook, subject_current(bpf_get_current_pid_tgid()), operation,
			    rule_class);
}

static __always_inline void hook_request(const struct hook *hook, struct cw_request *request)
{
	const struct cw_subject *subject = hook->subject;

	__u32 zero = hook->pages.head->zero;

	request->instance = CW_INSTANCE_NONE;
	if (cw_rarely(hook->pages.head->users_used))
		request->user = (__u32)current_ids();
	if (subject) {
		__u32 executable = subject->executable, script = subject->script;

		/* Else the compiler loads from the label or from the stack, whichever a pointer says. */
		cw_opaque(executable);
		cw_opaque(script);
		request->instance = subject->governed - CW_GOVERNED(0);
		request->executable = executable;
		request->script = script;
	}
	cw_widen(request->instance, zero);
	cw_widen(request->executable, zero);
	cw_widen(request->script, zero);
	cw_widen(request->user, zero);
}

/* Where branches found the address. A hook of one family alone does not need it, and then has no code
 * for the other one. */
static __always_inline void hook_address(const struct hook *hook, struct cw_request *request)
{
	__u32 zero = hook->pages.head->zero;

	cw_widen(request->family, zero);
	cw_widen(request->high, zero);
	cw_widen(request->low, zero);
}

/* decide(), or what it said before. False where it needs a page that is not there. */
static __always_inline bool hook_decide(struct hook *hook, struct judgement *judgement,
					__u32 rule_class)
{
	const struct cw_request *request = &judgement->request;
	struct cw_remembered_key key = cw_remembered_key(request, rule_class);
	struct cw_remembered *slot = cw_remembered_slot(hook->remembered, &key);

	if (cw_rarely(!cw_remembered_find(slot, &key, request, rule_class, &judgement->decision))) {
		if (rule_class != CW_CLASS_EXEC && !hook_addresses(hook))
			return false;
		judgement->decision = cw_decide(&hook->pages, request);
		if (cw_remembered_worthy(request, &judgement->decision))
			cw_remembered_keep(slot, &key, &judgement->decision, bpf_get_prandom_u32());
	}
	judgement->decision = cw_decision_widen(judgement->decision, hook->pages.head->zero);
	return true;
}

/* Count, record, and say whether to refuse. refusal: the effect that a refusal has here. */
static __always_inline int settle(const struct hook *hook, const struct judgement *judgement,
				  __u32 refusal)
{
	const struct cw_decision *decision = &judgement->decision;
	__u32 operation = judgement->request.operation;
	struct cw_counter *counter;

	if (!cw_rarely(decision->verdict != CW_VERDICT_ALLOW)) {
		/* Nobody's business: no rule, no guard. */
		if (decision->instance == CW_INSTANCE_NONE && !host_wants(operation))
			return 0;
		counter = counter_of(operation, CW_VERDICT_ALLOW);
		if (!counter)
			return 0;
		turn_note(operation);
		if (somebody_wants(operation))
			count(counter,
			      record_event(judgement, counter, hook->pages.head->generation));
		else
			count(counter, OUTCOME_UNWANTED);
		return 0;
	} else {
		__u8 effect = decision->verdict == CW_VERDICT_DENY &&
					      decision->mode == CW_MODE_ENFORCE
				      ? refusal
				      : CW_EFFECT_NONE;

		if (effect == CW_EFFECT_NONE)
			turn_note(operation);
		else if (turn_refused())
			effect = CW_EFFECT_KILLED;
		/* The self-test's own are none of the host's. */
		if (judgement->request.instance != CW_INSTANCE_CANARY) {
			enum outcome outcome = record_deviating(judgement, effect,
								hook->pages.head->generation);

			counter = counter_of(operation, decision->verdict);
			if (counter)
				count(counter, outcome);
		}
		return effect == CW_EFFECT_NONE ? 0 : -EACCES;
	}
}

static __always_inline void kill_current(void)
{
	if (bpf_send_signal(SIGKILL))
		fault(CW_FAULT_KILL);
}

#endif
