/* screen.c - notes and one line of progress on standard error. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <t1554triage/json.h>
#include <t1554triage/text.h>

#include "cli.h"

bool
print_all(FILE *to, const char *text, size_t length)
{
	return fwrite(text, 1, length, to) == length;
}

static void
clear_line(struct screen *screen)
{
	if (screen->has_line)
		fputs("\r\033[K", stderr);
	screen->has_line = false;
}

static void
show_note(void *context, const struct note *note)
{
	struct screen *screen = context;
	struct buffer text;

	if (screen->quiet)
		return;
	if (!screen->verbose && !note->incomplete) {
		screen->notes_hidden++;
		return;
	}
	clear_line(screen);
	buffer_init(&text, 0);
	buffer_add_text(&text, "t1554triage: ");
	if (note->at.evidence)
		buffer_add_format(&text, "%s%s%s: ", note->at.evidence, note->at.volume ? "/" : "",
			note->at.volume ? note->at.volume : "");
	text_add_visible(&text, note->text, strlen(note->text));
	buffer_add_char(&text, '\n');
	print_all(stderr, text.bytes, text.length);
	buffer_release(&text);
}

static void
show_progress(void *context, const char *stage, uint64_t done, uint64_t known, uint64_t bytes)
{
	struct screen *screen = context;
	struct buffer line;
	struct json json;

	if (screen->shows_line) {
		fprintf(stderr, "\r\033[K%s: %llu of %llu, %llu MB", stage, (unsigned long long)done,
			(unsigned long long)known, (unsigned long long)(bytes / 1000000));
		screen->has_line = true;
	}
	if (!screen->shows_json)
		return;
	buffer_init(&line, 0);
	json_init(&json, &line);
	json_begin_object(&json, NULL);
	json_text(&json, "stage", stage);
	json_u64(&json, "done", done);
	json_u64(&json, "known", known);
	json_u64(&json, "bytes", bytes);
	json_end_object(&json);
	json_end_line(&json);
	print_all(stderr, line.bytes, line.length);
	buffer_release(&line);
}

void
screen_init(struct screen *screen, const struct command_line *line)
{
	*screen = (struct screen){ .quiet = line->quiet, .verbose = line->verbose,
		.shows_line = line->progress == PROGRESS_AUTO && isatty(STDERR_FILENO),
		.shows_json = line->progress == PROGRESS_JSON };
}

struct triage_observer
screen_observer(struct screen *screen)
{
	return (struct triage_observer){ show_note, show_progress, screen };
}

void
screen_end(struct screen *screen)
{
	clear_line(screen);
	if (screen->notes_hidden && !screen->quiet)
		fprintf(stderr, "t1554triage: %llu further notes that make nothing incomplete stand in the report (-v shows them)\n",
			(unsigned long long)screen->notes_hidden);
}
