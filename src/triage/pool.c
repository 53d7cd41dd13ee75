/*
 * pool.c - reading processes.
 *
 * The coordinator forks them, feeds each a few tasks ahead through a
 * non-blocking pipe, and reads the records that come back.  A small shared
 * page tells it what a process is at: the page is as untrusted as the pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <t1554triage/descriptor.h>
#include <t1554triage/limit.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/record.h>
#include <t1554triage/sandbox.h>

#include "pool.h"

enum {
	TASKS_AHEAD = 8,		/* of one process: 64 outstanding in a pool of eight */
	ITEM_BYTES = 64 * 1024 - 64,
	SEND_BYTES = 64 * 1024,
	RECEIVE_BYTES = 256 * 1024,
	PIPE_BYTES = 1024 * 1024,	/* of records that wait, where the kernel allows that many */
	PART_BYTES = 1024 * 1024,	/* of a result that are handed on before it is whole */
	DEATHS_OF_A_TASK = 2,
	POLL_MILLISECONDS = 500,
};

static const char end_of_task[] = "\x1e" "end\n";

/* What a process is at; written by it, read by the coordinator. */
struct shared_page {
	atomic_ulong  progress;
	atomic_ullong place;
	atomic_uint   length;
	char          item[ITEM_BYTES];
};

struct task {
	struct task *next;
	char        *lines;
	char       **lost, **lost_why;
	size_t       lost_count, lost_capacity, why_capacity;
	unsigned     deaths;
};

struct worker {
	struct pool  *pool;
	pid_t         child;		/* 0: not running */
	int           tasks_to, records_from;
	struct task  *first, *last;	/* given to it, in order */
	unsigned      given;
	struct buffer unsent, received;
	size_t        searched;		/* bytes of received that hold no end of a task */
	uint64_t      line_bytes;	/* at the end of received, that no end of a line follows */
	struct shared_page *page;
	unsigned long seen_progress;
	time_t        seen_at;
	/* in the reading process */
	struct buffer outgoing;
	int           records_to;
	struct notes  notes;
	const struct task *skipping;
	bool          is_child;
};

struct pool {
	struct pool_plan plan;
	struct worker   *workers;
	unsigned         worker_count;
	struct task     *first, *last;	/* waiting */
	size_t           outstanding;	/* waiting or given */
	void            *own_state;	/* of jobs 0 */
};

static struct { void (*tick)(void *); void *context; time_t at; bool stopped; } ticker;

void
pools_set_ticker(void (*tick)(void *context), void *context)
{
	ticker.tick = tick;
	ticker.context = context;
	ticker.stopped = false;
}

void
pools_stop(void)
{
	ticker.stopped = true;
}

uint64_t
pool_milliseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static time_t
now(void)
{
	return (time_t)(pool_milliseconds() / 1000);
}

/* ---- in the reading process ---- */

/* The mark is looked for by its first byte, which no line holds: what is not printable is escaped there. */
static char *
find_end(char *bytes, size_t length)
{
	char *at = bytes, *end = bytes + length;

	while ((at = memchr(at, *end_of_task, (size_t)(end - at)))) {
		if ((size_t)(end - at) >= sizeof end_of_task - 1 && !memcmp(at, end_of_task, sizeof end_of_task - 1))
			return at;
		at++;
	}
	return NULL;
}

/* Whole lines of the task that is worked on; what stands behind an end mark belongs to the next. */
static void
hand_on_part(struct worker *worker)
{
	const struct pool_plan *plan = &worker->pool->plan;
	const char *newline;

	if (!plan->part || !worker->first || worker->received.length < PART_BYTES ||
	    find_end(worker->received.bytes, worker->received.length))
		return;
	newline = memrchr(worker->received.bytes, '\n', worker->received.length);
	if (!newline)
		return;
	plan->part(plan->done_context, worker->first->lines, worker->received.bytes,
		(size_t)(newline + 1 - worker->received.bytes));
	buffer_consume(&worker->received, (size_t)(newline + 1 - worker->received.bytes));
	worker->searched = 0;
}

