/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compiling policies in tests: texts, and a host that is made up of the names they use.
 *
 *	files	every path is there and trusted, but those with "missing" in them; a glob matches
 *		/bin/a and /bin/b of its directory
 *	users	u0, u1 … are 1000, 1001 …; numbers are themselves; "nobodyhere" is nobody
 *	names	"here.example" is 192.0.2.1 and 2001:db8::1; all others fail
 *	local	127.0.0.1, ::1, 198.51.100.7
 */
#ifndef CW_TESTS_COMPILING_H
#define CW_TESTS_COMPILING_H

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "host/names.h"
#include "host/registry.h"
#include "policy/image.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/number.h"

#define COMPILING_MAX 40

struct compiling {
	struct policy *policies[COMPILING_MAX];
	struct policy_set set;
	struct facts facts;
	struct file_registry *registry;
	struct image image;
	struct cw_pages pages;
	struct diagnostics diagnostics;
	struct catalogue *catalogue;
};

static inline size_t compiling_file(struct compiling *compiling, const char *path)
{
	struct facts *facts = &compiling->facts;
	struct file_fact *fact;
	uint32_t number;

	assert_int_equal(file_registry_number(compiling->registry, path, &number), 0);
	for (size_t i = 0; i < facts->file_count; i++)
		if (facts->files[i].file == number)
			return i;
	facts->files = realloc(facts->files, (facts->file_count + 1) * sizeof(*facts->files));
	fact = &facts->files[facts->file_count];
	*fact = (struct file_fact){ .file = number, .path = strdup(path) };
	if (strstr(path, "missing"))
		fact->trust = FILE_MISSING;
	else
		fact->resolved = strdup(path);
	return facts->file_count++;
}

static inline void compiling_pattern(struct compiling *compiling, size_t p, size_t executable)
{
	const struct executable *of = &compiling->policies[p]->executables[executable];
	struct facts *facts = &compiling->facts;
	struct pattern_fact *pattern;
	const char *slash = strrchr(of->path.value, '/');
	char path[4200];

	facts->patterns = realloc(facts->patterns,
				  (facts->pattern_count + 1) * sizeof(*facts->patterns));
	pattern = &facts->patterns[facts->pattern_count++];
	*pattern = (struct pattern_fact){ .policy = p, .executable = executable };
	pattern->files = calloc(2, sizeof(size_t));
	if (!of->glob) {
		pattern->files[pattern->file_count++] = compiling_file(compiling, of->path.value);
		return;
	}
	for (int i = 0; i < 2 && !strstr(of->path.value, "missing"); i++) {
		snprintf(path, sizeof(path), "%.*s/%c", (int)(slash - of->path.value),
			 of->path.value, 'a' + i);
		pattern->files[pattern->file_count++] = compiling_file(compiling, path);
	}
}

static inline struct id_fact *compiling_ids(struct name_set *names, size_t *ret_count)
{
	struct id_fact *ids = calloc(names->count + 1, sizeof(*ids));
	uint64_t number;

	name_set_sort(names);
	for (size_t i = 0; i < names->count; i++) {
		const char *name = names->names[i];

		ids[i] = (struct id_fact){ strdup(name), strcmp(name, "nobodyhere") != 0, 0 };
		if (number_parse(name, 0, UINT32_MAX, &number) == 0)
			ids[i].id = (uint32_t)number;
		else
			ids[i].id = 1000 + (uint32_t)atoi(name + 1);
	}
	*ret_count = names->count;
	free(names->names);
	return ids;
}

static inline void compiling_texts(struct name_set *set, const struct text *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		name_set_add(set, texts[i].value);
}

static inline void compiling_name(struct name_fact *fact, const char *name)
{
	fact->name = strdup(name);
	if (strcmp(name, "here.example") != 0) {
		fact->error = strdup("no such name");
		return;
	}
	fact->addresses = calloc(2, sizeof(*fact->addresses));
	fact->addresses[0].family = AF_INET;
	fact->addresses[1].family = AF_INET6;
	inet_pton(AF_INET, "192.0.2.1", fact->addresses[0].bytes);
	inet_pton(AF_INET6, "2001:db8::1", fact->addresses[1].bytes);
	fact->address_count = 2;
}

static inline void compiling_names(struct compiling *compiling)
{
	struct name_set users = { 0 }, groups = { 0 }, names = { 0 };
	struct facts *facts = &compiling->facts;

	for (size_t p = 0; p < compiling->set.count; p++) {
		const struct policy *policy = compiling->policies[p];
		const struct guard_policy *guard = &policy->guard;

		if (policy->owner.value)
			name_set_add(&users, policy->owner.value);
		compiling_texts(&groups, policy->trust_groups.items, policy->trust_groups.count);
		compiling_texts(&users, guard->bind.users.items, guard->bind.users.count);
		compiling_texts(&users, guard->connect.users.items, guard->connect.users.count);
		compiling_texts(&users, guard->exec.users.items, guard->exec.users.count);
		for (int k = 0; k < CW_RULE_CLASSES; k++)
			for (size_t i = 0; i < policy->classes[k].count; i++) {
				const struct rule *rule = &policy->classes[k].rules[i];

				compiling_texts(&users, rule->users, rule->user_count);
				for (size_t a = 0; a < rule->address_count; a++)
					if (rule->addresses[a].kind == ADDRESS_NAME)
						name_set_add(&names, rule->addresses[a].name);
			}
	}
	facts->users = compiling_ids(&users, &facts->user_count);
	facts->groups = compiling_ids(&groups, &facts->group_count);
	name_set_sort(&names);
	facts->names = calloc(names.count + 1, sizeof(*facts->names));
	for (size_t i = 0; i < names.count; i++)
		compiling_name(&facts->names[facts->name_count++], names.names[i]);
	free(names.names);
}

