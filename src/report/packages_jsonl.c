/*
 * packages_jsonl.c - packages, then locks
 *
 *	{"system":"s1","manager":"dpkg","name":"openssh-server","version":"1:9.2p1-2", ...}
 *	{"lock":true,"system":"s1","manager":"dpkg","pattern":"openssh-server","kind":"hold", ...}
 */
#include "formats.h"
#include "jsonl.h"

static void
write_package(struct json *json, const struct package *package)
{
	json_text(json, "system", text_or_dash(package->system));
	json_text(json, "manager", package->manager);
	json_text(json, "name", package->name);
	json_text(json, "version", package->version);
	json_text(json, "architecture", package->architecture);
	json_time(json, "installed", &package->installed);
	json_text(json, "state", package->state);
	json_text(json, "database_integrity", database_integrity_names[package->integrity]);
	json_u64(json, "files", package->files);
}

static void
write_lock(struct json *json, const struct package_lock *lock)
{
	json_bool(json, "lock", true);
	json_text(json, "system", text_or_dash(lock->system));
	json_text(json, "manager", lock->manager);
	json_text(json, "pattern", lock->pattern);
	json_text(json, "kind", lock->kind);
	json_time(json, "since", &lock->since);
	json_text(json, "by", lock->by);
	json_begin_list(json, "seen");
	json_place(json, &lock->at);
	json_end_list(json);
}

static enum status
write_packages(const struct report *report, struct output *out)
{
	const struct inventory *inventory = report->inventory;
	struct lines lines;

	lines_begin(&lines, out);
	for (size_t i = 0; i < inventory->package_count; i++) {
		write_package(&lines.json, &inventory->packages[i]);
		lines_next(&lines);
	}
	for (size_t i = 0; i < inventory->lock_count; i++) {
		write_lock(&lines.json, &inventory->locks[i]);
		lines_next(&lines);
	}
	return lines_end(&lines);
}

const struct report_format packages_jsonl_format = {
	.name        = "packages.jsonl",
	.description = "packages of every database that was read, and locks",
	.write       = write_packages,
};
