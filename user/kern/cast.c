/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one function of the kernel's own (a kfunc) that our programs call: bpf_rdonly_cast(). It is no extern of the
 * objects: libbpf would look for it in all modules where the kernel does not have it, which takes CAP_SYS_ADMIN. In
 * its place stands the call of a helper that no kernel has, and here is put what calls the function.
 */
#include <bpf/btf.h>
#include <gelf.h>
#include <string.h>

#include "kern/internal.h"

/* As include/uapi/linux/bpf.h has it at BPF_PSEUDO_KFUNC_CALL: function and type by their numbers in the kernel's own
 * types. */
static int call_make(struct bpf_insn *call, const struct kern_cast *cast)
{
	struct bpf_insn *type = call - 1;

	if (type->code != (BPF_ALU64 | BPF_MOV | BPF_K) || type->dst_reg != BPF_REG_2 ||
	    type->imm < 0 || type->imm >= CW_CAST_TYPE_MAX)
		return -EINVAL;
	type->imm = (__s32)cast->types[type->imm];
	call->src_reg = BPF_PSEUDO_KFUNC_CALL;
	call->imm = (__s32)cast->function;
	return 0;
}

static int calls_make(struct bpf_insn *instructions, size_t count, const struct kern_cast *cast)
{
	int r = 0;

	for (size_t i = 1; !r && i < count; i++) {
		struct bpf_insn *call = &instructions[i];

		if (call->code == (BPF_JMP | BPF_CALL) && !call->src_reg &&
		    call->imm == CW_CALL_CAST)
			r = call_make(call, cast);
	}
	return r;
}

/* In all sections of code of an object in memory. */
int cast_calls_make(char *bytes, size_t size, const struct kern_cast *cast)
{
	Elf *elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_memory(bytes, size);
	Elf_Scn *section = NULL;
	int r = 0;

	if (!elf)
		return -EINVAL;
	while (!r && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == SHT_PROGBITS &&
		    header.sh_flags & SHF_EXECINSTR)
			r = calls_make((struct bpf_insn *)(bytes + header.sh_offset),
				       header.sh_size / sizeof(struct bpf_insn), cast);
	}
	elf_end(elf);
	return r;
}

/* A program that calls it, of some type or other: without a compiler for programs no kernel takes one. */
static bool call_works(const struct kern_cast *cast)
{
	const struct bpf_insn calling[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		  .dst_reg = BPF_REG_2,
		  .imm = (__s32)cast->types[CW_CAST_task_struct] },
		{ .code = BPF_JMP | BPF_CALL,
		  .src_reg = BPF_PSEUDO_KFUNC_CALL,
		  .imm = (__s32)cast->function },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "cw_probe", "GPL", calling,
			       ARRAY_SIZE(calling), NULL);

	close_fd(fd);
	return fd >= 0;
}

static void type_note(struct kern_cast *cast, const char *name, __u32 id)
{
#define CAST_NAME(name) #name,
	static const char *const names[CW_CAST_TYPE_MAX] = { CW_CAST_TYPES(CAST_NAME) };

	for (size_t i = 0; i < CW_CAST_TYPE_MAX; i++)
		if (!cast->types[i] && strcmp(names[i], name) == 0)
			cast->types[i] = id;
}

void cast_probe(const struct btf *btf, struct kern_cast *ret)
{
	int function = btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC);

	*ret = (struct kern_cast){ 0 };
	if (function <= 0)
		return;
	ret->function = (__u32)function;
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_struct(type))
			type_note(ret, btf__name_by_offset(btf, type->name_off), id);
	}
	if (!call_works(ret))
		ret->function = 0;
}
