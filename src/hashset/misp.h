/* misp.h - what both forms of MISP exports say.  Private to hashset. */
#ifndef T1554TRIAGE_HASHSET_MISP_H
#define T1554TRIAGE_HASHSET_MISP_H

#define MISP_CONTEXT "to_ids is false: the publisher gives it as context, not as an indicator"

#endif
