/*
 * report_sample.c - writes the output folder of a case made by hand, whose names are as hostile as names can be.
 *
 *	report_sample write OUTDIR [empty|many] [KEY CERTIFICATE]
 *	report_sample render ...        the commands of the program
 *	report_sample check-report ...
 *	report_sample summary [text|jsonl]
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/spool_file.h>
#include <t1554triage/limit.h>
#include <t1554triage/report.h>

enum { FILES = 12, FINDINGS = 14, MANY = 54, HUGE = 100000 };

static const char *const hostile_names[FILES] = {
	"/usr/sbin/sshd",
	"/usr/bin/scp",
	"/usr/lib/libz\xe2\x80\xae" "1.so",			/* right-to-left override */
	"/usr/bin/\xd1\x95shd",					/* a letter that looks like an s */
	"/tmp/bad\xff\xfe\xc0\xaf\xed\xa0\x80name",		/* no UTF-8 */
	"/tmp/line\nfeed\ttab\x1b[31m\x01",			/* controls */
	"/tmp/a|b \\ \"quoted\" 'too' ]]> &amp; <script>alert(1)</script>",
	"/opt/ leading and trailing ",
	"/opt/<img src=x onerror=alert(1)>--><!--",
	"/usr/bin/\xef\xbf\xbf\xef\xbf\xbe\xc2\x9b",		/* characters that XML may not hold, a C1 control */
	NULL,							/* 4 KiB, below */
	"/usr/bin/\xe5\xb7\xa5\xe5\x85\xb7",
};

static struct timestamp
at(int64_t seconds, uint32_t nanoseconds)
{
	return (struct timestamp){ .seconds = seconds, .nanoseconds = nanoseconds, .resolution_nanoseconds = 1 };
}

static const char *
long_name(void)
{
	static char name[4097];

	memset(name, 'x', sizeof name - 1);
	memcpy(name, "/opt/", 5);
	return name;
}

static struct installed_system machine = {
	.id = "s1", .os_name = "Debian GNU/Linux 12 (bookworm)", .os_id = "debian", .host_name = "web-01",
	.zone_name = "Europe/Berlin", .complete = true,
	.mounts = &(struct mount){ .where = "/", .filesystem = 0, .subroot = "" }, .mount_count = 1,
};

static struct package openssh = {
	.system = "s1", .manager = "dpkg", .name = "openssh-server", .version = "1:9.2p1-2", .architecture = "amd64",
	.state = "hold ok installed", .is_installed = true, .integrity = DATABASE_PLAIN, .files = 30,
};

static struct package_file sshd_row = {
	.system = "s1", .manager = "dpkg", .package = "openssh-server", .path = "/usr/sbin/sshd",
	.digest = { .algorithm = DIGEST_MD5, .bytes = { 1, 2, 3 } },
	.at = { .evidence = "E1", .system = "s1", .volume = "p2",
		.path = "/var/lib/dpkg/info/openssh-server.md5sums", .line = 9 },
};

static struct package_lock hold = {
	.system = "s1", .manager = "dpkg", .pattern = "openssh-server", .kind = "hold",
	.text = "Status: hold ok installed",
	.at = { .evidence = "E1", .system = "s1", .volume = "p2", .path = "/var/lib/dpkg/status", .line = 20311 },
};

