/*
 * acquisition_errors.c - sectors that tools of acquisition record as unreadable.
 *
 *	ddrescue	0x4F29D000  0x00002000  -		bytes; all states but '+' were not read (its manual, Mapfile structure)
 *	dc3dd		[!!] reading `/dev/sdb' at sector 1000 : Input/output error
 *			[!!] 4 occurences while reading `/dev/sdb' from sector 2001 to sector 2004
 *			[!!] reading `/dev/sdb' in sector range 8-15
 *			13 bad sectors replaced by zeros	how many there are (dc3dd 7.2.646, report_read_error)
 *	guymager	During acquisition, 3 bad sectors have been encountered. [...] The sector numbers are:
 *			300-301, 400				(guymager 0.8.13, InfoAcquisitionBadSectors)
 *	FTK Imager	The following sector(s) on the source drive could not be read:
 *			491584 through 491591			(Nikkel, Practical Forensic Imaging, 2016, chapter 6)
 *	ewfacquire	at sector(s): 1000 - 1008 number: 8 (offset: 0x0007d000 of size: 4096)
 *	dcfldd		dcfldd:/dev/sdb: Input/output error	its error log does not say where
 *
 * Zeros stand in an image where these were, and its digests are right: nothing else tells that they were not on the medium.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "acquisition_errors.h"

enum { RANGES_MAX = 100000, SECTOR_BYTES = 512 };	/* beyond them damage is one range to the end */

struct lost { uint64_t offset, length, line; char state; };	/* bytes; state: ddrescue's, 0: none */

struct acquisition_errors {
	struct image *image;
	const struct notes *notes;
	const char  *file, *tool;
	void       (*take)(struct acquisition_errors *errors, const char *line);
	uint64_t     line;
	struct lost *lost;
	size_t       count, capacity;
	size_t       ours;		/* of them, from the first on: those of this image */
	uint64_t     sector;		/* bytes */
	uint64_t     skipped;		/* sectors of the medium in front of the image */
	uint64_t     stated, listed;	/* sectors that there are, and that were told */
	uint64_t     run_stated, run_listed;	/* dc3dd: of a run whose image is not known yet */
	char         input[256];	/* dc3dd: what this run reads, as far as that is known */
	uint64_t     elsewhere;		/* errors whose place is not told */
	uint64_t     end;		/* ddrescue: of the last range, bytes */
	bool         is_begun;		/* ddrescue: behind the line with the current position; else: within a list of sectors */
	bool         is_unclear;	/* ddrescue: a line is no range */
};

bool
acquisition_names_image(const struct image *image, const char *name, size_t length)
{
	const char *own = text_base_name(image->exhibit->segments[0].path);

	for (size_t i = length; i > 0; i--)
		if (name[i - 1] == '/' || name[i - 1] == '\\') {
			name += i;
			length -= i;
			break;
		}
	return strlen(own) == length && !memcmp(own, name, length);
}

/* ---- what is common to them ---- */

static void
lose(struct acquisition_errors *errors, uint64_t offset, uint64_t length, char state)
{
	uint64_t size = errors->image->source->size;

	if (offset >= size || !length || errors->count > RANGES_MAX)
		return;
	if (length > size - offset || errors->count == RANGES_MAX)
		length = size - offset;
	errors->lost = memory_grow(errors->lost, errors->count, &errors->capacity, sizeof *errors->lost);
	errors->lost[errors->count++] = (struct lost){ offset, length, errors->line, state };
}

/* Sectors of the medium, the last one among them. */
static void
lose_sectors(struct acquisition_errors *errors, uint64_t first, uint64_t last)
{
	uint64_t before = first < errors->skipped ? errors->skipped - first : 0, offset, length;

	if (last < first || last - first < before)
		return;
	errors->run_listed += last - first + 1;
	if (__builtin_mul_overflow(first + before - errors->skipped, errors->sector, &offset))
		return;
	if (__builtin_mul_overflow(last - first - before + 1, errors->sector, &length))
		length = UINT64_MAX;
	lose(errors, offset, length, 0);
}

