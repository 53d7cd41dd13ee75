/*
 * registry_log.c - the changes of a hive that Windows had not written out yet.
 *
 *	SYSTEM		"regf", number of the write that was begun 4, of the one that was ended 4, FILETIME 8, version 8, type 4 (0),
 *			form 4, root 4, bytes of cells 4, sector / 512 4, ... at 508 all words before joined by exclusive or;
 *			dirty: begun and ended differ, or the sum is another
 *	SYSTEM.LOG1	the first sector of the same, type 6 (Windows 8.1 and later) or 1, 2 (before)
 *	    type 6	from 512 on: "HvLE", length 4, flags 4, sequence number 4, bytes of cells 4, pages 4, hash 8, hash 8;
 *			for each page its place 4 and length 4; the pages.  The first hash covers all behind the second, the
 *			second one the 32 bytes before it (Marvin32).  The first number is the one that its first block says was
 *			begun, each further one the next; what stands behind with a lower number is of former rounds
 *	    type 1, 2	from the second sector on: "DIRT", a bit for each 512 bytes of cells; from the next sector on those whose
 *			bit is set.  It fits where both were last written at the same time
 *
 * Specification: Windows registry file format specification (github.com/msuhanov/regf), "Format of transaction log files",
 * "Dirty state of a hive", "Multiple transaction log files".  As Windows does: of logs of type 6 the one with the earlier changes
 * comes first and the other must go on where it ends; where the first block of the hive itself is damaged, it is taken from
 * the log with the latest changes, and that log alone is applied.  The first change may lie behind the last one that
 * the hive has: then those between were written to it without its first block.
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "registry_log.h"

enum {
	FIRST_BLOCK = 4096, SUMMED = 508, SECTOR = 512, BIN_UNIT = 4096,
	TYPE_OLD = 1, TYPE_OLD_TOO = 2, TYPE_NEW = 6, TYPE_AT = 28,
	ENTRY_HEAD = 40, HASHED_HEAD = 32, REFERENCE = 8,
	SECTORS_MAX = 8,
};

struct first_block {
	bool     is_valid;
	uint32_t begun, ended, type, bytes, sector_bytes;
	uint64_t written;		/* FILETIME */
};

struct log {
	const struct artifact *artifact;
	struct buffer          bytes;
	struct first_block     block;
	size_t                 changes;		/* that were applied */
	const char            *reason;		/* why nothing of it was, or nothing more; NULL */
	bool                   is_harmless;	/* nothing is lost thereby */
};

/* One "HvLE" whose lengths and hashes fit. */
struct entry {
	uint32_t       number, bytes, pages;
	const uint8_t *references, *content, *end;
	size_t         length;
};

struct applying {
	struct registry_hive *hive;
	struct first_block    block;		/* of the hive */
	struct log            logs[REGISTRY_LOGS_MAX];
	size_t                log_count;
	const struct notes   *notes;
};

/* ---- sums ---- */

static uint32_t
rotate(uint32_t value, unsigned count)
{
	return value << count | value >> (32 - count);
}

static void
marvin_mix(uint32_t *low, uint32_t *high)
{
	*high ^= *low;
	*low = rotate(*low, 20) + *high;
	*high = rotate(*high, 9) ^ *low;
	*low = rotate(*low, 27) + *high;
	*high = rotate(*high, 19);
}

/* Marvin32 (US patent 20130262421) with the seed that registries use. */
static uint64_t
marvin32(const uint8_t *bytes, size_t length)
{
	uint32_t low = 0x884DEF82, high = 0xC5554E7A;
	struct cursor c = cursor_over(bytes, length);
	size_t rest = length % 4;

	while ((size_t)(c.end - c.at) >= 4) {
		low += take_u32le(&c);
		marvin_mix(&low, &high);
	}
	low += (uint32_t)take_le(&c, rest) | 0x80u << 8 * rest;
	marvin_mix(&low, &high);
	marvin_mix(&low, &high);
	return (uint64_t)high << 32 | low;
}

