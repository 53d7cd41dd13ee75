/*
 * lookalike_name.c - a program of nobody beside packaged ones, with a name that reads as that of one of them
 *
 *	/usr/bin/1s                   signs that are taken for one another: 1 and l, 0 and O, letters of other scripts
 *	/usr/sbin/sshd-keygen-helper  the name of a service, and a word
 *	/usr/bin/kworker              a thread of the kernel, which has no file
 *
 * That no package owns it is of low severity by itself; the borrowed name is a second sign.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "finding.h"

enum { NAME_MAX_BYTES = 255 };

static const char *const services[] = {
#define SERVICE(name) name,
#define KERNEL_THREAD(name)
#include "lookalike_name.def"
#undef SERVICE
#undef KERNEL_THREAD
	NULL
};

static const char *const kernel_threads[] = {
#define SERVICE(name)
#define KERNEL_THREAD(name) name,
#include "lookalike_name.def"
#undef SERVICE
#undef KERNEL_THREAD
	NULL
};

/* What an eye takes for a letter; the longer ones stand first.  Small letters of Cyrillic and Greek in UTF-8. */
static const struct { const char *sign, *read_as; } confusable[] = {
	{ "\xD0\xB0", "a" }, { "\xD0\xB5", "e" }, { "\xD0\xBE", "o" }, { "\xD1\x80", "p" }, { "\xD1\x81", "c" },
	{ "\xD1\x83", "y" }, { "\xD1\x85", "x" }, { "\xD1\x95", "s" }, { "\xD1\x96", "i" }, { "\xD1\x98", "j" },
	{ "\xD4\x81", "d" }, { "\xCE\xBF", "o" }, { "\xCE\xBD", "v" }, { "\xE2\x80\x8B", "" }, { "\xE2\x80\x8C", "" },
	{ "\xE2\x80\x8D", "" }, { "\xEF\xBB\xBF", "" }, { "\xC2\xA0", "" }, { "\xC2\xAD", "" },
	{ "vv", "w" }, { "rn", "m" }, { "0", "o" }, { "O", "o" }, { "1", "l" }, { "I", "l" }, { "|", "l" }, { " ", "" },
	{ NULL, NULL }
};

/* The name as an eye may read it; false: too long for a name. */
static bool
read_name(const char *name, char *ret_read)
{
	size_t length = 0;

	if (strlen(name) > NAME_MAX_BYTES)
		return false;
	while (*name) {
		size_t i = 0, size;

		while (confusable[i].sign && strncmp(name, confusable[i].sign, strlen(confusable[i].sign)))
			i++;
		size = confusable[i].sign ? strlen(confusable[i].read_as) : 1;
		memcpy(ret_read + length, confusable[i].sign ? confusable[i].read_as : name, size);
		length += size;
		name += confusable[i].sign ? strlen(confusable[i].sign) : 1;
	}
	ret_read[length] = '\0';
	return length > 1;
}

static bool
is_in_folder_of_commands(const char *path)
{
	static const char *const folders[] = { "/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/libexec/", "/lib/systemd/",
		"/usr/lib/systemd/", NULL };

	for (const char *const *folder = folders; *folder; folder++)
		if (text_has_prefix(path, *folder))
			return true;
	return false;
}

/* "s1/name" -> the row of a packaged file in a folder of commands */
struct known_names { struct map as_written, as_read; };

static void
key_of(struct buffer *key, const char *system, const char *name)
{
	buffer_clear(key);
	buffer_add_format(key, "%s/%s", system, name);
}

static void
learn_names(const struct inventory *inventory, struct known_names *names)
{
	char read[NAME_MAX_BYTES + 1];
	struct buffer key;

	buffer_init(&key, 0);
	for (size_t i = 0; i < inventory->package_file_count; i++) {
		const struct package_file *row = &inventory->package_files[i];
		const char *name;

		if (!row->system || !row->path || !is_in_folder_of_commands(inventory_row_place(row)))
			continue;
		name = text_base_name(inventory_row_place(row));
		key_of(&key, row->system, name);
		map_add_text(&names->as_written, key.bytes, i);
		if (!read_name(name, read))
			continue;
		key_of(&key, row->system, read);
		map_add_text(&names->as_read, key.bytes, i);
	}
	buffer_release(&key);
}

static const struct package_file *
row_of_name(const struct inventory *inventory, const struct map *names, const char *system, const char *name)
{
	const struct package_file *row = NULL;
	struct buffer key;
	uint64_t number;

	buffer_init(&key, 0);
	key_of(&key, system, name);
	if (map_get_text(names, key.bytes, &number))
		row = &inventory->package_files[number];
	buffer_release(&key);
	return row;
}

/* "sshd-keygen-helper" of "sshd"; a dot follows in names of copies that administrators keep. */
static bool
extends(const char *name, const char *of)
{
	size_t length = strlen(of);

	return text_has_prefix(name, of) && (name[length] == '-' || name[length] == '_');
}

struct likeness { const struct package_file *row; const char *thread; };

static struct likeness
likeness_of(const struct inventory *inventory, const struct known_names *names, const struct file *file)
{
	const char *name = text_base_name(file->path), *system = file->system->id;
	struct likeness found = { .row = NULL };
	char read[NAME_MAX_BYTES + 1];

	/* A program of the same name in another folder of commands is what it reads as. */
	if (row_of_name(inventory, &names->as_written, system, name))
		return found;
	if (read_name(name, read))
		found.row = row_of_name(inventory, &names->as_read, system, read);
	for (size_t i = 0; !found.row && file->type == PROGRAM_ELF && services[i]; i++)
		if (extends(name, services[i]))
			found.row = row_of_name(inventory, &names->as_written, system, services[i]);
	for (size_t i = 0; !found.row && kernel_threads[i]; i++)
		if (!strcmp(name, kernel_threads[i]) || extends(name, kernel_threads[i]))
			found.thread = kernel_threads[i];
	return found;
}

static void
report(const struct check *self, const struct file *file, const struct likeness *likeness, struct findings *out)
{
	struct draft draft;

	draft_begin(&draft, self, file, out);
	draft.finding.support = SUPPORT_LIMITED;
	buffer_add_text(&draft.text, "no package names this program, which lies in a folder of the package manager, and its name ");
	if (likeness->thread)
		buffer_add_format(&draft.text, "is that of %s, a thread of the kernel, which has no file", likeness->thread);
	else
		buffer_add_format(&draft.text, "reads as if it were of %s of the package %s", inventory_row_place(likeness->row),
			likeness->row->package);
	draft_see_file(&draft);
	if (likeness->row)
		draft_see(&draft, &likeness->row->at, likeness->row->path);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	struct known_names names;

	map_init(&names.as_written);
	map_init(&names.as_read);
	learn_names(inventory, &names);
	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];
		struct likeness likeness;

		if (!file_is_live(file) || file->system->windows || !file_is_unowned(file) || !file_is_program(file) || file->entry.stream ||
		    file->entry.type == ENTRY_LINK || file_match(file, HASH_GOOD) || !is_in_folder_of_commands(file->path))
			continue;
		likeness = likeness_of(inventory, &names, file);
		if (likeness.row || likeness.thread)
			report(self, file, &likeness, out);
	}
	map_release(&names.as_written);
	map_release(&names.as_read);
}

const struct check lookalike_name_check = {
	.id       = "lookalike-name",
	.title    = "program that no package owns, with a name that reads as that of a packaged one",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.innocent = "a helper that an administrator or a vendor has built and called after the program that it serves",
	.whole    = look,
};
