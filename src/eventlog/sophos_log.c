/*
 * sophos_log.c - what Sophos Anti-Virus for Windows found: SAV.txt, UTF-16
 *
 *	20231125 100102	File "C:\Users\anna\x.exe" belongs to virus/spyware 'EICAR-AV-Test'.
 *	20231125 100103	Virus/spyware 'EICAR-AV-Test' has been detected in "C:\Users\anna\x.exe". Cleanup unavailable.
 *
 * No publisher's description is known; the lines are as samples have them (log2timeline's collection). What
 * Sophos for Linux tells syslog is read there. Times have no zone.
 */
#include <string.h>

#include "line_log.h"
#include "local_time.h"
#include "message.h"

/* "File "PATH" belongs to virus/spyware 'NAME'", in either order of the two */
static struct message_meaning
read_message(struct field_list *fields, const char *message)
{
	const char *path = strchr(message, '"'), *path_end = path ? strchr(path + 1, '"') : NULL;
	const char *name = strstr(message, "irus/spyware '"), *name_end;

	if (!name || !path_end)
		return (struct message_meaning){ .kind = EVENT_RECORD };
	name += strlen("irus/spyware '");
	name_end = strchr(name, '\'');
	if (!name_end)
		return (struct message_meaning){ .kind = EVENT_RECORD };
	field_list_add(fields, "TargetFilename", 14, path + 1, (size_t)(path_end - path) - 1);
	field_list_add(fields, "ThreatName", 10, name, (size_t)(name_end - name));
	return (struct message_meaning){ .kind = EVENT_DETECTION, .object = "TargetFilename", .subject = "ThreatName" };
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct field_list *fields = log->state;
	struct event event = { .kind = EVENT_RECORD, .text = line, .at = *at, .provider = "Sophos" };
	struct message_meaning meaning;
	const char *message = compact_time_read(line, &event.time);

	if (!message) {
		line_log_output(log, "Sophos", line, at);
		return true;
	}
	(void)length;
	field_list_clear(fields);
	meaning = read_message(fields, message);
	message_lend(fields, &meaning, &event);
	line_log_event(log, &event);
	return true;
}

static enum status
parse_sophos_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct field_list fields;
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .state = &fields,
		.odd = "not a line of SAV.txt; what it recorded is not known" };
	enum status status;

	field_list_init(&fields);
	status = line_log_read(&log, group);
	field_list_release(&fields);
	return status;
}

const struct eventlog_driver sophos_log_eventlog = {
	.name        = "sophos_log",
	.description = "Sophos Anti-Virus for Windows: what it found (SAV.txt)",
	.files       = (const char *const[]){ "/[Pp]rogram[Dd]ata/[Ss]ophos/[Ss]ophos [Aa]nti-[Vv]irus/[Ll]ogs/[Ss][Aa][Vv].[Tt][Xx][Tt]", NULL },
	.is_not_rotated = true,
	.parse       = parse_sophos_log,
};
