/*
 * sophos_spl_log.c - what Sophos Protection for Linux found: logs of its antivirus below its folder
 *
 *	180688  [2023-09-15T14:17:40.125]    INFO [9263606720] OnAccessImpl <> Detected "/tmp/x" is infected with EICAR-AV-Test (On Access)
 *	180690  [2023-09-15T14:17:40.127]   DEBUG [9263606720] av <> Found 'EICAR-AV-Test' in '/tmp/x' which is a new detection
 *
 * The form of a line is Sophos's ("Sophos Protection for Linux logs"); the two sentences are those of its published sources.
 * Its pattern of log4cplus, "%d", writes UTC.  Bytes of a path that are no printable characters are escaped there; they stay so.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"
#include "local_time.h"
#include "message.h"

static struct message_meaning
found(struct field_list *fields, const char *path, size_t path_length, const char *name, size_t name_length)
{
	if (!path_length || !name_length)
		return (struct message_meaning){ .kind = EVENT_RECORD };
	field_list_add(fields, "TargetFilename", 14, path, path_length);
	field_list_add(fields, "ThreatName", 10, name, name_length);
	return (struct message_meaning){ .kind = EVENT_DETECTION, .object = "TargetFilename", .subject = "ThreatName" };
}

/* The last place of a text in another: what stands before it may hold it, too. */
static const char *
last_place(const char *text, const char *wanted)
{
	const char *last = NULL;

	for (const char *at = strstr(text, wanted); at; at = strstr(at + 1, wanted))
		last = at;
	return last;
}

static struct message_meaning
read_sentence(struct field_list *fields, const char *text)
{
	static const char is_infected[] = "\" is infected with ", in[] = "' in '", detection[] = " detection", which[] = "' which is a ";
	const char *end;

	if (text_has_prefix(text, "Detected \"") || text_has_prefix(text, "detected \"")) {
		text += strlen("Detected \"");
		end = last_place(text, is_infected);
		if (end)
			return found(fields, text, (size_t)(end - text), end + sizeof is_infected - 1,
				strcspn(end + sizeof is_infected - 1, " ("));
	} else if (text_has_prefix(text, "Found '") && text_has_suffix(text, detection)) {
		const char *name = text + strlen("Found '"), *path = strstr(name, in);

		end = path ? last_place(path, which) : NULL;
		if (end)
			return found(fields, path + sizeof in - 1, (size_t)(end - path) - (sizeof in - 1), name, (size_t)(path - name));
	}
	return (struct message_meaning){ .kind = EVENT_RECORD };
}

/* Behind "180688  [": the time, and what follows " <> "; NULL where the line is no beginning of a record. */
static const char *
read_head(const char *line, struct timestamp *ret_time)
{
	const char *at = line + strspn(line, "0123456789");

	if (at == line || *at != ' ')
		return NULL;
	at += strspn(at, " ");
	at = *at == '[' ? zoned_time_read(at + 1, ret_time) : NULL;
	if (!at || *at != ']')
		return NULL;
	ret_time->local = false;
	at = strstr(at, " <> ");
	return at ? at + strlen(" <> ") : NULL;
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct field_list *fields = log->state;
	struct event event = { .kind = EVENT_RECORD, .text = line, .at = *at, .provider = "Sophos" };
	struct message_meaning meaning;
	const char *message = read_head(line, &event.time);

	(void)length;
	if (!message) {
		line_log_output(log, "Sophos", line, at);
		return true;
	}
	field_list_clear(fields);
	meaning = read_sentence(fields, message);
	message_lend(fields, &meaning, &event);
	line_log_event(log, &event);
	return true;
}

static enum status
parse_sophos_spl_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct field_list fields;
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .oldest_first = true, .state = &fields,
		.odd = "not a line of Sophos Protection for Linux; what it recorded is not known" };
	enum status status;

	field_list_init(&fields);
	status = line_log_read(&log, group);
	field_list_release(&fields);
	return status;
}

const struct eventlog_driver sophos_spl_log_eventlog = {
	.name        = "sophos_spl_log",
	.description = "Sophos Protection for Linux: what its antivirus found (/opt/sophos-spl/plugins/av)",
	.files       = (const char *const[]){ "/opt/sophos-spl/plugins/av/log/*.log*", "/opt/sophos-spl/plugins/av/log/sophos_threat_detector/*.log*",
		"/opt/sophos-spl/plugins/av/chroot/log/*.log*", NULL },
	.parse       = parse_sophos_spl_log,
};
