/* SPDX-License-Identifier: GPL-2.0-only */
/* What belongs together in a cpf: sections that begin again, settings that are given again. */
#include "instance/cpf_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/utf8.h"

static int compare_names(const struct cpf_section *a, const struct cpf_section *b)
{
	int order = strcasecmp(a->name, b->name);

	if (order)
		return order;
	if (!a->argument || !b->argument)
		return (a->argument ? 1 : 0) - (b->argument ? 1 : 0);
	return strcasecmp(a->argument, b->argument);
}

static int compare_sections(const void *a, const void *b)
{
	const struct cpf_section *const *left = a, *const *right = b;
	int order = compare_names(*left, *right);

	return order ? order : (*left > *right) - (*left < *right);
}

/* By key, then by the key's bytes, then by line. */
static int compare_settings(const void *a, const void *b)
{
	const struct cpf_setting *left = *(const struct cpf_setting *const *)a;
	const struct cpf_setting *right = *(const struct cpf_setting *const *)b;
	int order;

	if (left->section != right->section)
		return left->section < right->section ? -1 : 1;
	order = strcasecmp(left->key, right->key);
	if (!order)
		order = strcmp(left->key, right->key);
	return order ? order : (left > right) - (left < right);
}

static void section_again(struct cpf_parse *parse, const struct cpf_section *first,
			  const struct cpf_section *again)
{
	struct location where = { parse->cpf->file, again->line, again->column, 1 };
	struct location before = { parse->cpf->file, first->line, first->column, 1 };
	struct diagnostic *diagnostic;

	where.length = (unsigned int)utf8_count(again->name, strlen(again->name)) + 2;
	diagnostic = diagnostics_add(parse->source.diagnostics, SEVERITY_WARNING, &where,
				     "section [%s%s%s] begins again: its settings are joined",
				     again->name, again->argument ? "." : "",
				     again->argument ? again->argument : "");
	diagnostic_related(diagnostic, &before, "it began here");
	diagnostic_hint(diagnostic, "keep one of the two");
}

/* Where each heading goes when those that begin again are gone: position[]. */
static int find_joined(struct cpf_parse *parse, size_t *position)
{
	struct cpf *cpf = parse->cpf;
	size_t count = cpf->section_count, kept = 0;
	_cleanup_free_ struct cpf_section **sorted = calloc(count, sizeof(*sorted));
	_cleanup_free_ size_t *first = calloc(count, sizeof(*first));

	if (!sorted || !first)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &cpf->sections[i];
	qsort(sorted, count, sizeof(*sorted), compare_sections);
	for (size_t i = 0, begin = 0; i < count; i++) {
		if (compare_names(sorted[begin], sorted[i]) != 0)
			begin = i;
		first[sorted[i] - cpf->sections] = (size_t)(sorted[begin] - cpf->sections);
	}
	for (size_t i = 0; i < count; i++) {
		position[i] = first[i] == i ? kept++ : position[first[i]];
		if (first[i] != i)
			section_again(parse, &cpf->sections[first[i]], &cpf->sections[i]);
	}
	return 0;
}

static int join_sections(struct cpf_parse *parse)
{
	struct cpf *cpf = parse->cpf;
	_cleanup_free_ size_t *position = calloc(cpf->section_count, sizeof(*position));
	size_t kept = 0;
	int r = position ? find_joined(parse, position) : -ENOMEM;

	if (r)
		return r;
	for (size_t i = 0; i < cpf->section_count; i++)
		if (position[i] == kept)
			cpf->sections[kept++] = cpf->sections[i];
	cpf->section_count = kept;
	for (size_t i = 0; i < cpf->setting_count; i++) {
		struct cpf_setting *setting = &cpf->settings[i];
		struct cpf_section *section = &cpf->sections[position[setting->heading]];

		setting->section = section;
		if (section->last)
			section->last->next = setting;
		else
			section->first = setting;
		section->last = setting;
		section->count++;
	}
	return 0;
}

static void setting_again(struct cpf_parse *parse, struct cpf_setting *earlier,
			  const struct cpf_setting *later)
{
	struct location where = cpf_key_location(parse->cpf, later);
	struct location before = cpf_key_location(parse->cpf, earlier);
	struct diagnostic *diagnostic;

	earlier->overridden = true;
	diagnostic = diagnostics_add(parse->source.diagnostics, SEVERITY_WARNING, &where,
				     "`%s` of [%s] is given again, and this one counts", later->key,
				     later->section->name);
	diagnostic_related(diagnostic, &before, "it was given here");
	diagnostic_hint(diagnostic, "keep one of the two");
}

static int index_settings(struct cpf_parse *parse)
{
	struct cpf *cpf = parse->cpf;

	cpf->index = calloc(cpf->setting_count + 1, sizeof(struct cpf_setting *));
	if (!cpf->index)
		return -ENOMEM;
	for (size_t i = 0; i < cpf->setting_count; i++)
		cpf->index[i] = &cpf->settings[i];
	qsort(cpf->index, cpf->setting_count, sizeof(struct cpf_setting *), compare_settings);
	for (size_t i = 1; i < cpf->setting_count; i++) {
		struct cpf_setting *a = cpf->index[i - 1], *b = cpf->index[i];

		if (a->section == b->section && strcmp(a->key, b->key) == 0 &&
		    strcasecmp(a->section->name, CPF_ACTIONS) != 0)
			setting_again(parse, a, b);
	}
	return 0;
}

int cpf_join(struct cpf_parse *parse)
{
	int r = join_sections(parse);

	return r ? r : index_settings(parse);
}
