/*
 * traffic.c - records of connections and questions: who recorded them, and which of them meet a known-bad address or name
 *
 * An end that is listed is looked for on both sides.  What a program opened, or asked for, goes out; what came from the
 * listed end came in: anybody may knock at the door of a host, so that the two are told apart.
 *
 * Sensors beside the host (Zeek, flows) see other hosts, too.  The host's own addresses are those that its own records
 * have for its side; where they are known, and the sensor saw one of them, its records of others are left out.
 */
#include <string.h>
#include <strings.h>

#include <t1554triage/event_vocabulary.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "order.h"
#include "traffic.h"

enum { KEPT_MAX = 20000, KEY_BYTES = 1024, HOUR = 3600, PROCESS_KEY = 128 };

enum direction { DIRECTION_UNKNOWN, DIRECTION_OUT, DIRECTION_IN };

/* Each end of a record, for what a sensor saw. */
struct ends { const char *source, *destination; };

struct traffic {
	struct inventory *inventory;
	struct map        known;	/* what is alike, to its place among what is kept */
	struct ends      *ends;		/* beside inventory->bad_traffic */
	size_t            end_capacity, kept_capacity, witness_capacity;
	struct map        own;		/* addresses of the host */
	bool              saw_own;	/* a sensor saw one of those */
	struct map        processes;	/* "s1\0812" to the number of its file, NO_FILE */
	struct buffer     destination, source, name, port, words;
	uint64_t          dropped;
};

static const uint64_t no_file = UINT64_MAX;

static bool
is_sensor(const struct event *event)
{
	return event->provider && (!strcmp(event->provider, "Zeek") || !strcmp(event->provider, "flow"));
}

/* Of a sensor every connection; a log of questions holds no connection. */
static bool
sees_all(const struct event *event)
{
	return is_sensor(event) && event->kind == EVENT_NETWORK_CONNECTION;
}

struct traffic *
traffic_begin(struct inventory *inventory)
{
	struct traffic *traffic = memory_allocate(1, sizeof *traffic);

	traffic->inventory = inventory;
	map_init(&traffic->known);
	map_init(&traffic->own);
	map_init(&traffic->processes);
	buffer_init(&traffic->destination, 0);
	buffer_init(&traffic->source, 0);
	buffer_init(&traffic->name, 0);
	buffer_init(&traffic->port, 0);
	buffer_init(&traffic->words, 0);
	return traffic;
}

/* ---- who recorded ---- */

static void
count_witness(struct traffic *traffic, const struct event *event, bool names_program)
{
	struct inventory *inventory = traffic->inventory;
	const char *provider = event->provider ? event->provider : "a log";
	struct traffic_witness *witness = NULL;

	for (size_t i = 0; !witness && i < inventory->traffic_witness_count; i++)
		if (!strcmp(inventory->traffic_witnesses[i].provider, provider) &&
		    inventory->traffic_witnesses[i].sees_all == sees_all(event))
			witness = &inventory->traffic_witnesses[i];
	if (!witness) {
		inventory->traffic_witnesses = memory_grow(inventory->traffic_witnesses, inventory->traffic_witness_count,
			&traffic->witness_capacity, sizeof *inventory->traffic_witnesses);
		witness = &inventory->traffic_witnesses[inventory->traffic_witness_count++];
		*witness = (struct traffic_witness){ .provider = arena_copy_text(&inventory->arena, provider),
			.sees_all = sees_all(event) };
	}
	witness->records++;
	witness->names_programs |= names_program;
	if (!timestamp_is_recorded(&event->time) || event->time.local)
		return;
	if (!timestamp_is_recorded(&witness->first) || timestamp_compare(&event->time, &witness->first) < 0)
		witness->first = event->time;
	if (!timestamp_is_recorded(&witness->last) || timestamp_compare(&event->time, &witness->last) > 0)
		witness->last = event->time;
}

/* ---- what a record says ---- */

