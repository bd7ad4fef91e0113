/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decide(): what the policy in force says of an operation. Pure: plain tables in, a decision out.
 *
 * The BPF programs, `policy test` and the unit tests all compile this file, so there is no second
 * reading of a policy. It must therefore satisfy three compilers: the verifier wants every index
 * bounded where it is used and every loop short; the hooks want no work that a request does not
 * need; a reader wants to see the policy's meaning, which is:
 *
 *   the acting executable, the target, the address and the user each name a vector of rules;
 *   the lowest bit in the AND of the vectors is the first rule that matches;
 *   no bit means that nothing allows the operation.
 *
 * A governed process is judged by its instance and by the guards of the others; everyone else by the
 * guards alone.
 */
#ifndef CW_DECIDE_H
#define CW_DECIDE_H

#include "abi.h"

#ifndef cw_inline
#define cw_inline static inline __attribute__((always_inline))
#endif

/* What is rare stands behind what is not: less code is fetched on the way. */
#define cw_rarely(condition) __builtin_expect(!!(condition), 0)

/* The pages of one image. A page that a kind of request never reads may be NULL. */
struct cw_pages {
	const struct cw_page_head *head;
	const struct cw_page_ports *ports;
	const struct cw_page_v4 *v4;
	const struct cw_page_v6 *v6;
	const struct cw_page_vectors *vectors;
};

enum cw_file_state {
	CW_FILE_STATE_UNKNOWN, /* no policy names this file */
	CW_FILE_STATE_ADMITTED, /* named, and what was admitted */
	CW_FILE_STATE_TAMPERED, /* named, and changed since */
	CW_FILE_STATE_ABROAD, /* what a process runs that the instance does not govern: reaching into it */
};

/*
 * One operation, as the kernel will carry it out. Fields that an operation has no use for are zero.
 * Addresses are in host byte order and mapped ones already IPv4, which stands in the low half of `high`.
 */
struct cw_request {
	__u16 instance; /* of the subject; CW_INSTANCE_NONE for a process that is not governed */
	__u16 port; /* 0: the kernel chooses */
	__u8 operation;
	__u8 direction; /* enum cw_direction */
	__u8 protocol; /* enum cw_protocol */
	__u8 family; /* AF_INET or AF_INET6 of the address; socket: the family asked for */
	__u32 executable;
	__u32 script;
	__u32 user;
	__u64 high;
	__u64 low;
	__u32 target; /* exec: file number */
	__u8 target_state; /* enum cw_file_state */
	__u8 socket_type; /* socket: SOCK_* without flags */
	__u16 file_mode; /* library: i_mode */
	__u32 file_owner; /* library: uid, gid */
	__u32 file_group;
	__u32 has_file; /* library: 0 for anonymous memory */
};

/* Small enough to live in registers. */
struct cw_decision {
	__u8 verdict;
	__u8 reason;
	__u8 mode; /* of the class (or guard) that answered */
	__u8 rule_class;
	__u16 rule; /* index in its class, or in the guards */
	__u16 instance; /* whose rule or guard it is */
};

CW_ASSERT_SIZE(struct cw_decision, 8);

#define CW_AF_INET 2
#define CW_AF_INET6 10

/*
 * After a branch that set a value to this or that constant, the verifier would walk everything that
 * follows once for each. OR-ing in a zero that it cannot know makes the value "some number", and the
 * walks become one. Costs one instruction, changes nothing.
 */
#define cw_widen(value, zero) ((value) |= (zero))

/*
 * The compiler must not see through some arithmetic: what it recognises as a comparison it would make a
 * branch again, and a mask that it finds superfluous (it remembers an earlier test in another register,
 * which the verifier of 5.10 does not) it would drop.
 */
#define cw_opaque(value) __asm__ volatile("" : "+r"(value))

/* An index that is below count, a power of two, for the verifier to see where it is used. It sees a
 * constant by itself. */
cw_inline __u64 cw_index(__u64 value, __u64 count)
{
	if (__builtin_constant_p(value))
		return value & (count - 1);
	cw_opaque(value);
	return value & (count - 1);
}

/* ------------------------------------------------------------------ classification */

/* All ones where a < b. */
cw_inline __u64 cw_mask_less(__u64 a, __u64 b)
{
	__u64 difference = a - b;

	cw_opaque(difference);
	return 0 - (((~a & b) | ((~a | b) & difference)) >> 63);
}

