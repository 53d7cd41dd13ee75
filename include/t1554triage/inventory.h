/* inventory.h - all facts of the case, owned, sorted and joined.  Layer: inventory. */
#ifndef T1554TRIAGE_INVENTORY_H
#define T1554TRIAGE_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/binary.h>
#include <t1554triage/difference.h>
#include <t1554triage/digest.h>
#include <t1554triage/event_store.h>
#include <t1554triage/eventlog.h>
#include <t1554triage/filesystem.h>
#include <t1554triage/hashset.h>
#include <t1554triage/image.h>
#include <t1554triage/map.h>
#include <t1554triage/note.h>
#include <t1554triage/package.h>
#include <t1554triage/rule.h>
#include <t1554triage/system.h>
#include <t1554triage/volume.h>
#include <t1554triage/zone.h>

/* package_state of files.jsonl, closed vocabulary. */
enum package_state {
	PACKAGE_STATE_NONE,		/* null: the question does not arise (no system; deleted, unless what is missing had that name) */
	PACKAGE_STATE_VERIFIED, PACKAGE_STATE_MODIFIED, PACKAGE_STATE_MODE_CHANGED, PACKAGE_STATE_MISSING,
	PACKAGE_STATE_NOT_INSTALLED, PACKAGE_STATE_EXCLUDED, PACKAGE_STATE_CONFIG, PACKAGE_STATE_GHOST,
	PACKAGE_STATE_NOVERIFY, PACKAGE_STATE_REPLACED, PACKAGE_STATE_DIVERTED, PACKAGE_STATE_PRELINKED,
	PACKAGE_STATE_DERIVED, PACKAGE_STATE_LOCAL, PACKAGE_STATE_NO_BASELINE, PACKAGE_STATE_UNOWNED,
};
extern const char *const package_state_names[];	/* index 0 is NULL-like "none" */

enum verdict {
	VERDICT_NOT_EXAMINED, VERDICT_CONFLICT, VERDICT_KNOWN_BAD, VERDICT_UNRELIABLE,
	VERDICT_CHANGED_UNEXPLAINED, VERDICT_CHANGED_NO_RECORD, VERDICT_CHANGED_EXPLAINED,
	VERDICT_SUSPICIOUS, VERDICT_KNOWN_TOOL, VERDICT_KNOWN_GOOD, VERDICT_MATCHES_RECORD,
	VERDICT_KNOWN, VERDICT_UNKNOWN, VERDICT_COUNT
};
extern const char *const verdict_names[];

enum trust { TRUST_NONE, TRUST_PATH, TRUST_DATABASE, TRUST_SELF_DIGEST, TRUST_SIGNED_DATABASE,
	TRUST_INDEPENDENT_SET, TRUST_VENDOR_SIGNATURE };
extern const char *const trust_names[];

/* What logs of the system say of a program. */
enum activity {
	ACTIVITY_RUN,		/* it was started: by subject, the parent */
	ACTIVITY_LOADED,	/* it was loaded by subject */
	ACTIVITY_WRITTEN,	/* it was created, written, or given this name, by subject */
	ACTIVITY_DELETED,
	ACTIVITY_CONNECTED,	/* it connected to object, or asked for its name */
	ACTIVITY_DETECTED,	/* another product calls it subject */
	ACTIVITY_NAMED,		/* a command that was typed at a shell names it */
	ACTIVITY_LISTED,	/* a cache of the system lists it */
	ACTIVITY_COUNT
};
extern const char *const activity_names[];
struct file_activity {
	uint64_t            counts[ACTIVITY_COUNT];	/* records, not deeds: several logs may tell the same */
	struct timestamp    first[ACTIVITY_COUNT];
	/* text is the command line, of what was detected what was done with it, of what was listed its SHA-1; NULL: none. Of connections the one nearest to the change of the file. */
	const struct event *last[ACTIVITY_COUNT];
};

/* Records of traffic that meet a known-bad address or name: those within an hour that are alike are one. */
struct bad_traffic {
	const struct event  *event;		/* the first of them, without its fields */
	struct network_match match;
	const struct file   *file;		/* the program that made it, NULL: none is named, or it is not listed */
	uint64_t             count;
	bool is_by_process_id;			/* the record has only the id of a process, which was seen to be started */
	bool is_inbound;			/* the listed end opened it */
	bool is_way_unknown;			/* who opened it is not recorded */
	bool is_refused;			/* a packet filter let nothing through */
	bool is_of_sensor, is_of_host;		/* made beside the host; one of its ends is known to be the host */
};

