/* path.c - what the place of a file says of it. */
#include <string.h>
#include <strings.h>

#include <t1554triage/inventory.h>
#include <t1554triage/text.h>

/* True if path is the folder or lies in it. */
static bool
lies_in(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return !strncmp(path, folder, length) && (!path[length] || path[length] == '/');
}

static bool
lies_in_one_of(const char *path, const char *const *folders)
{
	for (; *folders; folders++)
		if (lies_in(path, *folders))
			return true;
	return false;
}

static bool
is_windows_system_folder(const char *path)
{
	static const char *const folders[] = { "/Windows/", "/Program Files/", "/Program Files (x86)/", NULL };

	/* A path of the running system may begin with its drive letter. */
	if (path[0] == '/' && path[1] && path[2] == ':')
		path += 3;
	else if (path[0] && path[1] == ':')
		path += 2;
	for (const char *const *folder = folders; *folder; folder++)
		if (!strncasecmp(path, *folder, strlen(*folder)))
			return strncasecmp(path, "/Windows/Temp/", 14) != 0;
	return false;
}

bool
path_is_system_folder(const char *path, bool windows)
{
	static const char *const folders[] = { "/bin", "/sbin", "/boot", "/usr", "/lib", "/lib32",
		"/lib64", "/libx32", "/libo32", "/libexec", NULL };

	if (windows)
		return is_windows_system_folder(path);
	if (lies_in(path, "/usr/local"))
		return false;
	return lies_in_one_of(path, folders);
}

bool
file_takes_place_of_program(const struct file *file)
{
	static const char *const folders[] = { "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/libexec",
		"/usr/games", NULL };
	bool differs = file->package_state == PACKAGE_STATE_MODIFIED ||
		file->package_state == PACKAGE_STATE_REPLACED || file->package_state == PACKAGE_STATE_CONFIG;

	return differs && file->entry.has & ENTRY_HAS_MODE && file->entry.mode & 0111 &&
	       lies_in_one_of(file->path, folders);
}

bool
path_is_world_writable(const char *path)
{
	static const char *const folders[] = { "/tmp", "/var/tmp", "/usr/tmp", "/dev/shm", "/run/shm",
		"/dev/mqueue", "/run/lock", "/var/lock", "/private/tmp", "/private/var/tmp",
		"/Windows/Temp", "/Users/Public", NULL };

	return lies_in_one_of(path, folders);
}

/* A name that a listing shows badly: a leading dot, blanks at its ends, nothing but dots or blanks. */
static bool
is_hidden_name(const char *name, size_t length)
{
	if (!length)
		return false;
	return name[0] == '.' || name[0] == ' ' || name[length - 1] == ' ' ||
	       (length == 2 && !memcmp(name, "\xc2\xa0", 2)) || strspn(name, ". \t") >= length;
}

bool
path_is_hidden(const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "/");

		if (is_hidden_name(path, length))
			return true;
		path += length + (path[length] == '/');
	}
	return false;
}

/* "../lib/x" of a link in /usr/bin: "/usr/lib/x".  Folders of a path in the inventory are no links. */
void
path_add_link_target(struct buffer *out, const char *path, const char *target)
{
	if (*target != '/')
		buffer_add(out, path, (size_t)(text_base_name(path) - path));
	while (*target) {
		size_t length = strcspn(target, "/");

		if (length == 2 && !strncmp(target, "..", 2)) {
			while (out->length > 1 && out->bytes[out->length - 1] == '/')
				buffer_truncate(out, out->length - 1);
			while (out->length > 1 && out->bytes[out->length - 1] != '/')
				buffer_truncate(out, out->length - 1);
		} else if (length && !(length == 1 && *target == '.')) {
			buffer_add(out, target, length);
		}
		target += length;
		if (*target == '/' && (!out->length || out->bytes[out->length - 1] != '/'))
			buffer_add_char(out, '/');
		target += *target == '/';
	}
}
