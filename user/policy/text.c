/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/text.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "policy/words.h"

static void protocols_text(uint8_t protocols, struct buffer *to)
{
	const char *between = "";

	if (protocols == (1u << CW_PROTOCOL_MAX) - 1) {
		buffer_add_string(to, "any");
		return;
	}
	for (size_t protocol = 0; protocol < CW_PROTOCOL_MAX; protocol++) {
		if (!(protocols & 1u << protocol))
			continue;
		buffer_printf(to, "%s%s", between, vocabulary_word(&words_protocol, protocol));
		between = "+";
	}
}

void port_range_text(const struct port_range *range, struct buffer *to)
{
	protocols_text(range->protocols, to);
	if (range->ephemeral)
		buffer_add_string(to, "/ephemeral");
	else if (range->low <= 1 && range->high == 65535)
		buffer_add_string(to, "/any");
	else if (range->low == range->high)
		buffer_printf(to, "/%u", range->low);
	else
		buffer_printf(to, "/%u-%u", range->low, range->high);
}

void address_text(const struct address *address, struct buffer *to)
{
	unsigned int bits = address->family == AF_INET ? 32 : 128;
	char text[INET6_ADDRSTRLEN];

	if (address->kind == ADDRESS_LOCALHOST)
		buffer_add_string(to, "localhost");
	else if (address->kind == ADDRESS_NAME)
		buffer_add_string(to, address->name);
	else if (!inet_ntop(address->family, address->bytes, text, sizeof(text)))
		buffer_add_char(to, '?');
	else if (address->prefix == bits)
		buffer_add_string(to, text);
	else
		buffer_printf(to, "%s/%u", text, address->prefix);
}
