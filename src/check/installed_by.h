/* installed_by.h - who put the version of a package in place, by the logs.  Private to check. */
#ifndef CHECK_INSTALLED_BY_H
#define CHECK_INSTALLED_BY_H

#include <t1554triage/inventory.h>

/*
 * True for an event of dpkg.log that no transaction of apt holds, where apt's log was read whole and begins before it:
 * dpkg was called with an archive by somebody, not by what fetches from repositories and checks their signatures.
 */
bool event_is_by_dpkg_alone(const struct inventory *inventory, const struct event *event);

/* True where the event puts an archive of a package in place: installed, upgraded to any version, unpacked again. */
bool event_brings_archive(const struct event *event);

/* True where no later event of its log puts another archive of that package in place. */
bool event_is_last_of_package(const struct inventory *inventory, const struct event *event);

/* True where the database has the package in the version that the event brought. */
bool event_version_is_installed(const struct inventory *inventory, const struct event *event);

#endif
