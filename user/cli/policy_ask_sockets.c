/* SPDX-License-Identifier: GPL-2.0-only */
/* The sockets of a question: kinds, protocols, and addresses as the kernel will use them (address.h). */
#include <arpa/inet.h>
#include <string.h>

#include "address.h"
#include "cli/policy_ask.h"
#include "policy/words.h"
#include "util/number.h"

/* A word of the vocabulary, or a number below its end. */
static int ask_word(struct asking *asking, const char *what, const struct vocabulary *words,
		    const char *given, uint8_t *ret)
{
	int value = vocabulary_value(words, given, strlen(given));
	const char *nearest;
	char all[256];
	uint64_t number;

	if (value >= 0) {
		*ret = (uint8_t)value;
		return 0;
	}
	if (number_parse(given, 0, words->count - 1, &number) == 0) {
		*ret = (uint8_t)number;
		return 0;
	}
	nearest = vocabulary_nearest(words, given);
	if (nearest)
		return ask_wrong(asking, given, "no %s `%s`; did you mean `%s`?", what, given,
				 nearest);
	vocabulary_list(words, all, sizeof(all));
	return ask_wrong(asking, given, "no %s `%s`; there are %s", what, given, all);
}

int ask_socket(struct asking *asking)
{
	int r = ask_word(asking, "address family", &words_family, asking->operation->words[1],
			 &asking->request->family);

	return r ? r
		 : ask_word(asking, "socket type", &words_socket_type, asking->operation->words[2],
			    &asking->request->socket_type);
}

static int ask_address(struct asking *asking, const char *word, const char *text)
{
	struct in6_addr v6;
	struct in_addr v4;
	uint64_t half[2] = { 0, 0 };

	if (strcmp(text, "localhost") == 0)
		text = "127.0.0.1";
	if (inet_pton(AF_INET, text, &v4) == 1) {
		cw_address_v4(asking->request, ntohl(v4.s_addr));
		return 0;
	}
	if (inet_pton(AF_INET6, text, &v6) != 1)
		return ask_wrong(asking, word, "`%s` is not an address%s", text,
				 strchr(text, '%') ? ": it has no interface here" : "");
	for (int i = 0; i < 16; i++)
		half[i / 8] = half[i / 8] << 8 | v6.s6_addr[i];
	cw_address_v6(asking->request, half[0], half[1]);
	return 0;
}

static int ask_endpoint(struct asking *asking, const char *word)
{
	char text[INET6_ADDRSTRLEN + sizeof("[]:ephemeral")];
	char *address = text, *port;
	uint64_t number = 0;

	if (strlen(word) >= sizeof(text))
		return ask_wrong(asking, word, "`%s` is not ADDRESS:PORT", word);
	strcpy(text, word);
	port = strrchr(text, ':');
	if (!port)
		return ask_wrong(asking, word, "`%s` is not ADDRESS:PORT", word);
	*port++ = '\0';
	if (*address == '[') {
		if (port - 2 == address || port[-2] != ']')
			return ask_wrong(asking, word, "`%s` is not [ADDRESS]:PORT", word);
		address++;
		port[-2] = '\0';
	} else if (strchr(address, ':')) {
		return ask_wrong(asking, word, "an IPv6 address stands in brackets: [%s]:%s",
				 address, port);
	}
	if (strcmp(port, "ephemeral") != 0 && number_parse(port, 0, 65535, &number))
		return ask_wrong(asking, word, "`%s` is not a port", port);
	asking->request->port = (uint16_t)number;
	return ask_address(asking, word, address);
}

static int ask_network(struct asking *asking, enum cw_direction direction, size_t first)
{
	const char *const *words = asking->operation->words;
	int r = ask_word(asking, "protocol", &words_protocol, words[first],
			 &asking->request->protocol);

	if (!r)
		r = ask_endpoint(asking, words[first + 1]);
	asking->request->direction = direction;
	if (!r && direction == CW_DIRECTION_CONNECT && !asking->operation->told &&
	    cw_address_unspecified(asking->request))
		cw_address_of_this_host(asking->request,
					asking->request->family == CW_AF_INET ? CW_LOOPBACK_V4 : 0);
	return r;
}

int ask_connect(struct asking *asking)
{
	return ask_network(asking, CW_DIRECTION_CONNECT, 1);
}

int ask_bind(struct asking *asking)
{
	return ask_network(asking, CW_DIRECTION_BIND, 1);
}

int ask_receive(struct asking *asking)
{
	const char *kind = asking->operation->words[1];

	if (strcmp(kind, "bound") == 0)
		return ask_network(asking, CW_DIRECTION_BIND, 2);
	if (strcmp(kind, "connected") == 0)
		return ask_network(asking, CW_DIRECTION_CONNECT, 2);
	return ask_wrong(asking, kind, "a socket is received `bound` or `connected`, not `%s`",
			 kind);
}
