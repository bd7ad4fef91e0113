/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists that an administrator made inside the instance: the screen of ^%SS, and rows of a query. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "instance/role_list.h"
#include "util/cleanup.h"

static struct role_list read_list(const char *text, size_t warnings)
{
	struct diagnostics diagnostics = { 0 };
	struct role_list list = { 0 };

	assert_int_equal(role_list_read("list", text, strlen(text), &diagnostics, &list), 0);
	if (diagnostics.warnings != warnings)
		diagnostics_print(&diagnostics, stderr, false);
	assert_int_equal(diagnostics.errors, 0);
	assert_int_equal(diagnostics.warnings, warnings);
	diagnostics_release(&diagnostics);
	return list;
}

static void check(const struct role_list *list, uint32_t pid, const char *routine,
		  const char *namespace, const char *user)
{
	const struct role_list_row *row = role_list_find(list, pid);

	assert_non_null(row);
	assert_string_equal(row->routine, routine);
	assert_string_equal(row->namespace, namespace);
	assert_string_equal(row->user, user);
}

#define HEAD \
	"                       Cache System Status:  6:30 am 28 Feb 2026\n" \
	"     Process  Device      Namespace      Routine         CPU,Glob  Pr User/Location\n"

static void test_screen(void **state)
{
	struct role_list list = read_list(
		HEAD
		"        2001                             CONTROL           0,0     8\r\n"
		"        2002                             WRTDMN          630,1049  9\n"
		"        2003  /dev/null   %SYS           %SYS.Monitor.Control\n"
		"                                                 1135005,22497 8\n"
		"        2004* |TRM|:|2004 %SYS           %SYS.ProcessQuery\n"
		"                                                   95829,7389  8  Admin\n"
		"        2005  /dev/null   %SYS           %SYS.TaskSuper38505,3129  8  TASKMGR\n"
		"        2006  /dev/null   %SYS           %SYS.cspServer12,5        8  CSPSystem\n"
		"       20007  **|TCP|9211**   WARD      **LISTENER**       55590,8524  8  Ward\n"
		"     \n"
		"    5 user, 12 system, 256 mb global/23 mb routine cache\n",
		0);

	(void)state;
	assert_int_equal(list.count, 7);
	check(&list, 2001, "CONTROL", "", "");
	check(&list, 2002, "WRTDMN", "", "");
	check(&list, 2003, "%SYS.Monitor.Control", "%SYS", "");
	check(&list, 2004, "%SYS.ProcessQuery", "%SYS", "");
	check(&list, 2005, "%SYS.TaskSuper", "%SYS", "");
	check(&list, 2006, "%SYS.cspServer", "%SYS", "");
	check(&list, 20007, "LISTENER", "WARD", "");
	assert_null(role_list_find(&list, 5));
	role_list_release(&list);
}

static void test_screen_odd(void **state)
{
	struct role_list list = read_list(
		HEAD "        2001  /dev/null   %SYS\n"
		     "        2002                             FIRST             0,0     8\n"
		     "        2002                             SECOND            0,0     8\n"
		     "           0                             NOBODY            0,0     8\n"
		     " 99999999999                             NOBODY            0,0     8\n",
		1);

	(void)state;
	assert_int_equal(list.count, 1);
	check(&list, 2002, "SECOND", "", ""); /* the later row is the later look */
	role_list_release(&list);
}

/* A device of more than its column: the rest of the row is on the next line. */
static void test_screen_wide(void **state)
{
	struct role_list list = read_list(
		HEAD
		"        2001  |TCP|51773|2001\n"
		"                          %SYS           %SYS.cspServer2  12,5   8  CSPSystem\n"
		"     4194303  /dev/pts/1000000\n"
		"\n"
		"                          WARD           SERVER           12,5   8\n"
		"        2003  |TCP|51773|2003\n"
		"        2004  /dev/null   %SYS           %SYS.Monitor.Control\n"
		"                                                 1135005,22497 8\n",
		0);

	(void)state;
	assert_int_equal(list.count, 3);
	check(&list, 4194303, "SERVER", "WARD", "");
	check(&list, 2001, "%SYS.cspServer2", "%SYS", "");
	check(&list, 2004, "%SYS.Monitor.Control", "%SYS", "");
	role_list_release(&list);
}

