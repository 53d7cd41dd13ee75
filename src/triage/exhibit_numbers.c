/* exhibit_numbers.c - which exhibit has which number of the laboratory (--exhibit). */
#include <string.h>

#include <t1554triage/text.h>

#include "exhibit_numbers.h"

static bool
is_named(const struct exhibit *exhibit, const char *path)
{
	if ((exhibit->path && !strcmp(exhibit->path, path)) || !strcmp(exhibit->name, path))
		return true;
	for (size_t i = 0; i < exhibit->segment_count; i++)
		if (!strcmp(exhibit->segments[i].path, path) || !strcmp(text_base_name(exhibit->segments[i].path), path))
			return true;
	return false;
}

/* The exhibit of the path, or (NULL) the first without a number; the count of exhibits: none fits. */
static size_t
wanted_exhibit(const struct run *run, const char *path)
{
	size_t i = 0;

	while (i < run->exhibits.count && (path ? !is_named(&run->exhibits.items[i], path) : run->exhibit_numbers[i] != NULL))
		i++;
	return i;
}

bool
exhibit_numbers_make(struct run *run, struct buffer *message)
{
	const struct triage_options *options = run->options;

	if (!options->exhibit_number_count)
		return true;
	run->exhibit_numbers = arena_allocate(&run->arena, run->exhibits.count * sizeof *run->exhibit_numbers);
	for (size_t i = 0; i < options->exhibit_number_count; i++) {
		const char *given = options->exhibit_numbers[i], *path = strchr(given, '=');
		size_t number = wanted_exhibit(run, path ? path + 1 : NULL);

		if (number == run->exhibits.count) {
			buffer_add_text(message, "--exhibit ");
			text_add_visible(message, given, strlen(given));
			buffer_add_text(message, path ? ": none of the evidence that is named has this path; nothing was run\n" :
				": every exhibit has a number already; nothing was run\n");
			return false;
		}
		run->exhibit_numbers[number] = path ?
			arena_copy(&run->arena, given, (size_t)(path - given)) : given;
	}
	return true;
}

void
exhibit_numbers_take(struct run *run, const char *const *numbers, size_t count)
{
	if (!count)
		return;
	run->exhibit_numbers = arena_allocate(&run->arena, run->exhibits.count * sizeof *run->exhibit_numbers);
	for (size_t i = 0; i < count && i < run->exhibits.count; i++)
		run->exhibit_numbers[i] = numbers[i] && *numbers[i] ? numbers[i] : NULL;
}
