/* exhibit_numbers.h - which exhibit has which number of the laboratory (--exhibit). */
#ifndef TRIAGE_EXHIBIT_NUMBERS_H
#define TRIAGE_EXHIBIT_NUMBERS_H

#include "run.h"

/*
 * Sets run->exhibit_numbers from the options, in the run's arena: "NO=PATH" is that of the exhibit of PATH (as it was
 * named, or the name of one of its files), "NO" that of the first exhibit that has none yet.  False: one of them fits no
 * exhibit, and the message says which; without any nothing is set.
 */
bool exhibit_numbers_make(struct run *run, struct buffer *message);
/* The same from facts: a text for each exhibit, empty where it has none; borrowed. */
void exhibit_numbers_take(struct run *run, const char *const *numbers, size_t count);

#endif
