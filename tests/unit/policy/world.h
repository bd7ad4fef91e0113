/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random policies on an imaginary host, from a seed. Small vocabularies, so that rules meet, and
 * boundaries more often than middles, since that is where a compiler is wrong.
 */
#ifndef CW_TESTS_WORLD_H
#define CW_TESTS_WORLD_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "policy/image.h"

struct world {
	uint64_t state; /* of the random numbers */
	struct policy_set set;
	struct facts facts;
};

/* xorshift64*, so that a seed means the same everywhere. */
static inline uint32_t world_random(struct world *world, uint32_t below)
{
	world->state ^= world->state >> 12;
	world->state ^= world->state << 25;
	world->state ^= world->state >> 27;
	return (uint32_t)((world->state * 0x2545f4914f6cdd1dull >> 32) % below);
}

static inline void *world_new(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		abort();
	return memory;
}

static inline char *world_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline char *world_text(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	return text;
}

/* ------------------------------------------------------------------ the host */

#define WORLD_FILES 24 /* numbers 1 to 24 */
#define WORLD_USERS 8 /* uids 1000 …; the last is not known */
#define WORLD_NAMES 4

static const char *const world_local[] = { "127.0.0.1", "10.1.2.3", "192.168.7.1", "::1",
					   "2001:db8::5" };
static const char *const world_names[WORLD_NAMES][3] = { { "10.9.0.1", "2001:db8:9::1" },
							 { "10.1.2.200" },
							 { "127.0.0.53", "::ffff:10.9.9.9" },
							 { NULL } };

static inline struct resolved_address world_address(const char *text)
{
	struct resolved_address address = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(address.family, text, address.bytes) != 1)
		abort();
	return address;
}

static inline void world_host(struct world *world)
{
	struct facts *facts = &world->facts;

	facts->files = world_new(WORLD_FILES, sizeof(*facts->files));
	for (uint32_t i = 0; i < WORLD_FILES; i++) {
		facts->files[i].file = i + 1;
		facts->files[i].path = world_text("/file/%u", i + 1);
		facts->files[i].resolved = world_text("/file/%u", i + 1);
	}
	facts->file_count = WORLD_FILES;
	facts->users = world_new(WORLD_USERS, sizeof(*facts->users));
	facts->groups = world_new(WORLD_USERS, sizeof(*facts->groups));
	for (uint32_t i = 0; i < WORLD_USERS; i++) {
		facts->users[i] = (struct id_fact){ world_text("u%u", i), i + 1 < WORLD_USERS,
						    1000 + i };
		facts->groups[i] = (struct id_fact){ world_text("g%u", i), i + 1 < WORLD_USERS,
						     1000 + i };
	}
	facts->user_count = facts->group_count = WORLD_USERS;
	facts->names = world_new(WORLD_NAMES, sizeof(*facts->names));
	for (uint32_t i = 0; i < WORLD_NAMES; i++) {
		struct name_fact *name = &facts->names[facts->name_count++];

		name->name = world_text("h%u", i);
		name->addresses = world_new(3, sizeof(*name->addresses));
		while (name->address_count < 3 && world_names[i][name->address_count]) {
			name->addresses[name->address_count] =
				world_address(world_names[i][name->address_count]);
			name->address_count++;
		}
	}
	facts->local = world_new(5, sizeof(*facts->local));
	for (; facts->local_count < 5; facts->local_count++)
		facts->local[facts->local_count] = world_address(world_local[facts->local_count]);
	facts->ephemeral_low = 32768;
	facts->ephemeral_high = 60999;
}

/* ------------------------------------------------------------------ policies */

static inline size_t *world_indexes(struct world *world, size_t of, size_t *ret_count)
{
	size_t count = 1 + world_random(world, 3), *indexes = world_new(count, sizeof(*indexes));

	for (size_t i = 0; i < count; i++)
		indexes[i] = world_random(world, (uint32_t)of);
	*ret_count = count;
	return indexes;
}

static const uint16_t world_edges[] = { 1,    2,     22,    80,	   1023,  1024,	 1972,
					4001, 32767, 32768, 60999, 61000, 65534, 65535 };
#define WORLD_EDGES (sizeof(world_edges) / sizeof(world_edges[0]))

