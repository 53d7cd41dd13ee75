/* pool.h - reading processes: tasks down one pipe, records up another, watched and replaced. */
#ifndef POOL_H
#define POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/note.h>

/*
 * A task is a few lines of records; what comes back are lines of records too.
 * The lines of a task are handed on together when the task is done, so that
 * the items of a dead process can be told from those of a whole one.
 */
struct pool;
struct worker;

enum task_outcome {
	TASK_DONE,
	TASK_DIED,	/* its process died on it, twice */
	TASK_STALLED,	/* no progress for LIMIT_STALL_SECONDS, twice */
};

struct task_result {
	enum task_outcome outcome;
	const char *task;		/* the lines of the task */
	const char *lines;		/* records that came back, one a line; NUL behind */
	size_t      length;
	const char *const *lost;	/* items on which a process died or stalled (bytes) */
	const char *const *lost_why;	/* "signal 11 (Segmentation fault)", "no progress for 60 s" */
	size_t      lost_count;
};

struct pool_plan {
	const char *name;		/* for messages */
	unsigned    jobs;		/* processes; 0: everything in this process */
	bool        sandboxed;
	const int  *descriptors;	/* of the evidence: stay open in the processes */
	size_t      descriptor_count;
	const int  *folders;		/* those of them that are folders */
	size_t      folder_count;

	unsigned    ahead;		/* tasks that a process is given at once; 0: as many as usual */
	int         nice;		/* processes give way to others by so much, as of nice(2) */
	/* Shared memory that no other process inherits (MADV_DONTFORK); NULL: none. */
	void       *shared;
	size_t      shared_size;

	/* In the reading process. start makes what work needs, in the sandbox already. */
	void *(*start)(void *reading_context, struct worker *worker);
	void  *reading_context;
	void  (*work)(void *state, struct worker *worker, const char *task);
	void  (*end_task)(void *state);	/* when work has returned; NULL: nothing is left to be told */
	void  (*stop)(void *state);

	/*
	 * In the coordinator, where a task has sent much already: whole lines, so that they need not be kept in
	 * memory until it is done. part_lost: what was handed on of this task is void, it is begun anew. NULL: a
	 * result is handed on at once.
	 */
	void  (*part)(void *done_context, const char *task, const char *lines, size_t length);
	void  (*part_lost)(void *done_context, const char *task);
	/* In the coordinator, once for each task, in the order in which they end: what was not handed on before. */
	void  (*done)(void *done_context, const struct task_result *result);
	/* In the coordinator, at least so often while tasks of this pool are run; NULL: not asked for. */
	void  (*step)(void *done_context);
	int    step_milliseconds;
	void  *done_context;
};

struct pool *pool_open(const struct pool_plan *plan);
void pool_add(struct pool *pool, const char *task);		/* copied */
void pool_add_first(struct pool *pool, const char *task);	/* the same, before what waits already */
/* Processes begin with the tasks that there are already, while others are added. */
void pool_start(struct pool *pool);
/* Runs tasks until the first pool has none left; the others go on meanwhile. */
void pools_run(struct pool *const pools[], size_t count);
/*
 * Its processes leave a processor (its number; negative: none, they may use any) to others, where there is another
 * one.  shared: those of them that are more than the other processors use that one, and no other.  One that is started
 * later in place of a dead one may use any.  Failure only costs time.
 */
void pool_avoid_processor(const struct pool *pool, int processor, bool shared);
void pool_close(struct pool *pool);
/* The least of the places that processes with tasks told last; 0 of one that has not told any; UINT64_MAX: none has tasks. */
uint64_t pool_lowest_place(const struct pool *pool);
/* No task is begun any more: every pools_run returns at once, now and later. */
void pools_stop(void);
/* Called about once a second while pools run: progress on the screen. */
void pools_set_ticker(void (*tick)(void *context), void *context);

/* Of a clock that only goes forward, the same in all processes. */
uint64_t pool_milliseconds(void);

/* For work(): one record line (or several) for the coordinator. */
void worker_send(struct worker *worker, const char *lines, size_t length);
/*
 * Names the item that is touched next and counts it as progress.  If the
 * process dies on it, the task is sent once more with this item to be skipped.
 */
void worker_touch(struct worker *worker, const char *item);
void worker_progress(struct worker *worker);
/* Where in the evidence it is, in whatever unit: what it tells is not checked. */
void worker_tell_place(struct worker *worker, uint64_t place);
/* True if an earlier process died on the item: leave it out. */
bool worker_must_skip(const struct worker *worker, const char *item);
/* Notes of the reading process: records of the same stream. */
const struct notes *worker_notes(struct worker *worker);

#endif
