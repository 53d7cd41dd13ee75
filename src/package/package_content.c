/*
 * package_content.c - the files in .deb and .rpm.
 *
 * deb(5): an ar archive of debian-binary, control.tar and data.tar, each tar compressed or not.
 *
 *	"!<arch>\n"   name[16] time[12] uid[6] gid[6] mode[8] size[10] "`\n"   content, to an even length
 *
 * rpm ("RPM V4 Package format"): a lead of 96 bytes, the header of signatures to a multiple of 8, the
 * header, and a compressed cpio of the form "newc" (cpio(5)):
 *
 *	"070701"  inode mode uid gid links time size devmajor devminor rdevmajor rdevminor namesize check, 8 digits each
 */
#include <stdio.h>
#include <string.h>

#include <t1554triage/inflate.h>
#include <t1554triage/memory.h>
#include <t1554triage/package_content.h>
#include <t1554triage/text.h>

#include "rpm_header.h"

enum {
	AR_MAGIC_BYTES = 8, AR_HEADER_BYTES = 60, TAR_BLOCK = 512, NAME_BYTES_MAX = 65536, CONTROL_BYTES_MAX = 1 << 20,
	RPM_LEAD_BYTES = 96, RPM_INTRO_BYTES = 16, RPM_INDEX_BYTES = 16, RPM_HEADER_BYTES_MAX = 256 << 20,
	CPIO_HEADER_BYTES = 110, CPIO_MODE = 1, CPIO_SIZE = 6, CPIO_NAME = 11, CPIO_FIELDS = 13,
	MODE_TYPE = 0170000, MODE_REGULAR = 0100000,
};

struct reading {
	const struct package_content_sink *out;
	const struct place *place;
	const struct notes *notes;
	struct arena  arena;
	const char   *product;
};

static enum status
complain(const struct reading *reading, enum status status, const char *why)
{
	return note(reading->notes, status, NOTE_ARTIFACT_DAMAGED, reading->place, "%s: files of the package may be missing", why);
}

/* "./usr/bin/x" and "usr/bin/x" are "/usr/bin/x". */
static const char *
absolute(struct arena *arena, const char *name)
{
	while (text_has_prefix(name, "./"))
		name += 2;
	return arena_format(arena, "%s%s", *name == '/' ? "" : "/", name);
}

static void
hand_out(const struct reading *reading, struct source *stream, const char *name, uint64_t offset, uint64_t size)
{
	struct source *content = source_open_range(stream, offset, size);
	struct arena arena;

	arena_init(&arena);
	reading->out->file(reading->out->context, reading->product, absolute(&arena, name), content);
	arena_release(&arena);
	source_close(content);
}

/* ---- tar ---- */

struct tar_entry {
	char     type;
	uint64_t size, offset;		/* of the content */
	char     name[NAME_BYTES_MAX];
};

static bool
parse_tar_number(const uint8_t *field, size_t length, uint64_t *ret_number)
{
	size_t digits = 0;

	if (field[0] & 0x80) {		/* base 256 */
		*ret_number = field[0] & 0x7F;
		for (size_t i = 1; i < length; i++)
			if (*ret_number >> 56)
				return false;
			else
				*ret_number = *ret_number << 8 | field[i];
		return true;
	}
	while (length && *field == ' ')
		field++, length--;
	while (digits < length && field[digits] >= '0' && field[digits] <= '7')
		digits++;
	*ret_number = 0;
	return !digits || text_parse_u64((const char *)field, digits, 8, ret_number);
}

static bool
is_tar_header(const uint8_t *block)
{
	uint64_t said, sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : block[i];
	return parse_tar_number(block + 148, 8, &said) && said == sum;
}

/* The name of the next entry, where it stands as a content before it: GNU 'L', pax "path=". */
static bool
take_long_name(struct source *tar, struct tar_entry *entry)
{
	struct arena arena;
	char *text, *path;
	bool sound = entry->size < CONTROL_BYTES_MAX;

	if (!sound)
		return false;
	arena_init(&arena);
	text = arena_allocate(&arena, (size_t)entry->size + 1);
	sound = source_read_exactly(tar, entry->offset, text, (size_t)entry->size) == STATUS_OK;
	for (char *at = text; sound && entry->type == 'x' && at < text + entry->size; ) {
		char *end = memchr(at, '\n', (size_t)(text + entry->size - at));

		if (!end)
			break;
		*end = '\0';
		path = strstr(at, " path=");
		if (path)
			snprintf(entry->name, sizeof entry->name, "%s", path + 6);
		at = end + 1;
	}
	if (sound && entry->type == 'L')
		snprintf(entry->name, sizeof entry->name, "%s", text);
	arena_release(&arena);
	return sound;
}

static void
take_short_name(const uint8_t *block, struct tar_entry *entry)
{
	const char *prefix = (const char *)block + 345;

	if (!memcmp(block + 257, "ustar", 6) && *prefix)
		snprintf(entry->name, sizeof entry->name, "%.155s/%.100s", prefix, (const char *)block);
	else
		snprintf(entry->name, sizeof entry->name, "%.100s", (const char *)block);
}

