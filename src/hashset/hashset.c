/* hashset.c - finding, opening and closing sets. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/exit_status.h>
#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "separated.h"
#include "set.h"

enum { PROBE_BYTES = 64 * 1024, DIGEST_PIECE_BYTES = 256 << 10, DEFAULT_SETS_MAX = 256 };

static const char *const name_endings[] = { ".t1554set", "", ".db", ".tsv", ".csv", ".txt" };

const char *
set_shipped_folder(struct arena *arena)
{
	const char *data = getenv("T1554TRIAGE_DATA");

	return data && *data ? arena_format(arena, "%s/hashsets", data) : PKGDATADIR "/hashsets";
}

/* The number-th part of a list with colons; NULL behind the last. */
static const char *
list_part(const char *list, size_t *number, struct arena *arena)
{
	for (const char *at = list; at && *at; ) {
		size_t length = strcspn(at, ":");

		if (length && (*number)-- == 0)
			return arena_copy(arena, at, length);
		at += length + (at[length] == ':');
	}
	return NULL;
}

const char *
set_folder(size_t number, struct arena *arena)
{
	const char *part = list_part(getenv("T1554TRIAGE_HASHSETS"), &number, arena), *home = getenv("HOME");

	if (part)
		return part;
	if (home && *home && number-- == 0)
		return arena_format(arena, "%s/.local/share/t1554triage/hashsets", home);
	return number == 0 ? set_shipped_folder(arena) : NULL;
}

static bool
is_file(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static const char *
find_set(const char *name, struct arena *arena)
{
	const char *folder;

	if (is_file(name))
		return name;
	for (size_t i = 0; (folder = set_folder(i, arena)); i++)
		for (size_t j = 0; j < sizeof name_endings / sizeof name_endings[0]; j++) {
			const char *path = arena_format(arena, "%s/%s%s", folder, name, name_endings[j]);

			if (is_file(path))
				return path;
		}
	return NULL;
}

static const char *
no_file(const struct stat *status)
{
	return S_ISDIR(status->st_mode) ? "it is a folder, and a set is a file that can be read more than once"
	                                : "it is no regular file, and a set is a file that can be read more than once";
}

static void
say_how_to_make(const char *name, struct arena *arena, struct buffer *out)
{
	const char *folder;
	struct stat status;

	if (!stat(name, &status)) {
		buffer_add_format(out, "hash set %s: %s\n", name, no_file(&status));
		return;
	}
	buffer_add_format(out, "no hash set \"%s\": there is no such file, and no %s.t1554set or readable set in", name, name);
	for (size_t i = 0; (folder = set_folder(i, arena)); i++)
		buffer_add_format(out, "%s %s", i ? "," : "", folder);
	if (strchr(name, '/')) {
		buffer_add_text(out, "\n");
		return;
	}
	buffer_add_text(out, "\nThese two commands make one:\n");
	if (!strncasecmp(name, "nsrl", 4))
		buffer_add_format(out, "  unzip RDS_2026.09.1_modern_minimal.zip    (NIST: www.nist.gov/itl/ssd/software-quality-group/national-software-reference-library-nsrl)\n"
			"  t1554triage hashset build %s /path/to/RDS_2026.09.1_modern_minimal.db\n", name);
	else
		buffer_add_format(out, "  sha256sum FILE... > %s.sha256\n  t1554triage hashset build %s %s.sha256\n", name, name, name);
}

/* NULL: none knows it; *ret_status says whether it could be read at all. */
static const struct hashset_format *
probe_format(struct source *source, enum status *ret_status)
{
	const struct hashset_format *const *format = hashset_formats();
	uint8_t *head = memory_allocate(1, PROBE_BYTES);
	size_t length = 0, got = 1;

	*ret_status = STATUS_OK;
	while (length < PROBE_BYTES && got && *ret_status == STATUS_OK) {
		got = 0;
		*ret_status = source_read(source, length, head + length, PROBE_BYTES - length, &got);
		length += got;
	}
	while (*format && !((*format)->probe && (*format)->probe(head, length)))
		format++;
	memory_free(head);
	return *format;
}

void
set_digest(struct hash_set *set)
{
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_SHA256);
	uint8_t *piece = memory_allocate(1, DIGEST_PIECE_BYTES);
	size_t got;

	set->identity.digest_unread = NULL;
	for (uint64_t at = 0; at < set->source->size; at += got) {
		if (source_read(set->source, at, piece, DIGEST_PIECE_BYTES, &got) != STATUS_OK || !got) {
			set->identity.digest_unread = "the file could not be read whole";
			break;
		}
		digest_stream_update(stream, piece, got);
	}
	if (!set->identity.digest_unread)
		digest_stream_finish(stream, &set->identity.file, NULL);
	digest_stream_close(stream);
	memory_free(piece);
}

