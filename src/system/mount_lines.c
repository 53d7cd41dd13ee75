/*
 * mount_lines.c - what is mounted where
 *
 * fstab(5): device, folder, type, options, ...; blanks in names are octal:
 *
 *	UUID=6a8e...  /srv/my\040files  ext4  defaults  0  2
 *
 * systemd.mount(5): the folder stands in the name too, "-" for "/", other bytes as \xHH:
 *
 *	srv-my\x20files.mount
 *	[Mount]
 *	What=/dev/disk/by-uuid/6a8e...
 *	Where=/srv/my files
 *	Type=ext4
 *	Options=noatime
 *
 * crypttab(5): name of the mapper's device, what it is made of, key file, options:
 *
 *	cr_home  UUID=0d1c...  none  luks,discard
 *
 * Entries of boot loaders: grub.cfg, menu.lst, grubenv, the files of the Boot Loader Specification:
 *
 *	linux /vmlinuz-6.1.0 root=UUID=6a8e... ro quiet
 *	options root=/dev/mapper/rl-root ro
 *	kernelopts=root=/dev/mapper/rl-root ro
 */
#include <string.h>

#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "mount_lines.h"

static bool
is_octal(const char *digits)
{
	return digits[0] >= '0' && digits[0] <= '3' && digits[1] >= '0' && digits[1] <= '7' &&
	       digits[2] >= '0' && digits[2] <= '7';
}

