/*
 * git_index.c - the index of work trees: what was checked out or staged (gitformat-index(5), versions 2 to 4)
 *
 *	"DIRC", version, number of entries; each entry:
 *	ctime mtime device inode mode user group size	10 numbers of 4 bytes, big endian
 *	name of the blob				20 bytes: SHA-1 of "blob ", length, NUL and the content
 *	flags						length of the path; 0x8000 "assume unchanged", 0x4000 two more bytes,
 *							0x3000 stage of a conflict; in those 0x4000 "skip worktree", 0x2000 "intent to add"
 *	path						with NULs to a multiple of 8; version 4: as an end that follows the path before
 *	extensions, SHA-1 of all of it
 *
 * A source file that differs from the index is work that was not committed, or a source that somebody changed where the
 * build reads it.  Found by bounded patterns, where build servers and people keep trees; settings kept in git (/etc) are
 * not asked.  A path that git was told to assume unchanged differs without git saying so: the state counts them.
 */
#include <string.h>

#include <t1554triage/byte_reader.h>
#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "manifest.h"

enum { HASH_BYTES = 20, HASH256_BYTES = 32, TYPE_LINK = 0120000, TYPE_FILE = 0100000, TYPE_MASK = 0170000,
	ASSUME_UNCHANGED = 0x8000, EXTENDED = 0x4000, STAGE = 0x3000, SKIP_WORKTREE = 0x4000, INTENT_TO_ADD = 0x2000 };

struct git_reading {
	struct manifest    manifest;
	struct arena       arena;	/* texts of the tree */
	struct package     package;
	const char        *folder;	/* of the tree, without a slash behind; "" the root */
	struct byte_reader bytes;
	struct buffer      name;	/* path of the entry within the tree */
	uint32_t           version;
	uint64_t           assumed;	/* entries that git was told to assume unchanged */
	const char        *first_assumed;
};

/* What is left out behind the end reads as 0: the checksum was right before. */
static uint64_t
take_number(struct git_reading *reading, size_t bytes)
{
	uint64_t number = 0;

	while (bytes-- > 0) {
		int byte = byte_take(&reading->bytes);

		number = number << 8 | (byte == BYTE_READER_END ? 0 : (uint64_t)byte);
	}
	return number;
}

/* How many bytes of the path before do not count: 7 bits a byte, the highest says that more follow. */
static bool
take_dropped(struct git_reading *reading)
{
	int byte = byte_take(&reading->bytes);
	uint64_t dropped = (uint64_t)(byte & 0x7f);

	while (byte != BYTE_READER_END && byte & 0x80 && dropped < reading->name.length) {
		byte = byte_take(&reading->bytes);
		dropped = (dropped + 1) << 7 | (uint64_t)(byte & 0x7f);
	}
	if (byte == BYTE_READER_END || dropped > reading->name.length)
		return false;
	buffer_truncate(&reading->name, reading->name.length - (size_t)dropped);
	return true;
}

/* Reads the path; false where it has no end. */
static bool
take_name(struct git_reading *reading, size_t entry_bytes)
{
	int byte;

	if (reading->version < 4)
		buffer_clear(&reading->name);
	else if (!take_dropped(reading))
		return false;
	while ((byte = byte_take(&reading->bytes)) > 0) {
		if (reading->name.length >= 16 * limit_get(LIMIT_NAME_BYTES))
			return false;
		buffer_add_char(&reading->name, (char)byte);
	}
	/* One NUL at least, and as many as fill eight bytes. */
	for (size_t end = entry_bytes + reading->name.length + 1; reading->version < 4 && end % 8; end++)
		byte = byte_take(&reading->bytes);
	return byte == 0 && reading->name.length > 0;
}

static void
set_link_digest(struct git_reading *reading, struct package_file *row)
{
	struct buffer hex;

	buffer_init(&hex, 0);
	digest_add_hex(&hex, &row->digest);
	row->link_digest = arena_format(&reading->arena, "%s:%s", digest_algorithm_names[DIGEST_GIT_BLOB], hex.bytes);
	row->digest = (struct digest){ .algorithm = DIGEST_NONE };
	buffer_release(&hex);
}

/* Folders of submodules and sparse trees, conflicts and what is only meant to be added have no content of the tree. */
static void
hand_out(struct git_reading *reading, struct package_file *row, uint32_t mode, unsigned flags, unsigned more)
{
	reading->package.files++;
	if (((mode & TYPE_MASK) != TYPE_FILE && (mode & TYPE_MASK) != TYPE_LINK) || flags & STAGE || more & INTENT_TO_ADD)
		return;
	row->path = arena_format(&reading->arena, "%s/%s", reading->folder, reading->name.bytes);
	row->kind = more & SKIP_WORKTREE ? PACKAGE_FILE_NOT_INSTALLED : PACKAGE_FILE_SOURCE;
	if (flags & ASSUME_UNCHANGED && !reading->assumed++)
		reading->first_assumed = row->path;
	if ((mode & TYPE_MASK) == TYPE_LINK)
		set_link_digest(reading, row);
	manifest_file(&reading->manifest, row);
}

static bool
take_entry(struct git_reading *reading)
{
	struct package_file row = { .package = reading->package.name, .at = reading->package.at,
		.digest = { .algorithm = DIGEST_GIT_BLOB } };
	size_t bytes = 40 + HASH_BYTES + 2;
	unsigned flags, more = 0;
	uint32_t mode;

	take_number(reading, 24);
	mode = (uint32_t)take_number(reading, 4);
	take_number(reading, 12);
	for (size_t i = 0; i < HASH_BYTES; i++)
		row.digest.bytes[i] = (uint8_t)take_number(reading, 1);
	flags = (unsigned)take_number(reading, 2);
	if (flags & EXTENDED && reading->version > 2) {
		more = (unsigned)take_number(reading, 2);
		bytes += 2;
	}
	if (!take_name(reading, bytes))
		return false;
	hand_out(reading, &row, mode, flags, more);
	return true;
}

