/*
 * files_jsonl.c - one line per name of an examined file, in the order of the inventory
 *
 *	{"evidence":"E1","system":"s1","volume":"p2","filesystem":"ext4","path":"/usr/sbin/sshd", ...}
 */
#include <t1554triage/text.h>

#include "formats.h"
#include "jsonl.h"

static void
write_capabilities(struct json *json, uint64_t capabilities, bool effective)
{
	struct buffer text;

	buffer_init(&text, 0);
	json_text(json, "capabilities", capabilities_add(&text, capabilities, effective) ? text.bytes : NULL);
	buffer_release(&text);
}

static void
write_mode(struct json *json, bool is_known, uint32_t mode)
{
	char text[5] = { (char)('0' + (mode >> 9 & 7)), (char)('0' + (mode >> 6 & 7)), (char)('0' + (mode >> 3 & 7)),
		(char)('0' + (mode & 7)), '\0' };

	json_text(json, "mode", is_known ? text : NULL);
}

static void
write_owner(struct json *json, const char *name, bool is_known, uint32_t number)
{
	if (is_known)
		json_u64(json, name, number);
	else
		json_null(json, name);
}

static void
write_entry(struct json *json, const struct file_entry *entry, enum program_type type)
{
	json_text(json, "inode", entry->inode);
	json_bool(json, "allocated", entry->state == ENTRY_ALLOCATED);
	json_text(json, "state", entry_state_names[entry->state]);
	json_text(json, "content_state", content_state_names[entry->content_state]);
	json_text(json, "type", program_type_names[type]);
	json_u64(json, "size", entry->size);
	write_mode(json, entry->has & ENTRY_HAS_MODE, entry->mode);
	write_owner(json, "uid", entry->has & ENTRY_HAS_OWNER, entry->uid);
	write_owner(json, "gid", entry->has & ENTRY_HAS_OWNER, entry->gid);
	write_capabilities(json, entry->capabilities, entry->capabilities_effective);
	json_time(json, "modified", &entry->times.modified);
	json_time(json, "accessed", &entry->times.accessed);
	json_time(json, "changed", &entry->times.changed);
	json_time(json, "born", &entry->times.born);
}

static void
write_digests(struct json *json, const struct file *file)
{
	static const enum digest_algorithm algorithms[] = { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };

	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		const uint8_t *bytes = digests_get(&file->digests, algorithms[i]);

		json_hex(json, digest_algorithm_names[algorithms[i]], bytes, digest_size(algorithms[i]), bytes);
	}
	json_text(json, "digest_origin", file->digests.known ? file->digest_origin : NULL);
	if (file->digests.known)
		json_bool(json, "digest_reliable", !file->unreliable);
	else
		json_null(json, "digest_reliable");
}

static void
write_sets(struct json *json, const struct file *file)
{
	json_begin_list(json, "sets");
	for (size_t i = 0; i < file->match_count; i++) {
		const struct hash_match *match = &file->matches[i];
		char grade[2] = { match->grade, '\0' };

		json_begin_object(json, NULL);
		json_text(json, "name", match->set ? hashset_identity(match->set)->name : "-");
		json_text(json, "release", match->set && *hashset_identity(match->set)->release ?
			hashset_identity(match->set)->release : NULL);
		json_text(json, "class", hash_class_names[match->class]);
		json_text(json, "by", digest_algorithm_names[match->by]);
		json_text(json, "file_name", match->name && *match->name ? match->name : NULL);
		json_text(json, "product", match->product && *match->product ? match->product : NULL);
		json_text(json, "application_type",
			match->application_type && *match->application_type ? match->application_type : NULL);
		json_text(json, "actor", match->actor && *match->actor ? match->actor : NULL);
		json_text(json, "source", match->source && *match->source ? match->source : NULL);
		json_text(json, "grade", match->grade ? grade : NULL);
		json_u64_or_null(json, "row", match->row);
		json_end_object(json);
	}
	json_end_list(json);
}

static void
write_expected(struct json *json, const struct package_file *row)
{
	struct buffer hex;

	if (!row) {
		json_null(json, "expected");
		return;
	}
	buffer_init(&hex, 0);
	digest_add_hex(&hex, &row->digest);
	json_begin_object(json, "expected");
	json_text(json, "algorithm", row->digest.algorithm ? digest_algorithm_names[row->digest.algorithm] : NULL);
	json_text(json, "digest", row->digest.algorithm ? hex.bytes : NULL);
	write_mode(json, row->has_mode, row->mode);
	write_owner(json, "uid", row->has_uid, row->uid);
	write_owner(json, "gid", row->has_gid, row->gid);
	write_capabilities(json, row->capabilities, true);
	json_end_object(json);
	buffer_release(&hex);
}

static void
write_file(struct json *json, const struct file *file)
{
	json_text(json, "evidence", text_or_dash(file->evidence));
	json_text(json, "system", file_system_id(file));
	json_text(json, "volume", text_or_dash(file->volume));
	json_text(json, "filesystem", file->filesystem_type);
	json_path(json, "path", file->path ? file->path : file->entry.path);
	json_path(json, "volume_path", file->entry.path);
	json_path(json, "stream", file->entry.stream);
	write_entry(json, &file->entry, file->type);
	write_digests(json, file);
	json_text(json, "verdict", verdict_names[file->verdict]);
	json_text(json, "trust", file->trust ? trust_names[file->trust] : NULL);
	write_sets(json, file);
	json_text(json, "package", file->package ? file->package->name :
		file->expected ? file->expected->package : NULL);
	json_text(json, "package_state", file->package_state ? package_state_names[file->package_state] : NULL);
	write_expected(json, file->expected);
	json_difference(json, "differences", file->difference);
}

static enum status
write_files(const struct report *report, struct output *out)
{
	struct lines lines;

	lines_begin(&lines, out);
	for (size_t i = 0; i < report->inventory->file_count; i++) {
		write_file(&lines.json, &report->inventory->files[i]);
		lines_next(&lines);
	}
	return lines_end(&lines);
}

const struct report_format files_jsonl_format = {
	.name        = "files.jsonl",
	.description = "one line per name of an examined file: identity, times, digests, verdict, package, sets",
	.write       = write_files,
	.is_early    = true,
	.work        = 6,
};
