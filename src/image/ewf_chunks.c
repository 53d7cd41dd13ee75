/*
 * ewf_chunks.c - the chunks of an EWF set.
 *
 *	entry of a table: offset (31 bits) behind the table's base, compressed (1)
 *	compressed chunk: a zlib stream, which ends with the Adler-32 of its content (big-endian)
 *	other chunk:      the bytes, their Adler-32 (little-endian)
 *
 * A chunk ends where the next begins.  EnCase 6.7 lets the chunks of one table
 * pass 2 GiB: from there on all 32 bits of an entry are its offset, and nothing
 * says what is compressed; the checksum of the chunk does.
 *
 * Tables are read when a chunk of theirs is asked for, and a few are kept: a
 * process needs no more memory for 10 TB than for 10 GB, and what several
 * processes read of the tables is the host's cache of the same files.
 *
 * table2 is used if table fails its checksum.  If both fail, entries on which
 * they agree are used, and the others found by where the chunk before them ends.
 */
#include <string.h>

#include <libdeflate.h>

#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>

#include "ewf_chunks.h"
#include "ewf_dense.h"

enum {
	TABLE_HEADER_BYTES = 24, BASE_OFFSET = 8, CHECKSUM_BYTES = 4, TABLES_KEPT = 16,
	ZLIB_BYTES_MIN = 8, ZERO_RATIO = 64,
	/* A chunk is dense if its stream is shorter by less than one part in so many.  Of longer chunks four are too much memory. */
	DENSE_RATIO = 8, DENSE_CHUNK_BYTES_MAX = 64 * 1024,
};

#define OFFSET_BITS 0x7fffffffU
#define COMPRESSED  0x80000000U
#define UNKNOWN     0xffffffffU	/* of a recovered entry */

struct table {
	const struct ewf_group *group;	/* NULL: empty */
	uint32_t *entries;
	uint64_t  base;
	uint32_t  overflow;		/* first entry whose 32 bits are all offset */
	bool      is_recovered;		/* the entries are the group's */
	uint32_t *others;		/* of table2, if both are sound and name different places; NULL: they agree */
	uint64_t  others_base;
	uint64_t  used;			/* for the oldest to be replaced */
};

/* Where a chunk is stored. */
struct stored {
	struct source *source;
	uint64_t offset, length;	/* length: at most */
	bool     is_compressed, is_plain;	/* neither: not known */
	uint64_t other;				/* offset by table2, which contradicts; 0: it does not */
};

/* A chunk that is read, and not yet inflated. */
struct put_off {
	uint64_t chunk;
	struct stored stored;
	uint8_t *packed, *bytes;	/* packed: as long as that of all chunks; NULL: none so far */
	size_t   packed_length, length;
};

struct ewf_chunks {
	struct ewf_set *set;
	ewf_table_lost *table_lost;
	void           *table_context;
	struct table    tables[TABLES_KEPT];
	uint64_t        reads, inflated;
	struct libdeflate_decompressor *inflater;
	uint8_t *packed;		/* one chunk as it is stored */
	size_t   packed_capacity;
	uint8_t *content;		/* one chunk, to count those of a lost table */
	uint8_t *zeros;			/* how the last chunk of zeros was stored; many follow */
	size_t   zeros_length;
	struct dense  *dense;		/* NULL: no such chunk so far */
	struct put_off put_off[DENSE_LANES];
	size_t         put_off_count;
};

/* ---- one chunk ---- */

static bool
is_zero(const uint8_t *bytes, size_t length)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, length - 1);
}

static bool
inflate(struct ewf_chunks *chunks, size_t packed, uint8_t *bytes, size_t room, size_t *ret_got, size_t *ret_used)
{
	chunks->inflated++;
	return packed >= ZLIB_BYTES_MIN && !libdeflate_zlib_decompress_ex(chunks->inflater, chunks->packed, packed,
		bytes, room, ret_used, ret_got);
}

