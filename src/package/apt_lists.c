/*
 * apt_lists.c - /var/lib/apt/lists (apt-secure(8), repository format of Debian: wiki.debian.org/DebianRepository/Format)
 *
 *	HOST_PATH_dists_bookworm_InRelease                        which lists there are, signed
 *	HOST_PATH_dists_bookworm_Release, ..._Release.gpg         the same in two files
 *	HOST_PATH_dists_bookworm_main_binary-amd64_Packages       which archives there are; perhaps .lz4, .xz, .gz
 *
 *	SHA256:
 *	 0123abcd... 8793 main/binary-amd64/Packages
 *
 *	Package: bash
 *	Version: 5.2.15-2+b13
 *	Architecture: amd64
 *	SHA256: 0123abcd...
 *
 * The name of a list is that of its release file with the path that stands in there, "/" written as "_".  The digest is
 * that of the list as it is unpacked.  A link that does not fit ends the chain, and is said.
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "apt_lists.h"

enum { RELEASE_BYTES_MOST = 64 << 20, SIGNATURE_BYTES_MOST = 1 << 20 };

void
apt_lists_init(struct apt_lists *lists, const struct artifact_group *group, const struct package_sink *out,
	const struct notes *notes)
{
	*lists = (struct apt_lists){ .out = out, .notes = notes, .keyring = group->keyring };
	arena_init(&lists->arena);
	map_init(&lists->entry_by_list);
	map_init(&lists->wanted);
}

void
apt_lists_release(struct apt_lists *lists)
{
	memory_free(lists->releases);
	memory_free(lists->entries);
	memory_free(lists->lists);
	memory_free(lists->listings);
	map_release(&lists->entry_by_list);
	map_release(&lists->wanted);
	arena_release(&lists->arena);
}

const char *
apt_key(struct arena *arena, const char *name, const char *version, const char *architecture)
{
	return arena_format(arena, "%s %s %s", name ? name : "", version ? version : "", architecture ? architecture : "");
}

bool
apt_digest(struct source *source, const struct artifact *artifact, const struct notes *notes,
	struct digest *ret_digest)
{
	static const size_t block_bytes = 65536;
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_SHA256);
	uint8_t *block = memory_allocate(1, block_bytes);
	enum status status = STATUS_OK;
	struct digests digests;

	for (uint64_t at = 0; status == STATUS_OK; ) {
		size_t got = 0;

		status = source_read(source, at, block, block_bytes, &got);
		digest_stream_update(stream, block, got);
		at += got;
		if (status == STATUS_OK && !got)
			status = STATUS_UNREADABLE;
	}
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	memory_free(block);
	ret_digest->algorithm = DIGEST_SHA256;
	memcpy(ret_digest->bytes, digests.sha256, sizeof digests.sha256);
	if (status == STATUS_END)
		return true;
	note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &artifact->place,
		"it could not be read whole: nothing is held against it");
	return false;
}

/* The words of apt itself disagree: its lists are nobody's package. */
static void
contradict(const struct apt_lists *lists, const struct artifact *artifact, const char *text)
{
	const struct package_part part = { .manager = "dpkg", .package = "apt's lists", .kind = PACKAGE_PART_ARCHIVE,
		.contradiction = text, .at = artifact->place };

	lists->out->part(lists->out->context, &part);
}

/* ---- release files ---- */

static void
take_entry(struct apt_lists *lists, const char *prefix, const char *line)
{
	size_t digits = strspn(line, "0123456789abcdefABCDEF"), size;
	const char *path = line + digits;
	struct apt_entry entry = { .release = lists->release_count - 1 };
	char *name;

	path += strspn(path, " ");
	size = strspn(path, "0123456789");
	path += size + strspn(path + size, " ");
	if (!size || !text_has_suffix(path, "Packages") || !digest_parse(line, digits, DIGEST_SHA256, &entry.digest))
		return;
	name = arena_format(&lists->arena, "%s_%s", prefix, path);
	for (char *at = name + strlen(prefix); *at; at++)
		if (*at == '/')
			*at = '_';
	if (!map_add_text(&lists->entry_by_list, name, lists->entry_count))
		return;
	lists->entries = memory_grow(lists->entries, lists->entry_count, &lists->entry_capacity, sizeof *lists->entries);
	lists->entries[lists->entry_count++] = entry;
}

/* The lines of the section of SHA-256, from the text that was signed and from nothing else. */
static void
take_entries(struct apt_lists *lists, const char *prefix, const struct buffer *text)
{
	bool is_in_section = false;

	for (size_t at = 0; at < text->length; ) {
		size_t length = strcspn(text->bytes + at, "\r\n");
		struct arena arena;

		if (text->bytes[at] != ' ' && length)
			is_in_section = length == 7 && !memcmp(text->bytes + at, "SHA256:", 7);
		arena_init(&arena);
		if (is_in_section && text->bytes[at] == ' ')
			take_entry(lists, prefix, arena_copy(&arena, text->bytes + at + 1, length - 1));
		arena_release(&arena);
		at += length + 1;
	}
}

