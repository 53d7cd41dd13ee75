/* report.c - the table of formats; all files of the output folder, and what vouches for them. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <t1554triage/text.h>

#include "document.h"
#include "formats.h"
#include "manifest.h"
#include "output.h"

enum { EXIT_NO_INPUT = 66, EXIT_INTERNAL = 70, EXIT_OUTPUT = 74 };

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

static int
write_format(const struct report *report, int folder, const char *folder_path,
	const struct report_format *format, struct buffer *manifest, struct buffer *ret_message)
{
	struct output *out = output_open(folder, format->name);
	uint8_t sha256[32];
	enum status status;
	int error;

	if (!out)
		return cannot_write(folder_path, format->name, errno, ret_message);
	status = format->write(report, out);
	error = output_error(out);
	if (status != STATUS_OK && !error)
		output_fail(out, error = EIO);
	error = output_finish(out, sha256, NULL);
	if (error == EILSEQ) {
		buffer_add_format(ret_message, "%s could not be made from report.xml: a defect of this program; "
			"report it", format->name);
		return EXIT_INTERNAL;
	}
	if (error)
		return cannot_write(folder_path, format->name, error, ret_message);
	add_line(manifest, sha256, format->name);
	return 0;
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

static void
remove_all(int folder)
{
	for (const struct report_format *const *format = formats; *format; format++)
		unlinkat(folder, (*format)->name, 0);
	unlinkat(folder, MANIFEST_NAME, 0);
	unlinkat(folder, SIGNATURE_NAME, 0);
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
write_all(const struct report *report, int folder, const char *folder_path, const char *sign_key,
	const char *sign_cert, struct buffer *manifest, struct buffer *ret_message)
{
	int status = 0;

	for (const struct report_format *const *format = formats; *format && !status; format++)
		status = write_format(report, folder, folder_path, *format, manifest, ret_message);
	if (!status)
		status = write_bytes(folder, folder_path, MANIFEST_NAME, manifest, ret_message);
	if (!status && (sign_key || sign_cert))
		status = write_signature(folder, folder_path, manifest, sign_key, sign_cert, ret_message);
	if (!status && fsync(folder) != 0 && errno != EINVAL)
		status = cannot_write(folder_path, "", errno, ret_message);
	return status;
}

int
report_write(const struct report *report, int folder, const char *folder_path,
	const char *sign_key, const char *sign_cert, struct buffer *ret_message)
{
	struct buffer manifest;
	int status;

	buffer_init(&manifest, 0);
	status = write_all(report, folder, folder_path, sign_key, sign_cert, &manifest, ret_message);
	buffer_release(&manifest);
	if (status == EXIT_OUTPUT)
		remove_all(folder);
	return status ? status : validate(folder, ret_message);
}
