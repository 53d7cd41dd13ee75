/* xml_coverage.c - what was examined, by what, and what was not: systems, evidence, sets, sources, locks, notes. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "formats.h"
#include "jsonl.h"
#include "sections.h"

/* A mount, or a layer below one. */
static void
write_tree(struct xml *xml, const struct inventory *inventory, const char *element, const struct layer *layer,
	const char *where)
{
	xml_begin(xml, element);
	xml_attribute(xml, "evidence", inventory->filesystems[layer->filesystem].fact.evidence);
	xml_attribute(xml, "volume", inventory->filesystems[layer->filesystem].fact.volume);
	xml_attribute(xml, "subroot", where && *layer->subroot ? layer->subroot : NULL);
	xml_path(xml, "path", where ? where : layer->subroot);
	xml_end(xml);
}

/* Each program once, with the system of its first name. */
struct system_programs { uint64_t programs, unowned; };

static struct system_programs *
count_programs(const struct inventory *inventory)
{
	struct system_programs *counts = memory_allocate(inventory->systems.count + 1, sizeof *counts);
	struct counted_programs programs;

	counted_programs_find(&programs, inventory);
	for (size_t i = 0; i < programs.count; i++) {
		const struct installed_system *system = programs.items[i].file->system;
		struct system_programs *count = system ? &counts[system - inventory->systems.items] : NULL;

		if (!count)
			continue;
		count->programs++;
		count->unowned += programs.items[i].is_unowned;
	}
	counted_programs_release(&programs);
	return counts;
}

static void
write_system(struct xml *xml, const struct system_summary *summary, const struct system_programs *counts,
	const struct inventory *inventory)
{
	const struct installed_system *system = summary->system;

	xml_begin(xml, "system");
	xml_attribute(xml, "id", system->id);
	xml_attribute(xml, "kind", system_kind_names[system->kind]);
	xml_attribute(xml, "within", system->within);
	xml_attribute_bool(xml, "complete", system->complete);
	xml_attribute(xml, "zone", summary->zone.known ? summary->zone.name : NULL);
	xml_attribute(xml, "zone-source", summary->zone_source && *summary->zone_source ? summary->zone_source : NULL);
	xml_attribute_bool(xml, "package-database", summary->has_database);
	xml_attribute_bool(xml, "package-database-whole", summary->database_whole);
	xml_attribute_bool(xml, "package-log", summary->has_package_log);
	xml_attribute_bool(xml, "package-log-whole", summary->logs_whole);
	xml_attribute_time(xml, "log-first", &summary->log_first);
	xml_attribute_time(xml, "log-last", &summary->log_last);
	xml_attribute_u64(xml, "packages", summary->packages);
	xml_attribute_u64(xml, "package-files", summary->package_files);
	xml_attribute_u64(xml, "programs", counts->programs);
	xml_attribute_u64(xml, "unowned-programs", counts->unowned);
	xml_attribute_u64(xml, "locks", summary->locks);
	xml_attribute_u64(xml, "events", summary->events);
	xml_statement(xml, "origin", system->origin);
	xml_statement(xml, "os", system->os_name);
	xml_statement(xml, "host", system->host_name);
	for (size_t i = 0; i < system->mount_count; i++) {
		const struct mount *mount = &system->mounts[i];

		for (size_t k = 0; k <= mount->lower_count; k++) {
			const struct layer layer = mount_layer(mount, k);

			/* Not in the evidence: a note says so. */
			if (layer.filesystem < inventory->filesystem_count)
				write_tree(xml, inventory, k ? "layer" : "mount", &layer, k ? NULL : mount->where);
		}
	}
	xml_end(xml);
}

static void
write_damaged_ranges(struct xml *xml, const struct damage *damage)
{
	uint64_t limit = limit_get(LIMIT_ROWS_HTML);

	for (size_t i = 0; i < damage->count && i < limit; i++) {
		xml_begin(xml, "range");
		xml_attribute_u64(xml, "offset", damage->ranges[i].offset);
		xml_attribute_u64(xml, "length", damage->ranges[i].length);
		xml_end(xml);
	}
}

