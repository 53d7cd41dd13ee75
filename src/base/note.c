/* note.c - what limited the examination. */
#include <ctype.h>
#include <stdarg.h>

#include <t1554triage/buffer.h>
#include <t1554triage/note.h>
#include <t1554triage/record.h>

static const char *const kind_names[] = {
#define NOTE(name, incomplete, meaning) #name,
#include <t1554triage/note.def>
#undef NOTE
	NULL
};

static const struct { bool incomplete; const char *meaning; } kinds[] = {
#define NOTE(name, incomplete, meaning) { incomplete, meaning },
#include <t1554triage/note.def>
#undef NOTE
};

static const struct field fields[] = {
	FIELD_ENUM(struct note, kind, "kind", kind_names),
	FIELDS_PLACE(struct note, at),
	FIELD(struct note, length, FIELD_U64),
	FIELD(struct note, files, FIELD_U64),
	FIELD(struct note, text, FIELD_TEXT),
	FIELD(struct note, incomplete, FIELD_BOOL),
	FIELD_LAST
};

const struct record_type note_record = {
	.name = "note", .size = sizeof (struct note), .fields = fields,
	.description = "what limited the examination",
};

enum status
note_add(const struct notes *notes, const struct note *note)
{
	if (notes && notes->add)
		notes->add(notes->context, note);
	return note->status;
}

enum status
note(const struct notes *notes, enum status status, enum note_kind kind, const struct place *at,
	const char *format, ...)
{
	static const struct place nowhere;
	struct buffer text;
	va_list arguments;

	buffer_init(&text, 16384);
	va_start(arguments, format);
	buffer_add_vformat(&text, format, arguments);
	va_end(arguments);
	note_add(notes, &(struct note){ .kind = kind, .status = status, .at = at ? *at : nowhere,
		.text = text.bytes, .incomplete = kinds[kind].incomplete });
	buffer_release(&text);
	return status;
}

/* The enumerator's name in lower case. */
const char *
note_kind_name(enum note_kind kind)
{
	static char names[NOTE_KIND_COUNT][32];
	char *name = names[kind];

	for (size_t i = 0; kind_names[kind][i] && i + 1 < sizeof names[0]; i++)
		name[i] = (char)tolower((unsigned char)kind_names[kind][i]);
	return name;
}

const char *
note_kind_meaning(enum note_kind kind)
{
	return kinds[kind].meaning;
}

bool
note_kind_incomplete(enum note_kind kind)
{
	return kinds[kind].incomplete;
}
