/* manifest.h - what drivers of text databases share: opening, limits, counts.  Private to package. */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <t1554triage/line_reader.h>
#include <t1554triage/memory.h>
#include <t1554triage/package.h>

/* The reading of one database. */
struct manifest {
	const struct package_sink *out;
	const struct notes        *notes;
	const char                *manager;	/* of all that is handed out */
	uint64_t                   packages, rows;	/* handed out so far */
	enum status                status;	/* the worst so far */
};

/* False, with a note, where it cannot be read; close it where true. */
bool manifest_open(struct manifest *manifest, const struct artifact *artifact, struct source **ret_source,
	struct line_reader *ret_reader);
void manifest_close(struct manifest *manifest, struct source *source, struct line_reader *reader);

/* Hands out one path; its manager is set.  Behind the limit of paths: one note, no more rows. */
void manifest_file(struct manifest *manifest, struct package_file *file);

/* Hands out a package; its manager is set. */
void manifest_package(struct manifest *manifest, struct package *package);

/* Lines that were not understood, as odd_lines_note; paths may be missing for them. */
void manifest_odd(struct manifest *manifest, const struct odd_lines *odd, const char *what);

/* True where the path of a link was resolved to one that stands before it. */
bool manifest_is_repeated(const struct artifact_group *group, size_t index);

/* A line that is a text: no NUL in it. */
bool manifest_is_text(const char *line, size_t length);

/* An epoch time in decimal digits; not recorded where it is none. */
struct timestamp manifest_epoch(const char *text);

#endif
