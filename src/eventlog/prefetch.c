/*
 * prefetch.c - Windows prefetch files: when each program was started last, and how often
 *
 *	"MAM" 4, size 4, compressed		from Windows 10 on; with 0x84 for 4 a checksum of 4 bytes follows the size
 *	version 4, "SCCA", 4, size 4, name 60	UTF-16, cut at 29 letters; 17: XP, 23: Vista and 7, 26: 8, 30: 10, 31: 11
 *	at 84: offsets and numbers of files, traces, names, volumes; the last starts, one or eight; their number
 *	names: UTF-16, a NUL behind each: "\VOLUME{01d8...-12345678}\WINDOWS\SYSTEM32\CMD.EXE"
 *
 * Specification: Windows Prefetch File format of libscca (github.com/libyal/libscca, documentation); MS-XCA.  Read by own
 * code: the libscca of Debian 12 knows no version 31.  A prefetch file says that a program of this path ran; the file
 * that lies there now may be another one.
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "evtx_binxml.h"
#include "field_list.h"
#include "xpress_huffman.h"

enum {
	HEAD_BYTES = 84, NAME_AT = 16, NAME_BYTES = 60, NAME_LETTERS = 29, HASH_AT = 76, METRICS_AT = 84, NAMES_AT = 100,
	SECOND_METRICS_AT = 296,	/* where the information of version 30 is 8 bytes shorter */
	PREFETCH_BYTES_MAX = 16 << 20,	/* of one file, packed or not */
};

struct prefetch {
	const struct event_sink *out;
	const struct notes      *notes;
	const struct artifact   *artifact;
	struct field_list        fields;
	struct buffer            packed, content, name, path, system, number;
};

/* Where each version has its starts. */
static const struct form { uint32_t version; size_t times_at, times, count_at; } forms[] = {
	{ 17, 120, 1, 144 }, { 23, 128, 1, 152 }, { 26, 128, 8, 208 }, { 30, 128, 8, 208 }, { 31, 128, 8, 208 },
};

static uint32_t
number_at(const struct buffer *content, size_t at)
{
	struct cursor c = cursor_over(content->bytes, content->length);

	take_bytes(&c, at);
	return take_u32le(&c);
}

static enum status
note_damage(const struct prefetch *file, const char *what)
{
	return note(file->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &file->artifact->place, "%s %s: when the program that it is "
		"of ran is not known from it", file->artifact->path, what);
}

/* ---- the content ---- */

static enum status
inflate(struct prefetch *file)
{
	const uint8_t *bytes = (const uint8_t *)file->packed.bytes;
	size_t length = file->packed.length, head = 8, size;
	uint8_t *out;
	bool is_whole;

	if (length < 8 || memcmp(bytes, "MAM", 3) || (bytes[3] & 0x7f) != 4) {
		buffer_add(&file->content, bytes, length);
		return STATUS_OK;
	}
	head += bytes[3] & 0x80 ? 4 : 0;
	size = number_at(&file->packed, 4);
	if (size > PREFETCH_BYTES_MAX)
		return note(file->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &file->artifact->place, "%s says that it becomes %zu bytes, "
			"more than prefetch files have: it was not read", file->artifact->path, size);
	out = memory_allocate(size + 1, 1);
	is_whole = length >= head && xpress_huffman_inflate(bytes + head, length - head, out, size);
	if (is_whole)
		buffer_add(&file->content, out, size);
	memory_free(out);
	return is_whole ? STATUS_OK : note_damage(file, "could not be inflated");
}

static enum status
read_content(struct prefetch *file)
{
	struct source *source;
	enum status status = artifact_open(file->artifact, file->notes, &source), got;

	buffer_clear(&file->packed);
	buffer_clear(&file->content);
	if (status < STATUS_DAMAGED)
		return status;
	got = source_read_all(source, PREFETCH_BYTES_MAX, &file->packed);
	source_close(source);
	if (got < STATUS_OK)
		return note(file->notes, got, NOTE_ARTIFACT_UNREADABLE, &file->artifact->place, "%s could not be read whole: when the "
			"program that it is of ran is not known from it", file->artifact->path);
	return status_worse(status, inflate(file));
}

/* ---- names ---- */

/* The rest of a text of UTF-16 up to its NUL, at most to the end, as UTF-8; returns the bytes with the NUL. */
static size_t
take_name(const uint8_t *bytes, size_t length, struct buffer *out)
{
	size_t used = 0;

	while (used + 2 <= length && (bytes[used] || bytes[used + 1]))
		used += 2;
	buffer_clear(out);
	text_add_utf16le(out, bytes, used);
	return used + 2 <= length ? used + 2 : length;
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '\\');

	return slash ? slash + 1 : path;
}

/* The program's own path is the name that ends as the head has it; the volume of the system is that of its ntdll. */
static bool
find_path(struct prefetch *file)
{
	static const char loader[] = "\\WINDOWS\\SYSTEM32\\NTDLL.DLL";
	size_t at = number_at(&file->content, NAMES_AT), length = number_at(&file->content, NAMES_AT + 4), wanted;
	const uint8_t *names;

	buffer_clear(&file->path);
	buffer_clear(&file->system);
	take_name((const uint8_t *)file->content.bytes + NAME_AT, NAME_BYTES, &file->name);
	wanted = file->name.length;
	if (at > file->content.length || length > file->content.length - at)
		return false;
	names = (const uint8_t *)file->content.bytes + at;
	for (size_t used = 0; used < length; ) {
		used += take_name(names + used, length - used, &file->number);
		if (text_has_suffix(file->number.bytes, loader) && !file->system.length)
			buffer_add(&file->system, file->number.bytes, file->number.length + 1 - sizeof loader);
		if (wanted && !file->path.length && (strlen(last_part(file->number.bytes)) == wanted || wanted >= NAME_LETTERS) &&
		    !strncmp(last_part(file->number.bytes), file->name.bytes, wanted))
			buffer_add(&file->path, file->number.bytes, file->number.length);
	}
	return true;
}

