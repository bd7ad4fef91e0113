/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files with fs-verity, on an ext4 of our own: one that a policy pins by its digest is trusted for what it
 * is, though a group may write the directory; it cannot be written; and what is put in its place is
 * trusted only if it has the same digest again.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

static const char policy[] = "version: 1\n"
			     "instance: verity\n"
			     "root: @ROOT@\n"
			     "mode: enforce\n"
			     "allow_partial: @PARTIAL@\n"
			     "executables:\n"
			     "  entry: { path: \"${root}/bin/entry\", entry: true }\n"
			     "  tool:  { path: \"${root}/verity/tool\", verity: \"%s\" }\n"
			     "exec:\n"
			     "  - { id: all, allow: tool, by: entry }\n"
			     "bind: off\n"
			     "connect: off\n"
			     "library: off\n";

/* 0, or the errno of the kernel that will not. */
static int enable(const char *name)
{
	struct fsverity_enable_arg how = { .version = 1,
					   .hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
					   .block_size = 4096 };
	int fd = open(world_path("%s", name), O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return errno;
	r = ioctl(fd, FS_IOC_ENABLE_VERITY, &how) ? errno : 0;
	close(fd);
	return r;
}

static bool measure(const char *name, char text[72])
{
	union {
		struct fsverity_digest digest;
		unsigned char bytes[sizeof(struct fsverity_digest) + 64];
	} answer = { .digest.digest_size = 64 };
	int fd = open(world_path("%s", name), O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && ioctl(fd, FS_IOC_MEASURE_VERITY, &answer) == 0 &&
		    answer.digest.digest_size == 32;

	close(fd);
	snprintf(text, 72, "sha256:");
	for (int i = 0; good && i < 32; i++)
		snprintf(text + 7 + 2 * i, 3, "%02x", answer.digest.digest[i]);
	return good;
}

static bool allowed(void *name)
{
	char act[128];

	snprintf(act, sizeof(act), "exec %s", (const char *)name);
	return act_run("entry", act).kind == OUTCOME_DONE;
}

/* Told as not trusted, for this reason. */
static bool distrusted(void *why)
{
	struct json status;
	const char *path;
	bool found = false;

	daemon_status(&status);
	for (int i = 0; (path = json_get(&status, "files.%d.path", i)); i++)
		found |= strstr(path, "/verity/tool") &&
			 strstr(json_get(&status, "files.%d.reason", i), why);
	json_release(&status);
	return found;
}

static void put(const char *from)
{
	world_copy(from, "verity/new");
	if (rename(world_path("verity/new"), world_path("verity/tool")))
		tap_bail("rename: %s", strerror(errno));
}

/* The pin, and whether the file is what it says. */
static void shown(const char *digest, const char *state)
{
	char *output = NULL, wanted[160];

	snprintf(wanted, sizeof(wanted), "\"pin\":[\"verity:%s\"],\"pin_state\":\"%s\"", digest,
		 state);
	program_run((char *const[]){ (char *)world.program, (char *)"policy", (char *)"show",
				     (char *)"-o", (char *)"json", (char *)"--runtime-dir",
				     (char *)world_path("run"), NULL },
		    &output);
	if (!tap_ok(strstr(output, wanted), "verity: policy show tells the pin: %s", state))
		tap_note("%s", output);
	free(output);
}

/* The same with a digest, and where size is given longer. */
static void put_digested(off_t size)
{
	world_copy("bin/plain", "verity/new");
	if ((size && truncate(world_path("verity/new"), size)) || enable("verity/new") ||
	    rename(world_path("verity/new"), world_path("verity/tool")))
		tap_note("%s", strerror(errno));
}

/* One that gets its digest where it stands: no watch tells of that, and the daemon finds it when it looks
 * unasked, within a minute. */
static void digest_in_place(off_t size)
{
	put("bin/plain");
	if (truncate(world_path("verity/tool"), size) || enable("verity/tool"))
		tap_note("%s", strerror(errno));
}

static void replaced(const char *digest)
{
	put("bin/plain");
	tap_ok(wait_until(distrusted, (void *)"no fs-verity digest") &&
		       !allowed((void *)"verity/tool"),
	       "verity: the same content without a digest: refused");
	put_digested(0);
	tap_ok(wait_until(allowed, (void *)"verity/tool"),
	       "verity: the same content with its digest: allowed");
	/* When the daemon looks is its own business. */
	if (world.spare)
		put_digested(1 << 20);
	else
		digest_in_place(1 << 20);
	tap_ok(wait_until(distrusted, (void *)"is not what the policy pins") &&
		       !allowed((void *)"verity/tool"),
	       "verity: another digest: refused");
	shown(digest, "differs");
}

static void verity_try(void)
{
	char digest[72], *text;
	int fd, error;

	/* A group that may write the directory cannot make another file trusted. */
	if (chown(world_path("verity"), 0, 65534) || chmod(world_path("verity"), 0775) ||
	    !measure("verity/tool", digest))
		tap_bail("verity: no digest");
	if (asprintf(&text, policy, digest) < 0)
		abort();
	policy_write("verity", text);
	free(text);
	if (!tap_ok(daemon_reload() && wait_until(allowed, (void *)"verity/tool"),
		    "verity: a pinned digest: allowed"))
		return;
	shown(digest, "matched");
	fd = world_open_idle("verity/tool", 0);
	error = fd < 0 ? errno : 0;
	close(fd);
	tap_ok(error == EPERM, "verity: it cannot be written (%s)", strerror(error));
	replaced(digest);
}

void scene_verity(void)
{
	const char *missing;
	int error;

	if (mkdir(world_path("verity"), 0755))
		tap_bail("mkdir: %s", strerror(errno));
	/* Before 6.3, blocks must be as large as pages. */
	missing = world_mount_image(world_path("verity"), "ext4", "-q -b 4096 -O verity");
	if (missing) {
		tap_skip(missing, "verity: ext4");
		return;
	}
	world_copy("bin/plain", "verity/tool");
	error = enable("verity/tool");
	if (error)
		tap_skip(strerror(error), "verity: this kernel has no fs-verity");
	else
		verity_try();
	policy_write("verity", "");
	daemon_reload();
	if (umount2(world_path("verity"), 0))
		tap_note("umount: %s", strerror(errno));
	tail_forget(&events);
}
