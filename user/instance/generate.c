/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of things: files first, then each service of the table, then who else may come near. */
#include "instance/generate.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "instance/generation.h"
#include "policy/model.h"

#define RESOLVER_MAX 65536

/* Those that are not here are a comment in the table's words. */
static generation_service *const functions[SERVICES_MAX] = {
	[SERVICE_SUPERSERVER] = generation_superserver,
	[SERVICE_EXTRA_SUPERSERVERS] = generation_extra_superservers,
	[SERVICE_WEB_SERVER] = generation_web_server,
	[SERVICE_WEB_TO_INSTANCE] = generation_web_to_instance,
	[SERVICE_SITE_WEB_SERVER] = generation_site_web_server,
	[SERVICE_LICENSE] = generation_license,
	[SERVICE_LICENSE_QUERY] = generation_license_query,
	[SERVICE_JDBC_GATEWAY] = generation_jdbc,
	[SERVICE_LANGUAGE_GATEWAYS] = generation_gateways,
	[SERVICE_OBJECT_GATEWAYS] = generation_object_gateways,
	[SERVICE_TELNET] = generation_telnet,
	[SERVICE_SNMP] = generation_snmp,
	[SERVICE_ECP_CLIENT] = generation_ecp,
	[SERVICE_ECP_SERVER] = generation_ecp_server,
	[SERVICE_MIRROR] = generation_mirror,
	[SERVICE_AGENT] = generation_agent,
	[SERVICE_ARBITER] = generation_arbiter,
	[SERVICE_VIRTUAL_ADDRESS] = generation_virtual_address,
	[SERVICE_SHADOW] = generation_shadow,
	[SERVICE_TCP_ADAPTERS] = generation_adapters,
	[SERVICE_TELEMETRY] = generation_telemetry,
	[SERVICE_SHARDING] = generation_sharding,
	[SERVICE_ARCHIVES] = generation_archives,
	[SERVICE_NAMES] = generation_names,
	[SERVICE_APPLICATION] = generation_application,
};

/* ------------------------------------------------------------------ name servers */

void name_servers_release(struct name_servers *servers)
{
	for (size_t i = 0; i < servers->count; i++)
		free(servers->items[i].address);
	free(servers->file);
	*servers = (struct name_servers){ 0 };
}

static int name_server_add(struct name_servers *servers, const char *line, unsigned int number)
{
	static const char word[] = "nameserver";
	size_t length;

	if (strncmp(line, word, strlen(word)) != 0 || !strchr(" \t", line[strlen(word)]))
		return 0;
	line += strlen(word);
	line += strspn(line, " \t");
	length = strcspn(line, " \t\r");
	if (!length || servers->count == ARRAY_SIZE(servers->items))
		return 0;
	servers->items[servers->count].line = number;
	servers->items[servers->count].address = strndup(line, length);
	return servers->items[servers->count++].address ? 0 : -ENOMEM;
}

int name_servers_read(const char *path, struct name_servers *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_free_ char *text = malloc(RESOLVER_MAX);
	unsigned int number = 0;
	ssize_t length;
	int r = 0;

	*ret = (struct name_servers){ 0 };
	if (fd < 0)
		return -errno;
	length = text ? read(fd, text, RESOLVER_MAX - 1) : -1;
	if (length < 0)
		return text ? -errno : -ENOMEM;
	text[length] = '\0';
	ret->file = strdup(path);
	if (!ret->file)
		r = -ENOMEM;
	for (char *rest = text, *line; !r && (line = strsep(&rest, "\n"));)
		r = name_server_add(ret, line, ++number);
	if (r)
		name_servers_release(ret);
	return r;
}

/* ------------------------------------------------------------------ the head */

/* The characters of a policy's names. */
static bool name_sign(char sign, bool first)
{
	bool letter = (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z');

	return letter || (sign >= '0' && sign <= '9') ||
	       (!first && (sign == '_' || sign == '.' || sign == '-'));
}

static bool name_good(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++)
		if (!name_sign(name[i], i == 0))
			return false;
	return length && length <= POLICY_NAME_MAX;
}

static void name_instance(struct generation *generation)
{
	const char *name = generation->instance->name ? generation->instance->name : "";
	char made[POLICY_NAME_MAX + 1];

	snprintf(made, sizeof(made), "%s%s", name_sign(*name, true) ? "" : "I", name);
	for (char *at = made; *at; at++)
		if (!name_sign(*at, false))
			*at = '_';
	draft_set(generation->draft, &generation->draft->instance, "%s", made);
}

