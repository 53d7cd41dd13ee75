/*
 * index_format.h - the layout of a compiled set, NAME.t1554set.  Private to hashset;
 * described for readers in t1554triage-hashset(5).
 *
 * Numbers are little-endian.
 *
 *	0     header, INDEX_HEADER_BYTES:
 *	      0   "T1554SET"        8   u32 version        12  u32 sections
 *	      16  u64 file length   24  u32 CRC-32C of the section of checks
 *	      32  sections, 40 bytes each:
 *	          u32 kind, u32 algorithm, u64 offset, u64 length, u64 count, u32 value, u32 base
 *	      4092  u32 CRC-32C of the 4092 bytes before
 *	4096  the sections; every INDEX_BLOCK_BYTES from here has its CRC-32C in the section of checks, the last one
 *
 *	identity  records (t1554triage-records(5)): one "set", then "source", "reject" and "network"
 *	          value: INDEX_CONTRADICTIONS_COUNTED, then count: digests whose rows contradict one another
 *	          (set_builder_contradictions()); 0 where an earlier release made the set
 *	keys      for each algorithm: the digests, ascending, from a multiple of INDEX_KEYS_ALIGNMENT on (a reader
 *	          need not rely on it); a digest stands there once for each content
 *	          (in a set of keys only: for each mark) that has it.
 *	          value: the mark of all keys where there is no section of marks;
 *	          base: the content of the first key where there is no section of numbers
 *	first     for each keys: (1 << value) + 1 u32, the first key that begins with these bits or more;
 *	          base: how many different digests the keys are
 *	numbers   the content of each key, u32; not there where contents stand in the order of these keys
 *	marks     of a set of keys only: INDEX_MARK of each key, u8; not there where all are the same
 *	rows      count: the contents.  For each content a byte with the algorithms of its rows, then its rows:
 *	          varint group << 2 | 2 (the name of the row before) | 1 (the last of its content),
 *	          varint offset of the name unless it is that of the row before,
 *	          varint zigzag of the row number less that of the row before (0 where a start begins)
 *	starts    u64 offset in rows of every INDEX_START_CONTENTS-th content
 *	groups    u64 product, application type, system, actor, source, note; u8 class, u8 grade, 6 zeros
 *	texts     names and the rest, each with a NUL; offsets count from the section's start, 0 is ""
 *
 * The contents of the rows that have a SHA-256 come first, in its order, then
 * those with a SHA-1 and none, then those with an MD5 only: so that one table of
 * keys needs no numbers.
 */
#ifndef T1554TRIAGE_HASHSET_INDEX_FORMAT_H
#define T1554TRIAGE_HASHSET_INDEX_FORMAT_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <t1554triage/digest.h>
#include <t1554triage/hashset.h>
#include <t1554triage/record.h>

#define INDEX_MAGIC "T1554SET"

enum {
	INDEX_VERSION        = 2,
	INDEX_MAGIC_BYTES    = 8,
	INDEX_HEADER_BYTES   = 4096,
	INDEX_SECTIONS_AT    = 32,
	INDEX_SECTION_BYTES  = 40,
	INDEX_BLOCK_BYTES    = 65536,
	INDEX_KEYS_ALIGNMENT = 64,	/* bytes of a line of the cache */
	INDEX_START_CONTENTS = 8,
	INDEX_GROUP_BYTES    = 56,
	INDEX_GROUP_TEXTS    = 6,
	INDEX_TEXT_MAX       = 65536,	/* bytes of one text */
	INDEX_CONTRADICTIONS_COUNTED = 1,
	INDEX_VARINT_MAX     = 10,	/* bytes of one number */
};

enum index_section_kind {
	SECTION_IDENTITY = 1, SECTION_KEYS, SECTION_FIRST, SECTION_NUMBERS, SECTION_MARKS, SECTION_ROWS, SECTION_STARTS,
	SECTION_GROUPS, SECTION_TEXTS, SECTION_CHECKS, SECTION_KIND_COUNT
};

