/* record.h - the written form of facts: "file path=/usr/sbin/sshd size=925000".  Layer: base. */
#ifndef T1554TRIAGE_RECORD_H
#define T1554TRIAGE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/memory.h>
#include <t1554triage/status.h>

/*
 * One table of fields a type drives the pipe between processes, test cases
 * and the page t1554triage-records(5).  A line is the type's name and
 * "name=value" for each member that is not zero; bytes are percent-escaped.
 */
enum field_type {
	FIELD_TEXT,		/* const char *, bytes without NUL; NULL: absent; empty is kept */
	FIELD_U64,		/* uint64_t, decimal */
	FIELD_U32,		/* uint32_t, decimal */
	FIELD_OCTAL,		/* uint32_t, octal */
	FIELD_BOOL,		/* bool, "yes" */
	FIELD_NAME,		/* int-sized enum, by names; value 0 is written too */
	FIELD_TIMESTAMP,	/* struct timestamp */
	FIELD_BLOB,		/* size bytes in the struct, hexadecimal; all zero: absent */
	FIELD_BLOB_TRIMMED,	/* the same without the zero bytes at its end: digests of any length */
};

struct field {
	const char *name;
	enum field_type type;
	unsigned    name_length;
	size_t      offset;
	size_t      size;			/* of a blob, in bytes */
	size_t      part_size, part;		/* of a part that few have: its bytes, and where the pointer to it lies;
						   0 bytes: the member lies in the struct itself */
	const char *const *names;		/* of FIELD_NAME, ends with NULL */
};

struct record_type {
	const char *name;
	size_t      size;			/* of the struct */
	const struct field *fields;		/* ends with a NULL name */
	const char *description;
};

#define FIELD_NAMED(name_) .name = name_, .name_length = sizeof (name_) - 1
#define FIELD(type_, member_, kind_) { FIELD_NAMED(#member_), .type = kind_, .offset = offsetof(type_, member_) }
#define FIELD_AS(type_, member_, name_, kind_) { FIELD_NAMED(name_), .type = kind_, .offset = offsetof(type_, member_) }
#define FIELD_ENUM(type_, member_, name_, names_) \
	{ FIELD_NAMED(name_), .type = FIELD_NAME, .offset = offsetof(type_, member_), .names = names_ }
#define FIELD_BYTES(type_, member_, name_) \
	{ FIELD_NAMED(name_), .type = FIELD_BLOB, .offset = offsetof(type_, member_), .size = sizeof ((type_ *)0)->member_ }
#define FIELD_BYTES_TRIMMED(type_, member_, name_) \
	{ FIELD_NAMED(name_), .type = FIELD_BLOB_TRIMMED, .offset = offsetof(type_, member_), \
	  .size = sizeof ((type_ *)0)->member_ }
/* A member of the struct that a member pointer_ leads to, where NULL is as if all of it were zero; then its .type, and .names. */
#define FIELD_OF_PART(type_, pointer_, part_, member_, name_, ...) \
	{ FIELD_NAMED(name_), .offset = offsetof(part_, member_), .size = sizeof ((part_ *)0)->member_, \
	  .part = offsetof(type_, pointer_), .part_size = sizeof (part_), __VA_ARGS__ }
/* The members of a struct place that is embedded as member_. */
#define FIELDS_PLACE(type_, member_) \
	FIELD_AS(type_, member_.evidence, "at.evidence", FIELD_TEXT), \
	FIELD_AS(type_, member_.system, "at.system", FIELD_TEXT), \
	FIELD_AS(type_, member_.volume, "at.volume", FIELD_TEXT), \
	FIELD_AS(type_, member_.path, "at.path", FIELD_TEXT), \
	FIELD_AS(type_, member_.inode, "at.inode", FIELD_TEXT), \
	FIELD_AS(type_, member_.offset, "at.offset", FIELD_U64), \
	FIELD_AS(type_, member_.line, "at.line", FIELD_U64), \
	FIELD_AS(type_, member_.record_id, "at.record_id", FIELD_U64)
#define FIELD_LAST { .name = NULL }

/* Adds one line with its newline. */
void record_write(struct buffer *out, const struct record_type *type, const void *object);

/* True if the line (without newline) is of the type. */
bool record_is(const char *line, size_t length, const struct record_type *type);

/*
 * Reads one line into object, which is zeroed first; texts and parts live in arena.
 * STATUS_NOT_MINE: another type.  STATUS_UNREADABLE: not a record of this
 * type (unknown field, bad value).  The line may come from a process that a
 * hostile file has taken over: everything is checked.
 */
enum status record_read(const char *line, size_t length, const struct record_type *type,
	struct arena *arena, void *ret_object);
/* The same without copies: texts lie in the line, which is written over, the byte behind its length too; parts have no place there: STATUS_UNREADABLE. */
enum status record_read_in_place(char *line, size_t length, const struct record_type *type, void *ret_object);

extern const struct record_type note_record;	/* struct note */

#endif
