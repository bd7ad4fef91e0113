/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <linux/fsverity.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/files.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/regular.h"

#define HASH_CHUNK (128 * 1024)

static EVP_MD_CTX *hash_free(EVP_MD_CTX *hash)
{
	EVP_MD_CTX_free(hash);
	return NULL;
}
DEFINE_CLEANUP(EVP_MD_CTX *, hash_free);

int file_hash(int fd, uint8_t ret[32])
{
	_cleanup_(cleanup_hash_free) EVP_MD_CTX *hash = EVP_MD_CTX_new();
	_cleanup_free_ char *chunk = malloc(HASH_CHUNK);
	_cleanup_close_ int file = regular_reopen(fd);

	if (!hash || !chunk)
		return -ENOMEM;
	if (file < 0)
		return file;
	if (EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		return -EIO;
	for (;;) {
		ssize_t length = read(file, chunk, HASH_CHUNK);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		if (length == 0)
			break;
		if (EVP_DigestUpdate(hash, chunk, (size_t)length) != 1)
			return -EIO;
	}
	return EVP_DigestFinal_ex(hash, ret, NULL) == 1 ? 0 : -EIO;
}

int file_measure(int fd, struct verity_digest *ret)
{
	_cleanup_close_ int file = regular_reopen(fd);
	union {
		struct fsverity_digest digest;
		uint8_t bytes[sizeof(struct fsverity_digest) + sizeof(ret->bytes)];
	} answer = { .digest.digest_size = sizeof(ret->bytes) };

	*ret = (struct verity_digest){ 0 };
	if (file < 0)
		return file;
	/* ENODATA: not of this file; ENOTTY, EOPNOTSUPP: not on this file system. */
	if (ioctl(file, FS_IOC_MEASURE_VERITY, &answer) < 0)
		return errno == ENODATA || errno == ENOTTY || errno == EOPNOTSUPP ? 0 : -errno;
	if (answer.digest.digest_algorithm >= words_verity.count)
		return 0;
	ret->algorithm = (uint8_t)answer.digest.digest_algorithm;
	ret->length = (uint8_t)answer.digest.digest_size;
	memcpy(ret->bytes, answer.digest.digest, ret->length);
	return 0;
}
