/* line_log.c - logs in which a line is an event: opened, read, counted, and what is odd is said once a file. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "line_log.h"
#include "local_time.h"

/* Whoever wrote it was stopped, or the log was cut: the words at its end may be halves. */
static enum status
note_cut_line(const struct line_log *log, struct source *source, const struct place *at, bool is_utf16)
{
	unsigned width = is_utf16 ? 2 : 1;
	char last = '\n';

	if (source->size >= width && source_read_exactly(source, source->size - width, &last, 1) != STATUS_OK)
		return note(log->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, at, "the end of %s could not be read",
			log->artifact->path);
	if (last != '\n')
		note(log->notes, STATUS_OK, NOTE_ARTIFACT_LINE, at,
			"the last line of %s has no end: it was cut, and what it records may be, too", log->artifact->path);
	return STATUS_OK;
}

static enum status
read_file(struct line_log *log)
{
	struct odd_lines odd = { .count = 0 };
	struct line_reader reader;
	struct source *source;
	enum status status = artifact_open(log->artifact, log->notes, &source);
	char *line;
	size_t length;

	if (status != STATUS_OK && status != STATUS_DAMAGED)
		return status;
	line_reader_init(&reader, source, &log->artifact->place, log->notes);
	while (line_reader_next(&reader, &line, &length)) {
		if (log->lines++ >= limit_get(LIMIT_EVENTS)) {
			status = note(log->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &reader.place,
				"lines from here on were left out (limit events)");
			break;
		}
		/* After a crash a log often holds a run of NULs. */
		if (length && (memchr(line, '\0', length) || !log->take(log, line, length, &reader.place)))
			odd_lines_add(&odd, &reader);
	}
	status = status_worse(status, note_cut_line(log, source, &reader.place, reader.is_utf16));
	status = status_worse(status, odd_lines_note(&odd, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, log->notes, log->odd));
	status = status_worse(status, reader.status);
	line_reader_release(&reader);
	source_close(source);
	return status;
}

enum status
line_log_read(struct line_log *log, const struct artifact_group *group)
{
	enum status status = STATUS_OK;

	buffer_init(&log->words, 0);
	for (size_t i = 0; i < group->count; i++) {
		log->artifact = &group->items[log->oldest_first ? group->count - 1 - i : i];
		log->last = (struct timestamp){ .seconds = 0 };
		status = status_worse(status, read_file(log));
	}
	if (log->finish)
		log->finish(log);
	buffer_release(&log->words);
	return status;
}

void
line_log_event(struct line_log *log, const struct event *event)
{
	log->last = event->time;
	log->out->event(log->out->context, event);
}

void
line_log_output(struct line_log *log, const char *provider, const char *line, const struct place *at)
{
	log->out->event(log->out->context, &(struct event){ .time = log->last, .kind = EVENT_RECORD,
		.provider = provider, .id = "output", .text = line, .at = *at });
}

void
line_log_level(struct line_log *log, const char *provider, const char *line, const struct place *at,
	void (*mean)(struct event *event, char *message))
{
	struct event event = { .kind = EVENT_RECORD, .provider = provider, .text = line, .at = *at };
	const char *rest = zoned_time_read(line, &event.time);
	char *message;

	if (!rest || *rest != ' ') {
		line_log_output(log, provider, line, at);
		return;
	}
	message = line_log_copy(log, rest);
	event.channel = line_log_word(&message);
	mean(&event, message);
	line_log_event(log, &event);
}

char *
line_log_copy(struct line_log *log, const char *text)
{
	buffer_clear(&log->words);
	buffer_add_text(&log->words, text);
	return log->words.bytes;
}

char *
line_log_word(char **text)
{
	char *word = *text + strspn(*text, " ");
	size_t length = strcspn(word, " ");

	if (!length)
		return NULL;
	*text = word + length + (word[length] != '\0');
	word[length] = '\0';
	return word;
}

void
line_log_add_owner(struct buffer *out, const char *path)
{
	static const char *const above[] = { "/home/", "/Users/", "/" };
	size_t i = 0;

	while (i + 1 < sizeof above / sizeof above[0] && !text_has_prefix(path, above[i]))
		i++;
	if (text_has_prefix(path, above[i]))
		buffer_add(out, path + strlen(above[i]), strcspn(path + strlen(above[i]), "/"));
}
