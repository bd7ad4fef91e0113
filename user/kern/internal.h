/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CW_KERN_INTERNAL_H
#define CW_KERN_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <sys/utsname.h>

#include "kern/kern.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "warden.skel.h"

#define KERN_LINKS_MAX 64
#define KERN_PROTECT_LINKS_MAX 8
#define KERN_PROGRAMS_MAX 96

/* ------------------------------------------------------------------ table.c */

enum attach_kind {
	ATTACH_NOT, /* run on demand */
	ATTACH_PLAIN, /* its section says where */
	ATTACH_BODY, /* a kprobe right behind the entry of the function that its section names */
	ATTACH_CGROUP, /* at the root of cgroup v2 */
};

struct program_row {
	const char *name;
	unsigned int
		backends; /* 1 << enum cw_backend, shifted by 8 for each turn it needs before */
	enum attach_kind kind;
};
extern const struct program_row program_rows[];
extern const size_t program_row_count;
bool row_wanted(const struct program_row *row, enum cw_backend backend, enum kern_turns turns);

enum pin_kind { PIN_MAP, PIN_PROGRAM, PIN_LINK, PIN_KIND_MAX };
extern const char *const pin_kinds[PIN_KIND_MAX]; /* how the names of their pins begin */

/* What is pinned, by one table: every map of the object, and of a backend its programs and links. */
struct pin {
	enum pin_kind kind;
	char name[CW_PIN_NAME];
	struct bpf_map *map;
	struct bpf_program *program; /* of a link: the one attached */
	const struct program_row *row; /* of a program or a link */
};
size_t pin_table(struct warden_bpf *skeleton, enum cw_backend backend, enum kern_turns turns,
		 struct pin pins[CW_PINS_MAX]);

/* ------------------------------------------------------------------ attach.c */

/* Attach a kprobe where its section says: at a function's entry, or in its body right behind that, where
 * the arguments are still in their registers. A link's descriptor, or negative errno. */
int attach_kprobe(const struct bpf_program *program, int fd, enum attach_kind kind);
/* Attach a program of any kind but ATTACH_NOT, loaded as fd; the control group is for ATTACH_CGROUP. */
int attach_program(const struct bpf_program *program, int fd, enum attach_kind kind, int cgroup);
/* Can a probe be put into this function's body here? 0; -EACCES: not by us; another negative errno: not at all. */
int attach_body_probe(const char *function);

/* ------------------------------------------------------------------ code.c */

void code_probe(const struct btf *btf, struct kern_code *ret);
/* In the bytes of an object: CW_CALL_CAST and CW_CALL_MAY_GOTO become what they stand for. Where there is no such thing
 * they stay what no kernel takes: none may be reached. 0, or negative errno. */
int code_make(char *bytes, size_t size, const struct kern_code *code);

/* ------------------------------------------------------------------ object.c */

/* A copy of an object's bytes, with its code made if that is not NULL; free() it when it has been opened. NULL: errno. */
void *object_copy(const void *bytes, size_t size, const struct kern_code *code);
/* bpf_object__open_skeleton() of such a copy. */
int object_open(struct bpf_object_skeleton *skeleton, const struct kern_code *code);
/* The same for its maps alone: none of its programs can be loaded. libbpf does not read the kernel's types for it. */
int object_open_maps(struct bpf_object_skeleton *skeleton);

/* ------------------------------------------------------------------ types.c */

/* The kernel's types that an object's types name, as a file for bpf_object_open_opts.btf_custom_path: its descriptor,
 * the caller's, or negative errno. Numbers of types in it are not the kernel's. */
int types_excerpt(const struct btf *kernel, const struct btf *ours);

/* ------------------------------------------------------------------ halves.c */

/* Load the programs of the kern's backend, which use its maps; their descriptors are put into it. The bytes are a copy
 * of the skeleton's object (see object_copy()). 0, or negative errno. */
int halves_load(struct kern *kern, const struct bpf_object_open_opts *options, const void *bytes,
		size_t size);

/* ------------------------------------------------------------------ ring.c */

struct ring {
	int map;
	uint64_t mask;
	uint64_t *consumer; /* pages shared with the kernel */
	const uint64_t *producer;
	const char *data; /* twice in a row, so that no record is cut */
	size_t page;
};

struct rings {
	struct ring ring[CW_RINGS];
	struct cw_ledger *ledger;
	struct cw_batch batch; /* what is being delivered */
};

int rings_open(struct rings *rings, const int maps[CW_RINGS], struct cw_ledger *ledger);
void rings_close(struct rings *rings);
int rings_deliver(struct rings *rings, kern_record_handler handler, void *context);
void rings_delivered(struct rings *rings);
/* Note in the ledger how far the numbers have come. */
void rings_note(struct rings *rings);
/* The same of a ledger whose rings are not open: not below that. */
void ledger_number(struct cw_ledger *ledger, uint64_t sequence);

/* ------------------------------------------------------------------ load.c */

/* What libbpf and the verifier said last, for whoever looks for the cause (log level debug). */
void load_last_words(void);

/* ------------------------------------------------------------------ preempt.c */

enum preempt {
	PREEMPT_UNKNOWN,
	PREEMPT_NO,
	PREEMPT_YES,
};
bool kernel_preempts(const struct utsname *name);
/* By a kernel's command line; by the configuration it was built with, in a file, perhaps of gzip. */
enum preempt preempt_booted(const char *cmdline);
enum preempt preempt_built(const char *path);