/* All ones where a == b. */
cw_inline __u64 cw_mask_equal(__u64 a, __u64 b)
{
	__u64 differ = a ^ b;
	__u64 negative = 0 - differ;

	cw_opaque(negative);
	return ((differ | negative) >> 63) - 1;
}

/*
 * 1 where a == b, else 0, for constants: times this, and not in a mask. What follows a mask of a constant the verifier
 * walks once for nothing and once for all of it, from 6.18 on.
 */
cw_inline __u64 cw_one_equal(__u64 a, __u64 b)
{
	__u64 differ = a ^ b;
	__u64 negative = 0 - differ;
	__u64 one;

	cw_opaque(negative);
	one = ((differ | negative) >> 63) ^ 1;
	cw_opaque(one);
	return one;
}

/* All ones where a <= b, both below 2^63. */
cw_inline __u64 cw_mask_at_most_small(__u64 a, __u64 b)
{
	__s64 difference = (__s64)(a - b - 1);

	cw_opaque(difference);
	return (__u64)(difference >> 63);
}

/*
 * One step of a binary search for the number of boundaries at or below a key, in the count of them
 * that begin at position. The one looked at is position + half - 1; right: all ones where it is at or
 * below. The limit is for the verifier: its picture of both numbers stays the same from step to step.
 */
cw_inline void cw_search_step(__u64 *position, __u64 *count, __u64 half, __u64 right, __u64 limit)
{
	*position = (*position + (half & right)) & (2 * limit - 1);
	*count = (*count - half) & (2 * limit - 1);
}

/* Number of the interval that holds an IPv4 address. */
cw_inline __u32 cw_address_class_v4(const struct cw_page_v4 *page, __u32 address)
{
	__u32 upper = address >> 16;
	__u32 first = page->first[upper];
	__u64 position = first & CW_V4_FIRST;
	__u64 count = (page->first[upper + 1] - first) & CW_V4_FIRST;
	__u64 section = first >> CW_V4_FIRST_BITS;

	if (section) {
		const __u16 *below = &page->section[cw_index(section, CW_V4_SECTIONS)]
						   [cw_index(address >> 8, 256)];

		count = (__u16)(below[1] - below[0]);
		position = (position + below[0]) & CW_V4_FIRST;
	}
	for (int step = 0; step < 19; step++) {
		__u64 half = (count + 1) >> 1;
		__u64 middle = cw_index(position + half - 1, CW_V4_BOUNDS_MAX);

		if (!count)
			break;
		cw_search_step(&position, &count, half,
			       cw_mask_at_most_small(page->bound[middle], address),
			       CW_V4_BOUNDS_MAX);
	}
	return position > CW_V4_BOUNDS_MAX ? 0 : page->v4_class[position];
}

cw_inline __u32 cw_address_class_v6(const struct cw_page_v6 *page,
				    const struct cw_page_ports *classes, __u32 bounds, __u64 high,
				    __u64 low)
{
	__u64 position = 0;
	__u64 count = bounds & (2 * CW_V6_BOUNDS_MAX - 1);

	for (int step = 0; step < 18; step++) {
		__u64 half = (count + 1) >> 1;
		__u64 middle = cw_index(position + half - 1, CW_V6_BOUNDS_MAX);
		__u64 less;

		if (!count)
			break;
		less = cw_mask_less(high, page->high[middle]) |
		       (cw_mask_equal(high, page->high[middle]) &
			cw_mask_less(low, page->low[middle]));
		cw_search_step(&position, &count, half, ~less, CW_V6_BOUNDS_MAX);
	}
	return position > CW_V6_BOUNDS_MAX ? 0 : classes->v6_class[position];
}

cw_inline __u32 cw_address_class(const struct cw_pages *pages, const struct cw_request *request)
{
	if (request->family == CW_AF_INET)
		return cw_address_class_v4(pages->v4, (__u32)request->high);
	return cw_address_class_v6(pages->v6, pages->ports, pages->head->v6_bounds, request->high,
				   request->low);
}

/* Where the search for a uid begins; the builder of the table uses the same. */
cw_inline __u32 cw_user_slot(__u32 uid)
{
	return ((uid * 2654435761u) >> 20) & (CW_USERS_SLOTS - 1);
}

