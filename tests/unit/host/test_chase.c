/* SPDX-License-Identifier: GPL-2.0-only */
/* From a path to a file: links, what is not a file, and everyone who could have put another there. */
#include "temporary.h"

#include <sys/xattr.h>

#include "host/chase.h"

#define STRANGER 54321 /* a uid and gid that is neither root nor ours */

static const struct chase_trust nobody = { 0 };

/* Trust in whoever runs the test, so that it need not be root. */
static struct chase_trust us(void)
{
	return (struct chase_trust){ .owner = geteuid() };
}

static struct chased chased(const char *path)
{
	struct chase_trust trust = us();
	struct chased ret;

	assert_int_equal(chase(path, &trust, &ret), 0);
	return ret;
}

static void assert_chased(const char *path, enum file_trust trust, const char *resolved)
{
	struct chased ret = chased(path);

	if (ret.trust != trust)
		fail_msg("%s: %s (%s)", path, file_trust_name(ret.trust),
			 ret.reason ? ret.reason : "no reason");
	assert_true((ret.reason == NULL) == (trust == FILE_TRUSTED));
	if (resolved) {
		assert_non_null(ret.resolved);
		assert_string_equal(ret.resolved, resolved);
		assert_true(ret.fd >= 0);
	} else {
		assert_true(ret.fd < 0);
	}
	chased_release(&ret);
}

static void test_plain(void **state)
{
	char *d = temporary_new("chase");

	(void)state;
	make_file(d, "file", "x", 0755);
	assert_chased(in(d, "file"), FILE_TRUSTED, in(d, "file"));
	assert_chased(in(d, "./file"), FILE_TRUSTED, in(d, "file"));
	assert_chased(in(d, "//.//file"), FILE_TRUSTED, in(d, "file"));
	assert_chased(in(d, "file/"), FILE_TRUSTED, in(d, "file"));
	temporary_free(d);
}

static void test_missing(void **state)
{
	char *d = temporary_new("chase");

	(void)state;
	make_file(d, "file", "x", 0755);
	make_link(d, "dangling", "nothing");
	assert_chased(in(d, "nothing"), FILE_MISSING, NULL);
	assert_chased(in(d, "nothing/below"), FILE_MISSING, NULL);
	assert_chased(in(d, "file/below"), FILE_MISSING, NULL);
	assert_chased(in(d, "dangling"), FILE_MISSING, NULL);
	temporary_free(d);
}

static void test_links(void **state)
{
	char *d = temporary_new("chase"), absolute[PATH_MAX];
	struct chased ret;

	(void)state;
	make_directory(d, "a", 0755);
	make_directory(d, "b", 0755);
	make_file(d, "b/file", "x", 0755);
	make_link(d, "a/relative", "../b/file");
	snprintf(absolute, sizeof(absolute), "%s/a/relative", d);
	make_link(d, "absolute", absolute);
	make_link(d, "directory", "a/../b");
	assert_chased(in(d, "a/relative"), FILE_TRUSTED, in(d, "b/file"));
	assert_chased(in(d, "absolute"), FILE_TRUSTED, in(d, "b/file"));
	assert_chased(in(d, "directory/file"), FILE_TRUSTED, in(d, "b/file"));
	assert_chased(in(d, "directory/../b/file"), FILE_TRUSTED, in(d, "b/file"));
	/* Where they all are, for who watches them. */
	make_link(d, "b/through", "../directory/file");
	ret = chased(in(d, "b/through"));
	assert_int_equal(ret.link_count, 2);
	assert_string_equal(ret.link_directories[0], in(d, "b"));
	assert_string_equal(ret.link_directories[1], d);
	chased_release(&ret);
	temporary_free(d);
}

static void test_loop(void **state)
{
	char *d = temporary_new("chase");
	struct chased ret;

	(void)state;
	make_link(d, "one", "two");
	make_link(d, "two", "one");
	ret = chased(in(d, "one"));
	assert_int_equal(ret.trust, FILE_UNREADABLE);
	assert_int_equal(ret.error, ELOOP);
	chased_release(&ret);
	temporary_free(d);
}

/* Opening a FIFO would wait for its writer; opening a device might do anything. */
static void test_not_regular(void **state)
{
	char *d = temporary_new("chase");

	(void)state;
	assert_int_equal(mkfifo(in(d, "fifo"), 0644), 0);
	make_directory(d, "directory", 0755);
	assert_chased(in(d, "fifo"), FILE_NOT_REGULAR, in(d, "fifo"));
	assert_chased(in(d, "directory"), FILE_NOT_REGULAR, in(d, "directory"));
	assert_chased("/dev/null", FILE_NOT_REGULAR, "/dev/null");
	temporary_free(d);
}

static void test_writable(void **state)
{
	char *d = temporary_new("chase");
	struct chased ret;

	(void)state;
	make_file(d, "file", "x", 0757);
	assert_chased(in(d, "file"), FILE_WRITABLE, in(d, "file"));
	make_directory(d, "open", 0757);
	make_file(d, "open/file", "x", 0755);
	assert_chased(in(d, "open/file"), FILE_WRITABLE, in(d, "open/file"));
	/* The directory of a link is looked at like that of the file. */
	make_link(d, "open/link", "../closed");
	make_file(d, "closed", "x", 0755);
	assert_chased(in(d, "closed"), FILE_TRUSTED, in(d, "closed"));
	ret = chased(in(d, "open/link"));
	assert_int_equal(ret.trust, FILE_WRITABLE);
	assert_non_null(strstr(ret.reason, "/open may be written by everyone"));
	chased_release(&ret);
	temporary_free(d);
}