/* The last chunk of a medium may be stored at full length, or with a part of a sector behind it. */
static bool
inflate_longer(struct ewf_chunks *chunks, size_t packed, uint8_t *bytes, size_t length, size_t *ret_used)
{
	size_t got;

	if (!inflate(chunks, packed, chunks->content, chunks->set->chunk_size, &got, ret_used) || got < length)
		return false;
	memcpy(bytes, chunks->content, length);
	return true;
}

static bool
is_checked(const uint8_t *bytes, size_t length, size_t available)
{
	struct cursor c = cursor_at(bytes, available, length);
	uint32_t checksum = take_u32le(&c);

	return !c.failed && libdeflate_adler32(1, bytes, length) == checksum;
}

static bool
copy(struct ewf_chunks *chunks, size_t packed, uint8_t *bytes, size_t length, size_t *ret_used)
{
	size_t chunk_size = chunks->set->chunk_size, stored = length;

	if (!is_checked(chunks->packed, stored, packed)) {
		/* The last one, see inflate_longer. */
		stored = packed < chunk_size + CHECKSUM_BYTES ? packed - CHECKSUM_BYTES : chunk_size;
		if (packed <= CHECKSUM_BYTES || stored <= length || !is_checked(chunks->packed, stored, packed))
			return false;
	}
	memcpy(bytes, chunks->packed, length);
	*ret_used = stored + CHECKSUM_BYTES;
	return true;
}

static bool
unpack(struct ewf_chunks *chunks, const struct stored *stored, size_t packed, uint8_t *bytes, size_t length,
	size_t *ret_used)
{
	bool is_last = length != chunks->set->chunk_size;
	size_t got;

	if (!stored->is_plain && inflate(chunks, packed, bytes, length, &got, ret_used) && got == length)
		return true;
	if (!stored->is_plain && is_last && inflate_longer(chunks, packed, bytes, length, ret_used))
		return true;
	return !stored->is_compressed && copy(chunks, packed, bytes, length, ret_used);
}

static bool
is_known_zeros(const struct ewf_chunks *chunks, size_t packed, size_t length)
{
	return length == chunks->set->chunk_size && chunks->zeros_length && packed >= chunks->zeros_length &&
		!memcmp(chunks->packed, chunks->zeros, chunks->zeros_length);
}

static void
remember_zeros(struct ewf_chunks *chunks, const uint8_t *bytes, size_t length, size_t used)
{
	if (length != chunks->set->chunk_size || used > length / ZERO_RATIO || !is_zero(bytes, length))
		return;
	memcpy(chunks->zeros, chunks->packed, used);
	chunks->zeros_length = used;
}

/* What is stored is read to chunks->packed. */
static const char *
read_packed(struct ewf_chunks *chunks, const struct stored *stored, size_t *ret_packed)
{
	size_t packed = stored->length < chunks->packed_capacity ? (size_t)stored->length : chunks->packed_capacity;

	if (source_read(stored->source, stored->offset, chunks->packed, packed, ret_packed) != STATUS_OK)
		return "a chunk of the image cannot be read";
	return NULL;
}

static const char *
unpack_stored(struct ewf_chunks *chunks, const struct stored *stored, size_t packed, uint8_t *bytes, size_t length,
	size_t *ret_used)
{
	if (!stored->is_plain && is_known_zeros(chunks, packed, length)) {
		memset(bytes, 0, length);
		*ret_used = chunks->zeros_length;
		return NULL;
	}
	if (!unpack(chunks, stored, packed, bytes, length, ret_used))
		return "a chunk of the image fails its checksum";
	if (!stored->is_plain)
		remember_zeros(chunks, bytes, length, *ret_used);
	return NULL;
}

static const char *
read_stored(struct ewf_chunks *chunks, const struct stored *stored, uint8_t *bytes, size_t length, size_t *ret_used)
{
	size_t packed;
	const char *why = read_packed(chunks, stored, &packed);

	return why ? why : unpack_stored(chunks, stored, packed, bytes, length, ret_used);
}

