/* image_within.h - a disk image among files that were given as a folder or an archive.  Private to triage. */
#ifndef TRIAGE_IMAGE_WITHIN_H
#define TRIAGE_IMAGE_WITHIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Its name is one that disk images have: worth to be looked into. */
bool image_within_is_named(const char *path);
/* The form of an image by name and first bytes; NULL: it is none. */
const char *image_within_form(const char *path, const uint8_t *head, size_t length);

#endif