static void
flush(struct worker *worker)
{
	if (worker->is_child && !descriptor_write(worker->records_to, worker->outgoing.bytes, worker->outgoing.length))
		_exit(3);	/* the coordinator is gone */
	if (!worker->is_child) {
		buffer_add(&worker->received, worker->outgoing.bytes, worker->outgoing.length);
		hand_on_part(worker);
	}
	buffer_clear(&worker->outgoing);
}

void
worker_send(struct worker *worker, const char *lines, size_t length)
{
	buffer_add(&worker->outgoing, lines, length);
	if (worker->outgoing.length >= SEND_BYTES)
		flush(worker);
}

void
worker_progress(struct worker *worker)
{
	if (worker->page)
		atomic_fetch_add_explicit(&worker->page->progress, 1, memory_order_relaxed);
}

void
worker_tell_place(struct worker *worker, uint64_t place)
{
	if (worker->page)
		atomic_store_explicit(&worker->page->place, place, memory_order_relaxed);
}

void
worker_touch(struct worker *worker, const char *item)
{
	size_t length = strlen(item);

	if (!worker->page)
		return;
	if (length > ITEM_BYTES)
		length = ITEM_BYTES;
	atomic_store_explicit(&worker->page->length, 0, memory_order_release);
	memcpy(worker->page->item, item, length);
	atomic_store_explicit(&worker->page->length, (unsigned)length, memory_order_release);
	worker_progress(worker);
}

bool
worker_must_skip(const struct worker *worker, const char *item)
{
	const struct task *task = worker->skipping;

	for (size_t i = 0; task && i < task->lost_count; i++)
		if (!strcmp(task->lost[i], item))
			return true;
	return false;
}

static void
send_note(void *context, const struct note *note)
{
	struct worker *worker = context;
	struct buffer line;

	buffer_init(&line, 0);
	record_write(&line, &note_record, note);
	worker_send(worker, line.bytes, line.length);
	buffer_release(&line);
}

const struct notes *
worker_notes(struct worker *worker)
{
	worker->notes = (struct notes){ send_note, worker };
	return &worker->notes;
}

/* A task as it goes down the pipe: "skip ITEM" lines, its lines, the end mark. */
static void
write_task(struct buffer *out, const struct task *task)
{
	for (size_t i = 0; i < task->lost_count; i++) {
		buffer_add_format(out, "skip %zu\n", strlen(task->lost[i]));
		buffer_add_text(out, task->lost[i]);
		buffer_add_char(out, '\n');
	}
	buffer_add_text(out, task->lines);
	buffer_add_text(out, end_of_task);
}

/* Takes the skip lines off; what they name is kept in task. */
static const char *
read_skips(char *text, struct task *task, struct arena *arena)
{
	unsigned long length;
	int used;

	while (sscanf(text, "skip %lu%n", &length, &used) == 1 && text[used] == '\n') {
		task->lost = memory_grow(task->lost, task->lost_count, &task->lost_capacity, sizeof *task->lost);
		task->lost[task->lost_count++] = arena_copy(arena, text + used + 1, length);
		text += (size_t)used + 1 + length + 1;
	}
	return text;
}

static void
work_on(struct worker *worker, void *state, char *text)
{
	struct task task = { .lines = text };
	struct arena arena;

	arena_init(&arena);
	worker->pool->plan.work(state, (worker->skipping = &task, worker), read_skips(text, &task, &arena));
	worker->skipping = NULL;
	if (worker->pool->plan.end_task)
		worker->pool->plan.end_task(state);
	memory_free(task.lost);
	arena_release(&arena);
	worker_send(worker, end_of_task, sizeof end_of_task - 1);
	flush(worker);
	worker_progress(worker);
}

