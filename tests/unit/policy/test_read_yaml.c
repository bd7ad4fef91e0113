/* SPDX-License-Identifier: GPL-2.0-only */
/* Before the grammar: what is no text, what is no YAML, and what YAML can do and a policy may not. */
#include "reading.h"

#include <sys/time.h>

static void expect_bytes(const char *bytes, size_t length, unsigned int line, unsigned int column,
			 const char *message)
{
	struct mistake mistake = { "bytes", line, column, message, NULL };
	struct diagnostics diagnostics = read_bad_bytes(bytes, length);

	check_item(&diagnostics, 0, &mistake);
	diagnostics_release(&diagnostics);
}
#define EXPECT(literal, ...) expect_bytes(literal, sizeof(literal) - 1, __VA_ARGS__)

static void test_not_text(void **state)
{
	(void)state;
	EXPECT("version: 1\nmode: \0audit\n", 2, 7, "a NUL byte");
	EXPECT("a: \xff\n", 1, 4, "not UTF-8");
	EXPECT("\xc3\xa9: \xc0\xaf\n", 1, 4, "not UTF-8");
	EXPECT("a: \xed\xa0\x80\n", 1, 4, "not UTF-8");
	EXPECT("a: \xf4\x90\x80\x80\n", 1, 4, "not UTF-8");
	EXPECT("a: b\nc: \xe2\x82", 2, 4, "not UTF-8");
	EXPECT("a: \x1b[31m\n", 1, 4, "cannot be seen: U+001B");
	EXPECT("a: \x7f\n", 1, 4, "cannot be seen: U+007F");
	EXPECT("a: \xe2\x80\xae\n", 1, 4, "cannot be seen: U+202E");
	EXPECT("a: \xc2\x85\n", 1, 4, "cannot be seen: U+0085");
	EXPECT("a: b\xef\xbb\xbf\n", 1, 5, "cannot be seen: U+FEFF");
	EXPECT("a: b\rc: d\n", 1, 5, "a carriage return");
	EXPECT("\xff\xfe"
	       "a\0",
	       1, 1, "UTF-16");
}

static void test_binary_is_cut_short(void **state)
{
	struct diagnostics diagnostics;
	char bytes[4096];

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	bytes[0] = 'a';
	diagnostics = read_bad_bytes(bytes, sizeof(bytes));
	assert_int_equal(diagnostics.count, 10);
	diagnostics_release(&diagnostics);
}

static void test_not_yaml(void **state)
{
	static const struct mistake mistakes[] = {
		{ "a: [1\n", 2, 1, "not YAML: ", "`]`" },
		{ "a: {b: 1\n", 2, 1, "not YAML: ", NULL },
		{ "a: 1\n b: 2\n", 1, 4, "not YAML: ", "indented" },
		{ "a:\n\t- b\n", 2, 1, "not YAML: tab", "blanks" },
		{ "a: x: y\n", 1, 5, "not YAML: ", "needs quotes" },
		{ "a: @b\n", 1, 4, "not YAML: ", "needs quotes" },
		{ "to: 2001:db8::\n", 1, 14, "not YAML: ", "needs quotes" },
		{ "a: { b: ${root}/x, c: d }\n", 1, 10, "not YAML: ", "`${root}` needs quotes" },
		{ "a: [ \"\xc3\xa9\", ${root}/x ]\n", 1, 12,
		  "not YAML: ", "`${root}` needs quotes" },
		{ "a: [ \"\xc3\xa9$\" {} ]\n", 1, 11, "not YAML: ", "separated by commas" },
		{ "a: [ { b: 1 ]\n", 1, 13, "not YAML: ", "the inner one first" },
		{ "a: \"b\" c\n", 1, 8, "not YAML: ", "within its quotes" },
		{ "a: b\nc:d\n", 2, 1, "not YAML: ", "a colon and a blank" },
		{ "a:\n  b: c\n  d:e\n", 3, 3, "not YAML: ", "a colon and a blank" },
		{ "a: [ \"b ]\n", 1, 6, "a quote is missing", "a quote that is opened" },
		{ "a: \"b\nc: d\n", 1, 4, "a quote is missing", "close it" },
		{ "a: \"b\nc: \"d\"\n", 1, 4, "a quote is missing", "close it" },
		{ "a:\n  - 'b\n  - 'c'\n", 2, 5, "a quote is missing", "close it" },
		{ "a: [ \"b, c ]\nd: [ e ]\n", 1, 6, "a quote is missing", "indented deeper" },
		{ "a: \"\\xzz\"\n", 1, 5, "not YAML: double-quoted scalar has", NULL },
		{ "a: [ /bin/[a-z]* ]\n", 1, 16, "not YAML: ", "`*` needs quotes" },
		{ "a:\n  - b: c\n   d: e\n", 3, 4, "not YAML: ", "begin in the same column" },
		{ "a:\n  - b: c\n  d: e\n", 3, 3, "not YAML: ", "begin in the same column" },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), "");
}