static bool
read_whole(const struct apt_lists *lists, const struct artifact *artifact, size_t limit, struct buffer *out)
{
	struct source *source;
	enum status status = artifact_open(artifact, lists->notes, &source);

	if (status < STATUS_DAMAGED)
		return false;
	status = status_worse(status, source_read_all(source, limit, out));
	source_close(source);
	if (status != STATUS_OK)
		note(lists->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &artifact->place,
			"it could not be read whole: nothing is held against it");
	return status == STATUS_OK;
}

static const struct artifact *
find_artifact(const struct artifact_group *group, const char *path)
{
	for (size_t i = 0; i < group->count; i++)
		if (!strcmp(group->items[i].path, path))
			return &group->items[i];
	return NULL;
}

static void
take_release(struct apt_lists *lists, const struct artifact *artifact, const char *prefix, const struct buffer *text,
	const struct signature_answer *answer)
{
	lists->releases = memory_grow(lists->releases, lists->release_count, &lists->release_capacity,
		sizeof *lists->releases);
	lists->releases[lists->release_count++] = (struct apt_release){ .name = text_base_name(artifact->path),
		.is_signed_well = answer && answer->standing == SIGNATURE_FITS,
		.signature = answer ? answer->text : "it is not signed" };
	if (answer && answer->standing == SIGNATURE_DIFFERS)
		contradict(lists, artifact, answer->text);
	else if (answer && answer->standing != SIGNATURE_FITS)
		note(lists->notes, STATUS_OK, NOTE_SIGNATURE_UNCHECKED, &artifact->place,
			"what it says of package archives is no stronger than the evidence itself: %s", answer->text);
	take_entries(lists, prefix, text);
}

static void
read_signed_release(struct apt_lists *lists, const struct artifact *artifact, const char *prefix)
{
	struct signature_answer answer;
	struct buffer bytes, text;
	const char *signature = NULL;
	size_t length = 0;

	buffer_init(&bytes, 0);
	buffer_init(&text, 0);
	if (read_whole(lists, artifact, RELEASE_BYTES_MOST, &bytes)) {
		if (cleartext_read(bytes.bytes, bytes.length, &text, &signature, &length)) {
			signature_check(lists->keyring, signature, length, SIGNATURE_OF_TEXT,
				&(struct signed_part){ text.bytes, text.length }, 1, &lists->arena, &answer);
			take_release(lists, artifact, prefix, &text, &answer);
		} else {
			note(lists->notes, STATUS_OK, NOTE_SIGNATURE_UNCHECKED, &artifact->place,
				"it is not a text with its signature: what it says of package archives is not used");
		}
	}
	buffer_release(&bytes);
	buffer_release(&text);
}

static void
read_plain_release(struct apt_lists *lists, const struct artifact_group *group, const struct artifact *artifact,
	const char *prefix)
{
	const struct artifact *beside = find_artifact(group, arena_format(&lists->arena, "%s.gpg", artifact->path));
	struct signature_answer answer;
	struct buffer text, signature;

	buffer_init(&text, 0);
	buffer_init(&signature, 0);
	if (read_whole(lists, artifact, RELEASE_BYTES_MOST, &text)) {
		if (beside && !read_whole(lists, beside, SIGNATURE_BYTES_MOST, &signature))
			beside = NULL;
		if (beside)
			signature_check(lists->keyring, signature.bytes, signature.length, SIGNATURE_OF_BYTES,
				&(struct signed_part){ text.bytes, text.length }, 1, &lists->arena, &answer);
		take_release(lists, artifact, prefix, &text, beside ? &answer : NULL);
	}
	buffer_release(&text);
	buffer_release(&signature);
}

/* "HOST_dists_bookworm" of a release file with that ending, NULL: it has another. */
static const char *
prefix_of(struct apt_lists *lists, const struct artifact *artifact, const char *ending)
{
	const char *name = text_base_name(artifact->path);

	if (!text_has_suffix(name, ending))
		return NULL;
	return arena_copy(&lists->arena, name, strlen(name) - strlen(ending));
}

/* ---- lists of packages ---- */

static const char *
list_name(struct apt_lists *lists, const struct artifact *artifact)
{
	const char *name = text_base_name(artifact->path), *end = strstr(name, "_Packages");

	return end ? arena_copy(&lists->arena, name, (size_t)(end - name) + strlen("_Packages")) : name;
}

