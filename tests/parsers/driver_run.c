/* driver_run.c - runs one driver over artifacts in memory and writes down all that it says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <t1554triage/artifact.h>
#include <t1554triage/binary.h>
#include <t1554triage/difference.h>
#include <t1554triage/eventlog.h>
#include <t1554triage/filesystem.h>
#include <t1554triage/hashset.h>
#include <t1554triage/inflate.h>
#include <t1554triage/memory.h>
#include <t1554triage/package.h>
#include <t1554triage/record.h>
#include <t1554triage/signature.h>
#include <t1554triage/text.h>
#include <t1554triage/zone.h>

#include "driver_run.h"

struct driver_fault driver_fault;

/* What a run has said so far. */
struct listing {
	struct buffer *out;
	size_t         notes;
};

static void
list_record(struct listing *listing, const struct record_type *type, const void *record, const struct place *at)
{
	struct buffer *out = listing->out, again;
	size_t begin = out->length, length;
	struct arena arena;
	void *copy;

	record_write(out, type, record);
	length = out->length - begin;
	arena_init(&arena);
	copy = arena_allocate(&arena, type->size);
	buffer_init(&again, 0);
	if (record_read(out->bytes + begin, length - 1, type, &arena, copy) == STATUS_OK)
		record_write(&again, type, copy);
	if (again.length != length || memcmp(again.bytes, out->bytes + begin, length) != 0)
		buffer_add_text(out, "broken: the record above is not read back as it was written\n");
	if (!at->path)
		buffer_add_text(out, "broken: the record above does not tell the artifact it was seen in\n");
	buffer_release(&again);
	arena_release(&arena);
}

static void
list_note(void *context, const struct note *note)
{
	struct listing *listing = context;

	listing->notes++;
	list_record(listing, &note_record, note, &note->at);
}

/* What is said of an archive as a whole has no path. */
static void
list_archive_note(void *context, const struct note *note)
{
	struct listing *listing = context;
	struct place whole = { .path = "" };

	listing->notes++;
	list_record(listing, &note_record, note, note->at.path ? &note->at : &whole);
}

static void
list_package(void *context, const struct package *package)
{
	list_record(context, &package_record, package, &package->at);
}

static void
list_package_file(void *context, const struct package_file *file)
{
	list_record(context, &package_file_record, file, &file->at);
}

static void
list_package_lock(void *context, const struct package_lock *lock)
{
	list_record(context, &package_lock_record, lock, &lock->at);
}

static void
list_package_diversion(void *context, const struct package_diversion *diversion)
{
	list_record(context, &package_diversion_record, diversion, &diversion->at);
}

static void
list_package_part(void *context, const struct package_part *part)
{
	list_record(context, &package_part_record, part, &part->at);
}

static void
list_package_load(void *context, const struct package_load *load)
{
	list_record(context, &package_load_record, load, &load->at);
}

static void
list_package_witness(void *context, const struct package_witness *witness)
{
	list_record(context, &package_witness_record, witness, &witness->at);
}

static void
list_package_baseline(void *context, const struct package_baseline *baseline)
{
	list_record(context, &package_baseline_record, baseline, &baseline->at);
}

static void
list_further(void *context, const char *path)
{
	struct listing *listing = context;

	buffer_add_text(listing->out, "leads to ");
	text_add_percent(listing->out, path, strlen(path));
	buffer_add_char(listing->out, '\n');
}

static void
list_event(void *context, const struct event *event)
{
	struct listing *listing = context;

	list_record(listing, &event_record, event, &event->at);
	for (size_t i = 0; i < event->field_count; i++) {
		buffer_add_text(listing->out, "field ");
		text_add_percent(listing->out, event->fields[i].name, strlen(event->fields[i].name));
		buffer_add_char(listing->out, '=');
		text_add_percent(listing->out, event->fields[i].value, strlen(event->fields[i].value));
		buffer_add_char(listing->out, '\n');
	}
}

