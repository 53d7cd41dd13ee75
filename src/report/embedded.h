/* embedded.h - the files of reports/ as they were when the program was built; made by embed.awk. */
#ifndef T1554TRIAGE_REPORT_EMBEDDED_H
#define T1554TRIAGE_REPORT_EMBEDDED_H

extern const char embedded_t1554triage_rng[], embedded_tier2_xsl[], embedded_tier2_css[], embedded_words_de_xml[];

#endif
