/* mapping_guard.c - reading a mapped file that may be cut, or whose medium may fail, meanwhile. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

#include "mapping_guard.h"

static sigjmp_buf way_out;
static uintptr_t guarded_begin, guarded_end;

/* Any other fault ends the process as ever: it is met again when this returns. */
static void
leave(int number, siginfo_t *information, void *unused)
{
	uintptr_t at = (uintptr_t)information->si_addr;

	(void)unused;
	if (at >= guarded_begin && at < guarded_end)
		siglongjmp(way_out, 1);
	signal(number, SIG_DFL);
}

bool
mapping_guard(const void *bytes, size_t size, void (*work)(void *context), void *context)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO }, before;
	bool is_met;

	action.sa_sigaction = leave;
	guarded_begin = (uintptr_t)bytes;
	guarded_end = guarded_begin + size;
	sigaction(SIGBUS, &action, &before);
	is_met = sigsetjmp(way_out, 1);
	if (!is_met)
		work(context);
	sigaction(SIGBUS, &before, NULL);
	return !is_met;
}
