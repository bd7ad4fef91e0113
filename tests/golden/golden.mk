# SPDX-License-Identifier: GPL-2.0-only
#
# Commands compared with transcripts of them; after a change that is meant:
#	tests/golden/commands/run -u build/cachewarden

CHECK_NEEDS += $(O)/cachewarden
CHECK_ROWS += golden/commands 120: tests/golden/commands/run $(O)/cachewarden$(newline)

# The line that explain proposes, put in and asked about.
CHECK_ROWS += golden/explain 120: tests/golden/explain/run $(O)/cachewarden$(newline)

# Policies generated of made instances; -u writes the expected ones anew.
CHECK_ROWS += golden/generate 300: tests/golden/generate/run $(O)/cachewarden$(newline)

# What only somebody at a terminal is told.
CHECK_ROWS += golden/terminal 60: tests/golden/terminal/run $(O)/cachewarden$(newline)
