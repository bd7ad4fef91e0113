# SPDX-License-Identifier: GPL-2.0-only
#
# Hosts and inputs that cannot be governed, or by.

CHECK_NEEDS += $(O)/cachewarden
CHECK_ROWS += hosts/obstacles 300: tests/hosts/obstacles $(O)/cachewarden$(newline)
