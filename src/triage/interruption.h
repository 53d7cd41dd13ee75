/* interruption.h - the operator ends a run: the first signal is a wish, the next one the end. */
#ifndef INTERRUPTION_H
#define INTERRUPTION_H

/*
 * From here on SIGINT, SIGTERM and SIGHUP wait to be asked for (those that the
 * caller had ignored stay ignored).  Processes that are forked meanwhile do not
 * die of them: they end with the coordinator.  -1: not to be had; signals act as usual.
 */
int interruption_open(void);
/* The signal that came, 0: none.  After one, the next acts as usual and ends the process. */
int interruption_seen(int descriptor);
/* What still comes first is taken as come too late: one signal of each kind passes without effect. */
void interruption_close(int descriptor);

#endif
