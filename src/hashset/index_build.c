/*
 * index_build.c - making a compiled set from any number of rows.
 *
 * Rows are sorted by their digests, those with the same algorithms in one
 * sorter, in bounded memory.  Walking them in order gives the contents, their
 * rows and the keys of the strongest algorithm; the keys of the others are
 * sorted once more, each with the number of its content.  Names and groups are
 * spooled as they come.  The same rows give the same bytes.
 */
#include <errno.h>
#include <string.h>

#include <t1554triage/crc32c.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>

#include "index_build.h"
#include "key_table.h"
#include "row_sorter.h"
#include "set.h"
#include "short_bytes.h"
#include "spool.h"
#include "text_pool.h"

enum {
	MEMORY_OF_GROUPS = 1 << 20,	/* groups that are remembered, so that each is kept once as a rule */
	NUMBERED_GROUPS = 1 << 22,	/* numbers of groups that a reader may use */
	SHAPES = 8,			/* which algorithms a row has: index_algorithms() */
	SORTERS = SHAPES + STRENGTHS,	/* one a shape, and one an algorithm for keys that are sorted again */
	DIGESTS_BYTES_MAX = 16 + 20 + 32,
	/* What follows the digests of a row in its sorter; of a set of keys only it is the mark alone. */
	NAME_BYTES = 5, GROUP_BYTES = 4, NUMBER_BYTES = 5, ROW_BYTES = NAME_BYTES + GROUP_BYTES + NUMBER_BYTES,
	MARK_BYTES = 1, CONTENT_BYTES = 4,
};

enum { WAITING_ROWS = 16, WAITING_NAME_BYTES = 96 };

/* A row whose name has been called for from memory. */
struct waiting_row {
	struct row_sorter *sorter;
	uint64_t hash;			/* of the name */
	size_t   length;
	char     name[WAITING_NAME_BYTES];
	uint8_t  row[DIGESTS_BYTES_MAX + ROW_BYTES];
};

/* CRC-32C of the blocks behind the header, as they are written. */
struct block_checks {
	struct crc32c crc;
	uint64_t offset;		/* in the file, of the byte that comes next */
	uint32_t rest;			/* of the block that is not whole yet */
	uint8_t *checks;		/* 4 bytes each */
	size_t   count, capacity;
};

static const uint64_t row_number_max = (1ULL << 8 * NUMBER_BYTES) - 1;

struct set_builder {
	const char      *output;
	bool             keys_only;
	enum hash_class  kind, source_kind;	/* of the set; of the source that is being read */
	const char      *origin;		/* where its rows come from */
	size_t           row_bytes, row_bytes_held;
	struct row_sorter sorters[SORTERS];
	struct waiting_row waiting[WAITING_ROWS];	/* a ring */
	size_t           waiting_begin, waiting_end;
	struct spool     out, rows, starts, groups;
	struct block_checks checks;
	struct text_pool texts;
	struct map       known_groups;
	uint32_t        *numbered_groups;	/* by the reader's number: 1 + number, 0: not seen yet */
	size_t           numbered_capacity;
	uint64_t         group_count, content_count;
	uint64_t         last_row;		/* number of the row that was written last */
	uint64_t         contradictions;
	int              error;
	struct index_section sections[SECTION_KIND_COUNT + 4 * STRENGTHS];
	size_t           section_count;
};

static void
add_check(struct block_checks *checks, uint32_t rest)
{
	checks->checks = memory_grow(checks->checks, checks->count, &checks->capacity, 4);
	index_put(checks->checks + 4 * checks->count++, ~rest, 4);
}

static void
end_block(struct block_checks *checks)
{
	add_check(checks, checks->rest);
	checks->rest = UINT32_MAX;
}

/* Whole blocks, three at a time; returns their bytes. */
static size_t
check_blocks(struct block_checks *checks, const uint8_t *bytes, size_t length)
{
	enum { TOGETHER = 3 };
	size_t at = 0;

	for (; length - at >= TOGETHER * INDEX_BLOCK_BYTES; at += TOGETHER * INDEX_BLOCK_BYTES) {
		const uint8_t *const blocks[TOGETHER] = { bytes + at, bytes + at + INDEX_BLOCK_BYTES,
			bytes + at + 2 * INDEX_BLOCK_BYTES };
		uint32_t rests[TOGETHER] = { UINT32_MAX, UINT32_MAX, UINT32_MAX };

		crc32c_add_three(&checks->crc, rests, blocks, INDEX_BLOCK_BYTES);
		for (size_t i = 0; i < TOGETHER; i++)
			add_check(checks, rests[i]);
	}
	checks->offset += at;
	return at;
}

