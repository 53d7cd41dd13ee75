/*
 * bad_sha256.c - digests to look for on other hosts, as sha256sum writes them
 *
 *	c843c773b93a8932...  /usr/local/sbin/update-cache
 *
 * Only what is published as malicious, or differs from its package's record without an explanation. What is merely
 * unknown would send others after every local script. A name with a backslash or a line feed is escaped, with a
 * backslash before its digest (GNU coreutils manual, "md5sum invocation").
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/hashset.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "formats.h"
#include "output.h"

struct swept { const uint8_t *sha256; const struct file *file; };

static bool
is_to_be_swept(const struct file *file)
{
	if (file->verdict != VERDICT_KNOWN_BAD && file->verdict != VERDICT_CHANGED_UNEXPLAINED)
		return false;
	return digests_get(&file->digests, DIGEST_SHA256) && !file->unreliable && !hashset_is_meaningless(&file->digests);
}

/* Equal digests by the order of the inventory, so that the first name stays the first. */
static int
by_digest(const void *a, const void *b)
{
	const struct swept *one = a, *other = b;
	int order = memcmp(one->sha256, other->sha256, digest_size(DIGEST_SHA256));

	return order ? order : (one->file->number > other->file->number) - (one->file->number < other->file->number);
}

static void
add_name(struct buffer *line, const char *name)
{
	for (; *name; name++)
		if (*name == '\\')
			buffer_add_text(line, "\\\\");
		else if (*name == '\n')
			buffer_add_text(line, "\\n");
		else if (*name == '\r')
			buffer_add_text(line, "\\r");
		else
			buffer_add_char(line, *name);
}

static void
write_digest(struct output *out, const struct swept *swept, struct buffer *line)
{
	const char *name = swept->file->path ? swept->file->path : swept->file->entry.path;

	buffer_clear(line);
	if (strpbrk(name, "\\\n\r"))
		buffer_add_char(line, '\\');
	text_add_hex(line, swept->sha256, digest_size(DIGEST_SHA256));
	buffer_add_text(line, "  ");
	add_name(line, name);
	buffer_add_char(line, '\n');
	output_write(out, line->bytes, line->length);
}

static enum status
write_digests(const struct report *report, struct output *out)
{
	const struct inventory *inventory = report->inventory;
	struct swept *swept = NULL;
	size_t count = 0, capacity = 0;
	struct buffer line;

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (!is_to_be_swept(file))
			continue;
		swept = memory_grow(swept, count, &capacity, sizeof *swept);
		swept[count++] = (struct swept){ digests_get(&file->digests, DIGEST_SHA256), file };
	}
	if (count)
		qsort(swept, count, sizeof *swept, by_digest);
	buffer_init(&line, 0);
	for (size_t i = 0; i < count; i++)
		if (!i || memcmp(swept[i].sha256, swept[i - 1].sha256, digest_size(DIGEST_SHA256)))
			write_digest(out, &swept[i], &line);
	buffer_release(&line);
	memory_free(swept);
	return output_error(out) ? STATUS_FATAL : STATUS_OK;
}

const struct report_format bad_sha256_format = {
	.name        = "bad.sha256",
	.description = "SHA-256 of what is published as malicious or changed without an explanation, to look for on other hosts",
	.write       = write_digests,
};
