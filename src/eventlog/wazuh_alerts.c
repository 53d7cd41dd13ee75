/*
 * wazuh_alerts.c - alerts of Wazuh as JSON, where its manager runs on this host
 *
 *	{"timestamp":"2023-11-25T10:00:00.123+0000","rule":{"level":7,"description":"...","id":"550"},"agent":{"id":"000",
 *	"name":"web1"},"manager":{"name":"web1"},"full_log":"File '/bin/ls' modified\n...","syscheck":{"path":"/bin/ls",...}}
 *
 * One record a line: a row of export.def, so that the same file can be given beside the image.
 */
#include "export.h"

const struct eventlog_driver wazuh_alerts_eventlog = {
	.name        = "wazuh_alerts",
	.description = "alerts of Wazuh (/var/ossec/logs/alerts/alerts.json and its archives)",
	.files       = (const char *const[]){ "/var/ossec/logs/alerts/alerts.json*", "/var/ossec/logs/alerts/*/*/ossec-alerts-*.json*",
		NULL },
	.is_not_rotated = true,
	.parse       = export_parse,
};
