# SPDX-License-Identifier: GPL-2.0-only
#
# The whole build. As root on a fresh Debian 12:
#
#	make run	install what is missing, build, govern, show events until Ctrl-C
#	make check	install what tests need, run every test
#
# O= build directory, V=1 shows commands, SANITIZE=address,undefined instruments user space and its
# unit tests, WERROR=1 makes warnings errors (CI). DESTDIR= and PREFIX= are make install's.
# Parts of make check: make unit-check, lint, check-integration, check-evasion, check-lifetime, check-systemd,
# check-kernels. Apart from it: make fuzz, make bench.

O ?= build
PREFIX ?= /usr/local
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= /usr/sbin/bpftool
VERSION := 0.1.0

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)')

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

# DEFINES: for daemons of which the tests want another kind.
# What is given on the command line or in the environment comes after ours.
override CPPFLAGS := -D_GNU_SOURCE -DCW_VERSION='"$(VERSION)"' -Ibpf -Iuser -Ipolicy -I$(O) $(DEFINES) $(CPPFLAGS)
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wwrite-strings -Wpointer-arith -Wundef -Wformat=2 -Wunused-function \
	-Wno-missing-field-initializers $(if $(WERROR),-Werror)
SANITIZE_FLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)
HARDEN := $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(HARDEN) $(WARNINGS) $(SANITIZE_FLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS) $(SANITIZE_FLAGS)

# ---------------------------------------------------------------- kernel side

BPF_HEADERS := $(wildcard bpf/*.h) vmlinux/vmlinux.h
# Not := because on a fresh machine the compiler comes later than the first look at this file.
BPF_CFLAGS = -target bpf -mcpu=v3 -g -O2 -Wall -Wextra -Wno-unused-function -Wno-unused-parameter -Wno-missing-declarations \
	-Wno-compare-distinct-pointer-types -Ibpf -Ivmlinux -idirafter /usr/include/$(shell $(CC) -print-multiarch) \
	$(if $(WERROR),-Werror) $(DEFINES) \
	$(addprefix -D__TARGET_ARCH_,$(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/; s/ppc64le/powerpc/; s/s390x/s390/'))

$(O)/bpf/%.bpf.o: bpf/%.bpf.c $(BPF_HEADERS)
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $(@:.o=.full.o)
	$(Q)$(BPFTOOL) gen object $@ $(@:.o=.full.o)

$(O)/%.skel.h: $(O)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

# ---------------------------------------------------------------- user space

# Folders that know nothing of libbpf make a library of their own: unit tests, fuzzers and the
# unprivileged commands link that one alone, so the layering is also a fact of the linker.
PURE := util policy instance host event recording ipc
PURE_SOURCES := $(foreach d,$(PURE),$(wildcard user/$(d)/*.c))
DAEMON_SOURCES := $(foreach d,kern daemon cli,$(wildcard user/$(d)/*.c)) user/main.c
object = $(patsubst %.c,$(O)/%.o,$(1))
PURE_OBJECTS := $(call object,$(PURE_SOURCES))
DAEMON_OBJECTS := $(call object,$(DAEMON_SOURCES))

PURE_LIBS := -lfyaml -lcrypto -lz
LIBS := -pthread -lbpf -lelf -lcap -lsystemd $(PURE_LIBS)

# Where nothing is to be made, make need not say so: hence recipes that do nothing.
all: $(O)/cachewarden
	@:

$(O)/user/%.o: user/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(call object,$(wildcard user/kern/*.c)): $(O)/warden.skel.h $(O)/protect.skel.h

$(O)/libpure.a: $(PURE_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/cachewarden: $(DAEMON_OBJECTS) $(O)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(LIBS) -o $@

# ---------------------------------------------------------------- unit tests

UNIT_TESTS := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/*/test_*.c))

$(O)/tests/unit/%: tests/unit/%.c $(wildcard tests/unit/*.h) $(O)/libpure.a
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit $(ALL_CFLAGS) -MMD -MP $< $(O)/libpure.a $(ALL_LDFLAGS) \
		-lcmocka $(PURE_LIBS) -o $@

unit: $(UNIT_TESTS)
	@:

unit-check: unit
	$(call table,unit,$(UNIT_ROWS))
	$(Q)tests/run -o $(O)/tests $(O)/tests/unit.table

-include $(wildcard $(O)/user/*/*.d $(O)/user/*.d $(O)/tests/unit/*/*.d)

