/* report_html.c - the page, made by the style sheet from report.xml and run.xml. */
#include <errno.h>

#include "document.h"
#include "formats.h"
#include "output.h"

static xmlDoc *
make_document(const struct report *report, const struct report_format *format)
{
	struct buffer bytes, message;
	struct output *out;
	xmlDoc *document = NULL;

	buffer_init(&bytes, 0);
	buffer_init(&message, 4096);
	out = output_open_memory(&bytes);
	format->write(report, out);
	if (!output_finish(out, NULL, NULL))
		document = document_parse(bytes.bytes, bytes.length, format->name, &message);
	buffer_release(&message);
	buffer_release(&bytes);
	return document;
}

static enum status
write_page(const struct report *report, struct output *out)
{
	xmlDoc *document = make_document(report, &report_xml_format);
	xmlDoc *run = make_document(report, &run_xml_format);
	enum status status = STATUS_FATAL;
	struct buffer message;

	buffer_init(&message, 4096);
	if (document && run)
		status = document_render(document, run, NULL, out, &message);
	if (status != STATUS_OK)
		output_fail(out, EILSEQ);
	buffer_release(&message);
	xmlFreeDoc(document);
	xmlFreeDoc(run);
	return output_error(out) ? STATUS_FATAL : STATUS_OK;
}

const struct report_format report_html_format = {
	.name        = "report.html",
	.description = "this page: one self-contained file without script",
	.write       = write_page,
};
