/* command_ask.c - "hashset ask": one line for every digest, file, address or name, in order. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/json.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "command.h"
#include "set.h"

enum { LOOK_BYTES = 64 * 1024 };

struct question {
	struct digest shown;		/* as asked; a file's SHA-256 */
	const char   *path;		/* NULL: none was given */
	const char   *network;		/* an address or a name, NULL: none was given */
	size_t        first, count;	/* of its matches */
};

struct asking {
	struct hash_set **sets;
	size_t            set_count, set_capacity;
	bool              no_defaults, jsonl;
	struct question  *questions;
	struct digests   *items;
	size_t            count, capacity, item_capacity;
	struct hash_match *matches;
	size_t            match_count, match_capacity;
	const char      **operands;
	size_t            operand_count, operand_capacity;
	struct network_index **networks;	/* of each set */
	struct arena      arena;
	int               result;
};

static void
add_question(struct asking *asking, const struct digest *shown, const char *path, const struct digests *digests)
{
	asking->questions = memory_grow(asking->questions, asking->count, &asking->capacity, sizeof *asking->questions);
	asking->items = memory_grow(asking->items, asking->count, &asking->item_capacity, sizeof *asking->items);
	asking->questions[asking->count] = (struct question){ .shown = *shown, .path = path };
	asking->items[asking->count++] = *digests;
}

/* MD5, SHA-1 or SHA-256: what sets hold. */
static bool
parse_digest(const char *text, size_t length, struct digest *ret_digest, struct digests *ret_digests)
{
	*ret_digests = (struct digests){ .known = 0 };
	return digest_parse(text, length, DIGEST_NONE, ret_digest) &&
	       digests_set(ret_digests, ret_digest->algorithm, ret_digest->bytes);
}

/* False: it is neither. */
static bool
add_network_question(struct asking *asking, const char *text, size_t length)
{
	const struct digest none = { .algorithm = DIGEST_NONE };
	struct network_value value;
	struct buffer shown;

	if (network_value_read(text, length, &value))
		return false;
	buffer_init(&shown, 0);
	network_value_add(&shown, &value);
	add_question(asking, &none, NULL, &(struct digests){ .known = 0 });
	asking->questions[asking->count - 1].network = arena_copy_text(&asking->arena, shown.bytes);
	buffer_release(&shown);
	return true;
}

static const char blanks[] = " \t\r\n";

/* NULL: the text has no further word.  A backslash is the one that md5sum sets before a name with escapes. */
static const char *
next_word(const char *text, size_t *ret_length)
{
	text += strspn(text, blanks);
	text += *text == '\\' && !strchr(blanks, text[1]);
	*ret_length = strcspn(text, blanks);
	return *ret_length ? text : NULL;
}

/* The last word behind the name in "SHA256 (name) = digits"; NULL: the line is none like that. */
static const char *
tagged_word(const char *line, size_t *ret_length)
{
	const char *tag = NULL;

	for (const char *at = line; (at = strchr(at, ')')); at++)
		if (!strncmp(at, ") = ", 4) || !strncmp(at, ")= ", 3))
			tag = at;
	return tag ? next_word(tag + strcspn(tag, "=") + 1, ret_length) : NULL;
}

/* The first word of the text that is a digest, of any algorithm; NULL: none is. */
static const char *
digest_word(const char *text, size_t *ret_length)
{
	struct digest digest;

	for (const char *word = text; (word = next_word(word, ret_length)); word += *ret_length)
		if (digest_parse(word, *ret_length, DIGEST_NONE, &digest))
			return word;
	return NULL;
}

/*
 * What a line asks for: its first word if that is a digest, whatever the name behind it looks like; else the digest
 * of a tagged line; else the digest that stands behind a size, an algorithm or a name; else its first word.
 */
static const char *
question_of(const char *line, size_t *ret_length)
{
	const char *first = next_word(line, ret_length), *word;
	struct digest digest;
	size_t length;

	if (!first || digest_parse(first, *ret_length, DIGEST_NONE, &digest))
		return first;
	word = tagged_word(line, &length);
	word = word ? word : digest_word(line, &length);
	if (!word)
		return first;
	*ret_length = length;
	return word;
}

