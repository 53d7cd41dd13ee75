/* identify.c - what the exhibits are: media, volumes, file systems; and the join to systems. */
#include <string.h>

#include <t1554triage/exit_status.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>
#include <t1554triage/volume.h>

#include "reader.h"
#include "task.h"

/* ---- in the reading process ---- */

struct acquisition_record { const char *name, *value; };

static const struct field acquisition_fields[] = {
	FIELD(struct acquisition_record, name, FIELD_TEXT),
	FIELD(struct acquisition_record, value, FIELD_TEXT),
	FIELD_LAST
};
static const struct record_type acquisition_record = {
	.name = "acquisition", .size = sizeof (struct acquisition_record), .fields = acquisition_fields,
	.description = "a value that the acquisition recorded",
};

struct identified_filesystem { uint32_t index; };
static const struct field identified_fields[] = {
	FIELD(struct identified_filesystem, index, FIELD_U32),
	FIELD_LAST
};
/* Ahead of each file system's fact: its position in its pool. */
static const struct record_type identified_record = {
	.name = "opened", .size = sizeof (struct identified_filesystem), .fields = identified_fields,
	.description = "a file system was opened",
};

struct identifying {
	struct reader *reader;
	size_t         exhibit;
	struct image  *image;		/* the reader's; NULL: folder or archive */
	const struct stack *stack;	/* whose image it is; NULL: the medium */
	uint32_t       filesystems;	/* found so far in this exhibit */
	uint32_t       recognised;	/* volumes that were recognised in any way */
};

static void
send_fact(void *context, const struct filesystem_fact *fact)
{
	struct identifying *at = context;

	reader_send(at->reader, &filesystem_fact_record, fact);
}

static void
send_mount(void *context, const struct mount_fact *mount)
{
	struct identifying *at = context;

	reader_send(at->reader, &mount_fact_record, mount);
}

static enum status
identify_filesystem(struct identifying *at, struct source *source, const struct volume *volume, unsigned index)
{
	const struct system_sink sink = { send_fact, send_mount, at };
	struct filesystem_origin origin = { .exhibit = &at->reader->run->exhibits.items[at->exhibit],
		.image = at->image, .source = source, .volume = volume, .index = index };
	struct filesystem *filesystem = NULL;
	enum status status = filesystem_open(&origin, at->reader->notes, &filesystem);

	if (status == STATUS_OK || status == STATUS_DAMAGED) {
		struct identified_filesystem opened = { index };
		struct volume own = *volume;

		own.name = filesystem->volume;
		reader_send(at->reader, &identified_record, &opened);
		system_probe(filesystem, at->filesystems++, &own, &sink, at->reader->notes);
		filesystem_close(filesystem);
	}
	return status;
}

static void
note_recognised(struct identifying *at, const struct volume *volume, const char *what, bool needed)
{
	struct place place = { .evidence = volume->evidence, .volume = volume->name, .offset = volume->start };

	if (needed)
		note(at->reader->notes, STATUS_UNREADABLE, NOTE_FILESYSTEM_UNSUPPORTED, &place,
			"volume %s holds %s, which this version does not read: nothing in it was examined",
			volume->name, what);
	else
		note(at->reader->notes, STATUS_OK, NOTE_VOLUME_PASSED, &place,
			"volume %s holds %s: no files of a system", volume->name, what);
}

/* The first file system driver that this build has no library for, NULL: it has all. */
static const char *
missing_driver(void)
{
	for (size_t i = 0; filesystem_drivers()[i]; i++)
		if (!filesystem_drivers()[i]->open)
			return filesystem_drivers()[i]->name;
	return NULL;
}

/* Its beginning, its end, and places between them: zeros alone are what was never written. */
static bool
is_empty(struct source *source)
{
	enum { PLACES = 16, PIECE = 64 * 1024 };
	uint8_t *bytes = memory_allocate(PIECE, 1);
	bool found = false;

	for (uint64_t i = 0; i <= PLACES && !found; i++) {
		uint64_t at = source->size > PIECE ? (source->size - PIECE) / PLACES * i : 0;
		size_t length = 0;

		found = source_read(source, at, bytes, PIECE, &length) != STATUS_OK;
		for (size_t k = 0; k < length && !found; k++)
			found = bytes[k];
	}
	memory_free(bytes);
	return !found;
}

