/* language.h - the page in another language: the words of the style sheet, exchanged before it is used. */
#ifndef T1554TRIAGE_REPORT_LANGUAGE_H
#define T1554TRIAGE_REPORT_LANGUAGE_H

#include <libxml/tree.h>

#include <t1554triage/buffer.h>

/* The catalog of a language; NULL where there is none (English has none: the style sheet is in English). Freed by xmlFreeDoc. */
xmlDoc *language_catalog(const char *code, struct buffer *ret_message);

/*
 * Exchanges what the catalog has: texts of the style sheet, but those that make attributes, and labels; of a report the sentences
 * that are the same in every case (what is asked).  What the catalog lacks stays English.
 */
void language_translate(xmlDoc *document, xmlDoc *catalog);

#endif
