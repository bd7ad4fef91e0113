/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that are believed because nobody but root, or whoever runs this program, can have written them.
 */
#ifndef CW_UTIL_OWN_H
#define CW_UTIL_OWN_H

#include <stddef.h>
#include <sys/stat.h>

enum own_flaw {
	OWN_NONE,
	OWN_CANNOT_OPEN,
	OWN_LINK, /* symbolic */
	OWN_IRREGULAR, /* a FIFO, a device, a directory */
	OWN_FOREIGN, /* its owner is somebody else */
	OWN_WRITABLE, /* its mode lets others write */
	OWN_LARGE,
	OWN_FLAWS
};

struct own_doubt {
	enum own_flaw flaw;
	int error; /* errno of OWN_CANNOT_OPEN */
	char why[128]; /* "it …", of a message; empty without a flaw */
};

/* Who may write there, by owner and mode alone; of a directory as well. */
enum own_flaw own_writers(const struct stat *status, struct own_doubt *ret_doubt);

/*
 * Open a file for reading; neither the opening nor what is read later can wait for anybody. directory: AT_FDCWD, or
 * what name is in; max: of its size in bytes. Returns a descriptor, or -1 where there is a flaw.
 */
int own_open(int directory, const char *name, size_t max, struct own_doubt *ret_doubt);

#endif
