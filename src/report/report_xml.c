/*
 * report_xml.c - the tier-2 report as data, valid against reports/t1554triage.rng
 *
 * Holds what the report says and nothing of the run: the same evidence, sets
 * and version give the same bytes.  It holds findings, groups and counts; the
 * inventory is in files.jsonl.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "formats.h"
#include "output.h"
#include "sections.h"

static void
write_case(struct xml *xml, const struct case_information *information)
{
	xml_begin(xml, "case");
	xml_statement(xml, "number", information->number);
	xml_statement(xml, "examiner", information->examiner);
	xml_statement(xml, "organization", information->organization);
	xml_statement(xml, "request", information->request);
	xml_statement(xml, "notes", information->notes);
	for (size_t i = 0; i < information->custody_count; i++)
		xml_statement(xml, "custody", information->custody[i].text);
	xml_end(xml);
}

/* Whose facts these are, and what of them could not be asked again. */
static void
write_judged_again(struct xml *xml, const struct judged_again *again)
{
	if (!again)
		return;
	xml_begin(xml, "judged-again");
	xml_attribute(xml, "program", again->program);
	xml_attribute(xml, "report-id", *again->id ? again->id : NULL);
	xml_path(xml, "folder", again->folder);
	xml_digests(xml, "manifest", &again->manifest);
	xml_digests(xml, "report", &again->report);
	for (size_t i = 0; i < again->not_asked_count; i++)
		xml_statement(xml, "not-asked", again->not_asked[i]);
	xml_end(xml);
}

static void
write_rules(struct xml *xml, const struct rules_used *rules)
{
	struct digests digests = { .known = 1u << DIGEST_SHA256 };

	memcpy(digests.sha256, rules->sha256, sizeof digests.sha256);
	xml_begin(xml, "rules");
	xml_attribute(xml, "language", rules->language);
	xml_attribute_bool(xml, "shipped", rules->shipped);
	xml_attribute_u64(xml, "files", rules->files);
	xml_attribute_u64(xml, "rules", rules->rules);
	xml_attribute_u64(xml, "refused", rules->refused);
	xml_statement(xml, "name", rules->name);
	xml_digests(xml, "digest", &digests);
	xml_end(xml);
}

static void
write_settings(struct xml *xml, const struct settings *settings)
{
	xml_begin(xml, "settings");
	xml_attribute_bool(xml, "all-files", settings->all_files);
	xml_attribute_bool(xml, "media-verified", !settings->no_verify);
	xml_attribute_bool(xml, "sandboxed", settings->sandboxed);
	xml_attribute(xml, "digests", settings->digests);
	xml_attribute(xml, "acquired-digest", settings->acquired_digest);
	xml_attribute_time(xml, "window-from", &settings->window_from);
	xml_attribute_time(xml, "window-to", &settings->window_to);
	for (size_t i = 0; i < settings->rules_used_count; i++)
		write_rules(xml, &settings->rules_used[i]);
	for (size_t i = 0; i < settings->limit_count; i++)
		xml_statement(xml, "limit", settings->limits[i]);
	for (size_t i = 0; i < settings->explained_count; i++)
		xml_statement(xml, "explained", settings->explained[i]);
	for (size_t i = 0; i < settings->trusted_key_count; i++)
		xml_statement(xml, "trusted-keys", settings->trusted_keys[i]);
	for (size_t i = 0; i < settings->given_count; i++)
		xml_statement(xml, "given", settings->given[i]);
	xml_end(xml);
}

/* The record of this version over its corpus. */
static void
write_accuracy(struct xml *xml)
{
#define ACCURACY(corpus_, found_, altered_, missed_bound_, accused_, clean_, accused_bound_) \
	xml_begin(xml, "accuracy"); \
	xml_attribute(xml, "corpus", corpus_); \
	xml_attribute_u64(xml, "altered", altered_); \
	xml_attribute_u64(xml, "found", found_); \
	xml_attribute(xml, "missed-bound-percent", missed_bound_); \
	xml_attribute_u64(xml, "clean-hosts", clean_); \
	xml_attribute_u64(xml, "accused-hosts", accused_); \
	xml_attribute(xml, "accused-bound-percent", accused_bound_); \
	xml_end(xml);
#include "accuracy.def"
#undef ACCURACY
}

