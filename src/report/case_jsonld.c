/*
 * case_jsonld.c - the investigation for exchange between laboratories: CASE 1.4 on UCO 1.4, as JSON-LD
 *
 * https://ontology.caseontology.org/documentation/, classes and properties by their names there: an investigation, an
 * action with its tool, a record of provenance for each exhibit, and the files that findings of high severity and
 * accusing verdicts are about, with facets.  Literals carry their types: the shapes of UCO ask for them.  Names of the
 * evidence are written as in the other files of JSON.
 */
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "formats.h"
#include "jsonl.h"
#include "object_id.h"
#include "output.h"

static const struct { const char *prefix, *iri; } context[] = {
	{ "kb",                 "urn:t1554triage:kb:" },
	{ "case-investigation", "https://ontology.caseontology.org/case/investigation/" },
	{ "uco-action",         "https://ontology.unifiedcyberontology.org/uco/action/" },
	{ "uco-core",           "https://ontology.unifiedcyberontology.org/uco/core/" },
	{ "uco-observable",     "https://ontology.unifiedcyberontology.org/uco/observable/" },
	{ "uco-tool",           "https://ontology.unifiedcyberontology.org/uco/tool/" },
	{ "uco-types",          "https://ontology.unifiedcyberontology.org/uco/types/" },
	{ "uco-vocabulary",     "https://ontology.unifiedcyberontology.org/uco/vocabulary/" },
	{ "xsd",                "http://www.w3.org/2001/XMLSchema#" },
};

struct graph {
	const struct report *report;
	struct output *out;
	struct buffer  line, name, id;
	struct json    json;
	bool          *is_told;			/* by number of the file */
	bool           comma;
};

/* "kb:file-UUID" of what name holds. */
static const char *
id_of(struct graph *graph, const char *kind)
{
	char uuid[UUID_TEXT_SIZE];

	buffer_clear(&graph->id);
	buffer_add_format(&graph->id, "kb:%s-", kind);
	/* The kind is part of what is named: a file and its facets have the same name. */
	buffer_add_text(&graph->name, kind);
	object_uuid(object_own_space, graph->name.bytes, graph->name.length, uuid);
	buffer_truncate(&graph->name, graph->name.length - strlen(kind));
	buffer_add_text(&graph->id, uuid);
	return graph->id.bytes;
}

static void
name_text(struct graph *graph, const char *text)
{
	buffer_clear(&graph->name);
	buffer_add_text(&graph->name, text);
}

static void
name_file(struct graph *graph, const struct file *file)
{
	buffer_clear(&graph->name);
	buffer_add_format(&graph->name, "%s %s %s %d ", file->evidence, file->volume, file->entry.inode ? file->entry.inode : "-",
		(int)file->entry.state);
	buffer_add_text(&graph->name, file->entry.path);
	buffer_add_char(&graph->name, ' ');
	buffer_add_text(&graph->name, file->entry.stream ? file->entry.stream : "");
}

static void
begin_node(struct graph *graph, const char *kind, const char *type)
{
	json_text(&graph->json, "@id", id_of(graph, kind));
	json_text(&graph->json, "@type", type);
}

static void
begin_object(struct graph *graph, const char *kind, const char *type)
{
	buffer_clear(&graph->line);
	json_init(&graph->json, &graph->line);
	json_begin_object(&graph->json, NULL);
	begin_node(graph, kind, type);
}

static void
end_object(struct graph *graph)
{
	json_end_object(&graph->json);
	output_text(graph->out, graph->comma ? ",\n" : "\n");
	output_write(graph->out, graph->line.bytes, graph->line.length);
	graph->comma = true;
}

static void
typed(struct graph *graph, const char *property, const char *type, const char *value)
{
	json_begin_object(&graph->json, property);
	json_text(&graph->json, "@type", type);
	json_text(&graph->json, "@value", value);
	json_end_object(&graph->json);
}

static void
typed_size(struct graph *graph, const char *property, uint64_t value)
{
	struct buffer text;

	buffer_init(&text, 0);
	buffer_add_u64(&text, value);
	typed(graph, property, "xsd:integer", text.bytes);
	buffer_release(&text);
}

/* A time without a zone is no xsd:dateTime of a moment: it is left out. */
static void
typed_time(struct graph *graph, const char *property, const struct timestamp *time)
{
	char text[TIMESTAMP_TEXT_SIZE];

	if (!timestamp_is_recorded(time) || time->local)
		return;
	timestamp_format(time, text);
	typed(graph, property, "xsd:dateTime", text);
}

static void
reference(struct graph *graph, const char *property, const char *kind)
{
	json_begin_object(&graph->json, property);
	json_text(&graph->json, "@id", id_of(graph, kind));
	json_end_object(&graph->json);
}

