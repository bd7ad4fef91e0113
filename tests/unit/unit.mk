# SPDX-License-Identifier: GPL-2.0-only
#
# The sweep of failing allocations: the linker puts the test's own functions in the place of the C
# library's, in everything of ours that the test links.

MEMORY_WRAPPED := malloc calloc realloc reallocarray strdup strndup vasprintf asprintf __vasprintf_chk \
	__asprintf_chk

$(O)/tests/unit/memory/%: ALL_LDFLAGS += $(MEMORY_WRAPPED:%=-Wl,--wrap=%)

# Parts of the daemon: a test stands in for the others that they call.

$(O)/tests/unit/daemon/test_publish: $(call object,user/daemon/publish.c user/daemon/numbers.c)
$(O)/tests/unit/daemon/test_govern: $(call object,user/daemon/govern.c)

$(O)/tests/unit/daemon/%: tests/unit/daemon/%.c $(O)/libpure.a
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit $(ALL_CFLAGS) -MMD -MP $< $(filter %.o,$^) $(O)/libpure.a $(ALL_LDFLAGS) \
		-lcmocka $(PURE_LIBS) -o $@

# Commands without their options and output; a test answers in the place of this host's name service.

CLI_UNITS := $(call object,$(patsubst %,user/cli/%.c,policy_ask policy_ask_files policy_ask_script \
	policy_ask_sockets policy_judge policy_load policy_operation))

$(O)/tests/unit/cli/%: tests/unit/cli/%.c $(CLI_UNITS) $(O)/libpure.a
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit $(ALL_CFLAGS) -MMD -MP $< $(CLI_UNITS) $(O)/libpure.a $(ALL_LDFLAGS) \
		-Wl,--wrap=getaddrinfo,--wrap=freeaddrinfo -lcmocka $(PURE_LIBS) -o $@