static struct event events[] = {
	{ .system = "s1", .time = { .seconds = 1759817642, .resolution_nanoseconds = 1000000000 }, .kind = EVENT_PACKAGE_UPGRADED,
	  .time_source = "dpkg.log, zone Europe/Berlin", .provider = "dpkg", .id = "upgrade", .object = "openssh-server",
	  .version_old = "1:9.2p1-1", .version_new = "1:9.2p1-2", .text = "2025-10-07 08:14:02 upgrade openssh-server:amd64 1:9.2p1-1 1:9.2p1-2",
	  .at = { .evidence = "E1", .system = "s1", .volume = "p2", .path = "/var/log/dpkg.log", .line = 4120 } },
	{ .system = "s1", .time = { .seconds = 1762927210, .resolution_nanoseconds = 1000000000 }, .kind = EVENT_PACKAGE_TRANSACTION,
	  .provider = "apt", .subject = "apt-get dist-upgrade <b>", .text = "Start-Date: 2025-11-12  07:00:10",
	  .fields = (const struct event_field[]){ { "a\"b\x01", "x" }, { "c", "1" }, { "a\"b\x01", "y" } }, .field_count = 3,
	  .end = { .seconds = 1762927308, .resolution_nanoseconds = 1000000000 },
	  .at = { .evidence = "E1", .volume = "p2", .path = "/var/log/apt/history.log", .line = 7 } },
	{ .system = "s1", .time = { .seconds = 1762927220, .resolution_nanoseconds = 1000000000, .local = true }, .kind = EVENT_RECORD, .text = "zone unknown",
	  .at = { .evidence = "E1", .volume = "p2", .path = "/var/log/odd.log", .line = 1 } },
};

static struct note notes[] = {
	{ .kind = NOTE_FILE_UNREADABLE, .incomplete = true, .text = "the content could not be read: input/output error",
	  .at = { .evidence = "E1", .volume = "p2", .path = "/usr/bin/\xff", .inode = "77" } },
	{ .kind = NOTE_IMAGE_DAMAGED, .incomplete = true, .text = "64 sectors fail their checksum", .length = 32768,
	  .at = { .evidence = "E1", .offset = 1703936 } },
	{ .kind = NOTE_CONTENT_GONE, .text = "deleted content is gone", .files = 3, .at = { .evidence = "E1", .volume = "p2" } },
};

static void
make_file(struct file *file, unsigned number)
{
	static char inodes[FILES][16];
	int64_t changed = 1763086425 + 7 * (int64_t)number;

	snprintf(inodes[number], sizeof inodes[number], "%u", 262411 + number);
	*file = (struct file){
		.number = number, .evidence = "E1", .volume = "p2", .filesystem_type = "ext4", .system = &machine,
		.path = hostile_names[number] ? hostile_names[number] : long_name(),
		.type = number % 3 ? PROGRAM_ELF : PROGRAM_SCRIPT, .digest_origin = "computed",
		.digests = { .known = 1u << DIGEST_MD5 | 1u << DIGEST_SHA1 | 1u << DIGEST_SHA256 },
		.verdict = number == 0 ? VERDICT_KNOWN_BAD : number == 1 ? VERDICT_CHANGED_UNEXPLAINED :
			number == 5 ? VERDICT_UNRELIABLE : number == 11 ? VERDICT_MATCHES_RECORD : VERDICT_UNKNOWN,
		.verdict_why = "compared with the record of its package", .trust = number < 2 ? TRUST_DATABASE : TRUST_NONE,
		.package_state = number < 2 ? PACKAGE_STATE_MODIFIED : PACKAGE_STATE_UNOWNED, .read_twice = number < 2,
		.unreliable = number == 5,
		.entry = {
			.inode = inodes[number], .has = ENTRY_HAS_INODE | ENTRY_HAS_MODE | ENTRY_HAS_OWNER | ENTRY_HAS_SIZE,
			.type = ENTRY_REGULAR, .state = number == 6 ? ENTRY_DELETED : ENTRY_ALLOCATED,
			.size = 1339392 + number, .mode = 0755, .links = 1,
			.capabilities = number == 3 ? 1u << 7 : 0, .capabilities_effective = true,
			.times = { .modified = at(1702900800, 0), .accessed = at(1763194329, 402118377),
				.changed = at(changed, 118220964), .born = at(changed, 118220964) },
		},
	};
	file->entry.path = file->path;
	memset(file->digests.md5, (int)number + 1, sizeof file->digests.md5);
	memset(file->digests.sha1, (int)number + 1, sizeof file->digests.sha1);
	memset(file->digests.sha256, (int)number + 1, sizeof file->digests.sha256);
	if (number < 2 || number == 11) {
		file->package = &openssh;
		file->expected = &sshd_row;
	}
	if (number == 7)	/* no zone, no fraction */
		file->entry.times.changed = (struct timestamp){ .seconds = 1763086425, .resolution_nanoseconds = 2000000000, .local = true };
}

