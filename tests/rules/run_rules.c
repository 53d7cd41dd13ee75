/*
 * run_rules.c - the rules of a case against its events: run_rules CASE
 *
 * CASE/rules.yml are the rules, or the catalog where it is not there; CASE/events holds records of events, each
 * followed by its fields in lines that begin with a tab: "<tab>Image: /usr/sbin/setcap". What is refused and what
 * matches is written to standard output, correlations last.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <t1554triage/rule.h>
#include <t1554triage/text.h>

struct playing {
	struct rule_set     *set;
	struct rule_matcher *matcher;
	struct arena         arena;
	struct event         event;
	struct event_field  *fields;
	size_t               field_count, field_capacity;
	size_t               number;		/* of the event, from 1 */
	struct rule_match   *matches;
	size_t               match_count, match_capacity;
};

static void
refused(void *context, const struct rule_refusal *refusal)
{
	(void)context;
	printf("refused %s:%u: %s\n", text_base_name(refusal->file), (unsigned)refusal->line, refusal->reason);
}

static void
unread(void *context, const char *source, size_t rules)
{
	(void)context;
	printf("not asked %zu: %s\n", rules, source);
}

static void
hit(void *context, const struct rule_hit *found)
{
	struct playing *playing = context;

	if (!found->rule->is_silent)
		printf("event %zu: %s%s%s\n", playing->number, found->rule->id, found->object ? " of " : "",
			found->object ? found->object : "");
	playing->matches = memory_grow(playing->matches, playing->match_count, &playing->match_capacity,
		sizeof *playing->matches);
	playing->matches[playing->match_count++] = (struct rule_match){ .rule = found->rule, .number = found->rule->number,
		.time = playing->event.time, .at = playing->event.at, .order = playing->number,
		.group = arena_copy_text(&playing->arena, found->group) };
}

static void
correlated(void *context, const struct rule_match *match)
{
	(void)context;
	printf("events to %llu: %s\n", (unsigned long long)match->order, match->rule->id);
}

static void
ask(struct playing *playing)
{
	if (!playing->number)
		return;
	playing->event.fields = playing->fields;
	playing->event.field_count = playing->field_count;
	rule_matcher_ask(playing->matcher, &playing->event, hit, playing);
	playing->field_count = 0;
}

static void
take_line(struct playing *playing, const char *line, size_t length)
{
	const char *colon = strchr(line, ':');

	if (*line == '#' || !length)
		return;
	if (*line == '\t' && colon) {
		playing->fields = memory_grow(playing->fields, playing->field_count, &playing->field_capacity,
			sizeof *playing->fields);
		playing->fields[playing->field_count++] = (struct event_field){
			arena_copy(&playing->arena, line + 1, (size_t)(colon - line) - 1),
			arena_copy_text(&playing->arena, colon + 1 + (colon[1] == ' ')) };
		return;
	}
	ask(playing);
	if (record_read(line, length, &event_record, &playing->arena, &playing->event) != STATUS_OK) {
		printf("not an event: %s\n", line);
		exit(1);
	}
	playing->number++;
}

static void
play(struct playing *playing, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	if (!file)
		return;
	while ((length = getline(&line, &size, file)) >= 0) {
		if (length && line[length - 1] == '\n')
			line[--length] = '\0';
		take_line(playing, line, (size_t)length);
	}
	ask(playing);
	free(line);
	fclose(file);
}

int
main(int argc, char *argv[])
{
	struct playing playing = { .set = rule_set_open() };
	const struct rule_sink sink = { .refused = refused, .unread = unread };
	char path[4096];

	if (argc != 2)
		return 64;
	arena_init(&playing.arena);
	snprintf(path, sizeof path, "%s/rules.yml", argv[1]);
	if (!rule_set_add_folder(playing.set, path, false, &sink))
		rule_set_add_catalog(playing.set, &sink);
	rule_set_compile(playing.set, &sink);
	playing.matcher = rule_matcher_open(playing.set);
	snprintf(path, sizeof path, "%s/events", argv[1]);
	play(&playing, path);
	rules_correlate(playing.set, playing.matches, playing.match_count, correlated, NULL);
	rule_matcher_close(playing.matcher);
	rule_set_close(playing.set);
	memory_free(playing.matches);
	memory_free(playing.fields);
	arena_release(&playing.arena);
	return 0;
}