static const char *
raw_field(const struct event *event, const char *name)
{
	for (size_t i = 0; i < event->field_count; i++)
		if (!strcmp(event->fields[i].name, name))
			return event->fields[i].value;
	return NULL;
}

/* "%%14592" and "%%14593" are inbound and outbound in the messages of the Security log. */
static enum direction
direction_of(struct traffic *traffic, const struct event *event)
{
	const char *initiated = event_value(event, EVENT_NAME_Initiated, &traffic->words);
	const char *direction = raw_field(event, "Direction");

	if (event->kind == EVENT_DNS_QUERY)
		return DIRECTION_OUT;
	if (initiated)
		return strcasecmp(initiated, "true") ? DIRECTION_IN : DIRECTION_OUT;
	if (direction && (!strcmp(direction, "%%14592") || !strcasecmp(direction, "inbound")))
		return DIRECTION_IN;
	if (direction && (!strcmp(direction, "%%14593") || !strcasecmp(direction, "outbound")))
		return DIRECTION_OUT;
	if (event->id && !strcmp(event->id, "InboundConnectionAccepted"))
		return DIRECTION_IN;
	return DIRECTION_UNKNOWN;
}

static bool
is_refused(const struct event *event)
{
	static const char *const words[] = { "BLOCK", "DROP", "REJECT", "DENY", "DENIED", NULL };
	const char *prefix = raw_field(event, "prefix");

	for (size_t i = 0; words[i]; i++)
		if (prefix && strcasestr(prefix, words[i]))
			return true;
	return event->id && (!strcmp(event->id, "DROP") || !strcmp(event->id, "5157"));
}

