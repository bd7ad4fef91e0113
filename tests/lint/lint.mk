# SPDX-License-Identifier: GPL-2.0-only
#
# make lint: rows of their own in make check. What each tool leaves out is in its own file with the
# reason: .clang-tidy and tests/.clang-tidy, cppcheck.suppress, sizes.except, layers.table.
# clang-tidy takes minutes, which the guests leave: they sleep now and then, and the last of them is alone.

LINT_C = $(shell find bpf user tests -name '*.[ch]')
LINT_SHELL = $(shell grep -lrE '^\#!/bin/sh' scripts tests .ci)
LINT_FLAGS := -std=gnu11 -D_GNU_SOURCE '-DCW_VERSION="0"' -DUNIT_CAPABILITIES=CAP_BPF -Ibpf -Iuser -Ipolicy -I$(O) -Itests/unit
# The kernel side is clang's alone: made of macros that cppcheck cannot know.
LINT_CPPCHECK = -q -j$(shell nproc) --enable=warning,performance,portability --inline-suppr --std=c11 \
	--library=posix --library=gnu --error-exitcode=1 --suppressions-list=tests/lint/cppcheck.suppress \
	--template='{file}:{line}: {id}: {message}' -D_GNU_SOURCE '-DCW_VERSION="0"' -DUNIT_CAPABILITIES=CAP_BPF -D__x86_64__ --include=tests/lint/cppcheck.h -Ibpf -Iuser -Ipolicy -Itests/unit

define LINT_ROWS
lint/format 120 status: clang-format --dry-run -Werror $(LINT_C)
lint/tidy 3600 status beside: tests/lint/tidy $(LINT_FLAGS)
lint/cppcheck 300 status: cppcheck $(LINT_CPPCHECK) $(filter-out bpf/% %.bpf.c %.h,$(LINT_C))
lint/shellcheck 120 status: shellcheck $(LINT_SHELL)
lint/manual 60 status: mandoc -T lint -W warning user/man/*.[0-9]
lint/layers 60: tests/lint/layers $(O)/user
lint/sizes 60: tests/lint/sizes
lint/frames 60: tests/lint/frames $(O)/bpf/warden.bpf.o
lint/frames-protect 60: tests/lint/frames $(O)/bpf/protect.bpf.o

endef

CHECK_ROWS += $(LINT_ROWS)

# clang-tidy, the layers' script and the frames' look at what is built.
lint:
	$(Q)scripts/install-deps build
	$(Q)scripts/install-deps test
	$(Q)+$(MAKE) --no-print-directory $(PARALLEL) all
	$(call table,lint,$(LINT_ROWS))
	$(Q)tests/run -o $(O)/tests $(O)/tests/lint.table

.PHONY: lint
