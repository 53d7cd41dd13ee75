/* line_log.h - logs in which a line is an event.  Private to eventlog. */
#ifndef T1554TRIAGE_LINE_LOG_H
#define T1554TRIAGE_LINE_LOG_H

#include <t1554triage/eventlog.h>
#include <t1554triage/line_reader.h>

struct line_log {
	const struct event_sink *out;
	const struct notes      *notes;
	const struct artifact   *artifact;	/* that is read now */
	struct buffer            words;		/* the line, for who cuts it into words */
	uint64_t                 lines;		/* read so far, of all files */
	struct timestamp         last;		/* time of the last line that bears one, for those behind it */
	const char              *odd;		/* what is said of lines that take() refuses */
	/* A line without its end, never empty; false where it is none of this log. */
	bool (*take)(struct line_log *log, const char *line, size_t length, const struct place *at);
	void (*finish)(struct line_log *log);	/* behind the last line of the last file; NULL: nothing */
	bool   oldest_first;			/* the driver follows what happened: the last rotation is read first */
	void  *state;				/* the driver's own */
};

/* Hands every line of every file of the group to take(), in their order. */
enum status line_log_read(struct line_log *log, const struct artifact_group *group);

/* Hands an event out; its time is the log's last one from now on. */
void line_log_event(struct line_log *log, const struct event *event);

/* A line without a time, which a script of a package printed: it belongs to the line before. */
void line_log_output(struct line_log *log, const char *provider, const char *line, const struct place *at);

/*
 * A line of dnf and its kin, "2026-11-21T19:48:59+0000 LEVEL message": its level becomes the channel, mean() sets what
 * the message says (a copy that may be cut).  A line without a time is output of the line before.
 */
void line_log_level(struct line_log *log, const char *provider, const char *line, const struct place *at,
	void (*mean)(struct event *event, char *message));

/* Whose home a path lies in: the name below "home" or "Users", else that of the folder itself, as root's is named. */
void line_log_add_owner(struct buffer *out, const char *path);

/* A copy of a text that may be cut into words; valid until the next call. */
char *line_log_copy(struct line_log *log, const char *text);

/* The next word of a text, cut off with a NUL; NULL at its end. */
char *line_log_word(char **text);

#endif
