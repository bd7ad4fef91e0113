# SPDX-License-Identifier: GPL-2.0-only
#
# make bench: what the kernel side costs (natively, and in guest instructions), what the daemon costs,
# each beside its target; figures also in $(O)/bench.json. BENCH_KERNEL is the guest's kernel,
# BENCH_ROUNDS how often each thing is measured.

BENCH_KERNEL ?= 6.12
BENCH_ROUNDS ?= 40
BENCH_DIR := $(O)/tests/bench
# Real cpf files, where they are; else those of the golden tests.
BENCH_CPF := $(firstword $(wildcard ../shared/data/cpf) tests/golden/commands/instance)
BENCH_PARTS := $(patsubst %,$(BENCH_DIR)/%.json,native load lsm fmod_ret daemon reading)
BENCH_SOURCES := $(filter-out %.bpf.c %/nothing.c,$(wildcard tests/bench/*.c)) $(wildcard user/kern/*.c)
BENCH_OBJECTS := $(call object,$(BENCH_SOURCES))
BENCH_FILES := $(BENCH_DIR)/bench $(BENCH_DIR)/nothing $(BENCH_DIR)/empty.bpf.o $(BENCH_DIR)/minimal.bpf.o

$(BENCH_DIR)/%.bpf.o: tests/bench/%.bpf.c $(BPF_HEADERS) tests/bench/minimal.h
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(BENCH_DIR)/%.o: tests/bench/%.c $(O)/warden.skel.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BENCH_DIR)/bench: $(BENCH_OBJECTS) $(O)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(LIBS) -o $@

$(BENCH_DIR)/nothing: tests/bench/nothing.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -fno-stack-protector -static -nostartfiles $< -o $@

bench-native bench-load: bench-%: $(BENCH_FILES)
	$(Q)$(BENCH_DIR)/bench $* --rounds $(BENCH_ROUNDS) --json $(BENCH_DIR)/$*.json

bench-daemon: $(BENCH_FILES) $(O)/cachewarden
	$(Q)$(BENCH_DIR)/bench daemon $(O)/cachewarden --json $(BENCH_DIR)/daemon.json

bench-reading: $(BENCH_FILES)
	$(Q)$(BENCH_DIR)/bench reading $(BENCH_CPF) --json $(BENCH_DIR)/reading.json

# The whole folder is small, and is what the guest needs.
bench-lsm bench-fmod_ret bench-cgroup: bench-%: $(BENCH_FILES)
	$(Q)rm -rf $(BENCH_DIR)/guest && mkdir -p $(BENCH_DIR)/guest && cp $(BENCH_FILES) $(BENCH_DIR)/guest
	$(Q)CW_KERNELS=$(CW_KERNELS) scripts/vm $(BENCH_KERNEL) $(if $(filter lsm,$*),--lsm bpf) --icount \
		--mem 1024 --timeout 900 --payload $(BENCH_DIR)/guest \
		-- /cw/bench guest $* --rounds 7 --json - > $(BENCH_DIR)/$*.out
	$(Q)grep -v '^{' $(BENCH_DIR)/$*.out; grep '^{' $(BENCH_DIR)/$*.out > $(BENCH_DIR)/$*.json

# One after the other, whatever make was told: they would be in each other's way.
bench: $(BENCH_FILES) $(O)/cachewarden
	$(Q)scripts/install-deps test
	$(Q)for suite in native load lsm fmod_ret daemon reading; do $(MAKE) --no-print-directory bench-$$suite || exit; done
	$(Q)jq -s . $(BENCH_PARTS) > $(O)/bench.json
	$(Q)jq -r '"\(map(select(.target > 0)) | length) targets, \(map(select(.ok | not)) | length) missed:", \
		(.[] | select(.ok | not) | "  \(.suite) \(.name): \(.value) \(.unit), target \(.target)")' $(O)/bench.json

-include $(wildcard $(BENCH_DIR)/*.d)

.PHONY: bench bench-native bench-load bench-lsm bench-fmod_ret bench-cgroup bench-daemon bench-reading
