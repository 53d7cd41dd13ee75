/* report.c - the table of formats; all files of the output folder, and what vouches for them. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/exit_status.h>
#include <t1554triage/text.h>

#include "document.h"
#include "formats.h"
#include "manifest.h"
#include "output.h"
#include "writers.h"

static const struct report_format *const formats[] = {
#define FORMAT(name) &name##_format,
#include "report.def"
#undef FORMAT
	NULL
};

const struct report_format *const *
report_formats(void)
{
	return formats;
}

bool
format_is_written(const struct report_format *format, const struct report *report)
{
	return !format->is_written || format->is_written(report);
}

static int
cannot_write(const char *folder_path, const char *name, int error, struct buffer *ret_message)
{
	buffer_add_format(ret_message, "%s/%s could not be written: %s; nothing of the report is left under "
		"its name, run again with more room or another --output", folder_path, name, strerror(error));
	return EXIT_OUTPUT;
}

static void
add_line(struct buffer *manifest, const uint8_t sha256[32], const char *name)
{
	text_add_hex(manifest, sha256, 32);
	buffer_add_format(manifest, "  %s\n", name);
}

/* Where it failed: at a file that could not be made, else at one whose writer has died; 0: every file is made. */
static int
find_failure(const struct written *written, size_t *ret_number)
{
	for (*ret_number = 0; formats[*ret_number]; ++*ret_number)
		if (written[*ret_number].is_done && written[*ret_number].error)
			return written[*ret_number].error;
	for (*ret_number = 0; formats[*ret_number]; ++*ret_number)
		if (!written[*ret_number].is_done)
			return EIO;
	return 0;
}

/* The files that the writers made, or what became of one that could not be made. */
static int
list_written(const struct report *report, const char *folder_path, const struct written *written, struct buffer *manifest,
	struct buffer *ret_message)
{
	size_t i;
	int error = find_failure(written, &i);

	for (size_t k = 0; !error && formats[k]; k++)
		if (format_is_written(formats[k], report))
			add_line(manifest, written[k].sha256, formats[k]->name);
	if (error == EILSEQ) {
		buffer_add_format(ret_message, "%s could not be made from report.xml: a defect of this program; "
			"report it", formats[i]->name);
		return EXIT_INTERNAL;
	}
	return error ? cannot_write(folder_path, formats[i]->name, error, ret_message) : 0;
}

static int
write_bytes(int folder, const char *folder_path, const char *name, const struct buffer *bytes,
	struct buffer *ret_message)
{
	struct output *out = output_open(folder, name);
	int error;

	if (!out)
		return cannot_write(folder_path, name, errno, ret_message);
	output_write(out, bytes->bytes, bytes->length);
	error = output_finish(out, NULL, NULL);
	return error ? cannot_write(folder_path, name, error, ret_message) : 0;
}

/* A court may ask whether the document is what it claims to be: the program asks first. */
static int
validate(int folder, struct buffer *ret_message)
{
	struct buffer why;
	xmlDoc *document;
	bool valid;

	buffer_init(&why, 4096);
	document = document_read(folder, report_xml_format.name, &why);
	valid = document && document_is_valid(document, &why);
	if (!valid)
		buffer_add_format(ret_message, "report.xml does not fit its own schema (%s): a defect of this "
			"program; the other files are complete, report it", why.bytes);
	xmlFreeDoc(document);
	buffer_release(&why);
	return valid ? 0 : EXIT_INTERNAL;
}

/* Of a writer that has died, the part that it wrote is left. */
static void
remove_all(int folder)
{
	struct buffer partial;

	buffer_init(&partial, 0);
	for (const struct report_format *const *format = formats; *format; format++) {
		buffer_clear(&partial);
		buffer_add_format(&partial, "%s.partial", (*format)->name);
		unlinkat(folder, partial.bytes, 0);
		unlinkat(folder, (*format)->name, 0);
	}
	buffer_release(&partial);
	unlinkat(folder, MANIFEST_NAME, 0);
	unlinkat(folder, SIGNATURE_NAME, 0);
	unlinkat(folder, REQUEST_NAME, 0);
}

static int
write_signature(int folder, const char *folder_path, const struct buffer *manifest,
	const char *sign_key, const char *sign_cert, struct buffer *ret_message)
{
	struct buffer signature;
	int status;

	buffer_init(&signature, 0);
	status = manifest_sign(manifest, sign_key, sign_cert, &signature, ret_message);
	if (!status)
		status = write_bytes(folder, folder_path, SIGNATURE_NAME, &signature, ret_message);
	buffer_release(&signature);
	return status;
}

static int
write_request(int folder, const char *folder_path, const struct buffer *manifest, struct buffer *ret_message)
{
	struct buffer request;
	int status;

	buffer_init(&request, 0);
	status = time_request_make(manifest, &request) ? write_bytes(folder, folder_path, REQUEST_NAME, &request, ret_message)
		: cannot_write(folder_path, REQUEST_NAME, EIO, ret_message);
	buffer_release(&request);
	return status;
}

static int
write_all(const struct report *report, struct writers *begun, int folder, const char *folder_path, const char *sign_key,
	const char *sign_cert, struct buffer *manifest, struct buffer *ret_message)
{
	struct written written[sizeof formats / sizeof *formats];
	int status;

	writers_run(begun, report, folder, written);
	status = list_written(report, folder_path, written, manifest, ret_message);
	if (!status)
		status = write_bytes(folder, folder_path, MANIFEST_NAME, manifest, ret_message);
	if (!status)
		status = write_request(folder, folder_path, manifest, ret_message);
	if (!status && (sign_key || sign_cert))
		status = write_signature(folder, folder_path, manifest, sign_key, sign_cert, ret_message);
	if (!status && fsync(folder) != 0 && errno != EINVAL)
		status = cannot_write(folder_path, "", errno, ret_message);
	return status;
}

struct writers *
report_begin(const struct report *report, int folder)
{
	return writers_begin(report, folder);
}

void
report_abandon(struct writers *begun, int folder)
{
	if (!begun)
		return;
	writers_abandon(begun);
	remove_all(folder);
}

int
report_write(const struct report *report, struct writers *begun, int folder, const char *folder_path,
	const char *sign_key, const char *sign_cert, struct buffer *ret_message)
{
	struct buffer manifest;
	int status;

	buffer_init(&manifest, 0);
	status = write_all(report, begun, folder, folder_path, sign_key, sign_cert, &manifest, ret_message);
	buffer_release(&manifest);
	if (status == EXIT_OUTPUT)
		remove_all(folder);
	return status ? status : validate(folder, ret_message);
}
