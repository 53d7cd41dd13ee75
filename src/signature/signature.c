/* signature.c - a signature of the evidence against the keys of the examiner: whether it fits, and what else to say. */
#include <string.h>

#include <t1554triage/text.h>
#include <t1554triage/timestamp.h>

#include "openpgp.h"

enum { SIGNATURES_MOST = 64 };

const char *const signature_standing_names[] = { "fits", "weak", "distrusted", "no_key", "not_read", "differs", NULL };

/* One signature while it is judged. */
struct asking {
	const struct keyring           *keyring;
	const struct openpgp_signature *signature;
	const struct openpgp_key       *key;
	struct arena                   *arena;
};

static const char *
date(struct arena *arena, uint32_t seconds)
{
	struct timestamp time = { .seconds = seconds, .resolution_nanoseconds = 1000000000 };
	char text[TIMESTAMP_TEXT_SIZE];

	timestamp_format_short(&time, text);
	return arena_copy_text(arena, text);
}

static const char *
id_text(struct arena *arena, const uint8_t *id)
{
	struct buffer text;
	const char *copy;

	buffer_init(&text, 0);
	text_add_hex(&text, id, KEY_ID_BYTES);
	copy = arena_copy_text(arena, text.bytes);
	buffer_release(&text);
	return copy;
}

/* "key 0123456789abcdef (Name, file)" */
static const char *
key_text(const struct asking *asking)
{
	const struct openpgp_key *primary = keyring_key(asking->keyring, asking->key->primary);

	return arena_format(asking->arena, "key %s (%s%sof %s)", id_text(asking->arena, asking->key->id), primary->name,
		*primary->name ? ", " : "", asking->key->file);
}

static struct signature_answer
answer(enum signature_standing standing, const char *text)
{
	return (struct signature_answer){ .standing = standing, .text = text };
}

/* Why a key that made it counts for nothing, NULL: it counts. */
static const char *
objection_to(const struct asking *asking, const struct openpgp_key *key)
{
	uint32_t made = asking->signature->created;
	bool is_soft = key->reason == REASON_SUPERSEDED || key->reason == REASON_RETIRED;

	if (!key->is_bound)
		return "no valid statement of its owner says what the key is for";
	if (key->revoked && (!is_soft || made >= key->revoked))
		return arena_format(asking->arena, "the key was revoked at %s%s", date(asking->arena, key->revoked),
			key->reason == REASON_COMPROMISED ? ", since others had it" : "");
	if (made < key->created)
		return arena_format(asking->arena, "the signature says %s, before its key was made",
			date(asking->arena, made));
	if (key->expires && made >= key->expires)
		return arena_format(asking->arena, "the signature was made at %s, and the key was valid until %s",
			date(asking->arena, made), date(asking->arena, key->expires));
	return NULL;
}

static const char *
objection(const struct asking *asking)
{
	const char *text = objection_to(asking, asking->key);

	if (!text && !asking->key->may_sign)
		text = "the key is not meant for signatures";
	return text ? text : objection_to(asking, keyring_key(asking->keyring, asking->key->primary));
}

/* What an examiner of today should know, and what takes nothing from a signature of its time. */
static const char *
remark(const struct asking *asking)
{
	if (asking->signature->lifetime)
		return arena_format(asking->arena, "; it was valid until %s",
			date(asking->arena, asking->signature->created + asking->signature->lifetime));
	if (asking->key->expires)
		return arena_format(asking->arena, "; the key was valid until %s", date(asking->arena, asking->key->expires));
	return "";
}

static struct signature_answer
judge_fitting(const struct asking *asking)
{
	const char *against = objection(asking), *key = key_text(asking);

	if (against)
		return answer(SIGNATURE_DISTRUSTED, arena_format(asking->arena, "the signature of %s fits, but %s", key, against));
	if (asking->signature->digest == DIGEST_MD5 || asking->signature->digest == DIGEST_SHA1)
		return answer(SIGNATURE_WEAK, arena_format(asking->arena, "the signature of %s fits, but it signs a digest by %s, "
			"for which different contents with one digest can be made", key,
			digest_algorithm_names[asking->signature->digest]));
	return answer(SIGNATURE_FITS, arena_format(asking->arena, "the signature of %s, made at %s, fits%s", key,
		date(asking->arena, asking->signature->created), remark(asking)));
}