cw_inline __u32 cw_user_class(const struct cw_page_head *head, __u32 uid)
{
	__u32 slot = cw_user_slot(uid);
	__u64 user_class = 0;

	/* All probes, without a branch: a free slot has class 0. */
	for (int probe = 0; probe < CW_USERS_PROBES; probe++) {
		const struct cw_user_slot *entry =
			&head->users[cw_index(slot + probe, CW_USERS_SLOTS)];

		user_class |= entry->user_class & cw_mask_equal(entry->uid, uid);
	}
	return (__u32)user_class;
}

cw_inline __u32 cw_by_class(const struct cw_page_head *head, __u32 file)
{
	return head->by_class[cw_index(file, CW_FILES_MAX)];
}

/* ------------------------------------------------------------------ vectors */

/* Position of the only bit set, by multiplication with a de Bruijn sequence: BPF has no instruction for
 * it, and a chain of tests is walked by the verifier both ways each. */
static const __u8 cw_bit_positions[64] = {
	0,  1,	2,  53, 3,  7,	54, 27, 4,  38, 41, 8,	34, 55, 48, 28, 62, 5,	39, 46, 44, 42,
	22, 9,	24, 35, 59, 56, 49, 18, 29, 11, 63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21,
	23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
};

/* Of a summary's eight bits the lowest is looked up. */
static const __u8 cw_first_bits[256] = {
	0, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, 4, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2,
	0, 1, 0, 5, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, 4, 0, 1, 0, 2, 0, 1, 0, 3, 0,
	1, 0, 2, 0, 1, 0, 6, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, 4, 0, 1, 0, 2, 0, 1,
	0, 3, 0, 1, 0, 2, 0, 1, 0, 5, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, 4, 0, 1, 0,
	2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, 7, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, 4,
	0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, 5, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0,
	1, 0, 4, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, 6, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1,
	0, 2, 0, 1, 0, 4, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, 5, 0, 1, 0, 2, 0, 1, 0,
	3, 0, 1, 0, 2, 0, 1, 0, 4, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0,
};

cw_inline __u32 cw_bit_position(__u64 bit)
{
	return cw_bit_positions[(bit * 0x022fdd63cc95386dull) >> 58];
}

_Static_assert((CW_VECTORS_MAX & (CW_VECTORS_MAX - 1)) == 0, "cw_index() wants a power of two");

/* What a request is in each dimension: class numbers, found once, good for rules and guards alike. */
struct cw_classes {
	__u32 by;
	__u32 script;
	__u32 target; /* class of the executed file or of the port, without CW_GUARDED */
	__u32 address;
	__u32 user;
};

/* The vectors of one question. */
struct cw_rows {
	__u32 by;
	__u32 script; /* as good as `by`: what the script may, the process may */
	__u32 target;
	__u32 address;
	__u32 user;
};

/*
 * Index of the first rule in all rows, or CW_RULE_NONE. Words whose summary says zero are never read;
 * usually one word is. Its number is a variable to the verifier, so that all turns of the loop look
 * alike and are walked once.
 */
cw_inline __u32 cw_first_match(const struct cw_page_vectors *page, const struct cw_rows *rows)
{
	__u64 by = cw_index(rows->by, CW_VECTORS_MAX);
	__u64 script = cw_index(rows->script, CW_VECTORS_MAX);
	__u64 target = cw_index(rows->target, CW_VECTORS_MAX);
	__u64 address = cw_index(rows->address, CW_VECTORS_MAX);
	__u64 user = cw_index(rows->user, CW_VECTORS_MAX);
	__u64 summary = (page->summary[by] | page->summary[script]) & page->summary[target] &
			page->summary[address] & page->summary[user];
	const __u64 *by_words = page->vector[by];
	const __u64 *script_words = page->vector[script];
	const __u64 *target_words = page->vector[target];
	const __u64 *address_words = page->vector[address];
	const __u64 *user_words = page->vector[user];

	for (int turn = 0; turn < CW_WORDS; turn++) {
		__u64 word = cw_index(cw_first_bits[cw_index(summary, 256)], CW_WORDS);
		__u64 match;

		if (!summary)
			break;
		match = (by_words[word] | script_words[word]) & target_words[word] &
			address_words[word] & user_words[word];
		if (match)
			return word * 64 + cw_bit_position(match & (0 - match));
		summary &= summary - 1;
	}
	return CW_RULE_NONE;
}

