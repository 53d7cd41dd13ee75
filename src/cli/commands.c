/* commands.c - the main job and the commands that hand on to their folders. */
#include <string.h>

#include <libxml/xmlversion.h>
#include <openssl/crypto.h>

#include <t1554triage/hashset.h>

#include "cli.h"

void
show_version(FILE *to)
{
	fputs(PACKAGE_STRING "\n", to);
	fprintf(to, "with %s, libxml2 %s\n", OpenSSL_version(OPENSSL_VERSION), LIBXML_DOTTED_VERSION);
	fputs("Licensed under the Apache License, Version 2.0.\n", to);
}

/* What the jobs share: options, screen, result; wanted is said where no operand is given. */
static int
over_evidence(int argc, char *argv[], const char *wanted,
	int (*job)(const struct triage_options *, const struct triage_observer *, struct buffer *))
{
	struct command_line line;
	struct triage_observer observer;
	struct screen screen;
	struct buffer text;
	int status = command_line_read(&line, argc, argv);

	if (!status && line.wants_help)
		show_help(stdout);
	else if (!status && line.wants_version)
		show_version(stdout);
	else if (!status && !line.options.operand_count) {
		fprintf(stderr, "t1554triage: %s\nTry \"t1554triage --help\".\n", wanted);
		status = EXIT_USAGE;
	} else if (!status) {
		screen_init(&screen, &line);
		observer = screen_observer(&screen);
		buffer_init(&text, 0);
		status = job(&line.options, &observer, &text);
		screen_end(&screen);
		if (status >= EXIT_USAGE)
			fputs("t1554triage: ", stderr);
		/* What refuses evidence or a key is one sentence without an end of line. */
		if (text.length && text.bytes[text.length - 1] != '\n')
			buffer_add_char(&text, '\n');
		print_all(status >= EXIT_USAGE ? stderr : stdout, text.bytes, text.length);
		buffer_release(&text);
	}
	command_line_release(&line);
	return status;
}

int
command_triage(int argc, char *argv[])
{
	return over_evidence(argc, argv, "no evidence is named", triage_run);
}

int
command_verify(int argc, char *argv[])
{
	return over_evidence(argc, argv, "verify: no evidence is named", triage_verify);
}

/* What says how evidence is read has nothing to be said of where none is. */
static int
judge_again(const struct triage_options *options, const struct triage_observer *observer, struct buffer *ret_text)
{
	const struct { bool is_given; const char *name; } of_evidence[] = {
		{ options->event_path_count > 0, "--events" }, { options->content_path_count > 0, "--yara" },
		{ options->trusted_keys != NULL, "--trusted-keys" }, { options->zone != NULL, "--timezone" },
		{ options->originals != NULL, "--originals" }, { options->extract, "--extract" },
		{ options->settings.all_files, "--all-files" }, { options->settings.no_verify, "--no-verify" },
		{ options->acquired.algorithm != DIGEST_NONE, "--acquired-digest" },
		{ options->media_digests != 0, "--media-digests" },
		{ strcmp(options->settings.digests, COMMAND_LINE_DIGESTS) != 0, "--digests" },
	};

	for (size_t i = 0; i < sizeof of_evidence / sizeof *of_evidence; i++)
		if (of_evidence[i].is_given) {
			buffer_add_format(ret_text, "judge: %s asks something of the evidence, which is not read here: examine it again\n",
				of_evidence[i].name);
			return EXIT_USAGE;
		}
	return triage_judge(options, observer, ret_text);
}

int
command_judge(int argc, char *argv[])
{
	return over_evidence(argc, argv, "judge: the output folder of an earlier run is wanted", judge_again);
}

int
command_hashset(int argc, char *argv[])
{
	return hashset_command(argc, argv, set_feeders);
}

int
command_render(int argc, char *argv[])
{
	return report_render_command(argc, argv);
}

int
command_check_report(int argc, char *argv[])
{
	return report_check_command(argc, argv);
}
