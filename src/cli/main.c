/* main.c - a first word that is a command's name is a command, else everything is evidence. */
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char *argv[]);
} commands[] = {
#define COMMAND(name, function, synopsis, help) { name, function },
#include "command.def"
#undef COMMAND
};

static int
run(int argc, char *argv[])
{
	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return command_triage(argc, argv);
}

/* A full disk or a closed pipe behind standard output is an error like any other. */
static int
close_output(int status)
{
	bool failed = ferror(stdout) != 0;

	if (fclose(stdout) || failed) {
		fputs("t1554triage: standard output could not be written\n", stderr);
		return EXIT_OUTPUT;
	}
	return status;
}

/*
 * A standard stream that the caller has closed would go to the first file that is opened: evidence,
 * or a file of the report.  What is put in its place cannot be read or written.
 */
static bool
fill_standard_streams(void)
{
	for (int stream = 0; stream < 3; stream++)
		if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", stream ? O_RDONLY : O_WRONLY) != stream)
			return false;
	return true;
}

int
main(int argc, char *argv[])
{
	if (!fill_standard_streams())
		return EXIT_INTERNAL;
	/* libewf prints dates in the local zone: there is none but UTC in this process. */
	setenv("TZ", "UTC", 1);
	tzset();
	setlocale(LC_ALL, "C");
	return close_output(run(argc, argv));
}
