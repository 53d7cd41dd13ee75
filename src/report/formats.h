/* formats.h - the formats by name, and what they ask of a finding and of a file. */
#ifndef T1554TRIAGE_REPORT_FORMATS_H
#define T1554TRIAGE_REPORT_FORMATS_H

#include <t1554triage/map.h>
#include <t1554triage/report.h>

#define FORMAT(name) extern const struct report_format name##_format;
#include "report.def"
#undef FORMAT

/* False where nobody has asked for the file. */
bool format_is_written(const struct report_format *format, const struct report *report);

#endif