static int
refuse(struct hash_set *set, struct buffer *message, const char *path, const char *why)
{
	buffer_add_format(message, "hash set %s: %s\n", path, why);
	hashset_close(set);
	return EXIT_NO_INPUT;
}

/* Says what was expected. */
static int
refuse_unknown(struct hash_set *set, struct buffer *message, const char *path)
{
	buffer_add_format(message, "hash set %s: %s\n", path, set->source->size ?
		"its content is none of the formats that are read here:" : "the file is empty; expected was one of");
	for (const struct hashset_format *const *format = hashset_formats(); *format; format++)
		buffer_add_format(message, "  %-14s %s\n", (*format)->name, (*format)->description);
	hashset_close(set);
	return EXIT_NO_INPUT;
}

/* Returns NULL, or why not.  A pipe that nobody writes to is not waited for. */
static const char *
open_source(struct hash_set *set, const char *path)
{
	struct stat status;

	set->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (set->descriptor < 0 || fstat(set->descriptor, &status))
		return strerror(errno);
	if (!S_ISREG(status.st_mode))
		return no_file(&status);
	set->source = source_open_descriptor(set->descriptor, (uint64_t)status.st_size);
	return NULL;
}

int
set_open_file(const struct hash_set_request *request, const char *path, const struct notes *notes,
	struct hash_set **ret_set, struct buffer *ret_message)
{
	struct hash_set *set = memory_allocate(1, sizeof *set);
	struct place here = { .path = path };
	enum status status;
	const char *why;

	arena_init(&set->arena);
	here.path = arena_copy_text(&set->arena, path);
	set->descriptor = -1;
	why = open_source(set, path);
	if (why)
		return refuse(set, ret_message, path, why);
	if (hashset_content_open(set->source, &here, notes, &set->content) < 0)
		return refuse(set, ret_message, path, "it cannot be read, or is compressed and cannot be inflated");
	set->format = probe_format(set->content ? set->content : set->source, &status);
	if (status < STATUS_OK)
		return refuse(set, ret_message, path, "its beginning cannot be read");
	if (!set->format)
		return refuse_unknown(set, ret_message, path);
	if (!set->format->read)
		return refuse(set, ret_message, path, set->format->description);
	if (set->content && set->format->open)
		return refuse(set, ret_message, path, "a set of this format cannot be asked while it is compressed: unpack it");
	set->identity = (struct hash_set_identity){
		.name = arena_copy_text(&set->arena, request->is_default ? request->name : text_base_name(request->name)),
		.path = here.path,
		.format = set->format->name, .release = "", .description = "",
		.kind = request->kind ? request->kind : set->format->kind, .is_default = request->is_default,
	};
	if (set->format->open && set->format->open(set, notes, ret_message) < 0) {
		hashset_close(set);
		return EXIT_NO_INPUT;
	}
	if (request->kind && !set->format->is_filter)
		set->identity.kind = request->kind;
	*ret_set = set;
	return 0;
}

/* The blocks of a compiled set are checked as they are read: it is open at once, however large it is. */
static void
digest_at_opening(struct hash_set *set)
{
	if (set->index)
		set->identity.digest_unread = "a compiled set: its blocks are checked as they are read, and its header "
			"names the digests of its sources (hashset show --verify digests all of it)";
	else if (set->source->size <= limit_get(LIMIT_SET_DIGEST_BYTES))
		set_digest(set);
	else
		set->identity.digest_unread = arena_format(&set->arena, "%llu bytes are more than --limit set-digest-bytes",
			(unsigned long long)set->source->size);
}

int
hashset_open(const struct hash_set_request *request, const struct notes *notes, struct hash_set **ret_set,
	struct buffer *ret_message)
{
	struct arena arena;
	const char *path;
	int result;

