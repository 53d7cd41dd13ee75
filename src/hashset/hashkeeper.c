/*
 * hashkeeper.c - HashKeeper sets: NAME.hsh with the rows, and beside it NAME.hke, which says what they are of:
 *
 *	"file_id","hashset_id","file_name","directory","hash","file_size","date_modified","time_modified",...
 *	4151044,671,"acsetups.pdb",,"9497ACF3CF8A2E90AE82DAE37B6373E4",91136,,,,,,
 *
 *	"hashset_id","name","vendor","package","version",...
 *	671,"Z00236","Microsoft","Resource Kit","5.0",...
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/text.h>

#include "separated.h"

static bool
probe(const uint8_t *head, size_t length)
{
	return separated_names(head, length, "hashsetid") && separated_names(head, length, "hash");
}

static const char *
cell_of(char *const cells[], size_t count, int position)
{
	return (size_t)position < count ? cells[position] : "";
}

/* "name: vendor package version" of the second line. */
static const char *
describe(const uint8_t *head, size_t length, struct arena *arena)
{
	static const char *const headings[] = { "name", "vendor", "package", "version" };
	const char *line = memchr(head, '\n', length), *text[4];
	char *cells[SEPARATED_CELLS_MAX], *copy;
	size_t count;

	if (!line || !separated_names(head, length, "hashsetid"))
		return "";
	copy = arena_copy(arena, line + 1, length - (size_t)(line + 1 - (const char *)head));
	copy[strcspn(copy, "\r\n")] = '\0';
	count = separated_cut(copy, ',', cells);
	for (size_t i = 0; i < 4; i++)
		text[i] = count == SIZE_MAX ? "" : cell_of(cells, count, separated_position(head, length, headings[i]));
	return arena_format(arena, "%s: %s %s %s", text[0], text[1], text[2], text[3]);
}

/* What the companion says; "" where there is none. */
static const char *
read_companion(const char *path, struct arena *arena)
{
	char *name = arena_copy_text(arena, path);
	size_t length = strlen(name);
	uint8_t head[4096];
	ssize_t got = -1;
	int descriptor;

	if (length < 4 || strcasecmp(name + length - 4, ".hsh"))
		return "";
	memcpy(name + length - 3, name[length - 1] == 'H' ? "HKE" : "hke", 3);
	descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (descriptor >= 0) {
		got = read(descriptor, head, sizeof head);
		close(descriptor);
	}
	return got > 0 ? describe(head, (size_t)got, arena) : "";
}

static enum status
read_hashkeeper(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	identity->description = read_companion(path, arena);
	return separated_read(path, source, out, notes, NULL);
}

const struct hashset_format hashkeeper_hashset_format = {
	.name        = "hashkeeper",
	.description = "HashKeeper sets, .hsh with its .hke",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_hashkeeper,
};
