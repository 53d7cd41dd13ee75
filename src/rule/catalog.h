/* catalog.h - the shipped rules, as text within the program. */
#ifndef RULE_CATALOG_H
#define RULE_CATALOG_H

#include <t1554triage/rule.h>

struct catalog_file { const char *name, *text; };
extern const struct catalog_file catalog_files[];	/* the last has no name */

/* folder.c: each file of these endings below a folder, or that one file; false with errno. */
struct rule_files {
	const char *endings[4];		/* in any case of letters */
	void      (*add)(void *context, const char *path, const char *bytes, size_t length);
	void       *context;
	const struct rule_sink *out;
};
bool rule_files_visit(const char *path, const struct rule_files *files);
/* The same of the catalog: its files of that ending. */
void catalog_visit(const char *ending, const struct rule_files *files);

#endif
