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

struct ewf_segment {
	enum ewf_version version;
	uint32_t number;	/* that its header states, from 1 */
	uint64_t chunks;	/* that its tables describe */
	uint64_t total_chunks;	/* of the medium: the first segment tells, else 0 */
	bool     has_header2;	/* dates are recorded as seconds since 1970, not as local text */
	enum ewf_end end;
};

/* Fills *ret_segment as far as the bytes go; version is EWF_NONE if it is no segment. */
void ewf_segment_read(struct source *source, struct ewf_segment *ret_segment);

#endif
