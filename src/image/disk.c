/*
 * disk.c - containers of virtual disks, read through the tables of their format.
 *
 * A format (qcow2.c, vhd.c, vhdx.c, vmdk.c) says what lies at an offset:
 * data, zeros, a compressed unit, or what the base of the disk holds there.
 * Tables are read through a few pages that are kept, so that no number of the
 * evidence becomes an allocation, and a table of any size costs the same.
 */
#include <stdarg.h>
#include <string.h>

#include <libdeflate.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "damage.h"
#include "disk.h"

enum { PACKED_BYTES = 2 * DISK_UNIT_MAX + DISK_SECTOR };

/* ---- files and names ---- */

/* Names of Windows hosts too; what lies in front of the last part belongs to another machine. */
static const char *
last_part(const char *name)
{
	const char *part = name;

	for (const char *at = name; *at; at++)
		if (*at == '/' || *at == '\\' || (*at == ':' && at[1]))
			part = at + 1;
	return part;
}

static bool
is_wanted(const struct disk *disk, const char *part)
{
	for (size_t i = 0; i < disk->wanted_count; i++)
		if (!strcmp(disk->wanted[i], part))
			return true;
	return false;
}

struct disk_file *
disk_find(struct disk *disk, const char *name)
{
	const char *part = last_part(name);

	if (!*part || !strcmp(part, "?") || text_has_prefix(name, "json:") || !strcmp(part, ".") || !strcmp(part, "..") ||
	    strlen(part) > limit_get(LIMIT_NAME_BYTES))
		return NULL;
	if (!is_wanted(disk, part) && disk->wanted_count < limit_get(LIMIT_SEGMENTS)) {
		disk->wanted = memory_grow(disk->wanted, disk->wanted_count, &disk->wanted_capacity,
			sizeof *disk->wanted);
		disk->wanted[disk->wanted_count++] = arena_copy_text(&disk->arena, part);
	}
	for (size_t i = 0; i < disk->file_count; i++)
		if (disk->files[i].source && !strcmp(disk->files[i].name, part))
			return &disk->files[i];
	return NULL;
}

enum status
disk_note(struct disk *disk, const struct disk_file *file, enum status status, enum note_kind kind,
	const char *format, ...)
{
	struct place place = { .evidence = disk->evidence, .path = file->name };
	va_list arguments;
	struct buffer text;

	buffer_init(&text, 4096);
	va_start(arguments, format);
	buffer_add_vformat(&text, format, arguments);
	va_end(arguments);
	note(disk->notes, status, kind, &place, "%s", text.bytes);
	buffer_release(&text);
	return status;
}

const char *
disk_utf16(struct disk *disk, const uint8_t *bytes, size_t length, bool big_endian)
{
	struct buffer text;
	const char *copy;

	buffer_init(&text, 0);
	for (size_t i = 0; i + 1 < length; i += 2) {
		uint8_t unit[2] = { bytes[i + big_endian], bytes[i + !big_endian] };

		if (!unit[0] && !unit[1])
			break;
		buffer_add(&text, unit, 2);
	}
	length = text.length;
	text_add_utf16le(&text, text.bytes, length);
	copy = arena_copy(&disk->arena, text.bytes + length, text.length - length);
	buffer_release(&text);
	return copy;
}

const char *
disk_hex(struct disk *disk, const void *bytes, size_t length)
{
	struct buffer text;
	const char *copy;

	buffer_init(&text, 0);
	text_add_hex(&text, bytes, length);
	copy = arena_copy_text(&disk->arena, text.bytes);
	buffer_release(&text);
	return copy;
}

/* ---- tables ---- */

static const struct disk_page *
page_of(struct disk *disk, struct disk_file *file, uint64_t number)
{
	struct disk_page *page = &disk->pages[(number + file->number * 7) % DISK_PAGES];

	if (page->file == file && page->number == number)
		return page;
	if (!page->bytes)
		page->bytes = memory_allocate(DISK_PAGE_BYTES, 1);
	page->file = file;
	page->number = number;
	page->length = 0;
	if (source_read(file->source, number * DISK_PAGE_BYTES, page->bytes, DISK_PAGE_BYTES, &page->length) !=
	    STATUS_OK)
		page->length = 0;
	return page;
}

