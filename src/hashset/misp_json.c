/*
 * misp_json.c - events that MISP exports (MISP core format):
 *
 *	{"Event": {"info": "OSX/Demo", "Attribute": [
 *	  {"type": "filename|sha1", "value": "sshd|3b3e778b...", "to_ids": true, "comment": "Kessel"}],
 *	 "Object": [{"name": "file", "Attribute": [
 *	  {"type": "filename", "value": "sshd", "to_ids": false}, {"type": "md5", "value": "7fae...", "to_ids": true}]}]}}
 *
 * also {"response": [{"Event": ...}, ...]}.  to_ids false says that the value is context and not made for
 * detection: it accuses nothing, and is counted as rejected with that reason.  Digests of one object are one
 * row.  The event's info may stand behind its attributes, so the text is read twice.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "json_set.h"
#include "misp.h"
#include "separated.h"

enum { TEXT_BYTES = 1024 };

/* An object of the text that is open: an attribute, an object of MISP, an event or anything else. */
struct frame {
	char     key[32];		/* the member that it is the value or an item of */
	char     type[64], value[TEXT_BYTES], comment[TEXT_BYTES], name[64];
	bool     to_ids, deleted;
	size_t   event;			/* number of the innermost event around it, from 1; 0: none */
	uint64_t line;
};

struct misp {
	struct json_reader json;
	bool          want_rows;
	struct frame *frames;		/* JSON_DEPTH_MAX */
	unsigned      depth;
	char          key[32], keys[JSON_DEPTH_MAX + 1][32];	/* of the member, and of each list that is open */
	const char  **infos;		/* one an event */
	size_t        info_capacity, info_count, events;	/* info_count: known from the first reading */
	/* the object of MISP that is open */
	bool          in_object;
	struct hash_row row;
	size_t        row_event;
	char          row_name[TEXT_BYTES], row_comment[TEXT_BYTES];
	const struct hash_row_sink *out;
	struct arena *arena;
};

static bool
probe(const uint8_t *head, size_t length)
{
	return json_set_begins(head, length) &&
	       (memmem(head, length, "\"Event\"", 7) || memmem(head, length, "\"to_ids\"", 8) ||
		memmem(head, length, "\"event_creator_email\"", 21));
}

static void
hand_out(struct misp *misp)
{
	if (misp->row.digests.known) {
		misp->row.name = misp->row_name;
		misp->row.note = misp->row_comment;
		/* A first reading that broke off knows of fewer events than the second. */
		misp->row.product = misp->row_event && misp->row_event <= misp->info_count ?
			misp->infos[misp->row_event - 1] : "";
		misp->row.grade = 'B';
		misp->out->row(misp->out->context, &misp->row);
	}
	misp->row = (struct hash_row){ .row = 0 };
}

/* An address or a name is a row of its own, whatever object it is in. */
static void
take_network(struct misp *misp, const struct frame *attribute)
{
	struct network_row rows[SEPARATED_NETWORK_MAX];
	size_t count;
	const char *why = attribute->deleted ? "deleted by its publisher" : !attribute->to_ids ? MISP_CONTEXT :
		separated_network(attribute->type, attribute->value, rows, &count);

	if (why) {
		misp->out->rejected(misp->out->context, attribute->line, attribute->value, why);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		rows[i].product = attribute->event && attribute->event <= misp->info_count ? misp->infos[attribute->event - 1] : "";
		rows[i].note = attribute->comment;
		rows[i].grade = 'B';
		rows[i].line = attribute->line;
		hash_row_sink_network(misp->out, &rows[i]);
	}
}

/* Of a sample and of its attribute "md5", which are the same one. */
static bool
contradict(const struct digests *one, const struct digests *other)
{
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		if (one->known & other->known & 1u << i && memcmp(digests_get(one, (enum digest_algorithm)i),
			digests_get(other, (enum digest_algorithm)i), digest_size((enum digest_algorithm)i)))
			return true;
	return false;
}

/* One row of its own, or a part of the object's. */
static void
take_attribute(struct misp *misp, struct frame *attribute)
{
	struct hash_row row = { .row = attribute->line };
	char shown[TEXT_BYTES];
	const char *why;

	if (misp->in_object && !strcmp(attribute->type, "filename") && !misp->row_name[0])
		json_set_copy(misp->row_name, sizeof misp->row_name, attribute->value);
	if (separated_is_network(attribute->type))
		take_network(misp, attribute);
	if (!separated_is_digest_type(attribute->type))
		return;
	json_set_copy(shown, sizeof shown, attribute->value);
	why = attribute->deleted ? "deleted by its publisher" : !attribute->to_ids ? MISP_CONTEXT :
		separated_indicator(attribute->type, attribute->value, &row);
	if (why) {
		misp->out->rejected(misp->out->context, attribute->line, shown, why);
		return;
	}
	if (!misp->in_object || contradict(&misp->row.digests, &row.digests))
		hand_out(misp);
	if (!misp->in_object)
		misp->row_name[0] = '\0';
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		if (row.digests.known & 1u << i)
			digests_set(&misp->row.digests, (enum digest_algorithm)i, digests_get(&row.digests, (enum digest_algorithm)i));
	misp->row.row = misp->row.row ? misp->row.row : attribute->line;
	if (row.name)
		json_set_copy(misp->row_name, sizeof misp->row_name, row.name);
	json_set_copy(misp->row_comment, sizeof misp->row_comment, attribute->comment);
	misp->row_event = attribute->event;
	if (!misp->in_object)
		hand_out(misp);
}

