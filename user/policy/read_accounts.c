/* SPDX-License-Identifier: GPL-2.0-only */
/* Users and groups, by name or number. Whether they exist is the host's to say, not the reader's. */
#include <string.h>

#include "policy/read.h"
#include "util/number.h"

struct account_reading {
	const char *what;
	struct text_list *list;
};

#define ACCOUNT_MAX 255 /* LOGIN_NAME_MAX without its NUL */

static bool account_good(const struct node *item)
{
	/* Directory services have names with `@`, blanks or a backslash; /etc/passwd has no `:`. */
	return item->length <= ACCOUNT_MAX && item->text[0] != '-' &&
	       item->text[strcspn(item->text, ":,/\n")] == '\0' && item->length;
}

static void account_item(struct reader *reader, const struct node *item, void *object)
{
	struct account_reading *reading = object;
	struct text_list *list = reading->list;
	struct text *text;
	uint64_t number;

	if (strspn(item->text, "0123456789") == item->length && item->length &&
	    number_parse(item->text, 0, UINT32_MAX - 1, &number) != 0) {
		diagnostic_hint(read_error(reader, &item->where,
					   "`%s` in %s is not an account's number", item->text,
					   reading->what),
				"a decimal number from 0 to 4294967294, without leading zeros");
		return;
	}
	if (!account_good(item)) {
		read_error(reader, &item->where, "`%s` in %s is not the name of an account",
			   item->text, reading->what);
		return;
	}
	text = APPEND(reader, list->items, list->count);
	if (text)
		read_take_text(reader, item, text);
}

void read_accounts(struct reader *reader, const char *what, const struct node *value,
		   struct text_list *list)
{
	struct account_reading reading = { what, list };

	read_items(reader, what, value, account_item, &reading);
}
