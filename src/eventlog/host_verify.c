/*
 * host_verify.c - what the suspect host's own package manager said when a
 * collector asked it (dpkg(1) --verify, rpm(8) VERIFY OPTIONS):
 *
 *	??5??????   /usr/bin/program
 *	??5?????? c /etc/ssh/sshd_config
 *	S.5....T.  c /etc/yum.conf
 *	missing     /usr/share/doc/x
 *
 * A letter says what differs (S size, M mode, 5 digest, D device, L link, U user,
 * G group, T time, P capabilities), a point what agrees, a question mark what was
 * not compared; the letter in front of the path is the kind of file, c for
 * configuration.  A program that was replaced on that host may have written
 * these lines, so they are shown and never judged by.
 */
#include <string.h>

#include <t1554triage/eventlog.h>
#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

enum { FLAGS_LENGTH = 9, FLAGS_LENGTH_OLD = 8 };	/* rpm before 4.6 had no P */

/* The parts of a line, cut in a copy of it. */
struct verify_line {
	char *flags, *kind, *path;
};

static bool
flags_are_known(const char *flags)
{
	size_t length = strlen(flags);

	return !strcmp(flags, "missing") ||
		((length == FLAGS_LENGTH || length == FLAGS_LENGTH_OLD) && strspn(flags, "SM5DLUGTP.?") == length);
}

/* "FLAGS [KIND] /PATH"; the path goes to the end of the line. */
static bool
cut_line(char *text, struct verify_line *ret_line)
{
	char *flags_end = text + strcspn(text, " "), *at = flags_end + strspn(flags_end, " ");
	struct verify_line line = { .flags = text };

	if (at[0] && at[0] != '/' && at[1] == ' ') {
		line.kind = at;
		at += 1 + strspn(at + 1, " ");
		line.kind[1] = '\0';
	}
	line.path = at;
	if (at == flags_end || *at != '/')
		return false;
	*flags_end = '\0';
	*ret_line = line;
	return flags_are_known(line.flags);
}

static void
hand_out(const struct verify_line *parts, const char *provider, const char *text, const struct place *at,
	const struct event_sink *out)
{
	const struct event_field fields[] = { { "flags", parts->flags }, { "file_kind", parts->kind } };
	const struct event event = {
		.kind = EVENT_RECORD, .provider = provider, .object = parts->path, .text = text,
		.fields = fields, .field_count = parts->kind ? 2 : 1, .at = *at,
	};

	out->event(out->context, &event);
}

/* Lines of other forms are the tool's remarks ("Unsatisfied dependencies ..."): records without a path. */
static void
take_line(const char *line, const char *provider, const struct place *at, struct buffer *copy,
	const struct event_sink *out)
{
	const struct event remark = { .kind = EVENT_RECORD, .provider = provider, .text = line, .at = *at };
	struct verify_line parts;

	buffer_clear(copy);
	buffer_add_text(copy, line);
	if (cut_line(copy->bytes, &parts))
		hand_out(&parts, provider, line, at, out);
	else
		out->event(out->context, &remark);
}

static enum status
read_artifact(const struct artifact *artifact, const struct event_sink *out, const struct notes *notes)
{
	const char *provider = text_has_prefix(text_base_name(artifact->path), "rpm") ? "rpm -V" : "dpkg -V";
	struct line_reader reader;
	struct source *source;
	struct buffer copy;
	enum status status = artifact_open(artifact, notes, &source);
	uint64_t lines = 0;
	size_t length;
	char *line;

	if (status != STATUS_OK && status != STATUS_DAMAGED)
		return status;
	buffer_init(&copy, 0);
	line_reader_init(&reader, source, &artifact->place, notes);
	while (lines < limit_get(LIMIT_EVENTS) && line_reader_next(&reader, &line, &length)) {
		lines++;
		if (length)
			take_line(line, provider, &reader.place, &copy, out);
	}
	if (lines >= limit_get(LIMIT_EVENTS))
		status = note(notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &reader.place, "lines from here on were left out (events)");
	note(notes, STATUS_OK, NOTE_ARTIFACT_CLAIM, &artifact->place,
		"%llu lines of \"%s\" are the suspect host's own statement about itself: they are shown and not judged by",
		(unsigned long long)lines, provider);
	status = status_worse(status, reader.status);
	line_reader_release(&reader);
	buffer_release(&copy);
	source_close(source);
	return status;
}

static enum status
parse_host_verify(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < group->count; i++)
		status = status_worse(status, read_artifact(&group->items[i], out, notes));
	return status;
}

const struct eventlog_driver host_verify_eventlog = {
	.name        = "host_verify",
	.description = "what the living host said of its packages to a collector (dpkg -V, rpm -V)",
	.files       = (const char *const[]){ "/$Collector/live_response/packages/dpkg_-V.txt",
		"/$Collector/live_response/packages/rpm_-V_-a.txt", NULL },
	.parse       = parse_host_verify,
};
