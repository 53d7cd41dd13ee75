/* package_file_replaced.c - a link, or something else, lies where the package put a file. */
#include "finding.h"

/* A target that lies as its own package delivered it. */
static bool
leads_to_verified(const struct inventory *inventory, const struct file *file)
{
	const struct file *target = file->entry.link_target && *file->entry.link_target == '/' ?
		inventory_file(inventory, file->system->id, file->entry.link_target) : NULL;

	return target && target->package_state == PACKAGE_STATE_VERIFIED;
}

static const char *
what_lies_there(const struct file *file)
{
	static const char *const words[] = {
		[ENTRY_DIRECTORY] = "a directory", [ENTRY_FIFO] = "a named pipe (FIFO)", [ENTRY_SOCKET] = "a socket",
		[ENTRY_CHARACTER] = "a character device", [ENTRY_BLOCK] = "a block device", [ENTRY_LINK] = "a symbolic link",
	};

	if (file->entry.type == ENTRY_LINK || file->is_link_for_row || !words[file->entry.type])
		return "a symbolic link";
	return words[file->entry.type];
}

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	const struct package_file *row = file->expected ? file->expected : file->row_count ? file->rows[0] : NULL;
	enum digest_comparison comparison;
	struct draft draft;

	if (file->package_state != PACKAGE_STATE_REPLACED || !row)
		return;
	comparison = digest_compare(&row->digest, &file->digests, &file->extra);
	draft_begin(&draft, self, file, out);
	if (comparison == DIGEST_EQUAL)
		draft.finding.severity = SEVERITY_LOW;
	else if (leads_to_verified(inventory, file))
		draft.finding.support = SUPPORT_LIMITED;
	else if (comparison == DIGEST_DIFFERS && file_is_program(file)) {
		draft.finding.severity = SEVERITY_HIGH;
		draft.finding.support = SUPPORT_STRONG;
	}
	add_package(&draft.text, file->package, row);
	buffer_add_format(&draft.text, " records a file at %s; what lies there is %s", row->path, what_lies_there(file));
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
	.title    = "a link, or what is no file, stands where its package put a file",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.innocent = "an administrator who moved a program and left a link, chose another version by a link, or "
		"put something in its place so that it cannot run",
	.file     = look,
};
