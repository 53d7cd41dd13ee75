/*
 * ewf_set.c - what the sections of an EWF set say together.
 *
 *	volume, disk, data   4 chunks (4), sectors a chunk (4), bytes a sector (4), sectors (8)
 *	                     ... 64 identifier of the set (16) ... Adler-32
 *	hash                 MD5 (16), 16 unknown, Adler-32
 *	digest               MD5 (16), SHA-1 (20), 40 unused, Adler-32
 *	error2               number (4), 512 unused, Adler-32; first sector (4), sectors (4) ...; Adler-32
 *	sectors              the chunks
 *	table, table2        number (4), 4 unused, base (8), 4 unused, Adler-32;
 *	                     one entry (4) a chunk; Adler-32
 *
 * SMART's volume is shorter and counts sectors in 4 bytes; its chunks stand in
 * the table section behind the entries, which have no checksum.
 *
 * A table says how many chunks it has, and nothing says which: they follow
 * those of the table before.  Behind a gap they are counted from the end of
 * the medium, because the last tables hold the last chunks.
 *
 * Of an acquisition that was broken off (written by libewf) the last "sectors"
 * is a header that points behind itself, and what came in by a pipe has 0
 * sectors.  Of a medium that ends within a sector the whole ones are counted,
 * and the rest is stored, and counted if it is a chunk of its own.
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>

#include "ewf_set.h"

enum {
	VOLUME_BYTES = 1052, IDENTIFIER_OFFSET = 64, HASH_BYTES = 36, DIGEST_BYTES = 80,
	TABLE_HEADER_BYTES = 24, ENTRY_BYTES = 4, CHECKSUM_BYTES = 4,
	ERROR_HEADER_BYTES = 520, ERROR_BYTES = 8, ERRORS_MAX = 1000 * 1000,
	ENTRIES_MAX = 4 * 1024 * 1024, CHUNK_BYTES_MAX = 128 * 1024 * 1024, GROUPS_MAX = 4 * 1000 * 1000,
	SECTOR_BYTES_MAX = 65536,
};

/* One segment while its sections are read. */
struct reading {
	struct ewf_set *set;
	uint32_t segment;
	uint64_t data_start, data_end;	/* chunks without a table so far; 0: none */
	bool     is_unfinished;		/* those chunks reach to the next section that is found */
	bool     broken;		/* something was lost since the last group */
	bool     is_described;		/* chunks were met */
};

/* False: another set is named.  The first segment that names one names this set. */
static bool
is_of_set(struct reading *at, const uint8_t identifier[16])
{
	static const uint8_t none[16];

	if (!memcmp(at->set->identifier, none, sizeof none))
		memcpy(at->set->identifier, identifier, sizeof none);
	return !memcmp(identifier, none, sizeof none) || !memcmp(at->set->identifier, identifier, sizeof none);
}

/* Not every writer names its sets, but every medium has a size. */
static bool
fits_geometry(const struct ewf_set *set, uint64_t chunk_size, uint64_t size)
{
	return !set->chunk_size || (set->chunk_size == chunk_size && (!set->size || !size || set->size == size));
}

static void
set_size(struct ewf_set *set, uint64_t size, uint64_t stated_chunks)
{
	set->size = size;
	set->chunk_count = size ? (size - 1) / set->chunk_size + 1 : 0;
	if (stated_chunks == set->chunk_count + 1 && size % set->chunk_size == 0)
		set->chunk_count = stated_chunks;
}

