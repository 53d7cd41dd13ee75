/*
 * content.c - rules over contents, by libyara.
 *
 * Every file of rules is compiled alone first: YARA gives up a compiler at the first error, and one bad rule must not
 * cost the others. Of a file that does not compile each rule is tried by itself, below the lines before the first, and
 * what is left is compiled together: rules refer to others of their file, and global ones restrict them.
 */
#include <ctype.h>
#include <stdio.h>
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

enum { SLOW_RULES_A_FILE = 3, REFERRED_MAX = 64, SEARCH_PARTS = 6 };	/* of the time of a file that one step of the search for a slow rule has */

struct content_scanner {
	struct content_rules *rules;
	YR_SCANNER    *scanner;
	struct buffer  content;
	uint32_t      *matched;		/* positions of the rules that match */
	size_t         count, capacity;
	uint8_t       *is_off;		/* by position: left out of this step of the search */
	bool           has_failed;	/* the last scan, by something else than the time it took */
};

/* A rule of a file, from the line that begins it to the one that begins the next. */
struct rule_text {
	size_t begin, length, name;	/* places in the text */
	int    line, next_line;
	bool   is_global, is_good_alone, is_out;
	char   why[256];
};

/* What a compiler had to say. */
struct complaints {
	int    line;			/* of the first one, 0: none */
	char   text[256];
	struct rule_text *rules;	/* where each is to be marked, NULL: only the first one is wanted */
	size_t rule_count;
};

/* What rules may ask of a file's name, as LOKI and THOR have it. */
static const char *const externals[] = { "filename", "filepath", "extension" };

static YR_COMPILER *
open_compiler(void)
{
	YR_COMPILER *compiler;

	if (yr_compiler_create(&compiler) != ERROR_SUCCESS)
		return NULL;
	yr_compiler_set_include_callback(compiler, NULL, NULL, NULL);
	for (size_t i = 0; i < sizeof externals / sizeof *externals; i++)
		yr_compiler_define_string_variable(compiler, externals[i], "");
	return compiler;
}

struct content_rules *
content_rules_open(void)
{
	struct content_rules *rules;

	if (yr_initialize() != ERROR_SUCCESS)
		return NULL;
	rules = memory_allocate(1, sizeof *rules);
	arena_init(&rules->arena);
	rules->compiler = open_compiler();
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
	struct complaints *complaints = context;

	(void)file;
	(void)rule;
	if (level != YARA_ERROR_LEVEL_ERROR)
		return;
	for (size_t i = 0; i < complaints->rule_count; i++) {
		struct rule_text *own = &complaints->rules[i];

		if (line < own->line || line >= own->next_line || own->is_out)
			continue;
		own->is_out = true;
		snprintf(own->why, sizeof own->why, "%s", message);
	}
	if (complaints->line)
		return;
	complaints->line = line;
	snprintf(complaints->text, sizeof complaints->text, "%s", message);
}

/* Whether the text compiles by itself. */
static bool
compiles(const char *text, struct complaints *complaints)
{
	YR_COMPILER *compiler = open_compiler();
	YR_RULES *compiled = NULL;
	bool is_good;

	complaints->line = 0;
	complaints->text[0] = '\0';
	if (!compiler)
		return false;
	yr_compiler_set_callback(compiler, keep_error, complaints);
	is_good = !yr_compiler_add_string(compiler, text, NULL) && yr_compiler_get_rules(compiler, &compiled) == ERROR_SUCCESS;
	if (compiled)
		yr_rules_destroy(compiled);
	yr_compiler_destroy(compiler);
	return is_good;
}

static void
refuse(const struct content_rules *rules, const char *path, int line, const char *reason)
{
	if (rules->out->refused)
		rules->out->refused(rules->out->context, &(struct rule_refusal){ path, (uint32_t)line, reason });
}

/* What the compiler complains of, in words. */
static const char *
complaint(struct content_rules *rules, const char *text)
{
	if (!strcmp(text, "undefined identifier \"magic\""))
		return "the module magic is not in use: it reads a database of this machine, which those that read evidence cannot";
	return arena_format(&rules->arena, "YARA %s: %s", YR_VERSION, *text ? text : "cannot be compiled");
}

