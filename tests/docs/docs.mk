# SPDX-License-Identifier: GPL-2.0-only
#
# What the documents show is what the program does.

CHECK_NEEDS += $(O)/cachewarden
CHECK_ROWS += docs/policies 300: O=$(O) tests/docs/readme-policies$(newline)
CHECK_ROWS += docs/manual 60: O=$(O) tests/docs/manual-options$(newline)
