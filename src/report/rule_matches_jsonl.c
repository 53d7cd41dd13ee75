/* rule_matches_jsonl.c - one line per match of a rule: none are evaluated by this version, so the file is empty. */
#include "formats.h"
#include "output.h"

static enum status
write_matches(const struct report *report, struct output *out)
{
	(void)report;
	return output_error(out) ? STATUS_FATAL : STATUS_OK;
}

const struct report_format rule_matches_jsonl_format = {
	.name        = "rule_matches.jsonl",
	.description = "every match of a rule; empty, because this version evaluates no rules",
	.write       = write_matches,
};
