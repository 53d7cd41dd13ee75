/*
 * body.c - body file of The Sleuth Kit 3 (wiki.sleuthkit.org, "Body file"):
 *
 *	0|/usr/sbin/sshd|131079|r/rrwxr-xr-x|0|0|925000|1714557600|1714557600|1714557600|1714557600
 *
 * MD5, name, inode, mode, uid, gid, size, accessed, modified, changed, born. Readers cut at "|", so one in a
 * name is written \x7c like other bytes that would break a line.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "body.h"

static const char type_letters[] = "-rdlpscb";

static void
add_name(struct buffer *out, const char *name)
{
	size_t start = out->length, pipes = 0;

	text_add_escaped(out, name, strlen(name));
	for (size_t i = start; i < out->length; i++)
		pipes += out->bytes[i] == '|';
	if (!pipes)
		return;
	out->length = start;
	for (const char *at = name, *pipe; ; at = pipe + 1) {
		pipe = strchrnul(at, '|');
		text_add_escaped(out, at, (size_t)(pipe - at));
		if (!*pipe)
			break;
		buffer_add_text(out, "\\x7c");
	}
}

static void
add_mode(struct buffer *out, const struct file_entry *entry)
{
	static const char letters[] = "rwxrwxrwx";
	char letter = type_letters[entry->type];
	char text[] = "-/----------";

	text[0] = letter;
	text[2] = letter;
	for (unsigned i = 0; i < 9; i++)
		if (entry->mode & 0400u >> i)
			text[3 + i] = letters[i];
	if (entry->mode & 04000)
		text[5] = entry->mode & 0100 ? 's' : 'S';
	if (entry->mode & 02000)
		text[8] = entry->mode & 0010 ? 's' : 'S';
	if (entry->mode & 01000)
		text[11] = entry->mode & 0001 ? 't' : 'T';
	buffer_add_text(out, text);
}

static void
add_number(struct buffer *out, uint64_t number)
{
	buffer_add_char(out, '|');
	buffer_add_u64(out, number);
}

static void
add_time(struct buffer *out, const struct timestamp *time)
{
	int64_t seconds = timestamp_is_recorded(time) ? time->seconds : 0;

	buffer_add_text(out, seconds < 0 ? "|-" : "|");
	buffer_add_u64(out, seconds < 0 ? -(uint64_t)seconds : (uint64_t)seconds);
}

void
body_add_line(struct buffer *out, const char *path, const struct file_entry *entry)
{
	buffer_add_text(out, "0|");
	add_name(out, path);
	if (entry->stream) {
		buffer_add_char(out, ':');
		add_name(out, entry->stream);
	}
	if (entry->type == ENTRY_LINK && entry->link_target) {
		buffer_add_text(out, " -> ");
		add_name(out, entry->link_target);
	}
	if (entry->state != ENTRY_ALLOCATED)
		buffer_add_text(out, entry->state == ENTRY_REALLOCATED ? " (deleted-realloc)" : " (deleted)");
	buffer_add_char(out, '|');
	buffer_add_text(out, entry->inode ? entry->inode : "0");
	buffer_add_char(out, '|');
	add_mode(out, entry);
	add_number(out, entry->uid);
	add_number(out, entry->gid);
	add_number(out, entry->size);
	add_time(out, &entry->times.accessed);
	add_time(out, &entry->times.modified);
	add_time(out, &entry->times.changed);
	add_time(out, &entry->times.born);
	buffer_add_char(out, '\n');
}