static void __attribute__((noreturn))
worker_main(struct worker *worker, int tasks_from)
{
	const struct pool_plan *plan = &worker->pool->plan;
	struct buffer incoming;
	char block[4096];
	void *state;
	ssize_t got;

	worker->is_child = true;
	buffer_init(&worker->outgoing, 0);
	buffer_init(&incoming, 0);
	state = plan->start(plan->reading_context, worker);
	while ((got = read(tasks_from, block, sizeof block)) > 0 || (got < 0 && errno == EINTR)) {
		char *end;

		if (got > 0)
			buffer_add(&incoming, block, (size_t)got);
		while ((end = memmem(incoming.bytes, incoming.length, end_of_task, sizeof end_of_task - 1))) {
			size_t length = (size_t)(end - incoming.bytes);

			*end = '\0';
			work_on(worker, state, incoming.bytes);
			buffer_consume(&incoming, length + sizeof end_of_task - 1);
		}
	}
	if (plan->stop)
		plan->stop(state);
	_exit(0);
}

static void __attribute__((noreturn))
worker_enter(struct worker *worker, int tasks_from, int records_to)
{
	const struct pool_plan *plan = &worker->pool->plan;
	size_t count = plan->descriptor_count + 3;
	int *keep = memory_allocate(count, sizeof *keep);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* Libraries print what they think of evidence: that is said in notes instead. */
	dup2(nothing, STDOUT_FILENO);
	dup2(nothing, STDERR_FILENO);
	if (plan->descriptor_count)
		memcpy(keep, plan->descriptors, plan->descriptor_count * sizeof *keep);
	keep[count - 3] = tasks_from;
	keep[count - 2] = records_to;
	keep[count - 1] = STDERR_FILENO;
	worker->records_to = records_to;
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	/* Failure only costs time. */
	if (plan->nice)
		setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + plan->nice);
	if (plan->sandboxed && !sandbox_enter(&(struct sandbox_request){ .keep = keep, .keep_count = count,
	    .folders = plan->folders, .folder_count = plan->folder_count }))
		_exit(4);
	memory_free(keep);
	worker_main(worker, tasks_from);
}

/* ---- in the coordinator ---- */

static void
share(const struct pool_plan *plan, int advice)
{
	if (plan->shared)
		madvise(plan->shared, plan->shared_size, advice);
}

static bool
worker_start(struct worker *worker)
{
	int down[2], up[2];
	pid_t child;

	if (pipe2(down, O_CLOEXEC))
		return false;
	if (pipe2(up, O_CLOEXEC)) {
		close(down[0]);
		close(down[1]);
		return false;
	}
	atomic_store(&worker->page->length, 0);
	fflush(NULL);
	share(&worker->pool->plan, MADV_DOFORK);
	child = fork();
	if (!child) {
		/* The ends of the others would keep their pipes open. */
		for (unsigned i = 0; i < worker->pool->worker_count; i++)
			if (worker->pool->workers[i].child > 0) {
				close(worker->pool->workers[i].tasks_to);
				close(worker->pool->workers[i].records_from);
			}
		close(down[1]);
		close(up[0]);
		worker_enter(worker, down[0], up[1]);
	}
	share(&worker->pool->plan, MADV_DONTFORK);
	close(down[0]);
	close(up[1]);
	if (child < 0) {
		close(down[1]);
		close(up[0]);
		return false;
	}
	fcntl(down[1], F_SETFL, O_NONBLOCK);
	fcntl(up[0], F_SETFL, O_NONBLOCK);
	/* Where the coordinator is busy with what came, the process goes on meanwhile. */
	fcntl(up[0], F_SETPIPE_SZ, PIPE_BYTES);
	worker->child = child;
	worker->tasks_to = down[1];
	worker->records_from = up[0];
	worker->seen_at = now();
	worker->seen_progress = atomic_load(&worker->page->progress);
	return true;
}