/*
 * A byte order mark before the first line, and lines without anything, are no digests that were mistyped.  size: of
 * the line; behind a NUL nothing would be read, and UTF-16 is full of them.  True: further digests stand in the line.
 */
static bool
take_line(struct asking *asking, const char *line, size_t size, const char *input, uint64_t number)
{
	static const char mark[] = "\xEF\xBB\xBF";
	bool is_text = !memchr(line, '\0', size);
	size_t length = 0, further;
	struct digest digest;
	struct digests digests;

	if (number == 1 && !strncmp(line, mark, strlen(mark)))
		line += strlen(mark);
	line = question_of(line, &length);
	if (!line && is_text)
		return false;
	if (is_text && parse_digest(line, length, &digest, &digests)) {
		add_question(asking, &digest, NULL, &digests);
		return digest_word(line + length, &further);
	}
	if (is_text && add_network_question(asking, line, length))
		return false;
	fprintf(stderr, "t1554triage hashset ask: line %llu of %s is no MD5, SHA-1 or SHA-256, and no address or name of a host\n",
		(unsigned long long)number, input);
	asking->result = EXIT_DATA;
	return false;
}

/* What stands behind the last line feed; without any, lines may end in carriage returns alone.  As take_input(). */
static uint64_t
take_rest(struct asking *asking, const struct buffer *rest, const char *input, uint64_t number)
{
	char ending = number ? '\n' : '\r';
	uint64_t several = 0;

	for (char *line = rest->bytes, *end = line + rest->length, *next; line < end; line = next + 1) {
		next = memchr(line, ending, (size_t)(end - line));
		next = next ? next : end;
		*next = '\0';
		several += take_line(asking, line, (size_t)(next - line), input, ++number);
	}
	return several;
}

/* input: its name in messages. */
static void
take_input(struct asking *asking, int descriptor, const char *input)
{
	char piece[65536];
	struct buffer rest;
	uint64_t number = 0, several = 0;

	buffer_init(&rest, 0);
	for (ssize_t got; (got = read(descriptor, piece, sizeof piece)) != 0; ) {
		size_t begin = 0;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			fprintf(stderr, "t1554triage hashset ask: %s cannot be read: %s; questions behind line %llu are missing\n",
				input, strerror(errno), (unsigned long long)number);
			asking->result = EXIT_DATA;
			break;
		}
		buffer_add(&rest, piece, (size_t)got);
		for (char *end; (end = memchr(rest.bytes + begin, '\n', rest.length - begin)); ) {
			*end = '\0';
			several += take_line(asking, rest.bytes + begin, (size_t)(end - rest.bytes) - begin, input, ++number);
			begin = (size_t)(end - rest.bytes) + 1;
		}
		buffer_consume(&rest, begin);
	}
	if (rest.length)
		several += take_rest(asking, &rest, input, number);
	if (several)
		fprintf(stderr, "t1554triage hashset ask: %llu line%s of %s hold%s several digests: of each line the first one alone is asked\n",
			(unsigned long long)several, several == 1 ? "" : "s", input, several == 1 ? "s" : "");
	buffer_release(&rest);
}

static bool
digest_file(const char *path, struct digests *ret_digests)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct digest_stream *stream;
	static const size_t piece_bytes = 1 << 20;
	uint8_t *piece;
	ssize_t got;

	if (descriptor < 0)
		return false;
	stream = digest_stream_open(1u << DIGEST_MD5 | 1u << DIGEST_SHA1 | 1u << DIGEST_SHA256);
	piece = memory_allocate(1, piece_bytes);
	while ((got = read(descriptor, piece, piece_bytes)) > 0 || (got < 0 && errno == EINTR))
		if (got > 0)
			digest_stream_update(stream, piece, (size_t)got);
	digest_stream_finish(stream, ret_digests, NULL);
	digest_stream_close(stream);
	memory_free(piece);
	close(descriptor);
	return got == 0;
}

