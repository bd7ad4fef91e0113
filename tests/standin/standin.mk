# SPDX-License-Identifier: GPL-2.0-only
#
# The stand-in instance: an includable part of the build. Gives the target `standin`, which makes
# $(O)/standin/ whole and self-contained (programs, driver, data): copy that folder into a guest
# that has nothing but busybox, and `standin/instance install ROOT` works there.
#
# The programs are static, because such a guest has no C library.

STANDIN_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
STANDIN_OUT = $(O)/standin
# A sanitizer cannot be linked statically; the programs under test are others.
STANDIN_CFLAGS = $(filter-out -fsanitize%,$(CFLAGS)) -std=gnu11 -D_GNU_SOURCE -MMD -MP
STANDIN_LDFLAGS = -static

STANDIN_PROGRAMS := cache clmanager cwdimj cstat cuxagent java httpd ISCAgent elsewhere outsider export
STANDIN_BASE := base net

STANDIN_OBJECTS_cache := cache cache_control cache_jobs cache_server cache_license cache_children \
	cache_command cache_day cache_acts acts cpf table
STANDIN_OBJECTS_clmanager := clmanager cpf
STANDIN_OBJECTS_cwdimj := cwdimj
STANDIN_OBJECTS_cstat := cstat table
STANDIN_OBJECTS_cuxagent := cuxagent table
STANDIN_OBJECTS_java := java acts
STANDIN_OBJECTS_httpd := httpd cpf
STANDIN_OBJECTS_ISCAgent := iscagent
STANDIN_OBJECTS_elsewhere := elsewhere
STANDIN_OBJECTS_outsider := outsider outside_acts outside_day acts cpf table
STANDIN_OBJECTS_export := export

STANDIN_SCRIPTS := instance gtm
STANDIN_DATA := $(patsubst $(STANDIN_DIR)/%,%,$(wildcard $(STANDIN_DIR)/data/* $(STANDIN_DIR)/policy/*))

.PHONY: standin
standin: $(addprefix $(STANDIN_OUT)/,$(STANDIN_PROGRAMS) $(STANDIN_SCRIPTS)) \
	$(addprefix $(STANDIN_OUT)/,$(STANDIN_DATA))
	@:

define standin_program
$(STANDIN_OUT)/$(1): $(patsubst %,$(STANDIN_OUT)/obj/%.o,$(STANDIN_OBJECTS_$(1)) $(STANDIN_BASE))
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(STANDIN_CFLAGS) $$(STANDIN_LDFLAGS) -o $$@ $$^
endef
$(foreach program,$(STANDIN_PROGRAMS),$(eval $(call standin_program,$(program))))

$(STANDIN_OUT)/obj/%.o: $(STANDIN_DIR)/src/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(STANDIN_CFLAGS) -c -o $@ $<

$(addprefix $(STANDIN_OUT)/,$(STANDIN_SCRIPTS)): $(STANDIN_OUT)/%: $(STANDIN_DIR)/%
	@mkdir -p $(@D)
	$(Q)install -m 755 $< $@

$(addprefix $(STANDIN_OUT)/,$(STANDIN_DATA)): $(STANDIN_OUT)/%: $(STANDIN_DIR)/%
	@mkdir -p $(@D)
	$(Q)install -m 644 $< $@

-include $(wildcard $(STANDIN_OUT)/obj/*.d)
