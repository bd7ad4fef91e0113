/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * site/export: a program that no policy lists. It does nothing at all, so that whatever is reported
 * about it is about its being executed.
 */
int main(void)
{
	return 0;
}