/* Whether each line of the text begins as md5sum's do; the last one may be cut off. */
static bool
holds_digests(char *text, size_t length)
{
	struct digest digest;
	struct digests digests;
	bool any = false;

	if (memchr(text, '\0', length))
		return false;
	for (char *line = text, *end; line < text + length; line = end + 1) {
		const char *word;
		size_t size;

		end = strchr(line, '\n');
		if (!end && any && length == LOOK_BYTES)
			break;
		end = end ? end : text + length;
		*end = '\0';
		word = question_of(line, &size);
		if (word && !parse_digest(word, size, &digest, &digests))
			return false;
		any |= word != NULL;
	}
	return any;
}

/* The descriptor of a file that is a list of digests, at its beginning; -1: it is none. */
static int
open_list(const char *path)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = memory_allocate(1, LOOK_BYTES + 1);
	ssize_t got = descriptor < 0 ? -1 : pread(descriptor, text, LOOK_BYTES, 0);

	if (descriptor >= 0 && (got <= 0 || !holds_digests(text, (size_t)got))) {
		close(descriptor);
		descriptor = -1;
	}
	memory_free(text);
	return descriptor;
}

/* False: it is no list. */
static bool
take_list(struct asking *asking, const char *path)
{
	int descriptor = open_list(path);

	if (descriptor < 0)
		return false;
	fprintf(stderr, "t1554triage hashset ask: %s is a list of digests: each of them is asked (for the list itself, \"sha256sum %s | "
		"t1554triage hashset ask ... -\")\n", path, path);
	take_input(asking, descriptor, path);
	close(descriptor);
	return true;
}

/* Somebody who mistypes the name of a file is not to take the answer for that of its content. */
static bool
take_host(struct asking *asking, const char *operand)
{
	if (!add_network_question(asking, operand, strlen(operand)))
		return false;
	if (strspn(operand, "0123456789abcdefABCDEF.:/[]") != strlen(operand))
		fprintf(stderr, "t1554triage hashset ask: there is no file %s: it is asked as the name of a host\n", operand);
	return true;
}

static void
take_operand(struct asking *asking, const char *operand)
{
	static const char input[] = "the standard input";
	struct digest digest = { .algorithm = DIGEST_SHA256 };
	struct digests digests;

	if (!strcmp(operand, "-") || !strcmp(operand, "/dev/stdin")) {
		take_input(asking, STDIN_FILENO, input);
	} else if (parse_digest(operand, strlen(operand), &digest, &digests)) {
		add_question(asking, &digest, NULL, &digests);
	} else if (access(operand, F_OK) && take_host(asking, operand)) {
		return;
	} else if (take_list(asking, operand)) {
		return;
	} else if (access(operand, F_OK)) {
		fprintf(stderr, "t1554triage hashset ask: %s: neither an MD5, SHA-1 or SHA-256, nor a file, nor an address or a "
			"name of a host\n", operand);
		asking->result = EXIT_DATA;
	} else if (digest_file(operand, &digests)) {
		digest.algorithm = DIGEST_SHA256;
		memcpy(digest.bytes, digests.sha256, sizeof digests.sha256);
		add_question(asking, &digest, operand, &digests);
	} else {
		fprintf(stderr, "t1554triage hashset ask: %s: %s\n", operand, strerror(errno));
		asking->result = EXIT_NO_INPUT;
	}
}

static void
keep_match(void *context, size_t item, const struct hash_match *match)
{
	struct asking *asking = context;
	struct question *question = &asking->questions[item];

	asking->matches = memory_grow(asking->matches, asking->match_count, &asking->match_capacity, sizeof *match);
	if (!question->count)
		question->first = asking->match_count;
	question->count++;
	asking->matches[asking->match_count++] = *match;
}

/* Of each set that says what is bad: how it knows an address or a name. */
static void
ask_networks(struct asking *asking)
{
	struct network_match match;

	asking->networks = memory_allocate(asking->set_count, sizeof *asking->networks);
	for (size_t i = 0; i < asking->set_count; i++)
		asking->networks[i] = hashset_network(&asking->sets[i], 1);
	for (size_t item = 0; item < asking->count; item++)
		for (size_t i = 0; asking->questions[item].network && i < asking->set_count; i++)
			if (network_index_find(asking->networks[i], asking->questions[item].network, 0, &match))
				keep_match(asking, item, &(struct hash_match){ .set = asking->sets[i], .class = HASH_BAD,
					.name = "", .product = match.product, .actor = match.actor, .source = match.source,
					.application_type = "", .grade = match.grade, .row = match.line });
}