/* The first reading makes room for its info. */
static void
begin_event(struct misp *misp, struct frame *frame)
{
	frame->event = misp->events + 1;
	if (!misp->want_rows) {
		misp->infos = memory_grow(misp->infos, misp->events, &misp->info_capacity, sizeof *misp->infos);
		misp->infos[misp->events] = "";
	}
	misp->events++;
}

static void
begin_frame(struct misp *misp)
{
	struct frame *frame = &misp->frames[misp->depth++];

	*frame = (struct frame){ .line = misp->json.line, .event = misp->depth > 1 ? frame[-1].event : 0 };
	json_set_copy(frame->key, sizeof frame->key, misp->key);
	if (!strcmp(frame->key, "Event"))
		begin_event(misp, frame);
	if (!strcmp(frame->key, "Object")) {
		misp->in_object = true;
		misp->row_name[0] = '\0';
	}
}

static void
end_frame(struct misp *misp)
{
	struct frame *frame = &misp->frames[--misp->depth];

	if (!strcmp(frame->key, "Attribute") && misp->want_rows)
		take_attribute(misp, frame);
	if (!strcmp(frame->key, "Object")) {
		hand_out(misp);
		misp->in_object = false;
	}
	if (!strcmp(frame->key, "Event") && !misp->want_rows)
		misp->infos[frame->event - 1] = arena_copy_text(misp->arena, frame->value);
}

/* The info of an event stands where an attribute has its value. */
static void
take_scalar(struct misp *misp, enum json_event event)
{
	struct frame *frame = misp->depth ? &misp->frames[misp->depth - 1] : NULL;
	const char *text = event == JSON_TEXT || event == JSON_NUMBER ? misp->json.text.bytes : "";
	bool is_true = event == JSON_TRUE || !strcmp(text, "1");

	if (!frame)
		return;
	if (!strcmp(misp->key, "type"))
		json_set_copy(frame->type, sizeof frame->type, text);
	else if (!strcmp(misp->key, "value") || (!strcmp(misp->key, "info") && !strcmp(frame->key, "Event")))
		json_set_copy(frame->value, sizeof frame->value, text);
	else if (!strcmp(misp->key, "comment"))
		json_set_copy(frame->comment, sizeof frame->comment, text);
	else if (!strcmp(misp->key, "to_ids"))
		frame->to_ids = is_true;
	else if (!strcmp(misp->key, "deleted"))
		frame->deleted = is_true;
}

/* The key of a list is that of its items: each level remembers its own. */
static enum json_event
read_events(struct misp *misp, struct source *source)
{
	enum json_event event;

	json_reader_init(&misp->json, source);
	misp->depth = 0;
	misp->events = 0;
	misp->key[0] = '\0';
	while ((event = json_reader_next(&misp->json)) > JSON_BROKEN)
		switch (event) {
		case JSON_NAME:
			json_set_copy(misp->key, sizeof misp->key, misp->json.text.bytes);
			break;
		case JSON_BEGIN_OBJECT:
			begin_frame(misp);
			json_set_copy(misp->keys[misp->json.depth], sizeof misp->key, misp->key);
			break;
		case JSON_BEGIN_LIST:
			json_set_copy(misp->keys[misp->json.depth], sizeof misp->key, misp->key);
			break;
		case JSON_END_OBJECT:
			end_frame(misp);
			json_set_copy(misp->key, sizeof misp->key, misp->keys[misp->json.depth + 1]);
			break;
		case JSON_END_LIST:
			json_set_copy(misp->key, sizeof misp->key, misp->keys[misp->json.depth + 1]);
			break;
		default:
			take_scalar(misp, event);
		}
	return event;
}

static enum status
read_misp(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	struct misp *misp = memory_allocate(1, sizeof *misp);
	const struct place here = { .path = path };
	enum status status = STATUS_OK;
	bool is_broken;

	misp->frames = memory_allocate(JSON_DEPTH_MAX, sizeof *misp->frames);
	misp->out = out;
	misp->arena = arena;
	is_broken = read_events(misp, source) == JSON_BROKEN;
	json_reader_release(&misp->json);
	misp->want_rows = true;
	misp->info_count = misp->events;
	if (misp->events)
		identity->description = misp->infos[0];
	if (read_events(misp, source) == JSON_BROKEN) {
		status = json_set_broken(&misp->json, path, notes);
	} else if (is_broken) {
		status = note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &here,
			"it could be read at the second attempt only: names of its events may be missing");
	}
	json_reader_release(&misp->json);
	memory_free(misp->infos);
	memory_free(misp->frames);
	memory_free(misp);
	return status;
}

const struct hashset_format misp_json_hashset_format = {
	.name        = "misp_json",
	.description = "events exported by MISP as JSON (attributes with to_ids): digests, addresses, domains",
	.kind        = HASH_BAD,
	.carries_network = true,
	.probe       = probe,
	.read        = read_misp,
};
