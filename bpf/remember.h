/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was decided before. decide() looks at nothing but an image and a request, so what it said holds
 * for as long as the image does. It is kept in the image itself and goes with it: there is nothing that
 * would have to be forgotten in time. The key is everything of a request that decide() looks at.
 *
 * Only what an instance's own rule allows is kept: everything else is reported, and nobody minds what
 * deciding costs beside that.
 *
 * All CPUs read and write a slot, and nobody waits: each word of it is written at once, and has in its
 * upper half the number that its writer drew. A reader believes words of one number only, so whatever
 * mixture of two answers it may meet, in whatever order they become visible, is none to it.
 */
#ifndef CW_REMEMBER_H
#define CW_REMEMBER_H

#include "decide.h"

/* A request, in words of 32 bits. */
struct cw_remembered_key {
	__u64 who; /* executable, script, user */
	__u64 high; /* the address, or the file executed */
	__u64 low;
	__u32 what; /* port, protocol, family, class, instance; never 0, as in an empty slot */
};

_Static_assert(CW_FILES_MAX <= 1 << 16 && CW_PROTOCOL_MAX <= 4 && CW_RULE_CLASSES <= 3 &&
		       CW_INSTANCES_MAX <= 128,
	       "a key has room for them");

cw_inline struct cw_remembered_key cw_remembered_key(const struct cw_request *request,
						     __u32 rule_class)
{
	struct cw_remembered_key key = {
		.who = (__u64)request->user << 32 | (request->script & 0xffff) << 16 |
		       (request->executable & 0xffff),
		.high = request->high,
		.low = request->low,
		.what = (request->instance & 0xffu) << 24 | (rule_class + 1) << 20,
	};

	if (rule_class == CW_CLASS_EXEC) {
		key.high = (__u64)request->target_state << 32 | request->target;
		key.low = 0;
	} else {
		key.what |= (request->family & 8) << 15 | (request->protocol & 3) << 16 |
			    request->port;
	}
	return key;
}

/* Multiplied by odd numbers without a pattern (binary digits of the golden ratio's and of the roots of
 * 2 and 3), the upper bits depend on all of them. */
cw_inline struct cw_remembered *cw_remembered_slot(struct cw_remembered *remembered,
						   const struct cw_remembered_key *key)
{
	__u64 mixed = (key->who ^ (__u64)key->what << 24) * 0x9e3779b97f4a7c15ull +
		      key->high * 0xb504f333f9de6485ull + key->low * 0xbb67ae8584caa73bull;

	return &remembered[cw_index(mixed >> (64 - CW_REMEMBERED_BITS), CW_REMEMBERED_SLOTS)];
}

cw_inline __u64 cw_remembered_read(const struct cw_remembered *slot, int word)
{
	return *(const volatile __u64 *)&slot->word[word];
}

cw_inline void cw_remembered_write(struct cw_remembered *slot, int word, __u64 number, __u32 part)
{
	*(volatile __u64 *)&slot->word[word] = number << 32 | part;
}

/* *ret_decision is what decide() would say; 0 where that is not known. */
cw_inline int cw_remembered_find(const struct cw_remembered *slot,
				 const struct cw_remembered_key *key,
				 const struct cw_request *request, __u32 rule_class,
				 struct cw_decision *ret_decision)
{
	__u64 answer = cw_remembered_read(slot, 7);
	__u64 number = answer >> 32 << 32;
	__u64 differ;

	differ = cw_remembered_read(slot, 0) ^ (number | (__u32)key->who);
	differ |= cw_remembered_read(slot, 1) ^ (number | key->who >> 32);
	differ |= cw_remembered_read(slot, 2) ^ (number | key->what);
	differ |= cw_remembered_read(slot, 3) ^ (number | (__u32)key->high);
	differ |= cw_remembered_read(slot, 4) ^ (number | key->high >> 32);
	differ |= cw_remembered_read(slot, 5) ^ (number | (__u32)key->low);
	differ |= cw_remembered_read(slot, 6) ^ (number | key->low >> 32);
	if (cw_rarely(differ))
		return 0;
	*ret_decision = cw_answer(request, answer >> 16 & 0xff, rule_class, CW_VERDICT_ALLOW,
				  CW_REASON_RULE);
	ret_decision->rule = (__u16)answer;
	return 1;
}

/* number: drawn at random, for this once. */
cw_inline void cw_remembered_keep(struct cw_remembered *slot, const struct cw_remembered_key *key,
				  const struct cw_decision *decision, __u32 number)
{
	cw_remembered_write(slot, 0, number, (__u32)key->who);
	cw_remembered_write(slot, 1, number, key->who >> 32);
	cw_remembered_write(slot, 2, number, key->what);
	cw_remembered_write(slot, 3, number, (__u32)key->high);
	cw_remembered_write(slot, 4, number, key->high >> 32);
	cw_remembered_write(slot, 5, number, (__u32)key->low);
	cw_remembered_write(slot, 6, number, key->low >> 32);
	cw_remembered_write(slot, 7, number, (__u32)decision->mode << 16 | decision->rule);
}

/* Whether a decision is one that is kept. */
cw_inline int cw_remembered_worthy(const struct cw_request *request,
				   const struct cw_decision *decision)
{
	return decision->verdict == CW_VERDICT_ALLOW && decision->reason == CW_REASON_RULE &&
	       decision->instance == request->instance;
}

#endif
