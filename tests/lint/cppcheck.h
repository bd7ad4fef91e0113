/* SPDX-License-Identifier: GPL-2.0-only */
/* What cppcheck, which does not look at libbpf's headers, has to know of them to read what uses them. */
#define LIBBPF_OPTS(type, name, ...) struct type name = { __VA_ARGS__ }
#define bpf_object__for_each_program(program, object) for (; program;)
