/*
 * loaded_beside.c - settings have programs of packages load or run code that no package has; a program of nobody is found
 * before a packaged one of its name
 *
 * Who does so changes what packaged programs do, and no byte of them: their records still fit.
 */
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "finding.h"

/* What lies in a folder of libraries and has the name of a packaged one. */
struct shadow { const struct file *first; uint64_t of, count; };

struct asking {
	const struct check     *self;
	const struct inventory *inventory;
	struct findings        *out;
	struct map              libraries;	/* "s1 libpam.so.0" of packages, to the number of the file */
	struct map              modules;	/* "s1 pam_x.so" to the number of the first setting that names it */
	struct map              folders;	/* "s1 /usr/local/lib" likewise */
	struct map              said;		/* "s1 KIND PATH": several settings that name one thing are one finding */
	struct buffer           key;
};

static void
make_key(struct asking *at, const char *system, const char *text, size_t length)
{
	buffer_clear(&at->key);
	buffer_add_format(&at->key, "%s ", system);
	buffer_add(&at->key, text, length);
}

/* That no package has it may be said of places of the site, too, where the database was read whole. */
static bool
is_of_nobody(const struct inventory *inventory, const struct file *file)
{
	const struct system_summary *summary = inventory_summary(inventory, file->system);

	return file_is_live(file) && !file->entry.stream && !file->row_count && !file_match(file, HASH_GOOD) &&
	       summary && summary->has_database && summary->database_whole &&
	       (file->package_state == PACKAGE_STATE_UNOWNED || file->package_state == PACKAGE_STATE_LOCAL);
}

static bool
is_out_of_sight(const char *path)
{
	return path_is_hidden(path) || path_is_world_writable(path);
}

static const char *
what_happens(const struct package_load *load)
{
	switch (load->kind) {
	case PACKAGE_LOAD_PRELOAD:                return "has every program that is linked dynamically load";
	case PACKAGE_LOAD_VARIABLE:               return "has programs that are started with this setting load";
	case PACKAGE_LOAD_AUTHENTICATION:         return "has authentication (PAM) load";
	case PACKAGE_LOAD_AUTHENTICATION_PROGRAM: return "has authentication (PAM) run";
	default:                                  return "has every start of Python execute";
	}
}

static enum severity
severity_of(const struct package_load *load, const struct file *file)
{
	bool is_hidden = is_out_of_sight(file->path);

	switch (load->kind) {
	case PACKAGE_LOAD_PRELOAD:
	case PACKAGE_LOAD_AUTHENTICATION:
		return is_hidden ? SEVERITY_HIGH : SEVERITY_MEDIUM;
	case PACKAGE_LOAD_VARIABLE:
		return is_hidden ? SEVERITY_HIGH : file->package_state == PACKAGE_STATE_UNOWNED ? SEVERITY_MEDIUM : SEVERITY_LOW;
	default:
		return is_hidden ? SEVERITY_MEDIUM : SEVERITY_LOW;
	}
}

static void
report(const struct asking *at, const struct package_load *load, const struct file *file)
{
	struct draft draft;

	draft_begin(&draft, at->self, file, at->out);
	draft.finding.severity = severity_of(load, file);
	draft.finding.support = draft.finding.severity == SEVERITY_LOW ? SUPPORT_LIMITED : SUPPORT_MODERATE;
	buffer_add_text(&draft.text, load->at.path ? load->at.path : "a setting");
	buffer_add_format(&draft.text, " %s it, and no package names it", what_happens(load));
	if (is_out_of_sight(file->path))
		buffer_add_text(&draft.text, "; it lies in a hidden folder or one that every user may write to");
	draft_see(&draft, &load->at, load->text);
	draft_see_file(&draft);
	draft_add(&draft);
}

/* A library that is to be loaded everywhere, and of which nothing more is known. */
static void
report_unknown(const struct asking *at, const struct package_load *load)
{
	struct draft draft;

	draft_begin(&draft, at->self, NULL, at->out);
	draft.subject = (struct finding_subject){ .evidence = load->at.evidence, .system = load->system, .path = load->at.path };
	draft.finding.severity = load->canonical ? SEVERITY_MEDIUM : SEVERITY_LOW;
	draft.finding.support = SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "it %s ", what_happens(load));
	text_add_visible(&draft.text, load->target, strlen(load->target));
	buffer_add_text(&draft.text, load->canonical ? ", which no package names and which is none of the programs and libraries that were "
		"examined" : ", which was not found");
	draft_see(&draft, &load->at, load->text);
	draft_add(&draft);
}

static bool
has_row(const struct inventory *inventory, const char *system, const char *path)
{
	const struct package_file *row;

	return path && inventory_rows(inventory, system, path, &row, 1);
}

static bool
is_database_whole(const struct inventory *inventory, const char *system)
{
	for (size_t i = 0; i < inventory->systems.count; i++)
		if (!strcmp(inventory->systems.items[i].id, system))
			return inventory->summaries[i].has_database && inventory->summaries[i].database_whole;
	return false;
}

