/* xml.h - writing XML as a stream; the one place where text becomes XML. */
#ifndef T1554TRIAGE_REPORT_XML_H
#define T1554TRIAGE_REPORT_XML_H

#include <stdbool.h>
#include <stdint.h>

#include <t1554triage/buffer.h>
#include <t1554triage/digest.h>
#include <t1554triage/place.h>
#include <t1554triage/report.h>
#include <t1554triage/timestamp.h>

#define REPORT_NAMESPACE "urn:t1554triage:report:1"
#define RUN_NAMESPACE    "urn:t1554triage:run:1"

/*
 * Names of elements and attributes are constants of the program; every value
 * may be bytes of the evidence.  Nothing here can fail: the output keeps the error.
 */
struct xml {
	struct output *out;
	struct buffer *to;		/* of the output */
	struct buffer  scratch;
	const char    *names[24];	/* elements that are open */
	unsigned       depth;
	bool           in_tag;		/* the start tag still takes attributes */
	bool           inline_text;	/* holds text: no line break before the end tag */
};

void xml_init(struct xml *xml, struct output *out);	/* writes the declaration */
void xml_release(struct xml *xml);			/* every element must be closed */

void xml_begin(struct xml *xml, const char *name);
void xml_end(struct xml *xml);

/* Attributes take the form for machines (text_add_escaped); NULL writes nothing. */
void xml_attribute(struct xml *xml, const char *name, const char *value);
void xml_attribute_u64(struct xml *xml, const char *name, uint64_t value);
void xml_attribute_bool(struct xml *xml, const char *name, bool value);	/* "true", "false" */
void xml_attribute_time(struct xml *xml, const char *name, const struct timestamp *time);

/* Text in the form for machines. */
void xml_text(struct xml *xml, const char *text);
/*
 * Text for people: what cannot be seen, or would change how its surroundings
 * are seen, becomes <esc character="U+202E">\xE2\x80\xAE</esc>.
 */
void xml_visible(struct xml *xml, const char *text);

/* <name>text</name>; nothing where text is NULL. */
void xml_element(struct xml *xml, const char *name, const char *text);		/* for machines */
void xml_statement(struct xml *xml, const char *name, const char *text);	/* for people */
void xml_element_u64(struct xml *xml, const char *name, uint64_t value);
/*
 * A name of the evidence, for people; raw="hex" has its bytes where the text
 * is not the same or is not ASCII, look-alike="true" where a name of a
 * system folder holds characters beyond ASCII.
 */
void xml_path(struct xml *xml, const char *name, const char *path);
void xml_digests(struct xml *xml, const char *name, const struct digests *digests);
/* evidence, system, volume, inode, line, offset, record as attributes, the path within; quoted may be NULL. */
void xml_place(struct xml *xml, const char *name, const struct place *place, const char *quoted);
/* The same with the text in another element: "quoted" for a line as it stands, "decoded" for what stands there in our words. */
void xml_place_said(struct xml *xml, const char *name, const struct place *place, const char *element, const char *text);

#endif