cw_inline struct cw_rows cw_rows_of(const struct cw_rules *rules, const struct cw_classes *classes)
{
	struct cw_rows rows = {
		.by = rules->row_by + (classes->by & rules->mask_by),
		.script = rules->row_by + (classes->script & rules->mask_by),
		.target = rules->row_target + (classes->target & rules->mask_target),
		.address = rules->row_address + (classes->address & rules->mask_address),
		.user = rules->row_user + (classes->user & rules->mask_user),
	};

	return rows;
}

/* ------------------------------------------------------------------ the answers */

cw_inline struct cw_decision cw_allow(void)
{
	struct cw_decision decision = {
		.verdict = CW_VERDICT_ALLOW,
		.reason = CW_REASON_NO_RULE,
		.rule = CW_RULE_NONE,
		.instance = CW_INSTANCE_NONE,
	};

	return decision;
}

cw_inline struct cw_decision cw_answer(const struct cw_request *request, __u32 mode,
				       __u32 rule_class, __u32 verdict, __u32 reason)
{
	struct cw_decision decision = {
		.verdict = verdict,
		.reason = reason,
		.mode = mode,
		.rule_class = rule_class,
		.rule = CW_RULE_NONE,
		.instance = request->instance,
	};

	return decision;
}

/* cw_widen() of all of it: in registers it is one number. */
cw_inline struct cw_decision cw_decision_widen(struct cw_decision decision, __u32 zero)
{
	__u64 packed;

	__builtin_memcpy(&packed, &decision, sizeof(packed));
	cw_widen(packed, zero);
	__builtin_memcpy(&decision, &packed, sizeof(packed));
	return decision;
}

/* By the rules of one class of the subject's own instance. */
cw_inline struct cw_decision cw_decide_rules(const struct cw_pages *pages,
					     const struct cw_request *request, __u32 rule_class,
					     const struct cw_classes *classes)
{
	const struct cw_instance *instance =
		&pages->head->instances[cw_index(request->instance, CW_INSTANCES_MAX)];
	const struct cw_rules *rules = &instance->rules[rule_class];
	struct cw_rows rows = cw_rows_of(rules, classes);
	struct cw_decision decision = cw_answer(request, instance->mode[rule_class], rule_class,
						CW_VERDICT_DENY, CW_REASON_NO_RULE);
	__u32 match;

	if (decision.mode == CW_MODE_OFF)
		return cw_allow();
	match = cw_first_match(pages->vectors, &rows);
	if (match != CW_RULE_NONE) {
		decision.rule = match;
		decision.reason = CW_REASON_RULE;
		/* CW_ACTION_* are the verdicts of the same sense. */
		decision.verdict = rules->action[cw_index(match, CW_RULES_MAX)];
	}
	return decision;
}

/* By the guards of every instance but the subject's own. */
cw_inline struct cw_decision cw_decide_guards(const struct cw_pages *pages,
					      const struct cw_request *request, __u32 rule_class,
					      const struct cw_classes *classes)
{
	const struct cw_guards *guards = &pages->head->guards[rule_class];
	struct cw_classes ours = *classes;
	struct cw_rows rows;
	__u32 match, guarding;
	struct cw_decision decision = cw_allow();

	ours.by = request->instance < CW_INSTANCES_MAX ? request->instance + 1u : 0;
	ours.script = ours.by;
	rows = cw_rows_of(&guards->rules, &ours);
	match = cw_first_match(pages->vectors, &rows);
	if (match == CW_RULE_NONE)
		return decision;
	guarding = guards->instance[cw_index(match, CW_RULES_MAX)];
	decision.verdict = CW_VERDICT_DENY;
	decision.reason = CW_REASON_GUARD;
	decision.rule_class = rule_class;
	decision.rule = match;
	decision.instance = guarding;
	decision.mode = pages->head->instances[cw_index(guarding, CW_INSTANCES_MAX)].guard_mode;
	return decision;
}

