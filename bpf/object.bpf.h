/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * On what: the identity of a file, the address a socket call will really use.
 */
#ifndef CW_OBJECT_BPF_H
#define CW_OBJECT_BPF_H

#include <bpf/bpf_endian.h>

#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "address.h"
#include "decide.h"

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET CW_AF_INET
#define AF_INET6 CW_AF_INET6
#define AF_SMC 43
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_DCCP 33
#define IPPROTO_ICMPV6 58
#define IPPROTO_SCTP 132
#define IPPROTO_UDPLITE 136
#define IPPROTO_SMC 256
#define SOCK_BINDPORT_LOCK 8 /* sk_userlocks: the port was asked for by number */
#define TCP_ESTABLISHED 1
#define TCP_LISTEN 10
#define TCP_CLOSE 7
#define FUSE_SUPER_MAGIC 0x65735546

/* ------------------------------------------------------------------ files */

/* False: it is no entry. True of a few others as well. */
static __always_inline bool file_may_be_entry(struct file *file)
{
	__u32 bit = CW_ENTRY_BIT(file->f_inode->i_ino);

	return entry_files[bit / 64 & (CW_ENTRY_WORDS - 1)] >> (bit & 63) & 1;
}

/* Which file, and which version of it: key, size and ctime of the identity, or its status. */
static __always_inline void inode_version(int how, struct inode *inode, struct cw_identity *ret)
{
	struct super_block *super;

	ret->status = 0;
	if (cw_rarely(!inode)) {
		ret->key = (struct cw_file_key){};
		ret->status = 2; /* ENOENT */
		return;
	}
	super = how ? cw_read(how, inode, i_sb) : kernel_through(inode, inode)->i_sb;
	ret->key = (struct cw_file_key){ .inode = cw_read(how, inode, i_ino),
					 .device = cw_read(how, super, s_dev) };
	ret->size = cw_read(how, inode, i_size);
	if (!kernel_ctime(how, inode, &ret->ctime_seconds, &ret->ctime_nanoseconds)) {
		fault(CW_FAULT_CTIME_LAYOUT);
		ret->status = 95; /* EOPNOTSUPP */
	}
}

/* Its inode, or NULL. */
static __always_inline struct inode *file_version(int how, struct file *file,
						  struct cw_identity *ret)
{
	struct inode *inode = cw_read(how, file, f_inode);

	inode_version(how, inode, ret);
	return inode;
}

#define SB_NOUSER_BIT 31

/*
 * How many names it has; 0 as well for a file of the kernel's own making, in a file system that nobody can mount:
 * a ring, a buffer of a device, a memfd. Of these mode and owner say nothing of who wrote what is in them.
 */
static __always_inline __u32 file_links(int how, struct inode *inode)
{
	struct super_block *super = cw_read(how, inode, i_sb);
	__u32 own = cw_read(how, super, s_flags) >> SB_NOUSER_BIT & 1;

	return cw_read(how, inode, i_nlink) & (own - 1);
}

/* Whose it is: what a record tells of a file beside its version. */
static __always_inline void inode_owner(int how, struct inode *inode, struct cw_identity *ret)
{
	ret->uid = inode ? cw_read(how, inode, i_uid.val) : 0;
	ret->mode = inode ? cw_read(how, inode, i_mode) : 0;
}

/* Fills all of the identity, or sets its status. */
static __always_inline void file_identity(int how, struct file *file, struct cw_identity *ret)
{
	struct inode *inode = file_version(how, file, ret);

	if (!inode)
		return;
	inode_owner(how, inode, ret);
	ret->gid = cw_read(how, inode, i_gid.val);
	ret->links = file_links(how, inode);
}

/*
 * All ones where whose the file is was said by somebody who need not be root: by a FUSE daemon, or by what was
 * mounted in a user namespace. (virtiofs, whose host says it, has another name.)
 */
static __always_inline __u64 file_claimed(struct file *file)
{
	struct super_block *super = file->f_inode->i_sb;
	__u64 claimed = ~cw_mask_equal(super->s_user_ns->level, 0);

	if (super->s_magic == FUSE_SUPER_MAGIC) {
		__u64 at = 0; /* one for all: the stack has no room for each */
		__u32 start = 0;

		bpf_core_read(&at, sizeof(at), &super->s_type);
		bpf_core_read(&at, sizeof(at), &((struct file_system_type *)at)->name);
		bpf_probe_read_kernel(&start, sizeof(start), (void *)at);
		claimed |= cw_mask_equal(start, bpf_htonl(0x66757365));
	}
	return claimed;
}

#define SB_KERNMOUNT (1ul << 22) /* include/linux/fs.h; at this bit since 2.6 */

/*
 * Memory that the kernel keeps as a file, which no name leads to: of memfd_create(), MAP_SHARED, huge pages. All have
 * mode 0777, and only who is handed them can write. Not that of shmget(): others find it by its key.
 */
