/*
 * acquisition_log.c - digests and names that tools of acquisition wrote beside an image; what they could not read: acquisition_errors.c.
 *
 *   md5sum, BSD:   d41d8cd98f00b204e9800998ecf8427e  disk.raw        MD5 (disk.raw) = d41d...
 *   dc3dd:         output results for file `disk.raw':
 *                     [ok] d41d8cd98f00b204e9800998ecf8427e (md5)
 *                        [ok] 9a0364b9e99bb480dd25e1f0284c8555, sectors 0 - 2047, `disk.000'
 *   dcfldd:        0 - 1048576: 9a03...      Total (md5): d41d8cd98f00b204e9800998ecf8427e
 *   guymager:      MD5 hash                   : d41d8cd98f00b204e9800998ecf8427e
 *   FTK Imager:    MD5 checksum:    d41d8cd98f00b204e9800998ecf8427e : verified
 *   ewfacquire:    MD5 hash calculated over data:		d41d8cd98f00b204e9800998ecf8427e
 *
 * Only digests of the whole medium are taken: not those of pieces, and of a
 * list of digests only where the file that it names is the medium.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "acquisition_errors.h"
#include "acquisition_log.h"

enum {
	LOG_BYTES_MAX = 16 << 20, RECORDED_MAX = 64, VALUES_MAX = 64, VALUE_BYTES_MAX = 1024, PENDING_MAX = 8,
};

/* The first of them name lists of digests, whatever stands in them. */
enum { LIST_SUFFIXES = 17 };
const char *const acquisition_log_suffixes[] = {
	".md5", ".sha1", ".sha256", ".sha512", ".md5sum", ".sha1sum", ".sha256sum", ".sha512sum", ".MD5", ".SHA1", ".SHA256",
	".SHA512", ".md5.txt", ".sha1.txt", ".sha256.txt", ".sha512.txt", ".hash",
	".txt", ".log", ".info", ".hlog", ".map", ".mapfile", NULL
};

/* Two marks where one may stand in the path of a list of digests. */
static const struct tool { const char *name, *mark, *further; } tools[] = {
	{ "dc3dd", "dc3dd ", " started" },
	{ "guymager", "GUYMAGER ACQUISITION INFO FILE", "" },
	{ "FTK Imager", "FTK", "Created By" },
	{ "dcfldd", "Total (", "" },
	{ "dcfldd", "dcfldd:", "" },
	{ "ewfacquire", "hash calculated over data:", "" },
	{ "ddrescue", "Created by GNU ddrescue", "" },
};

/* Values that stand in front of a colon, and their names in the report. */
static const struct value { const char *key, *name; } values[] = {
	{ "Examiner", "examiner" }, { "Case number", "case_number" }, { "Case Number", "case_number" },
	{ "Evidence number", "evidence_number" }, { "Evidence Number", "evidence_number" },
	{ "Description", "description" }, { "Unique description", "description" },
	{ "Unique Description", "description" }, { "Notes", "notes" }, { "Drive Model", "model" },
	{ "Drive Serial Number", "serial_number" }, { "Serial number", "serial_number" }, { "Model", "model" },
	{ "Acquisition started", "acquisition_started" }, { "Acquisition finished", "acquisition_finished" },
	{ "Started", "acquisition_started" }, { "Ended", "acquisition_finished" },
	{ "Acquired on", "acquisition_started" }, { "Start time", "acquisition_started" },
};

struct log {
	struct image *image;
	const char   *file, *tool;
	uint64_t      line;
	bool          names_segment;	/* called after the first file of the image with its extension */
	bool          is_output;	/* dc3dd: results of what was written */
	bool          is_elsewhere;	/* certutil: the line above digests names another file */
	bool          has_digest;	/* of the medium */
	struct recorded_digest pending[PENDING_MAX];	/* dc3dd: of what was read */
	size_t        pending_count;
	size_t        values;
	struct acquisition_errors *errors;	/* NULL: its tool tells of none */
};

/* ---- digests ---- */

static bool
is_known(const struct image *image, const struct digest *digest)
{
	for (size_t i = 0; i < image->recorded_count; i++)
		if (digest_equal(&image->recorded[i].digest, digest))
			return true;
	return image->recorded_count >= RECORDED_MAX;
}

