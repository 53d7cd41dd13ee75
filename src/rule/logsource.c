/* logsource.c - the log sources of rules and the events they mean. */
#include <string.h>

#include "set.h"

static const struct event_class classes[] = {
#define SYSMON(category, ids, object) \
	{ "windows", category, "sysmon", "Microsoft-Windows-Sysmon", NULL, ids, EVENT_KIND_COUNT, object, false },
#define CHANNEL(service, channel) \
	{ "windows", NULL, service, NULL, channel, NULL, EVENT_KIND_COUNT, NULL, false },
#define PROVIDED(category, service, provider, ids) \
	{ "windows", category, service, provider, NULL, ids, EVENT_KIND_COUNT, NULL, false },
#define LINUX_SYSMON(category, ids) \
	{ "linux", category, "sysmon", "Linux-Sysmon", NULL, ids, EVENT_KIND_COUNT, NULL, false },
#define KIND(product, category, provider, channel, kind, object) \
	{ product, category, NULL, provider, channel, NULL, EVENT_##kind, object, true },
#define SERVICE(product, service, provider, channel) \
	{ product, NULL, service, provider, channel, NULL, EVENT_KIND_COUNT, NULL, false },
#include "logsource.def"
#undef SERVICE
#undef KIND
#undef LINUX_SYSMON
#undef PROVIDED
#undef CHANNEL
#undef SYSMON
	{ .product = NULL },
};

const struct event_class *
event_classes(void)
{
	return classes;
}

static bool
is_among(const char *ids, const char *id)
{
	size_t length = id ? strlen(id) : 0;
	const char *at = ids;

	while (length && (at = strstr(at, id))) {
		if (at > ids && at[-1] == ' ' && at[length] == ' ')
			return true;
		at++;
	}
	return false;
}

bool
event_class_has(const struct event_class *class, const struct event *event)
{
	return (!class->provider || (event->provider && !strcmp(class->provider, event->provider))) &&
	       (!class->channel || (event->channel && !strcmp(class->channel, event->channel))) &&
	       (!class->ids || is_among(class->ids, event->id)) &&
	       (class->kind == EVENT_KIND_COUNT || class->kind == (int)event->kind);
}

static bool
asks_for(const char *asked, const char *is)
{
	return !asked || (is && !strcmp(asked, is));
}

bool
rule_source_takes(const struct rule_source *source, const struct event_class *class)
{
	return asks_for(source->product, class->product) && asks_for(source->category, class->category) &&
	       asks_for(source->service, class->service);
}
