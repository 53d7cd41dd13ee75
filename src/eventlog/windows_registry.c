/*
 * windows_registry.c - what the registry of Windows keeps of programs: Amcache, AppCompatCache ("ShimCache"), BAM
 *
 *	Amcache.hve	Root\InventoryApplicationFile\KEY: LowerCaseLongPath, FileId ("0000" and SHA-1), Size, Publisher ...
 *			Root\File\VOLUME\KEY (Windows 8): "15" path, "101" "0000" and SHA-1, "6" size
 *			the SHA-1 covers the first 31457280 bytes; the time is that of the key, when the file was listed
 *	SYSTEM		Select: Current; ControlSetNNN\Control\Session Manager\AppCompatCache: AppCompatCache, bytes
 *			    from Windows 8 on entries "10ts" (8.0: "00ts"): 4, length 4, path length 2, path UTF-16,
 *			    then (8.1: length 2 and package; 8.x: flags 8) FILETIME 8, data length 4, data
 *			    the time is the file's own modification; it was looked at, and need not have run
 *			ControlSetNNN\Services\bam\State\UserSettings\SID: PATH = FILETIME 8 ..., when it ran last
 *
 * Sources: documentation of libregf, of the Windows artifacts knowledge base (winreg-kb: Amcache, Application Compatibility
 * Cache, Background Activity Moderator).  What was not written out is taken from the logs beside a hive (.LOG1, .LOG2).
 */
#include <string.h>
#include <strings.h>

#include <t1554triage/cursor.h>
#include <t1554triage/registry_hive.h>
#include <t1554triage/text.h>

#include "evtx_binxml.h"
#include "field_list.h"

#define AMCACHE "/[Ww][Ii][Nn][Dd][Oo][Ww][Ss]/[Aa][Pp][Pp][Cc][Oo][Mm][Pp][Aa][Tt]/[Pp][Rr][Oo][Gg][Rr][Aa][Mm][Ss]/" \
	"[Aa][Mm][Cc][Aa][Cc][Hh][Ee].[Hh][Vv][Ee]"
#define SYSTEM "/[Ww][Ii][Nn][Dd][Oo][Ww][Ss]/[Ss][Yy][Ss][Tt][Ee][Mm]32/[Cc][Oo][Nn][Ff][Ii][Gg]/[Ss][Yy][Ss][Tt][Ee][Mm]"

enum { FILE_ID_LENGTH = 44, FILE_ID_ZEROS = 4, ENTRY_HEAD = 12, OLD_HEAD_BYTES = 128, CONTROL_SET_MAX = 999,
	DIGESTED_BYTES = 31457280 };

struct registry {
	const struct event_sink *out;
	const struct notes      *notes;
	const struct artifact   *artifact;
	struct registry_hive     hive;
	struct field_list        fields;
	struct buffer            text, name, path, data;
	const char              *user;		/* of the key that is read */
};

static struct event
event_of(const struct registry *registry, enum event_kind kind, const char *provider)
{
	return (struct event){ .kind = kind, .provider = provider, .channel = "registry", .at = registry->artifact->place };
}

static void
hand_out(struct registry *registry, struct event *event)
{
	field_list_lend(&registry->fields, event);
	registry->out->event(registry->out->context, event);
}

/* ---- Amcache ---- */

/* Names of values, of Windows 10 and of 8, and what the fields are called. */
static const struct { const char *value, *field; } amcache_values[] = {
	{ "LowerCaseLongPath", "path" }, { "15", "path" }, { "FileId", "FileId" }, { "101", "FileId" }, { "Size", "Size" }, { "6", "Size" },
	{ "Publisher", "Company" }, { "1", "Company" }, { "ProductName", "Product" }, { "0", "Product" },
	{ "Version", "FileVersion" }, { "5", "FileVersion" }, { "OriginalFileName", "OriginalFileName" }, { "LinkDate", "LinkDate" },
};