/* A source whose reads fail on demand. */
struct faulty_source {
	struct source  source;
	struct source *below;
};

static enum status
read_faulty(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct faulty_source *self = (struct faulty_source *)source;
	enum status status = source_read(self->below, offset, buffer, length, ret_length);

	if (++driver_fault.reads != driver_fault.number || status != STATUS_OK)
		return status;
	if (driver_fault.status == STATUS_UNREADABLE)
		*ret_length = 0;
	else
		memset(buffer, 0, *ret_length);
	return driver_fault.status;
}

static void
close_faulty(struct source *source)
{
	struct faulty_source *self = (struct faulty_source *)source;

	source_close(self->below);
	memory_free(self);
}

static struct source *
open_faulty(const struct driver_input *input)
{
	struct faulty_source *self = memory_allocate(1, sizeof *self);

	self->below = source_open_memory(input->bytes, input->length);
	self->source = (struct source){ .size = input->length, .read = read_faulty, .close = close_faulty };
	return &self->source;
}

/* The content as the collect pass hands it out: inflated where it is compressed. */
static enum status
open_input(const struct artifact *artifact, const struct notes *notes, struct source **ret_source)
{
	const struct driver_input *input = artifact->context;
	struct source *source = open_faulty(input);
	enum status status = inflate_open(source, &artifact->place, notes, ret_source);

	if (status == STATUS_NOT_MINE) {
		*ret_source = source;
		return STATUS_OK;
	}
	source_close(source);
	return status;
}

static struct artifact *
make_artifacts(const struct driver_input *inputs, size_t count)
{
	struct artifact *artifacts = memory_allocate(count ? count : 1, sizeof *artifacts);

	for (size_t i = 0; i < count; i++)
		artifacts[i] = (struct artifact){
			.path = inputs[i].path,
			.times.modified = inputs[i].modified, .link_target = inputs[i].link_target,
			.size = inputs[i].length,
			.place.path = inputs[i].path,
			.open = open_input,
			.context = (void *)(uintptr_t)&inputs[i],
		};
	return artifacts;
}

static void
list_status(struct listing *listing, enum status status)
{
	static const char *const names[] = {
		[-STATUS_OK] = "OK", [-STATUS_DAMAGED] = "DAMAGED", [-STATUS_UNREADABLE] = "UNREADABLE" };

	if (status > STATUS_OK || status < STATUS_UNREADABLE)
		buffer_add_format(listing->out, "broken: a driver must not return status %d\n", (int)status);
	else
		buffer_add_format(listing->out, "status %s\n", names[-status]);
	if (status < STATUS_OK && !listing->notes)
		buffer_add_text(listing->out, "broken: trouble without a note\n");
}

static size_t
count_pointers(const void *const *items)
{
	size_t count = 0;

	while (items[count])
		count++;
	return count;
}

static size_t
package_count(void)
{
	return count_pointers((const void *const *)package_db_drivers());
}

static const char *
package_name(size_t driver)
{
	return package_db_drivers()[driver]->name;
}

static const char *const *
package_patterns(size_t driver)
{
	return package_db_drivers()[driver]->files;
}

static enum status
run_package(size_t driver, const struct driver_input *inputs, size_t count, struct buffer *out)
{
	struct listing listing = { .out = out };
	struct artifact *artifacts = make_artifacts(inputs, count);
	const struct artifact_group group = { .items = artifacts, .count = count };
	const struct notes notes = { list_note, &listing };
	enum status status = package_db_drivers()[driver]->further ?
		package_db_drivers()[driver]->further(&group, list_further, &listing, &notes) : STATUS_OK;

	status = status_worse(status, package_db_drivers()[driver]->parse(&group,
		&(struct package_sink){ list_package, list_package_file, list_package_lock,
			list_package_diversion, &listing, list_package_part, list_package_witness, list_package_baseline,
			list_package_load },
		&notes));

	memory_free(artifacts);
	list_status(&listing, status);
	return status;
}

static size_t
eventlog_count(void)
{
	return count_pointers((const void *const *)eventlog_drivers());
}

