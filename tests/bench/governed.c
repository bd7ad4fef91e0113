/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real kernel side as variants: one instance that enforces, this process governed by it or not,
 * and an image with one rule a class, with 512 (the last one matches), or with 100,000 prefixes in the
 * one rule that matches.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "host/gather.h"
#include "kern/internal.h"
#include "policy/image.h"
#include "remember.h"
#include "util/buffer.h"
#include "util/cleanup.h"

#define IMAGE_BYTES ((size_t)CW_PAGES * CW_PAGE_SIZE)
#define PREFIXES 100000
#define EVERY_OPERATION ((1u << CW_OPERATION_MAX) - 1)

enum image_id { IMAGE_RULES_1, IMAGE_RULES_512, IMAGE_PREFIXES, IMAGE_MAX };

static struct kern *kern;
static struct kern_probe probe;
static struct file_registry *registry;
static void *images[IMAGE_MAX];
static char self[4096];

/* Rules that do not match stand before the one that does. */
static void policy_text(struct buffer *text, unsigned int rules)
{
	buffer_printf(text,
		      "version: 1\ninstance: BENCH\nmode: enforce\nexecutables:\n"
		      "  self: { path: \"%s\", entry: true }\n  file: { path: \"%s\" }\nexec:\n",
		      self, act_file());
	for (unsigned int i = 1; i < rules; i++)
		buffer_printf(text, "  - { allow: \"/nowhere/%u\", by: self }\n", i);
	buffer_printf(text, "  - { allow: file, by: self }\nbind:\n");
	for (unsigned int i = 1; i < rules; i++)
		buffer_printf(text, "  - { allow: udp/%u, at: 127.99.%u.0/24, by: self }\n",
			      1000 + i, i % 256);
	buffer_printf(text, "  - { allow: udp/%d, at: 127.99.0.0/16, by: self }\nconnect:\n",
		      BENCH_PORT);
	for (unsigned int i = 1; i < rules; i++)
		buffer_printf(text, "  - { allow: udp/%u, to: 127.99.%u.0/24, by: self }\n",
			      1000 + i, i % 256);
	buffer_printf(text, "  - { allow: udp/%d, to: 127.99.0.0/16, by: self }\n", BENCH_PORT);
	buffer_printf(text, "library: { trust: owners, anonymous: allow }\n");
}

/* As a file of a megabyte cannot name them: 127.a.b.c/26, every other one. */
static int policy_prefixes(struct rule *rule)
{
	struct address *addresses = calloc(PREFIXES, sizeof(*addresses));

	if (!addresses)
		return -ENOMEM;
	for (uint32_t i = 0; i < PREFIXES; i++) {
		uint32_t address = htonl((0x7f630140 - (PREFIXES / 2 * 128)) + i * 128);

		addresses[i] = (struct address){ .kind = ADDRESS_PREFIX,
						 .family = AF_INET,
						 .prefix = 26,
						 .where = rule->where };
		memcpy(addresses[i].bytes, &address, sizeof(address));
	}
	free(rule->addresses);
	rule->addresses = addresses;
	rule->address_count = PREFIXES;
	return 0;
}