static void
release_networks(struct asking *asking)
{
	for (size_t i = 0; asking->networks && i < asking->set_count; i++)
		network_index_close(asking->networks[i]);
	memory_free(asking->networks);
}

/* A benign row speaks against bad lists only: alone it makes a file known. */
static const char *
class_of(const struct asking *asking, const struct question *question)
{
	enum hash_class heaviest = HASH_NONE;
	bool vouched = false;

	for (size_t i = 0; i < question->count; i++) {
		enum hash_class class = asking->matches[question->first + i].class;

		vouched |= class == HASH_GOOD || class == HASH_BENIGN;
		class = class == HASH_BENIGN ? HASH_KNOWN : class;
		if (class > heaviest)
			heaviest = class;
	}
	return heaviest == HASH_BAD && vouched ? "conflict" : hash_class_names[heaviest];
}

/* Sets and products of a question, each once, in the order found. */
static size_t
distinct_texts(const struct asking *asking, const struct question *question,
	const char *(*text_of)(const struct hash_match *match), const char **ret_texts)
{
	struct map seen;
	size_t count = 0;

	map_init(&seen);
	for (size_t i = 0; i < question->count; i++) {
		const char *text = text_of(&asking->matches[question->first + i]);

		if (*text && map_add_text(&seen, text, 1))
			ret_texts[count++] = text;
	}
	map_release(&seen);
	return count;
}

static const char *
set_of(const struct hash_match *match)
{
	return match->set->identity.name;
}

static const char *
product_of(const struct hash_match *match)
{
	return match->product;
}

static void
write_json(const struct asking *asking, const struct question *question, struct buffer *out)
{
	static const struct { const char *name; const char *(*text_of)(const struct hash_match *match); } lists[] = {
		{ "sets", set_of }, { "products", product_of },
	};
	const char **texts = memory_allocate(question->count, sizeof *texts);
	struct json json;

	json_init(&json, out);
	json_begin_object(&json, NULL);
	if (question->network)
		json_text(&json, "indicator", question->network);
	else
		json_hex(&json, "digest", question->shown.bytes, digest_size(question->shown.algorithm), true);
	if (question->path)
		json_path(&json, "path", question->path);
	json_bool(&json, "known", question->count > 0);
	json_text(&json, "class", class_of(asking, question));
	for (size_t i = 0; i < 2; i++) {
		size_t count = distinct_texts(asking, question, lists[i].text_of, texts);

		json_begin_list(&json, lists[i].name);
		for (size_t j = 0; j < count; j++)
			json_text(&json, NULL, texts[j]);
		json_end_list(&json);
	}
	json_end_object(&json);
	json_end_line(&json);
	memory_free(texts);
}

static void
write_list(struct buffer *out, const char *const texts[], size_t count)
{
	buffer_add_char(out, '\t');
	for (size_t i = 0; i < count; i++) {
		buffer_add_text(out, i ? ", " : "");
		text_add_visible(out, texts[i], strlen(texts[i]));
	}
	if (!count)
		buffer_add_char(out, '-');
}

static void
write_text(const struct asking *asking, const struct question *question, struct buffer *out)
{
	const char **texts = memory_allocate(question->count, sizeof *texts);

	if (question->network)
		buffer_add_text(out, question->network);
	else
		digest_add_hex(out, &question->shown);
	buffer_add_char(out, '\t');
	buffer_add_text(out, class_of(asking, question));
	write_list(out, texts, distinct_texts(asking, question, set_of, texts));
	write_list(out, texts, distinct_texts(asking, question, product_of, texts));
	if (question->path)
		write_list(out, &question->path, 1);
	buffer_add_char(out, '\n');
	memory_free(texts);
}

/* Answers of a set that could not be asked whole are answers, and the exit status says that some may be missing. */
static void
print_and_count(void *context, const struct note *note)
{
	struct asking *asking = context;

	note_add(&hashset_command_notes, note);
	if (note->status < 0 && !asking->result)
		asking->result = EXIT_INCOMPLETE;
}

