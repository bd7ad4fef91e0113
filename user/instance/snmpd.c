/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snmpd.conf, of which only AgentX matters here: `master agentx`, and where subagents connect to,
 * `agentXSocket TRANSPORT:ADDRESS[,...]`. Directives are matched whatever the case, as snmpd does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "instance/neighbours.h"
#include "instance/source.h"

struct snmpd_reading {
	struct snmpd *snmpd;
	struct source source;
	bool out_of_memory;
};

struct word {
	const char *text;
	size_t length;
};

static bool is(struct word word, const char *what)
{
	return strlen(what) == word.length && strncasecmp(word.text, what, word.length) == 0;
}

/* The next word of a line; length 0 at its end. Quotes are taken off. */
static struct word next_word(const struct source_line *line, size_t *at)
{
	struct word word;

	while (*at < line->length && source_blank(line->text[*at]))
		++*at;
	word.text = line->text + *at;
	while (*at < line->length && !source_blank(line->text[*at]))
		++*at;
	word.length = (size_t)(line->text + *at - word.text);
	if (word.length >= 2 && (*word.text == '"' || *word.text == '\'') &&
	    word.text[word.length - 1] == *word.text) {
		word.text++;
		word.length -= 2;
	}
	return word;
}

static const struct {
	const char *word;
	enum agentx_transport transport;
} transports[] = {
	{ "tcp", AGENTX_TCP },	   { "tcp6", AGENTX_TCP },    { "tcpv6", AGENTX_TCP },
	{ "tcpipv6", AGENTX_TCP }, { "udp", AGENTX_UDP },     { "udp6", AGENTX_UDP },
	{ "udpv6", AGENTX_UDP },   { "udpipv6", AGENTX_UDP }, { "unix", AGENTX_UNIX },
	{ "local", AGENTX_UNIX },
};

/* Takes `tcp:` off. What begins with no transport is a path, or a TCP address. */
static enum agentx_transport transport_of(struct word *specification)
{
	const char *colon = memchr(specification->text, ':', specification->length);
	struct word word = { specification->text, 0 };

	if (specification->length && *specification->text == '/')
		return AGENTX_UNIX;
	if (!colon)
		return AGENTX_TCP;
	word.length = (size_t)(colon - word.text);
	for (size_t i = 0; i < ARRAY_SIZE(transports); i++) {
		if (!is(word, transports[i].word))
			continue;
		specification->text += word.length + 1;
		specification->length -= word.length + 1;
		return transports[i].transport;
	}
	return is(word, "ssh") || is(word, "dtlsudp") || is(word, "tlstcp") ? AGENTX_OTHER
									    : AGENTX_TCP;
}

static bool all_digits(struct word word)
{
	for (size_t i = 0; i < word.length; i++)
		if (word.text[i] < '0' || word.text[i] > '9')
			return false;
	return word.length > 0;
}

/* `localhost:705`, `705`, `localhost`, `[::1]:705` */
static void split_address(struct word specification, struct word *ret_address,
			  struct word *ret_port)
{
	const char *close = specification.length && *specification.text == '['
				    ? memchr(specification.text, ']', specification.length)
				    : NULL;
	const char *from = close ? close : specification.text;
	const char *colon = memrchr(from, ':',
				    specification.length - (size_t)(from - specification.text));

	*ret_address = specification;
	*ret_port = (struct word){ "", 0 };
	if (all_digits(specification)) {
		*ret_port = specification;
		*ret_address = (struct word){ "", 0 };
		return;
	}
	if (colon) {
		ret_address->length = (size_t)(colon - specification.text);
		*ret_port = (struct word){ colon + 1,
					   specification.length - ret_address->length - 1 };
	}
	if (close) {
		ret_address->text++;
		ret_address->length = (size_t)(close - ret_address->text);
	}
}

static void add_socket(struct snmpd_reading *reading, const struct source_line *line,
		       struct word specification)
{
	struct location where = source_location(&reading->source, line,
						(size_t)(specification.text - line->text),
						specification.length);
	enum agentx_transport transport = transport_of(&specification);
	struct word address = specification, port = { "", 0 };
	struct snmpd *snmpd = reading->snmpd;
	struct agentx_socket *grown;
	uint16_t number = transport == AGENTX_TCP || transport == AGENTX_UDP ? AGENTX_PORT : 0;

