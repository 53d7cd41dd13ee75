/*
 * nearby.c - events that are shown beside a change
 *
 *	sshd: Accepted publickey for anna ...		wtmp: a record of type 7	vsftpd: OK LOGIN
 *	ansible-ansible.legacy.copy: Invoked with src=... dest=/usr/sbin/sshd
 *	puppet-agent: (/Stage[main]/Main/File[/usr/sbin/sshd]/content) content changed ...
 *	sudo: anna : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/cp x /usr/sbin/sshd
 *
 * Ansible writes under the name of its module, or under that of the interpreter; Puppet, Chef, Salt and cloud-init under
 * their own (ansible/module_utils/basic.py, puppet-agent(8), chef-client, salt-minion, cloud-init).
 */
#include <string.h>

#include <t1554triage/nearby.h>
#include <t1554triage/text.h>

static bool
has_failed(const struct event *event)
{
	for (size_t i = 0; i < event->field_count; i++) {
		const char *name = event->fields[i].name, *value = event->fields[i].value;

		if ((!strcmp(name, "result") || !strcmp(name, "res")) && value &&
		    (!strcmp(value, "failed") || !strcmp(value, "no") || !strcmp(value, "0")))
			return true;
	}
	/* Windows counts what failed under a number of its own. */
	return event->id && !strcmp(event->id, "4625");
}

/* Sessions that sudo and the system's own services open are no logins; of sshd the line that names the address is one. */
static bool
is_login(const struct event *event)
{
	static const char *const others[] = { "sudo", "systemd", "cron", "CRON", "crond", "CROND" };

	for (size_t i = 0; event->provider && i < sizeof others / sizeof others[0]; i++)
		if (!strcmp(event->provider, others[i]))
			return false;
	return event->object && (event->subject || !event->provider || !text_has_prefix(event->provider, "sshd"));
}

static bool
is_deployment(const struct event *event)
{
	static const char *const names[] = { "puppet-agent", "puppet", "chef-client", "chef", "salt-minion", "cloud-init" };

	if ((event->kind != EVENT_RECORD && event->kind != EVENT_PROCESS_STARTED) || !event->provider || !event->text)
		return false;
	if (strstr(event->text, "Invoked with ") &&
	    (text_has_prefix(event->provider, "ansible-") || strstr(event->text, "ansible-")))
		return true;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strcmp(event->provider, names[i]))
			return true;
	return false;
}

/* What sudo refused is no start of a program. */
static bool
is_command(const struct event *event)
{
	return event->kind == EVENT_PROCESS_STARTED && event->provider && !strcmp(event->provider, "sudo");
}

static bool
is_report(const struct event *event)
{
	return event->kind == EVENT_RECORD && event->object && event->id && event->provider &&
	       (!strcmp(event->provider, "AIDE") || !strcmp(event->provider, "rkhunter") || !strcmp(event->provider, "Tripwire"));
}

enum nearby
event_nearby_kept(const struct event *event)
{
	if (event->kind == EVENT_LOGON)
		return is_login(event) ? NEARBY_LOGIN : NEARBY_NOTHING;
	if (is_report(event))
		return NEARBY_REPORT;
	return is_command(event) ? NEARBY_COMMAND : is_deployment(event) ? NEARBY_DEPLOYMENT : NEARBY_NOTHING;
}

enum nearby
event_nearby(const struct event *event)
{
	if (!timestamp_is_recorded(&event->time) || (event->kind == EVENT_LOGON && has_failed(event)))
		return NEARBY_NOTHING;
	return event_nearby_kept(event);
}
