/*
 * stix_json.c - the findings of medium and higher severity that have a file, as a bundle for threat-intelligence platforms
 *
 * Format: OASIS, "STIX Version 2.1".  A file is told with its folder (sections 6.3 and 6.7) in one observed-data; a digest
 * that is published as malicious is an indicator that was sighted. Identifiers follow from content: those of files
 * and folders as section 2.9 says (UUID version 5 of the contributing properties), the others in a name space of ours.
 * No clock is asked: what is created is dated by the newest stamp of the files it is about.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "formats.h"
#include "jsonl.h"
#include "object_id.h"
#include "output.h"

/* Section 2.9; and one made at random for this program. */
static const uint8_t oasis_space[16] = { 0x00, 0xAB, 0xED, 0xB4, 0xAA, 0x42, 0x46, 0x6C,
	0x9C, 0x01, 0xFE, 0xD2, 0x33, 0x15, 0xA9, 0xB7 };
/* As MITRE publishes the technique in its own bundle. */
static const char technique_id[] = "attack-pattern--960c3c86-1480-4d72-b4e0-8c242e84a5c5";

enum { ID_SIZE = 64, UUID_SIZE = 16, BLOCK_BYTES = 1 << 16 };
enum { TYPE_LETTERS = 3 };	/* that tell types apart, "report" and "relationship" too; none is shorter */

/* An identifier: there are seven for a finding, and of findings there may be hundreds of thousands. */
struct reference { const char *type; uint8_t uuid[UUID_SIZE]; };

struct bundle {
	const struct report *report;
	struct output *out;
	struct buffer  object;
	struct json    json;
	struct buffer  text;		/* what an identifier is made of */
	struct map     written;		/* identifiers */
	struct finding_reader *reader;
	struct arena   scratch;		/* of one finding */
	struct reference *refs;		/* of the report */
	size_t         ref_count, ref_capacity;
	char           creator[ID_SIZE], stamp[TIMESTAMP_TEXT_SIZE];
	bool           comma;
};

static void
make_id(const char *type, const uint8_t space[16], const struct buffer *name, char ret_id[ID_SIZE])
{
	char uuid[UUID_TEXT_SIZE];

	object_uuid(space, name->bytes, name->length, uuid);
	snprintf(ret_id, ID_SIZE, "%s--%s", type, uuid);
}

/* The same the other way round: "file--" and the number in hexadecimal groups. */
static struct reference
reference_of(const char *type, const char *id)
{
	struct reference reference = { .type = type };
	char digits[2 * UUID_SIZE];
	size_t count = 0;

	for (const char *at = id + strlen(type) + 2; *at && count < sizeof digits; at++)
		if (*at != '-')
			digits[count++] = *at;
	text_parse_hex(digits, count, reference.uuid);
	return reference;
}

static void
write_id(const struct reference *reference, char ret_id[ID_SIZE])
{
	char uuid[UUID_TEXT_SIZE];

	object_uuid_text(reference->uuid, uuid);
	snprintf(ret_id, ID_SIZE, "%s--%s", reference->type, uuid);
}

static void
own_id(struct bundle *bundle, const char *type, const char *name, char ret_id[ID_SIZE])
{
	buffer_clear(&bundle->text);
	buffer_add_text(&bundle->text, name);
	make_id(type, object_own_space, &bundle->text, ret_id);
}

/* STIX wants milliseconds and a Z. */
static void
format_stamp(const struct timestamp *time, char ret_text[TIMESTAMP_TEXT_SIZE])
{
	struct timestamp exact = { .seconds = time->seconds, .nanoseconds = time->nanoseconds,
		.resolution_nanoseconds = 1000000 };

	timestamp_format(&exact, ret_text);
}

/* False: an object of this identifier is in the bundle already. */
static bool
begin_object(struct bundle *bundle, const char *type, const char *id)
{
	struct reference reference = reference_of(type, id);

	char key[UUID_SIZE + TYPE_LETTERS] = { 0 };

	memcpy(key, reference.uuid, UUID_SIZE);
	memcpy(key + UUID_SIZE, type, TYPE_LETTERS);
	if (!map_add(&bundle->written, key, sizeof key, 0))
		return false;
	bundle->refs = memory_grow(bundle->refs, bundle->ref_count, &bundle->ref_capacity, sizeof *bundle->refs);
	bundle->refs[bundle->ref_count++] = reference;
	if (bundle->comma)
		output_text(bundle->out, ",\n");
	bundle->comma = true;
	json_init(&bundle->json, &bundle->object);
	json_begin_object(&bundle->json, NULL);
	json_text(&bundle->json, "type", type);
	json_text(&bundle->json, "spec_version", "2.1");
	json_text(&bundle->json, "id", id);
	return true;
}

