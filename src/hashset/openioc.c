/*
 * openioc.c - indicators of OpenIOC 1.0 and 1.1:
 *
 *	<ioc xmlns="http://schemas.mandiant.com/2010/ioc" ...><short_description>Demo</short_description>
 *	 <definition><Indicator operator="OR">
 *	  <IndicatorItem condition="is"><Context document="FileItem" search="FileItem/Sha1sum" type="mir"/>
 *	   <Content type="string">3b3e778b...</Content></IndicatorItem>
 *	  <Indicator operator="AND">...</Indicator></Indicator></definition></ioc>
 *
 * Addresses (PortItem/remoteIP) and names (DnsEntryItem/Host, Network/DNS) are read likewise.
 *
 * Digests count where one alone is enough: those of a group of AND with more than one member are rejected
 * with that reason, and so are negated ones.  A document type declaration, the way in for entities, is refused;
 * nothing is fetched.
 */
#include <string.h>

#include <libxml/xmlreader.h>

#include <t1554triage/text.h>

#include "set.h"

enum { GROUPS_MAX = 64, TEXT_BYTES = 1024 };

/* A group that is open. */
struct group {
	bool   is_and;
	size_t members, pending;	/* pending: the first of the rows that hang on it */
};

struct pending {
	struct digest digest;
	bool          is_network;
	struct network_value value;
	uint64_t      line;
};

struct openioc {
	xmlTextReader *xml;
	struct group    groups[GROUPS_MAX];
	size_t          depth;
	struct pending *rows;
	size_t          count, capacity;
	/* the item that is open */
	bool            is_item, is_negated, is_hash, is_network, in_content, in_title;
	uint64_t        line;
	char            content[TEXT_BYTES], title[TEXT_BYTES];
	const struct hash_row_sink *out;
	struct source  *source;
	uint64_t        position;
	enum status     status;
};

static bool
probe(const uint8_t *head, size_t length)
{
	return memmem(head, length, "schemas.mandiant.com/2010/ioc", 29) || memmem(head, length, "openioc.org/schemas", 19) ||
	       memmem(head, length, "<OpenIOC", 8);
}

static int
read_source(void *context, char *bytes, int length)
{
	struct openioc *ioc = context;
	size_t got = 0;
	enum status status = source_read(ioc->source, ioc->position, bytes, (size_t)length, &got);

	if (status < STATUS_OK)
		ioc->status = status_worse(ioc->status, status);
	if (status <= STATUS_UNREADABLE)
		return -1;
	ioc->position += got;
	return (int)got;
}

static int
close_nothing(void *context)
{
	(void)context;
	return 0;
}

static void
ignore_error(void *context, xmlErrorPtr error)
{
	(void)context;
	(void)error;
}

static bool
is_named(const struct openioc *ioc, const char *name)
{
	const xmlChar *local = xmlTextReaderConstLocalName(ioc->xml);

	return local && !strcmp((const char *)local, name);
}

/* Empty where the attribute is absent. */
static void
attribute(const struct openioc *ioc, const char *name, char ret_value[TEXT_BYTES])
{
	xmlChar *value = xmlTextReaderGetAttribute(ioc->xml, (const xmlChar *)name);
	size_t length = value ? strnlen((const char *)value, TEXT_BYTES - 1) : 0;

	if (value)
		memcpy(ret_value, value, length);
	ret_value[length] = '\0';
	if (value)
		xmlFree(value);
}

static void
begin_group(struct openioc *ioc)
{
	char operator[TEXT_BYTES];

	attribute(ioc, "operator", operator);
	if (ioc->depth)
		ioc->groups[ioc->depth - 1].members++;
	if (ioc->depth < GROUPS_MAX)
		ioc->groups[ioc->depth] = (struct group){ .is_and = !strcasecmp(operator, "AND"), .pending = ioc->count };
	ioc->depth++;
}

static void
reject(const struct openioc *ioc, uint64_t line, const char *text, const char *why)
{
	ioc->out->rejected(ioc->out->context, line, text, why);
}