static void test_not_used(void **state)
{
	static const struct mistake mistakes[] = {
		{ "a: &x b\n", 1, 4, "anchors (`&name`) are not used", NULL },
		{ "a: &x [b]\n", 1, 4, "anchors (`&name`) are not used", NULL },
		{ "a: *x\n", 1, 4, "aliases (`*name`) are not used", NULL },
		{ "b: 1\na: !!str x\n", 2, 4, "tags (`!name`) are not used", NULL },
		{ "%YAML 1.2\n---\na: b\n", 1, 1, "directives (`%`) are not used", NULL },
		{ "a: b\n---\nc: d\n", 2, 1, "a second document begins here", "one policy" },
		{ "a: b\n...\n---\nc: d\n", 3, 1, "a second document begins here", NULL },
		{ "a: b\n...\nc: d\n", 3, 1, "a second document begins here", NULL },
		{ "a: b\n...\n\n - d\n", 4, 2, "a second document begins here", NULL },
		{ "[[[[[[[[[[\n", 1, 9, "nested too deep", NULL },
		{ "a: \"\\x1b[31m\"\n", 1, 4, "cannot be seen", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		struct diagnostics diagnostics = read_bad(mistakes[i].text);
		size_t found = 0;

		/* The last one also has keys that are not known, in the same place. */
		while (found + 1 < diagnostics.count &&
		       !strstr(diagnostics.items[found].message, mistakes[i].message))
			found++;
		check_item(&diagnostics, found, &mistakes[i]);
		diagnostics_release(&diagnostics);
	}
}

static void test_nothing_in_it(void **state)
{
	static const char *const texts[] = { "",      "\n\n", "# only a comment\n",
					     "---\n", "~\n",  "\xef\xbb\xbf",
					     "   \n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		expect_bytes(texts[i], strlen(texts[i]), 1, 1, "the file holds no policy");
	EXPECT("- a\n", 1, 1, "a policy is a mapping");
	EXPECT("just words\n", 1, 1, "a policy is a mapping");
}

static void test_accepted_forms(void **state)
{
	struct policy *policy;
	char text[] = WHOLE, crlf[2 * sizeof(WHOLE)];
	size_t used = 0;

	(void)state;
	policy_free(read_good("\xef\xbb\xbf" WHOLE));
	policy_free(read_good("---\n" WHOLE "...\n"));
	policy_free(read_good(WHOLE "# a comment with a tab\tin it\n"));
	for (size_t i = 0; text[i]; i++) {
		if (text[i] == '\n')
			crlf[used++] = '\r';
		crlf[used++] = text[i];
	}
	policy = read_good_bytes(crlf, used);
	assert_string_equal(policy->instance.value, "CACHE");
	assert_string_equal(policy->executables[1].path.value, "/bin/sh");
	policy_free(policy);
	/* Without its NUL, and without a line end. */
	policy_free(read_good_bytes(text, strlen(text) - 1));
}

static char *filled(const char *beginning, const char *part, size_t length)
{
	char *text = malloc(length);
	size_t used = strlen(beginning), size = strlen(part);

	assert_non_null(text);
	memcpy(text, beginning, used);
	for (; used < length; used++)
		text[used] = part[(used - strlen(beginning)) % size];
	return text;
}

static void test_too_large(void **state)
{
	_cleanup_free_ char *text = filled(WHOLE, "#", POLICY_FILE_MAX + 1);

	(void)state;
	policy_free(read_good_bytes(text, POLICY_FILE_MAX));
	expect_bytes(text, POLICY_FILE_MAX + 1, 0, 0, "larger than 4194304 bytes");
	/* What is not there is not read. */
	expect_bytes("a", 100u << 20, 0, 0, "larger than 4194304 bytes");
}

#define HOSTILE_SIZE (256u << 10)

/* Each must be refused in a moment and in bounded memory: time that grows with the square of the
 * size would show. */
static void test_hostile(void **state)
{
	static const char *const parts[] = {
		"[",   "{",    "- ",	  "? ",		  ": ",		"\"",	"'",   "&a ",
		"*a ", "!a ",  "--- ",	  "---\n",	  "k: v\n",	"\n",	" ",   "\t",
		"a",   "[a, ", "{a: b, ", "\"a\" ",	  "|\n",	"- - ", "a: ", "[]",
		"{}",  ",",    "\\",	  "a: &x [*x]\n", "%A\n",	" x\n", "#",   "a:\n ",
		"-\n", ">-\n", "` ",	  "[{",		  "\"\\x00\" ",
	};
	static const char *const beginnings[] = { "",	    "a: ",	     "a: [",
						  "a:\n- ", WHOLE "exec: [", WHOLE "x: {" };
	struct timeval before, after;

	(void)state;
	gettimeofday(&before, NULL);
	for (size_t b = 0; b < ARRAY_SIZE(beginnings); b++) {
		for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
			_cleanup_free_ char *text = filled(beginnings[b], parts[p], HOSTILE_SIZE);
			struct diagnostics diagnostics = { 0 };
			struct policy *policy = NULL;

			policy_read("p.yaml", text, HOSTILE_SIZE, &diagnostics, &policy);
			assert_true(diagnostics.count <= DIAGNOSTICS_MAX);
			assert_false(diagnostics.out_of_memory);
			policy_free(policy);
			diagnostics_release(&diagnostics);
		}
	}
	gettimeofday(&after, NULL);
	/* 222 files; generous for a sanitizer build on a busy machine. */
	assert_true(after.tv_sec - before.tv_sec < 120);
}

static void test_long_texts(void **state)
{
	_cleanup_free_ char *word = filled("a: ", "x", 5000);
	_cleanup_free_ char *lines = filled("a: |\n", " x\n", 5000);
	_cleanup_free_ char *blanks = filled("a:\n  -", " ", 1100);

	(void)state;
	expect_bytes(word, 5000, 1, 4, "a text of more than 4096 bytes");
	expect_bytes(lines, 5000, 2, 1, "a text of more than 4096 bytes");
	expect_bytes(blanks, 1100, 2, 1004, "more than 1000 blanks or line ends in a row");
}

static void test_anchor_bomb(void **state)
{
	struct diagnostics diagnostics = read_bad(
		"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n"
		"c: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]\n");

	(void)state;
	/* Each where it stands: three anchors, 23 aliases, and what else is wrong with the file. */
	assert_int_equal(diagnostics.errors, 3 + 23 + 8);
	diagnostics_release(&diagnostics);
}

/* Columns count characters, of quotes and of what stands before them. */
static void test_places(void **state)
{
	static const struct mistake mistakes[] = {
		{ "connect: [{ why: \"\xc3\xa9\xe2\x82\xac\", allow: 'tcp/1,0' }]\n", 8, 38,
		  "there is no port 0", NULL },
		{ "connect:\n- allow: >-\n   tcp/0\n", 10, 1, "there is no port 0", NULL },
		{ "connect:\n- allow: \"tcp\\x2f0\"\n", 9, 10, "there is no port 0", NULL },
		{ "connect:\n  - allow:\n    - tcp/1\n    - ~\n", 11, 7,
		  "must be a text, not nothing", NULL },
		{ ": c\n", 8, 1, "a key must be a text, not nothing", "in front of the colon" },
		{ "? \n", 8, 1, "a key must be a text, not nothing", NULL },
		{ "connect: [{ allow: tcp/1, to: [::1, ::] }]\n", 8, 38,
		  "must be a text, not a mapping", "needs quotes" },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), WHOLE);
}

