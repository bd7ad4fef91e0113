/* SPDX-License-Identifier: GPL-2.0-only */
/* Who answers for a file system, by what the kernel says of its mounts. */
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "temporary.h"

#include "host/mounter.h"

static const char mounts[] = "23 28 0:21 / /sys rw,nosuid - sysfs sysfs rw\n"
			     "28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,user_id=7\n"
			     "40 28 0:40 / /home/a\\040-\\040fuse/m rw - fuse.sshfs b:/user_id=0 "
			     "rw,user_id=1000,group_id=1000\n"
			     "41 28 0:41 / /gluster rw shared:3 - fuse.glusterfs h:/v "
			     "rw,user_id=0,group_id=0,allow_other\n"
			     "42 28 0:42 / /host rw - virtiofs tag rw\n"
			     "43 28 0:43 / /odd rw - fuse odd rw\n"
			     "44 28 8:17 / /stick rw - fuseblk /dev/sdb1 rw,user_id=33\n"
			     "45 28 0:45 / /worse rw - fuse worse rw,user_id=0x\n"
			     "46 28 0:46 / /evil rw - fuse a,user_id=0,b rw,user_id=1000\n"
			     "47 28 0:47 / /type rw - fuse.a,user_id=0, b rw,user_id=1001\n"
			     "48 28 0:48 / /cut rw - fuse a,user_id=0\n";

static uint32_t mounter(unsigned int major_number, unsigned int minor_number)
{
	FILE *stream = fmemopen((void *)mounts, strlen(mounts), "r");
	uint32_t found;

	assert_non_null(stream);
	found = mounter_find(stream, makedev(major_number, minor_number));
	fclose(stream);
	return found;
}

static void test_mounters(void **state)
{
	(void)state;
	assert_int_equal(mounter(8, 1), 0);
	assert_int_equal(mounter(0, 40), 1000);
	assert_int_equal(mounter(0, 41), 0);
	assert_int_equal(mounter(0, 42), 0);
	assert_int_equal(mounter(0, 43), UINT32_MAX);
	assert_int_equal(mounter(8, 17), 33);
	assert_int_equal(mounter(0, 45), UINT32_MAX);
	/* The type and the source are words of whoever mounted it. */
	assert_int_equal(mounter(0, 46), 1000);
	assert_int_equal(mounter(0, 47), 1001);
	assert_int_equal(mounter(0, 48), UINT32_MAX);
	assert_int_equal(mounter(0, 99), UINT32_MAX);
}

static void test_other_filesystem(void **state)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(mounter_of(fd, makedev(0, 0)), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounters),
		cmocka_unit_test(test_other_filesystem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