static int image_make(enum image_id id)
{
	struct gather_options options = { .identifier = { .identify = kern_identify,
							  .context = kern } };
	struct diagnostics diagnostics = { 0 };
	struct catalogue *catalogue = NULL;
	struct facts facts = { 0 };
	struct policy *policy = NULL;
	struct policy_set set = { .policies = &policy, .count = 1 };
	struct buffer text = { 0 };
	struct image image;
	int r;

	policy_text(&text, id == IMAGE_RULES_512 ? 512 : 1);
	r = policy_read("bench.yaml", text.data, text.length, &diagnostics, &policy);
	if (!r && id == IMAGE_PREFIXES)
		r = policy_prefixes(policy->classes[CW_CLASS_CONNECT].rules);
	if (!r)
		r = host_facts_gather(&policy, 1, registry, &options, NULL, &facts);
	image.memory = mmap(NULL, IMAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	if (!r)
		r = image_compile(&set, &facts, id + 1, &image, &diagnostics, &catalogue);
	if (r)
		diagnostics_print(&diagnostics, stderr, false);
	images[id] = image.memory;
	catalogue_free(catalogue);
	facts_release(&facts);
	policy_free(policy);
	diagnostics_release(&diagnostics);
	buffer_release(&text);
	return r;
}

static int file_admit(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct cw_identity identity = { 0 };
	struct cw_file file = { .admitted = 1 };
	int r = fd < 0 ? -errno : kern_identify(kern, fd, &identity);

	if (!r)
		r = file_registry_number(registry, path, &file.file);
	file.ctime_seconds = identity.ctime_seconds;
	file.ctime_nanoseconds = identity.ctime_nanoseconds;
	file.size = identity.size;
	return r ? r : kern_file_admit(kern, &identity.key, &file, 0);
}

static int publish(enum image_id id)
{
	struct image image;
	int map, r = kern_image_begin(kern, &image, &map);

	if (r)
		return r;
	memcpy(image.memory, images[id], IMAGE_BYTES);
	return kern_image_publish(kern, CW_IMAGE_CURRENT, &image, map);
}

static bool record_ignored(void *context, const void *bytes, size_t size, uint64_t sequence)
{
	(void)context;
	(void)bytes;
	(void)size;
	(void)sequence;
	return true;
}

static void records_ignore(void)
{
	while (kern_ring_consume(kern) > 0)
		kern_ring_delivered(kern);
}

/* Where it is remembered that this process may connect there. */
static const struct cw_remembered *place(uint32_t address, uint32_t number)
{
	struct cw_request request = { .instance = 1,
				      .port = BENCH_PORT,
				      .protocol = CW_PROTOCOL_UDP,
				      .family = AF_INET,
				      .executable = number,
				      .high = address };
	struct cw_remembered_key key = cw_remembered_key(&request, CW_CLASS_CONNECT);
	struct cw_page_main *page = images[IMAGE_RULES_1];

	return cw_remembered_slot(page->remembered, &key);
}

/* The upper half of each 128 addresses is what every image allows. */
static int other_peer_find(void)
{
	uint32_t number, other = BENCH_ADDRESS & 0xffff0000;
	int r = file_registry_number(registry, self, &number);

	while (!r && (other == BENCH_ADDRESS || !(other & 64) ||
		      place(other, number) != place(BENCH_ADDRESS, number)))
		r = ++other & 0xffff ? 0 : -ENOENT;
	act_other_peer = other;
	return r;
}

static int load(enum cw_backend backend)
{
	int r = kern_load(&probe, backend, false, &kern);

	if (!r)
		r = kern_ring_open(kern, record_ignored, NULL);
	return r ? r : file_admit(act_file());
}

int governed_open(enum cw_backend backend)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int r;

	if (n < 0)
		return -errno;
	self[n] = '\0';
	kern_probe(&probe);
	/* On older kernels each further mapping costs this process in mmap(). */
	kern_probe_release(&probe);
	registry = file_registry_new();
	if (!registry)
		return -ENOMEM;
	r = load(backend);
	for (enum image_id id = 0; !r && id < IMAGE_MAX; id++)
		r = image_make(id);
	return r ? r : other_peer_find();
}

void governed_close(void)
{
	for (enum image_id id = 0; id < IMAGE_MAX; id++)
		munmap(images[id], IMAGE_BYTES);
	kern = kern_free(kern);
	registry = file_registry_free(registry);
}

static int publish_and_attach(enum image_id id)
{
	int r = publish(id);

	return r ? r : kern_attach(kern, &probe);
}

/* To 5.12 a tracing program can be attached only once. */
static int publish_and_attach_anew(enum image_id id)
{
	enum cw_backend backend = kern_backend(kern);
	int r;

	kern = kern_free(kern);
	r = load(backend);
	return r ? r : publish_and_attach(id);
}

int governed_enter(enum variant_id variant)
{
	enum image_id id = variant == VARIANT_RULES_1	 ? IMAGE_RULES_1
			   : variant == VARIANT_PREFIXES ? IMAGE_PREFIXES
							 : IMAGE_RULES_512;
	struct cw_subject subject = { .governed = CW_GOVERNED(1) };
	uint32_t number = CW_FILE_UNKNOWN;
	int r = publish_and_attach(id);

	if (r == -ENOENT)
		r = publish_and_attach_anew(id);
	if (r)
		return r;
	kern_wanted(kern, variant == VARIANT_RECORDED ? EVERY_OPERATION : 0, 0);
	if (variant == VARIANT_UNGOVERNED)
		return 0;
	r = file_registry_number(registry, self, &number);
	subject.executable = (__u16)number;
	return r ? r : kern_subject_add(kern, getpid(), &subject);
}

/* As kern_free() does, but the programs stay loaded for the next round. */
void governed_leave(void)
{
	kern_subject_remove(kern, getpid());
	while (kern->link_count)
		close(kern->links[--kern->link_count]);
	records_ignore();
}

void governed_between(void)
{
	records_ignore();
}
