/* nearby.h - events that are shown beside a change, because they tell who was there or what was being deployed.  Layer: eventlog. */
#ifndef T1554TRIAGE_NEARBY_H
#define T1554TRIAGE_NEARBY_H

#include <t1554triage/eventlog.h>

enum nearby {
	NEARBY_NOTHING,
	NEARBY_LOGIN,		/* somebody logged in: to a shell, by SSH, by FTP */
	NEARBY_DEPLOYMENT,	/* configuration management was at work: Ansible, Puppet, Chef, Salt, cloud-init */
	NEARBY_COMMAND,		/* a command was run with the rights of another user, by sudo */
	NEARBY_REPORT,		/* an integrity checker reported its object, a file, as changed, added or removed */
};

/* Which of them an event is, with its fields; what was refused is none. */
enum nearby event_nearby(const struct event *event);

/* The same where the fields are no longer there and event_nearby said that it is one. */
enum nearby event_nearby_kept(const struct event *event);

#endif
