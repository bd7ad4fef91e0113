/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters as they are given: criteria by name, their values checked, everything bounded, for the other
 * end of the socket sends them too. Evaluation is in match.c.
 */
#include "event/filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "policy/words.h"
#include "util/cleanup.h"
#include "util/number.h"

#define MAPPED_BITS 96 /* of ::ffff:0:0/96 */

static const uint8_t mapped_prefix[MAPPED_BITS / 8] = { [10] = 0xff, [11] = 0xff };

const struct filter_option filter_options[FILTER_CRITERION_MAX] = {
#define FILTER_OPTION(id, name, argument, help) [FILTER_##id] = { name, argument, help },
	FILTER_CRITERIA(FILTER_OPTION)
#undef FILTER_OPTION
};

void filter_release(struct filter *filter)
{
	for (size_t i = 0; i < filter->count; i++)
		free(filter->values[i].string);
	free(filter->values);
	*filter = (struct filter){ 0 };
}

/* What went wrong, as a sentence; returns error. */
static int filter_error(char **reterr_message, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int filter_error(char **reterr_message, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vasprintf(reterr_message, format, args) < 0)
		*reterr_message = NULL;
	va_end(args);
	return error;
}

static struct filter_value *filter_append(struct filter *filter, enum filter_criterion criterion)
{
	struct filter_value *values = reallocarray(filter->values, filter->count + 1,
						   sizeof(*values));

	if (!values)
		return NULL;
	filter->values = values;
	values[filter->count] = (struct filter_value){ .criterion = criterion };
	return &values[filter->count++];
}

static int add_word(uint32_t *mask, const struct vocabulary *words, const char *what,
		    const char *item, char **reterr_message)
{
	int value = vocabulary_value(words, item, strlen(item));
	const char *nearest;

	if (value >= 0) {
		*mask |= 1u << value;
		return 0;
	}
	nearest = vocabulary_nearest(words, item);
	return filter_error(reterr_message, -EINVAL, "no such %s: '%s'%s%s%s", what, item,
			    nearest ? " (did you mean " : "", nearest ? nearest : "",
			    nearest ? "?)" : "");
}

/* `N` or `N-N`. */
static int add_range(struct filter *filter, enum filter_criterion criterion, char *item,
		     uint32_t max, char **reterr_message)
{
	char *dash = strchr(item, '-');
	struct filter_value *value;
	uint64_t low, high;
	int r;

	if (dash)
		*dash++ = '\0';
	r = number_parse(item, 0, max, &low);
	if (r == 0)
		r = number_parse(dash ? dash : item, low, max, &high);
	if (r)
		return filter_error(reterr_message, -EINVAL,
				    "%s '%s%s%s' is not a number or range up to %u",
				    filter_options[criterion].name, item, dash ? "-" : "",
				    dash ? dash : "", max);
	value = filter_append(filter, criterion);
	if (!value)
		return -ENOMEM;
	value->range.low = (uint32_t)low;
	value->range.high = (uint32_t)high;
	return 0;
}

/* A mapped address is judged, and so recorded, as the IPv4 address that it is. False: of a wider prefix only a part is. */
static bool address_unmap(struct filter_value *value)
{
	if (value->address.family != AF_INET6 ||
	    memcmp(value->address.bytes, mapped_prefix, sizeof(mapped_prefix)) != 0)
		return true;
	if (value->address.prefix < MAPPED_BITS)
		return false;
	memmove(value->address.bytes, value->address.bytes + MAPPED_BITS / 8, 4);
	value->address.family = AF_INET;
	value->address.prefix -= MAPPED_BITS;
	return true;
}

static int add_address(struct filter *filter, char *item, char **reterr_message)
{
	struct filter_value value = { .criterion = FILTER_ADDRESS }, *place;
	char *slash = strchr(item, '/');
	uint64_t prefix, most;
	int r = 0;

	if (slash)
		*slash++ = '\0';
	value.address.family = strchr(item, ':') ? AF_INET6 : AF_INET;
	most = value.address.family == AF_INET ? 32 : 128;
	prefix = most;
	if (slash)
		r = number_parse(slash, 0, most, &prefix);
	if (r || inet_pton(value.address.family, item, value.address.bytes) != 1)
		return filter_error(reterr_message, -EINVAL,
				    "'%s%s%s' is not an address or prefix, as in 10.0.0.0/8 or ::1",
				    item, slash ? "/" : "", slash ? slash : "");
	value.address.prefix = (uint8_t)prefix;
	if (!address_unmap(&value))
		return filter_error(
			reterr_message, -EINVAL,
			"'%s/%s' is an IPv4-mapped prefix of less than %d bits: give the IPv4 "
			"prefix that is meant",
			item, slash, MAPPED_BITS);
	place = filter_append(filter, FILTER_ADDRESS);
	if (!place)
		return -ENOMEM;
	*place = value;
	return 0;
}

