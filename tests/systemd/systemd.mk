# SPDX-License-Identifier: GPL-2.0-only
#
# The installed unit under a live systemd, in a guest of Debian 12's kernel.

SYSTEMD_DIR := tests/systemd
SYSTEMD_PAYLOAD := $(O)/systemd/payload

check-systemd: $(O)/cachewarden standin
	$(Q)scripts/install-deps test
	$(Q)echo 'systemd 600: O=$(O) CW_KERNELS=$(CW_KERNELS) $(SYSTEMD_DIR)/check' | tests/run -o $(O)/tests

CHECK_ROWS += systemd 600: O=$(O) CW_KERNELS=$(CW_KERNELS) $(SYSTEMD_DIR)/check$(newline)

.PHONY: check-systemd
