/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/identity.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

static int identity_stat(int fd, struct cw_identity *ret)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	*ret = (struct cw_identity){
		.key = { .inode = st.st_ino, .device = major(st.st_dev) << 20 | minor(st.st_dev) },
		.ctime_seconds = st.st_ctim.tv_sec,
		.ctime_nanoseconds = (uint32_t)st.st_ctim.tv_nsec,
		.size = (uint64_t)st.st_size,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.mode = st.st_mode,
		.links = (uint32_t)st.st_nlink,
		.status = EOPNOTSUPP,
	};
	return 0;
}

int identity_get(const struct file_identifier *identifier, int fd, struct cw_identity *ret)
{
	/* In either case: it tells the kernel that the ctime was asked for. */
	int r = identity_stat(fd, ret);

	if (r || !identifier || !identifier->identify)
		return r;
	*ret = (struct cw_identity){ 0 };
	return identifier->identify(identifier->context, fd, ret);
}

bool identity_same(const struct cw_identity *a, const struct cw_identity *b)
{
	return a->key.inode == b->key.inode && a->key.device == b->key.device &&
	       a->ctime_seconds == b->ctime_seconds &&
	       a->ctime_nanoseconds == b->ctime_nanoseconds && a->size == b->size;
}

bool identity_young(const struct cw_identity *identity)
{
	struct timespec now;

	if (identity->status)
		return false; /* it is not admitted either way */
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	if (!identity->ctime_nanoseconds)
		return identity->ctime_seconds >= now.tv_sec;
	/* Of a time to come (the clock was set back) no change now can have the same nanoseconds. */
	if (identity->ctime_seconds > now.tv_sec + 1)
		return false;
	return identity->ctime_seconds > now.tv_sec ||
	       (identity->ctime_seconds == now.tv_sec &&
		identity->ctime_nanoseconds >= (uint64_t)now.tv_nsec);
}
