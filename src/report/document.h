/* document.h - report.xml as a document: read, held against its schema, made a page. */
#ifndef T1554TRIAGE_REPORT_DOCUMENT_H
#define T1554TRIAGE_REPORT_DOCUMENT_H

#include <stdbool.h>

#include <libxml/tree.h>

#include <t1554triage/buffer.h>
#include <t1554triage/report.h>

/* A file of the folder, without network, entities or external files; NULL with a message. Freed by xmlFreeDoc. */
xmlDoc *document_read(int folder, const char *name, struct buffer *ret_message);
xmlDoc *document_parse(const char *bytes, size_t length, const char *name, struct buffer *ret_message);

/* Against reports/t1554triage.rng; false with the first departure as message. */
bool document_is_valid(xmlDoc *report, struct buffer *ret_message);

/*
 * The page, by reports/tier2.xsl, from the report and its run (NULL: a page
 * without the part of the run), with the words of a catalog (NULL: in English).
 * The style sheet can read and write nothing.
 */
enum status document_render(xmlDoc *report, xmlDoc *run, xmlDoc *catalog, struct output *out, struct buffer *ret_message);

/* The attribute of the first element that the path names ("r:" is the namespace of the report); the caller frees it with xmlFree. */
xmlChar *document_value(xmlDoc *document, const char *xpath);

#endif
