/* reader.c - the evidence as one reading process has opened it. */
#include <t1554triage/memory.h>
#include <t1554triage/record.h>

#include "media_window.h"
#include "reader.h"

enum { VIEW_BYTES_KEPT = 32 << 20 };

static const struct field inflated_fields[] = {
	FIELD(struct chunks_inflated, exhibit, FIELD_U32),
	FIELD(struct chunks_inflated, chunks, FIELD_U64),
	FIELD(struct chunks_inflated, of, FIELD_U64),
	FIELD_LAST
};
const struct record_type chunks_inflated_record = {
	.name = "inflated", .size = sizeof (struct chunks_inflated), .fields = inflated_fields,
	.description = "chunks of a container that a reading process inflated",
};

void *
reader_start(void *context, struct worker *worker)
{
	struct run *run = context;
	struct reader *reader = memory_allocate(1, sizeof *reader);

	reader->run = run;
	reader->worker = worker;
	reader->notes = worker_notes(worker);
	reader->images = memory_allocate(run->exhibits.count, sizeof *reader->images);
	reader->inflated = memory_allocate(run->exhibits.count, sizeof *reader->inflated);
	reader->stacks = memory_allocate(run->stacks.count, sizeof *reader->stacks);
	reader->stacks_tried = memory_allocate(run->stacks.count, sizeof *reader->stacks_tried);
	reader->filesystems = memory_allocate(run->readable_count, sizeof *reader->filesystems);
	reader->ranges = memory_allocate(run->readable_count, sizeof *reader->ranges);
	reader->tried = memory_allocate(run->readable_count, sizeof *reader->tried);
	reader->system_count = run->inventory.systems.count;
	reader->views = memory_allocate(run->inventory.systems.count, sizeof *reader->views);
	reader->viewed = memory_allocate(run->inventory.systems.count, sizeof *reader->viewed);
	reader->labels = memory_allocate(run->inventory.systems.count, sizeof *reader->labels);
	reader->labelled = memory_allocate(run->inventory.systems.count, sizeof *reader->labelled);
	buffer_init(&reader->line, 0);
	arena_init(&reader->arena);
	arena_init(&reader->scratch);
	return reader;
}

void
reader_stop(void *state)
{
	struct reader *reader = state;

	for (size_t i = 0; i < reader->system_count; i++) {
		system_labels_close(reader->labels[i]);
		if (reader->viewed[i])
			system_view_release(&reader->views[i]);
	}
	memory_free(reader->labels);
	memory_free(reader->labelled);
	for (size_t i = 0; i < reader->run->readable_count; i++) {
		filesystem_close(reader->filesystems[i]);
		source_close(reader->ranges[i]);
	}
	/* What lies on others has the larger number. */
	for (size_t i = reader->run->stacks.count; i > 0; i--)
		image_close(reader->stacks[i - 1]);
	for (size_t i = 0; i < reader->run->exhibits.count; i++)
		if (reader->images[i])
			image_close(reader->images[i]);
	for (size_t i = 0; i < READER_CONTENTS; i++) {
		digest_stream_close(reader->streams[i]);
		memory_free(reader->blocks[i]);
	}
	memory_free(reader->images);
	memory_free(reader->inflated);
	memory_free(reader->beside);
	memory_free(reader->stacks);
	memory_free(reader->stacks_tried);
	memory_free(reader->filesystems);
	memory_free(reader->ranges);
	memory_free(reader->tried);
	memory_free(reader->views);
	memory_free(reader->viewed);
	buffer_release(&reader->line);
	arena_release(&reader->arena);
	arena_release(&reader->scratch);
	memory_free(reader);
}

/* A medium in the window. */
struct reader_beside { const struct media_window *window; uint64_t base; };

static bool
copy_beside(const void *context, uint64_t offset, void *bytes, size_t length)
{
	const struct reader_beside *beside = context;

	return media_window_copy(beside->window, beside->base + offset, bytes, length);
}

void *
reader_start_beside(void *context, struct worker *worker)
{
	struct reader *reader = reader_start(context, worker);

	reader->window = reader->run->window_view;
	reader->beside = memory_allocate(reader->run->exhibits.count, sizeof *reader->beside);
	for (size_t i = 0; i < reader->run->exhibits.count; i++)
		reader->beside[i] = (struct reader_beside){ reader->window, media_window_base(reader->run, i) };
	return reader;
}

/* Opening is noted once, by the process that identifies; later ones repeat it in silence. */
static const struct notes silence;

struct image *
reader_image(struct reader *reader, size_t exhibit)
{
	if (!reader->images[exhibit] &&
	    image_open(&reader->run->exhibits.items[exhibit], &silence, &reader->images[exhibit]) < STATUS_DAMAGED)
		reader->images[exhibit] = NULL;
	if (reader->images[exhibit])
		reader->images[exhibit]->container_notes = reader->notes;
	if (reader->images[exhibit] && reader->window)
		reader->images[exhibit]->beside = (struct image_beside){ copy_beside, &reader->beside[exhibit] };
	return reader->images[exhibit];
}

static struct image *
open_medium(void *context, uint32_t exhibit)
{
	return reader_image(context, exhibit);
}

static struct image *
open_below(void *context, uint32_t number)
{
	return reader_stack(context, number);
}