/*
 * EFI and Microsoft reserved partitions, BIOS boot and the like may be empty;
 * where the type promises files, what is there and not recognised is lost.
 * A build that lacks a driver cannot say so.
 */
static void
note_unknown(struct identifying *at, struct source *source, const struct volume *volume)
{
	struct place place = { .evidence = volume->evidence, .volume = volume->name, .offset = volume->start };
	const char *type = volume->type && *volume->type ? volume->type : "no type", *missing = missing_driver();

	if (missing)
		note(at->reader->notes, STATUS_UNREADABLE, NOTE_FILESYSTEM_UNSUPPORTED, &place,
			"volume %s (%s, %llu bytes) holds nothing that this build reads, and it was built without the "
			"driver %s: what lies there was not examined", volume->name, type,
			(unsigned long long)volume->length, missing);
	else if ((volume->stacked || volume_type_holds_files(type)) &&
	    source && !is_empty(source))
		note(at->reader->notes, STATUS_DAMAGED, NOTE_FILESYSTEM_DAMAGED, &place,
			"volume %s (%s, %llu bytes) is no empty one, and holds nothing that is recognised: the beginning of its "
			"file system may be damaged, or it is encrypted; nothing of it was examined", volume->name, type,
			(unsigned long long)volume->length);
	else
		note(at->reader->notes, STATUS_OK, NOTE_FILESYSTEM_UNKNOWN, &place,
			"volume %s (%s, %llu bytes) holds no file system that is recognised", volume->name, type,
			(unsigned long long)volume->length);
}

/* What tells a file system may have stood there: that nothing is recognised says nothing. */
static bool
has_lost_beginning(const struct source *source, const struct volume *volume)
{
	enum { BEGINNING_BYTES = 128 * 1024 };
	uint64_t length = volume->length < BEGINNING_BYTES ? volume->length : BEGINNING_BYTES;

	return source && source->damage && damage_overlaps(source->damage, volume->start, length);
}

static void
note_lost_beginning(struct identifying *at, const struct volume *volume)
{
	struct place place = { .evidence = volume->evidence, .volume = volume->name, .offset = volume->start };

	note(at->reader->notes, STATUS_UNREADABLE, NOTE_FILESYSTEM_DAMAGED, &place,
		"the beginning of volume %s (%llu bytes) lies in a damaged range of the medium, and no file system is "
		"recognised by the rest: what it holds was not examined", volume->name, (unsigned long long)volume->length);
}

static void
identify_content(struct identifying *at, struct source *source, const struct volume *volume)
{
	const struct signature_row *signature;
	enum status status;
	unsigned index = 0;

	while ((status = identify_filesystem(at, source, volume, index)) == STATUS_OK || status == STATUS_DAMAGED)
		index++;
	/* What a driver could not read it has noted itself. */
	if (index || status != STATUS_NOT_MINE) {
		at->recognised++;
		return;
	}
	signature = source ? volume_signature(source) : NULL;
	if (signature) {
		at->recognised++;
		note_recognised(at, volume, signature->description, signature->needed);
	} else if (has_lost_beginning(source, volume)) {
		at->recognised++;
		note_lost_beginning(at, volume);
	} else {
		note_unknown(at, source, volume);
	}
}

static void
send_stack_record(void *context, const struct record_type *type, const void *object)
{
	struct identifying *at = context;

	reader_send(at->reader, type, object);
}

/* A member of a volume group or an array: what it says goes to the coordinator, which joins it to others. */
static void
identify_member(struct identifying *at, struct source *range, const struct volume *volume,
	const struct stack_driver *driver)
{
	const struct stack_sink sink = { send_stack_record, at };
	struct place place = { .evidence = volume->evidence, .volume = volume->name, .offset = volume->start };

	at->recognised++;
	driver->read(range, &place, &sink, at->reader->notes);
}