static size_t
chunk_length(const struct ewf_set *set, uint64_t chunk)
{
	uint64_t left = set->size - chunk * set->chunk_size;

	return left < set->chunk_size ? (size_t)left : set->chunk_size;
}

/* ---- tables ---- */

/* The header's checksum was looked at when the group was made. */
static bool
read_entries(struct source *source, uint64_t offset, const struct ewf_group *group, uint32_t *entries,
	uint64_t *ret_base)
{
	uint8_t header[TABLE_HEADER_BYTES];
	size_t length = (size_t)group->count * sizeof *entries;
	struct cursor c = cursor_at(header, sizeof header, BASE_OFFSET);
	uint8_t *bytes = (uint8_t *)entries;
	bool is_whole;

	if (!offset || !ewf_read_checked(source, offset, header, sizeof header))
		return false;
	*ret_base = take_u64le(&c);
	if (group->is_bare)
		is_whole = source_read_exactly(source, offset + sizeof header, bytes, length) == STATUS_OK;
	else
		is_whole = ewf_read_checked(source, offset + sizeof header, bytes, length + CHECKSUM_BYTES);
	c = cursor_over(bytes, length);
	for (uint32_t i = 0; i < group->count; i++)
		entries[i] = take_u32le(&c);
	return is_whole;
}

/* An offset that goes back, and goes on if it is read as 32 bits; limit: bytes of the segment behind the base. */
static uint32_t
find_overflow(const uint32_t *entries, uint32_t count, uint64_t limit)
{
	for (uint32_t i = 1; i < count; i++)
		if (entries[i] & COMPRESSED && (entries[i] & OFFSET_BITS) < (entries[i - 1] & OFFSET_BITS) &&
		    entries[i] < limit)
			return i;
	return count;
}

/* Where the chunk at offset ends, which is where the next begins; 0: not known. */
static uint64_t
end_of_chunk(struct ewf_chunks *chunks, const struct ewf_group *group, uint64_t offset, size_t length,
	bool *ret_is_compressed)
{
	struct stored stored = { .source = chunks->set->sources[group->segment], .offset = offset };
	size_t used = 0;

	if (offset < group->data_start || offset >= group->data_end)
		return 0;
	stored.length = group->data_end - offset;
	stored.is_compressed = true;
	*ret_is_compressed = !read_stored(chunks, &stored, chunks->content, length, &used);
	stored.is_compressed = false;
	stored.is_plain = true;
	if (!*ret_is_compressed && read_stored(chunks, &stored, chunks->content, length, &used))
		return 0;
	return offset + used;
}

static uint32_t
recovered_entry(const struct ewf_group *group, uint64_t offset, bool is_compressed)
{
	if (offset - group->data_start >= OFFSET_BITS)
		return UNKNOWN;
	return (uint32_t)(offset - group->data_start) | (is_compressed ? COMPRESSED : 0);
}

/* A damaged chunk may be one that is not compressed: then the next stands where that would end. */
static uint64_t
end_of_damaged(struct ewf_chunks *chunks, const struct ewf_group *group, uint64_t offset, uint64_t chunk)
{
	uint64_t end = offset + chunks->set->chunk_size + CHECKSUM_BYTES;
	bool is_compressed;

	if (chunk + 1 >= chunks->set->chunk_count ||
	    !end_of_chunk(chunks, group, end, chunk_length(chunks->set, chunk + 1), &is_compressed))
		return 0;
	return end;
}

/* Chunk by chunk from the first one on, until one is damaged whose end is not known. */
static uint32_t
recover_without_tables(void *context, struct ewf_group *group, uint64_t limit)
{
	struct ewf_chunks *chunks = context;
	uint64_t offset = group->data_start, first = chunks->set->chunk_count - limit;
	size_t capacity = 0, count = 0;

	while (count < limit) {
		size_t length = chunk_length(chunks->set, first + count);
		bool is_compressed;
		uint64_t end = end_of_chunk(chunks, group, offset, length, &is_compressed);
		uint32_t entry = end ? recovered_entry(group, offset, is_compressed) : UNKNOWN;

		if (!end)
			end = end_of_damaged(chunks, group, offset, first + count);
		if (!end || end - group->data_start > OFFSET_BITS)
			break;
		group->recovered = memory_grow(group->recovered, count, &capacity, sizeof *group->recovered);
		group->recovered[count++] = entry;
		offset = end;
	}
	return (uint32_t)count;
}

