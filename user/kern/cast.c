/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one function of the kernel's own (a kfunc) that our programs call: bpf_rdonly_cast(). It is no extern of the
 * objects: libbpf would look for it in all modules where the kernel does not have it, which takes CAP_SYS_ADMIN. In
 * its place stands the call of a helper that no kernel has, and here is put what calls the function.
 */
#include <bpf/btf.h>
#include <gelf.h>

#include "kern/internal.h"

/* By its number in the kernel's own types, as include/uapi/linux/bpf.h has it at BPF_PSEUDO_KFUNC_CALL. */
static void calls_make(struct bpf_insn *instructions, size_t count, __u32 cast)
{
	for (size_t i = 0; i < count; i++) {
		struct bpf_insn *call = &instructions[i];

		if (call->code == (BPF_JMP | BPF_CALL) && !call->src_reg &&
		    call->imm == CW_CALL_CAST) {
			call->src_reg = BPF_PSEUDO_KFUNC_CALL;
			call->imm = (__s32)cast;
		}
	}
}

/* In all sections of code of an object in memory. */
int cast_calls_make(char *bytes, size_t size, __u32 cast)
{
	Elf *elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_memory(bytes, size);
	Elf_Scn *section = NULL;

	if (!elf)
		return -EINVAL;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == SHT_PROGBITS &&
		    header.sh_flags & SHF_EXECINSTR)
			calls_make((struct bpf_insn *)(bytes + header.sh_offset),
				   header.sh_size / sizeof(struct bpf_insn), cast);
	}
	elf_end(elf);
	return 0;
}

/* A program that calls it, of some type or other: without a compiler for programs no kernel takes one. */
static bool call_works(__s32 cast, __s32 type)
{
	const struct bpf_insn calling[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = type },
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = cast },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "cw_probe", "GPL", calling,
			       ARRAY_SIZE(calling), NULL);

	close_fd(fd);
	return fd >= 0;
}

__u32 cast_probe(const struct btf *btf)
{
	int cast = btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC);
	__u32 type = 1;

	while (type < btf__type_cnt(btf) && !btf_is_struct(btf__type_by_id(btf, type)))
		type++;
	return cast > 0 && call_works(cast, (__s32)type) ? (__u32)cast : 0;
}
