/* dpkg_private.h - what the readers of dpkg's files share.  Private to package. */
#ifndef T1554TRIAGE_DPKG_PRIVATE_H
#define T1554TRIAGE_DPKG_PRIVATE_H

#include <t1554triage/line_reader.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/package.h>

#include "scriptlet.h"

struct dpkg_conffile {
	const char   *path;
	struct digest digest;		/* NONE: "newconffile", none is recorded yet */
	struct place  at;
	bool          obsolete;		/* of an earlier version */
	bool          declared;		/* the package's own list names it */
	bool          seen;		/* a row was handed out */
};

struct dpkg_package {
	const char  *name, *version, *architecture, *vendor, *state;
	struct place at;		/* of its first line */
	uint64_t     state_line;
	bool         is_hold, is_installed, is_unfinished, owns_files;
	bool         is_replaced;	/* a later paragraph counts */
	size_t       conffile, conffile_count;	/* part of dpkg_database.conffiles */
	const struct artifact *from;
};

/* A line of a .md5sums file. */
struct dpkg_digest {
	size_t   path;			/* offset in digest_text */
	uint64_t line;
	uint8_t  md5[16];
	bool     seen;
};

struct dpkg_override { const char *user, *group; uint32_t mode; struct place at; bool used; };

struct dpkg_database {
	const struct package_sink *out;
	const struct notes        *notes;
	enum status                status;
	struct arena               arena;
	struct dpkg_package       *packages;
	size_t                     package_count, package_capacity;
	struct dpkg_conffile      *conffiles;
	size_t                     conffile_count, conffile_capacity;
	struct map                 package_by_name;	/* "NAME:ARCH" */
	struct package_diversion  *diversions;
	size_t                     diversion_count, diversion_capacity;
	struct map                 diversion_by_path;
	struct dpkg_override      *overrides;
	size_t                     override_count, override_capacity;
	struct map                 override_by_path;
	uint64_t                   rows;
	bool                       has_lists;	/* else their lack is noted once, not for each package */
	/* of one package at a time: what its scripts write, and its digests */
	struct scriptlet_writes    writes[2];	/* of preinst and postinst */
	const struct artifact     *scripts[2];
	struct buffer              digest_text;
	struct dpkg_digest        *digests;
	size_t                     digest_count, digest_capacity;
};

/* What of one package lies in the folder info; NULL: not there. */
struct dpkg_info {
	const struct artifact *list, *md5sums, *conffiles, *preinst, *postinst;
};

void dpkg_database_init(struct dpkg_database *database, const struct package_sink *out,
	const struct notes *notes);
void dpkg_database_release(struct dpkg_database *database);

/*
 * Paragraphs of a status file; is_journal: of updates/, laid over what was read before;
 * is_distroless: of status.d, where no Status means installed.
 */
enum dpkg_status_kind { DPKG_STATUS, DPKG_JOURNAL, DPKG_DISTROLESS };
void dpkg_read_status(struct dpkg_database *database, const struct artifact *artifact,
	enum dpkg_status_kind kind);

/* Hands out the rows of its files, the files of the database that these came from, then the package, then its hold. */
void dpkg_emit(struct dpkg_database *database, struct dpkg_package *package, const struct dpkg_info *info);

/* The rows of the package that was being unpacked when dpkg was interrupted. */
void dpkg_emit_interrupted(struct dpkg_database *database, const struct artifact *control,
	const struct artifact *md5sums);

/* Opens an artifact for its lines; false with a note and the status kept where that fails. */
bool dpkg_open_lines(struct dpkg_database *database, const struct artifact *artifact,
	struct source **ret_source, struct line_reader *ret_reader);
void dpkg_close_lines(struct dpkg_database *database, struct source *source, struct line_reader *reader);

/* No NUL in it: dpkg itself would not read it as a whole line. */
bool dpkg_is_whole(const char *line, size_t length);

#endif