/* Who recorded traffic, and when: the first and the last of its records. */
struct traffic_witness {
	const char      *provider;
	uint64_t         records;
	struct timestamp first, last;
	bool             names_programs, sees_all;	/* sees_all: every connection of what it watches */
};

/*
 * One name of an examined file.  The first part is the record that a reading
 * process hands out; the second is joined in the coordinator.
 */
struct file {
	struct file_entry  entry;		/* path is the path on its volume */
	uint32_t           filesystem;		/* number */
	enum program_type  type;
	bool               is_candidate_only;	/* listed for a reason other than being a program */
	bool               is_type_open;	/* type is by its name until its content is read: the walk has not looked */
	bool               unreliable;		/* some of its content was replaced by zeros, or readings differ */
	bool               has_pyc;
	bool               may_match_rules;	/* a rule over contents: the others are told while it is read */
	bool               is_prelinked;	/* it bears the section of prelink */
	bool               is_prelink_undone;	/* undoing that gives content whose digest a package records of its path */
	bool               is_link_for_row;	/* a symbolic link where a package has a file: entry is the link's,
						   the digests are its target's */
	const char        *not_examined;	/* why it was not read, NULL */
	struct digests     digests;		/* computed, or the collector's */
	const struct digest *extra;		/* of the owner's algorithm where it is none of those; NULL: none */
	const char        *digest_origin;	/* "computed", "collector:uac"; NULL: no digest */
	uint64_t           bytes_read;
	struct bytecode_source pyc;		/* of byte code: has_pyc */
	const char        *not_undone;		/* why prelink was not undone; NULL where it was, or nothing was to be */
	const char        *label_expected;	/* the SELinux label that the system's own file_contexts would give it, where
						   the type of its own is another; NULL */

	/* joined */
	uint32_t           number;		/* position in inventory.files */
	uint32_t           first_name;		/* number of the first name of the same inode and state: hard links; else its own */
	const char        *evidence, *volume, *filesystem_type;
	const struct installed_system *system;	/* NULL: of no system */
	const char        *path;		/* in the running system, else the path on the volume */
	const struct package_file *const *rows;	/* every package row of this path, best first */
	size_t             row_count;
	const struct package_file *expected;	/* the row it was compared with, NULL */
	const struct package *package;		/* owner, NULL */
	const struct hash_match *matches;	/* of all sets */
	size_t             match_count;
	const char        *verdict_why;		/* one sentence */
	enum package_state package_state;
	enum verdict       verdict;
	enum trust         trust;
	bool               read_twice;		/* the second, independent reading agreed */
	bool               second_differs;	/* it did not: unreliable by that alone */
	bool               scanned;		/* rules over contents were asked of it */
	struct file_activity *activity;		/* what logs say of it, NULL: nothing */
	struct file_runs  *runs;		/* where its content lies, NULL: not asked for, or not told */
	const struct difference *difference;	/* from its original, NULL: it was not compared with one */
};
extern const struct record_type file_record;

/* Where the content of a file lies, as far as it was asked for: of files that a finding is about. */
struct file_runs {
	struct content_run *items;	/* by their offset in the file; image_offset counts in the medium, or in the stacked volume */
	size_t count, capacity;
	bool   is_cut;			/* there are more (limit file-runs) */
};

/* What the walk counted, per file system; files that are not listed are in here. */
struct walk_count {
	uint32_t filesystem;
	uint64_t directories, entries, regular, links, others;
	uint64_t deleted, orphans;
	uint64_t programs;		/* by content or name */
	uint64_t left_out;		/* regular, allocated, and neither program nor asked for */
	uint64_t damaged_directories;
	bool     complete;		/* every directory was read whole, orphans too */
};
extern const struct record_type walk_count_record;

/* An exhibit as it was opened; of folders and archives only name and size are known. */
struct evidence_summary {
	const char    *evidence;		/* "E1" */
	uint64_t       size;			/* bytes of the medium, 0: folder or archive */
	uint32_t       sector_size;
	struct digests stored;			/* recorded in the container */
	const struct acquisition_value *acquisition;	/* as recorded, not verified; owned by the arena */
	size_t         acquisition_count;
	const struct recorded_digest *recorded;	/* beside the image, as recorded; owned by the arena */
	size_t         recorded_count;
	struct damage  damage;			/* merged ranges of the medium that could not be read as they were */
	bool           opened;			/* false: nothing of it could be read */
};
extern const struct record_type evidence_summary_record;	/* without the lists */

