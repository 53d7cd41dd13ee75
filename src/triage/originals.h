/* originals.h - what the examiner gives to compare altered files with: --originals.  Private to triage. */
#ifndef ORIGINALS_H
#define ORIGINALS_H

#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>

struct run;

/* A file below the folder that may be, or hold, the original of an altered one: opened before it is asked for. */
struct given_original {
	uint32_t    file;		/* number of the altered one */
	int         descriptor;
	uint64_t    size;		/* bytes */
	const char *name;		/* below the folder, which belongs to the run */
	bool        is_package;
};

struct originals {
	int          folder;		/* -1: none was given */
	const char **packages;		/* names below it, sorted */
	size_t       package_count, package_capacity;
	struct given_original *given;
	size_t       given_count, given_capacity;
};

/* Looks at the folder before anything is read: 0, or 66 with the reason. */
int  originals_open(struct run *run, struct buffer *ret_message);
void originals_close(struct run *run);

#endif
