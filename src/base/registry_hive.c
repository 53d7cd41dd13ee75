/* registry_hive.c - keys and values of a hive of the Windows registry, from memory, each offset checked. */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/registry_hive.h>
#include <t1554triage/text.h>

#include "registry_log.h"

enum {
	CELLS_AT = 4096, SMALLEST_CELL = 8,
	NAME_IS_LATIN1 = 0x20, VALUE_NAME_IS_LATIN1 = 1,
	PIECES_FROM = 16344,		/* longer data lie in pieces of that many bytes */
	DEPTH_MAX = 4,			/* of lists of lists; Windows has one */
};
static const uint32_t own_data = 0x80000000;

/* ---- cells ---- */

/* The content of a cell in use; a cursor that has failed: there is none. */
static struct cursor
cell_at(struct registry_hive *hive, uint32_t offset)
{
	struct cursor c = cursor_over(hive->bytes.bytes, hive->bytes.length);
	int32_t length;

	take_bytes(&c, CELLS_AT);
	take_bytes(&c, offset);
	length = (int32_t)take_u32le(&c);
	if (!c.failed && length < 0 && length != INT32_MIN && (size_t)-length >= SMALLEST_CELL &&
	    (size_t)-length - 4 <= (size_t)(c.end - c.at))
		return cursor_over(c.at, (size_t)-length - 4);
	hive->is_damaged = true;
	c.failed = true;
	c.end = c.at;
	return c;
}

static bool
is_called(struct cursor *c, const char *magic)
{
	const uint8_t *bytes = c->failed ? NULL : take_bytes(c, 2);

	return bytes && !memcmp(bytes, magic, 2);
}

static bool
may_step(struct registry_hive *hive)
{
	if (!hive->steps) {
		hive->is_damaged = true;
		return false;
	}
	hive->steps--;
	return true;
}

static bool
fail(struct registry_hive *hive)
{
	hive->is_damaged = true;
	return false;
}

static bool
read_key(struct registry_hive *hive, uint32_t offset, struct registry_key *ret_key)
{
	struct cursor c = cell_at(hive, offset);
	struct registry_key key = { .offset = offset };

	if (!may_step(hive) || !is_called(&c, "nk"))
		return fail(hive);
	key.name_is_latin1 = take_u16le(&c) & NAME_IS_LATIN1;
	key.written = take_u64le(&c);
	take_bytes(&c, 8);			/* access, parent */
	key.keys = take_u32le(&c);
	take_bytes(&c, 4);			/* keys that are kept in memory only */
	key.list = take_u32le(&c);
	take_bytes(&c, 4);
	key.values = take_u32le(&c);
	key.value_list = take_u32le(&c);
	take_bytes(&c, 28);			/* security, class, longest names */
	key.name_length = take_u16le(&c);
	take_bytes(&c, 2);
	key.name = take_bytes(&c, key.name_length);
	*ret_key = key;
	return c.failed ? fail(hive) : true;
}

static bool
read_value(struct registry_hive *hive, uint32_t offset, struct registry_value *ret_value)
{
	struct cursor c = cell_at(hive, offset);
	struct registry_value value = { .name = NULL };
	const uint8_t *own;

	if (!may_step(hive) || !is_called(&c, "vk"))
		return fail(hive);
	value.name_length = take_u16le(&c);
	value.length = take_u32le(&c);
	own = c.at;
	value.offset = take_u32le(&c);
	value.type = take_u32le(&c);
	value.name_is_latin1 = take_u16le(&c) & VALUE_NAME_IS_LATIN1;
	take_bytes(&c, 2);
	value.name = take_bytes(&c, value.name_length);
	if (c.failed)
		return fail(hive);
	memcpy(value.own, own, sizeof value.own);
	*ret_value = value;
	return true;
}

/* ---- lists ---- */

struct taking { bool (*key)(void *context, const struct registry_key *key); void *context; bool ended; };