bool
disk_table(struct disk_file *file, struct disk *disk, uint64_t offset, void *bytes, size_t length)
{
	for (size_t done = 0; done < length; ) {
		uint64_t at = offset + done;
		size_t within = (size_t)(at % DISK_PAGE_BYTES), piece = DISK_PAGE_BYTES - within;
		const struct disk_page *page;

		if (at < offset || at >= file->source->size)
			return false;
		page = page_of(disk, file, at / DISK_PAGE_BYTES);
		piece = piece < length - done ? piece : length - done;
		if (page->length < within + piece)
			return false;
		memcpy((uint8_t *)bytes + done, page->bytes + within, piece);
		done += piece;
	}
	return true;
}

void
disk_lay_over(struct disk *disk, struct disk_file *file, struct source *overlay)
{
	file->overlay = file->source = overlay;
	for (size_t i = 0; i < DISK_PAGES; i++)
		disk->pages[i].file = NULL;
}

/* ---- layers ---- */

static struct disk_piece
map_raw(struct disk_layer *layer, uint64_t offset)
{
	return (struct disk_piece){ .kind = DISK_DATA, .length = layer->size - offset, .file = layer->file,
		.offset = offset };
}

static enum status
open_raw(struct disk *disk, struct disk_file *file, struct disk_layer **ret_layer)
{
	struct disk_layer *layer = arena_allocate(&disk->arena, sizeof *layer);

	*layer = (struct disk_layer){ .format = "raw", .size = file->source->size, .map = map_raw };
	*ret_layer = layer;
	return STATUS_OK;
}

static const struct disk_format raw_format = { .open = open_raw };

/* By its first bytes; a VHD of fixed size by its last ones. */
static const struct disk_format *
format_of(struct disk *disk, struct disk_file *file)
{
	const struct image_driver *const *drivers = image_drivers();
	uint8_t head[DISK_SECTOR] = { 0 }, tail[DISK_SECTOR] = { 0 };
	size_t length = file->source->size < sizeof head ? (size_t)file->source->size : sizeof head;

	if (!disk_table(file, disk, 0, head, length))
		return &raw_format;
	if (length == sizeof tail)
		disk_table(file, disk, file->source->size - sizeof tail, tail, sizeof tail);
	for (size_t i = 0; drivers[i]; i++)
		if (drivers[i]->disk && (drivers[i]->probe(head, length) ||
		    (drivers[i]->probe_tail && drivers[i]->probe_tail(tail, length, file->source->size))))
			return drivers[i]->disk;
	return &raw_format;
}

static bool
is_layer(const struct disk *disk, const struct disk_file *file)
{
	for (size_t i = 0; i < disk->layer_count; i++)
		if (disk->layers[i]->file == file)
			return true;
	return false;
}

static enum status
miss_parent(struct disk *disk, const struct disk_layer *layer, const char *why, const char *advice)
{
	disk->missing = arena_format(&disk->arena, "%s, the base of %s, %s", last_part(layer->parent),
		layer->file->name, why);
	return disk_note(disk, layer->file, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE,
		"%s is based on \"%s\", which %s: what only the base holds is read as zeros and counted as damage; %s",
		layer->file->name, layer->parent, why, advice);
}

