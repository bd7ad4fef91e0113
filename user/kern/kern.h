/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel side as the daemon sees it: load one backend, publish images, admit files, read records
 * and counters. The only folder that includes libbpf or the skeleton.
 *
 * Errors: 0 or negative errno. What an operator can mend is logged here, with a hint.
 */
#ifndef CW_KERN_H
#define CW_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"
#include "policy/image.h"
#include "util/buffer.h"

struct btf;
struct kern;

/* bytes: one record, valid during the call; sequence: its number, if it gets one. False: it gets none,
 * being nobody's business. */
typedef bool (*kern_record_handler)(void *context, const void *bytes, size_t size,
				    uint64_t sequence);

/* What a backend does about an operation that is not allowed. */
enum kern_guard {
	KERN_GUARD_ABSENT, /* nothing sees it */
	KERN_GUARD_SEEN, /* reported, cannot be stopped */
	KERN_GUARD_KILLED, /* the process ends before its next instruction */
	KERN_GUARD_REFUSED, /* the call fails */
	KERN_GUARD_MAX,
};
extern const struct vocabulary words_kern_guard;

/* What the backend is built to do; the self-test says what it does. */
enum kern_guard kern_backend_guard(enum cw_backend backend, enum cw_operation operation);
/* Does it see which ports of this protocol somebody takes or reaches whom nobody governs? */
bool kern_guards_protocol(enum cw_backend backend, enum cw_protocol protocol);

/* ------------------------------------------------------------------ limits.c */

/* Something that backends do not catch by their nature. */
struct kern_limit {
	const char *key;
	unsigned int backends; /* bit per enum cw_backend */
	const char *what;
	const char *why; /* and what helps, if anything does */
	bool older; /* … and only on older kernels, of which nothing else tells */
};
const struct kern_limit *kern_limits(size_t *ret_count);

/* ------------------------------------------------------------------ probe.c */

#define KERN_BTF_PATH "/sys/kernel/btf/vmlinux"

/* Who judges an operation in turn, where a program alone may be passed by: see bpf/turn.bpf.h. */
enum kern_turns {
	KERN_TURNS_FIRST, /* one program: the kernel does not preempt tasks within it */
	KERN_TURNS_AGAIN, /* … its second copy as well */
	KERN_TURNS_LAST, /* … and a kprobe */
};

/* What programs may have in them here, beyond what every kernel takes. Numbers are of the kernel's own types. */
struct kern_code {
	unsigned int cast; /* of bpf_rdonly_cast(); 0: they cannot call it */
	unsigned int types[CW_CAST_TYPE_MAX]; /* 0: the kernel has no such type */
	bool may_goto;
};

struct kern_probe {
	char release[65];
	bool admin; /* CAP_SYS_ADMIN */
	bool root; /* CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN or CAP_SYS_ADMIN */
	bool btf;
	bool btf_there; /* … or at least its file, which this libbpf may not be able to read */
	bool lsm_known; /* the list of active modules could be read */
	bool lsm_bpf; /* bpf is among them */
	struct kern_code code;
	struct btf *types; /* the kernel's own, until kern_probe_release(); NULL: it has none */
	bool io_kthreads; /* io_uring's workers are kernel threads (to 5.11) */
	bool preempts; /* tasks may be preempted within tracing programs: see bpf/turn.bpf.h */
	bool kprobes; /* … and the last turn that this asks for can be attached */
	bool kprobes_denied; /* … or could be, were it allowed */
	bool pids_fit; /* there is a label for every process number: see CW_PID_MAX */
	int program_error
		[CW_BACKEND_MAX]; /* of loading the smallest program of the backend's kind */
	char lsm[256]; /* the list as the kernel gives it */
	char cgroup[256]; /* mount point of cgroup v2; empty if there is none */
};

/* The caller's: kern_probe_release(), after which it still tells all but the types. */
void kern_probe(struct kern_probe *ret_probe);
void kern_probe_release(struct kern_probe *probe);
enum kern_turns kern_probe_turns(const struct kern_probe *probe);
/* What to change so that the last turn can be attached, a sentence without a stop; NULL if nothing helps or is needed. */
const char *kern_probe_kprobes_hint(const struct kern_probe *probe);
/* Why a backend cannot even be tried here; NULL if it can. */
const char *kern_probe_obstacle(const struct kern_probe *probe, enum cw_backend backend);

