/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every main entry point of the pure modules while memory runs out, at each allocation in turn until it has
 * all it wants: it says -ENOMEM (or what its header says of such a case), leaves nothing half made, and
 * the next call is as good as the first. Leaks are the sanitizer's to find (make check runs this with it).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "failing.h"

#include "event/sample.h"
#include "host/temporary.h"

#include "event/filter.h"
#include "event/print.h"
#include "event/show.h"
#include "event/status.h"
#include "host/gather.h"
#include "host/policyfile.h"
#include "instance/config.h"
#include "ipc/client.h"
#include "ipc/server.h"
#include "policy/words.h"

#define SWEEP_MAX 100000

/* With that many allocations: what the act answers. */
static int with(long allocations, bool once, int (*act)(void *context), void *context)
{
	int r;

	memory_failed = false;
	memory_once = once;
	memory_left = allocations;
	r = act(context);
	memory_left = -1;
	return r;
}

/* Grow the memory until an act succeeds that was never refused any; whenever it was, once or from then
 * on, it must have said so. Returns how many allocations it needs. */
static long sweep(int (*act)(void *context), void *context)
{
	for (long allocations = 0; allocations < SWEEP_MAX; allocations++) {
		for (int once = 0; once < 2; once++) {
			int r = with(allocations, once, act, context);

			if (!memory_failed) {
				assert_int_equal(r, 0);
				return allocations;
			}
			if (r != -ENOMEM)
				fail_msg("allocation %ld is refused: %d, not -ENOMEM", allocations,
					 r);
		}
	}
	fail_msg("it never has enough");
	return 0;
}

/* For those that make do with less: whatever they answer but a crash, and 0 when they have all. */
static long sweep_any(int (*act)(void *context), void *context)
{
	for (long allocations = 0; allocations < SWEEP_MAX; allocations++) {
		for (int once = 0; once < 2; once++) {
			int r = with(allocations, once, act, context);

			if (memory_failed)
				continue;
			assert_int_equal(r, 0);
			return allocations;
		}
	}
	fail_msg("it never has enough");
	return 0;
}

/* ------------------------------------------------------------------ policies */

static char *directory; /* of the files that the policy names */

#define POLICY \
	"version: 1\ninstance: CACHE\nroot: %s\nmode: enforce\nowner: %u\ntrust_groups: [root]\n" \
	"executables:\n" \
	"  cache: { path: \"${root}/cache\", entry: true }\n" \
	"  tools: \"${root}/bin/*\"\n" \
	"  gone: \"${root}/gone\"\n" \
	"  pinned: { path: \"${root}/pinned\", sha256: " \
	"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 }\n" \
	"exec: [{ id: x, allow: [tools, gone], by: cache, user: [root], why: w }]\n" \
	"bind: [{ allow: \"tcp/1,2\", at: 127.0.0.1 }, { allow: tcp/ephemeral }]\n" \
	"connect: [{ allow: tcp/1, to: [localhost, 10.0.0.0/8, \"2001:db8::/32\"] }]\n" \
	"library: { except: tools }\nsockets: [unix, inet/stream]\n" \
	"guard: { bind: tcp/1, connect: { ports: tcp/1, users: root }, exec: cache }\n" \
	"on_stop: release\nallow_partial: [library]\n"

static char text[2048];

static int read_policy(void *context)
{
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;
	int r = policy_read("p.yaml", text, strlen(text), &diagnostics, &policy);

	assert_true((r == 0) == (policy != NULL));
	/* A text that could not be kept only misses in what is printed. */
	if (!r && memory_failed)
		r = -ENOMEM;
	if (context && !r)
		*(struct policy **)context = policy;
	else
		policy_free(policy);
	diagnostics_release(&diagnostics);
	return r;
}

static void test_read(void **state)
{
	(void)state;
	assert_true(sweep(read_policy, NULL) > 40);
}

static struct policy *policies[1];

static void policies_read(void)
{
	assert_int_equal(read_policy(&policies[0]), 0);
}

static int gather_facts(void *context)
{
	struct file_registry *registry = file_registry_new();
	struct gather_options options = { .identifier = { .hash_all = true } };
	struct facts facts = { 0 };
	int r = registry ? host_facts_gather(policies, 1, registry, &options, NULL, &facts)
			 : -ENOMEM;

	if (context && !r)
		*(struct facts *)context = facts;
	else
		facts_release(&facts);
	file_registry_free(registry);
	return r;
}

static void test_gather(void **state)
{
	struct facts facts;

	(void)state;
	policies_read();
	assert_true(sweep(gather_facts, NULL) > 40);
	assert_int_equal(gather_facts(&facts), 0);
	assert_int_equal(facts.file_count, 5);
	facts_release(&facts);
	policy_free(policies[0]);
}