static bool
is_of_name(char character)
{
	return isalnum((unsigned char)character) || character == '_';
}

/* The name in a line that begins a rule: "rule a", "private global rule a : tag"; NULL: it begins none. */
static const char *
begins_rule(const char *line, bool *ret_global)
{
	static const char *const words[] = { "private", "global", "rule" };

	*ret_global = false;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		size_t length = strlen(words[i]), blanks;

		line += strspn(line, " \t");
		if (!text_has_prefix(line, words[i]))
			continue;
		blanks = strspn(line + length, " \t");
		if (!blanks)
			continue;
		line += length + blanks;
		if (i == 2)
			return line;
		*ret_global |= i == 1;
		i = SIZE_MAX;	/* they stand in any order */
	}
	return NULL;
}

static const char *
next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

/* Behind a comment that begins with the line: what is taken out of use often stands in one. */
static const char *
pass_comment(const char *line, int *line_number)
{
	const char *begin = line + strspn(line, " \t"), *end = text_has_prefix(begin, "/*") ? strstr(begin, "*/") : NULL;

	while (end && next_line(line) <= end && *next_line(line)) {
		line = next_line(line);
		++*line_number;
	}
	return line;
}

/* The next line that begins a rule, or the end of the text. */
static const char *
next_rule(const char *line, int *line_number)
{
	bool is_global;

	while (*line && !begins_rule(line = pass_comment(line, line_number), &is_global)) {
		line = next_line(line);
		++*line_number;
	}
	return line;
}

/* Of a file that holds one at least. */
static struct rule_text *
part_rules(const char *text, size_t *ret_count)
{
	struct rule_text *parts = NULL, *part;
	size_t count = 0, capacity = 0;
	int line = 1;

	for (const char *at = next_rule(text, &line); *at; ) {
		parts = memory_grow(parts, count, &capacity, sizeof *parts);
		part = &parts[count++];
		*part = (struct rule_text){ .begin = (size_t)(at - text), .line = line };
		part->name = (size_t)(begins_rule(at, &part->is_global) - text);
		line++;
		at = next_rule(next_line(at), &line);
		part->length = (size_t)(at - text) - part->begin;
		part->next_line = line;
	}
	*ret_count = count;
	return parts;
}

static void
add_text(struct content_rules *rules, const char *path, const char *text)
{
	if (rules->compiler)
		yr_compiler_add_string(rules->compiler, text, arena_format(&rules->arena, "%s%s", rules->shipped ? "" : "--yara ",
			path));
}

/* The rule below the lines before the first one, and below others that stand for what it refers to. */
static const char *
alone(const char *text, const struct rule_text *parts, const struct rule_text *part, const char *others, struct buffer *out)
{
	buffer_clear(out);
	buffer_add(out, text, parts->begin);
	buffer_add_text(out, others);
	buffer_add(out, text + part->begin, part->length);
	return out->bytes;
}

/* The name in 'undefined identifier "name"', where it is that of a rule of the file; its length, 0: it is none. */
static size_t
names_rule(const char *text, const struct rule_text *parts, size_t count, const char *complaint, const char **ret_name)
{
	static const char undefined[] = "undefined identifier \"";
	const char *name = complaint + sizeof undefined - 1;
	size_t length;

	if (!text_has_prefix(complaint, undefined))
		return 0;
	length = strcspn(name, "\"");
	*ret_name = name;
	for (size_t i = 0; i < count; i++) {
		const char *own = text + parts[i].name;

		if (length && !strncmp(own, name, length) && !is_of_name(own[length]))
			return length;
	}
	return 0;
}

/*
 * What is wrong with a rule by itself is told before they are taken together, where it would hide what follows it. A rule that
 * it refers to is another one's affair: something of that name stands for it.
 */
