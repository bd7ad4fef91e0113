/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines of an instance's programs, as /proc/PID/cmdline has them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "instance/neighbours.h"
#include "instance/source.h"
#include "util/number.h"

/* The arguments one by one. The last may lack its NUL: a process can write over its arguments. */
struct arguments {
	const char *next, *end;
};

struct argument {
	const char *text;
	size_t length;
};

static struct arguments begin(const char *argv, size_t length)
{
	return (struct arguments){ argv, argv + length };
}

static bool next_argument(struct arguments *arguments, struct argument *ret)
{
	const char *end;

	if (arguments->next >= arguments->end)
		return false;
	end = memchr(arguments->next, '\0', (size_t)(arguments->end - arguments->next));
	ret->text = arguments->next;
	ret->length = (size_t)((end ? end : arguments->end) - arguments->next);
	arguments->next = end ? end + 1 : arguments->end;
	return true;
}

static bool is(struct argument argument, const char *word)
{
	return strlen(word) == argument.length && memcmp(argument.text, word, argument.length) == 0;
}

static bool begins(struct argument argument, const char *word)
{
	return argument.length >= strlen(word) && memcmp(argument.text, word, strlen(word)) == 0;
}

static bool ends(struct argument argument, const char *word)
{
	size_t length = strlen(word);

	return argument.length >= length &&
	       memcmp(argument.text + argument.length - length, word, length) == 0;
}

/* The last part of a path. */
static struct argument base(struct argument path)
{
	const char *slash = memrchr(path.text, '/', path.length);

	if (slash) {
		path.length -= (size_t)(slash + 1 - path.text);
		path.text = slash + 1;
	}
	return path;
}

/* Without memory, a string stays NULL, and the reader's answer is no. */
static void set(char **string, struct argument argument)
{
	free(*string);
	*string = strndup(argument.text, argument.length);
}

static const struct argument nothing = { "", 0 };

/* ---- httpd ---- */

/* `Listen 52773`, `Listen 127.0.0.1:52773`, `Listen [::1]:52773 https` */
static void add_listen(struct httpd_arguments *arguments, struct argument directive)
{
	const char *text = directive.text + strlen("Listen"), *colon, *address;
	size_t length = directive.length - strlen("Listen"), host = 0;
	struct httpd_listen *listen;
	uint16_t port;

	if (!length || !source_blank(*text) || arguments->listen_count == HTTPD_LISTENS_MAX)
		return;
	source_trim(&text, &length);
	for (size_t i = 0; i < length; i++)
		if (source_blank(text[i]))
			length = i;
	colon = memrchr(text, ':', length);
	address = text;
	if (colon) {
		host = (size_t)(colon - text);
		length -= host + 1;
		text = colon + 1;
	}
	if (host >= 2 && address[0] == '[' && address[host - 1] == ']') {
		address++;
		host -= 2;
	}
	if (!source_port(text, length, &port))
		return;
	listen = &arguments->listens[arguments->listen_count];
	listen->port = port;
	set(&listen->address, (struct argument){ address, host });
	arguments->listen_count += listen->address ? 1 : 0;
}

/* An option's value: the rest of its argument, or the next one. */
static bool option(struct arguments *arguments, struct argument argument, const char *name,
		   struct argument *ret)
{
	if (!begins(argument, name))
		return false;
	ret->text = argument.text + strlen(name);
	ret->length = argument.length - strlen(name);
	if (!ret->length && !next_argument(arguments, ret))
		*ret = nothing;
	return true;
}

bool httpd_arguments_read(const char *argv, size_t length, struct httpd_arguments *ret)
{
	struct arguments arguments = begin(argv, length);
	struct argument argument, value;

	*ret = (struct httpd_arguments){ 0 };
	if (!next_argument(&arguments, &argument) ||
	    (!begins(base(argument), "httpd") && !begins(base(argument), "apache2")))
		return false;
	set(&ret->executable, argument);
	set(&ret->configuration, nothing);
	set(&ret->root, nothing);
	while (next_argument(&arguments, &argument)) {
		if (option(&arguments, argument, "-f", &value))
			set(&ret->configuration, value);
		else if (option(&arguments, argument, "-d", &value))
			set(&ret->root, value);
		else if ((option(&arguments, argument, "-c", &value) ||
			  option(&arguments, argument, "-C", &value)) &&
			 value.length > strlen("Listen") &&
			 strncasecmp(value.text, "Listen", strlen("Listen")) == 0)
			add_listen(ret, value);
	}
	if (ret->executable && ret->configuration && ret->root)
		return true;
	httpd_arguments_release(ret);
	return false;
}

void httpd_arguments_release(struct httpd_arguments *arguments)
{
	free(arguments->executable);
	free(arguments->configuration);
	free(arguments->root);
	for (size_t i = 0; i < arguments->listen_count; i++)
		free(arguments->listens[i].address);
	*arguments = (struct httpd_arguments){ 0 };
}

/* ---- java ---- */