struct compiled {
	struct facts facts;
	struct image image;
};

#define IMAGE_SIZE ((size_t)CW_PAGES * CW_PAGE_SIZE)

static int compile(void *context)
{
	struct compiled *compiled = context;
	struct policy_set set = { .policies = policies, .count = 1 };
	struct diagnostics diagnostics = { 0 };
	struct catalogue *catalogue = NULL;
	int r;

	madvise(compiled->image.memory, IMAGE_SIZE, MADV_DONTNEED); /* zero again */
	r = image_compile(&set, &compiled->facts, 1, &compiled->image, &diagnostics, &catalogue);
	assert_true((r == 0) == (catalogue != NULL));
	/* A warning that could not be kept is counted as dropped. */
	if (!r && memory_failed)
		r = diagnostics.dropped || diagnostics.out_of_memory ? -ENOMEM : r;
	catalogue_free(catalogue);
	diagnostics_release(&diagnostics);
	return r;
}

static void test_compile(void **state)
{
	struct compiled compiled = { 0 };

	(void)state;
	policies_read();
	assert_int_equal(gather_facts(&compiled.facts), 0);
	compiled.image.memory = mmap(NULL, IMAGE_SIZE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(compiled.image.memory != MAP_FAILED);
	assert_true(sweep_any(compile, &compiled) > 20);
	munmap(compiled.image.memory, IMAGE_SIZE);
	facts_release(&compiled.facts);
	policy_free(policies[0]);
}

static int read_directory(void *context)
{
	struct diagnostics diagnostics = { 0 };
	struct policy_list list = { 0 };
	int r = policy_list_read(&list, context, &diagnostics);

	if (!r && memory_failed)
		r = -ENOMEM;
	policy_list_release(&list);
	diagnostics_release(&diagnostics);
	return r;
}

static void test_directory(void **state)
{
	char *policies_directory = temporary_new("memory-policies");

	(void)state;
	make_file(policies_directory, "a.yaml", text, 0644);
	make_file(policies_directory, "b.yaml", text, 0644);
	assert_true(sweep(read_directory, policies_directory) > 80);
	temporary_free(policies_directory);
}

#define CPF \
	"[ConfigFile]\nVersion=2018.10\n[Databases]\nCACHESYS=/usr/cachesys/mgr/\n" \
	"USER=/usr/cachesys/mgr/user/,,1\n[Namespaces]\nUSER=USER\n[Startup]\nDefaultPort=1972\n" \
	"DefaultPort=1973\nWebServerPort=57772\nnonsense\n"

static int read_configuration(void *context)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_config_ struct config *config = NULL;
	int r = config_read("cache.cpf", CPF, strlen(CPF), &diagnostics, &config);

	(void)context;
	assert_true(r != 0 || config);
	if (!r && memory_failed)
		r = diagnostics.dropped || diagnostics.out_of_memory ? -ENOMEM : r;
	diagnostics_release(&diagnostics);
	return r;
}

static void test_configuration(void **state)
{
	(void)state;
	assert_true(sweep_any(read_configuration, NULL) > 10);
}

/* ------------------------------------------------------------------ what is printed */

static int show(void *context)
{
	struct policy_set set = { .policies = policies, .count = 1 };
	struct show_report report = { .set = &set, .facts = context };
	int r = 0;

	for (int json = 0; json < 2; json++) {
		_cleanup_buffer_ struct buffer buffer = { 0 };

		(json ? show_json : show_text)(&report, &buffer);
		r = buffer_failed(&buffer) ? -ENOMEM : r;
	}
	return r;
}

static void test_show(void **state)
{
	struct facts facts;

	(void)state;
	policies_read();
	assert_int_equal(gather_facts(&facts), 0);
	assert_true(sweep(show, &facts) > 4);
	facts_release(&facts);
	policy_free(policies[0]);
}

static int print_event(void *context)
{
	struct cw_deviation deviation = sample_deviation(sample_record());
	static struct event event;
	int r = 0;

	(void)context;
	sample_event(&deviation, sizeof(deviation), &event);
	for (size_t format = 0; format < EVENT_FORMAT_MAX; format++) {
		_cleanup_buffer_ struct buffer buffer = { 0 };

		event_print(&event, format, &buffer);
		r = buffer_failed(&buffer) ? -ENOMEM : r;
	}
	return r;
}

static int print_schema(void *context)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };

	(void)context;
	event_schema(&buffer);
	return buffer_failed(&buffer) ? -ENOMEM : 0;
}