static inline struct port_range *world_ports(struct world *world, size_t *ret_count)
{
	size_t count = 1 + world_random(world, 3);
	struct port_range *ranges = world_new(count, sizeof(*ranges));

	for (size_t i = 0; i < count; i++) {
		uint16_t a = world_edges[world_random(world, WORLD_EDGES)];
		uint16_t b = world_edges[world_random(world, WORLD_EDGES)];

		ranges[i].protocols = world_random(world, 4) ? 1u << world_random(world, 3) : 15;
		ranges[i].ephemeral = !world_random(world, 6);
		ranges[i].low = a < b ? a : b;
		ranges[i].high = world_random(world, 2) ? ranges[i].low : a < b ? b : a;
	}
	*ret_count = count;
	return ranges;
}

static const char *const world_networks[] = {
	"10.1.2.3",
	"10.1.2.200",
	"10.9.9.9",
	"127.0.0.1",
	"127.255.255.255",
	"0.0.0.0",
	"255.255.255.255",
	"192.168.7.1",
	"2001:db8::5",
	"2001:db8:9::1",
	"::1",
	"::",
	"::ffff:10.1.2.3",
	"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"fe80::1",
};
#define WORLD_NETWORKS (sizeof(world_networks) / sizeof(world_networks[0]))
static const uint8_t world_prefixes[] = { 0,  1,  8,  15, 16, 17,  24,	31, 32,
					  48, 63, 64, 65, 96, 104, 127, 128 };

static inline void world_prefix(struct world *world, struct address *ret)
{
	struct resolved_address network =
		world_address(world_networks[world_random(world, WORLD_NETWORKS)]);
	unsigned int bits = network.family == AF_INET ? 32 : 128;

	ret->kind = ADDRESS_PREFIX;
	ret->family = network.family;
	do
		ret->prefix = world_prefixes[world_random(world, sizeof(world_prefixes))];
	while (ret->prefix > bits);
	memcpy(ret->bytes, network.bytes, 16);
	for (unsigned int bit = ret->prefix; bit < 128; bit++)
		ret->bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
}

static inline struct address *world_addresses(struct world *world, size_t *ret_count)
{
	size_t count = 1 + world_random(world, 3);
	struct address *addresses = world_new(count, sizeof(*addresses));

	for (size_t i = 0; i < count; i++) {
		uint32_t kind = world_random(world, 8);

		world_prefix(world, &addresses[i]);
		if (kind == 0)
			addresses[i].kind = ADDRESS_LOCALHOST;
		if (kind == 1) {
			addresses[i].kind = ADDRESS_NAME;
			addresses[i].name = world_text("h%u", world_random(world, WORLD_NAMES));
		}
	}
	*ret_count = count;
	return addresses;
}

static inline struct text *world_users(struct world *world, size_t *ret_count)
{
	size_t count = 1 + world_random(world, 3);
	struct text *users = world_new(count, sizeof(*users));

	for (size_t i = 0; i < count; i++)
		users[i].value = world_text("u%u", world_random(world, WORLD_USERS));
	*ret_count = count;
	return users;
}

static inline void world_rule(struct world *world, const struct policy *policy, enum cw_class class,
			      struct rule *rule)
{
	size_t executables = policy->executable_count;

	rule->where = (struct location){ policy->file, 1 + world_random(world, 1u << 30), 1, 1 };
	rule->id.value = world_text("r%u", rule->where.line);
	rule->action = (uint8_t)world_random(world, 2);
	if (world_random(world, 4))
		rule->by = world_indexes(world, executables, &rule->by_count);
	if (class == CW_CLASS_EXEC)
		rule->targets = world_indexes(world, executables, &rule->target_count);
	else
		rule->ports = world_ports(world, &rule->port_count);
	if (class != CW_CLASS_EXEC && world_random(world, 2))
		rule->addresses = world_addresses(world, &rule->address_count);
	if (!world_random(world, 3))
		rule->users = world_users(world, &rule->user_count);
}

static inline uint8_t world_mode(struct world *world, bool given, uint8_t of_file)
{
	return given ? (uint8_t)world_random(world, CW_MODE_MAX) : of_file;
}

