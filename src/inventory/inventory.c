/* inventory.c - taking facts in: each is copied, texts that repeat are kept once. */
#include <string.h>

#include <t1554triage/inventory.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "order.h"

const char *const package_state_names[] = {
	"none", "verified", "modified", "mode_changed", "missing", "not_installed", "excluded", "config",
	"ghost", "noverify", "replaced", "diverted", "prelinked", "derived", "local", "no_baseline",
	"unowned", NULL
};

const char *const verdict_names[] = {
	"not_examined", "conflict", "known_bad", "unreliable", "changed_unexplained", "changed_no_record",
	"changed_explained", "suspicious", "known_tool", "known_good", "matches_record", "known",
	"unknown", NULL
};

const char *const trust_names[] = {
	"none", "path", "database", "self_digest", "signed_database", "independent_set",
	"vendor_signature", NULL
};

void
inventory_init(struct inventory *inventory)
{
	memset(inventory, 0, sizeof *inventory);
	arena_init(&inventory->arena);
	map_init(&inventory->texts);
	map_init(&inventory->package_by_name);
	map_init(&inventory->rows_by_path);
	map_init(&inventory->baselines_by_path);
	map_init(&inventory->file_by_path);
}

void
inventory_release(struct inventory *inventory)
{
	void *lists[] = { inventory->volumes, inventory->packages, inventory->package_files,
		inventory->locks, inventory->diversions, inventory->loads, inventory->parts, inventory->witnesses, inventory->baselines, inventory->events, inventory->notes,
		inventory->artifacts, inventory->files, inventory->row_next, inventory->events_by_package,
		inventory->rule_matches, inventory->bad_traffic, inventory->traffic_witnesses, inventory->left_out };

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		memory_free(lists[i]);
	inventory_release_differences(inventory);
	rule_kept_close(inventory->rules_kept);
	event_store_close(inventory->event_store);
	map_release(&inventory->texts);
	map_release(&inventory->package_by_name);
	map_release(&inventory->rows_by_path);
	map_release(&inventory->baselines_by_path);
	map_release(&inventory->file_by_path);
	systems_release(&inventory->systems);
	arena_release(&inventory->arena);
	memset(inventory, 0, sizeof *inventory);
}

/* A text of which many facts have the same. */
static const char *
shared_text(struct inventory *inventory, const char *text)
{
	uint64_t known;
	char *copy;

	if (!text)
		return NULL;
	if (map_get_text(&inventory->texts, text, &known))
		return (const char *)(uintptr_t)known;
	copy = arena_copy_text(&inventory->arena, text);
	map_add_text(&inventory->texts, text, (uintptr_t)copy);
	return copy;
}

/* Facts come in runs: the one before has the same text most of the time. */
static const char *
shared_text_after(struct inventory *inventory, const char *before, const char *text)
{
	if (before && text && !strcmp(before, text))
		return before;
	return shared_text(inventory, text);
}

static const char *
own_text(struct inventory *inventory, const char *text)
{
	return arena_copy_text(&inventory->arena, text);
}

static struct place
own_place(struct inventory *inventory, const struct place *before, const struct place *place)
{
	struct place copy = *place;

	copy.evidence = shared_text_after(inventory, before->evidence, place->evidence);
	copy.system = shared_text_after(inventory, before->system, place->system);
	copy.volume = shared_text_after(inventory, before->volume, place->volume);
	copy.path = shared_text_after(inventory, before->path, place->path);
	copy.inode = shared_text_after(inventory, before->inode, place->inode);
	return copy;
}

const char *
inventory_shared_text(struct inventory *inventory, const char *text)
{
	return shared_text(inventory, text);
}

struct place
inventory_own_place(struct inventory *inventory, const struct place *place)
{
	static const struct place nowhere;

	return own_place(inventory, &nowhere, place);
}