/* A list that labels nobody is not taken in silence: its blanks were lost, or it is empty. */
static void test_nobody(void **state)
{
	static const char *const texts[] = {
		"Process Device Namespace Routine CPU,Glob Pr User/Location\n2001 CONTROL 0,0 8\n",
		HEAD "2001 CONTROL 0,0 8\n", HEAD, "Pid,Routine\n", "Process ID,Routine\n2001,\n"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct role_list list = read_list(texts[i], 1);

		assert_int_equal(list.count, 0);
		role_list_release(&list);
	}
}

static void test_csv(void **state)
{
	static const char *const texts[] = {
		"Pid,Routine,NameSpace,UserName\n2001,CONTROL,,\n2002,\"a \"\"b\"\", "
		"c\",%SYS,Admin\n",
		"sep=;\nJob;Pid;Routine;Nspace;User;Other\n1;2001;CONTROL;;;x\n2;2002;\"a "
		"\"\"b\"\", "
		"c\";%SYS;Admin\n",
		"\xef\xbb\xbfJob #,Process ID,User,Namespace,Routine\n1,2001,,,CONTROL\n"
		"2,2002,Admin,%SYS,\"a \"\"b\"\", c\"\n",
		"ROUTINE\tPROCESS\tNAMESPACE\tUSERNAME\r\nCONTROL\t2001\r\n\"a \"\"b\"\", "
		"c\"\t2002\t%SYS\tAdmin\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct role_list list = read_list(texts[i], 0);

		assert_int_equal(list.count, 2);
		check(&list, 2001, "CONTROL", "", "");
		check(&list, 2002, "a \"b\", c", "%SYS", "Admin");
		role_list_release(&list);
	}
}

static void test_csv_odd(void **state)
{
	char text[4000] = "Pid,Routine\n7,";
	struct role_list list;

	(void)state;
	memset(text + strlen(text), 'x', 3000);
	strcat(text, "\nabc,Y\n8,\n9,\"open\n");
	list = read_list(text, 1); /* abc is no process */
	assert_int_equal(list.count, 2);
	assert_int_equal(strlen(role_list_find(&list, 7)->routine), ROLE_LIST_TEXT_MAX);
	check(&list, 9, "open", "", "");
	role_list_release(&list);
}

static void test_none(void **state)
{
	static const char *const texts[] = { "", "\n\n", "Process Device\n1 2\n",
					     "Pid,User\n1,x\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct diagnostics diagnostics = { 0 };
		struct role_list list = { 0 };

		assert_int_equal(
			role_list_read("list", texts[i], strlen(texts[i]), &diagnostics, &list),
			-EINVAL);
		assert_int_equal(diagnostics.errors, 1);
		assert_non_null(diagnostics.items[0].hint);
		diagnostics_release(&diagnostics);
	}
}

/* A screen of a real instance, where it is. */
static void test_observed(void **state)
{
	static const char path[] = "../shared/data/observed/ss-cache-listing-worldvista-2014.txt";
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char text[65536];
	struct role_list list;

	(void)state;
	if (!file) {
		printf("# skip: %s is not here\n", path);
		skip();
	}
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	list = read_list(text, 0);
	assert_int_equal(list.count, 17);
	check(&list, 9512, "CONTROL", "", "");
	check(&list, 9356, "%SYS.TaskSuper", "%SYS", "");
	check(&list, 5868, "%SYS.Monitor.Control", "%SYS", "");
	check(&list, 10752, "XWBTCPL", "EHR", "");
	role_list_release(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_screen),	    cmocka_unit_test(test_screen_odd),
		cmocka_unit_test(test_csv),	    cmocka_unit_test(test_csv_odd),
		cmocka_unit_test(test_screen_wide), cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_none),	    cmocka_unit_test(test_observed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
