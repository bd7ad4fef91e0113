# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel matrix. A folder whose files are wanted in the guests adds them to
# VM_PAYLOAD, as files below $(O)/vm/payload, which is /cw there; what is built
# below $(O) anyway is copied by the rule here. The guests run /cw/guest-tests.

CW_KERNELS ?= $(O)/kernels
VM_MATRIX := O=$(O) CW_KERNELS=$(CW_KERNELS) tests/vm/matrix

.SECONDEXPANSION:

$(O)/vm/payload/%: $(O)/%
	@mkdir -p $(@D)
	$(Q)cp $< $@

vm-payload: $$(VM_PAYLOAD)

fetch-kernels:
	$(Q)scripts/fetch-kernels $(CW_KERNELS)

check-kernels: vm-payload
	$(Q)scripts/install-deps test
	$(Q)echo 'kernels 3600: $(VM_MATRIX)' | tests/run -o $(O)/tests

.PHONY: vm-payload fetch-kernels check-kernels
