# SPDX-License-Identifier: GPL-2.0-only
#
# The sweep of failing allocations: the linker puts the test's own functions in the place of the C
# library's, in everything of ours that the test links.

MEMORY_WRAPPED := malloc calloc realloc reallocarray strdup strndup vasprintf asprintf __vasprintf_chk \
	__asprintf_chk

$(O)/tests/unit/memory/%: ALL_LDFLAGS += $(MEMORY_WRAPPED:%=-Wl,--wrap=%)
