/* join.c - volumes joined into installed systems, by fstab and mount units. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <t1554triage/memory.h>
#include <t1554triage/system.h>
#include <t1554triage/text.h>

enum { NOT_FOUND = -1 };

struct join {
	struct systems                *systems;
	const struct filesystem_fact  *facts;
	size_t                         fact_count;
	const struct mount_fact       *lines;
	size_t                         line_count;
	const struct notes            *notes;
	bool                          *is_system;	/* by number: the root of a system */
	bool                          *is_placed;	/* by number: mounted somewhere */
	const struct mount_fact      **missing;		/* lines whose file system was not found */
	size_t                         missing_count, missing_capacity;
};

/* What holds no files of this system, or is not mounted without a person's doing. */
static const char *const passed_types[] = {
	"9p", "adfs", "afs", "autofs", "binder", "binfmt_misc", "bpf", "ceph", "cgroup", "cgroup2", "cifs", "configfs",
	"davfs", "debugfs", "devpts", "devtmpfs", "efivarfs", "functionfs", "fuse.glusterfs", "fuse.gvfsd-fuse", "fuse.lxcfs",
	"fuse.portal", "fuse.s3fs", "fuse.sshfs", "fusectl", "glusterfs", "hugetlbfs", "ignore", "iso9660", "lustre", "mqueue",
	"nfs", "nfs4", "nfsd", "ocfs2_dlmfs", "overlay", "proc", "pstore", "ramfs", "resctrl", "rpc_pipefs", "securityfs",
	"selinuxfs", "smackfs", "smb3", "smbfs", "swap", "sysfs", "tmpfs", "tracefs", "udf", "usbfs", "vboxsf", "virtiofs",
	"xenfs", NULL
};
static const char *const removable_devices[] = {
	"/dev/cdrom", "/dev/dvd", "/dev/fd", "/dev/scd", "/dev/sr", "/dev/cdrw", NULL
};
static const char *const removable_folders[] = { "/media/cdrom", "/media/floppy", "/media/usb", NULL };

static bool
is_one_of(const char *text, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(text, *names))
			return true;
	return false;
}

static bool
begins_with_one_of(const char *text, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (text_has_prefix(text, *prefixes))
			return true;
	return false;
}

/* The value of "NAME=value" or the presence of "NAME" in "a,b=c,d"; NULL: not there. */
static const char *
option(const char *options, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = options; at && *at; at += strcspn(at, ","), at += *at == ',')
		if (!strncmp(at, name, length) && strchr(",=", at[length]))
			return at[length] == '=' ? at + length + 1 : at + length;
	return NULL;
}

static const char *
text_or_empty(const char *text)
{
	return text ? text : "";
}

static bool
is_bind(const struct mount_fact *line)
{
	return option(line->options, "bind") || option(line->options, "rbind");
}

/* A line of crypttab names a device and mounts nothing. */
static bool
is_mapping(const struct mount_fact *line)
{
	return !strcmp(text_or_empty(line->type), "crypttab");
}

/* It says what the root is, and nothing of other folders. */
static bool
is_boot_entry(const struct mount_fact *line)
{
	return !strcmp(text_or_empty(line->type), "boot-entry");
}

static bool
is_passed(const struct mount_fact *line)
{
	return is_one_of(text_or_empty(line->type), passed_types) || is_mapping(line) || is_boot_entry(line) ||
	       text_has_prefix(line->what, "/var/lib/snapd/snaps/") ||
	       begins_with_one_of(line->what, removable_devices) ||
	       begins_with_one_of(line->where, removable_folders) ||
	       strstr(line->what, ":/") || text_has_prefix(line->what, "//") ||
	       (text_or_empty(line->where)[0] != '/');
}

/* A living system goes on without it: then its absence from the evidence says nothing. */
static bool
is_optional(const struct mount_fact *line)
{
	return option(line->options, "noauto") || option(line->options, "nofail") ||
	       option(line->options, "x-systemd.automount");
}