static void
write_digests(struct graph *graph, const struct digests *digests)
{
	static const struct { enum digest_algorithm algorithm; const char *name, *kind; } methods[] = {
		{ DIGEST_MD5, "MD5", "hash-md5" }, { DIGEST_SHA1, "SHA1", "hash-sha1" }, { DIGEST_SHA256, "SHA256", "hash-sha256" },
	};
	struct buffer hex;

	buffer_init(&hex, 0);
	json_begin_list(&graph->json, "uco-observable:hash");
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		const uint8_t *bytes = digests_get(digests, methods[i].algorithm);

		if (!bytes)
			continue;
		buffer_clear(&hex);
		text_add_hex(&hex, bytes, digest_size(methods[i].algorithm));
		json_begin_object(&graph->json, NULL);
		begin_node(graph, methods[i].kind, "uco-types:Hash");
		typed(graph, "uco-types:hashMethod", "uco-vocabulary:HashNameVocab", methods[i].name);
		typed(graph, "uco-types:hashValue", "xsd:hexBinary", hex.bytes);
		json_end_object(&graph->json);
	}
	json_end_list(&graph->json);
	buffer_release(&hex);
}

static void
write_content(struct graph *graph, const struct digests *digests, uint64_t size)
{
	if (!digests->known)
		return;
	json_begin_object(&graph->json, NULL);
	begin_node(graph, "content", "uco-observable:ContentDataFacet");
	typed_size(graph, "uco-observable:sizeInBytes", size);
	write_digests(graph, digests);
	json_end_object(&graph->json);
}

/* ---- exhibits ---- */

static const struct digests *
digests_of_exhibit(const struct inventory *inventory, const char *evidence)
{
	static const struct digests none;

	for (size_t i = 0; i < inventory->verification_count; i++)
		if (inventory->verifications[i].evidence && !strcmp(inventory->verifications[i].evidence, evidence))
			return &inventory->verifications[i].computed;
	return &none;
}

static void
write_exhibit(struct graph *graph, size_t number)
{
	const struct inventory *inventory = graph->report->inventory;
	const struct exhibit *exhibit = &inventory->exhibits->items[number];
	const char *const *numbers = graph->report->case_information->exhibit_numbers;
	uint64_t size = number < inventory->evidence_count ? inventory->evidences[number].size : 0;

	name_text(graph, exhibit->id);
	begin_object(graph, "image", "uco-observable:Image");
	json_begin_list(&graph->json, "uco-core:hasFacet");
	json_begin_object(&graph->json, NULL);
	begin_node(graph, "image-file", "uco-observable:FileFacet");
	json_text(&graph->json, "uco-observable:fileName", exhibit->name);
	typed_size(graph, "uco-observable:sizeInBytes", size);
	json_end_object(&graph->json);
	write_content(graph, digests_of_exhibit(inventory, exhibit->id), size);
	json_end_list(&graph->json);
	end_object(graph);
	begin_object(graph, "provenance", "case-investigation:ProvenanceRecord");
	json_text(&graph->json, "case-investigation:exhibitNumber", numbers && numbers[number] ? numbers[number] : exhibit->id);
	json_text(&graph->json, "uco-core:description", "an exhibit as it was given to the examination");
	reference(graph, "uco-core:object", "image");
	end_object(graph);
}

/* ---- files ---- */

/* By number: what findings of high severity, and accusing verdicts, are about. */
static bool *
choose_files(const struct report *report)
{
	bool *is_told = memory_allocate(report->inventory->file_count + 1, sizeof *is_told);

	for (size_t i = 0; i < report->inventory->file_count; i++)
		is_told[i] = verdict_is_accusing(report->inventory->files[i].verdict);
	for (size_t i = 0; i < report->findings->count; i++)
		if (report->findings->items[i].file && report->findings->items[i].severity <= SEVERITY_HIGH)
			is_told[report->findings->items[i].file - report->inventory->files] = true;
	return is_told;
}

static void
write_file(struct graph *graph, const struct file *file)
{
	name_file(graph, file);
	begin_object(graph, "file", "uco-observable:File");
	json_begin_list(&graph->json, "uco-core:hasFacet");
	json_begin_object(&graph->json, NULL);
	begin_node(graph, "file-facet", "uco-observable:FileFacet");
	json_text(&graph->json, "uco-observable:fileName", text_base_name(file->path));
	json_text(&graph->json, "uco-observable:filePath", file->path);
	typed(graph, "uco-observable:isDirectory", "xsd:boolean", "false");
	typed_size(graph, "uco-observable:sizeInBytes", file->entry.size);
	typed_time(graph, "uco-observable:modifiedTime", &file->entry.times.modified);
	typed_time(graph, "uco-observable:accessedTime", &file->entry.times.accessed);
	typed_time(graph, "uco-observable:metadataChangeTime", &file->entry.times.changed);
	typed_time(graph, "uco-observable:observableCreatedTime", &file->entry.times.born);
	json_end_object(&graph->json);
	write_content(graph, &file->digests, file->entry.size);
	json_end_list(&graph->json);
	json_text(&graph->json, "uco-core:description", verdict_names[file->verdict]);
	end_object(graph);
	begin_object(graph, "contained", "uco-observable:ObservableRelationship");
	reference(graph, "uco-core:source", "file");
	typed(graph, "uco-core:isDirectional", "xsd:boolean", "true");
	json_text(&graph->json, "uco-core:kindOfRelationship", "Contained_Within");
	name_text(graph, file->evidence);
	reference(graph, "uco-core:target", "image");
	end_object(graph);
}

