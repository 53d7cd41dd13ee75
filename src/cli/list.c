/* list.c - the driver tables, as users and tests see them. */
#include <string.h>

#include <t1554triage/binary.h>
#include <t1554triage/check.h>
#include <t1554triage/content_rule.h>
#include <t1554triage/event_vocabulary.h>
#include <t1554triage/filesystem.h>
#include <t1554triage/hashset.h>
#include <t1554triage/image.h>
#include <t1554triage/limit.h>
#include <t1554triage/package.h>
#include <t1554triage/report.h>
#include <t1554triage/rule.h>
#include <t1554triage/stack.h>
#include <t1554triage/volume.h>

#include "cli.h"

static void
row(const char *name, const char *description)
{
	printf("  %-24s %s\n", name, description);
}

#define LIST_DRIVERS(function, table) \
static void \
function(void) \
{ \
	for (size_t i = 0; table()[i]; i++) \
		row(table()[i]->name, table()[i]->description); \
}

LIST_DRIVERS(list_images, image_drivers)
LIST_DRIVERS(list_volumes, volume_drivers)
LIST_DRIVERS(list_stacks, stack_drivers)
LIST_DRIVERS(list_filesystems, filesystem_drivers)
LIST_DRIVERS(list_binaries, binary_formats)
LIST_DRIVERS(list_packages, package_db_drivers)
LIST_DRIVERS(list_logs, eventlog_drivers)
LIST_DRIVERS(list_hashsets, hashset_formats)
LIST_DRIVERS(list_reports, report_formats)

static void
list_recognised(void)
{
	for (const struct signature_row *signature = volume_signatures(); signature->name; signature++)
		row(signature->name, signature->description);
}

static void
list_checks(void)
{
	for (size_t i = 0; checks()[i]; i++)
		row(checks()[i]->id, checks()[i]->title);
}

static void
list_events(void)
{
#define EVENT_KIND(name, meaning) row(event_kind_names[EVENT_##name], meaning);
#include <t1554triage/event_kind.def>
#undef EVENT_KIND
}

/* Each name, then what the logs call it. */
static void
list_fields(void)
{
	for (int name = 0; name < EVENT_NAME_COUNT; name++) {
		row(event_name_rows[name].name, event_name_rows[name].meaning);
		for (const struct vocabulary *from = vocabularies(); from->name; from++)
			for (const struct vocabulary_word *word = from->words; word->called; word++)
				if ((int)word->is == name)
					printf("  %-24s   %s: %s\n", "", from->name, word->called);
	}
}

static void
list_notes(void)
{
	for (int i = 0; i < NOTE_KIND_COUNT; i++)
		row(note_kind_name((enum note_kind)i), note_kind_meaning((enum note_kind)i));
}

static void
list_limits(void)
{
	for (int i = 0; i < LIMIT_COUNT; i++) {
		char name[64];

		snprintf(name, sizeof name, "%s=%llu", limit_name((enum limit)i),
			(unsigned long long)limit_get((enum limit)i));
		row(name, limit_meaning((enum limit)i));
	}
}

static void
list_rules(void)
{
	static const struct rule_sink silent;
	struct rule_set *set = rule_set_open();
	struct content_rules *contents;

	rule_set_add_catalog(set, &silent);
	contents = content_rules_open();
	if (contents)
		content_rules_add_catalog(contents, &silent);
	if (!contents || !content_rules_compile(contents, set))
		row("(contents)", "rules over contents need YARA: not in this build");
	for (size_t i = 0; i < rule_set_count(set); i++) {
		const struct rule *rule = rule_set_rule(set, i);

		row(rule->id, rule->title);
		printf("  %-24s %s%s%s%s%s\n", "", rule->level, rule->never_decides ? ", never decides" : "",
			rule->stands_for ? ", stands for " : "", rule->stands_for ? rule->stands_for : "",
			rule->is_correlation ? ", over several events" : rule->asks_content ? ", over contents" : "");
		if (rule->needs)
			printf("  %-24s needs %s\n", "", rule->needs);
		if (rule->unanswered)
			printf("  %-24s does not answer %s\n", "", rule->unanswered);
	}
	content_rules_close(contents);
	rule_set_close(set);
}

static void
list_missing(void)
{
#define MISSING(table, name, why) row(table " " name, why ": not in this version");
#include "missing.def"
#undef MISSING
}

static const struct table {
	const char *name, *title;
	void (*list)(void);
} tables[] = {
	{ "images",      "evidence containers", list_images },
	{ "volumes",     "partition tables", list_volumes },
	{ "stacks",      "volumes on others: volume groups, arrays", list_stacks },
	{ "filesystems", "file systems, folders and archives", list_filesystems },
	{ "recognised",  "formats that are recognised and not read", list_recognised },
	{ "binaries",    "programs by content", list_binaries },
	{ "packages",    "package databases and locks", list_packages },
	{ "logs",        "logs", list_logs },
	{ "hashsets",    "formats of hash sets", list_hashsets },
	{ "checks",      "checks", list_checks },
	{ "rules",       "detection rules of the catalog", list_rules },
	{ "events",      "kinds of events", list_events },
	{ "fields",      "fields of events by their one name, and what logs call them", list_fields },
	{ "notes",       "kinds of notes", list_notes },
	{ "limits",      "limits", list_limits },
	{ "reports",     "files of the output folder", list_reports },
	{ "missing",     "what the interface names and this version does not do", list_missing },
};

int
command_list(int argc, char *argv[])
{
	bool found = false;

	if (argc > 2) {
		fprintf(stderr, "t1554triage: list: one table at a time, or none for all\n");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		if (argc > 1 && strcmp(argv[1], tables[i].name))
			continue;
		printf("%s%s (%s):\n", found ? "\n" : "", tables[i].title, tables[i].name);
		tables[i].list();
		found = true;
	}
	if (found)
		return 0;
	fprintf(stderr, "t1554triage: %s: no such table; there are", argv[1]);
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		fprintf(stderr, " %s", tables[i].name);
	fputc('\n', stderr);
	return EXIT_USAGE;
}
