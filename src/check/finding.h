/* finding.h - what the checks share: composing a finding, and asking the same of a file. */
#ifndef CHECK_FINDING_H
#define CHECK_FINDING_H

#include <t1554triage/buffer.h>
#include <t1554triage/check.h>
#include <t1554triage/map.h>

enum { DRAFT_PLACES = 24 };

/*
 * A finding in the making.  draft_begin, draft_see for each place that supports
 * it, text by buffer_add_format(&draft.text, ...), then draft_add, which hands it
 * over and releases the draft.
 */
struct draft {
	struct finding finding;
	struct finding_statement statement;
	struct finding_subject subject;		/* where there is no file */
	struct buffer  text;
	struct place   seen[DRAFT_PLACES];
	const char    *seen_text[DRAFT_PLACES];	/* borrowed until draft_add */
	bool           seen_decoded[DRAFT_PLACES];
	struct arena   arena;			/* of texts made for this finding */
	struct findings *out;
};

void draft_begin(struct draft *draft, const struct check *check, const struct file *file, struct findings *out);
/* About what a record of a log tells, where no file bears it: of limited support. */
void draft_begin_event(struct draft *draft, const struct check *check, const struct event *event, struct findings *out);
void draft_see(struct draft *draft, const struct place *place, const char *text);
/* What the row of a package database says, in the form "digest  path (package version)": it is no quotation. */
void draft_see_row(struct draft *draft, const struct package_file *row, const struct package *package);
void draft_see_event(struct draft *draft, const struct event *event);
void draft_see_file(struct draft *draft);
void draft_add(struct draft *draft);

/* The place of the file itself. */
struct place file_place(const struct file *file);

/* For sentences: "2026-05-02T10:00:01Z", or "no time is recorded". */
void add_time(struct buffer *out, const struct timestamp *time);
/* Name of the algorithm and the digits: "md5 d41d8cd9..."; by the row's algorithm where given, else the strongest. */
void add_file_digest(struct buffer *out, const struct file *file, enum digest_algorithm algorithm);
/* "openssh-server 1:9.2p1-2", and what is there of it. */
void add_package(struct buffer *out, const struct package *package, const struct package_file *row);

/* When its content or inode was last changed: ctime, else birth, else mtime; NULL: nothing is recorded. */
const struct timestamp *file_time_of_change(const struct file *file, const char **ret_name);

/* Where and what. */
bool file_is_live(const struct file *file);		/* allocated and of a system */
bool file_is_program(const struct file *file);
bool file_differs(const struct file *file);		/* its reliable content differs from every installed row */
/* The match of that class, of the best grade; NULL: none. */
const struct hash_match *file_match(const struct file *file, enum hash_class class);
/* "the set eset as Ebury, file libns2.so, source ..., grade A" */
void add_match(struct buffer *out, const struct hash_match *match);
bool file_is_unowned(const struct file *file);		/* and that nobody owns it may be said */

/*
 * The recorded digests of changed programs, into a map of the caller: who holds that content now is
 * the original, moved away or deleted.  changed_original gives the changed program, NULL: none.
 */
void index_changed(const struct inventory *inventory, struct map *originals);
const struct file *changed_original(const struct inventory *inventory, const struct map *originals,
	const struct file *file);

/* repeat.c: commands that show the same with other tools. */
void finding_set_repeat(const struct inventory *inventory, const struct file *file, struct finding_statement *statement,
	struct arena *arena);

#endif
