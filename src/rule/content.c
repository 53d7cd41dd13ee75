/*
 * content.c - rules over contents, by libyara.
 *
 * Every file of rules is compiled alone first: YARA gives up a compiler at the first error, and one bad rule must not
 * cost the others. Of a file that does not compile each rule is tried by itself, below the lines before the first.
 */
#include <string.h>

#include <yara.h>

#include <t1554triage/content_rule.h>
#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "catalog.h"
#include "content_need.h"

struct content_rules {
	YR_COMPILER    *compiler;
	YR_RULES       *rules;
	const struct rule_sink *out;		/* while files are added */
	bool            shipped;		/* the file that is being added */
	size_t          file_count;
	struct arena    arena;
	struct rule_set *set;
	uint32_t       *numbers;		/* by position in the compiled rules: of the set */
	size_t          count, capacity;
	struct content_sieve sieve;
};

enum { SLOW_RULES_A_FILE = 3, SEARCH_PARTS = 6 };	/* of the time of a file that one step of the search for a slow rule has */

struct content_scanner {
	struct content_rules *rules;
	YR_SCANNER    *scanner;
	struct buffer  content;
	uint32_t      *matched;		/* positions of the rules that match */
	size_t         count, capacity;
	uint8_t       *is_off;		/* by position: left out of this step of the search */
};

struct first_error { int line; char text[256]; };

struct content_rules *
content_rules_open(void)
{
	struct content_rules *rules;

	if (yr_initialize() != ERROR_SUCCESS)
		return NULL;
	rules = memory_allocate(1, sizeof *rules);
	arena_init(&rules->arena);
	if (yr_compiler_create(&rules->compiler) != ERROR_SUCCESS)
		rules->compiler = NULL;
	else
		yr_compiler_set_include_callback(rules->compiler, NULL, NULL, NULL);
	return rules;
}

void
content_rules_close(struct content_rules *rules)
{
	if (!rules)
		return;
	if (rules->rules)
		yr_rules_destroy(rules->rules);
	if (rules->compiler)
		yr_compiler_destroy(rules->compiler);
	arena_release(&rules->arena);
	memory_free(rules->numbers);
	memory_free(rules);
	yr_finalize();
}

size_t
content_rules_files(const struct content_rules *rules)
{
	return rules->file_count;
}

static void
keep_error(int level, const char *file, int line, const YR_RULE *rule, const char *message, void *context)
{
	struct first_error *error = context;

	(void)file;
	(void)rule;
	if (level != YARA_ERROR_LEVEL_ERROR || error->line)
		return;
	error->line = line;
	snprintf(error->text, sizeof error->text, "%s", message);
}

/* Whether the text compiles by itself. */
static bool
compiles(const char *text, struct first_error *ret_error)
{
	YR_COMPILER *compiler;
	YR_RULES *compiled = NULL;
	bool is_good;

	*ret_error = (struct first_error){ .line = 0 };
	if (yr_compiler_create(&compiler) != ERROR_SUCCESS)
		return false;
	yr_compiler_set_include_callback(compiler, NULL, NULL, NULL);
	yr_compiler_set_callback(compiler, keep_error, ret_error);
	is_good = !yr_compiler_add_string(compiler, text, NULL) && yr_compiler_get_rules(compiler, &compiled) == ERROR_SUCCESS;
	if (compiled)
		yr_rules_destroy(compiled);
	yr_compiler_destroy(compiler);
	return is_good;
}

static void
refuse(struct content_rules *rules, const char *path, uint64_t line, const struct first_error *error)
{
	char *reason = arena_format(&rules->arena, "YARA %s: %s", YR_VERSION,
		*error->text ? error->text : "cannot be compiled");

	if (rules->out->refused)
		rules->out->refused(rules->out->context, &(struct rule_refusal){ path, (uint32_t)line, reason });
}

