/* steps.h - what an examination and a judgement of an earlier one share. */
#ifndef STEPS_H
#define STEPS_H

#include "run.h"

void run_init(struct run *run, const struct triage_options *options, const struct triage_observer *observer);
void run_release(struct run *run);

struct timestamp run_time_now(void);
void run_describe(struct run *run, struct run_information *information);

/* The hash sets that were asked for: 0, or an exit status with a message. */
int  run_open_sets(struct run *run, struct buffer *ret_message);
void run_sort_events(struct run *run);		/* no log is read any more */
void run_judge(struct run *run, struct findings *findings);
/* The exit status of the interface, with the summary or a message. */
int  run_decide_and_report(struct run *run, const struct findings *findings, struct run_information *information,
	struct buffer *ret_text);

#endif