static void
look_at_file(struct asking *at, const struct package_load *load)
{
	const char *path = load->canonical ? load->canonical : load->target;
	const struct file *file = inventory_file(at->inventory, load->system, path);

	buffer_clear(&at->key);
	buffer_add_format(&at->key, "%s %d %s", load->system, (int)load->kind, path);
	if (!map_add(&at->said, at->key.bytes, at->key.length, 0))
		return;
	if (file && is_of_nobody(at->inventory, file))
		report(at, load, file);
	else if (!file && load->kind == PACKAGE_LOAD_PRELOAD && !has_row(at->inventory, load->system, path) &&
	    !strchr(load->target, '$') && is_database_whole(at->inventory, load->system))
		report_unknown(at, load);
}

/* Lines of a file that no package has, and which is no program. */
static void
report_lines(const struct asking *at, const struct package_load *load)
{
	struct draft draft;

	draft_begin(&draft, at->self, NULL, at->out);
	draft.subject = (struct finding_subject){ .evidence = load->at.evidence, .system = load->system, .path = load->at.path };
	draft.finding.severity = is_out_of_sight(load->target) ? SEVERITY_MEDIUM : SEVERITY_LOW;
	draft.finding.support = SUPPORT_LIMITED;
	buffer_add_text(&draft.text, "it holds a line that every start of Python executes, and no package names it");
	draft_see(&draft, &load->at, load->text);
	draft_add(&draft);
}

static void
look_at_start(struct asking *at, const struct package_load *load)
{
	const struct file *file = inventory_file(at->inventory, load->system, load->target);

	if (!map_add(&at->said, at->key.bytes, at->key.length, 0))
		return;
	if (file && is_of_nobody(at->inventory, file))
		report(at, load, file);
	else if (!file && !has_row(at->inventory, load->system, load->target) && is_database_whole(at->inventory, load->system))
		report_lines(at, load);
}

/* "pam_x.so" is looked for in a folder of that name beside the libraries. */
static bool
is_in_folder_of_modules(const struct file *file, const char *name)
{
	static const char folder[] = "/security/";

	return (size_t)(name - file->path) > strlen(folder) && !strncmp(name - strlen(folder), folder, strlen(folder)) &&
	       path_is_system_folder(file->path, false);
}

/* "libpam.so.0.85.1" -> "libpam.so.0", by which programs ask for it; 0: it is no name of a library. */
static size_t
length_of_soname(const char *name)
{
	const char *so = strstr(name, ".so");
	size_t length;

	if (!so || (so[3] && so[3] != '.') || so == name)
		return 0;
	length = (size_t)(so - name) + strlen(".so");
	return name[length] ? length + 1 + strcspn(name + length + 1, ".") : length;
}

static bool
make_library_key(struct asking *at, const struct file *file)
{
	const char *name = text_base_name(file->path);
	size_t length = file->type == PROGRAM_ELF ? length_of_soname(name) : 0;

	make_key(at, file->system->id, name, length);
	return length > 0;
}

/* Libraries that what asks for passwords and keys is linked with. */
static bool
is_of_authentication(const char *name)
{
	static const char *const names[] = { "libc.so", "libpam.so", "libpam_misc.so", "libpamc.so", "libaudit.so", "libselinux.so",
		"libkeyutils.so", "libcrypt.so", "libcrypto.so", "libnss_", "libpthread.so", "libdl.so" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (text_has_prefix(name, names[i]))
			return true;
	return false;
}

/* All of a folder that shadow packaged ones are one finding, about one that authentication is linked with where there is any. */
static void
report_shadow(const struct asking *at, const struct package_load *load, const struct shadow *shadow)
{
	bool is_grave = is_of_authentication(text_base_name(shadow->first->path));
	struct draft draft;

	draft_begin(&draft, at->self, shadow->first, at->out);
	draft.finding.severity = is_out_of_sight(shadow->first->path) ? SEVERITY_HIGH : is_grave ? SEVERITY_MEDIUM : SEVERITY_LOW;
	draft.finding.support = draft.finding.severity == SEVERITY_LOW ? SUPPORT_LIMITED : SUPPORT_MODERATE;
	buffer_add_format(&draft.text, "%s has libraries looked for in this folder, and no package names this one, which has the name of %s",
		load->at.path ? load->at.path : "a setting", at->inventory->files[shadow->of].path);
	if (shadow->count > 1)
		buffer_add_format(&draft.text, "; the same holds for %llu more there", (unsigned long long)shadow->count - 1);
	draft_see(&draft, &load->at, load->text);
	draft_see_file(&draft);
	draft_add(&draft);
}

static void
take_shadow(struct shadow *shadow, const struct file *file, uint64_t of)
{
	shadow->count++;
	if (shadow->first && (is_of_authentication(text_base_name(shadow->first->path)) ||
	    !is_of_authentication(text_base_name(file->path))))
		return;
	shadow->first = file;
	shadow->of = of;
}

/* A file that no package has, by its folder and its name. */
static void
look_at_stray(struct asking *at, const struct file *file, struct shadow *shadows)
{
	const char *name = text_base_name(file->path);
	uint64_t setting, of;

	make_key(at, file->system->id, name, strlen(name));
	if (is_in_folder_of_modules(file, name) && map_get(&at->modules, at->key.bytes, at->key.length, &setting))
		report(at, &at->inventory->loads[setting], file);
	if (name - file->path < 2)
		return;
	make_key(at, file->system->id, file->path, (size_t)(name - file->path) - 1);
	if (map_get(&at->folders, at->key.bytes, at->key.length, &setting) && make_library_key(at, file) &&
	    map_get(&at->libraries, at->key.bytes, at->key.length, &of))
		take_shadow(&shadows[setting], file, of);
}

static void
look_at_strays(struct asking *at)
{
	const struct inventory *inventory = at->inventory;
	struct shadow *shadows = memory_allocate(inventory->load_count, sizeof *shadows);

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (file_is_live(file) && file->row_count && path_is_system_folder(file->path, false) && make_library_key(at, file))
			map_add(&at->libraries, at->key.bytes, at->key.length, i);
	}
	for (size_t i = 0; i < inventory->file_count; i++)
		if (is_of_nobody(inventory, &inventory->files[i]))
			look_at_stray(at, &inventory->files[i], shadows);
	for (size_t i = 0; i < inventory->load_count; i++)
		if (shadows[i].count)
			report_shadow(at, &inventory->loads[i], &shadows[i]);
	memory_free(shadows);
}