/* Copied from a page or a word processor: it looks like the blank that stands there in YAML. */
static void test_blanks_that_are_none(void **state)
{
	static const struct mistake mistakes[] = {
		{ "exec:\n\xc2\xa0 - { allow: sh }\n", 9, 1, "not a blank here: U+00A0",
		  "type a plain blank" },
		{ "exec:\n  -\xc2\xa0{ allow: sh }\n", 9, 4, "not a blank here: U+00A0", NULL },
		{ "exec:\xe3\x80\x80[]\n", 8, 6, "not a blank here: U+3000", NULL },
		{ "exec: [{ id: a,\xe2\x80\xaf"
		  "allow: sh }]\n",
		  8, 16, "not a blank here: U+202F", NULL },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), WHOLE);
	/* Within a text, and in a comment, they are what somebody wrote. */
	policy_free(read_good(WHOLE "exec: # \xe3\x80\x80x,\xc2\xa0y\n"
				    "- { allow: sh, why: \"\xc2\xab\xc2\xa0x\xc2\xa0: "
				    "y\xc2\xa0\xc2\xbb\" }\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_text),      cmocka_unit_test(test_binary_is_cut_short),
		cmocka_unit_test(test_not_yaml),      cmocka_unit_test(test_not_used),
		cmocka_unit_test(test_nothing_in_it), cmocka_unit_test(test_accepted_forms),
		cmocka_unit_test(test_too_large),     cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_long_texts),    cmocka_unit_test(test_anchor_bomb),
		cmocka_unit_test(test_places),	      cmocka_unit_test(test_blanks_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