static void
record(struct log *log, const struct recorded_digest *digest)
{
	struct image *image = log->image;

	log->has_digest = true;
	if (!image->recorded)
		image->recorded = arena_allocate(&image->arena, RECORDED_MAX * sizeof *image->recorded);
	if (!is_known(image, &digest->digest))
		image->recorded[image->recorded_count++] = *digest;
}

/* A digest alone: no letter or digit before or behind it.  Returns what follows, NULL: none. */
static const char *
find_digest(const struct log *log, const char *text, struct recorded_digest *ret_digest)
{
	for (const char *at = text; *at; ) {
		size_t length = 0;

		if (!isalnum((unsigned char)*at)) {
			at++;
			continue;
		}
		while (isalnum((unsigned char)at[length]))
			length++;
		if (digest_parse(at, length, DIGEST_NONE, &ret_digest->digest)) {
			ret_digest->evidence = log->image->exhibit->id;
			ret_digest->file = log->file;
			ret_digest->line = log->line;
			ret_digest->tool = log->tool;
			return at + length;
		}
		at += length;
	}
	return NULL;
}

/* "MD5", "SHA-256", openssl's "SHA2-256"; DIGEST_NONE: another, as long as one of these it may be. */
static enum digest_algorithm
algorithm_named(const char *word, size_t length)
{
	size_t skip = length > 5 && !strncasecmp(word, "sha2-", 5) ? 5 : 0;
	char name[16];

	if (length - skip >= sizeof name - 3)
		return DIGEST_NONE;
	snprintf(name, sizeof name, "%s%.*s", skip ? "sha" : "", (int)(length - skip), word + skip);
	return digest_algorithm_by_name(name);
}

/* "MD5", "SHA256 checksum", nothing: what says no more than that a digest follows.  The algorithm stays where none is named. */
static bool
is_label(const char *text, size_t length, enum digest_algorithm *ret_algorithm)
{
	static const char *const words[] = { "hash", "sum", "checksum", "digest", "value" };

	while (length) {
		size_t word = 0, i = 0;
		enum digest_algorithm algorithm;

		while (word < length && !isspace((unsigned char)text[word]))
			word++;
		algorithm = algorithm_named(text, word);
		while (i < sizeof words / sizeof *words && (strlen(words[i]) != word || strncasecmp(words[i], text, word)))
			i++;
		if (algorithm)
			*ret_algorithm = algorithm;
		else if (i == sizeof words / sizeof *words)
			return false;
		for (; word < length && isspace((unsigned char)text[word]); word++)
			;
		text += word;
		length -= word;
	}
	return true;
}

/*
 * "HASH  name", "HASH *name", "MD5 (name) = HASH", "name: HASH", "SHA256 HASH name"; the name is NULL: the digest stands alone.
 * Digests of other algorithms are as long as those known here: one that is called by such a name is none.
 */
static bool
read_listed(const struct log *log, const char *line, struct recorded_digest *ret_digest, const char **ret_name, size_t *ret_length)
{
	const char *open = strchr(line, '('), *close = strrchr(line, ')'), *behind;
	enum digest_algorithm algorithm = DIGEST_NONE;
	size_t length;

	if (open && open < close && close[1 + strspn(close + 1, " \t")] == '=') {
		for (length = (size_t)(open - line); length && isspace((unsigned char)line[length - 1]); length--)
			;
		*ret_name = open + 1;
		*ret_length = (size_t)(close - open - 1);
		return length && is_label(line, length, &algorithm) && find_digest(log, close, ret_digest) &&
			ret_digest->digest.algorithm == algorithm;
	}
	behind = find_digest(log, line, ret_digest);
	if (!behind)
		return false;
	length = (size_t)(behind - line) - digest_size(ret_digest->digest.algorithm) * 2;
	while (length && strchr(" \t:=*", line[length - 1]))
		length--;
	/* md5sum: the name behind has escaped characters. */
	if (length == 1 && *line == '\\')
		length = 0;
	*ret_name = line;
	*ret_length = length;
	if (!is_label(line, length, &algorithm))
		return true;
	for (length = strspn(behind, " *\t"); length; length--)
		behind++;
	*ret_length = strlen(behind);
	*ret_name = *ret_length ? behind : NULL;
	return !algorithm || algorithm == ret_digest->digest.algorithm;
}

