/*
 * windows_witness.c - what else Windows keeps of programs that ran, and this version does not read: said, so that nobody
 * takes its silence for theirs
 *
 *	Windows/Prefetch/NAME-HASH.pf                 the last eight starts of each program
 *	Windows/AppCompat/Programs/Amcache.hve        programs that were there, with SHA-1
 *	Windows/System32/config/SYSTEM                AppCompatCache (ShimCache) and BAM: programs that ran or were looked at
 */
#include <string.h>

#include <t1554triage/eventlog.h>

static const struct witness { const char *suffix, *holds; } witnesses[] = {
	{ ".pf",         "prefetch files: the last starts of each program" },
	{ "amcache.hve", "Amcache: programs that were there, with their SHA-1" },
	{ "system",      "the registry's AppCompatCache and BAM: programs that ran or were looked at" },
};

static bool
is_called(const char *path, const char *suffix)
{
	size_t length = strlen(path), wanted = strlen(suffix);

	for (size_t i = 0; i < wanted && wanted <= length; i++) {
		char letter = path[length - wanted + i];

		if ((letter >= 'A' && letter <= 'Z' ? letter + 32 : letter) != suffix[i])
			return false;
	}
	return wanted <= length;
}

static enum status
parse_windows_witness(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	enum status status = STATUS_OK;

	(void)out;
	for (size_t i = 0; i < sizeof witnesses / sizeof *witnesses; i++) {
		const struct artifact *first = NULL;
		size_t count = 0;

		for (size_t k = 0; k < group->count; k++)
			if (is_called(group->items[k].path, witnesses[i].suffix)) {
				first = first ? first : &group->items[k];
				count++;
			}
		if (first)
			status = note(notes, STATUS_UNREADABLE, NOTE_WITNESS_NOT_READ, &first->place, "%s (files: %zu): this "
				"version does not read them, so that programs may have run of which no event is listed", witnesses[i].holds, count);
	}
	return status;
}

const struct eventlog_driver windows_witness_eventlog = {
	.name        = "windows_witness",
	.description = "Windows prefetch, Amcache, ShimCache, BAM: named, not read",
	.files       = (const char *const[]){ "/[Ww][Ii][Nn][Dd][Oo][Ww][Ss]/[Pp][Rr][Ee][Ff][Ee][Tt][Cc][Hh]/*.[Pp][Ff]",
		"/[Ww][Ii][Nn][Dd][Oo][Ww][Ss]/[Aa][Pp][Pp][Cc][Oo][Mm][Pp][Aa][Tt]/[Pp][Rr][Oo][Gg][Rr][Aa][Mm][Ss]/"
		"[Aa][Mm][Cc][Aa][Cc][Hh][Ee].[Hh][Vv][Ee]",
		"/[Ww][Ii][Nn][Dd][Oo][Ww][Ss]/[Ss][Yy][Ss][Tt][Ee][Mm]32/[Cc][Oo][Nn][Ff][Ii][Gg]/[Ss][Yy][Ss][Tt][Ee][Mm]", NULL },
	.is_not_rotated = true,
	.parse       = parse_windows_witness,
};
