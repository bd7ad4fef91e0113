# SPDX-License-Identifier: GPL-2.0-only
#
# The integration tests: a driver, and the actors that it copies to where policies look for them.
# What the guests need of them goes into their payload, see tests/vm/vm.mk.

INTEGRATION_DIR := tests/integration
INTEGRATION_OUT = $(O)/integration
# The actors are static: they run in places that have no C library. A sanitizer cannot be.
INTEGRATION_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(filter-out -fsanitize%,$(CFLAGS)) $(WARNINGS) -Iuser -MMD -MP

INTEGRATION_ACTOR := actor actor_socket actor_address actor_uring actor_process actor_memory actor_reach actor_disguise actor_beside actor_claim actor_kernel actor_pretend
# What every driver is made of: all but the table of its scenes.
INTEGRATION_PARTS := $(filter-out actor% crash scenes,$(patsubst $(INTEGRATION_DIR)/%.c,%,$(wildcard $(INTEGRATION_DIR)/*.c)))

# A sanitizer tells of a crash itself, and wants to be the first that is loaded.
INTEGRATION_CRASH := $(if $(SANITIZE),,crash.so)

integration-programs: $(addprefix $(INTEGRATION_OUT)/,integration actor actor32 $(INTEGRATION_CRASH))

# The daemons under test have the unit's capabilities.
INTEGRATION_UNIT := systemd/cachewarden.service.in
$(INTEGRATION_OUT)/obj/daemon.o: INTEGRATION_CFLAGS += \
	-DUNIT_CAPABILITIES='$(shell sed -n '/^CapabilityBoundingSet=/{s///;s/ /,/gp}' $(INTEGRATION_UNIT))'
$(INTEGRATION_OUT)/obj/daemon.o: $(INTEGRATION_UNIT)

$(INTEGRATION_OUT)/obj/%.o: $(INTEGRATION_DIR)/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(INTEGRATION_CFLAGS) -c $< -o $@

$(INTEGRATION_OUT)/actor: $(INTEGRATION_ACTOR:%=$(INTEGRATION_OUT)/obj/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(INTEGRATION_CFLAGS) -static -pthread $^ -o $@

# The same with the dynamic loader, for what only that can do.
$(INTEGRATION_OUT)/actor-shared: $(INTEGRATION_ACTOR:%=$(INTEGRATION_DIR)/%.c) $(INTEGRATION_DIR)/actor.h
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(INTEGRATION_CFLAGS)) -DACTOR_SHARED -pthread $(filter %.c,$^) -o $@ -ldl

$(INTEGRATION_OUT)/actor32: $(INTEGRATION_DIR)/actor32.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -std=gnu11 -O2 $(WARNINGS) -nostdlib -static -ffreestanding -fno-stack-protector \
		-fno-pie -no-pie -mno-sse $< -o $@

$(INTEGRATION_OUT)/crash.so: $(INTEGRATION_DIR)/crash.c
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(INTEGRATION_CFLAGS)) -fPIC -shared $< -o $@ -Wl,--no-as-needed -lgcc_s

$(INTEGRATION_OUT)/integration: $(patsubst %,$(INTEGRATION_OUT)/obj/%.o,$(INTEGRATION_PARTS) scenes)
	$(call say,LINK,$@)
	$(Q)$(CC) $(INTEGRATION_CFLAGS) -pthread $^ -o $@

# ---------------------------------------------------------------- natively

# On this host, with every backend that works here; the others are skips with a reason.
check-integration: $(O)/cachewarden integration-programs standin
	$(Q)printf '%s\n' 'integration 300: $(INTEGRATION_DIR)/native $(O) integration' | tests/run -o $(O)/tests

# ---------------------------------------------------------------- in guests

INTEGRATION_GUEST := $(O)/vm/payload
INTEGRATION_TOOLS := mkfs.ext4 mkfs.btrfs

$(INTEGRATION_GUEST)/guest-tests: $(INTEGRATION_DIR)/guest-tests
	@mkdir -p $(@D)
	$(Q)install -m 755 $< $@

$(INTEGRATION_GUEST)/integration/refused: $(INTEGRATION_DIR)/refused
	@mkdir -p $(@D)
	$(Q)install -m 755 $< $@

# What makes a file system, if this host has it: where it is missing the test is a skip.
$(INTEGRATION_GUEST)/integration/tools:
	@mkdir -p $@
	$(Q)for tool in $(INTEGRATION_TOOLS); do \
		found=$$(PATH=$$PATH:/usr/sbin:/sbin command -v $$tool) && cp -L $$found $@/ || :; done

$(INTEGRATION_GUEST)/standin: standin
	$(Q)rm -rf $@ && mkdir -p $@ && cd $(STANDIN_OUT) && cp -r $(STANDIN_PROGRAMS) $(STANDIN_SCRIPTS) data policy \
		$(abspath $(INTEGRATION_GUEST))/standin/

VM_PAYLOAD += $(addprefix $(INTEGRATION_GUEST)/,cachewarden integration/integration integration/actor \
	$(INTEGRATION_CRASH:%=integration/%) integration/actor32 integration/refused integration/tools guest-tests standin)

CHECK_NEEDS += integration-programs
CHECK_ROWS += integration 900: $(INTEGRATION_DIR)/native $(O) integration$(newline)

-include $(wildcard $(INTEGRATION_OUT)/obj/*.d)

.PHONY: integration-programs check-integration $(INTEGRATION_GUEST)/standin
