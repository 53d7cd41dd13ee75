/*
 * hashlookup.c - answers of CIRCL hashlookup, one JSON object a line (draft-dulaunoy-hashlookup-format):
 *
 *	{"FileName": "/usr/bin/ls", "FileSize": "147176", "MD5": "...", "SHA-1": "...", "SHA-256": "...",
 *	 "PackageName": "coreutils", "PackageVersion": "9.1-1", "source": "Debian", "KnownMalicious": "..."}
 *
 * It is no set of good or bad files: rows are known, and those with KnownMalicious bad with the least weight.
 */
#include <stdio.h>
#include <string.h>

#include <t1554triage/line_reader.h>

#include "json_set.h"
#include "products.h"

enum { TEXT_BYTES = 1024 };

/* What the sink needs of one object; nested ones (product, operating system) have names of their own. */
struct answer {
	struct hash_row row;
	char name[TEXT_BYTES], product[TEXT_BYTES], version[256], type[256], source[256], malicious[256];
};

static bool
probe(const uint8_t *head, size_t length)
{
	return length && *head == '{' && (memmem(head, length, "\"SHA-1\"", 7) || memmem(head, length, "\"MD5\"", 5)) &&
	       (memmem(head, length, "\"FileName\"", 10) || memmem(head, length, "\"hashlookup:", 12) ||
		memmem(head, length, "\"PackageName\"", 13) || memmem(head, length, "\"insert-timestamp\"", 18));
}

/* NULL, or why the answer is not usable. */
static const char *
take_digest(struct answer *answer, const char *name, const char *text)
{
	static const struct { const char *name; enum digest_algorithm algorithm; const char *why; } members[] = {
		{ "MD5", DIGEST_MD5, "not an MD5" }, { "SHA-1", DIGEST_SHA1, "not a SHA-1" },
		{ "SHA-256", DIGEST_SHA256, "not a SHA-256" },
	};

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		struct digest digest;

		if (strcmp(name, members[i].name) || !*text)
			continue;
		if (!digest_parse(text, strlen(text), members[i].algorithm, &digest))
			return members[i].why;
		digests_set(&answer->row.digests, digest.algorithm, digest.bytes);
	}
	return NULL;
}

static void
take_text(struct answer *answer, const char *name, const char *text)
{
	const struct { const char *name; char *to; size_t size; } members[] = {
		{ "FileName", answer->name, sizeof answer->name },
		{ "PackageName", answer->product, sizeof answer->product },
		{ "ProductName", answer->product, sizeof answer->product },
		{ "PackageVersion", answer->version, sizeof answer->version },
		{ "ProductVersion", answer->version, sizeof answer->version },
		{ "ApplicationType", answer->type, sizeof answer->type },
		{ "source", answer->source, sizeof answer->source },
		{ "KnownMalicious", answer->malicious, sizeof answer->malicious },
	};

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		if (!strcmp(name, members[i].name) && !*members[i].to)
			json_set_copy(members[i].to, members[i].size, text);
}

/* Digests count in the object itself only: those of parents and children are of other files. */
static const char *
parse_answer(struct json_reader *json, struct answer *answer)
{
	const char *why = NULL;
	enum json_event event;
	char name[64] = "";

	while (!why && (event = json_reader_next(json)) != JSON_END) {
		if (event == JSON_BROKEN)
			return json->why;
		if (event == JSON_NAME)
			json_set_copy(name, sizeof name, json->text.bytes);
		if (event != JSON_TEXT || json->depth > 2)
			continue;
		take_text(answer, name, json->text.bytes);
		if (json->depth == 1)
			why = take_digest(answer, name, json->text.bytes);
	}
	return why ? why : answer->row.digests.known ? NULL : "no digest";
}

static void
take_line(char *line, size_t length, uint64_t number, const struct products *products, const struct hash_row_sink *out)
{
	struct answer *answer = memory_allocate(1, sizeof *answer);
	struct json_reader *json = memory_allocate(1, sizeof *json);
	struct source *source = source_open_memory(line, length);
	char product[2 * TEXT_BYTES];
	const char *why;

	json_reader_init(json, source);
	why = parse_answer(json, answer);
	snprintf(product, sizeof product, "%s%s%s", answer->product, *answer->version ? " " : "", answer->version);
	answer->row.row = number;
	answer->row.name = answer->name;
	answer->row.product = product;
	answer->row.application_type = answer->type;
	answer->row.source = answer->source;
	if (tool_types_match(&products->tools, answer->type))
		answer->row.class = HASH_TOOL;
	if (*answer->malicious) {
		answer->row.class = HASH_BAD;
		answer->row.grade = 'C';
		answer->row.note = answer->malicious;
	}
	if (why)
		out->rejected(out->context, number, line, why);
	else
		out->row(out->context, &answer->row);
	json_reader_release(json);
	source_close(source);
	memory_free(json);
	memory_free(answer);
}

static enum status
read_hashlookup(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	const struct place here = { .path = path };
	struct line_reader reader;
	struct products products;
	enum status status = products_init(&products, notes);
	size_t length;
	char *line;

	(void)identity;
	(void)arena;
	line_reader_init(&reader, source, &here, notes);
	while (line_reader_next(&reader, &line, &length))
		if (length)
			take_line(line, length, reader.line, &products, out);
	status = status_worse(status, reader.status);
	line_reader_release(&reader);
	products_release(&products);
	return status;
}

const struct hashset_format hashlookup_hashset_format = {
	.name        = "hashlookup",
	.description = "answers of CIRCL hashlookup, JSON lines",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_hashlookup,
};
