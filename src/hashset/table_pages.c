/* table_pages.c - the rows of one table of a SQLite file, straight from its pages. */
#include <string.h>

#include <t1554triage/memory.h>

#include "table_pages.h"

enum {
	HEADER_BYTES = 100, HEADER_PAGE_BYTES = 16, HEADER_RESERVED = 20, HEADER_ENCODING = 56,
	UTF_8 = 1, PAGE_BYTES_MIN = 512, PAGE_BYTES_MAX = 65536, USABLE_MIN = 480,
	INTERIOR = 5, LEAF = 13,
	CELL_COUNT = 3, LAST_CHILD = 8,
	INTERIOR_CELLS = 12, LEAF_CELLS = 8,	/* where the places of cells begin */
	CELL_PLACE_BYTES = 2, CHILD_BYTES = 4,
	SPILL = 35,			/* a record longer than the usable bytes less these goes on elsewhere */
	WINDOW_BYTES = 256 << 10,
	VARINT_MAX = 9,
};

static uint32_t
u16be(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t
u32be(const uint8_t *at)
{
	return u16be(at) << 16 | u16be(at + 2);
}

static bool
fail(struct table_pages *pages, uint32_t page, const char *why)
{
	pages->why = why;
	pages->why_page = page;
	return false;
}

/* Pages of a table lie side by side as a rule, but need not: more are read at once while they do. */
static const uint8_t *
read_page(struct table_pages *pages, uint32_t number)
{
	uint64_t first = number, count = 1;

	if (number < 2 || number > pages->page_count || pages->pages_read++ > pages->page_count) {
		fail(pages, number, "no page of this table: the database is damaged");
		return NULL;
	}
	if (first - pages->window_first < pages->window_count)
		return pages->window + (first - pages->window_first) * pages->page_bytes;
	if (first == pages->window_first + pages->window_count)
		count = 2 * pages->window_count < pages->window_room ? 2 * pages->window_count : pages->window_room;
	if (count > pages->page_count - first + 1)
		count = pages->page_count - first + 1;
	count += !count;
	pages->window_count = 0;
	if (source_read_exactly(pages->source, (first - 1) * pages->page_bytes, pages->window,
	    (size_t)(count * pages->page_bytes)) != STATUS_OK) {
		fail(pages, number, "cannot be read");
		return NULL;
	}
	pages->window_first = first;
	pages->window_count = count;
	return pages->window;
}

bool
table_pages_open(struct table_pages *pages, struct source *source, uint32_t root)
{
	uint8_t header[HEADER_BYTES];
	const uint8_t *page;

	*pages = (struct table_pages){ .source = source, .root = root };
	if (source_read_exactly(source, 0, header, sizeof header) != STATUS_OK)
		return false;
	pages->page_bytes = u16be(header + HEADER_PAGE_BYTES);
	if (pages->page_bytes == 1)
		pages->page_bytes = PAGE_BYTES_MAX;
	if (pages->page_bytes < PAGE_BYTES_MIN || pages->page_bytes & (pages->page_bytes - 1) ||
	    header[HEADER_RESERVED] > pages->page_bytes - USABLE_MIN || u32be(header + HEADER_ENCODING) != UTF_8)
		return false;
	pages->usable = pages->page_bytes - header[HEADER_RESERVED];
	pages->page_count = source->size / pages->page_bytes;
	pages->window_room = WINDOW_BYTES / pages->page_bytes;
	pages->window = memory_allocate(1, WINDOW_BYTES);
	page = read_page(pages, root);
	pages->pages_read = 0;
	return page && (page[0] == INTERIOR || page[0] == LEAF);
}

void
table_pages_close(struct table_pages *pages)
{
	for (size_t i = 0; i < TABLE_LEVELS_MAX; i++)
		memory_free(pages->levels[i].page);
	memory_free(pages->window);
	*pages = (struct table_pages){ .root = 0 };
}

static bool
push_level(struct table_pages *pages, uint32_t number, const uint8_t *page)
{
	struct table_level *level = &pages->levels[pages->level_count];

	if (pages->level_count == TABLE_LEVELS_MAX)
		return fail(pages, number, "lies too deep: the database is damaged");
	if (INTERIOR_CELLS + u16be(page + CELL_COUNT) * CELL_PLACE_BYTES > pages->usable)
		return fail(pages, number, "is not a page of a table: the database is damaged");
	if (!level->page)
		level->page = memory_allocate(1, pages->page_bytes);
	memcpy(level->page, page, pages->page_bytes);
	level->next = 0;
	level->count = u16be(page + CELL_COUNT) + 1;
	pages->level_count++;
	return true;
}

static bool
enter_page(struct table_pages *pages, uint32_t number)
{
	const uint8_t *page = read_page(pages, number);

	if (!page)
		return false;
	if (page[0] == INTERIOR)
		return push_level(pages, number, page);
	if (page[0] != LEAF || LEAF_CELLS + u16be(page + CELL_COUNT) * CELL_PLACE_BYTES > pages->usable)
		return fail(pages, number, "is not a page of a table: the database is damaged");
	pages->leaf = page;
	pages->why_page = number;
	pages->cell = 0;
	pages->cell_count = u16be(page + CELL_COUNT);
	return true;
}

/* The child that comes next of the lowest level. */
static bool
enter_child(struct table_pages *pages)
{
	struct table_level *level = &pages->levels[pages->level_count - 1];
	uint32_t child = level->next++, at;

	if (child + 1 == level->count)
		return enter_page(pages, u32be(level->page + LAST_CHILD));
	at = u16be(level->page + INTERIOR_CELLS + child * CELL_PLACE_BYTES);
	if (at + CHILD_BYTES > pages->usable)
		return fail(pages, pages->why_page, "is followed by no page: the database is damaged");
	return enter_page(pages, u32be(level->page + at));
}

/* False: there is no further one, or it is damaged. */
static bool
find_leaf(struct table_pages *pages)
{
	pages->leaf = NULL;
	if (!pages->pages_read && !enter_page(pages, pages->root))
		return false;
	while (!pages->leaf) {
		while (pages->level_count && pages->levels[pages->level_count - 1].next == pages->levels[pages->level_count - 1].count)
			pages->level_count--;
		if (!pages->level_count || !enter_child(pages))
			return false;
	}
	return true;
}

/* Up to nine bytes, the highest seven bits first, the ninth whole; NULL: it does not end before end. */
static inline const uint8_t *
take_varint(const uint8_t *at, const uint8_t *end, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (at < end && *at < 0x80) {
		*ret_number = *at;
		return at + 1;
	}
	for (size_t i = 0; i < VARINT_MAX && at < end; i++, at++) {
		if (i == VARINT_MAX - 1 || *at < 0x80) {
			*ret_number = i == VARINT_MAX - 1 ? number << 8 | *at : number << 7 | *at;
			return at + 1;
		}
		number = number << 7 | (*at & 0x7F);
	}
	return NULL;
}

/* The bytes of a value; UINT64_MAX: a kind that is not in use. */
static inline uint64_t
value_bytes(uint64_t kind)
{
	static const uint8_t bytes[TABLE_BLOB] = { 0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0 };

	if (kind >= TABLE_BLOB)
		return (kind - TABLE_BLOB) / 2;
	return kind == TABLE_ONE + 1 || kind == TABLE_ONE + 2 ? UINT64_MAX : bytes[kind];
}

/* The values of a record. */
static bool
take_record(const uint8_t *record, const uint8_t *end, struct table_row *row)
{
	const uint8_t *at, *kinds_end, *value;
	uint64_t header;

	at = take_varint(record, end, &header);
	if (!at || header > (uint64_t)(end - record))
		return false;
	kinds_end = value = record + header;
	for (row->count = 0; at < kinds_end && row->count < TABLE_VALUES_MAX; row->count++) {
		struct table_value *to = &row->values[row->count];
		uint64_t length;

		at = take_varint(at, kinds_end, &to->kind);
		length = at ? value_bytes(to->kind) : UINT64_MAX;
		if (length > (uint64_t)(end - value))
			return false;
		to->bytes = value;
		to->length = (uint32_t)length;
		value += length;
	}
	return true;
}

bool
table_pages_next(struct table_pages *pages, struct table_row *row)
{
	const uint8_t *at, *end;
	uint64_t length, number;
	uint32_t place;

	while (!pages->leaf || pages->cell == pages->cell_count)
		if (!find_leaf(pages))
			return false;
	place = u16be(pages->leaf + LEAF_CELLS + pages->cell++ * CELL_PLACE_BYTES);
	end = pages->leaf + pages->usable;
	at = place < pages->usable ? take_varint(pages->leaf + place, end, &length) : NULL;
	at = at ? take_varint(at, end, &number) : NULL;
	if (!at)
		return fail(pages, pages->why_page, "has a row that does not end: the database is damaged");
	row->number = (int64_t)number;
	if (pages->any && row->number <= pages->last)
		return fail(pages, pages->why_page, "has rows out of their order: the database is damaged");
	pages->any = true;
	pages->last = row->number;
	row->is_whole = length <= pages->usable - SPILL;
	if (!row->is_whole)
		return true;
	if (length > (uint64_t)(end - at))
		return fail(pages, pages->why_page, "has a row that does not end: the database is damaged");
	row->is_whole = take_record(at, at + length, row);
	return true;
}

int64_t
table_value_integer(const struct table_value *value)
{
	uint64_t number;

	if (!value->length)
		return value->kind == TABLE_ONE;
	number = value->bytes[0] & 0x80 ? UINT64_MAX : 0;
	for (uint32_t i = 0; i < value->length; i++)
		number = number << 8 | value->bytes[i];
	return (int64_t)number;
}
