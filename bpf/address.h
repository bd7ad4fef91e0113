/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses as the kernel will use them, for the hooks and for `policy test` alike: an IPv4-mapped
 * IPv6 address is an IPv4 address, and connecting to 0.0.0.0 or :: is connecting to this host: to the address that the
 * socket has, or by the loopback.
 */
#ifndef CW_ADDRESS_H
#define CW_ADDRESS_H

#include "decide.h"

/* address in host byte order */
cw_inline void cw_address_v4(struct cw_request *request, __u32 address)
{
	request->family = CW_AF_INET;
	request->high = address;
	request->low = 0;
}

/* The two halves of an IPv6 address in host byte order. By masks, here and below: whatever is a branch
 * here, the verifier walks the whole decision behind it once more for. */
cw_inline void cw_address_v6(struct cw_request *request, __u64 high, __u64 low)
{
	__u64 mapped = cw_mask_equal(high, 0) & cw_mask_equal(low >> 32, 0xffff);

	request->family = CW_AF_INET6 ^ ((CW_AF_INET6 ^ CW_AF_INET) & mapped);
	request->high = (high & ~mapped) | ((__u32)low & mapped);
	request->low = low & ~mapped;
}

#define CW_LOOPBACK_V4 0x7f000001

/* 0.0.0.0 or :: */
cw_inline int cw_address_unspecified(const struct cw_request *request)
{
	return !(request->high | request->low);
}

/*
 * For a peer, not for a bind: the unspecified address is one of this host's. v4: which, in host byte order. 0 says of ::
 * that it is ::1; and of 0.0.0.0 that nobody can tell which, it then stays what it is.
 */
cw_inline void cw_address_of_this_host(struct cw_request *request, __u32 v4)
{
	__u64 ours = ~cw_mask_equal(v4, 0) | cw_mask_equal(request->family, CW_AF_INET);

	request->family = CW_AF_INET6 ^ ((CW_AF_INET6 ^ CW_AF_INET) & ours);
	request->high = v4;
	request->low = 1 & ~ours;
}

#endif
