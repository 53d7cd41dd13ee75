/* interruption.c - signals of the operator, taken when there is a place to stop. */
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "interruption.h"

static const int wishes[] = { SIGINT, SIGTERM, SIGHUP };
enum { WISH_COUNT = sizeof wishes / sizeof wishes[0] };

/* What nohup and shells ignore is not ours to take. */
static void
listed(sigset_t *set)
{
	struct sigaction usual;

	sigemptyset(set);
	for (size_t i = 0; i < WISH_COUNT; i++)
		if (!sigaction(wishes[i], NULL, &usual) && usual.sa_handler != SIG_IGN)
			sigaddset(set, wishes[i]);
}

int
interruption_open(void)
{
	sigset_t set;
	int descriptor;

	listed(&set);
	descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (descriptor >= 0)
		sigprocmask(SIG_BLOCK, &set, NULL);
	return descriptor;
}

int
interruption_seen(int descriptor)
{
	struct signalfd_siginfo came;
	sigset_t set;

	if (descriptor < 0 || read(descriptor, &came, sizeof came) != sizeof came)
		return 0;
	listed(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return (int)came.ssi_signo;
}

static void
pass(int number)
{
	(void)number;
}

void
interruption_close(int descriptor)
{
	const struct sigaction once = { .sa_handler = pass, .sa_flags = SA_RESTART | SA_RESETHAND };
	sigset_t set, blocked;

	if (descriptor < 0)
		return;
	listed(&set);
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (size_t i = 0; i < WISH_COUNT; i++)
		if (sigismember(&set, wishes[i]) > 0 && sigismember(&blocked, wishes[i]) > 0)
			sigaction(wishes[i], &once, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	close(descriptor);
}
