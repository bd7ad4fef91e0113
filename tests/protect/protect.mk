# SPDX-License-Identifier: GPL-2.0-only
#
# Self-protection, in guests: this host's kernel may have no such hooks. Called by guest-tests.

$(O)/protect/protect: $(wildcard tests/protect/*.[ch])
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(filter-out -fsanitize%,$(CFLAGS)) $(WARNINGS) -static $(filter %.c,$^) -o $@

VM_PAYLOAD += $(O)/vm/payload/protect/protect
CHECK_NEEDS += $(O)/protect/protect