/* Appends a copy of the struct; what it points to is made the inventory's by the caller. */
#define APPEND(inventory_, list_, count_, capacity_, item_) \
	(inventory_->list_ = memory_grow(inventory_->list_, inventory_->count_, &inventory_->capacity_, \
		sizeof *inventory_->list_), \
	 inventory_->list_[inventory_->count_] = *(item_), \
	 &inventory_->list_[inventory_->count_++])

struct note *
inventory_add_note(struct inventory *inventory, const struct note *note)
{
	static const struct place nowhere;
	struct note *copy;

	if (inventory->note_count >= limit_get(LIMIT_NOTES)) {
		inventory->notes_dropped++;
		return NULL;
	}
	copy = APPEND(inventory, notes, note_count, note_capacity, note);
	copy->at = own_place(inventory, &nowhere, &note->at);
	copy->text = own_text(inventory, note->text);
	return copy;
}

static void
take_note(void *context, const struct note *note)
{
	struct note own = *note;

	own.of_judging = true;
	inventory_add_note(context, &own);
}

struct notes
inventory_notes(struct inventory *inventory)
{
	return (struct notes){ .add = take_note, .context = inventory };
}

void
inventory_add_volume(struct inventory *inventory, const struct volume *volume)
{
	struct volume *copy = APPEND(inventory, volumes, volume_count, volume_capacity, volume);

	copy->evidence = shared_text(inventory, volume->evidence);
	copy->name = shared_text(inventory, volume->name);
	copy->scheme = shared_text(inventory, volume->scheme);
	copy->type = shared_text(inventory, volume->type);
	copy->label = own_text(inventory, volume->label);
	copy->part_uuid = own_text(inventory, volume->part_uuid);
	copy->recognised = shared_text(inventory, volume->recognised);
	copy->member_of = shared_text(inventory, volume->member_of);
	copy->devices = own_text(inventory, volume->devices);
}

void
inventory_add_package(struct inventory *inventory, const struct package *package)
{
	static const struct place nowhere;
	struct package *copy = APPEND(inventory, packages, package_count, package_capacity, package);

	copy->system = shared_text(inventory, package->system);
	copy->manager = shared_text(inventory, package->manager);
	copy->name = shared_text(inventory, package->name);
	copy->version = own_text(inventory, package->version);
	copy->architecture = shared_text(inventory, package->architecture);
	copy->vendor = shared_text(inventory, package->vendor);
	copy->state = shared_text(inventory, package->state);
	copy->at = own_place(inventory, &nowhere, &package->at);
}

bool
artifact_seen_is_log(const struct artifact_seen *artifact)
{
	return artifact->path && artifact->table && !strcmp(artifact->table, "eventlog") &&
	       eventlog_is_log(artifact->driver, artifact->path);
}

void
inventory_add_package_file(struct inventory *inventory, const struct package_file *file)
{
	static const struct package_file nothing;
	const struct package_file *before;
	struct package_file *copy;

	if (inventory_leaves_out(inventory, inventory->package_file_count, &(struct rows_left_out){ .what = ROWS_OF_PACKAGES,
			.system = file->system, .from = file->manager, .at = file->at }))
		return;
	copy = APPEND(inventory, package_files, package_file_count, package_file_capacity, file);
	before = inventory->package_file_count > 1 ? copy - 1 : &nothing;
	copy->system = shared_text_after(inventory, before->system, file->system);
	copy->manager = shared_text_after(inventory, before->manager, file->manager);
	copy->package = shared_text_after(inventory, before->package, file->package);
	copy->architecture = shared_text_after(inventory, before->architecture, file->architecture);
	copy->path = own_text(inventory, file->path);
	copy->canonical = file->canonical && strcmp(file->canonical, file->path) ?
		own_text(inventory, file->canonical) : NULL;
	copy->diverted_to = own_text(inventory, file->diverted_to);
	copy->link_target = own_text(inventory, file->link_target);
	copy->user = copy->group = NULL;
	copy->link_digest = own_text(inventory, file->link_digest);
	copy->at = own_place(inventory, &before->at, &file->at);
}