static void
append_task(struct task **first, struct task **last, struct task *task)
{
	task->next = NULL;
	if (*last)
		(*last)->next = task;
	else
		*first = task;
	*last = task;
}

static struct task *
take_first(struct task **first, struct task **last)
{
	struct task *task = *first;

	if (task) {
		*first = task->next;
		if (!*first)
			*last = NULL;
	}
	return task;
}

static void
task_release(struct task *task)
{
	for (size_t i = 0; i < task->lost_count; i++) {
		memory_free(task->lost[i]);
		memory_free(task->lost_why[i]);
	}
	memory_free(task->lost);
	memory_free(task->lost_why);
	memory_free(task->lines);
	memory_free(task);
}

static void
task_end(struct pool *pool, struct task *task, enum task_outcome outcome, const char *lines,
	size_t length)
{
	pool->outstanding--;
	pool->plan.done(pool->plan.done_context, &(struct task_result){
		.outcome = outcome, .task = task->lines, .lines = lines, .length = length,
		.lost = (const char *const *)task->lost, .lost_why = (const char *const *)task->lost_why,
		.lost_count = task->lost_count });
	task_release(task);
}

/* Hands on the lines of every task that is complete in what was received. */
static void
take_results(struct worker *worker)
{
	char *end;

	while ((end = find_end(worker->received.bytes + worker->searched, worker->received.length - worker->searched))) {
		struct task *task = take_first(&worker->first, &worker->last);
		size_t length = (size_t)(end - worker->received.bytes);

		*end = '\0';
		if (task) {
			worker->given--;
			task_end(worker->pool, task, TASK_DONE, worker->received.bytes, length);
		}
		buffer_consume(&worker->received, length + sizeof end_of_task - 1);
		worker->searched = 0;
	}
	if (worker->received.length > sizeof end_of_task)
		worker->searched = worker->received.length - sizeof end_of_task;
}

/* The item a dead process was at; the page may hold anything. */
static char *
touched_item(const struct worker *worker)
{
	unsigned length = atomic_load_explicit(&worker->page->length, memory_order_acquire);
	char *item;

	if (length > ITEM_BYTES)
		length = ITEM_BYTES;
	item = memory_allocate((size_t)length + 1, 1);
	memcpy(item, worker->page->item, length);
	return item;
}

static void
task_lost_item(struct task *task, char *item, const char *why)
{
	task->lost = memory_grow(task->lost, task->lost_count, &task->lost_capacity, sizeof *task->lost);
	task->lost_why = memory_grow(task->lost_why, task->lost_count, &task->why_capacity, sizeof *task->lost_why);
	task->lost[task->lost_count] = item;
	task->lost_why[task->lost_count++] = memory_copy_text(why);
}

/*
 * The process of this worker is gone or was ended: what it was at is tried
 * once more without the item, then given up; what it had not begun goes back.
 */
static void
worker_lost(struct worker *worker, enum task_outcome outcome, const char *why)
{
	struct pool *pool = worker->pool;
	struct task *task, *back_first = NULL, *back_last = NULL;
	char *item = touched_item(worker);

	close(worker->tasks_to);
	close(worker->records_from);
	worker->child = 0;
	task = take_first(&worker->first, &worker->last);
	if (task) {
		bool again = ++task->deaths < DEATHS_OF_A_TASK && *item;

		task_lost_item(task, item, why);
		item = NULL;
		if (again && pool->plan.part_lost)
			pool->plan.part_lost(pool->plan.done_context, task->lines);
		if (again)
			append_task(&back_first, &back_last, task);
		else
			task_end(pool, task, outcome, worker->received.bytes, worker->received.length);
	}
	memory_free(item);
	while ((task = take_first(&worker->first, &worker->last)))
		append_task(&back_first, &back_last, task);
	if (back_last) {
		back_last->next = pool->first;
		if (!pool->first)
			pool->last = back_last;
		pool->first = back_first;
	}
	worker->given = 0;
	buffer_clear(&worker->unsent);
	buffer_clear(&worker->received);
	worker->searched = 0;
	worker->line_bytes = 0;
}