/* The last bytes of the index are the digest of all before them, or zeros where git was told not to compute it. */
static bool
has_checksum(struct source *source, enum digest_algorithm algorithm)
{
	uint8_t block[4096], recorded[DIGEST_BYTES_MAX], zeros[DIGEST_BYTES_MAX] = { 0 };
	struct digest_stream *stream;
	struct digests digests;
	size_t got, size = digest_size(algorithm);

	if (source->size < size + 12 ||
	    source_read_exactly(source, source->size - size, recorded, size) != STATUS_OK)
		return false;
	if (algorithm == DIGEST_SHA1 && !memcmp(recorded, zeros, size))
		return true;
	stream = digest_stream_open(1u << algorithm);
	for (uint64_t offset = 0, end = source->size - size; offset < end; offset += got) {
		size_t wanted = end - offset < sizeof block ? (size_t)(end - offset) : sizeof block;

		if (source_read(source, offset, block, wanted, &got) != STATUS_OK || !got)
			break;
		digest_stream_update(stream, block, got);
	}
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	return digests_get(&digests, algorithm) && !memcmp(digests_get(&digests, algorithm), recorded, size);
}

static enum status
refuse(struct git_reading *reading, const char *why)
{
	return note(reading->manifest.notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &reading->package.at,
		"the index of the work tree %s %s", *reading->folder ? reading->folder : "/", why);
}

static enum status
read_entries(struct git_reading *reading, struct source *source)
{
	uint64_t count;

	byte_reader_init(&reading->bytes, source);
	if (take_number(reading, 4) != 0x44495243)
		return refuse(reading, "does not begin as one: nothing of the tree was compared");
	reading->version = (uint32_t)take_number(reading, 4);
	count = take_number(reading, 4);
	if (reading->version < 2 || reading->version > 4)
		return refuse(reading, "has a version that is not known: nothing of the tree was compared");
	if (has_checksum(source, DIGEST_SHA256) && !has_checksum(source, DIGEST_SHA1))
		return refuse(reading, "names blobs by SHA-256, which is not read: nothing of the tree was compared");
	if (!has_checksum(source, DIGEST_SHA1))
		return refuse(reading, "fails its own checksum: nothing of the tree was compared");
	for (uint64_t i = 0; i < count; i++)
		if (!take_entry(reading))
			return refuse(reading, "ends in the midst of an entry: paths behind it are missing");
	return reading->bytes.status < STATUS_OK ? refuse(reading, "could not be read whole: paths are missing") : STATUS_OK;
}

static void
read_index(struct git_reading *reading, const struct artifact *artifact)
{
	size_t length = strlen(artifact->path) - strlen("/.git/index");
	struct source *source;
	enum status status = artifact_open(artifact, reading->manifest.notes, &source);

	reading->manifest.status = status_worse(reading->manifest.status, status);
	if (status < STATUS_DAMAGED)
		return;
	reading->assumed = 0;
	reading->folder = arena_copy(&reading->arena, artifact->path, length);
	reading->package = (struct package){ .name = *reading->folder ? reading->folder : "/", .state = "work tree",
		.is_installed = true, .installed = artifact->times.modified, .at = artifact->place };
	reading->manifest.status = status_worse(reading->manifest.status, read_entries(reading, source));
	if (reading->assumed)
		reading->package.state = arena_format(&reading->arena, "work tree; %llu entries that git was told to assume "
			"unchanged, the first %s", (unsigned long long)reading->assumed, reading->first_assumed);
	manifest_package(&reading->manifest, &reading->package);
	source_close(source);
}

static enum status
parse_git_index(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct git_reading *reading = memory_allocate(1, sizeof *reading);
	enum status status;

	reading->manifest = (struct manifest){ .out = out, .notes = notes, .manager = "git" };
	arena_init(&reading->arena);
	buffer_init(&reading->name, 0);
	for (size_t i = 0; i < group->count; i++) {
		if (!manifest_is_repeated(group, i) && text_has_suffix(group->items[i].path, "/.git/index"))
			read_index(reading, &group->items[i]);
		arena_release(&reading->arena);
		buffer_clear(&reading->name);
	}
	buffer_release(&reading->name);
	status = reading->manifest.status;
	memory_free(reading);
	return status;
}

const struct package_db_driver git_index_package_db = {
	.name        = "git_index",
	.description = "git: files of work trees with the SHA-1 of their blobs, from .git/index where builds and people keep trees",
	.files       = (const char *const[]){
		"/srv/*/.git/index", "/srv/*/*/.git/index", "/srv/*/*/*/.git/index", "/opt/*/.git/index", "/opt/*/*/.git/index",
		"/var/www/.git/index", "/var/www/*/.git/index", "/var/www/*/*/.git/index", "/usr/src/*/.git/index",
		"/usr/local/src/*/.git/index", IN_HOMES("/*/.git/index"), IN_HOMES("/*/*/.git/index"),
		"/builds/*/*/.git/index", "/build/*/.git/index", "/workspace/*/.git/index",
		"/var/lib/jenkins/workspace/*/.git/index", "/var/lib/jenkins/workspace/*/*/.git/index",
		"/var/lib/gitlab-runner/builds/*/*/*/*/.git/index", "/home/gitlab-runner/builds/*/*/*/*/.git/index",
		"/home/*/actions-runner/_work/*/*/.git/index", "/data/*/.git/index", NULL
	},
	.parse       = parse_git_index,
	.locks_only  = true,
};