static int
compare_files(const void *left, const void *right)
{
	return strcmp(((const struct file *)left)->path, ((const struct file *)right)->path);
}

static void
make_inventory(struct inventory *inventory)
{
	static struct file files[FILES];
	static struct segment segment = { .size = 1572864000 };
	static struct exhibit exhibit = { .id = "E1", .kind = EXHIBIT_IMAGE, .container = "ewf",
		.segments = &segment, .segment_count = 1 };
	static const struct exhibits exhibits = { .items = &exhibit, .count = 1 };
	static struct acquisition_value values[] = { { "examiner_name", "A. Examiner <a@lab>" }, { "notes", "x\x01y" } };
	static struct damage_range range = { 1703936, 32768 };
	static struct evidence_summary evidence = { .evidence = "E1", .size = 4294967296, .sector_size = 512,
		.acquisition = values, .acquisition_count = 2, .damage = { .ranges = &range, .count = 1 }, .opened = true };
	static struct media_verification verification = { .evidence = "E1", .bytes = 4294967296, .result = "equal",
		.computed = { .known = 1u << DIGEST_MD5 }, .stored = { .known = 1u << DIGEST_MD5 },
		.damaged_bytes = 32768, .damaged_ranges = 1 };
	static struct volume volume = { .evidence = "E1", .name = "p2", .scheme = "gpt", .type = "Linux filesystem data",
		.label = "root", .part_uuid = "0c1d", .start = 1048576, .length = 4293918720 };
	static struct filesystem_summary filesystem = { .fact = { .evidence = "E1", .volume = "p2", .type = "ext4", .uuid = "ab" },
		.count = { .directories = 10, .entries = 200, .regular = 180, .programs = 12, .left_out = 168, .deleted = 1, .complete = true } };
	static struct system_summary summary = { .system = &machine, .zone = { .name = "Europe/Berlin", .known = true },
		.zone_source = "/etc/localtime", .has_database = true, .database_whole = true, .has_package_log = true,
		.packages = 1, .package_files = 30, .locks = 1, .events = 3 };
	static struct artifact_seen artifacts[] = {
		{ .system = "s1", .driver = "dpkg", .table = "package_db", .path = "/var/lib/dpkg/status", .size = 900000, .rows = 1, .result = "read" },
		{ .system = "s1", .driver = "yum_log", .table = "eventlog", .result = "absent" },
	};

	inventory_init(inventory);
	segment.path = exhibit.name = exhibit.path = strdup("case \xff<1>.E01");
	for (unsigned i = 0; i < FILES; i++)
		make_file(&files[i], i);
	qsort(files, FILES, sizeof *files, compare_files);
	inventory->exhibits = &exhibits;
	inventory->evidences = &evidence;
	inventory->evidence_count = 1;
	inventory->verifications = &verification;
	inventory->verification_count = 1;
	inventory->volumes = &volume;
	inventory->volume_count = 1;
	inventory->filesystems = &filesystem;
	inventory->filesystem_count = 1;
	summary.log_first = events[0].time;
	summary.log_last = events[1].time;
	inventory->systems = (struct systems){ .items = &machine, .count = 1 };
	inventory->summaries = &summary;
	inventory->packages = &openssh;
	inventory->package_count = 1;
	inventory->package_files = &sshd_row;
	inventory->package_file_count = 1;
	inventory->locks = &hold;
	inventory->lock_count = 1;
	inventory->events = events;
	inventory->event_count = sizeof events / sizeof *events;
	inventory->notes = notes;
	inventory->note_count = sizeof notes / sizeof *notes;
	inventory->artifacts = artifacts;
	inventory->artifact_count = 2;
	inventory->files = files;
	inventory->file_count = FILES;
}

