/* crc32c.h - the checksum of compiled sets (CRC-32C, RFC 3720 appendix B.4).  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_CRC32C_H
#define T1554TRIAGE_HASHSET_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Tables for eight bytes a step. */
struct crc32c {
	uint32_t steps[8][256];
};

void     crc32c_init(struct crc32c *crc);
uint32_t crc32c_of(const struct crc32c *crc, const void *bytes, size_t length);

#endif