static const char *
eventlog_name(size_t driver)
{
	return eventlog_drivers()[driver]->name;
}

static const char *const *
eventlog_patterns(size_t driver)
{
	return eventlog_drivers()[driver]->files;
}

static enum status
run_eventlog(size_t driver, const struct driver_input *inputs, size_t count, struct buffer *out)
{
	struct listing listing = { .out = out };
	struct artifact *artifacts = make_artifacts(inputs, count);
	enum status status = eventlog_drivers()[driver]->parse(
		&(struct artifact_group){ .items = artifacts, .count = count },
		&(struct event_sink){ list_event, &listing },
		&(struct notes){ list_note, &listing });

	memory_free(artifacts);
	list_status(&listing, status);
	return status;
}

static size_t
binary_count(void)
{
	return count_pointers((const void *const *)binary_formats());
}

static const char *
binary_name(size_t driver)
{
	return binary_formats()[driver]->name;
}

static const char *const *
any_path(size_t driver)
{
	(void)driver;
	return NULL;
}

static void
list_undone(struct source *content, struct buffer *out)
{
	const char *why = NULL;
	size_t size = 0;
	uint8_t *before = binary_undo_prelink(content, &size, &why);
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_SHA256);
	struct digest digest = { .algorithm = DIGEST_SHA256 };
	struct digests digests;

	digest_stream_update(stream, before ? before : (const uint8_t *)"", size);
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	memory_free(before);
	memcpy(digest.bytes, digests.sha256, sizeof digests.sha256);
	buffer_add_text(out, "prelinked ");
	if (before)
		digest_add_hex(out, &digest);
	buffer_add_format(out, "%s\n", why ? why : "");
}

/* Of two programs the first is the altered one. */
static void
compare_programs(const struct driver_input *inputs, struct buffer *out)
{
	struct difference difference = { .file = 0 };
	struct arena arena;

	arena_init(&arena);
	difference_find(&difference, inputs[0].bytes, inputs[0].length, inputs[1].bytes, inputs[1].length, &arena);
	record_write(out, &difference_record, &difference);
	for (size_t i = 0; i < difference.item_count; i++)
		record_write(out, &difference_item_record, &difference.items[i]);
	arena_release(&arena);
}

static enum status
run_binary(size_t driver, const struct driver_input *inputs, size_t count, struct buffer *out)
{
	for (size_t i = 0; i < count; i++) {
		size_t head = inputs[i].length < BINARY_HEAD_BYTES ? inputs[i].length : BINARY_HEAD_BYTES;
		const char *name = text_base_name(inputs[i].path);
		struct source *content = source_open_memory(inputs[i].bytes, inputs[i].length);
		struct bytecode_source bytecode;

		if (binary_is_prelinked(content))
			list_undone(content, out);
		source_close(content);
		buffer_add_format(out, "%s type=%s of-all=%s\n", inputs[i].path,
			program_type_names[binary_formats()[driver]->type(inputs[i].bytes, head, name)],
			program_type_names[binary_type(inputs[i].bytes, head, name)]);
		if (binary_read_pyc(inputs[i].bytes, head, &bytecode))
			buffer_add_format(out, "source by_hash=%d modified=%u size=%u\n", bytecode.by_hash,
				bytecode.modified, bytecode.size);
	}
	if (count == 2)
		compare_programs(inputs, out);
	return STATUS_OK;
}

enum { PROBE_BYTES = 65536 };

static size_t
hashset_count(void)
{
	return count_pointers((const void *const *)hashset_formats());
}

static const char *
hashset_name(size_t driver)
{
	return hashset_formats()[driver]->name;
}

static void
list_text(struct buffer *out, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	buffer_add_format(out, " %s=", name);
	text_add_percent(out, text, strlen(text));
}

