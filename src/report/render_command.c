/* render_command.c - the command "render REPORT.xml": the page again, from the data. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/exit_status.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "document.h"
#include "formats.h"
#include "language.h"
#include "output.h"

static int
usage(void)
{
	fputs("usage: " PACKAGE_NAME " render REPORT.xml [-o FILE] [--language de]\n", stderr);
	return EXIT_USAGE;
}

/* The folder of a path, opened; run.xml is looked for there. */
static int
open_folder_of(const char *path)
{
	const char *base = text_base_name(path);
	struct buffer folder;
	int descriptor;

	buffer_init(&folder, 0);
	buffer_add(&folder, path, (size_t)(base - path));
	descriptor = open(folder.length ? folder.bytes : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	buffer_release(&folder);
	return descriptor;
}

static int
write_page(const struct buffer *page, const char *path)
{
	int folder = open_folder_of(path), error;
	struct output *out;

	if (folder >= 0 && faccessat(folder, text_base_name(path), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		fprintf(stderr, PACKAGE_NAME ": %s exists already: name another file with -o\n", path);
		close(folder);
		return EXIT_IN_USE;
	}
	out = folder < 0 ? NULL : output_open(folder, text_base_name(path));
	error = errno;
	if (out) {
		output_write(out, page->bytes, page->length);
		error = output_finish(out, NULL, NULL);
	}
	if (folder >= 0)
		close(folder);
	if (!error)
		return 0;
	fprintf(stderr, PACKAGE_NAME ": %s could not be written: %s\n", path, strerror(error));
	return EXIT_OUTPUT;
}

static int
print_page(const struct buffer *page)
{
	if (fwrite(page->bytes, 1, page->length, stdout) == page->length && fflush(stdout) == 0)
		return 0;
	fprintf(stderr, PACKAGE_NAME ": the page could not be written: %s\n", strerror(errno));
	return EXIT_OUTPUT;
}

static int
render(int folder, const char *name, xmlDoc *catalog, struct buffer *ret_page, struct buffer *message)
{
	xmlDoc *report = document_read(folder, name, message), *run = NULL;
	struct buffer ignored;
	struct output *out;
	int status = 0;

	if (!report)
		return faccessat(folder, name, R_OK, 0) ? EXIT_NO_INPUT : EXIT_DATA;
	buffer_init(&ignored, 4096);
	if (!document_is_valid(report, message))
		status = EXIT_DATA;
	else if (faccessat(folder, run_xml_format.name, F_OK, 0) == 0)
		run = document_read(folder, run_xml_format.name, &ignored);
	out = output_open_memory(ret_page);
	if (!status && document_render(report, run, catalog, out, message) != STATUS_OK)
		status = EXIT_INTERNAL;
	output_finish(out, NULL, NULL);
	buffer_release(&ignored);
	xmlFreeDoc(report);
	xmlFreeDoc(run);
	return status;
}

static int
render_file(const char *path, const char *page_path, xmlDoc *catalog)
{
	int folder = open_folder_of(path), status = EXIT_NO_INPUT;
	struct buffer page, message;

	buffer_init(&page, 0);
	buffer_init(&message, 4096);
	if (folder < 0)
		buffer_add_text(&message, strerror(errno));
	else
		status = render(folder, text_base_name(path), catalog, &page, &message);
	if (status)
		fprintf(stderr, PACKAGE_NAME ": %s gives no page: %s\n", path, message.bytes);
	else
		status = page_path ? write_page(&page, page_path) : print_page(&page);
	if (folder >= 0)
		close(folder);
	buffer_release(&page);
	buffer_release(&message);
	return status;
}

static int
render_in(const char *path, const char *page_path, const char *language)
{
	struct buffer message;
	xmlDoc *catalog;
	int status;

	buffer_init(&message, 4096);
	catalog = strcmp(language, "en") ? language_catalog(language, &message) : NULL;
	buffer_release(&message);
	if (!catalog && strcmp(language, "en")) {
		fprintf(stderr, PACKAGE_NAME ": there is no page in the language %s: --language takes en or de\n", language);
		return EXIT_USAGE;
	}
	status = render_file(path, page_path, catalog);
	xmlFreeDoc(catalog);
	return status;
}

int
report_render_command(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "language", required_argument, NULL, 'l' },
		{ "output", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	const char *page_path = NULL, *language = "en";
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (option == 'o')
			page_path = optarg;
		else if (option == 'l')
			language = optarg;
		else
			return usage();
	}
	return optind + 1 == argc ? render_in(argv[optind], page_path, language) : usage();
}