static void
describe_end(int status, char *why, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(why, size, "ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 4)
		snprintf(why, size, "its isolation could not be put up");
	else
		snprintf(why, size, "ended with status %d", WEXITSTATUS(status));
}

static void
reap(struct worker *worker)
{
	char why[128];
	int status = 0;

	while (waitpid(worker->child, &status, 0) < 0 && errno == EINTR)
		;
	take_results(worker);
	describe_end(status, why, sizeof why);
	worker_lost(worker, TASK_DIED, why);
}

/* What a process is ended for; what it had sent whole counts. */
static void
end_worker(struct worker *worker, enum task_outcome outcome, const char *why)
{
	kill(worker->child, SIGKILL);
	while (waitpid(worker->child, NULL, 0) < 0 && errno == EINTR)
		;
	take_results(worker);
	worker_lost(worker, outcome, why);
}

/* A process that evidence has taken over could send without end: no record of ours is as long as the limit. */
static bool
is_record_too_long(struct worker *worker, const char *block, size_t length)
{
	const char *newline = memrchr(block, '\n', length);

	worker->line_bytes = newline ? (uint64_t)(block + length - newline - 1) : worker->line_bytes + length;
	return worker->line_bytes > limit_get(LIMIT_RECORD_BYTES);
}

static void
receive(struct worker *worker)
{
	char why[96];

	for (;;) {
		char *room = buffer_room(&worker->received, RECEIVE_BYTES);
		ssize_t got = read(worker->records_from, room, RECEIVE_BYTES);

		if (got > 0) {
			bool is_too_long = is_record_too_long(worker, room, (size_t)got);

			buffer_added(&worker->received, (size_t)got);
			take_results(worker);
			hand_on_part(worker);
			if (!is_too_long)
				continue;
			snprintf(why, sizeof why, "sent a record of more than %llu bytes (limit record-bytes)",
				(unsigned long long)limit_get(LIMIT_RECORD_BYTES));
			end_worker(worker, TASK_DIED, why);
			return;
		}
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		reap(worker);
		return;
	}
}

static void
send_tasks(struct worker *worker)
{
	while (worker->unsent.length) {
		ssize_t written = write(worker->tasks_to, worker->unsent.bytes, worker->unsent.length);

		if (written <= 0)
			return;		/* full, or the process is gone: reading tells */
		buffer_consume(&worker->unsent, (size_t)written);
	}
}

/* No process can be started: what waits is said to be lost, one a step. */
static void
give_up_first(struct pool *pool)
{
	struct task *task = take_first(&pool->first, &pool->last);
	char why[128];

	snprintf(why, sizeof why, "no process could be started (%s)", strerror(errno));
	task_lost_item(task, memory_copy_text(""), why);
	task_end(pool, task, TASK_DIED, "", 0);
}

/* Where few are left none waits behind a long one while another process is idle. */
static unsigned
tasks_ahead(const struct pool *pool)
{
	unsigned most = pool->plan.ahead ? pool->plan.ahead : TASKS_AHEAD;
	size_t share = pool->outstanding / (2 * (size_t)pool->worker_count);

	return share < 1 ? 1 : share < most ? (unsigned)share : most;
}

static void
give_tasks(struct worker *worker)
{
	struct pool *pool = worker->pool;
	struct task *task;

	while (worker->given < tasks_ahead(pool) && pool->first) {
		if (!worker->child && !worker_start(worker)) {
			give_up_first(pool);
			return;
		}
		if (!worker->given)
			worker->seen_at = now();
		task = take_first(&pool->first, &pool->last);
		append_task(&worker->first, &worker->last, task);
		worker->given++;
		write_task(&worker->unsent, task);
		/* One after another where an item was lost: whoever dies next is told apart. */
		if (task->lost_count)
			break;
	}
	if (worker->child)
		send_tasks(worker);
}

static void
watch(struct worker *worker)
{
	unsigned long progress = atomic_load(&worker->page->progress);
	char why[64];

	if (!worker->child || !worker->given)
		return;
	if (progress != worker->seen_progress) {
		worker->seen_progress = progress;
		worker->seen_at = now();
	}
	if ((uint64_t)(now() - worker->seen_at) < limit_get(LIMIT_STALL_SECONDS))
		return;
	snprintf(why, sizeof why, "no progress for %llu s",
		(unsigned long long)limit_get(LIMIT_STALL_SECONDS));
	end_worker(worker, TASK_STALLED, why);
}

/* Everything in this process: for debuggers. */
static void
run_here(struct pool *pool)
{
	struct worker *worker = &pool->workers[0];
	struct task *task = take_first(&pool->first, &pool->last);
	struct buffer text;

	if (!pool->own_state)
		pool->own_state = pool->plan.start(pool->plan.reading_context, worker);
	buffer_init(&text, 0);
	write_task(&text, task);
	text.bytes[text.length - (sizeof end_of_task - 1)] = '\0';
	append_task(&worker->first, &worker->last, task);
	worker->given++;
	work_on(worker, pool->own_state, text.bytes);
	buffer_release(&text);
	take_results(worker);
}

static size_t
collect_descriptors(struct pool *const pools[], size_t count, struct pollfd *descriptors,
	struct worker **owners, size_t limit)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		for (unsigned w = 0; w < pools[i]->worker_count && used < limit; w++) {
			struct worker *worker = &pools[i]->workers[w];

			if (worker->child <= 0)
				continue;
			owners[used] = worker;
			descriptors[used++] = (struct pollfd){ .fd = worker->records_from, .events = POLLIN };
			if (worker->unsent.length && used < limit) {
				owners[used] = worker;
				descriptors[used++] = (struct pollfd){ .fd = worker->tasks_to, .events = POLLOUT };
			}
		}
	return used;
}