/* What stands beside the image, and how the medium compares with it. */
static void
write_recorded(struct xml *xml, const struct recorded_digest *recorded, const struct digests *computed)
{
	static const char *const results[] = { [DIGEST_DIFFERS] = "differs", [DIGEST_EQUAL] = "equal",
		[DIGEST_NOT_COMPARABLE] = "not_compared" };
	struct buffer hex;

	buffer_init(&hex, 0);
	digest_add_hex(&hex, &recorded->digest);
	xml_begin(xml, "recorded");
	xml_attribute(xml, "algorithm", digest_algorithm_names[recorded->digest.algorithm]);
	xml_attribute(xml, "digest", hex.bytes);
	xml_attribute(xml, "result", results[digest_compare(&recorded->digest, computed, NULL)]);
	xml_attribute(xml, "tool", recorded->tool);
	xml_attribute_u64(xml, "line", recorded->line);
	xml_statement(xml, "name", recorded->file);
	xml_end(xml);
	buffer_release(&hex);
}

static void
write_verification(struct xml *xml, const struct media_verification *verification, const struct evidence_summary *evidence)
{
	xml_begin(xml, "verification");
	xml_attribute(xml, "result", verification->result);
	xml_attribute_u64(xml, "bytes", verification->bytes);
	xml_attribute_u64(xml, "damaged-bytes", verification->damaged_bytes);
	xml_attribute_u64(xml, "damaged-ranges", verification->damaged_ranges);
	xml_digests(xml, "stored", &verification->stored);
	xml_digests(xml, "computed", &verification->computed);
	for (size_t i = 0; evidence && i < evidence->recorded_count; i++)
		write_recorded(xml, &evidence->recorded[i], &verification->computed);
	xml_end(xml);
}

static void
write_exhibit(struct xml *xml, const struct report *report, size_t number)
{
	const struct inventory *inventory = report->inventory;
	const struct exhibit *exhibit = &inventory->exhibits->items[number];
	const struct evidence_summary *evidence = number < inventory->evidence_count ?
		&inventory->evidences[number] : NULL;
	const char *const *numbers = report->case_information->exhibit_numbers;

	xml_begin(xml, "exhibit");
	xml_attribute(xml, "id", exhibit->id);
	xml_attribute(xml, "number", numbers ? numbers[number] : NULL);
	xml_attribute(xml, "kind", exhibit_kind_names[exhibit->kind]);
	xml_attribute(xml, "container", exhibit->container);
	if (evidence) {
		xml_attribute_bool(xml, "opened", evidence->opened);
		xml_attribute_u64(xml, "size", evidence->size);
		xml_attribute_u64(xml, "sector-size", evidence->sector_size);
		xml_attribute_u64(xml, "damaged-ranges", evidence->damage.count);
	}
	xml_statement(xml, "name", exhibit->name);
	for (size_t i = 0; i < exhibit->segment_count; i++) {
		xml_begin(xml, "segment");
		xml_attribute_u64(xml, "size", exhibit->segments[i].size);
		xml_attribute_bool(xml, "missing", exhibit->segments[i].descriptor < 0);
		xml_statement(xml, "name", text_base_name(exhibit->segments[i].path));
		xml_end(xml);
	}
	for (size_t i = 0; evidence && i < evidence->acquisition_count; i++) {
		xml_begin(xml, "acquisition");
		xml_attribute(xml, "name", evidence->acquisition[i].name);
		xml_visible(xml, evidence->acquisition[i].value ? evidence->acquisition[i].value : "");
		xml_end(xml);
	}
	for (size_t i = 0; i < inventory->verification_count; i++)
		if (!strcmp(text_or_dash(inventory->verifications[i].evidence), exhibit->id))
			write_verification(xml, &inventory->verifications[i], evidence);
	if (evidence)
		write_damaged_ranges(xml, &evidence->damage);
	xml_end(xml);
}

static const struct filesystem_summary *
filesystem_of(const struct inventory *inventory, const struct volume *volume)
{
	for (size_t i = 0; i < inventory->filesystem_count; i++) {
		const struct filesystem_fact *fact = &inventory->filesystems[i].fact;

		if (!strcmp(text_or_dash(fact->evidence), text_or_dash(volume->evidence)) &&
		    !strcmp(text_or_dash(fact->volume), text_or_dash(volume->name)))
			return &inventory->filesystems[i];
	}
	return NULL;
}

