/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The self-test: programs that load and attach may still never run (an LSM program where bpf is not
 * in the kernel's list), so a backend is believed only after it has refused something.
 *
 * A child of ours makes one canary operation of each kind, twice: first as nobody (it must succeed,
 * else the test would prove nothing), then labelled as the canary instance, which may do nothing.
 * Each is made in a process of its own, since some backends answer with SIGKILL.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "kern/internal.h"

#define CANARY_PORT 9 /* discard: whoever listens there expects to be sent nothing */
#define SELFTEST_SECONDS 60 /* generous: software emulation runs this too */
#define CANARY_KILLED 1000 /* "errno" of a canary that was killed */
#define CANARY_UNTRIED 1001 /* … and of one that could not be made */

/* What a canary needs besides itself: prepared by the runner while it is nobody. */
struct canary_tools {
	int mailbox[2]; /* Unix datagrams; a bound socket waits in it */
};

static int canary_socket(int type)
{
	return socket(AF_INET, type | SOCK_CLOEXEC, 0);
}

static struct sockaddr_in canary_address(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return address;
}

/* Each returns 0 or an errno, for the exit status of its process. */

static int canary_exec(const struct canary_tools *tools)
{
	char *const argv[] = { (char *)"cachewarden", (char *)"--canary", NULL };
	char *const envp[] = { NULL };

	(void)tools;
	execve("/proc/self/exe", argv, envp);
	return errno;
}

/* The memory of a memfd belongs to a file that everybody might have written. */
static int canary_library(const struct canary_tools *tools)
{
	int fd = memfd_create("canary", MFD_CLOEXEC);

	(void)tools;
	if (fd < 0 || ftruncate(fd, 4096))
		return errno;
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno
											 : 0;
}

static int canary_raw(const struct canary_tools *tools)
{
	(void)tools;
	return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP) < 0 ? errno : 0;
}

static int canary_connect(const struct canary_tools *tools)
{
	struct sockaddr_in to = canary_address(CANARY_PORT);
	int fd = canary_socket(SOCK_DGRAM);

	(void)tools;
	return fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) ? errno : 0;
}

static int canary_send(const struct canary_tools *tools)
{
	struct sockaddr_in to = canary_address(CANARY_PORT);
	int fd = canary_socket(SOCK_DGRAM);

	(void)tools;
	return fd < 0 || sendto(fd, "", 0, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
}

static int canary_bind(const struct canary_tools *tools)
{
	struct sockaddr_in at = canary_address(0);
	int fd = canary_socket(SOCK_STREAM);

	(void)tools;
	return fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ? errno : 0;
}

static int canary_listen(const struct canary_tools *tools)
{
	int fd = canary_socket(SOCK_STREAM);

	(void)tools;
	return fd < 0 || listen(fd, 1) ? errno : 0;
}

/* The kernel tells the receiver of a refused descriptor nothing but that it is missing. */
static int canary_receive(const struct canary_tools *tools)
{
	char data, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { .iov_base = &data, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };

	if (recvmsg(tools->mailbox[0], &message, 0) != 1)
		return errno;
	return CMSG_FIRSTHDR(&message) ? 0 : EACCES;
}

static int (*const canaries[CW_OPERATION_MAX])(const struct canary_tools *tools) = {
	[CW_OPERATION_EXEC] = canary_exec,     [CW_OPERATION_LIBRARY] = canary_library,
	[CW_OPERATION_SOCKET] = canary_raw,    [CW_OPERATION_CONNECT] = canary_connect,
	[CW_OPERATION_SEND] = canary_send,     [CW_OPERATION_BIND] = canary_bind,
	[CW_OPERATION_LISTEN] = canary_listen, [CW_OPERATION_RECEIVE] = canary_receive,
};

/* ------------------------------------------------------------------ the runner */

/* Put a bound socket into the mailbox. Two are put there while the runner is nobody, one for each
 * round: binding one later would itself be refused. */
static int mailbox_fill(const struct canary_tools *tools)
{
	struct sockaddr_in at = canary_address(0);
	_cleanup_close_ int fd = canary_socket(SOCK_DGRAM);
	char data = 'x', control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { .iov_base = &data, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return -errno;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(tools->mailbox[1], &message, 0) == 1 ? 0 : -errno;
}

static void runner_round(const struct canary_tools *tools, int results[CW_OPERATION_MAX])
{
	for (int operation = 0; operation < CW_OPERATION_MAX; operation++) {
		pid_t child = fork();
		int status;

		results[operation] = CANARY_UNTRIED;
		if (child < 0)
			continue;
		if (!child)
			_exit(canaries[operation](tools));
		if (waitpid(child, &status, 0) != child)
			continue;
		if (WIFEXITED(status))
			results[operation] = WEXITSTATUS(status);
		else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			results[operation] = CANARY_KILLED;
	}
}

/* Both rounds; between them the parent gives us the label. */
static void __attribute__((noreturn)) runner(int parent)
{
	struct canary_tools tools;
	int results[CW_OPERATION_MAX];
	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, tools.mailbox) || mailbox_fill(&tools) ||
	    mailbox_fill(&tools))
		_exit(1);
	for (int round = 0; round < 2; round++) {
		runner_round(&tools, results);
		if (write(parent, results, sizeof(results)) != sizeof(results) ||
		    (round == 0 && read(parent, &go, 1) != 1))
			_exit(1);
	}
	_exit(0);
}

