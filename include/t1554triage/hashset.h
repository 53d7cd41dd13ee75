/* hashset.h - known-good, known and known-bad sets: reading, building, asking.  Layer: hashset. */
#ifndef T1554TRIAGE_HASHSET_H
#define T1554TRIAGE_HASHSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/digest.h>
#include <t1554triage/memory.h>
#include <t1554triage/network_indicator.h>
#include <t1554triage/note.h>
#include <t1554triage/place.h>
#include <t1554triage/source.h>

/* In the order in which one outweighs the other. */
enum hash_class { HASH_NONE, HASH_PROBABLY, HASH_KNOWN, HASH_TOOL, HASH_GOOD, HASH_BENIGN, HASH_BAD };
extern const char *const hash_class_names[];	/* "none" "probably" "known" "tool" "good" "benign" "bad", ends with NULL */

/* One row that a set has for a digest.  Texts are borrowed from the set. */
struct hash_match {
	const struct hash_set *set;
	enum hash_class       class;	/* BENIGN: a row that says that bad lists carry it wrongly */
	enum digest_algorithm by;
	const char *name;		/* file name in the set, "" */
	const char *product;		/* product or family, "" */
	const char *application_type;	/* NSRL's, "" */
	const char *actor;		/* "" */
	const char *source;		/* where the row was published, "" */
	char        grade;		/* 'A', 'B', 'C'; 0: not graded */
	uint64_t    row;		/* line or row in the set's source, 0: not kept */
};

/* What the report says of a set. */
struct hash_set_identity {
	const char *name, *path;	/* as asked for, without the folder of the user's own; as found */
	const char *format;		/* driver: "index", "rds3", "sums" ... */
	const char *release;		/* "2026.09.1", "" */
	const char *description;
	enum hash_class kind;		/* GOOD KNOWN TOOL BAD */
	struct digests  file;		/* of the set itself: SHA-256 */
	const char     *digest_unread;	/* why there is none, NULL */
	/* Known once a readable set has been asked; a compiled one knows them from the start. */
	uint64_t    rows, rejected;
	uint64_t    entries[DIGEST_ALGORITHM_COUNT];	/* digests by algorithm; distinct in a compiled set */
	/*
	 * Digests whose rows contradict one another: the same digest of the strongest algorithm that they have,
	 * another one of a weaker.  Found when a set is compiled, where they come to stand side by side.
	 */
	uint64_t    contradictions;
	bool        contradictions_counted;
	uint64_t    addresses, domains;	/* network indicators; they are no rows */
	bool        is_default;		/* shipped, on without being asked for */
	bool        asked_in_part;	/* some of it could not be read when it was asked: no match says nothing */
};

struct hash_set;

struct hash_set_request {
	const char     *name;		/* name or file */
	enum hash_class kind;		/* NONE: as the format says */
	bool            is_default;
};

/*
 * Opens a set: a file of that name, NAME.t1554set or a readable set in
 * $T1554TRIAGE_HASHSETS (colon separated), the user's folder, the installed
 * folder.  Returns 0, or the exit status (66) with a message that says what was
 * looked for and how such a set is made.
 */
int  hashset_open(const struct hash_set_request *request, const struct notes *notes,
	struct hash_set **ret_set, struct buffer *ret_message);
void hashset_close(struct hash_set *set);
const struct hash_set_identity *hashset_identity(const struct hash_set *set);
/* True where a digest is that of a content that says nothing (meaningless.def): it matches nothing. */
bool hashset_is_meaningless(const struct digests *digests);
/* The rejected rows that are kept, in the order of the set; false behind the last.  Texts are the set's. */
bool hashset_reject(const struct hash_set *set, size_t number, uint64_t *ret_line, const char **ret_text,
	const char **ret_why);

/* The shipped sets (folder hashsets/); opens all of them. */
int  hashset_open_default(const struct notes *notes, struct hash_set ***ret_sets, size_t *ret_count,
	struct buffer *ret_message);

/*
 * Sets that are streamed rather than indexed must be told all digests first:
 * asks every set for every item at once.  found() is called for each match, in
 * the order of items, then sets, then rows.
 */
void hashset_ask(struct hash_set *const sets[], size_t set_count,
	const struct digests *items, size_t item_count,
	void (*found)(void *context, size_t item, const struct hash_match *match), void *context,
	const struct notes *notes);

/*
 * Addresses and names of the bad sets, for network_index_find; NULL where none of them has any.  What is not
 * usable, and what cannot be read, is noted when the sets are asked for digests.
 */
struct network_index *hashset_network(struct hash_set *const sets[], size_t set_count);

