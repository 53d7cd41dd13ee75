/*
 * originals.c - the folder of --originals: a tree with files under their paths, and packages anywhere in it
 *
 * Names of packages are gathered when the run begins.  What an altered file could be compared with is opened when it is
 * known which are altered, before the process is started that compares: in the sandbox nothing can be opened.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "run.h"

enum { DEPTH_MOST = 64, CANNOT_OPEN = 66 };

static bool
is_package_name(const char *name)
{
	return text_has_suffix(name, ".deb") || text_has_suffix(name, ".rpm") || strstr(name, ".pkg.tar");
}

static void
add_package(struct run *run, const char *folder, const char *name)
{
	struct originals *originals = &run->originals;

	originals->packages = memory_grow(originals->packages, originals->package_count, &originals->package_capacity,
		sizeof *originals->packages);
	originals->packages[originals->package_count++] = arena_format(&run->arena, "%s%s", folder, name);
}

/* Links are not followed: a tree may lead back into itself. */
static void
gather(struct run *run, int parent, const char *name, const char *path, unsigned depth)
{
	int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
	const struct dirent *entry;

	if (!folder) {
		note(&run->notes, STATUS_OK, NOTE_ORIGINAL_NOT_READ, NULL, "--originals: the folder %s cannot be listed: %s; packages in it "
			"are not compared with", *path ? path : ".", strerror(errno));
		if (descriptor >= 0)
			close(descriptor);
		return;
	}
	while ((entry = readdir(folder)) && run->originals.package_count < limit_get(LIMIT_ORIGINALS)) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (is_package_name(entry->d_name))
			add_package(run, path, entry->d_name);
		else if ((entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) && depth < DEPTH_MOST)
			gather(run, descriptor, entry->d_name, arena_format(&run->arena, "%s%s/", path, entry->d_name), depth + 1);
	}
	closedir(folder);
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
originals_open(struct run *run, struct buffer *ret_message)
{
	struct originals *originals = &run->originals;
	const char *path = run->options->originals;

	if (!path)
		return 0;
	originals->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (originals->folder < 0) {
		buffer_add_format(ret_message, "--originals %s: the folder cannot be opened: %s; a folder is wanted that holds files under "
			"their paths (usr/bin/ls) or packages (.deb, .rpm)\n", path, strerror(errno));
		return CANNOT_OPEN;
	}
	gather(run, originals->folder, ".", "", 0);
	if (originals->package_count >= limit_get(LIMIT_ORIGINALS))
		note(&run->notes, STATUS_OK, NOTE_ORIGINAL_NOT_READ, NULL, "--originals: the folder holds more than %zu packages (limit "
			"originals); the others are not compared with", originals->package_count);
	if (originals->package_count)
		qsort(originals->packages, originals->package_count, sizeof *originals->packages, by_bytes);
	return 0;
}

void
originals_close(struct run *run)
{
	struct originals *originals = &run->originals;

	for (size_t i = 0; i < originals->given_count; i++)
		close(originals->given[i].descriptor);
	memory_free(originals->given);
	memory_free(originals->packages);
	if (originals->folder >= 0)
		close(originals->folder);
}
