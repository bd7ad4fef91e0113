/* SPDX-License-Identifier: GPL-2.0-only */
/* The text of a cpf: sections, keys, values and their places. */
#include "instance/cpf.h"

#include "instance/instances.h"

static struct cpf *read_bytes(const char *text, size_t length, struct diagnostics *diagnostics)
{
	struct cpf *cpf = NULL;

	assert_int_equal(cpf_read("cache.cpf", text, length, diagnostics, &cpf), 0);
	assert_non_null(cpf);
	return cpf;
}

static struct cpf *read_text(const char *text, struct diagnostics *diagnostics)
{
	return read_bytes(text, strlen(text), diagnostics);
}

/* One setting each: [S] key, value, line, column, column of the value. */
static void test_lines(void **state)
{
	static const struct {
		const char *text, *key, *value;
		unsigned int line, column, value_column;
	} cases[] = {
		{ "[S]\nk=v\n", "k", "v", 2, 1, 3 },
		{ "[S]\nk=v", "k", "v", 2, 1, 3 }, /* no end of the last line */
		{ "[S]\r\nk=v\r\n", "k", "v", 2, 1, 3 },
		{ "[S]\r\nk=v", "k", "v", 2, 1, 3 },
		{ "[S]\nk=v\r\r\n", "k", "v", 2, 1, 3 }, /* sent as text twice */
		{ "[S]\n\n\nk=v\n\n", "k", "v", 4, 1, 3 },
		{ "[S]\n  k=v  \t\n", "k", "v", 2, 3, 5 },
		{ "[S]\n\tk\t=v\n", "k", "v", 2, 2, 5 },
		{ "[S]\nk = v w \n", "k", " v w", 2, 1, 4 }, /* inside they mean something */
		{ "[S]\nk=\n", "k", "", 2, 1, 3 },
		{ "[S]\nk=\"\"\n", "k", "\"\"", 2, 1, 3 },
		{ "[S]\nk=a=b==c\n", "k", "a=b==c", 2, 1, 3 }, /* cut at the first */
		{ "[S]\nk==\n", "k", "=", 2, 1, 3 },
		/* Values are full of what begins comments elsewhere. */
		{ "[S]\nk=80^#,$C(27)_\";\"_x // y\n", "k", "80^#,$C(27)_\";\"_x // y", 2, 1, 3 },
		{ "[S]\nk=;\n", "k", ";", 2, 1, 3 },
		{ "[S]\nk=/* x */\n", "k", "/* x */", 2, 1, 3 },
		{ "[S]\nk=\\\\.\\TAPE0\n", "k", "\\\\.\\TAPE0", 2, 1, 3 },
		{ "[S]\nk=~ `!@#$%^&*()_+-=[]\\{}|;':\",./<>?\n", "k",
		  "~ `!@#$%^&*()_+-=[]\\{}|;':\",./<>?", 2, 1, 3 },
		/* Keys are whatever stands before `=`. */
		{ "[S]\nBINARY VARYING(%1)=x\n", "BINARY VARYING(%1)", "x", 2, 1, 20 },
		{ "[S]\nGlobal_X(\"A,B\")=x\n", "Global_X(\"A,B\")", "x", 2, 1, 17 },
		{ "[S]\n|TRM|=x\n", "|TRM|", "x", 2, 1, 7 },
		{ "[S]\n%Java Server=x\n", "%Java Server", "x", 2, 1, 14 },
		{ "[S]\n[k=v\n", "[k", "v", 2, 1, 4 }, /* no heading without its `]` */
		{ "[S]\nJ\xc3\xbcrg=\xc3\xa4,b\n", "J\xc3\xbcrg", "\xc3\xa4,b", 2, 1, 6 },
		/* Comments only where a line begins with one. */
		{ "; x\n# [T]\n// x\n[S]\n ;a=b\n\t#a=b\n //a=b\nk=v\n", "k", "v", 8, 1, 3 },
		{ "/* x */\n[S]\n/* a=b\n[T]\n a=b */\nk=v\n", "k", "v", 6, 1, 3 },
		{ "[S]\n/* a */ k=v\n", "k", "v", 2, 9, 11 },
		{ "[S] ; x\nk=v\n", "k", "v", 2, 1, 3 },
		{ "[S] // x\nk=v\n", "k", "v", 2, 1, 3 },
		{ " [ S ] \nk=v\n", "k", "v", 2, 1, 3 },
		/* What editors and `copy` leave. */
		{ "\xef\xbb\xbf[S]\nk=v\n", "k", "v", 2, 1, 3 },
		{ "[S]\nk=v\n\x1a", "k", "v", 2, 1, 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnostics diagnostics = { 0 };
		_cleanup_cpf_ struct cpf *cpf = read_text(cases[i].text, &diagnostics);
		const struct cpf_setting *setting = cpf_setting(cpf, "S", cases[i].key);

		assert_int_equal(cpf->section_count, 1);
		assert_int_equal(cpf->setting_count, 1);
		assert_non_null(setting);
		assert_string_equal(setting->key, cases[i].key);
		assert_string_equal(setting->value, cases[i].value);
		assert_int_equal(setting->line, cases[i].line);
		assert_int_equal(setting->column, cases[i].column);
		assert_int_equal(setting->value_column, cases[i].value_column);
		check_nothing_said(&diagnostics);
	}
}

static void test_sections(void **state)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_cpf_ struct cpf *cpf = read_text("[config]\na=1\n[Map.%SYS]\na=2\n"
						  "[Map.A.B]\na=3\n[MapMirrors.M]\n[Empty]\n",
						  &diagnostics);
	const struct cpf_section *section = cpf_section(cpf, "Map", "%sys");

	(void)state;
	check_nothing_said(&diagnostics);
	assert_int_equal(cpf->section_count, 5);
	assert_non_null(section);
	assert_string_equal(section->name, "Map");
	assert_string_equal(section->argument, "%SYS");
	assert_int_equal(section->line, 3);
	assert_string_equal(section->first->value, "2");
	assert_null(section->first->next);
	assert_string_equal(cpf_section(cpf, "Map", "A.B")->first->value, "3");
	assert_null(cpf_section(cpf, "Map", NULL));
	assert_null(cpf_section(cpf, "config", "x"));
	assert_int_equal(cpf_section(cpf, "Empty", NULL)->count, 0);
	assert_null(cpf_setting(cpf, "Empty", "a"));
	assert_null(cpf_setting(cpf, "config", "b"));
	assert_string_equal(cpf_setting(cpf, "CONFIG", "A")->value, "1");
}

