/* xpress_huffman.h - inflating LZ77 with Huffman codes as Windows has it (MS-XCA 2.2).  Private to eventlog. */
#ifndef T1554TRIAGE_XPRESS_HUFFMAN_H
#define T1554TRIAGE_XPRESS_HUFFMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fills all of out; false where the bytes are none of this form, or end before it is full. */
bool xpress_huffman_inflate(const uint8_t *bytes, size_t length, uint8_t *out, size_t out_length);

#endif
