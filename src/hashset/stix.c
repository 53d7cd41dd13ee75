/*
 * stix.c - indicators of STIX 2.0 and 2.1, in a bundle or a TAXII envelope (OASIS "STIX Version 2.1", 4.7 and 9):
 *
 *	{"type": "bundle", "objects": [{"type": "indicator", "pattern_type": "stix", "name": "Demo", "valid_until": "...",
 *	  "pattern": "[file:hashes.'SHA-256' = '0819...' OR file:hashes.MD5 = '7fae...']"}]}
 *
 * and patterns like [ipv4-addr:value = '198.51.100.7'], [ipv4-addr:value ISSUBSET '203.0.113.0/24'],
 * [domain-name:value = 'example.org'].
 *
 * Of a pattern the digests are taken where one alone is enough: joined by OR, or by AND with what else
 * describes the same file.  What also asks for something else, or for several observations, would be
 * flattened to more than its publisher says: it is rejected with that reason, and so is what was revoked, and what its
 * publisher calls benign (indicator_types; labels in 2.0).  A confidence that the specification calls low (Appendix A) makes
 * grade C.  The end of its validity stands behind its name: content does not change, but what lies behind an address does.
 * Files that are only observed (type "file") are no indicators.
 */
#include <stdio.h>
#include <string.h>

#include <t1554triage/text.h>

#include "json_set.h"
#include "set.h"

enum { TEXT_BYTES = 1024, PATTERN_BYTES = 65536, TERMS_MAX = 4096, CONFIDENCE_MEDIUM = 30 };

struct object {
	char     type[64], name[TEXT_BYTES], pattern_type[32], valid_until[40];
	bool     revoked, has_hashes, is_benign, is_malicious, has_low_confidence;
	uint64_t line;
};

struct stix {
	struct json_reader json;
	struct object *objects;		/* JSON_DEPTH_MAX: those that are open */
	unsigned      depth;
	char          key[32];
	char         *pattern;		/* of the object that is open; PATTERN_BYTES */
	bool          is_pattern_cut;
	const struct hash_row_sink *out;
};

static bool
probe(const uint8_t *head, size_t length)
{
	return json_set_begins(head, length) &&
	       (memmem(head, length, "\"bundle\"", 8) || memmem(head, length, "\"pattern_type\"", 14) ||
		memmem(head, length, "\"indicator--", 12) || memmem(head, length, "\"spec_version\"", 14));
}

/* The parts of a pattern: brackets, operators, words and texts in quotes. */
struct token {
	const char *at;
	size_t      length;
	bool        is_text;		/* in quotes, which are not part of it */
};

static bool
next_token(const char **at, struct token *ret_token)
{
	const char *from = *at + strspn(*at, " \t\r\n"), *end;

	if (!*from)
		return false;
	ret_token->is_text = *from == '\'';
	if (ret_token->is_text) {
		for (end = from + 1; *end && *end != '\''; end++)
			end += *end == '\\' && end[1];
		*ret_token = (struct token){ .at = from + 1, .length = (size_t)(end - from - 1), .is_text = true };
		*at = end + (*end == '\'');
		return true;
	}
	end = from + strcspn(from, " \t\r\n[](),=!<>'");
	while (*end == '\'' && end > from && end[-1] == '.') {	/* file:hashes.'SHA-256' */
		const char *close = strchr(end + 1, '\'');

		if (!close)
			break;
		end = close + 1 + strcspn(close + 1, " \t\r\n[](),=!<>'");
	}
	if (end == from)
		end += from[0] != '\0' && strchr("!<>", from[0]) && from[1] == '=' ? 2 : 1;
	*ret_token = (struct token){ .at = from, .length = (size_t)(end - from) };
	*at = end;
	return true;
}

static bool
is_word(const struct token *token, const char *word)
{
	return !token->is_text && strlen(word) == token->length && !strncasecmp(token->at, word, token->length);
}

