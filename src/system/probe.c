/* probe.c - what one file system says of itself, and what of an installed system lies on it. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "mount_lines.h"
#include "view.h"

struct probe {
	struct system_view        view;		/* the file system alone, as a system */
	uint32_t                  number;
	const struct system_sink *out;
	const struct notes       *notes;
	struct arena              arena;
	struct map                units;	/* names that were seen: an earlier folder goes before a later one */
	struct mount_unit        *unit;		/* whose drop-ins are looked for */
	uint64_t                  mounts;
	enum status               status;
};

static const char *const unit_folders[] = {
	"/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system", NULL
};

/* The folder of a collection that holds the tree of the living system: UAC's "[root]". */
static const char *
find_subroot(struct probe *probe, struct filesystem *filesystem, struct filesystem_fact *fact)
{
	struct file_entry entry;

	if (filesystem->image ||
	    filesystem_lookup(filesystem, "/[root]", probe->notes, &probe->arena, &entry) != STATUS_OK ||
	    entry.type != ENTRY_DIRECTORY)
		return "";
	fact->collector = "uac";
	return "/[root]";
}

/* Between the lines and the sink: no system has more mounts than a table may have partitions. */
static void
count_mount(void *context, const struct mount_fact *mount)
{
	struct probe *probe = context;
	uint64_t limit = limit_get(LIMIT_PARTITIONS);

	if (probe->mounts < limit)
		probe->out->mount(probe->out->context, mount);
	else if (probe->mounts == limit)
		probe->status = status_worse(probe->status, note(probe->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT,
			&mount->at, "mounts from here on were left out: there are more than %llu (partitions)",
			(unsigned long long)limit));
	probe->mounts++;
}

static void
probe_lines(struct probe *probe, const char *path, enum status (*read)(struct source *source, uint32_t filesystem,
	const struct place *at, const struct system_sink *out, const struct notes *notes))
{
	const struct system_sink out = { .mount = count_mount, .context = probe };
	struct place place;
	struct source *source = view_open(&probe->view, path, &place, &probe->status);

	if (!source)
		return;
	probe->status = status_worse(probe->status, read(source, probe->number, &place, &out, probe->notes));
	source_close(source);
}

/* On the root's own file system, or on a separate /boot. */
static const char *const boot_entries[] = {
	"/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/boot/grub2/grubenv", "/boot/grub/menu.lst",
	"/boot/loader/entries/*.conf", "/grub/grub.cfg", "/grub2/grub.cfg", "/grub2/grubenv", "/grub/menu.lst",
	"/loader/entries/*.conf", NULL
};

static bool
take_boot_entries(void *context, const struct system_entry *entry)
{
	struct probe *probe = context;

	if (entry->entry.type == ENTRY_REGULAR)
		probe_lines(probe, entry->path, mount_lines_boot_entry);
	return true;
}

static void
read_unit(struct probe *probe, struct mount_unit *unit, const struct system_entry *entry)
{
	struct place place = view_place(&probe->view, entry);
	struct source *source;
	enum status status = system_open(&probe->view, entry, &source);

	if (status == STATUS_OK || status == STATUS_DAMAGED) {
		status = status_worse(status, mount_unit_read(unit, source, &place, probe->notes));
		source_close(source);
	}
	if (status < STATUS_OK)
		probe->status = status_worse(probe->status, status);
}

static bool
take_drop_in(void *context, const struct system_entry *entry)
{
	struct probe *probe = context;

	read_unit(probe, probe->unit, entry);
	return true;
}

/* Those of the folder that counts most are read last. */
static void
read_drop_ins(struct probe *probe, struct mount_unit *unit, const char *name)
{
	size_t count = sizeof unit_folders / sizeof *unit_folders - 1;

	probe->unit = unit;
	for (size_t i = count; i > 0; i--)
		system_find(&probe->view, arena_format(&probe->arena, "%s/%s.d/*.conf", unit_folders[i - 1], name),
			take_drop_in, probe);
}

static bool
take_unit(void *context, const struct system_entry *entry)
{
	struct probe *probe = context;
	const char *name = text_base_name(entry->path);
	struct mount_unit unit;

	/* A link to /dev/null or an empty file in an earlier folder masks the unit of a later one. */
	if (strlen(name) == strlen(".mount") || !map_add_text(&probe->units, name, 0) ||
	    entry->entry.type != ENTRY_REGULAR)
		return true;
	mount_unit_init(&unit, name, probe->number);
	read_unit(probe, &unit, entry);
	read_drop_ins(probe, &unit, name);
	mount_unit_send(&unit, &(struct system_sink){ .mount = count_mount, .context = probe });
	mount_unit_release(&unit);
	return true;
}

static void
probe_mounts(struct probe *probe)
{
	probe_lines(probe, "/etc/fstab", mount_lines_fstab);
	probe_lines(probe, "/etc/crypttab", mount_lines_crypttab);
	for (const char *const *folder = unit_folders; *folder; folder++) {
		enum status status = system_find(&probe->view, arena_format(&probe->arena, "%s/*.mount", *folder),
			take_unit, probe);

		probe->status = status_worse(probe->status, status);
	}
	for (const char *const *pattern = boot_entries; *pattern; pattern++)
		probe->status = status_worse(probe->status, system_find(&probe->view, *pattern, take_boot_entries, probe));
}

enum status
system_probe(struct filesystem *filesystem, uint32_t number, const struct volume *volume,
	const struct system_sink *out, const struct notes *notes)
{
	const struct filesystem_identity *identity = &filesystem->identity;
	struct probe probe = { .number = number, .out = out, .notes = notes };
	struct mount mount = { .where = "/" };
	struct installed_system alone = { .mounts = &mount, .mount_count = 1 };
	struct filesystem_fact fact = {
		.evidence = filesystem->evidence, .volume = filesystem->volume,
		.type = identity->type, .uuid = identity->uuid, .label = identity->label,
		.last_mounted = identity->last_mounted,
		.part_uuid = volume->part_uuid, .part_label = volume->label, .part_type = volume->type,
		.devices = volume->devices,
		.local_times = identity->local_times, .case_insensitive = identity->case_insensitive,
	};

	arena_init(&probe.arena);
	map_init(&probe.units);
	fact.subroot = mount.subroot = find_subroot(&probe, filesystem, &fact);
	system_view_init(&probe.view, &alone, &filesystem, 1, &probe.arena, notes);
	probe.status = system_describe(&probe.view, &fact);
	out->filesystem(out->context, &fact);
	probe_mounts(&probe);
	system_view_release(&probe.view);
	map_release(&probe.units);
	arena_release(&probe.arena);
	return probe.status;
}
