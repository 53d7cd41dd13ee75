/* facts_write.c - facts.records: what judging needs, in an order that does not depend on who read it first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "facts.h"
#include "runs.h"

enum { BLOCK_BYTES = 256 * 1024 };

/* ---- while evidence is read ---- */

void
facts_keep_line(struct run *run, const char *line, size_t length)
{
	static const struct record_type *const types[] = { &package_file_record, &package_record, &package_lock_record,
		&package_diversion_record, &package_witness_record, &package_part_record, &package_baseline_record,
		&package_load_record, NULL };
	const struct record_type *const *type = types;

	while (*type && !record_is(line, length, *type))
		type++;
	if (!*type || !run->kept_facts.lines)
		return;
	spool_file_add(run->kept_facts.lines, line, length);
	run->kept_facts.size = spool_file_add(run->kept_facts.lines, "\n", 1) + 1;
}

void
facts_keep_cover(struct run *run, uint32_t filesystem, const char *path, enum cover cover)
{
	struct buffer line;

	buffer_init(&line, 0);
	record_write(&line, &facts_cover_record, &(struct facts_cover){ filesystem, path, cover });
	run->kept_facts.covers = memory_grow(run->kept_facts.covers, run->kept_facts.cover_count,
		&run->kept_facts.cover_capacity, sizeof *run->kept_facts.covers);
	run->kept_facts.covers[run->kept_facts.cover_count++] = arena_copy(&run->arena, line.bytes, line.length);
	buffer_release(&line);
}

void
facts_release(struct run *run)
{
	spool_file_close(run->kept_facts.lines);
	run->kept_facts.lines = NULL;
	memory_free(run->kept_facts.covers);
}

/* ---- at the end ---- */

struct writing {
	const struct run *run;
	struct output    *out;
	struct buffer     block;
};

static void
flush(struct writing *at)
{
	output_write(at->out, at->block.bytes, at->block.length);
	buffer_clear(&at->block);
}

static void
put(struct writing *at, const struct record_type *type, const void *object)
{
	record_write(&at->block, type, object);
	if (at->block.length >= BLOCK_BYTES)
		flush(at);
}

static void
put_lines(struct writing *at, const char *list, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put(at, &facts_line_record, &(struct facts_line){ list, lines[i] });
}

static void
put_given(struct writing *at)
{
	const struct triage_options *options = at->run->options;
	const struct settings *settings = &options->settings;
	const struct case_information *about = &options->case_information;

	put(at, &facts_head_record, &(struct facts_head){ FACTS_FORMAT, PACKAGE_VERSION });
	put(at, &facts_settings_record, &(struct facts_settings){ settings->all_files, settings->no_verify,
		!settings->sandboxed, settings->digests, settings->acquired_digest, options->digests });
	put(at, &facts_case_record, &(struct facts_case){ about->number, about->examiner, about->organization,
		about->request, about->notes, about->declaration });
	put_lines(at, "limit", settings->limits, settings->limit_count);
	put_lines(at, "trusted-key", at->run->trusted_keys.files, at->run->trusted_keys.file_count);
	put_lines(at, "given", at->run->given_lines, at->run->given_line_count);
	for (size_t i = 0; i < about->custody_count; i++)
		put(at, &facts_line_record, &(struct facts_line){ "custody", about->custody[i].text });
	for (size_t i = 0; at->run->exhibit_numbers && i < at->run->exhibits.count; i++)
		put(at, &facts_line_record, &(struct facts_line){ "exhibit-number",
			at->run->exhibit_numbers[i] ? at->run->exhibit_numbers[i] : "" });
	for (size_t i = 0; i < at->run->inventory.set_count; i++) {
		const struct hash_set_identity *identity = hashset_identity(at->run->inventory.sets[i]);

		put(at, &facts_set_record, &(struct facts_set){ identity->name, identity->file });
	}
}