static bool
begin_domain_object(struct bundle *bundle, const char *type, const char *id)
{
	if (!begin_object(bundle, type, id))
		return false;
	if (strcmp(type, "identity"))
		json_text(&bundle->json, "created_by_ref", bundle->creator);
	json_text(&bundle->json, "created", bundle->stamp);
	json_text(&bundle->json, "modified", bundle->stamp);
	return true;
}

/* What there is of it. */
static void
write_object(struct bundle *bundle)
{
	output_write(bundle->out, bundle->object.bytes, bundle->object.length);
	buffer_clear(&bundle->object);
}

static void
end_object(struct bundle *bundle)
{
	json_end_object(&bundle->json);
	write_object(bundle);
}

static void
write_folder(struct bundle *bundle, const char *path, char ret_id[ID_SIZE])
{
	const char *slash = strrchr(path, '/');
	const char *folder = slash && slash != path ? arena_copy(&bundle->scratch, path, (size_t)(slash - path)) : "/";
	struct json json;

	buffer_clear(&bundle->text);
	json_init(&json, &bundle->text);
	json_begin_object(&json, NULL);
	json_text(&json, "path", folder);
	json_end_object(&json);
	make_id("directory", oasis_space, &bundle->text, ret_id);
	if (!begin_object(bundle, "directory", ret_id))
		return;
	json_text(&bundle->json, "path", folder);
	end_object(bundle);
}

static void
add_digest(struct json *json, const struct file *file, enum digest_algorithm algorithm, const char *name)
{
	const uint8_t *bytes = digests_get(&file->digests, algorithm);

	if (bytes)
		json_hex(json, name, bytes, digest_size(algorithm), true);
}

/* The one digest that contributes to the identifier: MD5, else SHA-1, else SHA-256. */
static void
add_first_digest(struct json *json, const struct file *file)
{
	json_begin_object(json, "hashes");
	if (digests_get(&file->digests, DIGEST_MD5))
		add_digest(json, file, DIGEST_MD5, "MD5");
	else if (digests_get(&file->digests, DIGEST_SHA1))
		add_digest(json, file, DIGEST_SHA1, "SHA-1");
	else
		add_digest(json, file, DIGEST_SHA256, "SHA-256");
	json_end_object(json);
}

static void
write_file(struct bundle *bundle, const struct file *file, char ret_folder[ID_SIZE], char ret_id[ID_SIZE])
{
	const char *path = file->path ? file->path : file->entry.path;
	struct json json;

	write_folder(bundle, path, ret_folder);
	buffer_clear(&bundle->text);
	json_init(&json, &bundle->text);
	json_begin_object(&json, NULL);
	if (file->digests.known)
		add_first_digest(&json, file);
	json_text(&json, "name", text_base_name(path));
	json_text(&json, "parent_directory_ref", ret_folder);
	json_end_object(&json);
	make_id("file", oasis_space, &bundle->text, ret_id);
	if (!begin_object(bundle, "file", ret_id))
		return;
	if (file->digests.known) {
		json_begin_object(&bundle->json, "hashes");
		add_digest(&bundle->json, file, DIGEST_MD5, "MD5");
		add_digest(&bundle->json, file, DIGEST_SHA1, "SHA-1");
		add_digest(&bundle->json, file, DIGEST_SHA256, "SHA-256");
		json_end_object(&bundle->json);
	}
	json_u64(&bundle->json, "size", file->entry.size);
	json_text(&bundle->json, "name", text_base_name(path));
	json_text(&bundle->json, "parent_directory_ref", ret_folder);
	end_object(bundle);
}

static const struct timestamp *
newest_of(const struct file *file)
{
	const struct timestamp *changed = &file->entry.times.changed, *modified = &file->entry.times.modified;

	if (!timestamp_is_recorded(changed))
		return modified;
	return timestamp_is_recorded(modified) && timestamp_compare(modified, changed) > 0 ? modified : changed;
}

static void
write_relation(struct bundle *bundle, const char *from, const char *kind, const char *to)
{
	char id[ID_SIZE];

	own_id(bundle, "relationship", arena_format(&bundle->scratch, "%s %s %s", from, kind, to), id);
	if (!begin_domain_object(bundle, "relationship", id))
		return;
	json_text(&bundle->json, "relationship_type", kind);
	json_text(&bundle->json, "source_ref", from);
	json_text(&bundle->json, "target_ref", to);
	end_object(bundle);
}

