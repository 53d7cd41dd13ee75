/*
 * recorded_future.c - risk lists of Recorded Future:
 *
 *	"Name","Algorithm","Risk","RiskString","EvidenceDetails"
 *	"3b3e...","SHA-1","89","7/14","{""EvidenceDetails"": [{""Rule"": ""Linked to Malware"", ...}]}"
 *
 * Recorded Future's own bands: 90 and more very malicious, 65 malicious, 25 suspicious, 5 unusual.
 * Below 65 a row accuses nothing and is rejected with that reason; 90 is grade B, 65 grade C.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "separated.h"

enum { VERY_MALICIOUS = 90, MALICIOUS = 65, RISK_SIZE = 8 };

static bool
probe(const uint8_t *head, size_t length)
{
	return separated_names(head, length, "name") && separated_names(head, length, "risk") &&
	       separated_names(head, length, "riskstring");
}

/* The first rule of the evidence names what the row is about. */
static const char *
first_rule(char *evidence)
{
	char *rule = strstr(evidence, "\"Rule\""), *end;

	rule = rule ? strchr(rule + 6, '"') : NULL;
	end = rule ? strchr(rule + 1, '"') : NULL;
	if (!end)
		return "Recorded Future risk list";
	*end = '\0';
	return rule + 1;
}

static const char *
settle(void *context, const struct separated *header, char *const cells[], size_t count, struct hash_row *row)
{
	const size_t *evidence = context;
	const char *risk = separated_cell(header, cells, count, COLUMN_RISK);
	struct digest digest;
	uint64_t number;

	if (!digest_parse(row->name ? row->name : "", row->name ? strlen(row->name) : 0, DIGEST_NONE, &digest) ||
	    !digests_set(&row->digests, digest.algorithm, digest.bytes))
		return "not an MD5, SHA-1 or SHA-256";
	if (!text_parse_u64(risk, strlen(risk), 10, &number))
		return "a risk that is no number";
	if (number < MALICIOUS)
		return "a risk below 65: the publisher does not call it malicious";
	row->name = "";
	row->grade = number >= VERY_MALICIOUS ? 'B' : 'C';
	row->source = "Recorded Future risk list";
	row->product = *evidence < count ? first_rule(cells[*evidence]) : row->source;
	return NULL;
}

static enum status
read_recorded_future(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	size_t evidence, got = 0;
	const struct separated_dialect dialect = { .settle = settle, .context = &evidence };
	const struct place here = { .path = path };
	uint8_t head[4096];

	(void)identity;
	(void)arena;
	if (source_read(source, 0, head, sizeof head, &got) < STATUS_OK)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here, "its header cannot be read");
	evidence = (size_t)separated_position(head, got, "evidencedetails");
	return separated_read(path, source, out, notes, &dialect);
}

const struct hashset_format recorded_future_hashset_format = {
	.name        = "recorded_future",
	.description = "risk lists of Recorded Future, CSV (rows of risk 65 and more)",
	.kind        = HASH_BAD,
	.probe       = probe,
	.read        = read_recorded_future,
};