void
inventory_add_lock(struct inventory *inventory, const struct package_lock *lock)
{
	static const struct place nowhere;
	struct package_lock *copy = APPEND(inventory, locks, lock_count, lock_capacity, lock);

	copy->system = shared_text(inventory, lock->system);
	copy->manager = shared_text(inventory, lock->manager);
	copy->pattern = own_text(inventory, lock->pattern);
	copy->kind = shared_text(inventory, lock->kind);
	copy->by = own_text(inventory, lock->by);
	copy->text = own_text(inventory, lock->text);
	copy->at = own_place(inventory, &nowhere, &lock->at);
}

void
inventory_add_diversion(struct inventory *inventory, const struct package_diversion *diversion)
{
	static const struct place nowhere;
	struct package_diversion *copy = APPEND(inventory, diversions, diversion_count,
		diversion_capacity, diversion);

	copy->system = shared_text(inventory, diversion->system);
	copy->from = own_text(inventory, diversion->from);
	copy->to = own_text(inventory, diversion->to);
	copy->package = shared_text(inventory, diversion->package);
	copy->at = own_place(inventory, &nowhere, &diversion->at);
}

void
inventory_add_load(struct inventory *inventory, const struct package_load *load)
{
	static const struct place nowhere;
	struct package_load *copy = APPEND(inventory, loads, load_count, load_capacity, load);

	copy->system = shared_text(inventory, load->system);
	copy->target = own_text(inventory, load->target);
	copy->canonical = own_text(inventory, load->canonical);
	copy->text = own_text(inventory, load->text);
	copy->at = own_place(inventory, &nowhere, &load->at);
}

void
inventory_add_witness(struct inventory *inventory, const struct package_witness *witness)
{
	static const struct place nowhere;
	struct package_witness *copy;

	if (inventory_leaves_out(inventory, inventory->witness_count, &(struct rows_left_out){ .what = ROWS_OF_ARCHIVES,
			.system = witness->system, .from = witness->manager, .at = witness->at }))
		return;
	copy = APPEND(inventory, witnesses, witness_count, witness_capacity, witness);
	copy->system = shared_text(inventory, witness->system);
	copy->manager = shared_text(inventory, witness->manager);
	copy->package = shared_text(inventory, witness->package);
	copy->architecture = shared_text(inventory, witness->architecture);
	copy->version = shared_text(inventory, witness->version);
	copy->path = own_text(inventory, witness->path);
	copy->chain = shared_text(inventory, witness->chain);
	copy->at = own_place(inventory, &nowhere, &witness->at);
}

void
inventory_add_baseline(struct inventory *inventory, const struct package_baseline *baseline)
{
	static const struct place nowhere;
	struct package_baseline *copy;

	if (inventory_leaves_out(inventory, inventory->baseline_count, &(struct rows_left_out){ .what = ROWS_OF_CHECKERS,
			.system = baseline->system, .from = baseline->product, .at = baseline->at }))
		return;
	copy = APPEND(inventory, baselines, baseline_count, baseline_capacity, baseline);
	copy->system = shared_text(inventory, baseline->system);
	copy->product = shared_text(inventory, baseline->product);
	copy->path = own_text(inventory, baseline->path);
	copy->canonical = own_text(inventory, baseline->canonical);
	copy->at = own_place(inventory, &nowhere, &baseline->at);
}

void
inventory_add_part(struct inventory *inventory, const struct package_part *part)
{
	static const struct place nowhere;
	struct package_part *copy = APPEND(inventory, parts, part_count, part_capacity, part);

	copy->system = shared_text(inventory, part->system);
	copy->manager = shared_text(inventory, part->manager);
	copy->package = shared_text(inventory, part->package);
	copy->architecture = shared_text(inventory, part->architecture);
	copy->contradiction = own_text(inventory, part->contradiction);
	copy->at = own_place(inventory, &nowhere, &part->at);
}

