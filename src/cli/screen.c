/* screen.c - notes, early findings and one line of progress on standard error. */
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <t1554triage/json.h>
#include <t1554triage/text.h>

#include "cli.h"

enum { FINDINGS_SHOWN = 20, RATE_MILLISECONDS = 900 };

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
	/* Most sentences name their file; the others are read beside it in the report, and here alone. */
	if (note->at.path && !strstr(note->text, note->at.path)) {
		text_add_visible(&text, note->at.path, strlen(note->at.path));
		buffer_add_text(&text, ": ");
	}
	text_add_visible(&text, note->text, strlen(note->text));
	buffer_add_char(&text, '\n');
	print_all(stderr, text.bytes, text.length);
	buffer_release(&text);
}

/* Only those that come while the media are still being verified: the report says the last word. */
static void
show_finding(void *context, const struct finding *finding, const char *said)
{
	struct screen *screen = context;
	struct buffer text;

	if (screen->quiet || screen->findings_shown++ >= FINDINGS_SHOWN)
		return;
	clear_line(screen);
	buffer_init(&text, 0);
	buffer_add_format(&text, "t1554triage: finding (%s, provisional until the medium is verified): ",
		severity_names[finding->severity]);
	text_add_visible(&text, said, strlen(said));
	buffer_add_char(&text, '\n');
	print_all(stderr, text.bytes, text.length);
	buffer_release(&text);
}

static void
print_line(struct buffer *line)
{
	print_all(stderr, line->bytes, line->length);
	buffer_release(line);
}

static void
show_finding_json(void *context, const struct finding *finding, const char *said)
{
	struct buffer line;
	struct json json;

	(void)context;
	buffer_init(&line, 0);
	json_init(&json, &line);
	json_begin_object(&json, NULL);
	json_text(&json, "finding", finding->check->id);
	json_text(&json, "severity", severity_names[finding->severity]);
	json_bool(&json, "provisional", true);
	json_path(&json, "path", finding->file ? finding->file->entry.path : finding->subject->path);
	json_text(&json, "text", said);
	json_end_object(&json);
	json_end_line(&json);
	print_line(&line);
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
add_time(struct buffer *line, double seconds)
{
	if (seconds < 120)
		buffer_add_format(line, "%.0f s", seconds);
	else if (seconds < 7200)
		buffer_add_format(line, "%.0f min", seconds / 60);
	else
		buffer_add_format(line, "%.1f h", seconds / 3600);
}

/* Seconds until this stage and the integrity pass are through, at the pace so far; below 0: not known. */
static double
seconds_left(const struct screen *screen, const struct triage_progress *now, double at)
{
	double of_stage = -1, of_media = -1;

	if (now->done && now->known >= now->done)
		of_stage = (at - screen->stage_began) * (double)(now->known - now->done) / (double)now->done;
	if (now->media_done && now->media_bytes >= now->media_done)
		of_media = (at - screen->began) * (double)(now->media_bytes - now->media_done) / (double)now->media_done;
	return of_stage > of_media ? of_stage : of_media;
}

static void
add_progress(struct buffer *line, const struct screen *screen, const struct triage_progress *now)
{
	double at = seconds_now(), left = seconds_left(screen, now, at);
	uint64_t bytes = now->bytes + now->media_done;

	buffer_add_text(line, now->stage);
	if (*now->unit)
		buffer_add_format(line, ": %llu of %llu %s", (unsigned long long)now->done,
			(unsigned long long)now->known, now->unit);
	buffer_add_format(line, ", %llu MB", (unsigned long long)(bytes / 1000000));
	if (screen->rate > 0)
		buffer_add_format(line, ", %.0f MB/s", screen->rate / 1e6);
	if (now->media_bytes)
		buffer_add_format(line, ", medium %.0f %%", 100.0 * (double)now->media_done / (double)now->media_bytes);
	if (left >= 0) {
		buffer_add_text(line, ", ");
		add_time(line, left);
		buffer_add_text(line, " left");
	}
}

/* A line that is wider than the terminal could not be taken back. */
static void
cut_to_terminal(struct buffer *line)
{
	struct winsize size;
	size_t columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < 2 ? 80 : size.ws_col;

	if (line->length > columns - 1)
		buffer_truncate(line, columns - 1);
}

/* The rate is that of the last whole second; stages that are shorter do not change it. */
static void
follow(struct screen *screen, const struct triage_progress *now)
{
	uint64_t bytes = now->bytes + now->media_done;
	double at = seconds_now();

	if (screen->stage != now->stage) {
		screen->stage = now->stage;
		screen->stage_began = at;
	}
	if ((at - screen->last_at) * 1000 < RATE_MILLISECONDS || bytes < screen->last_bytes)
		return;
	screen->rate = (double)(bytes - screen->last_bytes) / (at - screen->last_at);
	screen->last_at = at;
	screen->last_bytes = bytes;
}

static void
show_progress(void *context, const struct triage_progress *now)
{
	struct screen *screen = context;
	struct buffer line;

	follow(screen, now);
	buffer_init(&line, 0);
	add_progress(&line, screen, now);
	cut_to_terminal(&line);
	fprintf(stderr, "\r\033[K%s", line.bytes);
	buffer_release(&line);
	screen->has_line = true;
}

static void
show_progress_json(void *context, const struct triage_progress *now)
{
	struct buffer line;
	struct json json;

	(void)context;
	buffer_init(&line, 0);
	json_init(&json, &line);
	json_begin_object(&json, NULL);
	json_text(&json, "stage", now->stage);
	json_text(&json, "unit", now->unit);
	json_u64(&json, "done", now->done);
	json_u64(&json, "known", now->known);
	json_u64(&json, "bytes", now->bytes);
	json_u64(&json, "media_done", now->media_done);
	json_u64(&json, "media_bytes", now->media_bytes);
	json_end_object(&json);
	json_end_line(&json);
	print_line(&line);
}

void
screen_init(struct screen *screen, const struct command_line *line)
{
	*screen = (struct screen){ .quiet = line->quiet, .verbose = line->verbose, .began = seconds_now(),
		.shows_line = line->progress == PROGRESS_AUTO && isatty(STDERR_FILENO),
		.shows_json = line->progress == PROGRESS_JSON };
	screen->last_at = screen->began;
}

struct triage_observer
screen_observer(struct screen *screen)
{
	return (struct triage_observer){ .note = show_note, .context = screen,
		.finding = screen->shows_json ? show_finding_json : show_finding,
		.progress = screen->shows_json ? show_progress_json : screen->shows_line ? show_progress : NULL };
}

void
screen_end(struct screen *screen)
{
	clear_line(screen);
	if (screen->findings_shown > FINDINGS_SHOWN && !screen->quiet)
		fprintf(stderr, "t1554triage: further findings of high severity in the report: %llu\n",
			(unsigned long long)(screen->findings_shown - FINDINGS_SHOWN));
	if (screen->notes_hidden && !screen->quiet)
		fprintf(stderr, "t1554triage: further notes, which make nothing incomplete (-v shows them): %llu\n",
			(unsigned long long)screen->notes_hidden);
}
