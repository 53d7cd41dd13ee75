/* found_logs.h - logs that lie elsewhere than their driver looks for them, known by their first bytes. */
#ifndef FOUND_LOGS_H
#define FOUND_LOGS_H

#include "reader.h"

struct found_log {
	uint32_t    filesystem;
	uint32_t    row;		/* of eventlog_drivers() */
	const char *path;		/* on its volume; when settled in the running system */
	bool        is_deleted;
	uint32_t    system;		/* when settled: position */
};

/* In a reading process: tells of the entry where these are the first bytes of a log. */
void found_log_tell(struct reader *reader, uint32_t filesystem, const struct file_entry *entry, const uint8_t *head,
	size_t length);
/* In the coordinator: keeps what such a line tells; false: it is another. */
bool found_log_take(struct run *run, const char *line, size_t length);
/*
 * When all files were looked at: those remain, in the order of their systems and paths, that lie in an installed system
 * where their driver has not looked; what lies in none and what is deleted is a note.
 */
void found_logs_settle(struct run *run);

/* A name under which a system wrote its own logs; asked for in either case of letters. */
void computer_name_keep(struct run *run, const char *system, const char *name);
bool computer_name_is_kept(const struct run *run, const char *system, const char *name);

#endif
