/* test_package.c - which packages a lock covers. */
#include <t1554triage/package.h>

#include "tap.h"

static const struct { const char *kind, *pattern, *package; bool covers; } cases[] = {
	{ "hold", "openssh-server", "openssh-server", true },
	{ "hold", "openssh-server", "openssh", false },
	{ "hold", "libc6:amd64", "libc6", true },
	{ "pin", "openssh-client openssh-server", "openssh-server", true },
	{ "pin", "openssh-client openssh-server", "vsftpd", false },
	{ "pin", "*", "vsftpd", true },
	{ "pin", "lib*:any", "libc6", true },
	{ "pin", "/^lib/", "libc6", false },
	{ "pin", "src:openssh", "openssh", false },
	{ "pin", "", "openssh", false },
	{ "versionlock", "openssh-clients-0:9.2p1-7.el9.*", "openssh-clients", true },
	{ "versionlock", "!vsftpd-0:3.0.3-14.el9.*", "vsftpd", true },
	{ "versionlock", "1:NetworkManager-1.4-2.el7.*", "NetworkManager", true },
	{ "versionlock", "openssh-clients-0:9.2p1-7.el9.*", "openssh", false },
	{ "versionlock", "bash", "bash", true },
	{ "versionlock", "bas?", "bash", true },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct package_lock lock = { .kind = cases[i].kind, .pattern = cases[i].pattern };

		IS(package_lock_covers(&lock, cases[i].package), cases[i].covers, cases[i].pattern);
	}
	return tap_done();
}
