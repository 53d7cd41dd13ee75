/* run_xml.c - what belongs to this run: when, where, by whom, with which program; nothing else varies. */
#include <string.h>

#include <libxml/parser.h>
#include <libxslt/xslt.h>
#include <openssl/crypto.h>

#include <t1554triage/sqlite_database.h>

#include "formats.h"
#include "output.h"
#include "xml.h"

static void
write_library(struct xml *xml, const char *name, const char *version)
{
	xml_begin(xml, "library");
	xml_attribute(xml, "name", name);
	xml_text(xml, version);
	xml_end(xml);
}

/* Libraries that drivers of evidence read with. */
static void
write_drivers_libraries(struct xml *xml)
{
	for (const struct image_driver *const *driver = image_drivers(); *driver; driver++)
		if ((*driver)->library)
			write_library(xml, (*driver)->library, (*driver)->library_version());
	for (const struct filesystem_driver *const *driver = filesystem_drivers(); *driver; driver++)
		if ((*driver)->library)
			write_library(xml, (*driver)->library, (*driver)->library_version());
}

/* A PIN is nobody's but the examiner's. */
static void
write_argument(struct xml *xml, const char *argument)
{
	static const char mark[] = "pin-value=";
	const char *pin = strstr(argument, mark);
	struct buffer text;

	buffer_init(&text, 0);
	while (pin) {
		buffer_add(&text, argument, (size_t)(pin - argument) + strlen(mark));
		buffer_add_text(&text, "...");
		argument = pin + strlen(mark);
		argument += strcspn(argument, "&;");
		pin = strstr(argument, mark);
	}
	buffer_add_text(&text, argument);
	xml_statement(xml, "argument", text.bytes);
	buffer_release(&text);
}

static void
write_program(struct xml *xml, const struct run_information *run)
{
	xml_begin(xml, "program");
	xml_attribute(xml, "name", PACKAGE_NAME);
	xml_attribute(xml, "version", PACKAGE_VERSION);
	xml_attribute(xml, "compiler", __VERSION__);
	xml_path(xml, "path", run->executable);
	xml_digests(xml, "digest", &run->executable_digests);
	write_library(xml, "OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING));
	write_library(xml, "libxml2", xmlParserVersion);
	write_library(xml, "libxslt", xsltEngineVersion);
	if (*sqlite_library_version())
		write_library(xml, "SQLite", sqlite_library_version());
	write_drivers_libraries(xml);
	for (size_t i = 0; i < run->argument_count; i++)
		write_argument(xml, run->arguments[i]);
	xml_end(xml);
}

static void
write_evidence(struct xml *xml, const struct report *report)
{
	const struct run_information *run = report->run;
	const struct inventory *inventory = report->inventory;

	xml_begin(xml, "evidence");
	for (size_t i = 0; i < run->segment_count; i++) {
		xml_begin(xml, "segment");
		xml_attribute_u64(xml, "size", run->segments[i].size);
		xml_attribute_bool(xml, "unchanged", run->segments[i].unchanged);
		xml_path(xml, "path", run->segments[i].path);
		xml_end(xml);
	}
	for (size_t i = 0; i < inventory->set_count; i++)
		xml_path(xml, "set", hashset_identity(inventory->sets[i])->path);
	xml_end(xml);
}

static void
write_reading(struct xml *xml, const struct run_information *run)
{
	xml_begin(xml, "reading");
	xml_attribute(xml, "order", run->is_sequential ? "sequential" : "parallel");
	if (run->chunk_count) {
		xml_attribute_u64(xml, "chunks", run->chunk_count);
		xml_attribute_u64(xml, "inflated", run->chunks_inflated);
	}
	xml_text(xml, run->order_why);
	xml_end(xml);
}

static enum status
write_run(const struct report *report, struct output *out)
{
	const struct run_information *run = report->run;
	struct xml xml;

	xml_init(&xml, out);
	xml_begin(&xml, "run");
	xml_attribute(&xml, "xmlns", RUN_NAMESPACE);
	xml_attribute_time(&xml, "began", &run->began);
	xml_attribute_time(&xml, "ended", &run->ended);
	if (timestamp_is_recorded(&run->began) && run->ended.seconds >= run->began.seconds)
		xml_attribute_u64(&xml, "seconds", (uint64_t)(run->ended.seconds - run->began.seconds));
	xml_attribute_u64(&xml, "jobs", run->jobs);
	xml_attribute_u64(&xml, "bytes-read", run->bytes_read);
	xml_statement(&xml, "host", run->host);
	xml_statement(&xml, "user", run->user);
	xml_statement(&xml, "kernel", run->kernel);
	xml_statement(&xml, "architecture", run->architecture);
	xml_statement(&xml, "isolation", run->isolation);
	write_reading(&xml, run);
	write_program(&xml, run);
	write_evidence(&xml, report);
	xml_end(&xml);
	xml_release(&xml);
	return output_error(out) ? STATUS_FATAL : STATUS_OK;
}

const struct report_format run_xml_format = {
	.name        = "run.xml",
	.description = "this run: when, where, by whom, with which program and command line",
	.write       = write_run,
};
