/*
 * rules_speed.c - events a second against many rules: rules_speed RULES EVENTS PROCESSES; rules_speed RULES - writes the rules
 *
 * Rules are made like those that are published: most of them over starting processes, with ends of paths, parts of
 * command lines, filters, some expressions and some long lists. Events are those of ordinary work, one in a hundred with
 * words of a rule. Prints events a second of all processes by their time of CPU, matches, and the memory of one process in KiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <t1554triage/rule.h>

enum { WORDS = 9973, EMOJI = 800 };

static const char *const programs[] = { "powershell", "cmd", "rundll32", "reg", "wmic", "net", "schtasks", "certutil",
	"mshta", "cscript", "svchost", "explorer", "chrome", "teams", "outlook", "msiexec" };
static const char *const categories[] = { "process_creation", "process_creation", "process_creation", "process_creation",
	"file_event", "registry_set", "image_load", "network_connection", "dns_query", "process_access" };

static uint64_t random_state;

static unsigned
random_number(unsigned below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % below;
}

static void
add_word(struct buffer *out)
{
	unsigned number = random_number(WORDS);

	buffer_add_format(out, "%c%c%x%s", 'a' + (int)(number % 26), 'a' + (int)(number / 26 % 26), number,
		number % 3 ? "mod" : "option");
}

static void
add_list(struct buffer *out, const char *before, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		buffer_add_format(out, "            - '%s", before);
		add_word(out);
		buffer_add_text(out, "'\n");
	}
}

static void
make_rule(struct buffer *out, unsigned number)
{
	const char *category = categories[number % 10];

	buffer_clear(out);
	buffer_add_format(out, "title: made %u\nid: made-%u\nlevel: medium\nlogsource:\n    product: windows\n    category: %s\n"
		"detection:\n    selection:\n        Image|endswith:\n            - '\\%s.exe'\n            - '\\%s.exe'\n",
		number, number, category, programs[number % 16], programs[number / 16 % 16]);
	buffer_add_format(out, "        %s|contains:\n", number % 4 ? "CommandLine" : "TargetFilename");
	add_list(out, number % 5 ? " -" : "\\", number % 700 == 3 ? EMOJI : 1 + number % 6);
	buffer_add_text(out, "    filter_place:\n        Image|startswith: 'C:\\Program Files\\Vendor'\n"
		"    filter_parent:\n        ParentImage|endswith: '\\services.exe'\n        User: null\n");
	if (number % 18 == 0)
		buffer_add_text(out, "    expression:\n        CommandLine|re: '(?i)frombase64string\\(\\s*[^)]{20,}\\)'\n");
	buffer_add_format(out, "    condition: %s and not 1 of filter_*\n", number % 18 ? "selection" : "(selection or expression)");
}

static void
make_value(struct buffer *out, unsigned number)
{
	buffer_clear(out);
	buffer_add_format(out, "\"C:\\Windows\\System32\\%s.exe\" -NoProfile --type=renderer --lang=en-US --service-id=%u "
		"--field-trial-handle=%u,%u /c C:\\Users\\somebody\\AppData\\Local\\Temp\\file%u.tmp", programs[number % 16], number,
		random_number(90000), random_number(90000), number);
	if (number % 100 == 0) {
		buffer_add_text(out, " -");
		add_word(out);
	}
}

static void
count_hit(void *context, const struct rule_hit *hit)
{
	(void)hit;
	++*(unsigned long *)context;
}

static void
ask(struct rule_matcher *matcher, unsigned number, struct buffer *command, unsigned long *matches)
{
	static const struct { const char *id; enum event_kind kind; } kinds[] = { { "1", EVENT_PROCESS_STARTED },
		{ "11", EVENT_FILE_CREATED }, { "13", EVENT_RECORD }, { "7", EVENT_IMAGE_LOADED }, { "3", EVENT_NETWORK_CONNECTION } };
	char image[64], process[16];
	struct event_field fields[] = {
		{ "UtcTime", "2026-05-01 10:00:00.123" }, { "ProcessGuid", "{365abb72-3d4a-5cd7-0000-0010c4f20c00}" },
		{ "ProcessId", process }, { "Image", image }, { "FileVersion", "10.0.17763.1 (WinBuild.160101.0800)" },
		{ "Description", "A description of the program" }, { "Product", "Microsoft Windows Operating System" },
		{ "Company", "Microsoft Corporation" }, { "CommandLine", "" }, { "CurrentDirectory", "C:\\Users\\somebody\\" },
		{ "User", "HOST\\somebody" }, { "IntegrityLevel", "Medium" }, { "TargetFilename", "C:\\Users\\somebody\\Documents\\report.docx" },
		{ "Hashes", "SHA1=6f1d0e8e7d9c3b2a1f0e9d8c7b6a5f4e3d2c1b0a,IMPHASH=272245e2988e1e430500b852c4fb5e18" },
		{ "ParentProcessId", "588" }, { "ParentImage", "C:\\Windows\\explorer.exe" },
		{ "ParentCommandLine", "C:\\Windows\\Explorer.EXE" } };
	struct event event = { .provider = "Microsoft-Windows-Sysmon", .channel = "Microsoft-Windows-Sysmon/Operational",
		.id = kinds[number % 5].id, .kind = kinds[number % 5].kind, .fields = fields,
		.field_count = sizeof fields / sizeof fields[0] };

	make_value(command, number);
	snprintf(image, sizeof image, "C:\\Windows\\System32\\%s.exe", programs[number % 16]);
	snprintf(process, sizeof process, "%u", number);
	fields[8].value = command->bytes;
	rule_matcher_ask(matcher, &event, count_hit, matches);
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void
work(const struct rule_set *set, unsigned events, unsigned seed)
{
	struct rule_matcher *matcher = rule_matcher_open(set);
	unsigned long matches = 0;
	struct rusage usage;
	struct buffer command;

	random_state = seed;
	buffer_init(&command, 0);
	for (unsigned i = 0; i < events; i++)
		ask(matcher, i, &command, &matches);
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "matches %lu, KiB %ld\n", matches, usage.ru_maxrss);
	_exit(0);
}

/* For a run of the program: documents of one file. */
static int
write_rules(unsigned rules)
{
	struct buffer text;

	random_state = 1;
	buffer_init(&text, 0);
	for (unsigned i = 0; i < rules; i++) {
		make_rule(&text, i);
		printf("%s%s", i ? "---\n" : "", text.bytes);
	}
	buffer_release(&text);
	return 0;
}

