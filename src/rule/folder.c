/* folder.c - files of rules on this machine, and the catalog that comes with the program. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/limit.h>
#include <t1554triage/source.h>
#include <t1554triage/text.h>

#include "catalog.h"
#include "set.h"

enum { FOLDER_DEPTH = 16 };

struct visit {
	const struct rule_files *files;
	struct arena             arena;
};

static void
tell(const struct visit *visit, const char *path, const char *reason)
{
	const struct rule_sink *out = visit->files->out;

	if (out->refused)
		out->refused(out->context, &(struct rule_refusal){ .file = path, .line = 0, .reason = reason });
}

static void
tell_file(const struct rule_sink *out, const char *path, const char *bytes, size_t length)
{
	if (out->file)
		out->file(out->context, path, bytes, length);
}

static void
add_content(struct visit *visit, const char *path, int descriptor, uint64_t size)
{
	struct source *source = source_open_descriptor(descriptor, size);
	struct buffer content;

	buffer_init(&content, 0);
	if (source_read_all(source, (size_t)limit_get(LIMIT_RULE_BYTES), &content) == STATUS_OK) {
		tell_file(visit->files->out, path, content.bytes, content.length);
		visit->files->add(visit->files->context, path, content.bytes, content.length);
	} else {
		tell(visit, path, "the file could not be read whole, or is larger than limit rule-bytes");
	}
	buffer_release(&content);
	source_close(source);
}

static bool
is_rule_name(const struct visit *visit, const char *name)
{
	const char *ending = strrchr(name, '.');

	for (size_t i = 0; ending && i < sizeof visit->files->endings / sizeof *visit->files->endings; i++)
		if (visit->files->endings[i] && !strcasecmp(ending, visit->files->endings[i]))
			return true;
	return false;
}

static void
add_file(struct visit *visit, const char *path)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;

	if (descriptor < 0 || fstat(descriptor, &status))
		tell(visit, path, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		tell(visit, path, "no regular file");
	else
		add_content(visit, path, descriptor, (uint64_t)status.st_size);
	if (descriptor >= 0)
		close(descriptor);
}

static int
no_dots(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool
visit_folder(struct visit *visit, const char *path, unsigned depth)
{
	struct dirent **entries;
	int count = scandir(path, &entries, no_dots, by_bytes), error = errno;

	for (int i = 0; i < count; i++) {
		const char *below = arena_format(&visit->arena, "%s/%s", path, entries[i]->d_name);
		struct stat status;
		bool is_there = !lstat(below, &status);

		if (is_there && S_ISDIR(status.st_mode) && depth < FOLDER_DEPTH) {
			if (!visit_folder(visit, below, depth + 1))
				tell(visit, below, strerror(errno));
		} else if (is_there && is_rule_name(visit, entries[i]->d_name)) {
			add_file(visit, below);
		}
		memory_free(entries[i]);
	}
	if (count >= 0)
		memory_free(entries);
	errno = error;
	return count >= 0;
}

bool
rule_files_visit(const char *path, const struct rule_files *files)
{
	struct visit visit = { .files = files };
	struct stat status;
	bool is_there = !stat(path, &status);

	arena_init(&visit.arena);
	if (is_there && S_ISDIR(status.st_mode))
		is_there = visit_folder(&visit, path, 0);
	else if (is_there)
		add_file(&visit, path);
	arena_release(&visit.arena);
	return is_there;
}

struct adding { struct rule_set *set; bool shipped; const struct rule_sink *out; };

static void
add_rules(void *context, const char *path, const char *bytes, size_t length)
{
	const struct adding *adding = context;

	rule_set_add(adding->set, path, bytes, length, adding->shipped, adding->out);
}

bool
rule_set_add_folder(struct rule_set *set, const char *path, bool shipped, const struct rule_sink *out)
{
	struct adding adding = { set, shipped, out };

	return rule_files_visit(path, &(struct rule_files){ { ".yml", ".yaml" }, add_rules, &adding, out });
}

void
catalog_visit(const char *ending, const struct rule_files *files)
{
	for (const struct catalog_file *file = catalog_files; file->name; file++)
		if (text_has_suffix(file->name, ending)) {
			tell_file(files->out, file->name, file->text, strlen(file->text));
			files->add(files->context, file->name, file->text, strlen(file->text));
		}
}

void
rule_set_add_catalog(struct rule_set *set, const struct rule_sink *out)
{
	struct adding adding = { set, true, out };

	catalog_visit(".yml", &(struct rule_files){ { NULL }, add_rules, &adding, out });
}