static void
take_geometry(struct reading *at, const struct ewf_section *section, bool is_description)
{
	struct ewf_set *set = at->set;
	uint64_t length = section->end - section->data;
	uint8_t bytes[VOLUME_BYTES];
	struct cursor c = cursor_at(bytes, sizeof bytes, 4);
	uint64_t chunks, per_chunk, per_sector, sectors;

	if (length != VOLUME_BYTES && length != EWF_SMART_VOLUME_BYTES)
		return;
	if (!ewf_read_checked(set->sources[at->segment], section->data, bytes, (size_t)length)) {
		set->damaged_section = is_description ? "volume" : "data";
		return;
	}
	if (length == VOLUME_BYTES && !is_of_set(at, bytes + IDENTIFIER_OFFSET)) {
		set->segments[at->segment].is_foreign = true;
		return;
	}
	chunks = take_u32le(&c);
	per_chunk = take_u32le(&c);
	per_sector = take_u32le(&c);
	sectors = length == VOLUME_BYTES ? take_u64le(&c) : take_u32le(&c);
	if (!per_chunk || !per_sector || per_sector > SECTOR_BYTES_MAX ||
	    per_chunk > CHUNK_BYTES_MAX / per_sector || sectors > INT64_MAX / per_sector)
		return;
	set->segments[at->segment].is_foreign = !fits_geometry(set, per_chunk * per_sector, sectors * per_sector);
	if (set->segments[at->segment].is_foreign || set->size)
		return;
	if (is_description && !at->segment && !set->volume) {
		set->volume = section->data;
		set->volume_length = (size_t)length;
	}
	set->sector_size = (uint32_t)per_sector;
	set->chunk_size = (uint32_t)(per_chunk * per_sector);
	set_size(set, sectors * per_sector, chunks);
}

static void
take_digest(struct ewf_set *set, enum digest_algorithm algorithm, const uint8_t *bytes)
{
	static const uint8_t none[20];
	const uint8_t *before = digests_get(&set->stored, algorithm);
	size_t size = digest_size(algorithm);

	if (!memcmp(bytes, none, size))
		return;
	set->digests_differ |= before && memcmp(before, bytes, size);
	digests_set(&set->stored, algorithm, bytes);
}

static void
take_digests(struct reading *at, const struct ewf_section *section, size_t length)
{
	uint8_t bytes[DIGEST_BYTES];

	if (section->end - section->data < length ||
	    !ewf_read_checked(at->set->sources[at->segment], section->data, bytes, length)) {
		at->set->damaged_section = length == HASH_BYTES ? "hash" : "digest";
		return;
	}
	take_digest(at->set, DIGEST_MD5, bytes);
	if (length == DIGEST_BYTES)
		take_digest(at->set, DIGEST_SHA1, bytes + 16);
}

static bool
take_errors(struct reading *at, const struct ewf_section *section)
{
	struct source *source = at->set->sources[at->segment];
	uint8_t header[ERROR_HEADER_BYTES];
	struct cursor c = cursor_over(header, sizeof header);
	uint64_t left = section->end - section->data, count;
	uint8_t *bytes;
	size_t length;
	bool is_whole;

	if (left < sizeof header || !ewf_read_checked(source, section->data, header, sizeof header))
		return false;
	count = take_u32le(&c);
	if (count > ERRORS_MAX || count * ERROR_BYTES + CHECKSUM_BYTES > left - sizeof header)
		return false;
	length = (size_t)count * ERROR_BYTES + CHECKSUM_BYTES;
	bytes = memory_allocate(length, 1);
	is_whole = ewf_read_checked(source, section->data + sizeof header, bytes, length);
	c = cursor_over(bytes, is_whole ? length : 0);
	for (uint64_t i = 0; is_whole && i < count; i++) {
		uint64_t sector = take_u32le(&c), sectors = take_u32le(&c);

		damage_add(&at->set->acquisition_errors, sector * at->set->sector_size,
			sectors * at->set->sector_size);
	}
	memory_free(bytes);
	return is_whole;
}

/* ---- tables ---- */

static struct ewf_group *
add_group(struct reading *at, uint64_t data_start, uint64_t data_end)
{
	struct ewf_set *set = at->set;
	struct ewf_group *group;

	if (set->group_count == GROUPS_MAX) {
		at->broken = true;
		return NULL;
	}
	set->groups = memory_grow(set->groups, set->group_count, &set->group_capacity, sizeof *set->groups);
	group = &set->groups[set->group_count++];
	*group = (struct ewf_group){ .segment = at->segment, .after_break = at->broken,
		.data_start = data_start, .data_end = data_end };
	at->broken = false;
	set->segments[at->segment].has_chunks = true;
	return group;
}

/* Where chunks that were being written when the acquisition was broken off end, now that it is known. */
static void
end_unfinished(struct reading *at, uint64_t end)
{
	if (at->is_unfinished)
		at->data_end = end;
	at->is_unfinished = false;
}

