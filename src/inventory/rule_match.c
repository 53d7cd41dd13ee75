/*
 * rule_match.c - rules that are held against the list of files, and matches in the order in which they are told.
 *
 * Each listed file is asked as if it were an event: under its own name by rules of the catalog (product evidence,
 * service file), and as a file that came to be by rules over file events that ask for nothing but the name.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "order.h"

enum { FILE_FIELDS = 16 };

struct asking {
	struct rule_matcher *matcher;
	void               (*take)(void *context, const struct rule_match *match);
	void                *context;
	const struct file   *file;
	struct buffer        path, capabilities, digests[3];
	struct event_field   fields[FILE_FIELDS];
	size_t               field_count;
};

void
inventory_add_log_match(struct inventory *inventory, const struct rule_match *match)
{
	if (!inventory->rules_kept)
		inventory->rules_kept = rule_kept_open(inventory->rules);
	rule_kept_add(inventory->rules_kept, match);
}

static void
add_match(struct inventory *inventory, const struct rule_match *match)
{
	struct rule_match *copy;

	inventory->rule_matches = memory_grow(inventory->rule_matches, inventory->rule_match_count,
		&inventory->rule_match_capacity, sizeof *inventory->rule_matches);
	copy = &inventory->rule_matches[inventory->rule_match_count++];
	*copy = *match;
	copy->rule = rule_set_rule(inventory->rules, match->number);
	copy->at = inventory_own_place(inventory, &match->at);
	copy->provider = inventory_shared_text(inventory, match->provider);
	copy->event = inventory_shared_text(inventory, match->event);
	copy->object = inventory_shared_text(inventory, match->object);
	copy->group = inventory_shared_text(inventory, match->group);
}

void
inventory_add_rule_match(struct inventory *inventory, const struct rule_match *match)
{
	if (inventory->rule_match_count < limit_get(LIMIT_RULE_MATCHES))
		add_match(inventory, match);
	else
		inventory->rule_matches_dropped++;
}

static void
take_kept(void *context, const struct rule_match *match)
{
	struct inventory *inventory = context;

	if (rule_set_rule(inventory->rules, match->number)->is_silent)
		inventory->rule_parts_left_out += match->left_out;
	else
		inventory->rule_matches_left_out += match->left_out;
	if (!match->left_out)
		add_match(inventory, match);
}

/* ---- files as events ---- */

static void
add_field(struct asking *at, const char *name, const char *value)
{
	if (value)
		at->fields[at->field_count++] = (struct event_field){ name, value };
}

/* "/Windows/System32/a.dll" as rules of Windows write it; the letter is that of the system's drive. */
static const char *
path_in_rules(struct asking *at, const struct file *file)
{
	if (!file->system || !file->system->windows)
		return file->path;
	buffer_clear(&at->path);
	buffer_add_text(&at->path, "C:");
	for (const char *c = file->path; *c; c++)
		buffer_add_char(&at->path, *c == '/' ? '\\' : *c);
	return at->path.bytes;
}

/* The names of the bits that rules ask for. */
static const char *
capability_names(struct asking *at, const struct file *file)
{
	static const struct { unsigned bit; const char *name; } names[] = {
		{ 6, "cap_setgid" }, { 7, "cap_setuid" }, { 1, "cap_dac_override" }, { 12, "cap_net_admin" },
		{ 13, "cap_net_raw" }, { 19, "cap_sys_ptrace" }, { 21, "cap_sys_admin" },
	};

	buffer_clear(&at->capabilities);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (file->entry.capabilities >> names[i].bit & 1)
			buffer_add_format(&at->capabilities, "%s%s", at->capabilities.length ? "," : "", names[i].name);
	return file->entry.capabilities ? at->capabilities.bytes : NULL;
}

static void
add_digests(struct asking *at, const struct file *file)
{
	static const struct { enum digest_algorithm algorithm; const char *name; } algorithms[] = {
		{ DIGEST_MD5, "md5" }, { DIGEST_SHA1, "sha1" }, { DIGEST_SHA256, "sha256" },
	};

	for (size_t i = 0; i < 3 && !file->unreliable; i++) {
		const uint8_t *bytes = digests_get(&file->digests, algorithms[i].algorithm);

		if (!bytes)
			continue;
		buffer_clear(&at->digests[i]);
		text_add_hex(&at->digests[i], bytes, digest_size(algorithms[i].algorithm));
		add_field(at, algorithms[i].name, at->digests[i].bytes);
	}
}

/* A capability that the package's own record gives is no change. */
static bool
has_recorded_capabilities(const struct file *file)
{
	return file->expected && file->expected->has_capabilities &&
	       file->expected->capabilities == file->entry.capabilities;
}

