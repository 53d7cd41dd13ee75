/* test_system.c - systems joined, paths across mounts, over file systems that are tables of names. */
#include <stdlib.h>

#include <t1554triage/memory.h>
#include <t1554triage/system.h>
#include <t1554triage/text.h>

#include "tap.h"

/* A name: a folder without target and content, a link, or a file. */
struct name { const char *path, *target, *content; };

struct filesystem_state { const struct name *names; };

static bool
is_in(const char *folder, const char *path)
{
	size_t length = strcmp(folder, "/") ? strlen(folder) : 0;

	return !strncmp(path, folder, length) && path[length] == '/' && path[length + 1] &&
	       !strchr(path + length + 1, '/');
}

static enum status
table_list(struct filesystem *filesystem, uint64_t node, const char *path, const struct entry_sink *out,
	const struct notes *notes)
{
	(void)node;
	(void)notes;
	for (const struct name *name = filesystem->state->names; name->path; name++) {
		struct file_entry entry = { .path = name->path, .link_target = name->target,
			.node = (uint64_t)(name - filesystem->state->names),
			.has = name->content ? ENTRY_HAS_CONTENT : 0,
			.type = name->target ? ENTRY_LINK : name->content ? ENTRY_REGULAR : ENTRY_DIRECTORY };

		if (is_in(path, name->path) && !out->entry(out->context, &entry))
			break;
	}
	return strstr(path, "damaged") ? STATUS_DAMAGED : STATUS_OK;
}

static enum status
table_content(struct filesystem *filesystem, const struct file_entry *entry, enum content_method method,
	const struct notes *notes, struct source **ret_source)
{
	const char *content = filesystem->state->names[entry->node].content;

	(void)method;
	(void)notes;
	*ret_source = source_open_memory(content, strlen(content));
	return STATUS_OK;
}

static void
table_close(struct filesystem *filesystem)
{
	memory_free(filesystem->state);
}

static const struct filesystem_driver table_driver = {
	.name = "table", .list = table_list, .content = table_content, .close = table_close,
};

static struct filesystem *
open_table(const char *volume, const struct filesystem_identity *identity, const struct name *names)
{
	struct filesystem *filesystem = memory_allocate(1, sizeof *filesystem);

	*filesystem = (struct filesystem){ .driver = &table_driver, .evidence = "E1", .volume = volume,
		.count = 1, .identity = *identity, .state = memory_allocate(1, sizeof *filesystem->state) };
	filesystem->state->names = names;
	return filesystem;
}

#define IDENTITY(uuid_, label_, last_) \
	{ .type = "ext4", .uuid = uuid_, .label = label_, .last_mounted = last_ }

