/*
 * owner_names.c - /etc/passwd and /etc/group of the examined system (passwd(5), group(5))
 *
 *	sshd:x:74:74:Privilege-separated SSH:/var/empty/sshd:/sbin/nologin
 *	ssh_keys:x:999:
 *
 * rpm records owners by name.  A name that the system does not have is compared with nothing; root is 0 whatever a
 * file says.  Names of the examiner's own system are never asked.
 */
#include <string.h>

#include <t1554triage/filesystem.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "owner_names.h"

enum { NAMES_MOST = 1000000 };

void
owner_names_init(struct owner_names *names)
{
	map_init(&names->users);
	map_init(&names->groups);
	names->is_loaded = false;
}

void
owner_names_release(struct owner_names *names)
{
	map_release(&names->users);
	map_release(&names->groups);
}

/* "name:password:number:..."; the first line of a name counts, as with getpwnam(3). */
static void
take_line(struct map *map, const char *line)
{
	size_t name = strcspn(line, ":"), password, digits;
	const char *at = line + name;
	uint64_t number;

	if (!name || !*at)
		return;
	password = strcspn(++at, ":");
	at += password;
	if (!*at)
		return;
	digits = strcspn(++at, ":");
	if (text_parse_u64(at, digits, 10, &number) && number <= UINT32_MAX)
		map_add(map, line, name, number);
}

static void
read_names(struct map *map, struct system_view *view, const struct place *place, const struct notes *notes)
{
	struct line_reader reader;
	struct system_entry found;
	struct filesystem *filesystem;
	struct source *content;
	size_t length;
	char *line;

	if (system_lookup(view, place->path, true, &found) != STATUS_OK || found.entry.type != ENTRY_REGULAR ||
	    !(found.entry.has & ENTRY_HAS_CONTENT) || found.entry.not_readable)
		return;
	filesystem = view->filesystems[found.filesystem];
	if (filesystem->driver->content(filesystem, &found.entry, CONTENT_BY_RUNS, notes, &content) < STATUS_DAMAGED)
		return;
	line_reader_init(&reader, content, place, notes);
	while (map->count < NAMES_MOST && line_reader_next(&reader, &line, &length))
		take_line(map, line);
	line_reader_release(&reader);
	source_close(content);
}

static bool
number_of(const struct map *map, const char *name, uint32_t *ret_number)
{
	uint64_t number = 0;

	if (!name || (strcmp(name, "root") && !map_get_text(map, name, &number)))
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

void
owner_names_resolve(struct owner_names *names, struct system_view *view, const char *evidence, const char *system,
	const struct notes *notes, struct package_file *row)
{
	struct place place = { .evidence = evidence, .system = system };

	if (!row->user && !row->group)
		return;
	if (!names->is_loaded) {
		names->is_loaded = true;
		place.path = "/etc/passwd";
		read_names(&names->users, view, &place, notes);
		place.path = "/etc/group";
		read_names(&names->groups, view, &place, notes);
	}
	row->has_uid = number_of(&names->users, row->user, &row->uid);
	row->has_gid = number_of(&names->groups, row->group, &row->gid);
}
