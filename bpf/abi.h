/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the kernel side and user space: the only header that both include.
 *
 * Three kinds of thing cross the border:
 *   - the image: every policy in force, compiled to plain tables, published whole (below: cw_page_*);
 *   - identities and labels: which file is which executable, which process is governed;
 *   - records and counters: what was judged, and what became of the report.
 *
 * Types are of fixed width, padding is named and zero (keys are compared as bytes), every struct has
 * a size assertion. Integers are in host byte order unless a comment says otherwise.
 */
#ifndef CW_ABI_H
#define CW_ABI_H

#include <linux/types.h>

#ifndef CW_ABI_VERSION /* the tests build a daemon of the next one */
#define CW_ABI_VERSION 1
#endif
#define CW_RECORD_VERSION 1 /* of records alone: rings outlive a change of the rest */

#define CW_ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)

/*
 * What one version leaves to another (labels, records, counters, what is in the ledger) grows at its end
 * alone: each reads of the other's what both know. The tests build a daemon in which every such thing has
 * grown, and go to it and back.
 */
#ifdef CW_ABI_WIDER
#define CW_WIDER 8
#define CW_WIDER_MEMBER __u64 wider;
#else
#define CW_WIDER 0
#define CW_WIDER_MEMBER
#endif

/* ------------------------------------------------------------------ vocabulary */

/* What is judged. The order is that of the counters and of every table of names. */
enum cw_operation {
	CW_OPERATION_EXEC,
	CW_OPERATION_LIBRARY,
	CW_OPERATION_SOCKET,
	CW_OPERATION_CONNECT,
	CW_OPERATION_SEND,
	CW_OPERATION_BIND,
	CW_OPERATION_LISTEN,
	CW_OPERATION_RECEIVE,
	CW_OPERATION_MAX, /* of those that policies speak of */
	/* A hand on a trusted file or on ourselves: told and counted, no matter of policy. */
	CW_OPERATION_TAMPER = CW_OPERATION_MAX,
	CW_OPERATIONS_TOLD,
};

/* The part of a policy that answers for an operation. The first three are lists of rules. */
enum cw_class {
	CW_CLASS_EXEC,
	CW_CLASS_BIND, /* bind, listen, and the receiving of a bound socket */
	CW_CLASS_CONNECT, /* connect, send, and the receiving of a connected socket */
	CW_CLASS_LIBRARY,
	CW_CLASS_SOCKETS,
	CW_CLASS_MAX,
};
#define CW_RULE_CLASSES 3

enum cw_verdict {
	CW_VERDICT_ALLOW,
	CW_VERDICT_AUDIT, /* allowed by a rule that wants to be told */
	CW_VERDICT_DENY, /* what then happens depends on the mode: see the effect */
	CW_VERDICT_MAX,
};

enum cw_effect {
	CW_EFFECT_NONE,
	CW_EFFECT_REFUSED,
	CW_EFFECT_KILLED,
	CW_EFFECT_MAX,
};

enum cw_mode {
	CW_MODE_OFF, /* the class is not judged */
	CW_MODE_AUDIT,
	CW_MODE_ENFORCE,
	CW_MODE_MAX,
};

enum cw_reason {
	CW_REASON_RULE,
	CW_REASON_NO_RULE,
	CW_REASON_GUARD,
	CW_REASON_TAMPERED, /* a known executable that is no longer what was admitted */
	CW_REASON_UNTRUSTED_LIBRARY, /* somebody besides root and the owner may have written it */
	CW_REASON_UNRESOLVED, /* the kernel could not tell; on_undecided answered */
	CW_REASON_PROTECTED, /* it was about ourselves: bpf/protect.bpf.h */
	CW_REASON_OUTSIDE, /* reaching into a process that the instance does not govern */
	CW_REASON_TRACER, /* somebody traces who executes, and may not execute that himself */
	CW_REASON_MAX,
};

