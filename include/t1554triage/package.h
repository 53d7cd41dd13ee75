/* package.h - what the package managers say should be there.  Layer: package. */
#ifndef T1554TRIAGE_PACKAGE_H
#define T1554TRIAGE_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/artifact.h>
#include <t1554triage/digest.h>
#include <t1554triage/note.h>
#include <t1554triage/record.h>
#include <t1554triage/timestamp.h>

enum database_integrity { DATABASE_PLAIN, DATABASE_SELF_DIGEST, DATABASE_SIGNED, DATABASE_BAD };
extern const char *const database_integrity_names[];

struct package {
	const char *system;		/* "s1"; set by the collect pass */
	const char *manager;		/* "dpkg" */
	const char *name, *version, *architecture;
	const char *vendor;		/* maintainer or vendor, NULL */
	const char *state;		/* the manager's own words: "install ok installed" */
	bool        is_installed;	/* its files should be there, whole */
	bool        is_unfinished;	/* half-installed, unpacked: an update was interrupted */
	struct timestamp installed;	/* as the database records it, or not recorded */
	struct timestamp begun;		/* when the transaction of that began, by the same record */
	enum database_integrity integrity;
	uint64_t    files;		/* entries of its own manifest */
	struct place at;
};
extern const struct record_type package_record;

enum package_file_kind {
	PACKAGE_FILE_PLAIN, PACKAGE_FILE_CONFIG, PACKAGE_FILE_GHOST, PACKAGE_FILE_NOVERIFY,
	PACKAGE_FILE_NOT_INSTALLED,	/* the database says that it was left out */
	PACKAGE_FILE_SOURCE,		/* of a work tree, where people change files: a difference accuses nobody */
	PACKAGE_FILE_SCRIPT,		/* of the package manager itself: /var/lib/dpkg/info/bash.preinst */
	PACKAGE_FILE_SUPERSEDED,	/* the database says that the file of another package took its place */
};
extern const char *const package_file_kind_names[];

/* What the archive of a package holds at a path: a witness beside the database of the manager. */
struct package_witness {
	const char *system;
	const char *manager, *package, *architecture, *version;
	const char *path;		/* as in the archive, with a leading slash */
	struct digests digests;		/* MD5 and SHA-256 */
	const char *chain;		/* what leads to the archive, link by link, and where that ends */
	bool        is_signed;		/* it leads to a key that the examiner trusts */
	struct place at;		/* the archive */
	/* set by the inventory */
	struct digest contradicted;	/* what the manager records, where that is another content */
	bool        is_sole;		/* the manager records none */
};
extern const struct record_type package_witness_record;

/* What an integrity checker on the host recorded of a file at a time: no package's, and of no package manager. */
struct package_baseline {
	const char *system;
	const char *product;		/* "AIDE" */
	const char *path;		/* as recorded */
	const char *canonical;		/* links of folders resolved; set by the collect pass, NULL: same */
	struct digest digest;		/* never NONE */
	bool        has_mode, has_owner;
	uint32_t    mode;		/* 07777 */
	uint32_t    uid, gid;
	struct timestamp taken;		/* when it was recorded, by its own words or by the time of its file */
	struct timestamp written;	/* the time of its file */
	struct place at;
};
extern const struct record_type package_baseline_record;

/* One path of one package.  Only algorithm NONE: a directory, a link, or no digest is recorded. */
struct package_file {
	const char *system;
	const char *manager, *package;	/* name as in struct package */
	const char *architecture;
	const char *path;		/* as recorded, with a leading slash */
	const char *canonical;		/* links of folders resolved; set by the collect pass, NULL: same */
	enum package_file_kind kind;
	struct digest digest;
	bool        has_mode;		/* mode is recorded */
	uint32_t    mode;		/* 07777 */
	const char *user, *group;	/* as recorded, NULL: not; the collect pass makes numbers of them */
	bool        has_uid, has_gid;
	uint32_t    uid, gid;		/* by the system's own names */
	uint64_t    capabilities;	/* permitted set */
	bool        has_capabilities;	/* the record says which capabilities it has: none counts, too */
	const char *link_target;	/* the record is of a symbolic link that leads there; NULL */
	const char *link_digest;	/* the same, and only a digest of the text is recorded: "sha1:HEX"; NULL */
	const struct package_witness *witness;	/* the archive says so: digest is of the file in there; NULL.  Set by the inventory */
	const char *diverted_to;	/* the package's file lies there instead; NULL */
	const char *written_by;		/* the package's own script of installation that writes it, as the package brought the
					   script; NULL: none does */
	bool        is_by_state;	/* its kind is what was noted at installation, which no signature covers */
	bool        is_override;	/* mode comes from a statoverride of the administrator */
	bool        is_interrupted;	/* of the version that was being unpacked when the manager was interrupted:
					   no record of what is installed, and a witness of what bytes are */
	struct place at;
};
extern const struct record_type package_file_record;

