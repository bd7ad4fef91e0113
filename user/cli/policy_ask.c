/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an operation as written to the request that the kernel would make of it: names to file
 * numbers, addresses as the kernel will use them (address.h), users to uids.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "address.h"
#include "cli/policy_operation.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/number.h"

struct asking {
	const struct operation *operation;
	const struct loaded *loaded;
	struct cw_request *request;
	struct buffer *note;
	struct buffer *message;
	const char *word; /* that is wrong */
};

static int wrong(struct asking *asking, const char *word, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int wrong(struct asking *asking, const char *word, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buffer_clear(asking->message);
	buffer_add_string(asking->message, text);
	asking->word = word;
	return -EINVAL;
}

static int ask_instance(struct asking *asking)
{
	const struct operation *operation = asking->operation;
	const struct policy_set *set = &asking->loaded->set;

	asking->request->instance = CW_INSTANCE_NONE;
	if (operation->outside && operation->instance)
		return wrong(asking, operation->instance,
			     "a process outside is of no instance: --instance or --outside");
	if (operation->outside)
		return 0;
	if (!operation->instance && set->count != 1)
		return wrong(asking, NULL,
			     set->count ? "there are several instances: --instance NAME says whose "
					  "process acts"
					: "there is no policy");
	for (size_t p = 0; p < set->count; p++)
		if (!operation->instance ||
		    strcmp(set->policies[p]->instance.value, operation->instance) == 0)
			asking->request->instance = (uint16_t)(p + 1);
	if (asking->request->instance == CW_INSTANCE_NONE)
		return wrong(asking, operation->instance, "no instance `%s`", operation->instance);
	return 0;
}

/* ---- files ---- */

static const struct file_fact *find_path(const struct facts *facts, const char *path)
{
	for (size_t i = 0; i < facts->file_count; i++)
		if (strcmp(facts->files[i].path, path) == 0 ||
		    (facts->files[i].resolved && strcmp(facts->files[i].resolved, path) == 0))
			return &facts->files[i];
	return NULL;
}

/* The file behind a path as the policies know it; NULL: none names it. */
static const struct file_fact *ask_named(const struct asking *asking, const char *path)
{
	const struct file_fact *fact = find_path(&asking->loaded->facts, path);
	char real[PATH_MAX];

	return fact || !realpath(path, real) ? fact : find_path(&asking->loaded->facts, real);
}

/* The same, and what is to be said of it. */
static const struct file_fact *ask_path(struct asking *asking, const char *path)
{
	const struct file_fact *fact = ask_named(asking, path);

	if (!fact || !fact->named)
		buffer_printf(asking->note, "no policy names %s; ", path);
	else if (fact->trust == FILE_MISSING)
		buffer_printf(asking->note, "%s is not on this host: judged as if it were; ", path);
	return fact;
}

/* An executable by its name in the policy: the first of its files. */
static int ask_name(struct asking *asking, const char *name, uint32_t *ret)
{
	size_t p = asking->request->instance - 1u;
	const struct policy *policy = asking->loaded->set.policies[p];
	const struct facts *facts = &asking->loaded->facts;

	for (size_t i = 0; i < policy->executable_count; i++) {
		const struct executable *executable = &policy->executables[i];
		const struct pattern_fact *pattern = facts_pattern(facts, p, i);

		if (!executable->name.value || strcmp(executable->name.value, name) != 0)
			continue;
		if (!pattern || !pattern->file_count)
			return wrong(asking, name, "`%s` matches no file here: give a path", name);
		*ret = facts->files[pattern->files[0]].file;
		return 0;
	}
	return wrong(asking, name, "no executable `%s` in the policy", name);
}

static int ask_actor(struct asking *asking)
{
	const struct operation *operation = asking->operation;
	const struct file_fact *fact;

	if (operation->outside) {
		if (operation->by || operation->script)
			return wrong(asking, operation->by ? operation->by : operation->script,
				     "guards do not ask which executable acts: --by or --outside");
		return 0;
	}
	if (operation->script) {
		fact = ask_path(asking, operation->script);
		asking->request->script = fact ? fact->file : CW_FILE_UNKNOWN;
	}
	if (!operation->by)
		return 0;
	if (!strchr(operation->by, '/'))
		return ask_name(asking, operation->by, &asking->request->executable);
	fact = ask_path(asking, operation->by);
	asking->request->executable = fact ? fact->file : CW_FILE_UNKNOWN;
	return 0;
}

static int ask_user(struct asking *asking)
{
	const char *name = asking->operation->user;
	const struct passwd *entry;
	uint64_t number;

	asking->request->user = UINT32_MAX;
	if (!name)
		return 0;
	if (number_parse(name, 0, UINT32_MAX - 1, &number) == 0) {
		asking->request->user = (uint32_t)number;
		return 0;
	}
	entry = getpwnam(name);
	if (!entry)
		return wrong(asking, name, "this host has no user `%s`", name);
	asking->request->user = entry->pw_uid;
	return 0;
}

static int ask_exec(struct asking *asking)
{
	const char *path = asking->operation->words[1];
	const struct file_fact *fact;

	if (*path != '/')
		return wrong(asking, path, "`%s` is not an absolute path", path);
	fact = ask_path(asking, path);
	if (!fact)
		return 0;
	asking->request->target = fact->file;
	asking->request->target_state = CW_FILE_STATE_ADMITTED;
	if (!file_trust_good(fact->trust) && fact->trust != FILE_MISSING) {
		asking->request->target_state = CW_FILE_STATE_TAMPERED;
		buffer_printf(asking->note, "%s; ",
			      fact->reason ? fact->reason : file_trust_name(fact->trust));
	}
	return 0;
}

/* As bpf/library.bpf.h has it: a file that the policy names and trusts is trusted for what it is, and what FUSE says of
 * whose a file is counts for nothing. */
static int ask_library(struct asking *asking)
{
	const char *path = asking->operation->words[1];
	const struct file_fact *fact;
	struct statfs fs;
	struct stat st;

	if (strcmp(path, "anonymous") == 0)
		return 0;
	if (stat(path, &st) || statfs(path, &fs))
		return wrong(asking, path, "%s: %s", path, strerror(errno));
	asking->request->has_file = 1;
	asking->request->file_mode = (uint16_t)st.st_mode;
	asking->request->file_owner = fs.f_type == FUSE_SUPER_MAGIC ? UINT32_MAX : st.st_uid;
	asking->request->file_group = st.st_gid;
	fact = ask_named(asking, path);
	if (fact && file_trust_good(fact->trust))
		asking->request->target_state = CW_FILE_STATE_ADMITTED;
	return 0;
}

/* ---- sockets ---- */

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
		return wrong(asking, given, "no %s `%s`; did you mean `%s`?", what, given, nearest);
	vocabulary_list(words, all, sizeof(all));
	return wrong(asking, given, "no %s `%s`; there are %s", what, given, all);
}