/* Behind it there are blanks no more.  Signs and what is too large are no number. */
static bool
take_number(const char **at, uint64_t *ret_number)
{
	const char *start = *at;
	bool is_hex = start[0] == '0' && (start[1] == 'x' || start[1] == 'X');
	size_t length = strspn(is_hex ? start + 2 : start, is_hex ? "0123456789abcdefABCDEF" : "0123456789");
	bool is_number = is_hex ? text_parse_u64(start + 2, length, 16, ret_number) : text_parse_u64(start, length, 10, ret_number);

	*at = start + length + (is_hex ? 2 : 0);
	while (isspace((unsigned char)**at))
		(*at)++;
	return length && is_number;
}

static bool
take_word(const char **at, const char *word)
{
	if (!text_has_prefix(*at, word))
		return false;
	*at += strlen(word);
	while (isspace((unsigned char)**at))
		(*at)++;
	return true;
}

static bool
number_behind(const char *line, const char *mark, uint64_t *ret_number)
{
	const char *at = strstr(line, mark);

	return at && take_word(&at, mark) && take_number(&at, ret_number);
}

/* "300", "300-301, 400", "300 through 301": false where the list has ended. */
static bool
take_list(struct acquisition_errors *errors, const char *line, const char *between)
{
	uint64_t first, last;

	if (!isdigit((unsigned char)*line))
		return false;
	while (take_number(&line, &first)) {
		last = first;
		if (take_word(&line, between) && !take_number(&line, &last))
			break;
		lose_sectors(errors, first, last);
		take_word(&line, ",");
	}
	return true;
}

/* What was met so far belongs to this image. */
static void
keep(struct acquisition_errors *errors)
{
	errors->ours = errors->count;
	errors->stated += errors->run_stated;
	errors->listed += errors->run_listed;
	errors->run_stated = errors->run_listed = 0;
}

/* ---- tools ---- */

static void
take_ddrescue(struct acquisition_errors *errors, const char *line)
{
	uint64_t offset, length;

	if (!*line || *line == '#')
		return;
	if (!errors->is_begun) {	/* the first line: where ddrescue was, and what it did */
		errors->is_begun = true;
		return;
	}
	if (!take_number(&line, &offset) || !take_number(&line, &length) || !*line || !strchr("?*/-+", *line)) {
		errors->is_unclear = true;
		return;
	}
	if (*line != '+')
		lose(errors, offset, length, *line);
	if (__builtin_add_overflow(offset, length, &offset))
		offset = UINT64_MAX;
	if (offset > errors->end)
		errors->end = offset;
}

static void
take_dc3dd_command(struct acquisition_errors *errors, const char *line)
{
	const char *input = strstr(line, " if=");
	size_t length = input ? strcspn(input + 4, " ") : 0;

	if (!number_behind(line, " iskip=", &errors->skipped))
		errors->skipped = 0;
	snprintf(errors->input, sizeof errors->input, "%.*s", (int)(length < sizeof errors->input ? length : 0), input ? input + 4 : "");
}

/* Of what dc3dd reads, and not of the image that it reads again to verify it. */
static bool
is_of_medium(const struct acquisition_errors *errors, const char *name, size_t length)
{
	return !acquisition_names_image(errors->image, name, length) ||
		(strlen(errors->input) == length && !memcmp(errors->input, name, length));
}