/* The digest is published as malicious: that is an indicator, and here it was met. */
static void
write_indicator(struct bundle *bundle, const struct finding *finding, const char *text, const char *observed)
{
	const uint8_t *sha256 = digests_get(&finding->file->digests, DIGEST_SHA256);
	char id[ID_SIZE], sighting[ID_SIZE];
	struct buffer pattern;

	buffer_init(&pattern, 0);
	buffer_add_text(&pattern, "[file:hashes.'SHA-256' = '");
	text_add_hex(&pattern, sha256, digest_size(DIGEST_SHA256));
	buffer_add_text(&pattern, "']");
	own_id(bundle, "indicator", pattern.bytes, id);
	if (begin_domain_object(bundle, "indicator", id)) {
		json_text(&bundle->json, "name", text);
		json_begin_list(&bundle->json, "indicator_types");
		json_text(&bundle->json, NULL, "malicious-activity");
		json_end_list(&bundle->json);
		json_text(&bundle->json, "pattern", pattern.bytes);
		json_text(&bundle->json, "pattern_type", "stix");
		json_text(&bundle->json, "valid_from", bundle->stamp);
		end_object(bundle);
	}
	buffer_release(&pattern);
	write_relation(bundle, id, "indicates", technique_id);
	own_id(bundle, "sighting", arena_format(&bundle->scratch, "%s %s", id, observed), sighting);
	if (!begin_domain_object(bundle, "sighting", sighting))
		return;
	json_u64(&bundle->json, "count", 1);
	json_text(&bundle->json, "sighting_of_ref", id);
	json_begin_list(&bundle->json, "observed_data_refs");
	json_text(&bundle->json, NULL, observed);
	json_end_list(&bundle->json);
	end_object(bundle);
}

static bool
is_told(const struct finding *finding)
{
	return finding->file && finding->severity <= SEVERITY_MEDIUM;
}

static void
write_finding(struct bundle *bundle, const struct finding *finding, const char *text)
{
	char folder[ID_SIZE], file[ID_SIZE], observed[ID_SIZE], note[ID_SIZE], stamp[TIMESTAMP_TEXT_SIZE];
	const struct timestamp *newest = newest_of(finding->file);

	write_file(bundle, finding->file, folder, file);
	format_stamp(newest, stamp);
	own_id(bundle, "observed-data", arena_format(&bundle->scratch, "%s %s %s", finding->file->evidence,
		finding->file->entry.inode, file), observed);
	if (begin_domain_object(bundle, "observed-data", observed)) {
		json_text(&bundle->json, "first_observed", stamp);
		json_text(&bundle->json, "last_observed", stamp);
		json_u64(&bundle->json, "number_observed", 1);
		json_begin_list(&bundle->json, "object_refs");
		json_text(&bundle->json, NULL, folder);
		json_text(&bundle->json, NULL, file);
		json_end_list(&bundle->json);
		end_object(bundle);
	}
	own_id(bundle, "note", arena_format(&bundle->scratch, "%s %s %s", finding->check->id, observed, text), note);
	if (begin_domain_object(bundle, "note", note)) {
		json_text(&bundle->json, "abstract", arena_format(&bundle->scratch, "%s (%s): %s", finding_id(finding).text,
			severity_names[finding->severity], finding->check->title));
		json_text(&bundle->json, "content", text);
		json_begin_list(&bundle->json, "object_refs");
		json_text(&bundle->json, NULL, observed);
		json_end_list(&bundle->json);
		end_object(bundle);
	}
	if (!strcmp(finding->check->id, "known-bad") && digests_get(&finding->file->digests, DIGEST_SHA256))
		write_indicator(bundle, finding, text, observed);
}

static void
write_frame(struct bundle *bundle)
{
	own_id(bundle, "identity", "t1554triage", bundle->creator);
	begin_domain_object(bundle, "identity", bundle->creator);
	json_text(&bundle->json, "name", "t1554triage");
	json_text(&bundle->json, "identity_class", "system");
	end_object(bundle);
	begin_domain_object(bundle, "attack-pattern", technique_id);
	json_text(&bundle->json, "name", "Compromise Host Software Binary");
	json_begin_list(&bundle->json, "external_references");
	json_begin_object(&bundle->json, NULL);
	json_text(&bundle->json, "source_name", "mitre-attack");
	json_text(&bundle->json, "external_id", "T1554");
	json_end_object(&bundle->json);
	json_end_list(&bundle->json);
	end_object(bundle);
}

