/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the reader of cpfs. One pass over the lines (cpf.c) makes settings and headings; then two
 * sorts (cpf_join.c): of the headings, so that a section that begins again is the same one, and of
 * the settings, for duplicates and look-ups. No time grows faster than that with what a file holds.
 */
#ifndef CW_INSTANCE_CPF_PARSE_H
#define CW_INSTANCE_CPF_PARSE_H

#include "instance/cpf.h"
#include "instance/source.h"

#define CPF_ACTIONS "Actions"

struct cpf_parse {
	struct cpf *cpf;
	struct source source;
	size_t section_capacity, setting_capacity;
	char *copy; /* where in cpf->text the next string goes */
	bool comment; /* inside of one of several lines */
	bool stray; /* settings before the first section were told of */
};

/* Sections that begin again become one, settings get their sections, duplicates are told of, the
 * index is made. 0 or -ENOMEM. */
int cpf_join(struct cpf_parse *parse);

#endif
