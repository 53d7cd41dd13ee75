/*
 * dump_image.c - prints what image/ and volume/ say of evidence, a fact a line.
 *
 *	dump_image OPERAND...        exhibits, segments, volumes, notes, damage, digests
 *	dump_image --volumes OPERAND...   the same without reading the whole medium
 *	dump_image --bytes OPERAND   the bytes of the medium
 *	dump_image --twice OFFSET LENGTH OPERAND   the status of reading a range, twice
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/image.h>
#include <t1554triage/memory.h>
#include <t1554triage/volume.h>

enum { PIECE_BYTES = 100 * 1000 };	/* no multiple of a chunk: pieces begin anywhere */

static void
print_note(void *context, const struct note *note)
{
	(void)context;
	printf("note %s offset=%" PRIu64 " length=%" PRIu64 " %s\n", note_kind_name(note->kind),
		note->at.offset, note->length, note->text);
}

static void
print_record(const struct record_type *type, const void *object)
{
	struct buffer line;

	buffer_init(&line, 0);
	record_write(&line, type, object);
	fputs(line.bytes, stdout);
	buffer_release(&line);
}

static void
print_volume(void *context, const struct volume *volume)
{
	struct image *image = context;
	struct source *range = source_open_range(image->source, volume->start, volume->length);
	const struct signature_row *signature = volume_signature(range);

	print_record(&volume_record, volume);
	printf("signature %s%s\n", signature ? signature->name : "none",
		signature && !signature->needed ? " not needed" : "");
	source_close(range);
}

static const struct notes notes = { .add = print_note };

static void
verify(struct image *image)
{
	struct media_verification found;
	enum status status = image_verify(image, 0, &notes, NULL, NULL, &found);

	printf("verify status=%d\n", status);
	print_record(&media_verification_record, &found);
}

static void
dump(struct image *image, bool whole)
{
	const struct volume_sink sink = { .volume = print_volume, .context = image };
	enum status status;

	printf("size %" PRIu64 " sector %" PRIu32 "\n", image->source->size, image->sector_size);
	for (size_t i = 0; i < image->acquisition_count; i++)
		printf("acquisition %s=%s\n", image->acquisition[i].name, image->acquisition[i].value);
	for (size_t i = 0; i < image->recorded_count; i++)
		print_record(&recorded_digest_record, &image->recorded[i]);
	status = volume_each(image, &sink, &notes);
	printf("volumes status=%d\n", status);
	if (whole)
		verify(image);
	for (size_t i = 0; i < image->damage.count; i++)
		printf("damage %" PRIu64 " %" PRIu64 "\n", image->damage.ranges[i].offset,
			image->damage.ranges[i].length);
}

static void
write_bytes(struct image *image)
{
	static uint8_t piece[PIECE_BYTES];

	for (uint64_t offset = 0; offset < image->source->size; ) {
		size_t got = 0;

		if (source_read(image->source, offset, piece, sizeof piece, &got) <= STATUS_UNREADABLE || !got)
			break;
		fwrite(piece, 1, got, stdout);
		offset += got;
	}
}

static void
read_twice(struct image *image, uint64_t offset, size_t length)
{
	uint8_t *bytes = memory_allocate(length, 1);

	for (int i = 0; i < 2; i++) {
		uint64_t before = image->damage.touches;
		size_t got = 0;
		enum status status = source_read(image->source, offset, bytes, length, &got);

		printf("read status=%d length=%zu touched=%s\n", status, got,
			image->damage.touches != before ? "yes" : "no");
	}
	memory_free(bytes);
}

static void
print_exhibit(const struct exhibit *exhibit)
{
	printf("exhibit %s %s %s %s\n", exhibit->id, exhibit_kind_names[exhibit->kind],
		exhibit->container, exhibit->name);
	for (size_t i = 0; i < exhibit->segment_count; i++)
		printf("segment %s %s\n", strrchr(exhibit->segments[i].path, '/') ?
			strrchr(exhibit->segments[i].path, '/') + 1 : exhibit->segments[i].path,
			exhibit->segments[i].descriptor < 0 ? "missing" : "there");
}

enum mode { DUMP, VOLUMES, BYTES, TWICE };

static void
show(const struct exhibit *exhibit, enum mode mode, uint64_t offset, size_t length)
{
	struct image *image = NULL;
	enum status status;

	if (mode <= VOLUMES)
		print_exhibit(exhibit);
	if (exhibit->kind != EXHIBIT_IMAGE)
		return;
	status = image_open(exhibit, mode == BYTES ? NULL : &notes, &image);
	if (mode <= VOLUMES)
		printf("open status=%d\n", status);
	if (image && mode == BYTES)
		write_bytes(image);
	else if (image && mode == TWICE)
		read_twice(image, offset, length);
	else if (image)
		dump(image, mode == DUMP);
	image_close(image);
}

int
main(int argc, char **argv)
{
	static const struct { const char *option; enum mode mode; int operands; } modes[] = {
		{ "--volumes", VOLUMES, 2 }, { "--bytes", BYTES, 2 }, { "--twice", TWICE, 4 },
	};
	int first = 1, exit_status;
	enum mode mode = DUMP;
	struct exhibits exhibits;
	struct buffer message;

	for (size_t i = 0; i < sizeof modes / sizeof *modes && argc > 1; i++)
		if (!strcmp(argv[1], modes[i].option) && argc > modes[i].operands) {
			mode = modes[i].mode;
			first = modes[i].operands;
		}
	buffer_init(&message, 0);
	exit_status = exhibits_open(&exhibits, argv + first, (size_t)(argc - first), &notes, &message);
	if (exit_status)
		printf("refused %d %s\n", exit_status, message.bytes);
	for (size_t i = 0; i < exhibits.count; i++)
		show(&exhibits.items[i], mode, mode == TWICE ? strtoull(argv[2], NULL, 10) : 0,
			mode == TWICE ? strtoull(argv[3], NULL, 10) : 0);
	exhibits_close(&exhibits);
	buffer_release(&message);
	return exit_status;
}