/* ------------------------------------------------------------------ load.c */

/*
 * Load a backend's maps and programs; nothing is attached, and nothing in force. quiet: a failure is not logged.
 * *ret_kern is the caller's: kern_free(). 0, or negative errno.
 */
int kern_load(const struct kern_probe *probe, enum cw_backend backend, bool quiet,
	      struct kern **ret_kern);
/* The programs as they were built need no memory from here on: they come back from our file if they must. */
void kern_build_let_go(void);
/* Attach hooks; an image should be in force before. */
int kern_attach(struct kern *kern, const struct kern_probe *probe);
/* What is pinned stays. */
struct kern *kern_free(struct kern *kern);
enum cw_backend kern_backend(const struct kern *kern);
/* Does the kernel pass its programs by, without a last turn that judges all the same (bpf/turn.bpf.h)? */
bool kern_passes_by(const struct kern *kern, const struct kern_probe *probe);

/* Label running processes. */
int kern_label_running(struct kern *kern);
/* How many labels that has given since the programs were loaded. */
unsigned int kern_labels_given(const struct kern *kern);

/* ------------------------------------------------------------------ adopt.c */

#define KERN_PATH 512

enum kern_pins_state {
	KERN_PINS_NONE, /* nothing is pinned */
	KERN_PINS_OURS, /* by the same programs: to be adopted */
	KERN_PINS_OTHER, /* by others, or under another contract: to be replaced */
	KERN_PINS_WRONG, /* something is missing, strange, or not what was pinned */
};

struct kern_pins {
	char directory[KERN_PATH];
	enum kern_pins_state state;
	enum cw_backend backend; /* of what is pinned */
	enum kern_turns turns; /* … and for as many */
	char current[KERN_PATH]; /* the set in force; empty: there is none */
	char replaced[KERN_PATH]; /* … that kern_pin() put another in the place of; else empty */
	struct buffer problems; /* what is wrong, a line each */
	int lock; /* held as long as this lives */
};

/*
 * Look at a directory in a bpf file system, made if need be, and lock it. What a daemon that was killed
 * left unfinished is finished, or removed. -ENODEV: there is no bpf file system; -EBUSY: another daemon
 * has it.
 */
int kern_pins_open(const char *directory, const struct kern_probe *probe,
		   struct kern_pins *ret_pins);
/* Only look: makes nothing, locks nothing. */
int kern_pins_look(const char *directory, const struct kern_probe *probe,
		   struct kern_pins *ret_pins);
void kern_pins_close(struct kern_pins *pins);
/* Paths of sets besides the one in force: left by daemons that were killed. Owned by the caller. */
int kern_pins_left_over(const struct kern_pins *pins, char ***ret_names, size_t *ret_count);
/* Take over what is pinned: KERN_PINS_OURS. Nothing changes in the kernel. */
int kern_adopt(const struct kern_probe *probe, const struct kern_pins *pins,
	       struct kern **ret_kern);

/* ------------------------------------------------------------------ pin.c */

struct kern_pin_counts {
	unsigned int links, programs, maps;
};

/* Pin what is attached, in place of pins->current if there is one. From then on the pins alone hold it. */
int kern_pin(struct kern *kern, struct kern_pins *pins);
/* Take the pins out, and with them every verdict. */
int kern_release(struct kern *kern);
/* Are the pins still there? Somebody may have taken them out. */
bool kern_pinned(const struct kern *kern);
/* Does all that judges still stand where it was put? What does not is added to problems, a line each. 0, -EUCLEAN. */
int kern_check(const struct kern *kern, const struct kern_probe *probe, struct buffer *problems);
/* Their directory; NULL: verdicts end with us. */
const char *kern_set(const struct kern *kern);
/* Take everything out that is pinned below a directory, with or without a daemon. */
int kern_disarm(const char *directory, struct kern_pin_counts *ret_counts);