static __always_inline bool file_is_memory(struct file *file)
{
	struct inode *inode = file->f_inode;
	__u64 at = 0;
	__u32 start = 0;

	if (inode->i_nlink || !(inode->i_sb->s_flags & SB_KERNMOUNT))
		return false;
	bpf_core_read(&at, sizeof(at), &file->f_path.dentry);
	bpf_core_read(&at, sizeof(at), &((struct dentry *)at)->d_name.name);
	bpf_probe_read_kernel(&start, sizeof(start), (void *)at);
	return start != bpf_htonl(0x53595356); /* SYSV */
}

/* What a policy knows of a file; *ret_state says whether it is still what was admitted. */
static __always_inline const struct cw_file *file_find(const struct cw_identity *identity,
						       __u8 *ret_state)
{
	const struct cw_file *file;

	*ret_state = CW_FILE_STATE_UNKNOWN;
	if (identity->status)
		return NULL;
	file = bpf_map_lookup_elem(&files, &identity->key);
	if (!file)
		return NULL;
	*ret_state = CW_FILE_STATE_TAMPERED;
	if (file->admitted && file->ctime_seconds == identity->ctime_seconds &&
	    file->ctime_nanoseconds == identity->ctime_nanoseconds && file->size == identity->size)
		*ret_state = CW_FILE_STATE_ADMITTED;
	return file;
}

/* The number that a policy knows a file of this identity by, and whether it is still what was admitted. */
static __always_inline __u32 file_known(const struct cw_identity *identity, __u8 *ret_state)
{
	const struct cw_file *known = file_find(identity, ret_state);

	return known ? known->file : CW_FILE_UNKNOWN;
}

static __always_inline __u32 file_number(int how, struct file *file, struct cw_identity *ret,
					 __u8 *ret_state)
{
	file_version(how, file, ret);
	return file_known(ret, ret_state);
}

/* ------------------------------------------------------------------ sockets */

/* MPTCP and SMC speak TCP to the peer, UDP-Lite is UDP with a shorter checksum. */
static __always_inline __u8 socket_protocol(__u32 protocol)
{
	if (protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE)
		return CW_PROTOCOL_UDP;
	if (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP || protocol == IPPROTO_SMC)
		return CW_PROTOCOL_TCP;
	if (protocol == IPPROTO_SCTP)
		return CW_PROTOCOL_SCTP;
	return CW_PROTOCOL_OTHER;
}

/* False: it has none, whatever the caller wrote where others have one. */
static __always_inline bool socket_has_ports(__u32 type, __u32 protocol)
{
	return type != SOCK_RAW &&
	       (socket_protocol(protocol) != CW_PROTOCOL_OTHER || protocol == IPPROTO_DCCP);
}

static __always_inline bool family_is_inet(__u32 family)
{
	return family == AF_INET || family == AF_INET6;
}

/* What the judging of an address needs of its socket. */
struct socket_facts {
	__u32 family;
	__u32 type;
	__u32 protocol;
};

/* A socket of SMC's own family is a TCP socket to who asks for an address, and to whoever is reached. */
static __always_inline void socket_facts_speak(struct socket_facts *facts)
{
	__u32 smc = cw_one_equal(facts->family, AF_SMC);

	facts->family ^= (AF_SMC ^ AF_INET) * smc;
	facts->protocol ^= (facts->protocol ^ IPPROTO_SMC) * smc;
}

#define socket_facts_read(how, sock) \
	{ \
		.family = cw_read(how, sock, __sk_common.skc_family), \
		.type = cw_read(how, sock, sk_type), .protocol = cw_read(how, sock, sk_protocol) \
	}

/* The family that AF_UNSPEC is taken for, itself where such an address is none: by bind and by sends of an IPv4
 * socket; by sends of an IPv6 one that is not UDP's, to which it may mean "no address"; in connect it disconnects. */
static __always_inline __u32 unspecified_family(__u32 operation, const struct socket_facts *facts)
{
	if (operation == CW_OPERATION_CONNECT)
		return AF_UNSPEC;
	if (facts->family == AF_INET)
		return AF_INET;
	return operation == CW_OPERATION_SEND &&
			       (facts->type == SOCK_RAW ||
				socket_protocol(facts->protocol) != CW_PROTOCOL_UDP)
		       ? AF_INET6
		       : AF_UNSPEC;
}

struct raw_address {
	__u16 family;
	__u16 port; /* network byte order */
	__u32 v4; /* sockaddr_in: address; sockaddr_in6: flow label, and 16 bytes of address behind */
};

enum address_found {
	ADDRESS_FOUND,
	ADDRESS_NONE, /* the call names no peer: AF_UNSPEC where that means "disconnect" or "no change" */
	ADDRESS_BAD, /* the kernel will refuse it */
	ADDRESS_ASK, /* the socket must be asked, and was not given */
};

