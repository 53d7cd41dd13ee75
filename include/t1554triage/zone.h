/* zone.h - local times of the image to UTC, by the image's own TZif file.  Layer: base. */
#ifndef T1554TRIAGE_ZONE_H
#define T1554TRIAGE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include <t1554triage/memory.h>
#include <t1554triage/note.h>
#include <t1554triage/source.h>
#include <t1554triage/timestamp.h>

/* RFC 8536.  name "" and no transitions: the zone is not known. */
struct zone {
	const char *name;		/* "Europe/Berlin", "UTC"; owned by the arena */
	int32_t     first_offset;	/* seconds east of UTC, before the first transition */
	struct zone_transition { int64_t at; int32_t offset; } *transitions;	/* at: UTC seconds */
	size_t      count;
	const char *rule;		/* the POSIX TZ text behind the data, NULL: none */
	bool        known;
};

/* Reads a TZif file (versions 1 to 4, all lengths checked); texts live in arena. */
enum status zone_read(struct source *source, const char *name, const struct place *place,
	const struct notes *notes, struct arena *arena, struct zone *ret_zone);

/* The zone UTC, and fixed offsets such as "+02:00"; for --timezone a name is looked up by the caller. */
bool zone_fixed(const char *name, struct arena *arena, struct zone *ret_zone);

/*
 * Sets time to UTC and clears local.  Where the local time occurs twice (end
 * of summer time) the earlier moment is taken, where it does not exist the
 * offset before the gap; both return false.  An unknown zone changes nothing
 * and returns false.
 */
bool zone_to_utc(const struct zone *zone, struct timestamp *time);

#endif
