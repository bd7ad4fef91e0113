# SPDX-License-Identifier: GPL-2.0-only
#
# What a user types, as a user types it.

CHECK_ROWS += smoke/make-run 600: tests/smoke/make-run$(newline)
CHECK_ROWS += smoke/install 120: tests/smoke/install$(newline)
