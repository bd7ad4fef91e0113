/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports: `tcp/1972`, `udp/4000-4010`, `"tcp/1972,57772"`, `tcp/ephemeral` (bind: a port that the
 * kernel chooses; connect: this host's range of such ports), `tcp/any` (1 to 65535), `any/53` (every
 * protocol), and lists of these.
 */
#include <errno.h>
#include <string.h>

#include "policy/read.h"
#include "policy/words.h"
#include "util/number.h"

struct port_reading {
	const char *what;
	struct port_list list;
	uint8_t protocols; /* of the text that is being read */
};

#define PORT_DIGITS 24 /* longer is no number */

static bool part_is(const struct node *node, size_t at, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(node->text + at, word, length) == 0;
}

static void no_number(struct reader *reader, const struct node *node, size_t at, size_t length)
{
	struct location where = node_part(node, at, length);
	const char *text = node->text + at;
	struct diagnostic *diagnostic;
	uint64_t number;
	char digits[PORT_DIGITS] = "";
	size_t zeros = strspn(text, "0");

	diagnostic = read_error(reader, &where, "`%.*s` is not a port number", (int)length, text);
	if (part_is(node, at, length, "*")) {
		diagnostic_hint(diagnostic, "for every port, write `any`");
		return;
	}
	if (zeros && zeros < length && length - zeros < sizeof(digits)) {
		memcpy(digits, text + zeros, length - zeros);
		if (number_parse(digits, 1, 65535, &number) == 0) {
			diagnostic_hint(diagnostic, "without the leading zero: `%s`", digits);
			return;
		}
	}
	diagnostic_hint(diagnostic, "a decimal number from 1 to 65535, a range such as 9000-9010, "
				    "`ephemeral` or `any`");
}

static bool read_number(struct reader *reader, const struct node *node, size_t at, size_t length,
			uint16_t *ret_port)
{
	struct location where = node_part(node, at, length);
	char digits[PORT_DIGITS] = "";
	uint64_t number;
	int r = -EINVAL;

	if (length < sizeof(digits)) {
		memcpy(digits, node->text + at, length);
		r = number_parse(digits, 1, 65535, &number);
	}
	if (r == 0) {
		*ret_port = (uint16_t)number;
		return true;
	}
	if (r == -EINVAL)
		no_number(reader, node, at, length);
	else
		diagnostic_hint(read_error(reader, &where, "there is no port %s", digits),
				"ports are 1 to 65535; for one that the kernel chooses, write "
				"`ephemeral`");
	return false;
}

static void read_range(struct reader *reader, const struct node *node, size_t at, size_t length,
		       struct port_range *range)
{
	const char *dash = memchr(node->text + at, '-', length);
	size_t first = dash ? (size_t)(dash - node->text) - at : length;

	if (!read_number(reader, node, at, first, &range->low))
		return;
	range->high = range->low;
	if (!dash || !read_number(reader, node, at + first + 1, length - first - 1, &range->high))
		return;
	if (range->high < range->low)
		diagnostic_hint(read_error(reader, &range->where, "the range %u-%u is empty",
					   range->low, range->high),
				"did you mean %u-%u?", range->high, range->low);
}

/* One item between commas. */
static void read_part(struct reader *reader, const struct node *node, size_t at, size_t length,
		      struct port_reading *reading)
{
	struct port_range *range;

	while (length && node->text[at] == ' ') {
		at++;
		length--;
	}
	while (length && node->text[at + length - 1] == ' ')
		length--;
	if (*reading->list.count >= POLICY_LIST_MAX) {
		read_error(reader, &node->where, "%s has more than %d ports", reading->what,
			   POLICY_LIST_MAX);
		return;
	}
	range = APPEND(reader, *reading->list.items, *reading->list.count);
	if (!range)
		return;
	range->protocols = reading->protocols;
	range->where = node_part(node, at, length);
	if (part_is(node, at, length, "ephemeral")) {
		range->ephemeral = true;
	} else if (part_is(node, at, length, "any")) {
		range->low = 1;
		range->high = 65535;
	} else {
		read_range(reader, node, at, length, range);
	}
}

/* A text without a slash. */
static void no_protocol(struct reader *reader, const struct node *node)
{
	struct diagnostic *diagnostic = read_error(reader, &node->where,
						   "`%s` is not a protocol and a port", node->text);
	bool number = node->length && strspn(node->text, "0123456789-") == node->length;

	if (number)
		diagnostic_hint(diagnostic,
				"did you mean `tcp/%s`? In brackets a comma separates items: "
				"write \"tcp/1,2\" in quotes",
				node->text);
	else
		diagnostic_hint(diagnostic, "for example `tcp/1972`, `udp/4001` or `tcp/any`");
}

static const char *const protocols[] = { "tcp", "udp", "sctp", "any" };
static const uint8_t protocol_bits[] = {
	1 << CW_PROTOCOL_TCP,
	1 << CW_PROTOCOL_UDP,
	1 << CW_PROTOCOL_SCTP,
	(1 << CW_PROTOCOL_MAX) - 1,
};
_Static_assert(ARRAY_SIZE(protocols) == ARRAY_SIZE(protocol_bits), "protocols");

static bool read_protocol(struct reader *reader, const struct node *node, size_t length,
			  uint8_t *ret_protocols)
{
	static const struct vocabulary words = { protocols, ARRAY_SIZE(protocols) };
	struct location where = node_part(node, 0, length);
	int found = vocabulary_value(&words, node->text, length);
	struct diagnostic *diagnostic;

	if (found >= 0) {
		*ret_protocols = protocol_bits[found];
		return true;
	}
	diagnostic = read_error(reader, &where, "unknown protocol `%.*s`", (int)length, node->text);
	if (vocabulary_value(&words, node->text + length + 1, node->length - length - 1) >= 0)
		diagnostic_hint(diagnostic, "did you mean `%s/%.*s`?", node->text + length + 1,
				(int)length, node->text);
	else if (part_is(node, 0, length, "mptcp"))
		diagnostic_hint(diagnostic, "MPTCP counts as `tcp`");
	else if (part_is(node, 0, length, "udplite"))
		diagnostic_hint(diagnostic, "UDP-Lite counts as `udp`");
	else
		diagnostic_hint(diagnostic, "`tcp`, `udp`, `sctp`, or `any` for every protocol");
	return false;
}

static void port_item(struct reader *reader, const struct node *node, void *object)
{
	struct port_reading *reading = object;
	const char *slash = memchr(node->text, '/', node->length);
	size_t at;

	if (!slash) {
		no_protocol(reader, node);
		return;
	}
	at = (size_t)(slash - node->text);
	if (!read_protocol(reader, node, at, &reading->protocols))
		return;
	do {
		size_t length = strcspn(node->text + ++at, ",");

		read_part(reader, node, at, length, reading);
		at += length;
	} while (node->text[at]);
}

void read_ports(struct reader *reader, const char *what, const struct node *value,
		struct port_list list)
{
	struct port_reading reading = { .what = what, .list = list };

	read_items(reader, what, value, port_item, &reading);
}
