/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/names.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

/* ------------------------------------------------------------------ sets of names */

int name_set_add(struct name_set *set, const char *name)
{
	if (set->count == set->capacity) {
		size_t capacity = set->capacity ? set->capacity * 2 : 64;
		const char **names = realloc(set->names, capacity * sizeof(*names));

		if (!names)
			return -ENOMEM;
		set->names = names;
		set->capacity = capacity;
	}
	set->names[set->count++] = name;
	return 0;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void name_set_sort(struct name_set *set)
{
	size_t kept = 0;

	if (set->count)
		qsort(set->names, set->count, sizeof(*set->names), name_compare);
	for (size_t i = 0; i < set->count; i++)
		if (!kept || strcmp(set->names[kept - 1], set->names[i]) != 0)
			set->names[kept++] = set->names[i];
	set->count = kept;
}

/* ------------------------------------------------------------------ addresses */

struct address_list {
	struct resolved_address *items;
	size_t count;
};

static int addresses_add(struct address_list *list, const struct sockaddr *address)
{
	struct resolved_address *grown, *added;

	if (!address || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
		return 0;
	grown = realloc(list->items, (list->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->items = grown;
	added = &grown[list->count++];
	*added = (struct resolved_address){ .family = (uint8_t)address->sa_family };
	if (address->sa_family == AF_INET)
		memcpy(added->bytes, &((const struct sockaddr_in *)address)->sin_addr, 4);
	else
		memcpy(added->bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
	return 0;
}

static int address_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct resolved_address));
}

/* Name servers turn the order; sorted, the same answer looks the same. */
static void addresses_sort(struct address_list *list)
{
	size_t kept = 0;

	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), address_compare);
	for (size_t i = 0; i < list->count; i++)
		if (!kept || address_compare(&list->items[kept - 1], &list->items[i]) != 0)
			list->items[kept++] = list->items[i];
	list->count = kept;
}

/* ------------------------------------------------------------------ host names */

static int name_keep(struct name_fact *fact, const struct name_fact *previous)
{
	size_t size = previous->address_count * sizeof(*fact->addresses);

	if (!size)
		return 0;
	fact->addresses = malloc(size);
	if (!fact->addresses)
		return -ENOMEM;
	memcpy(fact->addresses, previous->addresses, size);
	fact->address_count = previous->address_count;
	return 0;
}

int name_failed(struct name_fact *fact, const struct name_fact *previous, const char *why)
{
	fact->error = strdup(why);
	if (!fact->error)
		return -ENOMEM;
	return previous ? name_keep(fact, previous) : 0;
}

int name_look_up(struct name_fact *fact, const struct name_fact *previous)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	struct address_list list = { 0 };
	int failed = getaddrinfo(fact->name, NULL, &hints, &found), r = 0;

	if (failed == EAI_MEMORY)
		return -ENOMEM;
	if (failed)
		return name_failed(fact, previous,
				   failed == EAI_SYSTEM ? strerror(errno) : gai_strerror(failed));
	for (const struct addrinfo *each = found; !r && each; each = each->ai_next)
		r = addresses_add(&list, each->ai_addr);
	freeaddrinfo(found);
	addresses_sort(&list);
	fact->addresses = list.items;
	fact->address_count = list.count;
	return r;
}

int names_collect(struct policy *const *policies, size_t count, struct name_set *ret)
{
	int r = 0;

	for (size_t p = 0; p < count; p++)
		for (int k = 0; k < CW_RULE_CLASSES; k++)
			for (size_t i = 0; i < policies[p]->classes[k].count; i++) {
				const struct rule *rule = &policies[p]->classes[k].rules[i];

				for (size_t a = 0; !r && a < rule->address_count; a++)
					if (rule->addresses[a].kind == ADDRESS_NAME)
						r = name_set_add(ret, rule->addresses[a].name);
			}
	name_set_sort(ret);
	return r;
}

int names_gather(struct policy *const *policies, size_t count, const struct facts *previous,
		 bool keep, struct facts *facts)
{
	struct name_set names = { 0 };
	_cleanup_free_ const char **freed = NULL;
	int r = names_collect(policies, count, &names);

	freed = names.names;
	if (r)
		return r;
	facts->names = calloc(names.count + 1, sizeof(*facts->names));
	if (!facts->names)
		return -ENOMEM;
	for (size_t i = 0; !r && i < names.count; i++) {
		const struct name_fact *before = previous ? facts_name(previous, names.names[i])
							  : NULL;
		struct name_fact *fact = &facts->names[facts->name_count++];

		fact->name = strdup(names.names[i]);
		if (!fact->name)
			return -ENOMEM;
		if (keep && (!before || before->error))
			r = name_failed(fact, before, before ? before->error : NAME_UNANSWERED);
		else if (keep)
			r = name_keep(fact, before);
		else
			r = name_look_up(fact, before);
	}
	return r;
}

/* ------------------------------------------------------------------ this host */

/* The kernel's own defaults, for where /proc cannot be read. */
#define EPHEMERAL_LOW 32768
#define EPHEMERAL_HIGH 60999

static void ephemeral_range(struct facts *facts)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	unsigned int low, high;

	facts->ephemeral_low = EPHEMERAL_LOW;
	facts->ephemeral_high = EPHEMERAL_HIGH;
	if (!file || fscanf(file, "%u %u", &low, &high) != 2 || low > high || high > 65535)
		return;
	facts->ephemeral_low = (uint16_t)low;
	facts->ephemeral_high = (uint16_t)high;
}

int network_gather(struct facts *facts)
{
	struct address_list list = { 0 };
	struct ifaddrs *interfaces = NULL;
	int r = 0;

	ephemeral_range(facts);
	/* Without them a guard would cover less than it says. */
	if (getifaddrs(&interfaces))
		return -errno;
	for (const struct ifaddrs *each = interfaces; !r && each; each = each->ifa_next)
		r = addresses_add(&list, each->ifa_addr);
	if (interfaces)
		freeifaddrs(interfaces);
	addresses_sort(&list);
	facts->local = list.items;
	facts->local_count = list.count;
	return r;
}
