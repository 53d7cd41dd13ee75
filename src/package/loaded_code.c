/*
 * loaded_code.c - settings that have programs of packages load or run other code
 *
 *	/etc/ld.so.preload				/usr/local/lib/libx.so		ld.so(8): every program loads it, before all others
 *	/etc/environment, profiles, units of systemd	LD_PRELOAD=/opt/x/libx.so	the same for who is started with it
 *	/etc/ld.so.conf.d/000-local.conf		/usr/local/lib/x		ldconfig(8): libraries are looked for in there first
 *	/etc/pam.d/sshd					auth optional pam_x.so		pam.d(5): a module of authentication
 *	/etc/pam.d/sshd					auth optional pam_exec.so quiet /usr/local/bin/x
 *	/usr/lib/python3/dist-packages/x.pth		import x			site of Python: a line that every start executes
 *	/usr/lib/python3/dist-packages/sitecustomize.py	a module that every start imports
 *
 * What they name is handed out; whether a package has it is another question.
 */
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "lock_lines.h"
#include "manifest.h"

static const char blanks[] = " \t";

static void
hand_out(const struct lock_lines *lines, enum package_load_kind kind, const char *target, const char *text, const struct place *at)
{
	lines->out->load(lines->out->context, &(struct package_load){ .kind = kind, .target = target, .text = text, .at = *at });
}

/* Paths apart by any of these characters, each cut off; what is no whole path is no path that can be looked for. */
static void
hand_out_paths(const struct lock_lines *lines, enum package_load_kind kind, char *paths, const char *apart, const char *text,
	const struct place *at)
{
	while (*(paths += strspn(paths, apart))) {
		size_t length = strcspn(paths, apart);
		char *next = paths + length + (paths[length] != '\0');

		paths[length] = '\0';
		if (*paths == '/' && paths[1])
			hand_out(lines, kind, paths, text, at);
		paths = next;
	}
}

static bool
take_preload(struct lock_lines *lines, char *line, const struct place *at)
{
	const char *text = arena_copy_text(&lines->arena, line);

	line[strcspn(line, "#")] = '\0';
	hand_out_paths(lines, PACKAGE_LOAD_PRELOAD, line, " \t:", text, at);
	return true;
}

/* "export LD_PRELOAD=/a.so:/b.so", "Environment=\"LD_PRELOAD=/a.so\" X=y" */
static bool
take_variable(struct lock_lines *lines, char *line, const struct place *at)
{
	static const char *const names[] = { "LD_PRELOAD=", "LD_AUDIT=" };
	const char *text;

	line += strspn(line, blanks);
	if (*line == '#' || *line == ';')
		return true;
	text = arena_copy_text(&lines->arena, line);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *at_name = strstr(text, names[i]);
		char *value;

		if (!at_name)
			continue;
		value = arena_copy_text(&lines->arena, at_name + strlen(names[i]));
		value += strspn(value, "\"'");
		value[strcspn(value, " \t\"';&")] = '\0';
		hand_out_paths(lines, PACKAGE_LOAD_VARIABLE, value, ":", text, at);
	}
	return true;
}

static bool
take_folder(struct lock_lines *lines, char *line, const struct place *at)
{
	const char *text = arena_copy_text(&lines->arena, line);

	if (text_has_prefix(line, "include"))
		return true;
	line[strcspn(line, "#=")] = '\0';
	hand_out_paths(lines, PACKAGE_LOAD_FOLDER, line, " \t:,", text, at);
	return true;
}

/* The next word of a line of PAM; "[success=1 default=ignore]" is one.  NULL: there is none. */
static char *
next_word(char **line)
{
	char *word = *line + strspn(*line, blanks);
	size_t length = *word == '[' ? strcspn(word, "]") : strcspn(word, blanks);

	if (!*word)
		return NULL;
	length += *word == '[' && word[length] == ']';
	*line = word + length + (word[length] != '\0');
	word[length] = '\0';
	return word;
}

/* Modules that run what their line names. */
static bool
runs_program(const char *module)
{
	static const char *const names[] = { "pam_exec.so", "pam_script.so", "pam_python.so", "pam_lua.so" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(text_base_name(module), names[i]))
			return true;
	return false;
}

/* One with its continuations. */
static bool
take_whole_line(struct lock_lines *lines, char *line, const char *text, const struct place *at)
{
	static const char *const types[] = { "auth", "account", "password", "session" };
	char *type, *control, *module, *word;
	bool is_type = false;

	if (text_has_suffix(lines->artifact->path, "/pam.conf"))
		next_word(&line);
	type = next_word(&line);
	if (!type || *type == '@')
		return true;
	type += *type == '-';
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		is_type |= !strcmp(type, types[i]);
	control = next_word(&line);
	module = control ? next_word(&line) : NULL;
	if (!is_type || !module)
		return false;
	if (!strcmp(control, "include") || !strcmp(control, "substack"))
		return true;
	hand_out(lines, PACKAGE_LOAD_AUTHENTICATION, module, text, at);
	while (runs_program(module) && (word = next_word(&line)))
		if (*word == '/') {
			hand_out(lines, PACKAGE_LOAD_AUTHENTICATION_PROGRAM, word, text, at);
			break;
		}
	return true;
}