static void test_duplicates(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_WARNING, 4, 1, "`k` of [S] is given again" },
		{ SEVERITY_WARNING, 7, 1, "section [s] begins again" },
		{ SEVERITY_WARNING, 8, 2, "`k` of [S] is given again" },
	};
	struct diagnostics diagnostics = { 0 };
	_cleanup_cpf_ struct cpf *cpf = read_text("[S]\nk=1\nx=0\nk=2\n[T]\nk=9\n[s]\n k=3\n",
						  &diagnostics);
	const struct cpf_setting *setting = cpf_section(cpf, "S", NULL)->first;

	(void)state;
	assert_int_equal(diagnostics.items[2].related.line, 4);
	assert_int_equal(diagnostics.items[1].related.line, 1);
	check_said(&diagnostics, said, ARRAY_SIZE(said));
	assert_int_equal(cpf->section_count, 2);
	assert_int_equal(cpf->sections[0].count, 4);
	assert_string_equal(cpf_setting(cpf, "S", "k")->value, "3");
	assert_int_equal(cpf_setting(cpf, "S", "k")->line, 8);
	assert_string_equal(cpf_setting(cpf, "T", "k")->value, "9");
	assert_true(setting->overridden);
	assert_false(setting->next->overridden); /* x */
	assert_true(setting->next->next->overridden);
	assert_false(setting->next->next->next->overridden);
}

/* Names of globals and routines are not the same in another case, and no duplicates. */
static void test_case(void **state)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_cpf_ struct cpf *cpf =
		read_text("[Map.V]\nGlobal_%Z*=A\nGlobal_%z*=B\n[S]\nKey=1\nKEY=2\n", &diagnostics);
	const struct cpf_setting *setting = cpf_setting(cpf, "S", "key");

	(void)state;
	check_nothing_said(&diagnostics);
	assert_int_equal(cpf_section(cpf, "Map", "V")->count, 2);
	assert_string_equal(setting->value, "2");
	assert_string_equal(cpf_other_spelling(cpf, setting)->key, "Key");
	assert_false(cpf_other_spelling(cpf, setting)->overridden);
}

static void test_actions(void **state)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_cpf_ struct cpf *cpf =
		read_text("[Actions]\nCreateDatabase:Name=A,Directory=/a\n"
			  "CreateDatabase:Name=A,Directory=/a\nExecute:Namespace=A\n",
			  &diagnostics);

	(void)state;
	check_nothing_said(&diagnostics); /* an action that is there twice is done twice */
	assert_int_equal(cpf->kind, CPF_MERGE);
	assert_int_equal(cpf->setting_count, 3);
	assert_string_equal(cpf->settings[0].key, "CreateDatabase");
	assert_string_equal(cpf->settings[0].value, "Name=A,Directory=/a");
	assert_int_equal(cpf->settings[0].value_column, 16);
	assert_false(cpf->settings[0].overridden);
}

