/* program_name.h - whether two names may be those of one program.  Private to check. */
#ifndef CHECK_PROGRAM_NAME_H
#define CHECK_PROGRAM_NAME_H

#include <stdbool.h>

enum name_fit {
	NAME_FITS,
	NAME_DIFFERS,
	NAME_TELLS_NOTHING,	/* a number, a digest, a section of an executable: no name of a program */
};

/*
 * own: a base name of the system under examination; other: a name that a set gives for the same content, or
 * a product or a package.  Case, versions, endings and architectures do not count; where one is a part of the
 * other they fit.  In doubt they fit.
 */
enum name_fit program_name_compare(const char *own, const char *other);

#endif