/* "file:hashes.'SHA-256'", "file:hashes.MD5"; NONE: a path of something else. */
static enum digest_algorithm
algorithm_of(const struct token *path)
{
	static const char prefix[] = "file:hashes.";
	char name[16] = "";
	size_t length = 0;

	if (path->is_text || path->length < sizeof prefix || strncasecmp(path->at, prefix, sizeof prefix - 1))
		return DIGEST_NONE;
	for (size_t i = sizeof prefix - 1; i < path->length && length + 1 < sizeof name; i++)
		if (!strchr("'\"", path->at[i]))
			name[length++] = path->at[i];
	return digest_algorithm_by_name(name);
}

static bool
describes_same_file(const struct token *path)
{
	return (path->length >= 9 && !strncmp(path->at, "file:name", 9)) ||
	       (path->length >= 9 && !strncmp(path->at, "file:size", 9)) ||
	       (path->length >= 21 && !strncmp(path->at, "file:parent_directory", 21));
}

/* What a pattern holds: digests, and what stands between them. */
struct pattern {
	struct digest digests[TERMS_MAX];
	struct token  values[TERMS_MAX];	/* addresses and names of hosts */
	size_t        count, value_count, observations;
	bool          has_and, has_or, has_not, has_other, has_between, is_odd;
	struct token  name;
};

/* What a program talks to: an address, a name, or the other end of a connection. */
static bool
is_of_a_host(const struct token *path)
{
	static const char *const paths[] = { "ipv4-addr:value", "ipv6-addr:value", "domain-name:value",
		"network-traffic:dst_ref.value" };

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (is_word(path, paths[i]))
			return true;
	return false;
}

static void
take_literal(struct pattern *pattern, const struct token *path, const struct token *literal)
{
	enum digest_algorithm algorithm = algorithm_of(path);
	struct digest *digest = &pattern->digests[pattern->count];

	if (path->length >= 9 && !strncmp(path->at, "file:name", 9))
		pattern->name = *literal;
	if (is_of_a_host(path)) {
		if (pattern->value_count < TERMS_MAX)
			pattern->values[pattern->value_count++] = *literal;
		else
			pattern->is_odd = true;
		return;
	}
	if (!algorithm) {
		pattern->has_other |= !describes_same_file(path);
		return;
	}
	if (pattern->count < TERMS_MAX && digest_parse(literal->at, literal->length, algorithm, digest))
		pattern->count++;
	else
		pattern->is_odd = true;
}

/* "= 'x'" or "IN ('x', 'y')" behind a path; any other comparison is something else. */
static void
take_comparison(struct pattern *pattern, const struct token *path, const char **at)
{
	struct token token;
	bool is_list;

	if (!next_token(at, &token))
		return;
	is_list = is_word(&token, "IN");
	if (!is_word(&token, "=") && !is_list && !(is_word(&token, "ISSUBSET") && is_of_a_host(path))) {
		pattern->has_other = true;
		return;
	}
	pattern->has_or |= is_list;
	while (next_token(at, &token)) {
		if (is_word(&token, "(") || is_word(&token, ","))
			continue;
		if (is_word(&token, ")"))
			return;
		take_literal(pattern, path, &token);
		if (!is_list)
			return;
	}
}

static void
parse_pattern(const char *text, struct pattern *pattern)
{
	struct token token;
	unsigned inside = 0;

	memset(pattern, 0, sizeof *pattern);
	for (const char *at = text; next_token(&at, &token); ) {
		if (is_word(&token, "[")) {
			inside++;
			pattern->observations++;
		} else if (is_word(&token, "]")) {
			inside -= inside > 0;
		} else if (is_word(&token, "AND")) {
			pattern->has_and |= inside;
			pattern->has_between |= !inside;
		} else if (is_word(&token, "NOT")) {
			pattern->has_not = true;
		} else if (is_word(&token, "OR")) {
			pattern->has_or = true;
		} else if (is_word(&token, "(") || is_word(&token, ")")) {
			continue;
		} else if (!inside) {		/* FOLLOWEDBY, WITHIN, REPEATS, START ... */
			pattern->has_between = true;
		} else if (memchr(token.at, ':', token.length) && !token.is_text) {
			take_comparison(pattern, &token, &at);
		} else {
			pattern->has_other = true;
		}
	}
}