struct filesystem_summary {
	struct filesystem_fact fact;
	struct volume          volume;
	const char            *evidence_path;
	struct walk_count      count;
	bool                   metadata_damaged;	/* absence says nothing here */
	bool                   shows_absence;	/* a whole volume, walked whole; set by inventory_finish */
};

/* What is known of a system's artifacts. */
struct system_summary {
	const struct installed_system *system;
	struct zone  zone;
	const char  *zone_source;		/* "/etc/localtime", "--timezone", "" */
	bool         has_database;		/* at least one package database was read */
	bool         database_whole;		/* and every part of each, without damage */
	bool         has_package_log;
	bool         logs_whole;
	struct timestamp log_first, log_last;	/* covered by package logs, UTC */
	/* More than half of the packaged files were changed in this burst, and no transaction covers it:
	   the tree was copied then, and such a stamp says nothing.  Set by inventory_finish. */
	struct timestamp copied_first, copied_last;
	/* The same of their births: the file system was made then from a tree that was there before. */
	struct timestamp born_first, born_last;
	bool         has_copied_owners;	/* most packaged files belong to others than is recorded: who copied the tree
					   owns it now, and owners say nothing.  Set by inventory_finish. */
	bool         is_prelinked;		/* prelink is installed or was at work on most of it; set by inventory_finish */
	uint64_t     packages, package_files, locks, events;
};

/* Rows of a package database, of kept archives or of an integrity checker that went beyond LIMIT_PACKAGE_FILES. */
struct rows_left_out {
	enum { ROWS_OF_PACKAGES, ROWS_OF_ARCHIVES, ROWS_OF_CHECKERS } what;
	const char *system, *from;		/* "s1", "dpkg" */
	uint64_t    count;
	struct place at;			/* the first of them */
};

/* An artifact that was looked for: for the report's table of sources. */
struct artifact_seen {
	const char *system, *driver, *table;	/* "dpkg_log", "eventlog" */
	const char *path;			/* NULL: looked for and not there */
	uint64_t    size, rows;
	const char *result;			/* "read", "damaged", "unreadable", "absent" */
	struct digests digests;
	/* of a log alone; UTC where its zone is known */
	uint64_t    records;			/* of this file */
	struct timestamp first, last;		/* of them */
	/* The longest time without a record, from the part before on; those of an hour or more, and their seconds in all. */
	struct timestamp silence_from, silence_to;
	uint64_t    silences, silence_seconds;
	uint64_t    times_back, back_line;	/* records more than two hours before the one that stands before them; the first */
	uint64_t    rotations_missing;		/* numbers that should stand between this part and the one after it */
};
extern const struct record_type artifact_seen_record;
/* True where it is there and a log: not what is read beside one (eventlog_is_log). */
bool artifact_seen_is_log(const struct artifact_seen *artifact);

/*
 * What has a capacity grows by inventory_add_x and is freed with the inventory; verifications,
 * filesystems, summaries and indicators are set by the owner and lie in the arena; exhibits and
 * sets are borrowed; systems is released with the inventory.
 */
