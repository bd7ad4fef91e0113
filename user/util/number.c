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

struct unit {
	const char *suffix;
	uint64_t worth;
};

static int number_with_unit(const char *string, const struct unit *units, size_t count,
			    uint64_t *ret)
{
	const char *end;
	uint64_t value;
	int r = number_digits(string, &end, &value);

	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(end, units[i].suffix) != 0)
			continue;
		return __builtin_mul_overflow(value, units[i].worth, ret) ? -ERANGE : 0;
	}
	return -EINVAL;
}

int number_parse_seconds(const char *string, uint64_t min, uint64_t max, uint64_t *ret)
{
	static const struct unit units[] = {
		{ "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 },
	};
	uint64_t value;
	int r = number_with_unit(string, units, sizeof(units) / sizeof(units[0]), &value);

	return r ? r : number_bounded(value, min, max, ret);
}

int number_parse_size(const char *string, uint64_t min, uint64_t max, uint64_t *ret)
{
	static const struct unit units[] = {
		{ "", 1 },	     { "K", 1ull << 10 }, { "M", 1ull << 20 },
		{ "G", 1ull << 30 }, { "T", 1ull << 40 },
	};
	uint64_t value;
	int r = number_with_unit(string, units, sizeof(units) / sizeof(units[0]), &value);

	return r ? r : number_bounded(value, min, max, ret);
}
