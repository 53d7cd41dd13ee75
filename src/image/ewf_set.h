/* ewf_set.h - what the sections of an EWF set say together: geometry, stored digests, where chunks lie. */
#ifndef IMAGE_EWF_SET_H
#define IMAGE_EWF_SET_H

#include <t1554triage/buffer.h>
#include <t1554triage/digest.h>
#include <t1554triage/source.h>

#include "ewf_sections.h"

struct ewf_segment {
	enum ewf_version version;
	uint32_t number;	/* that its header states, from 1 */
	enum ewf_end end;
	bool     has_header2;	/* dates are recorded as seconds since 1970, not as local text */
	bool     is_foreign;	/* of another set, or in another's place */
	bool     is_searched;	/* a part of its chain is lost */
	bool     has_chunks;	/* some of its tables are there */
	bool     is_placed;	/* some of its chunks are read */
};

/*
 * The chunks of one table.  Tables stay in their files until one of their
 * chunks is read (ewf_chunks.h): this is all that is kept of a set, 64 bytes for
 * the thousands of chunks of a table.
 */
struct ewf_group {
	uint64_t  first;		/* chunk of the medium */
	uint64_t  data_start, data_end;	/* the bytes of the segment that hold them */
	uint64_t  tables[2];		/* table and table2: where their headers stand; 0: lost */
	uint32_t *recovered;		/* where both tables are lost: see ewf_chunks.h */
	uint32_t  count, segment;
	bool      is_bare;		/* entries without a checksum, as SMART writes them */
	bool      after_break;		/* what stood before it may be lost */
	bool      is_told;		/* that a table of it is damaged */
};

struct ewf_set {
	struct source     **sources;	/* one a segment, NULL: missing; borrowed */
	struct ewf_segment *segments;
	size_t              segment_count;
	struct ewf_group   *groups;	/* once placed: in order of their chunks */
	size_t              group_count, group_capacity;
	uint32_t            sector_size, chunk_size;	/* bytes; 0: no description of the medium was found */
	uint64_t            size, chunk_count;		/* of the medium; 0: the acquisition did not come to record it */
	struct digests      stored;
	struct damage       acquisition_errors;		/* bytes of the medium */
	uint64_t            description_end;		/* of the sections before the first chunks, in the first segment */
	uint64_t            volume;			/* of them the one that has the geometry; 0: none */
	size_t              volume_length;
	bool                is_open_ended;		/* what stood last may be lost */
	uint8_t             identifier[16];		/* zeros: not stated */
	const char         *damaged_section;		/* a description that fails its checksum; NULL: none */
	bool                digests_differ;		/* two sections state different digests of the medium */
};

/* Reads the sections of all segments.  Groups are in order of the files, not yet placed. */
void ewf_set_read(struct ewf_set *set, struct source *const sources[], size_t count);
void ewf_set_release(struct ewf_set *set);

/*
 * Places groups from the front and, behind what is lost, from the back;
 * those in between are dropped.  recover counts the chunks of a group whose
 * tables are lost (at most limit) and sets group->recovered.
 */
void ewf_set_place(struct ewf_set *set,
	uint32_t (*recover)(void *context, struct ewf_group *group, uint64_t limit), void *context);

/* The group that holds a chunk; NULL: it is lost. */
struct ewf_group *ewf_set_group(const struct ewf_set *set, uint64_t chunk);

#endif
