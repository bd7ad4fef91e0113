/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identity on each file system: a trusted program there may be executed, a copy beside it not, and after
 * a write it may not either until the daemon has looked. stat() and the kernel's hooks disagree about
 * device and inode on some of them, which is why each is tried.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

/* 0: mounted; else what to skip for. */
static const char *mount_tmpfs(const char *at)
{
	return mount("tmpfs", at, "tmpfs", 0, "mode=755") ? strerror(errno) : NULL;
}

static const char *mount_overlay(const char *at)
{
	char options[1024];

	/* Its parts on a tmpfs: not every file system can be an upper layer. */
	if (world_command("mkdir -p %s", world_path("layers")) ||
	    mount("tmpfs", world_path("layers"), "tmpfs", 0, "mode=755") ||
	    world_command("mkdir %s %s %s", world_path("layers/lower"), world_path("layers/upper"),
			  world_path("layers/work")))
		return "no tmpfs for its layers";
	world_copy("bin/plain", "layers/lower/tool");
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s",
		 world_path("layers/lower"), world_path("layers/upper"), world_path("layers/work"));
	return mount("overlay", at, "overlay", 0, options) ? strerror(errno) : NULL;
}

static const char *mount_ext4(const char *at)
{
	return world_mount_image(at, "ext4", "-q");
}

static const char *mount_btrfs(const char *at)
{
	return world_mount_image(at, "btrfs", "-q");
}

static struct filesystem {
	const char *name;
	const char *(*mount)(const char *at);
	const char *missing;
} filesystems[] = {
	{ "tmpfs", mount_tmpfs, NULL },
	{ "overlay", mount_overlay, NULL },
	{ "ext4", mount_ext4, NULL },
	{ "btrfs", mount_btrfs, NULL },
};
#define COUNT (sizeof(filesystems) / sizeof(filesystems[0]))

static void policy_put(void)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	fputs("version: 1\ninstance: filesystems\nroot: @ROOT@\nmode: enforce\n"
	      "allow_partial: @PARTIAL@\nexecutables:\n"
	      "  entry: { path: \"${root}/bin/entry\", entry: true }\n",
	      stream);
	for (size_t i = 0; i < COUNT; i++)
		fprintf(stream, "  %s: { path: \"${root}/fs/%s/tool\" }\n", filesystems[i].name,
			filesystems[i].name);
	fputs("exec:\n  - { id: all, allow: [", stream);
	for (size_t i = 0; i < COUNT; i++)
		fprintf(stream, "%s%s", i ? ", " : "", filesystems[i].name);
	fputs("], by: entry }\nbind: off\nconnect: off\nlibrary: off\n", stream);
	fclose(stream);
	policy_write("filesystems", text);
	free(text);
}

static struct outcome exec_on(const struct filesystem *filesystem, const char *name)
{
	char act[128];

	snprintf(act, sizeof(act), "exec fs/%s/%s", filesystem->name, name);
	return act_run("entry", act);
}

static bool allowed(void *filesystem)
{
	return exec_on(filesystem, "tool").kind == OUTCOME_DONE;
}

static bool denied(const struct filesystem *filesystem, const char *name)
{
	struct outcome outcome = exec_on(filesystem, name);

	if (outcome.kind == OUTCOME_KILLED && world.backend == CGROUP)
		return true;
	if (outcome.kind == OUTCOME_FAILED && outcome.error == EACCES && world.backend != CGROUP)
		return true;
	tap_note("%s: %s", name, outcome_text(&outcome));
	return false;
}

static void filesystem_try(struct filesystem *filesystem)
{
	char tool[64];
	bool refused;
	int fd;

	if (filesystem->missing) {
		tap_skip(filesystem->missing, "identity on %s", filesystem->name);
		return;
	}
	tap_ok(wait_until(allowed, filesystem), "identity on %s: a listed program",
	       filesystem->name);
	tap_ok(denied(filesystem, "copy"), "identity on %s: not a copy of it", filesystem->name);
	kill(daemon_pid(), SIGSTOP);
	snprintf(tool, sizeof(tool), "fs/%s/tool", filesystem->name);
	fd = world_open_idle(tool, O_APPEND);
	if (fd < 0 || write(fd, "x", 1) != 1)
		tap_note("write: %s", strerror(errno));
	close(fd);
	refused = denied(filesystem, "tool");
	kill(daemon_pid(), SIGCONT);
	tap_ok(refused, "identity on %s: not after a write", filesystem->name);
	tap_ok(wait_until(allowed, filesystem), "identity on %s: again when the daemon has looked",
	       filesystem->name);
}

void scene_filesystems(void)
{
	world_command("mkdir %s", world_path("fs"));
	for (size_t i = 0; i < COUNT; i++) {
		struct filesystem *filesystem = &filesystems[i];
		char at[PATH_MAX];

		snprintf(at, sizeof(at), "%s", world_path("fs/%s", filesystem->name));
		if (mkdir(at, 0755))
			tap_bail("%s: %s", at, strerror(errno));
		filesystem->missing = filesystem->mount(at);
		if (filesystem->missing)
			continue;
		chmod(at, 0755);
		if (access(world_path("fs/%s/tool", filesystem->name), F_OK))
			world_copy("bin/plain", world_path("fs/%s/tool", filesystem->name));
		world_copy("bin/plain", world_path("fs/%s/copy", filesystem->name));
	}
	policy_put();
	if (!tap_ok(daemon_reload(), "identity: in force"))
		return;
	for (size_t i = 0; i < COUNT; i++)
		filesystem_try(&filesystems[i]);
	policy_write("filesystems", "");
	daemon_reload();
	for (size_t i = 0; i < COUNT; i++) {
		if (!filesystems[i].missing && umount2(world_path("fs/%s", filesystems[i].name), 0))
			tap_note("umount %s: %s", filesystems[i].name, strerror(errno));
	}
	umount2(world_path("layers"), 0);
	tail_forget(&events);
}
