#!/bin/sh
# Systems joined: two on a disk, chroots, containers of Docker, podman and containerd; each with its own
# package database. What lies over what is held against the kernel's own overlay where it can be mounted.
. "${TOP_SRCDIR:?}/tests/images/lib.sh"
need mke2fs debugfs sfdisk perl md5sum
[ -x "${TOP_BUILDDIR:?}/tests/images/dump_filesystem" ] || { echo '1..0 # SKIP needs libtsk'; exit 0; }
T1554TRIAGE_DATA=$TOP_SRCDIR
export T1554TRIAGE_DATA
cd "$work" || exit 99
root=$([ "$(id -u)" = 0 ] && echo yes)

# program FILE WORD: a script that is a program by its content
program() {
	mkdir -p "${1%/*}"
	printf '#!/bin/sh\necho %s\n' "$2" >"$1"
	chmod 755 "$1"
}
# package TREE NAME PATH...: files that are there become a package of dpkg
package() {
	tree=$1 name=$2
	shift 2
	mkdir -p "$tree/var/lib/dpkg/info"
	printf 'Package: %s\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\nMaintainer: x\nDescription: x\n\n' \
		"$name" >>"$tree/var/lib/dpkg/status"
	for path; do
		echo "$path" >>"$tree/var/lib/dpkg/info/$name.list"
		(cd "$tree" && md5sum "${path#/}") >>"$tree/var/lib/dpkg/info/$name.md5sums"
	done
}
# system TREE NAME: a root with a package of two programs
system() {
	mkdir -p "$1/etc" "$1/usr/bin" "$1/var/lib/dpkg"
	echo 'root:x:0:0::/root:/bin/sh' >"$1/etc/passwd"
	printf 'ID=debian\nPRETTY_NAME="System %s"\n' "$2" >"$1/etc/os-release"
	echo "$2" >"$1/etc/hostname"
	program "$1/usr/bin/ls" "ls of $2"
	program "$1/usr/bin/ps" "ps of $2"
	package "$1" base /usr/bin/ls /usr/bin/ps
}
image() {	# NAME TREE [SIZE]
	rm -f "$1"
	mke2fs -q -F -t ext4 -d "$2" "$1" "${3:-16M}" 2>mke2fs.out || { cat mke2fs.out; exit 99; }
}
run() {	# NAME: files.jsonl as "system path state"
	rm -rf out
	"$TOP_BUILDDIR/t1554triage" --no-verify --jobs "${jobs:-2}" -o out "$1" >said.out 2>said.err
	perl -ne 'my %f = map { ($_, /"$_":"((?:[^"\\]|\\.)*)"/ ? $1 : "-") } qw(system path package_state) if 0;
		my ($s) = /"system":"([^"]*)"/; my ($p) = /"path":"([^"]*)"/; my ($t) = /"package_state":"?([a-z_]*)/;
		print "$s $p $t\n"' out/files.jsonl | sort >files
	perl -0777 -ne 'while (/<system ([^>]*)>(.*?)<\/system>/gs) { my ($a, $b) = ($1, $2); my ($id) = $a =~ /id="([^"]*)"/;
		my ($k) = $a =~ /kind="([^"]*)"/; my ($p) = $a =~ /packages="(\d+)"/; my ($o) = $b =~ /<origin>(?:<[^>]*>)?([^<]*)/;
		my $l = () = $b =~ /<layer/g; my ($n) = $b =~ /<os>(?:<[^>]*>)?([^<]*)/;
		print "$id $k $p $l ", $o // "-", " | ", $n // "-", "\n" }' out/report.xml >systems
}
state() { grep -E "^$1 $2 " files | cut -d' ' -f3 | tr '\n' ' '; }
notes() { grep -c "\"kind\":\"$1\"" out/notes.jsonl; }