enum cw_backend {
	CW_BACKEND_LSM,
	CW_BACKEND_FMOD_RET,
	CW_BACKEND_CGROUP,
	CW_BACKEND_MAX,
};

/* Protocols as policies know them: MPTCP is TCP, UDP-Lite is UDP. */
enum cw_protocol {
	CW_PROTOCOL_TCP,
	CW_PROTOCOL_UDP,
	CW_PROTOCOL_SCTP,
	CW_PROTOCOL_OTHER, /* matched by `any` alone */
	CW_PROTOCOL_MAX,
};

enum cw_direction {
	CW_DIRECTION_BIND,
	CW_DIRECTION_CONNECT,
	CW_DIRECTION_MAX,
};

/* ------------------------------------------------------------------ limits */

#define CW_INSTANCES_MAX 32 /* instances on one host; number 0 is the self-test's own */
#define CW_INSTANCE_CANARY 0 /* always enforces, allows nothing: see user/kern/selftest.c */
#define CW_INSTANCE_NONE 0xffff
#define CW_RULES_MAX 512 /* rules of one class of one instance; guards of one class in all */
#define CW_WORDS (CW_RULES_MAX / 64)
#define CW_RULE_NONE 0xffff
#define CW_FILES_MAX 16384 /* distinct files that policies name; file 0 is "no file we know" */
#define CW_FILE_UNKNOWN 0
#define CW_INTERPRETERS_MAX 4 /* of one script: the kernel follows no more of them */
#define CW_VECTORS_MAX 16384 /* rule vectors of all instances; vector 0 is empty, 1 is full */
#define CW_VECTOR_EMPTY 0
#define CW_VECTOR_FULL 1
#define CW_V4_BOUNDS_MAX 262144 /* enough for 131,000 prefixes of any shape */
#define CW_V6_BOUNDS_MAX 131072
#define CW_V4_SECTIONS 256 /* places where many IPv4 boundaries share their upper half */
#define CW_USERS_SLOTS 4096 /* open addressing, so sparse that a few probes reach everyone */
#define CW_USERS_PROBES 4
#define CW_TRUST_GROUPS_MAX 16
#define CW_FAMILIES_MAX 64 /* address families, as bit positions */
#define CW_PID_MAX (1 << 22) /* the kernel's PID_MAX_LIMIT on 64 bit */

/* ------------------------------------------------------------------ the image */

/*
 * A policy image is one array map of CW_PAGES elements of CW_PAGE_SIZE bytes, held by an outer map:
 * replacing the outer element publishes all of it at once. Before 6.7 an array map's element may not
 * be larger than 4 MiB (KMALLOC_MAX_SIZE), hence pages.
 *
 * Each dimension of an operation (acting executable, target, protocol and port, address, user) leads
 * to a small class number, and (instance, class) to a vector with one bit a rule. The AND of the
 * vectors names the rules that match; the lowest bit is the first match.
 */
#define CW_PAGE_SIZE (4u << 20)

enum cw_page {
	CW_PAGE_MAIN, /* every operation reads it */
	CW_PAGE_ADDRESSES,
	CW_PAGES,
};

/* Places of the outer map. */
enum cw_image_slot {
	CW_IMAGE_CURRENT,
	CW_IMAGE_BEFORE, /* what modes that are set for a time fall back to */
	CW_IMAGES,
};

#define CW_IMAGE_MAGIC 0x43574931 /* "CWI1" */

/* Rule actions, as they stand in cw_rules.action: the verdicts that they lead to. */
#define CW_ACTION_ALLOW CW_VERDICT_ALLOW
#define CW_ACTION_AUDIT CW_VERDICT_AUDIT

/*
 * The rules of one class. Row numbers are indexes of the first vector of a dimension: the vector for
 * class c is row + (c & mask). A mask is CW_MASK_CLASS; or 0 where one vector serves all classes: in a
 * dimension that no rule of this class uses (CW_VECTOR_FULL), or where none can match
 * (CW_VECTOR_EMPTY). A class that is masked out need not be found.
 */
