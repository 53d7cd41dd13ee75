/*
 * sqlite_overlay.c - a SQLite database with its write-ahead log or rollback journal laid over it
 * ("Database File Format", sqlite.org/fileformat2.html: 1.3 the header, 3 the rollback journal, 4 the write-ahead log)
 *
 *	log     header  magic:4 version:4 page-size:4 sequence:4 salt:8 checksum:8
 *	        frame   page:4 pages-after-commit:4 salt:8 checksum:8, then the page
 *	journal header  d9d505f920a163d7 records:4 nonce:4 pages-before:4 sector:4 page-size:4, to the end of its sector
 *	        record  page:4, the page as it was, checksum:4
 *
 * Frames count up to the last one that ends a transaction; a frame with other
 * salts or a wrong checksum is left from before and ends the log.  Bytes 18 and 19 of the header are shown as 1, so that the library
 * does not look for a log: this file has read it.
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/map.h>
#include <t1554triage/sqlite_database.h>

enum {
	DATABASE_HEADER = 100, LOG_HEADER = 32, FRAME_HEADER = 24, JOURNAL_HEADER = 28,
	PAGE_SMALLEST = 512, PAGE_LARGEST = 65536,
	VERSION_WRITE = 18, VERSION_READ = 19,
};

static const uint8_t database_magic[16] = "SQLite format 3";
static const uint8_t journal_magic[8] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };

struct overlay {
	struct source  source;
	struct source *database, *log, *journal;	/* borrowed */
	struct source *laid;				/* log or journal, whichever the pages come from */
	uint32_t       page_size;
	struct map     pages;				/* page number to its offset in laid */
	uint8_t       *page;				/* one page, for checksums */
	bool           lost;				/* a part of the log or journal could not be read */
};

/* A frame of a transaction whose end was not seen yet. */
struct pending { uint32_t page; uint64_t offset; };

static bool
is_page_size(uint32_t size)
{
	return size >= PAGE_SMALLEST && size <= PAGE_LARGEST && !(size & (size - 1));
}

/* Shows versions 1 where the header says that there is a log. */
static void
hide_versions(uint64_t offset, uint8_t *bytes, size_t length)
{
	for (uint64_t at = VERSION_WRITE; at <= VERSION_READ; at++)
		if (at >= offset && at - offset < length && bytes[at - offset] == 2)
			bytes[at - offset] = 1;
}

/* Zeros stand for what is cut off: the library would refuse the rest of the file, too. */
static enum status
read_database(const struct overlay *overlay, uint64_t offset, uint8_t *bytes, size_t length)
{
	uint64_t size = overlay->database->size;
	size_t there = offset >= size ? 0 : size - offset < length ? (size_t)(size - offset) : length;
	enum status status = there ? source_read_exactly(overlay->database, offset, bytes, there) : STATUS_OK;

	if (there == length)
		return status;
	memset(bytes + there, 0, length - there);
	return status_worse(status, STATUS_DAMAGED);
}

/* Up to the end of a page. */
static enum status
read_page_part(struct source *source, uint64_t offset, uint8_t *to, size_t length, size_t *ret_length)
{
	struct overlay *overlay = (struct overlay *)source;
	uint32_t number = (uint32_t)(offset / overlay->page_size + 1);
	uint64_t within = offset % overlay->page_size, laid;
	enum status status;

	if (length > overlay->page_size - within)
		length = (size_t)(overlay->page_size - within);
	if (map_get(&overlay->pages, &number, sizeof number, &laid))
		status = source_read_exactly(overlay->laid, laid + within, to, length);
	else
		status = read_database(overlay, offset, to, length);
	hide_versions(offset, to, length);
	*ret_length = length;
	return status;
}

static enum status
read_overlay(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	return source_read_pieces(source, offset, buffer, length, ret_length, read_page_part);
}

static void
close_overlay(struct source *source)
{
	struct overlay *overlay = (struct overlay *)source;

	map_release(&overlay->pages);
	memory_free(overlay->page);
	memory_free(overlay);
}

/* The checksum of section 4.2: two sums that run on from frame to frame. */
static void
add_checksum(uint32_t sums[2], const uint8_t *bytes, size_t length, bool big_endian)
{
	struct cursor at = cursor_over(bytes, length);

	for (size_t i = 0; i + 8 <= length; i += 8) {
		sums[0] += (big_endian ? take_u32be(&at) : take_u32le(&at)) + sums[1];
		sums[1] += (big_endian ? take_u32be(&at) : take_u32le(&at)) + sums[0];
	}
}

struct log_state {
	uint32_t sums[2];
	bool     big_endian;
	uint8_t  salt[8];
};

