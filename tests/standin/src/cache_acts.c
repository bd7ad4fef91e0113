/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The deviations that cache commits. Each does one thing that the policy does not list, and nothing
 * else that the policy would have an opinion on.
 */
#include "cache.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The other host of the stand-in (src/elsewhere.c). */
#define ELSEWHERE "127.0.0.2"

/* The last line on standard error tells which errno a shell met: it ends with that errno's text. */
static int shell_error(int errors)
{
	char text[1024];
	ssize_t count, length = 0;

	while (length < (ssize_t)sizeof(text) - 1 &&
	       (count = read(errors, text + length, sizeof(text) - 1 - (size_t)length)) > 0)
		length += count;
	text[length] = '\0';
	if (strstr(text, strerror(EACCES)))
		return -EACCES;
	return strstr(text, strerror(EPERM)) ? -EPERM : -ECHILD;
}

static int exec_callout(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	char command[PATH_MAX];
	int status, r, errors[2], keep = dup(STDERR_FILENO);

	(void)descriptor;
	root_path(command, instance->root, "site/export");
	snprintf(what, WHAT_SIZE, "sh -c %.*s", WHAT_SIZE - 8, command);
	if (pipe2(errors, O_CLOEXEC))
		return -errno;
	dup2(errors[1], STDERR_FILENO);
	status = callout(command);
	dup2(keep, STDERR_FILENO);
	close(errors[1]);
	if (status < 0 || !status)
		return status;
	/* A shell that forks for its last command says 128 + the signal instead of dying of it. */
	if ((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) || WEXITSTATUS(status) == 137)
		return ACT_KILLED;
	r = shell_error(errors[0]);
	close(errors[0]);
	return r;
}

static int exec_listed_below(const struct instance *instance, const char *relative,
			     char what[WHAT_SIZE])
{
	char path[PATH_MAX];
	char *const arguments[] = { path, NULL };

	root_path(path, instance->root, relative);
	snprintf(what, WHAT_SIZE, "exec %.*s", WHAT_SIZE - 8, path);
	return act_try_exec(path, -1, arguments);
}

static int exec_program(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	(void)descriptor;
	return exec_listed_below(instance, "site/export", what);
}

static int exec_script(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	(void)descriptor;
	return exec_listed_below(instance, "site/unlisted.sh", what);
}

/* Copies bin/clmanager, which executed without a port only says how it is used. */
static int clmanager_copy(const struct instance *instance, int to)
{
	char path[PATH_MAX], bytes[65536];
	int r = 0, from;
	ssize_t count;

	root_path(path, instance->root, "bin/clmanager");
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return -errno;
	while ((count = read(from, bytes, sizeof(bytes))) > 0 && !r)
		if (write(to, bytes, (size_t)count) != count)
			r = -EIO;
	close(from);
	return r;
}

static int exec_copy(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	static const char relative[] = "mgr/Temp/clmanager";
	char path[PATH_MAX];
	int r, file;

	(void)descriptor;
	root_path(path, instance->root, relative);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (file < 0)
		return -errno;
	r = clmanager_copy(instance, file);
	close(file);
	if (!r)
		r = exec_listed_below(instance, relative, what);
	unlink(path);
	return r;
}

static int exec_memory(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	char *const arguments[] = { "clmanager", NULL };
	int r, file = memfd_create("clmanager", MFD_CLOEXEC);

	(void)descriptor;
	snprintf(what, WHAT_SIZE, "exec a memfd with the bytes of bin/clmanager");
	if (file < 0)
		return -errno;
	r = clmanager_copy(instance, file);
	/* A memfd begins as 0777; only being executed shall be wrong with it, not its mode. */
	if (!r && fchmod(file, 0700))
		r = -errno;
	if (!r)
		r = act_try_exec(NULL, file, arguments);
	close(file);
	return r;
}

static int library_file(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	char path[PATH_MAX];
	int file, r = 0;

	(void)descriptor;
	root_path(path, instance->root, "mgr/Temp/callin.so");
	snprintf(what, WHAT_SIZE, "map executable %.*s", WHAT_SIZE - 16, path);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 || mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED)
		r = -errno;
	if (file >= 0)
		close(file);
	return r;
}

