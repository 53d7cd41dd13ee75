/* language.c - the page in another language: a catalog lists the words of the style sheet with what stands for them. */
#include <string.h>

#include <libxml/hash.h>

#include "document.h"
#include "embedded.h"
#include "language.h"
#include "xml.h"

#define XSL_NAMESPACE "http://www.w3.org/1999/XSL/Transform"

static const struct { const char *code, *catalog; } languages[] = {
#define LANGUAGE(code, catalog) { code, catalog },
#include "language.def"
#undef LANGUAGE
};

xmlDoc *
language_catalog(const char *code, struct buffer *ret_message)
{
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
		if (!strcmp(languages[i].code, code))
			return document_parse(languages[i].catalog, strlen(languages[i].catalog), code, ret_message);
	return NULL;
}

static const xmlChar *
chars(const char *text)
{
	return (const xmlChar *)text;
}

/* Blanks around a text stay, those within count as one. */
static void
normalize(const char *text, size_t length, struct buffer *ret_words)
{
	for (size_t i = 0; i < length; i++) {
		if (!strchr(" \t\r\n", text[i]))
			buffer_add_char(ret_words, text[i]);
		else if (ret_words->length && ret_words->bytes[ret_words->length - 1] != ' ')
			buffer_add_char(ret_words, ' ');
	}
}

/* "\n  Not examined " becomes "\n  Nicht untersucht "; false where the catalog does not have it. */
static bool
translated(const char *text, xmlHashTable *words, struct buffer *ret_text)
{
	size_t front = strspn(text, " \t\r\n"), end = strlen(text);
	struct buffer plain;
	const char *found;

	while (end > front && strchr(" \t\r\n", text[end - 1]))
		end--;
	buffer_init(&plain, 0);
	normalize(text + front, end - front, &plain);
	found = xmlHashLookup(words, chars(plain.bytes));
	buffer_release(&plain);
	if (!found)
		return false;
	buffer_add(ret_text, text, front);
	buffer_add_text(ret_text, found);
	buffer_add_text(ret_text, text + end);
	return true;
}

static void
translate_text(xmlNode *node, xmlHashTable *words)
{
	struct buffer text;

	buffer_init(&text, 0);
	if (node->content && translated((const char *)node->content, words, &text))
		xmlNodeSetContent(node, chars(text.bytes));
	buffer_release(&text);
}

static void
translate_label(xmlNode *node, xmlHashTable *words)
{
	xmlChar *label = xmlGetProp(node, chars("aria-label"));
	struct buffer text;

	buffer_init(&text, 0);
	if (label && translated((const char *)label, words, &text))
		xmlSetProp(node, chars("aria-label"), chars(text.bytes));
	buffer_release(&text);
	xmlFree(label);
}

static bool
is_in(const xmlNode *node, const char *space)
{
	return node->ns && xmlStrEqual(node->ns->href, chars(space));
}

/* Of a report only what is asked: everything else in it may be words of the evidence. */
static bool
holds_words(const xmlNode *node)
{
	if (is_in(node, REPORT_NAMESPACE) || is_in(node, RUN_NAMESPACE))
		return xmlStrEqual(node->name, chars("asked"));
	return !is_in(node, XSL_NAMESPACE) || !xmlStrEqual(node->name, chars("attribute"));
}

static xmlNode *
following(xmlNode *node, const xmlNode *root, bool within)
{
	if (within && node->children)
		return node->children;
	while (node != root && !node->next)
		node = node->parent;
	return node == root ? NULL : node->next;
}

static xmlHashTable *
words_of(xmlDoc *catalog)
{
	xmlHashTable *words = xmlHashCreate(1024);
	xmlNode *root = xmlDocGetRootElement(catalog);

	for (xmlNode *word = xmlFirstElementChild(root); word; word = xmlNextElementSibling(word)) {
		xmlChar *english = xmlGetProp(word, chars("en"));

		/* The text lives as long as the catalog. */
		if (english && word->children && word->children->content)
			xmlHashAddEntry(words, english, word->children->content);
		xmlFree(english);
	}
	return words;
}

void
language_translate(xmlDoc *document, xmlDoc *catalog)
{
	xmlHashTable *words = words_of(catalog);
	xmlNode *root = xmlDocGetRootElement(document), *node = root;

	while (node) {
		bool is_element = node->type == XML_ELEMENT_NODE, within = is_element;

		if (is_element)
			translate_label(node, words);
		else if (node->type == XML_TEXT_NODE && holds_words(node->parent))
			translate_text(node, words);
		if (is_element && is_in(node, XSL_NAMESPACE))
			within = holds_words(node);
		node = following(node, root, within);
	}
	xmlHashFree(words, NULL);
}