static uint32_t
sum_of_block(const uint8_t *bytes)
{
	struct cursor c = cursor_over(bytes, SUMMED);
	uint32_t sum = 0;

	while (c.at < c.end)
		sum ^= take_u32le(&c);
	return sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum;
}

/* ---- first blocks ---- */

static struct first_block
read_block(const struct buffer *bytes)
{
	struct cursor c = cursor_over(bytes->bytes, bytes->length);
	const uint8_t *magic = take_bytes(&c, 4);
	struct first_block block = { .is_valid = false };

	block.begun = take_u32le(&c);
	block.ended = take_u32le(&c);
	block.written = take_u64le(&c);
	take_bytes(&c, 8);
	block.type = take_u32le(&c);
	take_bytes(&c, 8);
	block.bytes = take_u32le(&c);
	block.sector_bytes = take_u32le(&c);
	block.sector_bytes = block.sector_bytes && block.sector_bytes <= SECTORS_MAX ? block.sector_bytes * SECTOR : SECTOR;
	c = cursor_at(bytes->bytes, bytes->length, SUMMED);
	block.is_valid = take_u32le(&c) == (bytes->length >= SECTOR ? sum_of_block((const uint8_t *)bytes->bytes) : 0) && !c.failed &&
		!memcmp(magic, "regf", 4);
	return block;
}

/* The first block as the log has it, which is a whole one but for its type. */
static void
restore_block(struct applying *at, const struct log *log)
{
	memcpy(at->hive->bytes.bytes, log->bytes.bytes, SECTOR);
	memset(at->hive->bytes.bytes + TYPE_AT, 0, 4);
}

/* ---- one change of the newer form ---- */

/* False with a reason where it is none; NULL: what follows is of a former round, or nothing. */
static bool
read_entry(const struct log *log, size_t offset, uint32_t wanted, struct entry *ret_entry, const char **ret_reason)
{
	struct cursor c = cursor_at(log->bytes.bytes, log->bytes.length, offset);
	const uint8_t *begin = c.at, *magic = take_bytes(&c, 4);
	struct entry entry = { .length = take_u32le(&c) };
	uint64_t first_hash, second_hash;

	*ret_reason = NULL;
	take_bytes(&c, 4);
	entry.number = take_u32le(&c);
	entry.bytes = take_u32le(&c);
	entry.pages = take_u32le(&c);
	first_hash = take_u64le(&c);
	second_hash = take_u64le(&c);
	if (!magic || memcmp(magic, "HvLE", 4) != 0)
		return false;
	*ret_reason = "a change is cut off";
	if (c.failed)
		return false;
	*ret_reason = "the head of a change does not fit its checksum";
	if (marvin32(begin, HASHED_HEAD) != second_hash)
		return false;
	*ret_reason = entry.number < wanted ? NULL : "a change is missing before one that is there";
	if (entry.number != wanted)
		return false;
	*ret_reason = "a change does not fit its checksum, or is cut off";
	if (entry.length < ENTRY_HEAD || entry.length - ENTRY_HEAD > (size_t)(c.end - c.at) ||
	    marvin32(c.at, entry.length - ENTRY_HEAD) != first_hash)
		return false;
	*ret_reason = "a change has lengths that cannot be";
	entry.end = c.at + (entry.length - ENTRY_HEAD);
	if (entry.length % SECTOR || entry.bytes % BIN_UNIT || entry.pages > (entry.length - ENTRY_HEAD) / REFERENCE)
		return false;
	entry.references = c.at;
	entry.content = c.at + (size_t)entry.pages * REFERENCE;
	*ret_entry = entry;
	return true;
}

