/* vhdx_log.h - a VHDX as it is after its log is replayed. */
#ifndef IMAGE_VHDX_LOG_H
#define IMAGE_VHDX_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include <t1554triage/source.h>

/* As the header tells it. */
struct vhdx_log_place {
	uint8_t  id[16];
	uint64_t offset;	/* in the file, bytes */
	uint32_t length;
};

/*
 * Lays what the log holds over the file, which is borrowed.  False where no
 * whole sequence of entries is there; then *ret_source is not set.
 */
bool vhdx_log_open(struct source *file, const struct vhdx_log_place *place, struct source **ret_source);

#endif
