/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Load one backend's programs and attach them. Which programs belong to which backend is one table;
 * everything else in the object stays unloaded.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kern/internal.h"
#include "policy/words.h"
#include "util/log.h"

/* libbpf's last words, for the message of a failure; a verifier's log ends with the reason. */
static char load_log[4096];
static pthread_mutex_t load_log_lock = PTHREAD_MUTEX_INITIALIZER;

static int load_remember(enum libbpf_print_level level, const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;
	size_t keep = sizeof(load_log) - 1;
	int length;

	if (getenv("CW_LIBBPF_DEBUG"))
		return vfprintf(stderr, format, args);
	if (level == LIBBPF_DEBUG)
		return 0;
	/* A verifier's log comes as one text, of megabytes perhaps. */
	length = vasprintf(&text, format, args);
	if (length < 0) {
		text = NULL;
		return 0;
	}
	if ((size_t)length < keep)
		keep = (size_t)length;
	pthread_mutex_lock(&load_log_lock);
	memmove(load_log, load_log + keep, sizeof(load_log) - 1 - keep);
	memcpy(load_log + sizeof(load_log) - 1 - keep, text + (size_t)length - keep, keep);
	pthread_mutex_unlock(&load_log_lock);
	return 0;
}

void load_last_words(void)
{
	const char *text = load_log;

	while (text < load_log + sizeof(load_log) - 1 && !*text)
		text++;
	while (*text) {
		size_t length = strcspn(text, "\n");

		log_debug("%.*s", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static struct warden_bpf *maps_open(void)
{
	struct warden_bpf *skeleton = calloc(1, sizeof(*skeleton));
	int r = skeleton ? warden_bpf__create_skeleton(skeleton) : -ENOMEM;

	if (!r)
		r = object_open_maps(skeleton->skeleton);
	if (!r)
		return skeleton;
	warden_bpf__destroy(skeleton);
	errno = -r;
	return NULL;
}

struct kern *kern_new(const struct kern_probe *probe, enum cw_backend backend,
		      enum kern_turns turns)
{
	struct kern *kern = calloc(1, sizeof(*kern));

	if (!kern)
		return NULL;
	kern->epoll = -1;
	memset(kern->programs, -1, sizeof(kern->programs));
	kern->backend = backend;
	kern->turns = turns;
	kern->code = probe->code;
	kern->possible_cpus = libbpf_num_possible_cpus();
	memset(load_log, 0, sizeof(load_log));
	libbpf_set_print(load_remember);
	kern->skeleton = maps_open();
	if (!kern->skeleton)
		return kern_free(kern);
	kern->skeleton->rodata->attached_backend = (unsigned char)backend;
	kern->skeleton->rodata->kernel_preempts = turns == KERN_TURNS_LAST &&
						  backend == CW_BACKEND_FMOD_RET;
	kern->skeleton->rodata->kernel_casts = probe->code.cast;
	kern->skeleton->rodata->kernel_loops = probe->code.may_goto;
	kern->skeleton->rodata->kernel_io_workers_are_kthreads = probe->io_kthreads;
	return kern;
}

static int map_memory(struct bpf_map *map, size_t size, void *ret)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (memory == MAP_FAILED)
		return -errno;
	memcpy(ret, &memory, sizeof(memory));
	return 0;
}

int kern_map_memory(struct kern *kern)
{
	int r = map_memory(kern->skeleton->maps.ledger, sizeof(*kern->ledger), &kern->ledger);

	return r ? r : map_memory(kern->skeleton->maps.bss, sizeof(*kern->bss), &kern->bss);
}

/* FNV-1a over the object that the compiler made. */
uint64_t kern_build(void)
{
	uint64_t hash = 0xcbf29ce484222325ull;
	size_t size;
	const unsigned char *bytes = warden_bpf__elf_bytes(&size);

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ull;
	return hash;
}

void kern_build_let_go(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size, skip;
	const char *bytes = warden_bpf__elf_bytes(&size);

	skip = -(uintptr_t)bytes & (page - 1);
	if (size > skip)
		madvise((void *)(bytes + skip), (size - skip) & ~(page - 1), MADV_DONTNEED);
}

static void load_tell(enum cw_backend backend, int error)
{
	log_err(error, "load the programs of backend %s", vocabulary_word(&words_backend, backend));
	load_last_words();
	log_hint("`cachewarden doctor` tells what works here; CW_LIBBPF_DEBUG=1 shows all that "
		 "libbpf and the verifier say");
}

static int load_programs(struct kern *kern, const struct kern_probe *probe)
{
	const struct bpf_object_skeleton *skeleton = kern->skeleton->skeleton;
	_cleanup_free_ void *bytes = object_copy(skeleton->data, skeleton->data_sz, &probe->code);
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = skeleton->name);
	_cleanup_close_ int types = -1;
	char path[32];

	if (!bytes)
		return -errno;
	if (probe->types)
		types = types_excerpt(probe->types, bpf_object__btf(kern->skeleton->obj));
	if (types < 0 && probe->types)
		log_message(LOG_LEVEL_DEBUG, types,
			    "make an excerpt of the kernel's types; it takes all");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", types);
	/* For a type that the kernel itself does not have libbpf looks through the modules, which takes CAP_SYS_ADMIN;
	 * not where it is told a file. */
	if (types >= 0)
		options.btf_custom_path = path;
	else if (!probe->admin)
		options.btf_custom_path = KERN_BTF_PATH;
	return halves_load(kern, &options, bytes, skeleton->data_sz);
}

int kern_load(const struct kern_probe *probe, enum cw_backend backend, bool quiet,
	      struct kern **ret_kern)
{
	struct kern *kern = kern_new(probe, backend, kern_probe_turns(probe));
	int r;

	if (!kern) {
		r = -errno;
		if (!quiet)
			load_tell(backend, r);
		return r;
	}
	r = warden_bpf__load(kern->skeleton);
	if (!r)
		r = kern_map_memory(kern);
	if (!r)
		r = load_programs(kern, probe);
	if (r) {
		if (!quiet)
			load_tell(backend, r);
		kern_free(kern);
		return r;
	}
	*ret_kern = kern;
	return 0;
}

static int attach_row(struct kern *kern, size_t row, int cgroup)
{
	struct bpf_program *program = bpf_object__find_program_by_name(kern->skeleton->obj,
								       program_rows[row].name);
	int fd = attach_program(program, kern->programs[row], program_rows[row].kind, cgroup);

	if (fd < 0)
		return fd;
	kern->links[kern->link_count++] = fd;
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
	for (size_t i = 0; i < program_row_count; i++) {
		int r;

		if (!row_wanted(&program_rows[i], kern->backend, kern->turns) ||
		    program_rows[i].kind == ATTACH_NOT)
			continue;
		r = attach_row(kern, i, cgroup);
		if (r)
			return log_message(LOG_LEVEL_DEBUG, r, "attach %s", program_rows[i].name);
	}
	return 0;
}

struct kern *kern_free(struct kern *kern)
{
	if (!kern)
		return NULL;
	kern_unprotect(kern);
	/* Judging ends before label keeping: no operation meets a label that is no longer kept. */
	while (kern->link_count)
		close_fd(kern->links[--kern->link_count]);
	placing_end(&kern->placing);
	rings_close(&kern->rings);
	close_fd(kern->epoll);
	for (size_t i = 0; i < program_row_count; i++)
		close_fd(kern->programs[i]);
	if (kern->ledger)
		munmap(kern->ledger, sizeof(*kern->ledger));
	if (kern->bss)
		munmap(kern->bss, sizeof(*kern->bss));
	free(kern->set);
	warden_bpf__destroy(kern->skeleton);
	free(kern);
	return NULL;
}

enum cw_backend kern_backend(const struct kern *kern)
{
	return kern->backend;
}

bool kern_passes_by(const struct kern *kern, const struct kern_probe *probe)
{
	return kern->backend == CW_BACKEND_FMOD_RET && probe->preempts &&
	       kern->turns != KERN_TURNS_LAST;
}

#define LABEL_PASSES 16

static int label_pass(int program)
{
	_cleanup_close_ int link = bpf_link_create(program, 0, BPF_TRACE_ITER, NULL);
	_cleanup_close_ int iterator = link < 0 ? link : bpf_iter_create(link);
	char sink[512];
	ssize_t n;

	if (iterator < 0)
		return iterator;
	while ((n = read(iterator, sink, sizeof(sink))) > 0 || (n < 0 && errno == EAGAIN))
		;
	return n < 0 ? -errno : 0;
}

/* Again and again until a pass finds nobody new: a child may have been passed by before its parent
 * was labelled. */
int kern_label_running(struct kern *kern)
{
	for (int pass = 0; pass < LABEL_PASSES; pass++) {
		unsigned int before = kern->bss->labels_given;
		int r = label_pass(kern_program(kern, "label_running"));

		if (r)
			return r;
		if (kern->bss->labels_given == before)
			break;
	}
	return 0;
}

unsigned int kern_labels_given(const struct kern *kern)
{
	return kern->bss->labels_given;
}
