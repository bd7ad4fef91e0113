/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An excerpt of the kernel's own types: those that our programs name, and what stands in these. libbpf fits programs
 * to it as it would to all of the kernel's, which it would read once more, and of which it would look at each of some
 * hundred thousand for every name. What a pointer points to is left out: libbpf asks no more of it than to be one.
 */
#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kern/internal.h"

struct name {
	const char *text; /* borrowed */
	size_t length;
};

struct excerpt {
	const struct btf *from;
	struct btf *to;
	__u32 *copies; /* by number in from; 0: not copied yet */
};

static int names_compare(const void *a, const void *b)
{
	const struct name *one = a, *other = b;
	size_t shorter = one->length < other->length ? one->length : other->length;
	int r = memcmp(one->text, other->text, shorter);

	if (r)
		return r;
	return one->length < other->length ? -1 : one->length > other->length;
}

static bool is_named(const struct btf_type *type)
{
	return type->name_off && (btf_is_composite(type) || btf_is_any_enum(type));
}

/* What follows three underscores tells types of ours apart that are one to the kernel. */
static struct name name_of(const struct btf *btf, const struct btf_type *type)
{
	const char *text = btf__name_by_offset(btf, type->name_off);
	const char *flavour = strstr(text, "___");

	return (struct name){ text, flavour ? (size_t)(flavour - text) : strlen(text) };
}

static struct name *names_collect(const struct btf *ours, size_t *ret_count)
{
	struct name *names = calloc(btf__type_cnt(ours), sizeof(*names));
	size_t count = 0;

	if (!names)
		return NULL;
	for (__u32 id = 1; id < btf__type_cnt(ours); id++) {
		const struct btf_type *type = btf__type_by_id(ours, id);

		if (is_named(type))
			names[count++] = name_of(ours, type);
	}
	qsort(names, count, sizeof(*names), names_compare);
	*ret_count = count;
	return names;
}

static int type_copy(struct excerpt *excerpt, __u32 id);

/* libbpf has no other way to refer to a type anew, and moves them when one is added. */
static struct btf_type *type_writable(const struct excerpt *excerpt, __u32 id)
{
	return (struct btf_type *)btf__type_by_id(excerpt->to, id);
}

static int members_copy(struct excerpt *excerpt, __u32 id)
{
	unsigned int count = btf_vlen(type_writable(excerpt, id));

	for (unsigned int i = 0; i < count; i++) {
		int member = type_copy(excerpt, btf_members(type_writable(excerpt, id))[i].type);

		if (member < 0)
			return member;
		btf_members(type_writable(excerpt, id))[i].type = (__u32)member;
	}
	return 0;
}

static int array_copy(struct excerpt *excerpt, __u32 id)
{
	int element = type_copy(excerpt, btf_array(type_writable(excerpt, id))->type);
	int index = type_copy(excerpt, btf_array(type_writable(excerpt, id))->index_type);

	if (element < 0 || index < 0)
		return element < 0 ? element : index;
	btf_array(type_writable(excerpt, id))->type = (__u32)element;
	btf_array(type_writable(excerpt, id))->index_type = (__u32)index;
	return 0;
}

static int modified_copy(struct excerpt *excerpt, __u32 id)
{
	int of = type_copy(excerpt, type_writable(excerpt, id)->type);

	if (of < 0)
		return of;
	type_writable(excerpt, id)->type = (__u32)of;
	return 0;
}

/* What a copied type refers to by the numbers of the original. */
static int references_copy(struct excerpt *excerpt, __u32 id)
{
	struct btf_type *type = type_writable(excerpt, id);

	if (btf_is_composite(type))
		return members_copy(excerpt, id);
	if (btf_is_array(type))
		return array_copy(excerpt, id);
	if (btf_is_mod(type) || btf_is_typedef(type))
		return modified_copy(excerpt, id);
	if (btf_is_ptr(type))
		type->type = 0;
	return 0;
}

/* A type's number in the excerpt, or negative errno. */
static int type_copy(struct excerpt *excerpt, __u32 id)
{
	int copy, r;

	if (id >= btf__type_cnt(excerpt->from))
		return -EINVAL;
	if (!id || excerpt->copies[id])
		return (int)excerpt->copies[id];
	copy = btf__add_type(excerpt->to, excerpt->from, btf__type_by_id(excerpt->from, id));
	if (copy < 0)
		return copy;
	excerpt->copies[id] = (__u32)copy;
	r = references_copy(excerpt, (__u32)copy);
	return r ? r : copy;
}

static int excerpt_fill(struct excerpt *excerpt, const struct name *names, size_t count)
{
	for (__u32 id = 1; id < btf__type_cnt(excerpt->from); id++) {
		const struct btf_type *type = btf__type_by_id(excerpt->from, id);
		struct name name;
		int r;

		if (!is_named(type))
			continue;
		name = name_of(excerpt->from, type);
		if (!bsearch(&name, names, count, sizeof(name), names_compare))
			continue;
		r = type_copy(excerpt, id);
		if (r < 0)
			return r;
	}
	return 0;
}

/* libbpf reads types from a file, by its path. */
static int excerpt_write(const struct btf *btf)
{
	_cleanup_close_ int fd = memfd_create("cachewarden-types", MFD_CLOEXEC);
	__u32 size;
	const void *bytes = btf__raw_data(btf, &size);

	if (fd < 0 || !bytes)
		return -errno;
	return write(fd, bytes, size) == (ssize_t)size ? take_fd(fd) : -EIO;
}

int types_excerpt(const struct btf *kernel, const struct btf *ours)
{
	size_t count = 0;
	_cleanup_free_ struct name *names = names_collect(ours, &count);
	_cleanup_free_ __u32 *copies = calloc(btf__type_cnt(kernel), sizeof(*copies));
	struct excerpt excerpt = { .from = kernel, .to = btf__new_empty(), .copies = copies };
	int r = names && copies && excerpt.to ? 0 : -ENOMEM;

	if (!r)
		r = excerpt_fill(&excerpt, names, count);
	if (!r)
		r = excerpt_write(excerpt.to);
	btf__free(excerpt.to);
	return r;
}
