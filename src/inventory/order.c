/* order.c - total orders of facts, so that nothing depends on who came first. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"

int
order_text(const char *a, const char *b)
{
	if (a == b)
		return 0;
	if (!a || !b)
		return a ? 1 : -1;
	return strcmp(a, b);
}

int
order_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static size_t
digits_of(const char **text)
{
	while (**text == '0' && isdigit((unsigned char)(*text)[1]))
		++*text;
	return strspn(*text, "0123456789");
}

int
order_natural(const char *a, const char *b)
{
	const char *whole_a = a, *whole_b = b;

	/* Names of exhibits, volumes and systems are shared: mostly they are the same text. */
	if (a == b || !a || !b)
		return order_text(a, b);
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			size_t length_a = digits_of(&a), length_b = digits_of(&b);
			int order = length_a != length_b ? order_number(length_a, length_b) :
				strncmp(a, b, length_a);

			if (order)
				return order;
			a += length_a;
			b += length_b;
		} else if (*a != *b) {
			return (unsigned char)*a - (unsigned char)*b;
		} else {
			a++;
			b++;
		}
	}
	/* "07" and "7" are the same number and still not the same text. */
	return *a || *b ? (unsigned char)*a - (unsigned char)*b : strcmp(whole_a, whole_b);
}

static int
order_time(const struct timestamp *a, const struct timestamp *b)
{
	int order = order_number((uint64_t)a->seconds ^ 1ULL << 63, (uint64_t)b->seconds ^ 1ULL << 63);

	if (!order)
		order = order_number(a->nanoseconds, b->nanoseconds);
	return order ? order : order_number(a->resolution_nanoseconds, b->resolution_nanoseconds);
}

static int
order_place(const struct place *a, const struct place *b)
{
	int order = order_natural(a->evidence, b->evidence);

	if (!order)
		order = order_natural(a->system, b->system);
	if (!order)
		order = order_natural(a->volume, b->volume);
	if (!order)
		order = order_text(a->path, b->path);
	if (!order)
		order = order_natural(a->inode, b->inode);
	if (!order)
		order = order_number(a->offset, b->offset);
	if (!order)
		order = order_number(a->line, b->line);
	return order ? order : order_number(a->record_id, b->record_id);
}