/* The instance's own answer first; where it allows, another's guard may still object. */
cw_inline struct cw_decision cw_decide_listed(const struct cw_pages *pages,
					      const struct cw_request *request, __u32 rule_class,
					      __u32 class_and_guard)
{
	const struct cw_rules *rules =
		&pages->head->instances[cw_index(request->instance, CW_INSTANCES_MAX)]
			 .rules[rule_class];
	struct cw_classes classes = {
		.by = cw_by_class(pages->head, request->executable),
		.script = cw_by_class(pages->head, request->script),
		.target = class_and_guard & CW_CLASS_MASK,
	};
	struct cw_decision decision = cw_allow();
	__u32 zero = pages->head->zero;

	/* Guards are rare: where one may apply, all dimensions are found. */
	if ((class_and_guard & CW_GUARDED) | rules->mask_user)
		classes.user = cw_user_class(pages->head, request->user);
	cw_widen(classes.user, zero);
	if (rule_class != CW_CLASS_EXEC && (class_and_guard & CW_GUARDED) | rules->mask_address)
		classes.address = cw_address_class(pages, request);
	cw_widen(classes.address, zero);
	if (request->instance < CW_INSTANCES_MAX) {
		struct cw_classes own = classes;

		/* What a changed file may be to its own instance is what an unknown one is: nothing. So is a
		 * process of somebody else's, whatever it runs. */
		if (request->target_state >= CW_FILE_STATE_TAMPERED)
			own.target = 0;
		decision = cw_decide_rules(pages, request, rule_class, &own);
	}
	decision = cw_decision_widen(decision, zero);
	/* A denial that will not be enforced must not hide a guard that will be. */
	if ((class_and_guard & CW_GUARDED) &&
	    (decision.verdict != CW_VERDICT_DENY || decision.mode != CW_MODE_ENFORCE)) {
		struct cw_decision guard = cw_decide_guards(pages, request, rule_class, &classes);

		if (guard.verdict == CW_VERDICT_DENY &&
		    (decision.verdict != CW_VERDICT_DENY || guard.mode == CW_MODE_ENFORCE))
			decision = guard;
	}
	return decision;
}

cw_inline struct cw_decision cw_decide_exec(const struct cw_pages *pages,
					    const struct cw_request *request)
{
	__u32 target = pages->head->target_class[cw_index(request->target, CW_FILES_MAX)];
	struct cw_decision decision;

	decision = cw_decide_listed(pages, request, CW_CLASS_EXEC, target);
	if (request->target_state >= CW_FILE_STATE_TAMPERED &&
	    decision.verdict == CW_VERDICT_DENY && decision.reason == CW_REASON_NO_RULE)
		decision.reason = request->target_state == CW_FILE_STATE_TAMPERED
					  ? CW_REASON_TAMPERED
					  : CW_REASON_OUTSIDE;
	return decision;
}

cw_inline struct cw_decision cw_decide_network(const struct cw_pages *pages,
					       const struct cw_request *request)
{
	__u32 rule_class = request->direction == CW_DIRECTION_BIND ? CW_CLASS_BIND
								   : CW_CLASS_CONNECT;

	return cw_decide_listed(
		pages, request, rule_class,
		pages->ports->port[request->direction & (CW_DIRECTION_MAX - 1)][cw_index(
			request->protocol, CW_PROTOCOL_MAX)][cw_index(request->port, 65536)]);
}

/*
 * May anyone besides root, the owner and the trusted groups have written this file? Of root's group others may be, and
 * where a file has an access list, its mode's bits for the group are what that grants to anybody at most.
 */
cw_inline int cw_library_trusted(const struct cw_instance *instance,
				 const struct cw_request *request)
{
	if (request->file_owner != 0 && request->file_owner != instance->owner)
		return 0;
	if (request->file_mode & 0002)
		return 0;
	if (!(request->file_mode & 0020))
		return 1;
	for (int i = 0; i < CW_TRUST_GROUPS_MAX; i++) {
		if (i >= instance->trust_group_count)
			break;
		if (instance->trust_groups[i] == request->file_group)
			return 1;
	}
	return 0;
}

cw_inline struct cw_decision cw_decide_library(const struct cw_pages *pages,
					       const struct cw_request *request)
{
	const struct cw_instance *instance;
	struct cw_decision decision = cw_allow();
	__u32 mode, row;

	if (request->instance >= CW_INSTANCES_MAX)
		return decision;
	instance = &pages->head->instances[cw_index(request->instance, CW_INSTANCES_MAX)];
	mode = instance->mode[CW_CLASS_LIBRARY];
	if (mode == CW_MODE_OFF)
		return decision;
	decision = cw_answer(request, mode, CW_CLASS_LIBRARY, CW_VERDICT_ALLOW, CW_REASON_NO_RULE);
	/* A file that a policy names and admits is trusted for what it is, whoever may write it. */
	if (request->target_state == CW_FILE_STATE_ADMITTED)
		return decision;
	if (!request->has_file && instance->library_flags & CW_LIBRARY_ANONYMOUS)
		return decision;
	if (request->has_file && (instance->library_flags & CW_LIBRARY_ANY_OWNER ||
				  cw_library_trusted(instance, request)))
		return decision;
	row = cw_index(instance->row_library + (cw_by_class(pages->head, request->executable) &
						instance->mask_library),
		       CW_VECTORS_MAX);
	if (pages->vectors->vector[row][0] & 1)
		return decision;
	decision.verdict = CW_VERDICT_DENY;
	decision.reason = CW_REASON_UNTRUSTED_LIBRARY;
	return decision;
}

