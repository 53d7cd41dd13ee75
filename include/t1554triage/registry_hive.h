/* registry_hive.h - keys and values of a hive of the Windows registry.  Layer: base. */
#ifndef T1554TRIAGE_REGISTRY_HIVE_H
#define T1554TRIAGE_REGISTRY_HIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/artifact.h>
#include <t1554triage/buffer.h>

/*
 *	"regf" at 0; cells from 4096 on: length 4, negative where it is in use, content
 *	"nk" a key, "vk" a value, "lf" "lh" "li" lists of keys, "ri" a list of lists, "db" a value in pieces
 *
 * Specification: Windows NT Registry File format of libregf (github.com/libyal/libregf, documentation).  All of the file is in
 * memory (LIMIT_HIVE_BYTES).  Every offset is checked where it is used; what leads nowhere sets is_damaged.
 */
struct registry_hive {
	struct buffer bytes;
	uint64_t      steps;		/* keys and values that may still be visited: no circle is endless; 0: it is no hive */
	bool          is_damaged;	/* something that was asked for could not be read */
	bool          is_dirty;		/* it was not written out whole: logs beside it hold later changes */
	size_t        changes;		/* of those logs, which were laid over the bytes */
};

/* Files beside a hive that hold what was not written to it: ".LOG1", ".LOG2", ".LOG", those that are there in that order. */
enum { REGISTRY_LOGS_MAX = 3 };
struct registry_logs { const struct artifact *items[REGISTRY_LOGS_MAX]; size_t count; };

struct registry_key {
	uint32_t offset;		/* of its cell */
	uint64_t written;		/* FILETIME */
	uint32_t list, keys;		/* of keys below it */
	uint32_t value_list, values;
	const uint8_t *name;		/* in the hive */
	size_t   name_length;
	bool     name_is_latin1;	/* else UTF-16 */
};

struct registry_value {
	const uint8_t *name;
	size_t         name_length;
	bool           name_is_latin1;
	uint32_t       type;		/* 1 text, 2 text with variables, 3 bytes, 4 number of 32 bits, 11 of 64 */
	uint32_t       offset, length;	/* of the data; below registry_value_data */
	uint8_t        own[4];		/* data of at most 4 bytes */
};

/*
 * Reads the hive of an artifact; release it in every case.  What could not be read is noted; without steps nothing of it
 * can be used.  Where it was not written out whole, what its logs hold is laid over it in memory, which is noted with the
 * logs that do not fit.
 */
enum status registry_hive_open(const struct artifact *artifact, const struct registry_logs *logs, const struct notes *notes,
	struct registry_hive *ret_hive);
void registry_hive_release(struct registry_hive *hive);

bool registry_root(struct registry_hive *hive, struct registry_key *ret_key);

/* Names by one '\' each, without regard to the case of ASCII.  False: there is none. */
bool registry_find(struct registry_hive *hive, const struct registry_key *from, const char *path, struct registry_key *ret_key);
bool registry_value_find(struct registry_hive *hive, const struct registry_key *key, const char *name,
	struct registry_value *ret_value);

/* All keys below one; all values of one.  take() returns false to end it. */
void registry_each_key(struct registry_hive *hive, const struct registry_key *key,
	bool (*take)(void *context, const struct registry_key *key), void *context);
void registry_each_value(struct registry_hive *hive, const struct registry_key *key,
	bool (*take)(void *context, const struct registry_value *value), void *context);

/* Sets out to the data; false: it cannot be read. */
bool registry_value_data(struct registry_hive *hive, const struct registry_value *value, struct buffer *out);
/* Sets out to a text as UTF-8 without its NUL, or to a number in digits; false: it is neither, or cannot be read. */
bool registry_value_text(struct registry_hive *hive, const struct registry_value *value, struct buffer *out);

/* Appends a name as UTF-8. */
void registry_add_name(struct buffer *out, const uint8_t *name, size_t length, bool is_latin1);

#endif
