/* check.c - the table of checks; findings are ordered and numbered. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/check.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "finding.h"

const char *const severity_names[] = { "critical", "high", "medium", "low", "info", NULL };
const char *const support_names[] = {
	"conclusive_match", "strong", "moderate", "limited", "neutral", "supports_benign", NULL
};

#define CHECK(name) extern const struct check name##_check;
#include "check.def"
#undef CHECK

static const struct check *const table[] = {
#define CHECK(name) &name##_check,
#include "check.def"
#undef CHECK
	NULL
};

const struct check *const *
checks(void)
{
	return table;
}

const char *
finding_evidence(const struct finding *finding)
{
	return finding->file ? finding->file->evidence : finding->subject->evidence;
}

const char *
finding_path(const struct finding *finding)
{
	const struct file *file = finding->file;

	return !file ? finding->subject->path : file->path ? file->path : file->entry.path;
}

/* E2 before E10; evidence ids differ in their number alone. */
static int
order_evidence(const char *a, const char *b)
{
	size_t length_a = strlen(a ? a : ""), length_b = strlen(b ? b : "");

	return length_a != length_b ? (length_a > length_b) - (length_a < length_b) : text_compare(a, b);
}

/* By what memory holds. */
static int
order_keys(const struct finding *a, const struct finding *b)
{
	int order = (int)a->severity - (int)b->severity;

	if (!order)
		order = order_evidence(finding_evidence(a), finding_evidence(b));
	if (!order)
		order = text_compare(finding_path(a), finding_path(b));
	if (!order)
		order = text_compare(a->check->id, b->check->id);
	if (!order && a->file && b->file)
		order = (a->file->number > b->file->number) - (a->file->number < b->file->number);
	return order;
}

static int
order_as_added(const struct finding *a, const struct finding *b)
{
	return (a->number > b->number) - (a->number < b->number);
}

static int
order_findings(const void *left, const void *right)
{
	int order = order_keys(left, right);

	return order ? order : order_as_added(left, right);
}

struct told { struct finding finding; const char *text; };

static int
order_told(const void *left, const void *right)
{
	const struct told *a = left, *b = right;
	int order = text_compare(a->text, b->text);

	return order ? order : order_as_added(&a->finding, &b->finding);
}

/* Of one check about one thing: a few, of which the texts are read. */
static void
sort_by_text(struct finding *items, size_t count, struct finding_reader *reader)
{
	struct told *told = memory_allocate(count, sizeof *told);
	struct arena texts;

	arena_init(&texts);
	for (size_t i = 0; i < count; i++) {
		const struct finding_statement *statement = finding_read(reader, &items[i]);

		told[i] = (struct told){ items[i], statement ? arena_copy_text(&texts, statement->text) : NULL };
	}
	qsort(told, count, sizeof *told, order_told);
	for (size_t i = 0; i < count; i++)
		items[i] = told[i].finding;
	arena_release(&texts);
	memory_free(told);
}

static void
sort_findings(struct findings *findings)
{
	struct finding_reader *reader = finding_reader_open(findings, NULL);

	if (findings->count > 1)
		qsort(findings->items, findings->count, sizeof *findings->items, order_findings);
	for (size_t i = 0, next; i < findings->count; i = next) {
		for (next = i + 1; next < findings->count && !order_keys(&findings->items[i], &findings->items[next]); next++)
			;
		if (next - i > 1)
			sort_by_text(&findings->items[i], next - i, reader);
	}
	if (!finding_reader_close(reader) && !findings->error)
		findings->error = EIO;
}

/* The finding of another name of the same content; its own position: there is none before it. */
static size_t
find_keeper(const struct finding *finding, size_t position, struct map *known)
{
	struct { const struct check *check; uint64_t severity, name; } key;
	uint64_t keeper = position;

	if (!finding->file || !finding->check->by_content)
		return position;
	memset(&key, 0, sizeof key);
	key.check = finding->check;
	key.severity = (uint64_t)finding->severity;
	key.name = finding->file->first_name;
	if (!map_add(known, &key, sizeof key, position))
		map_get(known, &key, sizeof key, &keeper);
	return (size_t)keeper;
}

/* Hard links: one finding for one content; it bears the name that stands first. */
static void
merge_names(struct findings *findings)
{
	size_t *keepers = memory_allocate(findings->count + 1, sizeof *keepers), kept = 0;
	const struct file ***names = memory_allocate(findings->count + 1, sizeof *names);
	struct map known;

	map_init(&known);
	for (size_t i = 0; i < findings->count; i++) {
		keepers[i] = find_keeper(&findings->items[i], i, &known);
		findings->items[keepers[i]].name_count += keepers[i] != i;
	}
	for (size_t i = 0; i < findings->count; i++) {
		struct finding *keeper = &findings->items[keepers[i]];

		if (keepers[i] == i && keeper->name_count)
			keeper->names = names[i] = arena_allocate(&findings->arena,
				keeper->name_count * sizeof (const struct file *));
		else if (keepers[i] != i)
			*names[keepers[i]]++ = findings->items[i].file;
	}
	for (size_t i = 0; i < findings->count; i++) {
		if (keepers[i] != i)
			continue;
		findings->items[kept] = findings->items[i];
		findings->items[kept].number = (uint32_t)kept + 1;
		kept++;
	}
	findings->count = kept;
	map_release(&known);
	memory_free(names);
	memory_free(keepers);
}

void
checks_run(const struct inventory *inventory, struct findings *out)
{
	for (size_t i = 0; table[i]; i++) {
		for (size_t file = 0; table[i]->file && file < inventory->file_count; file++)
			table[i]->file(table[i], inventory, &inventory->files[file], out);
		if (table[i]->whole)
			table[i]->whole(table[i], inventory, out);
	}
	findings_settle(out);
	sort_findings(out);
	merge_names(out);
}
