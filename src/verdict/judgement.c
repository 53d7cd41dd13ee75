/* judgement.c - the answers to the playbook, the decision, the exit status. */
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/verdict.h>

const char *const answer_names[] = { "yes", "no", "partly", "not determinable", "not examined", NULL };
const char *const decision_names[] = { "do-not-escalate", "escalate", "inconclusive", NULL };

void
judgement_make(const struct inventory *inventory, const struct findings *findings,
	struct judgement *ret_judgement)
{
	memset(ret_judgement, 0, sizeof *ret_judgement);
	arena_init(&ret_judgement->arena);
	(void)inventory;
	(void)findings;
}

void
judgement_release(struct judgement *judgement)
{
	arena_release(&judgement->arena);
	memset(judgement, 0, sizeof *judgement);
}