static void
answer(struct asking *asking)
{
	const struct notes notes = { .add = print_and_count, .context = asking };
	struct buffer out;

	hashset_ask(asking->sets, asking->set_count, asking->items, asking->count, keep_match, asking, &notes);
	ask_networks(asking);
	buffer_init(&out, 0);
	for (size_t i = 0; i < asking->count; i++) {
		(asking->jsonl ? write_json : write_text)(asking, &asking->questions[i], &out);
		if (out.length > 65536)
			hashset_print(&out);
	}
	hashset_print(&out);
	buffer_release(&out);
}

static int
open_set(struct asking *asking, const char *name, enum hash_class kind)
{
	struct hash_set_request request = { .name = name, .kind = kind };
	struct hash_set *set;
	int result = hashset_command_open(&request, &set);

	if (result)
		return result;
	asking->sets = memory_grow(asking->sets, asking->set_count, &asking->set_capacity, sizeof *asking->sets);
	asking->sets[asking->set_count++] = set;
	return EXIT_DONE;
}

static int
open_defaults(struct asking *asking)
{
	struct hash_set **sets;
	struct buffer message;
	size_t count;
	int result;

	buffer_init(&message, 0);
	result = hashset_open_default(&hashset_command_notes, &sets, &count, &message);
	if (result) {
		fprintf(stderr, "t1554triage: %s", message.bytes);
	} else {
		for (size_t i = 0; i < count; i++) {
			asking->sets = memory_grow(asking->sets, asking->set_count, &asking->set_capacity, sizeof *asking->sets);
			asking->sets[asking->set_count++] = sets[i];
		}
		memory_free(sets);
	}
	buffer_release(&message);
	return result;
}

static int
take_option(struct asking *asking, const char *option, const char *value)
{
	static const struct { const char *name; enum hash_class kind; } sets[] = {
		{ "--hashset", HASH_NONE }, { "--known-good", HASH_GOOD }, { "--known-bad", HASH_BAD },
	};

	if (!value)
		return hashset_usage("needs a value", option);
	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
		if (!strcmp(option, sets[i].name))
			return open_set(asking, value, sets[i].kind);
	if (strcmp(option, "--format"))
		return hashset_usage("no such option", option);
	asking->jsonl = !strcmp(value, "jsonl");
	return asking->jsonl || !strcmp(value, "text") ? EXIT_DONE : hashset_usage("no such format", value);
}

/* "--option value" and "--option=value"; what else begins with a dash is an operand only as "-". */
static int
take_arguments(struct asking *asking, int argc, char *argv[])
{
	int result = EXIT_DONE;

	for (int i = 0; i < argc && !result; i++) {
		char *equals = strchr(argv[i], '=');

		if (!strcmp(argv[i], "--no-default-sets")) {
			asking->no_defaults = true;
		} else if (!strncmp(argv[i], "--", 2) && equals) {
			*equals = '\0';
			result = take_option(asking, argv[i], equals + 1);
		} else if (argv[i][0] == '-' && argv[i][1]) {
			result = take_option(asking, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
			i++;
		} else {
			asking->operands = memory_grow(asking->operands, asking->operand_count,
				&asking->operand_capacity, sizeof *asking->operands);
			asking->operands[asking->operand_count++] = argv[i];
		}
	}
	return result;
}

int
hashset_command_ask(int argc, char *argv[])
{
	struct asking asking = { .result = EXIT_DONE };
	int result;

	arena_init(&asking.arena);
	result = take_arguments(&asking, argc, argv);
	if (!result && !asking.no_defaults)
		result = open_defaults(&asking);
	if (!result && !asking.operand_count)
		result = hashset_usage("ask: which digests?", NULL);
	for (size_t i = 0; i < asking.operand_count && !result; i++)
		take_operand(&asking, asking.operands[i]);
	if (!result)
		answer(&asking);
	release_networks(&asking);
	for (size_t i = 0; i < asking.set_count; i++)
		hashset_close(asking.sets[i]);
	memory_free(asking.sets);
	memory_free(asking.operands);
	memory_free(asking.questions);
	memory_free(asking.items);
	memory_free(asking.matches);
	arena_release(&asking.arena);
	return result ? result : asking.result;
}
