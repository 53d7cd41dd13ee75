/*
 * token_key.c - "--sign-key pkcs11:...": the key stays on its card (RFC 7512)
 *
 * Debian 12 has no provider of PKCS #11 for OpenSSL 3; it has the engine (libengine-pkcs11-openssl), an interface that
 * OpenSSL calls old and keeps.  The engine asks for the PIN on the terminal where the URI does not tell it.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/engine.h>
#include <openssl/err.h>

#include <t1554triage/text.h>

#include "manifest.h"

bool
token_key_is_uri(const char *path)
{
	return text_has_prefix(path, "pkcs11:");
}

EVP_PKEY *
token_key_open(const char *uri, struct buffer *ret_message)
{
	ENGINE *engine;
	EVP_PKEY *key = NULL;

	ENGINE_load_dynamic();
	engine = ENGINE_by_id("pkcs11");
	if (!engine || ENGINE_init(engine) != 1) {
		buffer_add_text(ret_message, "--sign-key names a key on a card, and this OpenSSL has no engine for PKCS #11 "
			"(Debian: libengine-pkcs11-openssl)");
	} else {
		key = ENGINE_load_private_key(engine, uri, UI_OpenSSL(), NULL);
		if (!key)
			buffer_add_text(ret_message, "no private key could be had by the URI of --sign-key: is the card there, its module named "
				"(module-path in the URI, or PKCS11_MODULE_PATH), and the PIN right");
		ENGINE_finish(engine);
	}
	ENGINE_free(engine);
	ERR_clear_error();
	return key;
}
