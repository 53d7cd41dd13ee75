#!/bin/sh
# Makes a small piece of real evidence: a Debian system unpacked from downloaded packages, with its
# dpkg database and logs, altered (or not: --clean), on ext4 in a GPT disk, acquired to a segmented E01.
#
#	make_demo.sh [--clean] [--layout one|separate] [--cache DIR] OUTDIR
#
# OUTDIR gets case.E01 ..., disk.raw, nsrl.db, bad.tsv, expected.tsv (path, verdict, check) and tree/.
# Nothing is mounted; who is not root works under fakeroot.
set -eu
export LC_ALL=C

PACKAGES='adduser apt base-files base-passwd bash bsdutils coreutils cron curl dash debconf debianutils
	diffutils dpkg e2fsprogs findutils gpgv grep gzip hostname init-system-helpers less libacl1 libapt-pkg6.0
	libattr1 libblkid1 libbz2-1.0 libc-bin libc6 libcap2 libcom-err2 libcrypt1 libcurl4 libgcc-s1 libgcrypt20
	libgnutls30 libgssapi-krb5-2 libkrb5-3 liblz4-1 liblzma5 libmount1 libpam-modules libpam-modules-bin
	libpam-runtime libpam0g libpcre2-8-0 libselinux1 libsmartcols1 libssl3 libstdc++6 libsystemd0 libtinfo6
	libuuid1 libzstd1 login logrotate mawk mount ncurses-base ncurses-bin netbase openssh-client
	openssh-server openssh-sftp-server openssl passwd perl-base procps rsync sed sudo sysvinit-utils tar tzdata
	ucf util-linux vsftpd wget zlib1g'
CLEAN_PACKAGES='apache2 apache2-bin apache2-data apache2-utils libapr1 libaprutil1 libcurl3-gnutls'

clean=no layout=one cache=
while [ $# -gt 1 ]; do
	case $1 in
	--clean) clean=yes ;;
	--layout) layout=$2; shift ;;
	--cache) cache=$2; shift ;;
	*) echo "make_demo.sh: not an option: $1" >&2; exit 64 ;;
	esac
	shift