static void
try_alone(const char *text, struct rule_text *parts, size_t count)
{
	struct complaints complaints = { .rules = NULL };
	struct buffer own, others;
	const char *name;
	size_t length;

	buffer_init(&own, 0);
	buffer_init(&others, 0);
	for (size_t i = 0; i < count; i++) {
		unsigned referred = 0;

		buffer_clear(&others);
		while ((parts[i].is_out = !compiles(alone(text, parts, &parts[i], others.bytes, &own), &complaints)) &&
		       referred++ < REFERRED_MAX && (length = names_rule(text, parts, count, complaints.text, &name)))
			buffer_add_format(&others, "rule %.*s { condition: false }\n", (int)length, name);
		parts[i].is_good_alone = !parts[i].is_out && !referred;
		snprintf(parts[i].why, sizeof parts[i].why, "%s", complaints.text);
	}
	buffer_release(&own);
	buffer_release(&others);
}

/* Blanks what is out, so that the lines of the others stay theirs; returns how many are out. */
static size_t
take_out(char *text, const struct rule_text *parts, size_t count)
{
	size_t out = 0;

	for (size_t i = 0; i < count; i++) {
		if (!parts[i].is_out)
			continue;
		out++;
		for (size_t j = parts[i].begin; j < parts[i].begin + parts[i].length; j++)
			if (text[j] != '\n')
				text[j] = ' ';
	}
	return out;
}

/* Takes rules out of the text until it compiles. */
static void
try_together(char *text, struct rule_text *parts, size_t count)
{
	struct complaints complaints = { .rules = parts, .rule_count = count };
	size_t out;

	do {
		out = take_out(text, parts, count);
		if (out == count || compiles(text, &complaints))
			return;
	} while (take_out(text, parts, count) > out);
	for (size_t i = 0; i < count; i++) {	/* it complains of none of them */
		if (!parts[i].is_out)
			snprintf(parts[i].why, sizeof parts[i].why, "%s", complaints.text);
		parts[i].is_out = true;
	}
}

static bool
loses_global(const struct rule_text *parts, size_t count)
{
	bool is_lost = false;

	for (size_t i = 0; i < count; i++)
		is_lost |= parts[i].is_global && parts[i].is_out;
	return is_lost;
}

static void
add_each_rule(struct content_rules *rules, const char *path, const char *text)
{
	size_t count;
	struct rule_text *parts = part_rules(text, &count);
	char *together = arena_copy_text(&rules->arena, text);
	bool has_global = false, is_lost;
	struct buffer own;

	try_alone(text, parts, count);
	try_together(together, parts, count);
	is_lost = loses_global(parts, count);
	for (size_t i = 0; i < count; i++)
		has_global |= parts[i].is_global;
	if (!is_lost && take_out(together, parts, count) < count)
		add_text(rules, path, together);
	buffer_init(&own, 0);
	for (size_t i = 0; i < count; i++)
		if (is_lost && !parts[i].is_out)
			refuse(rules, path, parts[i].line, "a global rule of the same file, which restricts it, is not used");
		else if (parts[i].is_out && parts[i].is_good_alone && !has_global)
			/* Its name stands twice in the file: a namespace of its own. */
			add_text(rules, arena_format(&rules->arena, "%s#%zu", path, i + 1), alone(text, parts, &parts[i], "", &own));
		else if (parts[i].is_out)
			refuse(rules, path, parts[i].line, complaint(rules, parts[i].why));
	buffer_release(&own);
	memory_free(parts);
}

/* Without its line "import", what needs the module is refused by its name, and the rest is used. */
static void
leave_out_magic(char *text)
{
	for (char *line = text; *line; line = (char *)(uintptr_t)next_line(line)) {
		char *word = line + strspn(line, " \t");

		if (text_has_prefix(word, "import") && text_has_prefix(word + 6 + strspn(word + 6, " \t"), "\"magic\""))
			memset(word, ' ', (size_t)(strchr(strchr(word, '"') + 1, '"') + 1 - word));
	}
}

