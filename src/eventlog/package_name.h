/* package_name.h - "openssh-server-1:9.2p1-7.el9.x86_64", as rpm and its kin log packages.  Private to eventlog. */
#ifndef T1554TRIAGE_PACKAGE_NAME_H
#define T1554TRIAGE_PACKAGE_NAME_H

struct package_name { const char *name, *version, *architecture; };	/* NULL: not there */

/*
 * Cuts the text in place: name-[epoch:]version-release.arch, or the epoch in front of all of it (yum.log). A
 * text without a version is a name.  The parts point into text; an epoch in front is moved to the version.
 */
struct package_name package_name_cut(char *text);

#endif