static bool
take_amcache_value(void *context, const struct registry_value *value)
{
	struct registry *registry = context;

	buffer_clear(&registry->name);
	registry_add_name(&registry->name, value->name, value->name_length, value->name_is_latin1);
	for (size_t i = 0; i < sizeof amcache_values / sizeof *amcache_values; i++)
		if (!strcmp(registry->name.bytes, amcache_values[i].value) &&
		    registry_value_text(&registry->hive, value, &registry->text) && registry->text.length)
			field_list_add(&registry->fields, amcache_values[i].field, strlen(amcache_values[i].field),
				registry->text.bytes, registry->text.length);
	return true;
}

/* Of a file whose size is not told, as a number or as text in hexadecimal, nobody knows how much of it was digested. */
static bool
is_digested_whole(const struct registry *registry)
{
	const char *size = field_list_value(&registry->fields, "Size");
	uint64_t bytes;
	bool is_hex = size && size[0] == '0' && (size[1] == 'x' || size[1] == 'X');

	return size && text_parse_u64(size + 2 * is_hex, strlen(size + 2 * is_hex), is_hex ? 16 : 10, &bytes) && bytes <= DIGESTED_BYTES;
}

static bool
take_amcache_file(void *context, const struct registry_key *key)
{
	struct registry *registry = context;
	struct event event = event_of(registry, EVENT_FILE_LISTED, "Amcache");
	const char *id;

	field_list_clear(&registry->fields);
	registry_each_value(&registry->hive, key, take_amcache_value, registry);
	if (!field_list_value(&registry->fields, "path"))
		return true;
	id = field_list_value(&registry->fields, "FileId");
	if (id && strlen(id) == FILE_ID_LENGTH && strspn(id, "0") >= FILE_ID_ZEROS) {
		buffer_clear(&registry->text);
		buffer_add_text(&registry->text, id + FILE_ID_ZEROS);
		field_list_add_text(&registry->fields, "sha1", registry->text.bytes);
	}
	event.time = evtx_filetime(key->written);
	event.time_source = "when Amcache listed the file";
	event.object = field_list_value(&registry->fields, "path");
	event.text = is_digested_whole(registry) ? field_list_value(&registry->fields, "sha1") : NULL;
	hand_out(registry, &event);
	return true;
}

static bool
take_amcache_volume(void *context, const struct registry_key *key)
{
	struct registry *registry = context;

	registry_each_key(&registry->hive, key, take_amcache_file, registry);
	return true;
}

static void
read_amcache(struct registry *registry, const struct registry_key *root)
{
	struct registry_key key;

	if (registry_find(&registry->hive, root, "Root\\InventoryApplicationFile", &key))
		registry_each_key(&registry->hive, &key, take_amcache_file, registry);
	if (registry_find(&registry->hive, root, "Root\\File", &key))
		registry_each_key(&registry->hive, &key, take_amcache_volume, registry);
}

/* ---- AppCompatCache ---- */

/* One entry whose length was checked; false: it is none. */
static bool
take_cached(struct registry *registry, struct cursor c, bool is_old, bool has_package)
{
	struct event event = event_of(registry, EVENT_RECORD, "AppCompatCache");
	uint16_t length = take_u16le(&c);
	const uint8_t *path = take_bytes(&c, length);

	if (has_package)
		take_bytes(&c, take_u16le(&c));
	if (is_old)
		take_bytes(&c, 8);		/* flags */
	event.time = evtx_filetime(take_u64le(&c));
	if (c.failed)
		return false;
	buffer_clear(&registry->text);
	text_add_utf16le(&registry->text, path, length);
	field_list_clear(&registry->fields);
	field_list_add(&registry->fields, "path", 4, registry->text.bytes, registry->text.length);
	event.time_source = "modification of the file, as the cache has it";
	event.object = registry->text.length ? registry->text.bytes : NULL;
	hand_out(registry, &event);
	return true;
}