/* Rows behind first are let go: handed out, or rejected. */
static void
settle_rows(struct openioc *ioc, size_t first, const char *why)
{
	struct buffer text;

	buffer_init(&text, 0);
	for (size_t i = first; i < ioc->count; i++) {
		struct hash_row row = { .product = ioc->title, .row = ioc->rows[i].line, .grade = 'B' };

		buffer_clear(&text);
		if (ioc->rows[i].is_network) {
			network_value_add(&text, &ioc->rows[i].value);
		} else {
			digests_set(&row.digests, ioc->rows[i].digest.algorithm, ioc->rows[i].digest.bytes);
			digest_add_hex(&text, &ioc->rows[i].digest);
		}
		if (why)
			reject(ioc, row.row, text.bytes, why);
		else if (ioc->rows[i].is_network)
			hash_row_sink_network(ioc->out, &(struct network_row){ .value = ioc->rows[i].value, .product = ioc->title,
				.grade = 'B', .line = ioc->rows[i].line });
		else
			ioc->out->row(ioc->out->context, &row);
	}
	ioc->count = first;
	buffer_release(&text);
}

static void
end_group(struct openioc *ioc)
{
	bool within_and = false;
	const struct group *group;

	if (!ioc->depth || --ioc->depth >= GROUPS_MAX)
		return;
	group = &ioc->groups[ioc->depth];
	for (size_t i = 0; i < ioc->depth && i < GROUPS_MAX; i++)
		within_and |= ioc->groups[i].is_and;
	if (group->is_and && group->members > 1)
		settle_rows(ioc, group->pending, "asks for more than one thing (a group of AND)");
	else if (!within_and)
		settle_rows(ioc, group->pending, NULL);
}

static void
begin_item(struct openioc *ioc)
{
	char condition[TEXT_BYTES], negate[TEXT_BYTES];

	attribute(ioc, "condition", condition);
	attribute(ioc, "negate", negate);
	ioc->is_item = true;
	ioc->is_hash = ioc->is_network = false;
	ioc->is_negated = !strcmp(negate, "true") || (strcmp(condition, "is") && strcmp(condition, "contains"));
	ioc->content[0] = '\0';
	/* The parser reads ahead: its own line is one behind the item. */
	ioc->line = (uint64_t)xmlGetLineNo(xmlTextReaderCurrentNode(ioc->xml));
	if (ioc->depth && ioc->depth <= GROUPS_MAX)
		ioc->groups[ioc->depth - 1].members++;
}

static bool
is_of_a_digest(const char *search)
{
	static const char *const names[] = { "md5sum", "sha1sum", "sha256sum", "md5", "sha1", "sha256" };
	static const char *const of_services[] = { "pathmd5sum", "serviceDLLmd5sum" };
	const char *name = text_base_name(search);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strcasecmp(name, names[i]))
			return true;
	for (size_t i = 0; i < sizeof of_services / sizeof of_services[0]; i++)
		if (!strcasecmp(name, of_services[i]))
			return true;
	return false;
}

/* The other end of a connection, or a name that is asked for. */
static bool
is_of_a_host(const char *search)
{
	static const char *const names[] = { "PortItem/remoteIP", "DnsEntryItem/Host", "DnsEntryItem/RecordName",
		"DnsEntryItem/RecordData/Host", "DnsEntryItem/RecordData/IPv4Address", "Network/DNS" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strcasecmp(search, names[i]))
			return true;
	return false;
}

/* NULL, or why the text is nothing that is looked for. */
static const char *
read_item(const struct openioc *ioc, const char *text, struct pending *row)
{
	struct digests digests = { .known = 0 };

	row->is_network = ioc->is_network;
	if (ioc->is_network)
		return network_value_read(text, strcspn(text, " \t\r\n"), &row->value);
	return digest_parse(text, strcspn(text, " \t\r\n"), DIGEST_NONE, &row->digest) &&
		digests_set(&digests, row->digest.algorithm, row->digest.bytes) ? NULL : "not an MD5, SHA-1 or SHA-256";
}

static void
end_item(struct openioc *ioc)
{
	const char *text = ioc->content + strspn(ioc->content, " \t\r\n");
	struct pending row = { .line = ioc->line };
	const char *why;

	ioc->is_item = false;
	if (!ioc->is_hash && !ioc->is_network)
		return;
	if (ioc->is_negated) {
		reject(ioc, ioc->line, text, "negated, or a condition other than \"is\"");
		return;
	}
	why = read_item(ioc, text, &row);
	if (why) {
		reject(ioc, ioc->line, text, why);
		return;
	}
	if (ioc->depth > GROUPS_MAX) {
		reject(ioc, ioc->line, text, "groups are nested deeper than 64");
		return;
	}
	ioc->rows = memory_grow(ioc->rows, ioc->count, &ioc->capacity, sizeof *ioc->rows);
	ioc->rows[ioc->count++] = row;
}