/* Both tables are damaged: they are read into first and second, and may agree. */
static void
recover_from_both(struct ewf_chunks *chunks, struct ewf_group *group, const uint32_t *first,
	const uint32_t *second, uint64_t base)
{
	uint64_t offset = group->data_start;
	bool is_compressed = false;

	group->recovered = memory_allocate(group->count, sizeof *group->recovered);
	for (uint32_t i = 0; i < group->count; i++) {
		uint64_t stated = base + (first[i] & OFFSET_BITS);
		bool agree = first[i] == second[i] && stated >= group->data_start && stated < group->data_end;
		uint64_t end = 0;

		if (agree)
			offset = stated;
		/* Only who follows an entry that is lost needs to know where this chunk ends. */
		if (!agree || (i + 1 < group->count && first[i + 1] != second[i + 1]))
			end = end_of_chunk(chunks, group, offset,
				chunk_length(chunks->set, group->first + i), &is_compressed);
		if (agree)
			group->recovered[i] = recovered_entry(group, offset, first[i] & COMPRESSED);
		else
			group->recovered[i] = end ? recovered_entry(group, offset, is_compressed) : UNKNOWN;
		offset = end;
	}
}

static bool
are_same_places(const struct table *table, const uint32_t *others, uint64_t base)
{
	for (uint32_t i = 0; i < table->group->count; i++)
		if (table->base + table->entries[i] != base + others[i])
			return false;
	return true;
}

/* sound: of table and table2. */
static void
tell_tables(struct ewf_chunks *chunks, struct ewf_group *group, const bool sound[2])
{
	for (size_t i = 0; i < 2; i++)
		if (group->tables[i] && !sound[i] && !group->is_told)
			chunks->table_lost(chunks->table_context, group, group->tables[i], sound[1 - i]);
	group->is_told = true;
}

static void
load(struct ewf_chunks *chunks, struct ewf_group *group, struct table *table)
{
	struct source *source = chunks->set->sources[group->segment];
	size_t room = (size_t)group->count + 1;		/* and the checksum */
	bool is_first, is_second;
	uint32_t *second;
	uint64_t base = 0;

	if (group->recovered)
		return;
	table->entries = memory_allocate(room, sizeof *table->entries);
	second = memory_allocate(room, sizeof *second);
	is_first = read_entries(source, group->tables[0], group, table->entries, &table->base);
	is_second = read_entries(source, group->tables[1], group, second, &base);
	tell_tables(chunks, group, (const bool[]){ is_first, is_second });
	if (is_first && is_second && !are_same_places(table, second, base)) {
		table->others = second;
		table->others_base = base;
		return;
	}
	if (is_first) {
		memory_free(second);
		return;
	}
	if (is_second) {
		memory_free(table->entries);
		table->entries = second;
		table->base = base;
		return;
	}
	/* A table that is not there is of zeros, and agrees with nothing. */
	if (!group->tables[0] || !group->tables[1] || base != table->base)
		for (uint32_t i = 0; i < group->count; i++)
			second[i] = ~table->entries[i];
	recover_from_both(chunks, group, table->entries, second, table->base);
	memory_free(second);
	memory_free(table->entries);
	table->entries = NULL;
}