#define CW_MASK_CLASS 0xffff
struct cw_rules {
	__u16 count;
	__u16 mask_by;
	__u16 mask_target;
	__u16 mask_address;
	__u16 mask_user;
	__u16 pad0;
	__u32 row_by;
	__u32 row_target; /* exec: target file's class; bind, connect: port class */
	__u32 row_address;
	__u32 row_user;
	__u8 action[CW_RULES_MAX];
};
CW_ASSERT_SIZE(struct cw_rules, 28 + CW_RULES_MAX);

#define CW_LIBRARY_ANONYMOUS 1 /* executable memory without a file is allowed */
#define CW_LIBRARY_ANY_OWNER 2 /* whoever may have written a file */

struct cw_instance {
	__u8 mode[8]; /* enum cw_mode, by enum cw_class */
	__u8 guard_mode; /* of this instance's guards */
	__u8 on_undecided; /* enum cw_verdict: ALLOW or DENY */
	__u8 library_flags; /* CW_LIBRARY_* */
	__u8 trust_group_count;
	__u32 owner; /* uid that besides root may own what is mapped executable */
	__u32 row_library; /* by class: bit 0 set exempts the acting executable */
	__u32 mask_library; /* as in cw_rules */
	__u32 trust_groups[CW_TRUST_GROUPS_MAX];
	__u16 socket_types[CW_FAMILIES_MAX]; /* by family: bit t allows SOCK type t */
	struct cw_rules rules[CW_RULE_CLASSES];
	__u32 pad1;
};
CW_ASSERT_SIZE(struct cw_instance, 24 + 64 + 128 + 3 * 540 + 4);

/*
 * Guards of all instances, one "rule" each: it forbids what it matches to everyone who is neither of
 * the guarding instance (row_by is indexed by instance number + 1, 0 for a process that is not
 * governed; a bit is clear where the guard does not apply) nor of the users it lets in (row_user:
 * a bit is clear where the user is let in).
 */
struct cw_guards {
	struct cw_rules rules;
	__u16 instance[CW_RULES_MAX]; /* whose guard it is */
};

struct cw_user_slot {
	__u32 uid;
	__u16 user_class; /* 0: the slot is free */
	__u16 pad0;
};

struct cw_page_head {
	__u32 magic;
	__u32 abi;
	__u64 generation;
	__u32 instance_count; /* highest used number + 1 */
	__u32 v4_bounds;
	__u32 v6_bounds;
	__u32 vectors;
	__u32 guarded; /* bit per rule class: some guard exists */
	__u32 pad0;
	__u32 zero; /* always 0; the verifier does not know: see cw_widen() */
	__u32 users_used; /* some rule or guard names a user */
	struct cw_user_slot users[CW_USERS_SLOTS];
	__u16 by_class[CW_FILES_MAX]; /* acting executable -> class */
	__u16 target_class[CW_FILES_MAX]; /* executed file -> class; CW_TARGET_GUARDED may be set */
	struct cw_instance instances[CW_INSTANCES_MAX];
	struct cw_guards guards[CW_RULE_CLASSES];
};

/* Set in a port's or target's class when some guard names it: the common "nobody's" is one test. */
#define CW_GUARDED 0x8000
#define CW_CLASS_MASK 0x7fff

/* Port 0 stands for "a port that the kernel chooses" (`ephemeral` in bind rules). */
struct cw_page_ports {
	__u16 port[CW_DIRECTION_MAX][CW_PROTOCOL_MAX][65536];
	__u16 v6_class[CW_V6_BOUNDS_MAX + 1];
};

/*
 * Addresses are flattened to sorted boundaries: bound[i] is the first address of interval i + 1, whose
 * class is class[i + 1]; interval 0 begins at address 0. first[h] counts the boundaries below h << 16,
 * so that a search touches only those that share the address's upper half. Where these are many, the
 * bits above CW_V4_FIRST number a section, which counts those below each value of the next 8 bits.
 */
