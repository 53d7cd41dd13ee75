/* log_span.c - what time a log covers: first and last record, silences, records that go back in time */
#include "log_span.h"

/* What an hour holds is one doing; clocks that are set to summer time and threads that write out of order are no jump back. */
enum { SILENCE_SECONDS = 3600, BACK_SECONDS = 7200 };

static void
take_silence(struct artifact_seen *seen, const struct timestamp *from, const struct timestamp *to)
{
	int64_t seconds;

	if (!timestamp_is_recorded(from) || !timestamp_is_recorded(to) || from->local != to->local || to->seconds <= from->seconds)
		return;
	seconds = to->seconds - from->seconds;
	if (seconds < SILENCE_SECONDS)
		return;
	seen->silences++;
	seen->silence_seconds += (uint64_t)seconds;
	if (!timestamp_is_recorded(&seen->silence_from) || seconds > seen->silence_to.seconds - seen->silence_from.seconds) {
		seen->silence_from = *from;
		seen->silence_to = *to;
	}
}

void
log_span_take(struct log_span *span, const struct timestamp *time, uint64_t line)
{
	struct artifact_seen *seen = &span->seen;

	seen->records++;
	if (!timestamp_is_recorded(time))
		return;
	if (timestamp_is_recorded(&span->previous) && time->local == span->previous.local &&
	    time->seconds < span->previous.seconds - BACK_SECONDS && !seen->times_back++)
		seen->back_line = line;
	take_silence(seen, &seen->last, time);
	if (!timestamp_is_recorded(&seen->first) || timestamp_compare(time, &seen->first) < 0)
		seen->first = *time;
	if (!timestamp_is_recorded(&seen->last) || timestamp_compare(time, &seen->last) > 0)
		seen->last = *time;
	span->previous = *time;
}

void
log_span_follow(struct log_span *span, const struct timestamp *last_before)
{
	take_silence(&span->seen, last_before, &span->seen.first);
}
