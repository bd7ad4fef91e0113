/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the loader puts into the code of an object before it is opened, where the kernel takes it. In its place stand
 * calls of helpers that no kernel has, in code that is not reached elsewhere.
 *
 * bpf_rdonly_cast() is the one function of the kernel's own (a kfunc) that our programs call. It is no extern of the
 * objects: libbpf would look for it in all modules where the kernel does not have it, which takes CAP_SYS_ADMIN.
 * may_goto, an instruction, is unknown to the compiler, and refused by older kernels wherever it stands.
 */
#include <bpf/btf.h>
#include <gelf.h>
#include <string.h>

#include "kern/internal.h"

/* As include/uapi/linux/bpf.h has them: BPF_JMP | BPF_JCOND, with BPF_MAY_GOTO as its source. */
#define MAY_GOTO (BPF_JMP | 0xe0)

/* As include/uapi/linux/bpf.h has it at BPF_PSEUDO_KFUNC_CALL: function and type by their numbers in the kernel's own
 * types. */
static int cast_make(struct bpf_insn *call, const struct kern_code *code)
{
	struct bpf_insn *type = call - 1;

	if (type->code != (BPF_ALU64 | BPF_MOV | BPF_K) || type->dst_reg != BPF_REG_2 ||
	    type->imm < 0 || type->imm >= CW_CAST_TYPE_MAX)
		return -EINVAL;
	type->imm = (__s32)code->types[type->imm];
	call->src_reg = BPF_PSEUDO_KFUNC_CALL;
	call->imm = (__s32)code->cast;
	return 0;
}

static int calls_make(struct bpf_insn *instructions, size_t count, const struct kern_code *code)
{
	int r = 0;

	for (size_t i = 1; !r && i < count; i++) {
		struct bpf_insn *call = &instructions[i];

		if (call->code != (BPF_JMP | BPF_CALL) || call->src_reg)
			continue;
		if (code->cast && call->imm == CW_CALL_CAST)
			r = cast_make(call, code);
		else if (code->may_goto && call->imm == CW_CALL_MAY_GOTO)
			*call = (struct bpf_insn){ .code = MAY_GOTO, .off = 1 };
	}
	return r;
}

/* In all sections of code of an object in memory. */
int code_make(char *bytes, size_t size, const struct kern_code *code)
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
				       header.sh_size / sizeof(struct bpf_insn), code);
	}
	elf_end(elf);
	return r;
}

static bool program_loads(const struct bpf_insn *instructions, size_t count)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "cw_probe", "GPL", instructions, count,
			       NULL);

	close_fd(fd);
	return fd >= 0;
}

/* Without a compiler for programs no kernel takes it. */
static bool cast_works(const struct kern_code *code)
{
	const struct bpf_insn casting[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		  .dst_reg = BPF_REG_2,
		  .imm = (__s32)code->types[CW_CAST_task_struct] },
		{ .code = BPF_JMP | BPF_CALL,
		  .src_reg = BPF_PSEUDO_KFUNC_CALL,
		  .imm = (__s32)code->cast },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return program_loads(casting, ARRAY_SIZE(casting));
}

static bool may_goto_works(void)
{
	const struct bpf_insn looping[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = MAY_GOTO, .off = 1 },
		{ .code = BPF_JMP | BPF_JA, .off = -2 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return program_loads(looping, ARRAY_SIZE(looping));
}

static void type_note(struct kern_code *code, const char *name, __u32 id)
{
#define CAST_NAME(name) #name,
	static const char *const names[CW_CAST_TYPE_MAX] = { CW_CAST_TYPES(CAST_NAME) };

	for (size_t i = 0; i < CW_CAST_TYPE_MAX; i++)
		if (!code->types[i] && strcmp(names[i], name) == 0)
			code->types[i] = id;
}

void code_probe(const struct btf *btf, struct kern_code *ret)
{
	int cast = btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC);

	*ret = (struct kern_code){ .may_goto = may_goto_works() };
	if (cast <= 0)
		return;
	ret->cast = (__u32)cast;
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_struct(type))
			type_note(ret, btf__name_by_offset(btf, type->name_off), id);
	}
	if (!cast_works(ret))
		ret->cast = 0;
}
