/*
 * keyring.c - keys that the examiner trusts, as "gpg --export" writes them (RFC 9580, section 10.1)
 *
 *	public key
 *	  revocation of the key (20), what it says of itself (1F)
 *	user id
 *	  what the key says of itself with that name (10 to 13)
 *	public subkey
 *	  that it belongs to the key (18), with the subkey's own word (19) where it signs; its revocation (28)
 *
 * Every statement counts only where the key itself has signed it: keys come over networks, too.  The
 * latest statement says until when a key is valid and what it is for; of a key of version 6 that is never one with a name.
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "openpgp.h"

struct keyring {
	struct openpgp_key *keys;
	size_t              count, capacity;
	struct arena        arena;
};

/* The file while it is read. */
struct reading {
	struct keyring *keyring;
	const struct notes *notes;
	const char     *file;
	bool            has_primary, has_subject;
	size_t          primary, subject;	/* the key that is read, and the one that signatures speak of */
	struct openpgp_packet user;	/* the last user id or attribute; length 0 and body NULL: none */
	uint32_t        stated;		/* when the statement was made that counts for the subject */
	size_t          found;
};

struct keyring *
keyring_open(void)
{
	struct keyring *keyring = memory_allocate(1, sizeof *keyring);

	arena_init(&keyring->arena);
	return keyring;
}

void
keyring_close(struct keyring *keyring)
{
	if (!keyring)
		return;
	for (size_t i = 0; i < keyring->count; i++)
		EVP_PKEY_free(keyring->keys[i].key);
	memory_free(keyring->keys);
	arena_release(&keyring->arena);
	memory_free(keyring);
}

size_t
keyring_count(const struct keyring *keyring)
{
	return keyring ? keyring->count : 0;
}

const struct openpgp_key *
keyring_key(const struct keyring *keyring, size_t number)
{
	return &keyring->keys[number];
}

static void
note_unread(const struct reading *reading, const char *why)
{
	note(reading->notes, STATUS_OK, NOTE_INPUT_UNUSED, &(struct place){ .path = reading->file },
		"a key in %s was not taken: %s", reading->file, why);
}

static void
take_key(struct reading *reading, const struct openpgp_packet *packet)
{
	struct keyring *keyring = reading->keyring;
	bool is_primary = packet->tag == PACKET_PUBLIC_KEY;
	struct openpgp_key key;
	const char *why;

	reading->has_primary &= !is_primary;
	reading->has_subject = false;
	reading->user = (struct openpgp_packet){ .tag = 0 };
	reading->stated = 0;
	if (!is_primary && !reading->has_primary)
		return;
	if (!openpgp_key_read(packet->body, packet->length, &key, &why)) {
		note_unread(reading, why);
		return;
	}
	if (!is_primary && key.version != keyring->keys[reading->primary].version) {
		note_unread(reading, "it is of another version than the key that it belongs to");
		EVP_PKEY_free(key.key);
		return;
	}
	if (keyring->count >= limit_get(LIMIT_TRUSTED_KEYS)) {
		note_unread(reading, "there are too many (limit trusted-keys)");
		EVP_PKEY_free(key.key);
		return;
	}
	keyring->keys = memory_grow(keyring->keys, keyring->count, &keyring->capacity, sizeof *keyring->keys);
	key.body = (const uint8_t *)arena_copy(&keyring->arena, packet->body, packet->length);
	key.file = reading->file;
	key.name = "";
	reading->subject = keyring->count;
	if (is_primary)
		reading->primary = reading->subject;
	key.primary = reading->primary;
	key.may_sign = is_primary && key.key;
	reading->has_primary = reading->has_subject = true;
	keyring->keys[keyring->count++] = key;
	reading->found++;
}

static void
take_user(struct reading *reading, const struct openpgp_packet *packet)
{
	struct openpgp_key *primary = reading->has_primary ? &reading->keyring->keys[reading->primary] : NULL;
	struct buffer name;

	reading->user = *packet;
	/* Names follow the key; a statement with one of them is about the key. */
	reading->has_subject = reading->has_primary;
	reading->subject = reading->primary;
	if (!primary || *primary->name || packet->tag != PACKET_USER_ID)
		return;
	buffer_init(&name, 0);
	text_add_visible(&name, (const char *)packet->body, packet->length);
	primary->name = arena_copy_text(&reading->keyring->arena, name.bytes);
	buffer_release(&name);
}

/* Of the key alone; of the key and what stands behind it: a name or a subkey. */
static size_t
statement_parts(const struct reading *reading, const struct openpgp_signature *signature, struct signed_part parts[4],
	uint8_t prefixes[2][KEY_PREFIX_MOST])
{
	const struct openpgp_key *primary = &reading->keyring->keys[reading->primary];
	const struct openpgp_key *subject = &reading->keyring->keys[reading->subject];
	size_t length = reading->user.length;

	parts[0] = (struct signed_part){ prefixes[0], openpgp_key_prefix(primary, prefixes[0]) };
	parts[1] = (struct signed_part){ primary->body, primary->length };
	if (signature->type == TYPE_DIRECT_KEY || signature->type == TYPE_KEY_REVOCATION)
		return 2;
	if (signature->type >= TYPE_CERTIFICATION && signature->type <= TYPE_CERTIFICATION_LAST) {
		prefixes[1][0] = reading->user.tag == PACKET_USER_ID ? 0xB4 : 0xD1;
		for (int i = 0; i < 4; i++)
			prefixes[1][1 + i] = (uint8_t)(length >> (24 - 8 * i));
		parts[2] = (struct signed_part){ prefixes[1], 5 };
		parts[3] = (struct signed_part){ reading->user.body, length };
		return 4;
	}
	parts[2] = (struct signed_part){ prefixes[1], openpgp_key_prefix(subject, prefixes[1]) };
	parts[3] = (struct signed_part){ subject->body, subject->length };
	return 4;
}

