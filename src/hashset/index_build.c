/*
 * index_build.c - making a compiled set from any number of rows.
 *
 * Keys are sorted in runs of bounded memory, which go to files without names
 * beside the output and are merged from there; names, details and groups are
 * spooled as they come.  The same rows give the same bytes.
 */
#include <errno.h>
#include <string.h>

#include <t1554triage/crc32c.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>

#include "index_build.h"
#include "key_table.h"
#include "spool.h"

enum {
	WINDOW_BYTES = 256 << 10,	/* of each run that is merged */
	MEMORY_OF_TEXTS = 1 << 20,	/* texts that are remembered, so that each is kept once as a rule */
};

struct run {
	uint64_t offset, rows;		/* in the spool of runs */
};

struct key_runs {
	size_t       row_size, capacity, count;	/* rows in memory */
	uint8_t     *rows;
	struct spool spool;
	struct run  *runs;
	size_t       run_count, run_capacity;
	uint64_t     total;
};

struct set_builder {
	const char      *output;
	bool             keys_only;
	size_t           run_bytes;
	struct key_runs  keys[DIGEST_ALGORITHM_COUNT];
	struct spool     out, details, groups, texts;
	struct map       known_texts, known_groups, known_details;
	uint64_t         group_count, detail_count;
	int              error;
	struct index_section sections[SECTION_KIND_COUNT + 2 * DIGEST_ALGORITHM_COUNT];
	size_t           section_count;
};

struct set_builder *
set_builder_open(const char *output, bool keys_only, size_t run_bytes)
{
	struct set_builder *builder = memory_allocate(1, sizeof *builder);
	int error;

	builder->output = output;
	builder->keys_only = keys_only;
	builder->run_bytes = run_bytes;
	spool_open(&builder->out, output);
	spool_open(&builder->details, output);
	spool_open(&builder->groups, output);
	spool_open(&builder->texts, output);
	for (int i = 0; i < DIGEST_ALGORITHM_COUNT; i++)
		builder->keys[i].spool.descriptor = -1;
	map_init(&builder->known_texts);
	map_init(&builder->known_groups);
	map_init(&builder->known_details);
	spool_write(&builder->texts, "", 1);
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
	for (int i = 0; i < DIGEST_ALGORITHM_COUNT; i++) {
		memory_free(builder->keys[i].rows);
		memory_free(builder->keys[i].runs);
		spool_close(&builder->keys[i].spool);
	}
	spool_close(&builder->out);
	spool_close(&builder->details);
	spool_close(&builder->groups);
	spool_close(&builder->texts);
	map_release(&builder->known_texts);
	map_release(&builder->known_groups);
	map_release(&builder->known_details);
	memory_free(builder);
}

/* Forgets all when it has grown to its bound: memory is bounded, and the result is the same for the same rows. */
static void
bound_map(struct map *map)
{
	if (map->count < MEMORY_OF_TEXTS)
		return;
	map_release(map);
	map_init(map);
}

static uint64_t
text_offset(struct set_builder *builder, const char *text)
{
	size_t length = text ? strnlen(text, INDEX_TEXT_MAX - 1) : 0;
	uint64_t offset;

	if (!length)
		return 0;
	if (map_get(&builder->known_texts, text, length, &offset))
		return offset;
	bound_map(&builder->known_texts);
	offset = builder->texts.length;
	map_add(&builder->known_texts, text, length, offset);
	spool_write(&builder->texts, text, length);
	spool_write(&builder->texts, "", 1);
	return offset;
}

/* The number of an item, which is added where it is new. */
static uint64_t
item_number(struct map *known, struct spool *spool, uint64_t *count, const void *item, size_t size)
{
	uint64_t number;

	if (map_get(known, item, size, &number))
		return number;
	bound_map(known);
	number = (*count)++;
	map_add(known, item, size, number);
	spool_write(spool, item, size);
	return number;
}

static uint64_t
group_number(struct set_builder *builder, const struct hash_row *row)
{
	const char *const texts[INDEX_GROUP_TEXTS] = {
		row->product, row->application_type, row->system, row->actor, row->source, row->note
	};
	uint8_t group[INDEX_GROUP_BYTES] = { 0 };

	for (size_t i = 0; i < INDEX_GROUP_TEXTS && !builder->keys_only; i++)
		index_put(group + 8 * i, text_offset(builder, texts[i]), 8);
	group[48] = (uint8_t)row->class;
	group[49] = builder->keys_only ? 0 : (uint8_t)row->grade;
	return item_number(&builder->known_groups, &builder->groups, &builder->group_count, group, sizeof group);
}

static uint64_t
detail_number(struct set_builder *builder, const struct hash_row *row)
{
	uint8_t detail[INDEX_DETAIL_BYTES] = { 0 };

	index_put(detail, builder->keys_only ? 0 : text_offset(builder, row->name), 8);
	index_put(detail + 8, builder->keys_only ? 0 : row->row, 8);
	index_put(detail + 16, group_number(builder, row), 4);
	detail[20] = (uint8_t)row->digests.known;
	if (builder->keys_only)
		return item_number(&builder->known_details, &builder->details, &builder->detail_count, detail, sizeof detail);
	spool_write(&builder->details, detail, sizeof detail);
	return builder->detail_count++;
}

