/* report.c - the table of formats; all files of the output folder. */
#include <t1554triage/report.h>

static const struct report_format *const formats[] = { NULL };

const struct report_format *const *
report_formats(void)
{
	return formats;
}

int
report_write(const struct report *report, int folder, const char *folder_path,
	const char *sign_key, const char *sign_cert, struct buffer *ret_message)
{
	(void)report; (void)folder; (void)folder_path; (void)sign_key; (void)sign_cert; (void)ret_message;
	return 0;
}

void
report_summary(const struct report *report, const char *folder_path, bool json, struct buffer *out)
{
	(void)report; (void)json;
	buffer_add_format(out, "%s\n", folder_path);
}

int
report_render_command(int argc, char *argv[])
{
	(void)argc; (void)argv;
	return 70;
}

int
report_check_command(int argc, char *argv[])
{
	(void)argc; (void)argv;
	return 70;
}
