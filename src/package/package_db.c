/* package_db.c - the table of package databases, and how their facts are written. */
#include <string.h>

#include <t1554triage/package.h>
#include <t1554triage/text.h>

#define PACKAGE_DB(name) extern const struct package_db_driver name##_package_db;
#include "package_db.def"
#undef PACKAGE_DB

static const struct package_db_driver *const drivers[] = {
#define PACKAGE_DB(name) &name##_package_db,
#include "package_db.def"
#undef PACKAGE_DB
	NULL
};

const struct package_db_driver *const *
package_db_drivers(void)
{
	return drivers;
}

const char *const database_integrity_names[] = { "plain", "self_digest", "signed", "bad", NULL };

const char *const package_file_kind_names[] = {
	"plain", "config", "ghost", "noverify", "not_installed", "source", "script", "superseded", NULL
};

static const struct field package_fields[] = {
	FIELD(struct package, system, FIELD_TEXT),
	FIELD(struct package, manager, FIELD_TEXT),
	FIELD(struct package, name, FIELD_TEXT),
	FIELD(struct package, version, FIELD_TEXT),
	FIELD(struct package, architecture, FIELD_TEXT),
	FIELD(struct package, vendor, FIELD_TEXT),
	FIELD(struct package, state, FIELD_TEXT),
	FIELD_AS(struct package, is_installed, "installed_whole", FIELD_BOOL),
	FIELD_AS(struct package, is_unfinished, "unfinished", FIELD_BOOL),
	FIELD(struct package, installed, FIELD_TIMESTAMP),
	FIELD(struct package, begun, FIELD_TIMESTAMP),
	FIELD_ENUM(struct package, integrity, "integrity", database_integrity_names),
	FIELD(struct package, files, FIELD_U64),
	FIELDS_PLACE(struct package, at),
	FIELD_LAST
};

const struct record_type package_record = {
	.name = "package", .size = sizeof (struct package), .fields = package_fields,
	.description = "a package as its manager records it",
};

static const struct field package_file_fields[] = {
	FIELD(struct package_file, system, FIELD_TEXT),
	FIELD(struct package_file, manager, FIELD_TEXT),
	FIELD(struct package_file, package, FIELD_TEXT),
	FIELD(struct package_file, architecture, FIELD_TEXT),
	FIELD(struct package_file, path, FIELD_TEXT),
	FIELD(struct package_file, canonical, FIELD_TEXT),
	FIELD_ENUM(struct package_file, kind, "kind", package_file_kind_names),
	FIELD_ENUM(struct package_file, digest.algorithm, "algorithm", digest_algorithm_names),
	FIELD_BYTES_TRIMMED(struct package_file, digest.bytes, "digest"),
	FIELD_AS(struct package_file, has_mode, "mode_recorded", FIELD_BOOL),
	FIELD(struct package_file, mode, FIELD_OCTAL),
	FIELD(struct package_file, user, FIELD_TEXT),
	FIELD(struct package_file, group, FIELD_TEXT),
	FIELD_AS(struct package_file, has_uid, "uid_recorded", FIELD_BOOL),
	FIELD(struct package_file, uid, FIELD_U32),
	FIELD_AS(struct package_file, has_gid, "gid_recorded", FIELD_BOOL),
	FIELD(struct package_file, gid, FIELD_U32),
	FIELD(struct package_file, capabilities, FIELD_U64),
	FIELD_AS(struct package_file, has_capabilities, "capabilities_recorded", FIELD_BOOL),
	FIELD(struct package_file, link_target, FIELD_TEXT),
	FIELD(struct package_file, link_digest, FIELD_TEXT),
	FIELD(struct package_file, diverted_to, FIELD_TEXT),
	FIELD(struct package_file, written_by, FIELD_TEXT),
	FIELD_AS(struct package_file, is_by_state, "by_state", FIELD_BOOL),
	FIELD_AS(struct package_file, is_override, "override", FIELD_BOOL),
	FIELD_AS(struct package_file, is_interrupted, "interrupted", FIELD_BOOL),
	FIELDS_PLACE(struct package_file, at),
	FIELD_LAST
};

const struct record_type package_file_record = {
	.name = "package-file", .size = sizeof (struct package_file), .fields = package_file_fields,
	.description = "a path that a package should have, with the digest that its manager records",
};