static void
check_passed(void *context, const uint8_t *bytes, size_t length)
{
	struct block_checks *checks = context;

	while (length) {
		bool is_header = checks->offset < INDEX_HEADER_BYTES;
		uint64_t next = is_header ? INDEX_HEADER_BYTES : checks->offset - (checks->offset - INDEX_HEADER_BYTES) %
			INDEX_BLOCK_BYTES + INDEX_BLOCK_BYTES;
		size_t piece = length < next - checks->offset ? length : (size_t)(next - checks->offset), whole = 0;

		if (!is_header && next - checks->offset == INDEX_BLOCK_BYTES)
			whole = check_blocks(checks, bytes, length);
		if (whole) {
			bytes += whole;
			length -= whole;
			continue;
		}
		if (!is_header)
			checks->rest = crc32c_add(&checks->crc, checks->rest, bytes, piece);
		checks->offset += piece;
		bytes += piece;
		length -= piece;
		if (!is_header && checks->offset == next)
			end_block(checks);
	}
}

struct set_builder *
set_builder_open(const char *output, bool keys_only, size_t row_bytes)
{
	struct set_builder *builder = memory_allocate(1, sizeof *builder);
	int error;

	builder->output = output;
	builder->keys_only = keys_only;
	builder->row_bytes = row_bytes;
	spool_open(&builder->out, output);
	crc32c_init(&builder->checks.crc);
	builder->checks.rest = UINT32_MAX;
	builder->out.is_kept = true;
	builder->out.passed = check_passed;
	builder->out.context = &builder->checks;
	spool_open(&builder->rows, output);
	spool_open(&builder->starts, output);
	spool_open(&builder->groups, output);
	text_pool_open(&builder->texts, output);
	map_init(&builder->known_groups);
	error = builder->out.error;
	if (!error)
		return builder;
	set_builder_close(builder);
	errno = error;
	return NULL;
}

void
set_builder_close(struct set_builder *builder)
{
	if (!builder)
		return;
	for (size_t i = 0; i < SORTERS; i++)
		row_sorter_close(&builder->sorters[i]);
	spool_close(&builder->out);
	spool_close(&builder->rows);
	spool_close(&builder->starts);
	spool_close(&builder->groups);
	text_pool_close(&builder->texts);
	map_release(&builder->known_groups);
	memory_free(builder->numbered_groups);
	memory_free(builder->checks.checks);
	memory_free(builder);
}

void
set_builder_begin_source(struct set_builder *builder, enum hash_class kind, enum hash_class source_kind,
	const char *origin)
{
	builder->kind = kind;
	builder->source_kind = source_kind;
	builder->origin = origin;
	memory_free(builder->numbered_groups);
	builder->numbered_groups = NULL;
	builder->numbered_capacity = 0;
}

/* Forgets all when it has grown to its bound: memory is bounded, and the result is the same for the same rows. */
static void
bound_map(struct map *map)
{
	if (map->count < MEMORY_OF_GROUPS)
		return;
	map_release(map);
	map_init(map);
}

static enum hash_class
kept_class(const struct set_builder *builder, const struct hash_row *row)
{
	enum hash_class class = set_row_class(row->class, builder->source_kind);

	return class == builder->kind ? HASH_NONE : class;
}

static uint32_t
find_group(struct set_builder *builder, const struct hash_row *row)
{
	const char *const texts[INDEX_GROUP_TEXTS] = {
		row->product, row->application_type, row->system, row->actor,
		row->source && *row->source ? row->source : builder->origin, row->note
	};
	uint8_t group[INDEX_GROUP_BYTES] = { 0 };
	uint64_t number;

	for (size_t i = 0; i < INDEX_GROUP_TEXTS; i++)
		index_put(group + 8 * i, text_pool_offset(&builder->texts, texts[i]), 8);
	group[48] = (uint8_t)kept_class(builder, row);
	group[49] = (uint8_t)row->grade;
	if (map_get(&builder->known_groups, group, sizeof group, &number))
		return (uint32_t)number;
	bound_map(&builder->known_groups);
	number = builder->group_count++;
	if (builder->group_count > UINT32_MAX)
		builder->error = EOVERFLOW;
	map_add(&builder->known_groups, group, sizeof group, number);
	spool_write(&builder->groups, group, sizeof group);
	return (uint32_t)number;
}