static void
list_row(void *context, const struct hash_row *row)
{
	struct listing *listing = context;
	struct buffer *out = listing->out;

	buffer_add_format(out, "row %llu", (unsigned long long)row->row);
	for (enum digest_algorithm algorithm = DIGEST_MD5; algorithm < DIGEST_ALGORITHM_COUNT; algorithm++) {
		const uint8_t *bytes = digests_get(&row->digests, algorithm);

		if (!bytes)
			continue;
		buffer_add_format(out, " %s=", digest_algorithm_names[algorithm]);
		text_add_hex(out, bytes, digest_size(algorithm));
	}
	if (row->class)
		list_text(out, "class", hash_class_names[row->class]);
	list_text(out, "name", row->name);
	list_text(out, "product", row->product);
	list_text(out, "application_type", row->application_type);
	list_text(out, "system", row->system);
	list_text(out, "note", row->note);
	list_text(out, "actor", row->actor);
	list_text(out, "source", row->source);
	if (row->grade)
		buffer_add_format(out, " grade=%c", row->grade);
	buffer_add_char(out, '\n');
}

static void
list_network(void *context, const struct network_row *row)
{
	struct buffer *out = ((struct listing *)context)->out;

	buffer_add_format(out, "network %llu ", (unsigned long long)row->line);
	network_value_add(out, &row->value);
	list_text(out, "product", row->product);
	list_text(out, "note", row->note);
	list_text(out, "actor", row->actor);
	list_text(out, "source", row->source);
	if (row->grade)
		buffer_add_format(out, " grade=%c", row->grade);
	buffer_add_char(out, '\n');
}

static void
list_rejected(void *context, uint64_t line, const char *text, const char *why)
{
	struct listing *listing = context;

	listing->notes++;
	buffer_add_format(listing->out, "rejected %llu", (unsigned long long)line);
	list_text(listing->out, "text", text);
	list_text(listing->out, "why", why);
	buffer_add_char(listing->out, '\n');
}

static void
list_identity(struct buffer *out, const struct hash_set_identity *identity)
{
	if (!(identity->release && *identity->release) && !(identity->description && *identity->description))
		return;
	buffer_add_text(out, "set");
	list_text(out, "release", identity->release);
	list_text(out, "description", identity->description);
	buffer_add_char(out, '\n');
}

/* A set is one file: what its format does not take is left alone, as hashset_open would. */
static enum status
run_hashset(size_t driver, const struct driver_input *inputs, size_t count, struct buffer *out)
{
	const struct hashset_format *format = hashset_formats()[driver];
	struct listing listing = { .out = out };
	struct hash_set_identity identity = { .kind = format->kind };
	struct notes notes = { list_note, &listing };
	struct source *file, *content = NULL;
	struct place place = { .path = count ? inputs->path : "" };
	uint8_t *head = memory_allocate(1, PROBE_BYTES);
	size_t length = 0;
	struct arena arena;
	enum status status;

	if (!count || !format->probe) {
		buffer_add_text(out, format->probe ? "no file\n" : "not in this build\n");
		memory_free(head);
		return STATUS_NOT_MINE;
	}
	file = open_faulty(inputs);
	arena_init(&arena);
	status = hashset_content_open(file, &place, &notes, &content);
	if (status >= STATUS_OK)
		status = source_read(content ? content : file, 0, head, PROBE_BYTES, &length);
	/* hashset_open refuses it with these words. */
	if (status < STATUS_OK)
		note(&notes, status, NOTE_ARTIFACT_UNREADABLE, &place, "its beginning cannot be read");
	else
		status = STATUS_OK;
	if (status >= STATUS_OK && !format->probe(head, length)) {
		buffer_add_text(out, "not of this format\n");
		status = STATUS_NOT_MINE;
	} else if (status >= STATUS_OK) {
		status = format->read(inputs->path, content ? content : file,
			&(struct hash_row_sink){ list_row, list_rejected, &listing, list_network }, &identity, &arena, &notes);
		list_identity(out, &identity);
		list_status(&listing, status);
	} else {
		list_status(&listing, status);
	}
	source_close(content);
	arena_release(&arena);
	source_close(file);
	memory_free(head);
	return status;
}

