/*
 * npm.c - Node.js packages: node_modules/.package-lock.json, and what npm keeps of their archives
 * (package-lock.json(5), "Hidden Lockfiles"; cacache, "content-v2"; w3.org/TR/SRI)
 *
 *	{ "lockfileVersion": 3, "packages": { "node_modules/left-pad": { "version": "1.3.0",
 *	  "resolved": "https://.../left-pad-1.3.0.tgz", "integrity": "sha512-XI5MPzVN..." } } }
 *	~/.npm/_cacache/content-v2/sha512/5c/8e/4c3f354d...	the archive: its path is its digest
 *
 * integrity is the digest of the archive, not of the files.  Where the archive is kept it is a row by its own name,
 * and gives a row with SHA-256 for each file that it put into node_modules; where it is not, only the package is listed.
 */
#include <string.h>

#include <t1554triage/json_reader.h>
#include <t1554triage/map.h>
#include <t1554triage/text.h>

#include "unpacked.h"

enum { PACKAGES_DEPTH = 2, MEMBERS_DEPTH = 3 };

static const char content[] = "/_cacache/content-v2/sha512/";

struct npm_reading {
	struct manifest     manifest;
	struct arena        arena;	/* texts of the package */
	struct map          archives;	/* hexadecimal SHA-512 -> number of the artifact, of those that are kept */
	const struct artifact_group *group;
	const char         *root;	/* what names of packages begin at: the folder of node_modules */
	/* Of the package that is read; where NULL: none. */
	const char         *where, *version, *integrity;
};

/* ".../sha512/5c/8e/4c3f...": the digits; NULL: it is none. */
static const char *
digits_of(struct arena *arena, const char *path)
{
	const char *at = strstr(path, content);

	at = at ? at + strlen(content) : "";
	if (strlen(at) != 2 * 64 + 2 || at[2] != '/' || at[5] != '/')
		return NULL;
	return arena_format(arena, "%.2s%.2s%s", at, at + 3, at + 6);
}

static void
take_archive(struct npm_reading *reading, size_t number)
{
	const struct artifact *artifact = &reading->group->items[number];
	const char *digits = digits_of(&reading->arena, artifact->path);
	struct package_file row = { .package = "_cacache", .path = artifact->path, .at = artifact->place };

	if (!digits || !digest_parse(digits, strlen(digits), DIGEST_SHA512, &row.digest))
		return;
	map_add_text(&reading->archives, digits, number);
	manifest_file(&reading->manifest, &row);
}

/* "sha512-XI5MPz...": the archive that is kept with this digest. */
static const struct artifact *
find_archive(struct npm_reading *reading)
{
	struct digest digest = { .algorithm = DIGEST_SHA512 };
	const struct artifact *found = NULL;
	struct buffer hex;
	uint64_t number;
	size_t bytes, length = strcspn(reading->integrity, " ");

	if (!text_has_prefix(reading->integrity, "sha512-") || length < 7 ||
	    !text_parse_base64(reading->integrity + 7, length - 7, digest.bytes, sizeof digest.bytes, &bytes) || bytes != 64)
		return NULL;
	buffer_init(&hex, 0);
	digest_add_hex(&hex, &digest);
	if (map_get_text(&reading->archives, hex.bytes, &number))
		found = &reading->group->items[number];
	buffer_release(&hex);
	return found;
}

static void
end_package(struct npm_reading *reading, const struct place *at)
{
	static const char modules[] = "node_modules/";
	const char *name = reading->where;
	struct package package = { .version = reading->version, .is_installed = true, .at = *at,
		.state = arena_format(&reading->arena, "installed, %s", reading->integrity ? reading->integrity : "no digest") };
	const struct artifact *archive = reading->integrity ? find_archive(reading) : NULL;
	struct unpacked unpacked = { .manifest = &reading->manifest };

	for (const char *next = name; (next = strstr(next, modules)) != NULL; name = next)
		next += strlen(modules);
	package.name = unpacked.package = name;
	if (archive && unpacked_is_within(reading->where)) {
		unpacked.folder = arena_format(&reading->arena, "%s/%s", reading->root, reading->where);
		reading->manifest.status = status_worse(reading->manifest.status, unpacked_read_tar(&unpacked, archive));
	}
	package.files = unpacked.files;
	manifest_package(&reading->manifest, &package);
}

/* Name and value of a member; a link within the project has no files of its own. */
static void
take_member(struct npm_reading *reading, const char *name, const char *value)
{
	if (!strcmp(name, "version"))
		reading->version = arena_copy_text(&reading->arena, value);
	else if (!strcmp(name, "integrity"))
		reading->integrity = arena_copy_text(&reading->arena, value);
}

