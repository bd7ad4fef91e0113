/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may listen where, and who may connect. */
#include "ipc/serving.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>

#define NOBODY 65534
#define SOME_GROUP 61234

static void test_second_daemon(void **state)
{
	struct serving serving, second;

	(void)state;
	serving_start(&serving);
	second = serving;
	assert_int_equal(serving_listen(&second, (gid_t)-1), -EADDRINUSE);
	serving_end(&serving); /* the first one's socket has survived that */
}

/* It answers nobody, and its queue is full after a few: found nevertheless, without waiting. */
static void test_probe(void **state)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct sockaddr_un address;
	struct serving serving;
	pid_t pid = 0;

	(void)state;
	serving_setup(&serving);
	assert_int_equal(ipc_address(serving.directory, &address), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(ipc_client_probe(serving.directory, &pid), 0);
	assert_int_equal(pid, getpid());
	for (int i = 0; i < 8; i++)
		assert_int_equal(ipc_client_probe(serving.directory, &pid), 0);
	assert_int_equal(unlink(address.sun_path), 0);
	assert_int_equal(rmdir(serving.directory), 0);
}

/* Somebody listens who does not hold the lock: not replaced either. */
static void test_other_listener(void **state)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct sockaddr_un address;
	struct serving serving;

	(void)state;
	serving_setup(&serving);
	assert_int_equal(ipc_address(serving.directory, &address), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(serving_listen(&serving, (gid_t)-1), -EADDRINUSE);
	assert_int_equal(access(address.sun_path, F_OK), 0);
	/* It goes, its file stays: now that is stale. */
	fd = close_fd(fd);
	assert_int_equal(serving_listen(&serving, (gid_t)-1), 0);
	serving_end(&serving);
}

static void test_not_a_socket(void **state)
{
	struct sockaddr_un address;
	struct serving serving;

	(void)state;
	serving_setup(&serving);
	assert_int_equal(ipc_address(serving.directory, &address), 0);
	close_fd(open(address.sun_path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(serving_listen(&serving, (gid_t)-1), -ENOTSOCK);
	assert_int_equal(unlink(address.sun_path), 0);
	assert_int_equal(rmdir(serving.directory), 0);
	assert_int_equal(serving_listen(&serving, (gid_t)-1), -ENOENT);
}

static void test_no_daemon(void **state)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	struct sockaddr_un address;
	struct serving serving;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	pid_t pid;

	(void)state;
	serving_setup(&serving);
	assert_int_equal(ipc_client_connect(&client, serving.directory), -ENOENT);
	assert_int_equal(ipc_client_probe(serving.directory, &pid), -ENOENT);
	assert_int_equal(ipc_address(serving.directory, &address), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(ipc_client_connect(&client, serving.directory), -ECONNREFUSED);
	assert_int_equal(ipc_client_probe(serving.directory, &pid), -ECONNREFUSED);
	assert_int_equal(unlink(address.sun_path), 0);
	assert_int_equal(rmdir(serving.directory), 0);
}

/* What another user gets: the reason of END, or the errno of connect(). */
static int as_user(struct serving *serving, gid_t group, const gid_t *groups, size_t group_count)
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0) {
		struct ipc_client client = IPC_CLIENT_INIT;
		struct ipc_request request = { .command = IPC_TAIL };
		struct ipc_message message;
		struct ipc_end end;
		const char *text;
		size_t length;
		int r;

		if (setgroups(group_count, groups) || setgid(group) || setuid(NOBODY))
			_exit(99);
		r = ipc_client_connect(&client, serving->directory);
		if (r)
			_exit(-r);
		if (ipc_client_request(&client, &request) || ipc_client_finish(&client) ||
		    ipc_client_receive(&client, &message) ||
		    ipc_decode_end(&message, &end, &text, &length))
			_exit(98);
		_exit(100 + (int)end.reason);
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		struct pollfd polled = { .fd = ipc_server_fd(serving->server), .events = POLLIN };

		poll(&polled, 1, 10); /* the child's end is not something to poll for */
		serve(serving);
	}
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define REASON(reason) (100 + (reason))

static void test_other_users(void **state)
{
	const gid_t groups[] = { 5, SOME_GROUP, 7 };
	struct sockaddr_un address;
	struct stat status;
	struct serving serving;

	(void)state;
	if (geteuid() != 0) {
		print_message("needs root, to become others\n");
		skip();
	}
	serving_setup(&serving);
	assert_int_equal(serving_listen(&serving, SOME_GROUP), 0);
	assert_int_equal(ipc_address(serving.directory, &address), 0);
	assert_int_equal(stat(address.sun_path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0660);
	assert_int_equal(status.st_gid, SOME_GROUP);
	/* It works for those who may: by group, by supplementary group … */
	assert_int_equal(as_user(&serving, SOME_GROUP, NULL, 0), REASON(IPC_END_DONE));
	assert_int_equal(as_user(&serving, NOBODY, groups, 3), REASON(IPC_END_DONE));
	/* … and not for others: by the file's mode, and were that lost, by who they are. */
	assert_int_equal(as_user(&serving, NOBODY, NULL, 0), EACCES);
	assert_int_equal(chmod(address.sun_path, 0666), 0);
	assert_int_equal(as_user(&serving, NOBODY, NULL, 0), REASON(IPC_END_DENIED));
	assert_int_equal(as_user(&serving, NOBODY, groups, 1), REASON(IPC_END_DENIED));
	serving_end(&serving);
}

static void test_no_group(void **state)
{
	struct sockaddr_un address;
	struct stat status;
	struct serving serving;

	(void)state;
	serving_start(&serving);
	assert_int_equal(ipc_address(serving.directory, &address), 0);
	assert_int_equal(stat(address.sun_path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	serving_end(&serving);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_second_daemon), cmocka_unit_test(test_other_listener),
		cmocka_unit_test(test_not_a_socket),  cmocka_unit_test(test_no_daemon),
		cmocka_unit_test(test_other_users),   cmocka_unit_test(test_no_group),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
