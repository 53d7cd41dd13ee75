/* container.h - what an operand is, by its first and last bytes. */
#ifndef IMAGE_CONTAINER_H
#define IMAGE_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#include <t1554triage/image.h>

enum { CONTAINER_HEAD_BYTES = 64 * 1024, CONTAINER_TAIL_BYTES = 512 };

struct container {
	enum exhibit_kind kind;
	const char *driver;	/* "ewf", "raw", "archive"; NULL: nothing that is read */
	const char *what;	/* where driver is NULL: what it is */
	const char *advice;	/* and what to do */
};

struct container container_recognise(const uint8_t *head, size_t head_length,
	const uint8_t *tail, size_t tail_length, const char *name);

#endif
