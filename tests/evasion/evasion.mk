# SPDX-License-Identifier: GPL-2.0-only
#
# The evasion suite: scenes of its own for the driver of the integration tests, of which it is linked.

EVASION_DIR := tests/evasion
EVASION_OUT = $(O)/integration
EVASION_SCENES := $(patsubst $(EVASION_DIR)/%.c,%,$(filter-out %/evil.c,$(wildcard $(EVASION_DIR)/*.c)))
EVASION_FILES := evasion actor actor32 actor-shared evil.so

# The parts' names come from a file that make reads later.
.SECONDEXPANSION:

evasion-programs: $(addprefix $(EVASION_OUT)/,$(EVASION_FILES))

$(EVASION_OUT)/obj/evasion/%.o: $(EVASION_DIR)/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(INTEGRATION_CFLAGS) -c $< -o $@

$(EVASION_OUT)/evasion: $(patsubst %,$(EVASION_OUT)/obj/evasion/%.o,$(EVASION_SCENES)) \
		$$(patsubst %,$(EVASION_OUT)/obj/%.o,$$(INTEGRATION_PARTS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(INTEGRATION_CFLAGS) -pthread $^ -o $@

$(EVASION_OUT)/evil.so: $(EVASION_DIR)/evil.c
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(INTEGRATION_CFLAGS)) -shared -fPIC $< -o $@

check-evasion: $(O)/cachewarden evasion-programs
	$(Q)printf '%s\n' 'evasion 600: $(INTEGRATION_DIR)/native $(O) evasion' | tests/run -o $(O)/tests

VM_PAYLOAD += $(addprefix $(INTEGRATION_GUEST)/integration/,evasion actor-shared evil.so)
CHECK_NEEDS += evasion-programs
CHECK_ROWS += evasion 600: $(INTEGRATION_DIR)/native $(O) evasion$(newline)

-include $(wildcard $(EVASION_OUT)/obj/evasion/*.d)

.PHONY: evasion-programs check-evasion
