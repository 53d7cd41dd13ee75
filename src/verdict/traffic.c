/*
 * traffic.c - criterion 3: did altered programs connect near their change?
 *
 * Records of connections come from the logs of the system: audit, Sysmon, the Security log, packet filters.  That a
 * program connects is what many programs are for: it is never more than "partly", and the address is named.
 */
#include <string.h>

#include "judgement.h"

enum { NAMED_MAX = 3 };

static const char *
read_logs(struct tally *tally)
{
	const struct inventory *inventory = tally->inventory;
	uint64_t logs = 0;

	for (size_t i = 0; i < inventory->artifact_count; i++)
		logs += inventory->artifacts[i].path && inventory->artifacts[i].table &&
			!strcmp(inventory->artifacts[i].table, "eventlog");
	return arena_format(&tally->judgement->arena, "%llu log%s of the kinds that are read (\"t1554triage list\" names "
		"them), with %llu record%s of connections and of names that were asked for", (unsigned long long)logs,
		logs == 1 ? "" : "s", (unsigned long long)inventory->network_events, inventory->network_events == 1 ? "" : "s");
}

static void
name_connection(struct buffer *out, const struct file *file)
{
	const struct event *event = file->activity->last[ACTIVITY_CONNECTED];
	char time[TIMESTAMP_TEXT_SIZE];

	timestamp_format_short(&event->time, time);
	buffer_add_format(out, "; %s: %s at %s (%s)", file->path, event->object ? event->object : "an address that is not recorded",
		time, event->provider ? event->provider : "a log");
}

void
answer_traffic(struct tally *tally, struct answered *answered)
{
	const struct inventory *inventory = tally->inventory;
	uint64_t altered = 0, connected = 0;
	struct buffer named;

	buffer_init(&named, 0);
	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (!file_is_allocated_program(file) || !verdict_is_accusing(file->verdict))
			continue;
		altered++;
		if (file_connected_near_change(file) && connected++ < NAMED_MAX)
			name_connection(&named, file);
	}
	answered->basis = read_logs(tally);
	answered->against = "";
	if (!inventory->network_events) {
		answered->answer = ANSWER_NOT_EXAMINED;
		answered->text = "no record of network traffic was among what was read";
	} else if (connected) {
		answered->answer = ANSWER_PARTLY;
		answered->text = arena_format(&tally->judgement->arena, "%llu altered program%s connected, or asked for a name, "
			"within 24 hours of the change%s", (unsigned long long)connected, connected == 1 ? "" : "s", named.bytes);
		answered->against = "Programs of the network connect all day; whether the address is one that they "
			"should not know is for who knows the network.";
	} else if (!altered) {
		answered->answer = ANSWER_NO;
		answered->text = "no program is altered, so that no traffic goes with a change";
	} else {
		answered->answer = ANSWER_NOT_DETERMINABLE;
		answered->text = "no record tells of a connection of an altered program within 24 hours of its change";
		answered->against = "Most systems record few connections, and not which program made them.";
	}
	buffer_release(&named);
}