static const struct field package_lock_fields[] = {
	FIELD(struct package_lock, system, FIELD_TEXT),
	FIELD(struct package_lock, manager, FIELD_TEXT),
	FIELD(struct package_lock, pattern, FIELD_TEXT),
	FIELD(struct package_lock, kind, FIELD_TEXT),
	FIELD(struct package_lock, since, FIELD_TIMESTAMP),
	FIELD(struct package_lock, by, FIELD_TEXT),
	FIELD(struct package_lock, text, FIELD_TEXT),
	FIELD(struct package_lock, written, FIELD_TIMESTAMP),
	FIELDS_PLACE(struct package_lock, at),
	FIELD_LAST
};

const struct record_type package_lock_record = {
	.name = "package-lock", .size = sizeof (struct package_lock), .fields = package_lock_fields,
	.description = "a hold, pin or versionlock that keeps packages from being updated",
};

static const struct field package_diversion_fields[] = {
	FIELD(struct package_diversion, system, FIELD_TEXT),
	FIELD(struct package_diversion, from, FIELD_TEXT),
	FIELD(struct package_diversion, to, FIELD_TEXT),
	FIELD(struct package_diversion, package, FIELD_TEXT),
	FIELDS_PLACE(struct package_diversion, at),
	FIELD_LAST
};

const struct record_type package_diversion_record = {
	.name = "package-diversion", .size = sizeof (struct package_diversion),
	.fields = package_diversion_fields,
	.description = "a path that a package or the administrator has moved aside",
};

const char *const package_load_kind_names[] = { "preload", "variable", "folder", "authentication", "authentication-program", "start", NULL };

static const struct field package_load_fields[] = {
	FIELD(struct package_load, system, FIELD_TEXT),
	FIELD_ENUM(struct package_load, kind, "kind", package_load_kind_names),
	FIELD(struct package_load, target, FIELD_TEXT),
	FIELD(struct package_load, canonical, FIELD_TEXT),
	FIELD(struct package_load, text, FIELD_TEXT),
	FIELDS_PLACE(struct package_load, at),
	FIELD_LAST
};

const struct record_type package_load_record = {
	.name = "package-load", .size = sizeof (struct package_load), .fields = package_load_fields,
	.description = "a setting that has programs of packages load or run code",
};

const char *const package_part_kind_names[] = { "list", "digests", "conffiles", "header", "archive", NULL };

static const struct field package_part_fields[] = {
	FIELD(struct package_part, system, FIELD_TEXT),
	FIELD(struct package_part, manager, FIELD_TEXT),
	FIELD(struct package_part, package, FIELD_TEXT),
	FIELD(struct package_part, architecture, FIELD_TEXT),
	FIELD_ENUM(struct package_part, kind, "kind", package_part_kind_names),
	FIELD(struct package_part, modified, FIELD_TIMESTAMP),
	FIELD(struct package_part, changed, FIELD_TIMESTAMP),
	FIELD(struct package_part, contradiction, FIELD_TEXT),
	FIELDS_PLACE(struct package_part, at),
	FIELD_LAST
};

const struct record_type package_part_record = {
	.name = "package-part", .size = sizeof (struct package_part), .fields = package_part_fields,
	.description = "a file of a package database that speaks of one package, and when it was written",
};

static const struct field package_witness_fields[] = {
	FIELD(struct package_witness, system, FIELD_TEXT),
	FIELD(struct package_witness, manager, FIELD_TEXT),
	FIELD(struct package_witness, package, FIELD_TEXT),
	FIELD(struct package_witness, architecture, FIELD_TEXT),
	FIELD(struct package_witness, version, FIELD_TEXT),
	FIELD(struct package_witness, path, FIELD_TEXT),
	FIELDS_DIGESTS(struct package_witness, digests),
	FIELD(struct package_witness, chain, FIELD_TEXT),
	FIELD_AS(struct package_witness, is_signed, "signed", FIELD_BOOL),
	FIELDS_PLACE(struct package_witness, at),
	FIELD_LAST
};

