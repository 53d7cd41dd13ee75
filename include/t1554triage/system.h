/* system.h - installed systems joined from their volumes; paths as the running system had them.  Layer: system. */
#ifndef T1554TRIAGE_SYSTEM_H
#define T1554TRIAGE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/filesystem.h>
#include <t1554triage/map.h>
#include <t1554triage/note.h>

/* A file system as the identify pass reports it; the index in the list is its number everywhere. */
struct filesystem_fact {
	const char *evidence, *volume;	/* "E1", "p2" */
	const char *type, *uuid, *label, *part_uuid, *part_label, *last_mounted;
	const char *part_type;		/* what the partition table calls it */
	const char *devices;		/* names below /dev/ that only it had, parted by blanks: "mapper/vg-root vg/root"; NULL */
	const char *subroot;		/* part of it that holds a tree: "/[root]" of a UAC collection; "" */
	const char *collector;		/* "uac"; NULL */
	bool        has_passwd, has_os_release, has_package_database, has_windows;
	bool        local_times, case_insensitive;
	const char *os_name;		/* PRETTY_NAME of its os-release, NULL */
	const char *os_id;		/* ID */
	const char *host_name;		/* of its etc/hostname, NULL */
	const char *zone_name;		/* target of etc/localtime or etc/timezone, NULL */
};
extern const struct record_type filesystem_fact_record;

/* A line of fstab or a mount unit. */
struct mount_fact {
	uint32_t    filesystem;		/* of the file system that holds the file */
	const char *what;		/* "UUID=...", "LABEL=...", "PARTUUID=...", "/dev/sda2", "/dev/mapper/vg-var" */
	const char *where;		/* "/var" */
	const char *type, *options;
	struct place at;		/* file and line */
};
extern const struct record_type mount_fact_record;

/*
 * Looks at one opened file system and hands out its fact and its mount lines: /etc/fstab; mount units of
 * /etc/systemd/system, then of /usr/lib/systemd/system, with their drop-ins, but masked ones; /etc/crypttab as lines
 * of type "crypttab" whose folder is the mapper's device; what the entries of boot loaders call the root, as lines of
 * type "boot-entry".
 */
struct system_sink {
	void (*filesystem)(void *context, const struct filesystem_fact *fact);
	void (*mount)(void *context, const struct mount_fact *mount);
	void  *context;
};
enum status system_probe(struct filesystem *filesystem, uint32_t number, const struct volume *volume,
	const struct system_sink *out, const struct notes *notes);

/* A tree that is part of a system: of a mount the only one, of an overlay one of several. */
struct layer {
	uint32_t    filesystem;		/* number */
	const char *subroot;		/* on that file system: "", "/@", "/[root]", "/var/lib/docker/overlay2/ID/diff" */
};

struct mount {
	const char *where;		/* "/", "/var"; no trailing slash but the root's */
	uint32_t    filesystem;		/* number */
	const char *subroot;		/* on that file system: "", "/@", "/[root]", source of a bind mount */
	const struct layer *lower;	/* overlay: what lies below, from the top; NULL: nothing */
	size_t      lower_count;
	bool        has_named_whiteouts;	/* ".wh.NAME" hides NAME below, ".wh..wh..opq" all of its folder */
};

/* The layers of a mount from the top, 0 to lower_count. */
static inline struct layer
mount_layer(const struct mount *mount, size_t number)
{
	return number ? mount->lower[number - 1] : (struct layer){ mount->filesystem, mount->subroot };
}

enum system_kind {
	SYSTEM_OF_VOLUMES,		/* a root on a volume, with what it mounts */
	SYSTEM_IMAGE,			/* layers that containers are made from */
	SYSTEM_CONTAINER,		/* layers of an image, and its own above them */
	SYSTEM_FOLDER,			/* a chroot, a snapshot, a machine's root: a folder */
};
extern const char *const system_kind_names[];	/* "volumes", "image", "container", "folder" */

