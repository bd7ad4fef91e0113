/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a cpf means: each parameter that names a port, an address, a program or a directory, or that
 * switches something on, with its value, whether the file gives it, and where.
 *
 *	struct diagnostics diagnostics = { 0 };
 *	struct config *config = NULL;
 *
 *	r = config_read_file("/usr/cachesys/cache.cpf", &diagnostics, &config);
 *	port = &config->parameters[CONFIG_DEFAULT_PORT];
 *	if (port->state == CONFIG_GIVEN) ... port->number, port->where.line
 *
 * A value that is no value of its parameter is reported and has the state CONFIG_BAD, and neither
 * number nor text are to be used: nobody takes a default where the file says something else.
 * One table (CONFIG_PARAMETERS) is what the decoder, the manual and the tests walk.
 */
#ifndef CW_INSTANCE_CONFIG_H
#define CW_INSTANCE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instance/cpf.h"
#include "policy/diagnostics.h"
#include "util/vocabulary.h"

enum config_kind {
	CONFIG_KIND_PORT, /* number: 1 to 65535 */
	CONFIG_KIND_PORT_OR_NONE, /* number: 0 (none) to 65535 */
	CONFIG_KIND_SWITCH, /* number: 0 or 1; ON and OFF mean the same */
	CONFIG_KIND_NUMBER, /* number */
	CONFIG_KIND_ON_OFF, /* number: 0 or 1; written OFF or ON */
	CONFIG_KIND_HOST, /* text: a name or address, "" where empty */
	CONFIG_KIND_PATH, /* text */
	CONFIG_KIND_PATHS, /* text: directories with `:` between them; see config_path() */
	CONFIG_KIND_TEXT, /* text */
	CONFIG_KIND_MAX,
};

enum config_product { CONFIG_CACHE, CONFIG_IRIS, CONFIG_PRODUCT_MAX };

/*
 * id, section, key, kind, default of Caché, default of IRIS, what it is. A default NULL: none is
 * documented, and a parameter that is not given then has the state CONFIG_UNKNOWN.
 */
