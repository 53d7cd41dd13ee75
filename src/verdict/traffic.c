/*
 * traffic.c - criterion 3: do modifications correlate with suspicious or unauthorised traffic?
 *
 * The witnesses are records of connections and of names that were asked for, from the host's own logs and from sensors
 * (--network).  An altered program is an allocated one whose verdict accuses it; near is within 24 hours of the change of
 * its content or inode.  A listed end is an address or a name of a set that says what is bad (--known-bad).
 *
 *	yes	a record names the path of an altered program, that program opened the connection to a listed end (grade A
 *		or B, or the examiner's own list) or asked for a listed name, near its change; the sets do not
 *		contradict each other about the program
 *	partly	the same with anything of it missing: at another time, by the id of a process only, opened from the
 *		outside or by nobody knows whom, refused by a packet filter, grade C, a program that sets contradict each other about; or the
 *		host, not the program as far as is recorded, had such traffic near the change of an altered program; or an
 *		altered program had traffic near its change, with ends that no set lists
 *	no	no program is altered; or lists were given, a sensor that sees every connection covers 24 hours before and
 *		after each change, and nothing of the above is there
 *	not determinable	records exist, and do not cover that time, or no list says which ends are bad
 *	not examined	no record of traffic was among what was read; what was looked for is named
 *
 * That a record is missing says nothing: most systems record few connections, and not which program made them.  What
 * a packet filter refused on its way in is what every host of the network gets, and counts for nothing.
 */
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "judgement.h"

enum { NAMED_MAX = 3 };

enum { NEAR_SECONDS = 24 * 3600 };

struct traffic_count {
	const struct file **altered;		/* accused programs */
	size_t   altered_count, capacity;
	uint64_t connected;			/* of them: with any traffic near their change */
	uint64_t decisive, weaker, of_host;	/* records with a listed end */
	struct buffer named, weak_named, connected_named;
};

/* ---- what was read ---- */

static const char *
read_logs(struct tally *tally)
{
	const struct inventory *inventory = tally->inventory;
	uint64_t logs = 0;
	struct buffer text;
	const char *copy;

	for (size_t i = 0; i < inventory->artifact_count; i++)
		logs += artifact_seen_is_log(&inventory->artifacts[i]);
	buffer_init(&text, 0);
	buffer_add_format(&text, "%llu log%s of the kinds that are read, with %llu record%s of connections and of names that "
		"were asked for", (unsigned long long)logs, logs == 1 ? "" : "s", (unsigned long long)inventory->network_events,
		inventory->network_events == 1 ? "" : "s");
	for (size_t i = 0; i < inventory->traffic_witness_count; i++)
		buffer_add_format(&text, "%s %s (%llu)", i ? "," : ":", inventory->traffic_witnesses[i].provider,
			(unsigned long long)inventory->traffic_witnesses[i].records);
	buffer_add_text(&text, "; looked for were connections in audit, Sysmon (3, 22) and Security (5156) logs, packet filters in "
		"syslog, kernel log, journal and pfirewall.log, lists of ss, netstat and lsof of a collector, and what --network and "
		"--events give; ");
	if (inventory->bad_network)
		buffer_add_format(&text, "%llu known-bad addresses and domains were asked for",
			(unsigned long long)network_index_count(inventory->bad_network));
	else
		buffer_add_text(&text, "no list of known-bad addresses or domains was given (--known-bad)");
	if (inventory->traffic_of_others)
		buffer_add_format(&text, "; %llu record%s with a listed end that a sensor made of other hosts %s left out",
			(unsigned long long)inventory->traffic_of_others, inventory->traffic_of_others == 1 ? "" : "s",
			inventory->traffic_of_others == 1 ? "is" : "are");
	copy = arena_copy_text(&tally->judgement->arena, text.bytes);
	buffer_release(&text);
	return copy;
}

/* ---- one record ---- */

static bool
is_altered(const struct file *file)
{
	return file && file_is_allocated_program(file) && verdict_is_accusing(file->verdict);
}

static bool
is_decisive(const struct bad_traffic *bad)
{
	return is_altered(bad->file) && bad->file->verdict != VERDICT_CONFLICT && !bad->is_by_process_id && !bad->is_inbound &&
		!bad->is_way_unknown && !bad->is_refused && bad->match.grade != 'C' && file_changed_near(bad->file, &bad->event->time);
}

