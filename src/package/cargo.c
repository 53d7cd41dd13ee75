/*
 * cargo.c - crates: vendored ones with .cargo-checksum.json, and the registry of each user (doc.rust-lang.org/cargo,
 * "Source Replacement", "Cargo Home"; cargo, src/cargo/sources/registry/index/cache.rs)
 *
 *	vendor/libc/.cargo-checksum.json		{"files":{"src/lib.rs":"5ed5..."},"package":"9c198f91..."}
 *	registry/index/R/.cache/li/bc/libc		bytes of a header, then for each version: "0.2.150" NUL
 *							{"name":"libc","vers":"0.2.150","cksum":"9c198f91..."} NUL
 *	registry/cache/R/libc-0.2.150.crate		what cksum is the SHA-256 of
 *	registry/src/R/libc-0.2.150/			the crate unpacked
 *
 * A crate that is kept is a row, and gives a row with SHA-256 for each file of the source that it was unpacked to.
 */
#include <string.h>

#include <t1554triage/json_reader.h>
#include <t1554triage/map.h>
#include <t1554triage/text.h>

#include "unpacked.h"

enum { INDEX_BYTES_MAX = 16 << 20 };

static const char checksum_file[] = "/.cargo-checksum.json", cache[] = "/registry/cache/", index_cache[] = "/.cache/";

struct cargo_reading {
	struct manifest manifest;
	struct arena    arena;		/* texts of the crate */
	struct map      crates;		/* "R/libc-0.2.150" -> number of the artifact */
	const struct artifact_group *group;
};

static void
hand_out_vendored(struct cargo_reading *reading, const char *folder, const char *name, const char *digits,
	struct package *package)
{
	struct package_file row = { .package = package->name, .at = package->at };

	package->files++;
	row.path = arena_format(&reading->arena, "%s/%s", folder, name);
	if (unpacked_is_within(name) && digest_parse(digits, strlen(digits), DIGEST_SHA256, &row.digest))
		manifest_file(&reading->manifest, &row);
}

/* {"files": {NAME: DIGEST, ...}, "package": DIGEST} */
static bool
read_files(struct cargo_reading *reading, struct json_reader *json, const char *folder, struct package *package)
{
	bool in_files = false;
	struct buffer name;
	enum json_event event;

	buffer_init(&name, 0);
	while ((event = json_reader_next(json)) != JSON_END && event != JSON_BROKEN) {
		if (event == JSON_NAME) {
			buffer_clear(&name);
			buffer_add_text(&name, json->text.bytes);
		} else if (event == JSON_BEGIN_OBJECT) {
			in_files = json->depth == 2 && name.length && !strcmp(name.bytes, "files");
		} else if (event == JSON_TEXT && json->depth == 2 && in_files) {
			hand_out_vendored(reading, folder, name.bytes, json->text.bytes, package);
		}
	}
	buffer_release(&name);
	return event == JSON_END;
}

static void
read_vendored(struct cargo_reading *reading, const struct artifact *artifact)
{
	const char *folder = arena_copy(&reading->arena, artifact->path, strlen(artifact->path) - strlen(checksum_file));
	struct package package = { .name = text_base_name(folder), .state = "vendored", .is_installed = true,
		.at = artifact->place };
	struct json_reader *json;
	struct source *source;
	enum status status = artifact_open(artifact, reading->manifest.notes, &source);

	reading->manifest.status = status_worse(reading->manifest.status, status);
	if (status < STATUS_DAMAGED)
		return;
	json = memory_allocate(1, sizeof *json);
	json_reader_init(json, source);
	if (!read_files(reading, json, folder, &package))
		reading->manifest.status = status_worse(reading->manifest.status, note(reading->manifest.notes, STATUS_DAMAGED,
			NOTE_ARTIFACT_DAMAGED, &artifact->place, "not the list of a vendored crate (%s): files of it are missing",
			json->why ? json->why : "it ends early"));
	manifest_package(&reading->manifest, &package);
	json_reader_release(json);
	memory_free(json);
	source_close(source);
}

/* The crate of this version, where it is kept, and what was unpacked from it. */
static void
take_crate(struct cargo_reading *reading, const struct artifact *index, const char *registry, const char *name,
	const char *version, const char *digits)
{
	struct package package = { .name = name, .version = version, .state = "kept", .is_installed = true, .at = index->place };
	struct package_file row = { .package = name, .at = index->place };
	struct unpacked unpacked = { .manifest = &reading->manifest, .package = name };
	const char *file = arena_format(&reading->arena, "%s/%s-%s", registry, name, version), *above;
	uint64_t number;

	if (!map_get_text(&reading->crates, file, &number) ||
	    !digest_parse(digits, strlen(digits), DIGEST_SHA256, &row.digest))
		return;
	row.path = reading->group->items[number].path;
	manifest_file(&reading->manifest, &row);
	above = strstr(row.path, cache);
	unpacked.folder = arena_format(&reading->arena, "%.*s/registry/src/%s", (int)(above - row.path), row.path, text_base_name(registry));
	unpacked.folder = arena_format(&reading->arena, "%s/%s-%s", unpacked.folder, name, version);
	reading->manifest.status = status_worse(reading->manifest.status,
		unpacked_read_tar(&unpacked, &reading->group->items[number]));
	package.files = unpacked.files;
	manifest_package(&reading->manifest, &package);
}

