/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What reading an instance's configuration costs: all real files that are here, the largest that is
 * read, and one that is larger. The last two are read by a child each, whose memory is then known.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "instance/config.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/log.h"

#define TURNS 15
#define FILES_MAX 256

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* As `policy generate` reads it: text, meaning, and what is to be said of both. */
static int read_one(const char *path)
{
	struct diagnostics diagnostics = { 0 };
	struct config *config = NULL;
	int r = config_read_file(path, &diagnostics, &config);

	config_free(config);
	diagnostics_release(&diagnostics);
	return r;
}

/* ------------------------------------------------------------------ real files */

static size_t list_files(const char *directory, char *paths[FILES_MAX])
{
	DIR *opened = opendir(directory);
	const struct dirent *item;
	size_t count = 0;

	while (opened && count < FILES_MAX && (item = readdir(opened))) {
		const char *ending = strrchr(item->d_name, '.');

		if (ending && strcmp(ending, ".cpf") == 0 &&
		    asprintf(&paths[count], "%s/%s", directory, item->d_name) > 0)
			count++;
	}
	if (opened)
		closedir(opened);
	return count;
}

static int real_measure(const char *directory, struct report *report)
{
	struct result result = { .suite = "reading", .unit = "ms", .target = 50 };
	char *paths[FILES_MAX];
	size_t count = list_files(directory, paths);
	double times[TURNS];
	int r = count ? 0 : -ENOENT;

	for (size_t turn = 0; !r && turn < TURNS; turn++) {
		double start = now_ms();

		for (size_t i = 0; !r && i < count; i++)
			r = read_one(paths[i]);
		times[turn] = now_ms() - start;
	}
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	if (r)
		return log_err(r, "read the files of %s", directory);
	result.value = median(times, TURNS);
	snprintf(result.name, sizeof(result.name), "%zu cpf files, all of them", count);
	snprintf(result.detail, sizeof(result.detail), "of %d: %.2f to %.2f ms", TURNS, times[0],
		 times[TURNS - 1]);
	report_add(report, &result);
	return 0;
}

/* ------------------------------------------------------------------ large ones */

/* A cpf of so many bytes, mappings as in real files, in memory. */
static int large_make(size_t size)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	int fd = memfd_create("large.cpf", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	buffer_add_string(&text, "[ConfigFile]\nVersion=2017.1\n[Map.WARD]\n");
	for (size_t i = 0; text.length < size && !buffer_failed(&text); i++)
		buffer_printf(
			&text,
			"Global_Ward%07zu(\"Arial,Tahoma,Verdana\",%07zu):(\"Z\")=WARD,NIGHT\n", i,
			i);
	if (buffer_failed(&text) || write(fd, text.data, size) != (ssize_t)size) {
		close(fd);
		return -EIO;
	}
	return fd;
}

/* What the child held at most, in MiB, and how it ended. */
static int large_read(int fd, double *ret_ms, double *ret_mib, int *ret_status)
{
	struct rusage usage;
	double start = now_ms();
	pid_t child = fork();
	char path[64];

	if (child < 0)
		return -errno;
	if (child == 0) {
		int r;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		r = read_one(path);
		_exit(r == 0 ? 0 : r == -EFBIG ? 1 : 2);
	}
	if (wait4(child, ret_status, 0, &usage) != child)
		return -errno;
	*ret_ms = now_ms() - start;
	*ret_mib = (double)usage.ru_maxrss / 1024;
	return WIFEXITED(*ret_status) && WEXITSTATUS(*ret_status) < 2 ? 0 : -EPROTO;
}

static int large_measure(size_t mib, double target, struct report *report)
{
	struct result result = { .suite = "reading", .unit = "MiB", .target = target };
	_cleanup_close_ int fd = large_make(mib << 20);
	double ms = 0;
	int status = 0;
	int r = fd < 0 ? fd : large_read(fd, &ms, &result.value, &status);

	if (r)
		return log_err(r, "read a cpf of %zu MiB", mib);
	snprintf(result.name, sizeof(result.name), "memory, a cpf of %zu MiB: %s", mib,
		 WEXITSTATUS(status) ? "refused" : "read");
	snprintf(result.detail, sizeof(result.detail), "in %.0f ms", ms);
	report_add(report, &result);
	return 0;
}

int reading_run(struct report *report, const char *directory)
{
	int r = real_measure(directory, report);

	if (!r)
		r = large_measure(CPF_SIZE_MAX >> 20, 128, report);
	return r ? r : large_measure(100, 128, report);
}
