/* known_elsewhere.c - a program whose content the sets know, but only under the names of other programs. */
#include <string.h>

#include <t1554triage/text.h>

#include "finding.h"
#include "program_name.h"

/* Shorter content is the same in many files. */
enum { TELLING_BYTES = 64, NAMES_SAID = 3 };

static bool
is_command_folder(const char *path)
{
	const char *name = text_base_name(path);
	size_t length = (size_t)(name - path);

	return (length >= 5 && !memcmp(name - 5, "/bin/", 5)) || (length >= 6 && !memcmp(name - 6, "/sbin/", 6));
}

/* Libraries, modules and plug-ins are copied under names of their users' making. */
static bool
is_library_name(const char *name)
{
	static const char *const endings[] = { ".dll", ".ko", ".o", ".a", ".pyd", ".ocx", ".sys", ".cpl", ".dylib", NULL };

	for (size_t i = 0; endings[i]; i++)
		if (text_has_suffix(name, endings[i]))
			return true;
	return strstr(name, ".so") != NULL;
}

/* What the package says of this place and content goes before what a set says of its name. */
static bool
is_accounted_for(const struct file *file)
{
	switch (file->package_state) {
	case PACKAGE_STATE_VERIFIED: case PACKAGE_STATE_MODE_CHANGED: case PACKAGE_STATE_DIVERTED:
	case PACKAGE_STATE_DERIVED: case PACKAGE_STATE_PRELINKED:
		return true;
	default:
		return false;
	}
}

static bool
is_asked(const struct file *file)
{
	return file_is_live(file) && !file->unreliable && !file->entry.stream && file->match_count &&
	       file->entry.type != ENTRY_LINK && !file->is_link_for_row && file->entry.size >= TELLING_BYTES &&
	       (file->type == PROGRAM_ELF || file->type == PROGRAM_PE || file->type == PROGRAM_MACHO) &&
	       (path_is_system_folder(file->path, file->system->windows) || is_command_folder(file->path)) &&
	       !is_library_name(file->path) && !is_accounted_for(file);
}

/* A row that vouches or knows, with a name that could have fitted. */
static bool
speaks_of_name(const struct hash_match *match)
{
	return match->class == HASH_KNOWN || match->class == HASH_TOOL || match->class == HASH_GOOD;
}

/* One name or product that fits, or one that tells nothing, is enough to say no more. */
static bool
is_known_by(const struct file *file, const char *own)
{
	bool any = false;

	for (size_t i = 0; i < file->match_count; i++) {
		const struct hash_match *match = &file->matches[i];

		if (!speaks_of_name(match))
			continue;
		any = true;
		if (!match->name || !*match->name || program_name_compare(own, match->name) != NAME_DIFFERS)
			return true;
		if (match->product && *match->product && program_name_compare(own, match->product) == NAME_FITS)
			return true;
		if (match->product && *match->product && file->package &&
		    program_name_compare(file->package->name, match->product) == NAME_FITS)
			return true;
	}
	return !any;
}

/* By the first of its hard links: true where one of them bears a name that fits. */
static bool *
find_fitting(const struct inventory *inventory)
{
	bool *fits = memory_allocate(inventory->file_count + 1, sizeof *fits);

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (file->match_count && (is_accounted_for(file) || is_known_by(file, text_base_name(file->path))))
			fits[file->first_name] = true;
	}
	return fits;
}

/* Names of programs that packages of a system install, so that one in another folder stands before it. */
static void
index_commands(const struct inventory *inventory, struct map *commands)
{
	for (size_t i = 0; i < inventory->package_file_count; i++) {
		const struct package_file *row = &inventory->package_files[i];
		struct buffer key;

		if (!row->system || !is_command_folder(row->path))
			continue;
		buffer_init(&key, 0);
		buffer_add_format(&key, "%s/%s", row->system, text_base_name(row->path));
		map_add_text(commands, key.bytes, i);
		buffer_release(&key);
	}
}

static bool
bears_name_of_command(const struct map *commands, const struct file *file)
{
	struct buffer key;
	uint64_t row;
	bool found;

	buffer_init(&key, 0);
	buffer_add_format(&key, "%s/%s", file->system->id, text_base_name(file->path));
	found = map_get_text(commands, key.bytes, &row);
	buffer_release(&key);
	return found;
}

static void
add_names(struct draft *draft, const struct file *file)
{
	size_t said = 0;

	for (size_t i = 0; i < file->match_count && said < NAMES_SAID; i++) {
		const struct hash_match *match = &file->matches[i];

		if (!speaks_of_name(match))
			continue;
		buffer_add_format(&draft->text, "%s%s", said++ ? "; " : "", match->name);
		if (match->product && *match->product)
			buffer_add_format(&draft->text, " of %s", match->product);
		buffer_add_format(&draft->text, " (set %s", hashset_identity(match->set)->name);
		if (*hashset_identity(match->set)->release)
			buffer_add_format(&draft->text, ", release %s", hashset_identity(match->set)->release);
		if (match->row)
			buffer_add_format(&draft->text, ", row %llu", (unsigned long long)match->row);
		buffer_add_char(&draft->text, ')');
	}
}

static void
report(const struct check *self, const struct map *commands, const struct file *file, struct findings *out)
{
	bool is_command = file->row_count || bears_name_of_command(commands, file);
	struct draft draft;

	draft_begin(&draft, self, file, out);
	draft.finding.severity = is_command || file_match(file, HASH_TOOL) ? SEVERITY_MEDIUM : SEVERITY_LOW;
	draft.finding.support = is_command ? SUPPORT_MODERATE : SUPPORT_LIMITED;
	buffer_add_text(&draft.text, "its content is known, but only under other names: ");
	add_names(&draft, file);
	if (is_command)
		buffer_add_format(&draft.text, "; here it bears the name of another program, %s", text_base_name(file->path));
	draft_see_file(&draft);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	bool *fits = find_fitting(inventory);
	struct map commands;

	map_init(&commands);
	index_commands(inventory, &commands);
	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (is_asked(file) && !fits[file->first_name])
			report(self, &commands, file, out);
	}
	map_release(&commands);
	memory_free(fits);
}

const struct check known_elsewhere_check = {
	.id       = "known-elsewhere",
	.title    = "known content under the name of another program",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Additional Analysis Steps for L1: verify the hash values of suspicious binaries against known-good control hashes",
	.by_content = true,
	.innocent = "a program that was renamed by hand or by an administrator's own scripts; a set that lists the "
		"content under the name of an installer's member only",
	.whole    = look,
};
