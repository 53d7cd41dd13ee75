/* document.c - report.xml as a document: read, held against its schema, made a page. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xmlsave.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/variables.h>
#include <libxslt/xsltutils.h>
#include <openssl/evp.h>

#include <t1554triage/source.h>

#include "document.h"
#include "embedded.h"
#include "language.h"
#include "output.h"
#include "xml.h"

enum { PARSE_OPTIONS = XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_HUGE };

/* The first complaint of libxml2 or libxslt, one line. */
static void __attribute__((format(printf, 2, 3)))
keep_message(void *context, const char *format, ...)
{
	struct buffer *message = context;
	va_list arguments;

	if (!message || memchr(message->bytes, '\n', message->length))
		return;
	va_start(arguments, format);
	buffer_add_vformat(message, format, arguments);
	va_end(arguments);
}

static void
end_message(struct buffer *message)
{
	while (message->length && message->bytes[message->length - 1] == '\n')
		message->bytes[--message->length] = '\0';
}

static void
keep_error(void *context, xmlErrorPtr error)
{
	keep_message(context, "line %d: %s", error->line, error->message ? error->message : "?");
}

xmlDoc *
document_parse(const char *bytes, size_t length, const char *name, struct buffer *ret_message)
{
	xmlDoc *document;

	xmlSetStructuredErrorFunc(ret_message, keep_error);
	document = length < INT32_MAX ?
		xmlReadMemory(bytes, (int)length, name, NULL, PARSE_OPTIONS) : NULL;
	xmlSetStructuredErrorFunc(NULL, NULL);
	end_message(ret_message);
	return document;
}

xmlDoc *
document_read(int folder, const char *name, struct buffer *ret_message)
{
	int descriptor = openat(folder, name, O_RDONLY | O_CLOEXEC);
	xmlDoc *document;

	if (descriptor < 0) {
		buffer_add_format(ret_message, "%s cannot be opened: %s", name, strerror(errno));
		return NULL;
	}
	xmlSetStructuredErrorFunc(ret_message, keep_error);
	document = xmlReadFd(descriptor, name, NULL, PARSE_OPTIONS);
	xmlSetStructuredErrorFunc(NULL, NULL);
	end_message(ret_message);
	close(descriptor);
	return document;
}

static bool
validate(xmlRelaxNG *schema, xmlDoc *report, struct buffer *ret_message)
{
	xmlRelaxNGValidCtxt *context = xmlRelaxNGNewValidCtxt(schema);
	int result;

	xmlRelaxNGSetValidStructuredErrors(context, keep_error, ret_message);
	result = xmlRelaxNGValidateDoc(context, report);
	xmlRelaxNGFreeValidCtxt(context);
	end_message(ret_message);
	return result == 0;
}

bool
document_is_valid(xmlDoc *report, struct buffer *ret_message)
{
	xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewMemParserCtxt(embedded_t1554triage_rng,
		(int)strlen(embedded_t1554triage_rng));
	xmlRelaxNG *schema = xmlRelaxNGParse(parser);
	bool valid = schema && validate(schema, report, ret_message);

	xmlRelaxNGFree(schema);
	xmlRelaxNGFreeParserCtxt(parser);
	return valid;
}

/* BAD_CAST would cast const away. */
static const xmlChar *
xml_chars(const char *text)
{
	return (const xmlChar *)text;
}

/* The documents under one root: the style sheet needs no access to files. */
static xmlDoc *
join(xmlDoc *report, xmlDoc *run, xmlDoc *catalog)
{
	xmlDoc *both = xmlNewDoc(xml_chars("1.0"));
	xmlNode *root = xmlNewDocNode(both, NULL, xml_chars("bundle"), NULL);

	xmlDocSetRootElement(both, root);
	xmlAddChild(root, xmlDocCopyNode(xmlDocGetRootElement(report), both, 1));
	if (run)
		xmlAddChild(root, xmlDocCopyNode(xmlDocGetRootElement(run), both, 1));
	if (catalog) {
		language_translate(both, catalog);
		xmlAddChild(root, xmlDocCopyNode(xmlDocGetRootElement(catalog), both, 1));
	}
	return both;
}

struct page_writer {
	struct output *out;
	bool in_tag;
};

/*
 * An equals sign of text is written as a reference: who searches the page for
 * handlers ("onerror=") shall find none in the name of a file.  Within text the
 * serialiser has left no bracket.
 */
static int
save_bytes(void *context, const char *bytes, int length)
{
	struct page_writer *writer = context;
	int plain = 0;

	for (int i = 0; i < length; i++) {
		if (bytes[i] == '<' || bytes[i] == '>')
			writer->in_tag = bytes[i] == '<';
		if (bytes[i] != '=' || writer->in_tag)
			continue;
		output_write(writer->out, bytes + plain, (size_t)(i - plain));
		output_text(writer->out, "&#61;");
		plain = i + 1;
	}
	output_write(writer->out, bytes + plain, (size_t)(length - plain));
	return length;
}