static uint32_t
group_number(struct set_builder *builder, const struct hash_row *row)
{
	uint32_t *known;

	if (!row->group || row->group >= NUMBERED_GROUPS)
		return find_group(builder, row);
	while (row->group >= builder->numbered_capacity) {
		size_t old = builder->numbered_capacity;

		builder->numbered_groups = memory_grow(builder->numbered_groups, old, &builder->numbered_capacity,
			sizeof *builder->numbered_groups);
		memset(builder->numbered_groups + old, 0, (builder->numbered_capacity - old) * sizeof *builder->numbered_groups);
	}
	known = &builder->numbered_groups[row->group];
	if (!*known)
		*known = find_group(builder, row) + 1;
	return *known - 1;
}

/* Rows that are being walked through are not counted: they can no longer be put on a file. */
static void
count_held(struct set_builder *builder)
{
	builder->row_bytes_held = 0;
	for (size_t i = 0; i < SORTERS; i++)
		builder->row_bytes_held += row_sorter_bytes(&builder->sorters[i]);
}

/* Gives back the memory of the sorter that holds most. */
static void
end_largest_run(struct set_builder *builder)
{
	struct row_sorter *largest = &builder->sorters[0];

	for (size_t i = 1; i < SORTERS; i++)
		if (row_sorter_bytes(&builder->sorters[i]) > row_sorter_bytes(largest))
			largest = &builder->sorters[i];
	row_sorter_end_run(largest);
	count_held(builder);
}

/* Room for a row whose key begins with these eight bytes. */
static inline uint8_t *
begin_row(struct set_builder *builder, struct row_sorter *sorter, const uint8_t *key)
{
	if (builder->row_bytes_held >= builder->row_bytes)
		end_largest_run(builder);
	builder->row_bytes_held += sorter->row_size;
	return row_sorter_add(sorter, key);
}

static void
close_sorter(struct set_builder *builder, struct row_sorter *sorter)
{
	if (!builder->error)
		builder->error = row_sorter_error(sorter);
	row_sorter_close(sorter);
	count_held(builder);
}

/* Where the digests of a shape stand in its rows, the strongest first; by algorithm, -1: it has none. */
static const struct shape {
	int8_t  at[DIGEST_ALGORITHM_COUNT];
	uint8_t bytes;			/* of all of them */
} shapes[SHAPES] = {
	[0] = { { -1, -1, -1, -1, -1, -1, -1 }, 0 },
	[1] = { { -1, 0, -1, -1, -1, -1, -1 }, 16 },
	[2] = { { -1, -1, 0, -1, -1, -1, -1 }, 20 },
	[3] = { { -1, 20, 0, -1, -1, -1, -1 }, 36 },
	[4] = { { -1, -1, -1, -1, 0, -1, -1 }, 32 },
	[5] = { { -1, 32, -1, -1, 0, -1, -1 }, 48 },
	[6] = { { -1, -1, 32, -1, 0, -1, -1 }, 52 },
	[7] = { { -1, 52, 32, -1, 0, -1, -1 }, 68 },
};

static void
put_sorted_row(struct set_builder *builder, struct row_sorter *sorter, const uint8_t *row)
{
	short_copy(begin_row(builder, sorter, row), row, sorter->row_size);
}

static void
end_waiting_row(struct set_builder *builder)
{
	struct waiting_row *waiting = &builder->waiting[builder->waiting_begin++ % WAITING_ROWS];
	struct row_sorter *sorter = waiting->sorter;
	uint64_t name = 0;

	if (waiting->length)
		name = text_pool_find(&builder->texts, waiting->hash, waiting->name, waiting->length);
	index_put(waiting->row + sorter->key_size, name, NAME_BYTES);
	put_sorted_row(builder, sorter, waiting->row);
}

static void
end_waiting_rows(struct set_builder *builder)
{
	while (builder->waiting_begin < builder->waiting_end)
		end_waiting_row(builder);
}

/* As their shape says: the strongest first.  Returns what is behind them. */
static inline uint8_t *
put_digests(uint8_t *to, const struct digests *digests)
{
	if (digests->known >> DIGEST_SHA256 & 1) {
		memcpy(to, digests->sha256, sizeof digests->sha256);
		to += sizeof digests->sha256;
	}
	if (digests->known >> DIGEST_SHA1 & 1) {
		memcpy(to, digests->sha1, sizeof digests->sha1);
		to += sizeof digests->sha1;
	}
	if (digests->known >> DIGEST_MD5 & 1) {
		memcpy(to, digests->md5, sizeof digests->md5);
		to += sizeof digests->md5;
	}
	return to;
}