done
[ $# -eq 1 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 64; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
mkdir -p "${cache:=$out/cache}"
cache=$(cd "$cache" && pwd)
script=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

# What this script made from the same packages is not made again.
stamp=$(cksum <"$script")-$clean-$layout
if [ -f "$out/stamp" ] && [ "$(cat "$out/stamp")" = "$stamp" ]; then
	echo "make_demo.sh: $out is there already"
	exit 0
fi

for tool in dpkg-deb mke2fs debugfs sfdisk ewfacquire sqlite3; do
	PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null ||
		{ echo "make_demo.sh: $tool is missing: ./bootstrap deps installs it" >&2; exit 77; }
done
PATH=$PATH:/usr/sbin:/sbin

[ "$clean" = no ] || PACKAGES="$PACKAGES $CLEAN_PACKAGES"

# 1. The packages.
if [ -z "${MAKE_DEMO_FAKEROOT-}" ]; then
	wanted=
	for package in $PACKAGES; do
		[ -n "$(find "$cache" -name "${package}_*.deb")" ] || wanted="$wanted $package"
	done
	if [ -n "$wanted" ]; then
		echo "make_demo.sh: downloads$wanted"
		# shellcheck disable=SC2086 # a list
		(cd "$cache" && apt-get -q -o APT::Sandbox::User=root download $wanted </dev/null) >"$out/download.log" 2>&1 ||
			{ cat "$out/download.log" >&2; exit 1; }
	fi
	if [ "$(id -u)" -ne 0 ]; then
		[ "$clean" = no ] || set -- --clean "$@"
		MAKE_DEMO_FAKEROOT=1 exec fakeroot "$script" --layout "$layout" --cache "$cache" "$@"
	fi
fi

tree=$out/tree
info=$tree/var/lib/dpkg/info
work=$out/work
rm -rf "$tree" "$work" "$out"/case.E* "$out"/*.raw "$out"/hashsets "$out"/stamp
mkdir -p "$work" "$tree"
umask 022

# 2. The tree, merged /usr as debootstrap makes it.
for folder in bin sbin lib lib32 lib64; do
	mkdir -p "$tree/usr/$folder"
	ln -s "usr/$folder" "$tree/$folder"
done
mkdir -p "$info" "$tree/var/lib/dpkg/triggers" "$tree/var/lib/dpkg/updates" "$tree/var/log/apt" \
	"$tree/root" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/tmp" "$tree/run"
echo 1 >"$info/format"
: >"$tree/var/lib/dpkg/available"
: >"$work/packages"

# The database of the package manager, from the packages' own control files.
register()
{
	deb=$1
	rm -rf "$work/control" && dpkg-deb -e "$deb" "$work/control"
	name=$(sed -n 's/^Package: //p' "$work/control/control")
	architecture=$(sed -n 's/^Architecture: //p' "$work/control/control")
	version=$(sed -n 's/^Version: //p' "$work/control/control")
	stem=$name
	if grep -q '^Multi-Arch: same' "$work/control/control"; then
		stem=$name:$architecture
	fi
	sed -n 's/^\.\(.*\)$/\1/;s/\/$//;s/^$/\/./;p' "$work/members" >"$info/$stem.list"
	for file in md5sums conffiles preinst postinst prerm postrm triggers shlibs symbols; do
		[ ! -f "$work/control/$file" ] || cp -p "$work/control/$file" "$info/$stem.$file"
	done
	{
		sed "/^Package: /a Status: install ok installed" "$work/control/control" | sed '/^$/d'
		if [ -s "$work/control/conffiles" ]; then
			echo 'Conffiles:'
			while read -r conffile; do
				case $conffile in
				/*) echo " $conffile $(md5sum <"$tree$conffile" | cut -d ' ' -f 1)" ;;
				esac
			done <"$work/control/conffiles"
		fi
		echo
	} >>"$tree/var/lib/dpkg/status"
	printf '%s\t%s\t%s\t%s\n' "$name" "$architecture" "$version" "$stem" >>"$work/packages"
}

for package in $PACKAGES; do
	deb=$(find "$cache" -name "${package}_*.deb" | sort | tail -n 1)
	dpkg-deb --fsys-tarfile "$deb" >"$work/data.tar"
	tar -x -p --keep-directory-symlink -f "$work/data.tar" -C "$tree"
	tar -t -f "$work/data.tar" >"$work/members"
	register "$deb"
done

# 3. What installing would have left besides, and the settings of the host.
mkdir -p "$tree/etc/alternatives" "$tree/etc/ssh" "$tree/var/spool/cron" "$tree/home/admin" \
	"$tree/usr/local/bin" "$tree/usr/local/sbin" "$tree/usr/local/lib" "$tree/var/tmp" "$tree/srv"
chmod 1777 "$tree/tmp" "$tree/var/tmp"
ln -s /usr/bin/mawk "$tree/etc/alternatives/awk"
ln -s /etc/alternatives/awk "$tree/usr/bin/awk"
ln -s /usr/share/zoneinfo/Europe/Berlin "$tree/etc/localtime"
echo Europe/Berlin >"$tree/etc/timezone"
echo build-host >"$tree/etc/hostname"
cp "$tree/usr/share/base-passwd/passwd.master" "$tree/etc/passwd"
echo 'admin:x:1000:1000:,,,:/home/admin:/bin/bash' >>"$tree/etc/passwd"
cp "$tree/usr/share/base-passwd/group.master" "$tree/etc/group"
cp "$tree/usr/share/openssh/sshd_config" "$tree/etc/ssh/sshd_config"

ROOT_UUID=0b6f3a1e-1554-4d0a-9c1e-000000000001
BOOT_UUID=0b6f3a1e-1554-4d0a-9c1e-000000000002
USR_UUID=0b6f3a1e-1554-4d0a-9c1e-000000000003
VAR_UUID=0b6f3a1e-1554-4d0a-9c1e-000000000004
LOG_UUID=0b6f3a1e-1554-4d0a-9c1e-000000000005
{
	echo '# <file system> <mount point> <type> <options> <dump> <pass>'
	echo "UUID=$ROOT_UUID / ext4 errors=remount-ro 0 1"
	echo "UUID=$BOOT_UUID /boot ext4 defaults 0 2"
	if [ "$layout" = separate ]; then
		echo "UUID=$USR_UUID /usr ext4 defaults 0 2"
		echo "UUID=$VAR_UUID /var ext4 defaults 0 2"
		echo "UUID=$LOG_UUID /var/log ext4 defaults 0 2"
	fi
	echo 'proc /proc proc defaults 0 0'
} >"$tree/etc/fstab"
mkdir -p "$tree/boot/grub"
echo 'set timeout=5' >"$tree/boot/grub/grub.cfg"

# 4. Moments, all after the newest file of any package: installation, update, lock, incident.
newest=$(find "$tree" -type f -newermt 2000-01-01 ! -newer "$work/packages" -path '*/usr/*' -printf '%Ts\n' |
	sort -n | awk -v now="$(date +%s)" '$1 < now - 3600' | tail -n 1)
installed=$(((newest / 86400 + 1) * 86400 + 9 * 3600))
updated=$((installed + 3 * 86400 + 5 * 3600))
incident=$((installed + 6 * 86400 - 6 * 3600 - 47 * 60))

# times: path, time of change (ctime), of birth, of modification where it is not the file's own.
awk -F '\t' -v info="$info" -v installed="$installed" -v updated="$updated" '
{
	at = $1 ~ /^(curl|libcurl4)$/ ? updated : installed + NR
	while ((getline path < (info "/" $4 ".list")) > 0) print path "\t" at "\t" at
	close(info "/" $4 ".list")
}' "$work/packages" | sed 's,^/\(bin\|sbin\|lib\|lib32\|lib64\)/,/usr/\1/,' >"$work/times"

old_curl=7.88.1-10+deb12u5
export TZ=Europe/Berlin
awk -F '\t' -v start="$installed" -v format='%Y-%m-%d %H:%M:%S' '
function say(at, text) { print strftime(format, at) " " text }
BEGIN { say(start, "startup archives unpack") }
{
	name[NR] = $1 ":" $2; version[NR] = $1 ~ /^(curl|libcurl4)$/ ? old : $3
	say(start + NR, "install " name[NR] " <none> " version[NR])
	say(start + NR, "status half-installed " name[NR] " " version[NR])
	say(start + NR, "status unpacked " name[NR] " " version[NR])
}
END {
	say(start + NR + 1, "startup packages configure")
	for (i = 1; i <= NR; i++) {
		say(start + NR + 1, "configure " name[i] " " version[i] " <none>")
		say(start + NR + 1, "status half-configured " name[i] " " version[i])
		say(start + NR + 1, "status installed " name[i] " " version[i])
	}
}' old="$old_curl" "$work/packages" | gzip -n >"$tree/var/log/dpkg.log.2.gz"

awk -F '\t' -v start="$updated" -v format='%Y-%m-%d %H:%M:%S' -v old="$old_curl" '
function say(at, text) { print strftime(format, at) " " text }
BEGIN { say(start - 1, "startup archives unpack") }
$1 ~ /^(curl|libcurl4)$/ {
	name = $1 ":" $2
	say(start, "upgrade " name " " old " " $3)
	say(start, "status half-configured " name " " old); say(start, "status unpacked " name " " old)
	say(start, "status half-installed " name " " old); say(start, "status unpacked " name " " $3)
	say(start + 1, "configure " name " " $3 " <none>")
	say(start + 1, "status half-configured " name " " $3); say(start + 1, "status installed " name " " $3)
}' "$work/packages" >"$tree/var/log/dpkg.log.1"

awk -v at="$((incident + 86400))" 'BEGIN { print strftime("%Y-%m-%d %H:%M:%S", at) " startup packages configure" }' \
	>"$tree/var/log/dpkg.log"

# history NAME START END COMMAND ACTION FILTER: one transaction of apt.
awk -F '\t' -v start="$installed" -v old="$old_curl" -v format='%Y-%m-%d  %H:%M:%S' '
{ list = list (NR > 1 ? ", " : "") $1 ":" $2 " (" ($1 ~ /^(curl|libcurl4)$/ ? old : $3) ")" }
END {
	print ""; print "Start-Date: " strftime(format, start)
	print "Commandline: apt-get -y install openssh-server sudo curl"
	print "Requested-By: admin (1000)"
	print "Install: " list
	print "End-Date: " strftime(format, start + NR + 2)
}' "$work/packages" | gzip -n >"$tree/var/log/apt/history.log.1.gz"
awk -F '\t' -v start="$updated" -v old="$old_curl" -v format='%Y-%m-%d  %H:%M:%S' '
$1 ~ /^(curl|libcurl4)$/ { list = list (list ? ", " : "") $1 ":" $2 " (" old ", " $3 ")" }
END {
	print ""; print "Start-Date: " strftime(format, start - 2)
	print "Commandline: /usr/bin/unattended-upgrade"
	print "Upgrade: " list
	print "End-Date: " strftime(format, start + 2)
}' "$work/packages" >"$tree/var/log/apt/history.log"
unset TZ

# The package manager itself is the oracle: it must accept the tree.
dpkg --root="$tree" --verify >"$work/verify" || :
if grep -v '/etc/' "$work/verify" | grep -q .; then
	echo 'make_demo.sh: dpkg --verify does not accept its own tree:' >&2
	cat "$work/verify" >&2
	exit 1
fi

# 5. A set in the layout of NSRL's RDSv3 minimal, from the genuine files.
make_nsrl()
{
	(cd "$tree" && find usr/bin usr/sbin usr/lib -type f -size +0) | sort >"$work/genuine"
	for algorithm in sha256 sha1 md5; do
		(cd "$tree" && tr '\n' '\0' <"$work/genuine" | xargs -0 "${algorithm}sum") |
			awk '{ print toupper($1) }' >"$work/$algorithm"
	done
	(cd "$tree" && tr '\n' '\0' <"$work/genuine" | xargs -0 stat -c %s) >"$work/sizes"
	sed 's,.*/,,' "$work/genuine" >"$work/names"
	paste "$work/sha256" "$work/sha1" "$work/md5" "$work/names" "$work/sizes" |
		awk -F '\t' -v OFS='\t' '{ print $1, $2, $3, "00000000", $4, $5, 1554 }' | sort -u >"$work/rows"
	rm -f "$out/nsrl.db"
	sqlite3 "$out/nsrl.db" <<-END
		CREATE TABLE FILE (sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL,
			crc32 VARCHAR NOT NULL, file_name VARCHAR NOT NULL, file_size INTEGER NOT NULL,
			package_id INTEGER NOT NULL, CONSTRAINT PK_FILE__FILE
			PRIMARY KEY (sha256, sha1, md5, crc32, file_name, file_size, package_id));
		CREATE TABLE MFG (manufacturer_id INTEGER NOT NULL PRIMARY KEY, name VARCHAR NOT NULL);
		CREATE TABLE OS (operating_system_id INTEGER NOT NULL, name VARCHAR NOT NULL,
			version VARCHAR NOT NULL, manufacturer_id INTEGER NOT NULL);
		CREATE TABLE PKG (package_id INTEGER NOT NULL, name VARCHAR NOT NULL, version VARCHAR NOT NULL,
			operating_system_id INTEGER NOT NULL, manufacturer_id INTEGER NOT NULL,
			language VARCHAR NOT NULL, application_type VARCHAR NOT NULL);
		CREATE TABLE VERSION (version VARCHAR UNIQUE NOT NULL, build_set VARCHAR NOT NULL,
			build_date TIMESTAMP NOT NULL, release_date TIMESTAMP NOT NULL, description VARCHAR NOT NULL);
		CREATE VIEW DISTINCT_HASH AS SELECT DISTINCT sha256, sha1, md5, crc32 FROM FILE;
		INSERT INTO MFG VALUES (80, 'Debian');
		INSERT INTO OS VALUES (1012, 'Debian GNU/Linux', '12', 80);
		INSERT INTO PKG VALUES (1554, 'Debian 12', '12', 1012, 80, 'English', 'Operating System');
		INSERT INTO VERSION VALUES ('demo', 'demo', '2026-01-01', '2026-01-01', 'genuine files of the demo');
		.mode tabs
		.import $work/rows FILE
	END
}