static int
order_digest(const struct digest *a, const struct digest *b)
{
	int order = order_number(a->algorithm, b->algorithm);

	return order ? order : memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static int
order_package(const void *left, const void *right)
{
	const struct package *a = left, *b = right;
	int order = order_natural(a->system, b->system);

	if (!order)
		order = order_text(a->manager, b->manager);
	if (!order)
		order = order_text(a->name, b->name);
	/* What is installed stands before what is only configured. */
	if (!order)
		order = b->is_installed - a->is_installed;
	if (!order)
		order = order_text(a->architecture, b->architecture);
	if (!order)
		order = order_text(a->version, b->version);
	return order ? order : order_place(&a->at, &b->at);
}

const char *
row_place(const struct package_file *row)
{
	if (row->diverted_to)
		return row->diverted_to;
	return row->canonical ? row->canonical : row->path;
}

/* By place; among rows of one place those with a digest first, and the plain before configuration. */
static int
order_row(const void *left, const void *right)
{
	const struct package_file *a = left, *b = right;
	int order = order_natural(a->system, b->system);

	if (!order)
		order = order_text(row_place(a), row_place(b));
	if (!order)
		order = !a->digest.algorithm - !b->digest.algorithm;
	if (!order)
		order = order_number(a->kind, b->kind);
	if (!order)
		order = order_text(a->manager, b->manager);
	if (!order)
		order = order_text(a->package, b->package);
	if (!order)
		order = order_text(a->architecture, b->architecture);
	if (!order)
		order = order_digest(&a->digest, &b->digest);
	if (!order)
		order = order_place(&a->at, &b->at);
	return order ? order : order_number(a->mode, b->mode);
}

static int
order_lock(const void *left, const void *right)
{
	const struct package_lock *a = left, *b = right;
	int order = order_natural(a->system, b->system);

	if (!order)
		order = order_text(a->manager, b->manager);
	if (!order)
		order = order_text(a->pattern, b->pattern);
	if (!order)
		order = order_text(a->kind, b->kind);
	return order ? order : order_place(&a->at, &b->at);
}

static int
order_diversion(const void *left, const void *right)
{
	const struct package_diversion *a = left, *b = right;
	int order = order_natural(a->system, b->system);

	if (!order)
		order = order_text(a->from, b->from);
	if (!order)
		order = order_text(a->to, b->to);
	return order ? order : order_text(a->package, b->package);
}

static int
order_load(const void *left, const void *right)
{
	const struct package_load *a = left, *b = right;
	int order = order_natural(a->system, b->system);

	if (!order)
		order = order_number(a->kind, b->kind);
	if (!order)
		order = order_text(a->target, b->target);
	return order ? order : order_place(&a->at, &b->at);
}

/* The parts of one package lie side by side, its list first. */
static int
order_part(const void *left, const void *right)
{
	const struct package_part *a = left, *b = right;
	int order = order_natural(a->system, b->system);

	if (!order)
		order = order_text(a->manager, b->manager);
	if (!order)
		order = order_text(a->package, b->package);
	if (!order)
		order = order_text(a->architecture, b->architecture);
	if (!order)
		order = order_number(a->kind, b->kind);
	return order ? order : order_place(&a->at, &b->at);
}

static int
order_volume(const void *left, const void *right)
{
	const struct volume *a = left, *b = right;
	int order = order_natural(a->evidence, b->evidence);

	if (!order)
		order = order_number(a->start, b->start);
	return order ? order : order_natural(a->name, b->name);
}

static int
order_event(const void *left, const void *right)
{
	const struct event *a = left, *b = right;
	int order = order_natural(a->system, b->system);

	if (!order)
		order = order_time(&a->time, &b->time);
	if (!order)
		order = order_place(&a->at, &b->at);
	if (!order)
		order = order_number(a->kind, b->kind);
	if (!order)
		order = order_text(a->object, b->object);
	return order ? order : order_text(a->text, b->text);
}

static int
order_artifact(const void *left, const void *right)
{
	const struct artifact_seen *a = left, *b = right;
	int order = order_natural(a->system, b->system);

	if (!order)
		order = order_text(a->table, b->table);
	if (!order)
		order = order_text(a->driver, b->driver);
	if (!order)
		order = order_text(a->path, b->path);
	return order ? order : order_text(a->result, b->result);
}

static int
order_baseline(const void *left, const void *right)
{
	const struct package_baseline *a = left, *b = right;
	int order = order_text(a->system, b->system);

	if (!order)
		order = order_text(a->canonical ? a->canonical : a->path, b->canonical ? b->canonical : b->path);
	if (!order)
		order = order_time(&a->taken, &b->taken);
	if (!order)
		order = order_text(a->product, b->product);
	return order ? order : order_place(&a->at, &b->at);
}

static int
order_note(const void *left, const void *right)
{
	const struct note *a = left, *b = right;
	int order = order_place(&a->at, &b->at);

	if (!order)
		order = order_number(a->kind, b->kind);
	if (!order)
		order = order_text(a->text, b->text);
	if (!order)
		order = order_number(a->length, b->length);
	return order ? order : order_number(a->files, b->files);
}

static int
order_times(const struct macb *a, const struct macb *b)
{
	int order = order_time(&a->modified, &b->modified);

	if (!order)
		order = order_time(&a->changed, &b->changed);
	if (!order)
		order = order_time(&a->born, &b->born);
	return order ? order : order_time(&a->accessed, &b->accessed);
}

/* The order of files.jsonl; several deleted entries may share everything down to the inode. */
static int
order_file(const void *left, const void *right)
{
	const struct file *a = left, *b = right;
	int order = order_natural(a->evidence, b->evidence);

	if (!order)
		order = order_natural(a->volume, b->volume);
	if (!order)
		order = order_text(a->entry.path, b->entry.path);
	if (!order)
		order = order_text(a->entry.stream, b->entry.stream);
	if (!order)
		order = order_natural(a->entry.inode, b->entry.inode);
	if (!order)
		order = order_number(a->entry.state, b->entry.state);
	if (!order)
		order = order_number(a->entry.size, b->entry.size);
	if (!order)
		order = order_times(&a->entry.times, &b->entry.times);
	if (!order)
		order = memcmp(a->digests.md5, b->digests.md5, sizeof a->digests.md5);
	if (!order)
		order = memcmp(a->digests.sha256, b->digests.sha256, sizeof a->digests.sha256);
	return order ? order : order_number(a->entry.node, b->entry.node);
}

static void
sort(void *items, size_t count, size_t size, int (*order)(const void *, const void *))
{
	if (count > 1)
		qsort(items, count, size, order);
}

void
order_packages(struct inventory *inventory)
{
	sort(inventory->packages, inventory->package_count, sizeof *inventory->packages, order_package);
	sort(inventory->package_files, inventory->package_file_count, sizeof *inventory->package_files,
		order_row);
	sort(inventory->locks, inventory->lock_count, sizeof *inventory->locks, order_lock);
	sort(inventory->parts, inventory->part_count, sizeof *inventory->parts, order_part);
	sort(inventory->loads, inventory->load_count, sizeof *inventory->loads, order_load);
	sort(inventory->diversions, inventory->diversion_count, sizeof *inventory->diversions, order_diversion);
	sort(inventory->baselines, inventory->baseline_count, sizeof *inventory->baselines, order_baseline);
}

void
order_facts(struct inventory *inventory)
{
	sort(inventory->volumes, inventory->volume_count, sizeof *inventory->volumes, order_volume);
	sort(inventory->events, inventory->event_count, sizeof *inventory->events, order_event);
	sort(inventory->artifacts, inventory->artifact_count, sizeof *inventory->artifacts, order_artifact);
	sort(inventory->files, inventory->file_count, sizeof *inventory->files, order_file);
}

void
order_notes(struct inventory *inventory)
{
	sort(inventory->notes, inventory->note_count, sizeof *inventory->notes, order_note);
}