/* Of a stack: its own name, or as a part of it. */
static struct volume
named_volume(struct identifying *at, const struct volume *volume)
{
	struct volume named = *volume;
	bool is_whole = !strcmp(volume->scheme, "none");

	if (!at->stack)
		return named;
	named.stacked = true;
	named.name = is_whole ? at->stack->name :
		arena_format(&at->reader->scratch, "%s/%s", at->stack->name, volume->name);
	if (is_whole) {
		named.scheme = at->stack->scheme;
		named.type = at->stack->type;
		named.devices = at->stack->devices;
	}
	return named;
}

static void
identify_volume(void *context, const struct volume *found)
{
	struct identifying *at = context;
	struct volume volume = named_volume(at, found);
	struct source *range = source_open_range(at->image->source, volume.start, volume.length);
	const struct stack_driver *driver = stack_driver_of(volume.recognised);

	if (driver) {
		volume.recognised = NULL;
		volume.member_of = driver->name;
	}
	reader_send(at->reader, &volume_record, &volume);
	if (strcmp(volume.scheme, "none"))
		at->recognised++;
	if (driver)
		identify_member(at, range, &volume, driver);
	else if (volume.recognised)
		note_recognised(at, &volume, volume.recognised, true);
	else
		identify_content(at, range, &volume);
	source_close(range);
	worker_progress(at->reader->worker);
}

static void
send_image(struct identifying *at, const struct image *image)
{
	struct evidence_summary summary = { .evidence = image->exhibit->id, .size = image->source->size,
		.sector_size = image->sector_size, .stored = image->stored, .opened = true };

	reader_send(at->reader, &evidence_summary_record, &summary);
	for (size_t i = 0; i < image->acquisition_count; i++) {
		struct acquisition_record value = { image->acquisition[i].name, image->acquisition[i].value };

		reader_send(at->reader, &acquisition_record, &value);
	}
	for (size_t i = 0; i < image->recorded_count; i++)
		reader_send(at->reader, &recorded_digest_record, &image->recorded[i]);
}

static void
identify_exhibit(struct reader *reader, size_t exhibit)
{
	const struct exhibit *item = &reader->run->exhibits.items[exhibit];
	struct identifying at = { .reader = reader, .exhibit = exhibit };
	const struct volume_sink sink = { identify_volume, &at };

	if (item->kind != EXHIBIT_IMAGE) {
		struct volume whole = { .evidence = item->id, .name = "-", .scheme = "none", .type = "",
			.label = "", .part_uuid = "" };
		struct evidence_summary summary = { .evidence = item->id, .opened = true };

		reader_send(reader, &volume_record, &whole);
		identify_content(&at, NULL, &whole);
		summary.opened = at.filesystems > 0;
		reader_send(reader, &evidence_summary_record, &summary);
		return;
	}
	if (image_open(item, reader->notes, &at.image) < STATUS_DAMAGED)
		return;
	/* Damage that is met from now on is told at the end of the task, as by every other process. */
	at.image->notes = NULL;
	reader->images[exhibit] = at.image;
	send_image(&at, at.image);
	volume_each(at.image, &sink, reader->notes);
	/* A raw file in which nothing at all is known is no evidence; a container is, whatever it holds. */
	if (!at.recognised && !strcmp(item->container, "raw"))
		worker_send(reader->worker, "nothing\n", 8);
}

static void
identify_stack(struct reader *reader, uint32_t number)
{
	const struct stack *stack = &reader->run->stacks.items[number];
	struct identifying at = { .reader = reader, .exhibit = stack->exhibit, .stack = stack };
	const struct volume_sink sink = { identify_volume, &at };

	at.image = reader_stack(reader, number);
	if (at.image)
		volume_each(at.image, &sink, reader->notes);
}

