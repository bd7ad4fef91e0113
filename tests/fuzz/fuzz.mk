# SPDX-License-Identifier: GPL-2.0-only
#
# make fuzz: every tests/fuzz/fuzz_NAME.c for FUZZ_SECONDS with tests/fuzz/corpus/NAME (and NAME.dict
# where there is one). What it finds anew stays in $(O)/fuzz/corpus/NAME, what fails in $(O)/fuzz. Then
# the whole corpus is run once more in a build that counts lines (llvm-cov): of the files that a harness is
# about, FUZZ_ABOUT_NAME, it prints how many were reached.

# Whatever reads bytes of others has a harness: policies and tables of cases (policy, cases), what an instance
# and its neighbours wrote (cpf, csp, qlist, role_list, generate), the kernel's records (record), messages
# (ipc), recordings and their lines (recording, event), /proc and the resolver's file (proc), what a daemon before left (answers).

FUZZ_SECONDS ?= 20
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(FUZZ_NAMES:%=$(O)/fuzz/fuzz_%)
FUZZ_OBJECTS := $(PURE_SOURCES:%.c=$(O)/fuzz/%.o)
FUZZ_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
	-fsanitize=fuzzer-no-link,address,undefined

$(O)/fuzz/%.o: %.c
	$(call say,FUZZ-CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_CFLAGS) -MMD -MP -c $< -o $@

$(O)/fuzz/libpure.a: $(FUZZ_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Without sanitizers: what these add is nobody's line.
FUZZ_COVERAGE_OBJECTS := $(PURE_SOURCES:%.c=$(O)/fuzz/coverage/%.o)
FUZZ_COVERAGE_CFLAGS := -std=gnu11 -O0 -g -fprofile-instr-generate -fcoverage-mapping

$(O)/fuzz/coverage/%.o: %.c
	$(call say,COV-CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_COVERAGE_CFLAGS) -MMD -MP -c $< -o $@

$(O)/fuzz/coverage/libpure.a: $(FUZZ_COVERAGE_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(FUZZ_NAMES:%=$(O)/fuzz/coverage/fuzz_%): $(O)/fuzz/coverage/fuzz_%: $(O)/fuzz/coverage/tests/fuzz/fuzz_%.o \
		$(O)/fuzz/coverage/libpure.a
	$(call say,LINK,$@)
	$(Q)$(CLANG) -fsanitize=fuzzer -fprofile-instr-generate $(filter %.o,$^) $(filter %.a,$^) $(PURE_LIBS) -o $@

FUZZ_ABOUT_answers := user/host/answers.c
FUZZ_ABOUT_cases := user/cli/policy_cases.c user/cli/policy_cases_read.c user/cli/policy_operation.c
FUZZ_ABOUT_cpf := $(wildcard user/instance/cpf*.c user/instance/config*.c) user/instance/decode.c user/instance/source.c
FUZZ_ABOUT_csp := $(addprefix user/instance/,csp.c iscagent.c snmpd.c arguments.c)
FUZZ_ABOUT_generate := $(wildcard user/instance/generat*.c user/instance/draft*.c) user/instance/yaml.c
FUZZ_ABOUT_merge := user/policy/merge.c user/policy/merge_lines.c
FUZZ_ABOUT_event := $(addprefix user/event/,parse.c scan.c setters.c when.c)
FUZZ_ABOUT_policy := user/policy/read*.c user/policy/diagnostics.c user/util/utf8.c
FUZZ_ABOUT_proc := user/host/process.c user/host/process_sockets.c
FUZZ_ABOUT_recording := user/recording/reader.c user/recording/segment.c
FUZZ_ABOUT_record := user/event/record.c user/event/event.c user/event/json.c user/event/text.c user/event/escape.c \
	user/event/filter.c user/event/match.c
FUZZ_ABOUT_ipc := user/ipc/protocol.c user/event/filter.c
FUZZ_ABOUT_qlist := $(addprefix user/instance/registry_,qlist.c list.c text.c)
FUZZ_ABOUT_role_list := $(wildcard user/instance/role_list*.c) user/instance/role_log.c

# What a harness needs besides the pure folders.
FUZZ_MORE_cases := $(patsubst %,user/cli/%.o,policy_ask policy_ask_files policy_ask_script policy_ask_sockets \
	policy_cases policy_cases_read policy_judge policy_load policy_operation policy_test options)
FUZZ_MORE := $(foreach n,$(FUZZ_NAMES),$(FUZZ_MORE_$(n)))
$(O)/fuzz/fuzz_cases: $(FUZZ_MORE_cases:%=$(O)/fuzz/%)
$(O)/fuzz/coverage/fuzz_cases: $(FUZZ_MORE_cases:%=$(O)/fuzz/coverage/%)

$(FUZZERS): $(O)/fuzz/fuzz_%: $(O)/fuzz/tests/fuzz/fuzz_%.o $(O)/fuzz/libpure.a
	$(call say,LINK,$@)
	$(Q)$(CLANG) -fsanitize=fuzzer,address,undefined $(filter %.o,$^) $(filter %.a,$^) $(PURE_LIBS) -o $@

fuzz: $(FUZZ_NAMES:%=fuzz-%)

$(FUZZ_NAMES:%=fuzz-%): fuzz-%: $(O)/fuzz/fuzz_% $(O)/fuzz/coverage/fuzz_%
	$(Q)tests/fuzz/run $< $* $(FUZZ_SECONDS) $(wildcard $(FUZZ_ABOUT_$*))

-include $(FUZZ_COVERAGE_OBJECTS:.o=.d) $(FUZZ_OBJECTS:.o=.d) $(FUZZ_NAMES:%=$(O)/fuzz/tests/fuzz/fuzz_%.d)

.PHONY: fuzz $(FUZZ_NAMES:%=fuzz-%)
