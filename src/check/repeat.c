/* repeat.c - commands that show with other tools what a finding says. */
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "finding.h"

enum { COMMANDS_MAX = 8 };

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

/* A line of an artifact: its inode where it is known, else its name under a mount or in the folder. */
static void
show_line(struct commands *commands, const struct inventory *inventory, const struct place *place)
{
	const struct exhibit *exhibit = exhibit_of(inventory, place->evidence);
	const struct volume *volume = place->evidence ? volume_of(inventory, place->evidence, place->volume) : NULL;
	const char *tool = place->path ? inflater(place->path) : NULL;
	struct buffer line;

	if (!exhibit || !place->line || !place->path)
		return;
	buffer_init(&line, 0);
	if (exhibit->kind == EXHIBIT_IMAGE && place->inode) {
		add_sleuthkit(&line, "icat", exhibit, volume, place->inode);
		if (tool)
			buffer_add_format(&line, " | %s", tool);
		buffer_add_format(&line, " | sed -n %llup", (unsigned long long)place->line);
	} else if (tool) {
		buffer_add_format(&line, "%s", tool);
		add_word(&line, place->path + (*place->path == '/'));
		buffer_add_format(&line, " | sed -n %llup", (unsigned long long)place->line);
	} else {
		buffer_add_format(&line, "sed -n %llup", (unsigned long long)place->line);
		add_word(&line, place->path + (*place->path == '/'));
	}
	take(commands, &line);
	buffer_release(&line);
}

static const char *
sum_tool(const struct file *file, enum digest_algorithm algorithm)
{
	if (algorithm == DIGEST_MD5 || (!algorithm && file->digests.known == 1u << DIGEST_MD5))
		return "md5sum";
	if (algorithm == DIGEST_SHA1)
		return "sha1sum";
	if (algorithm == DIGEST_SHA512)
		return "sha512sum";
	return "sha256sum";
}

static void
show_file(struct commands *commands, const struct inventory *inventory, const struct file *file)
{
	const struct exhibit *exhibit = exhibit_of(inventory, file->evidence);
	const struct volume *volume = volume_of(inventory, file->evidence, file->volume);
	const char *tool = sum_tool(file, file->expected ? file->expected->digest.algorithm : DIGEST_NONE);
	struct buffer line;

	if (!exhibit)
		return;
	buffer_init(&line, 0);
	if (exhibit->kind == EXHIBIT_IMAGE && file->entry.inode && !(volume && volume->stacked)) {
		if (volume && volume->start) {
			add_sleuthkit(&line, "mmls", exhibit, NULL, NULL);
			take(commands, &line);
			buffer_clear(&line);
		}
		add_sleuthkit(&line, "istat", exhibit, volume, file->entry.inode);
		take(commands, &line);
		buffer_clear(&line);
		add_sleuthkit(&line, "icat", exhibit, volume, file->entry.inode);
		buffer_add_format(&line, " | %s", tool);
	} else {
		buffer_add_text(&line, tool);
		add_word(&line, file->entry.path + (*file->entry.path == '/'));
	}
	take(commands, &line);
	buffer_release(&line);
}

void
finding_set_repeat(const struct inventory *inventory, struct finding *finding, struct arena *arena)
{
	struct commands commands = { .arena = arena };
	const char **lines;

	if (finding->file)
		show_file(&commands, inventory, finding->file);
	for (size_t i = 0; i < finding->seen_count; i++)
		show_line(&commands, inventory, &finding->seen[i]);
	lines = arena_allocate(arena, (commands.count + 1) * sizeof *lines);
	memcpy(lines, commands.lines, commands.count * sizeof *lines);
	finding->repeat = lines;
	finding->repeat_count = commands.count;
}
