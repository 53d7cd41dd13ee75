/* catalog.h - the shipped rules, as text within the program. */
#ifndef RULE_CATALOG_H
#define RULE_CATALOG_H

struct catalog_file { const char *name, *text; };
extern const struct catalog_file catalog_files[];	/* the last has no name */

#endif
