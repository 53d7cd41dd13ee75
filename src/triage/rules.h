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

/* When all facts are joined. */
void rules_finish(struct run *run);

#endif
