/*
 * chef_backups.c - files that Chef set aside when it wrote others in their place: /var/chef/backup
 *
 *	/var/chef/backup/usr/sbin/sshd.chef-20261121194320.123456
 *
 * Specification: Chef Infra, resource "file", property backup, and "file_backup_path".  The name alone tells the path and
 * when it was replaced, in the local time of the host; the content is what stood there before, and is not read here.
 */
#include <string.h>

#include <t1554triage/eventlog.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

enum { STAMP_DIGITS = 14 };

static const char mark[] = ".chef-";
static const char *const folders[] = { "/var/chef/backup", "/var/lib/chef/backup", "/var/cinc/backup" };

/* "20261121194320.123456" */
static bool
read_stamp(const char *text, struct timestamp *ret_time)
{
	static const unsigned char widths[] = { 4, 2, 2, 2, 2, 2 };
	uint64_t parts[sizeof widths];

	if (strspn(text, "0123456789") != STAMP_DIGITS || (text[STAMP_DIGITS] && text[STAMP_DIGITS] != '.'))
		return false;
	for (size_t i = 0; i < sizeof widths; text += widths[i++])
		if (!text_parse_u64(text, widths[i], 10, &parts[i]))
			return false;
	if (parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[2] > 31 || parts[3] > 23 || parts[4] > 59 || parts[5] > 60)
		return false;
	*ret_time = (struct timestamp){ .local = true, .resolution_nanoseconds = 1000000000,
		.seconds = timestamp_days((int64_t)parts[0], (unsigned)parts[1], (unsigned)parts[2]) * 86400 +
			(int64_t)(parts[3] * 3600 + parts[4] * 60 + parts[5]) };
	return true;
}

/* The last such mark of the name: a file may have been called so itself. */
static const char *
find_mark(const char *path)
{
	const char *found = NULL;

	for (const char *at = path; (at = strstr(at, mark)); at++)
		found = at;
	return found;
}

static enum status
parse_chef_backups(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct arena arena;

	(void)notes;
	arena_init(&arena);
	for (size_t i = 0; i < group->count; i++) {
		const struct artifact *artifact = &group->items[i];
		struct event event = { .kind = EVENT_RECORD, .provider = "chef", .id = "replaced", .at = artifact->place };
		const char *end = find_mark(artifact->path);

		if (!end || !read_stamp(end + sizeof mark - 1, &event.time))
			continue;
		for (size_t k = 0; k < sizeof folders / sizeof *folders; k++)
			if (text_has_prefix(artifact->path, folders[k]))
				event.object = arena_copy(&arena, artifact->path + strlen(folders[k]),
					(size_t)(end - artifact->path) - strlen(folders[k]));
		if (!event.object)
			continue;
		event.text = arena_format(&arena, "%s is what stood at %s when Chef replaced it", artifact->path, event.object);
		out->event(out->context, &event);
	}
	arena_release(&arena);
	return STATUS_OK;
}

#define UP_TO_SIX_DEEP(folder) \
	folder "/*.chef-*", folder "/*/*.chef-*", folder "/*/*/*.chef-*", folder "/*/*/*/*.chef-*", folder "/*/*/*/*/*.chef-*", \
	folder "/*/*/*/*/*/*.chef-*"

const struct eventlog_driver chef_backups_eventlog = {
	.name        = "chef_backups",
	.description = "Chef: files that it replaced, by the names of those that it set aside",
	.files       = (const char *const[]){ UP_TO_SIX_DEEP("/var/chef/backup"), UP_TO_SIX_DEEP("/var/lib/chef/backup"),
		UP_TO_SIX_DEEP("/var/cinc/backup"), NULL },
	.is_not_rotated = true,
	.parse       = parse_chef_backups,
};
