/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host names are looked up again on a schedule, and a name server may take its time: so a child does
 * it, with a copy of everything, and sends back one line an address (or an error) through a pipe. The
 * daemon goes on serving meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "host/names.h"
#include "util/child.h"
#include "util/cleanup.h"

#define NAME_TEXT 256
#define ERROR_TEXT 128
#define ANSWERS_MAX 65536 /* what the daemon takes from its own child */

/* At most PIPE_BUF bytes, so that a write is whole or not at all. */
struct answer_line {
	char name[NAME_TEXT];
	char error
		[ERROR_TEXT]; /* empty, or why the look-up failed: the address is then an old one */
	struct resolved_address address; /* family 0: none */
};

static void line_send(int to, const struct name_fact *name, const struct resolved_address *address)
{
	struct answer_line line = { 0 };

	snprintf(line.name, sizeof(line.name), "%s", name->name);
	snprintf(line.error, sizeof(line.error), "%s", name->error ? name->error : "");
	if (address)
		line.address = *address;
	if (write(to, &line, sizeof(line)) != sizeof(line))
		_exit(1);
}

static void __attribute__((noreturn)) resolver(const struct governing *governing, int to)
{
	struct facts facts = { 0 };

	if (names_gather(governing->list.items, governing->list.count, &governing->facts, false,
			 &facts))
		_exit(1);
	for (size_t i = 0; i < facts.name_count; i++) {
		const struct name_fact *name = &facts.names[i];

		if (!name->address_count)
			line_send(to, name, NULL);
		for (size_t j = 0; j < name->address_count; j++)
			line_send(to, name, &name->addresses[j]);
	}
	_exit(0);
}

int resolve_begin(struct daemon *daemon)
{
	pid_t parent = getpid();
	int ends[2];

	if (daemon->resolver_fd >= 0 || !daemon->governing.facts.name_count)
		return 0; /* the last one is still at it, or there is nothing to look up */
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	daemon->resolver = fork();
	if (daemon->resolver < 0) {
		close(ends[0]);
		close(ends[1]);
		return -errno;
	}
	if (!daemon->resolver)
		resolver(&daemon->governing, child_begin(parent, ends[1]));
	close(ends[1]);
	daemon->resolver_fd = ends[0];
	return 0;
}

/* The name's fact, which names has room for: lines of one name come together. */
static struct name_fact *answer_name(struct name_fact *names, size_t *count, const char *name)
{
	struct name_fact *last = *count ? &names[*count - 1] : NULL;

	if (last && strcmp(last->name, name) == 0)
		return last;
	last = &names[*count];
	last->name = strdup(name);
	if (!last->name)
		return NULL;
	++*count;
	return last;
}

static int answer_add(struct name_fact *names, size_t *count, struct answer_line *line)
{
	struct resolved_address *addresses;
	struct name_fact *name;

	line->name[NAME_TEXT - 1] = '\0';
	line->error[ERROR_TEXT - 1] = '\0';
	name = answer_name(names, count, line->name);
	if (!name)
		return -ENOMEM;
	if (*line->error && !name->error)
		name->error = strdup(line->error);
	if (!line->address.family)
		return 0;
	addresses = reallocarray(name->addresses, name->address_count + 1, sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	name->addresses = addresses;
	addresses[name->address_count++] = line->address;
	return 0;
}

int resolve_end(struct daemon *daemon, struct facts *ret_names)
{
	size_t room = daemon->governing.facts.name_count, count = 0;
	struct name_fact *names = calloc(room + 1, sizeof(*names));
	struct answer_line line;
	int status = 0, r = names ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < ANSWERS_MAX; i++) {
		ssize_t length = read(daemon->resolver_fd, &line, sizeof(line));

		if (length != sizeof(line))
			break;
		/* A reload meanwhile may have changed how many names there are. */
		if (count < room || (count && strcmp(names[count - 1].name, line.name) == 0))
			r = answer_add(names, &count, &line);
	}
	daemon->resolver_fd = daemon_unpoll(daemon, daemon->resolver_fd);
	while (waitpid(daemon->resolver, &status, 0) < 0 && errno == EINTR)
		;
	if (!r && (!WIFEXITED(status) || WEXITSTATUS(status)))
		r = -EIO;
	*ret_names = (struct facts){ .names = names, .name_count = count };
	if (r) {
		facts_release(ret_names);
		*ret_names = (struct facts){ 0 };
	}
	return r;
}