#define CW_V4_FIRST_BITS 19
#define CW_V4_FIRST ((1u << CW_V4_FIRST_BITS) - 1)
struct cw_page_v4 {
	__u32 first[65536 + 1];
	__u16 section[CW_V4_SECTIONS][256 + 1]; /* 0: none */
	__u16 pad0;
	__u32 bound[CW_V4_BOUNDS_MAX]; /* host byte order */
	__u16 v4_class[CW_V4_BOUNDS_MAX + 1];
};

struct cw_page_v6 {
	__u64 high[CW_V6_BOUNDS_MAX]; /* host byte order, upper and lower half of each boundary */
	__u64 low[CW_V6_BOUNDS_MAX];
};

/* summary[v] has bit w set where word w of vector v is not zero: most words need not be read. */
struct cw_page_vectors {
	__u64 vector[CW_VECTORS_MAX][CW_WORDS];
	__u8 summary[CW_VECTORS_MAX];
};

/* What was decided with this image, for the hooks alone: see bpf/remember.h. User space leaves it zero. */
#define CW_REMEMBERED_BITS 12
#define CW_REMEMBERED_SLOTS (1 << CW_REMEMBERED_BITS)
struct cw_remembered {
	__u64 word[8];
} __attribute__((aligned(64)));
CW_ASSERT_SIZE(struct cw_remembered, 64);

struct cw_page_main {
	struct cw_page_head head;
	struct cw_page_ports ports;
	struct cw_page_vectors vectors;
	struct cw_remembered remembered[CW_REMEMBERED_SLOTS];
};
_Static_assert(sizeof(struct cw_page_main) <= CW_PAGE_SIZE, "main page");

struct cw_page_addresses {
	struct cw_page_v4 v4;
	struct cw_page_v6 v6;
};
_Static_assert(sizeof(struct cw_page_addresses) <= CW_PAGE_SIZE, "addresses page");

/* ------------------------------------------------------------------ identities and labels */

/* A file by what it is. dev is the kernel's own encoding (major << 20 | minor), not stat()'s. */
struct cw_file_key {
	__u64 inode;
	__u32 device;
	__u32 pad0;
};
CW_ASSERT_SIZE(struct cw_file_key, 16);

/* Of an inode number, a bit in a set: what is not in it is no entry of any instance. Multiplied by the golden
 * ratio's binary digits, the upper bits depend on all of them. */
#define CW_ENTRY_BITS 12
#define CW_ENTRY_WORDS ((1u << CW_ENTRY_BITS) / 64)
#define CW_ENTRY_BIT(inode) ((__u32)((__u64)(inode)*0x9e3779b97f4a7c15ull >> (64 - CW_ENTRY_BITS)))

#define CW_FILE_ENTRY(instance) (1u << (instance)) /* executing it makes a process governed */

struct cw_file {
	__s64 ctime_seconds;
	__u64 size;
	__u32 ctime_nanoseconds; /* without the kernel's flag in bit 31 (6.13 and later) */
	__u32 file; /* number of the file in the images: index of by_class, target_class */
	__u32 entry; /* CW_FILE_ENTRY of the instances it is an entry of */
	__u32 admitted; /* 0: known, not (or no longer) trusted: its reason is `tampered` */
	CW_WIDER_MEMBER
};
CW_ASSERT_SIZE(struct cw_file, 32 + CW_WIDER);

/* What the hooks' own accessor says of a file; filled by the identity program for the daemon. */
struct cw_identity {
	struct cw_file_key key;
	__s64 ctime_seconds;
	__u64 size;
	__u32 ctime_nanoseconds;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 links;
	__u32 status; /* 0: valid; else a positive errno */
};
CW_ASSERT_SIZE(struct cw_identity, 56);

#define CW_GOVERNED(instance) ((instance) + 1)
#define CW_EXEC_NONE 0
#define CW_EXEC_PROGRAM \
	128 /* beside a mark: what the kernel asked about last names no interpreter */
