/* capability_added.c - a program that gains rights which its package did not give it. */
#include <string.h>

#include <t1554triage/text.h>

#include "finding.h"

enum { CAP_SETGID = 6, CAP_SETUID = 7, MODE_SETUID = 04000, MODE_SETGID = 02000, MODE_ANY_EXECUTE = 0111 };

/* Programs that do as they are told: with the right to become root they are root's shell. */
static bool
obeys_its_user(const char *path)
{
	static const char *const stems[] = {
		"python", "perl", "ruby", "php", "node", "lua", "tclsh", "gdb", "vim", "bash", "dash", "zsh",
		"ksh", "busybox", NULL
	};
	static const char *const names[] = {
		"sh", "fish", "tar", "dd", "cp", "mv", "cat", "tee", "find", "awk", "gawk", "mawk", "sed", "less",
		"more", "nano", "ed", "vi", "view", "env", "xargs", "rsync", "openssl", "strace", "nmap", "docker",
		"install", "chmod", "chown", "nc", "socat", "make", "git", "ld.so", NULL
	};
	const char *name = text_base_name(path);

	for (const char *const *stem = stems; *stem; stem++) {
		size_t length = strlen(*stem);

		if (!strncmp(name, *stem, length) && strspn(name + length, "0123456789.-") == strlen(name + length))
			return true;
	}
	for (const char *const *known = names; *known; known++)
		if (!strcmp(name, *known))
			return true;
	return false;
}

static bool
sets_user(const struct file *file)
{
	return file->entry.has & ENTRY_HAS_MODE && file->entry.mode & (MODE_SETUID | MODE_SETGID) &&
	       file->entry.mode & MODE_ANY_EXECUTE;
}

static uint64_t
capabilities_of_interest(const struct file *file)
{
	return file->entry.capabilities & (1ULL << CAP_SETGID | 1ULL << CAP_SETUID);
}

static const struct package_file *
row_with_mode(const struct file *file)
{
	const struct package_file *found = NULL;

	for (size_t i = 0; i < file->row_count; i++)
		if (file->rows[i]->is_override)
			return file->rows[i];
		else if (file->rows[i]->has_mode)
			found = file->rows[i];
	return found;
}

/* Mode and capabilities live in the inode: its stamp moves when they are set. */
static bool
was_set_outside(const struct inventory *inventory, const struct file *file)
{
	/* Other content moves the stamp, too, and has a finding of its own. */
	return file->package && !file_differs(file) && transaction_of(inventory, file, &file->entry.times.changed, NULL, NULL) ==
	       TRANSACTION_OUTSIDE;
}

static void
say_outside(struct draft *draft, const struct inventory *inventory, const struct file *file)
{
	const struct event *before, *after;

	transaction_of(inventory, file, &file->entry.times.changed, &before, &after);
	buffer_add_text(&draft->text, "its inode was changed at ");
	add_time(&draft->text, &file->entry.times.changed);
	buffer_add_text(&draft->text, ", when the package logs show no transaction of its package");
	draft_see_event(draft, before);
	draft_see_event(draft, after);
}

