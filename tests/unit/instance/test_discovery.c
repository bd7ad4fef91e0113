/* SPDX-License-Identifier: GPL-2.0-only */
/* Instances from what lies in directories and from what processes execute, in trees of our own. */
#include "instance/registry.h"

#include <grp.h>
#include <pwd.h>

#include "host/temporary.h"
#include "instance/instances.h"

#define CACHE_CPF \
	CACHE_2017 "[Startup]\nDefaultPort=1975\nWebServer=1\nWebServerPort=57775\n" \
		   "[SQL]\nJDBCGatewayPort=62975\n[Databases]\nENSLIB=/e/\n"
#define IRIS_CPF IRIS_2023 "[Startup]\nDefaultPort=51774\nWebServer=0\nWebServerPort=80\n"

/* An install directory; cpf: its name below the directory. */
static void make_instance(const char *directory, const char *name, const char *executable,
			  const char *cpf, const char *text)
{
	char path[128];

	make_directory(directory, name, 0755);
	snprintf(path, sizeof(path), "%s/bin", name);
	make_directory(directory, path, 0755);
	snprintf(path, sizeof(path), "%s/mgr", name);
	make_directory(directory, path, 0755);
	snprintf(path, sizeof(path), "%s/bin/%s", name, executable);
	make_file(directory, path, "", 0755);
	if (cpf) {
		snprintf(path, sizeof(path), "%s/%s", name, cpf);
		make_file(directory, path, text, 0644);
	}
}

/* A process: what it executes, and as whom. */
static void make_process(const char *directory, int pid, const char *executable, unsigned int real,
			 unsigned int effective, unsigned int group)
{
	char path[128], status[256];

	snprintf(path, sizeof(path), "proc/%d", pid);
	make_directory(directory, path, 0755);
	snprintf(path, sizeof(path), "proc/%d/exe", pid);
	make_link(directory, path, executable);
	snprintf(path, sizeof(path), "proc/%d/status", pid);
	snprintf(status, sizeof(status),
		 "Name:\tcache\nUid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", real, effective,
		 effective, effective, group, group, group, group);
	make_file(directory, path, status, 0644);
}

static void test_scan(void **state)
{
	char *directory = temporary_new("scan");
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = registry_new();
	const struct instance *cache, *iris;

	(void)state;
	make_instance(directory, "cachesys", "cache", "cache.cpf", CACHE_CPF);
	make_directory(directory, "opt", 0755);
	make_instance(directory, "opt/irissys", "irisdb", "mgr/iris.cpf", IRIS_CPF);
	make_instance(directory, "opt/nocpf", "cache", NULL, NULL);
	make_directory(directory, "opt/cpfonly", 0755);
	make_file(directory, "opt/cpfonly/cache.cpf", CACHE_CPF, 0644);
	make_link(directory, "opt/again", "irissys");
	assert_int_equal(registry_scan(registry, directory, &diagnostics), 0);
	assert_int_equal(registry_complete(registry, &diagnostics), 0);
	check_nothing_said(&diagnostics);
	assert_int_equal(registry->count, 2);
	cache = registry->instances[0];
	iris = registry->instances[1];
	assert_string_equal(cache->name, "CACHESYS");
	assert_false(cache->name_known);
	assert_string_equal(cache->root, in(directory, "cachesys"));
	assert_string_equal(cache->cpf, in(directory, "cachesys/cache.cpf"));
	assert_int_equal(cache->family, CONFIG_CACHE);
	assert_string_equal(cache->product, "Ensemble");
	assert_string_equal(cache->version, "2017.1");
	assert_int_equal(cache->superserver, 1975);
	assert_int_equal(cache->web, 57775);
	assert_int_equal(cache->jdbc, 62975);
	assert_int_equal(cache->state, INSTANCE_STATE_UNKNOWN);
	assert_int_equal(cache->sources, INSTANCE_FROM_SCAN);
	assert_int_equal(cache->owner.known, INSTANCE_LIKELY);
	assert_int_equal(cache->owner.id, geteuid());
	assert_string_equal(iris->name, "IRISSYS");
	assert_int_equal(iris->family, CONFIG_IRIS);
	assert_string_equal(iris->product, "IRIS");
	assert_int_equal(iris->superserver, 51774);
	assert_int_equal(iris->web, 0); /* WebServer=0: its port is another server's */
	assert_string_equal(iris->cpf, in(directory, "opt/irissys/mgr/iris.cpf"));
	temporary_free(directory);
}

