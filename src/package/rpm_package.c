/*
 * rpm_package.c - what a record of rpm says of its package and of each file
 * (rpm's tags: rpm.org "RPM tags"; RPMFILE_, RPMVERIFY_ and RPMFILE_STATE_ of rpmfiles.h)
 *
 * Three witnesses for the record itself: its own digests, which were computed when the package was
 * built; the store's index of those digests, where it has one; and its peers, since a builder
 * signs all of its packages or none.
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "rpm_capabilities.h"
#include "rpm_header.h"
#include "rpm_package.h"
#include "scriptlet.h"

enum { FLAG_CONFIG = 1, FLAG_GHOST = 64 };
enum { VERIFY_DIGEST = 1, VERIFY_LINK = 4, VERIFY_USER = 8, VERIFY_GROUP = 16, VERIFY_MODE = 64, VERIFY_CAPABILITIES = 256 };
enum { STATE_NORMAL, STATE_REPLACED, STATE_NOT_INSTALLED, STATE_NET_SHARED, STATE_WRONG_COLOUR };
enum { MODE_TYPE = 0170000, MODE_REGULAR = 0100000, MODE_LINK = 0120000 };
enum { SIGNATURE_GROUPS_MOST = 1000 };
enum { PEERS_LEAST = 4, PEERS_SHARE = 10 };	/* nine of ten, and at least four, say what is usual */

/* What is compared once all are known. */
struct rpm_peer {
	const char  *package, *architecture, *vendor;
	struct place at;
	bool         is_signed, has_digest;
};

/* A package while its record is read. */
struct reading {
	struct rpm_database *database;
	struct rpm_header    header;
	struct package       package;
	struct rpm_value     base_names, directories, indexes, digests, flags, verify, states, modes, links, users, groups, capabilities;
	bool                 has_base_names, has_old_names, is_signed;
	struct scriptlet_writes writes[3];	/* of scriptlets[] */
	enum digest_algorithm algorithm;
};

static const struct { enum rpm_tag script, program; const char *name; } scriptlets[] = {
	{ RPM_BEFORE_INSTALL, RPM_BEFORE_INSTALL_PROGRAM, "the %pre of its record" },
	{ RPM_AFTER_INSTALL, RPM_AFTER_INSTALL_PROGRAM, "the %post of its record" },
	{ RPM_AFTER_TRANSACTION, RPM_AFTER_TRANSACTION_PROGRAM, "the %posttrans of its record" },
};

void
rpm_database_init(struct rpm_database *database, const struct package_sink *out, const struct notes *notes)
{
	*database = (struct rpm_database){ .out = out, .notes = notes };
	arena_init(&database->arena);
}

static void
contradict(const struct rpm_database *database, const struct package *package, const char *text)
{
	const struct package_part part = { .manager = "rpm", .package = package->name,
		.architecture = package->architecture, .kind = PACKAGE_PART_HEADER, .contradiction = text,
		.at = package->at };

	database->out->part(database->out->context, &part);
}

static struct rpm_value
value_or_none(const struct rpm_header *header, enum rpm_tag tag)
{
	struct rpm_value value = { .count = 0 };

	rpm_header_value(header, tag, &value);
	return value;
}

static struct rpm_value
built_value_or_none(const struct rpm_header *header, enum rpm_tag tag)
{
	struct rpm_value value = { .count = 0 };

	rpm_header_built_value(header, tag, &value);
	return value;
}

/* RFC 9580, section 9.5: numbers of hash algorithms. */
static enum digest_algorithm
algorithm_of(const struct rpm_header *header)
{
	static const enum digest_algorithm algorithms[] = { [0] = DIGEST_MD5, [1] = DIGEST_MD5, [2] = DIGEST_SHA1,
		[8] = DIGEST_SHA256, [9] = DIGEST_SHA384, [10] = DIGEST_SHA512, [11] = DIGEST_SHA224 };
	struct rpm_value value = built_value_or_none(header, RPM_FILE_DIGEST_ALGORITHM);
	uint64_t number = rpm_value_number(&value, 0);

	return number < sizeof algorithms / sizeof algorithms[0] ? algorithms[number] : DIGEST_NONE;
}

