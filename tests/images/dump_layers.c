/*
 * dump_layers.c - prints what layers make together: test helper.
 *
 *	dump_layers [-n] IMAGE LAYER...
 *
 * LAYER are folders of the file system in the raw image, from the top; -n: whiteouts are names. A line "TYPE PATH
 * [SIZE or TARGET]" for each name that the merged system shows, sorted; then "differs PATH" for each name of a layer of
 * which systems_path says another thing than the merged view.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/memory.h>
#include <t1554triage/system.h>

struct dump {
	struct system_view view;
	struct systems systems;
	struct filesystem *filesystem;
	struct map     shown;		/* paths on the volume that the view shows */
	struct arena   arena;
};

static bool
print_entry(void *context, const struct system_entry *found)
{
	struct dump *dump = context;
	struct system_entry own = *found;

	/* A link is handed out as what it leads to. */
	if (system_lookup(&dump->view, found->path, false, &own) != STATUS_OK)
		return true;
	map_add_text(&dump->shown, own.entry.path, 0);
	printf("%s %s", entry_type_names[own.entry.type], found->path);
	if (own.entry.type == ENTRY_REGULAR)
		printf(" %llu", (unsigned long long)own.entry.size);
	if (own.entry.type == ENTRY_LINK)
		printf(" %s", own.entry.link_target);
	puts("");
	return true;
}

struct folders { const char *paths[4096]; uint64_t nodes[4096]; size_t count; struct dump *dump; };

static bool
compare_entry(void *context, const struct file_entry *entry)
{
	struct folders *folders = context;
	struct dump *dump = folders->dump;
	const struct installed_system *system;
	const char *path;
	uint64_t unused;
	bool hidden, told, shown = map_get_text(&dump->shown, entry->path, &unused);

	if (entry->state != ENTRY_ALLOCATED || entry->whiteout || !strncmp(strrchr(entry->path, '/') + 1, ".wh.", 4))
		return true;
	told = systems_path(&dump->systems, 0, entry->path, &dump->arena, &system, &path, &hidden);
	/* Folders are merged: those of each layer are shown as one. */
	if (entry->type != ENTRY_DIRECTORY && told != shown)
		printf("differs %s: told %d, shown %d\n", entry->path, told, shown);
	if (entry->type == ENTRY_DIRECTORY && folders->count < 4096) {
		folders->paths[folders->count] = arena_copy_text(&dump->arena, entry->path);
		folders->nodes[folders->count++] = entry->node;
	}
	return true;
}

static void
add_cover(void *context, const char *volume_path, enum cover cover)
{
	struct dump *dump = context;

	systems_add_cover(&dump->systems, 0, volume_path, cover);
}

static void
dump_layers(struct dump *dump, const struct layer *layers, size_t count, bool named)
{
	static struct folders folders;
	struct file_entry root;

	map_init(&dump->systems.roots);
	map_init(&dump->systems.covers);
	systems_add_within(&dump->systems, &(struct within_fact){ .layers = layers, .layer_count = count,
		.has_named_whiteouts = named, .system.kind = SYSTEM_CONTAINER });
	for (size_t i = 0; i + 1 < count; i++)
		system_covers(dump->filesystem, layers[i].subroot, named, NULL, &(struct cover_sink){ add_cover, dump });
	system_view_init(&dump->view, &dump->systems.items[0], &dump->filesystem, 1, &dump->arena, NULL);
	system_find(&dump->view, "/**", print_entry, dump);
	folders.dump = dump;
	for (size_t i = 0; i < count; i++) {
		if (filesystem_lookup(dump->filesystem, layers[i].subroot, NULL, &dump->arena, &root) != STATUS_OK)
			continue;
		folders.paths[0] = root.path;
		folders.nodes[0] = root.node;
		folders.count = 1;
		for (size_t k = 0; k < folders.count; k++)
			dump->filesystem->driver->list(dump->filesystem, folders.nodes[k], folders.paths[k],
				&(struct entry_sink){ compare_entry, &folders }, NULL);
	}
	system_view_release(&dump->view);
	systems_release(&dump->systems);
}

int
main(int argc, char **argv)
{
	const struct exhibit exhibit = { .id = "E1" };
	const struct volume volume = { .evidence = "E1", .name = "-" };
	struct image image = { .exhibit = &exhibit };
	struct filesystem_origin origin = { .exhibit = &exhibit, .volume = &volume, .image = &image };
	struct dump dump = { .filesystem = NULL };
	struct layer layers[128];
	bool named = argc > 1 && !strcmp(argv[1], "-n");
	size_t count = 0;
	struct stat status;
	int descriptor;

	argv += 1 + named;
	descriptor = *argv ? open(*argv++, O_RDONLY) : -1;
	if (descriptor < 0 || fstat(descriptor, &status))
		return 64;
	for (; *argv && count < 128; argv++)
		layers[count++] = (struct layer){ 0, *argv };
	damage_init(&image.damage);
	origin.source = image.source = source_open_descriptor(descriptor, (uint64_t)status.st_size);
	if (filesystem_open(&origin, NULL, &dump.filesystem) != STATUS_OK)
		return 65;
	arena_init(&dump.arena);
	map_init(&dump.shown);
	dump_layers(&dump, layers, count, named);
	map_release(&dump.shown);
	arena_release(&dump.arena);
	filesystem_close(dump.filesystem);
	source_close(image.source);
	damage_release(&image.damage);
	close(descriptor);
	return 0;
}
