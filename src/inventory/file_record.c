/* file_record.c - the written form of files, of what the walk counted, and of artifacts. */
#include <t1554triage/inventory.h>

static const struct field file_fields[] = {
	FIELD(struct file, filesystem, FIELD_U32),
	FIELD_AS(struct file, entry.path, "path", FIELD_TEXT),
	FIELD_AS(struct file, entry.stream, "stream", FIELD_TEXT),
	FIELD_AS(struct file, entry.inode, "inode", FIELD_TEXT),
	FIELD_AS(struct file, entry.node, "node", FIELD_U64),
	FIELD_AS(struct file, entry.has, "has", FIELD_U32),
	FIELD_ENUM(struct file, entry.type, "entry", entry_type_names),
	FIELD_ENUM(struct file, entry.state, "state", entry_state_names),
	FIELD_ENUM(struct file, entry.content_state, "content", content_state_names),
	FIELD_AS(struct file, entry.size, "size", FIELD_U64),
	FIELD_AS(struct file, entry.mode, "mode", FIELD_OCTAL),
	FIELD_AS(struct file, entry.uid, "uid", FIELD_U32),
	FIELD_AS(struct file, entry.gid, "gid", FIELD_U32),
	FIELD_AS(struct file, entry.links, "links", FIELD_U32),
	FIELD_AS(struct file, entry.times.modified, "modified", FIELD_TIMESTAMP),
	FIELD_AS(struct file, entry.times.accessed, "accessed", FIELD_TIMESTAMP),
	FIELD_AS(struct file, entry.times.changed, "changed", FIELD_TIMESTAMP),
	FIELD_AS(struct file, entry.times.born, "born", FIELD_TIMESTAMP),
	FIELD_OF_PART(struct file, entry.further, struct further_times, name.modified, "name.modified", .type = FIELD_TIMESTAMP),
	FIELD_OF_PART(struct file, entry.further, struct further_times, name.accessed, "name.accessed", .type = FIELD_TIMESTAMP),
	FIELD_OF_PART(struct file, entry.further, struct further_times, name.changed, "name.changed", .type = FIELD_TIMESTAMP),
	FIELD_OF_PART(struct file, entry.further, struct further_times, name.born, "name.born", .type = FIELD_TIMESTAMP),
	FIELD_OF_PART(struct file, entry.further, struct further_times, deleted, "deleted", .type = FIELD_TIMESTAMP),
	FIELD_AS(struct file, entry.capabilities, "capabilities", FIELD_U64),
	FIELD_AS(struct file, entry.capabilities_effective, "capabilities.effective", FIELD_BOOL),
	FIELD_AS(struct file, entry.immutable, "immutable", FIELD_BOOL),
	FIELD_AS(struct file, entry.selinux, "selinux", FIELD_TEXT),
	FIELD_AS(struct file, entry.ima, "ima", FIELD_TEXT),
	FIELD_AS(struct file, entry.metacopy, "metacopy", FIELD_BOOL),
	FIELD_AS(struct file, entry.link_target, "target", FIELD_TEXT),
	FIELD_AS(struct file, entry.disk_offset, "disk", FIELD_U64),
	FIELD_AS(struct file, entry.not_readable, "not_readable", FIELD_TEXT),
	FIELD_OF_PART(struct file, entry.collected, struct digests, md5, "collected.md5", .type = FIELD_BLOB),
	FIELD_OF_PART(struct file, entry.collected, struct digests, sha1, "collected.sha1", .type = FIELD_BLOB),
	FIELD_OF_PART(struct file, entry.collected, struct digests, sha256, "collected.sha256", .type = FIELD_BLOB),
	FIELD_OF_PART(struct file, entry.collected, struct digests, known, "collected", .type = FIELD_U32),
	FIELD_AS(struct file, entry.collector, "collector", FIELD_TEXT),
	FIELD_ENUM(struct file, type, "type", program_type_names),
	FIELD_AS(struct file, is_candidate_only, "candidate", FIELD_BOOL),
	FIELD_AS(struct file, is_type_open, "type_open", FIELD_BOOL),
	FIELD(struct file, not_examined, FIELD_TEXT),
	FIELDS_DIGESTS(struct file, digests),
	FIELD_OF_PART(struct file, extra, struct digest, algorithm, "extra", .type = FIELD_NAME, .names = digest_algorithm_names),
	FIELD_OF_PART(struct file, extra, struct digest, bytes, "extra.digest", .type = FIELD_BLOB_TRIMMED),
	FIELD(struct file, digest_origin, FIELD_TEXT),
	FIELD(struct file, unreliable, FIELD_BOOL),
	FIELD_AS(struct file, bytes_read, "read", FIELD_U64),
	FIELD_AS(struct file, has_pyc, "pyc", FIELD_BOOL),
	FIELD_AS(struct file, is_prelinked, "prelinked", FIELD_BOOL),
	FIELD_AS(struct file, is_prelink_undone, "prelink_undone", FIELD_BOOL),
	FIELD(struct file, not_undone, FIELD_TEXT),
	FIELD_AS(struct file, pyc.by_hash, "pyc.hash", FIELD_BOOL),
	FIELD_AS(struct file, pyc.modified, "pyc.modified", FIELD_U32),
	FIELD_AS(struct file, pyc.size, "pyc.size", FIELD_U32),
	FIELD(struct file, label_expected, FIELD_TEXT),
	FIELD_AS(struct file, is_link_for_row, "link_for_row", FIELD_BOOL),
	FIELD_LAST
};