/* ---- the whole ---- */

static void
write_tool(struct graph *graph)
{
	name_text(graph, PACKAGE_NAME " " PACKAGE_VERSION);
	begin_object(graph, "tool", "uco-tool:Tool");
	json_text(&graph->json, "uco-core:name", PACKAGE_NAME);
	json_text(&graph->json, "uco-tool:version", PACKAGE_VERSION);
	end_object(graph);
}

static void
refer_to_files(struct graph *graph, const char *kind)
{
	const struct inventory *inventory = graph->report->inventory;

	for (size_t i = 0; i < inventory->file_count; i++)
		if (graph->is_told[i]) {
			name_file(graph, &inventory->files[i]);
			reference(graph, NULL, kind);
		}
}

static void
refer_to_exhibits(struct graph *graph, const char *kind)
{
	const struct exhibits *exhibits = graph->report->inventory->exhibits;

	for (size_t i = 0; exhibits && i < exhibits->count; i++) {
		name_text(graph, exhibits->items[i].id);
		reference(graph, NULL, kind);
	}
}

static void
write_action(struct graph *graph)
{
	name_text(graph, "examination");
	begin_object(graph, "action", "case-investigation:InvestigativeAction");
	json_text(&graph->json, "uco-core:name", "triage for ATT&CK T1554");
	if (graph->report->judgement->sentence)
		json_text(&graph->json, "uco-core:description", graph->report->judgement->sentence);
	name_text(graph, PACKAGE_NAME " " PACKAGE_VERSION);
	reference(graph, "uco-action:instrument", "tool");
	json_begin_list(&graph->json, "uco-action:object");
	refer_to_exhibits(graph, "provenance");
	json_end_list(&graph->json);
	json_begin_list(&graph->json, "uco-action:result");
	refer_to_files(graph, "file");
	json_end_list(&graph->json);
	end_object(graph);
}

static void
write_investigation(struct graph *graph)
{
	const struct case_information *about = graph->report->case_information;

	name_text(graph, about->number ? about->number : "-");
	begin_object(graph, "investigation", "case-investigation:Investigation");
	json_text(&graph->json, "uco-core:name", about->number ? about->number : "a case without a number");
	if (about->request)
		json_text(&graph->json, "uco-core:description", about->request);
	json_begin_list(&graph->json, "uco-core:object");
	name_text(graph, "examination");
	reference(graph, NULL, "action");
	refer_to_exhibits(graph, "provenance");
	json_end_list(&graph->json);
	end_object(graph);
}

static void
write_context(struct graph *graph)
{
	json_init(&graph->json, &graph->line);
	json_begin_object(&graph->json, NULL);
	for (size_t i = 0; i < sizeof context / sizeof *context; i++)
		json_text(&graph->json, context[i].prefix, context[i].iri);
	json_end_object(&graph->json);
	output_text(graph->out, "{\"@context\":");
	output_write(graph->out, graph->line.bytes, graph->line.length);
	output_text(graph->out, ",\"@graph\":[");
}

static enum status
write_case(const struct report *report, struct output *out)
{
	struct graph graph = { .report = report, .out = out };
	const struct inventory *inventory = report->inventory;

	buffer_init(&graph.line, 0);
	buffer_init(&graph.name, 0);
	buffer_init(&graph.id, 0);
	graph.is_told = choose_files(report);
	write_context(&graph);
	write_investigation(&graph);
	write_action(&graph);
	write_tool(&graph);
	for (size_t i = 0; inventory->exhibits && i < inventory->exhibits->count; i++)
		write_exhibit(&graph, i);
	for (size_t i = 0; i < inventory->file_count && !output_error(out); i++)
		if (graph.is_told[i])
			write_file(&graph, &inventory->files[i]);
	output_text(out, "\n]}\n");
	memory_free(graph.is_told);
	buffer_release(&graph.id);
	buffer_release(&graph.name);
	buffer_release(&graph.line);
	return output_error(out) ? STATUS_FATAL : STATUS_OK;
}

const struct report_format case_jsonld_format = {
	.name        = "case.jsonld",
	.description = "the investigation, its exhibits and flagged files as CASE/UCO for exchange between laboratories",
	.write       = write_case,
};