static void
describe(struct asking *at, const struct file *file)
{
	bool owned = file->row_count > 0 || file->package_state == PACKAGE_STATE_DERIVED;

	at->file = file;
	at->field_count = 0;
	add_field(at, "TargetFilename", path_in_rules(at, file));
	add_field(at, "Path", file->path);
	add_field(at, "Name", text_base_name(file->path));
	add_field(at, "Type", program_type_names[file->type]);
	add_field(at, "State", file->entry.state == ENTRY_ALLOCATED ? "allocated" : "deleted");
	add_field(at, "System", !file->system ? "none" : file->system->windows ? "windows" : "unix");
	add_field(at, "Owned", owned ? "true" : file->package_state == PACKAGE_STATE_UNOWNED ? "false" : "unknown");
	add_field(at, "PackageState", package_state_names[file->package_state]);
	add_field(at, "Capabilities", has_recorded_capabilities(file) ? NULL : capability_names(at, file));
	add_digests(at, file);
}

static void
take_hit(void *context, const struct rule_hit *hit)
{
	struct asking *at = context;
	const struct file *file = at->file;
	struct rule_match match = { .number = hit->rule->number, .provider = "evidence", .object = file->path,
		.at = { .evidence = file->evidence, .system = file->system ? file->system->id : NULL,
			.volume = file->volume, .path = file->path, .inode = file->entry.inode } };

	/* A rule over file events that asks for more cannot be answered by a name. */
	if (hit->rule->asks_files || hit->rule->asks_names_only)
		at->take(at->context, &match);
}

void
inventory_ask_rules(const struct inventory *inventory, size_t first, size_t count,
	void (*take)(void *context, const struct rule_match *match), void *context)
{
	struct asking at = { .matcher = rule_matcher_open(inventory->rules), .take = take, .context = context };
	struct event event = { .provider = "evidence" };

	buffer_init(&at.path, 0);
	buffer_init(&at.capabilities, 0);
	for (size_t i = 0; i < 3; i++)
		buffer_init(&at.digests[i], 0);
	for (size_t i = first; i < inventory->file_count && i - first < count; i++) {
		const struct file *file = &inventory->files[i];

		if (file->entry.stream)
			continue;
		describe(&at, file);
		event.channel = file->system && file->system->windows ? "windows" : "unix";
		event.fields = at.fields;
		event.field_count = at.field_count;
		rule_matcher_ask(at.matcher, &event, take_hit, &at);
	}
	for (size_t i = 0; i < 3; i++)
		buffer_release(&at.digests[i]);
	buffer_release(&at.capabilities);
	buffer_release(&at.path);
	rule_matcher_close(at.matcher);
}

/* ---- order ---- */

static int
compare_matches(const void *a, const void *b)
{
	return rule_match_compare(a, b);
}

static void
sort_matches(struct inventory *inventory)
{
	if (inventory->rule_match_count > 1)
		qsort(inventory->rule_matches, inventory->rule_match_count, sizeof *inventory->rule_matches, compare_matches);
}

/* As many as may be kept, the first by time. */
static void
keep_first(struct inventory *inventory)
{
	uint64_t at_most = limit_get(LIMIT_RULE_MATCHES);

	if (inventory->rule_match_count <= at_most)
		return;
	inventory->rule_matches_dropped += inventory->rule_match_count - at_most;
	inventory->rule_match_count = (size_t)at_most;
}

static void
take_correlated(void *context, const struct rule_match *match)
{
	inventory_add_rule_match(context, match);
}

static void
correlate(struct inventory *inventory)
{
	struct rule_match *matches = memory_allocate(inventory->rule_match_count + 1, sizeof *matches);
	size_t count = inventory->rule_match_count, kept = 0;

	if (count)
		memcpy(matches, inventory->rule_matches, count * sizeof *matches);
	/* What is only a part of a correlation is not told by itself. */
	for (size_t i = 0; i < count; i++)
		if (!matches[i].rule->is_silent)
			inventory->rule_matches[kept++] = matches[i];
	inventory->rule_match_count = kept;
	rules_correlate(inventory->rules, matches, count, take_correlated, inventory);
	memory_free(matches);
}

void
inventory_match_rules(struct inventory *inventory)
{
	if (!inventory->rules)
		return;
	if (inventory->rules_kept)
		rule_kept_each(inventory->rules_kept, take_kept, inventory);
	rule_kept_close(inventory->rules_kept);
	inventory->rules_kept = NULL;
	sort_matches(inventory);
	keep_first(inventory);
	correlate(inventory);
	sort_matches(inventory);
}