# 6. What was done to the host.
patch_string()	# FILE OLD NEW, of the same length
{
	offset=$(grep -a -b -o -m 1 -- "$2" "$1" | head -n 1 | cut -d : -f 1)
	[ -n "$offset" ] || { echo "make_demo.sh: $1 holds no \"$2\"" >&2; exit 1; }
	printf %s "$3" | dd of="$1" bs=1 seek="$offset" conv=notrunc status=none
}

# happened PATH CTIME BIRTH [MTIME]; BIRTH "=PATH": that of the path
happened()
{
	printf '%s\t%s\t%s\t%s\n' "$@" >>"$work/times"
}

expect()	# PATH VERDICT CHECK
{
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$out/expected.tsv"
}

hold()
{
	sed -i "/^Package: $1\$/,/^\$/s/^Status: install ok/Status: hold ok/" "$tree/var/lib/dpkg/status"
}

alter()
{
	triplet=$(cd "$tree/usr/lib" && echo *-linux-gnu*)
	pam=/usr/lib/$triplet/security/pam_unix.so
	perl=/usr/lib/$triplet/perl-base/IO/Socket.pm

	# Kept aside and later deleted: the genuine server, which a record still knows.
	cp "$tree/usr/sbin/sshd" "$tree/var/tmp/.sshd.orig"
	happened /var/tmp/.sshd.orig $((incident - 60)) $((incident - 60)) $((incident - 60))

	# Same size, other bytes, both times fresh.
	patch_string "$tree/usr/sbin/sshd" permitrootlogin permitr00tlogin
	happened /usr/sbin/sshd "$incident" "$incident" "$incident"
	expect /usr/sbin/sshd changed_unexplained package-digest-mismatch

	# Another, bigger program in its place.
	{ cat "$tree/usr/bin/ssh"; printf 'appended bytes of no format\n'; } >"$work/cron"
	cat "$work/cron" >"$tree/usr/sbin/cron"
	happened /usr/sbin/cron $((incident + 120)) $((incident + 120)) $((incident + 120))
	expect /usr/sbin/cron changed_unexplained package-digest-mismatch

	# Its time of modification set back; the time of change cannot be.
	kept=$(stat -c %Y "$tree$pam")
	patch_string "$tree$pam" 'check pass; user unknown' 'check pass; user unkn0wn'
	touch -d "@$kept" "$tree$pam"
	happened "$pam" $((incident + 180)) "=$pam" "$kept"
	expect "$pam" changed_unexplained package-digest-mismatch

	printf '\n# local\nsub import_hook { return 1 }\n1;\n' >>"$tree$perl"
	happened "$perl" $((incident + 240)) "=$perl" $((incident + 240))
	expect "$perl" changed_unexplained package-digest-mismatch

	# A script that a set of known-bad digests holds.
	printf '#!/bin/sh\n# demo of a listed file: does nothing\nexit 0\n' >"$tree/usr/local/sbin/update-cache"
	chmod 755 "$tree/usr/local/sbin/update-cache"
	happened /usr/local/sbin/update-cache $((incident + 300)) $((incident + 300)) $((incident + 300))
	expect /usr/local/sbin/update-cache known_bad known-bad

	# A shell with the rights of root that no package delivered.
	cp "$tree/usr/bin/dash" "$tree/usr/lib/$triplet/libpam-helper"
	printf 'x' >>"$tree/usr/lib/$triplet/libpam-helper"
	chmod 4755 "$tree/usr/lib/$triplet/libpam-helper"
	happened "/usr/lib/$triplet/libpam-helper" $((incident + 360)) $((incident + 360)) $((incident + 360))
	expect "/usr/lib/$triplet/libpam-helper" suspicious capability-added

	mkdir -p "$tree/tmp/.font-unix2"
	{ cat "$tree/usr/bin/gzip"; printf 'y'; } >"$tree/tmp/.font-unix2/agent"
	chmod 755 "$tree/tmp/.font-unix2/agent"
	happened /tmp/.font-unix2/agent $((incident + 420)) $((incident + 420)) $((incident + 420))

	hold openssh-server
	happened /var/lib/dpkg/status $((incident - 600)) $((incident - 600)) $((incident - 600))

	# The administrator's own program, moved in front of a packaged one in the proper way.
	mv "$tree/usr/bin/wget" "$tree/usr/bin/wget.distrib"
	printf '#!/bin/sh\nexec /usr/bin/wget.distrib --https-only "$@"\n' >"$tree/usr/bin/wget"
	chmod 755 "$tree/usr/bin/wget"
	printf '/usr/bin/wget\n/usr/bin/wget.distrib\n:\n' >"$tree/var/lib/dpkg/diversions"
	happened /usr/bin/wget.distrib $((updated + 3600)) =/usr/bin/wget
	happened /usr/bin/wget $((updated + 3600)) $((updated + 3600)) $((updated + 3600))
}