static const uint8_t *
strongest_digest(const struct digests *digests)
{
	return digests->known >> DIGEST_SHA256 & 1 ? digests->sha256 : digests->known >> DIGEST_SHA1 & 1 ? digests->sha1 :
		digests->md5;
}

static void
add_key_alone(struct set_builder *builder, struct row_sorter *sorter, const struct hash_row *row)
{
	uint8_t *at = begin_row(builder, sorter, strongest_digest(&row->digests));

	*put_digests(at, &row->digests) = index_mark(kept_class(builder, row), row->grade, row->digests.known);
	if (row_sorter_take_back_again(sorter, at))
		builder->row_bytes_held -= sorter->row_size;
}

static void
add_row(struct set_builder *builder, struct row_sorter *sorter, const struct hash_row *row)
{
	size_t length = row->name ? strnlen(row->name, INDEX_TEXT_MAX - 1) : 0;
	struct waiting_row *waiting;
	uint8_t *name, *at;

	if (builder->waiting_end - builder->waiting_begin == WAITING_ROWS)
		end_waiting_row(builder);
	if (length >= WAITING_NAME_BYTES)
		end_waiting_rows(builder);
	waiting = &builder->waiting[builder->waiting_end % WAITING_ROWS];
	waiting->sorter = sorter;
	name = put_digests(waiting->row, &row->digests);
	at = name + NAME_BYTES;
	index_put(at, group_number(builder, row), GROUP_BYTES);
	index_put(at + GROUP_BYTES, row->row <= row_number_max ? row->row : 0, NUMBER_BYTES);
	if (length >= WAITING_NAME_BYTES) {
		index_put(name, text_pool_offset(&builder->texts, row->name), NAME_BYTES);
		put_sorted_row(builder, sorter, waiting->row);
		return;
	}
	waiting->length = length;
	if (length)
		short_copy((uint8_t *)waiting->name, (const uint8_t *)row->name, length);
	waiting->hash = text_pool_hash(&builder->texts, waiting->name, length);
	builder->waiting_end++;
	if (builder->waiting_end - builder->waiting_begin > WAITING_ROWS / 2)
		text_pool_fetch(&builder->texts, builder->waiting[(builder->waiting_end - 1 - WAITING_ROWS / 2) % WAITING_ROWS].hash);
}

static void
open_row_sorter(struct set_builder *builder, struct row_sorter *sorter, const struct shape *shape)
{
	row_sorter_open(sorter, builder->output, shape->bytes + (builder->keys_only ? MARK_BYTES : ROW_BYTES),
		shape->bytes + (builder->keys_only ? MARK_BYTES : 0));
}

void
set_builder_row(struct set_builder *builder, const struct hash_row *row)
{
	size_t number = index_algorithms(row->digests.known);
	struct row_sorter *sorter = &builder->sorters[number];

	if (builder->error || !number)
		return;
	if (!row_sorter_is_open(sorter))
		open_row_sorter(builder, sorter, &shapes[number]);
	if (builder->keys_only)
		add_key_alone(builder, sorter, row);
	else
		add_row(builder, sorter, row);
}

static void
add_section(struct set_builder *builder, const struct index_section *section)
{
	builder->sections[builder->section_count++] = *section;
}

static void
append_spool(struct set_builder *builder, const struct index_section *section, struct spool *spool)
{
	struct index_section placed = *section;

	placed.offset = builder->out.length;
	placed.length = spool->length;
	spool_append(&builder->out, spool);
	add_section(builder, &placed);
}

/* The keys of one algorithm as they are written, with what belongs to each. */
struct key_output {
	struct set_builder *builder;
	enum digest_algorithm algorithm;
	size_t        digest_size;
	struct spool  beside;		/* numbers of contents, or marks */
	uint64_t      all_marks;
	unsigned      bits;
	uint32_t     *behind;		/* of each prefix that a key has: the keys up to its last one */
	uint64_t      begin, keys, distinct, base;
	uint64_t      marks;		/* 1 << mark of those that the last digest has had */
	uint8_t       last[DIGEST_BYTES_MAX];
};

/* Zeros up to where keys begin: those of SHA-256 lie in one line of the cache each. */
static void
align_keys(struct spool *out)
{
	static const uint8_t zeros[INDEX_KEYS_ALIGNMENT];

	spool_write(out, zeros, (size_t)(-out->length % INDEX_KEYS_ALIGNMENT));
}

