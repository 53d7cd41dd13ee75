/* test_content_sieve.c - what a rule over contents needs, and that nothing which has it is passed over. */
#include <stdlib.h>

#include <t1554triage/content_rule.h>
#include <t1554triage/memory.h>

#include "tap.h"

enum { CONTENT_BYTES = 4096, ROUNDS = 20000 };

/* A sequence that is the same each time. */
static uint32_t
next_number(void)
{
	static uint64_t state = 1554;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

static bool
passes(const struct content_sieve *sieve, const uint8_t *bytes, size_t length, size_t piece)
{
	struct sieving sieving = { .found = 0 };

	for (size_t i = 0; i < length; i += piece)
		sieving_piece(&sieving, sieve, bytes + i, length - i < piece ? length - i : piece);
	return sieving_passes(&sieving, sieve);
}

/* Literals of all lengths, laid anywhere, cut anywhere, among bytes that often begin as they do. */
static void
test_literals(void)
{
	static struct content_sieve sieve;
	static uint8_t content[CONTENT_BYTES];
	static const char *const texts[] = { "OpenSSH_", "gl_am_configmake", "a literal that is longer than what is kept of "
		"any literal, which is sixty-four bytes", "aaaa", "aaab", "/usr/include/pwd2.h", "keyctl_describe_alloc", "\xf3\x0f\x1e\xfa\x55",
		"SSH-2.0-", "baaaaaaaaab" };
	enum { TEXTS = sizeof texts / sizeof texts[0] };
	uint64_t all = 0;
	unsigned missed = 0, wrong = 0, there = 0;

	for (size_t i = 0; i < TEXTS; i++)
		all |= sieve_add_literal(&sieve, texts[i], strlen(texts[i]));
	IS(all, (1u << TEXTS) - 1, "each literal has a bit");
	IS(sieve_add_literal(&sieve, texts[4], 4), 1u << 4, "a literal that is there already keeps its bit");
	IS(sieve_add_literal(&sieve, "abc", 3), 0, "one that is too short has none");
	sieve_add(&sieve, &(struct sieve_need){ .literals = all });
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t length = next_number() % (round % 16 ? 300 : CONTENT_BYTES) + 1, piece = next_number() % length + 1;
		const char *text = texts[next_number() % TEXTS];
		bool is_there = false, said;

		for (size_t i = 0; i < length; i++)
			content[i] = next_number() % 3 ? (uint8_t)text[next_number() % strlen(text)] : (uint8_t)next_number();
		if (round % 2 && strlen(text) <= length)
			memcpy(content + next_number() % (length - strlen(text) + 1), text, strlen(text));
		for (size_t i = 0; i < TEXTS; i++)
			is_there |= memmem(content, length, texts[i],
				strlen(texts[i]) < SIEVE_LITERAL_BYTES ? strlen(texts[i]) : SIEVE_LITERAL_BYTES) != NULL;
		said = passes(&sieve, content, length, piece);
		there += is_there;
		missed += is_there && !said;
		wrong += said && !is_there;
	}
	OK(there > ROUNDS / 4 && there < ROUNDS, "contents with and without them were made");
	IS(missed, 0, "no content that has a literal is passed over, wherever it is cut");
	IS(wrong, 0, "no content without one passes");
}

static void
test_heads(void)
{
	static struct content_sieve sieve;
	static const uint8_t elf[] = "\177ELF....needed....", other[] = "\177ELG....needed....";
	uint64_t bit = sieve_add_literal(&sieve, "needed", 6);

	sieve_add(&sieve, &(struct sieve_need){ .head = 0x464c457f, .head_bytes = 4, .literals = bit });
	OK(passes(&sieve, elf, sizeof elf, sizeof elf), "first bytes and literal");
	OK(passes(&sieve, elf, sizeof elf, 1), "the same byte by byte");
	OK(!passes(&sieve, other, sizeof other, sizeof other), "other first bytes");
	OK(!passes(&sieve, elf, 12, 12), "first bytes without the literal");
	OK(!passes(&sieve, elf, 3, 3), "shorter than the first bytes");
	OK(!passes(&sieve, elf, 0, 1), "nothing");
}

/* ---- conditions ---- */

static struct content_rules *rules;

static void
count_refusal(void *context, const struct rule_refusal *refusal)
{
	(void)refusal;
	++*(unsigned *)context;
}

static void
test_catalog(void)
{
	unsigned refused = 0;
	struct rule_set *set = rule_set_open();
	const struct rule_sink sink = { .refused = count_refusal, .context = &refused };
	static const uint8_t elf[128] = "\177ELF", mz[128] = "MZ";
	static const uint8_t macro[] = "#!/bin/sh\nx=`grep -aErls \"#{4}[[:alnum:]]{5}#{4}$\" $srcdir`\n gl_am_configmake\n";

	content_rules_add_catalog(rules, &sink);
	IS(refused, 0, "rules of this program compile");
	OK(content_rules_compile(rules, set), "all together");
	OK(!content_rules_sieve(rules)->passes_all, "each condition of them is understood");
	OK(!passes(content_rules_sieve(rules), elf, sizeof elf, sizeof elf), "not every ELF file is read for them");
	OK(!passes(content_rules_sieve(rules), macro, 40, 40), "nor every script");
	OK(passes(content_rules_sieve(rules), mz, sizeof mz, sizeof mz), "of those that fold case the first bytes are looked at");
	OK(passes(content_rules_sieve(rules), macro, sizeof macro, 7), "what a rule needs passes");
	rule_set_close(set);
}

int
main(void)
{
	test_literals();
	test_heads();
	rules = content_rules_open();
	if (rules)
		test_catalog();
	content_rules_close(rules);
	return tap_done();
}