static void
begin_element(struct openioc *ioc)
{
	char search[TEXT_BYTES];

	ioc->in_content = is_named(ioc, "Content");
	ioc->in_title = is_named(ioc, "short_description") && !ioc->title[0];
	if (is_named(ioc, "Indicator")) {
		begin_group(ioc);
	} else if (is_named(ioc, "IndicatorItem")) {
		begin_item(ioc);
	} else if (is_named(ioc, "Context") && ioc->is_item) {
		attribute(ioc, "search", search);
		ioc->is_hash = is_of_a_digest(search);
		ioc->is_network = is_of_a_host(search);
	}
}

static void
end_element(struct openioc *ioc)
{
	ioc->in_content = ioc->in_title = false;
	if (is_named(ioc, "Indicator"))
		end_group(ioc);
	else if (is_named(ioc, "IndicatorItem"))
		end_item(ioc);
}

static void
take_text(struct openioc *ioc)
{
	const xmlChar *value = xmlTextReaderConstValue(ioc->xml);
	char *to = ioc->in_content && ioc->is_item ? ioc->content : ioc->in_title ? ioc->title : NULL;
	size_t length = value ? strnlen((const char *)value, TEXT_BYTES - 1) : 0;

	if (!to || !value)
		return;
	memcpy(to, value, length);
	to[length] = '\0';
}

/* NULL, or why the document is not read on. */
static const char *
read_document(struct openioc *ioc)
{
	int step;

	while ((step = xmlTextReaderRead(ioc->xml)) == 1)
		switch (xmlTextReaderNodeType(ioc->xml)) {
		case XML_READER_TYPE_DOCUMENT_TYPE:
			return "a document type declaration is not read: it could name entities";
		case XML_READER_TYPE_ELEMENT: {
			bool is_empty = xmlTextReaderIsEmptyElement(ioc->xml) == 1;

			begin_element(ioc);
			if (is_empty)
				end_element(ioc);
			break;
		}
		case XML_READER_TYPE_END_ELEMENT:
			end_element(ioc);
			break;
		case XML_READER_TYPE_TEXT:
		case XML_READER_TYPE_CDATA:
			take_text(ioc);
			break;
		default:
			break;
		}
	return step ? "not well-formed XML from here; what follows is not read" : NULL;
}

/* UTF-16 has been turned into UTF-8 on the way here, and the declaration does not know. */
static const char *
real_encoding(struct source *source)
{
	char head[128];
	size_t got = 0;

	source_read(source, 0, head, sizeof head, &got);
	return memmem(head, got, "utf-16", 6) || memmem(head, got, "UTF-16", 6) ? "UTF-8" : NULL;
}

static enum status
read_openioc(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	struct openioc *ioc = memory_allocate(1, sizeof *ioc);
	struct place here = { .path = path };
	const char *why = "the XML library could not be started";
	enum status status = STATUS_OK;

	(void)identity;
	(void)arena;
	ioc->out = out;
	ioc->source = source;
	ioc->xml = xmlReaderForIO(read_source, close_nothing, ioc, NULL, real_encoding(source),
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
	if (ioc->xml) {
		xmlTextReaderSetStructuredErrorHandler(ioc->xml, ignore_error, NULL);
		why = read_document(ioc);
		here.line = (uint64_t)xmlTextReaderGetParserLineNumber(ioc->xml);
	}
	settle_rows(ioc, 0, "the document breaks off within its group");
	if (why)
		status = note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &here, "%s", why);
	status = status_worse(status, ioc->status);
	xmlFreeTextReader(ioc->xml);
	memory_free(ioc->rows);
	memory_free(ioc);
	return status;
}

const struct hashset_format openioc_hashset_format = {
	.name        = "openioc",
	.description = "indicators of OpenIOC 1.0 and 1.1, XML: digests, addresses, domains",
	.kind        = HASH_BAD,
	.carries_network = true,
	.probe       = probe,
	.read        = read_openioc,
};
