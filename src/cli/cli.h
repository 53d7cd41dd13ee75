/* cli.h - commands and options of the program. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdio.h>

#include <t1554triage/exit_status.h>
#include <t1554triage/triage.h>

#define COMMAND_LINE_DIGESTS "md5,sha1,sha256"	/* of files, unless it says another list */

/* What the command line said; texts are borrowed from argv or owned by the arena. */
struct command_line {
	struct triage_options options;
	enum { PROGRESS_AUTO, PROGRESS_NEVER, PROGRESS_JSON } progress;
	bool  quiet, verbose;
	bool  wants_help, wants_version;
	struct arena arena;
	struct hash_set_request *sets;
	size_t set_capacity;
	const char **rules;
	const char **content_rules;
	size_t content_rule_capacity;
	const char **events, **networks;
	size_t rule_capacity, event_capacity, network_capacity;
};

/* 0, or 64 or 66 after a message on standard error. */
int  command_line_read(struct command_line *line, int argc, char *argv[]);
void command_line_release(struct command_line *line);

/* The commands: argv[0] is the command's name. Exit status. */
int command_triage(int argc, char *argv[]);
int command_verify(int argc, char *argv[]);
int command_judge(int argc, char *argv[]);
int command_hashset(int argc, char *argv[]);
/* What "hashset build" can make sets of good files from. */
extern const struct hashset_feeder set_feeders[];
int command_list(int argc, char *argv[]);
int command_render(int argc, char *argv[]);
int command_check_report(int argc, char *argv[]);

void show_help(FILE *to);
void show_version(FILE *to);

/* Notes, early findings and progress on standard error. */
struct screen {
	bool quiet, verbose, has_line;
	bool shows_line, shows_json;
	uint64_t notes_hidden, findings_shown;
	/* Of the line of progress: seconds of the monotonic clock. */
	const char *stage;
	double   began, stage_began, last_at, rate;	/* rate: bytes a second */
	uint64_t last_bytes;
};
void screen_init(struct screen *screen, const struct command_line *line);
struct triage_observer screen_observer(struct screen *screen);
void screen_end(struct screen *screen);

/* Text for people: bytes that are none of theirs are escaped by whoever made it. */
bool print_all(FILE *to, const char *text, size_t length);

#endif