static void
begin_keys(struct key_output *keys, struct set_builder *builder, enum digest_algorithm algorithm, uint64_t rows)
{
	align_keys(&builder->out);
	*keys = (struct key_output){ .builder = builder, .algorithm = algorithm, .digest_size = digest_size(algorithm),
		.bits = key_table_bits(rows), .begin = builder->out.length, .base = builder->content_count };
	keys->behind = memory_allocate((size_t)1 << keys->bits, sizeof *keys->behind);
	spool_open(&keys->beside, builder->output);
}

/* A digest that is the last one's equal: not a new one. */
static inline bool
is_again(const struct key_output *keys, const uint8_t *digest)
{
	return keys->keys && short_equal_digests(keys->last, digest, keys->digest_size);
}

static inline void
begin_digest(struct key_output *keys, const uint8_t *digest)
{
	short_copy_digest(keys->last, digest, keys->digest_size);
	keys->marks = 0;
	keys->distinct++;
}

static inline void
append_key(struct key_output *keys, const uint8_t *digest)
{
	spool_write_digest(&keys->builder->out, digest, keys->digest_size);
	keys->behind[key_table_prefix(digest, keys->bits)] = (uint32_t)++keys->keys;
}

static inline void
put_key(struct key_output *keys, const uint8_t *digest)
{
	if (!is_again(keys, digest))
		begin_digest(keys, digest);
	append_key(keys, digest);
}

static inline void
put_marked_key(struct key_output *keys, const uint8_t *digest, uint8_t mark)
{
	if (!is_again(keys, digest))
		begin_digest(keys, digest);
	else if (keys->marks & 1ULL << mark)
		return;
	append_key(keys, digest);
	keys->marks |= 1ULL << mark;
	keys->all_marks |= 1ULL << mark;
	spool_write_byte(&keys->beside, mark);
}

/* As many bits as so many different digests call for: of every 1 << n numbers the first is kept. */
static void
write_first(struct key_output *keys)
{
	struct set_builder *builder = keys->builder;
	unsigned bits = key_table_bits(keys->keys), step = keys->bits - bits;
	uint64_t count = (1ULL << bits) + 1;
	uint32_t first = 0;

	add_section(builder, &(struct index_section){ .kind = SECTION_FIRST, .algorithm = keys->algorithm,
		.offset = builder->out.length, .length = count * KEY_FIRST_BYTES, .count = count, .value = bits,
		.base = (uint32_t)keys->distinct });
	for (uint64_t i = 0, prefix = 0; i < count; i++) {
		uint8_t number[KEY_FIRST_BYTES];

		for (; prefix < i << step; prefix++)
			first = keys->behind[prefix] > first ? keys->behind[prefix] : first;
		index_put(number, first, sizeof number);
		spool_write(&builder->out, number, sizeof number);
	}
}

static void
end_keys(struct key_output *keys, enum index_section_kind beside)
{
	struct set_builder *builder = keys->builder;
	bool is_same_mark = beside == SECTION_MARKS && !(keys->all_marks & (keys->all_marks - 1));

	if (keys->keys > UINT32_MAX)
		builder->error = EOVERFLOW;
	add_section(builder, &(struct index_section){ .kind = SECTION_KEYS, .algorithm = keys->algorithm,
		.offset = keys->begin, .length = builder->out.length - keys->begin, .count = keys->keys,
		.value = is_same_mark && keys->all_marks ? (uint32_t)__builtin_ctzll(keys->all_marks) : 0,
		.base = (uint32_t)keys->base });
	write_first(keys);
	if (keys->beside.length && !is_same_mark)
		append_spool(builder, &(struct index_section){ .kind = beside, .algorithm = keys->algorithm,
			.count = keys->keys }, &keys->beside);
	if (!builder->error)
		builder->error = keys->beside.error;
	spool_close(&keys->beside);
	memory_free(keys->behind);
}

static void
open_key_sorter(struct set_builder *builder, struct row_sorter *sorter, size_t digest_bytes)
{
	row_sorter_open(sorter, builder->output, digest_bytes + (builder->keys_only ? MARK_BYTES : CONTENT_BYTES),
		digest_bytes + (builder->keys_only ? MARK_BYTES : 0));
}

static const uint8_t strength_bytes[STRENGTHS] = { 32, 20, 16 };	/* of digests_by_strength */

/* Keys that are not written in the order of contents; their algorithm by its strength. */
static inline void
sort_key(struct set_builder *builder, size_t strength, const uint8_t *digest, uint8_t mark)
{
	struct row_sorter *sorter = &builder->sorters[SHAPES + strength];
	size_t size = strength_bytes[strength];
	uint8_t *row;

	if (!row_sorter_is_open(sorter))
		open_key_sorter(builder, sorter, size);
	row = begin_row(builder, sorter, digest);
	short_copy_digest(row, digest, size);
	if (builder->keys_only)
		row[size] = mark;
	else
		index_put(row + size, builder->content_count - 1, CONTENT_BYTES);
}