static const struct file *
file_named(const struct inventory *inventory, const char *path)
{
	for (size_t i = 0; i < inventory->file_count; i++)
		if (!strcmp(inventory->files[i].path, path))
			return &inventory->files[i];
	return NULL;
}

static void
make_findings(struct findings *findings, const struct inventory *inventory, unsigned count, int folder)
{
	static const char *const quoted[] = { "0102030000  usr/sbin/sshd <&>\x1b" };

	findings_init(findings, spool_file_open(folder));
	for (unsigned i = 0; i < count; i++) {
		const struct file *file = i == 0 ? file_named(inventory, "/usr/sbin/sshd") :
			i == 1 ? file_named(inventory, "/usr/bin/scp") : &inventory->files[i % FILES];

		const struct finding_subject subject = { "E1", "s1", "/var/lib/dpkg/status" };
		struct finding finding = { .check = checks()[0], .file = i == 12 ? NULL : file,
			.severity = i < 1 ? SEVERITY_CRITICAL : i < 4 ? SEVERITY_HIGH : i < 8 ? SEVERITY_MEDIUM : SEVERITY_LOW,
			.support = i < 1 ? SUPPORT_CONCLUSIVE_MATCH : SUPPORT_MODERATE,
			.innocent = "a local rebuild, an interrupted upgrade" };

		if (!finding.file)
			finding.subject = &subject;
		findings_add(findings, &finding, &(struct finding_statement){
			.text = "the MD5 of this file differs from the one that its package records <&> \xe2\x80\xae",
			.seen = &sshd_row.at, .seen_text = quoted, .seen_count = 1 });
	}
	findings_settle(findings);
}

static void
make_judgement(struct judgement *judgement, const struct inventory *inventory, const struct findings *findings)
{
	static const char *const criteria[] = { "Unauthorized binary modifications are confirmed",
		"Backdoor or trojan code is found within a binary", "Modifications correlate with suspicious network traffic" };
	static const struct finding *because[1];
	struct counted_programs programs;

	*judgement = (struct judgement){
		.decision = DECISION_ESCALATE, .incomplete = true, .exit_status = 3,
		.sentence = "/usr/sbin/sshd differs from the record of its package and equals a row of a known-bad set; no record accounts for its bytes.",
		.against = "The packages logs lie on the examined medium; one file is unreliable.",
		.system_programs = 7, .with_baseline = 6, .deciding_count = 3,
	};
	counted_programs_find(&programs, inventory);
	judgement->programs = programs.count;
	for (size_t i = 0; i < programs.count; i++)
		judgement->by_verdict[programs.items[i].verdict]++;
	counted_programs_release(&programs);
	because[0] = &findings->items[0];
	for (unsigned i = 0; i < 3; i++) {
		judgement->criteria[i] = (struct answered){ .id = "criterion", .asked = criteria[i],
			.answer = i == 0 ? ANSWER_YES : i == 1 ? ANSWER_PARTLY : ANSWER_NOT_EXAMINED,
			.text = "1 program differs from its record, each file counted once.", .basis = "dpkg", .against = "",
			.because = because, .because_count = i < 2 };
		judgement->questions[i] = judgement->steps[i] = judgement->criteria[i];
		judgement->questions[i].asked = "Were there any recent system updates?";
	}
	judgement->deciding[0] = (struct deciding){ .file = findings->items[0].file, .finding = &findings->items[0],
		.record_says = "openssh-server 1:9.2p1-2, MD5 01020300\xe2\x80\xa6", .file_has = "MD5 01010101\xe2\x80\xa6, in a bad set, row 118, grade A",
		.before = &events[0], .lock = &hold };
	judgement->deciding[1] = judgement->deciding[2] = judgement->deciding[0];
	judgement->deciding[1].file = findings->items[1].file;
	judgement->deciding[1].finding = &findings->items[1];
	judgement->deciding[2].after = &events[1];
}