static void test_read_around(void **state)
{
	static const struct {
		const char *text;
		struct said said;
		size_t settings;
	} cases[] = {
		{ "a=1\nb=2\n[S]\nk=v\n",
		  { SEVERITY_WARNING, 1, 1, "before the first section" },
		  1 },
		{ "[S]\n nothing\nk=v\n", { SEVERITY_WARNING, 2, 2, "neither a heading" }, 1 },
		{ "[S]\n=v\nk=v\n", { SEVERITY_WARNING, 2, 1, "no key" }, 1 },
		{ "[S\nk=v\n", { SEVERITY_WARNING, 1, 1, "without its `]`" }, 1 },
		{ "[]\nk=v\n", { SEVERITY_WARNING, 1, 1, "without a name" }, 1 },
		{ "[S] x=y\nk=v\n", { SEVERITY_WARNING, 1, 5, "behind a section's heading" }, 1 },
		{ "[S]\nk=v\n/* x\ny=z\n", { SEVERITY_ERROR, 3, 1, "comment has no end" }, 1 },
		{ "[S]\nk=v\nna\xefme=\xe9\n", { SEVERITY_NOTE, 3, 3, "byte 0xef" }, 2 },
		{ "[S]\rk=v\rl=w", { SEVERITY_NOTE, 1, 1, "CR alone" }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnostics diagnostics = { 0 };
		_cleanup_cpf_ struct cpf *cpf = read_text(cases[i].text, &diagnostics);

		check_said(&diagnostics, &cases[i].said, 1);
		assert_int_equal(cpf->setting_count, cases[i].settings);
		assert_string_equal(cpf->settings[0].value, "v");
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		struct said said;
	} cases[] = {
		{ "", 0, { SEVERITY_ERROR, 1, 1, "no section" } },
		{ "# x\n", 4, { SEVERITY_ERROR, 1, 1, "no section" } },
		{ "[S]\nab\0\0\0", 9, { SEVERITY_ERROR, 2, 3, "NUL" } },
		{ "\xff\xfe[\0S\0]\0", 8, { SEVERITY_ERROR, 1, 1, "UTF-16" } },
		{ "\xfe\xff\0[\0S\0]", 8, { SEVERITY_ERROR, 1, 1, "UTF-16" } },
		{ "[\0S\0]\0", 6, { SEVERITY_ERROR, 1, 1, "UTF-16" } },
		{ "/* [S]\n", 7, { SEVERITY_ERROR, 1, 1, "comment has no end" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnostics diagnostics = { 0 };
		struct cpf *cpf = NULL;

		assert_int_equal(
			cpf_read("cache.cpf", cases[i].text, cases[i].length, &diagnostics, &cpf),
			-EINVAL);
		assert_null(cpf);
		check_said(&diagnostics, &cases[i].said, 1);
	}
}

static void test_kinds(void **state)
{
	static const struct {
		const char *path;
		enum cpf_kind kind;
	} cases[] = {
		{ "/usr/cachesys/cache.cpf", CPF_CONFIGURATION },
		{ "iris.cpf", CPF_CONFIGURATION },
		{ "production.CPF", CPF_CONFIGURATION },
		{ "/x.cpf_20200101/iris.cpf", CPF_CONFIGURATION },
		{ "/isc/iris/iris.cpf_20220406", CPF_BACKUP },
		{ "site-iris.cpf_20231204.cpf", CPF_BACKUP },
		{ "cache.cpf.old", CPF_BACKUP },
		{ "cache.cpf~", CPF_BACKUP },
		{ "/isc/iris/_LastGood_.cpf", CPF_LAST_GOOD },
		{ "_lastgood_.cpf", CPF_LAST_GOOD },
		{ "/isc/iris/install.cpf", CPF_INSTALL },
		{ "iris.cpf_rejected", CPF_REJECTED },
		{ "anything", CPF_CONFIGURATION },
		{ "", CPF_CONFIGURATION },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (cpf_kind_of_name(cases[i].path) != cases[i].kind)
			fail_msg("%s is taken for a %s", cases[i].path,
				 vocabulary_word(&cpf_kind_words, cpf_kind_of_name(cases[i].path)));
}

/* A hash of passwords is read, and never shown. */
static void test_passwords(void **state)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_cpf_ struct cpf *cpf = read_text("[Startup]\nPasswordHash=AAAA,bbbb\n"
						  "PasswordHash=CCCC,dddd\n",
						  &diagnostics);
	char *printed = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&printed, &length);

	(void)state;
	diagnostics_print(&diagnostics, stream, false);
	fclose(stream);
	assert_string_equal(cpf_setting(cpf, "Startup", "PasswordHash")->value, "CCCC,dddd");
	assert_non_null(strstr(printed, "PasswordHash=*********"));
	assert_null(strstr(printed, "AAAA"));
	assert_null(strstr(printed, "dddd"));
	free(printed);
	diagnostics_release(&diagnostics);
}

static void test_locations(void **state)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_cpf_ struct cpf *cpf = read_text("[S]\n\xc3\xa4=\xc3\xb6,10.0.0.1\n",
						  &diagnostics);
	const struct cpf_setting *setting = &cpf->settings[0];
	struct location key = cpf_key_location(cpf, setting);
	struct location value = cpf_value_location(cpf, setting, 3, strlen("10.0.0.1"));

	(void)state;
	check_nothing_said(&diagnostics);
	assert_string_equal(key.file, "cache.cpf");
	assert_int_equal(key.line, 2);
	assert_int_equal(key.column, 1);
	assert_int_equal(key.length, 1);
	assert_int_equal(value.column, 5);
	assert_int_equal(value.length, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	   cmocka_unit_test(test_sections),
		cmocka_unit_test(test_duplicates), cmocka_unit_test(test_case),
		cmocka_unit_test(test_actions),	   cmocka_unit_test(test_read_around),
		cmocka_unit_test(test_refused),	   cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_passwords),  cmocka_unit_test(test_locations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
