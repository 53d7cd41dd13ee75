/* manifest.h - MANIFEST.sha256 and its signature. */
#ifndef T1554TRIAGE_REPORT_MANIFEST_H
#define T1554TRIAGE_REPORT_MANIFEST_H

#include <stdbool.h>

#include <t1554triage/buffer.h>
#include <t1554triage/report.h>

#define MANIFEST_NAME  "MANIFEST.sha256"
#define SIGNATURE_NAME "MANIFEST.sha256.p7s"

/* Signs the bytes: detached CMS in DER.  0, or 66 (key or certificate cannot be used), with a message. */
int manifest_sign(const struct buffer *manifest, const char *key_path, const char *certificate_path,
	struct buffer *ret_signature, struct buffer *ret_message);

/*
 * Holds every file of the folder against MANIFEST.sha256, and a signature, if
 * there is one, against the manifest; adds a line for each departure.
 * Returns their number.
 */
unsigned manifest_check(int folder, struct buffer *ret_lines);

#endif