tidy()	# a host that nothing happened to, with what administrators do
{
	printf '#!/bin/sh\ntar -C /srv -cf /var/backups/srv.tar .\n' >"$tree/usr/local/bin/backup-srv"
	printf '#!/bin/sh\napt-get update && apt-get -y upgrade\n' >"$tree/root/upgrade.sh"
	chmod 755 "$tree/usr/local/bin/backup-srv" "$tree/root/upgrade.sh"
	echo 'ServerName build-host' >>"$tree/etc/apache2/apache2.conf"
	hold openssh-server
	happened /usr/local/bin/backup-srv $((updated + 7200)) $((updated + 7200)) $((updated + 7200))
	happened /root/upgrade.sh $((updated + 7300)) $((updated + 7300)) $((updated + 7300))
	happened /etc/apache2/apache2.conf $((updated + 7400)) $((updated + 7400)) $((updated + 7400))
	happened /var/lib/dpkg/status $((updated + 7500)) $((updated + 7500)) $((updated + 7500))
}

: >"$out/expected.tsv"
make_nsrl
printf 'algorithm\tdigest\tfamily\tactor\tfile_name\tgrade\trelevance\tlicence\tnote\tsource\n' >"$out/bad.tsv"
if [ "$clean" = yes ]; then
	tidy
