/*
 * known_bad_traffic.c - records of traffic with addresses or names that a set lists as bad, with the program where one is
 * named: one finding for each program and listed end.
 *
 * That a program talks to somebody says nothing of its content: only where that differs from its record, or is itself
 * listed, is such a finding more than low.
 */
#include <string.h>

#include "finding.h"

struct said {
	const struct bad_traffic *first;
	uint64_t     count;
	struct place seen[DRAFT_PLACES];
	size_t       seen_count;
	bool         is_near;		/* one of them within 24 hours of the change of the file */
	bool         went_out;		/* one of them was not opened by the other end, and not refused */
};

struct saying {
	struct map   known;
	struct said *items;
	size_t       count, capacity;
	struct buffer key;
};

static void
take(struct saying *at, const struct bad_traffic *bad)
{
	uint64_t place = at->count;
	struct said *said;

	buffer_clear(&at->key);
	buffer_add_format(&at->key, "%lld ", bad->file ? (long long)bad->file->number : -1LL);
	buffer_add_text(&at->key, bad->match.indicator);
	if (map_add(&at->known, at->key.bytes, at->key.length, place)) {
		at->items = memory_grow(at->items, at->count, &at->capacity, sizeof *at->items);
		at->items[at->count++] = (struct said){ .first = bad };
	} else {
		map_get(&at->known, at->key.bytes, at->key.length, &place);
	}
	said = &at->items[place];
	said->count += bad->count;
	said->went_out |= !bad->is_inbound && !bad->is_refused;
	said->is_near |= bad->file && file_changed_near(bad->file, &bad->event->time);
	if (said->seen_count < DRAFT_PLACES)
		said->seen[said->seen_count++] = bad->event->at;
}

static void
set_severity(struct draft *draft, const struct said *said)
{
	const struct file *file = said->first->file;
	bool is_accused = file && file_is_live(file) && (file_differs(file) || file_match(file, HASH_BAD));

	draft->finding.severity = !said->went_out ? SEVERITY_INFO : !is_accused ? SEVERITY_LOW :
		said->is_near && !said->first->is_by_process_id ? SEVERITY_HIGH : SEVERITY_MEDIUM;
	draft->finding.support = is_accused && said->went_out && said->is_near ? SUPPORT_STRONG : SUPPORT_LIMITED;
}

static void
describe(struct draft *draft, const struct said *said)
{
	const struct bad_traffic *first = said->first;
	const struct network_match *match = &first->match;
	struct buffer *text = &draft->text;

	buffer_add_format(text, "%llu record%s of %s tell%s that %s %s %s", (unsigned long long)said->count,
		said->count == 1 ? "" : "s", first->event->provider ? first->event->provider : "a log", said->count == 1 ? "s" : "",
		first->file ? "this program" : first->is_of_sensor && !first->is_of_host ? "a host, which may be another one," : "the host",
		first->is_inbound ? "was reached by" : first->event->kind == EVENT_DNS_QUERY ? "asked for" : "connected to",
		match->indicator);
	buffer_add_text(text, first->is_by_process_id ? " (by the id of its process)" : "");
	buffer_add_text(text, first->is_refused ? ", which was refused" : "");
	buffer_add_format(text, ", listed by the set %s%s%s%s%s", match->set, *match->product ? " as " : "", match->product,
		*match->source ? ", source " : "", match->source);
	if (match->grade)
		buffer_add_format(text, ", grade %c", match->grade);
	buffer_add_text(text, "; the first at ");
	add_time(text, &first->event->time);
	if (first->file)
		buffer_add_text(text, said->is_near ? ", within 24 hours of a change of the file" :
			", not within 24 hours of the last change of the file");
}

static void
say(const struct check *self, const struct said *said, struct findings *out)
{
	const struct bad_traffic *first = said->first;
	struct draft draft;

	draft_begin(&draft, self, first->file, out);
	set_severity(&draft, said);
	if (!first->file) {
		draft.subject.evidence = first->event->at.evidence;
		draft.subject.system = first->event->system ? first->event->system : first->event->at.system;
		draft.subject.path = first->event->at.path;
	}
	describe(&draft, said);
	for (size_t i = 0; i < said->seen_count; i++)
		draft_see(&draft, &said->seen[i], i ? NULL : first->event->text);
	draft_add(&draft);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	struct saying at = { .count = 0 };

	map_init(&at.known);
	buffer_init(&at.key, 0);
	for (size_t i = 0; i < inventory->bad_traffic_count; i++)
		take(&at, &inventory->bad_traffic[i]);
	for (size_t i = 0; i < at.count; i++)
		say(self, &at.items[i], out);
	memory_free(at.items);
	buffer_release(&at.key);
	map_release(&at.known);
}

const struct check known_bad_traffic_check = {
	.id       = "known-bad-traffic",
	.title    = "traffic with an address or a name that is listed as bad",
	.severity = SEVERITY_HIGH,
	.playbook = "Decision for Escalation: if modifications correlate with suspicious or unauthorized network traffic",
	.innocent = "an address that others use by now, one that many share, a list that is wrong or old, a scanner or a resolver of the defenders",
	.whole    = look,
};
