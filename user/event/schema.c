/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The JSON schema of events, generated from event_fields so that it cannot say anything else than what
 * is printed. The file in the tree (event.schema.json) is its output; a test compares the two.
 */
#include "event/print.h"

#include <string.h>

#include "event/fields.h"

static void schema_words(struct buffer *buffer, const struct vocabulary *words, bool nullable)
{
	const char *separator = "";

	buffer_add_string(buffer, "{ \"enum\": [");
	for (size_t i = 0; i < words->count; i++) {
		if (!words->words[i])
			continue;
		buffer_printf(buffer, "%s\"%s\"", separator, words->words[i]);
		separator = ", ";
	}
	buffer_printf(buffer, "%s] }", nullable ? ", null" : "");
}

static void schema_kind(struct buffer *buffer, const struct event_field *field)
{
	static const char *const kinds[EVENT_KIND_MAX] = {
		[EVENT_STRING] = "{ \"type\": %s }",
		[EVENT_NUMBER] = "{ \"type\": %s, \"minimum\": 0 }",
		[EVENT_TIME] = "{ \"type\": %s, \"pattern\": "
			       "\"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\\\.[0-9]{9}Z$\" }",
		[EVENT_BOOLEAN] = "{ \"type\": %s }",
		[EVENT_STRINGS] = "{ \"type\": %s, \"items\": { \"type\": \"string\" } }",
	};
	static const char *const types[EVENT_KIND_MAX] = {
		[EVENT_STRING] = "\"string\"", [EVENT_NUMBER] = "\"integer\"",
		[EVENT_TIME] = "\"string\"",   [EVENT_BOOLEAN] = "\"boolean\"",
		[EVENT_STRINGS] = "\"array\"",
	};
	const char *format, *hole;

	if (field->kind == EVENT_WORD) {
		schema_words(buffer, field->words, field->nullable);
		return;
	}
	if (field->kind == EVENT_ANCESTRY) {
		buffer_add_string(buffer, "{ \"$ref\": \"#/$defs/ancestry\" }");
		return;
	}
	format = kinds[field->kind];
	hole = strstr(format, "%s");
	buffer_add(buffer, format, (size_t)(hole - format));
	if (field->nullable)
		buffer_printf(buffer, "[%s, \"null\"]", types[field->kind]);
	else
		buffer_add_string(buffer, types[field->kind]);
	buffer_add_string(buffer, hole + 2);
}

/* Does the field stand in this object (with this kind of target)? For EVENT_TOP other objects are
 * represented by the first of their fields. */
static bool schema_member(const struct event_field *field, enum event_parent parent,
			  enum event_target target)
{
	if (field->parent == parent)
		return field->target == EVENT_ANY_TARGET || field->target == target;
	return parent == EVENT_TOP && (field == event_fields || field[-1].parent != field->parent);
}

static const char *schema_member_name(const struct event_field *field, enum event_parent parent)
{
	return field->parent == parent ? field->name : event_parent_names[field->parent];
}

static void schema_member_type(struct buffer *buffer, const struct event_field *field,
			       enum event_parent parent)
{
	static const char *const objects[EVENT_PARENT_MAX] = {
		[EVENT_RULE] =
			"{ \"oneOf\": [{ \"type\": \"null\" }, { \"$ref\": \"#/$defs/rule\" }] }",
		[EVENT_POLICY] =
			"{ \"oneOf\": [{ \"type\": \"null\" }, { \"$ref\": \"#/$defs/policy\" }] }",
		[EVENT_PROCESS] = "{ \"$ref\": \"#/$defs/process\" }",
		[EVENT_TARGET] = "{ \"oneOf\": [{ \"$ref\": \"#/$defs/file\" }, { \"$ref\": "
				 "\"#/$defs/socket\" }] }",
	};

	if (field->parent == parent)
		schema_kind(buffer, field);
	else
		buffer_add_string(buffer, objects[field->parent]);
}

/* The keywords of an object whose members are exactly these fields. */
static void schema_object(struct buffer *buffer, const char *indent, enum event_parent parent,
			  enum event_target target)
{
	const char *separator = "";

	buffer_printf(buffer,
		      "%s\"type\": \"object\",\n%s\"additionalProperties\": false,\n"
		      "%s\"properties\": {",
		      indent, indent, indent);
	for (size_t i = 0; i < EVENT_FIELD_MAX; i++) {
		if (!schema_member(&event_fields[i], parent, target))
			continue;
		buffer_printf(buffer, "%s\n%s  \"%s\": ", separator, indent,
			      schema_member_name(&event_fields[i], parent));
		schema_member_type(buffer, &event_fields[i], parent);
		separator = ",";
	}
	buffer_printf(buffer, "\n%s},\n%s\"required\": [", indent, indent);
	separator = "";
	for (size_t i = 0; i < EVENT_FIELD_MAX; i++) {
		if (!schema_member(&event_fields[i], parent, target))
			continue;
		buffer_printf(buffer, "%s\"%s\"", separator,
			      schema_member_name(&event_fields[i], parent));
		separator = ", ";
	}
	buffer_add_string(buffer, "]");
}

void event_schema(struct buffer *buffer)
{
	static const struct {
		const char *name;
		enum event_parent parent;
		enum event_target target;
	} definitions[] = {
		{ "rule", EVENT_RULE, EVENT_ANY_TARGET },
		{ "policy", EVENT_POLICY, EVENT_ANY_TARGET },
		{ "process", EVENT_PROCESS, EVENT_ANY_TARGET },
		{ "file", EVENT_TARGET, EVENT_FILE_TARGET },
		{ "socket", EVENT_TARGET, EVENT_SOCKET_TARGET },
	};

	buffer_add_string(buffer,
			  "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
			  "  \"title\": \"cachewarden event\",\n");
	schema_object(buffer, "  ", EVENT_TOP, EVENT_ANY_TARGET);
	buffer_add_string(buffer, ",\n  \"$defs\": {\n");
	for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++) {
		buffer_printf(buffer, "    \"%s\": {\n", definitions[i].name);
		schema_object(buffer, "      ", definitions[i].parent, definitions[i].target);
		buffer_add_string(buffer, "\n    },\n");
	}
	buffer_add_string(buffer, "    \"ancestry\": {\n"
				  "      \"type\": \"array\",\n"
				  "      \"items\": {\n"
				  "        \"type\": \"object\",\n"
				  "        \"additionalProperties\": false,\n"
				  "        \"properties\": {\n"
				  "          \"pid\": { \"type\": \"integer\", \"minimum\": 1 },\n"
				  "          \"path\": { \"type\": [\"string\", \"null\"] },\n"
				  "          \"comm\": { \"type\": \"string\" }\n"
				  "        },\n"
				  "        \"required\": [\"pid\", \"path\", \"comm\"]\n"
				  "      }\n"
				  "    }\n"
				  "  }\n"
				  "}\n");
}
