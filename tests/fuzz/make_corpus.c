/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes the corpora of fuzz_record, fuzz_event and fuzz_ipc below the directory given, one file a feature. Run it
 * anew when bpf/abi.h or user/ipc/protocol.h changes:
 *
 *	gcc -D_GNU_SOURCE -Ibpf -Iuser -Itests/unit tests/fuzz/make_corpus.c build/libpure.a -lcmocka -o make_corpus
 *	./make_corpus tests/fuzz/corpus
 */
#include "event/sample.h"

#include "event/print.h"
#include "ipc/protocol.h"

static const char *directory;

static void write_file(const char *folder, const char *name, const void *bytes, size_t length)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s", directory, folder, name);
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, length, file) != length || fclose(file)) {
		perror(path);
		exit(1);
	}
}

/* A record, and the line of it. */
static void write_record(const char *name, const void *record, size_t size)
{
	_cleanup_buffer_ struct buffer line = { 0 };
	struct event event;

	write_file("record", name, record, size);
	sample_event(record, size, &event);
	event_print(&event, EVENT_FORMAT_JSON, &line);
	write_file("event", name, line.data, line.length);
}

#define WRITE_RECORD(name, record) write_record(name, &(record), sizeof(record))

static void write_records(void)
{
	struct cw_record record = sample_record();
	struct cw_deviation deviation = sample_deviation(record);

	WRITE_RECORD("exec", record);
	record.script = SAMPLE_SCRIPT;
	WRITE_RECORD("exec-by-script", record);
	WRITE_RECORD("deviation-exec", deviation);
	deviation.cut = CW_TEXT_CUT(CW_TEXT_MAX) - 1;
	WRITE_RECORD("deviation-cut", deviation);
	memset(deviation.text, 0xff, sizeof(deviation.text));
	for (int i = 0; i < CW_TEXT_MAX; i++)
		deviation.length[i] = CW_TEXT;
	WRITE_RECORD("deviation-full", deviation);
	memset(deviation.length, 0, sizeof(deviation.length));
	WRITE_RECORD("deviation-empty", deviation);
	record.operation = CW_OPERATION_LIBRARY;
	record.target.inode = 0;
	WRITE_RECORD("library-anonymous", record);
	record = sample_connect();
	WRITE_RECORD("connect", record);
	deviation = sample_deviation(record);
	deviation.record.reason = CW_REASON_GUARD;
	WRITE_RECORD("deviation-guard", deviation);
	record.family = AF_INET6;
	record.instance = CW_INSTANCE_NONE;
	WRITE_RECORD("connect-v6-host", record);
	record.operation = CW_OPERATION_SOCKET;
	record.family = 250;
	WRITE_RECORD("socket-strange-family", record);
	memcpy(record.comm, "\033]0;\xff\x9b\n\0\xe2\x80\xae", 11);
	WRITE_RECORD("hostile-comm", record);
	write_file("record", "short", &record, sizeof(record) - 1);
}

static void write_request(const char *name, const struct ipc_request *request)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };

	if (ipc_encode_request(&buffer, request))
		exit(1);
	write_file("ipc", name, buffer.data, buffer.length);
}

static void write_message(const char *name, enum ipc_type type, const void *payload, size_t length)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };

	ipc_encode_header(&buffer, type, length);
	buffer_add(&buffer, payload, length);
	write_file("ipc", name, buffer.data, buffer.length);
}

static void write_messages(void)
{
	static const struct ipc_request requests[] = {
		{ IPC_TAIL, 0, 0, { { 0 } } },
		{ IPC_TAIL,
		  2,
		  3,
		  { { "operation", "exec,connect" }, { "verdict", "deny" }, { "host", "" } } },
		{ IPC_TAIL,
		  2,
		  3,
		  { { "port", "25,1000-2000" }, { "address", "10.0.0.0/8,::1" }, { "pid", "1" } } },
		{ IPC_TAIL, 1, 2, { { "executable", "/usr/*/c?che" }, { "user", "root,0-99" } } },
		{ IPC_STATUS, 2, 0, { { 0 } } },
		{ IPC_MODE,
		  0,
		  4,
		  { { "mode", "enforce" },
		    { "confirm", "60" },
		    { "instance", "A" },
		    { "instance", "B" } } },
		{ IPC_STOP, 0, 1, { { "release", "" } } },
	};
	static const char *const names[] = { "tail",	      "tail-words", "tail-numbers",
					     "tail-patterns", "status",	    "mode",
					     "stop" };
	struct ipc_begin begin = { 7, 6 };
	struct ipc_lost lost = { 1, 2, 3, 4 };
	struct ipc_end end = { 3, IPC_END_SHUTDOWN };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		write_request(names[i], &requests[i]);
	write_message("events", IPC_EVENTS, "{}\n{}\n", 6);
	write_message("begin", IPC_BEGIN, &begin, sizeof(begin));
	write_message("lost", IPC_LOST, &lost, sizeof(lost));
	write_message("end", IPC_END, &end, sizeof(end));
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "make_corpus DIRECTORY\n");
		return 2;
	}
	directory = argv[1];
	write_records();
	write_messages();
	return 0;
}
