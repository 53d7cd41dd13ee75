/* check.c - the table of checks; findings are taken in, ordered and numbered. */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/check.h>
#include <t1554triage/memory.h>

#include "finding.h"

enum { NAMES_SAID = 5 };

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

void
findings_init(struct findings *findings)
{
	*findings = (struct findings){ .items = NULL };
	arena_init(&findings->arena);
}

void
findings_release(struct findings *findings)
{
	memory_free(findings->items);
	arena_release(&findings->arena);
	*findings = (struct findings){ .items = NULL };
}

struct finding *
findings_add(struct findings *findings, const struct finding *finding)
{
	struct arena *arena = &findings->arena;
	struct finding *copy;

	findings->items = memory_grow(findings->items, findings->count, &findings->capacity,
		sizeof *findings->items);
	copy = &findings->items[findings->count++];
	*copy = *finding;
	copy->text = arena_copy_text(arena, finding->text);
	copy->innocent = arena_copy_text(arena, finding->innocent);
	copy->path = arena_copy_text(arena, finding->path);
	if (finding->seen_count) {
		struct place *seen = arena_allocate(arena, finding->seen_count * sizeof *seen);
		const char **texts = arena_allocate(arena, finding->seen_count * sizeof *texts);

		memcpy(seen, finding->seen, finding->seen_count * sizeof *seen);
		for (size_t i = 0; finding->seen_text && i < finding->seen_count; i++)
			texts[i] = arena_copy_text(arena, finding->seen_text[i]);
		copy->seen = seen;
		copy->seen_text = texts;
		copy->seen_decoded = NULL;
		if (finding->seen_decoded) {
			bool *decoded = arena_allocate(arena, finding->seen_count * sizeof *decoded);

			memcpy(decoded, finding->seen_decoded, finding->seen_count * sizeof *decoded);
			copy->seen_decoded = decoded;
		}
	}
	return copy;
}

const char *
finding_evidence(const struct finding *finding)
{
	return finding->file ? finding->file->evidence : finding->evidence;
}

const char *
finding_path(const struct finding *finding)
{
	return finding->file ? finding->file->path : finding->path;
}

static int
order_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

/* E2 before E10; evidence ids differ in their number alone. */
static int
order_evidence(const char *a, const char *b)
{
	size_t length_a = strlen(a ? a : ""), length_b = strlen(b ? b : "");

	return length_a != length_b ? (length_a > length_b) - (length_a < length_b) : order_texts(a, b);
}

static int
order_findings(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	int order = (int)a->severity - (int)b->severity;

	if (!order)
		order = order_evidence(finding_evidence(a), finding_evidence(b));
	if (!order)
		order = order_texts(finding_path(a), finding_path(b));
	if (!order)
		order = order_texts(a->check->id, b->check->id);
	if (!order && a->file && b->file)
		order = (a->file->number > b->file->number) - (a->file->number < b->file->number);
	return order ? order : order_texts(a->text, b->text);
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

static void
say_names(struct findings *findings, struct finding *finding)
{
	struct buffer text;

	buffer_init(&text, 0);
	buffer_add_format(&text, "%s; the same file has the name%s ", finding->text, finding->name_count > 1 ? "s" : "");
	for (size_t i = 0; i < finding->name_count && i < NAMES_SAID; i++)
		buffer_add_format(&text, "%s%s", i ? ", " : "", finding->names[i]->path);
	if (finding->name_count > NAMES_SAID)
		buffer_add_format(&text, " and %zu more", finding->name_count - NAMES_SAID);
	finding->text = arena_copy_text(&findings->arena, text.bytes);
	buffer_release(&text);
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
		if (findings->items[i].name_count)
			say_names(findings, &findings->items[i]);
		findings->items[kept++] = findings->items[i];
	}
	findings->count = kept;
	map_release(&known);
	memory_free(names);
	memory_free(keepers);
}

static void
number_findings(const struct inventory *inventory, struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		findings->items[i].id = arena_format(&findings->arena, "F-%04zu", i + 1);
		finding_set_repeat(inventory, &findings->items[i], &findings->arena);
	}
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
	if (out->count > 1)
		qsort(out->items, out->count, sizeof *out->items, order_findings);
	merge_names(out);
	number_findings(inventory, out);
}
