/* SPDX-License-Identifier: GPL-2.0-only */
/* Instances from what `qlist` and `list` print. The directories in these are on no host. */
#include "instance/registry.h"

#include <fcntl.h>

#include "instance/instances.h"

#define SINCE "running, since Fri May 13 22:07:02 2016"

static struct registry *read_text(const char *text, int expected, struct diagnostics *diagnostics)
{
	struct registry *registry = registry_new();

	assert_non_null(registry);
	assert_int_equal(registry_read(registry, "qlist", text, strlen(text), diagnostics),
			 expected);
	return registry;
}

/* Lines of qlist, from the oldest release's eight fields to fourteen. */
static const struct qlist_case {
	const char *line, *root, *version, *cpf, *health, *product, *type, *status, *data;
	enum instance_state state;
	uint16_t superserver, web, jdbc, last;
	size_t ports;
} qlist_cases[] = {
	{ "N^/i/n/^2012.2.3^down, last used Thu Sep 15 18:58:30 2016^cache.cpf^56772^57772^"
	  "62972",
	  "/i/n", "2012.2.3", "cache.cpf", NULL, NULL, NULL, NULL, NULL, INSTANCE_DOWN, 56772,
	  57772, 62972, 0, 0 },
	{ "N^/i/n^2015.2^" SINCE "^cache.cpf^1972^57772^62972^ok", "/i/n", "2015.2", "cache.cpf",
	  "ok", NULL, NULL, NULL, NULL, INSTANCE_RUNNING, 1972, 57772, 62972, 0, 0 },
	{ "N^/i/n^2015.2^" SINCE "^cache.cpf^1972^57772^62972^warn^", "/i/n", "2015.2", "cache.cpf",
	  "warn", NULL, NULL, NULL, NULL, INSTANCE_RUNNING, 1972, 57772, 62972, 0, 0 },
	{ "N^/i/n^2015.2^" SINCE "^cache.cpf^1972^57772^62972^ok^Ensemble", "/i/n", "2015.2",
	  "cache.cpf", "ok", "Ensemble", NULL, NULL, NULL, INSTANCE_RUNNING, 1972, 57772, 62972, 0,
	  0 },
	{ "N^/i/n/^2015.2^" SINCE "^cache.cpf^1972^57772^62972^ok^^Failover^Primary^/d/n/", "/i/n",
	  "2015.2", "cache.cpf", "ok", NULL, "Failover", "Primary", "/d/n", INSTANCE_RUNNING, 1972,
	  57772, 62972, 0, 0 },
	/* The data directory is the install directory: nothing of its own. */
	{ "N^/i//n/.^2018.1^" SINCE "^iris.cpf^1972^57772^62972^ok^IRIS^^^/i/n", "/i/n", "2018.1",
	  "iris.cpf", "ok", "IRIS", NULL, NULL, NULL, INSTANCE_RUNNING, 1972, 57772, 62972, 0, 0 },
	{ "N^/i/n^2023.1^sign-on inhibited: license^iris.cpf^1972^0^^^IRIS^^^^1972,51774", "/i/n",
	  "2023.1", "iris.cpf", NULL, "IRIS", NULL, NULL, NULL, INSTANCE_INHIBITED, 1972, 0, 0,
	  51774, 2 },
	{ "N^/i/n^2023.1^starting^iris.cpf^1972^^^^^^^^1972;51774 ;51775\r", "/i/n", "2023.1",
	  "iris.cpf", NULL, NULL, NULL, NULL, NULL, INSTANCE_STARTING, 1972, 0, 0, 51775, 3 },
	{ "  N ^ /i/n ^^?^^^^^^^^^^", "/i/n", NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	  INSTANCE_STATE_UNKNOWN, 0, 0, 0, 0, 0 },
};

