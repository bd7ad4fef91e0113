/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/pin.h"

#include <errno.h>
#include <string.h>

#include "host/chase.h"
#include "host/distrust.h"
#include "host/identity.h"
#include "util/cleanup.h"

void pins_add(struct pins *pins, const struct executable *executable)
{
	if (executable->pinned) {
		if (pins->sha256 &&
		    memcmp(pins->sha256, executable->sha256, sizeof(executable->sha256)) != 0)
			pins->contradict = true;
		pins->sha256 = executable->sha256;
	}
	if (executable->verity.length) {
		if (pins->verity &&
		    memcmp(pins->verity, &executable->verity, sizeof(executable->verity)) != 0)
			pins->contradict = true;
		pins->verity = &executable->verity;
	}
}

bool pins_any(const struct pins *pins)
{
	return pins->sha256 || pins->verity;
}

static int distrust_unreadable(struct file_fact *fact, int error)
{
	return fact_distrust(fact, FILE_UNREADABLE, error, "%s cannot be read: %s", fact->resolved,
			     strerror(error));
}

/* The hash of what was identified, not of what stands there a moment later. */
static int hash_now(struct file_fact *fact, const struct file_identifier *identifier)
{
	struct chase_trust anybody = { 0 };
	_cleanup_(chased_release) struct chased chased = { .fd = -1 };
	struct cw_identity identity = { 0 };
	int r = chase(fact->resolved, &anybody, &chased);

	if (r)
		return r;
	r = chased.fd < 0 ? -ENOENT : file_hash(chased.fd, fact->sha256);
	if (!r)
		r = identity_get(identifier, chased.fd, &identity);
	if (r)
		return r == -ENOMEM ? r : distrust_unreadable(fact, -r);
	if (!identity_same(&identity, &fact->identity))
		return fact_distrust(fact, FILE_TOO_YOUNG, 0, "%s changed while it was read",
				     fact->resolved);
	fact->hashed = true;
	return 0;
}

static int fact_hash(struct file_fact *fact, const struct file_identifier *identifier,
		     const struct file_fact *before)
{
	bool same = before && !fact->identity.status &&
		    identity_same(&before->identity, &fact->identity);

	if (same && before->hashed) {
		memcpy(fact->sha256, before->sha256, sizeof(fact->sha256));
		fact->hashed = true;
		return 0;
	}
	/* While it is looked at again and again; a reload tries anew. */
	if (same && before->hash_error && identifier && identifier->hash_later) {
		fact->hash_error = before->hash_error;
		return distrust_unreadable(fact, before->hash_error);
	}
	if (identifier && identifier->hash_later)
		return fact_distrust(fact, FILE_UNHASHED, 0, "%s is still being hashed",
				     fact->resolved);
	return hash_now(fact, identifier);
}

/* What fs-verity says of the very file that was identified. It cannot be written from then on, so asking
 * is enough: nothing is read. */
static int fact_measure(struct file_fact *fact)
{
	struct chase_trust anybody = { 0 };
	_cleanup_(chased_release) struct chased chased = { .fd = -1 };
	struct cw_identity now = { 0 };
	int r = chase(fact->resolved, &anybody, &chased);

	if (r || chased.fd < 0)
		return r;
	r = identity_get(NULL, chased.fd, &now);
	if (!r && !identity_same(&now, &fact->seen))
		return fact_distrust(fact, FILE_TOO_YOUNG, 0, "%s changed while it was measured",
				     fact->resolved);
	if (!r)
		r = file_measure(chased.fd, &fact->verity);
	return r == -ENOMEM ? r : 0;
}

static int check_verity(struct file_fact *fact, const struct verity_digest *pinned)
{
	if (!fact->verity.length)
		return fact_distrust(fact, FILE_BAD_HASH, 0, "%s has no fs-verity digest",
				     fact->resolved);
	if (memcmp(&fact->verity, pinned, sizeof(*pinned)) != 0)
		return fact_distrust(fact, FILE_BAD_HASH, 0,
				     "the fs-verity digest of %s is not what the policy pins",
				     fact->resolved);
	return 0;
}

int pins_check(struct file_fact *fact, const struct pins *pins,
	       const struct file_identifier *identifier, const struct file_fact *before)
{
	bool all = identifier && identifier->hash_all;
	bool readable = fact->resolved && fact->trust != FILE_NOT_REGULAR &&
			fact->trust != FILE_UNREADABLE;
	int r = 0;

	if (pins->contradict)
		r = fact_distrust(fact, FILE_BAD_HASH, 0, "two different hashes are pinned for %s",
				  fact->resolved);
	if (!r && readable && (pins->verity || all))
		r = fact_measure(fact);
	if (!r && readable && pins->verity)
		r = check_verity(fact, pins->verity);
	if (!r && readable && (pins->sha256 || all))
		r = fact_hash(fact, identifier, before);
	if (!r && pins->sha256 && fact->hashed &&
	    memcmp(fact->sha256, pins->sha256, sizeof(fact->sha256)) != 0)
		r = fact_distrust(fact, FILE_BAD_HASH, 0,
				  "the content of %s is not what the policy pins", fact->resolved);
	return r;
}