/* Adds the layer of a file; *ret_file becomes its base, NULL at the end. */
static enum status
add_layer(struct disk *disk, struct disk_file **ret_file, bool is_raw)
{
	struct disk_file *file = *ret_file;
	const struct disk_layer *above = disk->layer_count ? disk->layers[disk->layer_count - 1] : NULL;
	struct disk_layer *layer = NULL;
	enum status status = (is_raw ? &raw_format : format_of(disk, file))->open(disk, file, &layer);

	*ret_file = NULL;
	if (status > STATUS_UNREADABLE) {
		layer->disk = disk;
		layer->file = file;
		status = status_worse(status, disk_account(disk, layer));
	}
	if (status <= STATUS_UNREADABLE)
		return above ? miss_parent(disk, above, "cannot be read", "compare it with a second copy") : status;
	disk->layers[disk->layer_count++] = layer;
	if (above && above->parent_id && layer->id && strcmp(above->parent_id, layer->id))
		status = disk_note(disk, file, STATUS_DAMAGED, NOTE_IMAGE_INCOMPLETE,
			"%s is not the state of the base that %s was made on (identifiers %s and %s): the disk may be "
			"mixed from two states; find the right base", file->name, above->file->name, layer->id,
			above->parent_id);
	if (!layer->parent)
		return status;
	*ret_file = disk_find(disk, layer->parent);
	if (!*ret_file)
		return miss_parent(disk, layer, "is not there", "put it beside the image and run again");
	if (is_layer(disk, *ret_file) || disk->layer_count == DISK_LAYERS_MAX) {
		*ret_file = NULL;
		return miss_parent(disk, layer, "is a base of itself or lies too deep", "get a whole copy");
	}
	return status;
}

enum status
disk_open(struct disk *disk, struct source *const sources[], const char *const names[], size_t count,
	const char *evidence, const struct notes *notes)
{
	struct disk_file *file;
	enum status status;

	*disk = (struct disk){ .evidence = evidence, .notes = notes, .file_count = count };
	arena_init(&disk->arena);
	disk->files = memory_allocate(count, sizeof *disk->files);
	for (size_t i = 0; i < count; i++)
		disk->files[i] = (struct disk_file){ .source = sources[i], .name = names[i], .number = i };
	disk->inflater = libdeflate_alloc_decompressor();
	file = &disk->files[0];
	status = add_layer(disk, &file, false);
	while (file)
		status = status_worse(status, add_layer(disk, &file,
			disk->layers[disk->layer_count - 1]->parent_is_raw));
	return status;
}

void
disk_close(struct disk *disk)
{
	for (size_t i = 0; i < DISK_PAGES; i++)
		memory_free(disk->pages[i].bytes);
	for (size_t i = 0; i < DISK_UNITS; i++)
		memory_free(disk->units[i].bytes);
	libdeflate_free_decompressor(disk->inflater);
	memory_free(disk->packed);
	memory_free(disk->wanted);
	for (size_t i = 0; i < disk->file_count; i++)
		source_close(disk->files[i].overlay);
	memory_free(disk->files);
	arena_release(&disk->arena);
}

struct disk_piece
disk_map(struct disk *disk, uint64_t offset, uint64_t length, struct disk_layer **ret_layer)
{
	struct disk_piece piece = { .kind = DISK_ZERO };

	for (size_t i = 0; i < disk->layer_count; i++) {
		struct disk_layer *layer = *ret_layer = disk->layers[i];

		/* A base that is shorter than the disk is zero behind its end. */
		if (offset >= layer->size)
			return (struct disk_piece){ .kind = DISK_ZERO, .length = length };
		length = length < layer->size - offset ? length : layer->size - offset;
		piece = disk_judge(layer, layer->map(layer, offset));
		length = length < piece.length ? length : piece.length;
		if (piece.kind != DISK_BELOW) {
			piece.length = length;
			return piece;
		}
	}
	if (disk->missing)
		return disk_lost(length, disk->missing);
	return (struct disk_piece){ .kind = DISK_ZERO, .length = length };
}

/* ---- reading ---- */

struct reading {
	struct disk *disk;
	uint64_t     offset;	/* of the medium */
	uint8_t     *bytes;
	void       (*lost)(void *context, uint64_t offset, uint64_t length, const char *cause);
	void        *context;
};