# 1. A chroot, a machine, a snapshot: folders of a host.
system host host
system host/srv/chroot/web web
system host/var/lib/machines/build build
program host/srv/chroot/web/usr/bin/ps 'another ps'
program host/srv/chroot/web/usr/bin/dropped dropped
rm host/var/lib/machines/build/usr/bin/ls
mkdir -p host/var/spool/postfix/etc host/opt/copy/var/lib/dpkg
cp host/etc/passwd host/var/spool/postfix/etc/
cp host/var/lib/dpkg/status host/opt/copy/var/lib/dpkg/
system host/srv/chroot/web/srv/inner inner
image folders host
run folders
is 'folders that are systems' "$(cat systems)" 's1 volumes 1 0 - | System host
s2 folder 1 0 chroot /srv/chroot/web | System web
s3 folder 1 0 machine of systemd-nspawn /var/lib/machines/build | System build
s4 folder 1 0 chroot /srv/inner | System inner'
is 'a program of the host' "$(state s1 /usr/bin/ps)" 'verified '
is 'a changed one of the chroot, by the chroot'\''s own database' "$(state s2 /usr/bin/ps)" 'modified '
is 'one that nobody there owns' "$(state s2 /usr/bin/dropped)" 'unowned '
is 'a chroot in a chroot' "$(state s4 /usr/bin/ps)" 'verified '
is 'programs, and those that no package owns, are counted for each system' \
	"$(perl -0777 -ne 'print join(" ", map { my ($id) = /id="([^"]*)"/; my ($n) = / programs="(\d+)"/; my ($u) = /unowned-programs="(\d+)"/;
	"$id $n $u" } /<system ([^>]*)>/g)' out/report.xml)" 's1 2 0 s2 3 1 s3 1 0 s4 2 0'
is 'nothing of them is counted as the host'\''s' "$(grep -c '^s1 /srv\|^s1 /var/lib/machines' files)" 0
is 'a packaged program that is not there' "$(grep -c '"check":"package-file-missing".*"system":"s3"' out/findings.jsonl)" 1
is 'a copy of a database is no system, and that is said' "$(notes system_within)" 1
cp files files.two
cp out/files.jsonl two.jsonl
jobs=0 run folders
ok 'one process finds the same' cmp out/files.jsonl two.jsonl

