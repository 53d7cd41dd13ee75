/* export.h - records of other products as JSON or CSV, wherever they lie.  Private to eventlog. */
#ifndef T1554TRIAGE_EXPORT_H
#define T1554TRIAGE_EXPORT_H

#include <t1554triage/eventlog.h>

/* Every record of every file of the group, told by the rows of export.def. */
enum status export_parse(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes);

#endif