/* A group is trusted, but an access list may let others write: the mode does not say whom. */
static void test_access_list(void **state)
{
	/* As it is kept (<linux/posix_acl_xattr.h>): version; tag, permission and id of each entry. */
	struct {
		uint32_t version;
		struct {
			uint16_t tag, permission;
			uint32_t id;
		} entries[5];
	} list = { 2,
		   { { 0x01, 7, UINT32_MAX },
		     { 0x02, 7, 65534 },
		     { 0x04, 5, UINT32_MAX },
		     { 0x10, 7, UINT32_MAX },
		     { 0x20, 5, UINT32_MAX } } };
	char *directory = temporary_new("chase");
	uint32_t group = getegid();
	struct chase_trust trust = { .owner = geteuid(), .groups = &group, .group_count = 1 };
	struct chased ret;

	(void)state;
	make_file(directory, "f", "x", 0775);
	assert_int_equal(chase(in(directory, "f"), &trust, &ret), 0);
	assert_null(ret.group_reason);
	chased_release(&ret);
	if (setxattr(in(directory, "f"), "system.posix_acl_access", &list, sizeof(list), 0)) {
		temporary_free(directory);
		printf("# skip: no access lists here\n");
		skip();
	}
	assert_int_equal(chase(in(directory, "f"), &trust, &ret), 0);
	assert_non_null(ret.group_reason);
	assert_non_null(strstr(ret.group_reason, "access list"));
	chased_release(&ret);
	temporary_free(directory);
}

static void test_group(void **state)
{
	char *d = temporary_new("chase");
	uint32_t groups[] = { 0, 0 };
	struct chase_trust trust = us();
	struct chased ret;
	struct stat st;

	(void)state;
	make_directory(d, "shared", 0775);
	make_file(d, "shared/file", "x", 0755);
	ret = chased(in(d, "shared/file"));
	assert_int_equal(ret.trust, FILE_TRUSTED); /* if its hash is pinned */
	assert_non_null(ret.group_reason);
	assert_non_null(strstr(ret.group_reason, "/shared may be written by group"));
	chased_release(&ret);

	assert_int_equal(stat(in(d, "shared"), &st), 0);
	groups[0] = st.st_gid + 1;
	groups[1] = st.st_gid;
	trust.groups = groups;
	trust.group_count = 1;
	assert_int_equal(chase(in(d, "shared/file"), &trust, &ret), 0);
	assert_non_null(ret.group_reason);
	chased_release(&ret);
	trust.group_count = 2;
	assert_int_equal(chase(in(d, "shared/file"), &trust, &ret), 0);
	assert_null(ret.group_reason);
	chased_release(&ret);
	temporary_free(d);
}

static void test_owner(void **state)
{
	char *d = temporary_new("chase");
	struct chase_trust stranger = { .owner = STRANGER };
	struct chased ret;

	(void)state;
	need_root();
	make_directory(d, "theirs", 0755);
	make_file(d, "theirs/file", "x", 0755);
	assert_int_equal(chown(in(d, "theirs"), STRANGER, STRANGER), 0);
	assert_chased(in(d, "theirs/file"), FILE_BAD_OWNER, in(d, "theirs/file"));
	assert_int_equal(chase(in(d, "theirs/file"), &stranger, &ret), 0);
	assert_int_equal(ret.trust, FILE_TRUSTED);
	chased_release(&ret);
	assert_int_equal(chown(in(d, "theirs"), 0, 0), 0);
	assert_int_equal(chown(in(d, "theirs/file"), STRANGER, 0), 0);
	assert_int_equal(chase(in(d, "theirs/file"), &nobody, &ret), 0);
	assert_int_equal(ret.trust, FILE_BAD_OWNER);
	assert_non_null(strstr(ret.reason, "uid 54321"));
	chased_release(&ret);
	temporary_free(d);
}

/* In a sticky directory nobody can replace what is not theirs; but whose it is must be known. */
static void test_sticky(void **state)
{
	char *d = temporary_new("chase");

	(void)state;
	need_root();
	make_directory(d, "sticky", 01777);
	make_file(d, "sticky/file", "x", 0755);
	make_link(d, "sticky/link", "file");
	assert_chased(in(d, "sticky/file"), FILE_TRUSTED, in(d, "sticky/file"));
	assert_chased(in(d, "sticky/link"), FILE_TRUSTED, in(d, "sticky/file"));
	assert_int_equal(lchown(in(d, "sticky/link"), STRANGER, 0), 0);
	assert_chased(in(d, "sticky/link"), FILE_BAD_OWNER, in(d, "sticky/file"));
	/* Sticky helps only as long as root owns the directory. */
	assert_int_equal(chown(in(d, "sticky"), STRANGER, 0), 0);
	assert_int_equal(chmod(in(d, "sticky"), 01777), 0);
	assert_chased(in(d, "sticky/file"), FILE_BAD_OWNER, in(d, "sticky/file"));
	temporary_free(d);
}

static void test_root_directory(void **state)
{
	(void)state;
	assert_chased("/", FILE_NOT_REGULAR, NULL);
	assert_chased("/..", FILE_NOT_REGULAR, NULL);
	assert_chased("/tmp/..", FILE_NOT_REGULAR, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	       cmocka_unit_test(test_missing),
		cmocka_unit_test(test_links),	       cmocka_unit_test(test_loop),
		cmocka_unit_test(test_not_regular),    cmocka_unit_test(test_writable),
		cmocka_unit_test(test_group),	       cmocka_unit_test(test_access_list),
		cmocka_unit_test(test_owner),	       cmocka_unit_test(test_sticky),
		cmocka_unit_test(test_root_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