static void check_qlist(const struct qlist_case *expected)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = read_text(expected->line, 0, &diagnostics);
	const struct instance *instance = registry->instances[0];
	const char *const pairs[][2] = {
		{ instance->root, expected->root },
		{ instance->version, expected->version },
		{ instance->cpf_name, expected->cpf },
		{ instance->health, expected->health },
		{ instance->product, expected->product },
		{ instance->mirror_type, expected->type },
		{ instance->mirror_status, expected->status },
		{ instance->data, expected->data },
	};

	check_nothing_said(&diagnostics);
	assert_int_equal(registry->count, 1);
	for (size_t p = 0; p < ARRAY_SIZE(pairs); p++)
		if (!pairs[p][0] != !pairs[p][1] ||
		    (pairs[p][0] && strcmp(pairs[p][0], pairs[p][1]) != 0))
			fail_msg("%s: text %zu is %s", expected->line, p, pairs[p][0]);
	assert_string_equal(instance->name, "N");
	assert_true(instance->name_known);
	assert_int_equal(instance->state, expected->state);
	assert_int_equal(instance->superserver, expected->superserver);
	assert_int_equal(instance->web, expected->web);
	assert_int_equal(instance->jdbc, expected->jdbc);
	assert_int_equal(instance->superserver_count, expected->ports);
	if (expected->ports)
		assert_int_equal(instance->superservers[expected->ports - 1], expected->last);
	assert_int_equal(instance->sources, INSTANCE_FROM_QLIST);
	assert_int_equal(instance->where.line, 1);
}

static void test_qlist(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(qlist_cases); i++)
		check_qlist(&qlist_cases[i]);
}

static void test_superservers_place(void **state)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry =
		read_text("# ours\nN^/n^1^s^c^1^2^3^^^^^^1972,51774\n", 0, &diagnostics);

	(void)state;
	check_nothing_said(&diagnostics);
	assert_int_equal(registry->instances[0]->superservers_where.line, 2);
	assert_int_equal(registry->instances[0]->superservers_where.column, 23);
	assert_string_equal(registry->instances[0]->superservers_where.file, "qlist");
}

static const char list[] =
	"Configuration 'IRIS'   (default)\n"
	"\tdirectory:    /usr/irissys\n"
	"\tversionid:    2021.1.0.215.0\n"
	"\tdatadir:      /data/iris\n"
	"\tconf file:    iris.cpf  (SuperServer port = 1972, WebServer = 52773)\n"
	"\tstatus:       running, since Wed Aug  4 07:12:45 2021\n"
	"\tmirroring: Member Type = Failover; Status = Primary\n"
	"\tstate:        ok\n"
	"\tproduct:      InterSystems IRISHealth\n"
	"\n"
	"Configuration 'OLD'\r\n"
	"    directory: /old\r\n"
	"    versionid: 2012.2.5.962.2\r\n"
	"    conf file: cache.cpf  (SuperServer port = 56773, WebServer = 57773)\r\n"
	"    status:    down, last used Thu Mar 15 03:35:31 2018\r\n";

static void test_list(void **state)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = read_text(list, 0, &diagnostics);
	const struct instance *iris = registry->instances[0], *old = registry->instances[1];

	(void)state;
	check_nothing_said(&diagnostics);
	assert_int_equal(registry->count, 2);
	assert_string_equal(iris->name, "IRIS");
	assert_true(iris->by_default);
	assert_string_equal(iris->root, "/usr/irissys");
	assert_string_equal(iris->data, "/data/iris");
	assert_string_equal(iris->version, "2021.1.0.215.0");
	assert_string_equal(iris->cpf_name, "iris.cpf");
	assert_int_equal(iris->superserver, 1972);
	assert_int_equal(iris->web, 52773);
	assert_int_equal(iris->state, INSTANCE_RUNNING);
	assert_string_equal(iris->state_text, "running, since Wed Aug  4 07:12:45 2021");
	assert_string_equal(iris->mirror_type, "Failover");
	assert_string_equal(iris->mirror_status, "Primary");
	assert_string_equal(iris->health, "ok");
	assert_string_equal(iris->product, "InterSystems IRISHealth");
	assert_int_equal(iris->where.line, 1);
	assert_int_equal(iris->sources, INSTANCE_FROM_LIST);
	assert_string_equal(old->name, "OLD");
	assert_false(old->by_default);
	assert_null(old->data);
	assert_int_equal(old->superserver, 56773);
	assert_int_equal(old->state, INSTANCE_DOWN);
	assert_int_equal(old->where.line, 11);
}