enum { ROW_IS_LAST = 1, ROW_HAS_NAME_BEFORE = 2, ROW_FLAG_BITS = 2 };

struct index_section {
	uint32_t kind, algorithm;
	uint64_t offset, length, count;
	uint32_t value, base;
};

/* The strongest first: it decides where a row and an item have several digests in common. */
enum { STRENGTHS = 3 };
extern const enum digest_algorithm digests_by_strength[STRENGTHS];

/* The records of the identity section. */
struct index_set_fact {
	const char *name, *release, *description;
	uint32_t    kind;		/* enum hash_class */
	bool        keys_only;
	uint64_t    rows, rejected;
};
struct index_source_fact {
	const char *name, *format, *release;
	uint8_t     sha256[32];
	uint64_t    size, rows, rejected;
};
struct index_reject_fact {
	const char *source, *text, *why;
	uint64_t    line;
};
/* An address or a name: those are few beside digests, and none of the keys. */
struct index_network_fact {
	const char *value, *product, *actor, *source, *note, *grade;
	uint64_t    line;
};
extern const struct record_type index_set_record, index_source_record, index_reject_record, index_network_record;

/* Algorithms (1 << DIGEST_MD5 ...) in three bits, and with a class in six. */
static inline uint8_t
index_algorithms(uint32_t known)
{
	return (uint8_t)((known >> DIGEST_MD5 & 1) | (known >> DIGEST_SHA1 & 1) << 1 | (known >> DIGEST_SHA256 & 1) << 2);
}

static inline uint32_t
index_known(uint8_t algorithms)
{
	return (algorithms & 1u) << DIGEST_MD5 | (algorithms >> 1 & 1u) << DIGEST_SHA1 | (algorithms >> 2 & 1u) << DIGEST_SHA256;
}

/* In the place of a class, for rows of grade C: they never decide alone, whatever else a set leaves out. */
enum { INDEX_GRADE_C = 1, INDEX_BAD_GRADE_C = 7 };

/* The class is that of the row, HASH_NONE for the set's kind. */
static inline uint8_t
index_mark(uint32_t class, char grade, uint32_t known)
{
	if (grade == 'C' && class == HASH_NONE)
		class = INDEX_GRADE_C;
	else if (grade == 'C' && class == HASH_BAD)
		class = INDEX_BAD_GRADE_C;
	return (uint8_t)(class << 3 | index_algorithms(known));
}

/* Little-endian numbers of length bytes, at most 8. */
static inline void
index_put(uint8_t *to, uint64_t number, size_t length)
{
	number = htole64(number);
	memcpy(to, &number, length);
}

static inline uint64_t
index_get(const uint8_t *from, size_t length)
{
	uint64_t number = 0;

	for (size_t i = length; i > 0; i--)
		number = number << 8 | from[i - 1];
	return number;
}

static inline uint32_t
index_get_u32(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static inline uint64_t
index_get_u40(const uint8_t *from)
{
	return (uint64_t)from[4] << 32 | index_get_u32(from);
}

/* Seven bits a byte, the lowest first; returns the bytes written. */
static inline size_t
index_put_varint(uint8_t to[INDEX_VARINT_MAX], uint64_t number)
{
	size_t length = 0;

	for (; number > 0x7F; number >>= 7)
		to[length++] = (uint8_t)(number | 0x80);
	to[length++] = (uint8_t)number;
	return length;
}

/* Returns the bytes read, 0 where the number does not end within length. */
static inline size_t
index_get_varint(const uint8_t *from, size_t length, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (size_t i = 0; i < length && i < INDEX_VARINT_MAX; i++) {
		number |= (uint64_t)(from[i] & 0x7F) << (7 * i);
		if (from[i] & 0x80)
			continue;
		*ret_number = number;
		return i + 1;
	}
	return 0;
}

static inline uint64_t
index_zigzag(uint64_t difference)
{
	return difference << 1 ^ (difference >> 63 ? UINT64_MAX : 0);
}

static inline uint64_t
index_unzigzag(uint64_t number)
{
	return number >> 1 ^ (0 - (number & 1));
}

#endif