#define CW_EXEC_FRESH 254 /* governed since this exec: what it inherited is still to be judged */
#define CW_EXEC_UNJUDGED 255 /* labelled in the midst of an exec that was not judged as its own */
#define CW_MARK_LOST 2 /* of a process that executed some file: nobody knows by now which */

/*
 * A process. Key: tgid in the initial pid namespace (__u32); there is one for each that can be. Eight
 * bytes, because there are as many as pids and every hook reads one. All but exec and exec_script mean
 * the same in every version of this contract, in the same place: a later one takes them over.
 */
struct cw_subject {
	__u8 governed; /* CW_GOVERNED() of its instance; 0: nobody governs it, and all else is 0 */
	__u8 exec; /* CW_EXEC_*, or a mark of the linux_binprm that exec_script belongs to */
	__u16 executable; /* file number, CW_FILE_UNKNOWN if no policy names it */
	__u16 script; /* file number of the script it runs, else 0 */
	__u16 exec_script; /* between the two looks at a script's exec: the script; with CW_EXEC_NONE: a
			    * mark of the file executed, which is odd, or CW_MARK_LOST */
	CW_WIDER_MEMBER
};
#define CW_SUBJECT_LEAST 8 /* of every version */
CW_ASSERT_SIZE(struct cw_subject, CW_SUBJECT_LEAST + CW_WIDER);
_Static_assert(CW_FILES_MAX <= 65536 && CW_GOVERNED(CW_INSTANCES_MAX - 1) < 256, "label");

/* ------------------------------------------------------------------ control and counters */

/*
 * Written by the daemon, read by every hook: most calls on a host end when they have looked at this. Never too
 * little: a bit of `guarded` is set before what it stands for counts, and taken away after it.
 */
struct cw_control {
	__u32 wanted; /* bit per operation: record allowed operations of governed processes */
	__u32 wanted_host; /* bit per operation: record operations of everyone */
	__u32 guarded; /* bit per rule class: some image that may count has a guard */
	__u32 pad0;
	CW_WIDER_MEMBER
};
CW_ASSERT_SIZE(struct cw_control, 16 + CW_WIDER);

/*
 * Per CPU, per operation and verdict. judged = recorded + unwanted + suppressed + lost, always: in the map
 * every judged operation is one addition to one of the four, which cannot be half done, and whoever
 * reads adds them up.
 */
struct cw_counter {
	__u64 judged; /* 0 in the map */
	__u64 recorded; /* the four in the order of the kernel side's enum outcome */
	__u64 unwanted;
	__u64 suppressed;
	__u64 lost;
	CW_WIDER_MEMBER
};
#define CW_COUNTER_LEAST 40 /* of every version */
CW_ASSERT_SIZE(struct cw_counter, CW_COUNTER_LEAST + CW_WIDER);
#define CW_COUNTERS (CW_OPERATIONS_TOLD * CW_VERDICT_MAX)

/* Early returns that are not verdicts. None is silent. */
enum cw_fault {
	CW_FAULT_LABEL_FULL, /* a pid beyond the label map, which has room for all that can be */
	CW_FAULT_NO_IMAGE, /* no policy published yet */
	CW_FAULT_BAD_ADDRESS, /* an address too short or of a strange family, left to the kernel to refuse */
	CW_FAULT_NO_FILE, /* a file without an inode */
	CW_FAULT_NO_SOCKET, /* a socket without a sock */
	CW_FAULT_KILL, /* a signal could not be sent */
	CW_FAULT_CTIME_LAYOUT, /* this kernel keeps ctime in a way we do not know */
	CW_FAULT_SKIPPED, /* the kernel passed a program by; counted by the kernel, see kern_faults() */
	CW_FAULT_MAX,
};

/* ------------------------------------------------------------------ ourselves */

