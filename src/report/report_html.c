/* report_html.c - the page, made by the style sheet from report.xml and run.xml. */
#include <errno.h>

#include "document.h"
#include "formats.h"
#include "output.h"

/* What of the run stands there is made anew: it is little. */
static xmlDoc *
make_run(const struct report *report, struct buffer *message)
{
	struct buffer bytes;
	struct output *out;
	xmlDoc *document = NULL;

	buffer_init(&bytes, 0);
	out = output_open_memory(&bytes);
	run_xml_format.write(report, out);
	if (!output_finish(out, NULL, NULL))
		document = document_parse(bytes.bytes, bytes.length, run_xml_format.name, message);
	buffer_release(&bytes);
	return document;
}

static enum status
write_page(const struct report *report, struct output *out)
{
	xmlDoc *document, *run;
	enum status status = STATUS_FATAL;
	struct buffer message;

	buffer_init(&message, 4096);
	document = document_read(output_folder(out), report_xml_format.name, &message);
	run = make_run(report, &message);
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
	.made_from   = &report_xml_format,
};
