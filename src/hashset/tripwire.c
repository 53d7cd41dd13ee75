/*
 * tripwire.c - databases of Tripwire as "twprint --print-dbfile" writes them (measured with 2.4.3.7):
 *
 *	Object name:  /usr/bin/ls
 *
 *	Property:               Value:
 *	-------------           -----------
 *	Object Type             Regular File
 *	Size                    10
 *	MD5                     BYynq8QrLN/i4IZV1IXed+
 *	SHA                     K/34TuTdQG1QVkHzANnBVmAlPtY
 *
 * The digest is one big-endian number in digits of 6 bits, most significant first, without padding: the
 * alphabet of base64, but not its grouping.  SHA is SHA-1.
 */
#include <string.h>

#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "set.h"

static const char object_name[] = "Object name:";

static bool
probe(const uint8_t *head, size_t length)
{
	return memmem(head, length, "Tripwire(R)", 11) && memmem(head, length, " Database", 9) &&
	       (memmem(head, length, "Object Summary:", 15) || memmem(head, length, object_name, 12));
}

/* False: not a number of that many bytes. */
static bool
parse_digits(const char *text, size_t count, uint8_t *ret_bytes, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t bits = 0, at = size;
	uint32_t held = 0;

	if (count != (size * 8 + 5) / 6)
		return false;
	for (size_t i = count; i > 0; i--) {
		const char *digit = memchr(digits, text[i - 1], 64);

		if (!digit)
			return false;
		held |= (uint32_t)(digit - digits) << bits;
		bits += 6;
		if (bits >= 8 && at) {
			ret_bytes[--at] = (uint8_t)held;
			held >>= 8;
			bits -= 8;
		}
	}
	return !at && !held;
}

/* The object that is being read. */
struct object {
	struct buffer   name;
	struct hash_row row;
	bool            is_file;
	const char     *why;		/* a property of it is not usable */
};

static void
end_object(struct object *object, const struct hash_row_sink *out)
{
	object->row.name = object->name.bytes;
	if (object->why)
		out->rejected(out->context, object->row.row, object->name.bytes, object->why);
	else if (object->is_file && object->row.digests.known)
		out->row(out->context, &object->row);
	object->row = (struct hash_row){ .row = 0 };
	object->is_file = false;
	object->why = NULL;
	buffer_clear(&object->name);
}

/* "NAME     value": names of properties hold single blanks only. */
static const char *
value_of(const char *line, const char *property)
{
	size_t length = strlen(property);

	if (strncmp(line, property, length) || line[length] != ' ')
		return NULL;
	return line + length + strspn(line + length, " ");
}

static void
take_property(struct object *object, const char *line)
{
	static const struct { const char *property; enum digest_algorithm algorithm; const char *why; } digests[] = {
		{ "MD5", DIGEST_MD5, "not an MD5 in Tripwire's digits" },
		{ "SHA", DIGEST_SHA1, "not a SHA in Tripwire's digits" },
	};
	const char *value = value_of(line, "Object Type");

	if (value)
		object->is_file = !strncmp(value, "Regular File", 12);
	for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
		uint8_t bytes[DIGEST_BYTES_MAX];

		value = value_of(line, digests[i].property);
		if (!value)
			continue;
		if (parse_digits(value, strcspn(value, " "), bytes, digest_size(digests[i].algorithm)))
			digests_set(&object->row.digests, digests[i].algorithm, bytes);
		else
			object->why = digests[i].why;
	}
}

static void
take_line(struct object *object, const char *line, uint64_t number, const struct hash_row_sink *out)
{
	if (text_has_prefix(line, object_name)) {
		const char *name = line + sizeof object_name - 1;

		end_object(object, out);
		name += strspn(name, " ");
		buffer_add(&object->name, name, strlen(name));
		object->row.row = number;
	} else if (object->row.row) {
		take_property(object, line);
	}
}

static enum status
read_tripwire(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	static const char generated[] = "Database generated on:", end[] = "*** End of ";
	const struct place here = { .path = path };
	struct object object = { .is_file = false };
	struct line_reader reader;
	enum status status;
	bool ended = false;
	size_t length;
	char *line;

	buffer_init(&object.name, 0);
	line_reader_init(&reader, source, &here, notes);
	while (line_reader_next(&reader, &line, &length)) {
		if (text_has_prefix(line, generated))
			identity->release = arena_copy_text(arena, line + sizeof generated - 1 +
				strspn(line + sizeof generated - 1, " "));
		ended |= text_has_prefix(line, end);
		take_line(&object, line, reader.line, out);
	}
	end_object(&object, out);
	status = reader.status;
	line_reader_release(&reader);
	buffer_release(&object.name);
	return ended || status < STATUS_OK ? status : note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &here,
		"it ends without its last line: what follows is missing");
}

const struct hashset_format tripwire_hashset_format = {
	.name        = "tripwire",
	.description = "databases of Tripwire, as twprint(8) prints them",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_tripwire,
};