static void test_scan_refused(void **state)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = registry_new();

	(void)state;
	assert_int_equal(registry_scan(registry, "/nonexistent/x", &diagnostics), -ENOENT);
	check_said(&diagnostics, &(struct said){ SEVERITY_ERROR, 0, 0, "cannot be looked at" }, 1);
	assert_int_equal(registry_scan(registry, "/proc", &diagnostics), 0);
	check_nothing_said(&diagnostics);
	assert_int_equal(registry->count, 0);
}

static void test_processes(void **state)
{
	char *directory = temporary_new("processes");
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = registry_new();
	const struct instance *instance;

	(void)state;
	make_instance(directory, "cachesys", "cache", "cache.cpf", CACHE_CPF);
	make_instance(directory, "idle", "cache", "cache.cpf", CACHE_CPF);
	make_directory(directory, "squid", 0755);
	make_directory(directory, "proc", 0755);
	make_process(directory, 41, in(directory, "cachesys/bin/cache"), 0, 51000, 51001);
	make_process(directory, 7, in(directory, "cachesys/bin/clmanager"), 51002, 51002, 51001);
	make_process(directory, 42, in(directory, "cachesys/bin/cache (deleted)"), 51002, 51002,
		     51001);
	make_process(directory, 43, in(directory, "squid/bin/cache"), 1, 1, 1); /* no mgr */
	make_process(directory, 44, in(directory, "cachesys2/bin/sh"), 1, 1, 1);
	assert_int_equal(registry_scan(registry, directory, &diagnostics), 0);
	assert_int_equal(registry_processes(registry, in(directory, "proc"), &diagnostics), 0);
	assert_int_equal(registry_complete(registry, &diagnostics), 0);
	check_nothing_said(&diagnostics);
	assert_int_equal(registry->count, 2);
	instance = registry->instances[0];
	assert_int_equal(instance->sources, INSTANCE_FROM_SCAN | INSTANCE_FROM_PROCESS);
	assert_int_equal(instance->state, INSTANCE_RUNNING);
	assert_int_equal(instance->process_count, 3);
	assert_int_equal(instance->processes[0].pid, 7);
	assert_string_equal(instance->processes[0].executable, "bin/clmanager");
	assert_string_equal(instance->processes[2].executable, "bin/cache");
	assert_int_equal(instance->processes[1].real_uid, 0);
	assert_int_equal(instance->processes[1].effective_uid, 51000);
	assert_int_equal(instance->processes[1].effective_gid, 51001);
	assert_null(instance->prefix);
	/* The control process: real user root, effective the owner. */
	assert_int_equal(instance->owner.known, INSTANCE_CERTAIN);
	assert_int_equal(instance->owner.id, 51000);
	assert_string_equal(instance->owner.name, "51000");
	assert_int_equal(registry->instances[1]->state, INSTANCE_DOWN);
	temporary_free(directory);
}