else
	alter
	printf 'sha256\t%s\tDemo\t\tupdate-cache\tA\tT1554\tfact\tharmless file of the demo\tmade by make_demo.sh\n' \
		"$(sha256sum <"$tree/usr/local/sbin/update-cache" | cut -d ' ' -f 1)" >>"$out/bad.tsv"
fi

# 7. The medium.
# A script for debugfs: times of every path of one file system, whose mount point is cut off.
times_script()	# MOUNT FOLDER
{
	(cd "$2" && find . -printf '%P\t%y\t%Ts\n') | awk -F '\t' -v mount="$1" -v installed="$installed" '
	NR == FNR {
		ctime[$1] = $2; mtime[$1] = $4
		birth[$1] = $3 ~ /^=/ ? birth[substr($3, 2)] : $3
		next
	}
	{
		path = mount "/" $1; sub(/^\/\//, "/", path); if (path != "/") sub(/\/$/, "", path)
		c = path in ctime ? ctime[path] : installed
		b = path in birth ? birth[path] : c
		m = path in mtime && mtime[path] != "" ? mtime[path] : ($2 == "f" && $3 < c ? $3 : c)
		inode = "\"/" $1 "\""
		print "set_inode_field " inode " ctime @" c
		print "set_inode_field " inode " crtime @" b
		print "set_inode_field " inode " mtime @" m
		print "set_inode_field " inode " atime @" c
	}' "$work/times" -
}

make_filesystem()	# NAME MOUNT FOLDER MEGABYTES UUID
{
	E2FSPROGS_FAKE_TIME=$installed mke2fs -q -F -t ext4 -U "$5" -E "hash_seed=$5,root_owner=0:0" -L "$1" \
		-M "$2" -d "$3" "$work/$1.ext4" "$4M" >"$work/$1.log" 2>&1 || { cat "$work/$1.log" >&2; exit 1; }
	times_script "$2" "$3" >"$work/$1.debugfs"
	if [ -f "$3/var/tmp/.sshd.orig" ]; then
		echo 'rm /var/tmp/.sshd.orig' >>"$work/$1.debugfs"
	elif [ -f "$3/tmp/.sshd.orig" ]; then
		echo 'rm /tmp/.sshd.orig' >>"$work/$1.debugfs"
	fi
	E2FSPROGS_FAKE_TIME=$((incident + 3600)) debugfs -w -f "$work/$1.debugfs" "$work/$1.ext4" \
		>"$work/$1.log" 2>&1
	if grep -v -e '^debugfs' "$work/$1.log" | grep -q .; then
		grep -v -e '^debugfs' "$work/$1.log" | head -n 5 >&2
		exit 1
	fi
	printf '%s\t%s\n' "$1" "$4" >>"$work/partitions"
}

move_out()	# FOLDER OF THE TREE, NAME
{
	mv "$tree/$1" "$work/$2" && mkdir "$tree/$1"
}

size_of()	# FOLDER: MiB that a file system for it takes
{
	du -s -m "$1" | awk '{ print int($1 * 1.15) + 24 }'
}

: >"$work/partitions"
move_out boot boot
if [ "$layout" = separate ]; then
	move_out var/log log
	move_out usr usr
	move_out var var
fi
make_filesystem boot /boot "$work/boot" 16 "$BOOT_UUID"
make_filesystem root / "$tree" "$(size_of "$tree")" "$ROOT_UUID"
if [ "$layout" = separate ]; then
	make_filesystem usr /usr "$work/usr" "$(size_of "$work/usr")" "$USR_UUID"
	make_filesystem var /var "$work/var" "$(size_of "$work/var")" "$VAR_UUID"
	make_filesystem log /var/log "$work/log" 24 "$LOG_UUID"
fi

disk=$out/disk.raw
awk -F '\t' 'BEGIN { print "label: gpt"; print "label-id: 0B6F3A1E-1554-4D0A-9C1E-0000000000FF"; start = 1 }
{
	printf "start=%dMiB, size=%dMiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=%s, uuid=0B6F3A1E-1554-4D0A-9C1E-0000000000A%d\n",
		start, $2, $1, NR
	start += $2
}' "$work/partitions" >"$work/gpt"
truncate -s "$(awk -F '\t' '{ sum += $2 } END { print sum + 2 }' "$work/partitions")M" "$disk"
sfdisk -q "$disk" <"$work/gpt"
start=1
while read -r name megabytes; do
	dd if="$work/$name.ext4" of="$disk" bs=1M seek="$start" conv=notrunc,sparse status=none
	start=$((start + megabytes))
done <"$work/partitions"

# The tree as a folder again, for evidence that is no image.
rmdir "$tree/boot" && mv "$work/boot" "$tree/boot"
if [ "$layout" = separate ]; then
	rmdir "$tree/usr" "$work/var/log" 2>/dev/null || :
	mv "$work/usr" "$tree/usr" && rmdir "$tree/var" && mv "$work/var" "$tree/var" && mv "$work/log" "$tree/var/log"
fi

# 8. The acquisition.
(cd "$out" && ewfacquire -u -q -t case -C DEMO-1 -E 1 -e 'A. Examiner' -D 'disk of build-host' \
	-N 'evidence made by make_demo.sh' -m fixed -M physical -f encase6 -c fast -S 20971520 -d sha1 disk.raw) \
	>"$work/ewfacquire.log" 2>&1 || { cat "$work/ewfacquire.log" >&2; exit 1; }
rm -rf "$work"
echo "$stamp" >"$out/stamp"
find "$out" -maxdepth 1 -name 'case.E*' -printf '%f %s bytes\n' | sort