/* Chunks whose table is lost: they are counted one by one, where they can be placed at all. */
static void
give_up_table(struct reading *at)
{
	if (at->data_start && at->data_end > at->data_start)
		add_group(at, at->data_start, at->data_end);
	if (at->data_start)
		at->broken = true;
	at->data_start = 0;
}

/* Number of entries; 0: the table is damaged or cut. */
static uint32_t
table_count(struct reading *at, const struct ewf_section *section)
{
	uint64_t length = section->end - section->data;
	uint8_t header[TABLE_HEADER_BYTES];
	struct cursor c = cursor_over(header, sizeof header);
	uint32_t count;

	if (length < sizeof header ||
	    !ewf_read_checked(at->set->sources[at->segment], section->data, header, sizeof header))
		return 0;
	count = take_u32le(&c);
	if (count > ENTRIES_MAX || (uint64_t)count * ENTRY_BYTES + CHECKSUM_BYTES > length - sizeof header)
		return 0;
	return count;
}

/* SMART: the chunks stand in the table's own section. */
static bool
holds_chunks(const struct ewf_section *section, uint32_t count)
{
	return section->end - section->data > TABLE_HEADER_BYTES + (uint64_t)count * ENTRY_BYTES + CHECKSUM_BYTES;
}

static struct ewf_group *
add_table(struct reading *at, const struct ewf_section *section, uint32_t count)
{
	uint64_t behind = section->data + TABLE_HEADER_BYTES + (uint64_t)count * ENTRY_BYTES;
	bool is_bare = !at->data_start && holds_chunks(section, count);
	struct ewf_group *group;

	if (is_bare)
		group = add_group(at, behind, section->end);
	else if (at->data_start)
		group = add_group(at, at->data_start, at->data_end);
	else	/* the header of the chunks is lost, they are not */
		group = add_group(at, EWF_FILE_HEADER_BYTES, section->offset);
	at->data_start = 0;
	if (group) {
		group->count = count;
		group->is_bare = is_bare;
	}
	return group;
}

static void
take_table(struct reading *at, const struct ewf_section *section)
{
	uint32_t count = table_count(at, section);
	struct ewf_group *group;

	/* Where the chunks are known, table2 or their number may still tell. */
	at->broken = at->broken || (!count && !at->data_start);
	group = count ? add_table(at, section, count) : NULL;
	if (group)
		group->tables[0] = section->data;
}

static void
take_second_table(struct reading *at, const struct ewf_section *section)
{
	struct ewf_set *set = at->set;
	struct ewf_group *last = set->group_count ? &set->groups[set->group_count - 1] : NULL;
	uint32_t count = table_count(at, section);

	if (!count)
		return;
	if (at->data_start || at->broken)
		last = add_table(at, section, count);
	if (last && last->segment == at->segment && last->count == count && !last->is_bare)
		last->tables[1] = section->data;
}

/* What stands before the first chunks describes the set. */
static void
note_description(struct reading *at, const struct ewf_section *section)
{
	bool has_chunks = !strcmp(section->type, "sectors") || !strcmp(section->type, "table");

	if (!at->segment && !at->is_described && !has_chunks)
		at->set->description_end = section->end;
	at->is_described |= has_chunks;
}

static void
take_section(void *context, const struct ewf_section *section)
{
	struct reading *at = context;
	const char *type = section->type;

	if (at->set->segments[at->segment].is_foreign)
		return;
	end_unfinished(at, section->offset);
	if (section->after_damage)
		at->broken = at->set->segments[at->segment].is_searched = true;
	note_description(at, section);
	if (!strcmp(type, "table"))
		take_table(at, section);
	else if (!strcmp(type, "table2"))
		take_second_table(at, section);
	else
		give_up_table(at);
	if (!strcmp(type, "sectors")) {
		at->data_start = section->data;
		at->data_end = section->end;
		at->is_unfinished = section->end == section->data;
	}
	if (!strcmp(type, "header2"))
		at->set->segments[at->segment].has_header2 = true;
	if (!strcmp(type, "volume") || !strcmp(type, "disk") || !strcmp(type, "data"))
		take_geometry(at, section, strcmp(type, "data") != 0);
	if (!strcmp(type, "hash"))
		take_digests(at, section, HASH_BYTES);
	if (!strcmp(type, "digest"))
		take_digests(at, section, DIGEST_BYTES);
	if (!strcmp(type, "error2") && !take_errors(at, section))
		at->set->damaged_section = "error2";
}

