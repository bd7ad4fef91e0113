/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cache.cpf and iris.cpf as text: sections, keys, values and where they stand. What they mean is
 * config.h's business.
 *
 * The rules, taken from the vendor's reference where real files agree with it, else from the files:
 *   - lines end with LF or CRLF, the last one may have no end; a line may be of any length;
 *   - `[Name]` or `[Name.ARGUMENT]` begins a section; a section that begins again goes on;
 *   - a setting is cut at its first `=`; blanks at the ends of a line mean nothing, inside a value
 *     they do, those right behind `=` included;
 *   - `;`, `#`, `//` and `/ * ... * /` are comments only where a line begins with one: values of real
 *     files are full of them (of IRIS, config.h drops those behind numbers, hosts and rows);
 *   - keys are whatever stands before `=`: blanks, quotes, commas, parentheses, `%`;
 *   - in [Actions] of a merge file the key ends at the first `:` (`CreateDatabase:Name=X,...`).
 * Bytes that are not UTF-8 stay as they are (old files are in the site's own code page).
 *
 * Memory is bounded: CPF_SIZE_MAX bytes are read and no more, whatever stat() says, and a setting
 * costs a fixed amount besides its text.
 */
#ifndef CW_INSTANCE_CPF_H
#define CW_INSTANCE_CPF_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/diagnostics.h"
#include "util/cleanup.h"
#include "util/vocabulary.h"

#define CPF_SIZE_MAX (16u << 20) /* bytes; the largest known are a few megabytes of mappings */
#define CPF_SETTINGS_MAX 262144
#define CPF_SECTIONS_MAX 16384

struct cpf_section;

/* `key=value`. Strings are NUL-terminated and belong to the cpf. */
struct cpf_setting {
	const char *key; /* without blanks around it */
	const char *value; /* without blanks at its end; "" if nothing is behind `=` */
	unsigned int line; /* from 1 */
	unsigned int column; /* of the key; from 1, in characters */
	unsigned int value_column; /* of the value's first byte, a blank perhaps */
	bool overridden; /* a later line of the same section has the same key, byte for byte */
	unsigned int heading; /* inside */
	const struct cpf_section *section;
	struct cpf_setting *next; /* of the same section, in the file's order; NULL: the last */
};

struct cpf_section {
	const char *name; /* `Map` of [Map.USER]; as written */
	const char *argument; /* `USER` of [Map.USER]; NULL: none */
	unsigned int line, column; /* of its first heading */
	struct cpf_setting *first, *last; /* NULL: it has none */
	size_t count;
};

/*
 * What a file is, by its name, and a merge file by what is in it. Only the first is what an instance
 * reads when it starts.
 */
enum cpf_kind {
	CPF_CONFIGURATION,
	CPF_BACKUP, /* iris.cpf_20231204: the daily copy */
	CPF_LAST_GOOD, /* _LastGood_.cpf: copied after a start or stop that went well */
	CPF_INSTALL, /* install.cpf: as installed */
	CPF_REJECTED, /* iris.cpf_rejected: what a start refused */
	CPF_MERGE, /* a part of a configuration; has [Actions], or neither
		    * [ConfigFile] Version nor the database of the system */
	CPF_KIND_MAX,
};
extern const struct vocabulary cpf_kind_words; /* "configuration", "backup", "last good" ... */

struct cpf {
	char *file; /* name, for locations */
	enum cpf_kind kind;
	struct cpf_section *sections; /* in the order of their first headings */
	size_t section_count;
	struct cpf_setting *settings; /* of the whole file, in its order */
	size_t setting_count;
	/* Inside. */
	char *text; /* what the strings point into */
	struct cpf_setting **index; /* by section, key (case folded), line */
};

/*
 * Text of a file -> cpf. 0; -EINVAL: it is none (a byte order mark of UTF-16, NUL bytes, too large,
 * too many settings, no section at all: an error is among the diagnostics); -ENOMEM. Everything that
 * can be read around is a warning and is read around: settings before the first section, lines
 * that are nothing, keys given twice (the later counts), sections that begin again. file is copied.
 */
int cpf_read(const char *file, const char *text, size_t length, struct diagnostics *diagnostics,
	     struct cpf **ret);

/* The same from a path: -errno of open() and read() too, -EFBIG beyond CPF_SIZE_MAX, -EISDIR and
 * the like; each with a diagnostic, but for -ENOMEM. FIFOs and devices are not opened for long. */
int cpf_read_file(const char *path, struct diagnostics *diagnostics, struct cpf **ret);

struct cpf *cpf_free(struct cpf *cpf);
DEFINE_CLEANUP(struct cpf *, cpf_free);
#define _cleanup_cpf_ _cleanup_(cleanup_cpf_free)

/* What the name of a file (its path's last part) says. */
enum cpf_kind cpf_kind_of_name(const char *path);

/* The first section of that name, whatever the case; argument NULL: one without an argument. */
const struct cpf_section *cpf_section(const struct cpf *cpf, const char *name,
				      const char *argument);

/* The setting that counts, the last of its key whatever the case; NULL: not given. */
const struct cpf_setting *cpf_setting(const struct cpf *cpf, const char *section, const char *key);

/* One that cpf_setting() would find but for this one, written differently; NULL: none. */
const struct cpf_setting *cpf_other_spelling(const struct cpf *cpf,
					     const struct cpf_setting *setting);

/* The place of a setting's key, and of a part of its value (at: bytes from its beginning). */
struct location cpf_key_location(const struct cpf *cpf, const struct cpf_setting *setting);
struct location cpf_value_location(const struct cpf *cpf, const struct cpf_setting *setting,
				   size_t at, size_t length);

#endif
