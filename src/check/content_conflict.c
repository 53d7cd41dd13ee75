/* content_conflict.c - content that one set lists as malicious and another vouches for. */
#include "finding.h"

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	const struct hash_match *bad = file_match(file, HASH_BAD), *good = file_match(file, HASH_GOOD);
	struct draft draft;

	(void)inventory;
	if (!good)
		good = file_match(file, HASH_BENIGN);
	if (!bad || !good)
		return;
	draft_begin(&draft, self, file, out);
	draft.finding.support = SUPPORT_LIMITED;
	buffer_add_text(&draft.text, "its digest stands in ");
	add_match(&draft.text, bad);
	buffer_add_text(&draft.text, good->class == HASH_GOOD ? ", and the set that vouches for it is " :
		", and as a row that public lists carry wrongly in ");
	add_match(&draft.text, good);
	draft_see_file(&draft);
	draft_add(&draft);
}

const struct check content_conflict_check = {
	.id       = "content-conflict",
	.title    = "known-bad and known-good sets contradict each other",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Additional Analysis Steps for L1: verify the hash values of suspicious binaries against known-good control hashes",
	.by_content = true,
	.innocent = "a public indicator list that carries the digest of a genuine file",
	.file     = look,
};