/* A container's processes have its paths: they are reached through the process. */
static void test_container(void **state)
{
	char *directory = temporary_new("container");
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = registry_new();
	const struct instance *instance;

	(void)state;
	make_directory(directory, "proc", 0755);
	make_process(directory, 8, "/nonexistent/irissys/bin/irisdb", 51773, 51773, 51773);
	make_process(directory, 9, "/nonexistent/irissys/bin/irisdb", 51773, 51773, 51773);
	make_directory(directory, "layer", 0755);
	make_directory(directory, "layer/nonexistent", 0755);
	make_instance(directory, "layer/nonexistent/irissys", "irisdb", "iris.cpf", IRIS_CPF);
	make_link(directory, "proc/8/root", in(directory, "layer"));
	make_link(directory, "proc/9/root", in(directory, "layer"));
	assert_int_equal(registry_processes(registry, in(directory, "proc"), &diagnostics), 0);
	assert_int_equal(registry_complete(registry, &diagnostics), 0);
	check_nothing_said(&diagnostics);
	assert_int_equal(registry->count, 1);
	instance = registry->instances[0];
	assert_string_equal(instance->root, "/nonexistent/irissys");
	assert_non_null(instance->prefix);
	assert_int_equal(instance->superserver, 51774);
	assert_int_equal(instance->process_count, 2);
	temporary_free(directory);
}

/* A container's durable %SYS: the installation's own cpf is not the one in force. */
static void test_durable(void **state)
{
	char *directory = temporary_new("durable"), argv[256];
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = registry_new();
	const struct instance *instance;
	size_t length;
	FILE *file;

	(void)state;
	make_instance(directory, "irissys", "irisdb", "iris.cpf", CACHE_CPF);
	make_instance(directory, "dur", "none", "iris.cpf", IRIS_CPF);
	make_directory(directory, "proc", 0755);
	make_process(directory, 41, in(directory, "irissys/bin/irisdb"), 1, 1, 1);
	length = (size_t)sprintf(argv, "irisdb%c-s%s/dur/mgr/%c-cj", 0, directory, 0) + 1;
	file = fopen(in(directory, "proc/41/cmdline"), "w");
	assert_non_null(file);
	assert_int_equal(fwrite(argv, 1, length, file), length);
	fclose(file);
	assert_int_equal(registry_processes(registry, in(directory, "proc"), &diagnostics), 0);
	assert_int_equal(registry_complete(registry, &diagnostics), 0);
	check_said(&diagnostics, &(struct said){ SEVERITY_NOTE, 0, 0, "as process 41 says" }, 1);
	assert_int_equal(registry->count, 1);
	instance = registry->instances[0];
	assert_string_equal(instance->data, in(directory, "dur"));
	assert_string_equal(instance->cpf, in(directory, "dur/iris.cpf"));
	assert_int_equal(instance->superserver, 51774);
	assert_non_null(strstr(instance->owner.evidence, "dur/mgr"));
	temporary_free(directory);
}

/* What a list says against what is there. */
static void test_against(void **state)
{
	char *directory = temporary_new("against"), *line = NULL;
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = registry_new();

	(void)state;
	make_instance(directory, "i", "cache", "cache.cpf", CACHE_CPF);
	make_file(directory, "i/other.cpf", CACHE_2017 "[Startup]\nDefaultPort=1976\n", 0644);
	make_link(directory, "link", "i");
	make_directory(directory, "proc", 0755);
	make_process(directory, 41, in(directory, "i/bin/cache"), 1, 1, 1);
	/* The same directory by another path is the same instance. */
	assert_true(asprintf(&line,
			     "A^%s^2017.1.3^down, last used x^other.cpf^1972^^^\nG^/gone^1^^^^^\n",
			     in(directory, "link")) > 0);
	assert_int_equal(registry_read(registry, "qlist", line, strlen(line), &diagnostics), 0);
	assert_int_equal(registry_processes(registry, in(directory, "proc"), &diagnostics), 0);
	assert_int_equal(registry_complete(registry, &diagnostics), 0);
	check_said(&diagnostics,
		   (const struct said[]){
			   { SEVERITY_WARNING, 1, 1,
			     "SuperServer's port is 1972 here, 1976 in its cpf" },
			   { SEVERITY_WARNING, 1, 1, "A: down here, but process 41 runs" },
			   { SEVERITY_WARNING, 2, 1, "G: no cache.cpf or iris.cpf in /gone" },
		   },
		   3);
	assert_int_equal(registry->count, 2);
	assert_string_equal(registry->instances[0]->cpf, in(directory, "link/other.cpf"));
	assert_int_equal(registry->instances[0]->state, INSTANCE_RUNNING);
	assert_int_equal(registry->instances[0]->superserver, 1972);
	assert_null(registry->instances[1]->cpf);
	assert_int_equal(registry->instances[1]->owner.known, INSTANCE_NOT_KNOWN);
	free(line);
	temporary_free(directory);
}

