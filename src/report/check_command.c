/* check_command.c - the command "check-report OUTDIR": does the folder hold what was written, and does it agree with itself? */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/exit_status.h>

#include "document.h"
#include "formats.h"
#include "manifest.h"
#include "signer.h"

/* What the page shows stands in its head a second time, as the style sheet took it from the data. */
static const struct { const char *what, *in_report, *in_page; } same[] = {
	{ "decision", "string(/r:report/r:decision/@value)", "string(//h:section[@id='verdict']/@data-decision)" },
	{ "number of findings", "string(/r:report/r:findings/@count)",
	  "string(//h:section[@id='findings']/@data-count)" },
	{ "number of programs", "string(/r:report/r:counts/@programs)",
	  "string(//h:dl[@id='numbers']/@data-programs)" },
	{ "number of cards", "string(count(//r:finding[@card='true']))",
	  "string(count(//h:article[contains(@class,'card')]))" },
	{ "answer to criterion 1", "string(//r:criterion[1]/@answer)",
	  "string((//h:table[@id='criteria']/h:tbody/h:tr)[1]/@data-answer)" },
	{ "answer to criterion 2", "string(//r:criterion[2]/@answer)",
	  "string((//h:table[@id='criteria']/h:tbody/h:tr)[2]/@data-answer)" },
	{ "answer to criterion 3", "string(//r:criterion[3]/@answer)",
	  "string((//h:table[@id='criteria']/h:tbody/h:tr)[3]/@data-answer)" },
};

static unsigned
check_page(xmlDoc *report, xmlDoc *page, struct buffer *ret_lines)
{
	unsigned departures = 0;

	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		xmlChar *expected = document_value(report, same[i].in_report);
		xmlChar *shown = document_value(page, same[i].in_page);

		if (!xmlStrEqual(expected, shown)) {
			buffer_add_format(ret_lines, "report.html: its %s is \"%s\", in report.xml \"%s\"\n",
				same[i].what, (const char *)shown, (const char *)expected);
			departures++;
		}
		xmlFree(expected);
		xmlFree(shown);
	}
	return departures;
}

static unsigned
complain(const char *name, const char *what, const struct buffer *why, struct buffer *ret_lines)
{
	buffer_add_format(ret_lines, "%s: %s: %s\n", name, what, why->bytes);
	return 1;
}

static unsigned
check_documents(int folder, struct buffer *ret_lines)
{
	unsigned departures = 0;
	xmlDoc *report, *page;
	struct buffer why;

	buffer_init(&why, 4096);
	report = document_read(folder, report_xml_format.name, &why);
	if (!report)
		departures += complain(report_xml_format.name, "cannot be read", &why, ret_lines);
	else if (!document_is_valid(report, &why))
		departures += complain(report_xml_format.name, "does not fit its schema", &why, ret_lines);
	buffer_clear(&why);
	page = document_read(folder, report_html_format.name, &why);
	if (!page)
		departures += complain(report_html_format.name, "cannot be read", &why, ret_lines);
	if (report && page)
		departures += check_page(report, page, ret_lines);
	buffer_release(&why);
	xmlFreeDoc(report);
	xmlFreeDoc(page);
	return departures;
}

static int
check_folder(int folder, const char *path, X509_STORE *trusted)
{
	struct buffer lines, signers;
	unsigned departures;

	buffer_init(&lines, 0);
	buffer_init(&signers, 0);
	departures = manifest_check(folder, &lines) + check_documents(folder, &lines);
	if (trusted)
		departures += manifest_check_signers(folder, trusted, &signers);
	fputs(lines.bytes, stdout);
	if (!departures)
		printf("%s: every file is as it was written%s, report.xml fits its schema, report.html agrees with it\n",
			path, faccessat(folder, SIGNATURE_NAME, F_OK, 0) ? "" : " and the signature belongs to the manifest");
	fputs(signers.bytes, stdout);
	buffer_clear(&lines);
	manifest_tell_signers(folder, !trusted, &lines);
	if (!departures)
		fputs(lines.bytes, stdout);
	buffer_release(&signers);
	buffer_release(&lines);
	return departures ? EXIT_INCOMPLETE : 0;
}

static int
usage(void)
{
	fputs("usage: " PACKAGE_NAME " check-report [--trusted-certs FILE|DIR] OUTDIR\n", stderr);
	return EXIT_USAGE;
}

static int
check(const char *path, const char *trusted_path)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), status = EXIT_NO_INPUT;
	X509_STORE *trusted = NULL;
	struct buffer message;

	buffer_init(&message, 4096);
	if (folder < 0)
		buffer_add_format(&message, "%s cannot be opened as a folder: %s", path, strerror(errno));
	else if (trusted_path)
		trusted = signer_trust_open(trusted_path, &message);
	if (message.length)
		fprintf(stderr, PACKAGE_NAME ": %s\n", message.bytes);
	else
		status = check_folder(folder, path, trusted);
	X509_STORE_free(trusted);
	buffer_release(&message);
	if (folder >= 0)
		close(folder);
	return status;
}

int
report_check_command(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "trusted-certs", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	const char *trusted = NULL;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 't')
			return usage();
		trusted = optarg;
	}
	return optind + 1 == argc ? check(argv[optind], trusted) : usage();
}