/*
 * What rows with one digest of the strongest algorithm say of the others: where two of them differ, one is wrong,
 * as a content has one digest of each.  (Two contents may well have one weaker digest in common: MD5 and SHA-1 have
 * been made to collide.)
 */
struct witness {
	uint8_t  digests[DIGEST_ALGORITHM_COUNT][DIGEST_BYTES_MAX];	/* that of the strongest, then the first of each */
	uint32_t known;			/* 0: no row yet */
	bool     is_counted;
};

/* The walk over the rows whose strongest algorithm is the same, in order. */
struct walk {
	struct set_builder *builder;
	enum digest_algorithm algorithm;
	size_t         strength, digest_size;	/* of the algorithm */
	bool           is_direct;	/* its keys are written as contents come */
	struct key_output keys;
	const uint8_t *rows[SHAPES];	/* the next of each shape */
	size_t         only;		/* the one shape that has any, 0: several have */
	size_t         shape;		/* of the content that is being written, 0: none yet */
	uint8_t        digests[DIGESTS_BYTES_MAX];
	struct { uint64_t name, group, number; } waiting;	/* the row that may be the last of its content */
	uint64_t       last_name;	/* of the content's row before; UINT64_MAX: none */
	struct witness witness;
};

static void
write_waiting_row(struct walk *walk, bool is_last)
{
	struct set_builder *builder = walk->builder;
	bool is_name_before = walk->waiting.name == walk->last_name;
	uint8_t *room = spool_room(&builder->rows, 3 * INDEX_VARINT_MAX), *end = room;

	end += index_put_varint(end, walk->waiting.group << ROW_FLAG_BITS | (is_name_before ? ROW_HAS_NAME_BEFORE : 0) |
		(is_last ? ROW_IS_LAST : 0));
	if (!is_name_before)
		end += index_put_varint(end, walk->waiting.name);
	end += index_put_varint(end, index_zigzag(walk->waiting.number - builder->last_row));
	spool_put(&builder->rows, (size_t)(end - room));
	builder->last_row = walk->waiting.number;
	walk->last_name = walk->waiting.name;
}

static void
begin_content(struct walk *walk)
{
	struct set_builder *builder = walk->builder;
	uint8_t algorithms = (uint8_t)walk->shape;

	if (builder->content_count % INDEX_START_CONTENTS == 0) {
		uint8_t start[8];

		index_put(start, builder->rows.length, sizeof start);
		spool_write(&builder->starts, start, sizeof start);
		builder->last_row = 0;
	}
	spool_write(&builder->rows, &algorithms, 1);
	walk->last_name = UINT64_MAX;
	if (++builder->content_count > UINT32_MAX)
		builder->error = EOVERFLOW;
}

/* The strongest digest is that of the walk: it may be written at once. */
static inline void
put_keys(struct walk *walk, const uint8_t *row, uint8_t mark)
{
	const struct shape *shape = &shapes[walk->shape];

	if (!walk->is_direct)
		sort_key(walk->builder, walk->strength, row, mark);
	else if (walk->builder->keys_only)
		put_marked_key(&walk->keys, row, mark);
	else
		put_key(&walk->keys, row);
	for (size_t i = walk->strength + 1; i < STRENGTHS; i++) {
		int at = shape->at[digests_by_strength[i]];

		if (at > 0)
			sort_key(walk->builder, i, row + at, mark);
	}
}

static void
hear_witness(struct walk *walk)
{
	const struct shape *shape = &shapes[walk->shape];
	struct witness *witness = &walk->witness;

	if (!witness->known || !short_equal(witness->digests[walk->algorithm], walk->digests, digest_size(walk->algorithm)))
		*witness = (struct witness){ .known = 0 };
	for (size_t i = 0; i < STRENGTHS; i++) {
		enum digest_algorithm algorithm = digests_by_strength[i];
		const uint8_t *digest = walk->digests + shape->at[algorithm];
		size_t size = digest_size(algorithm);

		if (shape->at[algorithm] < 0)
			continue;
		if (!(witness->known & 1u << algorithm)) {
			memcpy(witness->digests[algorithm], digest, size);
			witness->known |= 1u << algorithm;
		} else if (!witness->is_counted && !short_equal(witness->digests[algorithm], digest, size)) {
			witness->is_counted = true;
			walk->builder->contradictions++;
		}
	}
}

