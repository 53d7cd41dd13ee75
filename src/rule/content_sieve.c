/*
 * content_sieve.c - several literals are searched for at once.
 *
 * Of each literal three bytes in a row are looked at, halves of bytes by tables of 16 that a vector register holds: a
 * place where all three may be those of one literal is compared with it. Without such instructions each literal is
 * searched by itself.
 */
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <t1554triage/content_sieve.h>

enum { MARKS = 8 };		/* literals share them */

/* How common a byte is in programs and texts: 0 is best to look for. */
static unsigned
commonness(uint8_t byte)
{
	/* Codes of instructions, and what fills. */
	static const uint8_t common[] = { 0x00, 0x0f, 0x1e, 0x24, 0x48, 0x83, 0x89, 0x8b, 0xc0, 0xe8, 0xf3, 0xfa, 0xff };

	if (memchr(common, byte, sizeof common))
		return 3;
	if (byte && strchr("eatinorsl ", byte))
		return 3;
	if ((byte >= 'a' && byte <= 'z') || byte == '.' || byte == '/' || byte == '0' || byte == '1' || byte == '2')
		return 2;
	return byte >= 0x20 && byte < 0x7f ? 1 : 0;
}

static size_t
best_window(const uint8_t *bytes, size_t length)
{
	size_t best = 0;
	unsigned best_sum = ~0u;

	for (size_t i = 0; i + SIEVE_WINDOW <= length; i++) {
		unsigned sum = 0;

		for (size_t k = 0; k < SIEVE_WINDOW; k++)
			sum += commonness(bytes[i + k]);
		if (sum < best_sum) {
			best_sum = sum;
			best = i;
		}
	}
	return best;
}

uint64_t
sieve_add_literal(struct content_sieve *sieve, const void *bytes, size_t length)
{
	struct sieve_literal *literal = &sieve->literals[sieve->literal_count];
	uint8_t mark = (uint8_t)(1u << sieve->literal_count % MARKS);

	if (length > SIEVE_LITERAL_BYTES)
		length = SIEVE_LITERAL_BYTES;
	for (size_t i = 0; i < sieve->literal_count; i++)
		if (sieve->literals[i].length == length && !memcmp(sieve->literals[i].bytes, bytes, length))
			return 1ull << i;
	if (sieve->literal_count == SIEVE_LITERALS_MAX || length < SIEVE_LITERAL_LEAST)
		return 0;
	memcpy(literal->bytes, bytes, length);
	literal->length = (uint8_t)length;
	literal->window = (uint8_t)best_window(literal->bytes, length);
	for (size_t k = 0; k < SIEVE_WINDOW; k++) {
		sieve->low[k][literal->bytes[literal->window + k] & 15] |= mark;
		sieve->high[k][literal->bytes[literal->window + k] >> 4] |= mark;
	}
	return 1ull << sieve->literal_count++;
}

void
sieve_add(struct content_sieve *sieve, const struct sieve_need *need)
{
	if (sieve->need_count == SIEVE_NEEDS_MAX)
		sieve->passes_all = true;
	else
		sieve->needs[sieve->need_count++] = *need;
}

static bool
has_head(const struct sieving *sieving, const struct sieve_need *need)
{
	uint32_t mask = need->head_bytes >= sizeof mask ? UINT32_MAX : (1u << 8 * need->head_bytes) - 1;

	return sieving->offset >= need->head_bytes && (sieving->head & mask) == need->head;
}

/* The literals that a content with this beginning may still need. */
static uint64_t
open_literals(const struct sieving *sieving, const struct content_sieve *sieve)
{
	uint64_t open = 0;

	for (size_t i = 0; i < sieve->need_count; i++) {
		const struct sieve_need *need = &sieve->needs[i];

		if ((has_head(sieving, need) || sieving->offset < need->head_bytes) && !(need->literals & sieving->found))
			open |= need->literals;
	}
	return open;
}

static void
search_each(struct sieving *sieving, const struct content_sieve *sieve, uint64_t open, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < sieve->literal_count; i++)
		if (open & 1ull << i && memmem(bytes, length, sieve->literals[i].bytes, sieve->literals[i].length))
			sieving->found |= 1ull << i;
}

#ifdef __x86_64__
enum { STEP = 32 };

/* A place where the windows of the marked literals may lie. */
static void
compare_at(struct sieving *sieving, const struct content_sieve *sieve, uint64_t open, unsigned marks, const uint8_t *bytes,
	size_t length, size_t at)
{
	for (; marks; marks &= marks - 1)
		for (size_t i = (size_t)__builtin_ctz(marks); i < sieve->literal_count; i += MARKS) {
			const struct sieve_literal *literal = &sieve->literals[i];

			if (!memcmp(bytes + at, literal->bytes + literal->window, SIEVE_WINDOW) && open & 1ull << i &&
			    at >= literal->window && length - (at - literal->window) >= literal->length &&
			    !memcmp(bytes + (at - literal->window), literal->bytes, literal->length))
				sieving->found |= 1ull << i;
		}
}