/* Without a private web server some say so instead of a port. */
static void test_no_port(void **state)
{
	static const char *const words[] = { "0", "None", "none", "-", "off", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct diagnostics diagnostics = { 0 };
		_cleanup_registry_ struct registry *registry = NULL;
		_cleanup_free_ char *text = NULL;

		assert_true(asprintf(&text,
				     "A^/a^1^s^c^1972^%s^3\nConfiguration 'B'\ndirectory: /b\n"
				     "conf file: iris.cpf  (SuperServer port = 1973, WebServer = "
				     "%s)\n",
				     words[i], words[i]) > 0);
		registry = read_text(text, 0, &diagnostics);
		check_nothing_said(&diagnostics);
		assert_int_equal(registry->instances[0]->web, 0);
		assert_int_equal(registry->instances[1]->web, 0);
		assert_int_equal(registry->instances[1]->superserver, 1973);
	}
}

/* Both say something of one instance, and other things. */
static void test_both(void **state)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = read_text(
		"Configuration 'N'\n directory: /n\n mirroring: Member Type = Async; Status = x\n"
		"N^/n/^2023.1^" SINCE "^iris.cpf^1972^0^0^ok^IRIS\nM^/m^1^s^c^1^2^3\n",
		0, &diagnostics);

	(void)state;
	check_nothing_said(&diagnostics);
	assert_int_equal(registry->count, 2);
	assert_int_equal(registry->instances[0]->sources, INSTANCE_FROM_LIST | INSTANCE_FROM_QLIST);
	assert_string_equal(registry->instances[0]->mirror_type, "Async");
	assert_string_equal(registry->instances[0]->product, "IRIS");
}

/* What is given again replaces all, also what it does not say. */
static void test_again(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_WARNING, 2, 3, "the instance in `/n` is here again" },
	};
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = read_text(
		"N^/n/^2023.1^" SINCE "^iris.cpf^1972^0^0^ok^IRIS\nM^/n^2015.2^down^^^^\n", 0,
		&diagnostics);
	const struct instance *instance = registry->instances[0];

	(void)state;
	check_said(&diagnostics, said, ARRAY_SIZE(said));
	assert_int_equal(registry->count, 1);
	assert_string_equal(instance->name, "M");
	assert_string_equal(instance->version, "2015.2");
	assert_null(instance->product);
	assert_null(instance->cpf_name);
	assert_int_equal(instance->superserver, 0);
	assert_int_equal(instance->state, INSTANCE_DOWN);
	assert_int_equal(instance->where.line, 2);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text;
		int result;
		size_t instances, count;
		struct said said[3];
	} cases[] = {
		{ "", -EINVAL, 0, 1, { { SEVERITY_ERROR, 1, 1, "no instance" } } },
		{ "N^/n^1^s\n",
		  -EINVAL,
		  0,
		  2,
		  { { SEVERITY_ERROR, 1, 1, "4 fields: a line of qlist has 8 to 14" },
		    { SEVERITY_ERROR, 1, 1, "no instance" } } },
		{ "N^C:\\n\\^1^s^c^1^2^3\nM^/m^1^s^c^1^2^3\n",
		  0,
		  1,
		  1,
		  { { SEVERITY_ERROR, 1, 3, "`C:\\n\\` is no directory of this host" } } },
		{ "M^/m^1^s^c^x1^2^3\n",
		  0,
		  1,
		  1,
		  { { SEVERITY_ERROR, 1, 12, "`x1` is no port" } } },
		{ "M^/m^1^s^c^1^2^3^^^^^^7,x,8\n",
		  0,
		  1,
		  1,
		  { { SEVERITY_ERROR, 1, 25, "`x` is no port" } } },
		{ "$ ccontrol qlist\nM^/m^1^s^c^1^2^3\n",
		  0,
		  1,
		  1,
		  { { SEVERITY_WARNING, 1, 1, "passed over" } } },
		{ "Configuration 'A'\n versionid: 1\nConfiguration 'B'\n directory: /b\n",
		  0,
		  1,
		  1,
		  { { SEVERITY_ERROR, 1, 1, "no directory" } } },
		{ "Configuration 'A'\n directory: relative\n",
		  0,
		  0,
		  2,
		  { { SEVERITY_ERROR, 1, 1, "no directory" },
		    { SEVERITY_ERROR, 2, 13, "no directory of this host" } } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnostics diagnostics = { 0 };
		_cleanup_registry_ struct registry *registry =
			read_text(cases[i].text, cases[i].result, &diagnostics);

		assert_int_equal(registry->count, cases[i].instances);
		check_said(&diagnostics, cases[i].said, cases[i].count);
	}
}