static __always_inline bool address_is_mapped(const struct in6_addr *address)
{
	struct in6_addr read;

	bpf_core_read(&read, sizeof(read), address);
	return !read.in6_u.u6_addr32[0] && !read.in6_u.u6_addr32[1] &&
	       read.in6_u.u6_addr32[2] == bpf_htonl(0xffff);
}

/*
 * Is a datagram of this IPv6 socket that says AF_UNSPEC one without an address? As long as the socket stays what it is:
 * while it is connected to a mapped address, another thread can make it one of IPv4, to which AF_UNSPEC is as good
 * as AF_INET. Unless it is connected to IPv6 the kernel would refuse the datagram, or take the address.
 */
static __always_inline bool socket_sends_to_v6(struct sock *sock)
{
	return BPF_CORE_READ(sock, __sk_common.skc_state) == TCP_ESTABLISHED &&
	       !address_is_mapped(&sock->__sk_common.skc_v6_daddr);
}

/* Read a socket address as the kernel will. sock: whose, as a number, where that is needed; 0: see ADDRESS_ASK. */
static __always_inline enum address_found socket_address(const void *address, int length,
							 __u32 operation,
							 const struct socket_facts *facts,
							 __u64 sock, struct cw_request *request)
{
	struct raw_address raw;
	__u32 v6[4];
	__u16 family;

	if (length < 2 || bpf_probe_read_kernel(&raw, sizeof(raw), address))
		return ADDRESS_BAD;
	family = raw.family;
	if (family == AF_UNSPEC) {
		family = unspecified_family(operation, facts);
		if (family == AF_UNSPEC && operation == CW_OPERATION_SEND && raw.port) {
			if (!sock)
				return ADDRESS_ASK;
			family = socket_sends_to_v6((struct sock *)sock) ? AF_UNSPEC : AF_INET;
		}
		if (family == AF_UNSPEC)
			return ADDRESS_NONE;
	}
	request->port = bpf_ntohs(raw.port);
	if (family == AF_INET) {
		if (length < 8)
			return ADDRESS_BAD;
		cw_address_v4(request, bpf_ntohl(raw.v4));
		return ADDRESS_FOUND;
	}
	if (family != AF_INET6 || length < 24 ||
	    bpf_probe_read_kernel(v6, sizeof(v6), address + sizeof(raw)))
		return ADDRESS_BAD;
	cw_address_v6(request, (__u64)bpf_ntohl(v6[0]) << 32 | bpf_ntohl(v6[1]),
		      (__u64)bpf_ntohl(v6[2]) << 32 | bpf_ntohl(v6[3]));
	return ADDRESS_FOUND;
}

#define THIS_HOST_V6 1 /* it was called :: */
#define THIS_HOST_CONTROLS \
	2 /* by a message with control data, which may name a source or an interface */

/*
 * Which address of this host the kernel takes 0.0.0.0 or :: for, as cw_address_of_this_host() wants it: that which the
 * socket has, or the loopback's; and one of an interface's, if the socket or the message names one. SCTP's sockets
 * have several. sock: as a number; source: of the message, 0: it names none that is known here.
 */
__attribute__((noinline)) __u32 address_this_host(__u64 sock, __u32 how, __u32 source)
{
	struct sock *outer = (struct sock *)sock;
	struct inet_sock *inet = (struct inet_sock *)outer;
	__u32 family = BPF_CORE_READ(outer, __sk_common.skc_family);
	__u32 protocol = BPF_CORE_READ(outer, sk_protocol);
	__u32 type = BPF_CORE_READ(outer, sk_type);
	__u32 own, interfaces;

	/* Of these another socket connects. */
	if (family == AF_SMC || protocol == IPPROTO_SMC)
		inet = (struct inet_sock *)kernel_smc_spoken(outer);
	else if (protocol == IPPROTO_MPTCP)
		inet = (struct inet_sock *)kernel_bound_sock(outer);
	if (!inet)
		return 0;
	if (how & THIS_HOST_V6)
		return address_is_mapped(&inet->sk.__sk_common.skc_v6_rcv_saddr) ? CW_LOOPBACK_V4
										 : 0;
	own = source ? source : bpf_ntohl(BPF_CORE_READ(inet, inet_saddr));
	if (how & THIS_HOST_CONTROLS || (own && protocol == IPPROTO_SCTP))
		return 0;
	if (own)
		return own;
	/* Which may be that of the outer one by then. */
	interfaces = BPF_CORE_READ(inet, sk.__sk_common.skc_bound_dev_if) |
		     BPF_CORE_READ(outer, __sk_common.skc_bound_dev_if);
	if (type == SOCK_DGRAM || type == SOCK_RAW)
		interfaces |= BPF_CORE_READ(inet, uc_index);
	return interfaces ? 0 : CW_LOOPBACK_V4;
}

#endif
