/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 32-bit actor: the same calls through the kernel's 32-bit entry. It has no C library, since a
 * 64-bit host has none for it; hence also its few acts, with addresses on 127.0.0.1:
 *
 *	connect PORT, call-connect PORT (by socketcall), bind PORT, send PORT, exec PATH
 */
typedef unsigned int u32;
typedef unsigned short u16;

enum call {
	CALL_EXIT = 1,
	CALL_WRITE = 4,
	CALL_EXECVE = 11,
	CALL_GETPID = 20,
	CALL_SOCKETCALL = 102,
	CALL_SOCKET = 359,
	CALL_BIND = 361,
	CALL_CONNECT = 362,
};
#define SOCKETCALL_CONNECT 3
#define SOCKETCALL_SENDTO 11
#define AF_INET 2
#define SOCK_STREAM 1
#define SOCK_DGRAM 2

struct address {
	u16 family;
	u16 port; /* network byte order */
	u32 host;
	u32 zero[2];
};

static long call(long number, long a, long b, long c, long d, long e)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory");
	return result;
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static u32 number_of(const char *text)
{
	u32 number = 0;

	while (*text >= '0' && *text <= '9')
		number = number * 10 + (u32)(*text++ - '0');
	return number;
}

static char *add(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

static char *add_number(char *to, u32 number)
{
	char digits[12];
	u32 count = 0;

	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (count)
		*to++ = digits[--count];
	return to;
}

static void __attribute__((noreturn)) finish(const char *step, long result)
{
	u32 pid = (u32)call(CALL_GETPID, 0, 0, 0, 0, 0);
	char line[96], *end = add_number(add(line, result < 0 ? "failed " : "done "), pid);

	if (result < 0)
		end = add_number(add(add(add(end, " "), step), " "), (u32)-result);
	end = add(end, "\n");
	call(CALL_WRITE, 1, (long)line, end - line, 0, 0);
	for (;;)
		call(CALL_EXIT, 0, 0, 0, 0, 0);
}

static long socket_of(long type)
{
	long fd = call(CALL_SOCKET, AF_INET, type, 0, 0, 0);

	if (fd < 0)
		finish("socket", fd);
	return fd;
}

static void __attribute__((noreturn, used)) start(u32 *stack)
{
	char **argv = (char **)(stack + 1);
	char **environment = argv + stack[0] + 1;
	const char *step = stack[0] > 2 ? argv[1] : "";
	u32 port = stack[0] > 2 ? number_of(argv[2]) : 0;
	struct address to = { AF_INET, (u16)(port << 8 | port >> 8), 0x0100007f, { 0, 0 } };
	long result = -22; /* EINVAL */

	if (same(step, "connect")) {
		result = call(CALL_CONNECT, socket_of(SOCK_STREAM), (long)&to, sizeof(to), 0, 0);
	} else if (same(step, "call-connect")) {
		long arguments[] = { socket_of(SOCK_STREAM), (long)&to, sizeof(to) };

		result = call(CALL_SOCKETCALL, SOCKETCALL_CONNECT, (long)arguments, 0, 0, 0);
	} else if (same(step, "bind")) {
		result = call(CALL_BIND, socket_of(SOCK_STREAM), (long)&to, sizeof(to), 0, 0);
	} else if (same(step, "send")) {
		/* Six arguments: more than int $0x80 takes in registers that C leaves us. */
		long arguments[] = {
			socket_of(SOCK_DGRAM), (long)step, 1, 0, (long)&to, sizeof(to)
		};

		result = call(CALL_SOCKETCALL, SOCKETCALL_SENDTO, (long)arguments, 0, 0, 0);
	} else if (same(step, "exec")) {
		char *arguments[] = { argv[2], 0 };

		result = call(CALL_EXECVE, (long)argv[2], (long)arguments, (long)environment, 0, 0);
	}
	finish(step, result);
}

__asm__(".globl _start\n"
	"_start:\n\t"
	"mov %esp, %eax\n\t"
	"and $-16, %esp\n\t"
	"sub $12, %esp\n\t"
	"push %eax\n\t"
	"call start\n");