/* Readers of the base layer: one format each. */
enum { READ_INFLATED, READ_ZONE, BASE_READER_COUNT };

static size_t
base_count(void)
{
	return BASE_READER_COUNT;
}

static const char *
base_name(size_t driver)
{
	return driver == READ_ZONE ? "zone" : "inflate";
}

static enum status
read_inflated(struct source *source, const struct place *place, struct listing *listing, const struct notes *notes)
{
	struct source *inflated = NULL;
	enum status status = inflate_open(source, place, notes, &inflated);

	if (inflated)
		buffer_add_format(listing->out, "inflated %llu\n", (unsigned long long)inflated->size);
	source_close(inflated);
	return status == STATUS_NOT_MINE ? STATUS_OK : status;
}

static enum status
read_zone(struct source *source, const struct place *place, struct listing *listing, const struct notes *notes)
{
	struct timestamp time = { .seconds = 1717200000, .resolution_nanoseconds = 1000000000, .local = true };
	char text[TIMESTAMP_TEXT_SIZE];
	struct arena arena;
	struct zone zone;
	enum status status;

	arena_init(&arena);
	status = zone_read(source, "Demo/Zone", place, notes, &arena, &zone);
	if (status >= STATUS_DAMAGED) {
		zone_to_utc(&zone, &time);
		timestamp_format(&time, text);
		buffer_add_format(listing->out, "transitions %zu, 2024-06-01T00:00:00 is %s\n", zone.count, text);
	}
	arena_release(&arena);
	return status;
}

static enum status
run_base(size_t driver, const struct driver_input *inputs, size_t count, struct buffer *out)
{
	struct listing listing = { .out = out };
	struct notes notes = { list_note, &listing };
	enum status worst = STATUS_OK;

	for (size_t i = 0; i < count; i++) {
		struct source *source = open_faulty(&inputs[i]);
		struct place place = { .path = inputs[i].path };

		worst = status_worse(worst, driver == READ_ZONE ? read_zone(source, &place, &listing, &notes) :
			read_inflated(source, &place, &listing, &notes));
		source_close(source);
	}
	list_status(&listing, worst);
	return worst;
}

/* Signatures: of a content in a file of their own, or of a text around itself; keys are the examiner's. */
enum { READ_DETACHED, READ_CLEARTEXT, SIGNATURE_READER_COUNT };

static size_t
signature_count(void)
{
	return SIGNATURE_READER_COUNT;
}

static const char *
signature_name(size_t driver)
{
	return driver == READ_DETACHED ? "detached" : "cleartext";
}

static const char *const *
signature_patterns(size_t driver)
{
	static const char *const detached[] = { "/keys/*", "/content", "/signature", NULL };
	static const char *const cleartext[] = { "/keys/*", "/text", NULL };

	return driver == READ_DETACHED ? detached : cleartext;
}

static void
list_answer(const struct keyring *keyring, const void *packets, size_t length, enum signature_form form,
	const struct signed_part *part, struct buffer *out)
{
	struct signature_answer answer;
	struct arena arena;

	arena_init(&arena);
	signature_check(keyring, packets, length, form, part, 1, &arena, &answer);
	buffer_add_format(out, "%s: %s\n", signature_standing_names[answer.standing], answer.text);
	arena_release(&arena);
}

static void
read_cleartext(const struct keyring *keyring, const struct driver_input *input, struct buffer *out)
{
	const char *signature;
	struct buffer text;
	size_t length;

	buffer_init(&text, 0);
	if (!cleartext_read(input->bytes, input->length, &text, &signature, &length))
		buffer_add_text(out, "not a signed text\n");
	else
		list_answer(keyring, signature, length, SIGNATURE_OF_TEXT,
			&(struct signed_part){ text.bytes, text.length }, out);
	buffer_release(&text);
}

