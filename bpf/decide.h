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

#define CW_AF_INET 2
#define CW_AF_INET6 10

/* ------------------------------------------------------------------ classification */

/* All ones where a < b. Branch-free: a search that branches is walked by the verifier both ways. */
cw_inline __u64 cw_mask_less(__u64 a, __u64 b)
{
	__u64 borrow = ((~a & b) | ((~a | b) & (a - b))) >> 63;

	return 0 - borrow;
}

/* All ones where a == b. */
cw_inline __u64 cw_mask_equal(__u64 a, __u64 b)
{
	__u64 differ = a ^ b;

	return ((differ | (0 - differ)) >> 63) - 1;
}

/* Number of the interval that holds an IPv4 address: boundaries at or below it. */
cw_inline __u32 cw_address_class_v4(const struct cw_page_v4 *page, __u32 address)
{
	__u64 position = page->first[address >> 16];
	__u64 count = page->first[(address >> 16) + 1] - position;

	for (int step = 0; step < 18; step++) {
		__u64 half, middle, right;

		if (!count)
			break;
		half = (count & (CW_V4_BOUNDS_MAX - 1)) >> 1;
		middle = (position + half) & (CW_V4_BOUNDS_MAX - 1);
		right = ~cw_mask_less(address, page->bound[middle]); /* bound <= address */
		position += (half + 1) & right;
		count = half - ((half - (count - half - 1)) & right);
	}
	if (position > CW_V4_BOUNDS_MAX)
		return 0;
	return page->v4_class[position];
}

cw_inline __u32 cw_address_class_v6(const struct cw_page_v6 *page,
				    const struct cw_page_ports *classes, __u32 bounds, __u64 high,
				    __u64 low)
{
	__u64 position = 0;
	__u64 count = bounds;

	for (int step = 0; step < 18; step++) {
		__u64 half, middle, less, right;

		if (!count)
			break;
		half = (count & (2 * CW_V6_BOUNDS_MAX - 1)) >> 1;
		middle = (position + half) & (CW_V6_BOUNDS_MAX - 1);
		less = cw_mask_less(high, page->high[middle]) |
		       (cw_mask_equal(high, page->high[middle]) &
			cw_mask_less(low, page->low[middle]));
		right = ~less;
		position += (half + 1) & right;
		count = half - ((half - (count - half - 1)) & right);
	}
	if (position > CW_V6_BOUNDS_MAX)
		return 0;
	return classes->v6_class[position];
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
	return ((uid * 2654435761u) >> 22) & (CW_USERS_SLOTS - 1);
}

cw_inline __u32 cw_user_class(const struct cw_page_head *head, __u32 uid)
{
	__u32 slot = cw_user_slot(uid);

	for (int probe = 0; probe < CW_USERS_PROBES; probe++) {
		const struct cw_user_slot *entry =
			&head->users[(slot + probe) & (CW_USERS_SLOTS - 1)];

		if (!entry->user_class)
			return 0;
		if (entry->uid == uid)
			return entry->user_class;
	}
	return 0;
}

cw_inline __u32 cw_by_class(const struct cw_page_head *head, __u32 file)
{
	return head->by_class[file & (CW_FILES_MAX - 1)];
}

/* ------------------------------------------------------------------ vectors */

/* Position of the only bit set. BPF has no instruction for it; a multiplication and a table do. */
cw_inline __u32 cw_bit_position(__u64 bit)
{
	__u32 position = 0;

	position += (bit & 0xffffffff00000000ull) ? 32 : 0;
	position += (bit & 0xffff0000ffff0000ull) ? 16 : 0;
	position += (bit & 0xff00ff00ff00ff00ull) ? 8 : 0;
	position += (bit & 0xf0f0f0f0f0f0f0f0ull) ? 4 : 0;
	position += (bit & 0xccccccccccccccccull) ? 2 : 0;
	position += (bit & 0xaaaaaaaaaaaaaaaaull) ? 1 : 0;
	return position;
}

cw_inline __u32 cw_row(__u32 row)
{
	return row < CW_VECTORS_MAX ? row : CW_VECTOR_EMPTY;
}

