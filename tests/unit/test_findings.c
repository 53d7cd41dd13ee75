/* test_findings.c - findings: small keys in memory, statements on disk that come back as they were; what cannot be had is an error. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <t1554triage/check.h>
#include <t1554triage/memory.h>
#include <t1554triage/spool_file.h>

#include "tap.h"

enum { MANY = 200000, MEBIBYTE = 1 << 20 };

static const struct check made = { .id = "made", .title = "Made" };

static struct spool_file *
new_spool(void)
{
	return spool_file_take(memfd_create("findings", MFD_CLOEXEC));
}

static void
test_content(void)
{
	const struct place seen[] = { { .evidence = "E1", .path = "/a b=%\n\xff", .line = 7 },
		{ .volume = "p2", .inode = "131079", .offset = UINT64_MAX, .record_id = 3 } };
	const char *const quoted[] = { "", NULL };
	const bool decoded[] = { true, false };
	const struct finding_subject subject = { "E1", "s1", "/var/log/x" };
	struct findings findings;
	struct finding_reader *reader;
	const struct finding_statement *said;

	findings_init(&findings, new_spool());
	findings_add(&findings, &(struct finding){ .check = &made, .subject = &subject, .severity = SEVERITY_INFO, .support = SUPPORT_BENIGN },
		&(struct finding_statement){ .text = "it says\n\x1b%0a", .seen = seen, .seen_text = quoted, .seen_decoded = decoded,
			.seen_count = 2 });
	findings_add(&findings, &(struct finding){ .check = &made, .subject = &subject },
		&(struct finding_statement){ .text = "" });
	IS(findings_settle(&findings), 0, "two findings are kept");
	IS_TEXT(finding_id(&findings.items[1]).text, "F-0002", "in the order in which they came");
	OK(findings.items[0].severity == SEVERITY_INFO && findings.items[0].support == SUPPORT_BENIGN, "with severity and support");
	IS_TEXT(findings.items[0].subject->path, "/var/log/x", "and what they are about");
	reader = finding_reader_open(&findings, NULL);
	said = finding_read(reader, &findings.items[0]);
	OK(said && !strcmp(said->text, "it says\n\x1b%0a"), "the sentence comes back byte by byte");
	OK(said && said->seen_count == 2 && !strcmp(said->seen[0].path, "/a b=%\n\xff") && said->seen[0].line == 7 &&
		!said->seen[0].inode && !strcmp(said->seen[1].inode, "131079") && said->seen[1].offset == UINT64_MAX,
		"and so do the places");
	OK(said && said->seen_text[0] && !*said->seen_text[0] && !said->seen_text[1], "an empty quotation is not a missing one");
	OK(said && said->seen_decoded[0] && !said->seen_decoded[1], "what is decoded is told from what is quoted");
	said = finding_read(reader, &findings.items[1]);
	OK(said && said->text && !*said->text && !said->seen_count, "a shorter one has nothing of the one before");
	OK(finding_reader_close(reader), "both could be read");
	findings_release(&findings);
}

static void
test_errors(void)
{
	const struct finding_subject subject = { NULL, NULL, NULL };
	const struct finding finding = { .check = &made, .subject = &subject };
	const struct finding_statement statement = { .text = "it says" };
	struct findings findings;
	struct finding_reader *reader;
	int spool;

	findings_init(&findings, spool_file_take(open("/dev/full", O_RDWR | O_CLOEXEC)));
	findings_add(&findings, &finding, &statement);
	IS(findings_settle(&findings), ENOSPC, "what finds no room is an error");
	IS(findings.count, 1, "and counted all the same");
	reader = finding_reader_open(&findings, NULL);
	OK(!finding_read(reader, &findings.items[0]) && !finding_reader_close(reader), "it cannot be read");
	findings_release(&findings);

	spool = memfd_create("findings", MFD_CLOEXEC);
	findings_init(&findings, spool_file_take(spool));
	findings_add(&findings, &finding, &statement);
	findings_settle(&findings);
	IS(ftruncate(spool, 5), 0, "a spool that is cut short");
	reader = finding_reader_open(&findings, NULL);
	OK(!finding_read(reader, &findings.items[0]) && !finding_reader_close(reader), "cannot be read");
	findings_release(&findings);

	errno = EMFILE;
	findings_init(&findings, spool_file_take(-1));
	findings_add(&findings, &finding, &statement);
	IS(findings_settle(&findings), EMFILE, "without a file there is the error of opening it");
	findings_release(&findings);
}

static long
peak_kibibytes(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* Deleted programs in an open folder; every fifth has a second name. */
static void
fill(struct inventory *inventory, char (*paths)[32])
{
	inventory_init(inventory);
	inventory->files = memory_allocate(MANY, sizeof *inventory->files);
	inventory->file_count = MANY;
	for (uint32_t i = 0; i < MANY; i++) {
		struct file *file = &inventory->files[i];

		snprintf(paths[i], sizeof paths[i], "/tmp/program%06u", (unsigned)(i * 7919u % MANY));
		*file = (struct file){ .type = PROGRAM_ELF, .number = i, .first_name = i % 5 == 1 ? i - 1 : i, .evidence = "E1",
			.volume = "p1", .path = paths[i], .entry = { .path = paths[i], .inode = "12", .state = ENTRY_DELETED,
			.content_state = CONTENT_INTACT }, .digests.known = 1u << DIGEST_SHA256 };
		memcpy(file->digests.sha256, &i, sizeof i);
	}
}

static void
test_many(void)
{
	char (*paths)[32] = memory_allocate(MANY, sizeof *paths);
	struct inventory inventory;
	struct findings findings;
	struct finding_reader *reader;
	uint64_t disorder = 0, named = 0, unread = 0;
	long before, after;

	fill(&inventory, paths);
	before = peak_kibibytes();
	findings_init(&findings, new_spool());
	checks_run(&inventory, &findings);
	after = peak_kibibytes();
	IS(findings.error, 0, "200,000 files are asked");
	IS(findings.count, MANY - MANY / 5, "one finding for each, whatever its number of names");
#if defined __SANITIZE_ADDRESS__
	printf("ok %d - # SKIP memory is not that of a run under the address sanitizer\n", ++tap_count);
#else
	if (!OK(after - before < 64 * (MEBIBYTE / 1024), "in less than 64 MiB, sorting them included"))
		printf("# %ld KiB\n", after - before);
#endif
	reader = finding_reader_open(&findings, &inventory);
	for (size_t i = 0; i < findings.count; i++) {
		const struct finding_statement *said = finding_read(reader, &findings.items[i]);

		disorder += findings.items[i].number != i + 1 ||
			(i && strcmp(findings.items[i - 1].file->path, findings.items[i].file->path) >= 0);
		unread += !said || said->seen_count != 1 || strcmp(said->seen[0].path, findings.items[i].file->path);
		named += said && strstr(said->text, "; the same file has the name /tmp/program");
	}
	OK(finding_reader_close(reader) && !unread, "each has its own statement");
	IS(disorder, 0, "by path, numbered");
	IS(named, MANY / 5, "and says its other name");
	findings_release(&findings);
	memory_free(inventory.files);
	inventory.files = NULL;
	inventory_release(&inventory);
	memory_free(paths);
}

int
main(void)
{
	test_content();
	test_errors();
	test_many();
	return tap_done();
}