/* Compares the digest that the record carries with the one it has.  Returns false where they differ. */
static bool
agrees_with_itself(struct reading *reading, enum rpm_tag tag, enum digest_algorithm algorithm, bool *any)
{
	const char *recorded = rpm_header_text(&reading->header, tag);
	struct digest computed, expected;
	struct buffer text;

	if (!recorded || !rpm_header_digest(&reading->header, algorithm, &computed))
		return true;
	*any = true;
	if (digest_parse(recorded, strlen(recorded), algorithm, &expected) && digest_equal(&computed, &expected))
		return true;
	buffer_init(&text, 0);
	buffer_add_format(&text, "the record carries the %s ", digest_algorithm_names[algorithm]);
	text_add_visible(&text, recorded, strlen(recorded));
	buffer_add_text(&text, " of itself, and what it holds now has ");
	digest_add_hex(&text, &computed);
	contradict(reading->database, &reading->package, text.bytes);
	buffer_release(&text);
	return false;
}

static void
compare_digest(struct reading *reading, const char *index_digest)
{
	const char *recorded = rpm_header_text(&reading->header, RPM_SHA1);

	if (!index_digest || !recorded || !strcmp(index_digest, recorded))
		return;
	contradict(reading->database, &reading->package, arena_format(&reading->database->arena,
		"the index of the database has the SHA-1 %s for its record, and the record says %s", index_digest, recorded));
	reading->package.integrity = DATABASE_BAD;
}

static void
compare_names(struct reading *reading, const struct rpm_index *index)
{
	struct rpm_value names = value_or_none(&reading->header, RPM_BASE_NAMES);
	const char *recorded = "", *indexed;
	uint32_t at = 0, i = 0;

	for (; i < names.count && i < index->base_name_count; i++) {
		recorded = rpm_value_text(&names, &at);
		if (!recorded || strcmp(recorded, index->base_names[i]))
			break;
	}
	if (i == names.count && i == index->base_name_count)
		return;
	recorded = i < names.count && recorded ? recorded : "nothing more";
	indexed = i < index->base_name_count ? index->base_names[i] : "nothing more";
	contradict(reading->database, &reading->package, arena_format(&reading->database->arena,
		"its record names %u files and the index of the database %zu: where the record has %s, the index has %s", names.count,
		index->base_name_count, recorded, indexed));
	reading->package.integrity = DATABASE_BAD;
}

static void
compare_with_index(struct reading *reading, const struct rpm_index *index)
{
	if (!index)
		return;
	compare_digest(reading, index->digest);
	if (index->has_base_names && !rpm_header_text(&reading->header, RPM_OLD_FILE_NAMES))
		compare_names(reading, index);
}

void
rpm_database_miss(struct rpm_database *database, const char *package, const struct place *at)
{
	const struct package missing = { .name = package, .at = *at };

	contradict(database, &missing, "an index of the database has a package of that name, and the record is not there");
}

/* Tags of files that no installation changes. */
static void
look_for_overrides(struct reading *reading)
{
	static const struct { enum rpm_tag tag; const char *what; } tags[] = {
		{ RPM_FILE_DIGESTS, "digests of its files" }, { RPM_FILE_MODES, "modes of its files" },
		{ RPM_FILE_FLAGS, "flags of its files" }, { RPM_FILE_VERIFY, "rules of verification" },
		{ RPM_FILE_CAPABILITIES, "capabilities of its files" },
	};

	for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
		if (!rpm_header_overrides(&reading->header, tags[i].tag))
			continue;
		contradict(reading->database, &reading->package, arena_format(&reading->database->arena,
			"the %s stand twice in the record: as the package was built, and once more behind what its digest covers",
			tags[i].what));
		reading->package.integrity = DATABASE_BAD;
	}
}

/* The same is said once of all packages of one key. */
static void
remember_signature(struct reading *reading, enum rpm_signature_kind kind, const struct signature_answer *answer)
{
	struct rpm_database *database = reading->database;
	size_t i = 0;

	while (i < database->signature_count && (database->signatures[i].kind != kind ||
	       database->signatures[i].standing != answer->standing ||
	       strcmp(database->signatures[i].key, answer->key ? answer->key : "")))
		i++;
	if (i == SIGNATURE_GROUPS_MOST)
		return;
	if (i == database->signature_count) {
		database->signatures = memory_grow(database->signatures, i, &database->signature_capacity,
			sizeof *database->signatures);
		database->signatures[database->signature_count++] = (struct rpm_signature_group){ .kind = kind,
			.standing = answer->standing, .key = answer->key ? answer->key : "", .text = answer->text,
			.package = arena_copy_text(&database->arena, reading->package.name) };
	}
	database->signatures[i].packages++;
}