static void
lose(const struct reading *at, size_t from, size_t length, const char *cause)
{
	memset(at->bytes + from, 0, length);
	at->lost(at->context, at->offset + from, length, cause);
}

/* What the host cannot read in one piece is tried sector by sector. */
static void
read_data(const struct reading *at, const struct disk_piece *piece, size_t length)
{
	struct source *source = piece->file->source;
	size_t got = 0;

	if (piece->offset >= source->size) {
		lose(at, 0, length, "a table of the image points behind the end of its file");
		return;
	}
	if (source_read(source, piece->offset, at->bytes, length, &got) == STATUS_OK) {
		if (got < length)
			lose(at, got, length - got, "a table of the image points behind the end of its file");
		return;
	}
	for (size_t done = 0; done < length; ) {
		size_t sector = length - done < DISK_SECTOR ? length - done : DISK_SECTOR;

		if (source_read_exactly(source, piece->offset + done, at->bytes + done, sector) != STATUS_OK)
			lose(at, done, sector, "the host cannot read a part of the image file");
		done += sector;
	}
}

static void
fill_unit(struct disk *disk, struct disk_unit *unit, const struct disk_piece *piece)
{
	size_t got = 0;

	if (!disk->packed)
		disk->packed = memory_allocate(PACKED_BYTES, 1);
	if (!unit->bytes)
		unit->bytes = memory_allocate(DISK_UNIT_MAX, 1);
	/* Lengths are rounded up to sectors: the last one may reach behind the end. */
	if (piece->packed > PACKED_BYTES ||
	    source_read(piece->file->source, piece->offset, disk->packed, (size_t)piece->packed, &got) != STATUS_OK)
		unit->cause = "a compressed part of the image lies behind the end of its file or cannot be read";
	else
		unit->cause = unit->layer->unpack(unit->layer, disk->packed, got, unit->bytes,
			(size_t)piece->unit);
}

static struct disk_unit *
unit_of(struct disk *disk, struct disk_layer *layer, const struct disk_piece *piece)
{
	struct disk_unit *oldest = &disk->units[0];

	disk->unit_reads++;
	for (size_t i = 0; i < DISK_UNITS; i++) {
		struct disk_unit *unit = &disk->units[i];

		if (unit->layer == layer && unit->offset == piece->offset) {
			unit->used = disk->unit_reads;
			return unit;
		}
		if (unit->used < oldest->used)
			oldest = unit;
	}
	oldest->layer = layer;
	oldest->offset = piece->offset;
	oldest->used = disk->unit_reads;
	fill_unit(disk, oldest, piece);
	return oldest;
}

static void
read_packed(const struct reading *at, struct disk_layer *layer, const struct disk_piece *piece, size_t length)
{
	const struct disk_unit *unit = unit_of(at->disk, layer, piece);

	if (unit->cause)
		lose(at, 0, length, unit->cause);
	else
		memcpy(at->bytes, unit->bytes + piece->within, length);
}

void
disk_read(struct disk *disk, uint64_t offset, uint8_t *bytes, size_t length,
	void (*lost)(void *context, uint64_t offset, uint64_t length, const char *cause), void *context)
{
	for (size_t done = 0; done < length; ) {
		struct reading at = { disk, offset + done, bytes + done, lost, context };
		struct disk_layer *layer = NULL;
		struct disk_piece piece = disk_map(disk, at.offset, length - done, &layer);
		size_t here = (size_t)piece.length;

		if (piece.kind == DISK_DATA)
			read_data(&at, &piece, here);
		else if (piece.kind == DISK_PACKED)
			read_packed(&at, layer, &piece, here);
		else if (piece.kind == DISK_LOST)
			lose(&at, 0, here, piece.cause);
		else
			memset(at.bytes, 0, here);
		done += here;
	}
}

/* ---- as an image ---- */

struct image_driver_state {
	struct disk     disk;
	struct source **sources;
	const char    **names;
};

struct disk_source {
	struct source source;
	struct image *image;
};

