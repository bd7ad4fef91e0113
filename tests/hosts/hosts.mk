# SPDX-License-Identifier: GPL-2.0-only
#
# Hosts and inputs that cannot be governed, or by; and hosts whose name servers go.

CHECK_NEEDS += $(O)/cachewarden
CHECK_ROWS += hosts/obstacles 300: tests/hosts/obstacles $(O)/cachewarden$(newline)
CHECK_ROWS += hosts/outage 120: tests/hosts/outage $(O)/cachewarden$(newline)
