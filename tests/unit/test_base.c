/* test_base.c - maps, damage, sources, limits, buffers, arenas. */
#include <stdint.h>

#include <t1554triage/crc32c.h>
#include <t1554triage/limit.h>
#include <t1554triage/map.h>
#include <t1554triage/source.h>

#include "../random_numbers.h"
#include "tap.h"

enum { KEYS = 100000, SPAN = 400, ROUNDS = 3000 };

static void
map_grows(void)
{
	struct map map;
	unsigned wrong = 0, strangers = 0;
	uint64_t value;

	map_init(&map);
	for (uint64_t i = 0; i < KEYS; i++)
		wrong += !map_add(&map, &i, sizeof i, i * 3);
	IS(map.count, KEYS, "a map counts its keys");
	for (uint64_t i = 0; i < 2 * KEYS; i++) {
		bool found = map_get(&map, &i, sizeof i, &value);

		wrong += i < KEYS && (!found || value != i * 3);
		strangers += i >= KEYS && found;
	}
	IS(wrong, 0, "every key is found again after growing");
	IS(strangers, 0, "no other key is found");
	OK(map.capacity * 3 >= map.count * 4, "a quarter of the slots stays free");
	map_release(&map);
}

/* Few keys with one length and many common bytes; prefixes, the empty key, NUL bytes. */
static void
map_tells_keys_apart(void)
{
	static const char bytes[64] = { 0 };
	unsigned wrong = 0;
	struct map map;
	uint64_t value = 77;

	map_init(&map);
	for (size_t length = 0; length <= sizeof bytes; length++)
		wrong += !map_add(&map, bytes, length, length);
	for (size_t length = 0; length <= sizeof bytes; length++)
		wrong += !map_get(&map, bytes, length, &value) || value != length;
	IS(wrong, 0, "keys that differ in their number of NULs only, the empty one among them");
	OK(!map_add(&map, bytes, 5, 99) && map_get(&map, bytes, 5, &value) && value == 5, "map_add keeps the old value");
	map_set(&map, bytes, 5, 99);
	OK(map_get(&map, bytes, 5, &value) && value == 99, "map_set replaces it");
	OK(map_add_text(&map, "text", 1) && !map_get_text(&map, "tex", &value) && !map_get_text(&map, "text ", &value),
		"a prefix is another key");
	map_release(&map);
}

static bool
is_sorted_and_merged(const struct damage *damage)
{
	for (size_t i = 1; i < damage->count; i++)
		if (damage->ranges[i - 1].offset + damage->ranges[i - 1].length >= damage->ranges[i].offset)
			return false;
	return true;
}

/* Random ranges against one flag a byte. */
static void
damage_like_flags(void)
{
	unsigned wrong_news = 0, wrong_overlaps = 0, unsorted = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		bool lost[SPAN] = { false };
		struct damage damage;

		damage_init(&damage);
		for (unsigned i = 0; i < 12; i++) {
			uint64_t offset = random_number(SPAN - 40), length = random_number(40), asked = random_number(SPAN - 40);
			uint64_t asked_length = random_number(40);
			bool is_new = false, overlaps = false;

			for (uint64_t at = offset; at < offset + length; at++) {
				is_new |= !lost[at];
				lost[at] = true;
			}
			for (uint64_t at = asked; at < asked + asked_length; at++)
				overlaps |= lost[at];
			wrong_news += damage_add(&damage, offset, length) != is_new;
			wrong_overlaps += damage_overlaps(&damage, asked, asked_length) != overlaps;
			unsorted += !is_sorted_and_merged(&damage);
		}
		damage_release(&damage);
	}
	IS(wrong_news, 0, "damage: what is new is told");
	IS(wrong_overlaps, 0, "damage: overlaps as one flag a byte says");
	IS(unsorted, 0, "damage: ranges are sorted, touching ones are one");
}

static void
damage_at_the_end(void)
{
	struct damage damage;

	damage_init(&damage);
	OK(damage_add(&damage, UINT64_MAX - 9, 100), "a range beyond the last offset is cut");
	OK(damage_overlaps(&damage, UINT64_MAX - 1, 1) && damage_overlaps(&damage, 0, UINT64_MAX), "and overlaps there");
	OK(!damage_overlaps(&damage, UINT64_MAX - 20, 11) && damage_overlaps(&damage, UINT64_MAX - 20, 12),
		"to the byte");
	OK(!damage_add(&damage, UINT64_MAX - 5, UINT64_MAX), "the same again is not new");
	OK(damage_add(&damage, 0, UINT64_MAX) && damage.count == 1, "all of it becomes one range");
	IS(damage.touches, 3, "every touch is counted, the known ones too");
	damage_release(&damage);
}