/* An installed system.  Mounts are sorted by the length of where, longest first. */
struct installed_system {
	const char   *id;		/* "s1" */
	enum system_kind kind;
	const char   *origin;		/* "container web, image nginx:1.25"; NULL: of volumes */
	const char   *within;		/* id of the system whose storage holds it; NULL: none */
	const char   *os_name, *os_id, *host_name, *zone_name;
	uint32_t      root;		/* number of the file system that holds / */
	struct mount *mounts;
	size_t        mount_count;
	bool          windows;
	bool          has_package_database;	/* files of one are there, read or not */
	bool          complete;		/* every mount and layer that should hold files was found */
};

struct systems {
	struct installed_system *items;
	size_t       count, capacity;
	struct arena arena;		/* owns all but the lists */
	struct map   roots;		/* number and subroot of a tree within a file system, to the first of uses */
	struct root_use { size_t system, layer, next; } *uses;	/* by order of systems; SIZE_MAX ends */
	size_t       use_count, use_capacity;
	struct map   covers;		/* number and path on the volume of what hides something below it, to enum cover */
	uint64_t     depths[256];	/* by number, last for all others: bits of how deep such trees lie */
};

/*
 * Joins (interface, "Systems, volumes, names"): by UUID, LABEL, PARTUUID,
 * mapper name; else by order of partitions (/dev/sda2), the type of the partition (Discoverable Partitions
 * Specification) and last_mounted, said in a note. What tells a root that its own fstab does not name is said too.  A mount of a real file system that is not found: MOUNT_NOT_FOUND.
 * Pseudo file systems, swap, noauto and removable mounts are passed over.
 */
void systems_join(struct systems *ret_systems, const struct filesystem_fact *facts, size_t fact_count,
	const struct mount_fact *mounts, size_t mount_count, const struct notes *notes);
void systems_release(struct systems *systems);

/*
 * A system whose root lies within a file system of another.  Of system kind, origin, within, names, has_x and
 * complete count.  In written form its layers follow as records of their own, from the top.
 */
struct within_fact {
	struct installed_system system;
	const struct layer *layers;
	size_t      layer_count;	/* at least one */
	bool        has_named_whiteouts;
};
extern const struct record_type within_fact_record, layer_record;

/* Texts are copied; id, root and mounts are made.  Invalidates pointers into items. */
void systems_add_within(struct systems *systems, const struct within_fact *fact);
/* The first system of which this folder is the root, or a layer; NULL: none that lies within a file system. */
const struct installed_system *systems_of_tree(const struct systems *systems, uint32_t filesystem,
	const char *volume_path);

/* What a folder of the evidence is called by where it lies: "snapshot", "LXC container"; else "chroot". */
const char *system_place_name(const char *path);

/* What an upper layer puts over those below it: handed out by system_covers, asked by systems_path. */
enum cover { COVER_NONE, COVER_FILE, COVER_FOLDER, COVER_WHITEOUT, COVER_OPAQUE };
extern const char *const cover_names[];
void systems_add_cover(struct systems *systems, uint32_t filesystem, const char *volume_path, enum cover cover);
/*
 * Of a layered system: what its layers but the lowest say of a path; COVER_FILE, COVER_FOLDER: something is
 * there, COVER_WHITEOUT: it was deleted, COVER_OPAQUE: a folder above it hides what the layers below hold.
 */
enum cover systems_cover(const struct systems *systems, const struct installed_system *system, const char *path);

/*
 * Path in the running system of a path on a volume; false where the file
 * system belongs to no system (or the path is hidden under another mount or layer,
 * then *ret_hidden is true).  Innermost first: what lies in the tree of a system within
 * another belongs to none of the outer ones.  Of several systems that share a layer, or mount the same file system, the
 * first is taken, and its shortest mount point: every file belongs to one system.
 */
bool systems_path(const struct systems *systems, uint32_t filesystem, const char *volume_path,
	struct arena *arena, const struct installed_system **ret_system, const char **ret_path,
	bool *ret_hidden);

