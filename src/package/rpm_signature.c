/*
 * rpm_signature.c - OpenPGP signatures in a record of rpm (rpm.org "Signature tags", "RPM V6 package format")
 *
 *	267 DSAHEADER, 268 RSAHEADER   one packet over the header's region; EdDSA stands in the second, too
 *	278 OPENPGP                    any number of packets over the same, in base64
 *	259 PGP, 262 GPG               over header and payload, from before headers were signed alone
 *
 * Only what the region holds is covered: names of folders that lie behind it are not.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "rpm_signature.h"

enum { PACKETS_MOST = 16, PACKET_BYTES_MOST = 65536 };

static void
keep_better(const struct signature_answer *one, bool *any, struct signature_answer *best)
{
	if (!*any || one->standing < best->standing)
		*best = *one;
	*any = true;
}

static void
check_base64(const struct rpm_value *value, const struct keyring *keyring, const struct signed_part *parts,
	struct arena *arena, bool *any, struct signature_answer *best)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < value->count && i < PACKETS_MOST; i++) {
		const char *text = rpm_value_text(value, &at);
		struct signature_answer one;
		uint8_t *packet;
		size_t length;

		if (!text || strlen(text) > PACKET_BYTES_MOST)
			return;
		packet = arena_allocate(arena, strlen(text) + 1);
		if (!text_parse_base64(text, strlen(text), packet, strlen(text), &length))
			length = 0;
		signature_check(keyring, packet, length, SIGNATURE_OF_BYTES, parts, 3, arena, &one);
		keep_better(&one, any, best);
	}
}

static bool
has_any(const struct rpm_header *header, enum rpm_tag one, enum rpm_tag other)
{
	struct rpm_value value;

	return rpm_header_value(header, one, &value) || rpm_header_value(header, other, &value);
}

enum rpm_signature_kind
rpm_signature_check(const struct rpm_header *header, const struct keyring *keyring, struct arena *arena,
	struct signature_answer *ret_answer)
{
	static const enum rpm_tag tags[] = { RPM_SIGNATURE_RSA, RPM_SIGNATURE_DSA };
	struct signed_part parts[3];
	uint8_t introduction[16];
	struct rpm_value value;
	bool any = false;

	if (rpm_header_covered(header, introduction, parts)) {
		for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
			struct signature_answer one;

			if (!rpm_header_value(header, tags[i], &value))
				continue;
			signature_check(keyring, value.bytes, value.count < value.length ? value.count : value.length,
				SIGNATURE_OF_BYTES, parts, 3, arena, &one);
			keep_better(&one, &any, ret_answer);
		}
		if (rpm_header_value(header, RPM_OPENPGP, &value))
			check_base64(&value, keyring, parts, arena, &any, ret_answer);
	}
	if (any)
		return RPM_SIGNATURE_OF_HEADER;
	return has_any(header, RPM_SIGNATURE_PGP, RPM_SIGNATURE_GPG) ? RPM_SIGNATURE_OF_PAYLOAD : RPM_SIGNATURE_NONE;
}