static enum status
run_signature(size_t driver, const struct driver_input *inputs, size_t count, struct buffer *out)
{
	struct signed_part content = { "", 0 };
	struct listing listing = { .out = out };
	struct notes notes = { list_note, &listing };
	struct keyring *keyring = keyring_open();

	(void)driver;
	for (size_t i = 0; i < count; i++) {
		const struct driver_input *input = &inputs[i];

		if (text_has_prefix(input->path, "/keys/"))
			buffer_add_format(out, "keys %zu\n",
				keyring_add(keyring, text_base_name(input->path), input->bytes, input->length, &notes));
		else if (!strcmp(input->path, "/content"))
			content = (struct signed_part){ input->bytes, input->length };
		else if (!strcmp(input->path, "/signature"))
			list_answer(keyring, input->bytes, input->length, SIGNATURE_OF_BYTES, &content, out);
		else
			read_cleartext(keyring, input, out);
	}
	keyring_close(keyring);
	return STATUS_OK;
}

/*
 * Archives: as they are; tar with its checksums made right, so that mutants get
 * past them; and a UAC collection, its files packed into a tar.
 */
enum { READ_ARCHIVE, READ_TAR, READ_UAC, ARCHIVE_READER_COUNT };
enum { TAR_BLOCK = 512, TAR_MAGIC_AT = 257, CONTENT_BYTES = 65536, ENTRIES_LISTED = 10000 };

static size_t
filesystem_count(void)
{
	return ARCHIVE_READER_COUNT;
}

static const char *
filesystem_name(size_t driver)
{
	static const char *const names[] = { "archive", "tar", "uac" };

	return names[driver];
}

static const char *const *
filesystem_patterns(size_t driver)
{
	static const char *const uac[] = { "/uac.log", "/bodyfile/bodyfile.txt",
		"/hash_executables/hash_executables.*", "/live_response/**", "/?root?/**", NULL };

	return driver == READ_UAC ? uac : NULL;
}

/* Failing reads of archives: they are read by their descriptor. */
static int archive_descriptor = -1;

ssize_t
pread(int descriptor, void *buffer, size_t length, off_t offset)
{
	if (descriptor == archive_descriptor && ++driver_fault.reads == driver_fault.number) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pread64, descriptor, buffer, length, offset);
}

static void
set_checksum(char *header)
{
	unsigned sum = 0;
	char text[9];

	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (uint8_t)header[i];
	snprintf(text, sizeof text, "%06o", sum);
	memcpy(header + 148, text, 7);
}

static void
add_member(struct buffer *tar, const struct driver_input *input)
{
	char header[TAR_BLOCK] = "", zeros[TAR_BLOCK] = "";

	snprintf(header, 100, ".%s", input->path);
	snprintf(header + 100, 8, "%07o", 0644);
	snprintf(header + 124, 12, "%011zo", input->length);
	header[156] = '0';
	memcpy(header + TAR_MAGIC_AT, "ustar\0" "00", 8);
	set_checksum(header);
	buffer_add(tar, header, sizeof header);
	buffer_add(tar, input->bytes, input->length);
	buffer_add(tar, zeros, (TAR_BLOCK - input->length % TAR_BLOCK) % TAR_BLOCK);
}

static void
make_archive(size_t driver, const struct driver_input *inputs, size_t count, struct buffer *archive)
{
	if (driver == READ_UAC) {
		for (size_t i = 0; i < count; i++)
			add_member(archive, &inputs[i]);
		buffer_add(archive, (char[2 * TAR_BLOCK]){ 0 }, 2 * TAR_BLOCK);
	} else if (count) {
		buffer_add(archive, inputs->bytes, inputs->length);
	}
	for (size_t at = 0; driver == READ_TAR && at + TAR_BLOCK <= archive->length; at += TAR_BLOCK)
		if (!memcmp(archive->bytes + at + TAR_MAGIC_AT, "ustar", 5))
			set_checksum(archive->bytes + at);
}