/* Most contents are the only ones of their strongest digest (is_same: not this one): those need no witness. */
static inline void
take_digests(struct walk *walk, size_t shape, const uint8_t *row, bool is_same)
{
	if (is_same)
		hear_witness(walk);	/* of the content before, which may have been heard already */
	walk->shape = shape;
	short_copy(walk->digests, row, shapes[shape].bytes);
	if (is_same)
		hear_witness(walk);
}

static inline void
take_row(struct walk *walk, size_t shape)
{
	const uint8_t *row = walk->rows[shape];
	size_t length = shapes[shape].bytes;
	bool is_same = walk->shape && short_equal_digests(row, walk->digests, walk->digest_size);
	bool is_new = !is_same || shape != walk->shape || !short_equal(row, walk->digests, length);

	if (walk->builder->keys_only) {
		if (is_new)
			take_digests(walk, shape, row, is_same);
		put_keys(walk, row, row[length]);
		return;
	}
	if (walk->shape)
		write_waiting_row(walk, is_new);
	if (is_new) {
		take_digests(walk, shape, row, is_same);
		begin_content(walk);
		put_keys(walk, row, 0);
	}
	walk->waiting.name = index_get_u40(row + length);
	walk->waiting.group = index_get_u32(row + length + NAME_BYTES);
	walk->waiting.number = index_get_u40(row + length + NAME_BYTES + GROUP_BYTES);
}

/* The shape with the smallest row; of equal ones that with more algorithms.  0: no row is left. */
static inline size_t
smallest_shape(const struct walk *walk)
{
	size_t smallest = 0;

	if (walk->only)
		return walk->rows[walk->only] ? walk->only : 0;
	for (size_t i = SHAPES - 1; i > 0; i--)
		if (walk->rows[i] && (!smallest ||
		    short_compare(walk->rows[i], walk->rows[smallest], digest_size(walk->algorithm)) < 0))
			smallest = i;
	return smallest;
}

/* Does another, stronger algorithm order rows that have this one too? */
static bool
is_sorted_again(const struct set_builder *builder, enum digest_algorithm algorithm)
{
	for (size_t shape = 1; shape < SHAPES; shape++)
		if (shapes[shape].at[algorithm] > 0 && builder->sorters[shape].total)
			return true;
	return false;
}

static void
walk_rows(struct set_builder *builder, size_t strength, bool is_direct)
{
	const enum digest_algorithm algorithm = digests_by_strength[strength];
	struct walk walk = { .builder = builder, .algorithm = algorithm, .strength = strength,
		.digest_size = strength_bytes[strength], .is_direct = is_direct };
	uint64_t rows = 0;

	for (size_t shape = 1; shape < SHAPES; shape++)
		if (!shapes[shape].at[algorithm] && row_sorter_is_open(&builder->sorters[shape])) {
			row_sorter_finish(&builder->sorters[shape]);
			count_held(builder);
			walk.only = rows ? 0 : shape;
			rows += builder->sorters[shape].total;
			walk.rows[shape] = row_sorter_next(&builder->sorters[shape]);
		}
	if (!rows)
		return;
	if (is_direct)
		begin_keys(&walk.keys, builder, algorithm, rows);
	for (size_t shape; (shape = smallest_shape(&walk)); ) {
		take_row(&walk, shape);
		walk.rows[shape] = row_sorter_next(&builder->sorters[shape]);
	}
	if (!builder->keys_only)
		write_waiting_row(&walk, true);
	if (is_direct)
		end_keys(&walk.keys, SECTION_MARKS);
	for (size_t shape = 1; shape < SHAPES; shape++)
		if (walk.shape && !shapes[shape].at[algorithm])
			close_sorter(builder, &builder->sorters[shape]);
}

static void
write_sorted_keys(struct set_builder *builder, size_t strength)
{
	struct row_sorter *sorter = &builder->sorters[SHAPES + strength];
	struct key_output keys;
	const uint8_t *row;

	if (!row_sorter_is_open(sorter))
		return;
	begin_keys(&keys, builder, digests_by_strength[strength], sorter->total);
	keys.base = 0;
	row_sorter_finish(sorter);
	count_held(builder);
	while ((row = row_sorter_next(sorter)))
		if (builder->keys_only) {
			put_marked_key(&keys, row, row[keys.digest_size]);
		} else {
			put_key(&keys, row);
			spool_write(&keys.beside, row + keys.digest_size, CONTENT_BYTES);
		}
	end_keys(&keys, builder->keys_only ? SECTION_MARKS : SECTION_NUMBERS);
	close_sorter(builder, sorter);
}

