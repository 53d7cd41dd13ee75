/* ewf_sections.h - the chain of sections of one EWF segment: what is there, and what was cut off. */
#ifndef IMAGE_EWF_SECTIONS_H
#define IMAGE_EWF_SECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <t1554triage/source.h>

enum ewf_version { EWF_NONE, EWF_1, EWF_2 };

enum ewf_end {
	EWF_CUT,	/* the chain of sections does not reach an end */
	EWF_NEXT,	/* another segment follows */
	EWF_DONE,	/* the last segment */
};

enum { EWF_FILE_HEADER_BYTES = 13, EWF_SECTION_BYTES = 76, EWF_SMART_VOLUME_BYTES = 94 };

struct ewf_section {
	char     type[17];
	uint64_t offset;	/* of its header */
	uint64_t data, end;	/* what it holds, as far as the segment goes */
	bool     cut;		/* its end lies behind that of the segment */
	bool     after_damage;	/* headers before it are lost: it was found by searching */
};

/* True if the version and number could be read: then ewf_sections_walk may be asked. */
bool ewf_segment_head(struct source *source, enum ewf_version *ret_version, uint32_t *ret_number);

/*
 * Hands on every section in order.  A header that fails its checksum ends the
 * chain: the next one that holds, and that states its own place, is searched.
 */
enum ewf_end ewf_sections_walk(struct source *source,
	void (*take)(void *context, const struct ewf_section *section), void *context);

/*
 * Reads the length bytes at offset, the last four of which are the Adler-32 of
 * the others.  False: they cannot be read, or the checksum fails.
 */
bool ewf_read_checked(struct source *source, uint64_t offset, uint8_t *bytes, size_t length);

#endif