struct inventory {
	struct arena arena;			/* owns every fact */
	const struct exhibits *exhibits;
	struct evidence_summary   *evidences;		size_t evidence_count;	/* one an exhibit, same order */
	struct media_verification *verifications;	size_t verification_count;
	struct filesystem_summary *filesystems;		size_t filesystem_count;
	struct volume             *volumes;		size_t volume_count, volume_capacity;
	struct systems             systems;
	struct system_summary     *summaries;		/* one a system, same order */
	struct package            *packages;		size_t package_count, package_capacity;
	struct package_file       *package_files;	size_t package_file_count, package_file_capacity;
	struct package_lock       *locks;		size_t lock_count, lock_capacity;
	struct package_diversion  *diversions;		size_t diversion_count, diversion_capacity;
	struct package_load       *loads;		size_t load_count, load_capacity;
	struct package_witness    *witnesses;		size_t witness_count, witness_capacity, witness_laid;
	struct package_part       *parts;		size_t part_count, part_capacity;
	struct package_baseline   *baselines;		size_t baseline_count, baseline_capacity;	/* sorted by place, then time */
	struct event_store        *event_store;		/* every event; NULL: no log was read */
	struct event              *events;		size_t event_count, event_capacity;	/* those that are judged by */
	const struct rule_set     *rules;		/* detection rules, borrowed; NULL: none */
	struct rule_match         *rule_matches;	size_t rule_match_count, rule_match_capacity;
	struct difference         *differences;	size_t difference_count, difference_capacity;
	uint64_t                   rule_matches_dropped;	/* beyond the limit of all */
	struct rule_kept          *rules_kept;			/* of logs, until all are there; NULL: none */
	uint64_t                   rule_matches_left_out;	/* of logs, beyond the limit of one rule */
	uint64_t                   rule_parts_left_out;		/* the same of rules that are only parts of correlations */
	struct rows_left_out      *left_out;		size_t left_out_count, left_out_capacity;
	struct note               *notes;		size_t note_count, note_capacity;
	struct artifact_seen      *artifacts;		size_t artifact_count, artifact_capacity;
	struct file               *files;		size_t file_count, file_capacity;
	struct hash_set          **sets;		size_t set_count;
	struct path_indicator     *indicators;		size_t indicator_count;
	uint64_t                   notes_dropped;
	struct network_index      *bad_network;		/* addresses and names of the bad sets, borrowed; NULL: none */
	struct bad_traffic        *bad_traffic;		size_t bad_traffic_count;	/* by time */
	struct traffic_witness    *traffic_witnesses;	size_t traffic_witness_count;
	uint64_t                   traffic_of_others;	/* records of sensors that are of other hosts, with listed ends */
	uint64_t                   network_events;	/* records of connections and of names that were asked for */
	/* indexes, made by inventory_index_packages and inventory_finish */
	struct map texts;		/* texts that repeat (systems, packages, artifacts) are kept once */
	struct map file_by_path;	/* "s1\0/usr/bin/ls" -> number of an allocated file without stream */
	uint32_t  *events_by_package;	/* numbers of events with an object: by system, object, time */
	size_t     events_by_package_count;
	struct map package_by_name;		/* "s1\0dpkg\0name\0arch" and without arch */
	struct map rows_by_path;		/* "s1\0/usr/bin/ls" -> first of a chain */
	struct map baselines_by_path;		/* "s1\0/usr/bin/ls" -> first of a run */
	uint32_t  *row_next;			/* chain of rows with the same path, UINT32_MAX ends */
};

void inventory_init(struct inventory *inventory);
void inventory_release(struct inventory *inventory);

/*
 * Each copies what it is given, with its texts, into the arena.  Files, witnesses and baselines beyond LIMIT_PACKAGE_FILES
 * of all systems are left out and counted; inventory_finish makes a note of them.
 */
struct note         *inventory_add_note(struct inventory *inventory, const struct note *note);
void                 inventory_add_volume(struct inventory *inventory, const struct volume *volume);
void                 inventory_add_package(struct inventory *inventory, const struct package *package);
void                 inventory_add_package_file(struct inventory *inventory, const struct package_file *file);
void                 inventory_add_lock(struct inventory *inventory, const struct package_lock *lock);
void                 inventory_add_diversion(struct inventory *inventory, const struct package_diversion *diversion);
void                 inventory_add_load(struct inventory *inventory, const struct package_load *load);
void                 inventory_add_part(struct inventory *inventory, const struct package_part *part);
void                 inventory_add_witness(struct inventory *inventory, const struct package_witness *witness);
void                 inventory_add_baseline(struct inventory *inventory, const struct package_baseline *baseline);
void                 inventory_add_event(struct inventory *inventory, const struct event *event);
/* An altered file beside its original, by its number; items belong to the one that was added last. */
void                 inventory_add_difference(struct inventory *inventory, const struct difference *difference);
void                 inventory_add_difference_item(struct inventory *inventory, const struct difference_item *item);
void                 inventory_set_differences(struct inventory *inventory);	/* ties them to the files, all names of one */
void                 inventory_release_differences(struct inventory *inventory);
void                 inventory_add_rule_match(struct inventory *inventory, const struct rule_match *match);
/* Of a record of a log: of each rule the first by time are kept, at most rule_kept_of_one(). */
void                 inventory_add_log_match(struct inventory *inventory, const struct rule_match *match);
void                 inventory_add_artifact(struct inventory *inventory, const struct artifact_seen *artifact);
void                 inventory_add_file(struct inventory *inventory, const struct file *file);
/* All files at once, into an inventory that has none: the list (of memory.h) is the inventory's then, its texts are borrowed. */
void                 inventory_take_files(struct inventory *inventory, struct file *files, size_t count);

/* The sink for notes that lead into this inventory. */
struct notes inventory_notes(struct inventory *inventory);

/* After the collect pass: rows by canonical path (what reading processes inherit), diversions laid over them. */
void inventory_index_packages(struct inventory *inventory);

/*
 * Rows of a path of a system; the array lives in the arena of the caller.
 * Rows of packages that are not installed are left out.
 */