static bool
is_near_any_change(const struct traffic_count *count, const struct bad_traffic *bad)
{
	for (size_t i = 0; i < count->altered_count; i++) {
		const struct file *file = count->altered[i];

		if (file_changed_near(file, &bad->event->time) &&
		    (!bad->event->system || !file->system || !strcmp(file->system->id, bad->event->system)))
			return true;
	}
	return false;
}

static void
name_bad(struct buffer *out, const struct bad_traffic *bad)
{
	char time[TIMESTAMP_TEXT_SIZE];

	timestamp_format_short(&bad->event->time, time);
	buffer_add_text(out, "; ");
	if (bad->file)
		buffer_add_text(out, bad->file->path);
	else
		buffer_add_text(out, bad->is_of_sensor && !bad->is_of_host ? "a host" : "the host");
	buffer_add_format(out, "%s %s at %s (%s), listed by %s%s%s", bad->is_inbound ? " was reached by" :
		bad->event->kind == EVENT_DNS_QUERY ? " asked for" : " connected to", bad->match.indicator, time,
		bad->event->provider ? bad->event->provider : "a log", bad->match.set, *bad->match.product ? " as " : "",
		bad->match.product);
}

/* Why it does not decide. */
static const char *
what_is_missing(const struct bad_traffic *bad)
{
	if (!bad->file)
		return bad->is_of_sensor && !bad->is_of_host ? "which of the hosts that the sensor sees this is, and which program, is "
			"not recorded" : "which program did is not recorded";
	if (!is_altered(bad->file))
		return "that program is not altered";
	if (!file_changed_near(bad->file, &bad->event->time))
		return "not within 24 hours of its change";
	if (bad->is_by_process_id)
		return "told by the id of its process only";
	if (bad->is_inbound)
		return "from the outside";
	if (bad->is_way_unknown)
		return "which end opened it is not recorded";
	return bad->is_refused ? "refused by a packet filter" : bad->match.grade == 'C' ? "grade C" :
		"sets contradict each other about the program";
}

static void
count_bad(const struct inventory *inventory, struct traffic_count *count)
{
	for (size_t i = 0; i < inventory->bad_traffic_count; i++) {
		const struct bad_traffic *bad = &inventory->bad_traffic[i];

		if (is_decisive(bad)) {
			if (count->decisive++ < NAMED_MAX)
				name_bad(&count->named, bad);
		} else if (!(bad->is_inbound && bad->is_refused) && (is_altered(bad->file) || is_near_any_change(count, bad))) {
			*(is_altered(bad->file) ? &count->weaker : &count->of_host) += 1;
			if (count->weaker + count->of_host <= NAMED_MAX) {
				name_bad(&count->weak_named, bad);
				buffer_add_format(&count->weak_named, ", %s", what_is_missing(bad));
			}
		}
	}
}

/* ---- altered programs ---- */

static void
name_connection(struct buffer *out, const struct file *file)
{
	const struct event *event = file->activity->last[ACTIVITY_CONNECTED];
	char time[TIMESTAMP_TEXT_SIZE];

	timestamp_format_short(&event->time, time);
	buffer_add_format(out, "; %s: %s at %s (%s)", file->path, event->object ? event->object : "an address that is not recorded",
		time, event->provider ? event->provider : "a log");
}

static void
count_programs(const struct inventory *inventory, struct traffic_count *count)
{
	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (!is_altered(file))
			continue;
		count->altered = memory_grow(count->altered, count->altered_count, &count->capacity, sizeof *count->altered);
		count->altered[count->altered_count++] = file;
		if (file_connected_near_change(file) && count->connected++ < NAMED_MAX)
			name_connection(&count->connected_named, file);
	}
}

/* A sensor that sees every connection was at work from a day before the change of each altered program to a day after. */
static bool
sensors_cover_changes(const struct inventory *inventory, const struct traffic_count *count)
{
	for (size_t i = 0; i < count->altered_count; i++) {
		bool covered = false;

		for (size_t w = 0; !covered && w < inventory->traffic_witness_count; w++) {
			const struct traffic_witness *witness = &inventory->traffic_witnesses[w];
			struct timestamp first = witness->first, last = witness->last;

			/* Moved towards each other by a day, they must still lie around the change. */
			first.seconds += NEAR_SECONDS;
			last.seconds -= NEAR_SECONDS;
			covered = witness->sees_all && timestamp_is_recorded(&witness->first) &&
				file_changed_between(count->altered[i], &first, &last);
		}
		if (!covered)
			return false;
	}
	return true;
}