/* What others may not touch: socket_type of a record whose reason is `protected`. The number that goes
 * with it stands in the first eight bytes of the record's address, in network byte order. */
enum cw_protected {
	CW_PROTECTED_MAP, /* its number in the kernel */
	CW_PROTECTED_LINK, /* … */
	CW_PROTECTED_PIN, /* inode of the directory */
	CW_PROTECTED_MOUNT,
	CW_PROTECTED_SIGNAL, /* the signal */
	CW_PROTECTED_TRACE,
	CW_PROTECTED_MAX,
};
#define CW_PROTECTED_ID(kind, id) ((__u64)(kind) << 32 | (id))

struct cw_protection {
	struct cw_file_key executables[2]; /* the daemon's, and what stands at its path now */
	__u64 directories[2]; /* inodes: of the pins, and of their directory */
	__u32 device; /* of the file system they are in; 0: nothing is pinned */
	__u32 pad0;
};
CW_ASSERT_SIZE(struct cw_protection, 56);

/* ------------------------------------------------------------------ records */

enum cw_record_type {
	CW_RECORD_EVENT, /* struct cw_record alone: an allowed operation */
	CW_RECORD_DEVIATION, /* struct cw_deviation: all that may be gone when the daemon looks */
	CW_RECORD_MAX,
};

#define CW_COMM 16

struct cw_record {
	__u32 size; /* of the whole record, header included */
	__u16 type; /* enum cw_record_type */
	__u16 version;
	__u64 time; /* nanoseconds since boot, suspend counted */
	__u64 generation;
	__u64 start_time; /* of the process, same clock */
	__u32 pid; /* tgid */
	__u32 tid;
	__u32 ppid;
	__u32 uid; /* effective */
	__u32 gid; /* effective */
	__u32 executable; /* file numbers */
	__u32 script;
	__u16 instance; /* of the rule or guard that answered; CW_INSTANCE_NONE for host records */
	__u16 rule; /* index in its class (or in the guards), or CW_RULE_NONE */
	__u8 operation;
	__u8 verdict;
	__u8 effect;
	__u8 mode;
	__u8 reason;
	__u8 backend;
	__u8 rule_class; /* enum cw_class that answered */
	__u8 family; /* socket operations: AF_* */
	__u8 protocol; /* enum cw_protocol */
	__u8 socket_type;
	__u16 port; /* host byte order; 0: the kernel chooses */
	__u16 socket_protocol; /* IPPROTO_* as the socket has it */
	__u16 more; /* bytes that its version's struct cw_record has beyond CW_RECORD_LEAST */
	__u8 address[16]; /* network byte order; IPv4 in the first four */
	struct cw_file_key target; /* exec, library: the file; inode 0 for anonymous memory */
	__u32 target_file; /* its number */
	__u16 target_mode; /* i_mode */
	__u16 pad1;
	__u32 target_uid;
	__u32 pad2;
	char comm[CW_COMM];
	CW_WIDER_MEMBER
};
#define CW_RECORD_LEAST 144 /* of every version */
#define CW_RECORD_MORE (sizeof(struct cw_record) - CW_RECORD_LEAST)
CW_ASSERT_SIZE(struct cw_record, CW_RECORD_LEAST + CW_WIDER);

#define CW_TEXT 512 /* bytes of each text of a deviation */
#define CW_ANCESTRY 8
#define CW_COMPONENTS 24 /* names of a path that are recorded */

struct cw_ancestor {
	__u32 pid;
	__u32 executable; /* file number, where the ancestor is governed */
	char comm[CW_COMM];
};
CW_ASSERT_SIZE(struct cw_ancestor, 24);

/*
 * Paths are recorded as the kernel walks them: names from the leaf to the root, each ended by NUL.
 * A walk that did not reach the root (too deep, or no room) has its CW_TEXT_CUT bit set in `cut`.
 */