/* Room for all cells that a log tells of; false: there are more than limits allow. */
static bool
grow_hive(struct registry_hive *hive, uint32_t bytes)
{
	size_t wanted = (size_t)FIRST_BLOCK + bytes, more = wanted > hive->bytes.length ? wanted - hive->bytes.length : 0;
	char *room;

	if (wanted > limit_get(LIMIT_HIVE_BYTES))
		return false;
	room = more ? buffer_room(&hive->bytes, more) : NULL;
	if (room) {
		memset(room, 0, more);
		buffer_added(&hive->bytes, more);
	}
	return !more || room;
}

/* All of a change or nothing: its pages are looked at before the first one is laid over the hive. */
static bool
pages_fit(const struct entry *entry)
{
	struct cursor c = cursor_over(entry->references, (size_t)entry->pages * REFERENCE);
	size_t left = (size_t)(entry->end - entry->content);

	for (uint32_t i = 0; i < entry->pages; i++) {
		uint32_t place = take_u32le(&c), length = take_u32le(&c);

		if (length > left || place > entry->bytes || length > entry->bytes - place)
			return false;
		left -= length;
	}
	return true;
}

static bool
apply_entry(struct registry_hive *hive, const struct entry *entry, const char **ret_reason)
{
	struct cursor c = cursor_over(entry->references, (size_t)entry->pages * REFERENCE);
	const uint8_t *content = entry->content;

	*ret_reason = "a change has pages that lie outside of the hive";
	if (!pages_fit(entry))
		return false;
	*ret_reason = "with its changes the hive has more bytes than are read of one (limit hive-bytes)";
	if (!grow_hive(hive, entry->bytes))
		return false;
	*ret_reason = NULL;
	for (uint32_t i = 0; i < entry->pages; i++) {
		uint32_t place = take_u32le(&c), length = take_u32le(&c);

		if (length)
			memcpy(hive->bytes.bytes + FIRST_BLOCK + place, content, length);
		content += length;
	}
	return true;
}

/* What it holds is in the hive already. */
static void
leave(struct log *log, const char *reason)
{
	log->reason = reason;
	log->is_harmless = true;
}

/* From the given number on; the number that would come next. */
static uint32_t
apply_changes(struct applying *at, struct log *log, uint32_t number)
{
	size_t offset = SECTOR;
	struct entry entry;

	while (read_entry(log, offset, number, &entry, &log->reason) && apply_entry(at->hive, &entry, &log->reason)) {
		log->changes++;
		offset += entry.length;
		number++;
	}
	if (!log->changes && !log->reason)
		leave(log, "it holds no change");
	at->hive->changes += log->changes;
	return number;
}

/* ---- logs of the newer form ---- */

static bool
is_new(const struct log *log)
{
	return log->block.is_valid && log->block.type == TYPE_NEW;
}

static bool
is_old(const struct log *log)
{
	return log->block.is_valid && (log->block.type == TYPE_OLD || log->block.type == TYPE_OLD_TOO);
}

/* The log with the earliest changes that was not looked at, or with the latest ones; NULL: none is left. */
static struct log *
next_log(struct applying *at, bool is_latest)
{
	struct log *found = NULL;

	for (size_t i = 0; i < at->log_count; i++) {
		struct log *log = &at->logs[i];

		if (is_new(log) && !log->reason && !log->changes &&
		    (!found || (is_latest ? log->block.begun > found->block.begun : log->block.begun < found->block.begun)))
			found = log;
	}
	return found;
}

static void
apply_new_to_damaged(struct applying *at)
{
	struct log *log = next_log(at, true);

	if (!log)
		return;
	apply_changes(at, log, log->block.begun);
	if (log->changes)
		restore_block(at, log);
	while ((log = next_log(at, true)))
		log->reason = "the first block of the hive is damaged, so that only the log with the latest changes can be applied";
}