/* What stands behind the region may send a signed digest to another path. */
static bool
has_own_paths(const struct rpm_header *header)
{
	return !rpm_header_overrides(header, RPM_BASE_NAMES) && !rpm_header_overrides(header, RPM_DIRECTORIES) &&
		!rpm_header_overrides(header, RPM_DIRECTORY_INDEXES) && !rpm_header_overrides(header, RPM_OLD_FILE_NAMES);
}

static void
judge_signature(struct reading *reading)
{
	struct signature_answer answer = { .standing = SIGNATURE_NOT_READ };
	enum rpm_signature_kind kind = rpm_signature_check(&reading->header, reading->database->keyring,
		&reading->database->arena, &answer);

	reading->is_signed = kind != RPM_SIGNATURE_NONE;
	if (kind == RPM_SIGNATURE_NONE)
		return;
	if (kind == RPM_SIGNATURE_OF_HEADER && answer.standing == SIGNATURE_DIFFERS) {
		contradict(reading->database, &reading->package, answer.text);
		reading->package.integrity = DATABASE_BAD;
	} else if (kind == RPM_SIGNATURE_OF_HEADER && answer.standing == SIGNATURE_FITS) {
		if (reading->package.integrity != DATABASE_BAD && has_own_paths(&reading->header))
			reading->package.integrity = DATABASE_SIGNED;
	} else {
		remember_signature(reading, kind, &answer);
	}
}

static void
judge_record(struct reading *reading, const struct rpm_index *index)
{
	/* Both are asked, since who edits one may forget the other; one word is enough. */
	bool any = false, agrees = agrees_with_itself(reading, RPM_SHA256, DIGEST_SHA256, &any) &&
		agrees_with_itself(reading, RPM_SHA1, DIGEST_SHA1, &any);

	reading->package.integrity = !agrees ? DATABASE_BAD : any ? DATABASE_SELF_DIGEST : DATABASE_PLAIN;
	compare_with_index(reading, index);
	look_for_overrides(reading);
	judge_signature(reading);
}

static void
remember_peer(struct reading *reading)
{
	struct rpm_database *database = reading->database;
	const struct package *package = &reading->package;

	if (!strcmp(package->name, "gpg-pubkey"))
		return;
	database->peers = memory_grow(database->peers, database->peer_count, &database->peer_capacity,
		sizeof *database->peers);
	database->peers[database->peer_count++] = (struct rpm_peer){
		.package = arena_copy_text(&database->arena, package->name),
		.architecture = arena_copy_text(&database->arena, package->architecture),
		.vendor = arena_copy_text(&database->arena, package->vendor), .at = package->at,
		.is_signed = reading->is_signed, .has_digest = package->integrity != DATABASE_PLAIN,
	};
}

static enum package_file_kind
kind_of(const struct reading *reading, uint32_t index, bool has_digest)
{
	uint64_t flags = rpm_value_number(&reading->flags, index);

	/* The record's digest and signature do not cover the states: who can edit it can set them. */
	switch (rpm_value_number(&reading->states, index)) {
	case STATE_NOT_INSTALLED: case STATE_NET_SHARED:
		return PACKAGE_FILE_NOT_INSTALLED;
	case STATE_REPLACED: case STATE_WRONG_COLOUR:
		return PACKAGE_FILE_SUPERSEDED;
	default:
		break;
	}
	if (flags & FLAG_GHOST)
		return PACKAGE_FILE_GHOST;
	if (flags & FLAG_CONFIG)
		return PACKAGE_FILE_CONFIG;
	if (has_digest && index < reading->verify.count && !(rpm_value_number(&reading->verify, index) & VERIFY_DIGEST))
		return PACKAGE_FILE_NOVERIFY;
	return PACKAGE_FILE_PLAIN;
}

static bool
verifies(const struct reading *reading, uint32_t index, unsigned what)
{
	return index >= reading->verify.count || rpm_value_number(&reading->verify, index) & what;
}

