# SPDX-License-Identifier: GPL-2.0-only
#
# Hosts and inputs that cannot be governed, or by; and hosts whose name servers go.

$(O)/tests/hosts/refuse: tests/hosts/refuse.c
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $< $(ALL_LDFLAGS) -o $@

CHECK_NEEDS += $(O)/cachewarden $(O)/tests/hosts/refuse
CHECK_ROWS += hosts/obstacles 300: tests/hosts/obstacles $(O)/cachewarden $(O)/tests/hosts/refuse$(newline)
CHECK_ROWS += hosts/outage 120: tests/hosts/outage $(O)/cachewarden$(newline)
