/*
 * writers.c - the processes that write the files of the folder side by side
 *
 * Each takes the next file that nobody has begun.  What they write follows from
 * the report alone, which every one of them has as it was at the fork, so that
 * the bytes do not depend on who wrote them.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <t1554triage/memory.h>

#include "formats.h"
#include "output.h"
#include "writers.h"

enum { WRITERS_MAX = 3 };	/* three files are large; further processes would only copy pages */

enum {
#define FORMAT(name) name##_position,
#include "report.def"
#undef FORMAT
	FORMAT_COUNT
};

/* Between all the writers. */
struct shared {
	atomic_bool    is_begun[FORMAT_COUNT], has_failed;	/* then nothing more is begun */
	struct written files[FORMAT_COUNT];
};

/* One process, before there is a judgement. */
struct writers {
	struct shared *shared;
	pid_t          early;		/* 0: none */
};

/* The long ones first, so that no process ends long after the others; then as they stand in the table. */
static void
order_formats(size_t order[FORMAT_COUNT])
{
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		size_t at = i;

		for (; at > 0 && report_formats()[order[at - 1]]->work < report_formats()[i]->work; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

static void
write_file(const struct report *report, int folder, const struct report_format *format, struct written *written)
{
	struct output *out;

	if (!format_is_written(format, report)) {
		written->is_done = true;
		return;
	}
	out = output_open(folder, format->name);
	if (out) {
		if (format->write(report, out) != STATUS_OK && !output_error(out))
			output_fail(out, EIO);
		written->error = output_finish(out, written->sha256, NULL);
	} else {
		written->error = errno;
	}
	written->is_done = true;
}

/* A file, and those that are made from it. */
static void
write_with_derived(const struct report *report, int folder, size_t number, struct shared *shared)
{
	const struct report_format *const *all = report_formats();
	struct written *written = &shared->files[number];

	write_file(report, folder, all[number], written);
	for (size_t i = 0; !written->error && i < FORMAT_COUNT; i++)
		if (all[i]->made_from == all[number])
			write_with_derived(report, folder, i, shared);
	if (written->error)
		atomic_store(&shared->has_failed, true);
}

static void
write_files(const struct report *report, int folder, struct shared *shared, bool only_early)
{
	size_t order[FORMAT_COUNT] = { 0 };

	order_formats(order);
	for (size_t i = 0; i < FORMAT_COUNT && !atomic_load(&shared->has_failed); i++) {
		const struct report_format *format = report_formats()[order[i]];

		if (!format->made_from && (format->is_early || !only_early) &&
		    !atomic_exchange(&shared->is_begun[order[i]], true))
			write_with_derived(report, folder, order[i], shared);
	}
}

static pid_t
start_writer(const struct report *report, int folder, struct shared *shared, bool only_early)
{
	pid_t parent = getpid(), child = fork();

	if (child)
		return child;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
	write_files(report, folder, shared, only_early);
	_exit(0);
}

static void
wait_for(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

static struct writers *
writers_open(void)
{
	struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct writers *writers;

	if (shared == MAP_FAILED)
		return NULL;
	writers = memory_allocate(1, sizeof *writers);
	writers->shared = shared;
	return writers;
}

static void
writers_close(struct writers *writers)
{
	munmap(writers->shared, sizeof *writers->shared);
	memory_free(writers);
}

struct writers *
writers_begin(const struct report *report, int folder)
{
	struct writers *writers = report->run->jobs > 1 ? writers_open() : NULL;

	if (!writers)
		return NULL;
	writers->early = start_writer(report, folder, writers->shared, true);
	if (writers->early <= 0) {
		writers_close(writers);
		return NULL;
	}
	return writers;
}

void
writers_abandon(struct writers *writers)
{
	if (!writers)
		return;
	kill(writers->early, SIGKILL);
	wait_for(writers->early);
	writers_close(writers);
}

static void
write_side_by_side(const struct report *report, int folder, struct writers *writers)
{
	pid_t children[WRITERS_MAX - 1];
	size_t count = 0;

	while (count < WRITERS_MAX - 1 && count + 1 < report->run->jobs &&
	       (children[count] = start_writer(report, folder, writers->shared, false)) > 0)
		count++;
	write_files(report, folder, writers->shared, false);
	while (count > 0)
		wait_for(children[--count]);
	if (writers->early > 0)
		wait_for(writers->early);
}

void
writers_run(struct writers *begun, const struct report *report, int folder, struct written *ret_written)
{
	struct shared alone = { .has_failed = false };
	struct writers *writers = begun ? begun : writers_open();

	if (!writers) {
		write_files(report, folder, &alone, false);
		memcpy(ret_written, alone.files, sizeof alone.files);
		return;
	}
	write_side_by_side(report, folder, writers);
	memcpy(ret_written, writers->shared->files, sizeof writers->shared->files);
	writers_close(writers);
}