static const struct field package_baseline_fields[] = {
	FIELD(struct package_baseline, system, FIELD_TEXT),
	FIELD(struct package_baseline, product, FIELD_TEXT),
	FIELD(struct package_baseline, path, FIELD_TEXT),
	FIELD(struct package_baseline, canonical, FIELD_TEXT),
	FIELD_ENUM(struct package_baseline, digest.algorithm, "algorithm", digest_algorithm_names),
	FIELD_BYTES_TRIMMED(struct package_baseline, digest.bytes, "digest"),
	FIELD_AS(struct package_baseline, has_mode, "mode_recorded", FIELD_BOOL),
	FIELD(struct package_baseline, mode, FIELD_OCTAL),
	FIELD_AS(struct package_baseline, has_owner, "owner_recorded", FIELD_BOOL),
	FIELD(struct package_baseline, uid, FIELD_U32),
	FIELD(struct package_baseline, gid, FIELD_U32),
	FIELD(struct package_baseline, taken, FIELD_TIMESTAMP),
	FIELD(struct package_baseline, written, FIELD_TIMESTAMP),
	FIELDS_PLACE(struct package_baseline, at),
	FIELD_LAST
};

const struct record_type package_baseline_record = {
	.name = "package-baseline", .size = sizeof (struct package_baseline), .fields = package_baseline_fields,
	.description = "what an integrity checker on the host recorded of a file",
};

const struct record_type package_witness_record = {
	.name = "package-witness", .size = sizeof (struct package_witness), .fields = package_witness_fields,
	.description = "a file in the archive that a package was installed from, and what vouches for the archive",
};

/* One word of a lock's pattern; "NAME:ARCH" covers NAME. */
static bool
word_covers(const char *word, size_t length, const char *package)
{
	char glob[512];
	const char *colon = memchr(word, ':', length);

	if (colon)
		length = (size_t)(colon - word);
	if (!length || length >= sizeof glob)
		return false;
	memcpy(glob, word, length);
	glob[length] = '\0';
	return text_matches_glob(glob, package);
}

/* apt's "Package:" holds several names; what is a /regular expression/ or src:NAME is not decided here. */
static bool
words_cover(const char *words, const char *package)
{
	for (;;) {
		size_t length;

		words += strspn(words, " \t,");
		length = strcspn(words, " \t,");
		if (!length)
			return false;
		if (*words != '/' && strncmp(words, "src:", 4) && word_covers(words, length, package))
			return true;
		words += length;
	}
}

/* "[!][EPOCH:]NAME-VERSION-RELEASE.ARCH" (yum) or "NAME-EPOCH:VERSION-..." (dnf), or only NAME. */
static bool
versionlock_covers(const char *pattern, const char *package)
{
	size_t length = strlen(package), epoch;

	pattern += *pattern == '!';
	epoch = strspn(pattern, "0123456789");
	if (epoch && pattern[epoch] == ':')
		pattern += epoch + 1;
	if (!strncmp(pattern, package, length))
		return !pattern[length] || (pattern[length] == '-' &&
			((pattern[length + 1] >= '0' && pattern[length + 1] <= '9') || pattern[length + 1] == '*'));
	return text_matches_glob(pattern, package);
}

/* A pattern of re.match(); what is more than a beginning and an end is not decided here. */
static bool
blacklist_covers(const char *pattern, const char *package)
{
	size_t length = strcspn(pattern, "$.*+?[](){}|^\\");

	if (strncmp(pattern, package, length))
		return false;
	pattern += length;
	return !*pattern || !strcmp(pattern, ".*") || (!strcmp(pattern, "$") && !package[length]);
}

bool
package_lock_covers(const struct package_lock *lock, const char *package)
{
	/* It names a repository, or nothing that is a package. */
	if (!strcmp(lock->kind, "gpgcheck-off") || !strcmp(lock->kind, "masked-unit") || !strcmp(lock->kind, "updates-off"))
		return false;
	if (!strcmp(lock->kind, "blacklist"))
		return blacklist_covers(lock->pattern, package);
	if (!strcmp(lock->kind, "versionlock"))
		return versionlock_covers(lock->pattern, package);
	return words_cover(lock->pattern, package);
}

bool
package_manager_is_logged(const char *manager)
{
	static const char *const managers[] = { "dpkg", "rpm", "apk", "pacman", "portage" };

	for (size_t i = 0; i < sizeof managers / sizeof managers[0]; i++)
		if (manager && !strcmp(managers[i], manager))
			return true;
	return false;
}