static void
judge_list(struct apt_lists *lists, const struct artifact *artifact, const struct digest *digest, struct apt_list *list)
{
	const struct apt_entry *entry;
	const struct apt_release *release;
	uint64_t number;

	list->chain = "; no release file in the evidence names that list";
	if (!map_get_text(&lists->entry_by_list, list_name(lists, artifact), &number))
		return;
	entry = &lists->entries[number];
	release = &lists->releases[entry->release];
	if (!digest_equal(&entry->digest, digest)) {
		list->chain = arena_format(&lists->arena, "; %s names another SHA-256 for that list", release->name);
		contradict(lists, artifact, arena_format(&lists->arena, "%s is not the list that %s names: its SHA-256 is another",
			list->name, release->name));
		return;
	}
	list->is_signed = release->is_signed_well;
	list->chain = arena_format(&lists->arena, "; the SHA-256 of that list stands in %s; %s", release->name,
		release->signature);
}

/* A paragraph of a list while it is read. */
struct paragraph { struct buffer name, version, architecture, digest; };

static void
take_paragraph(struct apt_lists *lists, struct paragraph *paragraph)
{
	struct apt_listing listing = { .list = lists->list_count };
	struct arena arena;
	uint64_t number;

	arena_init(&arena);
	if (paragraph->name.length && map_get_text(&lists->wanted, apt_key(&arena, paragraph->name.bytes,
	    paragraph->version.bytes, paragraph->architecture.bytes), &number) &&
	    digest_parse(paragraph->digest.bytes, paragraph->digest.length, DIGEST_SHA256, &listing.digest)) {
		listing.archive = (size_t)number;
		lists->listings = memory_grow(lists->listings, lists->listing_count, &lists->listing_capacity,
			sizeof *lists->listings);
		lists->listings[lists->listing_count++] = listing;
	}
	arena_release(&arena);
	buffer_clear(&paragraph->name);
	buffer_clear(&paragraph->version);
	buffer_clear(&paragraph->architecture);
	buffer_clear(&paragraph->digest);
}

static void
take_line(struct paragraph *paragraph, const char *line)
{
	static const char *const fields[] = { "Package: ", "Version: ", "Architecture: ", "SHA256: " };
	struct buffer *const values[] = { &paragraph->name, &paragraph->version, &paragraph->architecture,
		&paragraph->digest };

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (text_has_prefix(line, fields[i])) {
			buffer_clear(values[i]);
			buffer_add_text(values[i], line + strlen(fields[i]));
		}
}

static void
read_paragraphs(struct apt_lists *lists, const struct artifact *artifact, struct source *source)
{
	struct paragraph paragraph;
	struct line_reader reader;
	size_t length;
	char *line;

	buffer_init(&paragraph.name, 0);
	buffer_init(&paragraph.version, 0);
	buffer_init(&paragraph.architecture, 0);
	buffer_init(&paragraph.digest, 0);
	line_reader_init(&reader, source, &artifact->place, lists->notes);
	while (line_reader_next(&reader, &line, &length)) {
		if (length)
			take_line(&paragraph, line);
		else
			take_paragraph(lists, &paragraph);
	}
	take_paragraph(lists, &paragraph);
	line_reader_release(&reader);
	buffer_release(&paragraph.name);
	buffer_release(&paragraph.version);
	buffer_release(&paragraph.architecture);
	buffer_release(&paragraph.digest);
}

static void
read_list(struct apt_lists *lists, const struct artifact *artifact)
{
	struct apt_list list = { .name = text_base_name(artifact->path) };
	struct source *source;
	struct digest digest;
	enum status status = artifact_open(artifact, lists->notes, &source);

	lists->status = status_worse(lists->status, status);
	if (status < STATUS_DAMAGED)
		return;
	if (status == STATUS_OK && apt_digest(source, artifact, lists->notes, &digest)) {
		judge_list(lists, artifact, &digest, &list);
		read_paragraphs(lists, artifact, source);
		lists->lists = memory_grow(lists->lists, lists->list_count, &lists->list_capacity, sizeof *lists->lists);
		lists->lists[lists->list_count++] = list;
	}
	source_close(source);
}

void
apt_lists_read(struct apt_lists *lists, const struct artifact_group *group)
{
	const char *prefix;

	/* Of two release files of one repository the one that holds its own signature stands first, as with apt. */
	for (size_t i = 0; i < group->count; i++) {
		prefix = prefix_of(lists, &group->items[i], "_InRelease");
		if (prefix)
			read_signed_release(lists, &group->items[i], prefix);
	}
	for (size_t i = 0; i < group->count; i++) {
		prefix = prefix_of(lists, &group->items[i], "_Release");
		if (prefix)
			read_plain_release(lists, group, &group->items[i], prefix);
	}
	for (size_t i = 0; i < group->count; i++)
		if (strstr(text_base_name(group->items[i].path), "_Packages"))
			read_list(lists, &group->items[i]);
}
