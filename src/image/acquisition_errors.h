/* acquisition_errors.h - sectors that tools of acquisition record as unreadable.  Private to image. */
#ifndef IMAGE_ACQUISITION_ERRORS_H
#define IMAGE_ACQUISITION_ERRORS_H

#include <t1554triage/image.h>

struct acquisition_errors;

/* The last part of a path, by slash or backslash, is the name of the first file of this image. */
bool acquisition_names_image(const struct image *image, const char *name, size_t length);

/*
 * Of one log beside image, by its file name and its tool, as acquisition_log.c names them; all are borrowed.  NULL: such a
 * tool records no sectors.
 */
struct acquisition_errors *acquisition_errors_open(struct image *image, const struct notes *notes, const char *file, const char *tool);

/* A line of it, from 1, without blanks around it. */
void acquisition_errors_take(struct acquisition_errors *errors, uint64_t number, const char *line);

/*
 * The ranges become damage of image and its acquisition_errors, each with a note up to LIMIT_DAMAGE_NOTES.  is_cut: the log has
 * more lines.  STATUS_DAMAGED if anything was not acquired, STATUS_OK; NULL is fine.
 */
enum status acquisition_errors_close(struct acquisition_errors *errors, bool is_cut);

#endif