static void
apply_new(struct applying *at)
{
	struct log *log;
	uint32_t next = 0;

	if (!at->block.is_valid) {
		apply_new_to_damaged(at);
		return;
	}
	while ((log = next_log(at, false))) {
		if (log->block.begun < at->block.ended)
			leave(log, "its changes are older than the hive");
		else if (at->hive->changes && log->block.begun < next)
			leave(log, "its changes are older than those of the other log");
		else if (at->hive->changes && log->block.begun > next)
			log->reason = "changes are missing between those of the other log and its own";
		else
			next = apply_changes(at, log, log->block.begun);
	}
}

/* ---- logs of the older form ---- */

static bool
bit_is_set(const uint8_t *bits, size_t number)
{
	return bits[number / 8] >> number % 8 & 1;
}

/* Bins from the first on, each with its place and length: false where a dirty page lies in one that is none. */
static bool
bins_fit(const uint8_t *cells, size_t length, const uint8_t *bits)
{
	for (size_t at = 0; at < length; ) {
		struct cursor c = cursor_over(cells + at, length - at);
		const uint8_t *magic = take_bytes(&c, 4);
		uint32_t place = take_u32le(&c), bytes = take_u32le(&c);
		bool is_bin = !c.failed && !memcmp(magic, "hbin", 4) && place == at && bytes >= BIN_UNIT && bytes % BIN_UNIT == 0 &&
			bytes <= length - at;

		for (size_t page = at; !is_bin && page < length; page += SECTOR)
			if (bit_is_set(bits, page / SECTOR))
				return false;
		if (!is_bin)
			return true;
		at += bytes;
	}
	return true;
}

/* Reads what is dirty over a copy of the cells; NULL, or why it cannot be. */
static const char *
lay_pages(struct buffer *cells, const struct log *log)
{
	size_t sector = log->block.sector_bytes, pages = cells->length / SECTOR;
	size_t from = (sector + 4 + (pages + 7) / 8 + sector - 1) / sector * sector;
	struct cursor c = cursor_at(log->bytes.bytes, log->bytes.length, sector), content;
	const uint8_t *magic = take_bytes(&c, 4), *bits = take_bytes(&c, (pages + 7) / 8);

	content = cursor_at(log->bytes.bytes, log->bytes.length, from);
	if (c.failed || memcmp(magic, "DIRT", 4) != 0)
		return "it holds no change";
	for (size_t i = 0; i < pages && !content.failed; i++) {
		const uint8_t *page = bit_is_set(bits, i) ? take_bytes(&content, SECTOR) : NULL;

		if (page)
			memcpy(cells->bytes + i * SECTOR, page, SECTOR);
	}
	if (content.failed)
		return "it is cut off";
	return bins_fit((const uint8_t *)cells->bytes, cells->length, bits) ? NULL : "what it holds does not fit the hive";
}

/* When the hive was written last: its first bin says so, too. */
static uint64_t
written_of(const struct applying *at)
{
	struct cursor c = cursor_at(at->hive->bytes.bytes, at->hive->bytes.length, FIRST_BLOCK + 20);

	return at->block.is_valid ? at->block.written : take_u64le(&c);
}

static void
apply_old(struct applying *at, struct log *log)
{
	struct registry_hive *hive = at->hive;
	struct buffer cells;

	log->reason = log->block.begun != log->block.ended ? "it was not written to its end"
		: log->block.written != written_of(at) ? "it is of another time than the hive"
		: log->block.bytes % BIN_UNIT ? "it has lengths that cannot be"
		: !grow_hive(hive, log->block.bytes)
		? "with its changes the hive has more bytes than are read of one (limit hive-bytes)" : NULL;
	if (log->reason)
		return;
	buffer_init(&cells, 0);
	buffer_add(&cells, hive->bytes.bytes + FIRST_BLOCK, log->block.bytes);
	log->reason = lay_pages(&cells, log);
	if (!log->reason) {
		memcpy(hive->bytes.bytes + FIRST_BLOCK, cells.bytes, cells.length);
		if (!at->block.is_valid)
			restore_block(at, log);
		hive->changes += ++log->changes;
	}
	buffer_release(&cells);
}

