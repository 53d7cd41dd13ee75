/* stack_run.h - media identified and joined to the volumes that lie on them, in one process: test helper. */
#ifndef STACK_RUN_H
#define STACK_RUN_H

#include <t1554triage/stack.h>

struct stack_run {
	struct image  **media;		/* borrowed; their exhibits in the same order */
	struct exhibit *exhibits;
	size_t          count;
	struct stacks   stacks;
	struct image  **opened;		/* by number */
	const struct notes *notes;
};

/* Reads the members on all media and joins them, in rounds, until nothing new appears. */
void stack_run(struct stack_run *run);
struct image *stack_run_open(struct stack_run *run, uint32_t number);
void stack_run_close(struct stack_run *run);

#endif
