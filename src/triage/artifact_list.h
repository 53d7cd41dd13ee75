/*
 * artifact_list.h - the files of a system that one driver reads, looked up by its patterns.  For reading processes; private to
 * triage.
 */
#ifndef TRIAGE_ARTIFACT_LIST_H
#define TRIAGE_ARTIFACT_LIST_H

#include "log_span.h"
#include "reader.h"

struct artifact_list;

struct listed_artifact {
	struct artifact       artifact;	/* opens through the list, and inflated */
	struct system_entry   entry;
	struct artifact_list *list;
	struct log_span       span;	/* of a log */
};

struct artifact_list {
	struct reader      *reader;	/* these four are borrowed */
	struct system_view *view;
	const char         *system, *evidence;
	const char         *driver;	/* its name, for messages */
	bool                takes_links;	/* a link is an artifact itself, where it leads to no file */
	const char         *pattern;	/* that is looked up now */
	struct listed_artifact **items;	/* each lives as long as the reader's scratch; the array is the list's: memory_free() */
	size_t              count, capacity;
	enum status         status;	/* the worst of what was looked up */
};

/*
 * Adds what the patterns (which end with NULL) name.  rotated: the files of a pattern become one log, the file in use
 * first, then from the latest part to the oldest; is_package_log: a part that is missing between others is a note.
 */
void artifact_list_find(struct artifact_list *list, const char *const *patterns, bool rotated, bool is_package_log);
/* Adds one file; what is none is a note.  Always true: for system_find(), context is the list. */
bool artifact_list_add(void *context, const struct system_entry *found);

/* Logs whose content was taken away are notes. */
void artifact_list_note_emptied(struct artifact_list *list);
/* Parts of one log that follow one another are told so, when all are read. */
void artifact_list_join_spans(struct artifact_list *list);

/* The same as drivers take them: owned by the caller, memory_free(). */
struct artifact *artifact_list_copy(const struct artifact_list *list);

#endif
