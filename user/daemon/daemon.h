/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon: wiring only. It puts policies in force (govern.c), keeps what they say of this host true
 * (watch.c), names what the kernel reports (naming.c) and answers its socket (request.c). Verdicts do
 * not pass through it.
 */
#ifndef CW_DAEMON_H
#define CW_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "recording/recorder.h"
#include "event/print.h"
#include "event/recent.h"
#include "host/gather.h"
#include "host/policyfile.h"
#include "ipc/server.h"
#include "kern/kern.h"
#include "policy/image.h"

struct daemon_options {
	const char *policy; /* file or directory */
	const char *runtime_dir; /* created if missing */
	const char *pin_dir; /* in a bpf file system; PIN_DIR_NONE: verdicts end with us */
	bool recover; /* put a new set in the place of pins that are wrong */
	const char *group; /* who besides root may talk to us; NULL: nobody */
	int backend; /* enum cw_backend, or -1: the best that works */
	bool protect; /* ourselves, where the backend can */
	bool tail; /* print events to standard output */
	bool json; /* … as JSON */
	struct recorder_options recorder;
};

#define PIN_DIR_NONE "none"
#define OLD_SETS_MAX 8
#define CATALOGUES_KEPT CW_GENERATIONS /* whose late records can still be named */
#define FACTS_SECONDS 60 /* how often host names are looked up and files looked at unasked */

/* Changes on disk come in bursts, and one upgrade changes many files. Looking takes at most a fifth of
 * the time, and what was changed waits no longer than that. */
#define SETTLE_MILLISECONDS 20
#define SETTLE_MILLISECONDS_MAX 250

/* ------------------------------------------------------------------ govern.c */

/* What is in force, and where it came from. */
struct governing {
	struct policy_list list; /* in the order of instance numbers; owned */
	struct policy_set set; /* of list */
	struct facts facts;
	struct catalogue *catalogues[CATALOGUES_KEPT]; /* by generation modulo */
	uint64_t generation;
	uint64_t same_from,
		same_as; /* generations of a daemon before us, named as this one of ours */
};

struct watch;
struct naming;

struct daemon {
	struct daemon_options options;
	struct kern_probe probe;
	struct kern *kern;
	int labelled; /* processes that a start gave labels; -1: others may have had some before */
	struct kern_pins pins;
	int pins_error; /* why nothing can be pinned: -ENODEV; 0 */
	struct kern_old *replacing; /* what is in force until ours is */
	/* Replaced, and not read to their end yet: what was left over, and the one that we replace. */
	struct kern_old *olds[OLD_SETS_MAX + 1];
	size_t old_count;
	uint32_t files_noted; /* file numbers below this one are in the ledger */
	struct kern_selftest selftest;
	int selftest_error;
	struct buffer damage; /* what of that which judges was taken away, as seen a second ago */
	bool damage_told; /* … and then still was */
	struct file_registry *registry;
	struct governing governing;
	struct watch *watch;
	struct naming *naming;
	struct ipc_server *server;
	struct recent *recent;
	struct recorder *recorder; /* NULL: nothing is recorded */
	struct recorder_statistics recorder_told; /* as the log has it */
	time_t recorder_slow; /* when it was told last that it is */
	uint64_t deviations_lost; /* in the kernel, as the recording has been told */
	bool deviations_lost_known;
	uint64_t malformed;
	time_t started;
	int epoll, signals, batch_timer, second_timer, settle_timer;
	bool ending, releasing;
	bool made_runtime_dir; /* … and takes it away again */
	uint8_t mode_before[CW_INSTANCES_MAX]; /* to fall back to at fall_back_at */
	pid_t resolver; /* child that looks host names up */
	int resolver_fd; /* its answers, -1: none is at it */
	struct facts answers; /* … as far as they came */
	size_t answer_lines;
	bool settle_again; /* the last image is in force, and not all that follows on it was done */
	bool resolve_soon; /* some names had no answer when policies were loaded */
	struct facts recalled; /* what names were to the daemon before us; until ours is in force */
	struct buffer remembered; /* the file of that; empty: nothing of ours is there */
	int remember_error; /* why it is not what it should be */
	pid_t hasher; /* … and one that hashes pinned files */
	int hasher_fd;
	unsigned int settle_milliseconds; /* from a change on disk to the look at it */
	uint64_t fall_back_at; /* nanoseconds since boot; 0: never */
};

/* Read, resolve and compile the policies, admit their files and put all in force. On a mistake (-EINVAL)
 * it is added to diagnostics and nothing changes. The first call sets up. */
