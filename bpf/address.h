/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses as the kernel will use them, for the hooks and for `policy test` alike: an IPv4-mapped
 * IPv6 address is an IPv4 address, and connecting to 0.0.0.0 or :: is connecting to this host.
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

/* The two halves of an IPv6 address in host byte order. */
cw_inline void cw_address_v6(struct cw_request *request, __u64 high, __u64 low)
{
	if (high == 0 && low >> 32 == 0xffff) {
		cw_address_v4(request, (__u32)low);
		return;
	}
	request->family = CW_AF_INET6;
	request->high = high;
	request->low = low;
}

/* For a peer, not for a bind: the unspecified address means this host. */
cw_inline void cw_address_peer(struct cw_request *request)
{
	if (request->high || request->low)
		return;
	if (request->family == CW_AF_INET)
		request->high = 0x7f000001;
	else
		request->low = 1;
}

#endif
