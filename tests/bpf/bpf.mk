# SPDX-License-Identifier: GPL-2.0-only
#
# Tests that drive the kernel side through user/kern, without the daemon.

BPF_TEST_OBJECTS := $(call object,$(wildcard user/kern/*.c))

$(O)/tests/bpf/test_kern: tests/bpf/test_kern.c $(BPF_TEST_OBJECTS) $(O)/libpure.a
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $^ $(ALL_LDFLAGS) -lcmocka $(LIBS) -o $@

NATIVE_TESTS += $(O)/tests/bpf/test_kern
