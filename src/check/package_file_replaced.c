/* package_file_replaced.c - a link, or something else, lies where the package put a file; or a file where it put a link. */
#include <string.h>

#include <t1554triage/text.h>

#include "finding.h"

/* A target that lies as its own package delivered it. */
static bool
leads_to_verified(const struct inventory *inventory, const struct file *file)
{
	const struct file *target = inventory_link_target(inventory, file);

	return target && target->package_state == PACKAGE_STATE_VERIFIED;
}

/*
 * dpkg keeps no targets of links: a packaged one that leads to a program which no package has was not delivered
 * that way, since a package's own link leads to its own or another package's files.
 */
static bool
leads_to_nobody(const struct inventory *inventory, const struct file *file)
{
	const struct file *target;

	if (!file->is_link_for_row || file->package_state != PACKAGE_STATE_NO_BASELINE || !file_is_live(file))
		return false;
	target = inventory_link_target(inventory, file);
	return target && file_is_program(target) && !target->row_count && target->package_state != PACKAGE_STATE_DERIVED;
}

static void
report_stray_link(const struct check *self, const struct file *file, struct findings *out)
{
	struct draft draft;

	draft_begin(&draft, self, file, out);
	add_package(&draft.text, file->package, file->rows[0]);
	buffer_add_format(&draft.text, " names %s, which is a symbolic link to %s; no package has the program that lies there",
		file->rows[0]->path, file->entry.link_target);
	draft_see_row(&draft, file->rows[0], file->package);
	draft_see_file(&draft);
	draft_add(&draft);
}

static const char *
what_lies_there(const struct file *file)
{
	static const char *const words[] = {
		[ENTRY_DIRECTORY] = "a directory", [ENTRY_FIFO] = "a named pipe (FIFO)", [ENTRY_SOCKET] = "a socket",
		[ENTRY_REGULAR] = "a file", [ENTRY_CHARACTER] = "a character device", [ENTRY_BLOCK] = "a block device", [ENTRY_LINK] = "a symbolic link",
	};

	if (file->entry.type == ENTRY_LINK || file->is_link_for_row || !words[file->entry.type])
		return "a symbolic link";
	return words[file->entry.type];
}

/* The group of alternatives records it, no package does. */
static bool
is_of_alternatives(const struct package_file *row)
{
	return !strcmp(row->manager, "alternatives");
}

/* What runs in the place of an alternative is a program that nobody has. */
static bool
runs_program_of_nobody(const struct inventory *inventory, const struct file *file)
{
	const struct file *target = file->entry.link_target ? inventory_link_target(inventory, file) : file;

	return target && file_is_program(target) && file_is_live(target) && !file_match(target, HASH_GOOD) &&
	       (target == file || (!target->row_count && target->package_state != PACKAGE_STATE_DERIVED));
}

/* A link that leads elsewhere than recorded weighs what it leads to. */
static enum severity
severity_of_link(const struct inventory *inventory, const struct file *file, const struct package_file *row)
{
	if (is_of_alternatives(row))
		return runs_program_of_nobody(inventory, file) ? SEVERITY_MEDIUM : SEVERITY_LOW;
	return leads_to_verified(inventory, file) || (file->entry.type == ENTRY_LINK && !path_is_system_folder(file->path, false)) ?
		SEVERITY_LOW : SEVERITY_MEDIUM;
}

/* The row that the file was compared with, else one that says what should lie there. */
static const struct package_file *
row_of(const struct file *file)
{
	if (file->expected)
		return file->expected;
	for (size_t i = 0; i < file->row_count; i++)
		if (package_file_is_link(file->rows[i]) && file->rows[i]->kind == PACKAGE_FILE_PLAIN)
			return file->rows[i];
	return file->row_count ? file->rows[0] : NULL;
}

static void
add_owner(struct buffer *out, const struct file *file, const struct package_file *row)
{
	size_t others = 0;

	if (!is_of_alternatives(row)) {
		add_package(out, file->package, row);
		return;
	}
	for (size_t i = 0; i < file->row_count; i++)
		others += file->rows[i] != row && is_of_alternatives(file->rows[i]);
	buffer_add_format(out, "the group of alternatives %s", row->package);
	if (others)
		buffer_add_format(out, ", which has %zu more choice%s,", others, others == 1 ? "" : "s");
}

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	const struct package_file *row = row_of(file);
	enum digest_comparison comparison;
	struct draft draft;

	if (leads_to_nobody(inventory, file))
		report_stray_link(self, file, out);
	if (file->package_state != PACKAGE_STATE_REPLACED || !row)
		return;
	comparison = digest_compare(&row->digest, &file->digests, file->extra);
	draft_begin(&draft, self, file, out);
	if (package_file_is_link(row))
		draft.finding.severity = severity_of_link(inventory, file, row);
	else if (comparison == DIGEST_EQUAL)
		draft.finding.severity = SEVERITY_LOW;
	else if (leads_to_verified(inventory, file))
		draft.finding.support = SUPPORT_LIMITED;
	else if (comparison == DIGEST_DIFFERS && file_is_program(file)) {
		draft.finding.severity = SEVERITY_HIGH;
		draft.finding.support = SUPPORT_STRONG;
	}
	add_owner(&draft.text, file, row);
	if (package_file_is_link(row))
		buffer_add_format(&draft.text, " records a symbolic link to %s%s at %s",
			row->link_target ? "" : "a target whose text has the digest ",
			row->link_target ? row->link_target : row->link_digest, row->path);
	else
		buffer_add_format(&draft.text, " records a file at %s", row->path);
	buffer_add_format(&draft.text, "; what lies there is %s", what_lies_there(file));
	if (file->entry.link_target)
		buffer_add_format(&draft.text, " to %s", file->entry.link_target);
	buffer_add_text(&draft.text, comparison == DIGEST_EQUAL ? ", which holds the recorded content" :
		comparison == DIGEST_DIFFERS ? ", which holds other content than recorded" : "");
	draft_see_row(&draft, row, file->package);
	draft_see_file(&draft);
	draft_add(&draft);
}

const struct check package_file_replaced_check = {
	.id       = "package-file-replaced",
	.title    = "a link, or what is no file, stands where its package put a file, or a file where it put a link",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.innocent = "an administrator who moved a program and left a link, chose another version by a link, or "
		"put something in its place so that it cannot run",
	.file     = look,
};