static enum status
read_cache(struct registry *registry)
{
	struct cursor c = cursor_over(registry->data.bytes, registry->data.length), head = c;
	uint32_t begin = take_u32le(&head);
	bool has_package = false, is_old = false;

	if (c.end - c.at > OLD_HEAD_BYTES + 4 && (!memcmp(c.at + OLD_HEAD_BYTES, "10ts", 4) || !memcmp(c.at + OLD_HEAD_BYTES, "00ts", 4))) {
		begin = OLD_HEAD_BYTES;
		is_old = true;
		has_package = !memcmp(c.at + OLD_HEAD_BYTES, "10ts", 4);
	} else if (begin < 0x30 || begin > OLD_HEAD_BYTES) {
		return note(registry->notes, STATUS_OK, NOTE_WITNESS_NOT_READ, &registry->artifact->place, "the AppCompatCache of %s has "
			"a form that this version does not read: programs may have been there of which no event is listed",
			registry->artifact->path);
	}
	take_bytes(&c, begin);
	while (!c.failed && c.end - c.at >= ENTRY_HEAD) {
		const uint8_t *magic = take_bytes(&c, 4);
		struct cursor entry;
		uint32_t length;

		take_bytes(&c, 4);
		length = take_u32le(&c);
		entry = cursor_over(c.at, length <= (size_t)(c.end - c.at) ? length : 0);
		if ((memcmp(magic, "10ts", 4) && memcmp(magic, "00ts", 4)) || !take_bytes(&c, length) ||
		    !take_cached(registry, entry, is_old, has_package))
			return note(registry->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &registry->artifact->place,
				"the AppCompatCache of %s is damaged: entries from the first damaged one on were not read",
				registry->artifact->path);
	}
	return STATUS_OK;
}

/* ---- BAM ---- */

static bool
take_run(void *context, const struct registry_value *value)
{
	struct registry *registry = context;
	struct event event = event_of(registry, EVENT_PROCESS_STARTED, "BAM");
	struct cursor c;

	buffer_clear(&registry->path);
	registry_add_name(&registry->path, value->name, value->name_length, value->name_is_latin1);
	/* "Version" and "SequenceNumber" stand among them. */
	if (value->type != 3 || !registry_value_data(&registry->hive, value, &registry->data) || registry->data.length < 8)
		return true;
	c = cursor_over(registry->data.bytes, registry->data.length);
	event.time = evtx_filetime(take_u64le(&c));
	event.time_source = "last start of the program by this user";
	field_list_clear(&registry->fields);
	field_list_add_text(&registry->fields, "Image", registry->path.bytes);
	field_list_add_text(&registry->fields, "User", registry->user);
	event.object = registry->path.bytes;
	event.user = registry->user;
	hand_out(registry, &event);
	return true;
}

static bool
take_user(void *context, const struct registry_key *key)
{
	struct registry *registry = context;

	buffer_clear(&registry->text);
	registry_add_name(&registry->text, key->name, key->name_length, key->name_is_latin1);
	registry->user = registry->text.bytes;
	registry_each_value(&registry->hive, key, take_run, registry);
	return true;
}

/* ---- SYSTEM ---- */

static uint64_t
current_control_set(struct registry *registry, const struct registry_key *root)
{
	struct registry_key key;
	struct registry_value value;
	uint64_t number;

	if (!registry_find(&registry->hive, root, "Select", &key) ||
	    !registry_value_find(&registry->hive, &key, "Current", &value) ||
	    !registry_value_text(&registry->hive, &value, &registry->text) ||
	    !text_parse_u64(registry->text.bytes, registry->text.length, 10, &number) || number > CONTROL_SET_MAX)
		return 1;
	return number;
}

