/* known_bad.c - content whose digest stands in a set of known-bad content. */
#include <string.h>

#include "finding.h"

static const struct hash_match *
match_of_class(const struct file *file, enum hash_class class)
{
	const struct hash_match *best = NULL;

	for (size_t i = 0; i < file->match_count; i++) {
		const struct hash_match *match = &file->matches[i];

		/* Grade A counts before B, and an ungraded row of the examiner's own set as much as A. */
		if (match->class == class && (!best || match->grade < best->grade))
			best = match;
	}
	return best;
}

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	const struct hash_match *bad = match_of_class(file, HASH_BAD);
	struct draft draft;

	(void)inventory;
	/* Deleted content has a check of its own, and so has a digest that good sets have too. */
	if (!bad || file->entry.state != ENTRY_ALLOCATED || match_of_class(file, HASH_GOOD) ||
	    match_of_class(file, HASH_BENIGN))
		return;
	draft_begin(&draft, self, file, out);
	draft.finding.support = SUPPORT_CONCLUSIVE_MATCH;
	if (bad->grade == 'C' || !file->system)
		draft.finding.severity = SEVERITY_MEDIUM;
	if (bad->grade == 'C')
		draft.finding.support = SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "its digest (%s) stands in the set %s",
		digest_algorithm_names[bad->by], hashset_identity(bad->set)->name);
	if (*bad->product)
		buffer_add_format(&draft.text, " as %s", bad->product);
	if (*bad->name)
		buffer_add_format(&draft.text, ", published as the file %s", bad->name);
	if (*bad->source)
		buffer_add_format(&draft.text, ", source %s", bad->source);
	if (bad->grade)
		buffer_add_format(&draft.text, ", grade %c", bad->grade);
	draft_see_file(&draft);
	draft_add(&draft);
}

const struct check known_bad_check = {
	.id       = "known-bad",
	.title    = "content that is published as malicious",
	.severity = SEVERITY_CRITICAL,
	.playbook = "Key Indicators: detected trojan/backdoor signatures in these binaries",
	.innocent = "a sample kept for analysis or a signature test; a row that the publisher lists wrongly",
	.file     = look,
};
