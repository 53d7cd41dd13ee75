/* candidate.c - what is asked of a candidate where tasks are made and where they are done. */
#include <string.h>

#include <t1554triage/text.h>

#include "candidate.h"
#include "media_window.h"

size_t
candidate_rows(const struct run *run, const struct file *file, struct arena *arena, const struct package_file **rows,
	const struct installed_system **ret_system, const char **ret_path)
{
	bool hidden;

	if (!systems_path(&run->inventory.systems, file->filesystem, file->entry.path, arena, ret_system, ret_path, &hidden)) {
		*ret_system = NULL;
		return 0;
	}
	return inventory_rows(&run->inventory, (*ret_system)->id, *ret_path, rows, CANDIDATE_ROWS);
}

bool
candidates_are_same(const struct file *a, const struct file *b)
{
	return a->filesystem == b->filesystem && a->entry.inode && b->entry.inode &&
		!strcmp(a->entry.inode, b->entry.inode) && !text_compare(a->entry.stream, b->entry.stream) &&
		a->entry.state == b->entry.state && a->is_link_for_row == b->is_link_for_row;
}

bool
candidate_is_read(const struct run *run, size_t item)
{
	return !item || !candidates_are_same(&run->candidates[item - 1], &run->candidates[item]);
}

bool
exhibit_is_inflated(const struct exhibit *exhibit)
{
	const struct image_driver *const *driver = image_drivers();

	while (*driver && strcmp((*driver)->name, exhibit->container))
		driver++;
	return exhibit->kind == EXHIBIT_IMAGE && *driver && (*driver)->asks_beside;
}

uint64_t
candidate_place(const struct run *run, const struct file *file)
{
	const struct readable *readable = &run->readables[file->filesystem];

	if (readable->stack != STACK_NONE || !exhibit_is_inflated(&run->exhibits.items[readable->exhibit]) || !file->entry.disk_offset)
		return UINT64_MAX;
	return media_window_base(run, readable->exhibit) + file->entry.disk_offset;
}