/* The rows of one question; a dimension that does not matter has CW_VECTOR_FULL. */
struct cw_rows {
	__u32 by;
	__u32 script; /* alternative to by: what the script may, or CW_VECTOR_EMPTY */
	__u32 target;
	__u32 address;
	__u32 user;
};

/* Index of the first rule in all rows, or CW_RULE_NONE. */
cw_inline __u32 cw_first_match(const struct cw_page_vectors *page, const struct cw_rows *rows)
{
	__u32 by = cw_row(rows->by), script = cw_row(rows->script), target = cw_row(rows->target);
	__u32 address = cw_row(rows->address), user = cw_row(rows->user);
	__u32 summary = (page->summary[by] | page->summary[script]) & page->summary[target] &
			page->summary[address] & page->summary[user];

	for (int word = 0; word < CW_WORDS; word++) {
		__u64 match;

		if (!(summary >> word))
			break;
		if (!(summary & (1u << word)))
			continue;
		match = (page->vector[by][word] | page->vector[script][word]) &
			page->vector[target][word] & page->vector[address][word] &
			page->vector[user][word];
		if (match)
			return word * 64 + cw_bit_position(match & (0 - match));
	}
	return CW_RULE_NONE;
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

/* By the rules of one class. target: row offset of the target file or of the port. */
cw_inline struct cw_decision cw_decide_rules(const struct cw_pages *pages,
					     const struct cw_instance *instance,
					     const struct cw_request *request, __u32 rule_class,
					     __u32 target)
{
	const struct cw_rules *rules = &instance->rules[rule_class];
	struct cw_decision decision = cw_answer(request, instance->mode[rule_class], rule_class,
						CW_VERDICT_DENY, CW_REASON_NO_RULE);
	struct cw_rows rows = {
		.by = CW_VECTOR_FULL,
		.script = CW_VECTOR_EMPTY,
		.target = rules->row_target + target,
		.address = CW_VECTOR_FULL,
		.user = CW_VECTOR_FULL,
	};
	__u32 unused = rules->unused;
	__u32 match;

	if (decision.mode == CW_MODE_OFF)
		return cw_allow();
	if (!(unused & CW_UNUSED_BY)) {
		rows.by = rules->row_by + cw_by_class(pages->head, request->executable);
		if (request->script)
			rows.script = rules->row_by + cw_by_class(pages->head, request->script);
	}
	if (rule_class != CW_CLASS_EXEC && !(unused & CW_UNUSED_ADDRESS))
		rows.address = rules->row_address + cw_address_class(pages, request);
	if (!(unused & CW_UNUSED_USER))
		rows.user = rules->row_user + cw_user_class(pages->head, request->user);

	match = cw_first_match(pages->vectors, &rows);
	if (match < CW_RULES_MAX) {
		decision.rule = match;
		decision.reason = CW_REASON_RULE;
		decision.verdict = rules->action[match] == CW_ACTION_ALLOW ? CW_VERDICT_ALLOW
									   : CW_VERDICT_AUDIT;
	}
	return decision;
}

/* By the guards of every instance but the subject's own. */
cw_inline struct cw_decision cw_decide_guards(const struct cw_pages *pages,
					      const struct cw_request *request, __u32 rule_class,
					      __u32 target)
{
	const struct cw_guards *guards = &pages->head->guards[rule_class];
	__u32 subject = request->instance < CW_INSTANCES_MAX ? request->instance + 1 : 0;
	struct cw_decision decision = cw_allow();
	struct cw_rows rows = {
		.by = guards->rules.row_by + subject,
		.script = CW_VECTOR_EMPTY,
		.target = guards->rules.row_target + target,
		.address = CW_VECTOR_FULL,
		.user = CW_VECTOR_FULL,
	};
	__u32 match, guarding;

	if (rule_class == CW_CLASS_CONNECT)
		rows.address = guards->rules.row_address + cw_address_class(pages, request);
	if (!(guards->rules.unused & CW_UNUSED_USER))
		rows.user = guards->rules.row_user + cw_user_class(pages->head, request->user);
	match = cw_first_match(pages->vectors, &rows);
	if (match >= CW_RULES_MAX)
		return decision;
	guarding = guards->instance[match];
	decision.verdict = CW_VERDICT_DENY;
	decision.reason = CW_REASON_GUARD;
	decision.rule_class = rule_class;
	decision.rule = match;
	decision.instance = guarding;
	decision.mode = pages->head->instances[guarding & (CW_INSTANCES_MAX - 1)].guard_mode;
	return decision;
}

/* The instance's own answer first; where it allows, another's guard may still object. */
cw_inline struct cw_decision cw_decide_listed(const struct cw_pages *pages,
					      const struct cw_request *request, __u32 rule_class,
					      __u32 class_and_guard)
{
	__u32 target = class_and_guard & CW_CLASS_MASK;
	/* What a changed file may be to its own instance is what an unknown one is: nothing. */
	__u32 own_target = request->target_state == CW_FILE_STATE_TAMPERED ? 0 : target;
	struct cw_decision decision = cw_allow();

	if (request->instance < CW_INSTANCES_MAX) {
		const struct cw_instance *instance = &pages->head->instances[request->instance];

		decision = cw_decide_rules(pages, instance, request, rule_class, own_target);
	}
	if ((class_and_guard & CW_GUARDED) && decision.verdict != CW_VERDICT_DENY) {
		struct cw_decision guard = cw_decide_guards(pages, request, rule_class, target);

		if (guard.verdict == CW_VERDICT_DENY)
			decision = guard;
	}
	return decision;
}

cw_inline struct cw_decision cw_decide_exec(const struct cw_pages *pages,
					    const struct cw_request *request)
{
	__u32 target = pages->head->target_class[request->target & (CW_FILES_MAX - 1)];
	struct cw_decision decision;

	decision = cw_decide_listed(pages, request, CW_CLASS_EXEC, target);
	if (request->target_state == CW_FILE_STATE_TAMPERED &&
	    decision.verdict == CW_VERDICT_DENY && decision.reason == CW_REASON_NO_RULE)
		decision.reason = CW_REASON_TAMPERED;
	return decision;
}

cw_inline struct cw_decision cw_decide_network(const struct cw_pages *pages,
					       const struct cw_request *request)
{
	__u32 rule_class = request->direction == CW_DIRECTION_BIND ? CW_CLASS_BIND
								   : CW_CLASS_CONNECT;

	return cw_decide_listed(
		pages, request, rule_class,
		pages->ports->port[request->direction & 1][request->protocol & 3][request->port]);
}

/* May anyone besides root, the owner and the trusted groups have written this file? */
cw_inline int cw_library_trusted(const struct cw_instance *instance,
				 const struct cw_request *request)
{
	if (request->file_owner != 0 && request->file_owner != instance->owner)
		return 0;
	if (request->file_mode & 0002)
		return 0;
	if (!(request->file_mode & 0020) || request->file_group == 0)
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
	instance = &pages->head->instances[request->instance];
	mode = instance->mode[CW_CLASS_LIBRARY];
	if (mode == CW_MODE_OFF)
		return decision;
	decision = cw_answer(request, mode, CW_CLASS_LIBRARY, CW_VERDICT_ALLOW, CW_REASON_NO_RULE);
	if (request->has_file ? cw_library_trusted(instance, request)
			      : (instance->library_flags & CW_LIBRARY_ANONYMOUS) != 0)
		return decision;
	row = cw_row(instance->row_library + cw_by_class(pages->head, request->executable));
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
	instance = &pages->head->instances[request->instance];
	if (instance->mode[CW_CLASS_SOCKETS] == CW_MODE_OFF)
		return cw_allow();
	if (request->family < CW_FAMILIES_MAX)
		types = instance->socket_types[request->family];
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
	instance = &pages->head->instances[request->instance];
	return cw_answer(request, instance->mode[rule_class], rule_class, instance->on_undecided,
			 CW_REASON_UNRESOLVED);
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