static uint16_t
port_of(struct traffic *traffic, const struct event *event, enum event_name name)
{
	const char *text = event_value(event, name, &traffic->port);
	uint64_t port = 0;

	return text && text_parse_u64(text, strlen(text), 10, &port) && port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* The listed end: of a question its name, else where the connection goes, then where it comes from. */
static bool
find_bad(struct traffic *traffic, const struct event *event, enum direction direction, struct bad_traffic *ret_bad)
{
	const struct network_index *index = traffic->inventory->bad_network;
	const char *destination = event_value(event, EVENT_NAME_DestinationIp, &traffic->destination);
	const char *source = event_value(event, EVENT_NAME_SourceIp, &traffic->source);
	const char *name = event_value(event, event->kind == EVENT_DNS_QUERY ? EVENT_NAME_QueryName : EVENT_NAME_DestinationHostname,
		&traffic->name);
	uint16_t port = port_of(traffic, event, EVENT_NAME_DestinationPort);

	ret_bad->is_inbound = direction == DIRECTION_IN;
	if (event->kind == EVENT_DNS_QUERY)
		return network_index_find(index, name ? name : event->object ? event->object : "", 0, &ret_bad->match);
	destination = destination ? destination : event->object;
	source = source ? source : event->subject;
	if ((destination && network_index_find(index, destination, port, &ret_bad->match)) ||
	    (name && network_index_find(index, name, port, &ret_bad->match)))
		return true;
	if (direction == DIRECTION_OUT || !source ||
	    !network_index_find(index, source, port_of(traffic, event, EVENT_NAME_SourcePort), &ret_bad->match))
		return false;
	ret_bad->is_inbound = true;
	return true;
}

/* ---- the host's own addresses ---- */

static void
add_address(struct map *map, const char *text)
{
	static const uint8_t loopback[ADDRESS_BYTES] = { [15] = 1 };
	uint8_t address[ADDRESS_BYTES];

	if (!text || !network_address_read(text, strlen(text), address) || !memcmp(address, loopback, sizeof loopback) ||
	    (address[10] == 0xff && (address[12] == 127 || address[12] == 0 || address[12] >= 224)) || address[0] == 0xff)
		return;
	map_add(map, address, sizeof address, 1);
}

static bool
has_address(const struct map *map, const char *text)
{
	uint8_t address[ADDRESS_BYTES];
	uint64_t value;

	return text && network_address_read(text, strlen(text), address) && map_get(map, address, sizeof address, &value);
}

void
traffic_learn(struct traffic *traffic, const struct event *event)
{
	const char *source = event_value(event, EVENT_NAME_SourceIp, &traffic->source);
	const char *destination = event_value(event, EVENT_NAME_DestinationIp, &traffic->destination);
	const char *provider = event->provider ? event->provider : "";
	enum direction direction;

	if (event->kind != EVENT_NETWORK_CONNECTION || is_sensor(event))
		return;
	direction = direction_of(traffic, event);
	if (direction == DIRECTION_OUT || !strcmp(provider, "open sockets"))
		add_address(&traffic->own, source);
	else if (direction == DIRECTION_IN && (!strcmp(provider, "kernel") || !strcmp(provider, "Windows Firewall")))
		add_address(&traffic->own, destination);
}

/* ---- processes by their ids ---- */

static size_t
process_key(const struct event *event, const char *process, char key[PROCESS_KEY])
{
	size_t system = event->system ? strlen(event->system) : 0, length = strlen(process);

	if (!system || system + length + 1 > PROCESS_KEY)
		return 0;
	memcpy(key, event->system, system + 1);
	memcpy(key + system + 1, process, length);
	return system + 1 + length;
}

void
traffic_process(struct traffic *traffic, const struct event *event, const struct file *file)
{
	const char *process = event_value(event, EVENT_NAME_ProcessId, &traffic->words);
	char key[PROCESS_KEY];
	size_t length = process ? process_key(event, process, key) : 0;

	if (length)
		map_set(&traffic->processes, key, length, file ? file->number : no_file);
}

/* The program that was last seen to be started under the process id, before the record. */
static const struct file *
file_of_process(struct traffic *traffic, const struct event *event)
{
	const char *process = event_value(event, EVENT_NAME_ProcessId, &traffic->words);
	char key[PROCESS_KEY];
	size_t length = process ? process_key(event, process, key) : 0;
	uint64_t number;

	return length && map_get(&traffic->processes, key, length, &number) && number != no_file ?
		&traffic->inventory->files[number] : NULL;
}

/* ---- what is kept ---- */

static const struct event *
copy_event(struct inventory *inventory, const struct event *event)
{
	struct arena *arena = &inventory->arena;
	struct event *own = arena_allocate(arena, sizeof *own);

	*own = (struct event){ .time = event->time, .kind = event->kind, .at = inventory_own_place(inventory, &event->at),
		.system = arena_copy_text(arena, event->system), .provider = arena_copy_text(arena, event->provider),
		.id = arena_copy_text(arena, event->id), .channel = arena_copy_text(arena, event->channel),
		.subject = arena_copy_text(arena, event->subject), .object = arena_copy_text(arena, event->object),
		.user = arena_copy_text(arena, event->user), .text = arena_copy_text(arena, event->text) };
	return own;
}

/* Records within the hour of the same program with the same listed end are one. */
static void
keep(struct traffic *traffic, const struct event *event, const struct bad_traffic *bad)
{
	struct inventory *inventory = traffic->inventory;
	struct buffer *key = &traffic->words;
	uint64_t place;

	buffer_clear(key);
	buffer_add_format(key, "%lld %llu %d%d ", (long long)(event->time.seconds / HOUR),
		bad->file ? (unsigned long long)bad->file->number : (unsigned long long)no_file, bad->is_inbound, bad->is_refused);
	buffer_add_text(key, event->provider ? event->provider : "");
	buffer_add_char(key, ' ');
	buffer_add_text(key, bad->match.indicator);
	if (map_get(&traffic->known, key->bytes, key->length, &place)) {
		inventory->bad_traffic[place].count++;
		return;
	}
	if (inventory->bad_traffic_count == KEPT_MAX) {
		traffic->dropped++;
		return;
	}
	place = inventory->bad_traffic_count;
	map_add(&traffic->known, key->bytes, key->length, place);
	inventory->bad_traffic = memory_grow(inventory->bad_traffic, place, &traffic->kept_capacity, sizeof *inventory->bad_traffic);
	traffic->ends = memory_grow(traffic->ends, place, &traffic->end_capacity, sizeof *traffic->ends);
	inventory->bad_traffic[place] = *bad;
	inventory->bad_traffic[place].event = copy_event(inventory, event);
	inventory->bad_traffic[place].count = 1;
	traffic->ends[place] = (struct ends){
		.source = arena_copy_text(&inventory->arena, event_value(event, EVENT_NAME_SourceIp, &traffic->source)),
		.destination = arena_copy_text(&inventory->arena, event_value(event, EVENT_NAME_DestinationIp, &traffic->destination)) };
	inventory->bad_traffic_count++;
}

void
traffic_take(struct traffic *traffic, const struct event *event, const struct file *file)
{
	struct bad_traffic bad = { .file = file, .is_of_sensor = is_sensor(event) };
	enum direction direction;

	count_witness(traffic, event, file || event_value(event, EVENT_NAME_Image, &traffic->words));
	if (!traffic->inventory->bad_network)
		return;
	direction = direction_of(traffic, event);
	if (is_sensor(event) && !traffic->saw_own)
		traffic->saw_own = has_address(&traffic->own, event_value(event, EVENT_NAME_SourceIp, &traffic->source)) ||
			has_address(&traffic->own, event_value(event, EVENT_NAME_DestinationIp, &traffic->destination));
	if (!find_bad(traffic, event, direction, &bad))
		return;
	bad.is_refused = is_refused(event);
	/* Other recorders tell what a program opened where they do not say it. */
	bad.is_way_unknown = direction == DIRECTION_UNKNOWN && event->provider && !strcmp(event->provider, "open sockets");
	if (!bad.file) {
		bad.file = file_of_process(traffic, event);
		bad.is_by_process_id = bad.file;
	}
	keep(traffic, event, &bad);
}

/* ---- the end ---- */

/* What a sensor saw of other hosts is not this host's traffic. */
static void
leave_others_out(struct traffic *traffic)
{
	struct inventory *inventory = traffic->inventory;
	size_t kept = 0;

	for (size_t i = 0; i < inventory->bad_traffic_count; i++) {
		bool is_own = has_address(&traffic->own, traffic->ends[i].source) ||
			has_address(&traffic->own, traffic->ends[i].destination);

		inventory->bad_traffic[i].is_of_host = is_own || !inventory->bad_traffic[i].is_of_sensor;
		if (inventory->bad_traffic[i].is_of_host || !traffic->saw_own)
			inventory->bad_traffic[kept++] = inventory->bad_traffic[i];
		else
			inventory->traffic_of_others += inventory->bad_traffic[i].count;
	}
	inventory->bad_traffic_count = kept;
}

static void
note_dropped(const struct traffic *traffic)
{
	struct buffer text;

	if (!traffic->dropped)
		return;
	buffer_init(&text, 0);
	buffer_add_format(&text, "%llu records of traffic with known-bad addresses or names are not judged: no more than %d that "
		"differ are kept; events.jsonl lists them all", (unsigned long long)traffic->dropped, KEPT_MAX);
	inventory_add_note(traffic->inventory, &(struct note){ .kind = NOTE_LIMIT_HIT, .status = STATUS_DAMAGED,
		.text = text.bytes, .incomplete = true });
	buffer_release(&text);
}

void
traffic_end(struct traffic *traffic)
{
	leave_others_out(traffic);
	note_dropped(traffic);
	map_release(&traffic->known);
	map_release(&traffic->own);
	map_release(&traffic->processes);
	memory_free(traffic->ends);
	buffer_release(&traffic->destination);
	buffer_release(&traffic->source);
	buffer_release(&traffic->name);
	buffer_release(&traffic->port);
	buffer_release(&traffic->words);
	memory_free(traffic);
}
