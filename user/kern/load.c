/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Load one backend's programs and attach them. Which programs belong to which backend is one table;
 * everything else in the object stays unloaded.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>

#include "kern/internal.h"
#include "policy/words.h"
#include "util/log.h"

#define LSM (1u << CW_BACKEND_LSM)
#define FMOD (1u << CW_BACKEND_FMOD_RET)
#define CGROUP (1u << CW_BACKEND_CGROUP)
#define EVERY (LSM | FMOD | CGROUP)

enum attach_kind {
	ATTACH_NOT, /* run on demand */
	ATTACH_PLAIN, /* its section says where */
	ATTACH_CGROUP, /* at the root of cgroup v2 */
};

/* In the order of attaching: labels are kept before anything is judged by them. */
static const struct {
	const char *name;
	unsigned int backends;
	enum attach_kind kind;
} programs[] = {
	{ "identify", EVERY, ATTACH_NOT },
	{ "label_running", EVERY, ATTACH_NOT },
	{ "label_fork", EVERY, ATTACH_PLAIN },
	{ "label_fork_again", EVERY, ATTACH_PLAIN },
	{ "label_exit", EVERY, ATTACH_PLAIN },
	{ "label_exit_again", EVERY, ATTACH_PLAIN },
	{ "cgroup_exec", CGROUP,
	  ATTACH_PLAIN }, /* judges the exec that label_exec then makes true */
	{ "cgroup_exec_again", CGROUP, ATTACH_PLAIN },
	{ "label_exec", EVERY, ATTACH_PLAIN },
	{ "label_exec_again", EVERY, ATTACH_PLAIN },
	{ "lsm_exec", LSM, ATTACH_PLAIN },
	{ "lsm_create", LSM, ATTACH_PLAIN },
	{ "lsm_connect", LSM, ATTACH_PLAIN },
	{ "lsm_bind", LSM, ATTACH_PLAIN },
	{ "lsm_listen", LSM, ATTACH_PLAIN },
	{ "lsm_send", LSM, ATTACH_PLAIN },
	{ "lsm_receive", LSM, ATTACH_PLAIN },
	{ "lsm_sctp", LSM, ATTACH_PLAIN },
	{ "lsm_mmap", LSM, ATTACH_PLAIN },
	{ "lsm_protect", LSM, ATTACH_PLAIN },
	{ "fmod_exec", FMOD, ATTACH_PLAIN },
	{ "fmod_create", FMOD, ATTACH_PLAIN },
	{ "fmod_connect", FMOD, ATTACH_PLAIN },
	{ "fmod_bind", FMOD, ATTACH_PLAIN },
	{ "fmod_listen", FMOD, ATTACH_PLAIN },
	{ "fmod_send", FMOD, ATTACH_PLAIN },
	{ "fmod_receive", FMOD, ATTACH_PLAIN },
	{ "fmod_sctp", FMOD, ATTACH_PLAIN },
	{ "fmod_mmap", FMOD, ATTACH_PLAIN },
	{ "fmod_protect", FMOD, ATTACH_PLAIN },
	{ "cgroup_create", CGROUP, ATTACH_CGROUP },
	{ "cgroup_connect4", CGROUP, ATTACH_CGROUP },
	{ "cgroup_connect6", CGROUP, ATTACH_CGROUP },
	{ "cgroup_sendmsg4", CGROUP, ATTACH_CGROUP },
	{ "cgroup_sendmsg6", CGROUP, ATTACH_CGROUP },
	{ "cgroup_bind4", CGROUP, ATTACH_CGROUP },
	{ "cgroup_bind6", CGROUP, ATTACH_CGROUP },
	{ "cgroup_listen", CGROUP, ATTACH_PLAIN },
};

/* libbpf's last words, for the message of a failure; a verifier's log ends with the reason. */
static char load_log[4096];

static int load_remember(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[16384];
	size_t length, keep = sizeof(load_log) - 1;

	if (getenv("CW_LIBBPF_DEBUG"))
		return vfprintf(stderr, format, args);
	if (level == LIBBPF_DEBUG)
		return 0;
	length = (size_t)vsnprintf(line, sizeof(line), format, args);
	if (length >= sizeof(line))
		length = sizeof(line) - 1;
	if (length < keep)
		keep = length;
	memmove(load_log, load_log + keep, sizeof(load_log) - 1 - keep);
	memcpy(load_log + sizeof(load_log) - 1 - keep, line + length - keep, keep);
	return 0;
}