	if (snmpd->socket_count >= NEIGHBOUR_ROWS_MAX)
		return;
	if (number)
		split_address(specification, &address, &port);
	if (number && port.length && !source_port(port.text, port.length, &number)) {
		number = 0;
		diagnostic_hint(diagnostics_add(reading->source.diagnostics, SEVERITY_ERROR, &where,
						"`%.*s` is no port",
						port.length < 100 ? (int)port.length : 100,
						port.text),
				"as in TCP:localhost:%d", AGENTX_PORT);
	}
	grown = reallocarray(snmpd->sockets, snmpd->socket_count + 1, sizeof(*grown));
	if (!grown) {
		reading->out_of_memory = true;
		return;
	}
	snmpd->sockets = grown;
	grown[snmpd->socket_count] = (struct agentx_socket){
		.transport = transport,
		.address = strndup(address.text, address.length),
		.port = number,
		.where = where,
	};
	reading->out_of_memory |= !grown[snmpd->socket_count].address;
	snmpd->socket_count++;
}

/* Several are written with commas between them. */
static void read_sockets(struct snmpd_reading *reading, const struct source_line *line, size_t at)
{
	struct word list = next_word(line, &at);

	if (!list.length) {
		struct location where = source_location(&reading->source, line, 0, line->length);

		diagnostic_hint(diagnostics_add(reading->source.diagnostics, SEVERITY_WARNING,
						&where, "agentXSocket has no address"),
				"as in agentXSocket TCP:localhost:%d", AGENTX_PORT);
	}
	for (size_t from = 0; from < list.length;) {
		const char *comma = memchr(list.text + from, ',', list.length - from);
		size_t end = comma ? (size_t)(comma - list.text) : list.length;
		struct word one = { list.text + from, end - from };

		if (one.length)
			add_socket(reading, line, one);
		from = end + 1;
	}
}

static void read_line(struct snmpd_reading *reading, const struct source_line *line)
{
	struct location where = source_location(&reading->source, line, 0, line->length);
	size_t at = 0;
	struct word directive = next_word(line, &at), value;

	if (is(directive, "agentXSocket")) {
		read_sockets(reading, line, at);
	} else if (is(directive, "master")) {
		value = next_word(line, &at);
		reading->snmpd->master = is(value, "agentx") || is(value, "all") ||
					 is(value, "yes") || is(value, "on");
		reading->snmpd->master_where = where;
	} else if (is(directive, "includeFile") || is(directive, "includeDir")) {
		diagnostic_hint(diagnostics_add(reading->source.diagnostics, SEVERITY_NOTE, &where,
						"what this includes is not read"),
				"look there for `master` and `agentXSocket` too");
	}
}

int snmpd_read(const char *file, const char *text, size_t length, struct diagnostics *diagnostics,
	       struct snmpd **ret)
{
	_cleanup_snmpd_ struct snmpd *snmpd = calloc(1, sizeof(*snmpd));
	struct snmpd_reading reading = { .snmpd = snmpd };
	struct source_line line;
	int r;

	if (snmpd)
		snmpd->file = strdup(file);
	if (!snmpd || !snmpd->file)
		return -ENOMEM;
	snmpd->master_where.file = snmpd->file;
	r = source_begin(&reading.source, "snmpd.conf", snmpd->file, text, length,
			 NEIGHBOUR_SIZE_MAX, diagnostics);
	if (r)
		return r;
	while (source_next(&reading.source, &line))
		if (line.length && line.text[0] != '#')
			read_line(&reading, &line);
	if (reading.out_of_memory)
		return -ENOMEM;
	*ret = take_ptr(snmpd);
	return 0;
}

int snmpd_read_file(const char *path, struct diagnostics *diagnostics, struct snmpd **ret)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	int r = source_load(path, SOURCE_FOUND, NEIGHBOUR_SIZE_MAX, diagnostics, &text);

	return r ? r : snmpd_read(path, text.data, text.length, diagnostics, ret);
}

struct snmpd *snmpd_free(struct snmpd *snmpd)
{
	for (size_t i = 0; snmpd && i < snmpd->socket_count; i++)
		free(snmpd->sockets[i].address);
	if (snmpd) {
		free(snmpd->sockets);
		free(snmpd->file);
	}
	free(snmpd);
	return NULL;
}
