/*
 * rules_used.c - which rules a run asks
 *
 * The digest of an origin is that of the list that sha256sum prints of its files, sorted by name:
 *
 *	find . -name '*.yml' -printf '%P\n' | LC_ALL=C sort | xargs sha256sum | sha256sum
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/digest.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "rules_used.h"

struct rule_file { const char *name; uint8_t sha256[32]; };

struct rule_origin {
	const char       *path;		/* as given, NULL: the catalog */
	struct rules_used used;
	struct rule_file *files;
	size_t            capacity;
};

void
rule_origins_begin(struct rule_origins *origins, const char *path, const char *language)
{
	struct rule_origin *origin;
	struct buffer name;

	origins->items = memory_grow(origins->items, origins->count, &origins->capacity, sizeof *origins->items);
	origin = &origins->items[origins->count++];
	*origin = (struct rule_origin){ .path = path, .used = { .language = language, .shipped = !path, .name = "catalog" } };
	if (!path)
		return;
	buffer_init(&name, 0);
	buffer_add_text(&name, path);
	while (name.length > 1 && name.bytes[name.length - 1] == '/')
		buffer_truncate(&name, name.length - 1);
	origin->used.name = arena_copy_text(origins->arena, text_base_name(name.bytes));
	buffer_release(&name);
}

static void
digest(const void *bytes, size_t length, uint8_t ret_sha256[32])
{
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_SHA256);
	struct digests digests;

	digest_stream_update(stream, bytes, length);
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	memcpy(ret_sha256, digests.sha256, sizeof digests.sha256);
}

/* Below the folder that was given; a file that was given itself by its own name. */
static const char *
name_within(const struct rule_origin *origin, const char *path)
{
	size_t length = origin->path ? strlen(origin->path) : 0;

	if (!origin->path)
		return path;
	if (strncmp(path, origin->path, length) || !path[length])
		return text_base_name(path);
	path += length;
	return path + strspn(path, "/");
}

void
rule_origins_file(struct rule_origins *origins, const char *path, const char *bytes, size_t length)
{
	struct rule_origin *origin = &origins->items[origins->count - 1];
	struct rule_file *file;

	origin->files = memory_grow(origin->files, (size_t)origin->used.files, &origin->capacity, sizeof *origin->files);
	file = &origin->files[origin->used.files++];
	file->name = arena_copy_text(origins->arena, name_within(origin, path));
	digest(bytes, length, file->sha256);
}

void
rule_origins_refused(struct rule_origins *origins, const char *path)
{
	size_t i = origins->count;

	/* A correlation is refused when all have been read: the last one that it can be of. */
	while (i && origins->items[i - 1].path && !text_has_prefix(path, origins->items[i - 1].path))
		i--;
	if (i)
		origins->items[i - 1].used.refused++;
}

void
rule_origins_rules(struct rule_origins *origins, size_t number, uint64_t rules)
{
	if (number < origins->count)
		origins->items[number].used.rules += rules;
}

size_t
rule_origins_of(const struct rule_origins *origins, const struct rule *rule, const char *language)
{
	for (size_t i = 0; i < origins->count; i++) {
		const struct rule_origin *origin = &origins->items[i];

		if (!strcmp(origin->used.language, language) && origin->used.shipped == rule->shipped &&
		    (rule->shipped || text_has_prefix(rule->file, origin->path)))
			return i;
	}
	return SIZE_MAX;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct rule_file *)a)->name, ((const struct rule_file *)b)->name);
}

static void
digest_list(struct rule_origin *origin)
{
	struct buffer list;

	buffer_init(&list, 0);
	if (origin->used.files)
		qsort(origin->files, (size_t)origin->used.files, sizeof *origin->files, by_name);
	for (uint64_t i = 0; i < origin->used.files; i++) {
		text_add_hex(&list, origin->files[i].sha256, sizeof origin->files[i].sha256);
		buffer_add_format(&list, "  %s\n", origin->files[i].name);
	}
	digest(list.bytes, list.length, origin->used.sha256);
	buffer_release(&list);
}

const struct rules_used *
rule_origins_finish(struct rule_origins *origins, size_t *ret_count)
{
	struct rules_used *used = arena_allocate(origins->arena, (origins->count + 1) * sizeof *used);

	for (size_t i = 0; i < origins->count; i++) {
		digest_list(&origins->items[i]);
		used[i] = origins->items[i].used;
		memory_free(origins->items[i].files);
	}
	*ret_count = origins->count;
	memory_free(origins->items);
	*origins = (struct rule_origins){ .arena = origins->arena };
	return used;
}