static void give(const char *directory, const char *name, uid_t owner, gid_t group)
{
	assert_int_equal(chown(in(directory, name), owner, group), 0);
}

static void test_accounts(void **state)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = NULL;
	const struct instance *instance;
	char *directory;

	(void)state;
	need_root();
	registry = registry_new();
	directory = temporary_new("accounts");
	make_instance(directory, "i", "cache", "cache.cpf", CACHE_CPF);
	make_file(directory, "i/_LastGood_.cpf", CACHE_CPF, 0644);
	give(directory, "i/mgr", 51000, 51001);
	give(directory, "i/_LastGood_.cpf", 51002, 51001);
	make_directory(directory, "proc", 0755);
	make_process(directory, 50, in(directory, "i/bin/cache"), 51002, 51002, 51001);
	assert_int_equal(registry_scan(registry, directory, &diagnostics), 0);
	assert_int_equal(registry_complete(registry, &diagnostics), 0);
	instance = registry->instances[0];
	assert_int_equal(instance->owner.id, 51000);
	assert_int_equal(instance->owner.known, INSTANCE_LIKELY);
	assert_int_equal(instance->user.id, 51002);
	assert_int_equal(instance->user.known, INSTANCE_LIKELY);
	assert_non_null(strstr(instance->user.evidence, "_LastGood_.cpf"));
	assert_int_equal(instance->group.id, 51001);
	/* Processes make it certain. */
	assert_int_equal(registry_processes(registry, in(directory, "proc"), &diagnostics), 0);
	assert_int_equal(registry_complete(registry, &diagnostics), 0);
	check_nothing_said(&diagnostics);
	assert_int_equal(instance->user.known, INSTANCE_CERTAIN);
	assert_int_equal(instance->group.known, INSTANCE_CERTAIN);
	assert_int_equal(instance->owner.known, INSTANCE_LIKELY);
	temporary_free(directory);
}

/* The installer's record names them; names that this host does not know are nobody's. */
static void test_record(void **state)
{
	char *directory = temporary_new("record");
	struct diagnostics diagnostics = { 0 };
	_cleanup_registry_ struct registry *registry = registry_new();
	const struct passwd *nobody = getpwnam("nobody");
	const struct instance *instance;

	(void)state;
	assert_non_null(nobody);
	make_instance(directory, "i", "cache", "cache.cpf", CACHE_CPF);
	make_file(directory, "i/parameters.isc",
		  "dist.target_dir: /i\nsecurity_settings.manager_user: nobody\n"
		  "security_settings.cache_user: root\nsecurity_settings.cache_group: "
		  "no-such-group\n",
		  0600);
	assert_int_equal(registry_scan(registry, directory, &diagnostics), 0);
	assert_int_equal(registry_complete(registry, &diagnostics), 0);
	check_nothing_said(&diagnostics);
	instance = registry->instances[0];
	assert_int_equal(instance->owner.known, INSTANCE_CERTAIN);
	assert_int_equal(instance->owner.id, nobody->pw_uid);
	assert_string_equal(instance->owner.name, "nobody");
	assert_non_null(strstr(instance->owner.evidence, "parameters.isc, line 2"));
	assert_int_equal(instance->user.known, INSTANCE_CERTAIN);
	assert_int_equal(instance->user.id, 0);
	assert_int_equal(instance->group.known, INSTANCE_LIKELY);
	temporary_free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan),	  cmocka_unit_test(test_scan_refused),
		cmocka_unit_test(test_processes), cmocka_unit_test(test_container),
		cmocka_unit_test(test_durable),	  cmocka_unit_test(test_against),
		cmocka_unit_test(test_accounts),  cmocka_unit_test(test_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