int govern_load(struct daemon *daemon, struct diagnostics *diagnostics);
/* Look at the host again and put in force what changed. names: facts that hold new answers for host
 * names; NULL: those known stay. */
int govern_refresh(struct daemon *daemon, const struct facts *names);
/* Put a set in force. */
int govern_publish(struct daemon *daemon, const struct policy_set *set,
		   const struct policy_list *list, const struct facts *facts,
		   struct diagnostics *diagnostics);
/* What is left when an image is in force: forget files, label who runs. What fails is logged, and done at the next look
 * at the host (settle_again). */
void govern_settle(struct daemon *daemon, const struct facts *facts);
void governing_release(struct governing *governing);
const struct catalogue *governing_catalogue(const struct governing *governing, uint64_t generation);
/* A number that is kept for the labels of processes whose policy is gone. */
bool governing_is_vacant(const struct policy *policy);
/* Does what is enforced ask for what this backend cannot refuse? Diagnosed; -EOPNOTSUPP. */
int govern_check_backend(struct daemon *daemon, const struct policy_set *set,
			 struct diagnostics *diagnostics);

/* ------------------------------------------------------------------ modes.c */

/* Set the modes (enum cw_mode; off: as the file says) by instance number, and put them in force; until:
 * nanoseconds since boot, 0: for good. */
int govern_modes(struct daemon *daemon, const uint8_t modes[CW_INSTANCES_MAX], uint64_t until,
		 struct diagnostics *diagnostics);
/* What was set for a time stays. -ENOENT: nothing was, or the time is over. */
int modes_confirm(struct daemon *daemon);
/* If the time is over, have what the kernel fell back to. */
void modes_fall_back(struct daemon *daemon);
/* What the ledger says of modes. */
void modes_recall(struct daemon *daemon);
uint64_t modes_now(void); /* nanoseconds since boot */
/* Leave only what is to be kept when we end (on_stop). False: nothing is. */
bool govern_keep(struct daemon *daemon);

/* ------------------------------------------------------------------ numbers.c */

/* What the daemon before us left: read into governing and registry. */
int numbers_recall(struct daemon *daemon);
/* Take over another set's. */
int numbers_inherit(struct daemon *daemon, struct kern_old *old);
/* Give fresh the numbers, and the modes set by command, that its instances have. */
int numbers_assign(const struct cw_ledger *ledger, struct policy_list *fresh,
		   uint8_t modes[CW_INSTANCES_MAX]);
/* Note what is about to be put in force; of the current image its modes too. */
int numbers_note(struct daemon *daemon, enum cw_image_slot slot, const struct policy_set *set,
		 const struct catalogue *catalogue);
int vacant_policy(size_t number, struct policy **ret);
/* Index of an instance's policy in a list; its count where there is none. */
size_t list_find(const struct policy_list *list, const char *instance);

/* ------------------------------------------------------------------ the other parts */

/* adopt.c: the pins, before and after a backend is chosen. Both log. */
int daemon_pins_open(struct daemon *daemon);
int daemon_pins_close(struct daemon *daemon); /* at the end: as on_stop says */
int daemon_pin(struct daemon *daemon);
/* Once a second: is what was put in force still there? Tells when it is not. */
void daemon_check(struct daemon *daemon);
/* Deliver what is left in sets that were replaced, and let them go. */
int daemon_drain_old(struct daemon *daemon);

/* backend.c: find a backend that passes the self-test, govern with it. Logs. */
int daemon_choose_backend(struct daemon *daemon);

/* watch.c: inotify on the places where policies' files are or will be. */
int watch_new(struct watch **ret_watch);
struct watch *watch_free(struct watch *watch);
int watch_fd(const struct watch *watch);
/* Watch what the policies' files and globs want. 1: a directory more than before; 0; or a negative errno. */
int watch_update(struct watch *watch, const struct governing *governing);
/* Read what is there; true if anything of ours may have changed. */
bool watch_drain(struct watch *watch);

/* protect.c: keep others from us, where that is asked for; again, when the host has been looked at. The
 * first time it says what it does. */
int daemon_protect(struct daemon *daemon);
int daemon_protect_first(struct daemon *daemon);

/* trust.c: tell the kernel of all files of facts; take away what facts do not name; tell it what is no
 * longer what is in force, where the files are the same (HOST_FACTS_FILES). */
int trust_admit(struct daemon *daemon, const struct policy_list *list, const struct facts *facts);
int trust_sweep(struct daemon *daemon, const struct facts *facts);
int trust_update(struct daemon *daemon, const struct facts *facts);
/* An event for each file that was trusted and is another one in these facts. */
void trust_tell(struct daemon *daemon, const struct facts *facts);