#define CONFIG_PARAMETERS(X) \
	X(VERSION, "ConfigFile", "Version", TEXT, NULL, NULL, "release that wrote the file") \
	X(PRODUCT, "ConfigFile", "Product", TEXT, "", "IRIS", "`IRIS`; absent in Caché") \
	X(DEFAULT_PORT, "Startup", "DefaultPort", PORT, "1972", "1972", "SuperServer, TCP") \
	X(BIND_ADDRESS, "Startup", "DefaultPortBindAddress", HOST, "", "", \
	  "address that SuperServer listens on; empty: all") \
	X(IPV6, "Startup", "IPv6", SWITCH, "0", "0", "IPv6 is used") \
	X(WEB_SERVER, "Startup", "WebServer", SWITCH, NULL, NULL, "private web server is started") \
	X(WEB_SERVER_PORT, "Startup", "WebServerPort", PORT_OR_NONE, "57772", NULL, \
	  "web server's port; the private one's if it is started") \
	X(WEB_SERVER_NAME, "Startup", "WebServerName", HOST, "", "", \
	  "web server that tools are pointed to; empty: this host") \
	X(WEB_SERVER_PREFIX, "Startup", "WebServerURLPrefix", TEXT, "", "", "its URL prefix") \
	X(WEB_SERVER_PROTOCOL, "Startup", "WebServerProtocol", TEXT, "", "http", "http or https") \
	X(WEB_SERVER_SSL, "Startup", "WebServerSSLConfiguration", TEXT, "", "", \
	  "its TLS settings") \
	X(ENSEMBLE_AUTO_START, "Startup", "EnsembleAutoStart", SWITCH, NULL, NULL, \
	  "productions start with the instance: adapters may connect and listen") \
	X(JOB_SERVERS, "Startup", "JobServers", NUMBER, "0", "0", "processes that wait for jobs") \
	X(PASSWORD_HASH, "Startup", "PasswordHash", TEXT, "", "", \
	  "initial password of the predefined accounts") \
	X(FIPS_MODE, "Startup", "FIPSMode", SWITCH, "0", "0", "FIPS 140 libraries are used") \
	X(SHARD_CLUSTER_URL, "Startup", "ShardClusterURL", TEXT, "", "", "sharded cluster") \
	X(SHARD_MANAGER_URL, "Startup", "ShardMatrixManagerURL", TEXT, "", "", "its first node") \
	X(SHARD_ROLE, "Startup", "ShardRole", TEXT, "", "", "this instance's role in it") \
	X(ARBITER_URL, "Startup", "ArbiterURL", TEXT, "", "", \
	  "arbiter, `host:port`, of containers") \
	X(JDBC_GATEWAY_PORT, "SQL", "JDBCGatewayPort", PORT_OR_NONE, "62972", NULL, \
	  "JDBC gateway's port") \
	X(JDBC_GATEWAY_ADDRESS, "SQL", "JDBCGatewayAddress", HOST, "", "", \
	  "host of the JDBC gateway; empty: this host") \
	X(JDBC_GATEWAY_LOG, "SQL", "JDBCGatewayLog", PATH, "", "", "its log") \
	X(JDBC_GATEWAY_JVM_ARGS, "SQL", "JDBCGatewayJVMArgs", TEXT, "", "", "its JVM's arguments") \
	X(JAVA_HOME, "SQL", "JavaHome", PATH, "", "", "directory of bin/java; empty: from PATH") \
	X(JAVA_CLASS_PATH, "SQL", "JavaClassPath", PATHS, "", "", "more classes") \
	X(TELNET_PORT, "Telnet", "Port", PORT, "23", "23", "Telnet of Windows; ignored on UNIX") \
	X(TELNET_DNS, "Telnet", "DNSLookup", ON_OFF, "ON", "ON", \
	  "Telnet of Windows looks up names; ignored on UNIX") \
	X(MAX_SERVER_CONN, "config", "MaxServerConn", NUMBER, "1", "1", \
	  "ECP application servers that may connect") \
	X(MAX_SERVERS, "config", "MaxServers", NUMBER, "2", "2", "ECP data servers to connect to") \
	X(NETJOB, "config", "netjob", SWITCH, "1", "1", "remote JOB over ECP is obeyed") \
	X(CONSOLE, "config", "console", TEXT, ",", ",", \
	  "console log, second field; empty: below mgr") \
	X(PATH, "config", "Path", PATHS, "", "", "directories added to the processes' PATH") \
	X(LIB_PATH, "config", "LibPath", PATHS, "", "", "directories added to LD_LIBRARY_PATH") \
	X(PYTHON_RUNTIME, "config", "PythonRuntimeLibrary", PATH, "", "", "library of Python") \
	X(PYTHON_PATH, "config", "PythonPath", PATHS, "", "", "directories of Python packages") \
	X(WIJ_DIRECTORY, "config", "wijdir", PATH, "", "", "write image journal; empty: mgr") \
	X(PIJ_DIRECTORY, "config", "pijdir", PATH, "", "", \
	  "of a cluster: its shared image journal") \
	X(OVERVIEW, "config", "overview", TEXT, "", "", "platform, `Linux/x86-64~UNIX`") \
	X(JOURNAL_DIRECTORY, "Journal", "CurrentDirectory", PATH, "", "", \
	  "journals; empty: mgr/journal") \
	X(JOURNAL_ALTERNATE, "Journal", "AlternateDirectory", PATH, "", "", \
	  "journals when the first directory is full") \
	X(JOURNAL_ARCHIVE, "Journal", "ArchiveName", TEXT, "", "", "archive of journals") \
	X(JOIN_MIRROR, "MirrorMember", "JoinMirror", SWITCH, "0", "0", "mirror member") \
	X(MIRROR_SYSTEM_NAME, "MirrorMember", "SystemName", TEXT, "", "", "this member's name") \
	X(MIRROR_VIP_INTERFACE, "MirrorMember", "VirtualAddressInterface", TEXT, "", "", \
	  "network interface of the virtual address") \
	X(MIRROR_AGENT_ADDRESS, "MirrorMember", "AgentAddress", HOST, "", "", \
	  "address of ISCAgent") \
	X(SNMP_ENABLED, "Monitor", "SNMPEnabled", SWITCH, "0", "0", "SNMP subagent, TCP 705") \
	X(OTEL_METRICS, "Monitor", "OTELMetrics", SWITCH, "0", "0", "metrics are exported") \
	X(OTEL_LOGS, "Monitor", "OTELLogs", SWITCH, "0", "0", "logs are exported") \
	X(LOGGING_COMMAND, "Logging", "ChildProcessLaunchCommand", TEXT, "", "", \
	  "program that is started to receive log lines") \
	X(LOGGING_ENABLED, "Logging", "Enabled", SWITCH, "0", "0", "that program is started") \
	X(JOIN_CLUSTER, "Cluster", "JoinCluster", SWITCH, "0", "0", "member of a cluster") \
	X(CLUSTER_ADDRESS, "Cluster", "CommIPAddress", HOST, "", "", "address in the cluster") \
	X(SWITCH_DIRECTORY, "Miscellaneous", "SwitchOSdir", SWITCH, "0", "0", \
	  "1: processes do not change their directory with the namespace")

