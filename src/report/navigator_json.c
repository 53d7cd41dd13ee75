/*
 * navigator_json.c - a layer for the ATT&CK Navigator: the technique that was asked for, and what findings touch beside it
 *
 * Format: ATT&CK Navigator, "Layer file format", version 4.5.  A score is the decision (100 escalate, 50 inconclusive,
 * 0 do not escalate); a comment names findings. Nothing is scored for what only low findings touch.
 */
#include <string.h>

#include "formats.h"
#include "jsonl.h"

enum { COMMENT_FINDINGS = 20 };

/* Techniques of ATT&CK that a check looks at beside T1554. */
static const struct technique { const char *id, *tactic, *check; } techniques[] = {
	{ "T1036.005", "defense-evasion",      "known-elsewhere" },	/* Match Legitimate Name or Location */
	{ "T1070.004", "defense-evasion",      "deleted-program" },	/* File Deletion */
	{ "T1222.002", "defense-evasion",      "immutable-program" },	/* Linux and Mac File and Directory Permissions */
	{ "T1548.001", "privilege-escalation", "capability-added" },	/* Setuid and Setgid */
};

static const unsigned scores[] = { [DECISION_ESCALATE] = 100, [DECISION_INCONCLUSIVE] = 50 };

/* check NULL: any.  Returns how many there are. */
static size_t
name_findings(const struct findings *findings, const char *check, struct buffer *ret_comment)
{
	size_t count = 0;

	buffer_clear(ret_comment);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];

		if (finding->severity > SEVERITY_MEDIUM || (check && strcmp(finding->check->id, check)))
			continue;
		if (count++ < COMMENT_FINDINGS)
			buffer_add_format(ret_comment, "%s%s", count > 1 ? ", " : "", finding_id(finding).text);
	}
	if (count > COMMENT_FINDINGS)
		buffer_add_format(ret_comment, " and %zu more (findings.jsonl)", count - COMMENT_FINDINGS);
	return count;
}

static void
write_technique(struct json *json, const char *id, const char *tactic, unsigned score, const char *comment)
{
	json_begin_object(json, NULL);
	json_text(json, "techniqueID", id);
	json_text(json, "tactic", tactic);
	json_u64(json, "score", score);
	json_text(json, "comment", comment);
	json_bool(json, "enabled", true);
	json_end_object(json);
}

static void
write_techniques(struct json *json, const struct report *report)
{
	unsigned score = scores[report->judgement->decision];
	struct buffer comment;

	buffer_init(&comment, 0);
	json_begin_list(json, "techniques");
	name_findings(report->findings, NULL, &comment);
	write_technique(json, "T1554", "persistence", score, comment.length ? comment.bytes : report->judgement->sentence);
	for (size_t i = 0; i < sizeof techniques / sizeof *techniques; i++)
		if (name_findings(report->findings, techniques[i].check, &comment))
			write_technique(json, techniques[i].id, techniques[i].tactic, score, comment.bytes);
	json_end_list(json);
	buffer_release(&comment);
}

static enum status
write_layer(const struct report *report, struct output *out)
{
	const char *number = report->case_information->number;
	struct lines lines;
	struct json *json = &lines.json;
	struct buffer name;

	buffer_init(&name, 0);
	buffer_add_format(&name, "t1554triage%s%s", number ? ": case " : "", number ? number : "");
	lines_begin(&lines, out);
	json_text(json, "name", name.bytes);
	json_begin_object(json, "versions");
	json_text(json, "layer", "4.5");
	json_text(json, "navigator", "4.9.0");
	json_end_object(json);
	json_text(json, "domain", "enterprise-attack");
	json_text(json, "description", report->judgement->sentence);
	write_techniques(json, report);
	json_begin_object(json, "gradient");
	json_begin_list(json, "colors");
	json_text(json, NULL, "#ffffff");
	json_text(json, NULL, "#f0c36d");
	json_text(json, NULL, "#a61313");
	json_end_list(json);
	json_u64(json, "minValue", 0);
	json_u64(json, "maxValue", 100);
	json_end_object(json);
	buffer_release(&name);
	lines_next(&lines);
	return lines_end(&lines);
}

const struct report_format navigator_json_format = {
	.name        = "navigator.json",
	.description = "the decision and its findings as a layer for the ATT&CK Navigator",
	.write       = write_layer,
};