static const struct name root_names[] = {
	{ "/bin", "usr/bin", NULL }, { "/lib", "usr/lib", NULL }, { "/usr", NULL, NULL }, { "/var", NULL, NULL },
	{ "/boot", NULL, NULL }, { "/etc", NULL, NULL }, { "/run", NULL, NULL },
	{ "/etc/passwd", NULL, "root:x:0:0\n" }, { "/etc/hostname", NULL, "# c\nwww1\n" },
	{ "/etc/os-release", "../usr/lib/os-release", NULL },
	{ "/etc/localtime", "/usr/share/zoneinfo/Europe/Berlin", NULL },
	{ "/etc/fstab", NULL,
	  "# comment\n"
	  "UUID=1111 / ext4 defaults 0 1\n"
	  "UUID=2222\t/usr ext4 defaults 0 1\n"
	  "LABEL=my\\040var /var/ ext4 defaults 0 2\n"
	  "PARTUUID=abcd-05 /var/log ext4 nodev 0 2\n"
	  "/dev/sda4 /boot ext4 defaults 0 2\n"
	  "UUID=9999 /srv/my\\040data ext4 defaults 0 2\n"
	  "UUID=8888 /opt ext4 noauto 0 0\n"
	  "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\n"
	  "server:/home /home nfs defaults 0 0\n"
	  "nfsd /proc/fs/nfsd nfsd defaults 0 0\n"
	  "sunrpc /var/lib/nfs/rpc_pipefs rpc_pipefs defaults 0 0\n"
	  "UUID=5555 none swap sw 0 0\n" },
	{ "/etc/systemd", NULL, NULL }, { "/etc/systemd/system", NULL, NULL },
	{ "/etc/systemd/system/srv-a\\x20b.mount", NULL, "[Unit]\nWhat=no\n[Mount]\nWhat=/var/cache\nOptions=bind\n" },
	{ "/var/hidden", NULL, "under the mount" }, { "/srv", NULL, NULL },
	{ "/loop", "loop", NULL }, { "/out", "../../../../usr/bin/ls", NULL },
	{ "/etc/alternatives", NULL, NULL }, { "/etc/alternatives/editor", "/bin/vi", NULL },
	{ NULL, NULL, NULL }
};
static const struct name usr_names[] = {
	{ "/bin", NULL, NULL }, { "/lib", NULL, NULL }, { "/bin/ls", NULL, "\177ELF" }, { "/bin/vi", NULL, "\177ELF" },
	{ "/bin/editor", "/etc/alternatives/editor", NULL },
	{ "/lib/os-release", NULL, "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n" },
	{ NULL, NULL, NULL }
};
static const struct name var_names[] = {
	{ "/lib", NULL, NULL }, { "/lib/dpkg", NULL, NULL }, { "/lib/dpkg/status", NULL, "" }, { "/log", NULL, NULL },
	{ "/lib/dpkg/info", NULL, NULL }, { "/lib/dpkg/info/b.list", NULL, "" },
	{ "/lib/dpkg/info/a.list", NULL, "" }, { "/lib/dpkg/info/a.md5sums", NULL, "" },
	{ "/run", "/run", NULL }, { "/cache", NULL, NULL }, { "/cache/x", NULL, "" }, { "/damaged", NULL, NULL },
	{ NULL, NULL, NULL }
};
static const struct name log_names[] = {
	{ "/dpkg.log", NULL, "" }, { "/dpkg.log.1", "../../var/log/old", NULL }, { "/old", NULL, "x" },
	{ "/gone", "nowhere", NULL }, { NULL, NULL, NULL }
};
static const struct name boot_names[] = { { "/vmlinuz", NULL, "" }, { NULL, NULL, NULL } };
static const struct name data_names[] = { { "/file", NULL, "" }, { NULL, NULL, NULL } };

/* One volume that holds the same tree. */
static const struct name single_names[] = {
	{ "/bin", "usr/bin", NULL }, { "/lib", "usr/lib", NULL }, { "/usr", NULL, NULL }, { "/var", NULL, NULL },
	{ "/usr/bin", NULL, NULL }, { "/usr/lib", NULL, NULL }, { "/usr/bin/ls", NULL, "" }, { "/usr/bin/vi", NULL, "" },
	{ "/usr/bin/editor", "/etc/alternatives/editor", NULL },
	{ "/boot", NULL, NULL }, { "/boot/vmlinuz", NULL, "" }, { "/etc", NULL, NULL }, { "/run", NULL, NULL },
	{ "/etc/passwd", NULL, "" }, { "/etc/alternatives", NULL, NULL },
	{ "/etc/alternatives/editor", "/bin/vi", NULL }, { "/out", "../../../../usr/bin/ls", NULL },
	{ "/loop", "loop", NULL }, { "/var/run", "/run", NULL },
	{ "/var/lib", NULL, NULL }, { "/var/lib/dpkg", NULL, NULL }, { "/var/lib/dpkg/status", NULL, "" },
	{ "/var/log", NULL, NULL }, { "/var/log/dpkg.log", NULL, "" },
	{ NULL, NULL, NULL }
};

/* What probing hands out, kept. */
struct facts {
	struct filesystem_fact filesystems[16];
	struct mount_fact mounts[64];
	size_t filesystem_count, mount_count, notes, kinds[NOTE_KIND_COUNT];
	struct arena arena;
};

static void
keep_filesystem(void *context, const struct filesystem_fact *fact)
{
	struct facts *facts = context;
	struct buffer line;

	buffer_init(&line, 0);
	record_write(&line, &filesystem_fact_record, fact);
	record_read(line.bytes, line.length - 1, &filesystem_fact_record, &facts->arena,
		&facts->filesystems[facts->filesystem_count++]);
	buffer_release(&line);
}