/* ------------------------------------------------------------------ the daemon's side */

static int results_read(int runner, int results[CW_OPERATION_MAX])
{
	struct pollfd readable = { .fd = runner, .events = POLLIN };
	int r = poll(&readable, 1, SELFTEST_SECONDS * 1000);

	if (r <= 0)
		return r ? -errno : -ETIMEDOUT;
	return read(runner, results, CW_OPERATION_MAX * sizeof(*results)) ==
			       (ssize_t)(CW_OPERATION_MAX * sizeof(*results))
		       ? 0
		       : -EIO;
}

static int rounds(struct kern *kern, pid_t child, int socket, int control[CW_OPERATION_MAX],
		  int canary[CW_OPERATION_MAX])
{
	static const struct cw_subject label = { .governed = CW_GOVERNED(CW_INSTANCE_CANARY) };
	int r = results_read(socket, control);

	if (!r)
		r = kern_subject_add(kern, child, &label);
	if (!r && write(socket, "g", 1) != 1)
		r = -errno;
	return r ? r : results_read(socket, canary);
}

static void judge(enum cw_backend backend, enum cw_operation operation, int control, int canary,
		  struct kern_selftest *result)
{
	result->tried[operation] = control == 0;
	result->error[operation] = canary < CANARY_KILLED ? canary : 0;
	result->guard[operation] = KERN_GUARD_ABSENT;
	if (control != 0)
		return;
	if (canary == CANARY_KILLED)
		result->guard[operation] = KERN_GUARD_KILLED;
	else if (canary == (backend == CW_BACKEND_CGROUP ? EPERM : EACCES))
		result->guard[operation] = KERN_GUARD_REFUSED;
}

int kern_selftest(struct kern *kern, struct kern_selftest *ret_result)
{
	int control[CW_OPERATION_MAX] = { 0 }, canary[CW_OPERATION_MAX] = { 0 };
	int sockets[2], status, r;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return -errno;
	child = fork();
	if (!child) {
		close(sockets[0]);
		runner(sockets[1]);
	}
	close(sockets[1]);
	r = child < 0 ? -errno : rounds(kern, child, sockets[0], control, canary);
	close(sockets[0]);
	if (child > 0) {
		if (r)
			kill(child, SIGKILL);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		kern_subject_remove(kern, child);
	}
	if (r)
		return r;
	*ret_result = (struct kern_selftest){ 0 };
	/* What tried nothing shows nothing, nor does what is not guarded here at all. */
	r = -EAGAIN;
	for (int operation = 0; operation < CW_OPERATION_MAX; operation++) {
		judge(kern->backend, operation, control[operation], canary[operation], ret_result);
		if (!ret_result->tried[operation])
			continue;
		if (ret_result->guard[operation] != kern_backend_guard(kern->backend, operation))
			r = -EPROTO;
		else if (r == -EAGAIN && ret_result->guard[operation] != KERN_GUARD_ABSENT)
			r = 0;
	}
	return r;
}
