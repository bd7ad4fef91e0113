/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/words.h"

#include <linux/fsverity.h>
#include <sys/socket.h>

#include "abi.h"
#include "policy/model.h"

#define VOCABULARY(name, size, ...) \
	static const char *const name##_table[] = { __VA_ARGS__ }; \
	_Static_assert(sizeof(name##_table) / sizeof(name##_table[0]) == (size), #name); \
	const struct vocabulary name = { name##_table, size }

VOCABULARY(words_operation,
	   CW_OPERATION_MAX, [CW_OPERATION_EXEC] = "exec", [CW_OPERATION_LIBRARY] = "library",
	   [CW_OPERATION_SOCKET] = "socket", [CW_OPERATION_CONNECT] = "connect",
	   [CW_OPERATION_SEND] = "send", [CW_OPERATION_BIND] = "bind",
	   [CW_OPERATION_LISTEN] = "listen", [CW_OPERATION_RECEIVE] = "receive");

VOCABULARY(words_told, CW_OPERATIONS_TOLD, [CW_OPERATION_EXEC] = "exec",
	   [CW_OPERATION_LIBRARY] = "library", [CW_OPERATION_SOCKET] = "socket",
	   [CW_OPERATION_CONNECT] = "connect", [CW_OPERATION_SEND] = "send",
	   [CW_OPERATION_BIND] = "bind", [CW_OPERATION_LISTEN] = "listen",
	   [CW_OPERATION_RECEIVE] = "receive", [CW_OPERATION_TAMPER] = "tamper");

VOCABULARY(words_class, CW_CLASS_MAX, [CW_CLASS_EXEC] = "exec", [CW_CLASS_BIND] = "bind",
	   [CW_CLASS_CONNECT] = "connect", [CW_CLASS_LIBRARY] = "library",
	   [CW_CLASS_SOCKETS] = "sockets");

VOCABULARY(words_verdict, CW_VERDICT_MAX, [CW_VERDICT_ALLOW] = "allow",
	   [CW_VERDICT_AUDIT] = "audit", [CW_VERDICT_DENY] = "deny");

VOCABULARY(words_effect, CW_EFFECT_MAX, [CW_EFFECT_NONE] = "none", [CW_EFFECT_REFUSED] = "refused",
	   [CW_EFFECT_KILLED] = "killed");

VOCABULARY(words_mode, CW_MODE_MAX, [CW_MODE_OFF] = "off", [CW_MODE_AUDIT] = "audit",
	   [CW_MODE_ENFORCE] = "enforce");

VOCABULARY(words_reason, CW_REASON_MAX, [CW_REASON_RULE] = "rule", [CW_REASON_NO_RULE] = "no-rule",
	   [CW_REASON_GUARD] = "guard", [CW_REASON_TAMPERED] = "tampered",
	   [CW_REASON_UNTRUSTED_LIBRARY] = "untrusted-library",
	   [CW_REASON_UNRESOLVED] = "unresolved", [CW_REASON_PROTECTED] = "protected",
	   [CW_REASON_OUTSIDE] = "outside", [CW_REASON_TRACER] = "tracer");

VOCABULARY(words_backend, CW_BACKEND_MAX, [CW_BACKEND_LSM] = "lsm",
	   [CW_BACKEND_FMOD_RET] = "fmod_ret", [CW_BACKEND_CGROUP] = "cgroup");

VOCABULARY(words_protocol, CW_PROTOCOL_MAX, [CW_PROTOCOL_TCP] = "tcp", [CW_PROTOCOL_UDP] = "udp",
	   [CW_PROTOCOL_SCTP] = "sctp", [CW_PROTOCOL_OTHER] = "other");

VOCABULARY(words_fault,
	   CW_FAULT_MAX, [CW_FAULT_LABEL_FULL] = "label-full", [CW_FAULT_NO_IMAGE] = "no-image",
	   [CW_FAULT_BAD_ADDRESS] = "bad-address", [CW_FAULT_NO_FILE] = "no-file",
	   [CW_FAULT_NO_SOCKET] = "no-socket", [CW_FAULT_KILL] = "kill-failed",
	   [CW_FAULT_CTIME_LAYOUT] = "ctime-layout", [CW_FAULT_SKIPPED] = "skipped");

VOCABULARY(words_family, CW_FAMILIES_MAX, [AF_UNIX] = "unix", [AF_INET] = "inet",
	   [AF_AX25] = "ax25", [AF_IPX] = "ipx", [AF_APPLETALK] = "appletalk", [AF_X25] = "x25",
	   [AF_INET6] = "inet6", [AF_KEY] = "key", [AF_NETLINK] = "netlink", [AF_PACKET] = "packet",
	   [AF_RDS] = "rds", [AF_LLC] = "llc", [AF_CAN] = "can", [AF_TIPC] = "tipc",
	   [AF_BLUETOOTH] = "bluetooth", [AF_ALG] = "alg", [AF_NFC] = "nfc", [AF_VSOCK] = "vsock",
	   [AF_KCM] = "kcm", [AF_QIPCRTR] = "qipcrtr", [AF_SMC] = "smc", [AF_XDP] = "xdp",
	   [CW_FAMILIES_MAX - 1] = NULL);

VOCABULARY(words_socket_type, 11, [SOCK_STREAM] = "stream", [SOCK_DGRAM] = "dgram",
	   [SOCK_RAW] = "raw", [SOCK_RDM] = "rdm", [SOCK_SEQPACKET] = "seqpacket",
	   [SOCK_DCCP] = "dccp", [SOCK_PACKET] = "packet");

VOCABULARY(words_on_stop, ON_STOP_MAX, "keep", "release");

VOCABULARY(words_verity, FS_VERITY_HASH_ALG_SHA512 + 1, [FS_VERITY_HASH_ALG_SHA256] = "sha256",
	   [FS_VERITY_HASH_ALG_SHA512] = "sha512");