static void
keep_mount(void *context, const struct mount_fact *mount)
{
	struct facts *facts = context;
	struct buffer line;

	buffer_init(&line, 0);
	record_write(&line, &mount_fact_record, mount);
	record_read(line.bytes, line.length - 1, &mount_fact_record, &facts->arena,
		&facts->mounts[facts->mount_count++]);
	buffer_release(&line);
}

static void
count_note(void *context, const struct note *note)
{
	struct facts *facts = context;

	facts->notes++;
	facts->kinds[note->kind]++;
}

static void
probe(struct facts *facts, struct filesystem *filesystem, uint32_t number, const char *part_uuid)
{
	struct notes notes = { count_note, facts };
	struct volume volume = { .evidence = "E1", .name = filesystem->volume, .part_uuid = part_uuid,
		.label = "", .type = "Linux" };

	IS(system_probe(filesystem, number, &volume,
		&(struct system_sink){ keep_filesystem, keep_mount, facts }, &notes), STATUS_OK, filesystem->volume);
}

static bool
join_paths(void *context, const struct system_entry *entry)
{
	struct buffer *out = context;

	buffer_add_text(out, entry->path);
	buffer_add_text(out, entry->entry.type == ENTRY_REGULAR ? " " : entry->entry.type == ENTRY_LINK ? "@ " : "/ ");
	return true;
}

static void
finds(struct system_view *view, const char *pattern, const char *expected)
{
	struct buffer out;

	buffer_init(&out, 0);
	system_find(view, pattern, join_paths, &out);
	IS_TEXT(out.bytes, expected, pattern);
	buffer_release(&out);
}

static const char *
path_of(const struct systems *systems, uint32_t number, const char *volume_path, struct arena *arena)
{
	const struct installed_system *system;
	const char *path;
	bool hidden;

	if (systems_path(systems, number, volume_path, arena, &system, &path, &hidden))
		return path;
	return hidden ? "(hidden)" : "(none)";
}

/* The same answers whether the tree lies on one volume or on five. */
static void
test_paths(struct system_view *view)
{
	struct system_entry entry;

	IS_TEXT(system_canonical(view, "/bin/ls"), "/usr/bin/ls", "usr-merge is resolved");
	IS_TEXT(system_canonical(view, "/bin/editor"), "/usr/bin/editor", "the last part stays");
	IS_TEXT(system_canonical(view, "/lib/nothing/here"), "/usr/lib/nothing/here", "what is not there stays");
	IS_TEXT(system_canonical(view, "/usr/../bin/./ls"), "/usr/bin/ls", "dots are resolved");
	IS_TEXT(system_canonical(view, "/var/run/sshd.pid"), "/run/sshd.pid", "an absolute link starts at the system's root");
	IS_TEXT(system_canonical(view, "/loop/x"), "/loop/x", "a link to itself stays");
	IS_TEXT(system_canonical(view, "/boot"), "/boot", "a mount point");
	IS_TEXT(system_canonical(view, "/"), "/", "the root");
	IS(system_lookup(view, "/bin/editor", true, &entry), STATUS_OK, "a chain of links over volumes is followed");
	IS_TEXT(entry.path, "/usr/bin/vi", "to its end");
	IS(system_lookup(view, "/bin/editor", false, &entry), STATUS_OK, "or not");
	IS(entry.entry.type, ENTRY_LINK, "then it is the link");
	IS(system_lookup(view, "/out", true, &entry), STATUS_OK, ".. never leaves the system");
	IS_TEXT(entry.path, "/usr/bin/ls", "it ends at the root");
	IS(system_lookup(view, "/loop", true, &entry), STATUS_END, "a link to itself leads nowhere");
	IS(system_lookup(view, "/loop/x", true, &entry), STATUS_END, "and has nothing below it");
	IS(system_lookup(view, "/var/lib/dpkg/status", true, &entry), STATUS_OK, "the package database");
	IS(system_lookup(view, "/var/log/dpkg.log", true, &entry), STATUS_OK, "the log");
	IS(system_lookup(view, "/var/log/dpkg.log/x", true, &entry), STATUS_END, "nothing lies below a file");
	IS(system_lookup(view, "/boot/vmlinuz", true, &entry), STATUS_OK, "the kernel");
	IS(system_lookup(view, "/", true, &entry), STATUS_OK, "the root is an entry");
	finds(view, "/var/lib/dpkg/status", "/var/lib/dpkg/status ");
	finds(view, "/bin/l?", "/usr/bin/ls ");
	finds(view, "/b*/l[s]", "/usr/bin/ls ");
	finds(view, "/*/*/l?", "/usr/bin/ls ");
	finds(view, "/no/such/*", "");
	finds(view, "/usr/bin/editor", "/usr/bin/editor ");
}