/* A log goes on with the next run; which image is meant stands behind the errors of each. */
static void
take_dc3dd(struct acquisition_errors *errors, const char *line)
{
	const char *open = strchr(line, '`'), *close = open ? strrchr(open, '\'') : NULL;
	size_t length = close ? (size_t)(close - open - 1) : 0;
	uint64_t first, last;
	const char *at = line;

	if (text_has_prefix(line, "dc3dd ") && strstr(line, " started at ")) {
		errors->count = errors->ours;
		errors->run_stated = errors->run_listed = errors->skipped = 0;
		errors->sector = SECTOR_BYTES;
		*errors->input = '\0';
	} else if (text_has_prefix(line, "command line:")) {
		take_dc3dd_command(errors, line);
	} else if (number_behind(line, "sector size:", &first)) {
		errors->sector = first ? first : SECTOR_BYTES;
	} else if (text_has_prefix(line, "output results for")) {
		if (close && acquisition_names_image(errors->image, open + 1, length))
			keep(errors);
	} else if (strstr(line, " bad sectors replaced by zeros")) {
		if (take_number(&at, &first))
			errors->run_stated += first;
	} else if (strstr(line, "reading `") && close && is_of_medium(errors, open + 1, length)) {
		if (number_behind(line, " at sector ", &first)) {
			lose_sectors(errors, first, first);
		} else if (number_behind(line, " from sector ", &first) && number_behind(line, " to sector ", &last)) {
			lose_sectors(errors, first, last);
		} else if ((at = strstr(line, " in sector range "))) {
			take_word(&at, " in sector range ");
			take_list(errors, at, "-");
		}
	}
}

/* What could not be read while the medium was read a second time is in the image. */
static void
take_guymager(struct acquisition_errors *errors, const char *line)
{
	uint64_t count;

	if (text_has_prefix(line, "During acquisition, ")) {
		errors->is_begun = true;
		if (number_behind(line, "During acquisition, ", &count))
			errors->run_stated += count;
	} else if (errors->is_begun && *line) {
		errors->is_begun = take_list(errors, line, "-");
	}
}

static void
take_ftk(struct acquisition_errors *errors, const char *line)
{
	static const char begins[] = "could not be read:";
	const char *at = strstr(line, begins);
	uint64_t bytes;

	if (number_behind(line, "Bytes per Sector:", &bytes)) {
		errors->sector = bytes ? bytes : SECTOR_BYTES;
	} else if (at) {
		take_word(&at, begins);
		errors->is_begun = !*at || take_list(errors, at, "through");
	} else if (errors->is_begun && *line) {
		errors->is_begun = take_list(errors, line, "through");
	}
}

/* The second number is not the last sector but the one behind it. */
static void
take_ewfacquire(struct acquisition_errors *errors, const char *line)
{
	uint64_t first, count;

	if (number_behind(line, "at sector(s):", &first) && number_behind(line, "number:", &count) && count)
		lose_sectors(errors, first, first + count - 1);
	else if (number_behind(line, "Bytes per sector:", &count) && count)
		errors->sector = count;
}

static void
take_dcfldd(struct acquisition_errors *errors, const char *line)
{
	if (text_has_prefix(line, "dcfldd:") && strstr(line, "Input/output error"))
		errors->elsewhere++;
}

static const struct tool {
	const char *name;
	void      (*take)(struct acquisition_errors *errors, const char *line);
} tools[] = {
	{ "ddrescue", take_ddrescue },
	{ "dc3dd", take_dc3dd },
	{ "guymager", take_guymager },
	{ "FTK Imager", take_ftk },
	{ "ewfacquire", take_ewfacquire },
	{ "dcfldd", take_dcfldd },
};

/* ---- ranges of the medium ---- */

struct acquisition_errors *
acquisition_errors_open(struct image *image, const struct notes *notes, const char *file, const char *tool)
{
	struct acquisition_errors *errors;

	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
		if (strcmp(tools[i].name, tool))
			continue;
		errors = memory_allocate(1, sizeof *errors);
		*errors = (struct acquisition_errors){ .image = image, .notes = notes, .file = file, .tool = tool,
			.take = tools[i].take, .sector = SECTOR_BYTES };
		return errors;
	}
	return NULL;
}

void
acquisition_errors_take(struct acquisition_errors *errors, uint64_t number, const char *line)
{
	errors->line = number;
	errors->take(errors, line);
}

static struct place
place_of(const struct acquisition_errors *errors)
{
	return (struct place){ .evidence = errors->image->exhibit->id, .path = errors->file };
}

