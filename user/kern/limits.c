/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a backend does not catch by its nature: no hook that it has, or that there is, would see it. The
 * evasion suite tries each way round and excuses what is not caught by this table alone; doctor prints it.
 */
#include "kern/kern.h"
#include "util/cleanup.h"

#define CGROUP (1u << CW_BACKEND_CGROUP)
#define EVERY ((1u << CW_BACKEND_MAX) - 1)

#define TRACED "to trace every system call for it would slow the whole host"

static const struct kern_limit limits[] = {
	{ "library", CGROUP, "what is mapped as code: libraries, LD_PRELOAD, memory without a file",
	  "no cgroup program sees a mapping; " TRACED },
	{ "receive", CGROUP, "sockets received from other processes, or taken out of them",
	  "no cgroup program sees a descriptor arrive; " TRACED },
	{ "families", CGROUP,
	  "packet, vsock, Unix and other sockets that are neither inet nor inet6",
	  "cgroup programs see sockets of these two families alone" },
	{ "unseen-guards", CGROUP,
	  "a guarded port that somebody outside takes or reaches by SCTP, or connects to by "
	  "UDP-Lite",
	  "cgroup programs see no address of these; of governed processes the socket is refused" },
	{ "routes", CGROUP,
	  "IP source routes and IPv6 routing headers: to whom a packet goes first",
	  "connect and sendmsg programs see neither a socket's options nor control data" },
	{ "reach", CGROUP, "ptrace, process_vm_writev, /proc/PID/mem",
	  "no cgroup program sees who reaches into a process; " TRACED },
	{ "nested-scripts", CGROUP,
	  "a script that a guard keeps, which somebody executes as the interpreter of another",
	  "when the exec is judged, what led from the first script to its program is not told "
	  "apart" },
	{ "covered-scripts", EVERY,
	  "an entry script whose interpreter is a script too, of which somebody outside puts "
	  "another in the place, read by the same program",
	  "of an exec from outside the script and the program are compared, and not what is "
	  "between" },
	{ "interpreters", EVERY,
	  "a script that an allowed interpreter reads (`sh SCRIPT`), or finds under the name of "
	  "the "
	  "one that it was started for",
	  "it is read as data; say `by` in rules that allow an interpreter" },
	{ "loaders", EVERY,
	  "a trusted program that is mounted in the place of an allowed one's dynamic loader by "
	  "who executes that",
	  "the kernel maps a loader as it does any library; take user namespaces from them" },
	{ "entry-scripts", EVERY,
	  "a script that is an entry and ran before its policy was in force, or whose start "
	  "closes more than 250 files",
	  "only its interpreter is left to be seen: start it again" },
	{ "binfmt", CGROUP,
	  "a script that binfmt_misc is told to run in the place of a listed program",
	  "no cgroup program sees a file opened; " TRACED },
	{ "copies", EVERY,
	  "a program that a guard keeps, run by ld.so or as a copy by somebody who may read it",
	  "it is read as data; take the right to read it from them" },
	{ "access-lists", EVERY,
	  "a library that a group of `trust_groups` may write, and others by its access list",
	  "its mode says that some may write, and not who; the kernel need not have read the "
	  "list" },
	{ "heap", EVERY, "a heap that is executable by the personality READ_IMPLIES_EXEC",
	  "the kernel asks nobody when the heap grows" },
	{ "remapped", EVERY,
	  "what remap_file_pages maps anew, executable by the personality READ_IMPLIES_EXEC",
	  "older kernels ask nobody there (5.10.223 does not, 6.1.176 does)", true },
	{ "filled", EVERY, "a trusted file on a tmpfs whose pages its mapper gives by userfaultfd",
	  "the kernel asks nobody when it is given a page" },
	{ "given-ports", EVERY,
	  "a guarded port that the kernel gives to somebody who asked for no number",
	  "when it is asked for one, nobody knows which; list it in "
	  "net.ipv4.ip_local_reserved_ports" },
	{ "rxrpc", EVERY, "a guarded UDP port that a socket of RxRPC takes",
	  "the kernel binds it, and not the process; few kernels have it" },
	{ "sent-ports", EVERY, "a UDP port that the kernel gives to a socket which sends",
	  "nothing is bound by a call; what is sent is judged" },
	{ "shared-sockets", EVERY,
	  "what somebody outside does to a socket that a governed process has from him: connect "
	  "it, give it a source route",
	  "each call is judged as that of who makes it" },
	{ "ended", CGROUP,
	  "listening on a socket that a process shares with the one that is ended for it",
	  "a process is ended, what it did is not undone" },
	{ "mapped-pins", EVERY,
	  "a file pinned by `sha256` that a group may write, written through a mapping of before "
	  "it was hashed",
	  "the kernel notes no change then; pin it by `verity`" },
	{ "held-open", EVERY, "a library of root's that a process was handed open for writing",
	  "whose a file is says who may open it" },
	{ "further-messages", EVERY,
	  "of a further message to the same address in one sendmmsg: a source route; the source or "
	  "interface that makes another address of 0.0.0.0; another peer of an SCTP socket",
	  "the kernel asks about the first of them alone" },
	{ "rings", EVERY,
	  "sockets within an io_uring ring that somebody outside leaves or lends to a process",
	  "of what is registered with a ring the kernel tells nobody" },
	{ "packets", EVERY,
	  "what somebody outside sends to a guarded port in packets that he makes himself",
	  "a raw or packet socket names no port; who has one has CAP_NET_RAW" },
	{ "raced-sockets", EVERY,
	  "where a datagram to 0.0.0.0, or to an address that says AF_UNSPEC, goes from a socket "
	  "that "
	  "another thread binds or connects in that moment",
	  "the kernel asks before it locks the socket" },
	{ "accepted-sockets", EVERY,
	  "a connection that is handed over or inherited, by `connect`, where `bind` is off: it "
	  "may "
	  "have been accepted",
	  "the kernel does not keep which side began it" },
	{ "subvolumes", EVERY,
	  "which of two files in subvolumes of one btrfs a policy means, if both have one inode "
	  "number: the other is one that was changed, and is refused",
	  "the device number that programs can read is the whole file system's" },
	{ "named-interfaces", CGROUP,
	  "which address of this host a datagram to 0.0.0.0 goes to, where its control data names "
	  "an interface",
	  "sendmsg programs see no control data: it is judged as one to 127.0.0.1" },
	{ "sources", EVERY, "which address of this host a datagram says it comes from (IP_PKTINFO)",
	  "`bind` judges where a socket receives" },
	{ "kernel", EVERY,
	  "what the kernel itself sends or runs: NAT, tunnels, TUN devices, network file systems, "
	  "further paths of MPTCP; core_pattern and other helpers",
	  "no process calls there; who sets it up has CAP_NET_ADMIN or CAP_SYS_ADMIN" },
	{ "handing-over", EVERY, "work that systemd, cron or at does for a process",
	  "they are no descendants; leave `unix` out of `sockets`, and their programs out of "
	  "`exec`" },
};

const struct kern_limit *kern_limits(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(limits);
	return limits;
}