static void
test_single(void)
{
	struct filesystem_identity identity = IDENTITY("1111", "", "/");
	struct filesystem *filesystem = open_table("-", &identity, single_names);
	struct facts facts = { .notes = 0 };
	struct systems systems;
	struct system_view view;
	struct arena arena;

	arena_init(&arena);
	probe(&facts, filesystem, 0, "");
	systems_join(&systems, facts.filesystems, 1, facts.mounts, facts.mount_count,
		&(struct notes){ count_note, &facts });
	IS(systems.count, 1, "a root without fstab is a system");
	IS(facts.notes, 0, "nothing to note");
	system_view_init(&view, &systems.items[0], &filesystem, 1, &arena, NULL);
	test_paths(&view);
	system_view_release(&view);
	systems_release(&systems);
	filesystem_close(filesystem);
	arena_release(&arena);
	arena_release(&facts.arena);
}

static void
test_mounts(const struct systems *systems, struct arena *arena)
{
	IS_TEXT(path_of(systems, 0, "/etc/passwd", arena), "/etc/passwd", "path on the root");
	IS_TEXT(path_of(systems, 0, "/var/hidden", arena), "(hidden)", "path under a mount");
	IS_TEXT(path_of(systems, 1, "/bin/ls", arena), "/usr/bin/ls", "path on /usr, by UUID");
	IS_TEXT(path_of(systems, 1, "/", arena), "/usr", "root of /usr");
	IS_TEXT(path_of(systems, 2, "/lib/dpkg/status", arena), "/var/lib/dpkg/status", "path on /var, by label");
	IS_TEXT(path_of(systems, 2, "/log/x", arena), "(hidden)", "under a mount on a mount");
	IS_TEXT(path_of(systems, 3, "/dpkg.log", arena), "/var/log/dpkg.log", "path on /var/log, by PARTUUID");
	IS_TEXT(path_of(systems, 4, "/vmlinuz", arena), "/boot/vmlinuz", "path on /boot, by number");
	IS_TEXT(path_of(systems, 5, "/file", arena), "/data/file", "path by last mount");
	IS_TEXT(path_of(systems, 2, "/cache/x", arena), "/var/cache/x", "a bind mount is the second name");
}

