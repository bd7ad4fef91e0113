/* SPDX-License-Identifier: GPL-2.0-only */
#include "recording/compress.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "util/cleanup.h"

#define SLICE 131072 /* bytes in: a few milliseconds */
#define SUFFIX_TMP ".tmp"
#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, with gzip's header and trailer */

struct compress {
	int directory;
	struct segment segment;
	bool sync;
	int from, to; /* to: of the .tmp, -1 once it has been renamed */
	z_stream stream;
	bool ready; /* stream is initialised */
	unsigned char in[SLICE], out[SLICE];
};

struct names {
	char plain[SEGMENT_NAME_MAX];
	char compressed[SEGMENT_NAME_MAX];
	char tmp[SEGMENT_NAME_MAX + sizeof(SUFFIX_TMP)];
};

static struct names segment_names(const struct segment *segment)
{
	struct segment as = *segment;
	struct names names;

	as.compressed = false;
	segment_name(&as, names.plain);
	as.compressed = true;
	segment_name(&as, names.compressed);
	snprintf(names.tmp, sizeof(names.tmp), "%s" SUFFIX_TMP, names.compressed);
	return names;
}

int compress_new(int directory, const struct segment *segment, bool sync,
		 struct compress **ret_compress)
{
	struct compress *compress = calloc(1, sizeof(*compress));
	struct names names = segment_names(segment);
	int r = 0;

	if (!compress)
		return -ENOMEM;
	compress->directory = directory;
	compress->segment = *segment;
	compress->sync = sync;
	compress->to = -1;
	compress->from = openat(directory, names.plain, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (compress->from >= 0)
		compress->to = openat(directory, names.tmp,
				      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (compress->to < 0)
		r = -errno;
	if (!r && deflateInit2(&compress->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
			       Z_DEFAULT_STRATEGY) != Z_OK)
		r = -ENOMEM;
	compress->ready = !r;
	if (r) {
		compress_free(compress);
		return r;
	}
	*ret_compress = compress;
	return 0;
}

struct compress *compress_free(struct compress *compress)
{
	if (!compress)
		return NULL;
	if (compress->ready)
		deflateEnd(&compress->stream);
	if (compress->to >= 0) {
		struct names names = segment_names(&compress->segment);

		close_fd(compress->to);
		unlinkat(compress->directory, names.tmp, 0);
	}
	close_fd(compress->from);
	free(compress);
	return NULL;
}

static int write_all(int fd, const unsigned char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			bytes += written;
			length -= (size_t)written;
		}
	}
	return 0;
}

/* The time of the last line stays: readers pass over segments by it. */
static int compress_finish(struct compress *compress)
{
	struct names names = segment_names(&compress->segment);
	struct timespec times[2];
	struct stat st;

	if (fstat(compress->from, &st))
		return -errno;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (futimens(compress->to, times) || (compress->sync && fsync(compress->to)) ||
	    renameat(compress->directory, names.tmp, compress->directory, names.compressed))
		return -errno;
	compress->to = close_fd(compress->to);
	if (compress->sync && fsync(compress->directory))
		return -errno;
	return unlinkat(compress->directory, names.plain, 0) && errno != ENOENT ? -errno : 0;
}

int compress_step(struct compress *compress)
{
	z_stream *stream = &compress->stream;
	ssize_t length = read(compress->from, compress->in, sizeof(compress->in));
	int result, r = 0;

	if (length < 0)
		return errno == EINTR ? 1 : -errno;
	stream->next_in = compress->in;
	stream->avail_in = (unsigned int)length;
	do {
		stream->next_out = compress->out;
		stream->avail_out = sizeof(compress->out);
		result = deflate(stream, length ? Z_NO_FLUSH : Z_FINISH);
		r = write_all(compress->to, compress->out,
			      sizeof(compress->out) - stream->avail_out);
	} while (!r && stream->avail_out == 0);
	if (r)
		return r;
	if (length)
		return 1;
	return result == Z_STREAM_END ? compress_finish(compress) : -EIO;
}

/* ------------------------------------------------------------------ after an interruption */

static bool is_tmp(const char *name)
{
	size_t length = strlen(name), suffix = strlen(SUFFIX_TMP);
	char copy[SEGMENT_NAME_MAX];
	struct segment segment;

	if (length <= suffix || length - suffix >= sizeof(copy) ||
	    strcmp(name + length - suffix, SUFFIX_TMP) != 0)
		return false;
	memcpy(copy, name, length - suffix);
	copy[length - suffix] = '\0';
	return segment_name_parse(copy, &segment) && segment.compressed;
}

int compress_clean(int directory)
{
	_cleanup_segment_list_ struct segment_list list = { 0 };
	int r = segment_list_read(directory, &list);
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!stream) {
		r = r ? r : -errno;
		close_fd(fd);
		return r;
	}
	while ((entry = readdir(stream)))
		if (is_tmp(entry->d_name) && unlinkat(directory, entry->d_name, 0))
			r = -errno;
	closedir(stream);
	for (size_t i = 0; i < list.count; i++) {
		struct names names = segment_names(&list.items[i]);

		if (list.items[i].compressed && unlinkat(directory, names.plain, 0) &&
		    errno != ENOENT)
			r = -errno;
	}
	return r;
}