static enum status
read_system(struct registry *registry, const struct registry_key *root)
{
	static const char *const users[] = { "Services\\bam\\State\\UserSettings", "Services\\bam\\UserSettings",
		"Services\\dam\\State\\UserSettings", "Services\\dam\\UserSettings", NULL };
	enum status status = STATUS_OK;
	struct registry_key set, key;
	struct registry_value value;

	buffer_clear(&registry->name);
	buffer_add_format(&registry->name, "ControlSet%03llu", (unsigned long long)current_control_set(registry, root));
	if (!registry_find(&registry->hive, root, registry->name.bytes, &set))
		return note(registry->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &registry->artifact->place, "%s has no %s, which "
			"it says is the current one: what programs ran is not known from it", registry->artifact->path, registry->name.bytes);
	if (registry_find(&registry->hive, &set, "Control\\Session Manager\\AppCompatCache", &key) &&
	    registry_value_find(&registry->hive, &key, "AppCompatCache", &value) &&
	    registry_value_data(&registry->hive, &value, &registry->data))
		status = read_cache(registry);
	for (size_t i = 0; users[i]; i++)
		if (registry_find(&registry->hive, &set, users[i], &key))
			registry_each_key(&registry->hive, &key, take_user, registry);
	return status;
}

/* ---- hives ---- */

static enum status
read_hive(struct registry *registry, const struct registry_logs *logs)
{
	enum status status = registry_hive_open(registry->artifact, logs, registry->notes, &registry->hive);
	const char *path = registry->artifact->path;
	struct registry_key root;

	if (!registry->hive.steps)
		return status;
	if (registry_root(&registry->hive, &root)) {
		if (text_has_suffix(path, "e") || text_has_suffix(path, "E"))
			read_amcache(registry, &root);
		else
			status = status_worse(status, read_system(registry, &root));
	}
	if (registry->hive.is_damaged)
		status = status_worse(status, note(registry->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &registry->artifact->place,
			"parts of %s that record programs could not be read: some may be missing from the events", path));
	return status;
}

/* In the order in which they are tried. */
static const char *const log_endings[REGISTRY_LOGS_MAX] = { ".LOG1", ".LOG2", ".LOG" };

static bool
is_log(const char *path)
{
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < REGISTRY_LOGS_MAX; i++)
		if (!strcasecmp(dot, log_endings[i]))
			return true;
	return false;
}

static void
find_logs(const struct artifact_group *group, const char *hive, struct registry_logs *ret_logs)
{
	size_t length = strlen(hive);

	*ret_logs = (struct registry_logs){ .count = 0 };
	for (size_t ending = 0; ending < REGISTRY_LOGS_MAX; ending++)
		for (size_t i = 0; i < group->count; i++) {
			const char *path = group->items[i].path;

			if (strncasecmp(path, hive, length) || strcasecmp(path + length, log_endings[ending]))
				continue;
			ret_logs->items[ret_logs->count++] = &group->items[i];
			break;
		}
}

static enum status
parse_windows_registry(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct registry_logs logs;
	struct registry registry = { .out = out, .notes = notes };
	enum status status = STATUS_OK;

	field_list_init(&registry.fields);
	buffer_init(&registry.text, 0);
	buffer_init(&registry.name, 0);
	buffer_init(&registry.path, 0);
	buffer_init(&registry.data, 0);
	for (size_t i = 0; i < group->count; i++) {
		registry.artifact = &group->items[i];
		if (is_log(registry.artifact->path))
			continue;
		find_logs(group, registry.artifact->path, &logs);
		status = status_worse(status, read_hive(&registry, &logs));
		registry_hive_release(&registry.hive);
	}
	field_list_release(&registry.fields);
	buffer_release(&registry.text);
	buffer_release(&registry.name);
	buffer_release(&registry.path);
	buffer_release(&registry.data);
	return status;
}

const struct eventlog_driver windows_registry_eventlog = {
	.name        = "windows_registry",
	.description = "what the registry of Windows keeps of programs: Amcache, AppCompatCache (ShimCache), BAM",
	.files       = (const char *const[]){
		AMCACHE, AMCACHE ".[Ll][Oo][Gg]", AMCACHE ".[Ll][Oo][Gg][12]", SYSTEM, SYSTEM ".[Ll][Oo][Gg]", SYSTEM ".[Ll][Oo][Gg][12]",
		NULL },
	.is_not_rotated = true,
	.parse       = parse_windows_registry,
};