static void
work(void *state, struct worker *worker, const char *task)
{
	struct reader *reader = state;
	struct task_order order;

	(void)worker;
	if (!task_read(task, &reader->scratch, &order))
		order.number = UINT32_MAX;
	if (order.kind == TASK_IDENTIFY && order.number < reader->run->exhibits.count)
		identify_exhibit(reader, order.number);
	else if (order.kind == TASK_IDENTIFY_STACK && order.number < reader->run->stacks.count)
		identify_stack(reader, order.number);
	arena_release(&reader->scratch);
}

/* ---- in the coordinator ---- */

struct identified {
	struct run    *run;
	struct kept { char *lines; size_t length; bool lost; } *kept;	/* by exhibit, or by number of the stack */
	size_t         exhibit;			/* that is taken up now */
	uint32_t       stack;			/* or this one on it; STACK_NONE: the exhibit itself */
	struct stack_place member;		/* the volume that was named last */
	struct evidence_summary *summary;
	uint32_t       first_filesystem;	/* of this exhibit */
	uint32_t       index;
	bool           nothing;
};

static void
keep(void *context, const struct task_result *result)
{
	struct identified *at = context;
	struct arena arena;
	struct task_order order;

	arena_init(&arena);
	if (task_read(result->task, &arena, &order)) {
		struct kept *kept = &at->kept[order.number];

		kept->lines = memory_allocate(result->length + 1, 1);
		memcpy(kept->lines, result->lines, result->length);
		kept->length = result->length;
		kept->lost = result->outcome != TASK_DONE;
		run_note_lost(at->run, result, &(struct place){
			.evidence = order.kind == TASK_IDENTIFY ? at->run->exhibits.items[order.number].id :
				at->run->stacks.items[order.number].evidence,
			.volume = order.kind == TASK_IDENTIFY ? NULL : at->run->stacks.items[order.number].name });
	}
	arena_release(&arena);
}

/* The volume a file system lies on: by name; of a pool "p3/apfs1" by the part before the last slash. */
static const struct volume *
volume_of(const struct inventory *inventory, const char *evidence, const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t length = slash ? (size_t)(slash - name) : 0;
	const struct volume *pool = NULL;

	for (size_t i = 0; i < inventory->volume_count; i++) {
		const struct volume *volume = &inventory->volumes[i];

		if (strcmp(volume->evidence, evidence))
			continue;
		if (!strcmp(volume->name, name))
			return volume;
		if (length && strlen(volume->name) == length && !memcmp(volume->name, name, length))
			pool = volume;
	}
	return pool;
}

static void
take_filesystem(struct identified *at, const struct filesystem_fact *fact)
{
	struct run *run = at->run;
	const struct volume *volume = volume_of(&run->inventory, fact->evidence, fact->volume);
	struct readable readable = { .exhibit = at->exhibit, .stack = at->stack, .index = at->index };

	if (!volume)
		return;
	readable.volume = *volume;
	run->readables = memory_grow(run->readables, run->readable_count, &run->readable_capacity,
		sizeof *run->readables);
	run->facts = memory_grow(run->facts, run->readable_count, &run->fact_capacity, sizeof *run->facts);
	run->facts[run->readable_count] = *fact;
	run->readables[run->readable_count++] = readable;
}

static void
take_recorded(struct identified *at, const struct recorded_digest *digest)
{
	struct evidence_summary *summary = at->summary;
	struct recorded_digest *digests = arena_allocate(&at->run->arena,
		(summary->recorded_count + 1) * sizeof *digests);

	if (summary->recorded_count)
		memcpy(digests, summary->recorded, summary->recorded_count * sizeof *digests);
	digests[summary->recorded_count++] = *digest;
	summary->recorded = digests;
}

static void
take_volume(struct identified *at, const struct volume *volume)
{
	inventory_add_volume(&at->run->inventory, volume);
	at->member = (struct stack_place){ .exhibit = (uint32_t)at->exhibit, .below = at->stack,
		.start = volume->start, .length = volume->length, .evidence = volume->evidence,
		.volume = volume->name };
}