/* A backslash at its end joins a line with the next one. */
static bool
take_module(struct lock_lines *lines, char *line, const struct place *at)
{
	const char *text = arena_copy_text(&lines->arena, line);
	struct buffer *begun = lines->state;
	char *whole;

	line[strcspn(line, "#")] = '\0';
	if (begun->length + strlen(line) > limit_get(LIMIT_LINE_BYTES))
		return false;
	buffer_add_text(begun, line);
	if (text_has_suffix(line, "\\")) {
		begun->bytes[begun->length - 1] = ' ';
		return true;
	}
	whole = arena_copy(&lines->arena, begun->bytes, begun->length);
	if (begun->length > strlen(text))
		text = arena_copy_text(&lines->arena, whole);
	buffer_clear(begun);
	return take_whole_line(lines, whole, text, at);
}

static bool
take_start(struct lock_lines *lines, char *line, const struct place *at)
{
	/* Other lines are folders to look for modules in. */
	if (text_has_prefix(line, "import ") || text_has_prefix(line, "import\t"))
		hand_out(lines, PACKAGE_LOAD_START, lines->artifact->path, line, at);
	return true;
}

static const struct setting {
	const char *begin, *end;	/* of the path */
	bool (*take)(struct lock_lines *lines, char *line, const struct place *at);
} settings[] = {
	{ "/etc/ld.so.preload", "", take_preload },
	{ "/etc/ld.so.conf", "", take_folder },
	{ "/etc/pam.", "", take_module },
	{ "/usr/", ".pth", take_start },
	{ "/etc/", "", take_variable },
};

static bool
is_start_module(const char *path)
{
	return text_has_suffix(path, "/sitecustomize.py") || text_has_suffix(path, "/usercustomize.py");
}

static enum status
parse_loaded_code(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	const struct setting *past = settings + sizeof settings / sizeof *settings;
	enum status status = STATUS_OK;
	struct buffer begun;

	buffer_init(&begun, 0);
	for (size_t i = 0; i < group->count; i++) {
		const struct artifact *artifact = &group->items[i];
		struct lock_lines lines = { .out = out, .notes = notes, .artifact = artifact, .state = &begun,
			.odd = "not a line of PAM's settings: PAM refuses the service, and what it would load is not known" };
		const struct setting *setting = settings;

		/* A link to nothing or to a device (a masked unit) loads nothing. */
		if (artifact->link_target || manifest_is_repeated(group, i))
			continue;
		if (is_start_module(artifact->path)) {
			hand_out(&lines, PACKAGE_LOAD_START, artifact->path, NULL, &artifact->place);
			continue;
		}
		while (setting < past && (!text_has_prefix(artifact->path, setting->begin) || !text_has_suffix(artifact->path, setting->end)))
			setting++;
		/* What a link of a folder has led elsewhere is none of them by its path. */
		lines.take = setting < past ? setting->take : take_variable;
		buffer_clear(&begun);
		status = status_worse(status, lock_lines_read(&lines, &(struct artifact_group){ .items = artifact, .count = 1 }));
	}
	buffer_release(&begun);
	return status;
}

const struct package_db_driver loaded_code_package_db = {
	.name        = "loaded_code",
	.description = "settings that have programs load libraries, modules of PAM or code of Python",
	.files       = (const char *const[]){
		"/etc/ld.so.preload", "/etc/ld.so.conf", "/etc/ld.so.conf.d/*.conf", "/etc/pam.conf", "/etc/pam.d/*",
		"/etc/environment", "/etc/profile", "/etc/profile.d/*.sh", "/etc/bash.bashrc", "/etc/bashrc", "/etc/default/*",
		"/etc/sysconfig/*", "/etc/systemd/system.conf", "/etc/systemd/system/*.service", "/etc/systemd/system/*.d/*.conf",
		"/usr/lib/python3*/dist-packages/*.pth", "/usr/lib/python3*/site-packages/*.pth",
		"/usr/lib64/python3*/site-packages/*.pth", "/usr/local/lib/python3*/*-packages/*.pth",
		"/usr/lib/python3*/*-packages/*customize.py", "/usr/lib64/python3*/site-packages/*customize.py",
		"/usr/local/lib/python3*/*-packages/*customize.py", NULL
	},
	.parse       = parse_loaded_code,
	.locks_only  = true,
	.takes_links = true,
};
