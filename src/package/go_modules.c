/*
 * go_modules.c - the module cache of Go: archives, their h1, and what was unpacked from them (go.dev/ref/mod, "Module
 * cache", "go.sum files"; golang.org/x/mod/sumdb/dirhash)
 *
 *	~/go/pkg/mod/cache/download/github.com/!burnt!sushi/toml/@v/v1.3.2.zip
 *	~/go/pkg/mod/cache/download/github.com/!burnt!sushi/toml/@v/v1.3.2.ziphash	h1:o7IhLm0Msx3BaB+n3Ag7L8EVlByGnpq14C4YWiu/gL8=
 *	go.sum: github.com/BurntSushi/toml v1.3.2 h1:o7IhLm0Msx3BaB+n3Ag7L8EVlByGnpq14C4YWiu/gL8=
 *	~/go/pkg/mod/github.com/!burnt!sushi/toml@v1.3.2/decode.go
 *
 * h1 is the SHA-256, in base64, of a line "SHA-256 in hexadecimal, two blanks, name" for each member in the order of
 * names.  An archive that has the recorded h1 gives a row with SHA-256 for each file that was unpacked from it; one
 * that has another is a contradiction of the cache.  "!x" stands for a capital letter.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/text.h>

#include "unpacked.h"
#include "zip_members.h"

enum { H1_TEXT = 44 };

static const char download[] = "/cache/download/", versions[] = "/@v/";

struct member { const char *name; struct digest digest; };

struct go_reading {
	struct manifest manifest;
	struct arena    arena;		/* texts of the module */
	struct arena    sums;		/* h1 of go.sum and .ziphash */
	struct map      recorded;	/* "module version" or path of the archive -> number in hashes */
	const char    **hashes;
	size_t          hash_count, hash_capacity;
	struct member  *members;	/* of the archive that is read */
	size_t          member_count, member_capacity;
	bool            is_broken;
};

static void
remember(struct go_reading *reading, const char *key, const char *hash)
{
	if (strlen(hash) != strlen("h1:") + H1_TEXT || !text_has_prefix(hash, "h1:") ||
	    !map_add_text(&reading->recorded, key, reading->hash_count))
		return;
	reading->hashes = memory_grow(reading->hashes, reading->hash_count, &reading->hash_capacity, sizeof *reading->hashes);
	reading->hashes[reading->hash_count++] = arena_copy_text(&reading->sums, hash);
}

/* "MODULE VERSION h1:...", and with "/go.mod" behind the version of that file alone. */
static void
read_sums(struct go_reading *reading, const struct artifact *artifact)
{
	bool is_list = text_has_suffix(artifact->path, "/go.sum");
	struct line_reader lines;
	struct source *source;
	size_t length;
	char *line, *hash;

	if (!manifest_open(&reading->manifest, artifact, &source, &lines))
		return;
	while (line_reader_next(&lines, &line, &length)) {
		hash = strrchr(line, ' ');
		if (!is_list) {
			remember(reading, arena_copy(&reading->sums, artifact->path, strlen(artifact->path) - strlen("hash")), line);
		} else if (hash) {
			*hash = '\0';
			remember(reading, arena_copy_text(&reading->sums, line), hash + 1);
		}
	}
	manifest_close(&reading->manifest, source, &lines);
}

static void
take_member(void *context, const char *name, struct source *content)
{
	struct go_reading *reading = context;
	struct member *member;

	reading->members = memory_grow(reading->members, reading->member_count, &reading->member_capacity, sizeof *reading->members);
	member = &reading->members[reading->member_count++];
	member->name = arena_copy_text(&reading->arena, name);
	reading->is_broken |= !unpacked_digest(content, &member->digest);
}

static int
by_name(const void *left, const void *right)
{
	return strcmp(((const struct member *)left)->name, ((const struct member *)right)->name);
}

/* The raw bytes of h1 of the members, in their order. */
static struct digest
hash_members(struct go_reading *reading)
{
	struct digest digest = { .algorithm = DIGEST_SHA256 };
	struct source *source;
	struct buffer list;

	buffer_init(&list, 0);
	if (reading->member_count > 1)
		qsort(reading->members, reading->member_count, sizeof *reading->members, by_name);
	for (size_t i = 0; i < reading->member_count; i++) {
		digest_add_hex(&list, &reading->members[i].digest);
		buffer_add_format(&list, "  %s\n", reading->members[i].name);
	}
	source = source_open_memory(list.bytes, list.length);
	unpacked_digest(source, &digest);
	source_close(source);
	buffer_release(&list);
	return digest;
}

/* "!burnt!sushi": BurntSushi */
static char *
unescape(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_copy(arena, text, length), *to = copy;

	for (const char *from = copy; *from; from++)
		*to++ = *from == '!' && from[1] >= 'a' && from[1] <= 'z' ? (char)(*++from - 'a' + 'A') : *from;
	*to = '\0';
	return copy;
}

static const char *
recorded_hash(const struct go_reading *reading, const char *key)
{
	uint64_t number;

	return map_get_text(&reading->recorded, key, &number) ? reading->hashes[number] : NULL;
}

static bool
is_hash(const char *recorded, const struct digest *computed)
{
	struct digest digest;
	size_t bytes;

	return text_parse_base64(recorded + strlen("h1:"), H1_TEXT, digest.bytes, sizeof digest.bytes, &bytes) &&
	       bytes == digest_size(DIGEST_SHA256) && !memcmp(digest.bytes, computed->bytes, bytes);
}