/* `HOST:INSTANCE:NAME`; what has not two colons is the name alone. */
static void split_name(struct java_arguments *arguments, struct argument text)
{
	const char *first = memchr(text.text, ':', text.length);
	const char *second = first ? memchr(first + 1, ':',
					    text.length - (size_t)(first + 1 - text.text))
				   : NULL;

	if (!second) {
		set(&arguments->name, text);
		return;
	}
	set(&arguments->host, (struct argument){ text.text, (size_t)(first - text.text) });
	set(&arguments->instance, (struct argument){ first + 1, (size_t)(second - first - 1) });
	set(&arguments->name,
	    (struct argument){ second + 1, (size_t)(text.text + text.length - second - 1) });
}

bool java_arguments_read(const char *argv, size_t length, struct java_arguments *ret)
{
	struct arguments arguments = begin(argv, length);
	struct argument executable, argument;
	bool found = false;

	*ret = (struct java_arguments){ 0 };
	if (!next_argument(&arguments, &executable))
		return false;
	while (!found && next_argument(&arguments, &argument))
		found = begins(argument, "com.inter") && ends(argument, ".JavaGateway");
	if (!found)
		return false;
	set(&ret->executable, executable);
	set(&ret->main_class, argument);
	set(&ret->log, nothing);
	set(&ret->host, nothing);
	set(&ret->instance, nothing);
	set(&ret->name, nothing);
	set(&ret->address, nothing);
	if (next_argument(&arguments, &argument) &&
	    !source_port(argument.text, argument.length, &ret->port))
		ret->port = 0;
	if (next_argument(&arguments, &argument))
		set(&ret->log, argument);
	if (next_argument(&arguments, &argument))
		split_name(ret, argument);
	if (next_argument(&arguments, &argument))
		set(&ret->address, argument);
	if (ret->executable && ret->main_class && ret->log && ret->host && ret->instance &&
	    ret->name && ret->address)
		return true;
	java_arguments_release(ret);
	return false;
}

void java_arguments_release(struct java_arguments *arguments)
{
	free(arguments->executable);
	free(arguments->main_class);
	free(arguments->log);
	free(arguments->host);
	free(arguments->instance);
	free(arguments->name);
	free(arguments->address);
	*arguments = (struct java_arguments){ 0 };
}

/* ---- the instance's own ---- */

uint16_t license_arguments_port(const char *argv, size_t length)
{
	struct arguments arguments = begin(argv, length);
	struct argument argument;
	uint16_t port;

	if (!next_argument(&arguments, &argument) ||
	    (!is(base(argument), "clmanager") && !is(base(argument), "licmanager")))
		return 0;
	while (next_argument(&arguments, &argument))
		if (source_port(argument.text, argument.length, &port))
			return port;
	return 0;
}

static bool number_behind(struct argument argument, const char *name, uint32_t *ret)
{
	char digits[16];
	uint64_t number;
	size_t length = argument.length - strlen(name);

	if (!begins(argument, name) || !length || length >= sizeof(digits))
		return false;
	memcpy(digits, argument.text + strlen(name), length);
	digits[length] = '\0';
	if (number_parse(digits, 0, UINT32_MAX, &number))
		return false;
	*ret = (uint32_t)number;
	return true;
}

static void read_option(struct arguments *arguments, struct argument argument,
			struct database_arguments *ret)
{
	struct argument value;

	if (is(argument, "-cj"))
		ret->child_job = true;
	else if (is(argument, "-B"))
		ret->emergency = true;
	else if (number_behind(argument, "-p", &ret->parent_job))
		return;
	else if (option(arguments, argument, "-s", &value))
		set(&ret->manager, value);
	else if (option(arguments, argument, "-U", &value))
		set(&ret->namespace, value);
	else if (option(arguments, argument, "-w", &value))
		set(&ret->directory, value);
}

bool database_arguments_read(const char *argv, size_t length, struct database_arguments *ret)
{
	struct arguments arguments = begin(argv, length);
	struct argument argument;

	*ret = (struct database_arguments){ 0 };
	if (!next_argument(&arguments, &argument) ||
	    (!is(base(argument), "cache") && !is(base(argument), "irisdb") &&
	     !is(base(argument), "iriscp")))
		return false;
	set(&ret->executable, argument);
	set(&ret->manager, nothing);
	set(&ret->namespace, nothing);
	set(&ret->directory, nothing);
	set(&ret->entry, nothing);
	while (next_argument(&arguments, &argument)) {
		if (begins(argument, "-"))
			read_option(&arguments, argument, ret);
		else if (argument.length && ret->entry && !*ret->entry)
			set(&ret->entry, argument);
	}
	if (ret->executable && ret->manager && ret->namespace && ret->directory && ret->entry)
		return true;
	database_arguments_release(ret);
	return false;
}

void database_arguments_release(struct database_arguments *arguments)
{
	free(arguments->executable);
	free(arguments->manager);
	free(arguments->namespace);
	free(arguments->directory);
	free(arguments->entry);
	*arguments = (struct database_arguments){ 0 };
}
