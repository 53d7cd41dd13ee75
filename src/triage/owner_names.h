/* owner_names.h - users and groups of an examined system by name, from its own passwd(5) and group(5). */
#ifndef OWNER_NAMES_H
#define OWNER_NAMES_H

#include <t1554triage/map.h>
#include <t1554triage/package.h>
#include <t1554triage/system.h>

struct owner_names {
	struct map users, groups;
	bool       is_loaded;
};

void owner_names_init(struct owner_names *names);
void owner_names_release(struct owner_names *names);

/* The numbers of the names that a row records, where the system has them; reads its files when it is first asked. */
void owner_names_resolve(struct owner_names *names, struct system_view *view, const char *evidence, const char *system,
	const struct notes *notes, struct package_file *row);

#endif