static const char beside_here[] = "and from what stands beside it on this host.";
static const char beside_foreign[] =
	"alone, for a host that is not this one.\n"
	"The instance is not installed here, and NO FILE OF IT WAS LOOKED AT: trust, owner and "
	"users are unchecked, and the files are those of an installation as it is by default.\n"
	"Check it there, with `cachewarden policy check`, before it is put in force.";

static void write_head(struct generation *generation)
{
	const struct instance *instance = generation->instance;
	const char *product = instance->product		     ? instance->product
			      : generation->config->ensemble ? "Ensemble"
			      : generation->iris	     ? "IRIS"
							     : "Cache";

	const char *beside = generation->input->foreign ? beside_foreign : beside_here;
	const char *version = instance->version ? instance->version
						: config_text(generation->config, CONFIG_VERSION);

	draft_set(generation->draft, &generation->draft->head,
		  "Policy of the instance %s (%s%s%s), made by `cachewarden policy generate`\n"
		  "from %s %s\n"
		  "Each service of the hardening guide is here: as a rule whose `why` names its "
		  "origin, or as a comment that says why there is none and what to add.\n"
		  "Run it in audit mode first. What is reported and wanted becomes a rule of "
		  "yours; generate again after a change, with --merge, which keeps what is yours.\n"
		  "%s",
		  instance->name ? instance->name : "?", product, *version ? " " : "", version,
		  generation->config->cpf->file, beside,
		  instance->name_known ? ""
				       : "The name is made from the directory: no source of the "
					 "instance's own name was given.\n");
	draft_set(generation->draft, &generation->draft->root, "%s", generation->root);
	name_instance(generation);
}

/* ------------------------------------------------------------------ accounts */

/* As a policy can have it: a name that means that number here, or the number. NULL: not known. */
static const char *account_name(const struct instance_account *account, char ret[32])
{
	const struct passwd *entry;

	if (account->known == INSTANCE_NOT_KNOWN)
		return NULL;
	entry = account->name ? getpwnam(account->name) : NULL;
	if (entry && entry->pw_uid == account->id && name_good(account->name))
		return account->name;
	snprintf(ret, 32, "%u", account->id);
	return ret;
}

/* Without the number of a process, which is another one after each start. */
static const char *account_evidence(const struct instance_account *account)
{
	if (!account->evidence)
		return "as found";
	return strncmp(account->evidence, "process ", 8) == 0 ? "as a process of it runs"
							      : account->evidence;
}

static void accounts_owner(struct generation *generation)
{
	const struct instance *instance = generation->instance;
	char owner_number[32], user_number[32];
	const char *owner = account_name(&instance->owner, owner_number);
	const char *user = account_name(&instance->user, user_number);
	struct draft *draft = generation->draft;
	const char *evidence = account_evidence(&instance->owner);

	if (!owner) {
		draft_set(draft, &draft->owner_why,
			  "owner: not known, so that only files of root are trusted.");
	} else if (instance->owner.id == 0) {
		draft_set(draft, &draft->owner_why, "The instance belongs to root (%s).", evidence);
	} else if (user && instance->user.id == instance->owner.id) {
		draft_set(draft, &draft->owner_why,
			  "owner: not %s, though it owns the instance (%s): it is also the "
			  "effective user (%s), and what a process can rewrite is not to be "
			  "trusted. Only files of root are.",
			  owner, evidence, account_evidence(&instance->user));
	} else {
		draft_set(draft, &draft->owner, "%s", owner);
		draft_set(draft, &draft->owner_why,
			  "%s (%s)%s%s; besides root it may own trusted files.", owner, evidence,
			  user ? ", not the effective user " : "; the effective user is not known",
			  user ? user : "");
		generation->trust.owner = instance->owner.id;
	}
}

/* Names that this host need not have are comments: in force, they would be nobody's. */
static void accounts_foreign(struct generation *generation)
{
	struct draft *draft = generation->draft;
	const char *user = generation->iris ? "irisusr" : "cacheusr";

	draft_set(draft, &draft->owner_why,
		  "owner: not known here, so that only files of root are trusted. With minimal "
		  "security root owns the instance. Else add `owner: NAME`, which is never the "
		  "effective user (%s by default).",
		  user);
	draft_guard_user(draft, "root");
	draft_set(
		draft, &draft->guard_note,
		"The owner and the effective user (%s by default) belong to `users`, and whoever "
		"else has business with the instance on its host: a site's web server with a "
		"Web Gateway, local clients, and (exec) whoever opens terminals. The agent's port "
		"is not guarded: one agent serves all instances of a host.",
		user);
}