static struct event_store *
store_events(int folder)
{
	struct event_store *store = event_store_open(folder);
	struct buffer lines;

	buffer_init(&lines, 0);
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		buffer_clear(&lines);
		event_write(&lines, &events[i]);
		event_store_add(store, &events[i], spool_file_add(event_store_lines(store), lines.bytes, lines.length), lines.length, true);
	}
	buffer_release(&lines);
	event_store_sort(store);
	return store;
}

static void
fill(struct report *report, int folder, bool empty, unsigned finding_count)
{
	static const struct custody_line custody[] = { { "2025-11-15 safe 2 <b>" } };
	static const char *const limits[] = { "rows-html=10" };
	static const struct case_information information = { .number = "2025-<017>", .examiner = "A. \xc3\x84xaminer",
		.request = "ticket S-4471", .custody = custody,
		.custody_count = 1, .declaration = "fre902" };
	static const char *const arguments[] = { "t1554triage", "case \xff<1>.E01", "--hashset", "nsrl" };
	static struct run_information run = { .host = "lab-ws-3", .user = "examiner", .kernel = "Linux 6.1", .architecture = "x86_64",
		.arguments = arguments, .argument_count = 4, .executable = "/usr/bin/t1554triage", .isolation = "two processes",
		.order_why = "the medium is read by several processes at once",
		.jobs = 2, .bytes_read = 123456 };
	static const struct settings settings = { .sandboxed = true, .digests = "md5,sha1,sha256",
		.limits = limits, .limit_count = 1 };
	static struct inventory inventory;
	static struct findings findings;
	static struct judgement judgement;

	if (empty) {
		inventory_init(&inventory);
		for (unsigned i = 0; i < 3; i++)
			judgement.criteria[i] = judgement.questions[i] = judgement.steps[i] =
				(struct answered){ .id = "x", .asked = "asked", .answer = ANSWER_NOT_DETERMINABLE, .text = "" };
		judgement.decision = DECISION_INCONCLUSIVE;
		judgement.exit_status = 2;
	} else {
		make_inventory(&inventory);
		inventory.event_store = store_events(folder);
		make_findings(&findings, &inventory, finding_count, folder);
		make_judgement(&judgement, &inventory, &findings);
	}
	run.began = at(1763630047, 0);
	run.ended = at(1763631100, 0);
	*report = (struct report){ .case_information = &information, .run = &run, .settings = &settings,
		.inventory = &inventory, .findings = &findings, .judgement = &judgement };
}

static int
write_sample(int argc, char *argv[])
{
	const char *kind = argc > 3 ? argv[3] : "plain";
	struct report report;
	struct buffer message;
	int folder, status;

	signal(SIGXFSZ, SIG_IGN);
	mkdir(argv[2], 0755);
	folder = open(argv[2], O_RDONLY | O_DIRECTORY);
	if (!strcmp(kind, "many"))
		limit_set("findings-xml=10");
	fill(&report, folder, !strcmp(kind, "empty"), !strcmp(kind, "many") ? MANY : !strcmp(kind, "huge") ? HUGE : FINDINGS);
	buffer_init(&message, 0);
	status = report_write(&report, NULL, folder, argv[2], argc > 5 ? argv[4] : NULL, argc > 5 ? argv[5] : NULL, &message);
	fprintf(stderr, "%s\n", message.bytes);
	buffer_release(&message);
	close(folder);
	return status;
}

static int
print_summary(bool json)
{
	struct report report;
	struct buffer out;

	fill(&report, open(".", O_RDONLY | O_DIRECTORY), false, FINDINGS);
	buffer_init(&out, 0);
	report_summary(&report, "./case-t1554", json, &out);
	fwrite(out.bytes, 1, out.length, stdout);
	buffer_release(&out);
	return 0;
}

int
main(int argc, char *argv[])
{
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "render"))
		return report_render_command(argc - 1, argv + 1);
	if (!strcmp(command, "check-report"))
		return report_check_command(argc - 1, argv + 1);
	if (!strcmp(command, "summary"))
		return print_summary(argc > 2 && !strcmp(argv[2], "jsonl"));
	if (!strcmp(command, "write") && argc > 2)
		return write_sample(argc, argv);
	return 64;
}
