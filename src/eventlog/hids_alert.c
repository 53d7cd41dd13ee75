/*
 * hids_alert.c - what an alert of OSSEC or Wazuh is about: files that their integrity check saw change, and what their other
 * checks and the scanners that they listen to reported
 *
 *	Integrity checksum changed for: '/bin/ls'
 *	File '/bin/ls' modified
 *	Old md5sum was: '...'
 *	New md5sum is : '...'
 *	Rootkit 'NAME' detected by the presence of file '/usr/lib/x'.
 *	Nov 25 10:00:00 web1 clamd[812]: /tmp/x: Unix.Trojan.Generic FOUND
 *
 * Texts: OSSEC src/analysisd/decoders/syscheck.c, src/rootcheck; Wazuh src/analysisd/decoders/syscheck.c. The time is that of the
 * scan that saw it: the file changed earlier.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "hids_alert.h"

static const struct { const char *before, *after; enum event_kind kind; } sentences[] = {
	{ "Integrity checksum changed for: '", "'",               EVENT_FILE_CHANGED },
	{ "Integrity checksum of file '",      "' has changed",   EVENT_FILE_CHANGED },
	{ "New file '",                        "' added",         EVENT_FILE_CREATED },
	{ "File '",                            "' modified",      EVENT_FILE_CHANGED },
	{ "File '",                            "' checksum changed", EVENT_FILE_CHANGED },
	{ "File '",                            "' was deleted",   EVENT_FILE_DELETED },
	{ "File '",                            "' deleted",       EVENT_FILE_DELETED },
	{ "File '",                            "' was added",     EVENT_FILE_CREATED },
	{ "File '",                            "' added",         EVENT_FILE_CREATED },
	{ " version of file '",              "' detected",      EVENT_DETECTION },
	{ "by the presence of file '",         "'",               EVENT_DETECTION },
	{ "Anomaly detected in file '",        "'",               EVENT_DETECTION },
};

static const struct { const char *before, *name; size_t digits; } digests[] = {
	{ "New md5sum is : '", "md5", 32 }, { "New sha1sum is : '", "sha1", 40 }, { "New sha256sum is : '", "sha256", 64 },
};

/* The file of the first sentence that is known: names with a quote within are taken to the words behind them. */
static bool
read_sentence(struct field_list *fields, const char *text, enum event_kind *ret_kind)
{
	for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
		const char *path = strstr(text, sentences[i].before), *end;

		if (!path)
			continue;
		path += strlen(sentences[i].before);
		end = strstr(path, sentences[i].after);
		if (!end || end == path || memchr(path, '\n', (size_t)(end - path)))
			continue;
		field_list_add(fields, "TargetFilename", 14, path, (size_t)(end - path));
		*ret_kind = sentences[i].kind;
		return true;
	}
	return false;
}

static void
add_digests(struct field_list *fields, const char *text)
{
	for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
		const char *value = strstr(text, digests[i].before);

		if (!value)
			continue;
		value += strlen(digests[i].before);
		if (strspn(value, "0123456789abcdefABCDEF") == digests[i].digits)
			field_list_add(fields, digests[i].name, strlen(digests[i].name), value, digests[i].digits);
	}
}

/* What decoders of other products put into fields of their own. */
static bool
read_decoded(struct field_list *fields)
{
	static const struct { const char *file, *threat, *found; } products[] = {
		{ "data.virustotal.source.file", "data.virustotal.permalink", "data.virustotal.malicious" },
		{ "data.yara_scanned_file", "data.yara_rule", "data.yara_rule" },
	};

	for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
		const char *file = field_list_value(fields, products[i].file);
		const char *found = field_list_value(fields, products[i].found);
		struct buffer copy;

		if (!file || !found || !strcmp(found, "0"))
			continue;
		/* The list's texts move when something is added to it. */
		buffer_init(&copy, 0);
		buffer_add_text(&copy, file);
		field_list_add_text(fields, "TargetFilename", copy.bytes);
		buffer_release(&copy);
		return true;
	}
	return false;
}

static void
add_threat(struct field_list *fields, const char *description)
{
	struct buffer copy;

	if (!description || field_list_value(fields, "ThreatName"))
		return;
	buffer_init(&copy, 0);
	buffer_add_text(&copy, description);
	field_list_add_text(fields, "ThreatName", copy.bytes);
	buffer_release(&copy);
}

struct message_meaning
hids_alert_read(struct field_list *fields, const char *text, const char *description)
{
	static const char clamd[] = "clamd";
	struct message_meaning meaning = { .kind = EVENT_RECORD };
	const char *program = text ? strstr(text, clamd) : NULL, *message;
	struct buffer copy;

	buffer_init(&copy, 0);
	buffer_add_text(&copy, text ? text : "");
	message = program ? strstr(copy.bytes + (program - text), ": ") : NULL;
	if (message && text_has_suffix(message, " FOUND")) {
		meaning = message_read(fields, clamd, message + 2);
	} else if (read_sentence(fields, copy.bytes, &meaning.kind)) {
		add_digests(fields, copy.bytes);
	} else if (read_decoded(fields)) {
		meaning.kind = EVENT_DETECTION;
	}
	buffer_release(&copy);
	if (meaning.kind == EVENT_RECORD)
		return meaning;
	meaning.object = "TargetFilename";
	if (meaning.kind == EVENT_DETECTION) {
		add_threat(fields, description);
		meaning.subject = "ThreatName";
	}
	return meaning;
}

void
hids_alert_keep_local(struct message_meaning *meaning, const char *agent)
{
	if (agent && strspn(agent, "0") != strlen(agent))
		*meaning = (struct message_meaning){ .kind = EVENT_RECORD };
}