/* NULL, or why its digests would say more than the publisher does. */
static const char *
why_unusable(const struct stix *stix, const struct object *object, const struct pattern *pattern)
{
	if (object->revoked)
		return "revoked by its publisher";
	if (object->is_benign && !object->is_malicious)
		return "benign by its publisher";
	if (*object->pattern_type && strcmp(object->pattern_type, "stix"))
		return "a pattern in another language than STIX";
	if (stix->is_pattern_cut)
		return "a pattern longer than 65,536 bytes";
	if (pattern->is_odd)
		return "not a digest of the algorithm that the pattern names, or more than 4,096";
	if (!pattern->count && !pattern->value_count)
		return "an indicator of another kind than a digest of a file, an address or a name";
	if (pattern->has_not)
		return "asks for the absence of something";
	if (pattern->has_between)
		return "asks for several observations together";
	if (pattern->has_and && pattern->value_count)
		return "asks for more than an address or a name";
	if (pattern->has_and && (pattern->has_or || pattern->has_other))
		return "asks for more than the digest of a file";
	return NULL;
}

static char
grade_of(const struct object *object)
{
	return object->has_low_confidence ? 'C' : 'B';
}

/* Digests that are joined by AND are of one file: one row. */
static void
hand_out(struct stix *stix, const struct object *object, const char *title, const struct pattern *pattern)
{
	struct hash_row row = { .product = title, .row = object->line, .grade = grade_of(object) };
	char name[256] = "";

	if (pattern->name.length && pattern->name.length < sizeof name && pattern->has_and)
		memcpy(name, pattern->name.at, pattern->name.length);
	row.name = name;
	for (size_t i = 0; i < pattern->count; i++) {
		const struct digest *digest = &pattern->digests[i];

		if (!digests_set(&row.digests, digest->algorithm, digest->bytes)) {
			stix->out->rejected(stix->out->context, object->line, object->name,
				"a digest of an algorithm that is not computed for files");
			continue;
		}
		if (pattern->has_and && i + 1 < pattern->count)
			continue;
		stix->out->row(stix->out->context, &row);
		row.digests.known = 0;
	}
}

static void
hand_out_network(struct stix *stix, const struct object *object, const char *title, const struct pattern *pattern)
{
	for (size_t i = 0; i < pattern->value_count; i++) {
		struct network_row row = { .product = title, .grade = grade_of(object), .line = object->line };
		const char *why = network_value_read(pattern->values[i].at, pattern->values[i].length, &row.value);

		if (why)
			stix->out->rejected(stix->out->context, object->line, object->name, why);
		else
			hash_row_sink_network(stix->out, &row);
	}
}

static void
end_object(struct stix *stix, const struct object *object)
{
	char title[TEXT_BYTES + sizeof object->valid_until + 16];
	struct pattern *pattern;
	const char *why;

	if (!strcmp(object->type, "file") && object->has_hashes)
		stix->out->rejected(stix->out->context, object->line, object->name,
			"a file that is only observed: no indicator names it here");
	if (strcmp(object->type, "indicator"))
		return;
	pattern = memory_allocate(1, sizeof *pattern);
	parse_pattern(stix->pattern, pattern);
	why = why_unusable(stix, object, pattern);
	if (why)
		stix->out->rejected(stix->out->context, object->line, *object->name ? object->name : stix->pattern, why);
	if (!why) {
		snprintf(title, sizeof title, "%s%s%s%s", object->name, *object->valid_until ? " (valid until " : "",
			object->valid_until, *object->valid_until ? ")" : "");
		hand_out(stix, object, title, pattern);
		hand_out_network(stix, object, title, pattern);
	}
	memory_free(pattern);
	stix->pattern[0] = '\0';
}

