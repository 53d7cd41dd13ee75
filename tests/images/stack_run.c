/* stack_run.c - media identified and joined to the volumes that lie on them, in one process: test helper. */
#include <string.h>

#include <t1554triage/memory.h>

#include "stack_run.h"

struct reading {
	struct stack_run *run;
	struct image     *image;
	struct stack_place place;
	const char       *name;	/* of the stack; NULL: a medium */
};

static void
take(void *context, const struct record_type *type, const void *object)
{
	struct reading *reading = context;
	struct buffer line;

	buffer_init(&line, 0);
	record_write(&line, type, object);
	stacks_take_line(&reading->run->stacks, &reading->place, line.bytes, line.length - 1);
	buffer_release(&line);
}

static void
read_volume(void *context, const struct volume *volume)
{
	struct reading *reading = context;
	const struct stack_sink sink = { take, reading };
	const struct stack_driver *driver = stack_driver_of(volume->recognised);
	const char *name = reading->name ? reading->name : volume->name;
	struct place place = { .evidence = reading->image->exhibit->id, .volume = name };
	struct source *range;

	if (!driver)
		return;
	reading->place.start = volume->start;
	reading->place.length = volume->length;
	reading->place.evidence = place.evidence;
	reading->place.volume = name;
	range = source_open_range(reading->image->source, volume->start, volume->length);
	driver->read(range, &place, &sink, reading->run->notes);
	source_close(range);
}

static void
read_image(struct stack_run *run, struct image *image, uint32_t exhibit, uint32_t below, const char *name)
{
	struct reading reading = { .run = run, .image = image, .name = name,
		.place = { .exhibit = exhibit, .below = below } };

	volume_each(image, &(struct volume_sink){ read_volume, &reading }, run->notes);
}

static struct image *
open_medium(void *context, uint32_t exhibit)
{
	struct stack_run *run = context;

	return exhibit < run->count ? run->media[exhibit] : NULL;
}

static struct image *
open_below(void *context, uint32_t number)
{
	return stack_run_open(context, number);
}

struct image *
stack_run_open(struct stack_run *run, uint32_t number)
{
	const struct stack *stack = &run->stacks.items[number];
	const struct stack_opener opener = { open_medium, open_below, run };

	if (!run->opened[number])
		stack_open(stack, &run->exhibits[stack->exhibit], &opener, run->notes, &run->opened[number]);
	return run->opened[number];
}

static void
close_opened(struct stack_run *run, size_t count)
{
	for (size_t i = count; i > 0; i--)
		image_close(run->opened[i - 1]);
	memory_free(run->opened);
}

void
stack_run(struct stack_run *run)
{
	size_t first = 0;

	stacks_init(&run->stacks);
	run->opened = NULL;
	for (size_t i = 0; i < run->count; i++)
		read_image(run, run->media[i], (uint32_t)i, STACK_NONE, NULL);
	while (stacks_assemble(&run->stacks, true, run->notes)) {
		close_opened(run, first);
		run->opened = memory_allocate(run->stacks.count, sizeof *run->opened);
		for (size_t i = first; i < run->stacks.count; i++)
			if (!run->stacks.items[i].hidden)
				read_image(run, stack_run_open(run, (uint32_t)i), run->stacks.items[i].exhibit, (uint32_t)i,
					run->stacks.items[i].name);
		first = run->stacks.count;
	}
}

void
stack_run_close(struct stack_run *run)
{
	close_opened(run, run->stacks.count);
	stacks_release(&run->stacks);
}
