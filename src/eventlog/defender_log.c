/*
 * defender_log.c - Defender's own logs of what it did: MPLog-*.log and MPDetection-*.log, UTF-16 or UTF-8
 *
 *	2023-11-25T10:01:02.123Z DETECTIONEVENT MPSOURCE_REALTIME HackTool:Win32/Example file:C:\x\tool.exe;
 *	2023-11-25T10:01:02.130Z DETECTION_ADD#1 HackTool:Win32/Example file:C:\x\tool.exe PropBag [length: 0, data: (null)]
 *	2023-11-25T10:01:03.549Z DETECTION_CLEANEVENT MPSOURCE_REALTIME MP_THREAT_ACTION_QUARANTINE 0x0 HackTool:Win32/Example
 *	    file:C:\x\tool.exe;
 *
 * All else of these logs are records by their lines: what was scanned, how long it took. No publisher's description is
 * known; the lines are as public analyses of them have them.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "line_log.h"
#include "local_time.h"
#include "message.h"

/* The first file of "file:C:\x;file:C:\y", "containerfile:C:\a.zip;..." ends where the next begins; of a member of an archive the archive. */
static bool
add_file(struct field_list *fields, const char *text)
{
	static const char file[] = "file:", bag[] = " PropBag [", member[] = "->";
	const char *path = strstr(text, file), *end;

	if (!path)
		return false;
	path += sizeof file - 1;
	path += *path == '_';
	end = path + strcspn(path, ";");
	if (strstr(path, bag) && strstr(path, bag) < end)
		end = strstr(path, bag);
	if (strstr(path, member) && strstr(path, member) < end)
		end = strstr(path, member);
	field_list_add(fields, "TargetFilename", 14, path, (size_t)(end - path));
	return end > path;
}

static bool
is_word_of(const char *word, const char *begin)
{
	return text_has_prefix(word, begin);
}

static struct message_meaning
read_message(struct field_list *fields, char *message)
{
	struct message_meaning meaning = { .kind = EVENT_RECORD, .id = "event" };
	char *word = line_log_word(&message);

	if (!word || !is_word_of(word, "DETECTION"))
		return (struct message_meaning){ .kind = EVENT_RECORD };
	field_list_add(fields, "event", 5, word, strcspn(word, "#"));
	for (word = line_log_word(&message); word; word = line_log_word(&message)) {
		if (is_word_of(word, "MPSOURCE_"))
			field_list_add_text(fields, "source", word);
		else if (is_word_of(word, "MP_THREAT_ACTION_"))
			field_list_add_text(fields, "ActionTaken", word);
		else if (strspn(word, "0123456789abcdefABCDEFx") == strlen(word))
			field_list_add_text(fields, "result", word);
		else
			break;
	}
	/* "HackTool:Win32/Example" */
	if (!word || !strchr(word, ':') || !strchr(word, '/'))
		return meaning;
	field_list_add_text(fields, "ThreatName", word);
	if (add_file(fields, message))
		meaning.object = "TargetFilename";
	meaning.kind = EVENT_DETECTION;
	meaning.subject = "ThreatName";
	return meaning;
}

static bool
take_line(struct line_log *log, const char *line, size_t length, const struct place *at)
{
	struct field_list *fields = log->state;
	struct event event = { .kind = EVENT_RECORD, .text = line, .at = *at, .provider = "Defender",
		.channel = text_base_name(log->artifact->path) };
	struct message_meaning meaning;
	const char *message = zoned_time_read(line, &event.time);

	(void)length;
	event.channel = text_has_prefix(event.channel, "MPDetection") ? "MPDetection" : "MPLog";
	if (!message || *message != ' ') {
		line_log_output(log, "Defender", line, at);
		return true;
	}
	field_list_clear(fields);
	meaning = read_message(fields, line_log_copy(log, message));
	message_lend(fields, &meaning, &event);
	line_log_event(log, &event);
	return true;
}

static enum status
parse_defender_log(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct field_list fields;
	struct line_log log = { .out = out, .notes = notes, .take = take_line, .state = &fields,
		.odd = "not a line of Defender's log; what it recorded is not known" };
	enum status status;

	field_list_init(&fields);
	status = line_log_read(&log, group);
	field_list_release(&fields);
	return status;
}

#define SUPPORT "/[Pp]rogram[Dd]ata/[Mm]icrosoft/[Ww]indows [Dd]efender/[Ss]upport/"

const struct eventlog_driver defender_log_eventlog = {
	.name        = "defender_log",
	.description = "Microsoft Defender: what it found and did (MPLog, MPDetection)",
	.files       = (const char *const[]){ SUPPORT "[Mm][Pp][Ll]og-*.log", SUPPORT "[Mm][Pp][Dd]etection-*.log", NULL },
	.is_not_rotated = true,
	.parse       = parse_defender_log,
};
