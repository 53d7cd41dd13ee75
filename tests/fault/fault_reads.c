/*
 * fault_reads.c - every read of a parser case fails once: nothing breaks, nothing is lost in silence.
 *
 *	fault_reads TABLE DRIVER FOLDER
 */
#include <stdio.h>
#include <string.h>

#include "../parsers/case_files.h"

enum { READS_MAX = 200 };

/* True if the driver told that something was lost, or lost nothing, and broke no rule. */
static bool
is_told(struct case_files *files, enum status status, unsigned long number, const struct buffer *whole)
{
	struct buffer out;
	bool told;

	buffer_init(&out, 0);
	driver_fault = (struct driver_fault){ .number = number, .status = status };
	driver_run(files->table, files->driver, files->inputs, files->count, &out);
	told = (strstr(out.bytes, "note kind=") || driver_fault.reads < number || !strcmp(out.bytes, whole->bytes)) &&
		!strstr(out.bytes, "\nbroken:") && strncmp(out.bytes, "broken:", strlen("broken:"));
	if (!told)
		printf("# read %lu gave status %d, and the driver said:\n%s", number, (int)status, out.bytes);
	buffer_release(&out);
	return told;
}

int
main(int argc, char *argv[])
{
	struct case_files files;
	struct buffer out;
	unsigned long reads;
	int failed = 0;

	if (argc != 4)
		return 99;
	case_files_load(&files, argv[1], argv[2], argv[3]);
	buffer_init(&out, 0);
	driver_run(files.table, files.driver, files.inputs, files.count, &out);
	reads = driver_fault.reads < READS_MAX ? driver_fault.reads : READS_MAX;
	for (unsigned long number = 1; number <= reads; number++)
		failed += !is_told(&files, STATUS_UNREADABLE, number, &out) +
			!is_told(&files, STATUS_DAMAGED, number, &out);
	printf("%lu reads, %d faults not told\n", reads, failed);
	buffer_release(&out);
	case_files_release(&files);
	return failed ? 1 : 0;
}
