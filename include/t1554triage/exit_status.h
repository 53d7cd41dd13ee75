/* exit_status.h - with what the program ends, apart from the decisions 0 to 3 of a run.  Layer: base. */
#ifndef T1554TRIAGE_EXIT_STATUS_H
#define T1554TRIAGE_EXIT_STATUS_H

/* From 64 on as sysexits.h numbers them; t1554triage(1) tells the user the same. */
enum exit_status {
	EXIT_DONE       = 0,
	EXIT_INCOMPLETE = 2,	/* something was damaged, or is not as it was written */
	EXIT_USAGE      = 64,
	EXIT_DATA       = 65,	/* input that is none of the forms that are read */
	EXIT_NO_INPUT   = 66,	/* input that cannot be opened */
	EXIT_INTERNAL   = 70,
	EXIT_IN_USE     = 73,	/* an output folder that holds something, or lies within the evidence */
	EXIT_OUTPUT     = 74,	/* output that could not be written */
};

#endif