/* "p10" behind "p9". */
static int
compare_natural(const char *a, const char *b)
{
	while (*a && *b) {
		char *end_a, *end_b;
		unsigned long long number_a, number_b;

		if (!isdigit((unsigned char)*a) || !isdigit((unsigned char)*b)) {
			if (*a != *b)
				return (unsigned char)*a - (unsigned char)*b;
			a++;
			b++;
			continue;
		}
		number_a = strtoull(a, &end_a, 10);
		number_b = strtoull(b, &end_b, 10);
		if (number_a != number_b)
			return number_a < number_b ? -1 : 1;
		a = end_a;
		b = end_b;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

static int
compare_facts(const struct filesystem_fact *a, const struct filesystem_fact *b)
{
	int order = compare_natural(text_or_empty(a->evidence), text_or_empty(b->evidence));

	return order ? order : compare_natural(text_or_empty(a->volume), text_or_empty(b->volume));
}

static bool
same_evidence(const struct filesystem_fact *a, const struct filesystem_fact *b)
{
	return !strcmp(text_or_empty(a->evidence), text_or_empty(b->evidence));
}

static bool
is_root(const struct filesystem_fact *fact)
{
	return fact->has_passwd || fact->has_os_release || fact->has_package_database || fact->has_windows;
}

/* A system that stands for itself, whatever mounts it below a folder of its own. */
static bool
is_whole_root(const struct filesystem_fact *fact)
{
	return fact->has_passwd || fact->has_windows || (fact->has_os_release && fact->has_package_database);
}

/* udev writes unusual bytes of labels as \xHH. */
static bool
equals_udev(const char *escaped, const char *name)
{
	uint8_t byte;

	while (*escaped && *name) {
		if (escaped[0] == '\\' && escaped[1] == 'x' && escaped[2] && escaped[3] &&
		    text_parse_hex(escaped + 2, 2, &byte)) {
			if (byte != (uint8_t)*name++)
				return false;
			escaped += 4;
		} else if (*escaped++ != *name++) {
			return false;
		}
	}
	return !*escaped && !*name;
}

/* The text behind either of two prefixes; quotes around it are removed. */
static const char *
identifier(const char *what, const char *tag, const char *folder, struct arena *arena)
{
	const char *value = text_has_prefix(what, tag) ? what + strlen(tag) :
		text_has_prefix(what, folder) ? what + strlen(folder) : NULL;
	size_t length;

	if (!value || (*value != '"' && *value != '\''))
		return value;
	length = strcspn(value + 1, value[0] == '"' ? "\"" : "'");
	return arena_copy(arena, value + 1, length);
}

/* One of the names below /dev/ that the running system gave the volume: "mapper/my--vg-root my-vg/root". */
static bool
is_device(const char *names, const char *what)
{
	size_t length;

	if (!text_has_prefix(what, "/dev/"))
		return false;
	what += strlen("/dev/");
	length = strlen(what);
	for (names += strspn(names, " "); *names; names += strcspn(names, " "), names += strspn(names, " "))
		if (strcspn(names, " ") == length && !memcmp(names, what, length))
			return true;
	return false;
}

/* The mount line names this file system by what is its own. */
static bool
is_named(const struct filesystem_fact *fact, const char *what, struct arena *arena)
{
	const char *value;

	if ((value = identifier(what, "UUID=", "/dev/disk/by-uuid/", arena)))
		return *value && !strcasecmp(value, text_or_empty(fact->uuid));
	if ((value = identifier(what, "LABEL=", "/dev/disk/by-label/", arena)))
		return *value && equals_udev(value, text_or_empty(fact->label));
	if ((value = identifier(what, "PARTUUID=", "/dev/disk/by-partuuid/", arena)))
		return *value && !strcasecmp(value, text_or_empty(fact->part_uuid));
	if ((value = identifier(what, "PARTLABEL=", "/dev/disk/by-partlabel/", arena)))
		return *value && equals_udev(value, text_or_empty(fact->part_label));
	return is_device(text_or_empty(fact->devices), what);
}

/* Best: the same exhibit as the root, then order.  *ret_count: how many are equally good. */
static long
find_named(const struct join *join, const char *what, const struct filesystem_fact *root, size_t *ret_count)
{
	long best = NOT_FOUND;
	size_t near = 0, far = 0;
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < join->fact_count; i++) {
		bool is_near = same_evidence(&join->facts[i], root);

		if (!is_named(&join->facts[i], what, &arena))
			continue;
		if (best == NOT_FOUND || (is_near && !near))
			best = (long)i;
		near += is_near;
		far += !is_near;
	}
	arena_release(&arena);
	*ret_count = near ? near : far;
	return best;
}

/*
 * Number of the partition in "/dev/sda2", "/dev/nvme0n1p2" and "/dev/disk/by-path/...-part2";
 * *ret_disk is the length of the disk's own name.  0: it names no partition by number.
 */
static unsigned long
partition_number(const char *what, size_t *ret_disk)
{
	static const char *const lettered[] = { "/dev/sd", "/dev/hd", "/dev/vd", "/dev/xvd", NULL };
	static const char *const numbered[] = { "/dev/nvme", "/dev/mmcblk", "/dev/loop", "/dev/nbd", NULL };
	size_t end = strlen(what), digits = end;

	while (digits && isdigit((unsigned char)what[digits - 1]))
		digits--;
	if (digits == end || end - digits > 4)
		return 0;
	if (begins_with_one_of(what, lettered))
		*ret_disk = digits;
	else if (begins_with_one_of(what, numbered) && what[digits - 1] == 'p')
		*ret_disk = digits - 1;
	else if (text_has_prefix(what, "/dev/disk/by-") && digits > 5 && !memcmp(what + digits - 5, "-part", 5))
		*ret_disk = digits - 5;
	else
		return 0;
	return strtoul(what + digits, NULL, 10);
}

static long
find_partition(const struct join *join, unsigned long number, const struct filesystem_fact *root,
	bool on_other_disk)
{
	long found = NOT_FOUND;

	for (size_t i = 0; i < join->fact_count; i++) {
		const char *volume = text_or_empty(join->facts[i].volume);
		char *end;

		if (same_evidence(&join->facts[i], root) == on_other_disk || *volume != 'p' ||
		    strtoul(volume + 1, &end, 10) != number || *end)
			continue;
		/* The same number on several other disks: no telling which. */
		if (found != NOT_FOUND)
			return NOT_FOUND;
		found = (long)i;
	}
	return found;
}

/* The line of the root's fstab that mounts "/", NULL. */
static const struct mount_fact *
line_of_root(const struct join *join, uint32_t root)
{
	for (size_t i = 0; i < join->line_count; i++)
		if (join->lines[i].filesystem == root && !strcmp(text_or_empty(join->lines[i].where), "/") &&
		    !is_boot_entry(&join->lines[i]))
			return &join->lines[i];
	return NULL;
}

/* An entry of a boot loader that names this file system as the root, NULL. */
static const struct mount_fact *
boot_entry_of_root(const struct join *join, uint32_t root)
{
	for (size_t i = 0; i < join->line_count; i++) {
		const struct mount_fact *line = &join->lines[i];
		size_t count;

		if (is_boot_entry(line) && line->what && line->filesystem < join->fact_count &&
		    find_named(join, line->what, &join->facts[line->filesystem], &count) == (long)root)
			return line;
	}
	return NULL;
}

/* A root that its own fstab does not mount: what else says that it is one. */
static void
note_root(const struct join *join, const struct installed_system *system)
{
	const struct filesystem_fact *fact = &join->facts[system->root];
	const struct mount_fact *entry = boot_entry_of_root(join, system->root);
	const char *type = text_or_empty(fact->part_type);
	struct place at = { .evidence = fact->evidence, .volume = fact->volume, .system = system->id };

	if (system->windows || line_of_root(join, system->root))
		return;
	if (entry) {
		at = entry->at;
		at.system = system->id;
		note(join->notes, STATUS_OK, NOTE_MOUNT_GUESSED, &at, "no line of fstab mounts the root of %s: this entry of the "
			"boot loader (root=%s) names volume %s", system->id, entry->what, text_or_empty(fact->volume));
	} else if (text_has_prefix(type, "Linux root")) {
		note(join->notes, STATUS_OK, NOTE_MOUNT_GUESSED, &at, "no line of fstab mounts the root of %s: the type of "
			"partition %s (%s) says that it is one (Discoverable Partitions Specification)", system->id,
			text_or_empty(fact->volume), type);
	}
}

/* By the number of the partition: on the root's own disk, unless fstab names another. */
static long
find_by_order(const struct join *join, const struct mount_fact *line, uint32_t root)
{
	const struct mount_fact *root_line = line_of_root(join, root) ? line_of_root(join, root) :
		boot_entry_of_root(join, root);
	size_t disk = 0, root_disk = 0;
	unsigned long number = partition_number(line->what, &disk);
	bool on_other_disk = number && root_line && partition_number(root_line->what, &root_disk) &&
		(disk != root_disk || strncmp(line->what, root_line->what, disk));

	return number ? find_partition(join, number, &join->facts[root], on_other_disk) : NOT_FOUND;
}

static struct mount *
mount_at(const struct installed_system *system, const char *where)
{
	for (size_t i = 0; i < system->mount_count; i++)
		if (!strcmp(system->mounts[i].where, where))
			return &system->mounts[i];
	return NULL;
}

/* "//srv/data/" is "/srv/data". */
static const char *
plain_folder(const char *where, struct arena *arena)
{
	char *folder = arena_allocate(arena, strlen(where) + 2), *to = folder;

	for (; *where; where++)
		if (*where != '/' || to == folder || to[-1] != '/')
			*to++ = *where;
	if (to > folder + 1 && to[-1] == '/')
		to[-1] = '\0';
	return folder;
}

/* What is mounted later lies over what was there before. */
static void
place(struct join *join, struct installed_system *system, const char *where, uint32_t filesystem,
	const char *subroot)
{
	struct mount *mount = mount_at(system, where);

	if (!mount) {
		/* One for each line, one for the root, one for each guess: see add_system. */
		mount = &system->mounts[system->mount_count++];
		mount->where = where;
	}
	mount->filesystem = filesystem;
	mount->subroot = subroot;
	join->is_placed[filesystem] = true;
}

/* Part of the file system that is mounted: of Btrfs a subvolume. */
static const char *
subroot_of(struct join *join, const struct filesystem_fact *fact, const struct mount_fact *line)
{
	const char *name = strcmp(text_or_empty(fact->type), "btrfs") ? NULL : option(line->options, "subvol");
	size_t length = name ? strcspn(name, ",") : 0;

	if (!length || (length == 1 && *name == '/'))
		return arena_copy_text(&join->systems->arena, text_or_empty(fact->subroot));
	return arena_format(&join->systems->arena, "%s%.*s", *name == '/' ? "" : "/", (int)length, name);
}

static void
add_missing(struct join *join, const struct mount_fact *line)
{
	join->missing = memory_grow(join->missing, join->missing_count, &join->missing_capacity,
		sizeof *join->missing);
	join->missing[join->missing_count++] = line;
}

static void
note_guess(const struct join *join, const struct mount_fact *line, long number, const char *why)
{
	const struct filesystem_fact *fact = &join->facts[number];

	note(join->notes, STATUS_OK, NOTE_MOUNT_GUESSED, &line->at,
		"%s (%s) was taken for volume %s of %s: %s", line->where, line->what,
		text_or_empty(fact->volume), text_or_empty(fact->evidence), why);
}

static void
join_line(struct join *join, struct installed_system *system, const struct mount_fact *line)
{
	size_t count = 0;
	long number = find_named(join, line->what, &join->facts[system->root], &count);
	bool is_guess = number == NOT_FOUND;

	if (is_guess)
		number = find_by_order(join, line, system->root);
	if (number == NOT_FOUND) {
		if (!is_optional(line))
			add_missing(join, line);
		return;
	}
	if ((uint32_t)number != system->root && join->is_system[number])
		return;
	if (is_guess)
		note_guess(join, line, number, "a name of this kind may belong to another disk at every start");
	else if (count > 1)
		note_guess(join, line, number, "several volumes have this identifier");
	place(join, system, plain_folder(line->where, &join->systems->arena), (uint32_t)number,
		subroot_of(join, &join->facts[number], line));
}

/* A folder of the system shown at another place too. */
static void
join_bind(struct join *join, struct installed_system *system, const struct mount_fact *line)
{
	struct arena *arena = &join->systems->arena;
	const char *source = plain_folder(line->what, arena), *rest = source;
	const struct mount *best = NULL;

	for (size_t i = 0; i < system->mount_count; i++) {
		const struct mount *mount = &system->mounts[i];
		size_t length = strcmp(mount->where, "/") ? strlen(mount->where) : 0;

		if (strncmp(source, mount->where, length) || (source[length] && source[length] != '/') ||
		    (best && strlen(best->where) > strlen(mount->where)))
			continue;
		best = mount;
		rest = source + length;
	}
	if (best && *source == '/')
		place(join, system, plain_folder(line->where, arena), best->filesystem,
			arena_format(arena, "%s%s", best->subroot, strcmp(rest, "/") ? rest : ""));
}

static void
join_lines(struct join *join, struct installed_system *system)
{
	for (size_t i = 0; i < join->line_count; i++) {
		const struct mount_fact *line = &join->lines[i];

		if (line->filesystem != system->root || !line->what || !line->where || is_passed(line) ||
		    !strcmp(plain_folder(line->where, &join->systems->arena), "/"))
			continue;
		if (is_bind(line))
			join_bind(join, system, line);
		else
			join_line(join, system, line);
	}
}

/* The folder of a type of the Discoverable Partitions Specification, NULL. */
static const char *
folder_of_type(const struct filesystem_fact *fact)
{
	static const struct { const char *type, *where; } types[] = {
		{ "Linux /home", "/home" }, { "Linux /srv", "/srv" }, { "Linux /var", "/var" },
		{ "Linux /usr (x86-64)", "/usr" }, { "Linux /boot (extended)", "/boot" },
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(text_or_empty(fact->part_type), types[i].type))
			return types[i].where;
	return NULL;
}

/* The only system of the exhibit that mounts nothing there, NULL. */
static struct installed_system *
system_lacking(const struct join *join, const struct filesystem_fact *fact, const char *where)
{
	struct installed_system *lacking = NULL;

	for (size_t i = 0; i < join->systems->count; i++) {
		struct installed_system *system = &join->systems->items[i];

		if (system->windows || mount_at(system, where) || !same_evidence(&join->facts[system->root], fact))
			continue;
		if (lacking)
			return NULL;
		lacking = system;
	}
	return lacking;
}

/* What systemd mounts by the type of the partition, where no line of fstab names it. */
static void
join_by_type(struct join *join, uint32_t number)
{
	const struct filesystem_fact *fact = &join->facts[number];
	const char *where = folder_of_type(fact);
	struct installed_system *system;

	if (!where || join->is_placed[number] || join->is_system[number] || !(system = system_lacking(join, fact, where)))
		return;
	place(join, system, where, number, text_or_empty(fact->subroot));
	note(join->notes, STATUS_OK, NOTE_MOUNT_GUESSED,
		&(struct place){ .evidence = fact->evidence, .volume = fact->volume, .system = system->id },
		"this volume was placed at %s of %s: no line of fstab names it, and its partition is of the type for that "
		"folder (Discoverable Partitions Specification)", where, system->id);
}

/* A file system that no line names, and that says where it was mounted last. */
static void
join_last_mounted(struct join *join, uint32_t number)
{
	const struct filesystem_fact *fact = &join->facts[number];
	const char *where = text_or_empty(fact->last_mounted);
	struct installed_system *lacking = NULL;

	if (*where != '/' || !where[1] || join->is_placed[number] || join->is_system[number])
		return;
	for (size_t i = 0; i < join->systems->count; i++) {
		struct installed_system *system = &join->systems->items[i];

		if (system->windows || mount_at(system, where))
			continue;
		if (lacking)
			return;
		lacking = system;
	}
	if (!lacking)
		return;
	place(join, lacking, arena_copy_text(&join->systems->arena, where), number, "");
	note(join->notes, STATUS_OK, NOTE_MOUNT_GUESSED,
		&(struct place){ .evidence = fact->evidence, .volume = fact->volume, .system = lacking->id },
		"this volume was placed at %s of %s: no line of fstab names it, it was mounted there last",
		where, lacking->id);
}

/* What a line of crypttab makes the mapper's device of, NULL: it names no such device. */
static const char *
encrypted_source(const struct join *join, const struct mount_fact *line)
{
	for (size_t i = 0; i < join->line_count; i++)
		if (is_mapping(&join->lines[i]) && join->lines[i].filesystem == line->filesystem && line->what &&
		    !strcmp(text_or_empty(join->lines[i].where), line->what))
			return join->lines[i].what;
	return NULL;
}

static void
note_missing(struct join *join, struct installed_system *system)
{
	for (size_t i = 0; i < join->missing_count; i++) {
		const struct mount_fact *line = join->missing[i];
		const char *encrypted = encrypted_source(join, line);
		struct place at = line->at;

		if (line->filesystem != system->root ||
		    mount_at(system, plain_folder(line->where, &join->systems->arena)))
			continue;
		at.system = system->id;
		system->complete = false;
		note(join->notes, STATUS_DAMAGED, NOTE_MOUNT_NOT_FOUND, &at,
			"%s (%s%s%s) is not in the evidence: what lies there was not examined",
			line->where, line->what, encrypted ? ", by crypttab the encrypted volume " : "", encrypted ? encrypted : "");
	}
}

/* Longest first: the first that matches a path is the deepest. */
static int
compare_mounts(const void *a, const void *b)
{
	const struct mount *first = a, *second = b;
	size_t first_length = strlen(first->where), second_length = strlen(second->where);

	if (first_length != second_length)
		return first_length > second_length ? -1 : 1;
	return strcmp(first->where, second->where);
}

static void
add_system(struct join *join, uint32_t root)
{
	struct arena *arena = &join->systems->arena;
	const struct filesystem_fact *fact = &join->facts[root];
	struct systems *systems = join->systems;
	struct installed_system *system;

	systems->items = memory_grow(systems->items, systems->count, &systems->capacity, sizeof *systems->items);
	system = &systems->items[systems->count++];
	*system = (struct installed_system){
		.id = arena_format(arena, "s%zu", join->systems->count),
		.os_name = arena_copy_text(arena, fact->os_name), .os_id = arena_copy_text(arena, fact->os_id),
		.host_name = arena_copy_text(arena, fact->host_name),
		.zone_name = arena_copy_text(arena, fact->zone_name),
		.root = root, .windows = fact->has_windows, .complete = true,
		.has_package_database = fact->has_package_database,
		.mounts = arena_allocate(arena,
			(1 + join->line_count + join->fact_count) * sizeof *system->mounts),
	};
	place(join, system, "/", root, arena_copy_text(arena, text_or_empty(fact->subroot)));
}

/* A separate /usr holds the os-release. */
static void
take_name_of_usr(const struct join *join, struct installed_system *system)
{
	const struct mount *usr = mount_at(system, "/usr");

	if (system->os_name || !usr)
		return;
	system->os_name = arena_copy_text(&join->systems->arena, join->facts[usr->filesystem].os_name);
	system->os_id = arena_copy_text(&join->systems->arena, join->facts[usr->filesystem].os_id);
}

/* True where a line of another root places this file system below a folder. */
static bool
is_part_of_another(const struct join *join, uint32_t number)
{
	for (size_t i = 0; i < join->line_count; i++) {
		const struct mount_fact *line = &join->lines[i];
		size_t count;

		if (line->filesystem != number && line->filesystem < join->fact_count && line->what &&
		    line->where && strcmp(line->where, "/") && is_whole_root(&join->facts[line->filesystem]) &&
		    !is_passed(line) && !is_bind(line) &&
		    find_named(join, line->what, &join->facts[line->filesystem], &count) == (long)number)
			return true;
	}
	return false;
}

/* The next root behind the one given last, in the order of exhibits and volumes. */
static long
next_root(const struct join *join, long last)
{
	long next = NOT_FOUND;

	for (size_t i = 0; i < join->fact_count; i++) {
		const struct filesystem_fact *fact = &join->facts[i];
		int order = last == NOT_FOUND ? 1 : compare_facts(fact, &join->facts[last]);

		if (!join->is_system[i] || order < 0 || (!order && (long)i <= last))
			continue;
		if (next == NOT_FOUND || compare_facts(fact, &join->facts[next]) < 0)
			next = (long)i;
	}
	return next;
}

static bool
mounts_volume(const struct installed_system *system, uint32_t number)
{
	for (size_t i = 0; i < system->mount_count; i++)
		if (system->mounts[i].filesystem == number)
			return true;
	return false;
}

/* systems_path takes the first: that is said. */
static void
note_shared(const struct join *join, uint32_t number)
{
	const struct filesystem_fact *fact = &join->facts[number];
	const struct installed_system *first = NULL;

	for (size_t i = 0; i < join->systems->count; i++) {
		const struct installed_system *system = &join->systems->items[i];

		if (!mounts_volume(system, number))
			continue;
		if (first)
			note(join->notes, STATUS_OK, NOTE_MOUNT_SHARED, &(struct place){ .evidence = fact->evidence,
				.volume = fact->volume, .system = system->id }, "this volume is mounted by %s and by %s: its files are "
				"counted with %s, and compared with the packages of that one", first->id, system->id, first->id);
		first = first ? first : system;
	}
}

static void
join_all(struct join *join)
{
	struct systems *systems = join->systems;

	for (size_t i = 0; i < join->fact_count; i++)
		join->is_system[i] = is_root(&join->facts[i]) &&
			(is_whole_root(&join->facts[i]) || !is_part_of_another(join, (uint32_t)i));
	for (long root = next_root(join, NOT_FOUND); root != NOT_FOUND; root = next_root(join, root))
		add_system(join, (uint32_t)root);
	for (size_t i = 0; i < systems->count; i++)
		join_lines(join, &systems->items[i]);
	for (size_t i = 0; i < join->fact_count; i++)
		join_by_type(join, (uint32_t)i);
	for (size_t i = 0; i < join->fact_count; i++)
		join_last_mounted(join, (uint32_t)i);
	for (size_t i = 0; i < systems->count; i++) {
		struct installed_system *system = &systems->items[i];

		note_root(join, system);
		note_missing(join, system);
		take_name_of_usr(join, system);
		qsort(system->mounts, system->mount_count, sizeof *system->mounts, compare_mounts);
	}
	for (size_t i = 0; i < join->fact_count; i++)
		note_shared(join, (uint32_t)i);
}

void
systems_join(struct systems *ret_systems, const struct filesystem_fact *facts, size_t fact_count,
	const struct mount_fact *mounts, size_t mount_count, const struct notes *notes)
{
	struct join join = {
		.systems = ret_systems, .facts = facts, .fact_count = fact_count,
		.lines = mounts, .line_count = mount_count, .notes = notes,
		.is_system = memory_allocate(fact_count, sizeof *join.is_system),
		.is_placed = memory_allocate(fact_count, sizeof *join.is_placed),
	};

	*ret_systems = (struct systems){ .count = 0 };
	arena_init(&ret_systems->arena);
	map_init(&ret_systems->roots);
	map_init(&ret_systems->covers);
	join_all(&join);
	memory_free(join.missing);
	memory_free(join.is_system);
	memory_free(join.is_placed);
}
