/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of bpf/abi.h's enumerations, as policies, events and commands spell them. */
#ifndef CW_POLICY_WORDS_H
#define CW_POLICY_WORDS_H

#include "util/vocabulary.h"

extern const struct vocabulary words_operation; /* enum cw_operation */
extern const struct vocabulary words_told; /* … and those that no policy speaks of */
extern const struct vocabulary words_class; /* enum cw_class */
extern const struct vocabulary words_verdict;
extern const struct vocabulary words_effect;
extern const struct vocabulary words_mode;
extern const struct vocabulary words_reason;
extern const struct vocabulary words_backend;
extern const struct vocabulary words_protocol;
extern const struct vocabulary words_fault;
extern const struct vocabulary words_family; /* AF_* of linux/socket.h, below CW_FAMILIES_MAX */
extern const struct vocabulary words_socket_type; /* SOCK_* */
extern const struct vocabulary words_verity; /* algorithms of struct verity_digest */
extern const struct vocabulary words_on_stop; /* of struct policy */

#endif
