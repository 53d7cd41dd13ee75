/*
 * rule_matches_jsonl.c - one line per match of a rule, by time; what counts as a finding stands in findings.jsonl, too
 *
 *	{"rule":{"id":"58a3c6b2-...","title":"...","level":"low","status":"stable","file":"catalog/..."},"shipped":true, ...}
 */
#include "formats.h"
#include "jsonl.h"
#include "output.h"

static void
write_match(struct json *json, const struct rule_match *match)
{
	json_rule(json, "rule", match->rule);
	json_bool(json, "shipped", match->rule->shipped);
	json_bool(json, "decides", !match->rule->never_decides);
	json_text(json, "system", text_or_dash(match->at.system));
	json_time(json, "time", &match->time);
	json_text(json, "provider", match->provider);
	json_text(json, "event", match->event);
	json_path(json, "object", match->object);
	json_begin_list(json, "seen");
	json_place(json, &match->at);
	json_end_list(json);
}

static enum status
write_matches(const struct report *report, struct output *out)
{
	const struct inventory *inventory = report->inventory;
	struct lines lines;

	lines_begin(&lines, out);
	for (size_t i = 0; i < inventory->rule_match_count && !output_error(out); i++) {
		write_match(&lines.json, &inventory->rule_matches[i]);
		lines_next(&lines);
	}
	return lines_end(&lines);
}

const struct report_format rule_matches_jsonl_format = {
	.name        = "rule_matches.jsonl",
	.description = "every match of a rule with events or files, by time",
	.write       = write_matches,
};