/* A build of another algorithm than the record says: its length tells. */
static struct digest
digest_of(const struct reading *reading, const char *text)
{
	struct digest digest = { .algorithm = DIGEST_NONE };
	size_t length = text ? strlen(text) : 0;

	if (length && !digest_parse(text, length, reading->algorithm, &digest))
		digest_parse(text, length, DIGEST_NONE, &digest);
	return digest;
}

/* What stands in the lists of strings for one file. */
struct file_texts { const char *path, *digest, *link, *user, *group, *capabilities; };

static void
emit_file(struct reading *reading, uint32_t index, const struct file_texts *texts)
{
	uint32_t mode = (uint32_t)rpm_value_number(&reading->modes, index);
	struct package_file file = { .manager = "rpm", .package = reading->package.name,
		.architecture = reading->package.architecture, .path = texts->path, .at = reading->package.at };
	bool is_regular = (mode & MODE_TYPE) == MODE_REGULAR;

	if (is_regular || index >= reading->modes.count)
		file.digest = digest_of(reading, texts->digest);
	for (size_t i = 0; i < sizeof scriptlets / sizeof *scriptlets; i++)
		if (scriptlet_is_written(&reading->writes[i], texts->path))
			file.written_by = scriptlets[i].name;
	file.kind = kind_of(reading, index, file.digest.algorithm != DIGEST_NONE);
	file.is_by_state = rpm_value_number(&reading->states, index) != STATE_NORMAL;
	if ((mode & MODE_TYPE) == MODE_LINK && texts->link && *texts->link && verifies(reading, index, VERIFY_LINK))
		file.link_target = texts->link;
	if (is_regular && verifies(reading, index, VERIFY_MODE) && file.kind != PACKAGE_FILE_GHOST) {
		file.has_mode = true;
		file.mode = mode & 07777;
	}
	if (is_regular && file.kind != PACKAGE_FILE_GHOST) {
		file.user = verifies(reading, index, VERIFY_USER) ? texts->user : NULL;
		file.group = verifies(reading, index, VERIFY_GROUP) ? texts->group : NULL;
	}
	/* A package without any capabilities has no list of them. */
	if (is_regular && verifies(reading, index, VERIFY_CAPABILITIES) && reading->verify.count) {
		file.has_capabilities = true;
		file.capabilities = texts->capabilities ? rpm_capabilities_read(texts->capabilities) : 0;
	}
	reading->database->out->file(reading->database->out->context, &file);
}

/* Folders by number, so that a name finds its own without a walk. */
static const char **
read_directories(struct arena *arena, const struct rpm_value *value, uint32_t *ret_count)
{
	const char **directories = arena_allocate(arena, (value->count + 1) * sizeof *directories);
	uint32_t at = 0;

	for (*ret_count = 0; *ret_count < value->count; (*ret_count)++) {
		directories[*ret_count] = rpm_value_text(value, &at);
		if (!directories[*ret_count])
			break;
	}
	return directories;
}

static void
open_values(struct reading *reading)
{
	const struct rpm_header *header = &reading->header;

	/* A package that was installed elsewhere than it was built for has other folders behind its region. */
	reading->has_base_names = rpm_header_value(header, RPM_BASE_NAMES, &reading->base_names);
	if (!reading->has_base_names)
		reading->has_old_names = rpm_header_value(header, RPM_OLD_FILE_NAMES, &reading->base_names);
	reading->directories = value_or_none(header, RPM_DIRECTORIES);
	reading->indexes = value_or_none(header, RPM_DIRECTORY_INDEXES);
	reading->states = value_or_none(header, RPM_FILE_STATES);
	reading->digests = built_value_or_none(header, RPM_FILE_DIGESTS);
	reading->flags = built_value_or_none(header, RPM_FILE_FLAGS);
	reading->verify = built_value_or_none(header, RPM_FILE_VERIFY);
	reading->modes = built_value_or_none(header, RPM_FILE_MODES);
	reading->links = built_value_or_none(header, RPM_FILE_LINKS);
	reading->users = built_value_or_none(header, RPM_FILE_USERS);
	reading->groups = built_value_or_none(header, RPM_FILE_GROUPS);
	reading->capabilities = built_value_or_none(header, RPM_FILE_CAPABILITIES);
	reading->algorithm = algorithm_of(header);
}