/* A subkey that signs says itself, too, whose it is: else any key could be taken for one's own. */
static bool
is_confirmed(const struct reading *reading, const struct openpgp_signature *binding, const struct signed_part *parts)
{
	const struct openpgp_key *subject = &reading->keyring->keys[reading->subject];
	struct openpgp_signature embedded;

	if (!binding->embedded)
		return false;
	openpgp_signature_read(binding->embedded, binding->embedded_length, &embedded);
	return embedded.type == TYPE_PRIMARY_BINDING &&
		openpgp_signature_fits(&embedded, subject, parts, 4);
}

static void
take_statement(struct reading *reading, const struct openpgp_signature *signature, const struct signed_part *parts)
{
	struct openpgp_key *subject = &reading->keyring->keys[reading->subject];
	bool is_subkey = signature->type == TYPE_SUBKEY_BINDING;
	bool is_of_name = !is_subkey && signature->type != TYPE_DIRECT_KEY;

	/* RFC 9580, section 10.1.1: what a key of version 6 is for stands in what it says of itself alone. */
	if (signature->created < reading->stated || (subject->version == VERSION_6 && is_of_name))
		return;
	reading->stated = signature->created;
	subject->expires = signature->key_lifetime ? subject->created + signature->key_lifetime : 0;
	subject->may_sign = subject->key && (signature->has_flags ? signature->flags & FLAG_SIGN : !is_subkey);
	subject->is_bound = !is_subkey || !subject->may_sign || is_confirmed(reading, signature, parts);
}

static void
take_revocation(struct reading *reading, const struct openpgp_signature *signature)
{
	struct openpgp_key *subject = &reading->keyring->keys[signature->type == TYPE_KEY_REVOCATION ? reading->primary :
		reading->subject];
	bool is_soft = signature->reason == REASON_SUPERSEDED || signature->reason == REASON_RETIRED;

	/* The gravest reason counts; without one anything may have happened to the key. */
	if (subject->revoked && is_soft)
		return;
	subject->revoked = signature->created;
	subject->reason = signature->reason;
}

static bool
speaks_of_subject(const struct reading *reading, const struct openpgp_signature *signature)
{
	bool is_of_subkey = reading->subject != reading->primary;

	switch (signature->type) {
	case TYPE_KEY_REVOCATION: case TYPE_DIRECT_KEY:
		return !is_of_subkey;
	case TYPE_SUBKEY_BINDING: case TYPE_SUBKEY_REVOCATION:
		return is_of_subkey;
	default:
		return signature->type >= TYPE_CERTIFICATION && signature->type <= TYPE_CERTIFICATION_LAST &&
			!is_of_subkey && reading->user.body;
	}
}

static void
take_signature(struct reading *reading, const struct openpgp_packet *packet)
{
	const struct openpgp_key *primary = reading->has_primary ? &reading->keyring->keys[reading->primary] : NULL;
	struct openpgp_signature signature;
	struct signed_part parts[4];
	uint8_t prefixes[2][KEY_PREFIX_MOST];
	size_t count;

	if (!primary || !reading->has_subject)
		return;
	openpgp_signature_read(packet->body, packet->length, &signature);
	/* Most signatures in a keyring are of others. */
	if (signature.not_read || !speaks_of_subject(reading, &signature) ||
	    (signature.has_issuer && memcmp(signature.issuer, primary->id, KEY_ID_BYTES)))
		return;
	count = statement_parts(reading, &signature, parts, prefixes);
	if (!openpgp_signature_fits(&signature, primary, parts, count))
		return;
	if (signature.type == TYPE_KEY_REVOCATION || signature.type == TYPE_SUBKEY_REVOCATION)
		take_revocation(reading, &signature);
	else
		take_statement(reading, &signature, parts);
}

static void
take_packet(struct reading *reading, const struct openpgp_packet *packet)
{
	switch (packet->tag) {
	case PACKET_PUBLIC_KEY: case PACKET_PUBLIC_SUBKEY:
		take_key(reading, packet);
		break;
	case PACKET_USER_ID: case PACKET_USER_ATTRIBUTE:
		take_user(reading, packet);
		break;
	case PACKET_SIGNATURE:
		take_signature(reading, packet);
		break;
	case PACKET_SECRET_KEY: case PACKET_SECRET_SUBKEY:
		note_unread(reading, "it is a secret key; \"gpg --export\" writes the public one");
		reading->has_primary = reading->has_subject = false;
		break;
	default:
		break;
	}
}

size_t
keyring_add(struct keyring *keyring, const char *name, const void *bytes, size_t length, const struct notes *notes)
{
	struct reading reading = { .keyring = keyring, .notes = notes,
		.file = arena_copy_text(&keyring->arena, name) };
	struct openpgp_packet packet;
	struct buffer buffer;
	struct cursor at;

	buffer_init(&buffer, 0);
	if (!openpgp_dearmor(bytes, length, &buffer, &at)) {
		note_unread(&reading, "the file is neither keys as \"gpg --export\" writes them nor their armored form");
	} else {
		while (openpgp_next(&at, &packet))
			take_packet(&reading, &packet);
		if (at.failed)
			note_unread(&reading, "the file breaks off within a packet");
	}
	buffer_release(&buffer);
	return reading.found;
}