static void
test_several(void)
{
	static const struct filesystem_identity identities[] = {
		IDENTITY("1111", "", "/"), IDENTITY("2222", "", ""), IDENTITY("3333", "my var", ""),
		IDENTITY("4444", "", ""), IDENTITY("6666", "", ""), IDENTITY("7777", "", "/data"),
	};
	static const struct name *const tables[] = {
		root_names, usr_names, var_names, log_names, boot_names, data_names };
	static const char *const volumes[] = { "p1", "p2", "p3", "p5", "p4", "p6" };
	struct filesystem *filesystems[6];
	struct facts facts = { .notes = 0 };
	struct systems systems;
	struct system_view view;
	struct system_entry entry;
	struct arena arena;

	arena_init(&arena);
	for (uint32_t i = 0; i < 6; i++) {
		filesystems[i] = open_table(volumes[i], &identities[i], tables[i]);
		probe(&facts, filesystems[i], i, i == 3 ? "abcd-05" : "");
	}
	IS(facts.mount_count, 13, "lines of fstab and a mount unit");
	IS_TEXT(facts.mounts[12].where, "/srv/a b", "a unit's name says where");
	IS_TEXT(facts.filesystems[0].zone_name, "Europe/Berlin", "zone by the link");
	IS_TEXT(facts.filesystems[0].host_name, "www1", "name of the host");
	systems_join(&systems, facts.filesystems, 6, facts.mounts, facts.mount_count,
		&(struct notes){ count_note, &facts });
	IS(systems.count, 1, "one system");
	IS_TEXT(systems.items[0].os_name, "Debian GNU/Linux 12", "its name lies on /usr");
	IS(facts.kinds[NOTE_MOUNT_NOT_FOUND], 1, "only what a living system mounts is missed");
	IS(systems.items[0].complete, false, "then it is not complete");
	IS(facts.kinds[NOTE_MOUNT_GUESSED], 2, "by number and by last mount is said");
	test_mounts(&systems, &arena);
	system_view_init(&view, &systems.items[0], filesystems, 6, &arena, NULL);
	test_paths(&view);
	finds(&view, "/var/lib/dpkg/info/*.list", "/var/lib/dpkg/info/a.list /var/lib/dpkg/info/b.list ");
	finds(&view, "/var/log/*", "/var/log/dpkg.log /var/log/dpkg.log.1 /var/log/gone@ /var/log/old ");
	finds(&view, "/var/**/*.list", "/var/lib/dpkg/info/a.list /var/lib/dpkg/info/b.list ");
	finds(&view, "/v**.md5sums", "/var/lib/dpkg/info/a.md5sums ");
	IS_TEXT(system_canonical(&view, "/srv/a b/x"), "/srv/a b/x", "a bind mount is a folder");
	IS(system_lookup(&view, "/srv/a b/x", false, &entry), STATUS_OK, "with what is mounted there");
	IS(system_lookup(&view, "/var/damaged/x", false, &entry), STATUS_DAMAGED, "absence in a damaged folder");
	IS(system_find(&view, "/var/damaged/*", join_paths, NULL), STATUS_DAMAGED, "search in a damaged folder");
	system_view_release(&view);
	systems_release(&systems);
	for (size_t i = 0; i < 6; i++)
		filesystem_close(filesystems[i]);
	arena_release(&arena);
	arena_release(&facts.arena);
}

static void
test_roots(void)
{
	static const struct filesystem_fact facts[] = {
		{ .evidence = "E2", .volume = "-", .has_passwd = true, .subroot = "/[root]" },
		{ .evidence = "E1", .volume = "p10", .has_windows = true },
		{ .evidence = "E1", .volume = "p2", .has_passwd = true, .uuid = "aa" },
		{ .evidence = "E1", .volume = "p3/my-vg/var", .type = "ext4",
		  .devices = "mapper/my--vg-var my-vg/var" },
		{ .evidence = "E1", .volume = "p4", .has_os_release = true, .uuid = "bb" },
		{ .evidence = "E2", .volume = "p7", .uuid = "cc" },
		{ .evidence = "E1", .volume = "p7", .uuid = "cc" },
	};
	static const struct mount_fact mounts[] = {
		{ .filesystem = 2, .what = "/dev/mapper/my--vg-var", .where = "/var", .type = "ext4" },
		{ .filesystem = 2, .what = "UUID=\"BB\"", .where = "/usr", .type = "ext4" },
		{ .filesystem = 2, .what = "UUID=cc", .where = "/data", .type = "ext4" },
	};
	struct facts seen = { .notes = 0 };
	struct systems systems;
	struct arena arena;

	arena_init(&arena);
	systems_join(&systems, facts, 7, mounts, 3, &(struct notes){ count_note, &seen });
	IS(systems.count, 3, "three roots; what is mounted below another is none");
	IS(systems.items[0].root, 2, "by number of the volume");
	IS(systems.items[1].root, 1, "p10 behind p2");
	IS(systems.items[2].root, 0, "by exhibit");
	OK(systems.items[1].windows, "Windows is a system");
	IS(seen.notes, 0, "a clone in another exhibit is no doubt");
	IS_TEXT(path_of(&systems, 3, "/x", &arena), "/var/x", "a logical volume by its mapper name");
	IS_TEXT(path_of(&systems, 4, "/bin/x", &arena), "/usr/bin/x", "an identifier in quotes and other case");
	IS_TEXT(path_of(&systems, 6, "/x", &arena), "/data/x", "the same exhibit is nearer");
	IS_TEXT(path_of(&systems, 5, "/x", &arena), "(none)", "the other is of no system");
	IS_TEXT(path_of(&systems, 0, "/[root]/etc/passwd", &arena), "/etc/passwd", "tree of a collection");
	IS_TEXT(path_of(&systems, 0, "/bodyfile.txt", &arena), "(none)", "what lies beside the tree");
	IS_TEXT(path_of(&systems, 0, "/[root]x", &arena), "(none)", "a name that only begins so");
	systems_release(&systems);
	arena_release(&arena);
}

