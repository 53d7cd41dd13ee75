/* test_eventlog.c - each kind of event is called as its row of event_kind.def is. */
#include <ctype.h>

#include <t1554triage/eventlog.h>

#include "tap.h"

static const char *const rows[] = {
#define EVENT_KIND(name, meaning) #name,
#include <t1554triage/event_kind.def>
#undef EVENT_KIND
};

int
main(void)
{
	for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
		char lower[64] = "";

		for (size_t i = 0; rows[kind][i] && i + 1 < sizeof lower; i++)
			lower[i] = (char)tolower((unsigned char)rows[kind][i]);
		IS_TEXT(event_kind_names[kind], lower, "its name");
	}
	return tap_done();
}
