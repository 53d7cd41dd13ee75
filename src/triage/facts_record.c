/* facts_record.c - the written form of what only facts.records holds. */
#include "facts.h"

#define TYPE(name_, written_, text_) \
	const struct record_type facts_##name_##_record = { .name = written_, .size = sizeof (struct facts_##name_), \
		.fields = name_##_fields, .description = text_ }

static const struct field head_fields[] = {
	FIELD(struct facts_head, format, FIELD_U32),
	FIELD(struct facts_head, program, FIELD_TEXT),
	FIELD_LAST
};
TYPE(head, "facts", "the first line of facts.records");

static const struct field settings_fields[] = {
	FIELD(struct facts_settings, all_files, FIELD_BOOL),
	FIELD(struct facts_settings, no_verify, FIELD_BOOL),
	FIELD(struct facts_settings, unsandboxed, FIELD_BOOL),
	FIELD(struct facts_settings, digests, FIELD_TEXT),
	FIELD(struct facts_settings, acquired_digest, FIELD_TEXT),
	FIELD(struct facts_settings, computed, FIELD_U32),
	FIELD_LAST
};
TYPE(settings, "settings", "how the evidence was read");

static const struct field case_fields[] = {
	FIELD(struct facts_case, number, FIELD_TEXT),
	FIELD(struct facts_case, examiner, FIELD_TEXT),
	FIELD(struct facts_case, organization, FIELD_TEXT),
	FIELD(struct facts_case, request, FIELD_TEXT),
	FIELD(struct facts_case, notes, FIELD_TEXT),
	FIELD(struct facts_case, declaration, FIELD_TEXT),
	FIELD_LAST
};
TYPE(case, "case", "what the examiner said of the case");

static const struct field line_fields[] = {
	FIELD(struct facts_line, list, FIELD_TEXT),
	FIELD(struct facts_line, text, FIELD_TEXT),
	FIELD_LAST
};
TYPE(line, "line", "a line of a list that the examiner gave");

static const struct field exhibit_fields[] = {
	FIELD(struct facts_exhibit, id, FIELD_TEXT),
	FIELD(struct facts_exhibit, name, FIELD_TEXT),
	FIELD(struct facts_exhibit, container, FIELD_TEXT),
	FIELD_ENUM(struct facts_exhibit, kind, "kind", exhibit_kind_names),
	FIELD_LAST
};
TYPE(exhibit, "exhibit", "an exhibit");

static const struct field segment_fields[] = {
	FIELD(struct facts_segment, exhibit, FIELD_U32),
	FIELD(struct facts_segment, name, FIELD_TEXT),
	FIELD(struct facts_segment, size, FIELD_U64),
	FIELD(struct facts_segment, missing, FIELD_BOOL),
	FIELD_LAST
};
TYPE(segment, "segment", "a file of an exhibit");

static const struct field acquisition_fields[] = {
	FIELD(struct facts_acquisition, exhibit, FIELD_U32),
	FIELD(struct facts_acquisition, name, FIELD_TEXT),
	FIELD(struct facts_acquisition, value, FIELD_TEXT),
	FIELD_LAST
};
TYPE(acquisition, "recorded-value", "what the acquisition recorded, not verified");

static const struct field damage_fields[] = {
	FIELD(struct facts_damage, exhibit, FIELD_U32),
	FIELD(struct facts_damage, offset, FIELD_U64),
	FIELD(struct facts_damage, length, FIELD_U64),
	FIELD_LAST
};
TYPE(damage, "damaged-range", "a range of the medium that could not be read");

static const struct field part_fields[] = {
	FIELD(struct facts_part, name, FIELD_TEXT),
	FIELD_LAST
};
TYPE(part, "part", "what follows belongs to another part of the facts");

static const struct field cover_fields[] = {
	FIELD(struct facts_cover, filesystem, FIELD_U32),
	FIELD(struct facts_cover, path, FIELD_TEXT),
	FIELD_ENUM(struct facts_cover, cover, "cover", cover_names),
	FIELD_LAST
};
TYPE(cover, "layer-cover", "what an upper layer puts over those below it");

static const struct field filesystem_fields[] = {
	FIELD(struct facts_filesystem, filesystem, FIELD_U32),
	FIELD(struct facts_filesystem, metadata_damaged, FIELD_BOOL),
	FIELD_LAST
};
TYPE(filesystem, "walked", "how whole the walk of a file system was");

static const struct field summary_fields[] = {
	FIELD(struct facts_summary, system, FIELD_TEXT),
	FIELD(struct facts_summary, zone, FIELD_TEXT),
	FIELD(struct facts_summary, zone_source, FIELD_TEXT),
	FIELD(struct facts_summary, zone_known, FIELD_BOOL),
	FIELD(struct facts_summary, has_database, FIELD_BOOL),
	FIELD(struct facts_summary, database_whole, FIELD_BOOL),
	FIELD(struct facts_summary, has_package_log, FIELD_BOOL),
	FIELD(struct facts_summary, logs_whole, FIELD_BOOL),
	FIELD(struct facts_summary, log_first, FIELD_TIMESTAMP),
	FIELD(struct facts_summary, log_last, FIELD_TIMESTAMP),
	FIELD(struct facts_summary, packages, FIELD_U64),
	FIELD(struct facts_summary, package_files, FIELD_U64),
	FIELD(struct facts_summary, locks, FIELD_U64),
	FIELD(struct facts_summary, events, FIELD_U64),
	FIELD_LAST
};
TYPE(summary, "summary", "what was read of a system's databases and logs");

static const struct field reading_fields[] = {
	FIELD(struct facts_reading, number, FIELD_U32),
	FIELD(struct facts_reading, twice, FIELD_BOOL),
	FIELD(struct facts_reading, differs, FIELD_BOOL),
	FIELD(struct facts_reading, scanned, FIELD_BOOL),
	FIELD_LAST
};
TYPE(reading, "reading", "how a file was read after its first reading");

static const struct field rule_fields[] = {
	FIELD(struct facts_rule, number, FIELD_U32),
	FIELD(struct facts_rule, id, FIELD_TEXT),
	FIELD_LAST
};
TYPE(rule, "content-rule", "a rule over contents that matched");

static const struct field set_fields[] = {
	FIELD(struct facts_set, name, FIELD_TEXT),
	FIELDS_DIGESTS(struct facts_set, file),
	FIELD_LAST
};
TYPE(set, "asked-set", "a hash set that the run asked");