/* Words of the vocabulary "indicator type"; in a list, so that there may be several. */
static void
take_kind(struct object *object, const char *word)
{
	object->is_benign |= !strcasecmp(word, "benign");
	object->is_malicious |= !strcasecmp(word, "malicious-activity") || !strcasecmp(word, "compromised");
}

static void
take_confidence(struct object *object, const char *digits)
{
	uint64_t confidence;

	object->has_low_confidence = text_parse_u64(digits, strlen(digits), 10, &confidence) && confidence < CONFIDENCE_MEDIUM;
}

static void
take_scalar(struct stix *stix, enum json_event event)
{
	struct object *object = stix->depth ? &stix->objects[stix->depth - 1] : NULL;
	const char *text = event == JSON_TEXT ? stix->json.text.bytes : "";

	if (!object)
		return;
	if (!strcmp(stix->key, "type"))
		json_set_copy(object->type, sizeof object->type, text);
	else if (!strcmp(stix->key, "name"))
		json_set_copy(object->name, sizeof object->name, text);
	else if (!strcmp(stix->key, "pattern_type"))
		json_set_copy(object->pattern_type, sizeof object->pattern_type, text);
	else if (!strcmp(stix->key, "valid_until"))
		json_set_copy(object->valid_until, sizeof object->valid_until, text);
	else if (!strcmp(stix->key, "indicator_types") || !strcmp(stix->key, "labels"))
		take_kind(object, text);
	else if (!strcmp(stix->key, "confidence"))
		take_confidence(object, event == JSON_NUMBER ? stix->json.text.bytes : "");
	else if (!strcmp(stix->key, "revoked"))
		object->revoked = event == JSON_TRUE;
	if (strcmp(stix->key, "pattern"))
		return;
	stix->is_pattern_cut = stix->json.text.length >= PATTERN_BYTES;
	json_set_copy(stix->pattern, PATTERN_BYTES, text);
}

static void
begin_object(struct stix *stix)
{
	if (stix->depth && !strcmp(stix->key, "hashes"))
		stix->objects[stix->depth - 1].has_hashes = true;
	stix->objects[stix->depth++] = (struct object){ .line = stix->json.line };
	stix->key[0] = '\0';
}

static enum status
read_stix(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	struct stix *stix = memory_allocate(1, sizeof *stix);
	enum status status = STATUS_OK;
	enum json_event event;

	(void)identity;
	(void)arena;
	stix->objects = memory_allocate(JSON_DEPTH_MAX, sizeof *stix->objects);
	stix->pattern = memory_allocate(PATTERN_BYTES, 1);
	stix->out = out;
	json_reader_init(&stix->json, source);
	while ((event = json_reader_next(&stix->json)) > JSON_BROKEN)
		if (event == JSON_NAME) {
			json_set_copy(stix->key, sizeof stix->key, stix->json.text.bytes);
		} else if (event == JSON_BEGIN_OBJECT) {
			begin_object(stix);
		} else if (event == JSON_END_OBJECT) {
			end_object(stix, &stix->objects[--stix->depth]);
			stix->key[0] = '\0';
		} else if (event != JSON_BEGIN_LIST && event != JSON_END_LIST) {
			take_scalar(stix, event);
		}
	if (event == JSON_BROKEN)
		status = json_set_broken(&stix->json, path, notes);
	json_reader_release(&stix->json);
	memory_free(stix->pattern);
	memory_free(stix->objects);
	memory_free(stix);
	return status;
}

const struct hashset_format stix_hashset_format = {
	.name        = "stix",
	.description = "indicators of STIX 2.0 and 2.1 (patterns of file:hashes, addresses, domain names)",
	.kind        = HASH_BAD,
	.carries_network = true,
	.probe       = probe,
	.read        = read_stix,
};
