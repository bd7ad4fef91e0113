/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a kernel preempts, where it does not tell: by how it was booted, or built. Needs no kernel of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "kern/internal.h"

static void test_preempt_booted(void **state)
{
	(void)state;
	assert_int_equal(preempt_booted("quiet ro\n"), PREEMPT_UNKNOWN);
	assert_int_equal(preempt_booted("preempt=full\n"), PREEMPT_YES);
	assert_int_equal(preempt_booted("ro preempt=lazy quiet"), PREEMPT_YES);
	assert_int_equal(preempt_booted("ro preempt=voluntary\n"), PREEMPT_NO);
	assert_int_equal(preempt_booted("preempt=full preempt=none"), PREEMPT_NO);
	assert_int_equal(preempt_booted("preempt=none preempt=full"), PREEMPT_YES);
	assert_int_equal(preempt_booted("rcu.preempt=none"), PREEMPT_UNKNOWN);
	assert_int_equal(preempt_booted("preempt=fuller preempt="), PREEMPT_UNKNOWN);
}

static void test_preempt_built(void **state)
{
	static const struct {
		const char *text;
		enum preempt preempt;
	} rows[] = {
		{ "# CONFIG_PREEMPT is not set\nCONFIG_PREEMPT_VOLUNTARY=y\n", PREEMPT_NO },
		{ "CONFIG_PREEMPT_NONE=y\nCONFIG_PREEMPT_DYNAMIC=y\n", PREEMPT_NO },
		{ "CONFIG_PREEMPT_BUILD=y\nCONFIG_PREEMPT=y\n", PREEMPT_YES },
		{ "CONFIG_PREEMPT_LAZY=y\n", PREEMPT_YES },
		{ "CONFIG_PREEMPT_DYNAMIC=y\n", PREEMPT_UNKNOWN },
		{ "", PREEMPT_UNKNOWN },
	};
	char path[] = "/tmp/cw-test-config-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		gzFile packed;

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, rows[i].text, strlen(rows[i].text), 0),
				 strlen(rows[i].text));
		assert_int_equal(preempt_built(path), rows[i].preempt);
		packed = gzopen(path, "wbe");
		assert_non_null(packed);
		assert_true(gzputs(packed, rows[i].text) >= 0);
		assert_int_equal(gzclose(packed), Z_OK);
		assert_int_equal(preempt_built(path), rows[i].preempt);
	}
	close(fd);
	unlink(path);
	assert_int_equal(preempt_built(path), PREEMPT_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_preempt_booted),
		cmocka_unit_test(test_preempt_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