static void
look_at_mode(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	const struct package_file *row = row_with_mode(file);
	bool unowned = file_is_unowned(file) || file->package_state == PACKAGE_STATE_LOCAL;
	bool added = row && (file->entry.mode & ~row->mode & (MODE_SETUID | MODE_SETGID));
	bool in_open_folder = path_is_world_writable(file->path);
	bool obeys = (!row || row->is_override) && obeys_its_user(file->path), outside = !row && was_set_outside(inventory, file);
	struct draft draft;

	/*
	 * dpkg records no modes: of what a package owns a shell or interpreter speaks for itself, and
	 * an inode that was changed when its package was not at work.
	 */
	if (!unowned && !added && !in_open_folder && !obeys && !outside)
		return;
	draft_begin(&draft, self, file, out);
	if (in_open_folder)
		draft.finding.severity = SEVERITY_HIGH;
	else if (file->package_state == PACKAGE_STATE_LOCAL)
		draft.finding.severity = SEVERITY_LOW;
	buffer_add_format(&draft.text, "it runs as its %s (mode %04o, owner %u:%u), ",
		file->entry.mode & MODE_SETUID ? "owner" : "group", file->entry.mode & 07777, file->entry.uid,
		file->entry.gid);
	if (added) {
		buffer_add_format(&draft.text, "and %s records the mode %04o", row->package, row->mode & 07777);
		draft_see_row(&draft, row, file->package);
	} else if (outside && !obeys && !in_open_folder) {
		draft.finding.support = SUPPORT_LIMITED;
		buffer_add_text(&draft.text, "and no mode is recorded for it; ");
		say_outside(&draft, inventory, file);
	} else {
		buffer_add_text(&draft.text, in_open_folder ? "and lies in a folder that every user may write to" :
			unowned ? "and no package owns it" : row ?
			"and it does what its user tells it; an override of the administrator (dpkg-statoverride) gives it that right" :
			"and it does what its user tells it; no recorded mode or override gives it that right");
	}
	draft_see_file(&draft);
	draft_add(&draft);
}

/* rpm records which capabilities a file has: a record without any says that it had none. */
static const struct package_file *
row_without_capabilities(const struct file *file)
{
	for (size_t i = 0; i < file->row_count; i++)
		if (file->rows[i]->has_capabilities)
			return file->rows[i];
	return NULL;
}

static void
look_at_capabilities(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	uint64_t interesting = capabilities_of_interest(file);
	bool outside = was_set_outside(inventory, file);
	const struct package_file *without = row_without_capabilities(file);
	struct draft draft;

	for (size_t i = 0; i < file->row_count; i++)
		if (file->rows[i]->capabilities && !(interesting & ~file->rows[i]->capabilities))
			return;
	draft_begin(&draft, self, file, out);
	draft.finding.support = without ? SUPPORT_MODERATE : SUPPORT_LIMITED;
	if (path_is_world_writable(file->path))
		draft.finding.severity = SEVERITY_HIGH;
	else if (!without && !obeys_its_user(file->path) && !file_is_unowned(file) && !file_differs(file) && !outside)
		draft.finding.severity = SEVERITY_LOW;
	buffer_add_format(&draft.text, "it carries the capability %s%s%s (permitted set 0x%llx), which %s",
		interesting & 1ULL << CAP_SETUID ? "cap_setuid" : "",
		interesting == (1ULL << CAP_SETGID | 1ULL << CAP_SETUID) ? " and " : "",
		interesting & 1ULL << CAP_SETGID ? "cap_setgid" : "", (unsigned long long)file->entry.capabilities,
		without ? "the record of its package does not give it" : "no package database records");
	if (without)
		draft_see_row(&draft, without, file->package);
	if (obeys_its_user(file->path))
		buffer_add_text(&draft.text, "; it does what its user tells it, as any user it chooses");
	if (outside) {
		buffer_add_text(&draft.text, "; ");
		say_outside(&draft, inventory, file);
	}
	if (!without)
		draft.finding.innocent = "scripts of packages set capabilities after unpacking, as those of newuidmap, "
		"mtr-packet and gst-ptp-helper do, and no database records that";
	draft_see_file(&draft);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, const struct file *file,
	struct findings *out)
{
	if (!file_is_live(file) || !file_is_program(file) || file->entry.stream ||
	    file->entry.type == ENTRY_LINK)
		return;
	if (sets_user(file))
		look_at_mode(self, inventory, file, out);
	if (capabilities_of_interest(file))
		look_at_capabilities(self, inventory, file, out);
}

const struct check capability_added_check = {
	.id       = "capability-added",
	.title    = "program may act as another user, and its package does not say so",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Additional Analysis Steps for L1: patterns of repeated changes in system binaries",
	.by_content = true,
	.innocent = "administrators set these bits for tools that need them, and so do vendors' own installers",
	.file     = look,
};
