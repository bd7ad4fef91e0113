/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instances of a host, without asking the vendor's programs: what running processes execute,
 * what an operator hands over of `ccontrol qlist`, `iris qlist` (a line an instance) or their `list`
 * (a block an instance), and what lies in given directories. Each source adds what it knows to the
 * instance of the same install directory; registry_complete() then looks at the files themselves.
 *
 *	registry = registry_new();
 *	r = registry_processes(registry, "/proc", &diagnostics);
 *	r = registry_read_file(registry, "qlist.txt", &diagnostics);     any number of these
 *	r = registry_scan(registry, "/usr", &diagnostics);
 *	r = registry_complete(registry, &diagnostics);
 *	for (size_t i = 0; i < registry->count; i++) registry->instances[i]->...
 *
 * Nothing here needs privileges; what they would have shown is absent, and said in a note.
 */
#ifndef CW_INSTANCE_REGISTRY_H
#define CW_INSTANCE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "instance/config.h"
#include "policy/diagnostics.h"
#include "util/cleanup.h"
#include "util/vocabulary.h"

#define REGISTRY_INSTANCES_MAX 1024
#define REGISTRY_TEXT_MAX (1u << 20) /* bytes of one qlist or list */
#define REGISTRY_PORTS_MAX 64 /* extra SuperServers of one instance */
#define REGISTRY_SCAN_DEPTH 5 /* directories below the given one */
#define REGISTRY_SCAN_ENTRIES 200000 /* that one scan looks at */

enum instance_state {
	INSTANCE_STATE_UNKNOWN,
	INSTANCE_RUNNING,
	INSTANCE_DOWN,
	INSTANCE_STARTING,
	INSTANCE_INHIBITED, /* `sign-on inhibited` */
	INSTANCE_STATE_MAX,
};
extern const struct vocabulary instance_state_words; /* "unknown", "running" ... */

/* Where an instance is known from; bits of instance.sources. */
enum instance_source {
	INSTANCE_FROM_PROCESS = 1 << 0,
	INSTANCE_FROM_QLIST = 1 << 1,
	INSTANCE_FROM_LIST = 1 << 2,
	INSTANCE_FROM_SCAN = 1 << 3,
};
#define INSTANCE_SOURCE_MAX 4
extern const struct vocabulary instance_source_words; /* by bit number: "process", "qlist" ... */

/* How well a user or group is known. */
enum instance_knowledge {
	INSTANCE_NOT_KNOWN,
	INSTANCE_LIKELY, /* from who owns files that only such a process writes */
	INSTANCE_CERTAIN, /* from a running process, or the installer's own record */
	INSTANCE_KNOWLEDGE_MAX,
};
extern const struct vocabulary instance_knowledge_words; /* "unknown", "likely", "certain" */

struct instance_account {
	enum instance_knowledge known;
	uint32_t id; /* uid or gid */
	char *name; /* its number as text if the host has no name for it; NULL if not known */
	char *evidence; /* "owner of /usr/cachesys/mgr"; NULL if not known */
};

struct instance_process {
	pid_t pid;
	char *executable; /* below root: "bin/cache" */
	char *manager; /* -s of a database process's arguments: its own word; NULL: none */
	uid_t real_uid, effective_uid;
	gid_t effective_gid;
};

struct instance {
	char *name; /* of the registry; without one, the root's last part in upper case */
	bool name_known; /* false: it is that guess */
	char *root; /* install directory, absolute, no `/` at its end, links as found */
	char *data; /* where cpf and mgr are (durable %SYS); NULL: root */
	enum config_product family; /* by its executable, else its cpf */
	char *product; /* "Cache", "Ensemble", "IRIS" ... as the source has it; NULL: not known */
	char *version; /* "2017.1" or with all its digits; NULL: not known */
	enum instance_state state;
	char *state_text; /* "running, since ..." as the source has it; NULL */
	bool by_default; /* `(default)` of list */
	char *cpf_name; /* in use: "cache.cpf" or what the source says, perhaps a path; NULL */
	char *cpf; /* its path as found; NULL: none */
	/* Ports as the sources say, else of the cpf; 0: none or not known. */
	uint16_t superserver, web, jdbc;
	uint16_t *superservers; /* all of qlist's last field, the first one's too */
	size_t superserver_count;
	char *health; /* "ok", "warn", "alert"; NULL */
	char *mirror_type, *mirror_status; /* "Failover", "Primary"; NULL */
	unsigned int sources; /* enum instance_source */
	struct location where; /* of its line or block; .file NULL: found otherwise */
	struct location superservers_where; /* of qlist's last field; .file NULL */
	/* From registry_complete(). */
	struct instance_account owner, user, group; /* owner; effective user and group */
	struct config *config; /* of cpf; NULL: not readable (reported) */
	/* From registry_processes(); by pid. */
	struct instance_process *processes;
	size_t process_count;
	/* Set where the first process seen lives in another mount namespace: what stands before its
	 * paths to reach them from here ("/proc/4711/root"); NULL: nothing. */
	char *prefix;
	/* Inside: what root is, so that two paths to it make one instance; inode 0: not looked at. */
	dev_t device;
	ino_t inode;
	char *real; /* as the kernel names it, links resolved; NULL: no process was seen */
};

struct registry {
	struct instance **instances; /* after registry_complete(): by name, then root */
	size_t count;
	char **files; /* names that locations point to */
	size_t file_count;
	bool processes_all; /* registry_processes() saw every process: what has none is down */
};

struct registry *registry_new(void); /* NULL: no memory */
struct registry *registry_free(struct registry *registry);
DEFINE_CLEANUP(struct registry *, registry_free);
#define _cleanup_registry_ _cleanup_(cleanup_registry_free)

/*
 * Text of `qlist` (8 to 14 fields, `^` between them) or `list` (blocks); which of the two is told by
 * its lines, and both may be mixed. 0 or -ENOMEM; -EINVAL: no line of it is either (an error). Lines
 * that are neither are passed over with a warning, and the others count. file is copied.
 */
int registry_read(struct registry *registry, const char *file, const char *text, size_t length,
		  struct diagnostics *diagnostics);
/* From a path; `-` is standard input. -errno too, diagnosed. */
int registry_read_file(struct registry *registry, const char *path,
		       struct diagnostics *diagnostics);

/* Install directories at and below a directory: bin/cache or bin/irisdb beside a cpf, or one in
 * mgr/. Links to directories are not followed, nor are other file systems' /proc, /sys. */
int registry_scan(struct registry *registry, const char *directory,
		  struct diagnostics *diagnostics);

/* From the executables of running processes; proc is "/proc", or a test's. */
int registry_processes(struct registry *registry, const char *proc,
		       struct diagnostics *diagnostics);

/*
 * Runs `ccontrol qlist` and `iris qlist`, of /usr/bin or of the instances that are known, and reads
 * what they print: for operators who ask for it. A program that others than root can have written is
 * not run (an error). 0 or -ENOMEM; what goes wrong is diagnosed.
 */
int registry_ask(struct registry *registry, struct diagnostics *diagnostics);

/* Looks at each instance's files: cpf, ports, product, owner, effective user and group; sorts. */
int registry_complete(struct registry *registry, struct diagnostics *diagnostics);

/* By name (whatever the case) or by root; NULL: none, or ret_ambiguous: more than one has the name. */
struct instance *registry_find(const struct registry *registry, const char *name_or_root,
			       bool *ret_ambiguous);

/* One whose install directory is root, new if need be: for `--root DIR`. NULL: no memory. */
struct instance *registry_root(struct registry *registry, const char *root);

#endif