/* Calls use() for each regular file of a tar; false from it ends the walk. */
static enum status
walk_tar(const struct reading *reading, struct source *tar,
	bool (*use)(void *context, struct source *tar, const struct tar_entry *entry), void *context)
{
	struct tar_entry *entry = memory_allocate(1, sizeof *entry);
	enum status status = STATUS_OK;
	uint8_t block[TAR_BLOCK];
	uint64_t at = 0;

	for (;;) {
		if (source_read_exactly(tar, at, block, sizeof block) != STATUS_OK) {
			status = complain(reading, STATUS_DAMAGED, "a tar ends before its last block");
			break;
		}
		if (!block[0])
			break;
		if (!is_tar_header(block) || !parse_tar_number(block + 124, 12, &entry->size) ||
		    entry->size > UINT64_MAX / 4) {
			status = complain(reading, STATUS_DAMAGED, "a tar holds a header that fails its checksum");
			break;
		}
		entry->type = (char)block[156];
		entry->offset = at + TAR_BLOCK;
		at = entry->offset + (entry->size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
		if ((entry->type == 'L' || entry->type == 'x') && !take_long_name(tar, entry))
			status = complain(reading, STATUS_DAMAGED, "a long name could not be read");
		if (strchr("LxKg", entry->type) && entry->type)
			continue;
		if (!entry->name[0])
			take_short_name(block, entry);
		if ((!entry->type || entry->type == '0' || entry->type == '7') && !use(context, tar, entry))
			break;
		entry->name[0] = '\0';
	}
	memory_free(entry);
	return status;
}

static bool
use_file(void *context, struct source *tar, const struct tar_entry *entry)
{
	hand_out(context, tar, entry->name, entry->offset, entry->size);
	return true;
}

/* ---- deb ---- */

static const char *
control_value(struct arena *arena, const char *control, const char *field)
{
	for (const char *line = control; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (text_has_prefix(line, field)) {
			line += strlen(field);
			return arena_copy(arena, line, strcspn(line, "\r\n"));
		}
	return "";
}

static bool
use_control(void *context, struct source *tar, const struct tar_entry *entry)
{
	struct reading *reading = context;
	const char *name, *version;
	char *control;

	if (strcmp(entry->name, "./control") && strcmp(entry->name, "control"))
		return true;
	if (entry->size > CONTROL_BYTES_MAX)
		return false;
	control = arena_allocate(&reading->arena, (size_t)entry->size + 1);
	if (source_read_exactly(tar, entry->offset, control, (size_t)entry->size) != STATUS_OK)
		return false;
	name = control_value(&reading->arena, control, "Package: ");
	version = control_value(&reading->arena, control, "Version: ");
	reading->product = arena_format(&reading->arena, "%s%s%s", name, *name && *version ? " " : "", version);
	return false;
}

static enum status
read_ar_member(struct reading *reading, const char *name, struct source *member)
{
	bool is_control = text_has_prefix(name, "control.tar"), is_data = text_has_prefix(name, "data.tar");
	struct source *inflated = NULL;
	enum status status;

	if (!is_control && !is_data)
		return STATUS_OK;
	status = inflate_open_stream(member, reading->place, reading->notes, &inflated);
	if (status < 0)
		return status;
	status = walk_tar(reading, status == STATUS_NOT_MINE ? member : inflated, is_control ? use_control : use_file, reading);
	source_close(inflated);
	return status;
}

static enum status
read_deb(struct reading *reading, struct source *package)
{
	enum status status = STATUS_OK;
	char header[AR_HEADER_BYTES];

	for (uint64_t at = AR_MAGIC_BYTES; at < package->size; ) {
		char name[17] = "", size_text[11] = "";
		struct source *member;
		uint64_t size;

		if (source_read_exactly(package, at, header, sizeof header) != STATUS_OK || memcmp(header + 58, "`\n", 2))
			return complain(reading, STATUS_DAMAGED, "not a header of an ar archive where one should be");
		memcpy(name, header, 16);
		memcpy(size_text, header + 48, 10);
		if (!text_parse_u64(size_text, strcspn(size_text, " "), 10, &size) ||
		    size > package->size - at - sizeof header)
			return complain(reading, STATUS_DAMAGED, "a member of the ar archive is cut off");
		member = source_open_range(package, at + sizeof header, size);
		status = status_worse(status, read_ar_member(reading, name, member));
		source_close(member);
		at += sizeof header + size + size % 2;
	}
	return status;
}

/* ---- rpm ---- */

static uint32_t
big_endian(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Bytes of the header at an offset, its introduction included; 0: none is there. */
static uint64_t
header_bytes(struct source *package, uint64_t at)
{
	static const uint8_t magic[] = { 0x8E, 0xAD, 0xE8, 0x01 };
	uint8_t intro[RPM_INTRO_BYTES];
	uint64_t size;

	if (source_read_exactly(package, at, intro, sizeof intro) != STATUS_OK || memcmp(intro, magic, sizeof magic))
		return 0;
	size = RPM_INTRO_BYTES + (uint64_t)big_endian(intro + 8) * RPM_INDEX_BYTES + big_endian(intro + 12);
	return size <= RPM_HEADER_BYTES_MAX && size <= package->size - at ? size : 0;
}

static void
read_rpm_product(struct reading *reading, struct source *package, uint64_t at, uint64_t size)
{
	uint8_t *bytes = arena_allocate(&reading->arena, (size_t)size);
	struct rpm_header header;
	const char *why, *name;

	if (source_read_exactly(package, at, bytes, (size_t)size) != STATUS_OK ||
	    !rpm_header_parse(bytes + 8, (size_t)size - 8, &header, &why))
		return;
	name = rpm_header_text(&header, RPM_NAME);
	reading->product = arena_format(&reading->arena, "%s %s", name ? name : "", rpm_header_version(&header, &reading->arena));
}

static bool
parse_cpio(const char *header, uint64_t *ret_fields)
{
	for (size_t i = 0; i < CPIO_FIELDS; i++)
		if (!text_parse_u64(header + 6 + 8 * i, 8, 16, &ret_fields[i]))
			return false;
	return !memcmp(header, "07070", 5) && (header[5] == '1' || header[5] == '2');
}

/* Of several names of one file only the last has its content. */
static enum status
read_cpio(const struct reading *reading, struct source *cpio)
{
	char *name = memory_allocate(1, NAME_BYTES_MAX + 1), header[CPIO_HEADER_BYTES];
	enum status status = STATUS_OK;

	for (uint64_t at = 0; ; ) {
		uint64_t fields[CPIO_FIELDS], content;

		if (source_read_exactly(cpio, at, header, sizeof header) != STATUS_OK || !parse_cpio(header, fields) ||
		    fields[CPIO_NAME] > NAME_BYTES_MAX ||
		    source_read_exactly(cpio, at + sizeof header, name, (size_t)fields[CPIO_NAME]) != STATUS_OK) {
			status = complain(reading, STATUS_DAMAGED, "not an entry of a cpio archive where one should be");
			break;
		}
		name[fields[CPIO_NAME]] = '\0';
		if (!strcmp(name, "TRAILER!!!"))
			break;
		content = (at + sizeof header + fields[CPIO_NAME] + 3) / 4 * 4;
		if ((fields[CPIO_MODE] & MODE_TYPE) == MODE_REGULAR && fields[CPIO_SIZE])
			hand_out(reading, cpio, name, content, fields[CPIO_SIZE]);
		at = (content + fields[CPIO_SIZE] + 3) / 4 * 4;
	}
	memory_free(name);
	return status;
}

static enum status
read_rpm(struct reading *reading, struct source *package)
{
	uint64_t signatures = header_bytes(package, RPM_LEAD_BYTES), main_at, main_bytes;
	struct source *payload, *cpio = NULL;
	enum status status;

	main_at = (RPM_LEAD_BYTES + signatures + 7) / 8 * 8;
	main_bytes = signatures ? header_bytes(package, main_at) : 0;
	if (!main_bytes)
		return complain(reading, STATUS_DAMAGED, "a header of the package is cut off or none");
	read_rpm_product(reading, package, main_at, main_bytes);
	payload = source_open_range(package, main_at + main_bytes, package->size - main_at - main_bytes);
	status = inflate_open_stream(payload, reading->place, reading->notes, &cpio);
	if (status == STATUS_OK || status == STATUS_NOT_MINE)
		status = read_cpio(reading, cpio ? cpio : payload);
	source_close(cpio);
	source_close(payload);
	return status;
}

enum status
package_content_read(struct source *package, const struct place *place, const struct package_content_sink *out,
	const struct notes *notes)
{
	static const uint8_t lead[] = { 0xED, 0xAB, 0xEE, 0xDB };
	struct reading reading = { .out = out, .place = place, .notes = notes, .product = "" };
	enum status status = STATUS_NOT_MINE;
	uint8_t magic[AR_MAGIC_BYTES];

	if (source_read_exactly(package, 0, magic, sizeof magic) != STATUS_OK)
		return STATUS_NOT_MINE;
	arena_init(&reading.arena);
	if (!memcmp(magic, "!<arch>\n", sizeof magic))
		status = read_deb(&reading, package);
	else if (!memcmp(magic, lead, sizeof lead))
		status = read_rpm(&reading, package);
	arena_release(&reading.arena);
	return status;
}

enum status
package_content_read_tar(struct source *tar, const struct place *place, const struct package_content_sink *out,
	const struct notes *notes)
{
	struct reading reading = { .out = out, .place = place, .notes = notes, .product = "" };
	enum status status;

	arena_init(&reading.arena);
	status = walk_tar(&reading, tar, use_file, &reading);
	arena_release(&reading.arena);
	return status;
}
