/* folder.c - the output folder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/exit_status.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "folder.h"

enum { NAMES_TRIED = 10000 };

static bool
is_empty(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	bool empty = folder != NULL;

	while (empty && (entry = readdir(folder)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	if (folder)
		closedir(folder);
	return empty;
}

int
folder_check(const char *wanted, struct buffer *ret_message)
{
	struct stat status;

	if (!wanted || stat(wanted, &status) || (S_ISDIR(status.st_mode) && is_empty(wanted)))
		return 0;
	buffer_add_format(ret_message, "%s: the output folder is in use: name one that does not exist or is empty "
		"(nothing is ever written over)\n", wanted);
	return EXIT_IN_USE;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The folder itself where it exists, else the one that it would be made in; -1: neither can be opened, nor anything be made. */
static int
open_nearest(const char *wanted)
{
	int folder = open(wanted, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct buffer parent;

	if (folder >= 0)
		return folder;
	buffer_init(&parent, 0);
	buffer_add_text(&parent, wanted);
	while (parent.length && parent.bytes[parent.length - 1] == '/')
		parent.length--;
	while (parent.length && parent.bytes[parent.length - 1] != '/')
		parent.length--;
	buffer_add_text(&parent, parent.length ? "" : ".");
	folder = open(parent.bytes, O_PATH | O_DIRECTORY | O_CLOEXEC);
	buffer_release(&parent);
	return folder;
}

/* Up to the root, by what the folders are and not by what they are called.  Takes the descriptor. */
static bool
lies_within(int folder, const struct stat *evidence)
{
	struct stat status;
	bool is_within = false, goes_on = !fstat(folder, &status) && status.st_dev == evidence->st_dev;

	while (goes_on && !is_within) {
		struct stat below = status;
		int parent = openat(folder, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		is_within = is_same(&below, evidence);
		close(folder);
		folder = parent;
		goes_on = parent >= 0 && !fstat(parent, &status) && !is_same(&status, &below);
	}
	if (folder >= 0)
		close(folder);
	return is_within;
}

int
folder_keep_out(const char *wanted, char *const *operands, size_t operand_count, const char *what, struct buffer *ret_message)
{
	for (size_t i = 0; i < operand_count; i++) {
		struct stat evidence;
		int folder;

		if (stat(operands[i], &evidence) || !S_ISDIR(evidence.st_mode) ||
		    (folder = open_nearest(wanted ? wanted : ".")) < 0 || !lies_within(folder, &evidence))
			continue;
		buffer_add_format(ret_message, "%s: the output folder would lie within %s, which is %s, and nothing is ever "
			"written there: name one elsewhere with -o\n", wanted ? wanted : "(the current folder)", operands[i], what);
		return EXIT_IN_USE;
	}
	return 0;
}

/* "case.E01" gives "case", "disk.raw" "disk", "image.001" "image". */
static char *
base_of(const char *operand)
{
	static const char *const endings[] = { ".raw", ".dd", ".img", ".bin", ".tar.gz", ".tar.xz", ".tar.zst",
		".tar.bz2", ".tgz", ".tar", ".zip", NULL };
	size_t length = strlen(operand);
	char *name;
	const char *dot;

	while (length > 1 && operand[length - 1] == '/')
		length--;
	name = memory_allocate(length + 1, 1);
	memcpy(name, operand, length);
	memmove(name, text_base_name(name), strlen(text_base_name(name)) + 1);
	for (size_t i = 0; endings[i]; i++)
		if (text_has_suffix(name, endings[i]) && strlen(name) > strlen(endings[i])) {
			name[strlen(name) - strlen(endings[i])] = '\0';
			return name;
		}
	dot = strrchr(name, '.');
	if (dot && dot > name && strlen(dot) == 4 &&
	    (text_matches_glob(".[EeLl][0-9A-Za-z][0-9A-Za-z]", dot) || text_matches_glob(".[0-9][0-9][0-9]", dot)))
		name[dot - name] = '\0';
	return name;
}

static int
open_folder(const char *path, int *ret_folder, struct buffer *ret_message)
{
	*ret_folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_folder >= 0)
		return 0;
	buffer_add_format(ret_message, "%s: the output folder cannot be opened: %s\n", path, strerror(errno));
	return EXIT_OUTPUT;
}

int
folder_open(const char *wanted, const char *operand, int *ret_folder, char **ret_path,
	struct buffer *ret_message)
{
	struct buffer name;
	char *base;
	int status = folder_check(wanted, ret_message);

	if (status)
		return status;
	if (wanted) {
		if (mkdir(wanted, 0700) && errno != EEXIST) {
			buffer_add_format(ret_message, "%s: the output folder cannot be made: %s\n", wanted, strerror(errno));
			return EXIT_OUTPUT;
		}
		*ret_path = memory_copy_text(wanted);
		return open_folder(wanted, ret_folder, ret_message);
	}
	base = base_of(operand);
	buffer_init(&name, 0);
	status = EXIT_IN_USE;
	for (unsigned number = 1; status == EXIT_IN_USE && number < NAMES_TRIED; number++) {
		buffer_clear(&name);
		buffer_add_format(&name, number == 1 ? "%s-t1554" : "%s-t1554-%u", base, number);
		if (!mkdir(name.bytes, 0700))
			status = 0;
		else if (errno != EEXIST)
			status = EXIT_OUTPUT;
	}
	if (status)
		buffer_add_format(ret_message, "%s: the output folder cannot be made here: %s; name another with -o\n",
			name.bytes, strerror(errno));
	else
		status = open_folder(name.bytes, ret_folder, ret_message);
	*ret_path = memory_copy_text(name.bytes);
	buffer_release(&name);
	memory_free(base);
	return status;
}

void
folder_remove_if_empty(const char *path)
{
	rmdir(path);
}
