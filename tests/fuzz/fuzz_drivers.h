/* fuzz_drivers.h - the target, and its input made from a parser case. */
#ifndef T1554TRIAGE_TESTS_FUZZ_DRIVERS_H
#define T1554TRIAGE_TESTS_FUZZ_DRIVERS_H

#include <stddef.h>
#include <stdint.h>

#include "../parsers/case_files.h"

/* The name that libFuzzer calls.  Ends the program where a driver breaks a rule; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Appends the input that makes the target do what the case does. */
void fuzz_add_seed(const struct case_files *files, struct buffer *out);

#endif
