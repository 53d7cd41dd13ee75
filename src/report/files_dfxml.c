/*
 * files_dfxml.c - every examined file as a DFXML fileobject
 *
 * dfxml_schema 1.2.0 (also valid under 2.0.0-beta.0): the order of the
 * elements is part of the schema; what it has no element for stands in attributes
 * of our own namespace, which it allows.
 */
#include <stdlib.h>
#include <string.h>

#include <t1554triage/text.h>

#include "formats.h"
#include "jsonl.h"
#include "output.h"
#include "xml.h"

#define DFXML_NAMESPACE "http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML"

enum { META_TYPE_REGULAR = 1, META_TYPE_LINK = 6, META_TYPE_OTHER = 0 };

static void
write_name(struct xml *xml, const struct file *file)
{
	struct buffer name;

	buffer_init(&name, 0);
	buffer_add_text(&name, file->path ? file->path : file->entry.path);
	if (file->entry.stream) {
		buffer_add_char(&name, ':');
		buffer_add_text(&name, file->entry.stream);
	}
	xml_element(xml, "filename", name.bytes);
	buffer_release(&name);
}

/* The schema wants a number: of "42-128-3" the first; the whole stands in t:inode. */
static void
write_inode(struct xml *xml, const struct file_entry *entry)
{
	uint64_t number;

	if (entry->inode && text_parse_u64(entry->inode, strspn(entry->inode, "0123456789"), 10, &number))
		xml_element_u64(xml, "inode", number);
}

static void
write_time(struct xml *xml, const char *name, const struct timestamp *time)
{
	char text[TIMESTAMP_TEXT_SIZE];
	uint64_t seconds = time->resolution_nanoseconds / 1000000000;

	timestamp_format(time, text);
	if (!text[0])
		return;
	xml_begin(xml, name);
	if (seconds > 1)
		xml_attribute_u64(xml, "prec", seconds);
	xml_text(xml, text);
	xml_end(xml);
}

static void
write_digest(struct xml *xml, const struct file *file, enum digest_algorithm algorithm)
{
	const uint8_t *bytes = digests_get(&file->digests, algorithm);
	struct buffer hex;

	if (!bytes)
		return;
	buffer_init(&hex, 0);
	text_add_hex(&hex, bytes, digest_size(algorithm));
	xml_begin(xml, "hashdigest");
	xml_attribute(xml, "type", digest_algorithm_names[algorithm]);
	xml_text(xml, hex.bytes);
	xml_end(xml);
	buffer_release(&hex);
}

/* Of files that findings show; of a volume on others an offset is one in that volume. */
static void
write_runs(struct xml *xml, const struct file_runs *runs, bool is_on_medium)
{
	xml_begin(xml, "byte_runs");
	for (size_t i = 0; i < runs->count; i++) {
		const struct content_run *run = &runs->items[i];

		xml_begin(xml, "byte_run");
		xml_attribute_u64(xml, "file_offset", run->file_offset);
		if (run->image_offset == UINT64_MAX)
			xml_attribute(xml, "fill", "0");
		else
			xml_attribute_u64(xml, is_on_medium ? "img_offset" : "fs_offset", run->image_offset);
		xml_attribute_u64(xml, "len", run->length);
		xml_end(xml);
	}
	xml_end(xml);
}

static void
write_own_attributes(struct xml *xml, const struct file *file)
{
	xml_attribute(xml, "t:evidence", file->evidence);
	xml_attribute(xml, "t:volume", file->volume);
	xml_attribute(xml, "t:system", file_system_id(file));
	xml_attribute(xml, "t:inode", file->entry.inode);
	xml_attribute(xml, "t:verdict", verdict_names[file->verdict]);
	if (file->digests.known)
		xml_attribute_bool(xml, "t:digest_reliable", !file->unreliable);
}

static void
write_fileobject(struct xml *xml, const struct inventory *inventory, const struct file *file, uint64_t id)
{
	const struct file_entry *entry = &file->entry;
	bool allocated = entry->state == ENTRY_ALLOCATED, owned = entry->has & ENTRY_HAS_OWNER;

	xml_begin(xml, "fileobject");
	write_own_attributes(xml, file);
	write_name(xml, file);
	xml_element(xml, "error", file->not_examined);
	xml_element_u64(xml, "id", id);
	xml_element(xml, "name_type", entry->type == ENTRY_LINK ? "l" : "r");
	xml_element_u64(xml, "filesize", entry->size);
	xml_element(xml, "alloc_inode", allocated ? "1" : "0");
	xml_element(xml, "alloc_name", allocated ? "1" : "0");
	if (entry->state == ENTRY_ORPHAN)
		xml_element(xml, "orphan", "1");
	write_inode(xml, entry);
	xml_element_u64(xml, "meta_type", entry->type == ENTRY_LINK ? META_TYPE_LINK :
		entry->type == ENTRY_REGULAR ? META_TYPE_REGULAR : META_TYPE_OTHER);
	if (entry->has & ENTRY_HAS_MODE)
		xml_element_u64(xml, "mode", entry->mode & 07777);
	if (entry->links)
		xml_element_u64(xml, "nlink", entry->links);
	if (owned)
		xml_element_u64(xml, "uid", entry->uid);
	if (owned)
		xml_element_u64(xml, "gid", entry->gid);
	write_time(xml, "mtime", &entry->times.modified);
	write_time(xml, "ctime", &entry->times.changed);
	write_time(xml, "atime", &entry->times.accessed);
	write_time(xml, "crtime", &entry->times.born);
	if (entry->further)
		write_time(xml, "dtime", &entry->further->deleted);
	xml_element(xml, "link_target", entry->link_target);
	if (file->runs)
		write_runs(xml, file->runs, file_lies_on_medium(inventory, file));
	write_digest(xml, file, DIGEST_MD5);
	write_digest(xml, file, DIGEST_SHA1);
	write_digest(xml, file, DIGEST_SHA256);
	xml_end(xml);
}

static void
write_head(struct xml *xml, const struct report *report)
{
	xml_begin(xml, "dfxml");
	xml_attribute(xml, "version", "1.2.0");
	xml_attribute(xml, "xmlns", DFXML_NAMESPACE);
	xml_attribute(xml, "xmlns:dc", "http://purl.org/dc/elements/1.1/");
	xml_attribute(xml, "xmlns:t", REPORT_NAMESPACE);
	xml_begin(xml, "metadata");
	xml_element(xml, "dc:type", "Disk Image");
	xml_end(xml);
	xml_begin(xml, "creator");
	xml_element(xml, "program", PACKAGE_NAME);
	xml_element(xml, "version", PACKAGE_VERSION);
	xml_end(xml);
	xml_begin(xml, "source");
	for (size_t i = 0; report->inventory->exhibits && i < report->inventory->exhibits->count; i++)
		xml_element(xml, "image_filename", report->inventory->exhibits->items[i].name);
	xml_end(xml);
}

static enum status
write_dfxml(const struct report *report, struct output *out)
{
	struct xml xml;

	xml_init(&xml, out);
	write_head(&xml, report);
	for (size_t i = 0; i < report->inventory->file_count && !output_error(out); i++)
		write_fileobject(&xml, report->inventory, &report->inventory->files[i], i + 1);
	xml_end(&xml);
	xml_release(&xml);
	return output_error(out) ? STATUS_FATAL : STATUS_OK;
}

const struct report_format files_dfxml_format = {
	.name        = "files.dfxml",
	.description = "every examined file as a DFXML fileobject",
	.write       = write_dfxml,
	.is_early    = true,
	.work        = 7,
};
