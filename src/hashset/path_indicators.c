/*
 * path_indicators.c - hashsets/paths/path_indicators.tsv
 *
 *	pattern	kind	family	os	use	source
 *	/etc/X11/.pr	credential log	SSHDoor Abafar	linux	unowned_only	eset/malware-ioc sshdoor/README.adoc
 *
 * Rows of use "trap" are there so that nobody adds them again; they are passed over.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/exit_status.h>
#include <t1554triage/line_reader.h>

#include "separated.h"
#include "set.h"

enum { CELLS = 6, INDICATORS_MAX = 100000 };

static const char *const uses[] = { "name_alone", "unowned_only", "replaced_file", NULL };

struct indicators {
	struct arena *arena;
	struct path_indicator *items;
	size_t count, capacity;
};

static bool
parse_use(const char *name, enum path_indicator_use *ret_use)
{
	for (int i = 0; uses[i]; i++)
		if (!strcmp(name, uses[i])) {
			*ret_use = (enum path_indicator_use)i;
			return true;
		}
	return false;
}

static enum status
take_line(struct indicators *out, char *line, const struct place *here, const struct notes *notes)
{
	char *cells[SEPARATED_CELLS_MAX];
	struct path_indicator item;

	if (separated_cut(line, '\t', cells) != CELLS || !*cells[0])
		return note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_LINE, here, "not a row of path indicators");
	if (!strcmp(cells[4], "trap"))
		return STATUS_OK;
	if (!parse_use(cells[4], &item.use))
		return note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_LINE, here, "no such use of a path indicator: %s", cells[4]);
	item.pattern = arena_copy_text(out->arena, cells[0]);
	item.kind = arena_copy_text(out->arena, cells[1]);
	item.family = arena_copy_text(out->arena, cells[2]);
	item.os = arena_copy_text(out->arena, cells[3]);
	item.source = arena_copy_text(out->arena, cells[5]);
	out->items = memory_grow(out->items, out->count, &out->capacity, sizeof *out->items);
	out->items[out->count++] = item;
	return STATUS_OK;
}

static enum status
read_lines(struct indicators *out, struct source *table, const char *path, const struct notes *notes)
{
	const struct place here = { .path = path };
	struct line_reader reader;
	enum status status = STATUS_OK;
	char *line;
	size_t length;

	line_reader_init(&reader, table, &here, notes);
	while (out->count < INDICATORS_MAX && line_reader_next(&reader, &line, &length))
		if (reader.line > 1)
			status = status_worse(status, take_line(out, line, &reader.place, notes));
	status = status_worse(status, reader.status);
	line_reader_release(&reader);
	return status;
}

int
path_indicators_read(struct arena *arena, const struct notes *notes, struct path_indicator **ret_items,
	size_t *ret_count, struct buffer *ret_message)
{
	struct indicators out = { .arena = arena };
	const char *path = arena_format(arena, "%s/paths/path_indicators.tsv", set_shipped_folder(arena));
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	struct source *table;
	struct stat status;

	if (descriptor < 0 || fstat(descriptor, &status)) {
		buffer_add_format(ret_message, "the shipped path indicators: %s: %s\n", path, strerror(errno));
		if (descriptor >= 0)
			close(descriptor);
		return EXIT_NO_INPUT;
	}
	table = source_open_descriptor(descriptor, (uint64_t)status.st_size);
	read_lines(&out, table, path, notes);
	source_close(table);
	close(descriptor);
	*ret_items = arena_allocate(arena, (out.count ? out.count : 1) * sizeof **ret_items);
	if (out.count)
		memcpy(*ret_items, out.items, out.count * sizeof *out.items);
	*ret_count = out.count;
	memory_free(out.items);
	return 0;
}
