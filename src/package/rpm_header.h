/* rpm_header.h - one package record of rpm, whatever store it comes from.  Private to package. */
#ifndef RPM_HEADER_H
#define RPM_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <t1554triage/digest.h>
#include <t1554triage/memory.h>
#include <t1554triage/signature.h>

enum rpm_tag {
	RPM_REGION_IMAGE = 61, RPM_REGION_SIGNATURES = 62, RPM_REGION_IMMUTABLE = 63,
	RPM_SIGNATURE_DSA = 267, RPM_SIGNATURE_RSA = 268, RPM_SHA1 = 269, RPM_SHA256 = 273, RPM_OPENPGP = 278,
	RPM_SIGNATURE_GPG = 262, RPM_SIGNATURE_PGP = 259,
	RPM_NAME = 1000, RPM_VERSION = 1001, RPM_RELEASE = 1002, RPM_EPOCH = 1003, RPM_INSTALL_TIME = 1008,
	RPM_VENDOR = 1011, RPM_ARCHITECTURE = 1022, RPM_BEFORE_INSTALL = 1023, RPM_AFTER_INSTALL = 1024, RPM_OLD_FILE_NAMES = 1027, RPM_FILE_STATES = 1029,
	RPM_FILE_MODES = 1030, RPM_FILE_DIGESTS = 1035, RPM_FILE_LINKS = 1036, RPM_FILE_FLAGS = 1037,
	RPM_FILE_USERS = 1039, RPM_FILE_GROUPS = 1040, RPM_FILE_VERIFY = 1045, RPM_DIRECTORY_INDEXES = 1116,
	RPM_BASE_NAMES = 1117, RPM_DIRECTORIES = 1118, RPM_INSTALL_TRANSACTION = 1128,
	RPM_BEFORE_INSTALL_PROGRAM = 1085, RPM_AFTER_INSTALL_PROGRAM = 1086, RPM_AFTER_TRANSACTION = 1152,
	RPM_AFTER_TRANSACTION_PROGRAM = 1154,
	RPM_FILE_CAPABILITIES = 5010, RPM_FILE_DIGEST_ALGORITHM = 5011,
};

/*
 * Borrows the bytes of the record.  Entries of the region are those that the
 * package was built with, and that its digests and signature cover; those behind it were added when it was installed.
 */
struct rpm_header {
	const uint8_t *entries, *data;
	uint32_t       entry_count, data_length;
	uint32_t       region_entries, region_length;	/* 0: it has no region */
};

/* The value of a tag: count items of a type, lying in the record's data. */
struct rpm_value {
	uint32_t       type, count;
	const uint8_t *bytes;
	size_t         length;	/* bytes up to the end of the data */
};

/* False where it is no record; *ret_why says what is wrong with it. */
bool rpm_header_parse(const void *bytes, size_t length, struct rpm_header *ret_header, const char **ret_why);

/* What was added at installation comes before what the region says, as rpm has it. */
bool rpm_header_value(const struct rpm_header *header, enum rpm_tag tag, struct rpm_value *ret_value);
/* What the package was built with comes first: digests and modes that lie behind the region speak against it. */
bool rpm_header_built_value(const struct rpm_header *header, enum rpm_tag tag, struct rpm_value *ret_value);
/* True where a tag of the region has another value behind it. */
bool rpm_header_overrides(const struct rpm_header *header, enum rpm_tag tag);

uint64_t    rpm_value_number(const struct rpm_value *value, uint32_t index);	/* 0 behind the last */
/* Strings lie one behind the other: ask for each in turn, with *at = 0 at first.  NULL behind the last. */
const char *rpm_value_text(const struct rpm_value *value, uint32_t *at);
const char *rpm_header_text(const struct rpm_header *header, enum rpm_tag tag);	/* NULL: not there */

/* What the digests and the signature cover, in three parts; introduction is where the first is put.  False: it has no region. */
bool rpm_header_covered(const struct rpm_header *header, uint8_t introduction[16], struct signed_part ret_parts[3]);
/* "1:9.2p1-14.el9"; an epoch of 0 is written by nobody. */
const char *rpm_header_version(const struct rpm_header *header, struct arena *arena);

/* A digest of that. */
bool rpm_header_digest(const struct rpm_header *header, enum digest_algorithm algorithm, struct digest *ret_digest);

#endif