static inline __m256i __attribute__((target("avx2"), always_inline))
table(const uint8_t *entries)
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)entries));
}

/* The marks of literals that may have these bytes at this position of the window. */
static inline __m256i __attribute__((target("avx2"), always_inline))
marks_of(const uint8_t *bytes, __m256i low, __m256i high)
{
	const __m256i half = _mm256_set1_epi8(15);
	__m256i block = _mm256_loadu_si256((const __m256i *)(const void *)bytes);

	return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(block, half)),
		_mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(block, 4), half)));
}

static void __attribute__((target("avx2")))
search_all(struct sieving *sieving, const struct content_sieve *sieve, uint64_t open, const uint8_t *bytes, size_t length)
{
	const __m256i low0 = table(sieve->low[0]), low1 = table(sieve->low[1]), low2 = table(sieve->low[2]);
	const __m256i high0 = table(sieve->high[0]), high1 = table(sieve->high[1]), high2 = table(sieve->high[2]);
	uint8_t wanted = 0, marks[STEP];
	__m256i of_open;
	size_t at = 0;

	for (size_t i = 0; i < sieve->literal_count; i++)
		wanted |= open & 1ull << i ? (uint8_t)(1u << i % MARKS) : 0;
	of_open = _mm256_set1_epi8((char)wanted);
	for (; length - at >= STEP + SIEVE_WINDOW; at += STEP) {
		__m256i found = _mm256_and_si256(_mm256_and_si256(marks_of(bytes + at, low0, high0), of_open),
			_mm256_and_si256(marks_of(bytes + at + 1, low1, high1), marks_of(bytes + at + 2, low2, high2)));

		if (_mm256_testz_si256(found, found))
			continue;
		_mm256_storeu_si256((__m256i *)(void *)marks, found);
		for (uint32_t left = ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(found, _mm256_setzero_si256())); left;
		     left &= left - 1) {
			size_t i = (size_t)__builtin_ctz(left);

			compare_at(sieving, sieve, open, marks[i], bytes, length, at + i);
		}
	}
	/* A literal whose window lies in the rest begins no more than its own length before. */
	at = at > SIEVE_LITERAL_BYTES ? at - SIEVE_LITERAL_BYTES : 0;
	search_each(sieving, sieve, open & ~sieving->found, bytes + at, length - at);
}
#endif

static void
search(struct sieving *sieving, const struct content_sieve *sieve, const uint8_t *bytes, size_t length)
{
	uint64_t open = open_literals(sieving, sieve);

	if (!open)
		return;
#ifdef __x86_64__
	if (length >= 2 * STEP && __builtin_cpu_supports("avx2")) {
		search_all(sieving, sieve, open, bytes, length);
		return;
	}
#endif
	search_each(sieving, sieve, open, bytes, length);
}

/* The literals that begin in the piece before, or in several before. */
static void
search_across(struct sieving *sieving, const struct content_sieve *sieve, const uint8_t *bytes, size_t length)
{
	uint8_t joint[2 * SIEVE_LITERAL_BYTES];
	size_t from_here = length < SIEVE_LITERAL_BYTES ? length : SIEVE_LITERAL_BYTES, total, drop;

	memcpy(joint, sieving->tail, sieving->tail_length);
	memcpy(joint + sieving->tail_length, bytes, from_here);
	total = sieving->tail_length + from_here;
	if (sieving->tail_length)
		search(sieving, sieve, joint, total);
	if (length >= SIEVE_LITERAL_BYTES) {
		memcpy(sieving->tail, bytes + length - SIEVE_LITERAL_BYTES, SIEVE_LITERAL_BYTES);
		sieving->tail_length = SIEVE_LITERAL_BYTES;
		return;
	}
	drop = total > SIEVE_LITERAL_BYTES ? total - SIEVE_LITERAL_BYTES : 0;
	memcpy(sieving->tail, joint + drop, total - drop);
	sieving->tail_length = total - drop;
}

void
sieving_piece(struct sieving *sieving, const struct content_sieve *sieve, const uint8_t *bytes, size_t length)
{
	if (sieve->passes_all || !length)
		return;
	for (size_t i = 0; i < length && sieving->offset + i < sizeof sieving->head; i++)
		sieving->head |= (uint32_t)bytes[i] << 8 * (sieving->offset + i);
	sieving->offset += length;
	search_across(sieving, sieve, bytes, length);
	search(sieving, sieve, bytes, length);
}

bool
sieving_passes(const struct sieving *sieving, const struct content_sieve *sieve)
{
	for (size_t i = 0; i < sieve->need_count; i++) {
		const struct sieve_need *need = &sieve->needs[i];

		if (has_head(sieving, need) && (!need->literals || need->literals & sieving->found))
			return true;
	}
	return sieve->passes_all;
}