/* True where the row is of a symbolic link; and whether a link with this target (NULL: none) is the one that it records. */
bool package_file_is_link(const struct package_file *file);
bool package_file_links_to(const struct package_file *file, const char *target);

/* A hold, pin, versionlock. */
struct package_lock {
	const char *system;
	const char *manager;		/* "dpkg" */
	const char *pattern;		/* the package, or the pattern as written */
	const char *kind;		/* "hold", "pin", "versionlock" */
	struct timestamp since;
	const char *by;			/* user, NULL: not recorded */
	const char *text;		/* the line that makes it, quoted */
	struct timestamp written;	/* when its file was last written, where it holds locks alone */
	struct place at;
};
extern const struct record_type package_lock_record;

/* A path that one package (or the administrator) has moved aside. */
struct package_diversion {
	const char *system;
	const char *from, *to;
	const char *package;		/* NULL: local, by the administrator */
	struct place at;
};
extern const struct record_type package_diversion_record;

/* A file of the database itself that speaks of one package: when it was written is a witness of its own. */
enum package_part_kind {
	PACKAGE_PART_LIST,		/* its paths */
	PACKAGE_PART_DIGESTS,		/* the digests of its files */
	PACKAGE_PART_CONFFILES,		/* which of its files are configuration */
	PACKAGE_PART_HEADER,		/* all of it, in one record of rpm */
	PACKAGE_PART_ARCHIVE,		/* the archive that it was installed from */
};
extern const char *const package_part_kind_names[];

struct package_part {
	const char *system;
	const char *manager, *package, *architecture;
	enum package_part_kind kind;
	struct timestamp modified, changed;
	const char *contradiction;	/* what another part of the database says against it; NULL */
	struct place at;
};
extern const struct record_type package_part_record;

/* A setting that has programs of packages load or run code: what it names may be of no package. */
enum package_load_kind {
	PACKAGE_LOAD_PRELOAD,		/* every program loads it */
	PACKAGE_LOAD_VARIABLE,		/* those do that are started with LD_PRELOAD or LD_AUDIT */
	PACKAGE_LOAD_FOLDER,		/* libraries are looked for in there before the folders of packages */
	PACKAGE_LOAD_AUTHENTICATION,	/* a module of PAM */
	PACKAGE_LOAD_AUTHENTICATION_PROGRAM,	/* that a module of PAM runs */
	PACKAGE_LOAD_START,		/* Python executes it at each start */
};
extern const char *const package_load_kind_names[];

struct package_load {
	const char *system;
	enum package_load_kind kind;
	const char *target;		/* as it stands there: a path, or the name of a module of PAM */
	const char *canonical;		/* where that lies, all links followed; set by the collect pass, NULL: nothing was found there */
	const char *text;		/* the line, NULL: the file itself is what is loaded */
	struct place at;
};
extern const struct record_type package_load_record;

struct package_sink {
	void (*package)(void *context, const struct package *package);
	void (*file)(void *context, const struct package_file *file);
	void (*lock)(void *context, const struct package_lock *lock);
	void (*diversion)(void *context, const struct package_diversion *diversion);
	void  *context;
	void (*part)(void *context, const struct package_part *part);
	void (*witness)(void *context, const struct package_witness *witness);
	void (*baseline)(void *context, const struct package_baseline *baseline);
	void (*load)(void *context, const struct package_load *load);
};

struct package_db_driver {
	const char *name, *description;
	const char *const *files;	/* patterns in the running system, end with NULL; the first that
					   matches nothing at all says that there is no such database */
	/* system members of what is handed out are left NULL.  Borrowed until the sink returns. */
	enum status (*parse)(const struct artifact_group *group, const struct package_sink *out,
		const struct notes *notes);
	/*
	 * Names further files that settings in the group lead to, by their path in the running system; NULL: none do.
	 * Files that the patterns have found are not read twice.
	 */
	enum status (*further)(const struct artifact_group *group, void (*add)(void *context, const char *path), void *context,
		const struct notes *notes);
	const char *const *directories;	/* patterns of folders whose damage makes absence meaningless; NULL: none */
	bool        takes_links;	/* is handed links that lead to no file (a masked unit), too */
	bool        locks_only;		/* tells of locks, or of files that were brought beside the system's own manager:
					   it is no database of the system, each of its files is optional */
};

const struct package_db_driver *const *package_db_drivers(void);	/* rows of src/package/package_db.def */

/* True if a path of the running system is one of the files of a package database (of locks alone: none). */
bool package_db_names(const char *path);

/* True where the logs of packages that are read tell of this manager's transactions; pip and its kin write none. */
bool package_manager_is_logged(const char *manager);

/* True where a text of a log names the package, unit or repository of the lock as a word of its own, and its kind of lock. */
bool package_lock_is_named(const struct package_lock *lock, const char *text);

/* True if the name of a package falls under the lock's pattern. */
bool package_lock_covers(const struct package_lock *lock, const char *package);

#endif
