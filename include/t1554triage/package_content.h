/* package_content.h - the files that a vendor's package holds: .deb, .rpm.  Layer: package. */
#ifndef T1554TRIAGE_PACKAGE_CONTENT_H
#define T1554TRIAGE_PACKAGE_CONTENT_H

#include <t1554triage/note.h>
#include <t1554triage/source.h>

struct package_content_sink {
	/*
	 * A regular file: path with a leading slash, product "name version".
	 * All are borrowed until it returns; content is read from front to back.
	 */
	void (*file)(void *context, const char *product, const char *path, struct source *content);
	void  *context;
};

/*
 * Reads a package, told by its magic.  Directories, links and the names of a file that
 * is in the package under another name are passed by.  STATUS_NOT_MINE: no
 * package.  STATUS_DAMAGED, STATUS_UNREADABLE: files may be missing (noted).
 */
enum status package_content_read(struct source *package, const struct place *place,
	const struct package_content_sink *out, const struct notes *notes);

/* The same of a bare tar, inflated, which names no product: what npm and cargo call a package. */
enum status package_content_read_tar(struct source *tar, const struct place *place,
	const struct package_content_sink *out, const struct notes *notes);

#endif