static void
end_run(struct key_runs *keys)
{
	key_rows_sort(keys->rows, keys->count, keys->row_size);
	keys->runs = memory_grow(keys->runs, keys->run_count, &keys->run_capacity, sizeof *keys->runs);
	keys->runs[keys->run_count++] = (struct run){ .offset = keys->spool.length, .rows = keys->count };
	spool_write(&keys->spool, keys->rows, keys->count * keys->row_size);
	keys->count = 0;
}

static void
add_key(struct set_builder *builder, enum digest_algorithm algorithm, const uint8_t *digest, uint32_t detail)
{
	struct key_runs *keys = &builder->keys[algorithm];

	if (!keys->row_size) {
		keys->row_size = digest_size(algorithm) + KEY_NUMBER_BYTES;
		spool_open(&keys->spool, builder->output);
	}
	if (keys->count * keys->row_size >= builder->run_bytes)
		end_run(keys);
	keys->rows = memory_grow(keys->rows, keys->count, &keys->capacity, keys->row_size);
	memcpy(keys->rows + keys->count * keys->row_size, digest, keys->row_size - KEY_NUMBER_BYTES);
	key_row_set_number(keys->rows + keys->count * keys->row_size, keys->row_size - KEY_NUMBER_BYTES, detail);
	keys->count++;
	keys->total++;
}

void
set_builder_row(struct set_builder *builder, const struct hash_row *row)
{
	uint64_t detail;

	if (builder->error)
		return;
	detail = detail_number(builder, row);
	if (detail > UINT32_MAX || builder->group_count > UINT32_MAX) {
		builder->error = EOVERFLOW;
		return;
	}
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++) {
		const uint8_t *bytes = digests_get(&row->digests, (enum digest_algorithm)i);

		if (bytes)
			add_key(builder, (enum digest_algorithm)i, bytes, (uint32_t)detail);
	}
}

/* One run as it is merged. */
struct run_reader {
	struct key_runs *keys;
	uint64_t next, left;		/* offset and rows that are not in the window yet */
	uint8_t *window;
	size_t   at, end;		/* bytes of the window */
};

static bool
run_fill(struct run_reader *reader)
{
	size_t row_size = reader->keys->row_size, rows = WINDOW_BYTES / row_size;

	if (reader->at < reader->end)
		return true;
	if (rows > reader->left)
		rows = (size_t)reader->left;
	if (!rows || !spool_read(&reader->keys->spool, reader->next, reader->window, rows * row_size))
		return false;
	reader->next += rows * row_size;
	reader->left -= rows;
	reader->at = 0;
	reader->end = rows * row_size;
	return true;
}

static bool
is_before(const struct run_reader *a, const struct run_reader *b)
{
	return memcmp(a->window + a->at, b->window + b->at, a->keys->row_size) < 0;
}

/* The reader with the smallest row stands at the top of the heap. */
static void
sift_down(struct run_reader **heap, size_t count, size_t parent)
{
	for (size_t child; (child = 2 * parent + 1) < count; parent = child) {
		struct run_reader *moved = heap[parent];

		if (child + 1 < count && is_before(heap[child + 1], heap[child]))
			child++;
		if (!is_before(heap[child], moved))
			return;
		heap[parent] = heap[child];
		heap[child] = moved;
	}
}

/* What the merged rows become: the keys, and where each prefix begins. */
struct key_output {
	struct spool *out;
	size_t        row_size;
	unsigned      bits;
	uint64_t      rows;
	uint64_t     *firsts;		/* (1 << bits) + 1 */
	uint64_t      prefixes;		/* of firsts that are set */
	uint8_t       last[DIGEST_BYTES_MAX + KEY_NUMBER_BYTES];
};

static void
put_row(struct key_output *keys, const uint8_t *row)
{
	if (keys->rows && !memcmp(row, keys->last, keys->row_size))
		return;
	while (keys->prefixes <= key_table_prefix(row, keys->bits))
		keys->firsts[keys->prefixes++] = keys->rows;
	memcpy(keys->last, row, keys->row_size);
	spool_write(keys->out, row, keys->row_size);
	keys->rows++;
}

static void
merge_runs(struct key_runs *keys, struct key_output *out)
{
	struct run_reader *readers = memory_allocate(keys->run_count, sizeof *readers);
	struct run_reader **heap = memory_allocate(keys->run_count, sizeof *heap);
	size_t count = 0;

	for (size_t i = 0; i < keys->run_count; i++) {
		readers[i] = (struct run_reader){ .keys = keys, .next = keys->runs[i].offset,
			.left = keys->runs[i].rows, .window = memory_allocate(1, WINDOW_BYTES) };
		if (run_fill(&readers[i]))
			heap[count++] = &readers[i];
	}
	for (size_t i = count / 2; i > 0; i--)
		sift_down(heap, count, i - 1);
	while (count) {
		put_row(out, heap[0]->window + heap[0]->at);
		heap[0]->at += keys->row_size;
		if (!run_fill(heap[0]))
			heap[0] = heap[--count];
		sift_down(heap, count, 0);
	}
	for (size_t i = 0; i < keys->run_count; i++)
		memory_free(readers[i].window);
	memory_free(readers);
	memory_free(heap);
}

