/* package_digest_mismatch.c - content that differs from what the owning package recorded. */
#include "baseline.h"
#include "beside.h"

/* What the logs say of its time belongs to the same statement: it never explains other content. */
static void
say_time(struct draft *draft, const struct inventory *inventory, const struct file *file)
{
	const struct event *before = NULL, *after = NULL;
	const char *name;
	const struct timestamp *stamp = file_time_of_change(file, &name);

	if (!stamp)
		return;
	buffer_add_format(&draft->text, "; %s ", name);
	add_time(&draft->text, stamp);
	switch (transaction_of(inventory, file, stamp, &before, &after)) {
	case TRANSACTION_INSIDE:
		buffer_add_text(&draft->text, ", within a transaction of the package, which writes what it records");
		break;
	case TRANSACTION_OUTSIDE:
		buffer_add_text(&draft->text, ", when the package logs show no transaction of the package");
		break;
	case TRANSACTION_RECORDED:
		buffer_add_text(&draft->text, ", when by rpm's own record the package was installed, of which the logs hold nothing");
		break;
	case TRANSACTION_COPIED:
		buffer_add_text(&draft->text, ", in the burst in which the whole tree was copied");
		break;
	default:
		buffer_add_text(&draft->text, ", a time that no package log covers");
	}
	draft_see_event(draft, before);
	draft_see_event(draft, after);
}

/* The archive speaks instead of the manager, whose own record may have been changed with the file. */
static void
say_witness(struct draft *draft, const struct file *file)
{
	const struct package_witness *witness = file->expected->witness;

	if (!witness)
		return;
	if (witness->contradicted.algorithm) {
		buffer_add_format(&draft->text, "; the package database records %s ",
			digest_algorithm_names[witness->contradicted.algorithm]);
		digest_add_hex(&draft->text, &witness->contradicted);
		buffer_add_text(&draft->text, digest_compare(&witness->contradicted, &file->digests, file->extra) == DIGEST_EQUAL ?
			" for it, which is what the file has and not what the archive holds" : " for it, which neither has");
	}
	buffer_add_format(&draft->text, " (%s)", witness->chain);
	draft_see(draft, &witness->at, NULL);
}

/* A baseline of the host says which of both was there, and when. */
static void
say_baseline(struct draft *draft, const struct inventory *inventory, const struct file *file)
{
	const struct package_baseline *same = baseline_that(inventory, file, DIGEST_EQUAL);
	const struct package_baseline *other = baseline_that(inventory, file, DIGEST_DIFFERS);

	if (same) {
		buffer_add_text(&draft->text, "; ");
		add_baseline(&draft->text, same);
		buffer_add_text(&draft->text, " has the content that is there, so that it was there by then");
		draft_see(draft, &same->at, NULL);
	}
	if (!other)
		return;
	buffer_add_text(&draft->text, "; ");
	add_baseline(&draft->text, other);
	buffer_add_text(&draft->text, digest_equal(&other->digest, &file->expected->digest) ?
		" has the recorded digest, so that it was changed after that" : " has another content than the one that is there");
	draft_see(draft, &other->at, NULL);
}

/* Content that a set knows is a published file, of another version or place: no proof that it belongs here. */
static void
say_known(struct draft *draft, const struct file *file)
{
	const struct hash_match *match = file_match(file, HASH_GOOD);

	if (!match)
		match = file_match(file, HASH_KNOWN);
	if (!match)
		return;
	buffer_add_text(&draft->text, "; that content stands in ");
	add_match(&draft->text, match);
	buffer_add_text(&draft->text, ", so that it is a published file, and not the one that is recorded here");
}

/* The bytes are those of another version, whose unpacking was broken off: they are accounted for. */
static void
say_interrupted(struct draft *draft, const struct inventory *inventory, const struct file *file)
{
	const struct package_file *row = row_of_interrupted_update(inventory, file);

	if (!row)
		return;
	draft->finding.severity = SEVERITY_LOW;
	draft->finding.support = SUPPORT_NEUTRAL;
	buffer_add_format(&draft->text, "; an update of %s was interrupted, and that is the content of its other version", row->package);
	draft_see_row(draft, row, file->package);
}

/* Its package's own script writes the file, and is recorded: what it made of it cannot be computed here. */
static void
say_scriptlet(struct draft *draft, const struct inventory *inventory, const struct file *file)
{
	const char *script = scriptlet_that_writes(inventory, file);

	if (!script)
		return;
	draft->finding.severity = SEVERITY_LOW;
	draft->finding.support = SUPPORT_NEUTRAL;
	buffer_add_format(&draft->text, "; %s writes this file when the package is installed, which accounts for other content: compare "
		"the file with what that script makes of the recorded one", script);
}

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	struct draft draft;

	if (!file_differs(file))
		return;
	draft_begin(&draft, self, file, out);
	draft.finding.support = SUPPORT_STRONG;
	if (!file_is_program(file) && !file_takes_place_of_program(file))
		draft.finding.severity = SEVERITY_LOW;
	else if (file->package_state == PACKAGE_STATE_CONFIG || !file_is_program(file))
		draft.finding.severity = SEVERITY_MEDIUM;
	buffer_add_text(&draft.text, file->expected->witness ? "the archive of " : "");
	add_package(&draft.text, file->package, file->expected);
	buffer_add_format(&draft.text, " %s %s ", file->expected->witness ? "holds" : "records",
		digest_algorithm_names[file->expected->digest.algorithm]);
	digest_add_hex(&draft.text, &file->expected->digest);
	buffer_add_format(&draft.text, " for %s, the file has ", file->expected->path);
	add_file_digest(&draft.text, file, file->expected->digest.algorithm);
	say_witness(&draft, file);
	say_known(&draft, file);
	say_interrupted(&draft, inventory, file);
	say_scriptlet(&draft, inventory, file);
	say_baseline(&draft, inventory, file);
	draft_see_row(&draft, file->expected, file->package);
	say_time(&draft, inventory, file);
	if (file_is_program(file) || file_takes_place_of_program(file))
		add_beside(&draft, inventory, file);
	if (file->package_state == PACKAGE_STATE_CONFIG)
		draft.finding.innocent = "configuration of this package that the administrator has edited";
	draft_add(&draft);
}

const struct check package_digest_mismatch_check = {
	.id       = "package-digest-mismatch",
	.title    = "content differs from what its package recorded",
	.severity = SEVERITY_HIGH,
	.playbook = "Key Indicators: binary hashes that do not match known-good versions",
	.by_content = true,
	.innocent = "a local rebuild or patch, a self-updating program, prelink, an interrupted upgrade, a failing disk or a copy "
		"of it that holds zeros or stale blocks where sectors could not be read",
	.file     = look,
};
