/* SPDX-License-Identifier: GPL-2.0-only */
/* The parameters of a cpf by their table, and what the file is. */
#include "instance/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "instance/decode.h"
#include "instance/source.h"
#include "util/cleanup.h"

const struct config_parameter config_parameters[CONFIG_PARAMETER_MAX] = {
#define CONFIG_ROW(id, section, key, kind, cache, iris, help) \
	[CONFIG_##id] = { section, key, CONFIG_KIND_##kind, { cache, iris }, help },
	CONFIG_PARAMETERS(CONFIG_ROW)
#undef CONFIG_ROW
};

static const char *const kind_words[] = {
	[CONFIG_KIND_PORT] = "port",	    [CONFIG_KIND_PORT_OR_NONE] = "port or 0",
	[CONFIG_KIND_SWITCH] = "switch",    [CONFIG_KIND_NUMBER] = "number",
	[CONFIG_KIND_ON_OFF] = "on or off", [CONFIG_KIND_HOST] = "host",
	[CONFIG_KIND_PATH] = "path",	    [CONFIG_KIND_PATHS] = "paths",
	[CONFIG_KIND_TEXT] = "text",
};
_Static_assert(ARRAY_SIZE(kind_words) == CONFIG_KIND_MAX, "kind_words");
const struct vocabulary config_kind_words = { kind_words, ARRAY_SIZE(kind_words) };

static const char *const state_words[] = {
	[CONFIG_UNKNOWN] = "unknown",
	[CONFIG_DEFAULT] = "default",
	[CONFIG_GIVEN] = "given",
	[CONFIG_BAD] = "bad",
};
_Static_assert(ARRAY_SIZE(state_words) == CONFIG_STATE_MAX, "state_words");
const struct vocabulary config_state_words = { state_words, ARRAY_SIZE(state_words) };

/* What a kind's values are, for the hint of a mistake. */
static const char *const kind_hints[] = {
	[CONFIG_KIND_PORT] = "a port is a number from 1 to 65535",
	[CONFIG_KIND_PORT_OR_NONE] = "a port is a number from 1 to 65535; 0 is none",
	[CONFIG_KIND_SWITCH] = "0 or 1",
	[CONFIG_KIND_NUMBER] = "digits only",
	[CONFIG_KIND_ON_OFF] = "ON or OFF",
	[CONFIG_KIND_HOST] = "one name or address, without blanks",
	[CONFIG_KIND_PATH] = "",
	[CONFIG_KIND_PATHS] = "",
	[CONFIG_KIND_TEXT] = "",
};
_Static_assert(ARRAY_SIZE(kind_hints) == CONFIG_KIND_MAX, "kind_hints");

/* ---- values ---- */

/* Names, IPv4, IPv6 with or without brackets and scope. Bytes beyond ASCII are some site's names. */
static bool host_good(const char *text)
{
	for (; *text; text++)
		if (source_blank(*text) || strchr(",;|\"'()<>$`\\", *text) ||
		    (unsigned char)*text < 0x20)
			return false;
	return true;
}

/* False: it is no value of that kind. *ret is set on success only. */
static bool value_number(enum config_kind kind, const char *text, uint32_t *ret)
{
	uint32_t number;
	bool two = kind == CONFIG_KIND_ON_OFF || kind == CONFIG_KIND_SWITCH;

	if (two && (strcasecmp(text, "ON") == 0 || strcasecmp(text, "OFF") == 0)) {
		*ret = strcasecmp(text, "ON") == 0;
		return true;
	}
	if (!decode_digits(text, strlen(text), &number) || (two && number > 1) ||
	    (kind == CONFIG_KIND_PORT && (number < 1 || number > UINT16_MAX)) ||
	    (kind == CONFIG_KIND_PORT_OR_NONE && number > UINT16_MAX))
		return false;
	*ret = number;
	return true;
}

static bool kind_has_number(enum config_kind kind)
{
	return kind <= CONFIG_KIND_ON_OFF;
}

static void set_default(struct decode *decode, const struct config_parameter *parameter,
			struct config_value *value)
{
	const char *text = parameter->defaults[decode->config->product];

	value->state = text ? CONFIG_DEFAULT : CONFIG_UNKNOWN;
	value->text = text ? text : "";
	value->number = 0;
	if (text && kind_has_number(parameter->kind))
		(void)value_number(parameter->kind, text, &value->number);
}

static void set_given(struct decode *decode, const struct config_parameter *parameter,
		      const struct cpf_setting *setting, struct config_value *value)
{
	size_t length = strlen(setting->value);
	struct decode_fields whole;

	/* Neither numbers nor hosts have the signs of a comment in them; other values do. */
	if (kind_has_number(parameter->kind) || parameter->kind == CONFIG_KIND_HOST)
		length = decode_uncommented(decode, setting->value, length);
	/* One field: no value has NUL bytes. */
	decode_split(setting, 0, length, '\0', &whole);
	value->where = decode_where(decode, &whole, 0);
	value->text = decode_text(decode, &whole, 0);
	value->state = CONFIG_GIVEN;
	if (kind_has_number(parameter->kind) && !*value->text) {
		struct location where = value->where;

		set_default(decode, parameter, value);
		value->where = where;
		return;
	}
	if (kind_has_number(parameter->kind)
		    ? value_number(parameter->kind, value->text, &value->number)
		    : parameter->kind != CONFIG_KIND_HOST || host_good(value->text))
		return;
	diagnostic_hint(decode_error(decode, &value->where, "`%s` is no value of %s (%s)",
				     value->text, parameter->key,
				     vocabulary_word(&config_kind_words, parameter->kind)),
			"%s", kind_hints[parameter->kind]);
	value->state = CONFIG_BAD;
	value->number = 0;
	value->text = "";
}

/* Matched whatever the case, for that is how the vendor's examples are written; whether an instance
 * does so too is not known, so other spellings are told of. */
static void check_spelling(struct decode *decode, const struct config_parameter *parameter,
			   const struct cpf_setting *setting)
{
	const struct cpf_setting *other = cpf_other_spelling(decode->cpf, setting);
	struct location where = cpf_key_location(decode->cpf, setting);
	struct diagnostic *diagnostic;

	if (other) {
		struct location related = cpf_key_location(decode->cpf, other);

		diagnostic = decode_warning(decode, &where,
					    "`%s` is given in two spellings, and this one counts",
					    parameter->key);
		diagnostic_related(diagnostic, &related, "the other is here");
		diagnostic_hint(diagnostic, "keep `%s`", parameter->key);
	} else if (strcmp(setting->key, parameter->key) != 0) {
		diagnostic_hint(decode_warning(decode, &where, "`%s` is taken for `%s`",
					       setting->key, parameter->key),
				"write it as the vendor does, or the instance may not know it");
	}
}

static void check_section(struct decode *decode, const struct cpf_section *section)
{
	for (size_t i = 0; i < CONFIG_PARAMETER_MAX; i++) {
		const char *name = config_parameters[i].section;
		struct location where = { decode->cpf->file, section->line, section->column, 1 };

		if (section->argument || strcasecmp(section->name, name) != 0)
			continue;
		if (strcmp(section->name, name) != 0)
			diagnostic_hint(decode_warning(decode, &where, "[%s] is taken for [%s]",
						       section->name, name),
					"write it as the vendor does, or the instance may not "
					"know it");
		return;
	}
}

static void decode_parameters(struct decode *decode)
{
	for (size_t i = 0; i < decode->cpf->section_count; i++)
		check_section(decode, &decode->cpf->sections[i]);
	for (size_t i = 0; i < CONFIG_PARAMETER_MAX; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		struct config_value *value = &decode->config->parameters[i];
		const struct cpf_setting *setting = cpf_setting(decode->cpf, parameter->section,
								parameter->key);

		value->where.file = decode->cpf->file;
		if (setting) {
			check_spelling(decode, parameter, setting);
			set_given(decode, parameter, setting, value);
		} else {
			set_default(decode, parameter, value);
		}
	}
}

/* ---- what the file is ---- */

static enum config_product product_of(const struct cpf *cpf)
{
	const struct cpf_setting *product = cpf_setting(cpf, "ConfigFile", "Product");
	const char *slash = strrchr(cpf->file, '/');

	if (product && strcasestr(product->value, "IRIS"))
		return CONFIG_IRIS;
	/* Caché has neither these databases nor these sections. */
	if (cpf_setting(cpf, "Databases", "IRISSYS") || cpf_section(cpf, "Actions", NULL) ||
	    cpf_section(cpf, "Gateways", NULL) || cpf_section(cpf, "WorkQueues", NULL))
		return CONFIG_IRIS;
	if (cpf_setting(cpf, "Databases", "CACHESYS") || cpf_setting(cpf, "ConfigFile", "Version"))
		return CONFIG_CACHE;
	return strncasecmp(slash ? slash + 1 : cpf->file, "iris", 4) == 0 ? CONFIG_IRIS
									  : CONFIG_CACHE;
}

/* `2017.1`, `2020.15`, `2023.1.2` */
static void read_version(struct config *config)
{
	const char *text = config_text(config, CONFIG_VERSION);
	size_t digits = strspn(text, "0123456789");

	if (digits > 4 || !decode_digits(text, digits, &config->year) || text[digits] != '.')
		return;
	text += digits + 1;
	digits = strspn(text, "0123456789");
	if (digits <= 4)
		(void)decode_digits(text, digits, &config->release);
}

static enum config_platform platform_of_directory(const char *directory)
{
	bool letter = (directory[0] >= 'a' && directory[0] <= 'z') ||
		      (directory[0] >= 'A' && directory[0] <= 'Z');

	if ((letter && directory[1] == ':') || strncmp(directory, "\\\\", 2) == 0)
		return CONFIG_WINDOWS;
	return directory[0] == '/' ? CONFIG_UNIX : CONFIG_PLATFORM_UNKNOWN;
}

static enum config_platform platform_of(const struct config *config)
{
	const char *overview = config_text(config, CONFIG_OVERVIEW);
	enum config_platform platform = CONFIG_PLATFORM_UNKNOWN;

	if (strcasestr(overview, "windows"))
		return CONFIG_WINDOWS;
	if (strcasestr(overview, "unix") || strcasestr(overview, "linux"))
		return CONFIG_UNIX;
	for (size_t i = 0; !*overview && !platform && i < config->databases.count; i++)
		if (!*config->databases.items[i].server) /* a remote one is another host's */
			platform = platform_of_directory(config->databases.items[i].directory);
	return platform;
}

int config_decode(struct cpf *cpf, struct diagnostics *diagnostics, struct config **ret)
{
	_cleanup_config_ struct config *config = calloc(1, sizeof(*config));
	struct decode decode = { .config = config, .cpf = cpf, .diagnostics = diagnostics };
	size_t before = diagnostics->count;

	if (!config) {
		cpf_free(cpf);
		return -ENOMEM;
	}
	config->cpf = cpf;
	config->product = product_of(cpf);
	decode_parameters(&decode);
	read_version(config);
	decode_data(&decode);
	decode_peers(&decode);
	config->platform = platform_of(config);
	config->ensemble = config_database(config, "ENSLIB") != NULL;
	decode_crosses(&decode);
	decode_says(&decode);
	diagnostics_sort(diagnostics, before);
	if (decode.out_of_memory)
		return -ENOMEM;
	*ret = take_ptr(config);
	return 0;
}

/* What the text and what its meaning gave rise to, as one list by lines. */
static int decode_sorted(struct cpf *cpf, size_t before, struct diagnostics *diagnostics,
			 struct config **ret)
{
	int r = config_decode(cpf, diagnostics, ret);

	diagnostics_sort(diagnostics, before);
	return r;
}

int config_read_file(const char *path, struct diagnostics *diagnostics, struct config **ret)
{
	size_t before = diagnostics->count;
	struct cpf *cpf = NULL;
	int r = cpf_read_file(path, diagnostics, &cpf);

	return r ? r : decode_sorted(cpf, before, diagnostics, ret);
}

int config_read(const char *file, const char *text, size_t length, struct diagnostics *diagnostics,
		struct config **ret)
{
	size_t before = diagnostics->count;
	struct cpf *cpf = NULL;
	int r = cpf_read(file, text, length, diagnostics, &cpf);

	return r ? r : decode_sorted(cpf, before, diagnostics, ret);
}

struct config *config_free(struct config *config)
{
	if (config) {
		free(config->databases.items);
		free(config->namespaces.items);
		free(config->ecp_servers.items);
		free(config->license_servers.items);
		free(config->mirrors.items);
		free(config->mirror_members.items);
		free(config->shadows.items);
		free(config->shadow_maps.items);
		free(config->gateways.items);
		free(config->devices.items);
		free(config->archives.items);
		free(config->actions.items);
		config_pool_free(config->pool);
		cpf_free(config->cpf);
		free(config);
	}
	return NULL;
}
