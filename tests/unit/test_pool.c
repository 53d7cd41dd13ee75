/* test_pool.c - a dying or hanging process costs one item and a word about it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "../../src/triage/pool.h"
#include <t1554triage/sandbox.h>
#include "../../src/base/syscall_filter.h"
#include "tap.h"

struct tally {
	unsigned done, died, stalled, lines, lost, wrong;
	char     lost_item[64], lost_why[128], last_lines[256];
};

static void *
start(void *context, struct worker *worker)
{
	(void)worker;
	return context;
}

/* "ok N", "die N", "hang N", "once N" (dies unless N is to be skipped), "attack N", "long N", "endless N" (a record that does not end). */
static void
work(void *state, struct worker *worker, const char *task)
{
	char line[128];
	int length;

	(void)state;
	worker_touch(worker, task);
	if (worker_must_skip(worker, task)) {
		worker_send(worker, "skipped\n", 8);
		return;
	}
	if (!strncmp(task, "die", 3) || !strncmp(task, "once", 4))
		raise(SIGKILL);	/* sanitizers take the others for themselves */
	if (!strncmp(task, "hang", 4))
		for (;;)
			pause();
	if (!strncmp(task, "long", 4))
		sleep(2);
	if (!strncmp(task, "half", 4)) {
		for (int i = 0; i < 1000000; i++)
			worker_send(worker, "half\n", 5);
		raise(SIGKILL);
	}
	if (!strncmp(task, "much", 4))
		for (int i = 0; i < 1000000; i++)
			worker_send(worker, "line\n", 5);
	if (!strncmp(task, "endless", 7))
		for (;;)
			worker_send(worker, "no end of a line ", 17);
	if (!strncmp(task, "many", 4))
		for (int i = 0; i < 100000; i++)
			worker_send(worker, "line\n", 5);
	if (!strncmp(task, "attack", 6)) {
		bool stopped = open("/etc/passwd", O_RDONLY) < 0 && fork() < 0 && socket(AF_INET, SOCK_STREAM, 0) < 0 &&
			execl("/bin/true", "true", (char *)NULL) < 0 &&
			mmap(NULL, (size_t)1 << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;

		worker_send(worker, stopped ? "held\n" : "escaped\n", stopped ? 5 : 8);
		return;
	}
	length = snprintf(line, sizeof line, "result of %s\n", task);
	worker_send(worker, line, (size_t)length);
}

static void
done(void *context, const struct task_result *result)
{
	struct tally *tally = context;

	tally->done += result->outcome == TASK_DONE;
	tally->died += result->outcome == TASK_DIED;
	tally->stalled += result->outcome == TASK_STALLED;
	tally->lost += (unsigned)result->lost_count;
	for (size_t i = 0; i < result->length; i++)
		tally->lines += result->lines[i] == '\n';
	if (result->outcome == TASK_DONE && !strncmp(result->task, "ok", 2) && !strstr(result->lines, result->task))
		tally->wrong++;
	/* Results come in the order in which they end: the last by name is kept. */
	if (result->lost_count && strcmp(result->lost[0], tally->lost_item) > 0) {
		snprintf(tally->lost_item, sizeof tally->lost_item, "%s", result->lost[0]);
		snprintf(tally->lost_why, sizeof tally->lost_why, "%s", result->lost_why[0]);
	}
	snprintf(tally->last_lines, sizeof tally->last_lines, "%s", result->lines);
}

static void
run(struct tally *tally, unsigned jobs, bool sandboxed, unsigned count, const char *(*name)(unsigned))
{
	struct pool *pool = pool_open(&(struct pool_plan){ .name = "test", .jobs = jobs, .sandboxed = sandboxed,
		.start = start, .work = work, .done = done, .done_context = tally });
	char task[64];

	*tally = (struct tally){ .done = 0 };
	for (unsigned i = 0; i < count; i++) {
		snprintf(task, sizeof task, "%s %u", name(i), i);
		pool_add(pool, task);
	}
	pools_run(&pool, 1);
	pool_close(pool);
}

/* Where the processes of a pool may run: tasks of each that left a processor alone, that used no other, that used any. */
struct places { int processor, nice; unsigned left, only, any, otherwise_nice; };

static void
tell_place(void *state, struct worker *worker, const char *task)
{
	const struct places *places = state;
	const char *place = "left\n";
	cpu_set_t mine;

	(void)task;
	sched_getaffinity(0, sizeof mine, &mine);
	if (CPU_ISSET(places->processor, &mine))
		place = CPU_COUNT(&mine) == 1 ? "only\n" : "any\n";
	worker_send(worker, place, strlen(place));
	if (getpriority(PRIO_PROCESS, 0) != places->nice)
		worker_send(worker, "nice\n", 5);
}

static void
count_place(void *context, const struct task_result *result)
{
	struct places *places = context;

	places->left += !strncmp(result->lines, "left\n", 5);
	places->only += !strncmp(result->lines, "only\n", 5);
	places->any += !strncmp(result->lines, "any\n", 4);
	places->otherwise_nice += strstr(result->lines, "nice\n") != NULL;
}

static void
run_places(struct pool *pool, struct places *places)
{
	places->left = places->only = places->any = 0;
	for (unsigned i = 0; i < 16; i++)
		pool_add(pool, "tell");
	pools_run(&pool, 1);
}

static void
test_places(void)
{
	enum { NICER = 2 };
	struct places places = { .nice = getpriority(PRIO_PROCESS, 0) + NICER };
	cpu_set_t mine, two;
	int other = 0;
	struct pool *pool;

	if (places.nice > 19 || sched_getaffinity(0, sizeof mine, &mine) || CPU_COUNT(&mine) < 2) {
		OK(true, "processes leave a processor # SKIP there is only one, or nobody to give way to");
		return;
	}
	while (!CPU_ISSET(places.processor, &mine))
		places.processor++;
	for (other = places.processor + 1; !CPU_ISSET(other, &mine); other++)
		;
	CPU_ZERO(&two);
	CPU_SET(places.processor, &two);
	CPU_SET(other, &two);
	sched_setaffinity(0, sizeof two, &two);
	pool = pool_open(&(struct pool_plan){ .name = "test", .jobs = 2, .nice = NICER, .start = start, .work = tell_place,
		.reading_context = &places, .done = count_place, .done_context = &places });
	run_places(pool, &places);
	IS(places.any, 16, "processes use any processor");
	pool_avoid_processor(pool, places.processor, false);
	run_places(pool, &places);
	IS(places.left, 16, "and leave one to others");
	pool_avoid_processor(pool, places.processor, true);
	run_places(pool, &places);
	OK(places.left && places.only && places.left + places.only == 16, "or one of the two uses that one");
	pool_avoid_processor(pool, -1, false);
	run_places(pool, &places);
	IS(places.any, 16, "any again, where none is named");
	IS(places.otherwise_nice, 0, "they give way by what they are told, from where the program stands");
	pool_close(pool);
	sched_setaffinity(0, sizeof mine, &mine);
}

/* How far processes are is seen while they work. */
struct steps { struct pool *pool; unsigned count, seen; };

static void
work_somewhere(void *state, struct worker *worker, const char *task)
{
	(void)state;
	(void)task;
	worker_tell_place(worker, 42);
	poll(NULL, 0, 100);
}

static void
note_place(void *context)
{
	struct steps *steps = context;

	steps->count++;
	steps->seen += pool_lowest_place(steps->pool) == 42;
}

static void
end_somewhere(void *context, const struct task_result *result)
{
	(void)context;
	(void)result;
}

static void
test_steps(void)
{
	struct steps steps = { .count = 0 };

	steps.pool = pool_open(&(struct pool_plan){ .name = "test", .jobs = 1, .start = start, .work = work_somewhere,
		.done = end_somewhere, .step = note_place, .step_milliseconds = 5, .done_context = &steps });
	IS(pool_lowest_place(steps.pool), (long long)UINT64_MAX, "who has no task is nowhere");
	pool_add(steps.pool, "go");
	pools_run(&steps.pool, 1);
	OK(steps.count >= 4, "whoever asked for it is called while tasks run");
	OK(steps.seen, "and sees where a process is");
	IS(pool_lowest_place(steps.pool), (long long)UINT64_MAX, "that has ended its task");
	pool_close(steps.pool);
}

/* Lines that came in parts: those of a process that died do not count. */
struct in_parts { size_t lines, parts, lost; bool cut; };

static void
count_part(void *context, const char *task, const char *lines, size_t length)
{
	struct in_parts *count = context;

	(void)task;
	count->parts++;
	count->cut |= length && lines[length - 1] != '\n';
	for (size_t i = 0; i < length; i++)
		count->lines += lines[i] == '\n';
}

static void
drop_parts(void *context, const char *task)
{
	struct in_parts *count = context;

	(void)task;
	count->lines = 0;
	count->lost++;
}

static void
count_rest(void *context, const struct task_result *result)
{
	count_part(context, result->task, result->lines, result->length);
}

static struct in_parts
run_in_parts(unsigned jobs, const char *task)
{
	struct in_parts count = { .lines = 0 };
	struct pool *pool = pool_open(&(struct pool_plan){ .name = "test", .jobs = jobs, .start = start, .work = work,
		.part = count_part, .part_lost = drop_parts, .done = count_rest, .done_context = &count });

	pool_add(pool, task);
	pools_run(&pool, 1);
	pool_close(pool);
	return count;
}

static const char *all_ok(unsigned i) { (void)i; return "ok"; }
static const char *some_die(unsigned i) { return i % 500 == 77 ? "die" : "ok"; }
static const char *one_hangs(unsigned i) { return i == 3 ? "hang" : "ok"; }
static const char *first_is_long(unsigned i) { return i ? "ok" : "long"; }
static const char *one_is_endless(unsigned i) { return i == 3 ? "endless" : "ok"; }
static const char *attack(unsigned i) { (void)i; return "attack"; }
static const char *many(unsigned i) { (void)i; return "many"; }

int
main(void)
{
	struct tally tally;
	struct buffer text;

	run(&tally, 2, false, 2000, all_ok);
	IS(tally.done, 2000, "2,000 tasks over two processes");
	IS(tally.wrong, 0, "each result belongs to its task");
	run(&tally, 0, false, 50, all_ok);
	IS(tally.done, 50, "the same in one process");
	for (unsigned jobs = 0; jobs < 2; jobs++) {
		struct in_parts count = run_in_parts(jobs, "much");

		IS(count.lines, 1000001, "a long result comes whole");
		OK(count.parts > 3 && !count.cut && !count.lost, "and in parts of whole lines");
	}
	{
		struct in_parts count = run_in_parts(1, "half");

		IS(count.lines, 1, "parts of a process that died are void: the task is begun anew");
		IS(count.lost, 1, "which is told once");
	}
	run(&tally, 2, false, 5, many);
	IS(tally.lines, 5 * 100001, "long results arrive whole");

	run(&tally, 2, false, 6, first_is_long);
	IS_TEXT(tally.last_lines, "result of long 0\n", "what is left does not wait behind a long task while a process is idle");

	run(&tally, 2, false, 2000, some_die);
	IS(tally.done, 2000, "a process that dies on an item is replaced, the task repeated without the item");
	IS(tally.lost, 4, "four items were lost");
	IS_TEXT(tally.lost_item, "die 77", "and are named");
	OK(strstr(tally.lost_why, "signal 9") != NULL, "with what ended the process");
	IS_TEXT(tally.last_lines[0] ? "lines" : "none", "lines", "the others have their results");

	run(&tally, 2, false, 20, one_is_endless);
	IS(tally.done, 20, "a process that sends a record without end is ended");
	IS_TEXT(tally.lost_item, "endless 3", "its item is named");
	OK(strstr(tally.lost_why, "record-bytes") != NULL, "with the limit that ended it");

	test_places();
	test_steps();

	limit_set("stall-seconds=1");
	run(&tally, 2, false, 20, one_hangs);
	IS(tally.done + tally.stalled, 20, "a process that hangs is ended");
	IS_TEXT(tally.lost_item, "hang 3", "its item is named");

	if (syscall_filter_is_built()) {
		run(&tally, 1, true, 1, attack);
		IS_TEXT(tally.last_lines, "held\n", "the sandbox holds against open, fork, sockets, exec and much memory");
	} else {
		OK(true, "the sandbox holds # SKIP no filter of system calls in this build");
	}
	buffer_init(&text, 0);
	OK(sandbox_self_test(&text), "the self-test of the sandbox passes");
	printf("# %s\n", text.bytes);
	buffer_release(&text);
	return tap_done();
}