/* Units in several folders, masked and with drop-ins; crypttab. */
static void
test_units(void)
{
	static const struct name names[] = {
		{ "/etc", NULL, NULL }, { "/etc/passwd", NULL, "" }, { "/etc/systemd", NULL, NULL },
		{ "/etc/systemd/system", NULL, NULL }, { "/usr", NULL, NULL }, { "/usr/lib", NULL, NULL },
		{ "/usr/lib/systemd", NULL, NULL }, { "/usr/lib/systemd/system", NULL, NULL }, { "/dev", NULL, NULL },
		{ "/etc/systemd/system/srv.mount", NULL, "[Mount]\nWhat=UUID=aa\n" },
		{ "/usr/lib/systemd/system/srv.mount", NULL, "[Mount]\nWhat=UUID=bb\n" },
		{ "/etc/systemd/system/opt.mount", "/dev/null", NULL },
		{ "/usr/lib/systemd/system/opt.mount", NULL, "[Mount]\nWhat=UUID=cc\n" },
		{ "/usr/lib/systemd/system/home.mount", NULL, "[Mount]\nWhat=UUID=dd\nOptions=ro\n" },
		{ "/etc/systemd/system/home.mount.d", NULL, NULL },
		{ "/etc/systemd/system/home.mount.d/10.conf", NULL, "[Mount]\nWhat=/dev/mapper/cr_home\n" },
		{ "/usr/lib/systemd/system/home.mount.d", NULL, NULL },
		{ "/usr/lib/systemd/system/home.mount.d/90.conf", NULL, "[Mount]\nWhat=UUID=ee\n[Unit]\nWhat=no\n" },
		{ "/etc/crypttab", NULL, "# c\ncr_home UUID=0d1c none luks\n\nlonely\n" },
		{ NULL, NULL, NULL }
	};
	struct filesystem_identity identity = IDENTITY("1111", "", "/");
	struct filesystem *filesystem = open_table("-", &identity, names);
	struct facts facts = { .notes = 0 };
	struct systems systems;

	probe(&facts, filesystem, 0, "");
	IS(facts.mount_count, 3, "a mask hides a unit, an earlier folder a later one");
	IS_TEXT(facts.mounts[0].type, "crypttab", "a line of crypttab");
	IS_TEXT(facts.mounts[0].where, "/dev/mapper/cr_home", "names the mapper's device");
	IS_TEXT(facts.mounts[0].what, "UUID=0d1c", "and what it is made of");
	IS_TEXT(facts.mounts[1].what, "UUID=aa", "the administrator's unit");
	IS_TEXT(facts.mounts[2].what, "/dev/mapper/cr_home", "the administrator's drop-in counts");
	IS_TEXT(facts.mounts[2].options, "ro", "what no drop-in sets stays");
	IS(facts.kinds[NOTE_ARTIFACT_LINE], 1, "a line without a device");
	systems_join(&systems, facts.filesystems, 1, facts.mounts, facts.mount_count,
		&(struct notes){ count_note, &facts });
	IS(facts.kinds[NOTE_MOUNT_NOT_FOUND], 2, "a mapping is no mount");
	systems_release(&systems);
	filesystem_close(filesystem);
	arena_release(&facts.arena);
}

