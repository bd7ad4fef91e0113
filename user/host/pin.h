/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a file's content is what policies pin. */
#ifndef CW_HOST_PIN_H
#define CW_HOST_PIN_H

#include <stdbool.h>
#include <stdint.h>

#include "host/files.h"
#include "policy/facts.h"
#include "policy/model.h"

/* What all policies that name one file pin of it together. */
struct pins {
	const uint8_t *sha256; /* of the policies'; NULL: none */
	const struct verity_digest *verity;
	bool contradict; /* two of them pin different things: nothing can be both */
};

void pins_add(struct pins *pins, const struct executable *executable);
bool pins_any(const struct pins *pins);

/*
 * Find out what is needed (identifier->hash_all, hash_later), and distrust the fact where a pin is not
 * met. before: what was known of the same file last time, or NULL; it saves hashing. 0 or -ENOMEM.
 */
int pins_check(struct file_fact *fact, const struct pins *pins,
	       const struct file_identifier *identifier, const struct file_fact *before);

#endif