static int ask_socket(struct asking *asking)
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
		return wrong(asking, word, "`%s` is not an address%s", text,
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
		return wrong(asking, word, "`%s` is not ADDRESS:PORT", word);
	strcpy(text, word);
	port = strrchr(text, ':');
	if (!port)
		return wrong(asking, word, "`%s` is not ADDRESS:PORT", word);
	*port++ = '\0';
	if (*address == '[') {
		if (port - 2 == address || port[-2] != ']')
			return wrong(asking, word, "`%s` is not [ADDRESS]:PORT", word);
		address++;
		port[-2] = '\0';
	} else if (strchr(address, ':')) {
		return wrong(asking, word, "an IPv6 address stands in brackets: [%s]:%s", address,
			     port);
	}
	if (strcmp(port, "ephemeral") != 0 && number_parse(port, 0, 65535, &number))
		return wrong(asking, word, "`%s` is not a port", port);
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

static int ask_connect(struct asking *asking)
{
	return ask_network(asking, CW_DIRECTION_CONNECT, 1);
}

static int ask_bind(struct asking *asking)
{
	return ask_network(asking, CW_DIRECTION_BIND, 1);
}

static int ask_receive(struct asking *asking)
{
	const char *kind = asking->operation->words[1];

	if (strcmp(kind, "bound") == 0)
		return ask_network(asking, CW_DIRECTION_BIND, 2);
	if (strcmp(kind, "connected") == 0)
		return ask_network(asking, CW_DIRECTION_CONNECT, 2);
	return wrong(asking, kind, "a socket is received `bound` or `connected`, not `%s`", kind);
}

/* ---- the operation ---- */

static const struct {
	size_t words; /* its own included */
	const char *usage;
	int (*ask)(struct asking *asking);
} operations[] = {
	[CW_OPERATION_EXEC] = { 2, "exec PATH", ask_exec },
	[CW_OPERATION_LIBRARY] = { 2, "library PATH|anonymous", ask_library },
	[CW_OPERATION_SOCKET] = { 3, "socket FAMILY TYPE", ask_socket },
	[CW_OPERATION_CONNECT] = { 3, "connect PROTOCOL ADDRESS:PORT", ask_connect },
	[CW_OPERATION_SEND] = { 3, "send PROTOCOL ADDRESS:PORT", ask_connect },
	[CW_OPERATION_BIND] = { 3, "bind PROTOCOL ADDRESS:PORT", ask_bind },
	[CW_OPERATION_LISTEN] = { 3, "listen PROTOCOL ADDRESS:PORT", ask_bind },
	[CW_OPERATION_RECEIVE] = { 4, "receive bound|connected PROTOCOL ADDRESS:PORT",
				   ask_receive },
};
_Static_assert(ARRAY_SIZE(operations) == CW_OPERATION_MAX, "every operation can be asked about");

static int ask(struct asking *asking)
{
	const struct operation *operation = asking->operation;
	const char *name = operation->count ? operation->words[0] : "";
	int number = vocabulary_value(&words_operation, name, strlen(name)), r;
	const char *nearest = vocabulary_nearest(&words_operation, name);

	if (!operation->count)
		return wrong(asking, NULL, "no operation given");
	if (number < 0)
		return wrong(asking, name, "no operation `%s`%s%s%s", name,
			     nearest ? "; did you mean `" : "", nearest ? nearest : "",
			     nearest ? "`?" : "");
	if (operation->count != operations[number].words)
		return wrong(asking, name, "it is: %s", operations[number].usage);
	asking->request->operation = (uint8_t)number;
	r = ask_instance(asking);
	if (!r)
		r = ask_actor(asking);
	if (!r)
		r = ask_user(asking);
	return r ? r : operations[number].ask(asking);
}

int operation_request(const struct operation *operation, const struct loaded *loaded,
		      struct cw_request *ret, struct buffer *note, struct buffer *message,
		      const char **reterr_word)
{
	struct cw_request request = { 0 };
	struct asking asking = { .operation = operation,
				 .loaded = loaded,
				 .request = &request,
				 .note = note,
				 .message = message };
	int r = ask(&asking);

	if (r) {
		*reterr_word = asking.word;
		return r;
	}
	if (note->length >= 2 && !buffer_failed(note))
		note->data[note->length -= 2] = '\0'; /* the last "; " */
	*ret = request;
	return 0;
}
