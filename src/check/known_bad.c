/* known_bad.c - content whose digest stands in a set of known-bad content. */
#include "finding.h"

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	const struct hash_match *bad = file_match(file, HASH_BAD);
	struct draft draft;

	(void)inventory;
	/* Deleted content has a check of its own, and so has a digest that good sets have too. */
	if (!bad || file->entry.state != ENTRY_ALLOCATED || file_match(file, HASH_GOOD) ||
	    file_match(file, HASH_BENIGN))
		return;
	draft_begin(&draft, self, file, out);
	draft.finding.support = SUPPORT_CONCLUSIVE_MATCH;
	if (bad->grade == 'C' || !file->system)
		draft.finding.severity = SEVERITY_MEDIUM;
	if (bad->grade == 'C')
		draft.finding.support = SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "its digest (%s) stands in ", digest_algorithm_names[bad->by]);
	add_match(&draft.text, bad);
	draft_see_file(&draft);
	draft_add(&draft);
}

const struct check known_bad_check = {
	.id       = "known-bad",
	.title    = "content that is published as malicious",
	.severity = SEVERITY_CRITICAL,
	.playbook = "Key Indicators: detected trojan/backdoor signatures in these binaries",
	.by_content = true,
	.innocent = "a sample kept for analysis or a signature test; a row that the publisher lists wrongly",
	.file     = look,
};
