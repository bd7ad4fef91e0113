/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a policy means, said a second time and slowly: rule by rule, item by item, without a table, a
 * class or a bit. decide() on a compiled image must say the same.
 */
#ifndef CW_TESTS_REFERENCE_H
#define CW_TESTS_REFERENCE_H

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "policy/image.h"

struct reference {
	const struct policy_set *set;
	const struct facts *facts;
};

static inline uint8_t reference_mode(const struct reference *of, size_t p, bool own, uint8_t mode)
{
	uint8_t override = of->set->mode_override[p + 1];

	if (mode == CW_MODE_OFF || override == CW_MODE_OFF)
		return mode;
	if (override == CW_MODE_AUDIT)
		return CW_MODE_AUDIT;
	return own ? mode : CW_MODE_ENFORCE;
}

static inline bool reference_file(const struct reference *of, size_t p, const size_t *executables,
				  size_t count, uint32_t file)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < of->facts->pattern_count; k++) {
			const struct pattern_fact *pattern = &of->facts->patterns[k];

			if (pattern->policy != p || pattern->executable != executables[i])
				continue;
			for (size_t f = 0; f < pattern->file_count; f++)
				if (of->facts->files[pattern->files[f]].file == file)
					return true;
		}
	}
	return false;
}

static inline bool reference_port(const struct reference *of, const struct port_range *ranges,
				  size_t count, const struct cw_request *request)
{
	for (size_t i = 0; i < count; i++) {
		const struct port_range *range = &ranges[i];
		uint16_t port = request->port;

		if (!(range->protocols & 1u << request->protocol))
			continue;
		if (!range->ephemeral) {
			bool every = range->low <= 1 && range->high == 65535;

			if (every || (range->low <= port && port <= range->high))
				return true;
		} else if (request->direction == CW_DIRECTION_BIND) {
			if (port == 0)
				return true;
		} else if (of->facts->ephemeral_low <= port && port <= of->facts->ephemeral_high) {
			return true;
		}
	}
	return false;
}

static inline void reference_bytes(const struct cw_request *request, uint8_t bytes[16])
{
	memset(bytes, 0, 16);
	for (int i = 0; i < 16; i++) {
		if (request->family == AF_INET)
			bytes[i] = i < 4 ? (uint8_t)(request->high >> (24 - 8 * i)) : 0;
		else if (i < 8)
			bytes[i] = (uint8_t)(request->high >> (56 - 8 * i));
		else
			bytes[i] = (uint8_t)(request->low >> (56 - 8 * (i - 8)));
	}
}

static inline bool reference_prefix(uint8_t family, const uint8_t *prefix, unsigned int bits,
				    const struct cw_request *request)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t bytes[16];

	if (family == AF_INET6 && bits >= 96 && memcmp(prefix, mapped, 12) == 0)
		return reference_prefix(AF_INET, prefix + 12, bits - 96, request);
	if (family != request->family)
		return false;
	reference_bytes(request, bytes);
	for (unsigned int bit = 0; bit < bits; bit++)
		if ((bytes[bit / 8] ^ prefix[bit / 8]) >> (7 - bit % 8) & 1)
			return false;
	return true;
}

static inline bool reference_localhost(const struct cw_request *request)
{
	static const uint8_t v4[4] = { 127 }, v6[16] = { [15] = 1 };

	return reference_prefix(AF_INET, v4, 8, request) ||
	       reference_prefix(AF_INET6, v6, 128, request);
}

static inline bool reference_one_of(const struct resolved_address *addresses, size_t count,
				    const struct cw_request *request)
{
	for (size_t i = 0; i < count; i++)
		if (reference_prefix(addresses[i].family, addresses[i].bytes,
				     addresses[i].family == AF_INET ? 32 : 128, request))
			return true;
	return false;
}

static inline bool reference_address(const struct reference *of, const struct address *addresses,
				     size_t count, const struct cw_request *request)
{
	for (size_t i = 0; i < count; i++) {
		const struct address *address = &addresses[i];

		if (address->kind == ADDRESS_PREFIX &&
		    reference_prefix(address->family, address->bytes, address->prefix, request))
			return true;
		if (address->kind == ADDRESS_LOCALHOST && reference_localhost(request))
			return true;
		for (size_t n = 0; address->kind == ADDRESS_NAME && n < of->facts->name_count; n++)
			if (strcmp(of->facts->names[n].name, address->name) == 0 &&
			    reference_one_of(of->facts->names[n].addresses,
					     of->facts->names[n].address_count, request))
				return true;
	}
	return false;
}

static inline bool reference_user(const struct reference *of, const struct text *users,
				  size_t count, uint32_t uid)
{
	for (size_t i = 0; i < count; i++)
		for (size_t u = 0; u < of->facts->user_count; u++)
			if (of->facts->users[u].known && of->facts->users[u].id == uid &&
			    strcmp(of->facts->users[u].name, users[i].value) == 0)
				return true;
	return false;
}