/* Folders and names of modules wait for the files. */
static void
look_at_setting(struct asking *at, size_t number)
{
	const struct package_load *load = &at->inventory->loads[number];
	const char *path = load->canonical ? load->canonical : load->target;
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	make_key(at, load->system, path, length);
	if (load->kind == PACKAGE_LOAD_FOLDER)
		map_add(&at->folders, at->key.bytes, at->key.length, number);
	else if (load->kind == PACKAGE_LOAD_AUTHENTICATION && *load->target != '/')
		map_add(&at->modules, at->key.bytes, at->key.length, number);
	else if (load->kind == PACKAGE_LOAD_START)
		look_at_start(at, load);
	else
		look_at_file(at, load);
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	struct asking at = { .self = self, .inventory = inventory, .out = out };

	if (!inventory->load_count)
		return;
	map_init(&at.libraries);
	map_init(&at.modules);
	map_init(&at.folders);
	map_init(&at.said);
	buffer_init(&at.key, 0);
	for (size_t i = 0; i < inventory->load_count; i++)
		if (inventory->loads[i].system && inventory->loads[i].target)
			look_at_setting(&at, i);
	look_at_strays(&at);
	buffer_release(&at.key);
	map_release(&at.said);
	map_release(&at.folders);
	map_release(&at.modules);
	map_release(&at.libraries);
}

static bool
lies_in(const struct file *file, const char *folder)
{
	size_t length = strlen(folder);

	return !strncmp(file->path, folder, length) && file->path[length] == '/' && !strchr(file->path + length + 1, '/');
}

/* Folders of the site that stand before those of packages where programs are looked for by name. */
static const struct file *
packaged_namesake(const struct inventory *inventory, const struct file *file)
{
	static const char *const before[] = { "/usr/local/sbin", "/usr/local/bin" };
	static const char *const behind[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };
	const char *name = text_base_name(file->path);
	const struct file *found = NULL;
	struct buffer path;
	bool is_before = false;

	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		is_before |= lies_in(file, before[i]);
	buffer_init(&path, 0);
	for (size_t i = 0; is_before && !found && i < sizeof behind / sizeof *behind; i++) {
		buffer_clear(&path);
		buffer_add_format(&path, "%s/%s", behind[i], name);
		found = inventory_file(inventory, file->system->id, path.bytes);
		if (found && (!found->row_count || !file_is_program(found)))
			found = NULL;
	}
	buffer_release(&path);
	return found;
}

static void
look_at_name(const struct check *self, const struct inventory *inventory, const struct file *file, struct findings *out)
{
	const struct file *namesake;
	struct draft draft;
	struct place beside;

	if (!file_is_program(file) || !is_of_nobody(inventory, file))
		return;
	namesake = packaged_namesake(inventory, file);
	if (!namesake)
		return;
	beside = file_place(namesake);
	draft_begin(&draft, self, file, out);
	draft.finding.severity = SEVERITY_LOW;
	draft.finding.support = SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "who calls this name without its folder gets this program, which no package names, before %s",
		namesake->path);
	draft_see_file(&draft);
	draft_see(&draft, &beside, NULL);
	draft_add(&draft);
}

const struct check loaded_beside_check = {
	.id       = "loaded-beside",
	.title    = "packaged programs load or run code that no package names, or one of their name is found before them",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Key Indicators: changes to common executable binaries without corresponding update processes",
	.innocent = "modules of authentication, libraries and wrappers that an administrator or a vendor's installer has set up",
	.file     = look_at_name,
	.whole    = look,
};