static void
write_report(struct bundle *bundle)
{
	const char *number = bundle->report->case_information->number;
	size_t count = bundle->ref_count;
	char id[ID_SIZE], uuid[UUID_TEXT_SIZE];
	struct object_name *naming;

	naming = object_name_begin(object_own_space);
	object_name_add(naming, number ? number : "");
	for (size_t i = 0; i < count; i++) {
		write_id(&bundle->refs[i], id);
		object_name_add(naming, id);
	}
	object_name_end(naming, uuid);
	snprintf(id, sizeof id, "report--%s", uuid);
	begin_domain_object(bundle, "report", id);
	json_text(&bundle->json, "name", arena_format(&bundle->scratch, "Host software binaries, T1554%s%s",
		number ? ": case " : "", number ? number : ""));
	if (bundle->report->judgement->sentence)
		json_text(&bundle->json, "description", bundle->report->judgement->sentence);
	json_begin_list(&bundle->json, "report_types");
	json_text(&bundle->json, NULL, "observed-data");
	json_end_list(&bundle->json);
	json_text(&bundle->json, "published", bundle->stamp);
	json_begin_list(&bundle->json, "object_refs");
	for (size_t i = 0; i < count; i++) {
		write_id(&bundle->refs[i], id);
		json_text(&bundle->json, NULL, id);
		if (bundle->object.length >= BLOCK_BYTES)
			write_object(bundle);
	}
	json_end_list(&bundle->json);
	end_object(bundle);
}

/* The newest stamp of what is told; of nothing it is the beginning of time. */
static void
date_bundle(struct bundle *bundle)
{
	struct timestamp newest = { .seconds = 0 };

	for (size_t i = 0; i < bundle->report->findings->count; i++) {
		const struct finding *finding = &bundle->report->findings->items[i];

		if (is_told(finding) && timestamp_is_recorded(newest_of(finding->file)) &&
		    timestamp_compare(newest_of(finding->file), &newest) > 0)
			newest = *newest_of(finding->file);
	}
	format_stamp(&newest, bundle->stamp);
}

/* Of everything that follows, so it is known before it is written. */
static void
begin_bundle(struct bundle *bundle)
{
	struct object_name *naming = object_name_begin(object_own_space);
	char uuid[UUID_TEXT_SIZE];

	for (size_t i = 0; i < bundle->report->findings->count; i++) {
		const struct finding *finding = &bundle->report->findings->items[i];
		const struct finding_statement *statement = is_told(finding) ? finding_read(bundle->reader, finding) : NULL;

		if (!statement)
			continue;
		object_name_add(naming, finding_id(finding).text);
		object_name_add(naming, " ");
		object_name_add(naming, statement->text);
		object_name_add(naming, "\n");
	}
	object_name_end(naming, uuid);
	output_text(bundle->out, "{\"type\":\"bundle\",\"id\":\"bundle--");
	output_text(bundle->out, uuid);
	output_text(bundle->out, "\",\"objects\":[\n");
}

static enum status
write_bundle(const struct report *report, struct output *out)
{
	struct bundle bundle = { .report = report, .out = out, .reader = finding_reader_open(report->findings, NULL) };

	arena_init(&bundle.scratch);
	map_init(&bundle.written);
	buffer_init(&bundle.object, 0);
	buffer_init(&bundle.text, 0);
	date_bundle(&bundle);
	begin_bundle(&bundle);
	write_frame(&bundle);
	for (size_t i = 0; i < report->findings->count; i++) {
		const struct finding *finding = &report->findings->items[i];
		const struct finding_statement *statement = is_told(finding) ? finding_read(bundle.reader, finding) : NULL;

		if (statement)
			write_finding(&bundle, finding, statement->text);
		arena_clear(&bundle.scratch);
	}
	write_report(&bundle);
	output_text(out, "\n]}\n");
	if (!finding_reader_close(bundle.reader))
		output_fail(out, EIO);
	buffer_release(&bundle.text);
	buffer_release(&bundle.object);
	map_release(&bundle.written);
	memory_free(bundle.refs);
	arena_release(&bundle.scratch);
	return output_error(out) ? STATUS_FATAL : STATUS_OK;
}

const struct report_format stix_json_format = {
	.name        = "findings.stix.json",
	.description = "findings of medium and higher severity as a STIX 2.1 bundle",
	.write       = write_bundle,
};