static void
each_of_list(struct registry_hive *hive, uint32_t offset, int depth, struct taking *taking)
{
	struct cursor c = cell_at(hive, offset);
	bool is_index, has_hashes;
	struct registry_key key;
	uint16_t count;

	if (!may_step(hive) || c.failed)
		return;
	is_index = c.end - c.at >= 2 && !memcmp(c.at, "ri", 2);
	has_hashes = c.end - c.at >= 2 && (!memcmp(c.at, "lf", 2) || !memcmp(c.at, "lh", 2));
	if ((!is_index && !has_hashes && (c.end - c.at < 2 || memcmp(c.at, "li", 2) != 0)) || depth > DEPTH_MAX) {
		fail(hive);
		return;
	}
	take_bytes(&c, 2);
	count = take_u16le(&c);
	for (unsigned i = 0; i < count && !taking->ended; i++) {
		uint32_t at = take_u32le(&c);

		if (has_hashes)
			take_bytes(&c, 4);
		if (c.failed) {
			fail(hive);
			return;
		}
		if (is_index)
			each_of_list(hive, at, depth + 1, taking);
		else if (read_key(hive, at, &key))
			taking->ended = !taking->key(taking->context, &key);
		else if (!hive->steps)
			return;
	}
}

void
registry_each_key(struct registry_hive *hive, const struct registry_key *key,
	bool (*take)(void *context, const struct registry_key *key), void *context)
{
	struct taking taking = { take, context, false };

	if (key->keys)
		each_of_list(hive, key->list, 0, &taking);
}

void
registry_each_value(struct registry_hive *hive, const struct registry_key *key,
	bool (*take)(void *context, const struct registry_value *value), void *context)
{
	struct registry_value value;
	struct cursor c;

	if (!key->values)
		return;
	c = cell_at(hive, key->value_list);
	for (uint32_t i = 0; i < key->values && !c.failed; i++) {
		uint32_t offset = take_u32le(&c);

		if (c.failed)
			fail(hive);
		else if (read_value(hive, offset, &value) && !take(context, &value))
			return;
		else if (!hive->steps)
			return;
	}
}

/* ---- names ---- */

void
registry_add_name(struct buffer *out, const uint8_t *name, size_t length, bool is_latin1)
{
	if (!is_latin1)
		text_add_utf16le(out, name, length);
	for (size_t i = 0; is_latin1 && i < length; i++)
		text_add_utf8(out, name[i]);
}

static uint8_t
lower(uint8_t letter)
{
	return letter >= 'A' && letter <= 'Z' ? (uint8_t)(letter + 32) : letter;
}

/* Names that are asked for are ASCII. */
static bool
is_named(const uint8_t *name, size_t length, bool is_latin1, const char *wanted, size_t wanted_length)
{
	size_t width = is_latin1 ? 1 : 2;

	if (length != wanted_length * width)
		return false;
	for (size_t i = 0; i < wanted_length; i++)
		if (lower(name[i * width]) != lower((uint8_t)wanted[i]) || (!is_latin1 && name[i * width + 1]))
			return false;
	return true;
}

struct search {
	const char            *name;
	size_t                 length;
	struct registry_key   *key;
	struct registry_value *value;
	bool                   found;
};

static bool
match_key(void *context, const struct registry_key *key)
{
	struct search *search = context;

	search->found = is_named(key->name, key->name_length, key->name_is_latin1, search->name, search->length);
	if (search->found)
		*search->key = *key;
	return !search->found;
}

static bool
match_value(void *context, const struct registry_value *value)
{
	struct search *search = context;

	search->found = is_named(value->name, value->name_length, value->name_is_latin1, search->name, search->length);
	if (search->found)
		*search->value = *value;
	return !search->found;
}

bool
registry_find(struct registry_hive *hive, const struct registry_key *from, const char *path, struct registry_key *ret_key)
{
	struct registry_key key = *from, next = *from;

	while (*path) {
		struct search search = { .name = path, .length = strcspn(path, "\\"), .key = &next };

		registry_each_key(hive, &key, match_key, &search);
		if (!search.found)
			return false;
		key = next;
		path += search.length + (path[search.length] == '\\');
	}
	*ret_key = key;
	return true;
}

bool
registry_value_find(struct registry_hive *hive, const struct registry_key *key, const char *name,
	struct registry_value *ret_value)
{
	struct search search = { .name = name, .length = strlen(name), .value = ret_value };

	registry_each_value(hive, key, match_value, &search);
	return search.found;
}

/* ---- data ---- */

/* "db", number of pieces 2, list 4; each piece a cell of its own. */
static bool
add_pieces(struct registry_hive *hive, struct cursor c, uint32_t length, struct buffer *out)
{
	struct cursor list;
	unsigned count;

	take_bytes(&c, 2);
	count = take_u16le(&c);
	list = cell_at(hive, take_u32le(&c));
	for (unsigned i = 0; i < count && out->length < length; i++) {
		struct cursor piece = cell_at(hive, take_u32le(&list));
		size_t left = length - out->length, there = (size_t)(piece.end - piece.at);

		if (list.failed || piece.failed)
			return fail(hive);
		if (left > PIECES_FROM)
			left = PIECES_FROM;
		buffer_add(out, piece.at, left < there ? left : there);
	}
	return out->length == length ? true : fail(hive);
}

