/*
 * fuzz_rules.c - mutants of rules against mutants of values.
 *
 *	fuzz_rules SECONDS RULES...
 *
 * Bytes of each file of rules are changed, dropped and doubled; what still loads is compiled and asked of events whose
 * values are pieces of the same file, so that they meet what the rules look for.  SECONDS 0: each file and a hundred
 * mutants of it, the same every time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <t1554triage/rule.h>

#include "../random_numbers.h"

enum { FILES_MAX = 256, FILE_MIN = 64, FILE_MAX = 64 * 1024, CHANGES_MAX = 8, VALUES = 12, VALUE_MAX = 80, EVENTS = 6, MUTANTS = 100 };

struct text { char *bytes; size_t length; };

static unsigned long loaded, refusals, hits;

static void
refused(void *context, const struct rule_refusal *refusal)
{
	(void)context;
	refusals += strlen(refusal->reason) > 0;
}

static void
hit(void *context, const struct rule_hit *found)
{
	(void)context;
	hits += strlen(found->rule->id) + (found->object ? strlen(found->object) : 0) + (found->group ? strlen(found->group) : 0);
}

static void
correlated(void *context, const struct rule_match *match)
{
	(void)context;
	hits += match->rule->is_correlation;
}

static void
ask(const struct rule_set *set, struct rule_matcher *matcher, const struct text *text)
{
	static const char *const names[] = { "CommandLine", "Image", "TargetFilename", "ParentImage", "Company", "Number",
		"DestinationIp", "Hashes", "Signature", "A", "B", "X" };
	static const struct { const char *provider, *channel, *id; enum event_kind kind; } kinds[] = {
		{ "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", "1", EVENT_PROCESS_STARTED },
		{ "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", "7", EVENT_IMAGE_LOADED },
		{ "Microsoft-Windows-Security-Auditing", "Security", "4688", EVENT_PROCESS_STARTED },
		{ "auditd", NULL, "SYSCALL", EVENT_FILE_CREATED }, { "evidence", "windows", NULL, EVENT_RECORD },
		{ "CircleCI", NULL, NULL, EVENT_RECORD },
	};
	char values[VALUES][VALUE_MAX + 1];
	struct event_field fields[VALUES];
	struct rule_match match = { .number = (uint32_t)random_number(rule_set_count(set)) };

	for (size_t e = 0; e < EVENTS; e++) {
		struct event event = { .provider = kinds[e].provider, .channel = kinds[e].channel, .id = kinds[e].id,
			.kind = kinds[e].kind, .fields = fields, .field_count = VALUES };

		for (size_t i = 0; i < VALUES; i++) {
			size_t length = (size_t)random_number(VALUE_MAX), at = (size_t)random_number(text->length);

			length = length < text->length - at ? length : text->length - at;
			memcpy(values[i], text->bytes + at, length);
			values[i][length] = '\0';
			fields[i] = (struct event_field){ names[i], values[i] };
		}
		rule_matcher_ask(matcher, &event, hit, NULL);
	}
	if (rule_set_count(set))
		rules_correlate(set, &match, 1, correlated, NULL);
}

static void
play(const struct text *text)
{
	const struct rule_sink sink = { .refused = refused };
	struct rule_set *set = rule_set_open();
	struct rule_matcher *matcher;

	rule_set_add(set, "mutant.yml", text->bytes, text->length, false, &sink);
	rule_set_compile(set, &sink);
	loaded += rule_set_count(set);
	matcher = rule_matcher_open(set);
	if (text->length)
		ask(set, matcher, text);
	rule_matcher_close(matcher);
	rule_set_close(set);
}

static void
mutate(const struct text *from, struct text *to)
{
	size_t changes = 1 + (size_t)random_number(CHANGES_MAX);

	memcpy(to->bytes, from->bytes, from->length);
	to->length = from->length;
	for (size_t i = 0; i < changes && to->length > 16; i++) {
		size_t at = (size_t)random_number(to->length - 8), length = (size_t)random_number(8), other;

		switch (random_number(4)) {
		case 0:
			to->bytes[at] = (char)random_number(256);
			break;
		case 1:
			memmove(to->bytes + at, to->bytes + at + length, to->length - at - length);
			to->length -= length;
			break;
		case 2:
			to->bytes[at] = "*?\\|:'-{}[]&%\n"[random_number(14)];
			break;
		default:
			other = (size_t)random_number(to->length - 8);
			memmove(to->bytes + at, to->bytes + other, length);
			break;
		}
	}
}

static bool
read_text(const char *path, struct text *ret_text)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	ret_text->bytes = malloc(FILE_MAX);
	ret_text->length = ret_text->bytes ? fread(ret_text->bytes, 1, FILE_MAX, file) : 0;
	fclose(file);
	/* Too little to change anything in. */
	if (ret_text->length < FILE_MIN)
		free(ret_text->bytes);
	return ret_text->length >= FILE_MIN;
}

int
main(int argc, char *argv[])
{
	struct text files[FILES_MAX], mutant = { malloc(FILE_MAX), 0 };
	size_t count = 0;
	long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	time_t end = time(NULL) + seconds;
	unsigned long played = 0;

	for (int i = 2; i < argc && count < FILES_MAX; i++)
		count += read_text(argv[i], &files[count]);
	if (!count || !mutant.bytes)
		return 64;
	for (size_t i = 0; i < count; i++)
		play(&files[i]);
	for (size_t i = 0; seconds ? time(NULL) < end : i < count * MUTANTS; i++, played++) {
		mutate(&files[i % count], &mutant);
		play(&mutant);
	}
	printf("%lu mutants, %lu rules loaded, %lu refused, matches %s\n", played, loaded, refusals, hits ? "found" : "none");
	for (size_t i = 0; i < count; i++)
		free(files[i].bytes);
	free(mutant.bytes);
	return hits && refusals ? 0 : 1;
}
