/* ima_mismatch.c - a file whose content is not the one that the kernel's integrity measurement recorded. */
#include <string.h>

#include <t1554triage/text.h>

#include "finding.h"

/* The digest of "digest sha256 HEX"; false: the attribute holds none, or none that was computed. */
static bool
recorded_digest(const struct file *file, struct digest *ret_digest)
{
	const char *name = file->entry.ima && text_has_prefix(file->entry.ima, "digest ") ?
		file->entry.ima + strlen("digest ") : NULL, *hex = name ? strchr(name, ' ') : NULL;

	return hex && digest_parse(hex + 1, strlen(hex + 1), DIGEST_NONE, ret_digest);
}

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file, struct findings *out)
{
	struct digest recorded;
	struct draft draft;

	(void)inventory;
	if (!file_is_live(file) || file->unreliable || file->is_link_for_row || !recorded_digest(file, &recorded) ||
	    digest_compare(&recorded, &file->digests, file->extra) != DIGEST_DIFFERS)
		return;
	draft_begin(&draft, self, file, out);
	if (!file_is_program(file))
		draft.finding.severity = SEVERITY_LOW;
	buffer_add_format(&draft.text, "its attribute security.ima records %s ", digest_algorithm_names[recorded.algorithm]);
	digest_add_hex(&draft.text, &recorded);
	buffer_add_text(&draft.text, ", and its content has ");
	add_file_digest(&draft.text, file, recorded.algorithm);
	draft_see_file(&draft);
	draft_add(&draft);
}

const struct check ima_mismatch_check = {
	.id       = "ima-mismatch",
	.title    = "content differs from the digest that the kernel's integrity measurement recorded with the file",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Key Indicators: binary hashes that do not match known-good versions",
	.innocent = "a file that was written while the kernel ran without appraisal, a crash before the attribute was written, "
		"a restore that keeps attributes and not contents",
	.by_content = true,
	.file     = look,
};