bool
registry_value_data(struct registry_hive *hive, const struct registry_value *value, struct buffer *out)
{
	uint32_t length = value->length & ~own_data;
	struct cursor c;

	buffer_clear(out);
	if (value->length & own_data) {
		if (length > sizeof value->own)
			return fail(hive);
		buffer_add(out, value->own, length);
		return true;
	}
	if (!length)
		return true;
	c = cell_at(hive, value->offset);
	if (c.failed)
		return false;
	if (length > PIECES_FROM && c.end - c.at >= 8 && !memcmp(c.at, "db", 2))
		return add_pieces(hive, c, length, out);
	if ((size_t)(c.end - c.at) < length)
		return fail(hive);
	buffer_add(out, c.at, length);
	return true;
}

bool
registry_value_text(struct registry_hive *hive, const struct registry_value *value, struct buffer *out)
{
	enum { TEXT = 1, TEXT_WITH_VARIABLES = 2, NUMBER = 4, LONG_NUMBER = 11 };
	struct buffer bytes;
	struct cursor c;
	bool is_text = value->type == TEXT || value->type == TEXT_WITH_VARIABLES, is_read;

	buffer_clear(out);
	if (!is_text && value->type != NUMBER && value->type != LONG_NUMBER)
		return false;
	buffer_init(&bytes, 0);
	is_read = registry_value_data(hive, value, &bytes);
	c = cursor_over(bytes.bytes, bytes.length);
	if (is_read && is_text) {
		size_t length = bytes.length - bytes.length % 2;

		while (length && !bytes.bytes[length - 1] && !bytes.bytes[length - 2])
			length -= 2;
		text_add_utf16le(out, bytes.bytes, length);
	} else if (is_read) {
		buffer_add_u64(out, take_le(&c, value->type == NUMBER ? 4 : 8));
	}
	buffer_release(&bytes);
	return is_read && !c.failed;
}

/* ---- hives ---- */

static enum status
read_head(struct registry_hive *hive, const struct artifact *artifact, const struct notes *notes)
{
	if (hive->bytes.length < CELLS_AT || memcmp(hive->bytes.bytes, "regf", 4) != 0)
		return note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &artifact->place, "%s is no hive of the registry by its "
			"content: nothing of it was used", artifact->path);
	return STATUS_OK;
}

enum status
registry_hive_open(const struct artifact *artifact, const struct registry_logs *logs, const struct notes *notes,
	struct registry_hive *ret_hive)
{
	struct source *source;
	enum status status = artifact_open(artifact, notes, &source), got;

	*ret_hive = (struct registry_hive){ .steps = 0 };
	buffer_init(&ret_hive->bytes, 0);
	if (status < STATUS_DAMAGED)
		return status;
	if (source->size > limit_get(LIMIT_HIVE_BYTES)) {
		source_close(source);
		return note(notes, STATUS_UNREADABLE, NOTE_LIMIT_HIT, &artifact->place, "%s has more bytes than are read of a hive "
			"(limit hive-bytes): nothing of it was used", artifact->path);
	}
	got = source_read_all(source, (size_t)limit_get(LIMIT_HIVE_BYTES), &ret_hive->bytes);
	source_close(source);
	if (got < STATUS_OK)
		status = status_worse(status, note(notes, got, NOTE_ARTIFACT_UNREADABLE, &artifact->place,
			"%s could not be read whole: what its missing parts record is not known", artifact->path));
	got = read_head(ret_hive, artifact, notes);
	if (got < STATUS_OK)
		return got;
	status = status_worse(status, registry_logs_apply(ret_hive, artifact, logs, notes));
	ret_hive->steps = ret_hive->bytes.length;
	return status;
}

void
registry_hive_release(struct registry_hive *hive)
{
	buffer_release(&hive->bytes);
}

bool
registry_root(struct registry_hive *hive, struct registry_key *ret_key)
{
	struct cursor c = cursor_over(hive->bytes.bytes, hive->bytes.length);

	take_bytes(&c, 36);
	return read_key(hive, take_u32le(&c), ret_key);
}