static void accounts_guard(struct generation *generation)
{
	const struct instance_account *accounts[] = { &generation->instance->owner,
						      &generation->instance->user };

	draft_guard_user(generation->draft, "root");
	for (size_t i = 0; i < ARRAY_SIZE(accounts); i++) {
		char number[32];
		const char *name = account_name(accounts[i], number);

		if (name && accounts[i]->id)
			draft_guard_user(generation->draft, name);
	}
	draft_set(
		generation->draft, &generation->draft->guard_note,
		"Users besides root, the owner and the effective user that have business with the "
		"instance on this host belong to `users`: of a site's web server with a Web "
		"Gateway, of local clients, and (exec) whoever opens terminals. The agent's port "
		"is "
		"not guarded: one agent serves all instances of a host.");
}

/* ------------------------------------------------------------------ the whole */

static int refuse(char **reterr_message, const char **reterr_hint, const char *hint, int error,
		  const char *format, ...) __attribute__((format(printf, 5, 6)));
static int refuse(char **reterr_message, const char **reterr_hint, const char *hint, int error,
		  const char *format, ...)
{
	va_list arguments;
	char *message;

	va_start(arguments, format);
	if (vasprintf(&message, format, arguments) < 0)
		message = NULL;
	va_end(arguments);
	*reterr_hint = hint;
	*reterr_message = message;
	return message ? error : -ENOMEM;
}

/* What no policy could be made of, before anything is looked at. */
static int check_input(const struct generation *generation, char **reterr_message,
		       const char **reterr_hint)
{
	const struct config *config = generation->config;

	if (generation->instance->prefix)
		return refuse(reterr_message, reterr_hint,
			      "run cachewarden where the instance's files have their own paths",
			      -EXDEV, "%s runs in another mount namespace (%s)",
			      generation->instance->name, generation->instance->prefix);
	if (!generation_path_fits(generation->root))
		return refuse(reterr_message, reterr_hint, NULL, -EINVAL,
			      "no policy can name the directory `%s`", generation->root);
	if (config->cpf->kind == CPF_MERGE)
		return refuse(reterr_message, reterr_hint, "give the instance's own cpf", -EINVAL,
			      "%s is a merge file: a part of a configuration, and none in force",
			      config->cpf->file);
	return 0;
}

static int check_database(const struct generation *generation, char **reterr_message,
			  const char **reterr_hint)
{
	const struct draft_entry *entry = draft_find(generation->draft,
						     generation->draft->database);

	if (!entry || !entry->doubt)
		return 0;
	return refuse(reterr_message, reterr_hint,
		      "a policy speaks of files of this host; --root DIR says where the instance "
		      "is installed",
		      -ENOENT, "there is no database executable to govern: %s", entry->doubt);
}

static void add_services(struct generation *generation)
{
	for (enum service_id id = 0; id < SERVICES_MAX; id++) {
		if (functions[id])
			functions[id](generation, id);
		else
			draft_remark(generation->draft, id, NULL);
	}
}

int generate(const struct generate_input *input, struct draft **ret, char **reterr_message,
	     const char **reterr_hint)
{
	_cleanup_draft_ struct draft *draft = draft_new();
	struct generation *generation = calloc(1, sizeof(*generation));
	int r;

	if (!draft || !generation) {
		free(generation);
		return -ENOMEM;
	}
	*generation = (struct generation){
		.input = input,
		.instance = input->instance,
		.config = input->instance->config,
		.draft = draft,
		.iris = input->instance->family == CONFIG_IRIS,
		.root = input->instance->root,
		.data = input->instance->data,
	};
	generation->loopback = config_known(generation->config, CONFIG_IPV6) &&
					       !config_number(generation->config, CONFIG_IPV6)
				       ? "127.0.0.0/8"
				       : "localhost";
	r = check_input(generation, reterr_message, reterr_hint);
	draft->foreign = input->foreign;
	if (!r) {
		write_head(generation);
		if (input->foreign) {
			accounts_foreign(generation);
		} else {
			accounts_owner(generation);
			accounts_guard(generation);
		}
		generation_files(generation);
		r = draft->failed ? -ENOMEM
				  : check_database(generation, reterr_message, reterr_hint);
	}
	if (!r) {
		generation_exec(generation);
		add_services(generation);
		draft_settle(draft);
		r = draft->failed ? -ENOMEM : 0;
	}
	for (size_t i = 0; i < generation->tool_count; i++)
		free(generation->tools[i]);
	for (size_t i = 0; i < generation->agent_count; i++)
		free(generation->agents[i]);
	for (size_t i = 0; i < generation->helper_count; i++)
		free(generation->helpers[i]);
	free(generation);
	if (!r)
		*ret = take_ptr(draft);
	return r;
}
