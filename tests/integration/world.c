/* SPDX-License-Identifier: GPL-2.0-only */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

const char *const backend_names[BACKEND_MAX] = {
	[LSM] = "lsm",
	[FMOD_RET] = "fmod_ret",
	[CGROUP] = "cgroup",
};

/* What each cannot refuse, so that a policy which enforces must say that it knows. The last two: a guard of
 * SCTP. */
static const char *const partial[BACKEND_MAX] = {
	[LSM] = "[]",
	[FMOD_RET] = "[]",
	[CGROUP] = "[library, receive, connect, bind]",
};

struct world world;

bool world_choose_backend(const char *name)
{
	for (int i = 0; i < BACKEND_MAX; i++) {
		if (strcmp(backend_names[i], name) != 0)
			continue;
		world.backend = (enum backend)i;
		return true;
	}
	return false;
}

const char *world_absolute(const char *path)
{
	const char *real = realpath(path, NULL);

	return real ? real : path;
}

void world_lock(void)
{
	int fd = open("/run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX))
		tap_bail("lock /run: %s", strerror(errno));
}

/* ------------------------------------------------------------------ paths and files */

const char *world_path(const char *format, ...)
{
	static char paths[8][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 8];
	int length = snprintf(path, PATH_MAX, "%s/", world.root);
	va_list args;

	va_start(args, format);
	vsnprintf(path + length, (size_t)(PATH_MAX - length), format, args);
	va_end(args);
	return path;
}

static const char *named(const char *name)
{
	return *name == '/' ? name : world_path("%s", name);
}

/* Written beside and renamed, as an editor would: the daemon never reads half of it. */
static void file_replace(const char *path, mode_t mode, const char *text)
{
	char fresh[PATH_MAX + 8];
	int fd;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(fresh, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, mode);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(fd, mode))
		tap_bail("write %s: %s", fresh, strerror(errno));
	close(fd);
	if (rename(fresh, path))
		tap_bail("rename to %s: %s", path, strerror(errno));
}

void world_write(const char *name, mode_t mode, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	file_replace(named(name), mode, text);
	free(text);
}

void world_copy(const char *from, const char *name)
{
	const char *to = named(name);
	struct stat file;
	int in = open(named(from), O_RDONLY | O_CLOEXEC), out;
	off_t left;

	unlink(to);
	out = open(to, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);
	if (in < 0 || out < 0 || fstat(in, &file))
		tap_bail("copy %s to %s: %s", from, to, strerror(errno));
	for (left = file.st_size; left > 0;) {
		ssize_t done = sendfile(out, in, NULL, (size_t)left);

		if (done <= 0)
			tap_bail("copy %s to %s: %s", from, to, strerror(errno));
		left -= done;
	}
	fchmod(out, 0755);
	close(in);
	close(out);
}

