/* command_line.c - options from option.def. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/exit_status.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "cli.h"

enum { LETTERLESS = 256 };

enum option_id {
#define OPTION(id, letter, name, argument, help) OPTION_##id,
#include "option.def"
#undef OPTION
	OPTION_COUNT
};

static const struct option_row {
	int         letter;
	const char *name, *argument, *help;
} rows[] = {
#define OPTION(id, letter, name, argument, help) { letter, name, argument, help },
#include "option.def"
#undef OPTION
};

static const struct missing_row { const char *table, *name, *why; } missing[] = {
#define MISSING(table, name, why) { table, name, why },
#include "missing.def"
#undef MISSING
};

void
show_help(FILE *to)
{
	fputs("Usage: t1554triage [OPTION]... EVIDENCE...\n", to);
#define COMMAND(name, function, synopsis, help) fputs("       t1554triage " synopsis "\n", to);
#include "command.def"
#undef COMMAND
	fputs("\nWere the host's own programs compromised (MITRE ATT&CK T1554)? Evidence is an image (E01, raw,\n"
		"split raw), a virtual disk, a folder or an archive of collected artifacts; it is only ever read.\n\nOptions:\n", to);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		char left[64];

		snprintf(left, sizeof left, "%s%c%s--%s%s%s", rows[i].letter ? "-" : " ",
			rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? ", " : "  ", rows[i].name,
			rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		fprintf(to, "  %-28s  %s\n", left, rows[i].help);
	}
	fputs("\nExit status: 0 do not escalate, 1 escalate, 2 inconclusive or incomplete, 3 escalate and incomplete,\n"
		"64 usage, 65 not recognised as evidence, 66 cannot open, 70 internal, 73 output in use, 74 output\n"
		"could not be written.\n", to);
}

static int __attribute__((format(printf, 1, 2)))
usage(const char *format, ...)
{
	va_list arguments;

	fputs("t1554triage: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("\nTry \"t1554triage --help\".\n", stderr);
	return EXIT_USAGE;
}

static void
add_set(struct command_line *line, const char *name, enum hash_class kind)
{
	line->sets = memory_grow(line->sets, line->options.set_count, &line->set_capacity, sizeof *line->sets);
	line->sets[line->options.set_count++] = (struct hash_set_request){ .name = name, .kind = kind };
}

static void
add_events(struct command_line *line, const char *path)
{
	line->events = memory_grow(line->events, line->options.event_path_count, &line->event_capacity, sizeof *line->events);
	line->events[line->options.event_path_count++] = path;
}

static void
add_network(struct command_line *line, const char *path)
{
	line->networks = memory_grow(line->networks, line->options.network_path_count, &line->network_capacity,
		sizeof *line->networks);
	line->networks[line->options.network_path_count++] = path;
}

static void
add_rules(struct command_line *line, const char *path)
{
	line->rules = memory_grow(line->rules, line->options.rule_path_count, &line->rule_capacity, sizeof *line->rules);
	line->rules[line->options.rule_path_count++] = path;
}

static void
add_content_rules(struct command_line *line, const char *path)
{
	line->content_rules = memory_grow(line->content_rules, line->options.content_path_count,
		&line->content_rule_capacity, sizeof *line->content_rules);
	line->content_rules[line->options.content_path_count++] = path;
}

/* "md5,sha256" to a sum of 1 << DIGEST_x; allowed: the sum of those that may be named. */
static bool
read_digests(const char *list, uint32_t allowed, uint32_t *ret_sum)
{
	uint32_t sum = 0;

	while (*list) {
		char name[16] = "";
		size_t length = strcspn(list, ",");
		enum digest_algorithm algorithm;

		if (length >= sizeof name)
			return false;
		memcpy(name, list, length);
		algorithm = digest_algorithm_by_name(name);
		if (!algorithm || !(allowed & 1u << algorithm))
			return false;
		sum |= 1u << algorithm;
		list += length + (list[length] == ',');
	}
	*ret_sum = sum;
	return sum != 0;
}

static bool
read_acquired(const char *text, struct digest *ret_digest)
{
	char name[16] = "";
	size_t length = strcspn(text, ":");
	enum digest_algorithm algorithm;

	if (length >= sizeof name || !text[length])
		return false;
	memcpy(name, text, length);
	algorithm = digest_algorithm_by_name(name);
	return algorithm && digest_parse(text + length + 1, strlen(text + length + 1), algorithm, ret_digest);
}

