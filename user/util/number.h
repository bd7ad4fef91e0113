/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as people mean them: the whole string, decimal digits only, within bounds. No sign, no
 * white space, no hexadecimal; "0010" is refused, for in YAML and in C it would mean 8.
 */
#ifndef CW_UTIL_NUMBER_H
#define CW_UTIL_NUMBER_H

#include <stdint.h>

/* 0; -EINVAL: not a number; -ERANGE: not between min and max. *ret is set on success only. */
int number_parse(const char *string, uint64_t min, uint64_t max, uint64_t *ret);

/* A span of time as `90`, `90s`, `10m`, `2h`, in seconds. Same errors. */
int number_parse_seconds(const char *string, uint64_t min, uint64_t max, uint64_t *ret);

/* A size as `4096`, `512K`, `16M`, `1G`, `2T`, in bytes (1K is 1024). Same errors. */
int number_parse_size(const char *string, uint64_t min, uint64_t max, uint64_t *ret);

#endif
