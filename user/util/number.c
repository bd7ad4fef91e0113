/* SPDX-License-Identifier: GPL-2.0-only */
#include "util/number.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* The leading digits of string; *ret_end is set behind them. */
static int number_digits(const char *string, const char **ret_end, uint64_t *ret)
{
	const char *digit = string;
	uint64_t value = 0;

	if (*digit < '0' || *digit > '9' || (digit[0] == '0' && digit[1] >= '0' && digit[1] <= '9'))
		return -EINVAL;
	for (; *digit >= '0' && *digit <= '9'; digit++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*digit - '0'), &value))
			return -ERANGE;
	}
	*ret_end = digit;
	*ret = value;
	return 0;
}

static int number_bounded(uint64_t value, uint64_t min, uint64_t max, uint64_t *ret)
{
	if (value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int number_parse(const char *string, uint64_t min, uint64_t max, uint64_t *ret)
{
	const char *end;
	uint64_t value;
	int r = number_digits(string, &end, &value);

	if (r)
		return r;
	if (*end)
		return -EINVAL;
	return number_bounded(value, min, max, ret);
}

int number_parse_seconds(const char *string, uint64_t min, uint64_t max, uint64_t *ret)
{
	static const struct {
		const char *suffix;
		uint64_t seconds;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	const char *end;
	uint64_t value;
	int r = number_digits(string, &end, &value);

	if (r)
		return r;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].suffix) != 0)
			continue;
		if (__builtin_mul_overflow(value, units[i].seconds, &value))
			return -ERANGE;
		return number_bounded(value, min, max, ret);
	}
	return -EINVAL;
}
