/*
 * index_format.h - the layout of a compiled set, NAME.t1554set.  Private to hashset;
 * described for readers in t1554triage-hashset(5).
 *
 * Numbers are little-endian, except the number behind a digest, which is
 * big-endian so that rows sort as bytes.
 *
 *	0     header, INDEX_HEADER_BYTES:
 *	      0   "T1554SET"        8   u32 version        12  u32 sections
 *	      16  u64 file length   24  u32 CRC-32C of the section of checks
 *	      32  sections, 40 bytes each:
 *	          u32 kind, u32 algorithm, u64 offset, u64 length, u64 count, u32 bits, u32 0
 *	      4092  u32 CRC-32C of the 4092 bytes before
 *	4096  the sections; every INDEX_BLOCK_BYTES from here has its CRC-32C in the section of checks, the last one
 *
 *	identity  records (t1554triage-records(5)): one "set", then "source" and "reject"
 *	keys      one for each algorithm: digest, u32 detail; ascending, no row twice
 *	first     for each keys: (1 << bits) + 1 u64, the first row that begins with these bits or more
 *	details   u64 name, u64 row in its source, u32 group, u8 algorithms that the row has
 *	          (1 << 1 MD5, 1 << 2 SHA-1, 1 << 4 SHA-256), 3 zeros
 *	groups    u64 product, application type, system, actor, source, note; u8 class, u8 grade, 6 zeros
 *	texts     names and the rest, each with a NUL; offsets count from the section's start, 0 is ""
 */
#ifndef T1554TRIAGE_HASHSET_INDEX_FORMAT_H
#define T1554TRIAGE_HASHSET_INDEX_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include <t1554triage/record.h>

#define INDEX_MAGIC "T1554SET"

enum {
	INDEX_VERSION       = 1,
	INDEX_MAGIC_BYTES   = 8,
	INDEX_HEADER_BYTES  = 4096,
	INDEX_SECTIONS_AT   = 32,
	INDEX_SECTION_BYTES = 40,
	INDEX_BLOCK_BYTES   = 65536,
	INDEX_DETAIL_BYTES  = 24,
	INDEX_GROUP_BYTES   = 56,
	INDEX_GROUP_TEXTS   = 6,
	INDEX_TEXT_MAX      = 65536,	/* bytes of one text */
};

enum index_section_kind {
	SECTION_IDENTITY = 1, SECTION_KEYS, SECTION_FIRST, SECTION_DETAILS, SECTION_GROUPS, SECTION_TEXTS,
	SECTION_CHECKS, SECTION_KIND_COUNT
};

struct index_section {
	uint32_t kind, algorithm;
	uint64_t offset, length, count;
	uint32_t bits;
};

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
extern const struct record_type index_set_record, index_source_record, index_reject_record;

/* Little-endian numbers of length bytes. */
static inline void
index_put(uint8_t *to, uint64_t number, size_t length)
{
	for (size_t i = 0; i < length; i++)
		to[i] = (uint8_t)(number >> (8 * i));
}

static inline uint64_t
index_get(const uint8_t *from, size_t length)
{
	uint64_t number = 0;

	for (size_t i = length; i > 0; i--)
		number = number << 8 | from[i - 1];
	return number;
}

#endif