static struct table *
table_of(struct ewf_chunks *chunks, struct ewf_group *group)
{
	struct table *oldest = &chunks->tables[0];

	chunks->reads++;
	for (size_t i = 0; i < TABLES_KEPT; i++) {
		struct table *table = &chunks->tables[i];

		if (table->group == group) {
			table->used = chunks->reads;
			return table;
		}
		if (table->used < oldest->used)
			oldest = table;
	}
	memory_free(oldest->entries);
	memory_free(oldest->others);
	*oldest = (struct table){ .group = group, .used = chunks->reads };
	load(chunks, group, oldest);
	oldest->is_recovered = !oldest->entries;
	if (oldest->is_recovered)
		oldest->base = group->data_start;
	oldest->overflow = group->count;
	if (!oldest->is_recovered && oldest->base < group->data_end)
		oldest->overflow = find_overflow(oldest->entries, group->count, group->data_end - oldest->base);
	return oldest;
}

/* Offset in the segment of the i-th chunk of a table. */
static uint64_t
entry_offset(const struct table *table, uint32_t i)
{
	uint32_t entry = table->is_recovered ? table->group->recovered[i] : table->entries[i];

	return table->base + (i < table->overflow ? entry & OFFSET_BITS : entry);
}

static bool
locate(struct ewf_chunks *chunks, uint64_t chunk, struct stored *ret_stored)
{
	struct ewf_group *group = ewf_set_group(chunks->set, chunk);
	struct stored stored = { .length = 0 };
	struct table *table;
	uint64_t end;
	uint32_t i;

	if (!group)
		return false;
	i = (uint32_t)(chunk - group->first);
	table = table_of(chunks, group);
	if (table->is_recovered && group->recovered[i] == UNKNOWN)
		return false;
	stored.source = chunks->set->sources[group->segment];
	stored.offset = entry_offset(table, i);
	end = i + 1 < group->count ? entry_offset(table, i + 1) : group->data_end;
	/* An entry that points back says nothing of where this chunk ends; its own checksum does. */
	if (end <= stored.offset || end > stored.source->size)
		end = group->data_end;
	if (end <= stored.offset)
		return false;
	stored.length = end - stored.offset;
	if (i < table->overflow) {
		uint32_t entry = table->is_recovered ? group->recovered[i] : table->entries[i];

		stored.is_compressed = entry & COMPRESSED;
		stored.is_plain = !stored.is_compressed;
	}
	if (table->others)
		stored.other = table->others_base + (table->others[i] & OFFSET_BITS);
	if (stored.other == stored.offset)
		stored.other = 0;
	*ret_stored = stored;
	return true;
}

static const char not_found[] = "no table tells where a chunk of the image is stored";
static const char is_ambiguous[] = "the two tables of the image name different chunks for one place";

/*
 * Both tables are sound and name different places, and at both is a sound chunk: nothing says which of them was
 * acquired.  A table2 of which nothing comes is passed over, as everybody does.
 */
static bool
is_contradicted(struct ewf_chunks *chunks, const struct stored *stored, const uint8_t *bytes, size_t length)
{
	struct stored other = { .source = stored->source, .offset = stored->other };
	uint8_t *others;
	bool differs;
	size_t used;

	if (!stored->other || other.offset >= other.source->size)
		return false;
	other.length = other.source->size - other.offset;
	others = memory_allocate(length, 1);
	differs = !read_stored(chunks, &other, others, length, &used) && memcmp(bytes, others, length);
	memory_free(others);
	return differs;
}

const char *
ewf_chunk_read(struct ewf_chunks *chunks, uint64_t chunk, uint8_t *bytes, size_t length)
{
	const char *why = not_found;
	struct stored stored;
	size_t used;

	if (locate(chunks, chunk, &stored))
		why = read_stored(chunks, &stored, bytes, length, &used);
	if (!why && is_contradicted(chunks, &stored, bytes, length))
		why = is_ambiguous;
	if (why)
		memset(bytes, 0, length);
	return why;
}

/* ---- several chunks ---- */

static bool
is_dense(const struct ewf_chunks *chunks, const struct stored *stored, size_t packed, size_t length)
{
	return stored->is_compressed && length == chunks->set->chunk_size && length <= DENSE_CHUNK_BYTES_MAX &&
		packed >= length - length / DENSE_RATIO;
}