static bool
read_window(const char *text, struct settings *settings)
{
	const char *dots = strstr(text, "..");

	return dots && timestamp_parse(text, (size_t)(dots - text), &settings->window_from) &&
		timestamp_parse(dots + 2, strlen(dots + 2), &settings->window_to) &&
		timestamp_compare(&settings->window_from, &settings->window_to) <= 0;
}

/* The lines of a small text file of the examiner; empty lines and comments are left out. */
static bool
read_lines(struct command_line *line, const char *path, const char *const **ret_lines, size_t *ret_count)
{
	FILE *file = fopen(path, "re");
	const char **lines = NULL;
	size_t capacity = 0, count = 0, size = 0;
	char *text = NULL;
	ssize_t length;

	if (!file)
		return false;
	while ((length = getline(&text, &size, file)) >= 0) {
		const char **grown;

		while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
			text[--length] = '\0';
		if (!length || *text == '#')
			continue;
		if (count == capacity) {
			capacity = capacity ? capacity * 2 : 16;
			grown = arena_allocate(&line->arena, capacity * sizeof *grown);
			if (count)
				memcpy(grown, lines, count * sizeof *grown);
			lines = grown;
		}
		lines[count++] = arena_copy(&line->arena, text, (size_t)length);
	}
	memory_free(text);
	fclose(file);
	*ret_lines = lines;
	*ret_count = count;
	return true;
}

static int
read_custody(struct command_line *line, const char *path)
{
	const char *const *lines;
	struct custody_line *custody;
	size_t count;

	if (!read_lines(line, path, &lines, &count)) {
		fprintf(stderr, "t1554triage: %s: the chain of custody cannot be read: %s\n", path, strerror(errno));
		return EXIT_NO_INPUT;
	}
	custody = arena_allocate(&line->arena, count * sizeof *custody);
	for (size_t i = 0; i < count; i++)
		custody[i].text = lines[i];
	line->options.case_information.custody = custody;
	line->options.case_information.custody_count = count;
	return 0;
}

static void
add_limit(struct command_line *line, const char *text)
{
	struct settings *settings = &line->options.settings;
	const char **limits = arena_allocate(&line->arena, (settings->limit_count + 1) * sizeof *limits);

	if (settings->limit_count)
		memcpy(limits, settings->limits, settings->limit_count * sizeof *limits);
	limits[settings->limit_count++] = text;
	settings->limits = limits;
}

static void
add_exhibit_number(struct command_line *line, const char *text)
{
	struct triage_options *options = &line->options;
	const char **numbers = arena_allocate(&line->arena, (options->exhibit_number_count + 1) * sizeof *numbers);

	if (options->exhibit_number_count)
		memcpy(numbers, options->exhibit_numbers, options->exhibit_number_count * sizeof *numbers);
	numbers[options->exhibit_number_count++] = text;
	options->exhibit_numbers = numbers;
}

static int
take_texts(struct command_line *line, enum option_id id, const char *value)
{
	static const char *const declarations[] = { "none", "fre902", "uk-technical", "uk-expert", NULL };
	struct case_information *about = &line->options.case_information;

	switch (id) {
	case OPTION_CASE:         about->number = value; break;
	case OPTION_EXHIBIT:      add_exhibit_number(line, value); break;
	case OPTION_EXAMINER:     about->examiner = value; break;
	case OPTION_ORGANIZATION: about->organization = value; break;
	case OPTION_REQUEST:      about->request = value; break;
	case OPTION_NOTES:        about->notes = value; break;
	case OPTION_CUSTODY:      return read_custody(line, value);
	case OPTION_DECLARATION:
		for (size_t i = 0; declarations[i]; i++)
			if (!strcmp(declarations[i], value)) {
				about->declaration = declarations[i];
				return 0;
			}
		return usage("--declaration %s: none, fre902, uk-technical or uk-expert is wanted", value);
	default:
		break;
	}
	return 0;
}

