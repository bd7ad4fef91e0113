/* SPDX-License-Identifier: GPL-2.0-only */
/* The sockets of a question: kinds, protocols, and addresses as the kernel will use them (address.h). */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "cli/policy_ask.h"
#include "policy/words.h"
#include "util/cleanup.h"
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

void ask_use_address(struct cw_request *request, const struct resolved_address *address, bool told)
{
	uint64_t half[2] = { 0, 0 };
	size_t size = address->family == AF_INET ? 4 : 16;

	for (size_t i = 0; i < size; i++)
		half[i / 8] = half[i / 8] << 8 | address->bytes[i];
	if (address->family == AF_INET)
		cw_address_v4(request, (uint32_t)half[0]);
	else
		cw_address_v6(request, half[0], half[1]);
	if (request->direction == CW_DIRECTION_CONNECT && !told && cw_address_unspecified(request))
		cw_address_of_this_host(request,
					request->family == CW_AF_INET ? CW_LOOPBACK_V4 : 0);
}

/* A host by its name, if a policy names it: then its addresses are known. */
static int ask_host(struct asking *asking, const char *word, const char *text)
{
	const struct facts *facts = &asking->loaded->facts;
	const struct name_fact *host = NULL;

	for (size_t i = 0; i < facts->name_count && !host; i++)
		if (strcasecmp(facts->names[i].name, text) == 0)
			host = &facts->names[i];
	if (!host && strchr(text, '%'))
		return ask_wrong(asking, word, "`%s` is not an address: it has no interface here",
				 text);
	if (!host) {
		ask_hint(asking,
			 "give an address; a name stands for its addresses where a rule names it");
		return ask_wrong(asking, word,
				 "`%s` is neither an address nor a host that the policy names",
				 text);
	}
	if (!host->address_count) {
		ask_hint(asking, "what a rule says of it is for no address until it has one");
		return ask_wrong(asking, word, "`%s` has no address here: %s", text,
				 host->error ? host->error : "its look-up answered none");
	}
	asking->question->peers = host;
	ask_use_address(asking->request, &host->addresses[0], false);
	return 0;
}

static int ask_address(struct asking *asking, const char *word, const char *text)
{
	struct resolved_address address = { 0 };

	if (strcmp(text, "localhost") == 0)
		text = "127.0.0.1";
	if (inet_pton(AF_INET, text, address.bytes) == 1)
		address.family = AF_INET;
	else if (inet_pton(AF_INET6, text, address.bytes) == 1)
		address.family = AF_INET6;
	else
		return ask_host(asking, word, text);
	ask_use_address(asking->request, &address, asking->operation->told);
	return 0;
}

#define ENDPOINT_MAX (253 + sizeof("[]:ephemeral")) /* the longest name of a host */

static int ask_endpoint(struct asking *asking, const char *word)
{
	char text[ENDPOINT_MAX];
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

/* As the kernel side counts them. */
static const struct {
	const char *word;
	uint8_t protocol;
} variants[] = {
	{ "mptcp", CW_PROTOCOL_TCP },
	{ "udplite", CW_PROTOCOL_UDP },
};

static int ask_protocol(struct asking *asking, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		if (strcmp(variants[i].word, word) == 0) {
			asking->request->protocol = variants[i].protocol;
			return 0;
		}
	return ask_word(asking, "protocol", &words_protocol, word, &asking->request->protocol);
}

static int ask_network(struct asking *asking, enum cw_direction direction, size_t first)
{
	const char *const *words = asking->operation->words;
	int r = ask_protocol(asking, words[first]);

	asking->request->direction = direction;
	return r ? r : ask_endpoint(asking, words[first + 1]);
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
	if (strcmp(kind, "connected") == 0) {
		/* An event has the address that was judged. */
		if (!asking->operation->told)
			buffer_add_string(asking->note,
					  "as a connection that was begun: one that was accepted, "
					  "and any where `bind` is off, is as good as its "
					  "listener; ");
		return ask_network(asking, CW_DIRECTION_CONNECT, 2);
	}
	return ask_wrong(asking, kind, "a socket is received `bound` or `connected`, not `%s`",
			 kind);
}
