/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages to whoever runs the program: one line to standard error, with the priority prefix that
 * systemd understands when the journal is at the other end, in colour when a terminal is.
 *
 * log_err() returns its first argument, so that a function that logs reports in one expression:
 *	return log_err(-errno, "attach %s", name);
 * The error's text is appended. Only user/daemon, user/cli and user/kern log; other folders return.
 */
#ifndef CW_UTIL_LOG_H
#define CW_UTIL_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level most_verbose);

/* error: 0, or a negative errno whose text is appended. Returns error. */
int log_message(enum log_level level, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A line that says how to mend what was just reported. */
void log_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* That its value is error is to be seen here, by analyzers too, which follow what returns it. */
#define log_err(error, ...) \
	({ \
		int log_error_ = (error); \
		log_message(LOG_LEVEL_ERROR, log_error_, __VA_ARGS__); \
		log_error_; \
	})
#define log_warning(error, ...) log_message(LOG_LEVEL_WARNING, error, __VA_ARGS__)
#define log_notice(...) log_message(LOG_LEVEL_NOTICE, 0, __VA_ARGS__)
#define log_debug(...) log_message(LOG_LEVEL_DEBUG, 0, __VA_ARGS__)

#endif