static inline bool reference_rule(const struct reference *of, size_t p, enum cw_class class,
				  const struct rule *rule, const struct cw_request *request)
{
	if (rule->by_count &&
	    !reference_file(of, p, rule->by, rule->by_count, request->executable) &&
	    !(request->script && reference_file(of, p, rule->by, rule->by_count, request->script)))
		return false;
	if (rule->user_count && !reference_user(of, rule->users, rule->user_count, request->user))
		return false;
	if (class == CW_CLASS_EXEC)
		return request->target_state < CW_FILE_STATE_TAMPERED &&
		       reference_file(of, p, rule->targets, rule->target_count, request->target);
	return reference_port(of, rule->ports, rule->port_count, request) &&
	       (!rule->address_count ||
		reference_address(of, rule->addresses, rule->address_count, request));
}

static inline struct cw_decision reference_rules(const struct reference *of, enum cw_class class,
						 const struct cw_request *request)
{
	size_t p = request->instance - 1u;
	struct cw_decision decision = {
		.verdict = CW_VERDICT_DENY,
		.reason = CW_REASON_NO_RULE,
		.mode = CW_MODE_ENFORCE,
		.rule_class = (uint8_t) class,
		.rule = CW_RULE_NONE,
		.instance = request->instance,
	};
	const struct rule_class *rules;

	if (request->instance == CW_INSTANCE_CANARY)
		return decision;
	rules = &of->set->policies[p]->classes[class];
	decision.mode = reference_mode(of, p, rules->mode_given, rules->mode);
	for (size_t i = 0; i < rules->count; i++) {
		if (!reference_rule(of, p, class, &rules->rules[i], request))
			continue;
		decision.rule = (uint16_t)i;
		decision.reason = CW_REASON_RULE;
		decision.verdict = rules->rules[i].action == CW_ACTION_ALLOW ? CW_VERDICT_ALLOW
									     : CW_VERDICT_AUDIT;
		break;
	}
	return decision;
}

static inline bool reference_guard_matches(const struct reference *of, size_t p,
					   enum cw_class class, const struct cw_request *request)
{
	const struct guard_policy *guard = &of->set->policies[p]->guard;
	const struct text_list *users = class == CW_CLASS_EXEC	 ? &guard->exec.users
					: class == CW_CLASS_BIND ? &guard->bind.users
								 : &guard->connect.users;

	if (request->instance == p + 1 ||
	    reference_user(of, users->items, users->count, request->user))
		return false;
	if (class == CW_CLASS_EXEC)
		return reference_file(of, p, guard->exec.executables, guard->exec.executable_count,
				      request->target);
	if (class == CW_CLASS_BIND)
		return reference_port(of, guard->bind.ports, guard->bind.port_count, request);
	return reference_port(of, guard->connect.ports, guard->connect.port_count, request) &&
	       (reference_localhost(request) ||
		(request->family == CW_AF_INET && !request->high) || /* any of this host's */
		reference_one_of(of->facts->local, of->facts->local_count, request));
}

static inline bool reference_has_guard(const struct guard_policy *guard, enum cw_class class)
{
	return class == CW_CLASS_EXEC	? guard->exec.executable_count
	       : class == CW_CLASS_BIND ? guard->bind.port_count
					: guard->connect.port_count;
}

/* The enforcing guards first. Instance CW_INSTANCE_NONE: none matches. */
static inline struct cw_decision reference_guards(const struct reference *of, enum cw_class class,
						  const struct cw_request *request)
{
	struct cw_decision decision = { .instance = CW_INSTANCE_NONE };
	uint16_t number = 0;

	for (uint8_t mode = CW_MODE_ENFORCE; mode >= CW_MODE_AUDIT; mode--) {
		for (size_t p = 0; p < of->set->count; p++) {
			const struct guard_policy *guard = &of->set->policies[p]->guard;

			if (!reference_has_guard(guard, class) ||
			    reference_mode(of, p, guard->mode_given, guard->mode) != mode)
				continue;
			if (!reference_guard_matches(of, p, class, request)) {
				number++;
				continue;
			}
			return (struct cw_decision){ .verdict = CW_VERDICT_DENY,
						     .reason = CW_REASON_GUARD,
						     .mode = mode,
						     .rule_class = (uint8_t) class,
						     .rule = number,
						     .instance = (uint16_t)(p + 1) };
		}
	}
	return decision;
}

static const struct cw_decision reference_allow = { .verdict = CW_VERDICT_ALLOW,
						    .reason = CW_REASON_NO_RULE,
						    .rule = CW_RULE_NONE,
						    .instance = CW_INSTANCE_NONE };

