/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records and names for tests: an instance CACHE whose process cache[4711] is about to execute /bin/sh,
 * or to connect to 10.1.2.3:25. Tests change what they are about.
 */
#ifndef CW_TESTS_SAMPLE_H
#define CW_TESTS_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "event/event.h"

#define SAMPLE_FILE 7 /* number of /usr/cachesys/bin/cache */
#define SAMPLE_SCRIPT 8
#define SAMPLE_TARGET 9 /* of /bin/dash */

static inline struct cw_record sample_record(void)
{
	return (struct cw_record){
		.size = sizeof(struct cw_record),
		.type = CW_RECORD_EVENT,
		.version = CW_RECORD_VERSION,
		.time = 1500000000,
		.generation = 3,
		.start_time = 500000000,
		.pid = 4711,
		.tid = 4712,
		.ppid = 4000,
		.uid = 51773,
		.gid = 51774,
		.executable = SAMPLE_FILE,
		.instance = 1,
		.rule = CW_RULE_NONE,
		.operation = CW_OPERATION_EXEC,
		.verdict = CW_VERDICT_DENY,
		.effect = CW_EFFECT_REFUSED,
		.mode = CW_MODE_ENFORCE,
		.reason = CW_REASON_NO_RULE,
		.backend = CW_BACKEND_FMOD_RET,
		.rule_class = CW_CLASS_EXEC,
		.target = { .inode = 12, .device = 8 },
		.comm = "cache",
	};
}

static inline struct cw_record sample_connect(void)
{
	struct cw_record record = sample_record();

	record.operation = CW_OPERATION_CONNECT;
	record.rule_class = CW_CLASS_CONNECT;
	record.reason = CW_REASON_RULE;
	record.rule = 0;
	record.verdict = CW_VERDICT_ALLOW;
	record.effect = CW_EFFECT_NONE;
	record.target = (struct cw_file_key){ 0 };
	record.family = AF_INET;
	record.protocol = CW_PROTOCOL_TCP;
	record.socket_type = SOCK_STREAM;
	record.socket_protocol = 6;
	record.port = 25;
	memcpy(record.address, "\x0a\x01\x02\x03", 4);
	return record;
}

static inline void sample_text(struct cw_deviation *deviation, enum cw_text text, const char *bytes,
			       size_t length)
{
	memcpy(deviation->text[text], bytes, length);
	deviation->length[text] = (uint16_t)length;
}

#define SAMPLE_TEXT(deviation, which, literal) \
	sample_text(deviation, which, literal, sizeof(literal) - 1)

static inline struct cw_deviation sample_deviation(struct cw_record record)
{
	struct cw_deviation deviation = {
		.record = record,
		.cgroup = 4242,
		.loginuid = 1000,
		.ancestry = { { 4000, SAMPLE_FILE, "cstart" }, { 1, 0, "systemd" } },
	};

	deviation.record.size = sizeof(deviation);
	deviation.record.type = CW_RECORD_DEVIATION;
	SAMPLE_TEXT(&deviation, CW_TEXT_EXECUTABLE, "cache\0bin\0cachesys\0usr\0");
	SAMPLE_TEXT(&deviation, CW_TEXT_CWD, "mgr\0cachesys\0usr\0");
	SAMPLE_TEXT(&deviation, CW_TEXT_ARGS, "cache\0-s/usr/cachesys/mgr\0-cj\0");
	if (record.operation == CW_OPERATION_EXEC || record.operation == CW_OPERATION_LIBRARY)
		SAMPLE_TEXT(&deviation, CW_TEXT_TARGET, "dash\0bin\0usr\0");
	return deviation;
}

static struct catalogue_rule sample_rules[] = {
	{ (char *)"mail", (char *)"reports go out\nby mail",
	  (char *)"/etc/cachewarden/policy.d/CACHE.yaml", 44 },
};
static struct catalogue_rule sample_guards[] = {
	{ (char *)"guard-connect", NULL, (char *)"/etc/cachewarden/policy.d/CACHE.yaml", 60 },
};
static const struct catalogue sample_catalogue = {
	.generation = 3,
	.instance_count = 2,
	.instances = {
		[0] = { .name = (char *)"self-test", .file = (char *)"" },
		[1] = {
			.name = (char *)"CACHE",
			.file = (char *)"/etc/cachewarden/policy.d/CACHE.yaml",
			.rules = { [CW_CLASS_CONNECT] = sample_rules },
			.count = { [CW_CLASS_CONNECT] = 1 },
			.classes = {
				[CW_CLASS_EXEC] = { (char *)"exec", NULL, (char *)"/etc/cachewarden/policy.d/CACHE.yaml", 31 },
				[CW_CLASS_CONNECT] = { (char *)"connect", NULL, (char *)"/etc/cachewarden/policy.d/CACHE.yaml", 40 },
			},
		},
	},
	.guards = { [CW_CLASS_CONNECT] = sample_guards },
	.guard_count = { [CW_CLASS_CONNECT] = 1 },
};

static inline const char *sample_file_path(void *context, uint32_t file)
{
	(void)context;
	switch (file) {
	case SAMPLE_FILE:
		return "/usr/cachesys/bin/cache";
	case SAMPLE_SCRIPT:
		return "/etc/cachewarden/site/nightly.sh";
	case SAMPLE_TARGET:
		return "/usr/bin/dash";
	default:
		return NULL;
	}
}

static inline const uint8_t *sample_file_sha256(void *context, uint32_t file)
{
	static const uint8_t sha256[32] = { 0x9f, 0x86, [31] = 0x08 };

	(void)context;
	return file == SAMPLE_TARGET ? sha256 : NULL;
}

static inline const char *sample_executable_name(void *context, uint16_t instance, uint32_t file)
{
	(void)context;
	return instance == 1 && file == SAMPLE_FILE ? "cache" : NULL;
}

static inline const char *sample_user_name(void *context, uint32_t uid)
{
	(void)context;
	return uid == 51773 ? "cacheusr" : NULL;
}

static inline const char *sample_cgroup_path(void *context, uint64_t cgroup)
{
	(void)context;
	return cgroup == 4242 ? "/system.slice/cache.service" : NULL;
}

static const struct event_names sample_names = {
	.host = "db1",
	.boot_to_wall = 1763770620000000000, /* 2025-11-22T00:17:00Z */
	.catalogue = &sample_catalogue,
	.file_path = sample_file_path,
	.file_sha256 = sample_file_sha256,
	.executable_name = sample_executable_name,
	.user_name = sample_user_name,
	.cgroup_path = sample_cgroup_path,
};

/* The named event of bytes that must decode. The bytes must outlive it. */
static inline void sample_event(const void *bytes, size_t length, struct event *event)
{
	struct record record;

	assert_int_equal(record_decode(bytes, length, &record), RECORD_OK);
	event_name(&record, &sample_names, 99, event);
}

#endif
