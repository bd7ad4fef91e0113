/* SPDX-License-Identifier: GPL-2.0-only */
/* Files: asking the kernel who one is, and telling it which ones are whose. */
#include <string.h>

#include "kern/internal.h"

int kern_identify(void *context, int fd, struct cw_identity *ret_identity)
{
	struct kern *kern = context;
	__u64 arguments[1] = { (__u64)fd };
	__u32 zero = 0;
	int r;
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments,
		    .ctx_size_in = sizeof(arguments));

	r = bpf_prog_test_run_opts(kern_program(kern, "identify"), &options);
	if (r)
		return r;
	r = bpf_map_lookup_elem(bpf_map__fd(kern->skeleton->maps.identity), &zero, ret_identity);
	if (r)
		return r;
	return -(int)ret_identity->status;
}

/* Before the file, so that nobody finds it without the bit. A bit is never taken away: it stands for others
 * too, and costs no more than a look at a file that is no entry. */
int kern_file_admit(struct kern *kern, const struct cw_file_key *key, const struct cw_file *file,
		    uint32_t interpreter)
{
	__u32 bit = CW_ENTRY_BIT(key->inode);

	if (file->entry)
		__atomic_fetch_or(&kern->bss->entry_files[bit / 64], 1ull << bit % 64,
				  __ATOMIC_SEQ_CST);
	__atomic_store_n(&kern->bss->interpreters[file->file % CW_FILES_MAX], (__u16)interpreter,
			 __ATOMIC_SEQ_CST);
	return bpf_map_update_elem(bpf_map__fd(kern->skeleton->maps.files), key, file, BPF_ANY);
}

int kern_file_remove(struct kern *kern, const struct cw_file_key *key)
{
	int r = bpf_map_delete_elem(bpf_map__fd(kern->skeleton->maps.files), key);

	return r == -ENOENT ? 0 : r;
}

int kern_files_sweep(struct kern *kern, bool (*keep)(const struct cw_file_key *key, void *context),
		     void *context)
{
	int map = bpf_map__fd(kern->skeleton->maps.files);
	struct cw_file_key key, next;
	bool more = bpf_map_get_next_key(map, NULL, &next) == 0;

	while (more) {
		key = next;
		more = bpf_map_get_next_key(map, &key, &next) == 0;
		if (!keep(&key, context)) {
			int r = kern_file_remove(kern, &key);

			if (r)
				return r;
		}
	}
	return 0;
}
