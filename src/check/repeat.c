/* repeat.c - commands that show with other tools what a finding says. */
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "finding.h"

enum { COMMANDS_MAX = 12, LINKS_MAX = 40 };

struct commands {
	struct arena *arena;
	const char   *lines[COMMANDS_MAX];
	size_t        count;
};

/* Quoted for a POSIX shell; bytes that a terminal would act on in the form of $'...'. */
static void
add_quoted(struct buffer *out, const char *text)
{
	bool plain = text_is_plain(text, strlen(text));

	buffer_add_text(out, plain ? "'" : "$'");
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if (*at == '\'')
			buffer_add_text(out, plain ? "'\\''" : "\\'");
		else if (plain || (*at >= 0x20 && *at < 0x7F && *at != '\\'))
			buffer_add_char(out, (char)*at);
		else
			buffer_add_format(out, "\\%03o", *at);
	}
	buffer_add_char(out, '\'');
}

static void
add_word(struct buffer *out, const char *text)
{
	static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%,";

	buffer_add_char(out, ' ');
	if (*text && *text != '-' && strspn(text, harmless) == strlen(text))
		buffer_add_text(out, text);
	else
		add_quoted(out, text);
}

static void
take(struct commands *commands, struct buffer *line)
{
	for (size_t i = 0; i < commands->count; i++)
		if (!strcmp(commands->lines[i], line->bytes))
			return;
	if (commands->count < COMMANDS_MAX)
		commands->lines[commands->count++] = arena_copy_text(commands->arena, line->bytes);
}

static const struct exhibit *
exhibit_of(const struct inventory *inventory, const char *evidence)
{
	for (size_t i = 0; inventory->exhibits && evidence && i < inventory->exhibits->count; i++)
		if (!strcmp(inventory->exhibits->items[i].id, evidence))
			return &inventory->exhibits->items[i];
	return NULL;
}

static const struct volume *
volume_of(const struct inventory *inventory, const char *evidence, const char *name)
{
	for (size_t i = 0; name && i < inventory->volume_count; i++) {
		const struct volume *volume = &inventory->volumes[i];

		if (volume->evidence && volume->name && !strcmp(volume->evidence, evidence) &&
		    !strcmp(volume->name, name))
			return volume;
	}
	return NULL;
}

/* Whether The Sleuth Kit finds the inodes of a volume: it knows its file system, which lies on the medium itself. */
static bool
is_read_by_sleuthkit(const struct inventory *inventory, const struct exhibit *exhibit, const struct volume *volume)
{
	static const char *const types[] = { "ext", "ntfs", "fat", "exfat", "hfs", "ufs", "iso9660", NULL };

	if (!exhibit || exhibit->kind != EXHIBIT_IMAGE || !volume || volume->stacked)
		return false;
	for (size_t i = 0; i < inventory->filesystem_count; i++) {
		const struct filesystem_fact *fact = &inventory->filesystems[i].fact;

		if (strcmp(fact->evidence, exhibit->id) || strcmp(fact->volume, volume->name))
			continue;
		for (const char *const *type = types; *type; type++)
			if (text_has_prefix(fact->type, *type))
				return true;
	}
	return false;
}

/* "icat -o 2048 case.E01 131079": a tool of The Sleuth Kit on one inode. */
static void
add_sleuthkit(struct buffer *out, const char *tool, const struct exhibit *exhibit,
	const struct volume *volume, const char *inode)
{
	buffer_add_text(out, tool);
	if (volume && volume->start)
		buffer_add_format(out, " -o %llu", (unsigned long long)(volume->start / 512));
	add_word(out, exhibit->name);
	if (inode)
		add_word(out, inode);
}

static const char *
inflater(const char *path)
{
	static const struct { const char *suffix, *tool; } tools[] = {
		{ ".gz", "zcat" }, { ".xz", "xzcat" }, { ".bz2", "bzcat" }, { ".zst", "zstdcat" },
	};

	for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
		if (text_has_suffix(path, tools[i].suffix))
			return tools[i].tool;
	return NULL;
}

/* The bytes of an artifact, inflated where they are packed: by its inode where that is known, else by its name under a mount. */
static void
add_content(struct buffer *out, const struct inventory *inventory, const struct exhibit *exhibit, const struct place *place)
{
	const struct volume *volume = volume_of(inventory, place->evidence, place->volume);
	const char *tool = inflater(place->path);

	if (place->inode && is_read_by_sleuthkit(inventory, exhibit, volume)) {
		add_sleuthkit(out, "icat", exhibit, volume, place->inode);
		if (tool)
			buffer_add_format(out, " | %s", tool);
	} else {
		buffer_add_text(out, tool ? tool : "cat");
		add_word(out, place->path + (*place->path == '/'));
	}
}

/*
 * What stands at a place of an artifact: a line; the bytes at an offset, such as the header of a package in a database of
 * rpm; the row of a database of SQLite.
 */