static void
take_line(struct identified *at, const char *line, size_t length)
{
	struct run *run = at->run;
	struct acquisition_record acquisition;
	struct identified_filesystem opened;
	struct evidence_summary summary;
	struct recorded_digest recorded;
	struct filesystem_fact fact;
	struct mount_fact mount;
	struct volume volume;

	if (run_take_note(run, line, length))
		return;
	if (!strcmp(line, "nothing"))
		at->nothing = true;
	else if (record_read(line, length, &volume_record, &run->arena, &volume) == STATUS_OK)
		take_volume(at, &volume);
	else if (at->member.evidence && stacks_take_line(&run->stacks, &at->member, line, length))
		return;
	else if (record_read(line, length, &identified_record, &run->arena, &opened) == STATUS_OK)
		at->index = opened.index;
	else if (record_read(line, length, &filesystem_fact_record, &run->arena, &fact) == STATUS_OK)
		take_filesystem(at, &fact);
	else if (record_read(line, length, &mount_fact_record, &run->arena, &mount) == STATUS_OK) {
		mount.filesystem += at->first_filesystem;
		run->mounts = memory_grow(run->mounts, run->mount_count, &run->mount_capacity, sizeof *run->mounts);
		run->mounts[run->mount_count++] = mount;
	} else if (record_read(line, length, &evidence_summary_record, &run->arena, &summary) == STATUS_OK) {
		summary.evidence = at->summary->evidence;
		summary.damage = at->summary->damage;
		*at->summary = summary;
	} else if (record_read(line, length, &recorded_digest_record, &run->arena, &recorded) == STATUS_OK) {
		take_recorded(at, &recorded);
	} else if (record_read(line, length, &acquisition_record, &run->arena, &acquisition) == STATUS_OK) {
		struct acquisition_value *values = arena_allocate(&run->arena,
			(at->summary->acquisition_count + 1) * sizeof *values);

		if (at->summary->acquisition_count)
			memcpy(values, at->summary->acquisition, at->summary->acquisition_count * sizeof *values);
		values[at->summary->acquisition_count++] = (struct acquisition_value){ acquisition.name, acquisition.value };
		at->summary->acquisition = values;
	}
}

static void
take_kept_line(void *context, const char *line, size_t length)
{
	take_line(context, line, length);
}

/* The last note about an exhibit that could not be opened: what to tell the user. */
static const char *
last_note_about(const struct inventory *inventory, const char *evidence)
{
	for (size_t i = inventory->note_count; i > 0; i--) {
		const struct note *note = &inventory->notes[i - 1];

		if (note->at.evidence && !strcmp(note->at.evidence, evidence))
			return note->text;
	}
	return "its reading process ended without a word";
}

static int
take_exhibit(struct identified *at, size_t exhibit, struct buffer *ret_message)
{
	struct run *run = at->run;
	const struct exhibit *item = &run->exhibits.items[exhibit];
	struct task_result result = { .lines = at->kept[exhibit].lines, .length = at->kept[exhibit].length };

	at->exhibit = exhibit;
	at->stack = STACK_NONE;
	at->summary = &run->inventory.evidences[exhibit];
	at->first_filesystem = (uint32_t)run->readable_count;
	at->nothing = false;
	if (result.lines)
		result_each_line(&result, take_kept_line, at);
	if (at->nothing && !run->only_media) {
		text_add_visible(ret_message, item->path, strlen(item->path));
		buffer_add_text(ret_message, ": not recognised as evidence: no EWF, no tar or zip, and as a raw "
			"image it has no partition table (GPT, DOS, BSD, Mac), no file system that is known, and no "
			"volume that is recognised\n");
		return EXIT_DATA;
	}
	if (!at->summary->opened && !at->kept[exhibit].lost) {
		text_add_visible(ret_message, item->path, strlen(item->path));
		buffer_add_format(ret_message, ": cannot be opened as %s: %s\n", item->container,
			last_note_about(&run->inventory, item->id));
		return EXIT_NO_INPUT;
	}
	return 0;
}