static void
write_volume(struct xml *xml, const struct inventory *inventory, const struct volume *volume)
{
	const struct filesystem_summary *filesystem = filesystem_of(inventory, volume);
	const struct walk_count *count;

	xml_begin(xml, "volume");
	xml_attribute(xml, "evidence", volume->evidence);
	xml_attribute(xml, "name", volume->name);
	xml_attribute(xml, "scheme", volume->scheme);
	xml_attribute_u64(xml, "start", volume->start);
	xml_attribute_u64(xml, "length", volume->length);
	xml_attribute(xml, "part-uuid", volume->part_uuid && *volume->part_uuid ? volume->part_uuid : NULL);
	xml_attribute(xml, "recognised", volume->recognised);
	xml_attribute(xml, "member-of", volume->member_of);
	if (filesystem) {
		count = &filesystem->count;
		xml_attribute(xml, "filesystem", filesystem->fact.type);
		xml_attribute(xml, "uuid", filesystem->fact.uuid && *filesystem->fact.uuid ? filesystem->fact.uuid : NULL);
		xml_attribute_bool(xml, "whole", count->complete);
		xml_attribute_u64(xml, "directories", count->directories);
		xml_attribute_u64(xml, "entries", count->entries);
		xml_attribute_u64(xml, "regular", count->regular);
		xml_attribute_u64(xml, "deleted", count->deleted);
		xml_attribute_u64(xml, "orphans", count->orphans);
		xml_attribute_u64(xml, "programs", count->programs);
		xml_attribute_u64(xml, "left-out", count->left_out);
	}
	if (volume->type && *volume->type)
		xml_statement(xml, "type", volume->type);
	if (volume->label && *volume->label)
		xml_statement(xml, "label", volume->label);
	xml_end(xml);
}

static uint64_t
count_files_in_set(const struct inventory *inventory, const struct hash_set *set)
{
	uint64_t count = 0;

	for (size_t i = 0; i < inventory->file_count; i++)
		for (size_t j = 0; j < inventory->files[i].match_count; j++)
			if (inventory->files[i].matches[j].set == set) {
				count++;
				break;
			}
	return count;
}

/* Names with a digest, and those of them with one of an algorithm that the set has: no hit elsewhere says nothing. */
static void
count_comparable(const struct inventory *inventory, const struct hash_set_identity *identity, uint64_t *ret_asked,
	uint64_t *ret_comparable)
{
	uint32_t algorithms = 0;

	*ret_asked = *ret_comparable = 0;
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		algorithms |= identity->entries[i] ? 1u << i : 0;
	for (size_t i = 0; i < inventory->file_count; i++) {
		*ret_asked += inventory->files[i].digests.known != 0;
		*ret_comparable += (inventory->files[i].digests.known & algorithms) != 0;
	}
}

static void
write_rows(struct xml *xml, const struct hash_set *set)
{
	const struct hash_set_identity *identity = hashset_identity(set);
	const char *text, *why;
	uint64_t line;

	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++) {
		if (!identity->entries[i])
			continue;
		xml_begin(xml, "keys");
		xml_attribute(xml, "algorithm", digest_algorithm_names[i]);
		xml_attribute_u64(xml, "count", identity->entries[i]);
		xml_end(xml);
	}
	for (size_t i = 0; i < identity->rejected && hashset_reject(set, i, &line, &text, &why); i++) {
		xml_begin(xml, "rejected-row");
		xml_attribute_u64(xml, "line", line);
		xml_attribute(xml, "why", why);
		xml_statement(xml, "row", text);
		xml_end(xml);
	}
}

static void
write_set(struct xml *xml, const struct inventory *inventory, const struct hash_set *set)
{
	const struct hash_set_identity *identity = hashset_identity(set);
	uint64_t asked, comparable;

	count_comparable(inventory, identity, &asked, &comparable);
	xml_begin(xml, "set");
	xml_attribute(xml, "name", identity->name);
	xml_attribute(xml, "kind", hash_class_names[identity->kind]);
	xml_attribute(xml, "format", identity->format);
	xml_attribute(xml, "release", identity->release && *identity->release ? identity->release : NULL);
	xml_attribute_u64(xml, "rows", identity->rows);
	xml_attribute_u64(xml, "rejected", identity->rejected);
	if (identity->contradictions_counted)
		xml_attribute_u64(xml, "contradictions", identity->contradictions);
	xml_attribute_bool(xml, "shipped", identity->is_default);
	xml_attribute_u64(xml, "names-asked", asked);
	xml_attribute_u64(xml, "names-comparable", comparable);
	xml_attribute_u64(xml, "names-found", count_files_in_set(inventory, set));
	xml_statement(xml, "description", identity->description && *identity->description ? identity->description : NULL);
	xml_statement(xml, "digest-unread", identity->digest_unread);
	xml_digests(xml, "digest", &identity->file);
	write_rows(xml, set);
	xml_end(xml);
}

enum { LONG_SILENCE_SECONDS = 2 * 86400, LONG_TIMES_USUAL = 8, SILENCES_LEAST = 6 };

