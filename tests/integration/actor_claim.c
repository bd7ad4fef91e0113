/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file system that says what it likes. It has one file, under every name: with the content of a file of
 * ours, of root's, not writable by anybody else. Who mounted it is somebody else (`user_id`), as where the
 * setuid helper mounted it for him.
 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define ROOT_NODE 1
#define FILE_NODE 2
#define READ_MAX (1 << 17)

static char request[READ_MAX + FUSE_MIN_READ_BUFFER], content[READ_MAX];

static struct fuse_attr attributes_of(uint64_t node, int file)
{
	struct fuse_attr attributes = { .ino = node, .mode = S_IFDIR | 0755, .nlink = 1 };
	struct stat st;

	if (node == FILE_NODE && !fstat(file, &st)) {
		attributes.mode = S_IFREG | 0755;
		attributes.size = (uint64_t)st.st_size;
	}
	return attributes;
}

/* The answer, in content; its length, or a negative errno. */
static ssize_t answer(const struct fuse_in_header *header, int file)
{
	const struct fuse_read_in *read = (const void *)(header + 1);

	switch (header->opcode) {
	case FUSE_INIT: {
		struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION,
					     .minor = 31,
					     .max_readahead = READ_MAX,
					     .max_write = 4096 };

		memcpy(content, &out, sizeof(out));
		return sizeof(out);
	}
	case FUSE_LOOKUP: {
		struct fuse_entry_out out = { .nodeid = FILE_NODE,
					      .entry_valid = 60,
					      .attr_valid = 60,
					      .attr = attributes_of(FILE_NODE, file) };

		memcpy(content, &out, sizeof(out));
		return sizeof(out);
	}
	case FUSE_GETATTR: {
		struct fuse_attr_out out = { .attr_valid = 60,
					     .attr = attributes_of(header->nodeid, file) };

		memcpy(content, &out, sizeof(out));
		return sizeof(out);
	}
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		memset(content, 0, sizeof(struct fuse_open_out));
		return sizeof(struct fuse_open_out);
	case FUSE_READ:
		return pread(file, content, read->size < READ_MAX ? read->size : READ_MAX,
			     (off_t)read->offset);
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_ACCESS:
		return 0;
	default:
		return -ENOSYS;
	}
}

static void serve(int device, int file)
{
	const struct fuse_in_header *header = (const void *)request;

	while (read(device, request, sizeof(request)) > 0 || errno == EINTR) {
		struct fuse_out_header out = { .unique = header->unique };
		struct iovec parts[2] = { { &out, sizeof(out) }, { content, 0 } };
		ssize_t length;

		if (header->opcode == FUSE_FORGET || header->opcode == FUSE_BATCH_FORGET)
			continue;
		length = answer(header, file);
		if (length < 0)
			out.error = (int)length;
		else
			parts[1].iov_len = (size_t)length;
		out.len = (uint32_t)(sizeof(out) + parts[1].iov_len);
		if (writev(device, parts, 2) < 0 && errno != ENOENT)
			return;
	}
}

/* DIRECTORY FILE */
static int step_claim(struct actor *actor, char **arguments)
{
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	int file = open(arguments[1], O_RDONLY | O_CLOEXEC);
	char options[128];
	pid_t child;

	(void)actor;
	if (device < 0 || file < 0 || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return errno;
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=65534,group_id=65534,allow_other", device);
	if (mount("claim", arguments[0], "fuse", MS_NOSUID | MS_NODEV, options))
		return errno;
	child = fork();
	if (child < 0)
		return errno;
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(STDOUT_FILENO);
		serve(device, file);
		_exit(0);
	}
	close(device);
	return 0;
}

/* LOWER AT: an overlay, mounted by root of a user namespace of one's own, over AT. */
static int step_own_overlay(struct actor *actor, char **arguments)
{
	char options[768];
	int map;

	(void)actor;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return errno;
	map = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	if (map < 0 || write(map, "0 0 1", 5) != 5 || close(map))
		return errno;
	snprintf(options, sizeof(options), "lowerdir=%s:%s", arguments[0], arguments[1]);
	return mount("overlay", arguments[1], "overlay", 0, options) ? errno : 0;
}

const struct actor_step claim_steps[] = {
	{ "claim", 2, false, step_claim },
	{ "own-overlay", 2, false, step_own_overlay },
	{ NULL },
};
