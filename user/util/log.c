/* SPDX-License-Identifier: GPL-2.0-only */
#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/terminal.h"
#include "util/utf8.h"

static enum log_level log_verbosity = LOG_LEVEL_NOTICE;

static const struct {
	const char *word, *colour, *journal;
} log_styles[] = {
	[LOG_LEVEL_ERROR] = { "error: ", "\033[1;31m", "<3>" },
	[LOG_LEVEL_WARNING] = { "warning: ", "\033[1;33m", "<4>" },
	[LOG_LEVEL_NOTICE] = { "", "", "<5>" },
	[LOG_LEVEL_DEBUG] = { "debug: ", "\033[2m", "<7>" },
};

void log_set_level(enum log_level most_verbose)
{
	log_verbosity = most_verbose;
}

/* JOURNAL_STREAM names the stream that systemd connected to the journal, and is inherited by shells whose
 * standard error is another: only where the two are the same does the journal read us. */
static const char *log_prefix(const char *journal)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2 ||
	    fstat(STDERR_FILENO, &st))
		return "";
	return st.st_dev == device && st.st_ino == inode ? journal : "";
}

#define LOG_LINE_MAX 4096

/* Names of files and what else comes from outside may hold what moves a terminal's cursor or ends a line:
 * it is seen as \xNN. In one piece, so that others' lines do not come between. */
static void visible(const char *text, char to[4 * LOG_LINE_MAX])
{
	for (size_t left = strlen(text); left;) {
		uint32_t character = 0;
		size_t size = utf8_decode(text, left, &character);

		if (size && utf8_visible(character)) {
			memcpy(to, text, size);
			to += size;
		} else {
			size = 1;
			to += sprintf(to, "\\x%02x", (unsigned char)*text);
		}
		text += size;
		left -= size;
	}
	*to = '\0';
}

int log_message(enum log_level level, int error, const char *format, ...)
{
	bool colour = terminal_colour(stderr);
	char line[LOG_LINE_MAX], shown[4 * LOG_LINE_MAX];
	va_list args;

	if (level > log_verbosity)
		return error;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	visible(line, shown);
	fprintf(stderr, "%scachewarden: %s%s%s%s%s%s\n", log_prefix(log_styles[level].journal),
		colour ? log_styles[level].colour : "", log_styles[level].word,
		colour && *log_styles[level].colour ? "\033[0m" : "", shown, error ? ": " : "",
		error ? strerror(-error) : "");
	return error;
}

void log_hint(const char *format, ...)
{
	char line[LOG_LINE_MAX], shown[4 * LOG_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	visible(line, shown);
	fprintf(stderr, "%scachewarden: hint: %s\n", log_prefix("<5>"), shown);
}