enum config_parameter_id {
#define CONFIG_ID(id, ...) CONFIG_##id,
	CONFIG_PARAMETERS(CONFIG_ID)
#undef CONFIG_ID
		CONFIG_PARAMETER_MAX,
};

struct config_parameter {
	const char *section, *key;
	enum config_kind kind;
	const char *defaults[CONFIG_PRODUCT_MAX]; /* NULL: none documented */
	const char *help;
};
extern const struct config_parameter config_parameters[CONFIG_PARAMETER_MAX];
extern const struct vocabulary config_kind_words; /* "port", "switch" ... */

enum config_state {
	CONFIG_UNKNOWN, /* not given, and no default is documented */
	CONFIG_DEFAULT, /* not given (or, of a port, switch or number, given empty): the default */
	CONFIG_GIVEN, /* by the file; of texts, empty ones too */
	CONFIG_BAD, /* given and reported: no value of its kind */
	CONFIG_STATE_MAX,
};
extern const struct vocabulary config_state_words; /* "unknown", "default", "given", "bad" */

struct config_value {
	enum config_state state;
	uint32_t number; /* 0 where the kind has none */
	const char *text; /* trimmed, `""` is empty; "" where there is none; never NULL */
	struct location
		where; /* of the value; .line 0 where it is not given; .file is always the cpf */
};

/* Fields below are "" (texts) and 0 (numbers) where the file leaves them empty; `where` is the place
 * of the row's key. Rows that are overridden by a later one are not here. */

/* [Databases] NAME=directory[,server,mount required,,,stream] */
struct config_database {
	const char *name;
	const char *directory; /* as written: relative ones are below mgr; "" for a mirrored one */
	const char *server; /* of [ECPServers]; "" local */
	const char *mirror; /* "M:DB" of `:mirror:M:DB`; "" none */
	const char *data_set; /* "DB" of `:ds:DB`; "" none */
	bool mount_required;
	const char *stream; /* directory */
	int server_index; /* into ecp_servers; -1: local, or no such server (reported) */
	struct location where;
};

/* [Namespaces] NAME=globals[,routines[,temporary]] */
struct config_namespace {
	const char *name;
	const char *globals, *routines, *temporary; /* of [Databases] */
	struct location where;
};

/* [ECPServers] NAME=address,port[,mirror connection[,TLS[,batch mode]]] */
struct config_ecp_server {
	const char *name;
	const char *address;
	uint16_t port; /* 0: bad or absent (reported) */
	int mirror_connection; /* 1; 0; -1: to this member alone */
	const char *ssl;
	bool batch_mode;
	bool used; /* a database is on it */
	struct location where;
	struct location port_where; /* .line 0: no port */
};