static void
sources_end(void)
{
	struct source *memory = source_open_memory("0123456789", 10);
	struct source *range = source_open_range(memory, 4, UINT64_MAX), *behind = source_open_range(memory, 11, 5);
	struct buffer all;
	char bytes[16] = "";
	size_t got = 7;

	buffer_init(&all, 0);
	IS(range->size, 6, "a range is cut at its parent's end");
	IS(behind->size, 0, "a range behind it is empty");
	IS(source_read(range, 6, bytes, 1, &got), STATUS_END, "the end is told");
	IS(got, 0, "with no byte");
	IS(source_read(range, UINT64_MAX, bytes, sizeof bytes, &got), STATUS_END, "so is what lies far behind it");
	IS(source_read(range, 4, bytes, sizeof bytes, &got), STATUS_OK, "a read over the end gives what is there");
	OK(got == 2 && !memcmp(bytes, "89", 2), "and no more");
	IS(source_read_exactly(range, 4, bytes, 3), STATUS_UNREADABLE, "exactly means all");
	IS(source_read_exactly(range, 6, bytes, 0), STATUS_OK, "nothing can be read anywhere");
	IS(source_read_all(memory, 10, &all), STATUS_OK, "a source as long as the limit is read");
	IS_TEXT(all.bytes, "0123456789", "wholly");
	buffer_clear(&all);
	IS(source_read_all(memory, 9, &all), STATUS_DAMAGED, "a longer one is told");
	IS_TEXT(all.bytes, "012345678", "and cut");
	source_close(behind);
	source_close(range);
	source_close(memory);
	source_close(NULL);
	memory = source_open_buffer(&all);
	IS(memory->size, 9, "a source takes the bytes of a buffer over");
	IS(all.length, 0, "which is empty then");
	source_close(memory);
	buffer_release(&all);
}

static void
limits_parse(void)
{
	static const struct { const char *text; uint64_t value; } good[] = {
		{ "link-depth=0", 0 }, { "link-depth=41", 41 }, { "link-depth=2K", 2048 }, { "link-depth=2k", 2048 },
		{ "link-depth=3M", 3ULL << 20 }, { "link-depth=1G", 1ULL << 30 }, { "link-depth=5T", 5ULL << 40 },
		{ "link-depth=18446744073709551615", UINT64_MAX }, { "link-depth=16777215T", 16777215ULL << 40 },
	};
	static const char *const bad[] = {
		"link-depth", "link-depth=", "link-depth=K", "link-depth=-1", "link-depth=+1", "link-depth= 1",
		"link-depth=1 ", "link-depth=1KB", "link-depth=1X", "link-depth=0x10", "link-depth=1.5G",
		"link-depth=18446744073709551616", "link-depth=16777216T", "link=1", "link-depths=1", "LINK-DEPTH=1",
		"link_depth=1", "=1", "",
	};
	uint64_t before = limit_get(LIMIT_LINK_DEPTH), others = limit_get(LIMIT_LINE_BYTES);

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		OK(limit_set(good[i].text) && limit_get(LIMIT_LINK_DEPTH) == good[i].value, good[i].text);
	OK(limit_set("link-depth=40"), "the limit is set back");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		OK(!limit_set(bad[i]) && limit_get(LIMIT_LINK_DEPTH) == before, bad[i]);
	IS(limit_get(LIMIT_LINE_BYTES), others, "no other limit moved");
	IS_TEXT(limit_name(LIMIT_ARTIFACT_BYTES), "artifact-bytes", "names have dashes");
}

static void
buffers_stop(void)
{
	struct buffer buffer;

	buffer_init(&buffer, 5);
	IS_TEXT(buffer.bytes, "", "a new buffer is an empty text");
	buffer_add_text(&buffer, "12345");
	OK(buffer.length == 5 && !buffer.overflowed, "up to the limit");
	buffer_add_char(&buffer, '6');
	OK(buffer.overflowed && buffer.length == 5, "one more byte is dropped and told");
	buffer_clear(&buffer);
	OK(!buffer.overflowed && !buffer.bytes[0], "cleared");
	buffer_add_text(&buffer, "123456");
	OK(buffer.overflowed && !buffer.length, "what does not fit wholly is dropped wholly");
	buffer_clear(&buffer);
	buffer_add_format(&buffer, "%d", 1234567);
	OK(buffer.overflowed && !buffer.length, "so is what is formatted");
	buffer_release(&buffer);

	buffer_init(&buffer, 0);
	buffer_add_text(&buffer, "x");
	buffer_add(&buffer, "", SIZE_MAX - 1);
	OK(buffer.overflowed && buffer.length == 1, "a length that wraps around is dropped");
	buffer_clear(&buffer);
	buffer_add(&buffer, "a\0b", 3);
	OK(buffer.length == 3 && !buffer.bytes[3], "NULs are bytes; one more ends them");
	buffer_consume(&buffer, 2);
	OK(buffer.length == 1 && buffer.bytes[0] == 'b' && !buffer.bytes[1], "consumed from the front");
	buffer_consume(&buffer, 100);
	OK(!buffer.length && !buffer.bytes[0], "not more than there is");
	buffer_add_u64(&buffer, UINT64_MAX);
	buffer_add_u64(&buffer, 0);
	IS_TEXT(buffer.bytes, "184467440737095516150", "numbers");
	for (unsigned i = 0; i < 10000; i++)
		buffer_add_char(&buffer, 'y');
	OK(buffer.length == 10021 && buffer.capacity < 4 * buffer.length, "grows by doubling");
	buffer_release(&buffer);
}