static const char *load_last_words(void)
{
	const char *text = load_log;

	while (text < load_log + sizeof(load_log) - 1 && !*text)
		text++;
	return text;
}

static void load_select(struct kern *kern)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(kern->skeleton->obj,
									       programs[i].name);

		if (program && programs[i].backends & (1u << kern->backend))
			bpf_program__set_autoload(program, true);
	}
}

int kern_load(const struct kern_probe *probe, enum cw_backend backend, bool quiet,
	      struct kern **ret_kern)
{
	struct kern *kern = calloc(1, sizeof(*kern));
	int r;

	if (!kern)
		return -ENOMEM;
	kern->epoll = -1;
	kern->backend = backend;
	kern->possible_cpus = libbpf_num_possible_cpus();
	memset(load_log, 0, sizeof(load_log));
	libbpf_set_print(load_remember);
	kern->skeleton = warden_bpf__open();
	if (!kern->skeleton) {
		r = -errno;
		goto fail;
	}
	kern->skeleton->rodata->attached_backend = (unsigned char)backend;
	kern->skeleton->rodata->kernel_io_workers_are_kthreads = probe->io_kthreads;
	load_select(kern);
	r = warden_bpf__load(kern->skeleton);
	if (r)
		goto fail;
	*ret_kern = kern;
	return 0;
fail:
	if (!quiet) {
		log_err(r, "load the programs of backend %s",
			vocabulary_word(&words_backend, backend));
		log_debug("%s", load_last_words());
		log_hint("`cachewarden doctor` tells what works here; CW_LIBBPF_DEBUG=1 shows all "
			 "that "
			 "libbpf and the verifier say");
	}
	kern_free(kern);
	return r;
}

static int attach_one(struct kern *kern, size_t row, int cgroup)
{
	struct bpf_program *program = bpf_object__find_program_by_name(kern->skeleton->obj,
								       programs[row].name);
	struct bpf_link *link;

	if (!program)
		return -ENOENT;
	link = programs[row].kind == ATTACH_CGROUP ? bpf_program__attach_cgroup(program, cgroup)
						   : bpf_program__attach(program);
	if (!link)
		return -errno;
	kern->links[kern->link_count++] = link;
	return 0;
}

int kern_attach(struct kern *kern, const struct kern_probe *probe)
{
	_cleanup_close_ int cgroup = -1;

	if (kern->backend == CW_BACKEND_CGROUP) {
		cgroup = open(probe->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (cgroup < 0)
			return log_err(-errno, "open the cgroup v2 root %s", probe->cgroup);
	}
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		int r;

		if (!(programs[i].backends & (1u << kern->backend)) ||
		    programs[i].kind == ATTACH_NOT)
			continue;
		r = attach_one(kern, i, cgroup);
		if (r)
			return log_message(LOG_LEVEL_DEBUG, r, "attach %s", programs[i].name);
	}
	return 0;
}

struct kern *kern_free(struct kern *kern)
{
	if (!kern)
		return NULL;
	/* Judging ends before label keeping: no operation meets a label that is no longer kept. */
	while (kern->link_count)
		bpf_link__destroy(kern->links[--kern->link_count]);
	ring_buffer__free(kern->deviations);
	ring_buffer__free(kern->events);
	close_fd(kern->epoll);
	warden_bpf__destroy(kern->skeleton);
	free(kern);
	return NULL;
}

enum cw_backend kern_backend(const struct kern *kern)
{
	return kern->backend;
}

#define LABEL_PASSES 16

/* Again and again until a pass finds nobody new: a child may have been passed by before its parent
 * was labelled. */
int kern_label_running(struct kern *kern, unsigned int *ret_given)
{
	unsigned int given = 0;

	for (int pass = 0; pass < LABEL_PASSES; pass++) {
		struct bpf_link *link;
		unsigned int before = kern->skeleton->bss->labels_given;
		char sink[512];
		int iterator;
		ssize_t n;

		link = bpf_program__attach_iter(kern->skeleton->progs.label_running, NULL);
		if (!link)
			return -errno;
		iterator = bpf_iter_create(bpf_link__fd(link));
		if (iterator < 0) {
			bpf_link__destroy(link);
			return iterator;
		}
		while ((n = read(iterator, sink, sizeof(sink))) > 0 || (n < 0 && errno == EAGAIN))
			;
		close(iterator);
		bpf_link__destroy(link);
		if (kern->skeleton->bss->labels_given == before)
			break;
		given += kern->skeleton->bss->labels_given - before;
	}
	*ret_given = given;
	return 0;
}