static void
write_keys_and_rows(struct set_builder *builder)
{
	bool is_direct[STRENGTHS];

	for (size_t i = 0; i < STRENGTHS; i++)
		is_direct[i] = !is_sorted_again(builder, digests_by_strength[i]);
	for (size_t i = 0; i < STRENGTHS; i++)
		walk_rows(builder, i, is_direct[i]);
	for (size_t i = 0; i < STRENGTHS; i++)
		write_sorted_keys(builder, i);
	if (builder->keys_only)
		return;
	append_spool(builder, &(struct index_section){ .kind = SECTION_ROWS, .count = builder->content_count }, &builder->rows);
	append_spool(builder, &(struct index_section){ .kind = SECTION_STARTS, .count = builder->starts.length / 8 },
		&builder->starts);
	append_spool(builder, &(struct index_section){ .kind = SECTION_GROUPS, .count = builder->group_count }, &builder->groups);
	append_spool(builder, &(struct index_section){ .kind = SECTION_TEXTS }, &builder->texts.spool);
}

/* Returns the CRC-32C of the checks themselves. */
static uint32_t
write_checks(struct set_builder *builder)
{
	struct block_checks *checks = &builder->checks;
	uint64_t end = builder->out.length;

	spool_flush(&builder->out);
	if ((end - INDEX_HEADER_BYTES) % INDEX_BLOCK_BYTES)
		end_block(checks);
	builder->out.passed = NULL;
	add_section(builder, &(struct index_section){ .kind = SECTION_CHECKS, .offset = end, .length = checks->count * 4,
		.count = checks->count });
	spool_write(&builder->out, checks->checks, checks->count * 4);
	return crc32c_of(&checks->crc, checks->checks, checks->count * 4);
}

static void
make_header(const struct set_builder *builder, uint32_t checks_crc, uint8_t *header)
{
	memcpy(header, INDEX_MAGIC, INDEX_MAGIC_BYTES);
	index_put(header + 8, INDEX_VERSION, 4);
	index_put(header + 12, builder->section_count, 4);
	index_put(header + 16, builder->out.length, 8);
	index_put(header + 24, checks_crc, 4);
	for (size_t i = 0; i < builder->section_count; i++) {
		const struct index_section *section = &builder->sections[i];
		uint8_t *at = header + INDEX_SECTIONS_AT + i * INDEX_SECTION_BYTES;

		index_put(at, section->kind, 4);
		index_put(at + 4, section->algorithm, 4);
		index_put(at + 8, section->offset, 8);
		index_put(at + 16, section->length, 8);
		index_put(at + 24, section->count, 8);
		index_put(at + 32, section->value, 4);
		index_put(at + 36, section->base, 4);
	}
	index_put(header + INDEX_HEADER_BYTES - 4, crc32c_of(&builder->checks.crc, header, INDEX_HEADER_BYTES - 4), 4);
}

static int
first_error(const struct set_builder *builder)
{
	const struct spool *const spools[] = { &builder->out, &builder->rows, &builder->starts, &builder->groups,
		&builder->texts.spool };

	for (size_t i = 0; !builder->error && i < sizeof spools / sizeof spools[0]; i++)
		if (spools[i]->error)
			return spools[i]->error;
	return builder->error;
}

uint64_t
set_builder_contradictions(const struct set_builder *builder)
{
	return builder->contradictions;
}

int
set_builder_finish(struct set_builder *builder, const char *identity, size_t identity_length)
{
	uint8_t header[INDEX_HEADER_BYTES] = { 0 };
	struct index_section *own;
	uint32_t checks_crc;

	if (builder->error)
		return builder->error;
	end_waiting_rows(builder);
	spool_write(&builder->out, header, sizeof header);
	add_section(builder, &(struct index_section){ .kind = SECTION_IDENTITY, .offset = builder->out.length,
		.length = identity_length, .value = INDEX_CONTRADICTIONS_COUNTED });
	own = &builder->sections[builder->section_count - 1];
	spool_write(&builder->out, identity, identity_length);
	write_keys_and_rows(builder);
	if (first_error(builder))
		return first_error(builder);
	own->count = builder->contradictions;
	checks_crc = write_checks(builder);
	make_header(builder, checks_crc, header);
	spool_flush(&builder->out);
	spool_rewrite(&builder->out, 0, header, sizeof header);
	if (!first_error(builder))
		spool_name(&builder->out, builder->output);
	return first_error(builder);
}
