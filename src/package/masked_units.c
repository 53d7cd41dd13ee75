/*
 * masked_units.c - units of systemd that bring updates and are masked (systemd.unit(5), systemctl(1) "mask")
 *
 *	/etc/systemd/system/apt-daily-upgrade.timer -> /dev/null
 *
 * A link to /dev/null, or an empty file, keeps a unit from being started at all: no update comes by itself.  A timer that is
 * only disabled leaves no trace that tells it from one that was never enabled.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "manifest.h"

static bool
is_masked(const struct artifact *artifact)
{
	return artifact->link_target ? !strcmp(artifact->link_target, "/dev/null") : !artifact->size;
}

static enum status
parse_masked_units(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	(void)notes;
	for (size_t i = 0; i < group->count; i++) {
		const struct artifact *artifact = &group->items[i];

		if (is_masked(artifact) && !manifest_is_repeated(group, i))
			out->lock(out->context, &(struct package_lock){ .manager = "systemd", .kind = "masked-unit",
				.pattern = text_base_name(artifact->path), .since = artifact->times.modified,
				.text = artifact->link_target ? "a link to /dev/null" : "an empty file", .at = artifact->place });
	}
	return STATUS_OK;
}

const struct package_db_driver masked_units_package_db = {
	.name        = "masked_units",
	.description = "systemd: timers and services of updates that are masked",
	.files       = (const char *const[]){
		"/etc/systemd/system/apt-daily.*", "/etc/systemd/system/apt-daily-upgrade.*",
		"/etc/systemd/system/unattended-upgrades.service", "/etc/systemd/system/dnf-automatic*",
		"/etc/systemd/system/dnf5-automatic*", "/etc/systemd/system/dnf-makecache.*",
		"/etc/systemd/system/packagekit*", "/etc/systemd/system/yum-cron.service",
		"/etc/systemd/system/transactional-update.*", NULL
	},
	.parse       = parse_masked_units,
	.locks_only  = true,
	.takes_links = true,
};
