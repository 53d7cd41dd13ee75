/* command_show.c - "hashset show" and "hashset list". */
#include <dirent.h>
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "command.h"
#include "index.h"
#include "set.h"

static void
add_line(struct buffer *out, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	buffer_add_format(out, "  %-12s", label);
	text_add_visible(out, text, strlen(text));
	buffer_add_char(out, '\n');
}

static void
add_count(struct buffer *out, const char *label, uint64_t count)
{
	buffer_add_format(out, "  %-12s%llu\n", label, (unsigned long long)count);
}

static void
ignore_row(void *context, const struct hash_row *row)
{
	(void)context;
	(void)row;
}

static void
describe(const struct hash_set *set, struct buffer *out)
{
	const struct hash_set_identity *identity = hashset_identity(set);

	text_add_visible(out, identity->name, strlen(identity->name));
	buffer_add_char(out, '\n');
	add_line(out, "file", identity->path);
	add_line(out, "format", identity->format);
	add_line(out, "kind", hash_class_names[identity->kind]);
	add_line(out, "release", identity->release);
	add_line(out, "description", identity->description);
	if (identity->file.known & 1u << DIGEST_SHA256) {
		buffer_add_text(out, "  sha256      ");
		text_add_hex(out, identity->file.sha256, sizeof identity->file.sha256);
		buffer_add_char(out, '\n');
	}
	add_line(out, "no sha256", identity->digest_unread);
	add_count(out, "rows", identity->rows);
	for (int i = DIGEST_MD5; i < DIGEST_ALGORITHM_COUNT; i++)
		if (identity->entries[i])
			add_count(out, digest_algorithm_names[i], identity->entries[i]);
	if (identity->contradictions_counted)
		buffer_add_format(out, "  %-12s%llu%s\n", "contradict", (unsigned long long)identity->contradictions,
			identity->contradictions ? " digests whose rows differ in another digest" : "");
	if (identity->addresses)
		add_count(out, "addresses", identity->addresses);
	if (identity->domains)
		add_count(out, "domains", identity->domains);
	add_count(out, "rejected", identity->rejected);
	for (size_t i = 0; i < set->reject_count; i++) {
		buffer_add_format(out, "    line %llu, %s: ", (unsigned long long)set->rejects[i].line, set->rejects[i].why);
		text_add_visible(out, set->rejects[i].text, strlen(set->rejects[i].text));
		buffer_add_char(out, '\n');
	}
}

static int
show_set(const char *name, bool verify, struct buffer *out)
{
	struct hash_set_request request = { .name = name };
	struct hash_set *set;
	enum status status;
	int result;

	result = hashset_command_open(&request, &set);
	if (result)
		return result;
	if (verify && set->identity.digest_unread)
		set_digest(set);
	if (set->index)
		status = !verify || set_index_verify(set->index) ? STATUS_OK : STATUS_DAMAGED;
	else
		status = set_read(set, ignore_row, NULL, &hashset_command_notes);
	describe(set, out);
	if (verify)
		add_line(out, "verified", status < 0 ? "no: a part fails its checksum; build the set again" : "read from end to end");
	hashset_close(set);
	return status < 0 ? EXIT_INCOMPLETE : EXIT_DONE;
}

int
hashset_command_show(int argc, char *argv[])
{
	bool verify = false;
	int result = EXIT_DONE, shown = 0;
	struct buffer out;

	buffer_init(&out, 0);
	for (int i = 0; i < argc; i++)
		verify |= !strcmp(argv[i], "--verify");
	for (int i = 0; i < argc && !result; i++) {
		if (!strcmp(argv[i], "--verify"))
			continue;
		if (argv[i][0] == '-')
			result = hashset_usage("no such option", argv[i]);
		else
			result = show_set(argv[i], verify, &out);
		shown++;
		hashset_print(&out);
	}
	buffer_release(&out);
	return shown || result ? result : hashset_usage("show: which set?", NULL);
}

static int
is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
list_folder(const char *folder, struct buffer *out)
{
	DIR *listing = opendir(folder);
	size_t count = 0;

	buffer_add_text(out, "  ");
	text_add_visible(out, folder, strlen(folder));
	buffer_add_text(out, listing ? "\n" : " (no such folder)\n");
	if (!listing)
		return;
	for (struct dirent *entry; (entry = readdir(listing)); )
		if (is_shown(entry) && text_has_suffix(entry->d_name, ".t1554set")) {
			buffer_add_text(out, "    ");
			text_add_visible(out, entry->d_name, strlen(entry->d_name) - strlen(".t1554set"));
			buffer_add_char(out, '\n');
			count++;
		}
	if (!count)
		buffer_add_text(out, "    (no compiled set)\n");
	closedir(listing);
}

static void
list_defaults(struct buffer *out)
{
	struct hash_set **sets;
	struct buffer message;
	size_t count;

	buffer_init(&message, 0);
	if (hashset_open_default(&hashset_command_notes, &sets, &count, &message)) {
		buffer_add_format(out, "  %s", message.bytes);
	} else {
		for (size_t i = 0; i < count; i++) {
			const struct hash_set_identity *identity = hashset_identity(sets[i]);

			buffer_add_format(out, "  %-28s %s\n", identity->name, hash_class_names[identity->kind]);
			hashset_close(sets[i]);
		}
		memory_free(sets);
	}
	buffer_release(&message);
}

int
hashset_command_list(int argc, char *argv[])
{
	struct arena arena;
	struct buffer out;
	const char *folder;

	if (argc)
		return hashset_usage("list takes no operands", argv[0]);
	arena_init(&arena);
	buffer_init(&out, 0);
	buffer_add_text(&out, "Formats\n");
	for (const struct hashset_format *const *format = hashset_formats(); *format; format++)
		buffer_add_format(&out, "  %-12s %-6s %s\n", (*format)->name, hash_class_names[(*format)->kind],
			(*format)->description);
	buffer_add_text(&out, "Sets that are on (--no-default-sets)\n");
	list_defaults(&out);
	buffer_add_text(&out, "Folders of sets\n");
	for (size_t i = 0; (folder = set_folder(i, &arena)); i++)
		list_folder(folder, &out);
	hashset_print(&out);
	buffer_release(&out);
	arena_release(&arena);
	return EXIT_DONE;
}