/* "github.com/BurntSushi/toml@v1.3.2/decode.go" lies in the folder of the module. */
static void
hand_out_files(struct go_reading *reading, const struct artifact *archive, const char *folder, struct package *package)
{
	for (size_t i = 0; i < reading->member_count; i++) {
		struct package_file row = { .package = package->name, .digest = reading->members[i].digest, .at = archive->place };
		const char *at = strchr(reading->members[i].name, '@'), *name = at ? strchr(at, '/') : NULL;

		if (!name || !unpacked_is_within(name))
			continue;
		row.path = arena_format(&reading->arena, "%s%s", folder, name);
		package->files++;
		manifest_file(&reading->manifest, &row);
	}
}

static void
judge_archive(struct go_reading *reading, const struct artifact *archive, const char *folder, struct package *package)
{
	const char *key = arena_format(&reading->arena, "%s %s", package->name, package->version);
	const char *in_sums = recorded_hash(reading, key), *beside = recorded_hash(reading, archive->path);
	struct digest computed = hash_members(reading);
	bool fits_sums = !in_sums || is_hash(in_sums, &computed), fits_beside = !beside || is_hash(beside, &computed);

	if (!in_sums && !beside)
		return;
	if (fits_sums && fits_beside) {
		package->state = in_sums ? "kept, as go.sum has it" : "kept";
		hand_out_files(reading, archive, folder, package);
		return;
	}
	package->state = "kept, and not what is recorded";
	reading->manifest.out->part(reading->manifest.out->context, &(struct package_part){ .manager = "go",
		.package = package->name, .kind = PACKAGE_PART_DIGESTS, .modified = archive->times.modified,
		.changed = archive->times.changed, .at = archive->place, .contradiction = arena_format(&reading->arena,
			"the archive does not have the h1 that %s records (%s)", fits_sums ? "the cache beside it" : "go.sum",
			fits_sums ? beside : in_sums) });
}

/* "HOME/pkg/mod/cache/download/MODULE/@v/VERSION.zip" */
static void
read_archive(struct go_reading *reading, const struct artifact *archive)
{
	const char *begin = strstr(archive->path, download), *end = strstr(archive->path, versions), *folder, *version;
	struct package package = { .is_installed = true, .state = "kept, without a recorded digest", .at = archive->place };
	struct source *zip;
	enum status status;

	if (!begin || !end || end < begin + strlen(download))
		return;
	version = end + strlen(versions);
	status = artifact_open(archive, reading->manifest.notes, &zip);
	reading->manifest.status = status_worse(reading->manifest.status, status);
	if (status < STATUS_DAMAGED)
		return;
	package.name = unescape(&reading->arena, begin + strlen(download), (size_t)(end - begin) - strlen(download));
	package.version = unescape(&reading->arena, version, strlen(version) - strlen(".zip"));
	folder = arena_format(&reading->arena, "%.*s/%.*s@%.*s", (int)(begin - archive->path), archive->path,
		(int)((size_t)(end - begin) - strlen(download)), begin + strlen(download), (int)(strlen(version) - strlen(".zip")), version);
	reading->member_count = 0;
	reading->is_broken = false;
	status = zip_members_read(zip, &archive->place, &(struct zip_member_sink){ take_member, reading }, reading->manifest.notes);
	if (status == STATUS_NOT_MINE || reading->is_broken)
		status = note(reading->manifest.notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &archive->place,
			"the archive of a module could not be read: what was unpacked from it has no recorded digest");
	reading->manifest.status = status_worse(reading->manifest.status, status);
	if (status == STATUS_OK)
		judge_archive(reading, archive, folder, &package);
	manifest_package(&reading->manifest, &package);
	source_close(zip);
}

static enum status
parse_go(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct go_reading reading = { .manifest = { .out = out, .notes = notes, .manager = "go" } };

	arena_init(&reading.arena);
	arena_init(&reading.sums);
	map_init(&reading.recorded);
	for (size_t i = 0; i < group->count; i++)
		if (text_has_suffix(group->items[i].path, "/go.sum") || text_has_suffix(group->items[i].path, ".ziphash"))
			read_sums(&reading, &group->items[i]);
	for (size_t i = 0; i < group->count; i++) {
		if (text_has_suffix(group->items[i].path, ".zip"))
			read_archive(&reading, &group->items[i]);
		arena_release(&reading.arena);
	}
	memory_free(reading.members);
	memory_free(reading.hashes);
	map_release(&reading.recorded);
	arena_release(&reading.sums);
	return reading.manifest.status;
}

const struct package_db_driver go_modules_package_db = {
	.name        = "go_modules",
	.description = "Go: modules that are kept, held against go.sum and .ziphash; files unpacked from them with SHA-256",
	.files       = (const char *const[]){
		IN_HOMES("/go/pkg/mod/cache/download/**/@v/*.ziphash"), "/go/pkg/mod/cache/download/**/@v/*.ziphash",
		IN_HOMES("/go/pkg/mod/cache/download/**/@v/*.zip"), "/go/pkg/mod/cache/download/**/@v/*.zip",
		IN_HOMES("/*/go.sum"), IN_HOMES("/*/*/go.sum"), "/srv/*/go.sum", "/srv/*/*/go.sum", "/opt/*/go.sum",
		"/builds/*/*/go.sum", "/var/lib/jenkins/workspace/*/go.sum", NULL
	},
	.parse       = parse_go,
	.locks_only  = true,
};