static int
take_choices(struct command_line *line, enum option_id id, const char *value)
{
	uint64_t number;

	switch (id) {
	case OPTION_JOBS:
		if (!text_parse_u64(value, strlen(value), 10, &number) || number > 256)
			return usage("--jobs %s: a number from 0 to 256 is wanted", value);
		line->options.jobs = (unsigned)number;
		return 0;
	case OPTION_IO:
		line->options.io = !strcmp(value, "sequential") ? IO_SEQUENTIAL : !strcmp(value, "parallel") ? IO_PARALLEL : IO_AUTO;
		return line->options.io != IO_AUTO || !strcmp(value, "auto") ? 0
			: usage("--io %s: auto, sequential or parallel is wanted", value);
	case OPTION_PROGRESS:
		line->progress = !strcmp(value, "never") ? PROGRESS_NEVER : !strcmp(value, "json") ? PROGRESS_JSON : PROGRESS_AUTO;
		return line->progress != PROGRESS_AUTO || !strcmp(value, "auto") ? 0
			: usage("--progress %s: auto, never or json is wanted", value);
	case OPTION_FORMAT:
		line->options.json = !strcmp(value, "jsonl");
		return line->options.json || !strcmp(value, "text") ? 0
			: usage("--format %s: text or jsonl is wanted", value);
	case OPTION_LIMIT:
		add_limit(line, value);
		return limit_set(value) ? 0 : usage("--limit %s: a name from \"t1554triage list limits\", "
			"an equals sign and a number (suffixes K, M, G, T) are wanted", value);
	default:
		return 0;
	}
}

static int
take_digests(struct command_line *line, enum option_id id, const char *value)
{
	static const uint32_t of_files = 1u << DIGEST_MD5 | 1u << DIGEST_SHA1 | 1u << DIGEST_SHA256;

	switch (id) {
	case OPTION_DIGESTS:
		line->options.settings.digests = value;
		return read_digests(value, of_files, &line->options.digests) ? 0
			: usage("--digests %s: a list of md5, sha1, sha256 is wanted", value);
	case OPTION_MEDIA_DIGESTS:
		return read_digests(value, of_files, &line->options.media_digests) ? 0
			: usage("--media-digests %s: a list of md5, sha1, sha256 is wanted", value);
	case OPTION_ACQUIRED_DIGEST:
		if (line->options.settings.acquired_digest)
			return usage("--acquired-digest %s: one digest is compared, and %s was given before it", value,
				line->options.settings.acquired_digest);
		line->options.settings.acquired_digest = value;
		return read_acquired(value, &line->options.acquired) ? 0
			: usage("--acquired-digest %s: an algorithm, a colon and its digest in hexadecimal are wanted", value);
	default:
		return 0;
	}
}

static int
take_explained(struct command_line *line, const char *path)
{
	struct settings *settings = &line->options.settings;

	if (read_lines(line, path, &settings->explained, &settings->explained_count))
		return 0;
	fprintf(stderr, "t1554triage: %s: the list of explained changes cannot be read: %s\n", path, strerror(errno));
	return EXIT_NO_INPUT;
}

static int
take_option(struct command_line *line, enum option_id id, const char *value)
{
	struct triage_options *options = &line->options;

	switch (id) {
	case OPTION_HASHSET:         add_set(line, value, HASH_NONE); return 0;
	case OPTION_KNOWN_GOOD:      add_set(line, value, HASH_GOOD); return 0;
	case OPTION_KNOWN_BAD:       add_set(line, value, HASH_BAD); return 0;
	case OPTION_NO_DEFAULT_SETS: options->default_sets = false; return 0;
	case OPTION_EVENTS:          add_events(line, value); return 0;
	case OPTION_NETWORK:         add_network(line, value); return 0;
	case OPTION_RULES:           add_rules(line, value); return 0;
	case OPTION_YARA:            add_content_rules(line, value); return 0;
	case OPTION_OUTPUT:          options->output = value; return 0;
	case OPTION_TRUSTED_KEYS:    options->trusted_keys = value; return 0;
	case OPTION_ORIGINALS:       options->originals = value; return 0;
	case OPTION_EXTRACT:         options->extract = true; return 0;
	case OPTION_ALL_FILES:       options->settings.all_files = true; return 0;
	case OPTION_NO_VERIFY:       options->settings.no_verify = true; return 0;
	case OPTION_TIMEZONE:        options->zone = value; return 0;
	case OPTION_SIGN_KEY:        options->sign_key = value; return 0;
	case OPTION_SIGN_CERT:       options->sign_cert = value; return 0;
	case OPTION_NO_SANDBOX:      options->sandboxed = options->settings.sandboxed = false; return 0;
	case OPTION_QUIET:           line->quiet = true; return 0;
	case OPTION_VERBOSE:         line->verbose = true; return 0;
	case OPTION_HELP:            line->wants_help = true; return 0;
	case OPTION_VERSION:         line->wants_version = true; return 0;
	case OPTION_EXPLAINED:       return take_explained(line, value);
	case OPTION_WINDOW:
		return read_window(value, &options->settings) ? 0
			: usage("--window %s: two RFC 3339 times with .. between them are wanted, as 2026-11-10T00:00:00Z..2026-11-12T00:00:00Z", value);
	case OPTION_JOBS: case OPTION_IO: case OPTION_PROGRESS: case OPTION_FORMAT: case OPTION_LIMIT:
		return take_choices(line, id, value);
	case OPTION_DIGESTS: case OPTION_MEDIA_DIGESTS: case OPTION_ACQUIRED_DIGEST:
		return take_digests(line, id, value);
	default:
		return take_texts(line, id, value);
	}
}