const struct record_type file_record = {
	.name = "file", .size = sizeof (struct file), .fields = file_fields,
	.description = "one name of an examined file, as a reading process hands it out",
};

static const struct field walk_count_fields[] = {
	FIELD(struct walk_count, filesystem, FIELD_U32),
	FIELD(struct walk_count, directories, FIELD_U64),
	FIELD(struct walk_count, entries, FIELD_U64),
	FIELD(struct walk_count, regular, FIELD_U64),
	FIELD(struct walk_count, links, FIELD_U64),
	FIELD(struct walk_count, others, FIELD_U64),
	FIELD(struct walk_count, deleted, FIELD_U64),
	FIELD(struct walk_count, orphans, FIELD_U64),
	FIELD(struct walk_count, programs, FIELD_U64),
	FIELD(struct walk_count, left_out, FIELD_U64),
	FIELD(struct walk_count, damaged_directories, FIELD_U64),
	FIELD(struct walk_count, complete, FIELD_BOOL),
	FIELD_LAST
};

const struct record_type walk_count_record = {
	.name = "walk-count", .size = sizeof (struct walk_count), .fields = walk_count_fields,
	.description = "what the walk of one file system counted",
};

static const struct field artifact_seen_fields[] = {
	FIELD(struct artifact_seen, system, FIELD_TEXT),
	FIELD(struct artifact_seen, driver, FIELD_TEXT),
	FIELD(struct artifact_seen, table, FIELD_TEXT),
	FIELD(struct artifact_seen, path, FIELD_TEXT),
	FIELD(struct artifact_seen, size, FIELD_U64),
	FIELD(struct artifact_seen, rows, FIELD_U64),
	FIELD(struct artifact_seen, result, FIELD_TEXT),
	FIELDS_DIGESTS(struct artifact_seen, digests),
	FIELD(struct artifact_seen, records, FIELD_U64),
	FIELD(struct artifact_seen, first, FIELD_TIMESTAMP),
	FIELD(struct artifact_seen, last, FIELD_TIMESTAMP),
	FIELD(struct artifact_seen, silence_from, FIELD_TIMESTAMP),
	FIELD(struct artifact_seen, silence_to, FIELD_TIMESTAMP),
	FIELD(struct artifact_seen, silences, FIELD_U64),
	FIELD(struct artifact_seen, silence_seconds, FIELD_U64),
	FIELD(struct artifact_seen, times_back, FIELD_U64),
	FIELD(struct artifact_seen, back_line, FIELD_U64),
	FIELD(struct artifact_seen, rotations_missing, FIELD_U64),
	FIELD_LAST
};

const struct record_type artifact_seen_record = {
	.name = "artifact", .size = sizeof (struct artifact_seen), .fields = artifact_seen_fields,
	.description = "a database or log that was looked for",
};