static void
add_section(struct set_builder *builder, const struct index_section *section)
{
	builder->sections[builder->section_count++] = *section;
}

static void
append_spool(struct set_builder *builder, enum index_section_kind kind, struct spool *spool, uint64_t count)
{
	add_section(builder, &(struct index_section){ .kind = kind, .offset = builder->out.length,
		.length = spool->length, .count = count });
	spool_append(&builder->out, spool);
}

static void
write_keys(struct set_builder *builder, enum digest_algorithm algorithm)
{
	struct key_runs *keys = &builder->keys[algorithm];
	struct key_output out = { .out = &builder->out, .row_size = keys->row_size };
	uint64_t begin = builder->out.length, count;

	if (!keys->row_size)
		return;
	if (keys->count)
		end_run(keys);
	memory_free(keys->rows);
	keys->rows = NULL;
	spool_flush(&keys->spool);
	out.bits = key_table_bits(keys->total);
	count = (1ULL << out.bits) + 1;
	out.firsts = memory_allocate((size_t)count, sizeof *out.firsts);
	merge_runs(keys, &out);
	while (out.prefixes < count)
		out.firsts[out.prefixes++] = out.rows;
	add_section(builder, &(struct index_section){ .kind = SECTION_KEYS, .algorithm = algorithm, .offset = begin,
		.length = builder->out.length - begin, .count = out.rows });
	add_section(builder, &(struct index_section){ .kind = SECTION_FIRST, .algorithm = algorithm,
		.offset = builder->out.length, .length = count * 8, .count = count, .bits = out.bits });
	for (uint64_t i = 0; i < count; i++) {
		uint8_t number[8];

		index_put(number, out.firsts[i], sizeof number);
		spool_write(&builder->out, number, sizeof number);
	}
	memory_free(out.firsts);
	if (!builder->error)
		builder->error = keys->spool.error;
	spool_close(&keys->spool);
}

/* CRC-32C of every block behind the header; returns that of the checks themselves. */
static uint32_t
write_checks(struct set_builder *builder, const struct crc32c *crc)
{
	uint64_t end = builder->out.length, count;
	uint8_t *block = memory_allocate(1, INDEX_BLOCK_BYTES), *checks;
	uint32_t own;

	spool_flush(&builder->out);
	count = (end - INDEX_HEADER_BYTES + INDEX_BLOCK_BYTES - 1) / INDEX_BLOCK_BYTES;
	checks = memory_allocate((size_t)count, 4);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = INDEX_HEADER_BYTES + i * INDEX_BLOCK_BYTES;
		size_t length = end - at < INDEX_BLOCK_BYTES ? (size_t)(end - at) : INDEX_BLOCK_BYTES;

		if (!spool_read(&builder->out, at, block, length))
			break;
		index_put(checks + 4 * i, crc32c_of(crc, block, length), 4);
	}
	add_section(builder, &(struct index_section){ .kind = SECTION_CHECKS, .offset = end, .length = count * 4,
		.count = count });
	spool_write(&builder->out, checks, (size_t)count * 4);
	own = crc32c_of(crc, checks, (size_t)count * 4);
	memory_free(checks);
	memory_free(block);
	return own;
}

static void
make_header(const struct set_builder *builder, const struct crc32c *crc, uint32_t checks_crc, uint8_t *header)
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
		index_put(at + 32, section->bits, 4);
	}
	index_put(header + INDEX_HEADER_BYTES - 4, crc32c_of(crc, header, INDEX_HEADER_BYTES - 4), 4);
}

int
set_builder_finish(struct set_builder *builder, const char *identity, size_t identity_length)
{
	uint8_t header[INDEX_HEADER_BYTES] = { 0 };
	struct crc32c crc;
	uint32_t checks_crc;

	crc32c_init(&crc);
	spool_write(&builder->out, header, sizeof header);
	add_section(builder, &(struct index_section){ .kind = SECTION_IDENTITY, .offset = builder->out.length,
		.length = identity_length });
	spool_write(&builder->out, identity, identity_length);
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		write_keys(builder, (enum digest_algorithm)i);
	append_spool(builder, SECTION_DETAILS, &builder->details, builder->detail_count);
	append_spool(builder, SECTION_GROUPS, &builder->groups, builder->group_count);
	append_spool(builder, SECTION_TEXTS, &builder->texts, 0);
	checks_crc = write_checks(builder, &crc);
	make_header(builder, &crc, checks_crc, header);
	spool_flush(&builder->out);
	spool_rewrite(&builder->out, 0, header, sizeof header);
	if (!builder->error && !builder->out.error)
		spool_name(&builder->out, builder->output);
	return builder->error ? builder->error : builder->out.error;
}