/* An option that the interface has and this version has not: never passed over in silence. */
static int
unknown_option(const char *given)
{
	for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++)
		if (!strncmp(given, missing[i].name, strlen(missing[i].name))) {
			fprintf(stderr, "t1554triage: %s (%s) is not in this version; \"t1554triage list missing\" "
				"names what is not\n", missing[i].name, missing[i].why);
			return EXIT_USAGE;
		}
	return usage("%s: no such option", given);
}

static void
set_defaults(struct command_line *line)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	*line = (struct command_line){ .options = {
		.default_sets = true, .sandboxed = true, .jobs = cpus > 0 && cpus <= 256 ? (unsigned)cpus : 1,
		.digests = 1u << DIGEST_MD5 | 1u << DIGEST_SHA1 | 1u << DIGEST_SHA256,
		.settings = { .digests = COMMAND_LINE_DIGESTS, .sandboxed = true },
		.case_information = { .declaration = "none" },
	} };
	arena_init(&line->arena);
}

static void
make_getopt_table(struct option table[OPTION_COUNT + 1], char letters[OPTION_COUNT * 2 + 3])
{
	size_t used = 0;

	letters[used++] = ':';
	for (int i = 0; i < OPTION_COUNT; i++) {
		table[i] = (struct option){ rows[i].name, rows[i].argument ? required_argument : no_argument, NULL,
			LETTERLESS + i };
		if (!rows[i].letter)
			continue;
		letters[used++] = (char)rows[i].letter;
		if (rows[i].argument)
			letters[used++] = ':';
	}
	letters[used] = '\0';
	table[OPTION_COUNT] = (struct option){ .name = NULL };
}

static int
option_of_letter(int letter)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		if (rows[i].letter == letter)
			return i;
	return -1;
}

int
command_line_read(struct command_line *line, int argc, char *argv[])
{
	struct option table[OPTION_COUNT + 1];
	char letters[OPTION_COUNT * 2 + 3];
	int found, status = 0;

	set_defaults(line);
	line->options.arguments = (const char *const *)argv;
	line->options.argument_count = (size_t)argc;
	make_getopt_table(table, letters);
	opterr = 0;
	optind = 1;
	while (!status && (found = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (found == ':')
			return usage("%s needs a value", argv[optind - 1]);
		if (found == '?')
			return unknown_option(argv[optind - 1]);
		status = take_option(line, (enum option_id)(found >= LETTERLESS ? found - LETTERLESS
			: option_of_letter(found)), optarg);
	}
	line->options.operands = argv + optind;
	line->options.operand_count = (size_t)(argc - optind);
	line->options.sets = line->sets;
	line->options.rule_paths = line->rules;
	line->options.content_paths = line->content_rules;
	line->options.event_paths = line->events;
	line->options.network_paths = line->networks;
	if (!status && !line->options.sign_key != !line->options.sign_cert)
		return usage("%s go together", "--sign-key and --sign-cert");
	return status;
}

void
command_line_release(struct command_line *line)
{
	memory_free(line->sets);
	memory_free(line->rules);
	memory_free(line->content_rules);
	memory_free(line->events);
	memory_free(line->networks);
	arena_release(&line->arena);
}