	arena_init(&arena);
	path = find_set(request->name, &arena);
	if (path) {
		result = set_open_file(request, path, notes, ret_set, ret_message);
		if (!result)
			digest_at_opening(*ret_set);
	} else {
		say_how_to_make(request->name, &arena, ret_message);
		result = EXIT_NO_INPUT;
	}
	arena_release(&arena);
	return result;
}

void
hashset_close(struct hash_set *set)
{
	if (!set)
		return;
	if (set->format && set->format->close)
		set->format->close(set);
	source_close(set->content);
	source_close(set->source);
	if (set->descriptor >= 0)
		close(set->descriptor);
	arena_release(&set->arena);
	memory_free(set);
}

const struct hash_set_identity *
hashset_identity(const struct hash_set *set)
{
	return &set->identity;
}

bool
hashset_reject(const struct hash_set *set, size_t number, uint64_t *ret_line, const char **ret_text,
	const char **ret_why)
{
	if (number >= set->reject_count)
		return false;
	*ret_line = set->rejects[number].line;
	*ret_text = set->rejects[number].text;
	*ret_why = set->rejects[number].why;
	return true;
}

struct default_sets {
	const char *folder;
	struct hash_set **sets;
	size_t      count, capacity;
	int         result;
};

/* A row of sets.tsv: set (its file without .tsv), loading, class, and what people want to know. */
static void
open_default(struct default_sets *defaults, char *line, struct arena *arena, const struct notes *notes,
	struct buffer *message)
{
	char *cells[SEPARATED_CELLS_MAX];
	size_t count = separated_cut(line, '\t', cells);
	struct hash_set_request request = { .is_default = true };
	struct hash_set *set;

	if (count < 3 || count == SIZE_MAX || strcmp(cells[1], "default") || defaults->count == DEFAULT_SETS_MAX)
		return;
	request.name = cells[0];
	request.kind = strcmp(cells[2], hash_class_names[HASH_BENIGN]) ? HASH_BAD : HASH_BENIGN;
	defaults->result = set_open_file(&request, arena_format(arena, "%s/%s.tsv", defaults->folder, cells[0]),
		notes, &set, message);
	if (defaults->result)
		return;
	digest_at_opening(set);
	defaults->sets = memory_grow(defaults->sets, defaults->count, &defaults->capacity, sizeof *defaults->sets);
	defaults->sets[defaults->count++] = set;
}

static void
close_defaults(struct default_sets *defaults)
{
	for (size_t i = 0; i < defaults->count; i++)
		hashset_close(defaults->sets[i]);
	memory_free(defaults->sets);
}

/* Reads the table of shipped sets; its first line is the header. */
static int
open_listed(struct default_sets *defaults, const char *path, struct arena *arena, const struct notes *notes,
	struct buffer *message)
{
	const struct place here = { .path = path };
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	struct line_reader reader;
	struct source *table;
	struct stat status;
	size_t length;
	char *line;

	if (descriptor < 0 || fstat(descriptor, &status)) {
		buffer_add_format(message, "the shipped hash sets: %s: %s; install the program, or name its source folder in T1554TRIAGE_DATA "
			"(--no-default-sets does without them)\n",
			path, strerror(errno));
		if (descriptor >= 0)
			close(descriptor);
		return EXIT_NO_INPUT;
	}
	table = source_open_descriptor(descriptor, (uint64_t)status.st_size);
	line_reader_init(&reader, table, &here, notes);
	while (!defaults->result && line_reader_next(&reader, &line, &length))
		if (reader.line > 1)
			open_default(defaults, line, arena, notes, message);
	line_reader_release(&reader);
	source_close(table);
	close(descriptor);
	return defaults->result;
}

int
hashset_open_default(const struct notes *notes, struct hash_set ***ret_sets, size_t *ret_count,
	struct buffer *ret_message)
{
	struct default_sets defaults = { .result = 0 };
	struct arena arena;
	int result;

	arena_init(&arena);
	defaults.folder = set_shipped_folder(&arena);
	result = open_listed(&defaults, arena_format(&arena, "%s/sets.tsv", defaults.folder), &arena, notes, ret_message);
	arena_release(&arena);
	if (result) {
		close_defaults(&defaults);
		return result;
	}
	*ret_sets = defaults.sets;
	*ret_count = defaults.count;
	return 0;
}