/* ---- all logs ---- */

static enum status
read_log(struct log *log, const struct notes *notes)
{
	const struct artifact *artifact = log->artifact;
	struct source *source;
	enum status status = artifact_open(artifact, notes, &source), got;

	if (status < STATUS_DAMAGED) {
		log->reason = "it could not be read";
		return status;
	}
	if (source->size > limit_get(LIMIT_HIVE_BYTES)) {
		source_close(source);
		log->reason = "it has more bytes than are read of one";
		return note(notes, STATUS_UNREADABLE, NOTE_LIMIT_HIT, &artifact->place, "%s has more bytes than are read of the log of "
			"a hive (limit hive-bytes): nothing of it was used", artifact->path);
	}
	got = source_read_all(source, (size_t)limit_get(LIMIT_HIVE_BYTES), &log->bytes);
	source_close(source);
	if (got < STATUS_OK)
		status = status_worse(status, note(notes, got, NOTE_ARTIFACT_UNREADABLE, &artifact->place,
			"%s could not be read whole: changes of the registry that it holds may be missing", artifact->path));
	log->block = read_block(&log->bytes);
	if (!log->bytes.length && !status)
		leave(log, "it is empty");
	else if (!is_new(log) && !is_old(log))
		log->reason = "its first block is damaged, or none of a log";
	return status;
}

static void
tell(const struct applying *at, const struct artifact *artifact)
{
	bool is_lacking = !at->hive->changes;
	struct buffer text;

	for (size_t i = 0; i < at->log_count; i++)
		is_lacking |= at->logs[i].reason && !at->logs[i].is_harmless;
	buffer_init(&text, 0);
	buffer_add_format(&text, "%s was not written out whole%s%s (", artifact->path, at->hive->changes ? ": what its logs hold was laid "
		"over it in memory, as Windows does when it starts" : ", and no log beside it could be applied",
		is_lacking ? "; the latest programs may be missing" : "");
	for (size_t i = 0; i < at->log_count; i++) {
		const struct log *log = &at->logs[i];

		buffer_add_format(&text, "%s%s: ", i ? "; " : "", text_base_name(log->artifact->path));
		if (log->changes)
			buffer_add_format(&text, "%zu change%s%s", log->changes, log->changes == 1 ? "" : "s", log->reason ? ", then " : "");
		buffer_add_text(&text, log->reason ? log->reason : "");
	}
	buffer_add_text(&text, at->log_count ? ")" : "there is none)");
	note(at->notes, STATUS_OK, at->hive->changes ? NOTE_JOURNAL_REPLAYED : NOTE_WITNESS_NOT_READ, &artifact->place, "%s", text.bytes);
	buffer_release(&text);
}

enum status
registry_logs_apply(struct registry_hive *hive, const struct artifact *artifact, const struct registry_logs *logs,
	const struct notes *notes)
{
	struct applying at = { .hive = hive, .block = read_block(&hive->bytes), .notes = notes };
	enum status status = STATUS_OK;

	hive->is_dirty = !at.block.is_valid || at.block.begun != at.block.ended;
	if (!hive->is_dirty)
		return STATUS_OK;
	for (size_t i = 0; i < logs->count; i++) {
		struct log *log = &at.logs[at.log_count++];

		log->artifact = logs->items[i];
		buffer_init(&log->bytes, 0);
		status = status_worse(status, read_log(log, notes));
	}
	apply_new(&at);
	for (size_t i = 0; i < at.log_count; i++)
		if (is_old(&at.logs[i]) && !hive->changes && !at.logs[i].reason)
			apply_old(&at, &at.logs[i]);
	tell(&at, artifact);
	for (size_t i = 0; i < at.log_count; i++)
		buffer_release(&at.logs[i].bytes);
	return status;
}