static void
swap_packed(struct ewf_chunks *chunks, struct put_off *put_off)
{
	uint8_t *packed = put_off->packed;

	put_off->packed = chunks->packed;
	chunks->packed = packed;
}

/* What is in chunks->packed is kept, and there is other memory for the next. */
static void
keep_packed(struct ewf_chunks *chunks, const struct put_off *chunk)
{
	struct put_off *to = &chunks->put_off[chunks->put_off_count++];
	uint8_t *packed = to->packed;

	*to = *chunk;
	to->packed = packed ? packed : memory_allocate(chunks->packed_capacity, 1);
	swap_packed(chunks, to);
}

static void
inflate_dense(struct ewf_chunks *chunks, struct dense_stream streams[DENSE_LANES])
{
	if (!chunks->dense)
		chunks->dense = dense_open();
	for (size_t i = 0; i < chunks->put_off_count; i++)
		streams[i] = (struct dense_stream){ .packed = chunks->put_off[i].packed,
			.packed_length = chunks->put_off[i].packed_length, .bytes = chunks->put_off[i].bytes,
			.length = chunks->put_off[i].length };
	dense_inflate(chunks->dense, streams, chunks->put_off_count);
}

/* By the decoder that takes everything. */
static const char *
unpack_put_off(struct ewf_chunks *chunks, struct put_off *put_off)
{
	const char *why;
	size_t used;

	swap_packed(chunks, put_off);
	why = unpack_stored(chunks, &put_off->stored, put_off->packed_length, put_off->bytes, put_off->length, &used);
	swap_packed(chunks, put_off);
	return why;
}

void
ewf_chunks_finish(struct ewf_chunks *chunks, ewf_lost *lost, void *context)
{
	struct dense_stream streams[DENSE_LANES] = { { .is_whole = false } };

	/* One alone is not worth it. */
	if (chunks->put_off_count > 1)
		inflate_dense(chunks, streams);
	for (size_t i = 0; i < chunks->put_off_count; i++) {
		struct put_off *put_off = &chunks->put_off[i];
		const char *why = NULL;

		if (streams[i].is_whole)
			chunks->inflated++;
		else
			why = unpack_put_off(chunks, put_off);
		if (!why)
			continue;
		memset(put_off->bytes, 0, put_off->length);
		lost(context, put_off->chunk, why);
	}
	chunks->put_off_count = 0;
}

void
ewf_chunk_read_soon(struct ewf_chunks *chunks, uint64_t chunk, uint8_t *bytes, size_t length, ewf_lost *lost, void *context)
{
	struct put_off one = { .chunk = chunk, .bytes = bytes, .length = length };
	const char *why = not_found;
	size_t used;

	if (locate(chunks, chunk, &one.stored))
		why = read_packed(chunks, &one.stored, &one.packed_length);
	if (!why && !one.stored.other && is_dense(chunks, &one.stored, one.packed_length, length)) {
		keep_packed(chunks, &one);
		if (chunks->put_off_count == DENSE_LANES)
			ewf_chunks_finish(chunks, lost, context);
		return;
	}
	if (!why)
		why = unpack_stored(chunks, &one.stored, one.packed_length, bytes, length, &used);
	if (!why && is_contradicted(chunks, &one.stored, bytes, length))
		why = is_ambiguous;
	if (!why)
		return;
	memset(bytes, 0, length);
	lost(context, chunk, why);
}

/* ---- the end of the medium ---- */

