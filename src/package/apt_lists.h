/* apt_lists.h - what apt's lists say of package archives, and who signed the lists.  Private to package. */
#ifndef APT_LISTS_H
#define APT_LISTS_H

#include <t1554triage/map.h>
#include <t1554triage/package.h>
#include <t1554triage/signature.h>

/* A file that says which lists belong to a repository, and the signature over it. */
struct apt_release {
	const char *name;		/* of the file */
	bool        is_signed_well;	/* by a key of the examiner */
	const char *signature;		/* what there is to say of its signature */
};

/* What a release file says of a list. */
struct apt_entry { struct digest digest; size_t release; };

/* A list of packages, and how far it can be trusted. */
struct apt_list {
	const char *name;
	bool        is_signed;		/* the release file that names it is, and the digest is right */
	const char *chain;		/* "; its SHA-256 stands in ...; the signature ..." */
};

/* What a list says of one archive that is asked for. */
struct apt_listing { struct digest digest; size_t list, archive; };

struct apt_lists {
	const struct package_sink *out;
	const struct notes        *notes;
	const struct keyring      *keyring;
	struct arena               arena;
	struct apt_release        *releases;	size_t release_count, release_capacity;
	struct apt_entry          *entries;	size_t entry_count, entry_capacity;
	struct map                 entry_by_list;	/* name of the list's file */
	struct apt_list           *lists;	size_t list_count, list_capacity;
	struct apt_listing        *listings;	size_t listing_count, listing_capacity;
	struct map                 wanted;	/* "name version architecture" -> number of the archive */
	enum status                status;
};

void apt_lists_init(struct apt_lists *lists, const struct artifact_group *group, const struct package_sink *out,
	const struct notes *notes);
void apt_lists_release(struct apt_lists *lists);

/* Reads all of them; what is wanted stands in the map by then. */
void apt_lists_read(struct apt_lists *lists, const struct artifact_group *group);

/* Digest of a whole content; false, with a note, where not all of it could be read as it is. */
bool apt_digest(struct source *source, const struct artifact *artifact, const struct notes *notes,
	struct digest *ret_digest);

/* "name version architecture" */
const char *apt_key(struct arena *arena, const char *name, const char *version, const char *architecture);

#endif
