/* mapping_guard.h - reading a mapped file that may be cut, or whose medium may fail, meanwhile.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_MAPPING_GUARD_H
#define T1554TRIAGE_HASHSET_MAPPING_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does the work, which reads bytes of the mapping.  False: a page of it could not be had (mmap(2), SIGBUS), the work ended
 * there, and what it had allocated and not yet handed out is not released.  Not within itself, and not in two threads.
 */
bool mapping_guard(const void *bytes, size_t size, void (*work)(void *context), void *context);

#endif
