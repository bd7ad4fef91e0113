/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy in the making: executables and rules, each in force or, with a doubt, a comment that says
 * why it is not. What is a comment here never is a rule there: printing is the only way out.
 *
 *	rule = draft_rule(draft, DRAFT_BIND, SERVICE_WEB_SERVER, "web", NULL);
 *	draft_what(rule, "tcp/%u", port);
 *	draft_by(rule, "httpd");
 *	draft_why(rule, "cache.cpf:%u [Startup] WebServerPort", line);
 *
 * Errors stick: without memory every call is a no-op, entries are NULL (which all functions take) and
 * draft->failed says so at the end.
 */
#ifndef CW_INSTANCE_DRAFT_H
#define CW_INSTANCE_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instance/services.h"
#include "util/buffer.h"
#include "util/cleanup.h"

/* Strings, owned. */
struct draft_texts {
	char **items;
	size_t count;
};

/* Entries of one part; a class of rules has room for 512. What is beyond is counted and said. */
#define DRAFT_PART_MAX 500
/* Of these, for what is no row of a list, and the first row of each: a long list must not keep the services behind
 * it out. */
#define DRAFT_PART_RESERVED 100

struct draft_entry {
	struct draft *draft;
	enum draft_part part;
	char *name; /* of the executable; id of the rule or of the remark */
	char *path; /* executables: ${root} in its place */
	bool entry;
	bool pinned;
	uint8_t sha256[32];
	bool remark_only; /* no rule at all: its doubt is the remark */
	struct draft_texts what; /* names of executables, or ports */
	struct draft_texts by; /* a rule without is none: nothing is everybody's */
	struct draft_texts addresses;
	char *why; /* rules; of executables printed as a comment behind them */
	char *doubt; /* why it is none; NULL: it is in force */
	char *example; /* lines, printed below a remark */
	unsigned int line; /* where it was printed last */
};

struct draft {
	/* What is printed before the parts; owned. */
	char *head; /* comment */
	char *instance;
	char *root; /* NULL: none */
	char *owner; /* NULL: none */
	char *owner_why;
	bool java_except; /* library */
	bool foreign; /* its files were not looked at */
	struct draft_texts guard_users;
	char *guard_note; /* comment */
	char *database; /* name of the database's executable, DATABASE in examples */
	struct draft_entry **entries; /* in the order in which they were made */
	size_t count;
	size_t part_count[DRAFT_PARTS];
	size_t left_out[DRAFT_PARTS];
	bool failed;
};

struct draft *draft_new(void);
struct draft *draft_free(struct draft *draft);
DEFINE_CLEANUP(struct draft *, draft_free);
#define _cleanup_draft_ _cleanup_(cleanup_draft_free)

/* A copy in the place of what was there. */
void draft_set(struct draft *draft, char **place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Someone who may come near what is guarded; there must be one. */
void draft_guard_user(struct draft *draft, const char *name);

struct draft_entry *draft_executable(struct draft *draft, const char *name, const char *path,
				     bool entry);
/* The executable of that name; NULL: none was made. */
struct draft_entry *draft_find(const struct draft *draft, const char *name);
/* Is there an executable of that name, in force? */
bool draft_has(const struct draft *draft, const char *name);

/* The id is base, or base-suffix with what no id may have replaced, and made unique in its part. With a suffix it
 * is of a row of a list. NULL: no memory, or no room for it. */
struct draft_entry *draft_rule(struct draft *draft, enum draft_part part, const char *base,
			       const char *suffix);
void draft_what(struct draft_entry *entry, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void draft_by(struct draft_entry *entry, const char *name);
void draft_address(struct draft_entry *entry, const char *address);
void draft_why(struct draft_entry *entry, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The first doubt is the one that stays. */
void draft_doubt(struct draft_entry *entry, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A comment in a rule's place; format NULL: the table's words. With the table's example. */
struct draft_entry *draft_remark(struct draft *draft, enum service_id service, const char *format,
				 ...) __attribute__((format(printf, 3, 4)));
/* A comment that is no service's. */
struct draft_entry *draft_note(struct draft *draft, enum draft_part part, const char *name,
			       const char *format, ...) __attribute__((format(printf, 4, 5)));
void draft_example(struct draft_entry *entry, const char *lines);

/* Rules lose the executables that are not in force; what is left without one gets a doubt. */
void draft_settle(struct draft *draft);
/* The entry that was last printed on that line; NULL: none. */
struct draft_entry *draft_at(const struct draft *draft, unsigned int line);

/* The policy as YAML: the same bytes for the same draft. */
void draft_print(struct draft *draft, struct buffer *to);

#endif