/* XHTML rules of writing (no empty element but those that HTML has), HTML's own document type. */
static void
save_page(xmlDoc *page, struct output *out)
{
	struct page_writer writer = { .out = out };
	xmlSaveCtxt *save = xmlSaveToIO(save_bytes, NULL, &writer, "UTF-8", XML_SAVE_XHTML | XML_SAVE_NO_DECL);

	output_text(out, "<!DOCTYPE html>\n");
	xmlSaveTree(save, xmlDocGetRootElement(page));
	xmlSaveClose(save);
	output_text(out, "\n");
}

/* " 'sha256-BASE64'": the policy of the page allows this style and no other. */
static void
add_style_source(const xmlNode *style, struct buffer *policy)
{
	xmlChar *css = xmlNodeGetContent(style);
	unsigned char base64[48];
	uint8_t digest[32];

	EVP_Digest(css, (size_t)xmlStrlen(css), digest, NULL, EVP_sha256(), NULL);
	EVP_EncodeBlock(base64, digest, sizeof digest);
	buffer_add_format(policy, " 'sha256-%s'", (const char *)base64);
	xmlFree(css);
}

static bool
is_policy(xmlNode *meta)
{
	xmlChar *name = xmlGetProp(meta, xml_chars("http-equiv"));
	bool is = name && xmlStrEqual(name, xml_chars("Content-Security-Policy"));

	xmlFree(name);
	return is;
}

/* What the style sheet cannot do: the policy names the digests of the styles that are in the head. */
static void
complete_policy(xmlDoc *page)
{
	xmlNode *head = xmlFirstElementChild(xmlDocGetRootElement(page)), *meta = NULL;
	struct buffer policy;

	buffer_init(&policy, 0);
	buffer_add_text(&policy, "default-src 'none'; style-src");
	for (xmlNode *child = xmlFirstElementChild(head); child; child = xmlNextElementSibling(child)) {
		if (xmlStrEqual(child->name, xml_chars("style")))
			add_style_source(child, &policy);
		else if (is_policy(child))
			meta = child;
	}
	buffer_add_text(&policy, "; base-uri 'none'; form-action 'none'");
	xmlSetProp(meta, xml_chars("content"), xml_chars(policy.bytes));
	buffer_release(&policy);
}

/* Whether the style sheet itself was allowed to reach for anything: never. */
static xsltSecurityPrefs *
forbid_everything(xsltTransformContext *context)
{
	static const xsltSecurityOption options[] = { XSLT_SECPREF_READ_FILE, XSLT_SECPREF_WRITE_FILE,
		XSLT_SECPREF_CREATE_DIRECTORY, XSLT_SECPREF_READ_NETWORK, XSLT_SECPREF_WRITE_NETWORK };
	xsltSecurityPrefs *preferences = xsltNewSecurityPrefs();

	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		xsltSetSecurityPrefs(preferences, options[i], xsltSecurityForbid);
	xsltSetCtxtSecurityPrefs(preferences, context);
	return preferences;
}

static xmlDoc *
transform(xsltStylesheet *style, xmlDoc *both, struct buffer *ret_message)
{
	xsltTransformContext *context = xsltNewTransformContext(style, both);
	xsltSecurityPrefs *preferences = forbid_everything(context);
	xmlDoc *page;

	xsltSetTransformErrorFunc(context, ret_message, keep_message);
	xsltQuoteOneUserParam(context, xml_chars("css"), xml_chars(embedded_tier2_css));
	page = xsltApplyStylesheetUser(style, both, NULL, NULL, NULL, context);
	if (page && context->state != XSLT_STATE_OK) {
		xmlFreeDoc(page);
		page = NULL;
	}
	xsltFreeTransformContext(context);
	xsltFreeSecurityPrefs(preferences);
	return page;
}

enum status
document_render(xmlDoc *report, xmlDoc *run, xmlDoc *catalog, struct output *out, struct buffer *ret_message)
{
	xmlDoc *sheet = document_parse(embedded_tier2_xsl, strlen(embedded_tier2_xsl), "tier2.xsl", ret_message);
	xmlDoc *both = join(report, run, catalog), *page = NULL;
	xsltStylesheet *style;

	if (sheet && catalog)
		language_translate(sheet, catalog);
	style = sheet ? xsltParseStylesheetDoc(sheet) : NULL;
	if (style)
		page = transform(style, both, ret_message);
	end_message(ret_message);
	if (page) {
		complete_policy(page);
		save_page(page, out);
	}
	xmlFreeDoc(page);
	xmlFreeDoc(both);
	xsltFreeStylesheet(style);
	return page ? STATUS_OK : STATUS_FATAL;
}

xmlChar *
document_value(xmlDoc *document, const char *xpath)
{
	xmlXPathContext *context = xmlXPathNewContext(document);
	xmlXPathObject *found;
	xmlChar *value = NULL;

	xmlXPathRegisterNs(context, xml_chars("r"), xml_chars(REPORT_NAMESPACE));
	xmlXPathRegisterNs(context, xml_chars("h"), xml_chars("http://www.w3.org/1999/xhtml"));
	found = xmlXPathEval(xml_chars(xpath), context);
	if (found)
		value = xmlXPathCastToString(found);
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(context);
	return value;
}
