/* runs.h - where the content of a file lies, as one record says it: between processes and in facts.records. */
#ifndef RUNS_H
#define RUNS_H

#include "run.h"

/* number: of the file, in the order of files.jsonl.  Offsets and length in bytes; a hole lies nowhere. */
struct told_run { uint32_t number; uint64_t file_offset, image_offset, length; bool is_hole, is_cut; };
extern const struct record_type told_run_record;

/* Adds it to the file; no more than LIMIT_FILE_RUNS.  False: there is no such file, or no such place. */
bool runs_take(struct run *run, const struct told_run *told);

#endif