/* Base names that stand in the bad sets, for the walk: calls add for each, sorted, without repeats. */
void hashset_bad_names(struct hash_set *const sets[], size_t set_count,
	void (*add)(void *context, const char *name), void *context);

/* A row as a format driver reads it; texts and digests are borrowed until the sink returns. */
struct hash_row {
	struct digests digests;
	enum hash_class class;		/* NONE: as the set's kind */
	const char *name, *product, *application_type, *system, *actor, *source, *note;
	char        grade;
	/*
	 * Not 0: rows of one reading with the same number agree in class,
	 * product, application_type, system, actor, source, note and grade, so
	 * that they need not be compared.
	 */
	uint32_t    group;
	uint64_t    row;
	/* What databases of integrity checkers have beside that. */
	struct digest digest;		/* of an algorithm that digests has no place for; NONE: not there */
	bool        has_mode, has_owner;
	uint32_t    mode;		/* 07777 */
	uint32_t    uid, gid;
};
struct hash_row_sink {
	void (*row)(void *context, const struct hash_row *row);
	void (*rejected)(void *context, uint64_t line, const char *text, const char *why);
	void  *context;
	void (*network)(void *context, const struct network_row *row);	/* an address or a name; NULL: nobody asks */
};
/* Hands it to who asks for addresses and names, if anybody. */
static inline void
hash_row_sink_network(const struct hash_row_sink *out, const struct network_row *row)
{
	if (out->network)
		out->network(out->context, row);
}
/*
 * A format is one file of src/hashset with this object at its end, and one row
 * in hashset.def.  read is NULL where a library is missing in this build.
 */
struct hashset_format {
	const char *name, *description;
	enum hash_class kind;		/* what such a set says unless told otherwise */
	bool is_filter;			/* it can be asked, and holds no rows that could be read */
	bool carries_network;		/* it may hold addresses and names */
	/* By the first bytes (at most 64 KiB); the name is never enough. */
	bool (*probe)(const uint8_t *head, size_t length);
	enum status (*read)(const char *path, struct source *source, const struct hash_row_sink *out,
		struct hash_set_identity *identity, struct arena *arena, const struct notes *notes);

	/* The rest may be NULL.  open: what must be known before the first question. */
	enum status (*open)(struct hash_set *set, const struct notes *notes, struct buffer *ret_message);
	void (*close)(struct hash_set *set);
	/* Addresses and names without the rows, where those are many; NULL: read hands them out. */
	void (*network)(struct hash_set *set, const struct hash_row_sink *out);
	/*
	 * Answers without reading the set from end to end; STATUS_NOT_MINE
	 * where reading is quicker.  Rows are borrowed until match() returns;
	 * by is the strongest digest that the row and the item have in common.
	 */
	enum status (*ask)(struct hash_set *set, const struct digests *items, size_t item_count,
		void (*match)(void *context, size_t item, enum digest_algorithm by, const struct hash_row *row),
		void *context, const struct notes *notes);
};
const struct hashset_format *const *hashset_formats(void);	/* rows of src/hashset/hashset.def */

/*
 * The bytes of a set's file as probe and read want them: inflated, UTF-16 as UTF-8, without a byte
 * order mark.  STATUS_NOT_MINE: as the file itself is (*ret_content is not set).  file and
 * the texts of place are borrowed as long as the content is open.
 */
enum status hashset_content_open(struct source *file, const struct place *place, const struct notes *notes,
	struct source **ret_content);

/*
 * What a set of good files can be made from beside readable sets: packages, a
 * tree.  Given to the command from above, where their readers are known.
 */
struct hashset_feeder {
	const char *option;		/* "--from-packages"; NULL ends a list */
	const char *format;		/* of its sources, in the provenance */
	/* Digests of the contents in path, to out->row; *ret_file: of the source itself, known as far as it has any. */
	enum status (*read)(const char *path, const struct hash_row_sink *out, struct digests *ret_file, uint64_t *ret_size,
		const struct notes *notes);
};

/* The commands "hashset build|show|ask|list|bench"; returns the exit status. */
int hashset_command(int argc, char *argv[], const struct hashset_feeder *feeders);

/* File names and paths published for malware of this technique. */
enum path_indicator_use { PATH_NAME_ALONE, PATH_UNOWNED_ONLY, PATH_REPLACED_FILE };
struct path_indicator {
	const char *pattern;		/* absolute glob, or a base name without slash */
	enum path_indicator_use use;
	const char *kind, *family, *source, *os;
};
/* Reads the shipped table; *ret_items is owned by the arena. 0 or 66 with a message. */
int path_indicators_read(struct arena *arena, const struct notes *notes,
	struct path_indicator **ret_items, size_t *ret_count, struct buffer *ret_message);

#endif