static int library_memory(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	(void)instance;
	(void)descriptor;
	snprintf(what, WHAT_SIZE, "map anonymous memory executable");
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		 0) == MAP_FAILED)
		return -errno;
	return 0;
}

static int make_socket(int family, int type, int protocol)
{
	return socket(family, type | SOCK_CLOEXEC, protocol) < 0 ? -errno : 0;
}

static int socket_raw(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	(void)instance;
	(void)descriptor;
	snprintf(what, WHAT_SIZE, "socket inet raw icmp");
	return make_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int socket_packet(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	(void)instance;
	(void)descriptor;
	snprintf(what, WHAT_SIZE, "socket packet raw");
	return make_socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
}

static int connect_tcp(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	(void)descriptor;
	return act_try_connect(SOCK_STREAM, ELSEWHERE, instance->unlisted, what);
}

static int connect_udp(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	(void)descriptor;
	return act_try_connect(SOCK_DGRAM, ELSEWHERE, instance->unlisted, what);
}

static int connect_mapped(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	struct sockaddr_in6 name = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((in_port_t)instance->unlisted),
	};
	int r = 0, client = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)descriptor;
	snprintf(what, WHAT_SIZE, "connect tcp [::ffff:" ELSEWHERE "]:%u", instance->unlisted);
	inet_pton(AF_INET6, "::ffff:" ELSEWHERE, &name.sin6_addr);
	if (client < 0 || connect(client, (struct sockaddr *)&name, sizeof(name)))
		r = -errno;
	if (client >= 0)
		close(client);
	return r;
}

static int send_udp(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)instance->unlisted),
	};
	int r = 0, sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)descriptor;
	snprintf(what, WHAT_SIZE, "sendto udp " ELSEWHERE ":%u", instance->unlisted);
	inet_pton(AF_INET, ELSEWHERE, &name.sin_addr);
	if (sender < 0 || sendto(sender, "?", 1, 0, (struct sockaddr *)&name, sizeof(name)) < 0)
		r = -errno;
	if (sender >= 0)
		close(sender);
	return r;
}

static int bind_tcp(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	(void)descriptor;
	return act_try_bind(SOCK_STREAM, "127.0.0.1", instance->unlisted, what);
}

/* On another loopback address than clmanager's, or the port would simply be taken. */
static int bind_license(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	(void)descriptor;
	return act_try_bind(SOCK_DGRAM, "127.0.0.3", instance->license_port, what);
}

static int bind_address(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	(void)descriptor;
	return act_try_bind(SOCK_STREAM, "127.0.0.3", instance->superserver, what);
}

static int receive(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	(void)instance;
	snprintf(what, WHAT_SIZE, "receive a connected tcp socket");
	if (recvmsg(descriptor, &message, MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	if (message.msg_flags & MSG_CTRUNC)
		return ACT_WITHHELD;
	return CMSG_FIRSTHDR(&message) ? 0 : -ENOMSG;
}

act_function *act_inside(enum act_id id)
{
	static act_function *const functions[ACT_MAX] = {
		[ACT_EXEC_CALLOUT] = exec_callout,
		[ACT_EXEC_PROGRAM] = exec_program,
		[ACT_EXEC_SCRIPT] = exec_script,
		[ACT_EXEC_COPY] = exec_copy,
		[ACT_EXEC_MEMORY] = exec_memory,
		[ACT_LIBRARY_FILE] = library_file,
		[ACT_LIBRARY_MEMORY] = library_memory,
		[ACT_SOCKET_RAW] = socket_raw,
		[ACT_SOCKET_PACKET] = socket_packet,
		[ACT_CONNECT_TCP] = connect_tcp,
		[ACT_CONNECT_UDP] = connect_udp,
		[ACT_CONNECT_MAPPED] = connect_mapped,
		[ACT_SEND_UDP] = send_udp,
		[ACT_BIND_TCP] = bind_tcp,
		[ACT_BIND_LICENSE] = bind_license,
		[ACT_BIND_ADDRESS] = bind_address,
		[ACT_RECEIVE] = receive,
	};

	return functions[id];
}