static void
write_exhibits(struct xml *xml, const struct report *report)
{
	xml_begin(xml, "exhibits");
	for (const struct report_format *const *format = report_formats(); *format; format++) {
		if (!format_is_written(*format, report))
			continue;
		xml_begin(xml, "file");
		xml_attribute(xml, "name", (*format)->name);
		xml_text(xml, (*format)->description);
		xml_end(xml);
	}
	xml_end(xml);
}

bool
report_looks_at(const struct event *event)
{
	return clocks_look_at(event) || neighbours_field(event);
}

bool
report_looks_at_field(const char *name, size_t length)
{
	return length == sizeof FIELD_OF_BOOT - 1 && !memcmp(name, FIELD_OF_BOOT, length);
}

/* What the document tells of all events: gathered once, the document is written twice. */
struct of_events {
	struct clocks     *clocks;
	struct neighbours *neighbours;
	bool               is_whole;
};

static void
look_at_events(const struct report *report, struct of_events *ret_of_events)
{
	struct event_walk *walk = event_walk_open(report->inventory->event_store, false);
	const struct event *event;

	event_walk_only_marked(walk);
	ret_of_events->clocks = clocks_open();
	ret_of_events->neighbours = neighbours_open();
	while ((event = event_walk_next(walk))) {
		const char *field = neighbours_field(event);

		/* Of the fields only these are asked, and few records have them. */
		if ((event_walk_may_have(walk, FIELD_OF_BOOT) || (field && event_walk_may_have(walk, field))) &&
		    !(event = event_walk_fields(walk)))
			break;
		clocks_see(ret_of_events->clocks, event);
		neighbours_see(ret_of_events->neighbours, event);
	}
	ret_of_events->is_whole = event_walk_close(walk);
}

static void
write_document(const struct report *report, const struct of_events *of_events, const char *id, struct output *out)
{
	const char *declaration = report->case_information->declaration;
	struct xml xml;

	xml_init(&xml, out);
	xml_begin(&xml, "report");
	xml_attribute(&xml, "xmlns", REPORT_NAMESPACE);
	xml_attribute(&xml, "version", "1");
	xml_attribute(&xml, "technique", "T1554");
	xml_attribute(&xml, "program", PACKAGE_NAME " " PACKAGE_VERSION);
	xml_attribute(&xml, "id", id);
	write_case(&xml, report->case_information);
	write_judged_again(&xml, report->judged_again);
	xml_decision(&xml, report);
	xml_picture(&xml, report);
	xml_findings(&xml, report);
	xml_hosts(&xml, report, of_events->neighbours);
	xml_coverage(&xml, report);
	xml_clocks(&xml, of_events->clocks, of_events->is_whole);
	write_settings(&xml, report->settings);
	write_accuracy(&xml);
	write_exhibits(&xml, report);
	xml_begin(&xml, "declaration");
	xml_attribute(&xml, "template", declaration ? declaration : "none");
	xml_end(&xml);
	xml_end(&xml);
	xml_release(&xml);
}

/*
 * Stands on every printed page, so that pages can be told to belong together: the first half of the SHA-256 of this
 * document as it is without its id.
 */
static void
make_id(const struct report *report, const struct of_events *of_events, struct buffer *ret_id)
{
	struct output *out = output_open_digest();
	uint8_t sha256[32];

	write_document(report, of_events, NULL, out);
	output_finish(out, sha256, NULL);
	for (size_t i = 0; i < 16; i += 4) {
		if (i)
			buffer_add_char(ret_id, '-');
		text_add_hex(ret_id, sha256 + i, 4);
	}
}

static enum status
write_report(const struct report *report, struct output *out)
{
	struct of_events of_events;
	struct buffer id;

	buffer_init(&id, 0);
	look_at_events(report, &of_events);
	make_id(report, &of_events, &id);
	write_document(report, &of_events, id.bytes, out);
	clocks_close(of_events.clocks);
	neighbours_close(of_events.neighbours);
	buffer_release(&id);
	return output_error(out) ? STATUS_FATAL : STATUS_OK;
}

const struct report_format report_xml_format = {
	.name        = "report.xml",
	.description = "this report as data",
	.write       = write_report,
	.work        = 12,	/* with the page that is made from it */
};