/* The silences of a log, all its parts together, without the longest of them: its habit in seconds; 0: there are too few to tell. */
static uint64_t
usual_silence(const struct inventory *inventory, const struct artifact_seen *part)
{
	uint64_t count = 0, seconds = 0, longest = 0;

	for (size_t i = 0; i < inventory->artifact_count; i++) {
		const struct artifact_seen *other = &inventory->artifacts[i];

		if (!other->silences || strcmp(text_or_dash(other->system), text_or_dash(part->system)) ||
		    strcmp(text_or_dash(other->driver), text_or_dash(part->driver)))
			continue;
		count += other->silences;
		seconds += other->silence_seconds;
		if ((uint64_t)(other->silence_to.seconds - other->silence_from.seconds) > longest)
			longest = (uint64_t)(other->silence_to.seconds - other->silence_from.seconds);
	}
	return count >= SILENCES_LEAST ? (seconds - longest) / (count - 1) : 0;
}

/* Packages of the log's manager that are older than its first record: who changed them before it is not told. */
static uint64_t
packages_before(const struct inventory *inventory, const struct artifact_seen *artifact, const char *manager)
{
	uint64_t count = 0;

	for (size_t i = 0; i < inventory->package_count; i++) {
		const struct package *package = &inventory->packages[i];

		count += !strcmp(text_or_dash(package->system), text_or_dash(artifact->system)) && !strcmp(package->manager, manager) &&
			timestamp_is_recorded(&package->installed) && timestamp_compare(&package->installed, &artifact->first) < 0;
	}
	return count;
}

/* No other log of the manager reaches further back. */
static bool
is_first_log(const struct inventory *inventory, const struct artifact_seen *artifact, const char *manager)
{
	for (size_t i = 0; i < inventory->artifact_count; i++) {
		const struct artifact_seen *other = &inventory->artifacts[i];
		const char *own = eventlog_manager(other->driver);

		if (own && !strcmp(own, manager) && !strcmp(text_or_dash(other->system), text_or_dash(artifact->system)) &&
		    timestamp_is_recorded(&other->first) && timestamp_compare(&other->first, &artifact->first) < 0)
			return false;
	}
	return timestamp_is_recorded(&artifact->first);
}

/* From when to when a file of a log tells, of what, and where it does not. */
static void
write_log_coverage(struct xml *xml, const struct inventory *inventory, const struct artifact_seen *artifact)
{
	const char *manager = eventlog_manager(artifact->driver);
	uint64_t usual;

	if (!artifact_seen_is_log(artifact))
		return;
	xml_begin(xml, "covers");
	xml_attribute(xml, "question", manager ? "packages" : "activity");
	xml_attribute(xml, "manager", manager);
	xml_attribute_u64(xml, "records", artifact->records);
	xml_attribute_time(xml, "first", &artifact->first);
	xml_attribute_time(xml, "last", &artifact->last);
	if (artifact->silences) {
		usual = usual_silence(inventory, artifact);
		xml_attribute_time(xml, "silent-from", &artifact->silence_from);
		xml_attribute_time(xml, "silent-to", &artifact->silence_to);
		xml_attribute_bool(xml, "silent-unusually", usual && artifact->silence_to.seconds - artifact->silence_from.seconds >
			LONG_SILENCE_SECONDS && (uint64_t)(artifact->silence_to.seconds - artifact->silence_from.seconds) > LONG_TIMES_USUAL * usual);
		if (usual)
			xml_attribute_u64(xml, "usual-silence-seconds", usual);
	}
	if (artifact->times_back) {
		xml_attribute_u64(xml, "times-back", artifact->times_back);
		xml_attribute_u64(xml, "back-line", artifact->back_line);
	}
	if (artifact->rotations_missing)
		xml_attribute_u64(xml, "rotations-missing", artifact->rotations_missing);
	if (manager && is_first_log(inventory, artifact, manager))
		xml_attribute_u64(xml, "packages-before", packages_before(inventory, artifact, manager));
	xml_end(xml);
}

static void
write_source(struct xml *xml, const struct inventory *inventory, const struct artifact_seen *artifact)
{
	xml_begin(xml, "source");
	xml_attribute(xml, "system", artifact->system);
	xml_attribute(xml, "table", artifact->table);
	xml_attribute(xml, "driver", artifact->driver);
	xml_attribute(xml, "result", artifact->result);
	xml_attribute_u64(xml, "size", artifact->size);
	xml_attribute_u64(xml, "rows", artifact->rows);
	xml_path(xml, "path", artifact->path);
	xml_digests(xml, "digest", &artifact->digests);
	write_log_coverage(xml, inventory, artifact);
	xml_end(xml);
}