static void test_bounds(void **state)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = registry_new();
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	(void)state;
	for (int i = 0; i < REGISTRY_INSTANCES_MAX + 2; i++)
		fprintf(stream, "N%d^/n%d^1^s^c^1^2^3\n", i, i);
	fprintf(stream, "M^/n0^1^s^c^1^2^3^^^^^^");
	for (int i = 1; i <= REGISTRY_PORTS_MAX + 1; i++)
		fprintf(stream, "%d,", i);
	fclose(stream);
	assert_int_equal(registry_read(registry, "qlist", text, length, &diagnostics), 0);
	assert_int_equal(registry->count, REGISTRY_INSTANCES_MAX);
	assert_int_equal(registry->instances[0]->superserver_count, REGISTRY_PORTS_MAX);
	assert_true(diagnostics.errors >= 2);
	diagnostics_release(&diagnostics);
	free(text);
}

static void test_find(void **state)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = read_text(
		"A^/a^1^s^c^1^2^3\nB^/b^1^s^c^1^2^3\nb^/c^1^s^c^1^2^3\n", 0, &diagnostics);
	bool ambiguous;

	(void)state;
	check_nothing_said(&diagnostics);
	assert_ptr_equal(registry_find(registry, "a", &ambiguous), registry->instances[0]);
	assert_ptr_equal(registry_find(registry, "/c/", &ambiguous), registry->instances[2]);
	assert_false(ambiguous);
	assert_null(registry_find(registry, "C", &ambiguous));
	assert_false(ambiguous);
	assert_null(registry_find(registry, "B", &ambiguous));
	assert_true(ambiguous);
	assert_ptr_equal(registry_root(registry, "/a//"), registry->instances[0]);
	assert_string_equal(registry_root(registry, "/opt/cachesys/prod")->name, "PROD");
	assert_false(registry->instances[3]->name_known);
	assert_null(registry_root(registry, "relative"));
}

/* An operator's file may be a pipe: `--qlist <(ccontrol qlist)`. */
static void test_pipe(void **state)
{
	static const char line[] = "N^/n^1^s^c^1^2^3\n";
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = registry_new();
	char path[64];
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], line, strlen(line)), strlen(line));
	close(ends[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	assert_int_equal(registry_read_file(registry, path, &diagnostics), 0);
	close(ends[0]);
	check_nothing_said(&diagnostics);
	assert_int_equal(registry->count, 1);
	assert_int_equal(registry_read_file(registry, "/nonexistent", &diagnostics), -ENOENT);
	check_said(&diagnostics, &(struct said){ SEVERITY_ERROR, 0, 0, "cannot be opened" }, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qlist),	 cmocka_unit_test(test_superservers_place),
		cmocka_unit_test(test_list),	 cmocka_unit_test(test_no_port),
		cmocka_unit_test(test_both),	 cmocka_unit_test(test_again),
		cmocka_unit_test(test_mistakes), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_find),	 cmocka_unit_test(test_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