/* "\VOLUME{...}\WINDOWS\X.EXE" is "C:\WINDOWS\X.EXE" where that is the volume of the system. */
static const char *
program_of(struct prefetch *file)
{
	size_t volume = file->system.length;

	if (!file->path.length)
		return file->name.length ? file->name.bytes : NULL;
	if (!volume || strncmp(file->path.bytes, file->system.bytes, volume) || file->path.bytes[volume] != '\\')
		return file->path.bytes;
	buffer_clear(&file->number);
	buffer_add_text(&file->number, "C:");
	buffer_add_text(&file->number, file->path.bytes + volume);
	return file->number.bytes;
}

/* ---- starts ---- */

static void
hand_out(struct prefetch *file, const char *program, uint64_t start)
{
	struct event event = { .kind = EVENT_PROCESS_STARTED, .provider = "Prefetch", .channel = "prefetch", .object = program,
		.at = file->artifact->place };

	event.time = evtx_filetime(start);
	if (timestamp_is_recorded(&event.time))
		event.time_source = "one of the last starts that the prefetch file keeps";
	field_list_lend(&file->fields, &event);
	file->out->event(file->out->context, &event);
}

static void
set_fields(struct prefetch *file, const char *program, uint32_t count)
{
	struct buffer *text = &file->packed;

	field_list_clear(&file->fields);
	field_list_add_text(&file->fields, "Image", program);
	buffer_clear(text);
	buffer_add_u64(text, count);
	field_list_add_text(&file->fields, "RunCount", text->bytes);
	buffer_clear(text);
	buffer_add_format(text, "%08X", number_at(&file->content, HASH_AT));
	field_list_add_text(&file->fields, "PrefetchHash", text->bytes);
	buffer_clear(text);
	buffer_add_u64(text, number_at(&file->content, 0));
	field_list_add_text(&file->fields, "version", text->bytes);
	if (file->path.length)
		field_list_add_text(&file->fields, "path", file->path.bytes);
}

static enum status
take_starts(struct prefetch *file, const struct form *form)
{
	struct cursor c = cursor_over(file->content.bytes, file->content.length);
	bool is_short = form->version >= 30 && number_at(&file->content, METRICS_AT) <= SECOND_METRICS_AT, has_names;
	size_t count_at = form->count_at - (is_short ? 8 : 0);
	const char *program;
	uint64_t starts[8];
	size_t known = 0;

	if (file->content.length < count_at + 4)
		return note_damage(file, "is cut off");
	has_names = find_path(file);
	program = program_of(file);
	set_fields(file, program, number_at(&file->content, count_at));
	take_bytes(&c, form->times_at);
	for (size_t i = 0; i < form->times; i++) {
		starts[known] = take_u64le(&c);
		known += starts[known] != 0;
	}
	for (size_t i = 0; i < known; i++)
		hand_out(file, program, starts[i]);
	if (!known)
		hand_out(file, program, 0);
	return has_names ? STATUS_OK : note_damage(file, "has its names outside of it, and only the last part of its path is known");
}

static enum status
read_file(struct prefetch *file)
{
	enum status status = read_content(file);
	uint32_t version;

	if (status < STATUS_OK)
		return status;
	if (file->content.length < HEAD_BYTES || memcmp(file->content.bytes + 4, "SCCA", 4))
		return note_damage(file, "is no prefetch file by its content");
	version = number_at(&file->content, 0);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (forms[i].version == version)
			return take_starts(file, &forms[i]);
	return note(file->notes, STATUS_OK, NOTE_WITNESS_NOT_READ, &file->artifact->place, "%s is a prefetch file of version %u, "
		"which is not read: the program may have run without an event of it", file->artifact->path, version);
}

static enum status
parse_prefetch(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct prefetch file = { .out = out, .notes = notes };
	enum status status = STATUS_OK;

	field_list_init(&file.fields);
	buffer_init(&file.packed, 0);
	buffer_init(&file.content, 0);
	buffer_init(&file.name, 0);
	buffer_init(&file.path, 0);
	buffer_init(&file.system, 0);
	buffer_init(&file.number, 0);
	for (size_t i = 0; i < group->count; i++) {
		file.artifact = &group->items[i];
		status = status_worse(status, read_file(&file));
	}
	field_list_release(&file.fields);
	buffer_release(&file.packed);
	buffer_release(&file.content);
	buffer_release(&file.name);
	buffer_release(&file.path);
	buffer_release(&file.system);
	buffer_release(&file.number);
	return status;
}

const struct eventlog_driver prefetch_eventlog = {
	.name        = "prefetch",
	.description = "Windows prefetch files: the last starts of each program, and their number",
	.files       = (const char *const[]){ "/[Ww][Ii][Nn][Dd][Oo][Ww][Ss]/[Pp][Rr][Ee][Ff][Ee][Tt][Cc][Hh]/*.[Pp][Ff]", NULL },
	.is_not_rotated = true,
	.parse       = parse_prefetch,
};