/* One version of the index: a text of JSON. */
static void
read_version(struct cargo_reading *reading, const struct artifact *index, const char *registry, const char *text)
{
	struct source *source = source_open_memory(text, strlen(text));
	struct json_reader *json = memory_allocate(1, sizeof *json);
	const char *name = NULL, *version = NULL, *digits = NULL;
	const char **member = NULL;
	enum json_event event;

	json_reader_init(json, source);
	while ((event = json_reader_next(json)) != JSON_END && event != JSON_BROKEN) {
		if (event == JSON_NAME && json->depth == 1)
			member = !strcmp(json->text.bytes, "name") ? &name : !strcmp(json->text.bytes, "vers") ? &version :
				!strcmp(json->text.bytes, "cksum") ? &digits : NULL;
		else if (event == JSON_TEXT && json->depth == 1 && member)
			*member = arena_copy_text(&reading->arena, json->text.bytes);
	}
	json_reader_release(json);
	memory_free(json);
	source_close(source);
	if (name && version && digits)
		take_crate(reading, index, registry, name, version, digits);
}

/* ".../registry/index/R/.cache/li/bc/libc": the registry is "HOME/registry/R". */
static void
read_index(struct cargo_reading *reading, const struct artifact *artifact)
{
	static const char index_folder[] = "/registry/index/";
	const char *home = strstr(artifact->path, index_folder), *end = strstr(artifact->path, index_cache), *registry;
	struct source *source;
	struct buffer bytes;
	enum status status = artifact_open(artifact, reading->manifest.notes, &source);

	reading->manifest.status = status_worse(reading->manifest.status, status);
	if (status < STATUS_DAMAGED)
		return;
	buffer_init(&bytes, 0);
	home += strlen(index_folder);
	registry = arena_format(&reading->arena, "%.*s%.*s", (int)(home - artifact->path), artifact->path,
		(int)(end > home ? end - home : 0), home);
	if (source_read_all(source, INDEX_BYTES_MAX, &bytes) != STATUS_OK)
		reading->manifest.status = status_worse(reading->manifest.status, note(reading->manifest.notes, STATUS_DAMAGED,
			NOTE_ARTIFACT_DAMAGED, &artifact->place, "an index of crates could not be read whole: digests are missing"));
	for (size_t at = 0; at < bytes.length; at += strlen(bytes.bytes + at) + 1)
		if (bytes.bytes[at] == '{')
			read_version(reading, artifact, registry, bytes.bytes + at);
	buffer_release(&bytes);
	source_close(source);
}

/* ".../registry/cache/R/libc-0.2.150.crate" is asked for as ".../registry/index/R/libc-0.2.150". */
static void
remember_crate(struct cargo_reading *reading, size_t number)
{
	const char *path = reading->group->items[number].path, *below = strstr(path, cache);

	if (below)
		map_add_text(&reading->crates, arena_format(&reading->arena, "%.*s/registry/index/%.*s", (int)(below - path), path,
			(int)(strlen(below) - strlen(cache) - strlen(".crate")), below + strlen(cache)), number);
}

static enum status
parse_cargo(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct cargo_reading reading = { .manifest = { .out = out, .notes = notes, .manager = "cargo" }, .group = group };

	arena_init(&reading.arena);
	map_init(&reading.crates);
	for (size_t i = 0; i < group->count; i++)
		if (text_has_suffix(group->items[i].path, ".crate"))
			remember_crate(&reading, i);
	for (size_t i = 0; i < group->count; i++) {
		if (text_has_suffix(group->items[i].path, checksum_file) && !manifest_is_repeated(group, i))
			read_vendored(&reading, &group->items[i]);
		else if (strstr(group->items[i].path, index_cache))
			read_index(&reading, &group->items[i]);
		arena_release(&reading.arena);
	}
	map_release(&reading.crates);
	return reading.manifest.status;
}

const struct package_db_driver cargo_package_db = {
	.name        = "cargo",
	.description = "cargo: vendored crates and those that are kept, their files with SHA-256",
	.files       = (const char *const[]){
		"/usr/share/cargo/registry/*/.cargo-checksum.json", "/opt/*/vendor/*/.cargo-checksum.json",
		"/srv/*/vendor/*/.cargo-checksum.json", IN_HOMES("/*/vendor/*/.cargo-checksum.json"),
		IN_HOMES("/*/*/vendor/*/.cargo-checksum.json"), IN_HOMES("/.cargo/registry/index/*/.cache/**"),
		"/usr/local/cargo/registry/index/*/.cache/**", IN_HOMES("/.cargo/registry/cache/*/*.crate"),
		"/usr/local/cargo/registry/cache/*/*.crate", NULL
	},
	.parse       = parse_cargo,
	.locks_only  = true,
};