static void
note_broken_list(struct reading *reading, uint32_t index)
{
	struct rpm_database *database = reading->database;

	database->status = status_worse(database->status, note(database->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED,
		&reading->package.at, "the list of files of %s breaks off at file %u of %u: what the rest belongs to is not known",
		reading->package.name, index + 1, reading->base_names.count));
}

static const char *
next_text(const struct rpm_value *list, uint32_t index, uint32_t *at)
{
	return index < list->count ? rpm_value_text(list, at) : NULL;
}

/* What digest or signature of the record covers, by a shell. */
static void
read_scriptlets(struct reading *reading)
{
	bool is_sound = reading->package.integrity == DATABASE_SELF_DIGEST || reading->package.integrity == DATABASE_SIGNED;

	for (size_t i = 0; i < sizeof scriptlets / sizeof *scriptlets; i++) {
		struct rpm_value script = built_value_or_none(&reading->header, scriptlets[i].script);
		struct rpm_value program = built_value_or_none(&reading->header, scriptlets[i].program);
		uint32_t at = 0;
		const char *text = is_sound ? rpm_value_text(&script, &at) : NULL;
		const char *shell = (at = 0, rpm_value_text(&program, &at));

		scriptlet_init(&reading->writes[i]);
		if (text && (!shell || text_has_suffix(shell, "/sh") || text_has_suffix(shell, "/bash")) &&
		    !rpm_header_overrides(&reading->header, scriptlets[i].script))
			scriptlet_read(&reading->writes[i], text, strlen(text));
	}
}

static void
emit_files(struct reading *reading)
{
	uint32_t name_at = 0, digest_at = 0, link_at = 0, user_at = 0, group_at = 0, capability_at = 0, directory_count;
	struct rpm_database *database = reading->database;
	struct arena arena;
	const char **directories;

	open_values(reading);
	read_scriptlets(reading);
	arena_init(&arena);
	directories = read_directories(&arena, &reading->directories, &directory_count);
	for (uint32_t i = 0; i < reading->base_names.count; i++) {
		uint64_t folder = rpm_value_number(&reading->indexes, i);
		struct file_texts texts = {
			.path = rpm_value_text(&reading->base_names, &name_at),
			.digest = next_text(&reading->digests, i, &digest_at),
			.link = next_text(&reading->links, i, &link_at),
			.user = next_text(&reading->users, i, &user_at),
			.group = next_text(&reading->groups, i, &group_at),
			.capabilities = next_text(&reading->capabilities, i, &capability_at),
		};

		if (!texts.path || (reading->has_base_names && folder >= directory_count) ||
		    ++database->file_count > limit_get(LIMIT_PACKAGE_FILES)) {
			note_broken_list(reading, i);
			break;
		}
		if (reading->has_base_names)
			texts.path = arena_format(&arena, "%s%s", directories[folder], texts.path);
		if (*texts.path == '/')
			emit_file(reading, i, &texts);
	}
	arena_release(&arena);
	for (size_t i = 0; i < sizeof scriptlets / sizeof *scriptlets; i++)
		scriptlet_release(&reading->writes[i]);
}

static void
describe(struct reading *reading, const struct place *at)
{
	struct rpm_database *database = reading->database;
	const struct rpm_header *header = &reading->header;
	struct rpm_value installed = value_or_none(header, RPM_INSTALL_TIME);
	struct rpm_value begun = value_or_none(header, RPM_INSTALL_TRANSACTION);
	struct rpm_value names = value_or_none(header, RPM_BASE_NAMES);

	if (!names.count)
		names = value_or_none(header, RPM_OLD_FILE_NAMES);
	reading->package = (struct package){ .manager = "rpm", .name = rpm_header_text(header, RPM_NAME),
		.version = rpm_header_version(header, &database->arena), .architecture = rpm_header_text(header, RPM_ARCHITECTURE),
		.vendor = rpm_header_text(header, RPM_VENDOR), .state = "installed", .is_installed = true,
		.files = names.count, .at = *at };
	if (installed.count)
		reading->package.installed = (struct timestamp){ .seconds = (int64_t)rpm_value_number(&installed, 0),
			.resolution_nanoseconds = 1000000000 };
	if (begun.count)
		reading->package.begun = (struct timestamp){ .seconds = (int64_t)rpm_value_number(&begun, 0),
			.resolution_nanoseconds = 1000000000 };
}