/* Sources of one driver beyond what a table of the page holds are counted. */
static void
write_sources(struct xml *xml, const struct inventory *inventory)
{
	uint64_t limit = limit_get(LIMIT_ROWS_HTML);

	xml_begin(xml, "sources");
	xml_attribute_u64(xml, "count", inventory->artifact_count);
	for (size_t i = 0; i < inventory->artifact_count && i < limit; i++)
		write_source(xml, inventory, &inventory->artifacts[i]);
	xml_end(xml);
}

static void
write_locks(struct xml *xml, const struct inventory *inventory)
{
	uint64_t limit = limit_get(LIMIT_ROWS_HTML);

	xml_begin(xml, "locks");
	xml_attribute_u64(xml, "count", inventory->lock_count);
	for (size_t i = 0; i < inventory->lock_count && i < limit; i++) {
		const struct package_lock *lock = &inventory->locks[i];

		xml_begin(xml, "lock");
		xml_attribute(xml, "kind", lock->kind);
		xml_attribute(xml, "pattern", lock->pattern);
		xml_attribute_time(xml, "since", &lock->since);
		xml_place(xml, "seen", &lock->at, lock->text);
		xml_end(xml);
	}
	xml_end(xml);
}

static void
write_note(struct xml *xml, const struct note *note)
{
	xml_begin(xml, "note");
	xml_attribute(xml, "kind", note_kind_name(note->kind));
	xml_attribute_bool(xml, "incomplete", note->incomplete);
	xml_attribute(xml, "evidence", note->at.evidence);
	xml_attribute(xml, "volume", note->at.volume);
	if (note->length) {
		xml_attribute_u64(xml, "offset", note->at.offset);
		xml_attribute_u64(xml, "length", note->length);
	}
	if (note->files)
		xml_attribute_u64(xml, "files", note->files);
	xml_path(xml, "path", note->at.path);
	xml_statement(xml, "text", note->text ? note->text : note_kind_meaning(note->kind));
	xml_end(xml);
}

static void
write_note_kinds(struct xml *xml, const uint64_t counts[NOTE_KIND_COUNT])
{
	for (enum note_kind kind = 0; kind < NOTE_KIND_COUNT; kind++) {
		if (!counts[kind])
			continue;
		xml_begin(xml, "note-kind");
		xml_attribute(xml, "kind", note_kind_name(kind));
		xml_attribute_bool(xml, "incomplete", note_kind_incomplete(kind));
		xml_attribute_u64(xml, "count", counts[kind]);
		xml_text(xml, note_kind_meaning(kind));
		xml_end(xml);
	}
}

/* Those that make the examination incomplete first: a table that is cut must not lose them. */
static void
write_notes(struct xml *xml, const struct inventory *inventory)
{
	uint64_t counts[NOTE_KIND_COUNT] = { 0 }, incomplete = 0, limit = limit_get(LIMIT_ROWS_HTML), shown = 0;

	for (size_t i = 0; i < inventory->note_count; i++) {
		counts[inventory->notes[i].kind]++;
		incomplete += inventory->notes[i].incomplete;
	}
	xml_begin(xml, "notes");
	xml_attribute_u64(xml, "count", inventory->note_count);
	xml_attribute_u64(xml, "incomplete", incomplete);
	xml_attribute_u64(xml, "dropped", inventory->notes_dropped);
	write_note_kinds(xml, counts);
	for (int pass = 1; pass >= 0; pass--)
		for (size_t i = 0; i < inventory->note_count && shown < limit; i++) {
			if (inventory->notes[i].incomplete != (pass == 1))
				continue;
			write_note(xml, &inventory->notes[i]);
			shown++;
		}
	xml_end(xml);
}

void
xml_coverage(struct xml *xml, const struct report *report)
{
	const struct inventory *inventory = report->inventory;
	struct system_programs *counts = count_programs(inventory);

	xml_begin(xml, "systems");
	for (size_t i = 0; inventory->summaries && i < inventory->systems.count; i++)
		write_system(xml, &inventory->summaries[i], &counts[i], inventory);
	xml_end(xml);
	memory_free(counts);
	xml_begin(xml, "evidence");
	for (size_t i = 0; inventory->exhibits && i < inventory->exhibits->count; i++)
		write_exhibit(xml, report, i);
	for (size_t i = 0; i < inventory->volume_count; i++)
		write_volume(xml, inventory, &inventory->volumes[i]);
	xml_end(xml);
	xml_begin(xml, "sets");
	for (size_t i = 0; i < inventory->set_count; i++)
		write_set(xml, inventory, inventory->sets[i]);
	xml_end(xml);
	write_sources(xml, inventory);
	write_locks(xml, inventory);
	write_notes(xml, inventory);
}