static void
arenas_align(void)
{
	static const size_t sizes[] = { 1, 0, 15, 16, 17, 100, 65535, 65536, 65537, 1 << 20, 3 };
	unsigned char *given[256];
	unsigned misaligned = 0, dirty = 0, overwritten = 0;
	struct arena arena;

	arena_init(&arena);
	for (unsigned i = 0; i < 256; i++) {
		size_t size = sizes[i % (sizeof sizes / sizeof *sizes)];

		given[i] = arena_allocate(&arena, size);
		misaligned += (uintptr_t)given[i] % _Alignof(max_align_t) != 0;
		for (size_t at = 0; at < size; at++)
			dirty += given[i][at] != 0;
		memset(given[i], (int)i, size);
	}
	for (unsigned i = 0; i < 256; i++)
		for (size_t at = 0; at < sizes[i % (sizeof sizes / sizeof *sizes)]; at++)
			overwritten += given[i][at] != i;
	IS(misaligned, 0, "arena: aligned for any type");
	IS(dirty, 0, "arena: zeroed");
	IS(overwritten, 0, "arena: nothing lies over another, with blocks larger than its own among them");
	arena_clear(&arena);
	IS(arena.bytes, 0, "arena: cleared, it holds nothing");
	IS(memcmp(arena_allocate(&arena, 512), (const char[512]){ 0 }, 512), 0, "arena: and what comes next is zeroed");
	IS_TEXT(arena_copy(&arena, "abc", 2), "ab", "arena: copies end with a NUL");
	OK(!arena_copy_text(&arena, NULL), "arena: no text stays no text");
	IS_TEXT(arena_format(&arena, "%s-%d", "x", 7), "x-7", "arena: formats");
	arena_release(&arena);
	OK(!arena.blocks && !arena.bytes, "arena: empty after release");
}

static void
arrays_grow(void)
{
	size_t capacity = 0, moved = 0;
	uint32_t *items = NULL;
	unsigned wrong = 0;

	for (uint32_t i = 0; i < KEYS; i++) {
		size_t before = capacity;

		items = memory_grow(items, i, &capacity, sizeof *items);
		moved += capacity != before;
		items[i] = i;
	}
	for (uint32_t i = 0; i < KEYS; i++)
		wrong += items[i] != i;
	IS(wrong, 0, "an array keeps its items as it grows");
	OK(moved < 20 && capacity < 2 * KEYS, "it moves a few times only");
	memory_free(items);
	OK(!memory_copy_text(NULL), "no text is copied as none");
}

/* The check value of the catalogues, and every length by tables as by the processor's instruction. */
static void
checksums(void)
{
	uint8_t bytes[200];
	struct crc32c crc, tables;
	size_t different = 0, of_three = 0;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 167 + 13);
	crc32c_init(&crc);
	tables = crc;
	tables.by_instruction = false;
	for (size_t length = 0; length < sizeof bytes; length++)
		different += crc32c_of(&crc, bytes, length) != crc32c_of(&tables, bytes, length);
	IS(crc32c_of(&tables, "123456789", 9), 0xE3069283, "CRC-32C of \"123456789\"");
	IS(different, 0, "CRC-32C by tables and by the instruction");
	for (size_t length = 0; length < sizeof bytes - 20; length++) {
		const uint8_t *const ranges[3] = { bytes, bytes + 3, bytes + 20 };
		uint32_t by_tables[3] = { 1, 2, UINT32_MAX }, by_instruction[3] = { 1, 2, UINT32_MAX };

		crc32c_add_three(&tables, by_tables, ranges, length);
		crc32c_add_three(&crc, by_instruction, ranges, length);
		for (uint32_t i = 0; i < 3; i++)
			of_three += by_tables[i] != crc32c_add(&tables, i < 2 ? i + 1 : UINT32_MAX, ranges[i], length) ||
				by_instruction[i] != by_tables[i];
	}
	IS(of_three, 0, "and of three ranges side by side");
}

int
main(void)
{
	map_grows();
	map_tells_keys_apart();
	damage_like_flags();
	damage_at_the_end();
	sources_end();
	limits_parse();
	buffers_stop();
	arenas_align();
	arrays_grow();
	checksums();
	return tap_done();
}
