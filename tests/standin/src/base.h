/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every stand-in program needs: where its instance is, the console log, pid files, and waits
 * that end with an event.
 *
 * Nothing here sleeps. A wait is for a file to appear (inotify) or for a process to end (pidfd), and
 * each has a limit, because a test that hangs tells less than a test that fails.
 */
#ifndef STANDIN_BASE_H
#define STANDIN_BASE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* `instance install` refuses a longer root, so a path below it always fits into PATH_MAX. */
#define ROOT_MAX 200

/* Longer than anything takes here, shorter than the patience of a test run. */
#define WAIT_MS 15000

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Ends the program with a line on standard error; the driver shows it. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/*
 * The directory above the running executable that holds cache.cpf. The programs are told nothing
 * about it in argv (clmanager gets a port and no more), just as the real ones.
 */
void root_find(char root[static ROOT_MAX]);

/* ROOT/RELATIVE into path. */
void root_path(char path[static PATH_MAX], const char *root, const char *relative);

/* Appends to ROOT/mgr/cconsole.log a line in the shape of the real one: time, pid, severity, category. */
__attribute__((format(printf, 4, 5))) void console(const char *root, int severity,
						   const char *category, const char *format, ...);

/* Written beside and renamed, so whoever waits for the file never reads half a number. */
int pidfile_write(const char *path, pid_t pid);

/* Returns a negative errno when there is no such file or no number in it. */
pid_t pidfile_read(const char *path);

/*
 * Waits until the file exists. Returns 0, -ETIMEDOUT, another negative errno, or -ECHILD when the
 * process that should have made it has ended without (maker 0 watches nobody).
 */
int file_await(const char *path, pid_t maker, int timeout_ms);

/* Whether the process executes a file below root: a number from an old pid file may be anybody's. */
bool process_runs_from(pid_t pid, const char *root);

/* Waits until the process has ended; a process that is not there has. */
int process_await_end(pid_t pid, int timeout_ms);

/* SIGTERM, and SIGKILL when that was not enough. */
int process_end(pid_t pid);

/* As a daemon: own session, standard streams on /dev/null (kept when the system has none). */
void detach_streams(void);

/* Ends this process when its parent ends, so that a killed control process leaves nothing behind. */
void die_with_parent(void);

/* Looks into /etc/passwd itself: a static program cannot load the name service's libraries. */
int user_find(const char *name, uid_t *ret_uid, gid_t *ret_gid);

/* Signals back to what a fresh process expects: a child of a signalfd loop would inherit its mask. */
void signals_reset(void);

#endif