static inline struct cw_decision reference_listed(const struct reference *of, enum cw_class class,
						  const struct cw_request *request)
{
	struct cw_decision own = reference_allow, guard;
	bool refused;

	if (request->instance != CW_INSTANCE_NONE) {
		own = reference_rules(of, class, request);
		if (own.mode == CW_MODE_OFF)
			own = reference_allow;
	}
	refused = own.verdict == CW_VERDICT_DENY && own.mode == CW_MODE_ENFORCE;
	guard = reference_guards(of, class, request);
	if (!refused && guard.instance != CW_INSTANCE_NONE &&
	    (own.verdict != CW_VERDICT_DENY || guard.mode == CW_MODE_ENFORCE))
		return guard;
	if (class == CW_CLASS_EXEC && request->target_state == CW_FILE_STATE_TAMPERED &&
	    own.verdict == CW_VERDICT_DENY)
		own.reason = CW_REASON_TAMPERED;
	if (class == CW_CLASS_EXEC && request->target_state == CW_FILE_STATE_ABROAD &&
	    own.verdict == CW_VERDICT_DENY)
		own.reason = CW_REASON_OUTSIDE;
	return own;
}

static inline bool reference_library_trusted(const struct reference *of, size_t p,
					     const struct cw_request *request)
{
	const struct policy *policy = of->set->policies[p];
	const struct text *owner = &policy->owner;

	if (!policy->library.check_owners)
		return true;
	if (request->file_owner &&
	    !(owner->value && reference_user(of, owner, 1, request->file_owner)))
		return false;
	if (request->file_mode & 0002)
		return false;
	if (!(request->file_mode & 0020))
		return true;
	for (size_t i = 0; i < policy->trust_groups.count; i++)
		for (size_t g = 0; g < of->facts->group_count; g++)
			if (of->facts->groups[g].known &&
			    of->facts->groups[g].id == request->file_group &&
			    strcmp(of->facts->groups[g].name,
				   policy->trust_groups.items[i].value) == 0)
				return true;
	return false;
}

static inline struct cw_decision reference_library(const struct reference *of,
						   const struct cw_request *request)
{
	size_t p = request->instance - 1u;
	struct cw_decision decision = { .verdict = CW_VERDICT_ALLOW,
					.reason = CW_REASON_NO_RULE,
					.mode = CW_MODE_ENFORCE,
					.rule_class = CW_CLASS_LIBRARY,
					.rule = CW_RULE_NONE,
					.instance = request->instance };
	const struct library_policy *library;
	bool good;

	if (request->instance == CW_INSTANCE_NONE)
		return reference_allow;
	if (request->instance == CW_INSTANCE_CANARY) {
		good = request->has_file && !request->file_owner && !(request->file_mode & 0022);
	} else {
		library = &of->set->policies[p]->library;
		decision.mode = reference_mode(of, p, library->mode_given, library->mode);
		if (decision.mode == CW_MODE_OFF)
			return reference_allow;
		good = (request->has_file ? reference_library_trusted(of, p, request)
					  : library->anonymous) ||
		       reference_file(of, p, library->except, library->except_count,
				      request->executable);
	}
	if (good)
		return decision;
	decision.verdict = CW_VERDICT_DENY;
	decision.reason = CW_REASON_UNTRUSTED_LIBRARY;
	return decision;
}

static inline struct cw_decision reference_socket(const struct reference *of,
						  const struct cw_request *request)
{
	size_t p = request->instance - 1u;
	struct cw_decision decision = { .verdict = CW_VERDICT_DENY,
					.reason = CW_REASON_NO_RULE,
					.mode = CW_MODE_ENFORCE,
					.rule_class = CW_CLASS_SOCKETS,
					.rule = CW_RULE_NONE,
					.instance = request->instance };
	const struct sockets_policy *sockets;
	uint16_t types = 0;

	if (request->instance == CW_INSTANCE_NONE)
		return reference_allow;
	if (request->instance == CW_INSTANCE_CANARY) {
		if (request->family == AF_INET || request->family == AF_INET6)
			types = 1u << SOCK_STREAM | 1u << SOCK_DGRAM;
		else if (request->family == AF_UNIX || request->family == AF_NETLINK)
			types = 0xffff;
	} else {
		sockets = &of->set->policies[p]->sockets;
		decision.mode = reference_mode(of, p, sockets->mode_given, sockets->mode);
		if (decision.mode == CW_MODE_OFF)
			return reference_allow;
		if (request->family < CW_FAMILIES_MAX)
			types = sockets->types[request->family];
	}
	if (types >> request->socket_type & 1)
		decision.verdict = CW_VERDICT_ALLOW;
	return decision;
}

static inline struct cw_decision reference_decide(const struct reference *of,
						  const struct cw_request *request)
{
	switch (request->operation) {
	case CW_OPERATION_EXEC:
		return reference_listed(of, CW_CLASS_EXEC, request);
	case CW_OPERATION_LIBRARY:
		return reference_library(of, request);
	case CW_OPERATION_SOCKET:
		return reference_socket(of, request);
	default:
		return reference_listed(of,
					request->direction == CW_DIRECTION_BIND ? CW_CLASS_BIND
										: CW_CLASS_CONNECT,
					request);
	}
}

#endif