int world_open_idle(const char *name, int flags)
{
	int fd = -1;

	for (int try = 0; try < 1000; try++) {
		fd = open(named(name), O_WRONLY | O_CLOEXEC | flags);
		if (fd >= 0 || errno != ETXTBSY)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return fd;
}

const char *world_mount_image(const char *at, const char *type, const char *options)
{
	static unsigned int number;
	char image[PATH_MAX];

	snprintf(image, sizeof(image), "%s", world_path("images/%s.%u", type, number++));
	if (world_command("mkdir -p %s", world_path("images")))
		return "no directory";
	if (world_command("command -v mkfs.%s >/dev/null", type))
		return "no mkfs for it";
	if (world_command("truncate -s 128M %s && mkfs.%s %s %s >/dev/null 2>&1", image, type,
			  options, image))
		return "mkfs fails";
	return world_command("mount -t %s -o loop %s %s 2>/dev/null", type, image, at)
		       ? "cannot be mounted"
		       : NULL;
}

const char *world_beside(const char *name)
{
	static char path[PATH_MAX];
	const char *slash = strrchr(world.actor, '/');

	snprintf(path, sizeof(path), "%.*s/%s", slash ? (int)(slash - world.actor) : 0, world.actor,
		 name);
	return path;
}

int world_command(const char *format, ...)
{
	char *command = NULL;
	va_list args;
	int status;

	va_start(args, format);
	if (vasprintf(&command, format, args) < 0)
		abort();
	va_end(args);
	status = system(command);
	free(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* ------------------------------------------------------------------ policies */

static char *policy_fill(const char *text)
{
	static const struct {
		const char *name;
		size_t length;
	} places[] = { { "@ROOT@", 6 }, { "@PARTIAL@", 9 } };
	const char *values[] = { world.root, partial[world.backend] };
	char *filled = NULL;
	size_t size;
	FILE *stream = open_memstream(&filled, &size);

	while (*text) {
		size_t i = 0;

		while (i < 2 && strncmp(text, places[i].name, places[i].length) != 0)
			i++;
		if (i < 2) {
			fputs(values[i], stream);
			text += places[i].length;
		} else {
			fputc(*text++, stream);
		}
	}
	fclose(stream);
	return filled;
}

void policy_write(const char *name, const char *text)
{
	const char *path = world_path("policy.d/%s.yaml", name);
	char *filled;

	if (!*text) {
		unlink(path);
		return;
	}
	filled = policy_fill(text);
	file_replace(path, 0644, filled);
	free(filled);
}

unsigned int policy_line(const char *name, const char *text)
{
	FILE *file = fopen(world_path("policy.d/%s.yaml", name), "r");
	unsigned int number = 0, found = 0;
	char line[512];

	while (file && !found && fgets(line, sizeof(line), file)) {
		number++;
		if (strstr(line, text))
			found = number;
	}
	if (file)
		fclose(file);
	return found;
}

/* ------------------------------------------------------------------ the network */

static void loopback_up(void)
{
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &loopback))
		tap_bail("loopback: %s", strerror(errno));
	close(fd);
	/* Everybody may have ping sockets, as on a Debian host. */
	fd = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0 2147483647", 12) != 12)
		tap_note("ping_group_range: %s", strerror(errno));
	close(fd);
}

/* On every address, IPv4 and IPv6. A protocol that this kernel has not has no server. */
static void server_start(int type, int protocol, const char *port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, protocol), one = 1;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) ||
	    (type != SOCK_DGRAM && listen(fd, 4096)))
		tap_bail("server on port %s, protocol %d: %s", port, protocol, strerror(errno));
}

static void servers_start(void)
{
	static const char *const ports[] = { LISTED, UNLISTED };

	for (size_t i = 0; i < 2; i++) {
		server_start(SOCK_STREAM, 0, ports[i]);
		server_start(SOCK_DGRAM, 0, ports[i]);
		server_start(SOCK_DGRAM, IPPROTO_UDPLITE, ports[i]);
		server_start(SOCK_STREAM, IPPROTO_SCTP, ports[i]);
	}
}

/* ------------------------------------------------------------------ the whole */

void world_make(void)
{
	snprintf(world.root, sizeof(world.root), "/run/cw-integration-%s.%d",
		 backend_names[world.backend], (int)getpid());
	umask(022);
	if (mkdir(world.root, 0755) || mkdir(world_path("bin"), 0755) ||
	    mkdir(world_path("policy.d"), 0755) || mkdir(world_path("run"), 0755) ||
	    mkdir(world_path("data"), 0755) || mkdir(world_path("bpf"), 0755))
		tap_bail("make %s: %s", world.root, strerror(errno));
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", world_path("bpf"), "bpf", 0, NULL))
		tap_bail("namespaces: %s", strerror(errno));
	loopback_up();
	servers_start();
}

static int remove_one(const char *path, const struct stat *file, int type, struct FTW *where)
{
	(void)file;
	(void)type;
	(void)where;
	return remove(path) && errno != EBUSY ? -1 : 0;
}

void world_remove(void)
{
	/* What is pinned goes with the file system, when the last that uses it has ended. */
	if (*world.root)
		umount2(world_path("bpf"), MNT_DETACH);
	if (*world.root)
		nftw(world.root, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