/* What cannot be read of a log or journal may have held a transaction. */
static bool
read_beside(struct overlay *overlay, struct source *beside, uint64_t offset, void *bytes, size_t length)
{
	bool is_read = source_read_exactly(beside, offset, bytes, length) == STATUS_OK;

	overlay->lost |= !is_read;
	return is_read;
}

static bool
read_log_header(struct overlay *overlay, struct log_state *log)
{
	uint8_t header[LOG_HEADER];
	struct cursor at = cursor_over(header, sizeof header);
	uint32_t magic, page_size;

	if (!read_beside(overlay, overlay->log, 0, header, sizeof header))
		return false;
	magic = take_u32be(&at);
	take_u32be(&at);
	page_size = take_u32be(&at);
	if ((magic & ~1u) != 0x377f0682 || !is_page_size(page_size))
		return false;
	take_u32be(&at);
	memcpy(log->salt, take_bytes(&at, sizeof log->salt), sizeof log->salt);
	log->big_endian = magic & 1;
	log->sums[0] = log->sums[1] = 0;
	add_checksum(log->sums, header, LOG_HEADER - 8, log->big_endian);
	if (log->sums[0] != take_u32be(&at) || log->sums[1] != take_u32be(&at))
		return false;
	/* A database that was never written has no header yet: the log tells the size of its pages. */
	overlay->page_size = page_size;
	return true;
}

/* One frame; false where the log ends. */
static bool
read_frame(struct overlay *overlay, struct log_state *log, uint64_t offset, uint32_t *ret_page, uint32_t *ret_commit)
{
	uint8_t header[FRAME_HEADER];
	struct cursor at = cursor_over(header, sizeof header);

	if (!read_beside(overlay, overlay->log, offset, header, sizeof header) ||
	    !read_beside(overlay, overlay->log, offset + FRAME_HEADER, overlay->page, overlay->page_size))
		return false;
	*ret_page = take_u32be(&at);
	*ret_commit = take_u32be(&at);
	if (!*ret_page || memcmp(take_bytes(&at, 8), log->salt, 8))
		return false;
	add_checksum(log->sums, header, 8, log->big_endian);
	add_checksum(log->sums, overlay->page, overlay->page_size, log->big_endian);
	return log->sums[0] == take_u32be(&at) && log->sums[1] == take_u32be(&at);
}

static void
lay_log(struct overlay *overlay)
{
	struct pending *pending = NULL;
	size_t count = 0, capacity = 0;
	struct log_state log;
	uint32_t page, commit;

	if (!read_log_header(overlay, &log))
		return;
	overlay->laid = overlay->log;
	overlay->page = memory_allocate(overlay->page_size, 1);
	for (uint64_t offset = LOG_HEADER; overlay->log->size - offset >= FRAME_HEADER + overlay->page_size;
	     offset += FRAME_HEADER + overlay->page_size) {
		if (!read_frame(overlay, &log, offset, &page, &commit))
			break;
		pending = memory_grow(pending, count, &capacity, sizeof *pending);
		pending[count++] = (struct pending){ page, offset + FRAME_HEADER };
		if (!commit)
			continue;
		for (size_t i = 0; i < count; i++)
			map_set(&overlay->pages, &pending[i].page, sizeof pending[i].page, pending[i].offset);
		overlay->source.size = (uint64_t)commit * overlay->page_size;
		count = 0;
	}
	memory_free(pending);
}

/* Section 3: every 200th byte from the end, and a number drawn for this journal. */
static uint32_t
journal_checksum(const uint8_t *page, uint32_t page_size, uint32_t nonce)
{
	for (uint32_t at = page_size - 200; at > 0 && at < page_size; at -= 200)
		nonce += page[at];
	return nonce;
}