static int add_string(struct filter *filter, enum filter_criterion criterion, const char *item,
		      char **reterr_message)
{
	_cleanup_free_ char *copy = NULL;
	struct filter_value *value;

	if (strlen(item) > FILTER_STRING_MAX)
		return filter_error(reterr_message, -EINVAL, "%s: longer than %d characters",
				    filter_options[criterion].name, FILTER_STRING_MAX);
	copy = strdup(item);
	value = copy ? filter_append(filter, criterion) : NULL;
	if (!value)
		return -ENOMEM;
	value->string = take_ptr(copy);
	return 0;
}

static int add_item(struct filter *filter, enum filter_criterion criterion, char *item,
		    char **reterr_message)
{
	if (!*item)
		return filter_error(reterr_message, -EINVAL, "%s: an empty item in the list",
				    filter_options[criterion].name);
	if (filter->count >= FILTER_VALUES_MAX)
		return filter_error(reterr_message, -E2BIG, "more than %d values",
				    FILTER_VALUES_MAX);
	switch (criterion) {
	case FILTER_OPERATION:
		return add_word(&filter->operations, &words_told, "operation", item,
				reterr_message);
	case FILTER_VERDICT:
		return add_word(&filter->verdicts, &words_verdict, "verdict", item, reterr_message);
	case FILTER_PID:
		return add_range(filter, criterion, item, CW_PID_MAX, reterr_message);
	case FILTER_PORT:
		return add_range(filter, criterion, item, 65535, reterr_message);
	case FILTER_ADDRESS:
		return add_address(filter, item, reterr_message);
	case FILTER_USER:
		if (item[strspn(item, "0123456789-")] == '\0')
			return add_range(filter, criterion, item, UINT32_MAX, reterr_message);
		return add_string(filter, criterion, item, reterr_message);
	default:
		return add_string(filter, criterion, item, reterr_message);
	}
}

/* Forget the values behind the first `count`. */
static void filter_restore(struct filter *filter, const struct filter *before)
{
	for (size_t i = before->count; i < filter->count; i++)
		free(filter->values[i].string);
	filter->count = before->count;
	filter->operations = before->operations;
	filter->verdicts = before->verdicts;
}

static int filter_add_list(struct filter *filter, enum filter_criterion criterion,
			   const char *value, char **reterr_message)
{
	_cleanup_free_ char *copy = strdup(value);
	const struct filter before = *filter;
	char *rest = copy, *item;

	if (!copy)
		return -ENOMEM;
	while ((item = strsep(&rest, ","))) {
		int r = add_item(filter, criterion, item, reterr_message);

		if (r) {
			filter_restore(filter, &before);
			return r;
		}
	}
	filter->given[criterion] = true;
	return 0;
}

int filter_add(struct filter *filter, const char *name, const char *value, char **reterr_message)
{
	for (size_t i = 0; i < FILTER_CRITERION_MAX; i++) {
		if (strcmp(name, filter_options[i].name) != 0)
			continue;
		if (i != FILTER_HOST)
			return filter_add_list(filter, i, value, reterr_message);
		if (*value)
			return filter_error(reterr_message, -EINVAL, "%s takes no value", name);
		filter->host = true;
		filter->given[i] = true;
		return 0;
	}
	return -ENOENT;
}

void filter_wanted(const struct filter *filter, uint32_t *ret_wanted, uint32_t *ret_wanted_host)
{
	uint32_t all = (1u << CW_OPERATION_MAX) - 1;
	uint32_t wanted = filter->operations ? filter->operations : all;

	/* Only the operations that have one are asked for a port or an address. */
	if (filter->given[FILTER_PORT] || filter->given[FILTER_ADDRESS])
		wanted &= ~(1u << CW_OPERATION_EXEC | 1u << CW_OPERATION_LIBRARY |
			    1u << CW_OPERATION_SOCKET);
	if (filter->verdicts && !(filter->verdicts & 1u << CW_VERDICT_ALLOW))
		wanted = 0;
	*ret_wanted = wanted;
	*ret_wanted_host = filter->host ? wanted : 0;
}