/* The walk through what the archive holds. */
struct archive_walk {
	struct filesystem *filesystem;
	struct listing    *listing;
	struct notes       notes;
	struct arena       arena;
	struct { char *path; uint64_t node; } folders[ENTRIES_LISTED];
	size_t             folder_count, entry_count;
};

/* The first bytes, and the last one. */
static void
list_content(struct archive_walk *walk, const struct file_entry *entry)
{
	struct digest_stream *stream = digest_stream_open(1U << DIGEST_SHA256);
	uint8_t *bytes = memory_allocate(CONTENT_BYTES, 1);
	struct digests digests = { .known = 0 };
	struct source *source = NULL;
	enum status status = walk->filesystem->driver->content(walk->filesystem, entry, CONTENT_BY_RUNS,
		&walk->notes, &source);
	size_t got = 0;

	if (status >= STATUS_DAMAGED && source->size) {
		source_read(source, 0, bytes, CONTENT_BYTES, &got);
		digest_stream_update(stream, bytes, got);
		source_read(source, source->size - 1, bytes, 1, &got);
	}
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	if (status >= STATUS_DAMAGED) {
		buffer_add_format(walk->listing->out, "content %llu ", (unsigned long long)source->size);
		text_add_hex(walk->listing->out, digests.sha256, sizeof digests.sha256);
		buffer_add_char(walk->listing->out, '\n');
		source_close(source);
	}
	memory_free(bytes);
}

static bool
list_entry(void *context, const struct file_entry *entry)
{
	struct archive_walk *walk = context;
	struct place at = { .path = entry->path };

	if (walk->entry_count++ >= ENTRIES_LISTED)
		return false;
	list_record(walk->listing, &file_entry_record, entry, &at);
	if (entry->has & ENTRY_HAS_CONTENT && !entry->not_readable)
		list_content(walk, entry);
	if (entry->type == ENTRY_DIRECTORY) {
		walk->folders[walk->folder_count].path = arena_copy_text(&walk->arena, entry->path);
		walk->folders[walk->folder_count++].node = entry->node;
	}
	return true;
}

static enum status
walk_archive(struct filesystem *filesystem, struct listing *listing)
{
	struct archive_walk *walk = memory_allocate(1, sizeof *walk);
	struct entry_sink sink = { list_entry, walk };
	enum status status;

	walk->filesystem = filesystem;
	walk->listing = listing;
	walk->notes = (struct notes){ list_archive_note, listing };
	arena_init(&walk->arena);
	buffer_add_format(listing->out, "filesystem %s\n", filesystem->identity.type);
	status = filesystem->driver->list(filesystem, filesystem_root(filesystem), "/", &sink, &walk->notes);
	for (size_t i = 0; i < walk->folder_count; i++)
		status = status_worse(status, filesystem->driver->list(filesystem, walk->folders[i].node,
			walk->folders[i].path, &sink, &walk->notes));
	arena_release(&walk->arena);
	memory_free(walk);
	return status;
}

static enum status
run_filesystem(size_t driver, const struct driver_input *inputs, size_t count, struct buffer *out)
{
	struct listing listing = { .out = out };
	struct notes notes = { list_archive_note, &listing };
	struct volume volume = { .evidence = "E1", .name = "-" };
	struct segment segment = { .descriptor = memfd_create("archive", MFD_CLOEXEC) };
	struct exhibit exhibit = { .id = "E1", .kind = EXHIBIT_ARCHIVE, .segments = &segment, .segment_count = 1 };
	struct filesystem_origin origin = { .exhibit = &exhibit, .volume = &volume };
	struct filesystem *filesystem = NULL;
	struct buffer archive;
	enum status status;

	buffer_init(&archive, 0);
	make_archive(driver, inputs, count, &archive);
	segment.size = archive.length;
	if (segment.descriptor < 0 || write(segment.descriptor, archive.bytes, archive.length) != (ssize_t)archive.length)
		abort();
	archive_descriptor = segment.descriptor;
	status = filesystem_open(&origin, &notes, &filesystem);
	if (filesystem)
		status = status_worse(status, walk_archive(filesystem, &listing));
	filesystem_close(filesystem);
	archive_descriptor = -1;
	close(segment.descriptor);
	buffer_release(&archive);
	if (status == STATUS_NOT_MINE)
		buffer_add_text(out, "not an archive\n");
	else
		list_status(&listing, status);
	return status;
}

