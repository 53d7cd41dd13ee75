/* tap.h - Test Anything Protocol: each check prints one line, both values are shown. */
#ifndef T1554TRIAGE_TAP_H
#define T1554TRIAGE_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

static inline bool
tap_ok(bool passed, const char *what, const char *file, int line)
{
	printf("%sok %d - %s\n", passed ? "" : "not ", ++tap_count, what);
	if (!passed) {
		tap_failed++;
		printf("# at %s:%d\n", file, line);
	}
	return passed;
}

static inline bool
tap_text(const char *got, const char *expected, const char *what, const char *file, int line)
{
	bool passed = got && expected ? !strcmp(got, expected) : got == expected;

	if (!tap_ok(passed, what, file, line))
		printf("# got      %s\n# expected %s\n", got ? got : "(null)", expected ? expected : "(null)");
	return passed;
}

static inline bool
tap_number(long long got, long long expected, const char *what, const char *file, int line)
{
	bool passed = got == expected;

	if (!tap_ok(passed, what, file, line))
		printf("# got      %lld\n# expected %lld\n", got, expected);
	return passed;
}

#define OK(condition, what) tap_ok(condition, what, __FILE__, __LINE__)
#define IS_TEXT(got, expected, what) tap_text(got, expected, what, __FILE__, __LINE__)
#define IS(got, expected, what) tap_number((long long)(got), (long long)(expected), what, __FILE__, __LINE__)

/* Ends a test program: prints the plan, gives main its result. */
static inline int
tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