static void
show_place(struct commands *commands, const struct inventory *inventory, const struct place *place)
{
	const struct exhibit *exhibit = exhibit_of(inventory, place->evidence);
	struct buffer line;

	if (!exhibit || !place->path || !(place->line || place->offset || place->record_id))
		return;
	buffer_init(&line, 0);
	add_content(&line, inventory, exhibit, place);
	if (place->line)
		buffer_add_format(&line, " | sed -n %llup", (unsigned long long)place->line);
	else if (place->offset)
		buffer_add_format(&line, " | od -A d -t x1z -j %llu -N 64", (unsigned long long)place->offset);
	else if (text_has_suffix(place->path, "/rpmdb.sqlite"))
		buffer_add_format(&line, " >rpmdb.sqlite && sqlite3 rpmdb.sqlite \"SELECT writefile('header', blob) FROM Packages "
			"WHERE hnum=%llu\" && strings header", (unsigned long long)place->record_id);
	else
		buffer_clear(&line);
	if (line.length)
		take(commands, &line);
	buffer_release(&line);
}

static const char *
sum_tool(enum digest_algorithm algorithm)
{
	static const char *const tools[DIGEST_ALGORITHM_COUNT] = {
		[DIGEST_MD5] = "md5sum", [DIGEST_SHA1] = "sha1sum", [DIGEST_SHA224] = "sha224sum", [DIGEST_SHA256] = "sha256sum",
		[DIGEST_SHA384] = "sha384sum", [DIGEST_SHA512] = "sha512sum", [DIGEST_GIT_BLOB] = "git hash-object --stdin",
	};

	return tools[algorithm];
}

static void
show_digest(struct commands *commands, const struct inventory *inventory, const struct file *file,
	enum digest_algorithm algorithm)
{
	const struct place content = { .evidence = file->evidence, .volume = file->volume, .inode = file->entry.inode,
		.path = file->entry.path };
	const struct exhibit *exhibit = exhibit_of(inventory, file->evidence);
	struct buffer line;

	buffer_init(&line, 0);
	if (is_read_by_sleuthkit(inventory, exhibit, volume_of(inventory, file->evidence, file->volume)) && file->entry.inode) {
		add_sleuthkit(&line, "icat", exhibit, volume_of(inventory, file->evidence, file->volume), content.inode);
	} else {
		buffer_add_text(&line, "cat");
		add_word(&line, content.path + (*content.path == '/'));
	}
	buffer_add_format(&line, " | %s", sum_tool(algorithm));
	take(commands, &line);
	buffer_release(&line);
}

/* SHA-256, and what its record has, each where it was computed. */
static void
show_digests(struct commands *commands, const struct inventory *inventory, const struct file *file)
{
	enum digest_algorithm recorded = file->expected ? file->expected->digest.algorithm : DIGEST_NONE;

	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		if (sum_tool((enum digest_algorithm)i) && (i == (int)recorded || (digests_get(&file->digests, (enum digest_algorithm)i) &&
		    (i == DIGEST_SHA256 || !digests_get(&file->digests, DIGEST_SHA256)))))
			show_digest(commands, inventory, file, (enum digest_algorithm)i);
}

/* The digests of a link are those of the file that it leads to; NULL where that is not listed. */
static const struct file *
content_of(const struct inventory *inventory, const struct file *file)
{
	for (int links = 0; file && file->entry.type == ENTRY_LINK; links++)
		file = links < LINKS_MAX ? inventory_link_target(inventory, file) : NULL;
	return file;
}

/* Without a tool that reads the inode: where a link points. */
static void
show_link(struct commands *commands, const struct file *file)
{
	struct buffer line;

	buffer_init(&line, 0);
	buffer_add_text(&line, "readlink");
	add_word(&line, file->entry.path + (*file->entry.path == '/'));
	take(commands, &line);
	buffer_release(&line);
}

static void
show_file(struct commands *commands, const struct inventory *inventory, const struct file *file)
{
	const struct exhibit *exhibit = exhibit_of(inventory, file->evidence);
	const struct volume *volume = volume_of(inventory, file->evidence, file->volume);
	const struct file *content = content_of(inventory, file);
	const bool has_tool = file->entry.inode && is_read_by_sleuthkit(inventory, exhibit, volume);
	struct buffer line;

	if (!exhibit)
		return;
	buffer_init(&line, 0);
	if (has_tool) {
		if (volume->start) {
			add_sleuthkit(&line, "mmls", exhibit, NULL, NULL);
			take(commands, &line);
			buffer_clear(&line);
		}
		add_sleuthkit(&line, "istat", exhibit, volume, file->entry.inode);
		take(commands, &line);
	}
	if (file->entry.type == ENTRY_LINK && !has_tool)
		show_link(commands, file);
	if (content)
		show_digests(commands, inventory, content);
	if (file->expected)
		show_place(commands, inventory, &file->expected->at);
	buffer_release(&line);
}

void
finding_set_repeat(const struct inventory *inventory, const struct file *file, struct finding_statement *statement,
	struct arena *arena)
{
	struct commands commands = { .arena = arena };
	const char **lines;

	if (file)
		show_file(&commands, inventory, file);
	for (size_t i = 0; i < statement->seen_count; i++)
		show_place(&commands, inventory, &statement->seen[i]);
	lines = arena_allocate(arena, (commands.count + 1) * sizeof *lines);
	memcpy(lines, commands.lines, commands.count * sizeof *lines);
	statement->repeat = lines;
	statement->repeat_count = commands.count;
}
