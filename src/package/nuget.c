/*
 * nuget.c - folders of packages of NuGet: NAME/VERSION/NAME.VERSION.nupkg.sha512 (NuGet.Client, PackageExtractor.cs;
 * learn.microsoft.com, "Managing the global packages folder")
 *
 *	serilog/3.1.1/serilog.3.1.1.nupkg.sha512	P6G4/4Kt9bT635bhuwdXlJ2SCqqn2nhh4gqFqQueCOr9bK/e7W9ll/IoX1Ter948cV2Z/5+5v8pAfJYUISY03A==
 *	serilog/3.1.1/.nupkg.metadata			{"version": 2, "contentHash": "...", "source": "https://api.nuget.org/v3/index.json"}
 *
 * .nupkg.sha512 is the SHA-512 of the package as it came, in base64.  The contentHash leaves a signature within the
 * package out, so that it is no digest of the file: it only says that the package was put there.
 */
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/text.h>

#include "manifest.h"

struct nuget_reading {
	struct manifest manifest;
	struct arena    arena;		/* texts of the package */
};

/* ".../serilog/3.1.1/serilog.3.1.1.nupkg.sha512": serilog, 3.1.1 */
static void
name_package(struct nuget_reading *reading, const struct artifact *artifact, struct package *package)
{
	char *path = arena_copy_text(&reading->arena, artifact->path), *part = NULL;

	for (int i = 0; i < 2; i++) {
		part = strrchr(path, '/');
		*part = '\0';
	}
	package->version = part + 1;
	package->name = text_base_name(path);
}

static bool
read_digest(struct nuget_reading *reading, const struct artifact *artifact, struct digest *ret_digest)
{
	struct odd_lines odd = { .count = 0 };
	struct line_reader lines;
	struct source *source;
	size_t length, bytes;
	char *line;
	bool is_read = manifest_open(&reading->manifest, artifact, &source, &lines);

	if (!is_read)
		return false;
	if (line_reader_next(&lines, &line, &length)) {
		if (text_parse_base64(line, length, ret_digest->bytes, sizeof ret_digest->bytes, &bytes) &&
		    bytes == digest_size(DIGEST_SHA512))
			ret_digest->algorithm = DIGEST_SHA512;
		else
			odd_lines_add(&odd, &lines);
	}
	manifest_odd(&reading->manifest, &odd, "not a SHA-512 in base64: the package beside it has no recorded digest");
	manifest_close(&reading->manifest, source, &lines);
	return true;
}

static void
take_package(struct nuget_reading *reading, const struct artifact *artifact, struct map *folders)
{
	bool is_digest = text_has_suffix(artifact->path, ".nupkg.sha512");
	struct package package = { .state = "kept", .is_installed = true, .files = is_digest, .at = artifact->place };
	struct package_file row = { .at = artifact->place };

	if (!map_add(folders, artifact->path, (size_t)(text_base_name(artifact->path) - artifact->path), 0))
		return;		/* both files speak of one package */
	name_package(reading, artifact, &package);
	if (is_digest && read_digest(reading, artifact, &row.digest)) {
		row.package = package.name;
		row.path = arena_copy(&reading->arena, artifact->path, strlen(artifact->path) - strlen(".sha512"));
		manifest_file(&reading->manifest, &row);
	}
	manifest_package(&reading->manifest, &package);
}

static enum status
parse_nuget(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct nuget_reading reading = { .manifest = { .out = out, .notes = notes, .manager = "nuget" } };
	struct map folders;

	arena_init(&reading.arena);
	map_init(&folders);
	for (size_t i = 0; i < group->count; i++) {
		take_package(&reading, &group->items[i], &folders);
		arena_release(&reading.arena);
	}
	map_release(&folders);
	return reading.manifest.status;
}

const struct package_db_driver nuget_package_db = {
	.name        = "nuget",
	.description = "NuGet: packages with their SHA-512, from NAME.VERSION.nupkg.sha512 and .nupkg.metadata",
	.files       = (const char *const[]){
		IN_HOMES("/.nuget/packages/*/*/*.nupkg.sha512"),
		"/usr/share/dotnet/sdk/NuGetFallbackFolder/*/*/*.nupkg.sha512",
		IN_HOMES("/.nuget/packages/*/*/.nupkg.metadata"), NULL
	},
	.parse       = parse_nuget,
	.locks_only  = true,
};