/* A file that the examiner gave (no exhibit holds it) was not read whole: what it had of this traffic is not known. */
static bool
given_file_is_damaged(const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->note_count; i++)
		if (inventory->notes[i].incomplete && !inventory->notes[i].at.evidence && inventory->notes[i].at.path)
			return true;
	return false;
}

/* Findings about the records that decide, those of accused programs. */
static void
give_reasons(struct tally *tally, struct answered *answered)
{
	for (size_t i = 0; i < tally->findings->count; i++)
		if (!strcmp(tally->findings->items[i].check->id, "known-bad-traffic"))
			give_reason(tally, answered, &tally->findings->items[i]);
}

static void
answer_with(struct tally *tally, const struct traffic_count *count, struct answered *answered)
{
	const struct inventory *inventory = tally->inventory;
	struct arena *arena = &tally->judgement->arena;

	if (!inventory->network_events) {
		answered->answer = ANSWER_NOT_EXAMINED;
		answered->text = "no record of network traffic was among what was read";
	} else if (count->decisive) {
		answered->answer = ANSWER_YES;
		answered->text = arena_format(arena, "within 24 hours of its change %s", count->named.bytes + 2);
		answered->against = "A log names a path: the program that lay there at that moment may have been another one; lists carry "
			"addresses that others use by now.";
	} else if (count->weaker || count->of_host) {
		answered->answer = ANSWER_PARTLY;
		answered->text = arena_format(arena, "traffic with known-bad addresses or names is not tied to the change of an "
			"altered program: %s", count->weak_named.bytes + 2);
		answered->against = "Addresses change hands, and other programs of the host have traffic, too.";
	} else if (count->connected) {
		answered->answer = ANSWER_PARTLY;
		answered->text = arena_format(arena, "%llu altered program%s connected, or asked for a name, "
			"within 24 hours of the change%s", (unsigned long long)count->connected, count->connected == 1 ? "" : "s",
			count->connected_named.bytes);
		answered->against = "Programs of the network connect all day; whether the address is one that they "
			"should not know is for who knows the network.";
	} else if (!count->altered_count && tally->judgement->with_baseline) {
		answered->answer = ANSWER_NO;
		answered->text = "no altered program was found that traffic could go with";
	} else if (!count->altered_count) {
		answered->answer = ANSWER_NOT_DETERMINABLE;
		answered->text = "no program could be compared with a record, so that no change is known that traffic could go with";
	} else if (inventory->bad_network && sensors_cover_changes(inventory, count) && given_file_is_damaged(inventory)) {
		answered->answer = ANSWER_NOT_DETERMINABLE;
		answered->text = "records of every connection cover the time around each change and none has an end that is listed as bad, "
			"but not all of what was given could be read";
		answered->against = "What could not be read may hold such traffic.";
	} else if (inventory->bad_network && sensors_cover_changes(inventory, count)) {
		answered->answer = ANSWER_NO;
		answered->text = "records of every connection cover the time from 24 hours before to 24 hours after each change, and none "
			"has an end that is listed as bad";
		answered->against = "What nobody has listed is not found.";
	} else {
		answered->answer = ANSWER_NOT_DETERMINABLE;
		answered->text = "no record tells of a connection of an altered program within 24 hours of its change";
		answered->against = "Most systems record few connections, and not which program made them.";
	}
}

void
answer_traffic(struct tally *tally, struct answered *answered)
{
	struct traffic_count count = { .altered = NULL };

	buffer_init(&count.named, 0);
	buffer_init(&count.weak_named, 0);
	buffer_init(&count.connected_named, 0);
	count_programs(tally->inventory, &count);
	count_bad(tally->inventory, &count);
	answered->basis = read_logs(tally);
	answered->against = "";
	answer_with(tally, &count, answered);
	if (count.decisive + count.weaker + count.of_host)
		give_reasons(tally, answered);
	memory_free(count.altered);
	buffer_release(&count.named);
	buffer_release(&count.weak_named);
	buffer_release(&count.connected_named);
}
