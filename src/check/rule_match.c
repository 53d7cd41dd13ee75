/*
 * rule_match.c - what detection rules say: matches of the shipped ones, and of any that name a file with another finding.
 *
 * Everything else that matched stands in rule_matches.jsonl only: thousands of rules do not bury one altered file.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "finding.h"

/* Matches of one rule about one thing in one system. */
struct said {
	const struct rule_match *first;
	const struct file       *file;		/* NULL: none that is listed */
	uint64_t                 count;
	struct place             seen[DRAFT_PLACES];
	size_t                   seen_count;
	bool                     is_witness;	/* a finding only because the file has one already */
};

struct saying {
	const struct inventory *inventory;
	struct map   known;		/* rule, system, object to position in items */
	struct map   flagged;		/* "s1", path in lower case where its system has it so, to the number of a file */
	struct said *items;
	size_t       count, capacity;
	struct buffer key;
};

static void
add_path(struct buffer *key, const char *path, bool is_windows)
{
	/* "C:\Windows\x" in a log is "/Windows/x" in the image. */
	if (is_windows && path[0] && path[1] == ':')
		path += 2;
	for (; *path; path++) {
		char byte = is_windows && *path == '\\' ? '/' : *path;

		buffer_add_char(key, is_windows && byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte);
	}
}

static void
make_path_key(struct buffer *key, const char *system, const char *path, bool is_windows)
{
	buffer_clear(key);
	buffer_add_text(key, system);
	buffer_add_char(key, '\0');
	add_path(key, path, is_windows);
}

static void
index_flagged(struct saying *at, const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct file *file = findings->items[i].file;

		if (!file || !file->system || findings->items[i].severity > SEVERITY_LOW || file->entry.state != ENTRY_ALLOCATED)
			continue;
		make_path_key(&at->key, file->system->id, file->path, file->system->windows);
		map_add(&at->flagged, at->key.bytes, at->key.length, file->number);
	}
}

static const struct file *
flagged_file(struct saying *at, const struct rule_match *match)
{
	const struct inventory *inventory = at->inventory;
	uint64_t number;

	for (size_t i = 0; match->object && match->at.system && i < inventory->systems.count; i++) {
		const struct installed_system *system = &inventory->systems.items[i];

		if (strcmp(system->id, match->at.system))
			continue;
		make_path_key(&at->key, system->id, match->object, system->windows);
		if (map_get(&at->flagged, at->key.bytes, at->key.length, &number))
			return &inventory->files[number];
	}
	return NULL;
}

static struct said *
find_said(struct saying *at, const struct rule_match *match, const struct file *file)
{
	uint64_t position = at->count;

	buffer_clear(&at->key);
	buffer_add_format(&at->key, "%u %s ", (unsigned)match->number, match->at.system ? match->at.system : "-");
	buffer_add_text(&at->key, match->object ? match->object : "");
	if (map_add(&at->known, at->key.bytes, at->key.length, position)) {
		at->items = memory_grow(at->items, at->count, &at->capacity, sizeof *at->items);
		at->items[at->count++] = (struct said){ .first = match, .file = file };
	} else {
		map_get(&at->known, at->key.bytes, at->key.length, &position);
	}
	return &at->items[position];
}

static void
take_match(struct saying *at, const struct rule_match *match)
{
	bool is_of_catalog = match->rule->shipped && !match->rule->never_decides;
	const struct file *file = (match->rule->asks_files || match->rule->asks_content) && match->at.system
		? inventory_file(at->inventory, match->at.system, match->at.path) : flagged_file(at, match);
	struct said *said;

	if (!is_of_catalog && (!file || match->rule->asks_names_only))
		return;
	if (!is_of_catalog && match->rule->asks_content && !flagged_file(at, match))
		return;
	said = find_said(at, match, file);
	said->is_witness = !is_of_catalog;
	said->count++;
	if (said->seen_count < DRAFT_PLACES)
		said->seen[said->seen_count++] = match->at;
}

static enum severity
severity_of(const struct rule *rule)
{
	static const struct { const char *level; enum severity severity; } levels[] = {
		{ "critical", SEVERITY_HIGH }, { "high", SEVERITY_HIGH }, { "medium", SEVERITY_MEDIUM }, { "low", SEVERITY_LOW },
	};

	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
		if (!strcmp(rule->level, levels[i].level))
			return levels[i].severity;
	return SEVERITY_INFO;
}

static void
describe(struct draft *draft, const struct said *said)
{
	const struct rule_match *match = said->first;

	buffer_add_format(&draft->text, "the rule \"%s\"%s matches ", match->rule->title,
		match->rule->shipped ? " of the catalog" : "");
	if (match->rule->asks_files)
		buffer_add_text(&draft->text, "this file");
	else if (match->rule->asks_content)
		buffer_add_text(&draft->text, "the content of this file");
	else if (match->rule->is_correlation)
		buffer_add_text(&draft->text, "events that belong together, the last one at ");
	else
		buffer_add_format(&draft->text, "%llu event%s, the first one at ", (unsigned long long)said->count,
			said->count > 1 ? "s" : "");
	if (!match->rule->asks_files && !match->rule->asks_content)
		add_time(&draft->text, &match->time);
	if (match->object && !match->rule->asks_files && !match->rule->asks_content) {
		buffer_add_text(&draft->text, "; it names ");
		text_add_visible(&draft->text, match->object, strlen(match->object));
	}
	if (said->is_witness)
		buffer_add_text(&draft->text, ", which has another finding; by itself the match would not be one");
}

static void
say(const struct check *self, const struct said *said, struct findings *out)
{
	const struct rule_match *match = said->first;
	struct draft draft;

	draft_begin(&draft, self, said->file, out);
	/* What a log tells of a file adds nothing to what its content says. */
	draft.finding.severity = said->is_witness || (said->file && !match->rule->asks_files && !match->rule->asks_content) ? SEVERITY_LOW
		: severity_of(match->rule);
	draft.finding.support = SUPPORT_LIMITED;
	draft.finding.rule = match->rule;
	draft.subject.evidence = match->at.evidence;
	draft.subject.system = match->at.system;
	draft.subject.path = match->object ? match->object : match->at.path;
	draft.finding.innocent = match->rule->innocent;
	describe(&draft, said);
	for (size_t i = 0; i < said->seen_count; i++)
		draft_see(&draft, &said->seen[i], NULL);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	struct saying at = { .inventory = inventory };

	map_init(&at.known);
	map_init(&at.flagged);
	buffer_init(&at.key, 0);
	index_flagged(&at, out);
	for (size_t i = 0; i < inventory->rule_match_count; i++)
		take_match(&at, &inventory->rule_matches[i]);
	for (size_t i = 0; i < at.count; i++)
		say(self, &at.items[i], out);
	memory_free(at.items);
	buffer_release(&at.key);
	map_release(&at.known);
	map_release(&at.flagged);
}

const struct check rule_match_check = {
	.id       = "rule-match",
	.title    = "event or file that a detection rule describes",
	.severity = SEVERITY_LOW,
	.playbook = "Questions for Analysis: are the altered binaries currently in use or associated with uncommon parent processes?",
	.innocent = "rules describe what attackers do and administrators do, too: the event shows that it happened, not why",
	.whole    = look,
};