static void
add_file(void *context, const char *path, const char *bytes, size_t length)
{
	static const char compiled[] = "YARA";
	struct content_rules *rules = context;
	struct complaints complaints = { .rules = NULL };
	const char *own = arena_copy_text(&rules->arena, path);
	/* yr_compiler_add_string reads to a NUL. */
	char *text = arena_copy(&rules->arena, bytes, length);
	int line = 1;

	rules->file_count++;
	if (strlen(text) != length) {
		refuse(rules, own, 0, text_has_prefix(text, compiled) ? "compiled rules are not read, their text is" : "the file holds a NUL");
		return;
	}
	leave_out_magic(text);
	if (compiles(text, &complaints))
		add_text(rules, own, text);
	else if (!*next_rule(text, &line))
		refuse(rules, own, complaints.line, complaint(rules, complaints.text));
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
	return rule_files_visit(path, &(struct rule_files){ { ".yar", ".yara", ".yarc", ".yac" }, add_file, rules, out });
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
	int result;

	scanner->count = 0;
	asking->progress(asking->context);
	yr_scanner_set_timeout(scanner->scanner, (int)(seconds ? seconds : 1));
	result = yr_scanner_scan_mem(scanner->scanner, (const uint8_t *)scanner->content.bytes, scanner->content.length);
	scanner->has_failed = result != ERROR_SUCCESS && result != ERROR_SCAN_TIMEOUT;
	return result == ERROR_SUCCESS;
}

/* The name of the file, the folder it lies in, its ending with the dot in lower case; on Windows with its slashes. */
static void
tell_name(struct content_scanner *scanner, const struct content_asking *asking)
{
	const char *name = text_base_name(asking->path), *dot = strrchr(name, '.');
	size_t folder = (size_t)(name - asking->path);
	struct buffer text;

	buffer_init(&text, 0);
	buffer_add(&text, asking->path, folder > 1 ? folder - 1 : folder);
	for (size_t i = 0; i < text.length && asking->is_windows; i++)
		if (text.bytes[i] == '/')
			text.bytes[i] = '\\';
	yr_scanner_define_string_variable(scanner->scanner, "filepath", text.bytes);
	yr_scanner_define_string_variable(scanner->scanner, "filename", name);
	buffer_clear(&text);
	buffer_add_text(&text, dot ? dot : "");
	for (size_t i = 0; i < text.length; i++)
		text.bytes[i] = (char)tolower((unsigned char)text.bytes[i]);
	yr_scanner_define_string_variable(scanner->scanner, "extension", text.bytes);
	buffer_release(&text);
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
 * In halves: the half that takes long, or fails, by itself holds the rule. False where neither does: many rules are slow together, or
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

/* Without a global rule the others of its file would match more than they should. */
static void
switch_off(const struct content_rules *rules, size_t position)
{
	YR_RULE *table = rules->rules->rules_table;

	for (size_t i = 0; i < rules->count; i++)
		if (i == position || (RULE_IS_GLOBAL(&table[position]) && table[i].ns == table[position].ns))
			yr_rule_disable(&table[i]);
}

enum status
content_scan(struct content_scanner *scanner, struct source *content, const struct content_asking *asking)
{
	const struct content_rules *rules = scanner->rules;
	bool is_whole;

	buffer_clear(&scanner->content);
	if (source_read_all(content, (size_t)limit_get(LIMIT_CONTENT_BYTES), &scanner->content) <= STATUS_UNREADABLE)
		return STATUS_UNREADABLE;
	tell_name(scanner, asking);
	is_whole = scan(scanner, limit_get(LIMIT_CONTENT_SECONDS), asking);
	for (int i = 0; !is_whole && i < SLOW_RULES_A_FILE; i++) {
		bool has_failed = scanner->has_failed;
		size_t position;

		if (!find_slow_rule(scanner, asking, &position))
			break;
		switch_off(rules, position);
		asking->given_up(asking->context, rule_set_rule(rules->set, rules->numbers[position]), has_failed);
		is_whole = scan(scanner, limit_get(LIMIT_CONTENT_SECONDS), asking);
	}
	for (size_t i = 0; is_whole && i < scanner->count; i++)
		asking->hit(asking->context, rule_set_rule(rules->set, rules->numbers[scanner->matched[i]]));
	return is_whole ? STATUS_OK : STATUS_DAMAGED;
}
