/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `library` and `sockets`: what a governed process may map executable, and which kinds of socket it
 * may create.
 */
#include <string.h>
#include <sys/socket.h>

#include "policy/read.h"
#include "policy/words.h"

/* Either part's mode, or its being `off`. */
static void read_part_mode(struct reader *reader, const struct node *value, bool *given,
			   uint8_t *mode)
{
	int found = read_word(reader, "`mode`", value, &read_class_modes);

	if (found < 0)
		return;
	*given = true;
	*mode = (uint8_t)found;
}

static void read_off(struct reader *reader, const struct schema_key *key, const struct node *value,
		     bool *given, uint8_t *mode)
{
	*given = true;
	*mode = CW_MODE_OFF;
	if (strcmp(value->text, "off") != 0)
		read_error(reader, &value->where, "`%s` must be %s, not `%s`", key->name,
			   key->expected, value->text);
}

/* ------------------------------------------------------------------ library */

static void read_trust(struct reader *reader, const struct schema_key *key,
		       const struct node *value, void *object)
{
	static const char *const words[] = { "any", "owners" };
	static const struct vocabulary answers = { words, ARRAY_SIZE(words) };
	struct library_policy *library = object;
	int answer = read_word(reader, "`trust`", value, &answers);

	(void)key;
	if (answer >= 0)
		library->check_owners = answer == 1;
}

static void read_anonymous(struct reader *reader, const struct schema_key *key,
			   const struct node *value, void *object)
{
	static const char *const words[] = { "deny", "allow" };
	static const struct vocabulary answers = { words, ARRAY_SIZE(words) };
	struct library_policy *library = object;
	int answer = read_word(reader, "`anonymous`", value, &answers);

	(void)key;
	if (answer >= 0)
		library->anonymous = answer == 1;
}

static void read_except(struct reader *reader, const struct schema_key *key,
			const struct node *value, void *object)
{
	struct library_policy *library = object;

	(void)key;
	read_executables(reader, "`except`", value,
			 (struct index_list){ &library->except, &library->except_count });
}

static void read_library_mode(struct reader *reader, const struct schema_key *key,
			      const struct node *value, void *object)
{
	struct library_policy *library = object;

	(void)key;
	read_part_mode(reader, value, &library->mode_given, &library->mode);
}

static const struct schema_key library_keys[] = {
	{ "mode", SCHEMA_TEXT, false, "`audit`, `enforce` or `off`",
	  "mode of library; default: the file's", read_library_mode },
	{ "trust", SCHEMA_TEXT, false, "`owners` or `any`",
	  "owners: only files that none but root and the owner can have written; default owners",
	  read_trust },
	{ "anonymous", SCHEMA_TEXT, false, "`allow` or `deny`",
	  "executable memory without a file; default allow", read_anonymous },
	{ "except", SCHEMA_TEXT | SCHEMA_LIST, false,
	  "a name or path of an executable, or a list of them",
	  "executables that may map what they like", read_except },
};
const struct schema schema_library = { "`library`", library_keys, ARRAY_SIZE(library_keys) };

void read_library_key(struct reader *reader, const struct schema_key *key, const struct node *value,
		      void *object)
{
	struct library_policy *library = &((struct policy *)object)->library;

	library->given = true;
	library->where = reader->key;
	if (value->kind == NODE_TEXT)
		read_off(reader, key, value, &library->mode_given, &library->mode);
	else
		schema_read(reader, &schema_library, value, library);
}

/* ------------------------------------------------------------------ sockets */

#define ALL_TYPES 0xfffe /* every bit but that of type 0, which is none */
#define STREAM_AND_DATAGRAM (1u << SOCK_STREAM | 1u << SOCK_DGRAM)

/* A family without a type: raw sockets of the Internet families must be asked for. */
uint16_t policy_family_types(int family)
{
	return family == AF_INET || family == AF_INET6 ? STREAM_AND_DATAGRAM : ALL_TYPES;
}

void read_sockets_default(struct policy *policy)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		policy->sockets.types[families[i]] = policy_family_types(families[i]);
}

/* "did you mean", or all that it could be. */
static void hint_word(struct diagnostic *diagnostic, const char *what,
		      const struct vocabulary *words, const char *word)
{
	hint_all(diagnostic, what, words);
	hint_nearest(diagnostic, words, word);
}

static void socket_item(struct reader *reader, const struct node *item, void *object)
{
	struct sockets_policy *sockets = object;
	size_t length = strcspn(item->text, "/");
	struct location where = node_part(item, 0, length);
	char family_word[32] = "";
	int family = vocabulary_value(&words_family, item->text, length), type;
	struct diagnostic *diagnostic;

	if (family < 0) {
		diagnostic = read_error(reader, &where, "unknown socket family `%.*s`", (int)length,
					item->text);
		memcpy(family_word, item->text,
		       length < sizeof(family_word) ? length : sizeof(family_word) - 1);
		if (vocabulary_value(&words_socket_type, item->text, length) >= 0)
			diagnostic_hint(diagnostic, "`%s` is a type: `inet/%s`", family_word,
					family_word);
		else
			hint_word(diagnostic, "families are", &words_family, family_word);
		return;
	}
	if (length == item->length) {
		sockets->types[family] |= policy_family_types(family);
		return;
	}
	type = vocabulary_value(&words_socket_type, item->text + length + 1,
				item->length - length - 1);
	if (type >= 0) {
		sockets->types[family] |= (uint16_t)(1u << type);
		return;
	}
	where = node_part(item, length + 1, item->length - length - 1);
	hint_word(read_error(reader, &where, "unknown socket type `%s`", item->text + length + 1),
		  "types are", &words_socket_type, item->text + length + 1);
}

static void read_sockets_allow(struct reader *reader, const struct schema_key *key,
			       const struct node *value, void *object)
{
	struct sockets_policy *sockets = object;

	(void)key;
	memset(sockets->types, 0, sizeof(sockets->types));
	read_items(reader, "`sockets`", value, socket_item, sockets);
}

static void read_sockets_mode(struct reader *reader, const struct schema_key *key,
			      const struct node *value, void *object)
{
	struct sockets_policy *sockets = object;

	(void)key;
	read_part_mode(reader, value, &sockets->mode_given, &sockets->mode);
}

static const struct schema_key sockets_keys[] = {
	{ "mode", SCHEMA_TEXT, false, "`audit`, `enforce` or `off`",
	  "mode of sockets; default: the file's", read_sockets_mode },
	{ "allow", SCHEMA_TEXT | SCHEMA_LIST, false, "a list of families, or of `family/type`",
	  "families and types; default unix, inet, inet6, netlink", read_sockets_allow },
};
const struct schema schema_sockets = { "`sockets`", sockets_keys, ARRAY_SIZE(sockets_keys) };

void read_sockets_key(struct reader *reader, const struct schema_key *key, const struct node *value,
		      void *object)
{
	struct sockets_policy *sockets = &((struct policy *)object)->sockets;

	sockets->given = true;
	sockets->where = reader->key;
	if (value->kind == NODE_LIST)
		read_sockets_allow(reader, key, value, sockets);
	else if (value->kind == NODE_MAPPING)
		schema_read(reader, &schema_sockets, value, sockets);
	else if (strcmp(value->text, "off") == 0 ||
		 vocabulary_value(&words_family, value->text, strcspn(value->text, "/")) < 0)
		read_off(reader, key, value, &sockets->mode_given, &sockets->mode);
	else
		read_sockets_allow(reader, key, value, sockets);
}
