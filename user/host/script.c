/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/regular.h"

#define HEAD 256 /* BINPRM_BUF_SIZE: what the kernel looks at */

int script_names(int fd, char **ret)
{
	_cleanup_close_ int file = regular_reopen(fd);
	char head[HEAD + 1] = { 0 }, *name, *end;
	ssize_t length;

	*ret = NULL;
	if (file < 0)
		return file;
	length = pread(file, head, HEAD, 0);
	if (length < 0)
		return -errno;
	if (length < 2 || head[0] != '#' || head[1] != '!')
		return 0;
	/* As load_script() of fs/binfmt_script.c: blanks, the name up to a blank or the line's end, which must be seen. */
	name = head + 2 + strspn(head + 2, " \t");
	end = name + strcspn(name, " \t\n");
	if (end == name || end == head + HEAD)
		return 0;
	*end = '\0';
	*ret = strdup(name);
	return *ret ? 0 : -ENOMEM;
}

int script_interpreter(int fd, char **ret)
{
	_cleanup_free_ char *name = NULL;
	int r = script_names(fd, &name);

	*ret = name && *name == '/' ? take_ptr(name) : NULL;
	return r;
}
