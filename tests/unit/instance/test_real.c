/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Real files, where they lie beside the tree: they may not be copied into it. What holds for all of
 * them, and what single ones are known to have. CW_REAL_DATA names another place.
 */
#include <dirent.h>
#include <time.h>
#include <unistd.h>

#include "instance/config.h"
#include "instance/instances.h"
#include "instance/neighbours.h"
#include "instance/registry.h"

static const char *in_data(const char *name)
{
	static const char *const places[] = { "../shared/data", "../../shared/data" };
	static char path[4096];
	const char *data = getenv("CW_REAL_DATA");

	for (size_t i = 0; !data && i < ARRAY_SIZE(places); i++)
		if (access(places[i], R_OK) == 0)
			data = places[i];
	snprintf(path, sizeof(path), "%s/%s", data ? data : "/nonexistent", name);
	return path;
}

static void need(const char *path)
{
	if (access(path, R_OK) == 0)
		return;
	printf("# skip: %s is not here\n", path);
	skip();
}

/* A file that was complete when an instance wrote it: nothing in it is an error. */
static void check_whole(const struct config *config)
{
	assert_int_equal(config->parameters[CONFIG_DEFAULT_PORT].state, CONFIG_GIVEN);
	assert_int_equal(config->parameters[CONFIG_WEB_SERVER].state, CONFIG_GIVEN);
	assert_int_equal(config->parameters[CONFIG_TELNET_PORT].number, 23);
	assert_true(config->year >= 2010 && config->year <= 2100);
	assert_true(config->databases.count && config->license_servers.count);
	assert_true(config->platform != CONFIG_PLATFORM_UNKNOWN);
	assert_true(config->databases.items[0].where.line > 1);
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void test_cpfs(void **state)
{
	char directory[4096], path[8192];
	const struct dirent *entry;
	double took = 0;
	size_t count = 0;
	DIR *files;

	(void)state;
	snprintf(directory, sizeof(directory), "%s", in_data("cpf"));
	need(directory);
	files = opendir(directory);
	assert_non_null(files);
	while ((entry = readdir(files))) {
		struct diagnostics diagnostics = { 0 };
		struct config *config = NULL;

		if (!strstr(entry->d_name, ".cpf"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		took -= milliseconds();
		assert_int_equal(config_read_file(path, &diagnostics, &config), 0);
		took += milliseconds();
		if (diagnostics.errors)
			show(&diagnostics);
		assert_int_equal(diagnostics.errors, 0);
		if (config->cpf->kind != CPF_MERGE)
			check_whole(config);
		config_free(config);
		diagnostics_release(&diagnostics);
		count++;
	}
	closedir(files);
	assert_true(count > 0);
	printf("# %zu cpfs in %.2f ms\n", count, took);
}

static struct registry *read_list(const char *name)
{
	const char *path = in_data(name);
	struct diagnostics diagnostics = { 0 };
	struct registry *registry;

	need(path);
	registry = registry_new();
	assert_int_equal(registry_read_file(registry, path, &diagnostics), 0);
	assert_int_equal(diagnostics.errors, 0);
	diagnostics_release(&diagnostics);
	return registry;
}

static void test_qlist(void **state)
{
	_cleanup_registry_ struct registry *registry = read_list("observed/qlist-lines.txt");

	(void)state;
	assert_int_equal(registry->count, 2);
	assert_string_equal(registry->instances[1]->health, "warn");
	assert_int_equal(registry->instances[1]->superserver, 56772);
}

static void test_lists(void **state)
{
	static const struct {
		const char *file;
		size_t count;
	} cases[] = {
		{ "observed/ccontrol-list-cache2016.txt", 1 },
		{ "observed/ccontrol-list-ensemble2012.txt", 3 },
		{ "observed/iris-list-insights-core.txt", 2 },
		{ "observed/iris-list-mirror-irismeister.txt", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_registry_ struct registry *registry = read_list(cases[i].file);

		assert_int_equal(registry->count, cases[i].count);
		for (size_t j = 0; j < registry->count; j++) {
			assert_true(registry->instances[j]->name_known);
			assert_non_null(registry->instances[j]->version);
			assert_true(registry->instances[j]->superserver > 0);
			assert_true(registry->instances[j]->state != INSTANCE_STATE_UNKNOWN);
		}
	}
}

static void test_csp(void **state)
{
	const char *path = in_data("observed/csp-gateway-CSP.ini");
	struct diagnostics diagnostics = { 0 };
	_cleanup_csp_ struct csp *csp = NULL;

	(void)state;
	need(path);
	assert_int_equal(csp_read_file(path, &diagnostics, &csp), 0);
	check_nothing_said(&diagnostics);
	assert_int_equal(csp->server_count, 2);
	assert_int_equal(csp->servers[0].port, 1972);
	assert_int_equal(csp->path_count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpfs),
		cmocka_unit_test(test_qlist),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_csp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