/* The records behind one header.  Returns where they end; 0 where the journal ends. */
static uint64_t
lay_journal_part(struct overlay *overlay, uint64_t offset, bool first)
{
	uint8_t header[JOURNAL_HEADER], ends[4];
	struct cursor at = cursor_over(header, sizeof header);
	uint64_t records, length = 8 + (uint64_t)overlay->page_size;
	uint32_t nonce, pages, sector;

	if (overlay->journal->size - offset < JOURNAL_HEADER ||
	    !read_beside(overlay, overlay->journal, offset, header, sizeof header) ||
	    memcmp(take_bytes(&at, sizeof journal_magic), journal_magic, sizeof journal_magic))
		return 0;
	records = take_u32be(&at);
	nonce = take_u32be(&at);
	pages = take_u32be(&at);
	sector = take_u32be(&at);
	if (take_u32be(&at) != overlay->page_size || sector < 32 || sector > 65536 || sector & (sector - 1))
		return 0;
	if (first && pages)
		overlay->source.size = (uint64_t)pages * overlay->page_size;
	offset += sector;
	if (records == UINT32_MAX)
		records = overlay->journal->size / length;
	for (; records && offset < overlay->journal->size && overlay->journal->size - offset >= length; records--) {
		struct cursor end = cursor_over(ends, sizeof ends);
		uint32_t page;

		if (!read_beside(overlay, overlay->journal, offset, ends, sizeof ends))
			return 0;
		page = take_u32be(&end);
		if (!read_beside(overlay, overlay->journal, offset + 4, overlay->page, overlay->page_size) ||
		    !read_beside(overlay, overlay->journal, offset + 4 + overlay->page_size, ends, sizeof ends))
			return 0;
		end = cursor_over(ends, sizeof ends);
		if (!page || take_u32be(&end) != journal_checksum(overlay->page, overlay->page_size, nonce))
			return 0;
		/* The first record of a page is the page as it was. */
		map_add(&overlay->pages, &page, sizeof page, offset + 4);
		offset += length;
	}
	return (offset + sector - 1) / sector * sector;
}

static void
lay_journal(struct overlay *overlay)
{
	uint64_t offset;

	overlay->laid = overlay->journal;
	overlay->page = memory_allocate(overlay->page_size, 1);
	offset = lay_journal_part(overlay, 0, true);
	while (offset && offset < overlay->journal->size)
		offset = lay_journal_part(overlay, offset, false);
}

static bool
is_hot(struct overlay *overlay, struct source *journal)
{
	uint8_t head[sizeof journal_magic];

	return journal && journal->size >= JOURNAL_HEADER && read_beside(overlay, journal, 0, head, sizeof head) &&
	       !memcmp(head, journal_magic, sizeof head);
}

/* What the pages of the overlay do not bring and the file does not hold any more. */
static enum status
check_length(struct overlay *overlay, const struct place *place, const struct notes *notes)
{
	uint8_t header[DATABASE_HEADER];
	struct cursor at = cursor_at(header, sizeof header, 24);
	uint32_t changes, pages;
	uint64_t there, whole;

	if (source_read_exactly(&overlay->source, 0, header, sizeof header) < STATUS_DAMAGED)
		return note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, place,
			"%s: its first page cannot be read: nothing in it was used", place->path);
	changes = take_u32be(&at);
	pages = take_u32be(&at);
	/* The size in the header counts only where it was written with the last change. */
	at = cursor_at(header, sizeof header, 92);
	whole = (uint64_t)pages * overlay->page_size;
	if (take_u32be(&at) != changes || whole <= overlay->source.size)
		return STATUS_OK;
	there = overlay->source.size;
	overlay->source.size = whole;
	return note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, place, "%s is cut off: %llu of its %llu bytes are there",
		place->path, (unsigned long long)there, (unsigned long long)whole);
}

enum status
sqlite_overlay_open(struct source *database, struct source *log, struct source *journal,
	const struct place *place, const struct notes *notes, struct source **ret_overlay)
{
	uint8_t header[DATABASE_HEADER];
	struct cursor at = cursor_at(header, sizeof header, 16);
	struct overlay *overlay;
	bool has_header = database->size >= sizeof header &&
		source_read_exactly(database, 0, header, sizeof header) >= STATUS_DAMAGED;

	if (has_header && memcmp(header, database_magic, sizeof database_magic))
		return STATUS_NOT_MINE;
	overlay = memory_allocate(1, sizeof *overlay);
	*overlay = (struct overlay){ .database = database, .log = log, .journal = journal,
		.source = { .size = database->size, .read = read_overlay, .close = close_overlay,
			.damage = database->damage } };
	map_init(&overlay->pages);
	overlay->page_size = has_header ? take_u16be(&at) : 0;
	if (overlay->page_size == 1)
		overlay->page_size = PAGE_LARGEST;
	if (log && log->size > LOG_HEADER)
		lay_log(overlay);
	else if (is_page_size(overlay->page_size) && is_hot(overlay, journal))
		lay_journal(overlay);
	if (!is_page_size(overlay->page_size)) {
		close_overlay(&overlay->source);
		return STATUS_NOT_MINE;
	}
	*ret_overlay = &overlay->source;
	if (overlay->lost)
		return status_worse(check_length(overlay, place, notes), note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, place,
			"the log or journal beside %s could not be read whole: its last transactions may be missing", place->path));
	return check_length(overlay, place, notes);
}