/* An opened view of one system in this process: its file systems, by number. */
struct system_view {
	const struct installed_system *system;
	struct filesystem **filesystems;	/* by number; NULL: not opened */
	size_t              filesystem_count;
	const struct notes *notes;
	struct arena       *arena;
	struct system_view_state *state;	/* remembered directories */
};
void system_view_init(struct system_view *view, const struct installed_system *system,
	struct filesystem **filesystems, size_t filesystem_count, struct arena *arena,
	const struct notes *notes);
void system_view_release(struct system_view *view);

struct system_entry {
	struct file_entry entry;	/* path is the path on its volume */
	uint32_t    filesystem;
	const char *path;		/* in the running system, links in its folders resolved */
};

/*
 * Looks a path of the running system up, across mounts, following links
 * within the system (never out of it), at most LIMIT_LINK_DEPTH; the last part
 * only if follow.  STATUS_END: not there.  STATUS_DAMAGED: not there, and a
 * damaged folder lies on the way.
 */
enum status system_lookup(struct system_view *view, const char *path, bool follow,
	struct system_entry *ret_entry);

/*
 * What lies in the system: os-release, name of the host, zone, has_x.  Sets those members of *ret_fact and no
 * other; texts live in the view's arena.  STATUS_DAMAGED: something of it could not be read.
 */
enum status system_describe(struct system_view *view, struct filesystem_fact *ret_fact);

/* The content of a regular file of the system; the source is the caller's.  STATUS_END: it is no file. */
enum status system_open(struct system_view *view, const struct system_entry *entry, struct source **ret_source);

struct within_sink {
	void (*found)(void *context, const struct within_fact *fact);	/* borrowed until it returns */
	void  *context;
};
/*
 * The container stores of a system (src/system/container_store.def): first the images of each store, then its
 * containers, by name.  STATUS_DAMAGED: something of a store was not read (noted).
 */
enum status system_within(struct system_view *view, const struct within_sink *out);

/*
 * A folder as a system of its own, if it is one: etc/passwd or an os-release, and a package database.
 * path: of the folder on its volume.
 */
bool system_is_within(struct filesystem *filesystem, uint32_t number, const char *path, const struct notes *notes,
	struct arena *arena, struct within_fact *ret_fact);

struct cover_sink {
	void (*cover)(void *context, const char *volume_path, enum cover cover);
	void  *context;
};
/*
 * Everything in an upper layer that lies over those below: files, whiteouts, opaque folders.
 * STATUS_DAMAGED: a folder could not be read, or LIMIT_LAYER_ENTRIES was hit (noted).
 */
enum status system_covers(struct filesystem *filesystem, const char *subroot, bool has_named_whiteouts,
	const struct notes *notes, const struct cover_sink *out);

/*
 * The path with every link in its folder part resolved (usr-merge: /bin/ls
 * gives /usr/bin/ls); the last part stays, whether it is there or not.  Never fails:
 * what cannot be resolved stays as it is.  Lives in the view's arena.
 */
const char *system_canonical(struct system_view *view, const char *path);

/*
 * What the system's own file_contexts (selabel_file(5)) say.  NULL: there are none.  system_label: the label for
 * a path of the running system and a type, NULL where none is told; valid until the labels are closed.
 */
struct system_labels *system_labels_open(struct system_view *view);
void system_labels_close(struct system_labels *labels);	/* NULL is fine */
const char *system_label(struct system_labels *labels, const char *path, enum entry_type type);

/*
 * Every entry whose path in the running system matches the pattern (text_matches_glob),
 * sorted by path bytes.  Links in folders are followed, so that the paths handed
 * out may lie elsewhere than the pattern says; a link in the last part is handed out as what it
 * leads to, under its own path (one that leads nowhere as the link).
 * STATUS_DAMAGED: a damaged folder lies on the way, there may be more.
 */
enum status system_find(struct system_view *view, const char *pattern,
	bool (*found)(void *context, const struct system_entry *entry), void *context);

#endif
