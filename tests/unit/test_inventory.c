/* test_inventory.c - places of files, their written form, chains of rows, transactions. */
#include <t1554triage/inventory.h>

#include "tap.h"

static void
places(void)
{
	static const struct { const char *path; bool windows, system; } rows[] = {
		{ "/usr/bin/ls", false, true }, { "/usr/local/bin/ls", false, false }, { "/usr", false, true },
		{ "/usrx/ls", false, false }, { "/lib64/ld.so", false, true }, { "/libexec/x", false, true },
		{ "/library/x", false, false }, { "/boot/vmlinuz", false, true }, { "/opt/x", false, false },
		{ "/Windows/System32/x.dll", true, true }, { "/windows/system32/x.dll", true, true },
		{ "/Windows/Temp/x.exe", true, false }, { "/C:/Windows/x.exe", true, true }, { "/Users/x", true, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		IS(path_is_system_folder(rows[i].path, rows[i].windows), rows[i].system, rows[i].path);
	OK(path_is_world_writable("/tmp/x") && path_is_world_writable("/dev/shm/.x/y") &&
		!path_is_world_writable("/tmpx/y"), "folders that every user may write to");
	OK(path_is_hidden("/usr/lib/.x/ls") && path_is_hidden("/usr/ /ls") && path_is_hidden("/usr/... /x") &&
		path_is_hidden("/bin/ls "), "names that hide");
	OK(!path_is_hidden("/usr/bin/ls") && !path_is_hidden("/usr/lib/x.so.1"), "names that do not");
}

static void
written_form(void)
{
	static const struct further_times further = { .name.born = { .seconds = 6, .resolution_nanoseconds = 100 } };
	static const struct digest extra = { .algorithm = DIGEST_SHA224, .bytes = { 1, [27] = 2 } };
	struct file written = { .filesystem = 2, .entry = { .path = "/a b", .inode = "42-128-3", .type = ENTRY_LINK,
		.state = ENTRY_DELETED, .mode = 04755, .times.changed = { .seconds = 5, .nanoseconds = 7, .resolution_nanoseconds = 1 }, .link_target = "/x",
		.further = &further },
		.type = PROGRAM_ELF, .extra = &extra,
		.has_pyc = true, .pyc = { .by_hash = true, .size = 9 } }, read, in_place;
	uint8_t md5[16] = { [15] = 3 };
	struct buffer line;
	struct arena arena;

	arena_init(&arena);
	buffer_init(&line, 0);
	digests_set(&written.digests, DIGEST_MD5, md5);
	record_write(&line, &file_record, &written);
	IS(record_read(line.bytes, line.length - 1, &file_record, &arena, &read), STATUS_OK, "a file is read again");
	IS_TEXT(read.entry.path, "/a b", "its path");
	IS_TEXT(read.entry.link_target, "/x", "its target");
	OK(read.entry.mode == 04755 && read.entry.state == ENTRY_DELETED && read.entry.times.changed.nanoseconds == 7 &&
		read.pyc.size == 9 && read.pyc.by_hash && read.filesystem == 2, "its numbers");
	IS(record_read_in_place(arena_copy(&arena, line.bytes, line.length), line.length - 1, &file_record, &in_place), STATUS_UNREADABLE,
		"parts have no place in the line");
	OK(read.entry.further && read.entry.further->name.born.seconds == 6 && !read.entry.further->deleted.resolution_nanoseconds &&
		!read.entry.collected, "parts that few have");
	OK(read.extra && digest_equal(read.extra, &extra) && digests_get(&read.digests, DIGEST_MD5) &&
		!memcmp(read.digests.md5, md5, sizeof md5), "its digests");
	buffer_release(&line);
	arena_release(&arena);
}

static void
add_row(struct inventory *inventory, const char *package, const char *path, uint8_t byte)
{
	inventory_add_package_file(inventory, &(struct package_file){ .system = "s1", .manager = "dpkg",
		.package = package, .path = path, .digest = { .algorithm = byte ? DIGEST_MD5 : DIGEST_NONE,
		.bytes = { byte } } });
}

static void
chains(void)
{
	const struct package_file *rows[4];
	struct inventory inventory;

	inventory_init(&inventory);
	inventory_add_package(&inventory, &(struct package){ .system = "s1", .manager = "dpkg", .name = "a",
		.architecture = "amd64", .is_installed = true });
	inventory_add_package(&inventory, &(struct package){ .system = "s1", .manager = "dpkg", .name = "gone" });
	add_row(&inventory, "gone", "/usr/bin/x", 1);
	add_row(&inventory, "a", "/usr/bin/x", 2);
	add_row(&inventory, "b", "/usr/bin/x", 0);
	add_row(&inventory, "a", "/usr/bin/y", 3);
	inventory_add_diversion(&inventory, &(struct package_diversion){ .system = "s1", .from = "/usr/bin/y",
		.to = "/usr/bin/y.real" });
	inventory_index_packages(&inventory);
	IS(inventory_rows(&inventory, "s1", "/usr/bin/x", rows, 4), 2, "rows of packages that are gone are left out");
	IS(rows[0]->digest.bytes[0], 2, "rows with a digest come first");
	IS(inventory_rows(&inventory, "s1", "/usr/bin/x", rows, 1), 1, "no more rows than there is room");
	IS(inventory_rows(&inventory, "s2", "/usr/bin/x", rows, 4), 0, "another system has its own");
	IS(inventory_rows(&inventory, "s1", "/usr/bin/y", rows, 4), 0, "a diverted row is not where it was");
	IS(inventory_rows(&inventory, "s1", "/usr/bin/y.real", rows, 4), 1, "it is where it was moved to");
	OK(inventory_package(&inventory, "s1", "dpkg", "a", "amd64") &&
		inventory_package(&inventory, "s1", "dpkg", "a", NULL) &&
		!inventory_package(&inventory, "s1", "dpkg", "c", NULL), "packages by name, with and without architecture");
	inventory_release(&inventory);
}

static bool
inside(const struct inventory *inventory, int64_t seconds)
{
	const struct package package = { .system = "s1", .name = "a" };
	const struct timestamp stamp = { .seconds = seconds, .resolution_nanoseconds = 1 };

	return inventory_in_transaction(inventory, &package, &stamp, NULL, NULL);
}

static void
add_event(struct inventory *inventory, enum event_kind kind, int64_t seconds, const char *text)
{
	inventory_add_event(inventory, &(struct event){ .system = "s1", .kind = kind, .object = "a", .text = text,
		.time = { .seconds = seconds, .resolution_nanoseconds = 1000000000 } });
}

static void
transactions(void)
{
	struct inventory inventory;

	inventory_init(&inventory);
	add_event(&inventory, EVENT_PACKAGE_STATUS, 120, "status unpacked a");
	add_event(&inventory, EVENT_PACKAGE_UPGRADED, 100, "upgrade a");
	add_event(&inventory, EVENT_PACKAGE_CONFIGURED, 200, "configure a");
	add_event(&inventory, EVENT_PACKAGE_STATUS, 201, "status installed a");
	inventory_finish(&inventory);
	OK(!inside(&inventory, 98) && inside(&inventory, 99), "one second before the line that begins");
	OK(inside(&inventory, 110) && inside(&inventory, 121) && !inside(&inventory, 122), "until unpacked, and a second");
	OK(!inside(&inventory, 150) && inside(&inventory, 200), "not between unpacking and configuring");
	OK(!inside(&inventory, 203), "not after it is installed");
	inventory_release(&inventory);
}

int
main(void)
{
	places();
	written_form();
	chains();
	transactions();
	return tap_done();
}