static inline void compiling_host(struct compiling *compiling)
{
	static const uint8_t local[] = { 198, 51, 100, 7 };

	compiling->registry = file_registry_new();
	for (size_t p = 0; p < compiling->set.count; p++)
		for (size_t i = 0; i < compiling->policies[p]->executable_count; i++)
			compiling_pattern(compiling, p, i);
	compiling_names(compiling);
	compiling->facts.local = calloc(1, sizeof(*compiling->facts.local));
	compiling->facts.local_count = 1;
	compiling->facts.local[0].family = AF_INET;
	memcpy(compiling->facts.local[0].bytes, local, sizeof(local));
	compiling->facts.ephemeral_low = 32768;
	compiling->facts.ephemeral_high = 60999;
}

/* Add a policy; the text must be good. */
static inline void compiling_add(struct compiling *compiling, const char *name, const char *text)
{
	struct diagnostics diagnostics = { 0 };

	compiling->set.policies = compiling->policies;
	if (policy_read(name, text, strlen(text), &diagnostics,
			&compiling->policies[compiling->set.count])) {
		diagnostics_print(&diagnostics, stderr, false);
		fail_msg("%s", text);
	}
	compiling->set.count++;
	diagnostics_release(&diagnostics);
}

static inline int compiling_run(struct compiling *compiling)
{
	void *memory = mmap(NULL, (size_t)CW_PAGES * CW_PAGE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	compiling->image.memory = memory;
	compiling->pages = image_pages(&compiling->image);
	if (!compiling->registry)
		compiling_host(compiling);
	return image_compile(&compiling->set, &compiling->facts, 42, &compiling->image,
			     &compiling->diagnostics, &compiling->catalogue);
}

static inline void compiling_good(struct compiling *compiling)
{
	int r = compiling_run(compiling);

	if (r)
		diagnostics_print(&compiling->diagnostics, stderr, false);
	assert_int_equal(r, 0);
}

static inline void compiling_release(struct compiling *compiling)
{
	for (size_t p = 0; p < compiling->set.count; p++)
		policy_free(compiling->policies[p]);
	facts_release(&compiling->facts);
	file_registry_free(compiling->registry);
	if (compiling->image.memory)
		munmap(compiling->image.memory, (size_t)CW_PAGES * CW_PAGE_SIZE);
	diagnostics_release(&compiling->diagnostics);
	catalogue_free(compiling->catalogue);
}

/* The number of a path. */
static inline uint32_t file(struct compiling *compiling, const char *path)
{
	uint32_t number = 0;

	assert_int_equal(file_registry_number(compiling->registry, path, &number), 0);
	return number;
}

/* ---- questions ---- */

static inline struct cw_request network(uint16_t instance, uint8_t operation, uint8_t protocol,
					const char *address, uint16_t port)
{
	struct cw_request request = { .instance = instance,
				      .operation = operation,
				      .protocol = protocol,
				      .port = port,
				      .user = UINT32_MAX };
	uint8_t bytes[16];

	request.direction = operation == CW_OPERATION_BIND || operation == CW_OPERATION_LISTEN
				    ? CW_DIRECTION_BIND
				    : CW_DIRECTION_CONNECT;
	request.family = strchr(address, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(request.family, address, bytes), 1);
	if (request.family == AF_INET) {
		request.high = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
			       (uint32_t)bytes[2] << 8 | bytes[3];
		return request;
	}
	for (int i = 0; i < 8; i++) {
		request.high = request.high << 8 | bytes[i];
		request.low = request.low << 8 | bytes[i + 8];
	}
	return request;
}

static inline struct cw_request execution(uint16_t instance, uint32_t by, uint32_t target)
{
	return (struct cw_request){ .instance = instance,
				    .operation = CW_OPERATION_EXEC,
				    .executable = by,
				    .target = target,
				    .target_state = target ? CW_FILE_STATE_ADMITTED
							   : CW_FILE_STATE_UNKNOWN,
				    .user = UINT32_MAX };
}

static inline struct cw_decision decided(const struct compiling *compiling,
					 struct cw_request request)
{
	return cw_decide(&compiling->pages, &request);
}

#define assert_verdict(compiling, request, expected) \
	assert_int_equal(decided(compiling, request).verdict, expected)

#endif
