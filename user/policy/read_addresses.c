/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses: IPv4 and IPv6 with or without a prefix length, `localhost`, `any`, names of hosts. An
 * IPv4-mapped IPv6 address is the IPv4 address it stands for, as it is for the hooks.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "policy/read.h"
#include "util/number.h"

struct address_reading {
	const char *what;
	struct address_list list;
	bool any;
};

#define MAPPED_BITS 96
static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static unsigned int family_bits(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

/* ------------------------------------------------------------------ prefixes */

/* The number behind the slash. */
static bool read_prefix_length(struct reader *reader, const struct node *node, size_t at,
			       uint8_t family, uint8_t *ret_prefix)
{
	struct location where = node_part(node, at, node->length - at);
	uint64_t prefix;

	if (number_parse(node->text + at, 0, family_bits(family), &prefix) == 0) {
		*ret_prefix = (uint8_t)prefix;
		return true;
	}
	diagnostic_hint(read_error(reader, &where, "`%s` is not a prefix length", node->text + at),
			"%s has 0 to %u bits", family == AF_INET ? "IPv4" : "IPv6",
			family_bits(family));
	return false;
}

/* Clear the bits behind the prefix; true if there were any. */
static bool clear_host_bits(struct address *address)
{
	bool any = false;

	for (unsigned int bit = address->prefix; bit < family_bits(address->family); bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		any |= address->bytes[bit / 8] & mask;
		address->bytes[bit / 8] &= (uint8_t)~mask;
	}
	return any;
}

static bool unmap(struct reader *reader, const struct node *node, struct address *address)
{
	if (address->family != AF_INET6 ||
	    memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix)) != 0)
		return true;
	if (address->prefix < MAPPED_BITS) {
		diagnostic_hint(read_error(reader, &node->where,
					   "an IPv4-mapped prefix of less than %d bits",
					   MAPPED_BITS),
				"write the IPv4 prefix that is meant, and the IPv6 one beside it");
		return false;
	}
	address->family = AF_INET;
	address->prefix -= MAPPED_BITS;
	memmove(address->bytes, address->bytes + sizeof(mapped_prefix), 4);
	memset(address->bytes + 4, 0, sizeof(address->bytes) - 4);
	return true;
}

static void check_host_bits(struct reader *reader, const struct node *node, struct address *address)
{
	char text[INET6_ADDRSTRLEN];
	struct diagnostic *diagnostic;

	if (!clear_host_bits(address) ||
	    !inet_ntop(address->family, address->bytes, text, sizeof(text)))
		return;
	diagnostic = read_error(reader, &node->where, "`%s` has bits behind its prefix",
				node->text);
	diagnostic_hint(diagnostic, "the network is %s/%u; one host has no prefix, or /%u", text,
			address->prefix, family_bits(address->family));
}

/* ------------------------------------------------------------------ names */

const char *host_name_mistake(const char *name, size_t length)
{
	const char *label = name, *end = name + length;

	if (!length || length > 253)
		return "not an address, and a name has 1 to 253 characters";
	for (;;) {
		const char *dot = memchr(label, '.', (size_t)(end - label));
		size_t size = (size_t)((dot ? dot : end) - label);

		if (!size || size > 63 || label[0] == '-' || label[size - 1] == '-' ||
		    strspn(label,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") <
			    size)
			return "neither an address nor the name of a host";
		if (!dot)
			break;
		label = dot + 1;
	}
	/* Resolvers take 127.1 and 0x7f000001 for addresses, hence they are no names here. */
	if (strspn(label, "0123456789") == (size_t)(end - label) ||
	    strncasecmp(label, "0x", 2) == 0)
		return "not an address";
	return NULL;
}

static void no_address(struct reader *reader, const struct node *node, const char *mistake)
{
	struct diagnostic *diagnostic = read_error(reader, &node->where, "`%s` is %s", node->text,
						   mistake);
	const char *colon = strrchr(node->text, ':');

	if (strchr(node->text, '*'))
		diagnostic_hint(diagnostic,
				"there are no wildcards; for every address, write `any`");
	else if (strchr(node->text, '%'))
		diagnostic_hint(diagnostic, "an address has no interface here");
	else if (colon && colon == strchr(node->text, ':'))
		diagnostic_hint(diagnostic, "ports stand in `allow`: `tcp/1972`");
	else
		diagnostic_hint(diagnostic, "for example 10.1.2.3, 10.1.0.0/16, 2001:db8::/32, "
					    "localhost or ecp.example.org");
}

static void read_host(struct reader *reader, const struct node *node, struct address *address)
{
	const char *mistake = host_name_mistake(node->text, node->length);

	if (mistake) {
		no_address(reader, node, mistake);
		return;
	}
	address->kind = ADDRESS_NAME;
	address->name = read_strdup(reader, node->text, node->length);
}

/* ------------------------------------------------------------------ items */

static void read_address(struct reader *reader, const struct node *node, struct address *address)
{
	const char *slash = memchr(node->text, '/', node->length);
	size_t length = slash ? (size_t)(slash - node->text) : node->length;
	char text[INET6_ADDRSTRLEN] = "";

	address->where = node->where;
	if (strcmp(node->text, "localhost") == 0) {
		address->kind = ADDRESS_LOCALHOST;
		return;
	}
	if (length < sizeof(text))
		memcpy(text, node->text, length);
	if (inet_pton(AF_INET, text, address->bytes) == 1) {
		address->family = AF_INET;
	} else if (inet_pton(AF_INET6, text, address->bytes) == 1) {
		address->family = AF_INET6;
	} else if (slash) {
		no_address(reader, node, "not a network");
		return;
	} else {
		read_host(reader, node, address);
		return;
	}
	address->kind = ADDRESS_PREFIX;
	address->prefix = (uint8_t)family_bits(address->family);
	if (slash &&
	    !read_prefix_length(reader, node, length + 1, address->family, &address->prefix))
		return;
	if (unmap(reader, node, address))
		check_host_bits(reader, node, address);
}

static void address_item(struct reader *reader, const struct node *node, void *object)
{
	struct address_reading *reading = object;
	struct address *address;

	if (strcmp(node->text, "any") == 0) {
		reading->any = true;
		return;
	}
	address = APPEND(reader, *reading->list.items, *reading->list.count);
	if (address)
		read_address(reader, node, address);
}

void read_addresses(struct reader *reader, const char *what, const struct node *value,
		    struct address_list list)
{
	struct address_reading reading = { .what = what, .list = list };

	read_items(reader, what, value, address_item, &reading);
	/* `any` is what a rule without addresses says; beside others it hides a mistake. */
	if (reading.any && *list.count)
		diagnostic_hint(read_error(reader, &value->where,
					   "%s has `any` beside other addresses", what),
				"`any` covers them all: leave the others out, or `any`");
}