/* ------------------------------------------------------------------ protect.c */

/* Keep others from our maps, links, pins and ourselves until we end, or kern_unprotect();
 * but not whoever executes what we do, or the file behind this descriptor (-1: none). Again: what has
 * changed since. -EOPNOTSUPP: this backend cannot. */
int kern_protect(struct kern *kern, int installed);
void kern_unprotect(struct kern *kern);
bool kern_can_protect(const struct kern *kern);
/* Put a record into the ring: the file of that number is another one than was trusted. instance: whose
 * policy names it. */
int kern_tell_changed(struct kern *kern, uint32_t file, const struct cw_file_key *key,
		      uint32_t instance);

/* ------------------------------------------------------------------ ledger.c */

/* What the next daemon must know; written in place. */
struct cw_ledger *kern_ledger(struct kern *kern);
int kern_file_name_set(struct kern *kern, uint32_t file, const char *path);
/* Every file number that has a name; path is good during the call. */
int kern_file_names(struct kern *kern, int (*each)(void *context, uint32_t file, const char *path),
		    void *context);

/* ------------------------------------------------------------------ carry.c */

/*
 * A set that another has replaced, or that was being taken out when a daemon died: its labels are
 * carried over, the last records of its rings delivered, then it goes.
 */
struct kern_old;
int kern_old_open(const char *set, struct kern_old **ret_old);
struct kern_old *kern_old_free(struct kern_old *old);
const struct cw_ledger *kern_old_ledger(const struct kern_old *old);
int kern_old_file_names(struct kern_old *old,
			int (*each)(void *context, uint32_t file, const char *path), void *context);
/* Give the labels to processes that have none yet. */
int kern_old_labels(struct kern_old *old, struct kern *kern, unsigned int *ret_carried);
/* When its rings have been delivered: what it has counted is added to what ours has carried over, and
 * numbers go on from its last. */
int kern_old_counters(struct kern_old *old, struct kern *kern);
/* Has another one, which replaced it, added it already? */
bool kern_old_is_carried(const struct kern_old *old, const struct kern_old *by);
/* It stands elsewhere now. */
void kern_old_moved(struct kern_old *old, const char *set);
/* Take out a set that cannot even be opened. */
int kern_old_discard(const char *set);
/* Its links go. */
int kern_old_detach(struct kern_old *old);
/* Return when nobody runs in programs any more that were detached before: what they record is in the rings then. */
int kern_old_await(void);
/* Deliver what waits in its rings; 0 when nothing does. */
int kern_old_consume(struct kern_old *old, kern_record_handler handler, void *context);
void kern_old_delivered(struct kern_old *old);
/* The rest goes. */
int kern_old_remove(struct kern_old *old);

/* ------------------------------------------------------------------ publish.c */

/* A fresh inner map, mapped into our memory: image->memory is zero and writable. */
int kern_image_begin(struct kern *kern, struct image *ret_image, int *ret_map);
/* Put it in force by one write and forget it; closes map, unmaps image. Returns when no hook can
 * still be using the image before it: where there is none, at once. */
int kern_image_publish(struct kern *kern, enum cw_image_slot slot, struct image *image, int map);
/* When the image before shall count again, nanoseconds since boot; 0: never. To be said before the current
 * image is published: if it counts already, that is what ends it. Returns what had been said. */
uint64_t kern_fall_back_at(struct kern *kern, uint64_t time);
void kern_image_abandon(struct image *image, int map);

/* ------------------------------------------------------------------ files.c */

/* The identity that hooks will see for an open descriptor of ours; signature of host_identify. */
int kern_identify(void *kern, int fd, struct cw_identity *ret_identity);
/* interpreter: of a script, the number of the file that the kernel is to run for it; 0: none. */
int kern_file_admit(struct kern *kern, const struct cw_file_key *key, const struct cw_file *file,
		    uint32_t interpreter);
int kern_file_remove(struct kern *kern, const struct cw_file_key *key);
/* Remove every entry for which keep() is false. */
int kern_files_sweep(struct kern *kern, bool (*keep)(const struct cw_file_key *key, void *context),
		     void *context);