/* certutil: "SHA256 hash of disk.raw:", in the words of many languages. */
static void
take_heading(struct log *log, const char *line)
{
	const char *own = text_base_name(log->image->exhibit->segments[0].path);
	size_t length = strlen(line), own_length = strlen(own);
	enum digest_algorithm algorithm;

	if (!length || line[length - 1] != ':')
		return;
	length--;
	log->is_elsewhere = !is_label(line, length, &algorithm) &&
		(length <= own_length || memcmp(line + length - own_length, own, own_length) ||
		!strchr(" /\\", line[length - own_length - 1]));
}

/* A list names files: of a split or packed image a file is not the medium. */
static void
take_listed(struct log *log, const char *line)
{
	const struct exhibit *exhibit = log->image->exhibit;
	bool is_split = exhibit->segment_count > 1;
	struct recorded_digest digest;
	const char *name;
	size_t length;

	if (*line == '#' || strcmp(exhibit->container, "raw"))
		return;
	if (!read_listed(log, line, &digest, &name, &length)) {
		take_heading(log, line);
		return;
	}
	if (!name ? log->is_elsewhere || (is_split && log->names_segment) :
	    length == 1 && *name == '-' ? false : is_split || !acquisition_names_image(log->image, name, length))
		return;
	record(log, &digest);
}

static void
begin_results(struct log *log, const char *line)
{
	const char *name = strchr(line, '`'), *end = name ? strrchr(name, '\'') : NULL;
	bool is_ours = end && acquisition_names_image(log->image, name + 1, (size_t)(end - name - 1));

	log->is_output = is_ours;
	if (text_has_prefix(line, "input")) {
		log->pending_count = 0;
		return;
	}
	for (size_t i = 0; is_ours && i < log->pending_count; i++)
		record(log, &log->pending[i]);
}

static void
take_dc3dd(struct log *log, const char *line)
{
	struct recorded_digest digest;
	const char *behind;

	if (text_has_prefix(line, "input results for") || text_has_prefix(line, "output results for")) {
		begin_results(log, line);
		return;
	}
	behind = find_digest(log, line, &digest);
	if (!behind || !text_has_prefix(behind, " ("))
		return;
	if (log->is_output)
		record(log, &digest);
	else if (log->pending_count < PENDING_MAX)
		log->pending[log->pending_count++] = digest;
}

/* A digest behind a word that says of what it is. */
static void
take_marked(struct log *log, const char *line, const char *mark)
{
	const char *at = strstr(line, mark);
	struct recorded_digest digest;

	if (at && find_digest(log, at + strlen(mark), &digest))
		record(log, &digest);
}

/* ---- values ---- */

static void
take_value(struct log *log, const char *line)
{
	const char *colon = strchr(line, ':');
	size_t length = colon ? (size_t)(colon - line) : 0;
	struct image *image = log->image;

	while (length && isspace((unsigned char)line[length - 1]))
		length--;
	for (size_t i = 0; length && i < sizeof values / sizeof *values; i++) {
		if (strlen(values[i].key) != length || memcmp(values[i].key, line, length))
			continue;
		for (colon++; isspace((unsigned char)*colon); )
			colon++;
		if (!*colon || !strcmp(colon, "--") || log->values++ >= VALUES_MAX)
			return;
		image->acquisition = memcpy(arena_allocate(&image->arena,
			(image->acquisition_count + 1) * sizeof *image->acquisition), image->acquisition ? image->acquisition :
			&(struct acquisition_value){ NULL, NULL }, image->acquisition_count * sizeof *image->acquisition);
		image->acquisition[image->acquisition_count++] = (struct acquisition_value){
			arena_format(&image->arena, "%s (%s)", values[i].name, log->file),
			arena_format(&image->arena, "%.*s", VALUE_BYTES_MAX, colon) };
		return;
	}
}

/* ---- a file ---- */