# Folders of tests add to: NATIVE_TESTS, programs that print TAP; VM_PAYLOAD, files for the guests;
# CHECK_ROWS, other rows for tests/run, each with $(newline) behind it; CHECK_NEEDS, what these need.
-include $(wildcard tests/*/*.mk)

# ---------------------------------------------------------------- the main job

RUN_POLICY = $(or $(POLICY),$(if $(wildcard /etc/cachewarden/policy.d/*.yaml),/etc/cachewarden/policy.d))

# What is to be made is known only when the compilers are there, hence the second make. exec: the
# script looks at its parent, make (see there).
run:
	$(Q)scripts/install-deps build
	$(Q)+$(MAKE) --no-print-directory $(PARALLEL) all $(if $(RUN_POLICY),,standin)
	$(Q)exec env O='$(O)' RUNTIME_DIR='$(RUNTIME_DIR)' STANDIN_ROOT='$(STANDIN_ROOT)' PORTS_BASE='$(PORTS_BASE)' \
		scripts/run $(if $(RUN_POLICY),'$(RUN_POLICY)')

# ---------------------------------------------------------------- everything that is checked

define newline


endef

# Make expands a recipe before it does its first line, so neither of these is a command.
table = $(shell mkdir -p $(O)/tests)$(file >$(O)/tests/$(1).table,$(2))

# As many jobs as processors, unless the user said how many.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
ASAN := $(O)/asan

UNIT_ROWS = $(foreach t,$(UNIT_TESTS),$(t:$(O)/tests/%=%) 120: $(t)$(newline))
ASAN_ROWS = $(foreach t,$(UNIT_TESTS),$(t:$(O)/tests/%=asan/%) 300: $(t:$(O)/%=$(ASAN)/%)$(newline))
NATIVE_ROWS = $(foreach t,$(NATIVE_TESTS),native/$(notdir $(t)) 900: $(t)$(newline))
ALL_ROWS = run-selftest 120: tests/run-selftest$(newline) $(UNIT_ROWS) $(ASAN_ROWS) $(CHECK_ROWS) $(NATIVE_ROWS) \
	kernels 3600: $(VM_MATRIX)$(newline)

check:
	$(Q)scripts/install-deps build
	$(Q)scripts/install-deps test
	$(Q)+$(MAKE) --no-print-directory $(PARALLEL) check-needs
	$(Q)+$(MAKE) --no-print-directory $(PARALLEL) O=$(ASAN) SANITIZE=address,undefined unit
	$(call table,check,$(ALL_ROWS))
	$(Q)O=$(O) tests/run -o $(O)/tests $(O)/tests/check.table

check-needs: all unit standin vm-payload $(NATIVE_TESTS) $(CHECK_NEEDS)
	@:

# ---------------------------------------------------------------- installation

SBINDIR = $(PREFIX)/sbin
MANDIR = $(PREFIX)/share/man
UNITDIR = $(PREFIX)/lib/systemd/system
DATADIR = $(PREFIX)/share/cachewarden
DOCDIR = $(PREFIX)/share/doc/cachewarden
SYSCONFDIR ?= /etc

# install FOLDER FILES
install_data = install -d '$(DESTDIR)$(1)' && install -m 644 $(2) '$(DESTDIR)$(1)'

# policy.d stays empty: a policy is the operator's, the examples are beside the documents.
install: all
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)install -d '$(DESTDIR)$(SBINDIR)' '$(DESTDIR)$(UNITDIR)' '$(DESTDIR)$(SYSCONFDIR)/cachewarden/policy.d'
	$(Q)install -m 755 $(O)/cachewarden '$(DESTDIR)$(SBINDIR)'
	$(Q)sed 's|@SBINDIR@|$(SBINDIR)|g' systemd/cachewarden.service.in >$(O)/cachewarden.service
	$(Q)install -m 644 $(O)/cachewarden.service '$(DESTDIR)$(UNITDIR)'
	$(Q)$(call install_data,$(MANDIR)/man5,$(wildcard user/man/*.5))
	$(Q)$(call install_data,$(MANDIR)/man8,$(wildcard user/man/*.8))
	$(Q)$(call install_data,$(DATADIR),user/event/event.schema.json)
	$(Q)$(call install_data,$(DOCDIR)/examples,$(wildcard policy/*.yaml))
	$(Q)$(call install_data,$(DOCDIR),$(wildcard README.md LICENSE))

clean:
	$(Q)rm -rf $(O)

.PHONY: all unit unit-check run check check-needs install clean