/* [LicenseServers] NAME=address,port[;address,port ...][,key directory]: a row an address */
struct config_license_server {
	const char *name;
	const char *address;
	uint16_t port; /* UDP; 0: bad (reported) */
	const char *key_directory;
	struct location where;
};

/* [Mirrors] NAME=GUID,2,1,primary,QoS,0,TLS,virtual address,0,arbiter|port,... and, in Caché's reference,
 * ...,0,agent address,agent port,arbiter,... */
struct config_mirror {
	const char *name;
	const char *guid;
	const char *primary;
	bool ssl;
	const char *virtual_address; /* "" none; with its prefix length where it is given */
	const char *arbiter; /* host; "" none */
	uint16_t arbiter_port; /* 2188 where the file gives none */
	const char *agent_address; /* "" none */
	uint16_t agent_port; /* 0: bad (reported), or no address */
	struct location where;
	struct location arbiter_where;
};

/* [MapMirrors.M] MEMBER=agent address,agent port,,SuperServer address,GUID,directory,type,private
 * address,port,... */
struct config_mirror_member {
	const char *mirror; /* M */
	const char *name;
	const char *agent_address;
	uint16_t agent_port; /* 2188 where the file gives none */
	const char *superserver_address;
	const char *guid;
	const char *directory; /* of the instance, on its host */
	unsigned int type; /* 0 failover, 1 disaster recovery, 2 and more reporting */
	const char *private_address;
	uint16_t port; /* of its SuperServer; 0: none given */
	bool own; /* is this instance: its SystemName */
	struct location where;
};

/* [Shadows] NAME=address|port,enabled,journal directory,days,TLS,filter,errors[,...] */
struct config_shadow {
	const char *name;
	const char *address; /* of the source */
	uint16_t port; /* its SuperServer; 0: bad (reported) */
	bool enabled;
	const char *journal_directory;
	const char *ssl;
	struct location where;
};

/* [MapShadows.NAME] key=value: directories of the source and of this instance. How a row is written is not
 * documented, so it is kept as it is; it names no port. */
struct config_shadow_map {
	const char *shadow; /* NAME, of [Shadows] */
	const char *name;
	const char *value;
	struct location where;
};

enum config_gateway_type {
	CONFIG_GATEWAY_DOTNET,
	CONFIG_GATEWAY_JAVA,
	CONFIG_GATEWAY_JDBC,
	CONFIG_GATEWAY_XSLT,
	CONFIG_GATEWAY_PYTHON,
	CONFIG_GATEWAY_ML,
	CONFIG_GATEWAY_R,
	CONFIG_GATEWAY_ODBC,
	CONFIG_GATEWAY_REMOTE,
	CONFIG_GATEWAY_OTHER, /* reported */
	CONFIG_GATEWAY_TYPE_MAX,
};
extern const struct vocabulary config_gateway_words; /* ".NET", "Java" ... as in the file */

/* [Gateways] NAME=type,port,resource,path,JVM arguments,home,TLS server,TLS client,verify,shared
 * memory,log,allowed,connect timeout,start timeout */
struct config_gateway {
	const char *name;
	enum config_gateway_type type;
	const char *type_text;
	uint16_t port; /* 0: bad (reported) */
	const char *resource;
	const char *path; /* class path, version of .NET, path of Python; of Remote: "" */
	const char *address; /* of Remote: its host; else "": this host */
	const char *jvm_arguments;
	const char *home; /* JavaHome, or .NET's or Python's */
	const char *ssl_server, *ssl_client;
	const char *log;
	const char *allowed; /* client addresses; "": this host */
	struct location where;
	struct location port_where;
};

/* [Devices], [MagTapes], [ComPorts]: only what names a file of the host. */
struct config_device {
	const char *section;
	const char *name;
	const char *path; /* "/dev/st0" */
	struct location where;
};

/* [Archives] NAME=...: object storage that journals go to. */
struct config_archive {
	const char *name;
	const char *value; /* as written */
	struct location where;
};

/* [Actions] of a merge file: `CreateDatabase:Name=X,Directory=Y`. */
struct config_action {
	const char *operation; /* "CreateDatabase" */
	const char *properties; /* "Name=X,Directory=Y" */
	struct location where;
};