cw_inline struct cw_decision cw_decide_socket(const struct cw_pages *pages,
					      const struct cw_request *request)
{
	const struct cw_instance *instance;
	__u32 types = 0;

	if (request->instance >= CW_INSTANCES_MAX)
		return cw_allow();
	instance = &pages->head->instances[cw_index(request->instance, CW_INSTANCES_MAX)];
	if (instance->mode[CW_CLASS_SOCKETS] == CW_MODE_OFF)
		return cw_allow();
	if (request->family < CW_FAMILIES_MAX)
		types = instance->socket_types[cw_index(request->family, CW_FAMILIES_MAX)];
	return cw_answer(request, instance->mode[CW_CLASS_SOCKETS], CW_CLASS_SOCKETS,
			 (types >> (request->socket_type & 15)) & 1 ? CW_VERDICT_ALLOW
								    : CW_VERDICT_DENY,
			 CW_REASON_NO_RULE);
}

/* The kernel could not tell who acts or on what: the policy says what that means. */
cw_inline struct cw_decision cw_decide_undecided(const struct cw_pages *pages,
						 const struct cw_request *request, __u32 rule_class)
{
	const struct cw_instance *instance;

	if (request->instance >= CW_INSTANCES_MAX)
		return cw_allow();
	instance = &pages->head->instances[cw_index(request->instance, CW_INSTANCES_MAX)];
	if (instance->mode[rule_class] == CW_MODE_OFF)
		return cw_allow();
	return cw_answer(request, instance->mode[rule_class], rule_class, instance->on_undecided,
			 CW_REASON_UNRESOLVED);
}

/*
 * A socket whose addresses nobody will see is undecided for each class that would judge them, whatever
 * `sockets` says of its kind; the one that is held hardest answers. judged: what `sockets` says.
 */
cw_inline struct cw_decision cw_decide_unseen(const struct cw_pages *pages,
					      const struct cw_request *request,
					      struct cw_decision judged)
{
	const struct cw_instance *instance =
		&pages->head->instances[cw_index(request->instance, CW_INSTANCES_MAX)];
	__u32 rule_class = CW_CLASS_SOCKETS, mode = instance->mode[CW_CLASS_SOCKETS];
	struct cw_decision decision;

	if (instance->mode[CW_CLASS_CONNECT] > mode) {
		rule_class = CW_CLASS_CONNECT;
		mode = instance->mode[CW_CLASS_CONNECT];
	}
	if (instance->mode[CW_CLASS_BIND] > mode) {
		rule_class = CW_CLASS_BIND;
		mode = instance->mode[CW_CLASS_BIND];
	}
	decision = mode == CW_MODE_OFF ? cw_allow()
				       : cw_answer(request, mode, rule_class,
						   instance->on_undecided, CW_REASON_UNRESOLVED);
	if (judged.verdict != CW_VERDICT_ALLOW &&
	    (decision.verdict == CW_VERDICT_ALLOW || mode <= judged.mode))
		return judged;
	return decision;
}

/*
 * The decision. Pages that the operation needs: head always; vectors for all but socket; ports, v4
 * and v6 for the network. instance must be below CW_INSTANCES_MAX or CW_INSTANCE_NONE.
 */
cw_inline struct cw_decision cw_decide(const struct cw_pages *pages,
				       const struct cw_request *request)
{
	switch (request->operation) {
	case CW_OPERATION_EXEC:
		return cw_decide_exec(pages, request);
	case CW_OPERATION_LIBRARY:
		return cw_decide_library(pages, request);
	case CW_OPERATION_SOCKET:
		return cw_decide_socket(pages, request);
	default:
		return cw_decide_network(pages, request);
	}
}

#endif