static inline void world_guards(struct world *world, struct policy *policy)
{
	struct guard_policy *guard = &policy->guard;

	guard->mode_given = world_random(world, 2);
	guard->mode = world_mode(world, guard->mode_given, policy->mode);
	if (world_random(world, 2))
		guard->bind.ports = world_ports(world, &guard->bind.port_count);
	if (world_random(world, 2))
		guard->bind.users.items = world_users(world, &guard->bind.users.count);
	if (world_random(world, 2))
		guard->connect.ports = world_ports(world, &guard->connect.port_count);
	if (world_random(world, 2))
		guard->connect.users.items = world_users(world, &guard->connect.users.count);
	if (world_random(world, 2))
		guard->exec.executables = world_indexes(world, policy->executable_count,
							&guard->exec.executable_count);
	if (world_random(world, 2))
		guard->exec.users.items = world_users(world, &guard->exec.users.count);
}

static inline void world_patterns(struct world *world, size_t index, const struct policy *policy)
{
	for (size_t i = 0; i < policy->executable_count; i++) {
		struct pattern_fact *pattern = &world->facts.patterns[world->facts.pattern_count++];

		pattern->policy = index;
		pattern->executable = i;
		pattern->file_count = world_random(world, 4);
		pattern->files = world_new(4, sizeof(*pattern->files));
		for (size_t f = 0; f < pattern->file_count; f++)
			pattern->files[f] = world_random(world, WORLD_FILES);
	}
}

static inline struct policy *world_policy(struct world *world, size_t index, uint32_t rules)
{
	struct policy *policy = world_new(1, sizeof(*policy));

	policy->file = world_text("p%zu.yaml", index);
	policy->instance.value = world_text("I%zu", index);
	policy->mode = (uint8_t)(CW_MODE_AUDIT + world_random(world, 2));
	policy->on_undecided = world_random(world, 2) ? CW_VERDICT_DENY : CW_VERDICT_ALLOW;
	if (world_random(world, 2))
		policy->owner.value = world_text("u%u", world_random(world, WORLD_USERS));
	policy->trust_groups.items = world_users(world, &policy->trust_groups.count);
	for (size_t i = 0; i < policy->trust_groups.count; i++)
		policy->trust_groups.items[i].value[0] = 'g';
	policy->executable_count = 1 + world_random(world, 8);
	policy->executables = world_new(policy->executable_count, sizeof(struct executable));
	for (size_t i = 0; i < policy->executable_count; i++)
		policy->executables[i].path.value = world_text("/pattern/%zu", i);
	for (enum cw_class k = 0; k < CW_RULE_CLASSES; k++) {
		struct rule_class *class = &policy->classes[k];

		class->mode_given = !world_random(world, 3);
		class->mode = world_mode(world, class->mode_given, policy->mode);
		class->count = world_random(world, rules + 1);
		class->rules = world_new(class->count, sizeof(*class->rules));
		for (size_t i = 0; i < class->count; i++)
			world_rule(world, policy, k, &class->rules[i]);
	}
	policy->library.mode_given = world_random(world, 2);
	policy->library.mode = world_mode(world, policy->library.mode_given, policy->mode);
	policy->library.check_owners = world_random(world, 4);
	policy->library.anonymous = world_random(world, 2);
	if (world_random(world, 2))
		policy->library.except = world_indexes(world, policy->executable_count,
						       &policy->library.except_count);
	policy->sockets.mode_given = world_random(world, 2);
	policy->sockets.mode = world_mode(world, policy->sockets.mode_given, policy->mode);
	for (int i = 0; i < 20; i++)
		policy->sockets.types[world_random(world, CW_FAMILIES_MAX)] =
			(uint16_t)world_random(world, 1 << 11);
	world_guards(world, policy);
	return policy;
}

static inline void world_init(struct world *world, uint64_t seed, size_t policies, uint32_t rules)
{
	*world = (struct world){ .state = seed * 0x9e3779b97f4a7c15ull | 1 };
	world_host(world);
	world->set.policies = world_new(policies, sizeof(struct policy *));
	world->set.count = policies;
	world->facts.patterns = world_new(policies * 8, sizeof(struct pattern_fact));
	for (size_t p = 0; p < policies; p++) {
		world->set.policies[p] = world_policy(world, p, rules);
		world->set.mode_override[p + 1] =
			world_random(world, 2) ? 0 : (uint8_t)world_random(world, CW_MODE_MAX);
		world_patterns(world, p, world->set.policies[p]);
	}
}

static inline void world_release(struct world *world)
{
	for (size_t p = 0; p < world->set.count; p++)
		policy_free(world->set.policies[p]);
	free(world->set.policies);
	facts_release(&world->facts);
}