enum config_platform { CONFIG_PLATFORM_UNKNOWN, CONFIG_UNIX, CONFIG_WINDOWS };

#define CONFIG_LIST(type, name) \
	struct { \
		type *items; \
		size_t count; \
	} name

struct config {
	struct cpf *cpf; /* owned; everything below may point into it */
	/* [ConfigFile] Product; without it IRIS where the file has what only IRIS has (IRISSYS,
	 * [Gateways]), else Caché. */
	enum config_product product;
	unsigned int year, release; /* 2017 and 1 of Version=2017.1; 0: not known */
	enum config_platform platform; /* [config] overview, else the look of its directories */
	bool ensemble; /* has ENSLIB: Ensemble, HealthShare, IRIS with interoperability */
	struct config_value parameters[CONFIG_PARAMETER_MAX];
	CONFIG_LIST(struct config_database, databases);
	CONFIG_LIST(struct config_namespace, namespaces);
	CONFIG_LIST(struct config_ecp_server, ecp_servers);
	CONFIG_LIST(struct config_license_server, license_servers);
	CONFIG_LIST(struct config_mirror, mirrors);
	CONFIG_LIST(struct config_mirror_member, mirror_members);
	CONFIG_LIST(struct config_shadow, shadows);
	CONFIG_LIST(struct config_shadow_map, shadow_maps);
	CONFIG_LIST(struct config_gateway, gateways);
	CONFIG_LIST(struct config_device, devices);
	CONFIG_LIST(struct config_archive, archives);
	CONFIG_LIST(struct config_action, actions);
	struct config_pool *pool; /* what fields point into */
};

/*
 * The meaning of a cpf, which the config takes (also on failure). 0 or -ENOMEM; what is wrong in the
 * file is in the diagnostics: errors for values that are none, warnings for what names things that
 * do not exist, is overridden, belongs to Windows, or is no configuration in force.
 */
int config_decode(struct cpf *cpf, struct diagnostics *diagnostics, struct config **ret);

/* cpf_read_file() (cpf_read()) and then config_decode(): the errors of both. */
int config_read_file(const char *path, struct diagnostics *diagnostics, struct config **ret);
int config_read(const char *file, const char *text, size_t length, struct diagnostics *diagnostics,
		struct config **ret);

struct config *config_free(struct config *config);
DEFINE_CLEANUP(struct config *, config_free);
#define _cleanup_config_ _cleanup_(cleanup_config_free)

/* The value, where it may be used: state CONFIG_DEFAULT or CONFIG_GIVEN. */
static inline bool config_known(const struct config *config, enum config_parameter_id id)
{
	return config->parameters[id].state == CONFIG_DEFAULT ||
	       config->parameters[id].state == CONFIG_GIVEN;
}

/* A switch or number; 0 where it is not known. */
static inline uint32_t config_number(const struct config *config, enum config_parameter_id id)
{
	return config_known(config, id) ? config->parameters[id].number : 0;
}

/* A text; "" where it is not known. */
static inline const char *config_text(const struct config *config, enum config_parameter_id id)
{
	return config_known(config, id) ? config->parameters[id].text : "";
}

/* The part of a list of directories (CONFIG_KIND_PATHS) that begins at *at; false at its end. Begin with
 * *at 0. Parts that are empty are passed over. */
bool config_path(const char *paths, size_t *at, const char **ret_path, size_t *ret_length);

/* Is the address this host's by its looks: empty, a loopback address, `localhost`? */
bool config_address_local(const char *address);

/*
 * Is the private web server started: -1 the file does not say (an IRIS of 2023.2 and later has none
 * unless it was upgraded, so absence decides nothing).
 */
int config_private_web_server(const struct config *config);

/* The license server's UDP port where [LicenseServers] has no line: 4001, of IRIS 4002. */
uint16_t config_license_port(const struct config *config);

/* The name of a database, whatever the case; NULL: there is none. */
const struct config_database *config_database(const struct config *config, const char *name);

#endif