/*
 * A text that is signed apart from its signature (RFC 9580, section 5.2.1.2): CR LF ends its lines, whatever ends them here.  Debian's
 * Release.gpg is of that kind, which debootstrap leaves beside Release.
 */
static void
add_as_text(const struct signed_part *parts, size_t part_count, struct buffer *out)
{
	for (size_t i = 0; i < part_count; i++) {
		const char *at = parts[i].bytes, *end = at + parts[i].length, *newline;

		for (; at < end; at = newline ? newline + 1 : end) {
			newline = memchr(at, '\n', (size_t)(end - at));
			buffer_add(out, at, (size_t)((newline ? newline : end) - at));
			while (newline && out->length && out->bytes[out->length - 1] == '\r')
				out->length--;
			if (newline)
				buffer_add_text(out, "\r\n");
		}
	}
}

static struct signature_answer
judge(struct asking *asking, enum signature_form form, const struct signed_part *parts, size_t part_count)
{
	const struct openpgp_signature *signature = asking->signature;
	const char *id = signature->has_issuer ? id_text(asking->arena, signature->issuer) : NULL;
	bool found = false;

	if (signature->not_read || (signature->type != TYPE_BINARY && signature->type != TYPE_TEXT))
		return answer(SIGNATURE_NOT_READ, arena_format(asking->arena, "a signature could not be checked: %s",
			signature->not_read ? signature->not_read : "it is not one of a content"));
	if (signature->type != TYPE_TEXT && form == SIGNATURE_OF_TEXT)
		return answer(SIGNATURE_NOT_READ, "a signature could not be checked: it is of the form for bytes where a text is signed");
	for (size_t i = 0; i < keyring_count(asking->keyring); i++) {
		asking->key = keyring_key(asking->keyring, i);
		if (!asking->key->key || !id || memcmp(asking->key->id, signature->issuer, KEY_ID_BYTES) ||
		    !openpgp_is_of_version(signature, asking->key))
			continue;
		found = true;
		if (openpgp_signature_fits(signature, asking->key, parts, part_count))
			return judge_fitting(asking);
	}
	if (found)
		return answer(SIGNATURE_DIFFERS, arena_format(asking->arena, "the signature of key %s, made at %s, does not fit what "
			"is there now", id, date(asking->arena, signature->created)));
	return answer(SIGNATURE_NO_KEY, id ? arena_format(asking->arena, "the signature is of key %s, which is not among the "
		"trusted keys", id) : "the signature names no key");
}

void
signature_check(const struct keyring *keyring, const void *packets, size_t length, enum signature_form form,
	const struct signed_part *parts, size_t part_count, struct arena *arena, struct signature_answer *ret_answer)
{
	struct signature_answer best = { .standing = SIGNATURE_NOT_READ,
		.text = "a signature could not be checked: it is none" };
	struct openpgp_signature signature;
	struct openpgp_packet packet;
	struct signed_part whole_text;
	struct buffer buffer, text;
	struct cursor at;
	size_t count = 0;

	buffer_init(&buffer, 0);
	buffer_init(&text, 0);
	if (openpgp_dearmor(packets, length, &buffer, &at))
		while (count < SIGNATURES_MOST && openpgp_next(&at, &packet)) {
			struct asking asking = { .keyring = keyring, .signature = &signature, .arena = arena };
			struct signature_answer one;

			if (packet.tag != PACKET_SIGNATURE)
				continue;
			openpgp_signature_read(packet.body, packet.length, &signature);
			if (signature.type == TYPE_TEXT && form == SIGNATURE_OF_BYTES) {
				if (!text.length)
					add_as_text(parts, part_count, &text);
				whole_text = (struct signed_part){ text.length ? text.bytes : "", text.length };
				one = judge(&asking, form, &whole_text, 1);
			} else {
				one = judge(&asking, form, parts, part_count);
			}
			one.key = signature.has_issuer ? id_text(arena, signature.issuer) : NULL;
			best = !count++ || one.standing < best.standing ? one : best;
		}
	buffer_release(&buffer);
	buffer_release(&text);
	*ret_answer = best;
}
