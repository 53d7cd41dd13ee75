/*
 * bloom.c - bloom filters of DCSO's and CIRCL's tools (github.com/DCSO/bloom, hashlookup-full.bloom):
 *
 *	u64 flags (low byte: version 1), u64 n, f64 p, u64 k, u64 m, u64 N   (little-endian)
 *	(m + 63) / 64 words of bits; what follows belongs to the user
 *
 * Keys are SHA-1 in upper-case hexadecimal.  FNV-1 of the key modulo P, then k times: times G, modulo P; each
 * gives the bit modulo m.  A filter says "probably", with the error that its builder chose, and never more.
 */
#include <string.h>

#include <t1554triage/cursor.h>

#include "set.h"

enum { HEADER_BYTES = 48, K_MAX = 256, KEY_DIGITS = 40 };

static const uint64_t modulus = 18446744073709551557ULL, generator = 18446744073709550147ULL;

struct filter {
	uint64_t keys_planned, k, bits, keys;
	double   error;
};

static bool
parse_header(const uint8_t *head, size_t length, struct filter *ret_filter)
{
	struct cursor c = cursor_over(head, length);
	uint64_t flags = take_u64le(&c), error;

	ret_filter->keys_planned = take_u64le(&c);
	error = take_u64le(&c);
	memcpy(&ret_filter->error, &error, sizeof error);
	ret_filter->k = take_u64le(&c);
	ret_filter->bits = take_u64le(&c);
	ret_filter->keys = take_u64le(&c);
	return !c.failed && flags == 1 && ret_filter->keys_planned && ret_filter->error > 0 && ret_filter->error < 1 &&
	       ret_filter->k && ret_filter->k <= K_MAX && ret_filter->bits && ret_filter->bits < 1ULL << 60;
}

static bool
probe(const uint8_t *head, size_t length)
{
	struct filter filter;

	return parse_header(head, length, &filter);
}

static bool
is_whole(struct source *source, const struct filter *filter)
{
	return source->size >= HEADER_BYTES + (filter->bits + 63) / 64 * 8;
}

static enum status
read_header(struct source *source, const char *path, const struct notes *notes, struct filter *ret_filter)
{
	const struct place here = { .path = path };
	uint8_t header[HEADER_BYTES];

	if (source_read_exactly(source, 0, header, sizeof header) != STATUS_OK ||
	    !parse_header(header, sizeof header, ret_filter))
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here, "its header cannot be read");
	if (!is_whole(source, ret_filter))
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here,
			"it is cut off: %llu bits of the filter were expected", (unsigned long long)ret_filter->bits);
	return STATUS_OK;
}

/* A filter has no rows: it can only be asked. */
static enum status
read_bloom(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	struct filter filter;
	enum status status = read_header(source, path, notes, &filter);

	(void)out;
	if (status != STATUS_OK)
		return status;
	identity->rows = identity->entries[DIGEST_SHA1] = filter.keys;
	identity->description = arena_format(arena, "bloom filter: of digests that are not in it, it holds about one in "
		"%.0f for known", 1 / filter.error);
	return STATUS_OK;
}

static enum status
open_bloom(struct hash_set *set, const struct notes *notes, struct buffer *ret_message)
{
	const struct hash_row_sink none = { .row = NULL };
	enum status status = read_bloom(set->identity.path, set->source, &none, &set->identity, &set->arena, notes);

	if (status < 0)
		buffer_add_format(ret_message, "hash set %s: a bloom filter that is cut off or damaged\n", set->identity.path);
	set->identity.kind = HASH_PROBABLY;
	return status;
}

static uint64_t
hash_key(const uint8_t *sha1)
{
	static const char digits[] = "0123456789ABCDEF";
	uint64_t hash = 14695981039346656037ULL;

	for (size_t i = 0; i < KEY_DIGITS; i++) {
		hash *= 1099511628211ULL;
		hash ^= (uint8_t)digits[i % 2 ? sha1[i / 2] & 15 : sha1[i / 2] >> 4];
	}
	return hash % modulus;
}

/* *status: a word of the filter could not be read. */
static bool
holds(struct source *source, const struct filter *filter, const uint8_t *sha1, enum status *status)
{
	uint64_t hash = hash_key(sha1);

	for (uint64_t i = 0; i < filter->k; i++) {
		uint8_t byte;
		uint64_t bit;

		hash = hash * generator % modulus;
		bit = hash % filter->bits;
		if (source_read_exactly(source, HEADER_BYTES + bit / 8, &byte, 1) != STATUS_OK) {
			*status = STATUS_UNREADABLE;
			return false;
		}
		if (!(byte >> (bit % 8) & 1))
			return false;
	}
	return true;
}

static enum status
ask_bloom(struct hash_set *set, const struct digests *items, size_t item_count,
	void (*match)(void *context, size_t item, enum digest_algorithm by, const struct hash_row *row),
	void *context, const struct notes *notes)
{
	const struct place here = { .path = set->identity.path };
	struct filter filter;
	enum status status = read_header(set->source, set->identity.path, notes, &filter);

	for (size_t i = 0; i < item_count && status == STATUS_OK; i++) {
		const struct hash_row row = { .class = HASH_PROBABLY };

		if (items[i].known & 1u << DIGEST_SHA1 && holds(set->source, &filter, items[i].sha1, &status))
			match(context, i, DIGEST_SHA1, &row);
		if (status != STATUS_OK)
			note(notes, status, NOTE_ARTIFACT_DAMAGED, &here, "the bloom filter could not be read");
	}
	return status;
}

const struct hashset_format bloom_hashset_format = {
	.name        = "bloom",
	.description = "bloom filters of DCSO and CIRCL (SHA-1): \"probably\", never more",
	.kind        = HASH_PROBABLY,
	.is_filter   = true,
	.probe       = probe,
	.read        = read_bloom,
	.open        = open_bloom,
	.ask         = ask_bloom,
};