static void
put_exhibit(struct writing *at, uint32_t number)
{
	const struct exhibit *exhibit = &at->run->exhibits.items[number];
	const struct evidence_summary *summary = &at->run->inventory.evidences[number];

	put(at, &facts_exhibit_record, &(struct facts_exhibit){ exhibit->id, exhibit->name, exhibit->container, exhibit->kind });
	for (size_t i = 0; i < exhibit->segment_count; i++)
		put(at, &facts_segment_record, &(struct facts_segment){ number, text_base_name(exhibit->segments[i].path),
			exhibit->segments[i].size, exhibit->segments[i].descriptor < 0 });
	put(at, &evidence_summary_record, summary);
	for (size_t i = 0; i < summary->acquisition_count; i++)
		put(at, &facts_acquisition_record, &(struct facts_acquisition){ number, summary->acquisition[i].name,
			summary->acquisition[i].value });
	for (size_t i = 0; i < summary->recorded_count; i++)
		put(at, &recorded_digest_record, &summary->recorded[i]);
	for (size_t i = 0; i < summary->damage.count; i++)
		put(at, &facts_damage_record, &(struct facts_damage){ number, summary->damage.ranges[i].offset,
			summary->damage.ranges[i].length });
}

static void
put_evidence(struct writing *at)
{
	const struct inventory *inventory = &at->run->inventory;

	for (uint32_t i = 0; i < at->run->exhibits.count; i++)
		put_exhibit(at, i);
	for (size_t i = 0; i < inventory->verification_count; i++)
		put(at, &media_verification_record, &inventory->verifications[i]);
	for (size_t i = 0; i < inventory->volume_count; i++)
		put(at, &volume_record, &inventory->volumes[i]);
	for (size_t i = 0; i < inventory->filesystem_count; i++)
		put(at, &filesystem_fact_record, &inventory->filesystems[i].fact);
	for (size_t i = 0; i < at->run->mount_count; i++)
		put(at, &mount_fact_record, &at->run->mounts[i]);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Those that fstab tells are joined anew from the mounts; of those within, the order is that of their ids. */
static void
put_systems(struct writing *at)
{
	const struct systems *systems = &at->run->inventory.systems;
	const struct kept_facts *kept = &at->run->kept_facts;

	put(at, &facts_part_record, &(struct facts_part){ "systems" });
	for (size_t i = 0; i < systems->count; i++) {
		const struct installed_system *system = &systems->items[i];
		struct within_fact fact = { .system = *system };

		if (system->kind == SYSTEM_OF_VOLUMES)
			continue;
		fact.has_named_whiteouts = system->mounts[0].has_named_whiteouts;
		put(at, &within_fact_record, &fact);
		for (size_t k = 0; k <= system->mounts[0].lower_count; k++) {
			const struct layer layer = mount_layer(&system->mounts[0], k);

			put(at, &layer_record, &layer);
		}
	}
	for (size_t i = 0; i < kept->cover_count; i++)
		if (!i || strcmp(kept->covers[i], kept->covers[i - 1])) {
			buffer_add_text(&at->block, kept->covers[i]);
			if (at->block.length >= BLOCK_BYTES)
				flush(at);
		}
}

static void
put_summaries(struct writing *at)
{
	const struct inventory *inventory = &at->run->inventory;

	put(at, &facts_part_record, &(struct facts_part){ "summaries" });
	for (size_t i = 0; i < inventory->systems.count; i++) {
		const struct system_summary *summary = &inventory->summaries[i];

		put(at, &facts_summary_record, &(struct facts_summary){ summary->system->id, summary->zone.name,
			summary->zone_source, summary->zone.known, summary->has_database, summary->database_whole,
			summary->has_package_log, summary->logs_whole, summary->log_first, summary->log_last,
			summary->packages, summary->package_files, summary->locks, summary->events });
	}
	for (uint32_t i = 0; i < inventory->filesystem_count; i++) {
		put(at, &walk_count_record, &inventory->filesystems[i].count);
		put(at, &facts_filesystem_record, &(struct facts_filesystem){ i, inventory->filesystems[i].metadata_damaged });
	}
	for (size_t i = 0; i < inventory->artifact_count; i++)
		put(at, &artifact_seen_record, &inventory->artifacts[i]);
}

/* 0, or errno of what was kept and cannot be read again. */
static int
put_kept_lines(struct writing *at)
{
	const struct kept_facts *kept = &at->run->kept_facts;
	char *bytes = memory_allocate(BLOCK_BYTES, 1);
	int error = 0;

	flush(at);
	for (uint64_t done = 0; !error && done < kept->size; ) {
		size_t want = kept->size - done < BLOCK_BYTES ? (size_t)(kept->size - done) : BLOCK_BYTES;

		errno = 0;
		if (spool_file_read(kept->lines, done, bytes, want) < want)
			error = errno ? errno : EIO;
		else
			output_write(at->out, bytes, want);
		done += want;
	}
	memory_free(bytes);
	return error;
}

static void
put_runs(struct writing *at, const struct file *file)
{
	for (size_t i = 0; file->runs && i < file->runs->count; i++) {
		const struct content_run *run = &file->runs->items[i];
		bool is_hole = run->image_offset == UINT64_MAX;

		put(at, &told_run_record, &(struct told_run){ file->number, run->file_offset, is_hole ? 0 : run->image_offset,
			run->length, is_hole, file->runs->is_cut && i + 1 == file->runs->count });
	}
}

/* The first reading alone tells what the states of files are made from; what the second found is applied behind that. */
static void
put_files(struct writing *at)
{
	const struct run *run = at->run;

	put(at, &facts_part_record, &(struct facts_part){ "files" });
	for (size_t i = 0; i < run->inventory.file_count; i++) {
		struct file file = run->inventory.files[i];

		file.unreliable &= !file.second_differs;
		put(at, &file_record, &file);
	}
	for (uint32_t i = 0; i < run->inventory.file_count; i++) {
		const struct file *file = &run->inventory.files[i];

		if (file->read_twice || file->second_differs || file->scanned)
			put(at, &facts_reading_record, &(struct facts_reading){ i, file->read_twice, file->second_differs,
				file->scanned });
		put_runs(at, file);
	}
	for (size_t i = 0; i < run->inventory.difference_count; i++) {
		const struct difference *difference = &run->inventory.differences[i];

		put(at, &difference_record, difference);
		for (size_t k = 0; k < difference->item_count; k++)
			put(at, &difference_item_record, &difference->items[k]);
	}
}

static bool
is_of_content(const struct rule_match *match)
{
	return match->provider && !strcmp(match->provider, "content") && match->rule;
}

static void
put_matches(struct writing *at)
{
	const struct inventory *inventory = &at->run->inventory;

	for (size_t i = 0; i < inventory->rule_match_count; i++)
		if (is_of_content(&inventory->rule_matches[i])) {
			put(at, &facts_rule_record, &(struct facts_rule){ inventory->rule_matches[i].number,
				inventory->rule_matches[i].rule->id });
			put(at, &rule_match_record, &inventory->rule_matches[i]);
		}
}

/* What sets, rules and joining had to say is said anew. */
static void
put_notes(struct writing *at)
{
	const struct inventory *inventory = &at->run->inventory;

	for (size_t i = 0; i < inventory->note_count; i++)
		if (!inventory->notes[i].of_judging && inventory->notes[i].kind != NOTE_RULE_MATCHES)
			put(at, &note_record, &inventory->notes[i]);
}

bool
facts_settle(struct run *run)
{
	int error = run->kept_facts.lines ? spool_file_flush(run->kept_facts.lines) : 0;

	if (error)
		run->spool_error = error;
	if (run->kept_facts.cover_count)
		qsort(run->kept_facts.covers, run->kept_facts.cover_count, sizeof *run->kept_facts.covers, by_text);
	errno = run->spool_error;
	return !run->spool_error;
}

int
facts_write(const void *context, struct output *out)
{
	struct writing at = { .run = context, .out = out };
	int error;

	buffer_init(&at.block, 0);
	put_given(&at);
	put_evidence(&at);
	put_systems(&at);
	put_summaries(&at);
	error = put_kept_lines(&at);
	put_files(&at);
	put_matches(&at);
	put_notes(&at);
	flush(&at);
	buffer_release(&at.block);
	return error;
}
