/* hids_alert.h - what an alert of OSSEC or Wazuh is about.  Private to eventlog. */
#ifndef T1554TRIAGE_HIDS_ALERT_H
#define T1554TRIAGE_HIDS_ALERT_H

#include "message.h"

/* text: the lines that the alert is about; description: of its rule. Either may be NULL. Adds fields. */
struct message_meaning hids_alert_read(struct field_list *fields, const char *text, const char *description);

/*
 * A manager keeps the alerts of many hosts: only those of the host that it runs on ("000", or no agent) speak of files
 * of this evidence. Those of others name no file and are records.
 */
void hids_alert_keep_local(struct message_meaning *meaning, const char *agent);

#endif