enum cw_text {
	CW_TEXT_EXECUTABLE, /* path of the acting executable */
	CW_TEXT_CWD, /* path of the working directory */
	CW_TEXT_TARGET, /* path of the target file */
	CW_TEXT_ARGS, /* argument vector, NUL between arguments, not reversed */
	CW_TEXT_MAX,
};
#define CW_TEXT_CUT(text) (1u << (text))

struct cw_deviation {
	struct cw_record record;
	__u64 cgroup;
	__u32 loginuid;
	__u32 cut;
	__u16 length[CW_TEXT_MAX]; /* bytes used of each text */
	struct cw_ancestor ancestry[CW_ANCESTRY]; /* nearest first; pid 0 ends it */
	char text[CW_TEXT_MAX][CW_TEXT];
	CW_WIDER_MEMBER
};
#define CW_DEVIATION_LEAST (24 + 192 + 2048) /* of every version, behind its record */
CW_ASSERT_SIZE(struct cw_deviation, sizeof(struct cw_record) + CW_DEVIATION_LEAST + CW_WIDER);

/*
 * The same deviation again: within CW_REPEAT_WINDOW of one that was recorded it is counted here and under
 * `suppressed`, and not recorded. The daemon tells the count. Keyed by the record without its time and
 * thread, so that "the same" is all that the kernel says of the operation. The count only grows: what of
 * it was told stands in a map of its own (repeats_told), which the daemon alone writes.
 */
#define CW_REPEAT_WINDOW 1000000000ull /* nanoseconds */
#define CW_REPEATS_MAX 8192 /* more at one time are recorded, each */
struct cw_repeat {
	__u64 since; /* when this entry was made: no other of the key has it */
	__u64 opened; /* when the one that was recorded happened */
	__u64 last;
	__u64 count;
	CW_WIDER_MEMBER
};
CW_ASSERT_SIZE(struct cw_repeat, 32 + CW_WIDER);

struct cw_repeat_told {
	__u64 since; /* of the entry that it is about; both are all that there is in every version */
	__u64 count;
};
CW_ASSERT_SIZE(struct cw_repeat_told, 16);

/* The number of a helper that no kernel has: the loader makes it a call of bpf_rdonly_cast(), and of what is moved to
 * its second argument right before, one of these types, the kernel's own number of it. */
#define CW_CALL_CAST 0x7ffffff0
#define CW_CAST_TYPES(type) \
	type(bpf_map) type(file) type(inode) type(linux_binprm) type(msghdr) type(sock) \
		type(socket) type(task_struct) type(timespec64) type(vfsmount) \
			type(vm_area_struct)
#define CW_CAST_TYPE_(name) CW_CAST_##name,
enum cw_cast_type { CW_CAST_TYPES(CW_CAST_TYPE_) CW_CAST_TYPE_MAX };

/* The same, of the instruction may_goto, which passes over the next when the kernel has enough. */
#define CW_CALL_MAY_GOTO 0x7ffffff1

/* ------------------------------------------------------------------ what one daemon leaves to the next */

#define CW_RINGS 2 /* deviations, events */
#define CW_PINS_MAX 160
#define CW_PIN_NAME 40
#define CW_INSTANCE_NAME 72
#define CW_GENERATIONS 16
#define CW_LEDGER_MAGIC 0x43574c31 /* "CWL1" */

/*
 * What is being delivered: the records between two positions of each ring, deviations first. It is
 * written before the first is handed over and again when the last has been: a daemon that finds one
 * unfinished delivers the same records under the same sequence numbers.
 */
struct cw_batch {
	__u64 sequence; /* of the record before the first */
	__u64 from[CW_RINGS];
	__u64 to[CW_RINGS]; /* as from: nothing is on its way */
};
CW_ASSERT_SIZE(struct cw_batch, 40);

/*
 * Counts of `repeats` that are being told, some at a time: a daemon that finds them unfinished tells the same
 * again, under the same sequence numbers.
 */
