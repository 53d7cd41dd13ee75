/*
 * dump_stack.c - prints the volumes that lie on others, or the bytes of one: test helper.
 *
 *	dump_stack [-x NAME] [-D EXHIBIT,OFFSET,LENGTH] IMAGE...
 *
 * A line "volume EVIDENCE NAME BYTES STATUS DAMAGED DEVICES" for each, where STATUS is that of reading all of it and
 * DAMAGED how many bytes are damaged.  -D makes a range of an image (from 1) damaged.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/memory.h>

#include "stack_run.h"

enum { PIECE_BYTES = 1 << 20 };

/* An image of which a part is damaged. */
struct damaged_source {
	struct source  source;
	struct source *whole;
	uint64_t       offset, length;
};

static void
print_note(void *context, const struct note *note)
{
	(void)context;
	fprintf(stderr, "note %s %s %s %s\n", note_kind_name(note->kind), note->at.evidence ? note->at.evidence : "-",
		note->at.volume ? note->at.volume : "-", note->text);
}

static enum status
read_damaged(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct damaged_source *damaged = (struct damaged_source *)source;
	enum status status = source_read(damaged->whole, offset, buffer, length, ret_length);
	uint64_t start = damaged->offset, end = start + damaged->length;

	if (offset >= end || offset + *ret_length <= start)
		return status;
	start = start < offset ? offset : start;
	end = end > offset + *ret_length ? offset + *ret_length : end;
	memset((char *)buffer + (start - offset), 0, end - start);
	damage_add(source->damage, start, end - start);
	return STATUS_DAMAGED;
}

static void
close_damaged(struct source *source)
{
	source_close(((struct damaged_source *)source)->whole);
	memory_free(source);
}

static void
make_damaged(struct image *image, uint64_t offset, uint64_t length)
{
	struct damaged_source *damaged = memory_allocate(1, sizeof *damaged);

	damaged->source = (struct source){ .size = image->source->size, .read = read_damaged, .close = close_damaged,
		.damage = image->source->damage };
	damaged->whole = image->source;
	damaged->offset = offset;
	damaged->length = length;
	image->source = &damaged->source;
}

static enum status
read_all(struct image *image, FILE *out)
{
	static uint8_t piece[PIECE_BYTES];
	enum status status = STATUS_OK;

	for (uint64_t offset = 0; offset < image->source->size; ) {
		size_t got = 0;
		enum status one = source_read(image->source, offset, piece, sizeof piece, &got);

		if (!got)
			return STATUS_UNREADABLE;
		status = status_worse(status, one);
		if (out)
			fwrite(piece, 1, got, out);
		offset += got;
	}
	return status;
}

static void
print_stack(struct stack_run *run, uint32_t number, const char *wanted)
{
	const struct stack *stack = &run->stacks.items[number];
	struct image *image = stack_run_open(run, number);
	uint64_t damaged = 0;
	enum status status;

	if (wanted && !strcmp(wanted, stack->name))
		read_all(image, stdout);
	if (wanted)
		return;
	status = read_all(image, NULL);
	for (size_t i = 0; i < image->damage.count; i++)
		damaged += image->damage.ranges[i].length;
	printf("volume %s %s %" PRIu64 " %d %" PRIu64 " %s\n", stack->evidence, stack->name, stack->size, status, damaged,
		stack->devices);
}

int
main(int argc, char *argv[])
{
	const struct notes notes = { .add = print_note };
	unsigned long long exhibit = 0, offset = 0, length = 0;
	const char *wanted = NULL;
	struct exhibits exhibits;
	struct buffer message;
	struct stack_run run = { .notes = &notes };
	int first = 1;

	for (; first + 1 < argc && argv[first][0] == '-'; first += 2)
		if (argv[first][1] == 'x')
			wanted = argv[first + 1];
		else if (sscanf(argv[first + 1], "%llu,%llu,%llu", &exhibit, &offset, &length) != 3)
			return 64;
	buffer_init(&message, 0);
	if (exhibits_open(&exhibits, argv + first, (size_t)(argc - first), &notes, &message)) {
		fputs(message.bytes, stderr);
		return 1;
	}
	run.exhibits = exhibits.items;
	run.count = exhibits.count;
	run.media = memory_allocate(run.count, sizeof *run.media);
	for (size_t i = 0; i < run.count; i++)
		if (image_open(&exhibits.items[i], &notes, &run.media[i]) < STATUS_DAMAGED)
			return 1;
	if (exhibit && exhibit <= run.count)
		make_damaged(run.media[exhibit - 1], offset, length);
	stack_run(&run);
	for (uint32_t i = 0; i < run.stacks.count; i++)
		if (!run.stacks.items[i].hidden)
			print_stack(&run, i, wanted);
	stack_run_close(&run);
	for (size_t i = 0; i < run.count; i++)
		image_close(run.media[i]);
	memory_free(run.media);
	exhibits_close(&exhibits);
	buffer_release(&message);
	return 0;
}