static void
read_segment(struct reading *at)
{
	struct ewf_set *set = at->set;
	struct ewf_segment *segment = &set->segments[at->segment];

	if (!set->sources[at->segment] ||
	    !ewf_segment_head(set->sources[at->segment], &segment->version, &segment->number) ||
	    segment->version != EWF_1) {
		at->broken = true;
		return;
	}
	segment->is_foreign = segment->number != at->segment + 1;
	segment->end = ewf_sections_walk(set->sources[at->segment], take_section, at);
	end_unfinished(at, set->sources[at->segment]->size);
	give_up_table(at);
	if (segment->is_foreign || segment->end == EWF_CUT)
		at->broken = true;
}

void
ewf_set_read(struct ewf_set *set, struct source *const sources[], size_t count)
{
	struct reading at = { .set = set };

	*set = (struct ewf_set){ .segment_count = count };
	damage_init(&set->acquisition_errors);
	set->sources = memory_allocate(count, sizeof *set->sources);
	set->segments = memory_allocate(count, sizeof *set->segments);
	for (size_t i = 0; i < count; i++)
		set->sources[i] = sources[i];
	for (size_t i = 0; i < count; i++) {
		at.segment = (uint32_t)i;
		read_segment(&at);
	}
	set->is_open_ended = at.broken || !set->size || set->segments[count - 1].end != EWF_DONE;
}

void
ewf_set_release(struct ewf_set *set)
{
	for (size_t i = 0; i < set->group_count; i++)
		memory_free(set->groups[i].recovered);
	damage_release(&set->acquisition_errors);
	memory_free(set->groups);
	memory_free(set->segments);
	memory_free(set->sources);
}

/* ---- places ---- */

static uint64_t
sum_of_chunks(const struct ewf_set *set)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < set->group_count; i++)
		sum += set->groups[i].count;
	return sum;
}

/* Number of groups that follow one another from the first chunk on; *ret_chunks are theirs. */
static size_t
place_front(struct ewf_set *set, bool all,
	uint32_t (*recover)(void *context, struct ewf_group *group, uint64_t limit), void *context,
	uint64_t *ret_chunks)
{
	uint64_t chunk = 0;
	size_t i = 0;

	for (; i < set->group_count && chunk < set->chunk_count; i++) {
		struct ewf_group *group = &set->groups[i];

		if (group->after_break && !all)
			break;
		if (!group->count)
			group->count = recover(context, group, set->chunk_count - chunk);
		group->first = chunk;
		chunk += group->count;
	}
	*ret_chunks = chunk;
	return i;
}

/* Position of the first group of those that end with the last chunk. */
static size_t
place_back(struct ewf_set *set, size_t front, uint64_t front_chunks)
{
	uint64_t chunk = set->chunk_count;
	size_t i = set->group_count;

	while (i > front) {
		struct ewf_group *group = &set->groups[i - 1];

		if (!group->count || group->count > chunk - front_chunks)
			break;
		chunk -= group->count;
		group->first = chunk;
		i--;
		if (group->after_break)
			break;
	}
	return i;
}

void
ewf_set_place(struct ewf_set *set,
	uint32_t (*recover)(void *context, struct ewf_group *group, uint64_t limit), void *context)
{
	/* If the tables that are left describe every chunk, none was lost between them. */
	bool all = sum_of_chunks(set) == set->chunk_count;
	uint64_t chunks;
	size_t front = place_front(set, all, recover, context, &chunks);
	size_t back = set->is_open_ended ? set->group_count : place_back(set, front, chunks);

	for (size_t i = front; i < back; i++)
		memory_free(set->groups[i].recovered);
	if (back < set->group_count && back > front)
		memmove(set->groups + front, set->groups + back,
			(set->group_count - back) * sizeof *set->groups);
	set->group_count -= back - front;
	for (size_t i = 0; i < set->group_count; i++)
		set->segments[set->groups[i].segment].is_placed = true;
}

struct ewf_group *
ewf_set_group(const struct ewf_set *set, uint64_t chunk)
{
	size_t low = 0, high = set->group_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->groups[middle].first <= chunk)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || chunk - set->groups[low - 1].first >= set->groups[low - 1].count)
		return NULL;
	return &set->groups[low - 1];
}