/* One pass over exhibits or stacks: tasks first to count are given out, what comes back is kept by number. */
static void
identify_all(struct identified *at, enum task_kind kind, size_t first, size_t count)
{
	struct run *run = at->run;
	struct pool *pool = run_pool(run, "identify", run->options->jobs ? 1 : 0, work, keep, at);
	struct buffer line;

	at->kept = memory_allocate(count, sizeof *at->kept);
	buffer_init(&line, 0);
	for (size_t i = first; i < count; i++) {
		if (kind == TASK_IDENTIFY_STACK && run->stacks.items[i].hidden)
			continue;
		task_write(&line, &(struct task_order){ .kind = kind, .number = (uint32_t)i });
		pool_add(pool, line.bytes);
	}
	run_pool_through(run, pool);
	pool_close(pool);
	buffer_release(&line);
}

static void
release_kept(struct identified *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		memory_free(at->kept[i].lines);
	memory_free(at->kept);
}

static void
take_stack(struct identified *at, size_t number)
{
	struct run *run = at->run;
	struct task_result result = { .lines = at->kept[number].lines, .length = at->kept[number].length };

	at->exhibit = run->stacks.items[number].exhibit;
	at->stack = (uint32_t)number;
	at->summary = &run->inventory.evidences[at->exhibit];
	at->first_filesystem = (uint32_t)run->readable_count;
	at->member.evidence = NULL;
	if (result.lines)
		result_each_line(&result, take_kept_line, at);
}

/* Volumes on others, and what lies on them in turn, until nothing new appears. */
static void
identify_stacks(struct identified *at)
{
	struct run *run = at->run;
	size_t first = 0;

	while (stacks_assemble(&run->stacks, true, &run->notes)) {
		size_t count = run->stacks.count;

		identify_all(at, TASK_IDENTIFY_STACK, first, count);
		for (size_t i = first; i < count; i++)
			take_stack(at, i);
		release_kept(at, count);
		first = count;
	}
}

int
pass_identify(struct run *run, struct buffer *ret_message)
{
	struct identified at = { .run = run };
	int status = 0;

	run_enter(run, "identifying", "");
	run->inventory.exhibits = &run->exhibits;
	run->inventory.evidence_count = run->exhibits.count;
	run->inventory.evidences = arena_allocate(&run->arena,
		run->exhibits.count * sizeof *run->inventory.evidences);
	for (size_t i = 0; i < run->exhibits.count; i++)
		run->inventory.evidences[i].evidence = run->exhibits.items[i].id;
	identify_all(&at, TASK_IDENTIFY, 0, run->exhibits.count);
	for (size_t i = 0; i < run->exhibits.count && !status; i++)
		status = take_exhibit(&at, i, ret_message);
	release_kept(&at, run->exhibits.count);
	if (!status)
		identify_stacks(&at);
	return status;
}

void
pass_join(struct run *run)
{
	struct inventory *inventory = &run->inventory;

	systems_join(&inventory->systems, run->facts, run->readable_count, run->mounts, run->mount_count,
		&run->notes);
	inventory->filesystem_count = run->readable_count;
	inventory->filesystems = arena_allocate(&run->arena,
		run->readable_count * sizeof *inventory->filesystems);
	for (size_t i = 0; i < run->readable_count; i++) {
		struct filesystem_summary *summary = &inventory->filesystems[i];

		summary->fact = run->facts[i];
		summary->volume = run->readables[i].volume;
		summary->evidence_path = run->exhibits.items[run->readables[i].exhibit].path;
		summary->count.complete = true;
	}
	inventory->summaries = arena_allocate(&run->arena,
		inventory->systems.count * sizeof *inventory->summaries);
	for (size_t i = 0; i < inventory->systems.count; i++)
		inventory->summaries[i] = (struct system_summary){ .system = &inventory->systems.items[i],
			.zone_source = "", .logs_whole = true, .database_whole = true };
}
