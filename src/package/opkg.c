/*
 * opkg.c - OpenWrt, Yocto and their kin: status and info/NAME.list (opkg, libopkg/pkg_parse.c, pkg.c)
 *
 *	Package: dropbear				info/dropbear.list:
 *	Version: 2022.82-6				/usr/sbin/dropbear
 *	Status: install hold installed			/etc/config/dropbear	0100644
 *	Architecture: x86_64
 *	Conffiles:
 *	 /etc/config/dropbear b6f0b9f1...	MD5, in newer versions SHA-256
 *	Installed-Time: 1664900000
 *
 * Digests are recorded of settings only: whose a file is stands in the list, and what it held is in no database.
 */
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/text.h>

#include "manifest.h"

struct opkg_reading {
	struct manifest manifest;
	struct arena    arena;		/* texts of the paragraph */
	struct package  package;
	const char     *hold;		/* the line that says so */
	bool            in_conffiles;
	struct arena    names;		/* keeps the texts of sizes */
	struct map      sizes;		/* package -> entries of its list */
};

static void
end_paragraph(struct opkg_reading *reading)
{
	struct package *package = &reading->package;
	uint64_t files;

	if (package->name) {
		if (map_get_text(&reading->sizes, package->name, &files))
			package->files = files;
		manifest_package(&reading->manifest, package);
		if (reading->hold)
			reading->manifest.out->lock(reading->manifest.out->context, &(struct package_lock){ .manager = "opkg",
				.kind = "hold", .pattern = package->name, .text = reading->hold, .at = package->at });
	}
	*package = (struct package){ .name = NULL };
	reading->hold = NULL;
	reading->in_conffiles = false;
	arena_release(&reading->arena);
}

/* " /etc/config/dropbear b6f0b9f1..." */
static bool
take_conffile(struct opkg_reading *reading, char *line, const struct place *at)
{
	struct package_file row = { .package = reading->package.name, .architecture = reading->package.architecture,
		.kind = PACKAGE_FILE_CONFIG, .at = *at };
	char *digits = strrchr(line, ' ');

	line += strspn(line, " \t");
	if (!reading->package.name || *line != '/' || digits < line)
		return false;
	*digits++ = '\0';
	row.path = line;
	if (!digest_parse(digits, strlen(digits), DIGEST_NONE, &row.digest))
		return false;
	manifest_file(&reading->manifest, &row);
	return true;
}

/* "install hold installed": what is wanted, flags, what is. */
static void
take_status(struct opkg_reading *reading, const char *value, const char *line)
{
	reading->package.state = value;
	reading->package.is_installed = text_has_suffix(value, " installed");
	reading->package.is_unfinished = text_has_suffix(value, " unpacked") || text_has_suffix(value, " half-installed");
	if (strstr(value, "hold"))
		reading->hold = line;
}

static bool
take_field(struct opkg_reading *reading, char *line, const struct place *at)
{
	const char *text = arena_copy_text(&reading->arena, line);
	char *colon = strchr(line, ':');
	const char *value;

	if ((*line == ' ' || *line == '\t') && reading->in_conffiles)
		return take_conffile(reading, line, at);
	reading->in_conffiles = false;
	if (*line == ' ' || *line == '\t')
		return true;
	if (!colon)
		return false;
	value = text + (colon - line) + 1;
	value += strspn(value, " ");
	if (text_has_prefix(line, "Package:")) {
		reading->package.name = value;
		reading->package.at = *at;
	} else if (text_has_prefix(line, "Version:")) {
		reading->package.version = value;
	} else if (text_has_prefix(line, "Architecture:")) {
		reading->package.architecture = value;
	} else if (text_has_prefix(line, "Status:")) {
		take_status(reading, value, text);
	} else if (text_has_prefix(line, "Installed-Time:")) {
		reading->package.installed = manifest_epoch(value);
	} else if (text_has_prefix(line, "Conffiles:")) {
		reading->in_conffiles = true;
	}
	return true;
}

static void
read_status(struct opkg_reading *reading, const struct artifact *artifact)
{
	struct odd_lines odd = { .count = 0 };
	struct line_reader lines;
	struct source *source;
	size_t length;
	char *line;

	if (!manifest_open(&reading->manifest, artifact, &source, &lines))
		return;
	while (line_reader_next(&lines, &line, &length))
		if (!length)
			end_paragraph(reading);
		else if (!manifest_is_text(line, length) || !take_field(reading, line, &lines.place))
			odd_lines_add(&odd, &lines);
	end_paragraph(reading);
	manifest_odd(&reading->manifest, &odd, "not a field of a package of opkg: a package or a digest may be missing");
	manifest_close(&reading->manifest, source, &lines);
}

/* "/usr/sbin/dropbear", perhaps with a tab, a mode, and a target of a link behind it. */
static void
read_list(struct opkg_reading *reading, const struct artifact *artifact)
{
	const char *base = text_base_name(artifact->path);
	const char *name = arena_copy(&reading->names, base, strlen(base) - strlen(".list"));
	struct package_file row = { .package = name };
	struct odd_lines odd = { .count = 0 };
	struct line_reader lines;
	struct source *source;
	uint64_t files = 0;
	size_t length;
	char *line;

	if (!manifest_open(&reading->manifest, artifact, &source, &lines))
		return;
	while (line_reader_next(&lines, &line, &length)) {
		if (*line != '/' || !manifest_is_text(line, length)) {
			odd_lines_add(&odd, &lines);
			continue;
		}
		line[strcspn(line, "\t")] = '\0';
		row.path = line;
		row.at = lines.place;
		files++;
		manifest_file(&reading->manifest, &row);
	}
	map_add_text(&reading->sizes, name, files);
	manifest_odd(&reading->manifest, &odd, "not a path: whose file it is is not known");
	manifest_close(&reading->manifest, source, &lines);
}

static enum status
parse_opkg(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct opkg_reading reading = { .manifest = { .out = out, .notes = notes, .manager = "opkg" } };

	arena_init(&reading.arena);
	arena_init(&reading.names);
	map_init(&reading.sizes);
	for (size_t i = 0; i < group->count; i++)
		if (text_has_suffix(group->items[i].path, ".list") && !manifest_is_repeated(group, i))
			read_list(&reading, &group->items[i]);
	for (size_t i = 0; i < group->count; i++)
		if (text_has_suffix(group->items[i].path, "/status") && !manifest_is_repeated(group, i))
			read_status(&reading, &group->items[i]);
	map_release(&reading.sizes);
	arena_release(&reading.names);
	return reading.manifest.status;
}

const struct package_db_driver opkg_package_db = {
	.name        = "opkg",
	.description = "opkg: packages, whose files are whose, digests of settings, holds, from lib/opkg",
	.files       = (const char *const[]){
		"/usr/lib/opkg/status", "/var/lib/opkg/status", "/opt/lib/opkg/status",
		"/usr/lib/opkg/info/*.list", "/var/lib/opkg/info/*.list", "/opt/lib/opkg/info/*.list", NULL
	},
	.parse       = parse_opkg,
	.directories = (const char *const[]){ "/usr/lib/opkg/info", "/var/lib/opkg/info", NULL },
};
