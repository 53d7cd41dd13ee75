/*
 * backdoors.yar - contents that were published for implants of this technique, in rules of our own.
 *
 * Sources: CrowdStrike, "SUNSPOT: An Implant in the Build Process" (January 2021) and MITRE ATT&CK S0562; ESET,
 * "Operation Windigo" (2014), "Ebury is alive but unseen" (2024) and "The Dark Side of the ForSSHe" (2018) with
 * github.com/eset/malware-ioc; A. Freund, "backdoor in upstream xz/liblzma leading to ssh server compromise"
 * (oss-security, 29 March 2024) with its detect.sh.
 */

rule sunspot_implant
{
	meta:
		description = "what CrowdStrike published of SUNSPOT: its mutexes, its log and its keys"
		innocent = "a text, a rule or a scanner that quotes the report; the digest tells the published samples"
	strings:
		$mutex_1 = "12d61a41-4b74-7610-a4d8-3028d2f56395" ascii wide nocase
		$mutex_2 = "56331e4d-76a3-0390-a7ee-567adf5836b7" ascii wide nocase
		$log = "vmware-vmdmp.log" ascii wide nocase
		$backup = "InventoryManager.bk" ascii wide nocase
		$key = { FC F3 2A 83 E5 F6 D0 24 A6 BF CE 88 30 C2 48 E7 }
		$vector = { 81 8C 85 49 B9 00 06 78 0B E9 63 60 26 64 B2 DA }
	condition:
		uint16(0) == 0x5A4D and ($key or $vector or 2 of ($mutex_1, $mutex_2, $log, $backup))
}

rule ebury_library
{
	meta:
		description = "libkeyutils that does what no key library does: shared memory and connections, as ESET published of Ebury"
		innocent = "a build of the library with other code linked in"
	strings:
		$export_1 = "keyctl_describe_alloc" fullword
		$export_2 = "recursive_session_key_scan" fullword
		$shared_1 = "shmget" fullword
		$shared_2 = "shmat" fullword
		$net_1 = "socket" fullword
		$net_2 = "connect" fullword
		$net_3 = "gethostbyname" fullword
		$net_4 = "getaddrinfo" fullword
		$socket_1 = "/proc/udevd" fullword
		$socket_2 = "/run/systemd/log" fullword
	condition:
		uint32(0) == 0x464C457F and all of ($export_*) and
		(1 of ($socket_*) or (1 of ($shared_*) and 2 of ($net_*)))
}

rule openssh_backdoor_log
{
	meta:
		description = "OpenSSH program that names a file to which a published backdoor logs passwords"
		innocent = "none is known for these names within a program of OpenSSH"
	strings:
		$openssh_1 = "OpenSSH_"
		$openssh_2 = "SSH-2.0-"
		$abafar = "/etc/X11/.pr" fullword
		$alderaan = "/etc/gshadow--" fullword
		$anoat_1 = "/usr/share/polkit-1/policy.in" fullword
		$anoat_2 = "X11/sessmgr/coredump.in" fullword
		$akiva = "/usr/local/include/uconf.h" fullword
		$ando = "/etc/ssh/.sshd_auth" fullword
		$atollon = "/usr/share/man/hu/sd" fullword
		$batuu_1 = "/usr/lib/libt1x.so.1.5" fullword
		$batuu_2 = "/usr/lib/libpanel.so.a.3" fullword
		$bespin = "/var/tmp/.pipe.sock" fullword
		$bonadan = "/usr/share/lsx/.ig.swr" fullword
		$chandrila = "/usr/share/man/.urandom" fullword
		$crait = "/usr/share/man/man0/.cache" fullword
		$coruscant = "/dev/.ctrl" fullword
		$endor_1 = "/usr/include/netda.h" fullword
		$endor_2 = "/usr/include/pwd2.h" fullword
		$endor_3 = "/usr/include/ide.h" fullword
		$endor_4 = "/usr/include/sys/record.h" fullword
		$endor_5 = "/usr/bin/ssd" fullword
		$kessel = "/tmp/KCtbBo" fullword
		$onderon_1 = "/usr/lib/mozilla/extensions/mozzlia.ini" fullword
		$onderon_2 = "/tmp/zilog" fullword
		$onderon_3 = "/usr/tmp/~tmp441" fullword
		$onderon_4 = "/usr/local/share/man/man1/Openssh.1" fullword
		$onderon_5 = "/usr/share/man/man1/.olog" fullword
		$polis_massa_1 = "/usr/share/boot.sync" fullword
		$polis_massa_2 = "/usr/include/mbstring.h" fullword
		$quarren_1 = "/usr/share/man/man5/ttyl.5.gz" fullword
		$quarren_2 = "/usr/share/man/man5/ttyv.5.gz" fullword
	condition:
		uint32(0) == 0x464C457F and 1 of ($openssh_*) and
		1 of ($abafar, $alderaan, $anoat_*, $akiva, $ando, $atollon, $batuu_*, $bespin, $bonadan, $chandrila, $crait,
			$coruscant, $endor_*, $kessel, $onderon_*, $polis_massa_*, $quarren_*)
}

rule xz_backdoor_library
{
	meta:
		description = "first instructions of the function by which the backdoor of liblzma 5.6.0 and 5.6.1 is told (CVE-2024-3094)"
		innocent = "a scanner that carries the same bytes"
	strings:
		$function = { F3 0F 1E FA 55 48 89 F5 4C 89 CE 53 89 FB 81 E7 00 00 00 80 48 83 EC 28 48 89 54 24 18 48 89 4C 24 10 }
	condition:
		uint32(0) == 0x464C457F and $function
}

rule xz_backdoor_macro
{
	meta:
		description = "macro of configure that unpacks the backdoor of xz 5.6.0 and 5.6.1 (CVE-2024-3094)"
		innocent = "a text that quotes the macro"
	strings:
		$find = "grep -aErls \"#{4}[[:alnum:]]{5}#{4}$\""
		$name = "gl_am_configmake"
	condition:
		all of them
}
