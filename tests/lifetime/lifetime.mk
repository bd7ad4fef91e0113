# SPDX-License-Identifier: GPL-2.0-only
#
# What is in force outlives the daemon. Besides the daemon itself this needs three others: -faulty has the
# places where it can be killed (user/util/fault.h), -other has other programs as well, -next is of a next
# version of the contract, in which everything that is carried over is larger.

LIFETIME_DIR := tests/lifetime
LIFETIME_OUT = $(O)/lifetime
LIFETIME_VARIANTS := faulty other next
LIFETIME_DRIVER := $(patsubst $(LIFETIME_DIR)/%.c,%,$(filter-out %/worker.c,$(wildcard $(LIFETIME_DIR)/*.c)))
LIFETIME_HELPERS := daemon clients world acts standin tap json

lifetime-programs: $(LIFETIME_OUT)/lifetime $(LIFETIME_OUT)/worker $(LIFETIME_VARIANTS:%=$(LIFETIME_OUT)/cachewarden-%)

$(LIFETIME_OUT)/obj/%.o: $(LIFETIME_DIR)/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(INTEGRATION_CFLAGS) -c $< -o $@

$(LIFETIME_OUT)/lifetime: $(LIFETIME_DRIVER:%=$(LIFETIME_OUT)/obj/%.o) $(LIFETIME_HELPERS:%=$(INTEGRATION_OUT)/obj/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(INTEGRATION_CFLAGS) -pthread $^ -o $@

$(LIFETIME_OUT)/worker: $(LIFETIME_OUT)/obj/worker.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(INTEGRATION_CFLAGS) -static $^ -o $@

# ---------------------------------------------------------------- the other daemons

LIFETIME_FAULTS := $(call object,$(shell grep -l 'util/fault.h' user/kern/*.c user/daemon/*.c))
LIFETIME_KERN := $(call object,$(wildcard user/kern/*.c))

$(LIFETIME_OUT)/faulty/%.o: %.c $(O)/warden.skel.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -DCW_FAULT_POINTS $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(LIFETIME_OUT)/cachewarden-faulty: $(filter-out $(LIFETIME_FAULTS),$(DAEMON_OBJECTS)) \
		$(LIFETIME_FAULTS:$(O)/%=$(LIFETIME_OUT)/faulty/%) $(O)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(LIBS) -o $@

# The same source for another instruction set: other programs that do the same.
$(LIFETIME_OUT)/other/warden.skel.h: bpf/warden.bpf.c $(BPF_HEADERS)
	$(call say,SKEL,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -mcpu=v2 -c $< -o $(@D)/warden.full.o
	$(Q)$(BPFTOOL) gen object $(@D)/warden.bpf.o $(@D)/warden.full.o
	$(Q)$(BPFTOOL) gen skeleton $(@D)/warden.bpf.o name warden_bpf > $@.tmp && mv $@.tmp $@

$(LIFETIME_OUT)/other/%.o: %.c $(LIFETIME_OUT)/other/warden.skel.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -I$(LIFETIME_OUT)/other $(CPPFLAGS) -DCW_FAULT_POINTS $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(LIFETIME_OUT)/cachewarden-other: $(filter-out $(LIFETIME_FAULTS) $(LIFETIME_KERN),$(DAEMON_OBJECTS)) \
		$(patsubst $(O)/%,$(LIFETIME_OUT)/faulty/%,$(filter-out $(LIFETIME_KERN),$(LIFETIME_FAULTS))) \
		$(LIFETIME_KERN:$(O)/%=$(LIFETIME_OUT)/other/%) $(O)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(LIBS) -o $@

# Everything anew, since everything includes the contract.
$(LIFETIME_OUT)/cachewarden-next: $(O)/cachewarden
	$(Q)+$(MAKE) --no-print-directory O=$(LIFETIME_OUT)/next DEFINES='-DCW_ABI_VERSION=2 -DCW_ABI_WIDER -DCW_FAULT_POINTS' all
	$(Q)cp $(LIFETIME_OUT)/next/cachewarden $@

# ---------------------------------------------------------------- natively, and in guests

check-lifetime: $(O)/cachewarden integration-programs lifetime-programs standin
	$(Q)printf '%s\n' 'lifetime 900: $(LIFETIME_DIR)/native $(O)' | tests/run -o $(O)/tests

# In guests what needs no other daemon: each start takes the verifier half a minute there.
VM_PAYLOAD += $(addprefix $(O)/vm/payload/lifetime/,lifetime worker)

CHECK_NEEDS += lifetime-programs
CHECK_ROWS += lifetime 900: $(LIFETIME_DIR)/native $(O)$(newline)

-include $(wildcard $(LIFETIME_OUT)/obj/*.d $(LIFETIME_OUT)/*/user/*/*.d)

.PHONY: lifetime-programs check-lifetime
