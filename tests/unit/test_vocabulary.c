/* test_vocabulary.c - one name for a field of any log, one form for its value. */
#include <t1554triage/event_vocabulary.h>

#include "tap.h"

static struct buffer scratch;

static const char *
form(enum value_form form, const char *value)
{
	return value_in_form(value, form, &scratch);
}

static void
values_have_one_form(void)
{
	IS_TEXT(form(VALUE_TEXT, "-"), NULL, "a dash is absent");
	IS_TEXT(form(VALUE_TEXT, ""), NULL, "nothing is absent");
	IS_TEXT(form(VALUE_NUMBER, "(null)"), NULL, "what auditd writes for nothing is absent");
	IS_TEXT(form(VALUE_TEXT, "- x"), "- x", "a text that begins with a dash is one");
	IS_TEXT(form(VALUE_NUMBER, "0x24c"), "588", "a process id in hexadecimal");
	IS_TEXT(form(VALUE_NUMBER, "588"), "588", "and in decimal");
	IS_TEXT(form(VALUE_NUMBER, "588x"), "588x", "what is no number stays");
	IS_TEXT(form(VALUE_HEX, "0x00100080"), "0x100080", "zeros before are left out");
	IS_TEXT(form(VALUE_HEX, "1048704"), "0x100080", "a mask in decimal");
	IS_TEXT(form(VALUE_HEX, "0X1F"), "0x1f", "lower case");
	IS_TEXT(form(VALUE_GUID, "{FF032593-A8D3-4F13-B0D6-01FC615A0F97}"), "ff032593-a8d3-4f13-b0d6-01fc615a0f97",
		"braces go");
	IS_TEXT(form(VALUE_DIGEST, "AB01"), "ab01", "digests in lower case");
	IS_TEXT(form(VALUE_DIGEST, "00000000000000000000000000000000"), NULL, "zeros are no digest");
	IS_TEXT(form(VALUE_LEVEL, "S-1-16-12288"), "High", "a label is a level");
}

static void
paths_have_one_form(void)
{
	IS_TEXT(form(VALUE_PATH, "\\??\\C:\\a.exe"), "C:\\a.exe", "the object manager's prefix");
	IS_TEXT(form(VALUE_PATH, "\\\\?\\C:\\a.exe"), "C:\\a.exe", "the prefix of long paths");
	IS_TEXT(form(VALUE_PATH, "\\??\\UNC\\host\\share"), "\\\\host\\share", "a share stays a share");
	IS_TEXT(form(VALUE_PATH, "\\SystemRoot\\System32\\a.sys"), "C:\\Windows\\System32\\a.sys", "the folder of Windows");
	IS_TEXT(form(VALUE_PATH, "%systemroot%\\a.exe"), "C:\\Windows\\a.exe", "the same as a variable");
	IS_TEXT(form(VALUE_PATH, "\\Device\\HarddiskVolume3\\Windows\\a.exe"), "C:\\Windows\\a.exe",
		"a device with the folders of the system drive");
	IS_TEXT(form(VALUE_PATH, "\\Device\\HarddiskVolume4\\data\\a.exe"), "\\Device\\HarddiskVolume4\\data\\a.exe",
		"the drive of another volume is not guessed");
	IS_TEXT(form(VALUE_PATH, "/usr//bin///ls"), "/usr/bin/ls", "one separator");
	IS_TEXT(form(VALUE_PATH, "\\\\host\\share\\a"), "\\\\host\\share\\a", "a share");
}

static void
fields_have_one_name(void)
{
	static const struct event_field started[] = { { "NewProcessId", "0x24c" }, { "ProcessId", "0x10" },
		{ "NewProcessName", "C:\\x.exe" }, { "ParentProcessName", "-" } };
	static const struct event_field file[] = { { "FileName", "x" }, { "FolderPath", "/tmp/x" } };
	static const struct event_field sysmon[] = { { "image", "C:\\x.exe" } };
	const struct event security = { .provider = "Microsoft-Windows-Security-Auditing", .id = "4688",
		.fields = started, .field_count = 4 };
	const struct event defender = { .provider = "Defender", .channel = "DeviceFileEvents", .fields = file, .field_count = 2 };
	const struct event own = { .provider = "Microsoft-Windows-Sysmon", .id = "1", .fields = sysmon, .field_count = 1 };

	IS_TEXT(event_vocabulary(&security)->name, "Security 4688", "an event has its vocabulary");
	IS_TEXT(event_value(&security, EVENT_NAME_Image, &scratch), "C:\\x.exe", "a name of 4688");
	IS_TEXT(event_value(&security, EVENT_NAME_ProcessId, &scratch), "588", "the new process");
	IS_TEXT(event_value(&security, EVENT_NAME_ParentProcessId, &scratch), "16", "what 4688 calls ProcessId is the parent's");
	IS_TEXT(event_value(&security, EVENT_NAME_ParentImage, &scratch), NULL, "a dash is an absent parent");
	IS_TEXT(event_value(&security, EVENT_NAME_EventID, &scratch), "4688", "the number of the event");
	IS_TEXT(event_value(&defender, EVENT_NAME_TargetFilename, &scratch), "/tmp/x", "the word that stands first is taken");
	IS_TEXT(event_value(&defender, EVENT_NAME_Image, &scratch), NULL, "the file is not the program");
	IS_TEXT(event_value(&own, EVENT_NAME_Image, &scratch), "C:\\x.exe", "the one name itself, whatever its case");
	OK(!event_vocabulary(&(struct event){ .provider = "dpkg" })->name, "a log without words of its own");
}

/* A table where a word stands twice in one vocabulary says two things. */
static void
words_are_told_apart(void)
{
	bool twice = false;

	for (const struct vocabulary *row = vocabularies(); row->name; row++)
		for (const struct vocabulary_word *word = row->words; word->called; word++)
			for (const struct vocabulary_word *other = word + 1; other->called; other++)
				twice |= !strcmp(word->called, other->called);
	OK(!twice, "no word has two meanings in one vocabulary");
}

int
main(void)
{
	buffer_init(&scratch, 0);
	values_have_one_form();
	paths_have_one_form();
	fields_have_one_name();
	words_are_told_apart();
	buffer_release(&scratch);
	return tap_done();
}
