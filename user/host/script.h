/* SPDX-License-Identifier: GPL-2.0-only */
/* What a script says of its interpreter. */
#ifndef CW_HOST_SCRIPT_H
#define CW_HOST_SCRIPT_H

/* The name behind `#!`, as the kernel reads it, to be freed. NULL in *ret: it is no script. 0 or a negative errno. */
int script_names(int fd, char **ret);

/*
 * The interpreter that the kernel would run for the file behind a descriptor (O_PATH will do), as an absolute path, to
 * be freed. NULL in *ret: it is no script, or one of which that cannot be said (a relative path). 0; -ENOMEM; other
 * negative errnos where the file cannot be read.
 */
int script_interpreter(int fd, char **ret);

#endif