const struct driver_table driver_tables[] = {
	{ "package", package_count, package_name, package_patterns, run_package },
	{ "eventlog", eventlog_count, eventlog_name, eventlog_patterns, run_eventlog },
	{ "binary", binary_count, binary_name, any_path, run_binary },
	{ "hashset", hashset_count, hashset_name, any_path, run_hashset },
	{ "base", base_count, base_name, any_path, run_base },
	{ "signature", signature_count, signature_name, signature_patterns, run_signature },
	{ "filesystem", filesystem_count, filesystem_name, filesystem_patterns, run_filesystem },
	{ .name = NULL }
};

bool
driver_find(const char *table, const char *name, const struct driver_table **ret_table, size_t *ret_driver)
{
	for (*ret_table = driver_tables; (*ret_table)->name; ++*ret_table) {
		if (strcmp((*ret_table)->name, table) != 0)
			continue;
		for (*ret_driver = 0; *ret_driver < (*ret_table)->count(); ++*ret_driver)
			if (!strcmp((*ret_table)->driver_name(*ret_driver), name))
				return true;
	}
	return false;
}

bool
driver_matches(const char *pattern, const char *path)
{
	return text_matches_glob(pattern + (pattern[0] == '/'), path + 1);
}

/* The number of the first pattern that path matches, SIZE_MAX: none. */
static size_t
pattern_rank(const char *const *patterns, const char *path)
{
	for (size_t i = 0; patterns[i]; i++)
		if (driver_matches(patterns[i], path))
			return i;
	return SIZE_MAX;
}

bool
driver_wants(const struct driver_table *table, size_t driver, const char *path)
{
	const char *const *patterns = table->patterns(driver);

	return !patterns || pattern_rank(patterns, path) != SIZE_MAX;
}

/* Where the number or date of a rotation begins ("x.log.2.gz", "x.log-20240503"), or the end. */
static const char *
rotation_of(const char *path)
{
	for (const char *at = text_base_name(path) + 1; at[-1] && *at; at++)
		if ((*at == '.' || *at == '-') && at[1] >= '0' && at[1] <= '9')
			return at;
	return path + strlen(path);
}

/* Of one log the current file comes first, then .1, .2; dates run backwards. */
static int
compare_rotations(const char *a, const char *b)
{
	unsigned long number_a = strtoul(*a ? a + 1 : "0", NULL, 10), number_b = strtoul(*b ? b + 1 : "0", NULL, 10);
	int order = (number_a > number_b) - (number_a < number_b);

	return *a == '-' && *b == '-' ? -order : order;
}

static int
compare_inputs(const void *a, const void *b, void *patterns)
{
	const struct driver_input *left = a, *right = b;
	const char *rotation_left = rotation_of(left->path), *rotation_right = rotation_of(right->path);
	size_t stem_left = (size_t)(rotation_left - left->path), stem_right = (size_t)(rotation_right - right->path);
	size_t rank_left = pattern_rank(patterns, left->path), rank_right = pattern_rank(patterns, right->path);
	int order = (rank_left > rank_right) - (rank_left < rank_right);

	if (!order && stem_left == stem_right && !memcmp(left->path, right->path, stem_left))
		order = compare_rotations(rotation_left, rotation_right);
	return order ? order : strcmp(left->path, right->path);
}

enum status
driver_run(const struct driver_table *table, size_t driver, struct driver_input *inputs, size_t input_count,
	struct buffer *out)
{
	const char *const *patterns = table->patterns(driver);

	if (patterns && input_count)
		qsort_r(inputs, input_count, sizeof *inputs, compare_inputs, (void *)(uintptr_t)patterns);
	return table->run(driver, inputs, input_count, out);
}
