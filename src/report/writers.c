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
	atomic_size_t  next;	/* in the order; FORMAT_COUNT: nothing more is begun */
	struct written files[FORMAT_COUNT];
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
		atomic_store(&shared->next, FORMAT_COUNT);
}

static void
write_files(const struct report *report, int folder, struct shared *shared)
{
	size_t order[FORMAT_COUNT] = { 0 }, next;

	order_formats(order);
	while ((next = atomic_fetch_add(&shared->next, 1)) < FORMAT_COUNT)
		if (!report_formats()[order[next]]->made_from)
			write_with_derived(report, folder, order[next], shared);
}

static pid_t
start_writer(const struct report *report, int folder, struct shared *shared)
{
	pid_t parent = getpid(), child = fork();

	if (child)
		return child;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
	write_files(report, folder, shared);
	_exit(0);
}

static void
write_side_by_side(const struct report *report, int folder, struct shared *shared)
{
	pid_t children[WRITERS_MAX - 1];
	size_t count = 0;

	while (count < WRITERS_MAX - 1 && count + 1 < report->run->jobs &&
	       (children[count] = start_writer(report, folder, shared)) > 0)
		count++;
	write_files(report, folder, shared);
	while (count > 0)
		if (waitpid(children[count - 1], NULL, 0) >= 0 || errno != EINTR)
			count--;
}

void
writers_run(const struct report *report, int folder, struct written *ret_written)
{
	struct shared alone = { .next = 0 };
	struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED) {
		write_files(report, folder, &alone);
		memcpy(ret_written, alone.files, sizeof alone.files);
		return;
	}
	write_side_by_side(report, folder, shared);
	memcpy(ret_written, shared->files, sizeof shared->files);
	munmap(shared, sizeof *shared);
}
