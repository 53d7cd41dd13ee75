/* xml_decision.c - the decision, what it rests on, and what speaks against it. */
#include "formats.h"
#include "sections.h"

enum { ANSWERS = 3 };

static void
write_answered(struct xml *xml, const char *name, const struct answered *answered)
{
	xml_begin(xml, name);
	xml_attribute(xml, "id", answered->id);
	xml_attribute(xml, "answer", answer_names[answered->answer]);
	if (answered->further)
		xml_attribute_u64(xml, "further", answered->further);
	xml_statement(xml, "asked", answered->asked);
	xml_statement(xml, "text", answered->text);
	xml_statement(xml, "basis", answered->basis);
	if (answered->against && *answered->against)
		xml_statement(xml, "against", answered->against);
	for (size_t i = 0; i < answered->because_count; i++) {
		xml_begin(xml, "because");
		xml_attribute(xml, "finding", finding_id(answered->because[i]).text);
		xml_end(xml);
	}
	xml_end(xml);
}

static void
write_transaction(struct xml *xml, const char *name, const struct event *event)
{
	if (!event)
		return;
	xml_begin(xml, name);
	xml_attribute_time(xml, "time", &event->time);
	xml_attribute(xml, "kind", event_kind_names[event->kind]);
	xml_attribute(xml, "object", event->object);
	xml_place(xml, "seen", &event->at, event->text);
	xml_end(xml);
}

static void
write_lock(struct xml *xml, const struct package_lock *lock)
{
	if (!lock)
		return;
	xml_begin(xml, "lock");
	xml_attribute(xml, "kind", lock->kind);
	xml_attribute(xml, "pattern", lock->pattern);
	xml_attribute_time(xml, "since", &lock->since);
	xml_place(xml, "seen", &lock->at, lock->text);
	xml_end(xml);
}

static void
write_deciding(struct xml *xml, const struct deciding *deciding)
{
	const struct file *file = deciding->file;

	xml_begin(xml, "deciding");
	if (deciding->finding)
		xml_attribute(xml, "finding", finding_id(deciding->finding).text);
	if (file) {
		xml_attribute(xml, "verdict", verdict_names[file->verdict]);
		xml_attribute(xml, "trust", file->trust ? trust_names[file->trust] : NULL);
	}
	xml_path(xml, "path", file ? file->path ? file->path : file->entry.path :
		deciding->finding ? finding_path(deciding->finding) : NULL);
	xml_path(xml, "stream", file ? file->entry.stream : NULL);
	xml_statement(xml, "record-says", deciding->record_says);
	xml_statement(xml, "file-has", deciding->file_has);
	write_transaction(xml, "before", deciding->before);
	write_transaction(xml, "after", deciding->after);
	write_lock(xml, deciding->lock);
	xml_end(xml);
}

void
xml_decision(struct xml *xml, const struct report *report)
{
	const struct judgement *judgement = report->judgement;

	xml_begin(xml, "decision");
	xml_attribute(xml, "value", decision_names[judgement->decision]);
	xml_attribute_bool(xml, "incomplete", judgement->incomplete);
	xml_attribute_u64(xml, "exit-status", (uint64_t)judgement->exit_status);
	xml_statement(xml, "sentence", judgement->sentence ? judgement->sentence : "");
	for (size_t i = 0; i < ANSWERS; i++)
		write_answered(xml, "criterion", &judgement->criteria[i]);
	for (size_t i = 0; i < judgement->deciding_count; i++)
		write_deciding(xml, &judgement->deciding[i]);
	if (judgement->against && *judgement->against)
		xml_statement(xml, "against", judgement->against);
	xml_end(xml);
	xml_begin(xml, "playbook");
	for (size_t i = 0; i < ANSWERS; i++)
		write_answered(xml, "question", &judgement->questions[i]);
	for (size_t i = 0; i < ANSWERS; i++)
		write_answered(xml, "step", &judgement->steps[i]);
	xml_end(xml);
}
