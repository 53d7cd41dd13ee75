/* journal_file.h - entries of one journal of systemd, in the order in which they were written.  Private to eventlog. */
#ifndef T1554TRIAGE_JOURNAL_FILE_H
#define T1554TRIAGE_JOURNAL_FILE_H

#include "field_list.h"

struct journal_entry {
	uint64_t offset, sequence;
	uint64_t realtime, monotonic;		/* microseconds */
	char     boot[33];			/* 32 hexadecimal digits */
	uint64_t lost;				/* of its fields: not readable */
};

struct journal_file;

/* source and the texts of place are borrowed. NULL with a note and *ret_status where it is no journal that can be read. */
struct journal_file *journal_file_open(struct source *source, const struct place *place, const struct notes *notes,
	enum status *ret_status);
void journal_file_close(struct journal_file *file);

/* The next entry; its fields are added to the list, which is cleared first. False at the end. */
bool journal_file_next(struct journal_file *file, struct field_list *fields, struct journal_entry *ret_entry);

/* After the last entry: what was damaged is noted here. */
enum status journal_file_end(struct journal_file *file);

#endif
