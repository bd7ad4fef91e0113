/* SPDX-License-Identifier: GPL-2.0-only */
/* Sections about data: databases, namespaces, archives, devices; and a merge file's actions. */
#include "instance/decode.h"

#include <string.h>

#define SEVERAL(list) (&decode->config->list)

/* `:mirror:M:DB` or `:ds:DB` in the place of a directory: what is behind the word. */
static bool behind_word(const char *directory, const char *word, const char **ret)
{
	size_t length = strlen(word);

	if (strncasecmp(directory, word, length) != 0)
		return false;
	*ret = directory + length;
	return true;
}

static void read_database(struct decode *decode, const struct cpf_section *section,
			  const struct cpf_setting *setting)
{
	struct config_database *database = DECODE_APPEND(decode, SEVERAL(databases));
	struct decode_fields fields;

	(void)section;
	if (!database)
		return;
	decode_split_row(decode, setting, &fields);
	*database = (struct config_database){
		.name = setting->key,
		.directory = decode_text(decode, &fields, 0),
		.server = decode_text(decode, &fields, 1),
		.mirror = "",
		.data_set = "",
		.mount_required = strcmp(decode_text(decode, &fields, 2), "1") == 0,
		.stream = decode_text(decode, &fields, 5),
		.server_index = -1,
		.where = cpf_key_location(decode->cpf, setting),
	};
	if (behind_word(database->directory, ":mirror:", &database->mirror) ||
	    behind_word(database->directory, ":ds:", &database->data_set))
		database->directory = "";
}

static void read_namespace(struct decode *decode, const struct cpf_section *section,
			   const struct cpf_setting *setting)
{
	struct config_namespace *namespace = DECODE_APPEND(decode, SEVERAL(namespaces));
	struct decode_fields fields;

	(void)section;
	if (!namespace)
		return;
	decode_split_row(decode, setting, &fields);
	*namespace = (struct config_namespace){
		.name = setting->key,
		.globals = decode_text(decode, &fields, 0),
		.routines = decode_text(decode, &fields, 1),
		.temporary = decode_text(decode, &fields, 2),
		.where = cpf_key_location(decode->cpf, setting),
	};
}

static void read_archive(struct decode *decode, const struct cpf_section *section,
			 const struct cpf_setting *setting)
{
	struct config_archive *archive = DECODE_APPEND(decode, SEVERAL(archives));

	(void)section;
	if (archive)
		*archive = (struct config_archive){
			.name = setting->key,
			.value = setting->value,
			.where = cpf_key_location(decode->cpf, setting),
		};
}

static void read_action(struct decode *decode, const struct cpf_section *section,
			const struct cpf_setting *setting)
{
	struct config_action *action = DECODE_APPEND(decode, SEVERAL(actions));

	(void)section;
	if (action)
		*action = (struct config_action){
			.operation = setting->key,
			.properties = setting->value,
			.where = cpf_key_location(decode->cpf, setting),
		};
}

/* `47=/dev/st0`; of [Devices] the first of the parts between `^`. What is no file of the host (a
 * number, `|TRM|`, `\\.\TAPE0`) is none of ours. */
static void read_device(struct decode *decode, const struct cpf_section *section,
			const struct cpf_setting *setting)
{
	struct decode_fields fields;
	struct config_device *device;
	const char *path;

	decode_split(setting, 0, strcspn(setting->value, "^"), ',', &fields);
	path = decode_text(decode, &fields, 0);
	if (*path != '/')
		return;
	device = DECODE_APPEND(decode, SEVERAL(devices));
	if (device)
		*device = (struct config_device){
			.section = section->name,
			.name = setting->key,
			.path = path,
			.where = decode_where(decode, &fields, 0),
		};
}

void decode_data(struct decode *decode)
{
	decode_section(decode, "Databases", read_database);
	decode_section(decode, "Namespaces", read_namespace);
	decode_section(decode, "Archives", read_archive);
	decode_section(decode, "Actions", read_action);
	decode_section(decode, "Devices", read_device);
	decode_section(decode, "MagTapes", read_device);
	decode_section(decode, "ComPorts", read_device);
}