#define CW_TELLINGS 32
#define CW_TELLING_SIZE 256
struct cw_telling {
	__u64 count;
	__u64 first;
	__u64 last;
	struct cw_repeat_told up_to; /* what `repeats_told` then has */
	struct cw_record same; /* the key there */
	__u8 room[CW_TELLING_SIZE - 40 - sizeof(struct cw_record)];
};
CW_ASSERT_SIZE(struct cw_telling, CW_TELLING_SIZE);

struct cw_tellings {
	__u64 count; /* written last and cleared first; 0: nothing is being told */
	__u64 sequence; /* of what was told before the first */
	__u64 told; /* what the ledger's repeats_told then is */
	struct cw_telling telling[CW_TELLINGS];
};

/*
 * What sets that were replaced had counted, by cell of `counters`. `from` keeps the same set from being
 * added twice, should a daemon be killed before that set is gone.
 */
#define CW_CARRIED_CELLS 64
#define CW_CARRIED_FAULTS 16
struct cw_carried {
	__u64 from; /* the kernel's number of the map of counters that was added last */
	__u64 lost_told; /* as the ledger's */
	__u64 repeats_told; /* … */
	__u64 faults[CW_CARRIED_FAULTS];
	struct {
		__u64 recorded;
		__u64 unwanted;
		__u64 suppressed;
		__u64 lost;
	} counters[CW_CARRIED_CELLS];
};
CW_ASSERT_SIZE(struct cw_carried, 24 + 8 * CW_CARRIED_FAULTS + 32 * CW_CARRIED_CELLS);
_Static_assert(CW_COUNTERS <= CW_CARRIED_CELLS && CW_FAULT_MAX <= CW_CARRIED_FAULTS, "carried");

/* An object as it was pinned, to be told from another of the same name. */
struct cw_pin {
	char name[CW_PIN_NAME];
	__u32 id; /* the kernel's, never given twice while it runs */
	__u32 pad0;
	__u8 tag[8]; /* of a program */
};
CW_ASSERT_SIZE(struct cw_pin, 56);

struct cw_ledger_instance {
	char name[CW_INSTANCE_NAME]; /* empty: the number is nobody's */
	__u8 mode; /* set by command (enum cw_mode); off: as the file says */
	__u8 mode_before; /* … and what it falls back to */
	__u8 pad0[6];
};
CW_ASSERT_SIZE(struct cw_ledger_instance, 80);

/*
 * What only the daemon writes and reads. A later version reads an earlier one's: members are added at
 * the end and never change their meaning.
 */
struct cw_ledger {
	__u32 magic;
	__u32 abi;
	__u64 build; /* a hash of all programs and of the shapes of their maps */
	__u32 backend;
	__u32 pin_count;
	__u64 generation; /* the highest that was ever put in force */
	__u64 deadline; /* when modes fall back, nanoseconds since boot; 0: never */
	__u64 lost_told;
	__u64 batch_current; /* which of the two is valid */
	struct cw_batch batch[2];
	__u64 catalogue[CW_GENERATIONS]; /* a hash of the rules' names, by generation */
	struct cw_ledger_instance instances[CW_INSTANCES_MAX];
	struct cw_pin pins[CW_PINS_MAX];
	__u64 repeats_told; /* of all that was counted in `repeats` */
	struct cw_tellings tellings;
	__u64 carried_current; /* which of the two is valid */
	struct cw_carried carried[2];
	__u64 unwritten; /* events that were delivered and wait for the disk */
	__u64 unwritten_last; /* … the number of the last of them */
	CW_WIDER_MEMBER
};

/* The path of a file number, in parts. The same in every version: labels and records have only the number. */
#define CW_NAME_PART 248
struct cw_name_key {
	__u32 file;
	__u32 part;
};
CW_ASSERT_SIZE(struct cw_name_key, 8);

struct cw_name_part {
	char text[CW_NAME_PART]; /* filled up with NUL */
};
CW_ASSERT_SIZE(struct cw_name_part, CW_NAME_PART);

#endif