# 2. Docker: an image of two layers, a container that changes, deletes and hides.
docker() {	# TREE: layers as Docker keeps them
	store=$1/var/lib/docker
	layers=$store/overlay2
	mkdir -p "$layers/l" "$layers"/base/diff "$layers"/app/diff "$layers"/web-init/diff "$layers"/web/diff "$layers"/db-init/diff "$layers"/db/diff
	for layer in base app web-init web db-init db; do
		echo "$layer-link" >"$layers/$layer/link"
		ln -s "../$layer/diff" "$layers/l/$layer-link"
		mkdir -p "$layers/$layer/work"
	done
	printf 'l/base-link' >"$layers/app/lower"
	printf 'l/app-link:l/base-link' >"$layers/web-init/lower"
	printf 'l/web-init-link:l/app-link:l/base-link' >"$layers/web/lower"
	printf 'l/app-link:l/base-link' >"$layers/db-init/lower"
	printf 'l/db-init-link:l/app-link:l/base-link' >"$layers/db/lower"
	system "$layers/base/diff" image
	program "$layers/base/diff/usr/lib/tools/a" a
	program "$layers/base/diff/usr/lib/tools/b" b
	program "$layers/base/diff/usr/bin/gone" gone
	package "$layers/base/diff" tools /usr/lib/tools/a /usr/lib/tools/b /usr/bin/gone
	# The second layer upgrades ps and has a database that knows it.
	mkdir -p "$layers/app/diff/usr/bin" "$layers/app/diff/var/lib/dpkg/info"
	program "$layers/app/diff/usr/bin/ps" 'ps 2'
	cp -a "$layers/base/diff/var/lib/dpkg/." "$layers/app/diff/var/lib/dpkg/"
	(cd "$layers/app/diff" && md5sum usr/bin/ps) >"$work/sum"
	sed -i '/usr\/bin\/ps/d' "$layers/app/diff/var/lib/dpkg/info/base.md5sums"
	cat "$work/sum" >>"$layers/app/diff/var/lib/dpkg/info/base.md5sums"
	# web: ls changed, gone deleted, tools hidden but for one of its own, a program of nobody
	program "$layers/web/diff/usr/bin/ls" 'another ls'
	program "$layers/web/diff/usr/bin/dropped" dropped
	program "$layers/web/diff/usr/lib/tools/c" c
	mkdir -p "$layers/web/diff/tmp"
	: >"$layers/web/diff/usr/bin/.wh.ps"
	chains=$store/image/overlay2/layerdb
	mkdir -p "$chains/mounts/c0ffee/" "$chains/mounts/decade" "$store/containers/c0ffee" "$store/containers/decade"
	printf web >"$chains/mounts/c0ffee/mount-id"
	printf db >"$chains/mounts/decade/mount-id"
	echo '{"ID":"c0ffee","Name":"/web","Config":{"Image":"shop:1.2"},"State":{"Running":true}}' >"$store/containers/c0ffee/config.v2.json"
	echo '{"ID":"decade","Name":"/db","Config":{"Image":"shop:1.2"}}' >"$store/containers/decade/config.v2.json"
	one=$(printf base | sha256sum | cut -d' ' -f1) two=$(printf app | sha256sum | cut -d' ' -f1)
	chain=$(printf 'sha256:%s sha256:%s' "$one" "$two" | sha256sum | cut -d' ' -f1)
	mkdir -p "$chains/sha256/$chain" "$store/image/overlay2/imagedb/content/sha256"
	printf app >"$chains/sha256/$chain/cache-id"
	printf '{"rootfs":{"type":"layers","diff_ids":["sha256:%s","sha256:%s"]}}' "$one" "$two" \
		>"$store/image/overlay2/imagedb/content/sha256/$one"
	printf '{"Repositories":{"shop":{"shop:1.2":"sha256:%s","shop@sha256:00":"sha256:%s"}}}' "$one" "$one" \
		>"$store/image/overlay2/repositories.json"
}
marks() {	# IMAGE FOLDER: what mke2fs does not take from a tree that is nobody's
	debugfs -w -f /dev/stdin "$1" >debugfs.out 2>&1 <<-END
		cd $2/usr/bin
		mknod gone c 0 0
		ea_set $2/usr/lib/tools trusted.overlay.opaque y
	END
}
rm -rf host
system host host
docker host
image docker host
marks docker /var/lib/docker/overlay2/web/diff
run docker
is 'an image and its containers' "$(cat systems)" 's1 volumes 1 0 - | System host
s2 image 2 1 image shop:1.2 (docker) | System image
s3 container 2 3 container db, image shop:1.2 (docker) | System image
s4 container 2 3 container web, image shop:1.2 (docker) | System image'
is 'a program of the image, once' "$(grep -c ' /usr/bin/ls ' files)" 3
is 'of the image' "$(state s2 /usr/bin/ls)" 'verified '
is 'an upgraded one is compared with the upper layer'\''s database' "$(state s2 /usr/bin/ps)" 'verified '
is 'the older one below is of no system' "$(grep -c ' /var/lib/docker/overlay2/base/diff/usr/bin/ps' files)" 1
is 'a changed one of a container, by the image'\''s database' "$(state s4 /usr/bin/ls)" 'modified '
is 'one of nobody' "$(state s4 /usr/bin/dropped)" 'unowned '
is 'one in an opaque folder' "$(state s4 /usr/lib/tools/c)" 'unowned '
is 'what the image owns stays the image'\''s' "$(state s2 /usr/lib/tools/a)" 'verified '
is 'a container without changes has no files of its own' "$(grep -c '^s3 ' files)" 0
is 'a deleted program of a package' "$(grep '"check":"package-file-missing"' out/findings.jsonl | grep '"system":"s4"' | grep -o '/usr/[a-z/]*' | sort -u | tr '\n' ' ')" '/usr/bin/gone '
is 'nothing of the store is counted as the host'\''s' "$(grep -c '^s1 /var/lib/docker' files)" 0
is 'unowned programs are counted for each system' "$(grep '"check":"unowned-program"' out/findings.jsonl | grep -o '"system":"[^"]*"' | sort | uniq -c | tr -s ' ' | tr '\n' ' ')" ' 2 "system":"s4" '

# 3. The same trees as the kernel shows them, and more that may lie over one another.
layered() {	# TREE: three layers
	mkdir -p "$1/1/a/deep/er" "$1/1/dir" "$1/1/todir" "$1/1/op/sub" "$1/1/linked" "$1/2/a/deep" "$1/2/file" "$1/2/op" "$1/3/a" "$1/3/op/sub" \
		"$1/1/re" "$1/2/re" "$1/3/re/in"
	for file in 1/a/one 1/a/deep/er/x 1/a/deep/er/y 1/dir/inside 1/file 1/op/low 1/op/sub/low 1/gone 1/linked/x 1/todir/z 2/a/two 2/a/deep/z \
		2/file/now 2/op/middle 3/a/three 3/op/sub/top 1/re/first 2/gone.again 3/re/in/third; do
		echo "$file" >"$1/$file"
	done
	echo 'over one' >"$1/3/a/one"
	echo 'no folder any more' >"$1/3/dir"
	ln -s a "$1/2/linked"
	ln -s /a/one "$1/3/link"
	ln -s nowhere "$1/1/link"
	mknod "$1/2/gone" c 0 0
	mknod "$1/3/gone.again" c 0 0
	mknod "$1/3/a/two" c 0 0
	mknod "$1/2/re" c 0 0 2>"$work/said" || { rmdir "$1/2/re" && mknod "$1/2/re" c 0 0; }
	mknod "$1/3/console" c 5 1
	setfattr -n trusted.overlay.opaque -v y "$1/3/op"
}
shown() {	# FOLDER: as dump_layers writes it
	(cd "$1" && find . -mindepth 1 -printf '%y %P %s %l\n' | perl -ne 'chomp; my ($t, $p, $s, $l) = split / /, $_, 4;
		my %t = (f => "regular", d => "directory", l => "link", c => "character");
		print $t{$t}, " /$p", $t eq "f" ? " $s" : $t eq "l" ? " $l" : "", "\n"') | LC_ALL=C sort
}
if [ -z "$root" ] || ! command -v setfattr >/dev/null; then
	skip 'layers as the kernel merges them' 'needs root and setfattr'
else
	mkdir -p layers/1 layers/2 layers/3 lower/w merged
	layered layers
	if ! mount -t overlay overlay -o "ro,lowerdir=$work/layers/3:$work/layers/2:$work/layers/1" merged 2>said.out; then
		skip 'layers as the kernel merges them' 'overlay cannot be mounted'
	else
		shown merged >kernel
		umount merged
		image layered layers
		"$TOP_BUILDDIR/tests/images/dump_layers" layered /3 /2 /1 | LC_ALL=C sort >ours
		ok 'layers as the kernel merges them, and files placed alike' diff kernel ours
		"$TOP_BUILDDIR/tests/images/dump_layers" layered /2 /1 | LC_ALL=C sort >ours
		mount -t overlay overlay -o "ro,lowerdir=$work/layers/2:$work/layers/1" merged
		shown merged >kernel
		umount merged
		ok 'two of them' diff kernel ours
	fi
fi
mkdir -p named/1/usr/bin named/1/opt/old named/2/usr/bin named/2/opt
for file in 1/usr/bin/a 1/usr/bin/b 1/opt/old/x 2/usr/bin/c 2/opt/new; do echo "$file" >"named/$file"; done
: >named/2/usr/bin/.wh.a
: >named/2/opt/.wh..wh..opq
image named.image named
"$TOP_BUILDDIR/tests/images/dump_layers" -n named.image /2 /1 | grep -v '/\.wh\.' >ours
is 'whiteouts that are names' "$(tr '\n' ' ' <ours)" \
	'directory /opt regular /opt/new 10 directory /usr directory /usr/bin regular /usr/bin/b 12 regular /usr/bin/c 12 '

# 4. containers/storage, in a home and by its own file of settings.
podman() {	# STORE NAME
	layers=$1/overlay
	mkdir -p "$layers/l" "$layers/aaa/diff" "$layers/bbb/diff" "$1/overlay-containers" "$1/overlay-images"
	for layer in aaa bbb; do ln -s "../$layer/diff" "$layers/l/L$layer"; done
	printf 'l/Laaa' >"$layers/bbb/lower"
	system "$layers/aaa/diff" "$2"
	program "$layers/bbb/diff/usr/bin/ps" changed
	: >"$layers/bbb/diff/usr/bin/.wh.ls"
	echo '[{"id":"i1","names":["registry/'"$2"':latest","other"],"layer":"aaa"}]' >"$1/overlay-images/images.json"
	echo '[{"id":"k1","names":["'"$2"'-1"],"image":"i1","layer":"bbb"},{"id":"k2","names":["lost"],"layer":"ccc"}]' \
		>"$1/overlay-containers/containers.json"
}
rm -rf host
system host host
podman host/home/ann/.local/share/containers/storage ann
mkdir -p host/etc/containers
printf '[storage]\ndriver = "overlay"\ngraphroot = "/srv/store"\n' >host/etc/containers/storage.conf
podman host/srv/store srv
image podman host
run podman
is 'stores of podman' "$(cat systems)" 's1 volumes 1 0 - | System host
s2 image 1 0 image registry/ann:latest (podman) | System ann
s3 container 1 1 container ann-1, image registry/ann:latest (podman) | System ann
s4 image 1 0 image registry/srv:latest (podman) | System srv
s5 container 1 1 container srv-1, image registry/srv:latest (podman) | System srv'
is 'a changed program of a container' "$(state s3 /usr/bin/ps)" 'modified '
is 'a container whose layer is not there' "$(notes system_within)" 2
is 'is incomplete' "$(grep -c '"kind":"system_within".*"incomplete":true' out/notes.jsonl)" 2

# 5. containerd: its own databases, written by itself.
if [ -z "$root" ] || ! command -v containerd >/dev/null || ! command -v ctr >/dev/null; then
	skip 'snapshots of containerd' 'needs root, containerd and ctr'
else
	rm -rf host
	system host host
	mkdir -p "$work/state"
	store=$work/host/var/lib/containerd
	cat >containerd.toml <<-END
		version = 2
		root = "$store"
		state = "$work/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
		 "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
		[grpc]
		 address = "$work/c.sock"
	END
	containerd -c containerd.toml >containerd.log 2>&1 &
	daemon=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do [ -S c.sock ] && break; sleep 1; done
	ctl() { ctr -a "$work/c.sock" -n shop "$@"; }
	folder() { ctl snapshots mounts "$work/merged" "$1" | grep -o '[^ =,:]*/snapshots/[0-9]*/fs' | head -n 1; }
	ctl snapshots prepare base-work >said.out 2>&1
	base=$(folder base-work)
	[ -z "$base" ] || {
		system "$base" image
		ctl snapshots commit base base-work
		ctl snapshots prepare app-work base
		app=$(ctl snapshots mounts "$work/merged" app-work | grep -o 'upperdir=[^, ]*' | cut -d= -f2)
		program "$app/usr/bin/more" more
		ctl snapshots commit app app-work
		ctl snapshots prepare web app
		web=$(ctl snapshots mounts "$work/merged" web | grep -o 'upperdir=[^, ]*' | cut -d= -f2)
		program "$web/usr/bin/ls" changed
		for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do ctl snapshots prepare "many-$n" app; done
		ctl images ls
	} >said.out 2>&1
	kill "$daemon"
	wait "$daemon" 2>/dev/null
	if [ -z "$base" ]; then
		skip 'snapshots of containerd' 'containerd does not make any here'
	else
		image containerd host 24M
		run containerd
		is 'snapshots of containerd' "$(grep -v 'many' systems)" "s1 volumes 1 0 - | System host
s2 image 1 1 image shop/4/app (containerd) | System image
s33 container 1 2 container shop/web, image not known (containerd) | System image"
		is 'all of them' "$(wc -l <systems)" 33
		is 'a changed program of the container' "$(state s33 /usr/bin/ls)" 'modified '
		is 'a program of the image' "$(state s2 /usr/bin/ps)" 'verified '
		is 'and one of nobody' "$(state s2 /usr/bin/more)" 'unowned '
		ok 'changed databases of containerd' "${TOP_BUILDDIR:?}/tests/fuzz/fuzz_bolt" "${FUZZ_RUNS:-2000}" \
			host/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/metadata.db
		rm -rf host/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/metadata.db
		head -c 8192 /dev/zero >host/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/metadata.db
		image containerd host 24M
		run containerd
		is 'without its database' "$(notes system_within)" 1
		is 'the lowest layer is a system by itself' "$(sed -n 2p systems | cut -d' ' -f1-7)" 's2 folder 1 0 layer of a'
	fi
fi

# Memory does not grow with containers times layers: an image can name hundreds of each.
rm -rf host
system host host
perl -e 'my $store = "host/var/lib/docker"; my ($layers, $mounts) = ("$store/overlay2", "$store/image/overlay2/layerdb/mounts");
	system("mkdir", "-p", "$layers/l", $mounts, "$store/containers");
	sub put { open my $file, ">", $_[0]; print $file $_[1] }
	for my $n (1 .. 400) {
		mkdir $_ for "$layers/c$n", "$layers/c$n/diff", "$mounts/id$n", "$store/containers/id$n";
		symlink "../c$n/diff", "$layers/l/L$n";
		put("$layers/c$n/lower", join(":", map { "l/L" . (($n + $_) % 400 + 1) } 1 .. 150));
		put("$mounts/id$n/mount-id", "c$n");
		put("$store/containers/id$n/config.v2.json", "{\"Name\":\"/web$n\"}");
	}'
image many host 24M
if [ "$(uname -m)" != x86_64 ] || ldd "$TOP_BUILDDIR/t1554triage" 2>/dev/null | grep -q 'lib.san'; then
	skip '400 layers upon 150 each fit in 390 MiB of address space' 'sanitizers take more'
else
	rm -rf out
	# shellcheck disable=SC3045 # dash, bash and busybox know it
	(ulimit -v 400000; "$TOP_BUILDDIR/t1554triage" --no-verify --no-sandbox --jobs 0 -o out many >said.out 2>said.err)
	is '400 layers upon 150 each fit in 390 MiB of address space' "$? $(grep -c '<system ' out/report.xml)" '0 401'
fi
finish
