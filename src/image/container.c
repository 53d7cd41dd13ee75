/* container.c - what an operand is, by its first and last bytes. */
#include <string.h>

#include <t1554triage/image.h>
#include <t1554triage/text.h>

#include "container.h"

#define CONVERT "convert it with \"qemu-img convert -O raw\" and give the result"
#define EXPORT  "export the files and give the folder"

struct magic {
	size_t      offset, length;
	const char *bytes, *what, *advice;
};

/* Formats that are not read, told at the beginning of the file. */
static const struct magic other_heads[] = {
	{ 0, 4, "QED", "a QEMU image (QED)", CONVERT },
	{ 64, 4, "\x7f\x10\xda\xbe", "a VirtualBox image (VDI)", CONVERT },
	{ 0, 16, "WithoutFreeSpace", "a Parallels image (HDD)", CONVERT },
	{ 0, 16, "WithouFreSpacExt", "a Parallels image (HDD)", CONVERT },
	{ 0, 5, "AFF10", "an Advanced Forensic Format image (AFF)",
		"convert it with \"affconvert -r\" and give the result" },
	{ 0, 8, "LVF\x09\x0d\x0a\xff", "a logical evidence file (L01)", EXPORT },
	{ 0, 8, "LEF2\x0d\x0a\x81", "a logical evidence file (Lx01)", EXPORT },
	{ 0, 4, "EMiL", "a memory image (LiME)", "give an image of the disk" },
	{ 0, 8, "PAGEDU64", "a Windows crash dump", "give an image of the disk" },
	{ 0, 8, "PAGEDUMP", "a Windows crash dump", "give an image of the disk" },
	{ 0, 8, "ElfFile", "a Windows event log", "give the image or the folder that holds it" },
	{ 0, 16, "SQLite format 3", "an SQLite database", "give the image or the folder that holds it" },
	{ 0, 6, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and give the folder" },
	{ 0, 6, "Rar!\x1a\x07", "a RAR archive", "unpack it and give the folder" },
	{ 0, 4, "\x04\x22\x4d\x18", "an LZ4-compressed file", "unpack it and give the result" },
	{ 0, 5, "%PDF-", "a PDF document", "give an image, a folder or an archive" },
	{ 0, 8, "\x89PNG\x0d\x0a\x1a\x0a", "a picture (PNG)", "give an image, a folder or an archive" },
	{ 0, 3, "\xff\xd8\xff", "a picture (JPEG)", "give an image, a folder or an archive" },
	{ 0, 4, "\x7f" "ELF", "an ELF program", "give an image, a folder or an archive; "
		"\"t1554triage hashset ask\" looks one file up" },
	{ 0, 5, "<?xml", "an XML document", "give an image, a folder or an archive" },
};

/* And at its end: the beginning of these may look like a raw image. */
static const struct magic other_tails[] = {
	{ 0, 4, "koly", "an Apple disk image (DMG)", "convert it with \"dmg2img\" and give the result" },
};

static const struct magic archives[] = {
	{ 0, 4, "PK\x03\x04", NULL, NULL },
	{ 0, 4, "PK\x05\x06", NULL, NULL },
	{ 257, 5, "ustar", NULL, NULL },
};

static const struct magic compressions[] = {
	{ 0, 2, "\x1f\x8b", "a gzip-compressed file", NULL },
	{ 0, 6, "\xfd" "7zXZ", "an xz-compressed file", NULL },
	{ 0, 4, "\x28\xb5\x2f\xfd", "a zstd-compressed file", NULL },
	{ 0, 3, "BZh", "a bzip2-compressed file", NULL },
};

static const char *const compressed_tar_names[] = {
	".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst", ".tzst", ".tar.bz2", ".tbz2", ".tbz", NULL
};

static const struct magic *
find_magic(const struct magic *rows, size_t count, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].offset + rows[i].length <= length &&
		    !memcmp(bytes + rows[i].offset, rows[i].bytes, rows[i].length))
			return &rows[i];
	return NULL;
}

#define FIND(rows, bytes, length) find_magic(rows, sizeof rows / sizeof *rows, bytes, length)

static bool
named_like_tar(const char *name)
{
	for (size_t i = 0; compressed_tar_names[i]; i++)
		if (text_has_suffix(name, compressed_tar_names[i]))
			return true;
	return false;
}

static struct container
container_of_archive(const uint8_t *head, size_t length)
{
	static const char aff4[] = "container.description";

	/* AFF4 is a zip whose first member has a fixed name. */
	if (length > 30 + sizeof aff4 && !memcmp(head + 30, aff4, sizeof aff4 - 1))
		return (struct container){ .what = "an Advanced Forensic Format image (AFF4)",
			.advice = "export it as raw or E01 and give the result" };
	return (struct container){ .kind = EXHIBIT_ARCHIVE, .driver = "archive" };
}

static const struct image_driver *
probe_drivers(const uint8_t *head, size_t length, const uint8_t *tail, size_t tail_length, uint64_t size)
{
	const struct image_driver *const *drivers = image_drivers();

	for (size_t i = 0; drivers[i]; i++)
		if (drivers[i]->probe(head, length) ||
		    (drivers[i]->probe_tail && drivers[i]->probe_tail(tail, tail_length, size)))
			return drivers[i];
	return NULL;
}

bool
container_is_disk(const uint8_t *head, size_t head_length, const uint8_t *tail, size_t tail_length, uint64_t size)
{
	const struct image_driver *driver = probe_drivers(head, head_length, tail, tail_length, size);

	return driver && driver->disk;
}

struct container
container_recognise(const uint8_t *head, size_t head_length, const uint8_t *tail, size_t tail_length,
	uint64_t size, const char *name)
{
	const struct magic *found = FIND(compressions, head, head_length);
	const struct image_driver *format;

	if (!head_length)
		return (struct container){ .what = "empty", .advice = "acquire or copy it again" };
	if (found && named_like_tar(name))
		return (struct container){ .kind = EXHIBIT_ARCHIVE, .driver = "archive" };
	if (found)
		return (struct container){ .what = found->what, .advice = "unpack it and give the result; "
			"a compressed tar is told by its name (.tar.gz, .tgz, .tar.xz, .tar.zst, .tar.bz2)" };
	if (FIND(archives, head, head_length))
		return container_of_archive(head, head_length);
	found = FIND(other_heads, head, head_length);
	if (!found)
		found = FIND(other_tails, tail, tail_length);
	if (found)
		return (struct container){ .what = found->what, .advice = found->advice };
	format = probe_drivers(head, head_length, tail, tail_length, size);
	return (struct container){ .kind = EXHIBIT_IMAGE, .driver = format ? format->name : NULL,
		.is_disk = format && format->disk,
		.what = "of no known form", .advice = "give an image, a folder or an archive" };
}
