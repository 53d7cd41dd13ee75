/* rpm_capabilities.h - file capabilities as rpm writes them.  Private to package. */
#ifndef RPM_CAPABILITIES_H
#define RPM_CAPABILITIES_H

#include <stdint.h>

/*
 * The permitted set of a text of cap_from_text(3): "cap_net_raw,cap_net_admin+ep",
 * "= cap_setuid+ep".  Names that are not known count as nothing.
 */
uint64_t rpm_capabilities_read(const char *text);

#endif