size_t inventory_rows(const struct inventory *inventory, const char *system, const char *path,
	const struct package_file **ret_rows, size_t row_limit);
/* What integrity checkers recorded of a path, by time; *ret_count of them, side by side. */
const struct package_baseline *inventory_baselines(const struct inventory *inventory, const char *system, const char *path,
	size_t *ret_count);
const struct package *inventory_package(const struct inventory *inventory, const char *system,
	const char *manager, const char *name, const char *architecture);

/*
 * After the walk: sorts everything (files by evidence, volume, path bytes, stream, inode), joins files
 * with systems, rows, packages, asks the hash sets, and sets package_state.
 */
void inventory_finish(struct inventory *inventory);

/*
 * After inventory_finish: asks the rules of so many listed files from the first on; a match is borrowed until take
 * returns, and is inventory_add_rule_match's to keep.
 */
void inventory_ask_rules(const struct inventory *inventory, size_t first, size_t count,
	void (*take)(void *context, const struct rule_match *match), void *context);
/* When all matches are there, once: joins those of correlations, sorts all. */
void inventory_match_rules(struct inventory *inventory);

/* The allocated file of that path in a system, NULL if none is listed; after inventory_finish. */
const struct file *inventory_file(const struct inventory *inventory, const char *system, const char *path);
/* The one that a symbolic link of a system names; NULL if the file is no such link, or that file is not listed. */
const struct file *inventory_link_target(const struct inventory *inventory, const struct file *file);

/* The path in the running system where the file of a row lies: links of folders resolved, diversions followed. */
const char *inventory_row_place(const struct package_file *row);

/*
 * Whether something lies at the place of a row, whatever it is; after the files were joined.  Untold: the
 * row asks for nothing (no digest, no plain file, a package that is not installed whole), or the place was
 * not read whole (a damaged or partial file system, database or collection, a mount that was not found).
 */
enum presence { PRESENCE_UNTOLD, PRESENCE_THERE, PRESENCE_MISSING };
enum presence inventory_presence(const struct inventory *inventory, const struct package_file *row);

/* True where the event is of a command or setting that names the lock: by it a lock has its time and its maker. */
bool inventory_names_lock(const struct package_lock *lock, const struct event *event);

/* The numbers in inventory.events of what happened to a package, by time; *ret_count of them. */
const uint32_t *inventory_package_events(const struct inventory *inventory, const char *system,
	const char *package, size_t *ret_count);

/*
 * True if the stamp lies within a transaction of the package (Decided 9: 1 s tolerance beyond the
 * resolution of the log).  The nearest events of the package before and after are NULL where there
 * are none; both pointers may be NULL.
 */
bool inventory_in_transaction(const struct inventory *inventory, const struct package *package,
	const struct timestamp *stamp, const struct event **ret_before, const struct event **ret_after);

/* The diversion that moves the file of other packages away from this path, NULL. */
const struct package_diversion *inventory_diversion(const struct inventory *inventory, const char *system,
	const char *path);

const struct system_summary *inventory_summary(const struct inventory *inventory,
	const struct installed_system *system);

/* True where its owner or group is known to be another than the row records. */
bool inventory_owner_differs(const struct inventory *inventory, const struct file *file, const struct package_file *row);

/* True for paths in the package manager's folders: /bin /sbin /lib* /boot /usr without /usr/local; Windows: its system folders. */
bool path_is_system_folder(const char *path, bool windows);
/*
 * A packaged file of a folder of programs, executable and not as its package recorded it, counts as
 * a program whatever its content: a shell runs a script without "#!", too.
 */
bool file_takes_place_of_program(const struct file *file);
/* Where a link leads, by its text alone: "../lib/x" of a link in /usr/bin is "/usr/lib/x". */
void path_add_link_target(struct buffer *out, const char *path, const char *target);
/* Within 24 hours of its last change, before or after, the program itself connected or asked for a name. */
/* True where the time is within 24 hours of the change of the file's content or inode. */
bool file_changed_near(const struct file *file, const struct timestamp *time);
/* True where that change lies from first to last. */
bool file_changed_between(const struct file *file, const struct timestamp *first, const struct timestamp *last);
bool file_connected_near_change(const struct file *file);
/* True for folders that every user may write to: /tmp /var/tmp /dev/shm ... */
bool path_is_world_writable(const char *path);
/* A part of the path starts with a dot, or the name hides in another way (spaces at its ends, only dots). */
bool path_is_hidden(const char *path);

#endif