/* ------------------------------------------------------------------ operations */

static inline void world_request_address(struct world *world, struct cw_request *request)
{
	struct resolved_address address =
		world_address(world_networks[world_random(world, WORLD_NETWORKS)]);
	uint32_t nudge = world_random(world, 6);

	if (!world_random(world, 8))
		address = world_address(world_local[world_random(world, 5)]);
	for (int i = 0; i < 8; i++)
		request->high = request->high << 8 | address.bytes[i];
	for (int i = 8; i < 16; i++)
		request->low = request->low << 8 | address.bytes[i];
	request->family = address.family;
	if (address.family == AF_INET) {
		request->high >>= 32;
		request->low = 0;
	} else if (request->high == 0 && request->low >> 32 == 0xffff) {
		request->family = AF_INET;
		request->high = (uint32_t)request->low;
		request->low = 0;
	}
	/* One beside it, or somewhere in a network around it. */
	if (request->family == AF_INET) {
		request->high += nudge == 0 ? 1 : nudge == 1 ? -1 : 0;
		if (nudge == 2)
			request->high ^= 1u << world_random(world, 32);
		request->high = (uint32_t)request->high;
	} else {
		request->low += nudge == 0 ? 1 : nudge == 1 ? -1 : 0;
		if (nudge == 2)
			request->high ^= 1ull << world_random(world, 64);
		if (nudge == 3)
			request->low ^= 1ull << world_random(world, 64);
		if (request->high == 0 && request->low >> 32 == 0xffff)
			request->high = 1;
	}
}

static inline uint16_t world_request_port(struct world *world)
{
	switch (world_random(world, 4)) {
	case 0:
		return (uint16_t)world_random(world, 65536);
	case 1:
		return 0;
	default:
		return (uint16_t)(world_edges[world_random(world, WORLD_EDGES)] +
				  world_random(world, 3) - 1);
	}
}

static inline struct cw_request world_request(struct world *world)
{
	struct cw_request request = {
		.operation = (uint8_t)world_random(world, CW_OPERATION_MAX),
		.executable = world_random(world, WORLD_FILES + 2),
		.script = world_random(world, 3) ? 0 : world_random(world, WORLD_FILES + 1),
		.user = world_random(world, 8) ? 999 + world_random(world, WORLD_USERS + 1)
					       : world_random(world, UINT32_MAX),
	};
	uint32_t who = world_random(world, (uint32_t)world->set.count + 2);

	request.instance = who > world->set.count ? CW_INSTANCE_NONE : (uint16_t)who;
	switch (request.operation) {
	case CW_OPERATION_EXEC:
		request.target = world_random(world, WORLD_FILES + 1);
		request.target_state = request.target ? world_random(world, 8)
								? CW_FILE_STATE_ADMITTED
								: CW_FILE_STATE_TAMPERED +
									  world_random(world, 2)
						      : 0;
		break;
	case CW_OPERATION_LIBRARY:
		request.has_file = world_random(world, 4) > 0;
		request.file_mode = (uint16_t)(0100755 | (world_random(world, 4) << 3 & 020) |
					       (world_random(world, 4) == 0 ? 2 : 0));
		request.file_owner = world_random(world, 2) ? 0 : 1000 + world_random(world, 8);
		request.file_group = world_random(world, 2) ? 0 : 1000 + world_random(world, 8);
		break;
	case CW_OPERATION_SOCKET:
		request.family = (uint8_t)world_random(world, CW_FAMILIES_MAX + 2);
		request.socket_type = (uint8_t)world_random(world, 11);
		break;
	default:
		request.direction = (uint8_t)world_random(world, 2);
		request.protocol = (uint8_t)world_random(world, CW_PROTOCOL_MAX);
		request.port = world_request_port(world);
		world_request_address(world, &request);
	}
	return request;
}

/* ------------------------------------------------------------------ images */

#define WORLD_IMAGE ((size_t)CW_PAGES * CW_PAGE_SIZE)

static inline struct image world_image(void)
{
	struct image image = { mmap(NULL, WORLD_IMAGE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) };

	if (image.memory == MAP_FAILED)
		abort();
	return image;
}

static inline void world_image_free(struct image *image)
{
	munmap(image->memory, WORLD_IMAGE);
}

#endif
