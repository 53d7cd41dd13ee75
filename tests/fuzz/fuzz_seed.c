/* fuzz_seed.c - writes the fuzz target's input for a parser case to stdout: fuzz_seed TABLE DRIVER FOLDER */
#include <stdio.h>

#include "fuzz_drivers.h"

int
main(int argc, char *argv[])
{
	struct case_files files;
	struct buffer seed;

	if (argc != 4)
		return 99;
	case_files_load(&files, argv[1], argv[2], argv[3]);
	buffer_init(&seed, 0);
	fuzz_add_seed(&files, &seed);
	fwrite(seed.bytes, 1, seed.length, stdout);
	buffer_release(&seed);
	case_files_release(&files);
	return fflush(stdout) == 0 ? 0 : 99;
}
