/* package_name.h - "openssh-server-1:9.2p1-7.el9.x86_64", as rpm and its kin log packages.  Private to eventlog. */
#ifndef T1554TRIAGE_PACKAGE_NAME_H
#define T1554TRIAGE_PACKAGE_NAME_H

#include <t1554triage/eventlog.h>

struct package_name { const char *name, *version, *architecture; };	/* NULL: not there */

/*
 * Cuts the text in place: name-[epoch:]version-release.arch, or the epoch in front of all of it (yum.log). A
 * text without a version is a name.  The parts point into text; an epoch in front is moved to the version.
 */
struct package_name package_name_cut(char *text);

/* A word of a log, and what it says of the package behind it. */
struct package_verb {
	const char     *name;		/* NULL ends a list */
	enum event_kind kind;
	bool            goes;		/* the package that is named is the one that was there before */
};

/* "Installed: bash-5.1-2.x86_64": sets the event where the first word is a verb; the text is cut. */
void package_verb_set(struct event *event, const struct package_verb *verbs, char *text);

#endif