/* Two systems on a disk that mount the same volume. */
static void
test_shared(void)
{
	static const struct filesystem_fact facts[] = {
		{ .evidence = "E1", .volume = "p1", .has_passwd = true, .uuid = "aa" },
		{ .evidence = "E1", .volume = "p2", .has_passwd = true, .uuid = "bb" },
		{ .evidence = "E1", .volume = "p3", .uuid = "cc" },
	};
	static const struct mount_fact mounts[] = {
		{ .filesystem = 0, .what = "UUID=cc", .where = "/home", .type = "ext4" },
		{ .filesystem = 1, .what = "UUID=cc", .where = "/srv/home", .type = "ext4" },
		{ .filesystem = 1, .what = "UUID=aa", .where = "/mnt/other", .type = "ext4" },
	};
	struct facts seen = { .notes = 0 };
	struct systems systems;
	struct arena arena;

	arena_init(&arena);
	systems_join(&systems, facts, 3, mounts, 3, &(struct notes){ count_note, &seen });
	IS(systems.count, 2, "two systems");
	IS_TEXT(path_of(&systems, 2, "/x", &arena), "/home/x", "a volume of both is the first one's");
	IS_TEXT(path_of(&systems, 0, "/x", &arena), "/x", "a root stays a system of its own");
	IS(seen.kinds[NOTE_MOUNT_SHARED], 1, "that is said");
	systems_release(&systems);
	arena_release(&arena);
}

/* A root that its own fstab does not name, volumes that only the types of their partitions place, snaps. */
static void
test_told_elsewhere(void)
{
	static const struct filesystem_fact facts[] = {
		{ .evidence = "E1", .volume = "p1", .has_passwd = true, .uuid = "aa", .part_type = "Linux root (x86-64)" },
		{ .evidence = "E1", .volume = "p2", .part_type = "Linux /boot (extended)" },
		{ .evidence = "E1", .volume = "p3", .part_type = "Linux /var" },
		{ .evidence = "E2", .volume = "p1", .has_passwd = true, .part_type = "Linux root (x86-64)" },
		{ .evidence = "E2", .volume = "p2", .part_type = "Linux /home" },
		{ .evidence = "E2", .volume = "p3", .part_type = "Linux" },
	};
	static const struct mount_fact mounts[] = {
		{ .filesystem = 1, .what = "UUID=aa", .where = "/", .type = "boot-entry", .at.path = "/grub2/grub.cfg" },
		{ .filesystem = 0, .what = "/var/lib/snapd/snaps/core_1.snap", .where = "/snap/core/1", .type = "squashfs" },
	};
	struct facts seen = { .notes = 0 };
	struct systems systems;
	struct arena arena;

	arena_init(&arena);
	systems_join(&systems, facts, 6, mounts, 2, &(struct notes){ count_note, &seen });
	IS(systems.count, 2, "two systems without a line for their roots");
	IS(seen.kinds[NOTE_MOUNT_GUESSED], 5, "how each root and each of three volumes is told is noted");
	IS(seen.kinds[NOTE_MOUNT_NOT_FOUND], 0, "a snap is no volume that is missed");
	IS_TEXT(path_of(&systems, 1, "/x", &arena), "/boot/x", "/boot by the type of its partition");
	IS_TEXT(path_of(&systems, 2, "/x", &arena), "/var/x", "/var by the type of its partition");
	IS_TEXT(path_of(&systems, 4, "/x", &arena), "/home/x", "/home on the other disk");
	IS_TEXT(path_of(&systems, 5, "/x", &arena), "(none)", "a partition of no such type");
	systems_release(&systems);
	arena_release(&arena);
}

