/* command.c - "t1554triage hashset ...": which command, and what they share. */
#include <string.h>

#include <t1554triage/text.h>

#include "command.h"
#include "set.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char *argv[]);	/* NULL: build, which is told of feeders */
	const char *usage;
} commands[] = {
	{ "build", NULL, "build NAME SOURCE... [-o FILE] [--kind good|known|tool|bad] [--release TEXT] [--keys-only] [--from-packages|--from-tree]" },
	{ "ask",   hashset_command_ask,   "ask --hashset NAME... [--known-good NAME] [--known-bad NAME] [--format text|jsonl] [DIGEST|FILE|-]..." },
	{ "show",  hashset_command_show,  "show [--verify] NAME|FILE..." },
	{ "list",  hashset_command_list,  "list" },
	{ "bench", hashset_command_bench, "bench NAME|FILE" },
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

int
hashset_usage(const char *problem, const char *word)
{
	if (problem)
		fprintf(stderr, "t1554triage hashset: %s%s%s\n", problem, word ? ": " : "", word ? word : "");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(stderr, "%s t1554triage hashset %s\n", i ? "      " : "usage:", commands[i].usage);
	return EXIT_USAGE;
}

static void
print_note(void *context, const struct note *note)
{
	struct buffer line;

	(void)context;
	buffer_init(&line, 1 << 16);
	buffer_add_text(&line, "t1554triage: ");
	if (note->at.path) {
		text_add_visible(&line, note->at.path, strlen(note->at.path));
		if (note->at.line)
			buffer_add_format(&line, ":%llu", (unsigned long long)note->at.line);
		buffer_add_text(&line, ": ");
	}
	text_add_visible(&line, note->text, strlen(note->text));
	fprintf(stderr, "%s\n", line.bytes);
	buffer_release(&line);
}

const struct notes hashset_command_notes = { .add = print_note };

int
hashset_command_open(const struct hash_set_request *request, struct hash_set **ret_set)
{
	struct buffer message;
	int result;

	buffer_init(&message, 0);
	result = hashset_open(request, &hashset_command_notes, ret_set, &message);
	if (result)
		fprintf(stderr, "t1554triage: %s", message.bytes);
	buffer_release(&message);
	return result;
}

void
hashset_print(struct buffer *out)
{
	fwrite(out->bytes, 1, out->length, stdout);
	buffer_clear(out);
}

int
hashset_flush(int result)
{
	if (fflush(stdout) || ferror(stdout)) {
		fputs("t1554triage hashset: the output could not be written\n", stderr);
		return EXIT_OUTPUT;
	}
	return result;
}

enum hash_class
hashset_kind_by_name(const char *name)
{
	static const enum hash_class kinds[] = { HASH_GOOD, HASH_KNOWN, HASH_TOOL, HASH_BAD };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (!strcmp(name, hash_class_names[kinds[i]]))
			return kinds[i];
	return HASH_NONE;
}

/* argv[0] is "hashset", or the word of the command itself. */
int
hashset_command(int argc, char *argv[], const struct hashset_feeder *feeders)
{
	bool own = argc > 0 && !strcmp(argv[0], "hashset");

	argc -= own;
	argv += own;
	if (argc < 1)
		return hashset_usage("which command?", NULL);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(argv[0], commands[i].name))
			return hashset_flush(commands[i].run ? commands[i].run(argc - 1, argv + 1) :
				hashset_command_build(argc - 1, argv + 1, feeders));
	if (!strcmp(argv[0], "--help")) {
		hashset_usage(NULL, NULL);
		return EXIT_DONE;
	}
	return hashset_usage("no such command", argv[0]);
}