static void
add_lost(void *context, uint64_t offset, uint64_t length, const char *cause)
{
	image_add_damage(context, NOTE_IMAGE_DAMAGED, offset, length, cause);
}

static enum status
read_image(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct image *image = ((struct disk_source *)source)->image;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	disk_read(&image->state->disk, offset, buffer, length, add_lost, image);
	*ret_length = length;
	if (!damage_overlaps(&image->damage, offset, length))
		return STATUS_OK;
	image->damage.touches++;
	return STATUS_DAMAGED;
}

static void
close_source(struct source *source)
{
	memory_free(source);
}

static void
add_layers(struct image *image, const struct disk *disk)
{
	image->acquisition = arena_allocate(&image->arena, (disk->layer_count + 1) * sizeof *image->acquisition);
	for (size_t i = 0; i < disk->layer_count; i++)
		image->acquisition[image->acquisition_count++] = (struct acquisition_value){
			i ? "base" : "container",
			arena_format(&image->arena, "%s (%s)", disk->layers[i]->file->name, disk->layers[i]->format) };
	image->acquisition[image->acquisition_count++] = (struct acquisition_value){ "medium",
		"the content of the virtual disk: its digests are not those of its files" };
}

/* What a layer's tables have lost is damage from the beginning on, one range at a time: else each read would note its own. */
static void
add_lost_ranges(struct image *image, struct disk *disk)
{
	uint64_t from = 0, to = 0;
	const char *cause = NULL;
	bool is_wanted_here = false;

	for (size_t i = 0; i < disk->layer_count; i++)
		is_wanted_here |= disk->layers[i]->holes_are_lost || disk->layers[i]->twice_count;
	for (uint64_t at = 0; is_wanted_here && at < image->source->size; ) {
		struct disk_layer *layer;
		struct disk_piece piece = disk_map(disk, at, image->source->size - at, &layer);
		bool is_lost = piece.kind == DISK_LOST;

		if (cause && (!is_lost || piece.cause != cause)) {
			add_lost(image, from, to - from, cause);
			cause = NULL;
		}
		if (is_lost && !cause) {
			from = at;
			cause = piece.cause;
		}
		at += piece.length;
		to = at;
	}
	if (cause)
		add_lost(image, from, to - from, cause);
}

enum status
disk_image_open(struct image *image, const struct notes *notes)
{
	const struct exhibit *exhibit = image->exhibit;
	struct image_driver_state *state = image->state = memory_allocate(1, sizeof *state);
	struct disk_source *source;
	enum status status;

	state->sources = memory_allocate(exhibit->segment_count, sizeof *state->sources);
	state->names = memory_allocate(exhibit->segment_count, sizeof *state->names);
	for (size_t i = 0; i < exhibit->segment_count; i++) {
		const struct segment *segment = &exhibit->segments[i];

		state->names[i] = text_base_name(segment->path);
		if (segment->descriptor >= 0)
			state->sources[i] = source_open_descriptor(segment->descriptor, segment->size);
	}
	status = disk_open(&state->disk, state->sources, state->names, exhibit->segment_count, exhibit->id, notes);
	if (status <= STATUS_UNREADABLE)
		return status;
	source = memory_allocate(1, sizeof *source);
	source->source = (struct source){ .size = state->disk.layers[0]->size, .read = read_image,
		.close = close_source };
	source->image = image;
	image->source = &source->source;
	if (state->disk.layers[0]->sector_size)
		image->sector_size = state->disk.layers[0]->sector_size;
	add_layers(image, &state->disk);
	add_lost_ranges(image, &state->disk);
	return status;
}

void
disk_image_close(struct image *image)
{
	struct image_driver_state *state = image->state;

	if (!state)
		return;
	disk_close(&state->disk);
	for (size_t i = 0; i < image->exhibit->segment_count; i++)
		source_close(state->sources[i]);
	memory_free(state->sources);
	memory_free(state->names);
	memory_free(state);
}