/* ------------------------------------------------------------------ counters.c */

/* A set that was replaced, as its counters are carried over. */
struct counted {
	const char *set;
	const struct cw_ledger *ledger; /* as far as we know it, the rest zero */
	int counters, faults; /* maps; -1: there is none */
};
int counters_carry(struct cw_ledger *to, const struct counted *from);
/* Was that map of counters added last? */
bool counters_carried(const struct cw_ledger *ledger, int map);
uint64_t kern_repeats_told(const struct kern *kern);

/* ------------------------------------------------------------------ repeats.c */

#define REPEAT_MOST 128 /* bytes of a value, in any version */

struct repeats {
	int counts, told; /* maps */
	size_t key_size; /* … of their keys: a record, as its version has it */
	struct rings *rings; /* … of the same set: sequence numbers, and the ledger */
	const struct kern_repeat_handler *handler;
};

/* -EUCLEAN: these are not such maps. */
int repeats_open(struct repeats *ret, int counts, int told, struct rings *rings,
		 const struct kern_repeat_handler *handler);

/* See kern_repeats_tell(), kern_repeats_resume(). */
void repeats_tell(const struct repeats *repeats, bool all);
void repeats_resume(const struct repeats *repeats);

/* ------------------------------------------------------------------ the loaded or adopted set */

/* The first image on its way: see publish.c. */
struct placing {
	pthread_t thread;
	bool running;
	int images; /* borrowed */
	int map; /* the thread's own */
	int r; /* when it has ended */
};

struct kern {
	struct warden_bpf *skeleton; /* its maps have descriptors, loaded or adopted */
	enum cw_backend backend;
	enum kern_turns turns; /* whose rows are there */
	struct kern_code code;
	int programs
		[KERN_PROGRAMS_MAX]; /* descriptors by row of the table, -1: not of this backend */
	struct cw_ledger *ledger; /* mapped */
	struct warden_bpf__bss *bss; /* mapped */
	struct placing placing;
	bool before_is_set; /* there may be an image in its place */
	int links[KERN_LINKS_MAX]; /* descriptors; none where the pins hold them */
	size_t link_count;
	struct protect_bpf *protect; /* NULL: we are not protected */
	int protect_links[KERN_PROTECT_LINKS_MAX]; /* … of its kprobes; libbpf has the others */
	size_t protect_link_count;
	char *set; /* directory of our pins; NULL: nothing is pinned */
	struct rings rings;
	int epoll;
	int possible_cpus;
	kern_record_handler handler;
	void *handler_context;
};

int kern_program(const struct kern *kern, const char *name); /* its descriptor, borrowed; -1 */
struct kern *kern_new(const struct kern_probe *probe, enum cw_backend backend,
		      enum kern_turns turns);
/* Map what is read and written in place, when the maps have descriptors. */
int kern_map_memory(struct kern *kern);
/* A hash of the programs and of the shapes of their maps: the same for the same build. */
uint64_t kern_build(void);

/* ------------------------------------------------------------------ publish.c */

/* Wait for the end of what put the first image in its place, if that still runs. */
void placing_end(struct placing *placing);

/* ------------------------------------------------------------------ pin.c */

#define SET_STRING_(x) #x
#define SET_STRING(x) SET_STRING_(x)
#define SET_CURRENT "v" SET_STRING(CW_ABI_VERSION)
#define SET_MAKING "-making"
#define SET_LEAVING "-leaving"

bool is_set(const char *name);
void set_path(char *to, size_t size, const char *directory, const char *name);
/* The names in a directory, in no order. Owned by the caller: names_free(). */
int names_read(const char *directory, char ***ret_names, size_t *ret_count);
void names_free(char **names, size_t count);
/* Take a set out: judging before label keeping, links before what they need. Counts may be NULL. */
int set_remove(const char *directory, struct kern_pin_counts *counts);
int set_remove_links(const char *directory);
/* The kernel's number of an object, and a program's tag; the name is left alone. */
int object_identity(enum pin_kind kind, int fd, struct cw_pin *ret);

/* ------------------------------------------------------------------ skipped.c */

/* Is a program's name that of a further turn at a hook (bpf/turn.bpf.h), and of which? */
bool program_takes_turns(const char *name);
bool program_ends_in(const char *name, const char *end);

/* How often the kernel let an operation pass by all that would have judged it, at most. */
uint64_t skipped_of_ours(const struct kern *kern);
uint64_t skipped_of_set(const char *set);

/* ------------------------------------------------------------------ ledger.c */

int file_names_read(int map, int (*each)(void *context, uint32_t file, const char *path),
		    void *context);

/* ------------------------------------------------------------------ check.c */

/* Is a directory a whole set? What is wrong is added to problems, a line each. *ret_ledger is a copy of
 * what its ledger says, as far as we know it. 0, or -EUCLEAN. */
int set_check(const char *directory, struct buffer *problems, struct cw_ledger *ret_ledger);
/* Is every object of a set of our own build of the shape that we would give it? */
int set_check_shapes(const char *directory, const struct kern *kern, const char *cgroup,
		     struct buffer *problems);
/* For how many turns was the set made? */
enum kern_turns set_turns(const struct cw_ledger *ledger);

#endif
