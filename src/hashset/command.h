/* command.h - the commands "hashset ...".  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_COMMAND_H
#define T1554TRIAGE_HASHSET_COMMAND_H

#include <stdio.h>

#include <t1554triage/exit_status.h>
#include <t1554triage/hashset.h>

/* Each takes the operands behind its own name and returns the exit status. */
int hashset_command_build(int argc, char *argv[], const struct hashset_feeder *feeders);
int hashset_command_ask(int argc, char *argv[]);
int hashset_command_show(int argc, char *argv[]);
int hashset_command_list(int argc, char *argv[]);
int hashset_command_bench(int argc, char *argv[]);

int hashset_usage(const char *problem, const char *word);
/* Notes go to stderr, one a line. */
extern const struct notes hashset_command_notes;
/* As hashset_open(), with the message to stderr. */
int hashset_command_open(const struct hash_set_request *request, struct hash_set **ret_set);
/* Writes a buffer to stdout and clears it; what fails is found by hashset_flush. */
void hashset_print(struct buffer *out);
int  hashset_flush(int result);		/* EXIT_OUTPUT where stdout could not be written */
/* "good" "known" "tool" "bad"; NONE for anything else. */
enum hash_class hashset_kind_by_name(const char *name);

#endif