static void
note_range(const struct acquisition_errors *errors, const struct lost *lost)
{
	uint32_t sector = errors->image->sector_size;
	struct note one = { .kind = NOTE_ACQUISITION_ERROR, .status = STATUS_DAMAGED, .incomplete = true, .at = place_of(errors),
		.length = lost->length };
	const char state[] = { ' ', '(', 's', 't', 'a', 't', 'e', ' ', '\'', lost->state, '\'', ')', '\0' };
	char text[160];

	one.at.offset = lost->offset;
	one.at.line = lost->line;
	snprintf(text, sizeof text, "%s could not read sectors %" PRIu64 " to %" PRIu64 " of the medium%s", errors->tool,
		lost->offset / sector, (lost->offset + lost->length - 1) / sector, lost->state ? state : "");
	one.text = text;
	note_add(errors->notes, &one);
}

static void
mark_ranges(const struct acquisition_errors *errors)
{
	struct image *image = errors->image;
	uint64_t limit = limit_get(LIMIT_DAMAGE_NOTES), noted = 0;
	struct place place = place_of(errors);

	for (size_t i = 0; i < errors->ours; i++) {
		const struct lost *lost = &errors->lost[i];

		damage_add(&image->acquisition_errors, lost->offset, lost->length);
		if (damage_add(&image->damage, lost->offset, lost->length) && noted++ < limit)
			note_range(errors, lost);
	}
	if (noted > limit)
		note(errors->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &place, "%s could not read %" PRIu64
			" ranges of sectors: the first %" PRIu64 " are listed, all are taken as unreadable", errors->tool, noted, limit);
}

/* Errors whose sectors nobody tells: any file may have zeros in place of what was on the medium. */
static void
note_elsewhere(const struct acquisition_errors *errors)
{
	uint64_t without = errors->stated > errors->listed ? errors->stated - errors->listed : errors->elsewhere;
	struct place place = place_of(errors);

	if (without)
		note(errors->notes, STATUS_DAMAGED, NOTE_ACQUISITION_ERROR, &place, "%s met errors (%" PRIu64 ") of which this log does not "
			"tell where they were: any file may hold zeros in place of what was on the medium; look for a log that "
			"lists the sectors and put it beside the image", errors->tool, without);
	else if (errors->count > errors->ours)
		note(errors->notes, STATUS_DAMAGED, NOTE_ACQUISITION_ERROR, &place, "%s could not read sectors (%" PRIu64 ") for an image "
			"of another name: if this image is it, it has zeros there, and is to be examined under its first name",
			errors->tool, errors->run_listed);
}

/* What a map that ends early, or is damaged, says nothing of was not acquired as far as anybody knows. */
static void
note_map(struct acquisition_errors *errors, bool is_cut)
{
	struct place place = place_of(errors);

	if (errors->is_unclear)
		note(errors->notes, STATUS_DAMAGED, NOTE_ACQUISITION_ERROR, &place, "a line of this map of ddrescue is no range: what it said "
			"of the medium is not known; put a whole copy of the map beside the image");
	if (errors->end < errors->image->source->size && (errors->end || is_cut))
		lose(errors, errors->end, UINT64_MAX, '?');
}

enum status
acquisition_errors_close(struct acquisition_errors *errors, bool is_cut)
{
	enum status status;
	struct place place;

	if (!errors)
		return STATUS_OK;
	place = place_of(errors);
	if (errors->take == take_ddrescue)
		note_map(errors, is_cut);
	else if (is_cut)
		note(errors->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &place, "only the beginning of this log of %s was read: sectors that "
			"could not be read may stand in the rest", errors->tool);
	if (errors->take != take_dc3dd)
		keep(errors);
	mark_ranges(errors);
	note_elsewhere(errors);
	status = errors->ours || errors->count || errors->elsewhere || errors->is_unclear || is_cut ||
		errors->stated > errors->listed ? STATUS_DAMAGED : STATUS_OK;
	memory_free(errors->lost);
	memory_free(errors);
	return status;
}