int
main(int argc, char *argv[])
{
	unsigned rules = argc > 1 ? (unsigned)atoi(argv[1]) : 3000, events = argc > 2 ? (unsigned)atoi(argv[2]) : 200000;
	unsigned processes = argc > 3 ? (unsigned)atoi(argv[3]) : 2;
	static const struct rule_sink silent;
	struct rule_set *set = rule_set_open();
	struct rusage usage;
	struct buffer text;
	double begin = now(), seconds;

	if (argc == 3 && !strcmp(argv[2], "-"))
		return write_rules(rules);
	random_state = 1;
	buffer_init(&text, 0);
	for (unsigned i = 0; i < rules; i++) {
		make_rule(&text, i);
		rule_set_add(set, "made.yml", text.bytes, text.length, false, &silent);
	}
	rule_set_compile(set, &silent);
	printf("loaded %zu rules in %.0f ms\n", rule_set_count(set), (now() - begin) * 1000);
	fflush(stdout);
	for (unsigned i = 0; i < processes; i++)
		if (!fork())
			work(set, events, i + 2);
	while (wait(NULL) > 0)
		;
	getrusage(RUSAGE_CHILDREN, &usage);
	/* By the time of the cores: others may use them, too. */
	seconds = ((double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
		((double)usage.ru_utime.tv_usec + (double)usage.ru_stime.tv_usec) / 1e6) / processes;
	printf("events_a_second %.0f\nkib %ld\n", events * (double)processes / seconds, usage.ru_maxrss);
	return 0;
}
