/* container.h - what an operand is, by its first and last bytes. */
#ifndef IMAGE_CONTAINER_H
#define IMAGE_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#include <t1554triage/image.h>

enum { CONTAINER_HEAD_BYTES = 64 * 1024, CONTAINER_TAIL_BYTES = 512 };

struct container {
	enum exhibit_kind kind;
	const char *driver;	/* "ewf", "raw", "qcow2", "archive"; NULL: nothing that is read */
	bool        is_disk;	/* a container of a virtual disk, which may name further files */
	const char *what;	/* where driver is NULL: what it is */
	const char *advice;	/* and what to do */
};

struct container container_recognise(const uint8_t *head, size_t head_length,
	const uint8_t *tail, size_t tail_length, uint64_t size, const char *name);

/* True for a container of a virtual disk, which may name further files. */
bool container_is_disk(const uint8_t *head, size_t head_length, const uint8_t *tail, size_t tail_length,
	uint64_t size);

#endif
