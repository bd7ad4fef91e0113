/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader of cpfs: any bytes give settings whose places are in the text and a model in its bounds,
 * or an error; and diagnostics that a terminal may see.
 */
#include <string.h>

#include "instance/config.h"
#include "printing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_cpf(const struct cpf *cpf, size_t size)
{
	size_t seen = 0;

	assert(cpf->section_count > 0 && cpf->kind < CPF_KIND_MAX);
	for (size_t i = 0; i < cpf->section_count; i++) {
		const struct cpf_section *section = &cpf->sections[i];
		size_t count = 0;

		assert(cpf_section(cpf, section->name, section->argument) == section);
		for (const struct cpf_setting *s = section->first; s; s = s->next, count++)
			assert(s->section == section && (!s->next || s->next > s));
		assert(count == section->count && (!count == !section->last));
		seen += count;
	}
	assert(seen == cpf->setting_count);
	for (size_t i = 0; i < cpf->setting_count; i++) {
		const struct cpf_setting *setting = &cpf->settings[i];

		assert(*setting->key && strlen(setting->key) + strlen(setting->value) < size);
		assert(setting->line > 0 && setting->column > 0);
		assert(setting->value_column > setting->column);
		if (!setting->section->argument)
			assert(cpf_setting(cpf, setting->section->name, setting->key) >= setting);
	}
}

static void check_config(const struct config *config)
{
	for (size_t i = 0; i < CONFIG_PARAMETER_MAX; i++) {
		const struct config_value *value = &config->parameters[i];

		assert(value->state < CONFIG_STATE_MAX && value->text && value->where.file);
		assert(config_parameters[i].kind != CONFIG_KIND_SWITCH || value->number <= 1);
		assert(config_parameters[i].kind > CONFIG_KIND_PORT_OR_NONE ||
		       value->number <= UINT16_MAX);
		assert(value->state != CONFIG_BAD || (!*value->text && !value->number));
	}
	for (size_t i = 0; i < config->databases.count; i++)
		assert(config->databases.items[i].server_index < (int)config->ecp_servers.count);
	for (size_t i = 0; i < config->gateways.count; i++)
		assert(config->gateways.items[i].type < CONFIG_GATEWAY_TYPE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = { 0 };
	struct config *config = NULL;
	int r = config_read("fuzz.cpf", (const char *)data, size, &diagnostics, &config);

	assert((r == 0) == (config != NULL) && (r == 0 || diagnostics.errors));
	if (config) {
		check_cpf(config->cpf, size);
		check_config(config);
	}
	config_free(config); /* what is printed must not need it */
	check_printed(&diagnostics);
	diagnostics_release(&diagnostics);
	return 0;
}
