# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of user/kern without the daemon: most drive the kernel through it.

BPF_TEST_OBJECTS := $(call object,$(wildcard user/kern/*.c))

$(O)/tests/bpf/%: tests/bpf/%.c $(BPF_TEST_OBJECTS) $(O)/libpure.a
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $^ $(ALL_LDFLAGS) -lcmocka $(LIBS) -o $@

NATIVE_TESTS += $(O)/tests/bpf/test_kern $(O)/tests/bpf/test_preempt $(O)/tests/bpf/test_repeats