struct image *
reader_stack(struct reader *reader, uint32_t number)
{
	const struct stack *stack = &reader->run->stacks.items[number];
	const struct stack_opener opener = { open_medium, open_below, reader };

	if (!reader->stacks_tried[number]) {
		reader->stacks_tried[number] = true;
		/* Of maps that are not whole it is said each time: the same note once. */
		stack_open(stack, &reader->run->exhibits.items[stack->exhibit], &opener, reader->notes,
			&reader->stacks[number]);
	}
	return reader->stacks[number];
}

struct filesystem *
reader_filesystem(struct reader *reader, uint32_t number)
{
	const struct readable *readable = &reader->run->readables[number];
	const struct exhibit *exhibit = &reader->run->exhibits.items[readable->exhibit];
	struct filesystem_origin origin = { .exhibit = exhibit, .volume = &readable->volume,
		.index = readable->index };
	enum status status;

	if (reader->tried[number])
		return reader->filesystems[number];
	reader->tried[number] = true;
	if (exhibit->kind == EXHIBIT_IMAGE) {
		origin.image = readable->stack == STACK_NONE ? reader_image(reader, readable->exhibit) :
			reader_stack(reader, readable->stack);
		if (!origin.image)
			return NULL;
		reader->ranges[number] = source_open_range(origin.image->source, readable->volume.start,
			readable->volume.length);
		origin.source = reader->ranges[number];
	}
	status = filesystem_open(&origin, &silence, &reader->filesystems[number]);
	if (status != STATUS_OK && status != STATUS_DAMAGED)
		reader->filesystems[number] = NULL;
	return reader->filesystems[number];
}

struct system_view *
reader_view(struct reader *reader, size_t system)
{
	const struct installed_system *installed = &reader->run->inventory.systems.items[system];

	if (reader->viewed[system])
		return &reader->views[system];
	for (size_t i = 0; i < installed->mount_count; i++)
		for (size_t k = 0; k <= installed->mounts[i].lower_count; k++)
			reader_filesystem(reader, mount_layer(&installed->mounts[i], k).filesystem);
	system_view_init(&reader->views[system], installed, reader->filesystems,
		reader->run->readable_count, &reader->arena, reader->notes);
	reader->viewed[system] = true;
	return &reader->views[system];
}

void
reader_trim_views(struct reader *reader)
{
	if (reader->arena.bytes < VIEW_BYTES_KEPT)
		return;
	for (size_t i = 0; i < reader->run->inventory.systems.count; i++) {
		if (!reader->viewed[i])
			continue;
		system_view_release(&reader->views[i]);
		reader->viewed[i] = false;
	}
	arena_release(&reader->arena);
}

struct digest_stream *
reader_digest_stream(struct reader *reader, size_t number, uint32_t algorithms)
{
	if (reader->streams[number] && reader->algorithms[number] == algorithms) {
		digest_stream_reset(reader->streams[number]);
		return reader->streams[number];
	}
	digest_stream_close(reader->streams[number]);
	reader->algorithms[number] = algorithms;
	reader->streams[number] = digest_stream_open(algorithms);
	return reader->streams[number];
}

uint8_t *
reader_block(struct reader *reader, size_t number)
{
	if (!reader->blocks[number])
		reader->blocks[number] = memory_allocate(READER_BLOCK_BYTES, 1);
	return reader->blocks[number];
}

struct system_labels *
reader_labels(struct reader *reader, size_t system)
{
	if (!reader->labelled[system])
		reader->labels[system] = system_labels_open(reader_view(reader, system));
	reader->labelled[system] = true;
	return reader->labels[system];
}

void
reader_send(struct reader *reader, const struct record_type *type, const void *object)
{
	buffer_clear(&reader->line);
	record_write(&reader->line, type, object);
	worker_send(reader->worker, reader->line.bytes, reader->line.length);
}

void
reader_send_event(struct reader *reader, const struct event *event)
{
	buffer_clear(&reader->line);
	event_write(&reader->line, event);
	worker_send(reader->worker, reader->line.bytes, reader->line.length);
}

static void
send_inflated(struct reader *reader, uint32_t exhibit)
{
	const struct image *image = reader->images[exhibit];
	const struct chunks_inflated inflated = { .exhibit = exhibit, .of = image->chunk_count,
		.chunks = image->chunks_inflated - reader->inflated[exhibit] };

	if (!inflated.chunks)
		return;
	reader->inflated[exhibit] = image->chunks_inflated;
	reader_send(reader, &chunks_inflated_record, &inflated);
}

/* The coordinator merges the ranges of all processes and makes the notes that are shown. */
static void
send_damage(struct reader *reader, struct image *image)
{
	for (size_t i = 0; i < image->met.count; i++)
		note_add(reader->notes, &(struct note){ .kind = NOTE_IMAGE_DAMAGED, .status = STATUS_DAMAGED,
			.at = { .evidence = image->exhibit->id, .offset = image->met.ranges[i].offset },
			.length = image->met.ranges[i].length, .incomplete = true,
			.text = "fails its checksum or cannot be read" });
	damage_release(&image->met);
}

void
reader_end_task(void *state)
{
	struct reader *reader = state;

	for (uint32_t i = 0; i < reader->run->exhibits.count; i++) {
		if (!reader->images[i])
			continue;
		send_inflated(reader, i);
		send_damage(reader, reader->images[i]);
	}
}