/* In place; a NUL is no byte of a name and stays as it is written. */
static void
remove_octal(char *text)
{
	char *to = text;

	for (const char *from = text; *from; ) {
		if (from[0] == '\\' && is_octal(from + 1) && memcmp(from + 1, "000", 3)) {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

/* The next field of the line, "" at its end. */
static char *
next_field(char **line)
{
	char *field = *line + strspn(*line, " \t");
	size_t length = strcspn(field, " \t");

	*line = field + length + (field[length] != '\0');
	field[length] = '\0';
	remove_octal(field);
	return field;
}

static enum status
read_table(struct source *source, const struct place *at, const struct notes *notes,
	bool (*take)(char *line, struct mount_fact *mount, struct arena *arena), uint32_t filesystem, const char *missing,
	const struct system_sink *out)
{
	struct line_reader reader;
	enum status status;
	char *line;
	size_t length;

	line_reader_init(&reader, source, at, notes);
	while (line_reader_next(&reader, &line, &length)) {
		struct mount_fact mount = { .filesystem = filesystem, .at = reader.place };
		struct arena arena;

		line += strspn(line, " \t");
		if (!*line || *line == '#')
			continue;
		arena_init(&arena);
		if (take(line, &mount, &arena))
			out->mount(out->context, &mount);
		else if (missing)
			note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_LINE, &reader.place, "%s", missing);
		arena_release(&arena);
	}
	status = reader.status;
	line_reader_release(&reader);
	return status;
}

static bool
take_fstab(char *line, struct mount_fact *mount, struct arena *arena)
{
	(void)arena;
	mount->what = next_field(&line);
	mount->where = next_field(&line);
	mount->type = next_field(&line);
	mount->options = next_field(&line);
	return *mount->where;
}

static bool
take_crypttab(char *line, struct mount_fact *mount, struct arena *arena)
{
	mount->where = arena_format(arena, "/dev/mapper/%s", next_field(&line));
	mount->what = next_field(&line);
	next_field(&line);
	mount->options = next_field(&line);
	mount->type = "crypttab";
	return *mount->what;
}

enum status
mount_lines_fstab(struct source *source, uint32_t filesystem, const struct place *at,
	const struct system_sink *out, const struct notes *notes)
{
	return read_table(source, at, notes, take_fstab, filesystem,
		"a line of fstab without a folder: what it mounts is not known", out);
}

enum status
mount_lines_crypttab(struct source *source, uint32_t filesystem, const struct place *at,
	const struct system_sink *out, const struct notes *notes)
{
	return read_table(source, at, notes, take_crypttab, filesystem,
		"a line of crypttab without a device: what it opens is not known", out);
}

/* The value of "root=", and of "rootflags=" where it is there. */
static bool
take_boot_entry(char *line, struct mount_fact *mount, struct arena *arena)
{
	static const char *const commands[] = { "linux", "linux16", "linuxefi", "kernel", "options" };
	bool is_command = text_has_prefix(line, "kernelopts=");
	char *word;

	(void)arena;
	if (is_command) {
		line += strlen("kernelopts=");
	} else {
		word = next_field(&line);
		for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
			is_command |= !strcmp(word, commands[i]);
	}
	while (is_command && *(word = next_field(&line)))
		if (text_has_prefix(word, "root="))
			mount->what = word + strlen("root=");
		else if (text_has_prefix(word, "rootflags="))
			mount->options = word + strlen("rootflags=");
	mount->where = "/";
	mount->type = "boot-entry";
	return mount->what && *mount->what;
}

enum status
mount_lines_boot_entry(struct source *source, uint32_t filesystem, const struct place *at,
	const struct system_sink *out, const struct notes *notes)
{
	/* Most lines of a boot loader say nothing of a root. */
	return read_table(source, at, notes, take_boot_entry, filesystem, NULL, out);
}

static int
hex_value(char digit)
{
	const char *digits = "0123456789abcdef", *at = digit ? strchr(digits, digit | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The folder that a unit's name stands for. */
static char *
folder_of_unit(const char *unit_name, struct arena *arena)
{
	size_t length = strlen(unit_name) - strlen(".mount");
	char *folder = arena_allocate(arena, length + 2), *to = folder;

	*to++ = '/';
	if (length == 1 && *unit_name == '-')
		return folder;
	for (size_t i = 0; i < length; i++) {
		bool is_escape = unit_name[i] == '\\' && i + 3 < length && unit_name[i + 1] == 'x' &&
			hex_value(unit_name[i + 2]) >= 0 && hex_value(unit_name[i + 3]) >= 0 &&
			memcmp(unit_name + i + 2, "00", 2);

		*to++ = is_escape ? (char)(hex_value(unit_name[i + 2]) << 4 | hex_value(unit_name[i + 3])) :
			unit_name[i] == '-' ? '/' : unit_name[i];
		i += is_escape ? 3 : 0;
	}
	return folder;
}

/* "Key=value" of the section [Mount]. */
static void
take_assignment(struct mount_fact *mount, const char *line, const struct place *at, struct arena *arena)
{
	const struct { const char *key; const char **to; } keys[] = {
		{ "What=", &mount->what }, { "Where=", &mount->where },
		{ "Type=", &mount->type }, { "Options=", &mount->options },
	};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (text_has_prefix(line, keys[i].key)) {
			*keys[i].to = arena_copy_text(arena, line + strlen(keys[i].key));
			mount->at = *at;
		}
}

void
mount_unit_init(struct mount_unit *unit, const char *name, uint32_t filesystem)
{
	*unit = (struct mount_unit){ .mount.filesystem = filesystem };
	arena_init(&unit->arena);
	unit->mount.where = folder_of_unit(name, &unit->arena);
}

enum status
mount_unit_read(struct mount_unit *unit, struct source *source, const struct place *at, const struct notes *notes)
{
	struct line_reader reader;
	bool in_section = false;
	enum status status;
	char *line;
	size_t length;

	if (!unit->mount.at.path)
		unit->mount.at = *at;
	line_reader_init(&reader, source, at, notes);
	while (line_reader_next(&reader, &line, &length)) {
		if (*line == '[')
			in_section = !strcmp(line, "[Mount]");
		else if (in_section)
			take_assignment(&unit->mount, line, &reader.place, &unit->arena);
	}
	status = reader.status;
	line_reader_release(&reader);
	return status;
}

void
mount_unit_send(const struct mount_unit *unit, const struct system_sink *out)
{
	if (unit->mount.what && *unit->mount.what)
		out->mount(out->context, &unit->mount);
}

void
mount_unit_release(struct mount_unit *unit)
{
	arena_release(&unit->arena);
}