/* ------------------------------------------------------------------ state.c */

int kern_subject_add(struct kern *kern, pid_t tgid, const struct cw_subject *subject);
int kern_subject_remove(struct kern *kern, pid_t tgid);
bool kern_subject_governed(const struct kern *kern, pid_t tgid);
/* Governed processes, by ascending pid, until the handler answers false. */
typedef bool (*kern_subject_handler)(void *context, pid_t pid, uint16_t instance,
				     const struct cw_subject *subject);
int kern_subjects_each(struct kern *kern, kern_subject_handler each, void *context);
/* Governed processes by instance; counts[CW_INSTANCES_MAX]. */
int kern_subjects_count(struct kern *kern, unsigned int counts[CW_INSTANCES_MAX]);
void kern_wanted(struct kern *kern, uint32_t governed, uint32_t host);

/* ------------------------------------------------------------------ counters.c */

/* judged is the sum of the others. Of this set, and of those that it has replaced. */
int kern_counters(struct kern *kern, struct cw_counter counters[CW_COUNTERS]);
int kern_faults(struct kern *kern, uint64_t faults[CW_FAULT_MAX]);
/* How many of the lost have been told of as lost. */
uint64_t kern_lost_told(const struct kern *kern);
void kern_lost_tell(struct kern *kern, uint64_t lost);

/* ------------------------------------------------------------------ ring.c */

/* Read from where the ledger says, under the sequence numbers that follow the ledger's. */
int kern_ring_open(struct kern *kern, kern_record_handler handler, void *context);
/* Readable when a record that must not wait is there. */
int kern_ring_fd(const struct kern *kern);
/* Hand over a batch of what is there, deviations first. Returns how many or negative errno. When they are
 * safely with whoever they are for, say so: what is not said to be delivered comes again. */
int kern_ring_consume(struct kern *kern);
void kern_ring_delivered(struct kern *kern);
uint64_t kern_ring_sequence(const struct kern *kern); /* of the last record */
/* Numbers up to this one are taken. But a batch that a killed daemon began comes again under its numbers. */
void kern_ring_number(struct kern *kern, uint64_t sequence);

/* ------------------------------------------------------------------ repeats.c */

struct kern_repeat {
	uint64_t count;
	uint64_t first, last; /* by the clock of records; first: of the one that was recorded */
};
struct kern_repeat_handler {
	/* record: what is the same in all of them, without time and thread. */
	void (*tell)(void *context, const struct cw_record *record,
		     const struct kern_repeat *repeat, uint64_t sequence);
	void (*settle)(void *context); /* what was told is safely with whoever it is for */
	void *context;
};

/* Tell what was counted instead of being recorded, when a second is over; all: at once. Not while a batch is
 * being delivered. */
void kern_repeats_tell(struct kern *kern, bool all, const struct kern_repeat_handler *handler);
/* … what a daemon that was killed was telling. */
void kern_repeats_resume(struct kern *kern, const struct kern_repeat_handler *handler);
/* Their sum is what the counters call suppressed, but for what a hook is adding just now. */
void kern_repeats_count(struct kern *kern, uint64_t *ret_told, uint64_t *ret_waiting);
/* All of a set that was replaced, when its rings have been delivered; under the numbers that follow. */
void kern_old_repeats_tell(struct kern_old *old, const struct kern_repeat_handler *handler);

/* ------------------------------------------------------------------ selftest.c */

struct kern_selftest {
	enum kern_guard guard[CW_OPERATION_MAX]; /* what really happened */
	int error[CW_OPERATION_MAX]; /* errno the canary saw, 0 if the act succeeded */
	bool tried[CW_OPERATION_MAX]; /* false: this host cannot even try the act */
};

/*
 * A child of ours, labelled as the canary instance, tries one operation of each kind, first without
 * the label (it must succeed), then with it. Returns 0 when the backend did all that it is built to
 * do, -EPROTO when it did not, other errors when the test could not be made (-EAGAIN: nothing could be tried). An image with the canary
 * must be in force.
 */
int kern_selftest(struct kern *kern, struct kern_selftest *ret_result);

#endif