/* hasher.c: hash what is FILE_UNHASHED in the facts in force, by a child. Reading its answers puts them
 * there, and a look at the host follows. */
int hasher_begin(struct daemon *daemon);
void hasher_read(struct daemon *daemon); /* when hasher_fd is readable */
void hasher_end(struct daemon *daemon);

/* resolve.c: host names, looked up by a child. Whenever resolver_fd is readable resolve_end() takes what is there:
 * -EAGAIN, and in the end 0 and *ret_names, in which only names are set, or an error. */
int resolve_begin(struct daemon *daemon);
int resolve_end(struct daemon *daemon, struct facts *ret_names);
/* What resolve_end() or resolve_now() returned, logged; the same again. */
int resolve_failed(int error);
void resolve_stop(struct daemon *daemon);
/* Those of a list, in a few seconds at most: who has not answered by then has what it had before, and an error. */
int resolve_now(struct daemon *daemon, const struct policy_list *list, const struct facts *previous,
		struct facts *ret_names);
/* What names resolved to, for the next daemon: read it, write it where it changed, and remove it when nothing stays in
 * force. All log. */
void resolve_recall(struct daemon *daemon);
void resolve_remember(struct daemon *daemon);
void resolve_forget(struct daemon *daemon);

/* naming.c: from a record to an event with names. */
int naming_new(const struct daemon *daemon, struct naming **ret_naming);
struct naming *naming_free(struct naming *naming);
void naming_name(struct naming *naming, const struct record *record, uint64_t sequence,
		 struct event *ret_event);
uint32_t naming_parent(void *context, uint32_t pid);

/* roles.c: what processes are for. */
struct naming_roles;
struct naming_roles *naming_roles_new(const struct daemon *daemon);
struct naming_roles *naming_roles_free(struct naming_roles *roles);
const char *naming_roles_find(struct naming_roles *roles, uint16_t instance, uint32_t pid,
			      uint64_t start, const char *path);

/* request.c: what comes through the socket. */
void daemon_request(void *context, ipc_call call, const struct ipc_peer *peer,
		    const struct ipc_request *request);
void daemon_remark(void *context, const struct filter *filter, struct buffer *text);

/* report.c: the answers to status, show and ps. */
int report_status(struct daemon *daemon, bool json, struct buffer *to);
int report_show(struct daemon *daemon, bool json, struct buffer *to);
int report_governed(struct daemon *daemon, struct buffer *to);

/* privilege.c: keep only what is needed from now on. */
int privilege_drop(void);

/* tell.c: what the kernel reports, to everyone who wants it. */
bool daemon_record(void *context, const void *bytes, size_t size,
		   uint64_t sequence); /* a kern_record_handler */
void daemon_flush(struct daemon *daemon); /* what was handed over is on its way */
void daemon_subscribers_changed(void *context);
void tell_begin(void *context, struct ipc_begin *ret_begin);
void tell_all(void *context); /* what is known by now */
/* What the kernel counted instead of recording it; all: also what is not over yet. */
void tell_repeats(struct daemon *daemon, bool all);
void tell_repeats_begun(struct daemon *daemon); /* by a daemon that was killed */
void tell_old_repeats(struct daemon *daemon, struct kern_old *old); /* of a set that was replaced */
void tell_every_second(struct daemon *daemon);

/* recording.c: the recorder, if there is one. */
int recording_new(struct daemon *daemon);
int recording_start(struct daemon *daemon); /* after privileges were dropped */
void recording_number(struct daemon *daemon); /* go on from the numbers that are taken */
void recording_settle(
	struct daemon *daemon); /* wait a moment until what was handed over is on disk */
void recording_report(struct daemon *daemon); /* each second */
void recording_end(struct daemon *daemon); /* nothing more is told */
void recording_free(struct daemon *daemon);

/* daemon.c */
int daemon_loop(struct daemon *daemon);
int daemon_poll(struct daemon *daemon, int fd); /* add to what the loop waits for */
int daemon_unpoll(struct daemon *daemon, int fd); /* take it away and close it; returns -1 */
void daemon_timer(int timer, unsigned int milliseconds, bool repeat); /* 0 stops it */
int daemon_consume(struct daemon *daemon);
int daemon_watch(struct daemon *daemon); /* watch_update(), and look again where it is to */
void daemon_settle_soon(struct daemon *daemon); /* a refresh, when changes have calmed down */
void daemon_end(struct daemon *daemon);

/* start.c */
int daemon_run(const struct daemon_options *options); /* an exit status (enum cli_status) */

#endif