/* Calls who asked for it, and says how long to wait for something to come. */
static int
patience(struct pool *const pools[], size_t count)
{
	int milliseconds = POLL_MILLISECONDS;

	for (size_t i = 0; i < count; i++) {
		const struct pool_plan *plan = &pools[i]->plan;

		if (!plan->step)
			continue;
		plan->step(plan->done_context);
		milliseconds = plan->step_milliseconds < milliseconds ? plan->step_milliseconds : milliseconds;
	}
	return milliseconds;
}

static void
step(struct pool *const pools[], size_t count)
{
	enum { LIMIT_DESCRIPTORS = 512 };
	struct pollfd descriptors[LIMIT_DESCRIPTORS];
	struct worker *owners[LIMIT_DESCRIPTORS];
	size_t used;

	for (size_t i = 0; i < count; i++)
		for (unsigned w = 0; w < pools[i]->worker_count && pools[i]->plan.jobs; w++)
			give_tasks(&pools[i]->workers[w]);
	used = collect_descriptors(pools, count, descriptors, owners, LIMIT_DESCRIPTORS);
	poll(descriptors, used, patience(pools, count));
	for (size_t i = 0; i < used; i++)
		if (descriptors[i].events == POLLIN && descriptors[i].revents && owners[i]->child > 0 &&
		    owners[i]->records_from == descriptors[i].fd)
			receive(owners[i]);
	for (size_t i = 0; i < count; i++)
		for (unsigned w = 0; w < pools[i]->worker_count && pools[i]->plan.jobs; w++)
			watch(&pools[i]->workers[w]);
}

uint64_t
pool_lowest_place(const struct pool *pool)
{
	uint64_t lowest = UINT64_MAX;

	for (unsigned i = 0; i < pool->worker_count; i++) {
		uint64_t place = atomic_load_explicit(&pool->workers[i].page->place, memory_order_relaxed);

		if (pool->workers[i].given && place < lowest)
			lowest = place;
	}
	return lowest;
}