static void
take_line(struct log *log, const char *line)
{
	while (isspace((unsigned char)*line))
		line++;
	if (log->errors)
		acquisition_errors_take(log->errors, log->line, line);
	if (!strcmp(log->tool, "ddrescue"))
		return;
	if (!strcmp(log->tool, "list of digests"))
		take_listed(log, line);
	else if (!strcmp(log->tool, "dc3dd"))
		take_dc3dd(log, line);
	else if (!strcmp(log->tool, "dcfldd"))
		take_marked(log, line, "Total (");
	else if (!strcmp(log->tool, "guymager"))
		take_marked(log, line, " hash ");
	else if (!strcmp(log->tool, "FTK Imager"))
		take_marked(log, line, " checksum:");
	else
		take_marked(log, line, "hash calculated over data:");
	if (strcmp(log->tool, "list of digests"))
		take_value(log, line);
}

static const char *
tool_of(const char *text, const char *name)
{
	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
		if (strstr(text, tools[i].mark) && strstr(text, tools[i].further))
			return tools[i].name;
	for (size_t i = 0; i < LIST_SUFFIXES; i++)
		if (text_has_suffix(name, acquisition_log_suffixes[i]))
			return "list of digests";
	return NULL;
}

/* FTK Imager writes UTF-16 or UTF-8, each with its mark. */
static void
make_utf8(struct buffer *text)
{
	struct buffer utf8;

	if (text->length >= 3 && !memcmp(text->bytes, "\xef\xbb\xbf", 3))
		buffer_consume(text, 3);
	if (text->length >= 2 && !memcmp(text->bytes, "\xfe\xff", 2))
		text_swap_utf16(text->bytes, text->length);
	if (text->length < 2 || memcmp(text->bytes, "\xff\xfe", 2))
		return;
	buffer_init(&utf8, 0);
	text_add_utf16le(&utf8, text->bytes + 2, text->length - 2);
	buffer_release(text);
	*text = utf8;
}

/* Whoever put it there relies on it. */
static void
note_unused(const struct log *log, const struct notes *notes)
{
	struct place place = { .evidence = log->image->exhibit->id, .path = log->file };

	note(notes, STATUS_OK, NOTE_NOT_VERIFIED, &place, "nothing was compared with %s beside the image: %s", log->file,
		!log->tool ? "no digest of the medium was understood in it" :
		strcmp(log->tool, "list of digests") ? "it holds no digest of the medium" :
		"it holds no digest by a name or an algorithm that is the medium's, those of other files or of parts of the image at most");
}

/* It may record what could not be read. */
static enum status
note_unreadable(const struct image *image, const char *name, const struct notes *notes)
{
	const struct place place = { .evidence = image->exhibit->id, .path = name };

	note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &place,
		"%s beside the image cannot be opened, or is no regular file: the digests and the unreadable sectors that it may record "
		"were not looked at; correct its permissions or its target, or move it away", name);
	return STATUS_DAMAGED;
}

static enum status
read_log(struct image *image, const struct segment *segment, const struct notes *notes)
{
	const char *own = text_base_name(image->exhibit->segments[0].path), *name = text_base_name(segment->path);
	struct log log = { .image = image, .file = name, .names_segment = text_has_prefix(name, own) };
	struct source *source;
	enum status status;
	struct buffer text;

	if (segment->descriptor < 0)
		return note_unreadable(image, name, notes);
	source = source_open_descriptor(segment->descriptor, segment->size);
	buffer_init(&text, 0);
	if (source_read_all(source, LOG_BYTES_MAX, &text) >= STATUS_DAMAGED) {
		make_utf8(&text);
		log.tool = tool_of(text.bytes, name);
	}
	if (log.tool)
		log.errors = acquisition_errors_open(image, notes, name, log.tool);
	for (char *line = text.bytes; log.tool && line; ) {
		char *next = strchr(line, '\n');
		size_t length;

		if (next)
			*next++ = '\0';
		for (length = strlen(line); length && isspace((unsigned char)line[length - 1]); )
			line[--length] = '\0';
		log.line++;
		take_line(&log, line);
		line = next;
	}
	if (!log.has_digest && !(log.tool && !strcmp(log.tool, "ddrescue")))
		note_unused(&log, notes);
	buffer_release(&text);
	status = acquisition_errors_close(log.errors, source->size > LOG_BYTES_MAX);
	source_close(source);
	return status;
}

enum status
acquisition_logs_read(struct image *image, const struct notes *notes)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < image->exhibit->record_count; i++)
		status = status_worse(status, read_log(image, &image->exhibit->records[i], notes));
	return status;
}