static const struct event_field *
own_fields(struct inventory *inventory, const struct event *event)
{
	struct event_field *copies;

	if (!event->field_count)
		return NULL;
	copies = arena_allocate(&inventory->arena, event->field_count * sizeof *copies);
	for (size_t i = 0; i < event->field_count; i++) {
		copies[i].name = shared_text(inventory, event->fields[i].name);
		copies[i].value = own_text(inventory, event->fields[i].value);
	}
	return copies;
}

void
inventory_add_event(struct inventory *inventory, const struct event *event)
{
	static const struct event nothing;
	struct event *copy = APPEND(inventory, events, event_count, event_capacity, event);
	const struct event *before = inventory->event_count > 1 ? copy - 1 : &nothing;

	copy->system = shared_text_after(inventory, before->system, event->system);
	copy->time_source = shared_text_after(inventory, before->time_source, event->time_source);
	copy->provider = shared_text_after(inventory, before->provider, event->provider);
	copy->id = shared_text_after(inventory, before->id, event->id);
	copy->channel = shared_text_after(inventory, before->channel, event->channel);
	copy->subject = shared_text_after(inventory, before->subject, event->subject);
	copy->object = shared_text_after(inventory, before->object, event->object);
	copy->architecture = shared_text_after(inventory, before->architecture, event->architecture);
	copy->version_old = shared_text_after(inventory, before->version_old, event->version_old);
	copy->version_new = shared_text_after(inventory, before->version_new, event->version_new);
	copy->user = shared_text_after(inventory, before->user, event->user);
	copy->text = own_text(inventory, event->text);
	copy->fields = own_fields(inventory, event);
	copy->at = own_place(inventory, &before->at, &event->at);
}

void
inventory_add_artifact(struct inventory *inventory, const struct artifact_seen *artifact)
{
	struct artifact_seen *copy = APPEND(inventory, artifacts, artifact_count, artifact_capacity, artifact);

	copy->system = shared_text(inventory, artifact->system);
	copy->driver = shared_text(inventory, artifact->driver);
	copy->table = shared_text(inventory, artifact->table);
	copy->path = own_text(inventory, artifact->path);
	copy->result = shared_text(inventory, artifact->result);
}

void
inventory_add_file(struct inventory *inventory, const struct file *file)
{
	struct file *copy = APPEND(inventory, files, file_count, file_capacity, file);

	copy->entry.path = own_text(inventory, file->entry.path);
	copy->entry.stream = own_text(inventory, file->entry.stream);
	copy->entry.inode = own_text(inventory, file->entry.inode);
	copy->entry.link_target = own_text(inventory, file->entry.link_target);
	copy->entry.not_readable = shared_text(inventory, file->entry.not_readable);
	copy->entry.collector = shared_text(inventory, file->entry.collector);
	copy->label_expected = shared_text(inventory, file->label_expected);
	copy->entry.selinux = shared_text(inventory, file->entry.selinux);
	copy->entry.ima = own_text(inventory, file->entry.ima);
	copy->entry.further = arena_copy_part(&inventory->arena, file->entry.further, sizeof *file->entry.further);
	copy->entry.collected = arena_copy_part(&inventory->arena, file->entry.collected, sizeof *file->entry.collected);
	copy->extra = arena_copy_part(&inventory->arena, file->extra, sizeof *file->extra);
	copy->not_examined = shared_text(inventory, file->not_examined);
	copy->digest_origin = shared_text(inventory, file->digest_origin);
}

void
inventory_take_files(struct inventory *inventory, struct file *files, size_t count)
{
	inventory->files = files;
	inventory->file_count = inventory->file_capacity = count;
}

const struct system_summary *
inventory_summary(const struct inventory *inventory, const struct installed_system *system)
{
	if (!system || !inventory->summaries)
		return NULL;
	return &inventory->summaries[system - inventory->systems.items];
}