/* A line that begins a rule: "rule a", "private global rule a : tag". */
static bool
begins_rule(const char *line)
{
	static const char *const words[] = { "private ", "global ", "private\t", "global\t" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (text_has_prefix(line, words[i]))
			return begins_rule(line + strlen(words[i]));
	return text_has_prefix(line, "rule ") || text_has_prefix(line, "rule\t");
}

static const char *
next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

/* The next line that begins a rule, or the end of the text. */
static const char *
next_rule(const char *line, uint64_t *line_number)
{
	while (*line && !begins_rule(line)) {
		line = next_line(line);
		++*line_number;
	}
	return line;
}

static void
add_text(struct content_rules *rules, const char *path, const char *text)
{
	if (rules->compiler)
		yr_compiler_add_string(rules->compiler, text, arena_format(&rules->arena, "%s%s", rules->shipped ? "" : "--yara ",
			path));
}

static void
add_each_rule(struct content_rules *rules, const char *path, const char *text)
{
	uint64_t line_number = 1, next_number;
	const char *begin = next_rule(text, &line_number), *end;
	size_t head_length = (size_t)(begin - text);
	struct first_error error;
	struct buffer alone;
	unsigned count = 0;

	buffer_init(&alone, 0);
	for (; *begin; begin = end, line_number = next_number) {
		next_number = line_number + 1;
		end = next_rule(next_line(begin), &next_number);
		buffer_clear(&alone);
		buffer_add(&alone, text, head_length);
		buffer_add(&alone, begin, (size_t)(end - begin));
		if (compiles(alone.bytes, &error))
			/* A namespace each: names of rules may stand twice in different files. */
			add_text(rules, arena_format(&rules->arena, "%s#%u", path, ++count), alone.bytes);
		else
			refuse(rules, path, line_number, &error);
	}
	buffer_release(&alone);
}

static void
add_file(void *context, const char *path, const char *bytes, size_t length)
{
	struct content_rules *rules = context;
	struct first_error error;
	const char *own = arena_copy_text(&rules->arena, path);
	/* yr_compiler_add_string reads to a NUL. */
	const char *text = arena_copy(&rules->arena, bytes, length);
	uint64_t line = 1;

	rules->file_count++;
	if (strlen(text) != length)
		refuse(rules, own, 0, &(struct first_error){ .text = "the file holds a NUL" });
	else if (compiles(text, &error))
		add_text(rules, own, text);
	else if (!*next_rule(text, &line))
		refuse(rules, own, (uint64_t)error.line, &error);
	else
		add_each_rule(rules, own, text);
}

void
content_rules_add_catalog(struct content_rules *rules, const struct rule_sink *out)
{
	rules->out = out;
	rules->shipped = true;
	catalog_visit(".yar", &(struct rule_files){ { NULL }, add_file, rules, out });
	rules->shipped = false;
}

bool
content_rules_add_folder(struct content_rules *rules, const char *path, const struct rule_sink *out)
{
	rules->out = out;
	return rule_files_visit(path, &(struct rule_files){ { ".yar", ".yara" }, add_file, rules, out });
}

static const char *
meta_text(const YR_RULE *rule, const char *name, const char *otherwise)
{
	const YR_META *meta;

	for (meta = rule->metas; meta; meta = META_IS_LAST_IN_RULE(meta) ? NULL : meta + 1)
		if (meta->type == META_TYPE_STRING && !strcmp(meta->identifier, name))
			return meta->string;
	return otherwise;
}

static void
add_to_set(struct content_rules *rules, const YR_RULE *rule)
{
	bool shipped = strncmp(rule->ns->name, "--yara ", 7) != 0;
	struct rule own = { .id = rule->identifier, .title = meta_text(rule, "description", rule->identifier),
		.level = shipped ? "medium" : "informational", .status = "stable", .shipped = shipped, .asks_content = true,
		.file = shipped ? rule->ns->name : rule->ns->name + 7, .innocent = meta_text(rule, "innocent", NULL) };

	rules->numbers = memory_grow(rules->numbers, rules->count, &rules->capacity, sizeof *rules->numbers);
	rules->numbers[rules->count++] = (uint32_t)rule_set_add_other(rules->set, &own);
}

/* What is neither folded nor coded stands in a content as the rule has it. */
static struct rule_string
string_of(const YR_STRING *string)
{
	const uint32_t others = STRING_FLAGS_NO_CASE | STRING_FLAGS_WIDE | STRING_FLAGS_XOR | STRING_FLAGS_BASE64 |
		STRING_FLAGS_BASE64_WIDE | STRING_FLAGS_CHAIN_PART | STRING_FLAGS_CHAIN_TAIL;
	bool is_plain = STRING_IS_LITERAL(string) && !(string->flags & others) && string->length >= SIEVE_LITERAL_LEAST;

	return (struct rule_string){ .identifier = string->identifier, .bytes = is_plain ? string->string : NULL,
		.length = is_plain ? (size_t)string->length : 0 };
}

/* False: what the rule needs is not known. */
static bool
add_need(struct content_rules *rules, const YR_RULE *rule)
{
	struct rule_string strings[RULE_STRINGS_MAX + 1];
	const YR_STRING *string;
	size_t count = 0;

	yr_rule_strings_foreach(rule, string)
		if (count <= RULE_STRINGS_MAX)
			strings[count++] = string_of(string);
	for (size_t i = 0; catalog_files[i].name; i++)
		if (!strcmp(catalog_files[i].name, rule->ns->name))
			return content_need_add(&rules->sieve, catalog_files[i].text, rule->identifier, strings, count);
	return false;
}

const struct content_sieve *
content_rules_sieve(const struct content_rules *rules)
{
	return &rules->sieve;
}

bool
content_rules_compile(struct content_rules *rules, struct rule_set *set)
{
	if (!rules->compiler || yr_compiler_get_rules(rules->compiler, &rules->rules) != ERROR_SUCCESS)
		return false;
	rules->set = set;
	for (const YR_RULE *rule = rules->rules->rules_table; !RULE_IS_NULL(rule); rule++) {
		add_to_set(rules, rule);
		rules->sieve.passes_all |= !add_need(rules, rule);
	}
	return true;
}

/* ---- in the process that reads ---- */

static int
take_match(YR_SCAN_CONTEXT *scan, int message, void *data, void *context)
{
	struct content_scanner *scanner = context;
	const YR_RULE *rule = data;
	size_t position;

	(void)scan;
	if (message != CALLBACK_MSG_RULE_MATCHING)
		return CALLBACK_CONTINUE;
	position = (size_t)(rule - scanner->rules->rules->rules_table);
	if (position >= scanner->rules->count)
		return CALLBACK_CONTINUE;
	scanner->matched = memory_grow(scanner->matched, scanner->count, &scanner->capacity, sizeof *scanner->matched);
	scanner->matched[scanner->count++] = (uint32_t)position;
	return CALLBACK_CONTINUE;
}

struct content_scanner *
content_scanner_open(struct content_rules *rules)
{
	struct content_scanner *scanner = memory_allocate(1, sizeof *scanner);

	scanner->rules = rules;
	scanner->is_off = memory_allocate(rules->count, 1);
	buffer_init(&scanner->content, 0);
	if (yr_scanner_create(rules->rules, &scanner->scanner) != ERROR_SUCCESS) {
		content_scanner_close(scanner);
		return NULL;
	}
	yr_scanner_set_callback(scanner->scanner, take_match, scanner);
	/* No handler of signals: a reading process that dies is noted with the file it read. */
	yr_scanner_set_flags(scanner->scanner, SCAN_FLAGS_FAST_MODE | SCAN_FLAGS_NO_TRYCATCH |
		SCAN_FLAGS_REPORT_RULES_MATCHING);
	return scanner;
}

void
content_scanner_close(struct content_scanner *scanner)
{
	if (!scanner)
		return;
	if (scanner->scanner)
		yr_scanner_destroy(scanner->scanner);
	buffer_release(&scanner->content);
	memory_free(scanner->matched);
	memory_free(scanner->is_off);
	memory_free(scanner);
}

/* A scan of what was read; what matches is kept. False where the time did not suffice. */
static bool
scan(struct content_scanner *scanner, uint64_t seconds, const struct content_asking *asking)
{
	scanner->count = 0;
	asking->progress(asking->context);
	yr_scanner_set_timeout(scanner->scanner, (int)(seconds ? seconds : 1));
	return yr_scanner_scan_mem(scanner->scanner, (const uint8_t *)scanner->content.bytes, scanner->content.length) ==
	       ERROR_SUCCESS;
}

/* Leaves all rules out but those from first on, count of them, and what is off for good. */
static void
leave_only(struct content_scanner *scanner, size_t first, size_t count)
{
	for (size_t i = 0; i < scanner->rules->count; i++) {
		YR_RULE *rule = &scanner->rules->rules->rules_table[i];
		bool is_wanted = i >= first && i < first + count;

		if (!is_wanted && !RULE_IS_DISABLED(rule)) {
			yr_rule_disable(rule);
			scanner->is_off[i] = 1;
		} else if (is_wanted && scanner->is_off[i]) {
			yr_rule_enable(rule);
			scanner->is_off[i] = 0;
		}
	}
}

/*
 * In halves: the half that takes long by itself holds the rule. False where neither does: many rules are slow together, or
 * the machine is.
 */
static bool
find_slow_rule(struct content_scanner *scanner, const struct content_asking *asking, size_t *ret_position)
{
	uint64_t seconds = limit_get(LIMIT_CONTENT_SECONDS) / SEARCH_PARTS;
	size_t first = 0, count = scanner->rules->count;
	bool is_found = true;

	while (count > 1 && is_found) {
		size_t half = count / 2;

		leave_only(scanner, first, half);
		if (!scan(scanner, seconds, asking)) {
			count = half;
			continue;
		}
		leave_only(scanner, first + half, count - half);
		is_found = !scan(scanner, seconds, asking);
		first += half;
		count -= half;
	}
	leave_only(scanner, 0, scanner->rules->count);
	*ret_position = first;
	return is_found && count == 1;
}

enum status
content_scan(struct content_scanner *scanner, struct source *content, const struct content_asking *asking)
{
	const struct content_rules *rules = scanner->rules;
	bool is_whole;

	buffer_clear(&scanner->content);
	if (source_read_all(content, (size_t)limit_get(LIMIT_CONTENT_BYTES), &scanner->content) <= STATUS_UNREADABLE)
		return STATUS_UNREADABLE;
	is_whole = scan(scanner, limit_get(LIMIT_CONTENT_SECONDS), asking);
	for (int i = 0; !is_whole && i < SLOW_RULES_A_FILE; i++) {
		size_t position;

		if (!find_slow_rule(scanner, asking, &position))
			break;
		yr_rule_disable(&rules->rules->rules_table[position]);
		asking->slow(asking->context, rule_set_rule(rules->set, rules->numbers[position]));
		is_whole = scan(scanner, limit_get(LIMIT_CONTENT_SECONDS), asking);
	}
	for (size_t i = 0; is_whole && i < scanner->count; i++)
		asking->hit(asking->context, rule_set_rule(rules->set, rules->numbers[scanner->matched[i]]));
	return is_whole ? STATUS_OK : STATUS_DAMAGED;
}