/* Bytes of the medium that a chunk holds; 0: not known. */
static size_t
content_length(struct ewf_chunks *chunks, uint64_t chunk)
{
	struct stored stored;
	size_t packed, got, used;

	if (!locate(chunks, chunk, &stored))
		return 0;
	packed = stored.length < chunks->packed_capacity ? (size_t)stored.length : chunks->packed_capacity;
	if (source_read(stored.source, stored.offset, chunks->packed, packed, &packed) != STATUS_OK)
		return 0;
	if (!stored.is_plain && inflate(chunks, packed, chunks->content, chunks->set->chunk_size, &got, &used))
		return got;
	if (stored.is_compressed || packed <= CHECKSUM_BYTES || packed - CHECKSUM_BYTES > chunks->set->chunk_size ||
	    !is_checked(chunks->packed, packed - CHECKSUM_BYTES, packed))
		return 0;
	return packed - CHECKSUM_BYTES;
}

/* What is stored and digested behind the last whole sector belongs to the medium. */
static void
find_part_of_sector(struct ewf_chunks *chunks)
{
	struct ewf_set *set = chunks->set;
	size_t within = set->size % set->chunk_size, length = content_length(chunks, set->size / set->chunk_size);

	if (length > within && length - within < set->sector_size)
		set->size += length - within;
	set->chunk_count = (set->size - 1) / set->chunk_size + 1;
}

/* More chunks than the segments can hold. */
static uint64_t
chunks_at_most(const struct ewf_set *set)
{
	uint64_t bytes = 0, most = INT64_MAX / set->chunk_size;

	for (size_t i = 0; i < set->segment_count; i++)
		bytes += set->sources[i] ? set->sources[i]->size : 0;
	return bytes / ZLIB_BYTES_MIN + 1 < most ? bytes / ZLIB_BYTES_MIN + 1 : most;
}

/* How large the medium is was not recorded: as large as what was stored of it. */
static void
place_without_size(struct ewf_chunks *chunks)
{
	struct ewf_set *set = chunks->set;
	const struct ewf_group *last;
	size_t length;

	set->chunk_count = chunks_at_most(set);
	set->size = set->chunk_count * set->chunk_size;
	ewf_set_place(set, recover_without_tables, chunks);
	last = set->group_count ? &set->groups[set->group_count - 1] : NULL;
	set->chunk_count = last ? last->first + last->count : 0;
	set->size = set->chunk_count * set->chunk_size;
	length = set->chunk_count ? content_length(chunks, set->chunk_count - 1) : 0;
	if (length)
		set->size -= set->chunk_size - length;
}

struct ewf_chunks *
ewf_chunks_open(struct ewf_set *set, ewf_table_lost *lost, void *context)
{
	struct ewf_chunks *chunks = memory_allocate(1, sizeof *chunks);

	chunks->set = set;
	chunks->table_lost = lost;
	chunks->table_context = context;
	chunks->inflater = libdeflate_alloc_decompressor();
	if (!chunks->inflater) {
		memory_free(chunks);
		return NULL;
	}
	/* What deflate cannot shorten it lengthens by 5 bytes a block. */
	chunks->packed_capacity = (size_t)set->chunk_size + set->chunk_size / 8 + 64;
	chunks->packed = memory_allocate(chunks->packed_capacity, 1);
	chunks->content = memory_allocate(set->chunk_size, 1);
	chunks->zeros = memory_allocate(set->chunk_size / ZERO_RATIO + 1, 1);
	if (!set->size) {
		place_without_size(chunks);
	} else {
		ewf_set_place(set, recover_without_tables, chunks);
		find_part_of_sector(chunks);
	}
	return chunks;
}

void
ewf_chunks_close(struct ewf_chunks *chunks)
{
	if (!chunks)
		return;
	for (size_t i = 0; i < TABLES_KEPT; i++) {
		memory_free(chunks->tables[i].entries);
		memory_free(chunks->tables[i].others);
	}
	for (size_t i = 0; i < DENSE_LANES; i++)
		memory_free(chunks->put_off[i].packed);
	dense_close(chunks->dense);
	libdeflate_free_decompressor(chunks->inflater);
	memory_free(chunks->packed);
	memory_free(chunks->content);
	memory_free(chunks->zeros);
	memory_free(chunks);
}

uint64_t
ewf_chunks_inflated(const struct ewf_chunks *chunks)
{
	return chunks->inflated;
}
