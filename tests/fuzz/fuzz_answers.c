/* SPDX-License-Identifier: GPL-2.0-only */
/* What host names resolved to: any bytes are one mistake, or what is written again as names and addresses in order. */
#include <string.h>

#include "host/answers.h"
#include "printing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is written, and what is written is read, as the same. */
static void check_names(const struct facts *names)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_buffer_ struct buffer text = { 0 }, again = { 0 };
	struct facts others;

	for (size_t i = 0; i < names->name_count; i++) {
		assert(names->names[i].address_count && !names->names[i].error);
		assert(facts_name(names, names->names[i].name) == &names->names[i]);
	}
	assert(answers_print(names, &text) == 0 && text.length);
	assert(answers_parse("again", text.data, text.length, &diagnostics, &others) == 0);
	assert(answers_print(&others, &again) == 0);
	assert(strcmp(text.data, again.data) == 0);
	facts_release(&others);
	diagnostics_release(&diagnostics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = { 0 };
	struct facts names = { 0 };
	int r = answers_parse("host-names", (const char *)data, size, &diagnostics, &names);

	assert(r == 0 ? names.name_count && !diagnostics.count
		      : !names.names && diagnostics.warnings == 1);
	if (!r)
		check_names(&names);
	facts_release(&names);
	check_printed(&diagnostics);
	diagnostics_release(&diagnostics);
	return 0;
}