void
rpm_database_take(struct rpm_database *database, const void *record, size_t length, const struct place *at,
	const struct rpm_index *index)
{
	struct reading reading = { .database = database };
	const char *why = "it names no package";
	enum status status;

	if (database->peer_count >= limit_get(LIMIT_PACKAGES))
		return;
	if (rpm_header_parse(record, length, &reading.header, &why))
		describe(&reading, at);
	if (!reading.package.name || !*reading.package.name) {
		status = note(database->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, at,
			"a record of the package database cannot be read (%s): its package and files are not known", why);
		database->status = status_worse(database->status, status);
		return;
	}
	judge_record(&reading, index);
	remember_peer(&reading);
	emit_files(&reading);
	database->out->package(database->out->context, &reading.package);
}

struct vendor { size_t count, signatures, digests; };

/* How many packages each vendor has here, by its name. */
static struct vendor *
count_vendors(const struct rpm_database *database, struct map *numbers)
{
	struct vendor *vendors = memory_allocate(database->peer_count, sizeof *vendors);
	size_t count = 0;

	for (size_t i = 0; i < database->peer_count; i++) {
		const struct rpm_peer *peer = &database->peers[i];
		uint64_t number = count;

		if (!peer->vendor)
			continue;
		if (map_add_text(numbers, peer->vendor, count))
			count++;
		else
			map_get_text(numbers, peer->vendor, &number);
		vendors[number].count++;
		vendors[number].signatures += peer->is_signed;
		vendors[number].digests += peer->has_digest;
	}
	return vendors;
}

/* Nearly all others have what this one lacks. */
static bool
is_usual(size_t having, size_t others)
{
	return others >= PEERS_LEAST && having >= others - others / PEERS_SHARE;
}

/* What packages of one vendor have, and this one of them has not: a signature, a digest of itself. */
static void
compare_with_peers(struct rpm_database *database, const struct rpm_peer *peer, const struct vendor *vendor)
{
	struct package package = { .name = peer->package, .architecture = peer->architecture, .at = peer->at };
	size_t others = vendor->count - 1;

	if (!peer->is_signed && is_usual(vendor->signatures, others))
		contradict(database, &package, arena_format(&database->arena,
			"it carries no signature, while %zu of %zu other packages of the vendor \"%s\" do", vendor->signatures,
			others, peer->vendor));
	if (!peer->has_digest && is_usual(vendor->digests, others))
		contradict(database, &package, arena_format(&database->arena,
			"it carries no digest of itself, while %zu of %zu other packages of the vendor \"%s\" do", vendor->digests,
			others, peer->vendor));
}

static void
compare_peers(struct rpm_database *database)
{
	struct map numbers;
	struct vendor *vendors;
	uint64_t number;

	map_init(&numbers);
	vendors = count_vendors(database, &numbers);
	for (size_t i = 0; i < database->peer_count; i++)
		if (database->peers[i].vendor && map_get_text(&numbers, database->peers[i].vendor, &number))
			compare_with_peers(database, &database->peers[i], &vendors[number]);
	memory_free(vendors);
	map_release(&numbers);
}

/* Nothing is wrong with these packages: that they prove no more than they say is all there is to tell. */
static void
tell_signatures(const struct rpm_database *database)
{
	for (size_t i = 0; i < database->signature_count; i++) {
		const struct rpm_signature_group *group = &database->signatures[i];

		note(database->notes, STATUS_OK, NOTE_SIGNATURE_UNCHECKED, database->place,
			"the signatures of %zu packages, the first of them %s, prove nothing here: %s", group->packages,
			group->package, group->kind == RPM_SIGNATURE_OF_PAYLOAD ? "they are of header and payload together, and "
			"the database does not keep the payload" : group->text);
	}
}

enum status
rpm_database_finish(struct rpm_database *database)
{
	compare_peers(database);
	tell_signatures(database);
	if (database->peer_count >= limit_get(LIMIT_PACKAGES))
		database->status = status_worse(database->status, note(database->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, NULL,
			"%zu packages were read, the rest was not (limit packages)", database->peer_count));
	memory_free(database->peers);
	memory_free(database->signatures);
	arena_release(&database->arena);
	return database->status;
}