void
pool_start(struct pool *pool)
{
	for (unsigned w = 0; w < pool->worker_count && pool->plan.jobs && !ticker.stopped; w++)
		give_tasks(&pool->workers[w]);
}

void
pools_run(struct pool *const pools[], size_t count)
{
	while (pools[0]->outstanding && !ticker.stopped) {
		if (pools[0]->plan.jobs)
			step(pools, count);
		else
			run_here(pools[0]);
		if (ticker.tick && now() != ticker.at) {
			ticker.at = now();
			ticker.tick(ticker.context);
		}
	}
}

struct pool *
pool_open(const struct pool_plan *plan)
{
	struct pool *pool = memory_allocate(1, sizeof *pool);

	/* A process that dies while it is given a task is noticed by its other pipe. */
	signal(SIGPIPE, SIG_IGN);
	pool->plan = *plan;
	pool->worker_count = plan->jobs ? plan->jobs : 1;
	pool->workers = memory_allocate(pool->worker_count, sizeof *pool->workers);
	for (unsigned i = 0; i < pool->worker_count; i++) {
		struct worker *worker = &pool->workers[i];
		void *page = mmap(NULL, sizeof *worker->page, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		worker->pool = pool;
		worker->page = page == MAP_FAILED ? memory_allocate(1, sizeof *worker->page) : page;
		buffer_init(&worker->unsent, 0);
		buffer_init(&worker->received, 0);
		if (!plan->jobs)
			buffer_init(&worker->outgoing, 0);
	}
	return pool;
}

static struct task *
make_task(struct pool *pool, const char *lines)
{
	struct task *task = memory_allocate(1, sizeof *task);

	task->lines = memory_copy_text(lines);
	pool->outstanding++;
	return task;
}

void
pool_add(struct pool *pool, const char *lines)
{
	append_task(&pool->first, &pool->last, make_task(pool, lines));
}

void
pool_add_first(struct pool *pool, const char *lines)
{
	struct task *task = make_task(pool, lines);

	task->next = pool->first;
	pool->first = task;
	if (!pool->last)
		pool->last = task;
}

void
pool_avoid_processor(const struct pool *pool, int processor, bool shared)
{
	cpu_set_t others, only;
	unsigned other_count;

	if (processor >= CPU_SETSIZE || sched_getaffinity(0, sizeof others, &others))
		return;
	CPU_ZERO(&only);
	if (processor >= 0) {
		CPU_SET(processor, &only);
		CPU_CLR(processor, &others);
	}
	shared = shared && processor >= 0;
	other_count = (unsigned)CPU_COUNT(&others);
	for (unsigned i = 0; other_count && i < pool->worker_count; i++)
		if (pool->workers[i].child > 0)
			sched_setaffinity(pool->workers[i].child, sizeof only,
				shared && i >= other_count ? &only : &others);
}

void
pool_close(struct pool *pool)
{
	struct task *task;

	if (!pool)
		return;
	if (pool->own_state && pool->plan.stop)
		pool->plan.stop(pool->own_state);
	for (unsigned i = 0; i < pool->worker_count; i++) {
		struct worker *worker = &pool->workers[i];

		if (worker->child > 0) {
			close(worker->tasks_to);
			close(worker->records_from);
			kill(worker->child, SIGKILL);
			while (waitpid(worker->child, NULL, 0) < 0 && errno == EINTR)
				;
		}
		while ((task = take_first(&worker->first, &worker->last)))
			task_release(task);
		buffer_release(&worker->unsent);
		buffer_release(&worker->received);
		if (!pool->plan.jobs)
			buffer_release(&worker->outgoing);
		munmap(worker->page, sizeof *worker->page);
	}
	while ((task = take_first(&pool->first, &pool->last)))
		task_release(task);
	memory_free(pool->workers);
	memory_free(pool);
}
