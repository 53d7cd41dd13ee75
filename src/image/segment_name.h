/* segment_name.h - how the files of a split image are numbered. */
#ifndef IMAGE_SEGMENT_NAME_H
#define IMAGE_SEGMENT_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum numbering {
	NUMBERING_NONE,
	NUMBERING_EWF,		/* E01 ... E99 EAA EAB ... EZZ FAA ... ZZZ, in either case */
	NUMBERING_EWF2,		/* Ex01 ... Ex99 ExAA ... ExZZ EyAA ... EzZZ */
	NUMBERING_DIGITS,	/* 001 002 ..., or from 000; two to four digits */
	NUMBERING_LETTERS,	/* aa ab ..., two or three */
};

/* The name without what counts, and how it counts. */
struct segment_name {
	size_t   stem;		/* bytes of the name up to and with the last dot */
	enum numbering numbering;
	size_t   width;		/* of digits or letters */
	char     first;		/* of EWF: 'E', 'e', 'L' ... */
	uint32_t number;	/* from 0 */
};

/* False if the name does not count.  is_ewf: the file has the magic of EWF. */
bool segment_name_parse(const char *name, bool is_ewf, struct segment_name *ret_name);

/* True if name belongs to the set of like; *ret_number is its place in it. */
bool segment_name_matches(const char *name, const char *like_name, const struct segment_name *like,
	uint32_t *ret_number);

enum { SEGMENT_EXTENSION_SIZE = 8 };

/* The extension that a number of the set has; false if the numbering ends before it. */
bool segment_name_extension(const struct segment_name *like, uint32_t number,
	char ret_extension[SEGMENT_EXTENSION_SIZE]);

#endif
