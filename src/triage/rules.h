/* rules.h - detection rules within a run. */
#ifndef RULES_H
#define RULES_H

#include "run.h"

struct reader;

/* Before any process is started: 0, or an exit status with a message. */
int rules_open(struct run *run, struct buffer *ret_message);

/* In a reading process: each event of one log; what matches goes up the pipe. */
struct rule_asking;
struct rule_asking *rules_ask_begin(struct reader *reader);
void rules_ask(struct rule_asking *asking, const struct event *event);
void rules_ask_end(struct rule_asking *asking, const struct place *place);

/* True where rules over contents are asked of a file: nothing accounts for what it holds. */
bool contents_are_asked(const struct run *run, const struct file *file);

/* In the coordinator, of events of an earlier run, by time. */
struct rules_again;
struct rules_again *rules_again_begin(struct run *run);
void rules_again_ask(struct rules_again *again, const struct event *event);
void rules_again_end(struct rules_again *again);

/* When all facts are joined. */
void rules_finish(struct run *run);

#endif