/* Lines of boot loaders. */
static void
test_boot_entries(void)
{
	static const struct name names[] = {
		{ "/grub2", NULL, NULL }, { "/loader", NULL, NULL }, { "/loader/entries", NULL, NULL },
		{ "/grub2/grub.cfg", NULL, "set root='hd0,gpt2'\n\tlinux16 /vmlinuz root=UUID=aa ro rootflags=subvol=@ quiet\n"
			"\tinitrd16 /initrd\n# linux /old root=/dev/sda9\n" },
		{ "/grub2/grubenv", NULL, "# GRUB Environment Block\nkernelopts=root=/dev/mapper/rl-root ro\n####" },
		{ "/loader/entries/a.conf", NULL, "title A\nlinux /vmlinuz\noptions ro root=PARTUUID=bb\n" },
		{ NULL, NULL, NULL }
	};
	static const struct filesystem_identity identity = IDENTITY("1111", "", "");
	struct filesystem *filesystem = open_table("p1", &identity, names);
	struct facts facts = { .notes = 0 };

	arena_init(&facts.arena);
	probe(&facts, filesystem, 0, "");
	IS(facts.mount_count, 3, "each entry that names a root, and no comment");
	IS_TEXT(facts.mounts[0].what, "UUID=aa", "a line of grub.cfg");
	IS_TEXT(facts.mounts[0].options, "subvol=@", "with what is mounted of it");
	IS_TEXT(facts.mounts[1].what, "/dev/mapper/rl-root", "grubenv");
	IS_TEXT(facts.mounts[2].what, "PARTUUID=bb", "an entry of the Boot Loader Specification");
	IS(facts.notes, 0, "lines of other kinds are no fault");
	filesystem_close(filesystem);
	arena_release(&facts.arena);
}

/* Layers: the first system that shows a file has it; what is covered in all of them is hidden. */
static void
test_layers(void)
{
	static const struct layer image[] = { { 0, "/l/app" }, { 0, "/l/base" } };
	static const struct layer container[] = { { 0, "/l/web" }, { 0, "/l/app" }, { 0, "/l/base" } };
	static const struct layer old[] = { { 0, "/l/base" } };
	static const struct filesystem_fact root = { .evidence = "E1", .volume = "p1", .has_passwd = true };
	struct systems systems;
	struct arena arena;

	arena_init(&arena);
	systems_join(&systems, &root, 1, NULL, 0, NULL);
	systems_add_within(&systems, &(struct within_fact){ .layers = image, .layer_count = 2, .system.kind = SYSTEM_IMAGE });
	systems_add_within(&systems, &(struct within_fact){ .layers = container, .layer_count = 3,
		.system.kind = SYSTEM_CONTAINER });
	systems_add_cover(&systems, 0, "/l/app/ps", COVER_FILE);
	systems_add_cover(&systems, 0, "/l/app/opaque", COVER_OPAQUE);
	systems_add_cover(&systems, 0, "/l/web/gone", COVER_WHITEOUT);
	IS_TEXT(path_of(&systems, 0, "/l/other", &arena), "/l/other", "beside the layers it is the host's");
	IS_TEXT(path_of(&systems, 0, "/l/app/ps", &arena), "/ps", "in a layer");
	IS_TEXT(path_of(&systems, 0, "/l/base/ps", &arena), "(hidden)", "under another layer");
	IS_TEXT(path_of(&systems, 0, "/l/base/opaque/x", &arena), "(hidden)", "under an opaque folder");
	IS_TEXT(path_of(&systems, 0, "/l/base/gone/x", &arena), "/gone/x", "deleted in the container only");
	IS(systems_cover(&systems, &systems.items[2], "/gone/x"), COVER_WHITEOUT, "there it is deleted");
	IS(systems_cover(&systems, &systems.items[1], "/gone/x"), COVER_NONE, "and in the image not");
	IS(systems_cover(&systems, &systems.items[2], "/opaque/x"), COVER_OPAQUE, "hidden by a folder");
	systems_add_within(&systems, &(struct within_fact){ .layers = old, .layer_count = 1, .system.kind = SYSTEM_IMAGE });
	IS_TEXT(path_of(&systems, 0, "/l/base/ps", &arena), "/ps", "an older image shows what a newer one hides");
	IS_TEXT(systems.items[3].id, "s4", "systems are numbered on");
	systems_release(&systems);
	arena_release(&arena);
}

int
main(void)
{
	test_units();
	test_told_elsewhere();
	test_boot_entries();
	test_shared();
	test_layers();
	test_single();
	test_several();
	test_roots();
	return tap_done();
}
