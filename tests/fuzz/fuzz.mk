# SPDX-License-Identifier: GPL-2.0-only
#
# make fuzz: every tests/fuzz/fuzz_NAME.c for FUZZ_SECONDS with tests/fuzz/corpus/NAME (and NAME.dict
# where there is one). What it finds anew stays in $(O)/fuzz/corpus/NAME, what fails in $(O)/fuzz.

FUZZ_SECONDS ?= 20
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(FUZZ_NAMES:%=$(O)/fuzz/fuzz_%)
FUZZ_OBJECTS := $(PURE_SOURCES:%.c=$(O)/fuzz/%.o)
FUZZ_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
	-fsanitize=fuzzer-no-link,address,undefined

$(O)/fuzz/%.o: %.c
	$(call say,FUZZ-CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_CFLAGS) -MMD -MP -c $< -o $@

$(O)/fuzz/libpure.a: $(FUZZ_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(FUZZERS): $(O)/fuzz/fuzz_%: $(O)/fuzz/tests/fuzz/fuzz_%.o $(O)/fuzz/libpure.a
	$(call say,LINK,$@)
	$(Q)$(CLANG) -fsanitize=fuzzer,address,undefined $^ $(PURE_LIBS) -o $@

fuzz: $(FUZZ_NAMES:%=fuzz-%)

$(FUZZ_NAMES:%=fuzz-%): fuzz-%: $(O)/fuzz/fuzz_%
	$(Q)tests/fuzz/run $< $* $(FUZZ_SECONDS)

-include $(FUZZ_OBJECTS:.o=.d) $(FUZZ_NAMES:%=$(O)/fuzz/tests/fuzz/fuzz_%.d)

.PHONY: fuzz $(FUZZ_NAMES:%=fuzz-%)
