/* crc32c.h - the checksum CRC-32C (RFC 3720 appendix B.4).  Layer: base. */
#ifndef T1554TRIAGE_CRC32C_H
#define T1554TRIAGE_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tables for eight bytes a step; by_instruction may be set to false to use them alone. */
struct crc32c {
	uint32_t steps[8][256];
	bool     by_instruction;	/* the processor has one */
};

void     crc32c_init(struct crc32c *crc);
/*
 * Goes on from the remainder of the bytes before, which nothing inverts: begin with
 * ffffffff.  The form in which ext4 keeps its checksums.
 */
uint32_t crc32c_add(const struct crc32c *crc, uint32_t rest, const void *bytes, size_t length);
/* The same of three ranges of one length, each with its own remainder: side by side where the processor can. */
void     crc32c_add_three(const struct crc32c *crc, uint32_t rests[3], const uint8_t *const ranges[3], size_t length);
/* The checksum as it is usually written: inverted at the end. */
uint32_t crc32c_of(const struct crc32c *crc, const void *bytes, size_t length);

#endif
