/* run_case.c - prints what a driver makes of a folder of artifacts: run_case TABLE DRIVER FOLDER */
#include <stdio.h>

#include "case_files.h"

int
main(int argc, char *argv[])
{
	struct case_files files;
	struct buffer out;

	if (argc != 4) {
		fprintf(stderr, "usage: run_case TABLE DRIVER FOLDER\n");
		return 99;
	}
	case_files_load(&files, argv[1], argv[2], argv[3]);
	buffer_init(&out, 0);
	driver_run(files.table, files.driver, files.inputs, files.count, &out);
	fwrite(out.bytes, 1, out.length, stdout);
	buffer_release(&out);
	case_files_release(&files);
	return fflush(stdout) == 0 ? 0 : 99;
}
