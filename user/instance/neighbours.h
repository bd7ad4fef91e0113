/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands beside an instance and says with whom it talks: the Web Gateway's CSP.ini, ISCAgent's
 * and snmpd's configuration, and the arguments of the private web server and of language gateways.
 *
 * The readers take text (of any origin: broken text gives diagnostics, never an error but -ENOMEM)
 * and give rows with places; the *_file() ones a path: -errno, diagnosed, where it cannot be read.
 */
#ifndef CW_INSTANCE_NEIGHBOURS_H
#define CW_INSTANCE_NEIGHBOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/diagnostics.h"
#include "util/cleanup.h"

#define NEIGHBOUR_SIZE_MAX (4u << 20) /* bytes of one file */
#define NEIGHBOUR_ROWS_MAX 4096 /* servers, paths, sockets */

/* ---- CSP.ini ---- */

/* `[NAME]` with Ip_Address and TCP_Port: an instance that the gateway connects to. */
struct csp_server {
	char *name;
	char *address; /* "" not given: the gateway's default, this host */
	uint16_t port; /* 0: not given, or bad (reported) */
	bool enabled; /* [SYSTEM_INDEX] NAME=Enabled; true where the index does not say */
	bool indexed; /* the index has it */
	bool mirror_aware;
	bool ssl; /* Connection_Security_Level 10 */
	struct location where; /* of its heading */
	struct location address_where, port_where; /* .line 0: not given */
};

/* `[APP_PATH:/csp]`: which server a path goes to. */
struct csp_path {
	char *path;
	char *server; /* Default_Server; "" none */
	char *alternatives; /* Alternative_Servers and Alternative_Server_N as written, `;` between */
	bool enabled;
	struct location where;
};

struct csp {
	char *file;
	struct csp_server *servers; /* a section that begins again goes on, reported */
	size_t server_count;
	struct csp_path *paths;
	size_t path_count;
};

int csp_read(const char *file, const char *text, size_t length, struct diagnostics *diagnostics,
	     struct csp **ret);
int csp_read_file(const char *path, struct diagnostics *diagnostics, struct csp **ret);
struct csp *csp_free(struct csp *csp);
DEFINE_CLEANUP(struct csp *, csp_free);
#define _cleanup_csp_ _cleanup_(cleanup_csp_free)

/* ---- iscagent.conf ---- */

#define ISCAGENT_CONF "/etc/iscagent/iscagent.conf"
#define ISCAGENT_PORT 2188

struct iscagent {
	char *file;
	uint16_t port; /* application_server.port; ISCAGENT_PORT where it is not given; 0: bad */
	struct location port_where; /* .line 0: not given */
	char *interface; /* application_server.interface_address; "" or "*": all */
	struct location interface_where;
	char *user,
		*group; /* privileges.user, privileges.group (the first); "iscagent" by default */
	char *groups; /* privileges.group as written; "" not given */
	struct location user_where, group_where;
};

int iscagent_read(const char *file, const char *text, size_t length,
		  struct diagnostics *diagnostics, struct iscagent **ret);
int iscagent_read_file(const char *path, struct diagnostics *diagnostics, struct iscagent **ret);
struct iscagent *iscagent_free(struct iscagent *agent);
DEFINE_CLEANUP(struct iscagent *, iscagent_free);
#define _cleanup_iscagent_ _cleanup_(cleanup_iscagent_free)

/* ---- snmpd.conf ---- */

#define SNMPD_CONF "/etc/snmp/snmpd.conf"
#define AGENTX_PORT 705

enum agentx_transport { AGENTX_TCP, AGENTX_UDP, AGENTX_UNIX, AGENTX_OTHER };

struct agentx_socket {
	enum agentx_transport transport;
	char *address; /* host, or path of AGENTX_UNIX; "" all */
	uint16_t
		port; /* AGENTX_PORT where the file gives none; 0: AGENTX_UNIX, or bad (reported) */
	struct location where;
};

struct snmpd {
	char *file;
	bool master; /* `master agentx` */
	struct location master_where; /* .line 0: not given */
	struct agentx_socket *sockets; /* of agentXSocket; none: snmpd's default, a unix socket */
	size_t socket_count;
};

/* `includeFile` and `includeDir` are not followed but said, in a note. */
int snmpd_read(const char *file, const char *text, size_t length, struct diagnostics *diagnostics,
	       struct snmpd **ret);
int snmpd_read_file(const char *path, struct diagnostics *diagnostics, struct snmpd **ret);
struct snmpd *snmpd_free(struct snmpd *snmpd);
DEFINE_CLEANUP(struct snmpd *, snmpd_free);
#define _cleanup_snmpd_ _cleanup_(cleanup_snmpd_free)

/* ---- command lines ---- */

/*
 * argv as the kernel has it: length bytes, a NUL behind each argument (/proc/PID/cmdline). The
 * results are copies; nothing is trusted: a process writes its arguments as it likes, so these are
 * hints for an operator and never a rule by themselves.
 */

#define HTTPD_LISTENS_MAX 16

struct httpd_listen {
	char *address; /* "" all */
	uint16_t port;
};

/* `<dir>/httpd/bin/httpd -f CONF -d ROOT -c "Listen 57772"` */
struct httpd_arguments {
	char *executable; /* argv[0] */
	char *configuration; /* -f; "" none */
	char *root; /* -d; "" none */
	struct httpd_listen listens[HTTPD_LISTENS_MAX]; /* of each -c and -C "Listen ..." */
	size_t listen_count;
};

/* True: an httpd's (argv[0] ends in httpd or apache2). Else nothing is to be released. */
bool httpd_arguments_read(const char *argv, size_t length, struct httpd_arguments *ret);
void httpd_arguments_release(struct httpd_arguments *arguments);

/* `java ... com.intersystems.gateway.JavaGateway PORT "LOG" "HOST:INSTANCE:NAME" ADDRESS ""` */
struct java_arguments {
	char *executable; /* argv[0] */
	char *main_class; /* "com.intersystems.gateway.JavaGateway" */
	uint16_t port; /* 0: none that is one */
	char *log; /* "" none */
	/* Of the third argument; where it is not of that form, all of it is the name. */
	char *host, *instance, *name;
	char *address; /* that it listens on; "" not given */
};

/* True: a Java gateway's. */
bool java_arguments_read(const char *argv, size_t length, struct java_arguments *ret);
void java_arguments_release(struct java_arguments *arguments);

/* `<dir>/bin/clmanager 4001`: the license server's port (UDP); 0: not such a command line. */
uint16_t license_arguments_port(const char *argv, size_t length);

/* `<dir>/bin/cache -s<dir>/mgr -cj -p12 tag^ROUTINE` and its kin. */
struct database_arguments {
	char *executable; /* argv[0] */
	char *manager; /* -s: the manager's directory; "" none */
	char *namespace; /* -U; "" none */
	char *directory; /* -w; "" none */
	char *entry; /* `tag^ROUTINE` that it was started with; "" none */
	uint32_t parent_job; /* -p; 0 none */
	bool child_job; /* -cj: made by JOB */
	bool emergency; /* -B */
};

/* True: argv[0] ends in cache, irisdb or iriscp. */
bool database_arguments_read(const char *argv, size_t length, struct database_arguments *ret);
void database_arguments_release(struct database_arguments *arguments);

#endif
