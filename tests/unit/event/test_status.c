/* SPDX-License-Identifier: GPL-2.0-only */
/* The status report, in both spellings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/status.h"
#include "util/cleanup.h"

static const struct status_instance instances[] = {
	{ "CACHE", CW_MODE_ENFORCE, CW_MODE_AUDIT, 4, 123, { 5, 4, 3 }, 2, "/etc/CACHE.yaml" },
	{ "B", CW_MODE_AUDIT, CW_MODE_AUDIT, 4, 7, { 1, 0, 10 }, 0, "/etc/B.yaml" },
};
static struct status_counter counters[] = {
	{ CW_OPERATION_EXEC, CW_VERDICT_ALLOW, 1000, 10, 980, 7, 3 },
	{ CW_OPERATION_CONNECT, CW_VERDICT_DENY, 5, 5, 0, 0, 0 },
};
static const struct status_file files[] = {
	{ "/usr/cachesys/httpd/bin/ht\033tpd", "writable", "/usr/cachesys/httpd: group may write" },
};

static struct status_report sample(void)
{
	return (struct status_report){
		.version = "0.1.0",
		.pid = 77,
		.uptime = 3600,
		.memory = 9000,
		.backend = CW_BACKEND_LSM,
		.pinned = "/sys/fs/bpf/cachewarden/v1",
		.self_test_passed = true,
		.generation = 4,
		.falls_back = "2026-02-28T06:30:00Z",
		.governed = 130,
		.clients = 2,
		.clients_subscribed = 1,
		.clients_lost = 9,
		.clients_refused = 4,
		.clients_malformed = 5,
		.instances = instances,
		.repeats_told = 14,
		.repeats_waiting = 1,
		.record_what = "deviations",
		.record_dir = "/var/log/cachewarden",
		.record_error = "No space left on device",
		.record_events = 12,
		.record_lost = 2,
		.record_waiting = 3,
		.instance_count = 2,
		.counters = counters,
		.counter_count = 2,
		.files = files,
		.file_count = 1,
	};
}

static void test_json(void **state)
{
	struct status_report report = sample();
	_cleanup_buffer_ struct buffer buffer = { 0 };

	(void)state;
	status_json(&report, &buffer);
	assert_string_equal(
		buffer.data,
		"{\"version\":\"0.1.0\",\"pid\":77,\"uptime_seconds\":3600,\"memory_kib\":9000,"
		"\"backend\":\"lsm\",\"pinned\":\"/sys/fs/bpf/cachewarden/"
		"v1\",\"self_test\":{\"passed\":true,\"detail\":null},"
		"\"generation\":4,\"mode_falls_back\":\"2026-02-28T06:30:00Z\",\"governed\":130,"
		"\"clients\":{\"count\":2,\"subscribed\":1,\"lost\":9,"
		"\"refused\":4,\"malformed\":5},"
		"\"malformed\":0,\"repeats\":{\"told\":14,\"waiting\":1},"
		"\"recorder\":{\"records\":\"deviations\",\"directory\":\"/var/log/cachewarden\","
		"\"error\":\"No space left on device\",\"events\":12,\"lost\":2,\"waiting\":3},"
		"\"instances\":[{\"name\":\"CACHE\",\"mode\":\"enforce\","
		"\"policy_mode\":\"audit\",\"generation\":4,\"governed\":123,"
		"\"rules\":{\"exec\":5,\"bind\":4,\"connect\":3,\"guard\":2},"
		"\"file\":\"/etc/CACHE.yaml\"},{\"name\":\"B\",\"mode\":\"audit\","
		"\"policy_mode\":\"audit\",\"generation\":4,\"governed\":7,"
		"\"rules\":{\"exec\":1,\"bind\":0,\"connect\":10,\"guard\":0},"
		"\"file\":\"/etc/B.yaml\"}],\"counters\":[{\"operation\":\"exec\","
		"\"verdict\":\"allow\",\"judged\":1000,\"recorded\":10,\"unwanted\":980,"
		"\"suppressed\":7,\"lost\":3},{\"operation\":\"connect\",\"verdict\":\"deny\","
		"\"judged\":5,\"recorded\":5,\"unwanted\":0,\"suppressed\":0,\"lost\":0}],"
		"\"faults\":[],\"names\":[],\"files\":[{\"path\":"
		"\"/usr/cachesys/httpd/bin/ht\\u001btpd\",\"trust\":\"writable\","
		"\"reason\":\"/usr/cachesys/httpd: group may write\"}],\"adds_up\":true}\n");
}

static void test_text(void **state)
{
	struct status_report report = sample();
	_cleanup_buffer_ struct buffer buffer = { 0 };

	(void)state;
	status_text(&report, &buffer);
	assert_non_null(strstr(buffer.data, "backend               lsm\n"));
	assert_non_null(
		strstr(buffer.data, "self-test passed      yes\n… remarks             -\n"));
	assert_non_null(strstr(buffer.data, "mode falls back       2026-02-28T06:30:00Z\n"));
	assert_non_null(strstr(buffer.data,
			       "instance  mode     in file  generation  governed  exec  bind  "
			       "connect  guard  policy\n"
			       "CACHE     enforce  audit             4       123     5     4  "
			       "      3      2  /etc/CACHE.yaml\n"
			       "B         audit    audit             4         7     1     0  "
			       "     10      0  /etc/B.yaml\n"));
	assert_non_null(strstr(buffer.data, "lost: adds up\n"));
	assert_non_null(strstr(buffer.data, "ht\\x1btpd"));
	assert_null(strchr(buffer.data, '\033'));
	assert_null(strstr(buffer.data, "do not resolve"));
}

static void test_does_not_add_up(void **state)
{
	struct status_report report = sample();
	_cleanup_buffer_ struct buffer text = { 0 }, json = { 0 };

	(void)state;
	counters[0].judged++;
	assert_false(status_adds_up(&report));
	status_text(&report, &text);
	assert_non_null(strstr(text.data, "DOES NOT ADD UP"));
	status_json(&report, &json);
	assert_non_null(strstr(json.data, "\"adds_up\":false"));
	counters[0].judged--;
}

static void test_empty(void **state)
{
	struct status_report report = { 0 };
	_cleanup_buffer_ struct buffer text = { 0 }, json = { 0 };

	(void)state;
	status_text(&report, &text);
	status_json(&report, &json);
	assert_false(buffer_failed(&text) || buffer_failed(&json));
	assert_non_null(strstr(json.data, "\"instances\":[]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_does_not_add_up),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