static enum status
read_packages(struct npm_reading *reading, struct json_reader *json, struct place *at)
{
	bool in_packages = false;
	struct buffer name;
	enum json_event event;

	buffer_init(&name, 0);
	while ((event = json_reader_next(json)) != JSON_END && event != JSON_BROKEN) {
		at->line = json->line;
		if (event == JSON_NAME) {
			buffer_clear(&name);
			buffer_add_text(&name, json->text.bytes);
		} else if (event == JSON_BEGIN_OBJECT && json->depth == PACKAGES_DEPTH) {
			in_packages = name.length && !strcmp(name.bytes, "packages");
		} else if (in_packages && event == JSON_BEGIN_OBJECT && json->depth == MEMBERS_DEPTH) {
			reading->where = arena_copy_text(&reading->arena, name.bytes);
			reading->version = reading->integrity = NULL;
		} else if (in_packages && event == JSON_TEXT && json->depth == MEMBERS_DEPTH && reading->where) {
			take_member(reading, name.bytes, json->text.bytes);
		} else if (in_packages && event == JSON_END_OBJECT && json->depth == MEMBERS_DEPTH - 1 && reading->where) {
			/* "" is the project itself. */
			if (*reading->where)
				end_package(reading, at);
			reading->where = NULL;
			arena_release(&reading->arena);
		}
	}
	buffer_release(&name);
	return event == JSON_END ? STATUS_OK : STATUS_DAMAGED;
}

static void
read_lock(struct npm_reading *reading, const struct artifact *artifact)
{
	struct json_reader *json;
	struct place at = artifact->place;
	struct arena root;
	struct source *source;
	enum status status = artifact_open(artifact, reading->manifest.notes, &source);

	reading->manifest.status = status_worse(reading->manifest.status, status);
	if (status < STATUS_DAMAGED)
		return;
	arena_init(&root);
	reading->root = arena_copy(&root, artifact->path, strlen(artifact->path) - strlen("/node_modules/.package-lock.json"));
	json = memory_allocate(1, sizeof *json);
	json_reader_init(json, source);
	if (read_packages(reading, json, &at) != STATUS_OK)
		reading->manifest.status = status_worse(reading->manifest.status, note(reading->manifest.notes, STATUS_DAMAGED,
			NOTE_ARTIFACT_DAMAGED, &at, "not JSON as npm writes it (%s): packages behind this line are missing",
			json->why ? json->why : "it ends early"));
	json_reader_release(json);
	memory_free(json);
	arena_release(&root);
	arena_release(&reading->arena);
	source_close(source);
}

static enum status
parse_npm(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct npm_reading reading = { .manifest = { .out = out, .notes = notes, .manager = "npm" }, .group = group };

	arena_init(&reading.arena);
	map_init(&reading.archives);
	for (size_t i = 0; i < group->count; i++) {
		take_archive(&reading, i);
		arena_release(&reading.arena);
	}
	for (size_t i = 0; i < group->count; i++)
		if (!manifest_is_repeated(group, i) && text_has_suffix(group->items[i].path, "/node_modules/.package-lock.json"))
			read_lock(&reading, &group->items[i]);
	map_release(&reading.archives);
	return reading.manifest.status;
}

const struct package_db_driver npm_package_db = {
	.name        = "npm",
	.description = "npm: packages of node_modules; their files with SHA-256 and the archives with SHA-512 where npm keeps them",
	.files       = (const char *const[]){
		"/usr/lib/node_modules/.package-lock.json", "/usr/local/lib/node_modules/.package-lock.json",
		"/opt/*/node_modules/.package-lock.json", "/opt/*/*/node_modules/.package-lock.json",
		"/srv/*/node_modules/.package-lock.json", "/srv/*/*/node_modules/.package-lock.json",
		"/var/www/*/node_modules/.package-lock.json", "/var/www/*/*/node_modules/.package-lock.json",
		IN_HOMES("/*/node_modules/.package-lock.json"), IN_HOMES("/*/*/node_modules/.package-lock.json"),
		"/app/node_modules/.package-lock.json",
		"/var/lib/jenkins/workspace/*/node_modules/.package-lock.json",
		IN_HOMES("/.npm/_cacache/content-v2/sha512/*/*/*"),
		"/var/lib/jenkins/.npm/_cacache/content-v2/sha512/*/*/*", NULL
	},
	.parse       = parse_npm,
	.locks_only  = true,
};