bool
package_file_is_link(const struct package_file *file)
{
	return file->link_target || file->link_digest;
}

/* "sha1:8a3b..." of the text. */
static bool
has_link_digest(const char *recorded, const char *target)
{
	struct digest_stream *stream;
	struct digests digests;
	struct digest extra, wanted;
	const char *colon = strchr(recorded, ':');
	enum digest_algorithm algorithm = DIGEST_NONE;

	for (int i = DIGEST_MD5; colon && i < DIGEST_ALGORITHM_COUNT; i++)
		if (strlen(digest_algorithm_names[i]) == (size_t)(colon - recorded) &&
		    !strncmp(digest_algorithm_names[i], recorded, (size_t)(colon - recorded)))
			algorithm = (enum digest_algorithm)i;
	if (!algorithm || !digest_parse(colon + 1, strlen(colon + 1), algorithm, &wanted))
		return false;
	stream = digest_stream_open(1u << algorithm);
	digest_stream_expect(stream, strlen(target));
	digest_stream_update(stream, target, strlen(target));
	digest_stream_finish(stream, &digests, &extra);
	digest_stream_close(stream);
	return digest_compare(&wanted, &digests, &extra) == DIGEST_EQUAL;
}

bool
package_file_links_to(const struct package_file *file, const char *target)
{
	if (!target)
		return false;
	if (file->link_target)
		return !strcmp(file->link_target, target);
	return file->link_digest && has_link_digest(file->link_digest, target);
}

static bool
is_of_word(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

/* As a command would have it: "!0:openssh-7.4p1-21.*", "openssh-0:7.4p1", "apt-daily.timer" give openssh, apt-daily. */
static void
name_of_lock(const struct package_lock *lock, char *ret_name, size_t capacity)
{
	const char *from = lock->pattern;
	bool is_versioned = !strcmp(lock->kind, "versionlock");
	size_t length = 0, digits;

	from += *from == '!';
	digits = strspn(from, "0123456789");
	if (digits && from[digits] == ':')
		from += digits + 1;
	for (; *from && !strchr("*?[$^( :=<>,", *from) && length + 1 < capacity; from++) {
		if (is_versioned && *from == '-' && from[1] >= '0' && from[1] <= '9')
			break;
		ret_name[length++] = *from;
	}
	ret_name[length] = '\0';
	if (!strcmp(lock->kind, "masked-unit"))
		ret_name[strcspn(ret_name, ".")] = '\0';
}

/* How a command or setting that makes this kind of lock calls it; NULL: any that is known. */
static const char *
word_of_lock(const struct package_lock *lock)
{
	static const struct { const char *kind, *word; } words[] = {
		{ "hold", "hold" }, { "versionlock", "versionlock" }, { "exclude", "exclude" }, { "blacklist", "lacklist" },
		{ "masked-unit", "mask" }, { "IgnorePkg", "IgnorePkg" }, { "NoUpgrade", "NoUpgrade" }, { "updates-off", "APT::Periodic" },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (!strcmp(words[i].kind, lock->kind))
			return words[i].word;
	return NULL;
}

/* "openssh" is not named by "openssh-clients", but by "openssh-7.4". */
bool
package_lock_is_named(const struct package_lock *lock, const char *text)
{
	const char *word = word_of_lock(lock);
	char name[256];
	size_t length;

	if (!text || (word && !strstr(text, word)))
		return false;
	name_of_lock(lock, name, sizeof name);
	length = strlen(name);
	for (const char *at = text; at && length > 1 && (at = strstr(at, name)) != NULL; at++) {
		const char *end = at + length;

		if ((at > text && (is_of_word(at[-1]) || at[-1] == '-')) || is_of_word(*end) ||
		    (*end == '-' && !(end[1] >= '0' && end[1] <= '9')))
			continue;
		return true;
	}
	return false;
}

bool
package_db_names(const char *path)
{
	for (size_t i = 0; drivers[i]; i++)
		for (const char *const *pattern = drivers[i]->files; *pattern && !drivers[i]->locks_only; pattern++)
			if (text_matches_glob(*pattern, path))
				return true;
	return false;
}