static int print_status(void *context)
{
	struct status_instance instance = { .name = "CACHE", .file = "/etc/CACHE.yaml" };
	struct status_file file = { "/usr/bin/x", "writable", "a group may write it" };
	struct status_report report = { .version = "1",
					.instances = &instance,
					.instance_count = 1,
					.files = &file,
					.file_count = 1 };
	int r = 0;

	(void)context;
	for (int json = 0; json < 2; json++) {
		_cleanup_buffer_ struct buffer buffer = { 0 };

		(json ? status_json : status_text)(&report, &buffer);
		r = buffer_failed(&buffer) ? -ENOMEM : r;
	}
	return r;
}

static void test_print(void **state)
{
	(void)state;
	assert_true(sweep(print_event, NULL) > 1);
	assert_true(sweep(print_schema, NULL) > 1);
	assert_true(sweep(print_status, NULL) > 1);
}

/* ------------------------------------------------------------------ the socket */

static int add_filters(void *context)
{
	static const char *const criteria[][2] = {
		{ "operation", "exec,bind" }, { "verdict", "deny" },
		{ "instance", "A,B" },	      { "executable", "cache*,/bin/*" },
		{ "pid", "1,2-3" },	      { "port", "1972,57772-57779" },
		{ "user", "root,0" },	      { "address", "10.0.0.0/8,::1" },
	};
	_cleanup_filter_ struct filter filter = { 0 };
	_cleanup_free_ char *message = NULL;
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(criteria); i++)
		r = filter_add(&filter, criteria[i][0], criteria[i][1], &message);
	/* A mistake is one also where there is no memory to say which. */
	if (!r && filter_add(&filter, *(const char **)context, "x", &message) != -EINVAL)
		r = -ENOMEM;
	return r || memory_failed ? -ENOMEM : 0;
}

static void test_filter(void **state)
{
	const char *bad = "port";

	(void)state;
	assert_true(sweep(add_filters, &bad) > 10);
}

static void answer(void *context, ipc_call call, const struct ipc_peer *peer,
		   const struct ipc_request *request)
{
	(void)peer;
	(void)request;
	/* Without memory the client is told nothing, or left. */
	ipc_server_reply(*(struct ipc_server **)context, call, 0, "yes\n", "but\n");
}

/* A server's life: one who asks, one who tails. It may turn them away; it must not end. */
static int serve(void *context)
{
	_cleanup_ipc_client_ struct ipc_client asking = IPC_CLIENT_INIT, tailing = IPC_CLIENT_INIT;
	struct ipc_request ask = { .command = IPC_STATUS };
	struct ipc_request tail = { .command = IPC_TAIL,
				    .format = EVENT_FORMAT_JSON,
				    .option_count = 1,
				    .options = { { "instance", "CACHE" } } };
	struct ipc_server *server = NULL;
	struct ipc_handler handler = { .context = &server, .request = answer };
	struct cw_record record = sample_connect();
	static struct event event;
	int r = ipc_server_new(context, (gid_t)-1, &handler, &server);

	if (!r)
		r = ipc_client_connect(&asking, context);
	if (!r)
		r = ipc_client_request(&asking, &ask);
	if (!r)
		r = ipc_client_connect(&tailing, context);
	if (!r)
		r = ipc_client_request(&tailing, &tail);
	for (int i = 0; server && i < 4; i++)
		assert_int_equal(ipc_server_dispatch(server), 0);
	sample_event(&record, sizeof(record), &event);
	if (server) {
		ipc_server_publish(server, &event);
		ipc_server_flush(server);
	}
	ipc_client_release(&asking);
	ipc_client_release(&tailing);
	ipc_server_free(server);
	return r;
}

static void test_serve(void **state)
{
	char *runtime = temporary_new("memory-ipc");

	(void)state;
	assert_true(sweep_any(serve, runtime) > 8);
	temporary_free(runtime);
}

static int setup(void **state)
{
	(void)state;
	directory = temporary_new("memory");
	snprintf(text, sizeof(text), POLICY, directory, geteuid());
	make_file(directory, "cache", "x", 0755);
	make_file(directory, "pinned", "x", 0755);
	make_directory(directory, "bin", 0755);
	make_file(directory, "bin/a", "x", 0755);
	make_file(directory, "bin/b", "x", 0755);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	temporary_free(directory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),	      cmocka_unit_test(test_gather),
		cmocka_unit_test(test_compile),	      cmocka_unit_test(test_directory),
		cmocka_unit_test(test_configuration), cmocka_unit_test(test_show),
		cmocka_unit_test(test_print),	      cmocka_unit_test(test_filter),
		cmocka_unit_test(test_serve),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
