#!/bin/sh
# Folders, archives and UAC collections, held against stat, sha256sum and tar.
dump=$TOP_BUILDDIR/tests/images/dump_collection
command -v python3 > /dev/null || { echo "1..0 # SKIP python3, the oracle, is not installed"; exit 0; }
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root for owners and devices in the test tree"; exit 0; }
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
count=0
ok() {		# ok RESULT TEXT
	count=$((count + 1))
	[ "$1" = 0 ] && echo "ok $count - $2" || echo "not ok $count - $2"
}
skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2 is not installed"
}
tab=$(printf '\t')

# The tree: set-id programs, links of all kinds, names that break lines and columns.
mkdir -p tree/usr/bin tree/etc tree/var/log
awk 'BEGIN { for (i = 0; i < 20000; i++) print i * 7919 % 65521 }' > tree/usr/bin/program
chmod 4755 tree/usr/bin/program
ln tree/usr/bin/program tree/usr/bin/same
ln -s usr/bin tree/bin
ln -s /etc/passwd tree/etc/outside
mkfifo tree/fifo
echo 'a|b' > "tree/etc/odd|name"
printf x > "$(printf 'tree/etc/\377bytes')"
printf x > "$(printf 'tree/etc/line\nbreak')"
long=$(printf 'n%.0s' $(seq 150))
mkdir -p "tree/$long/$long"; echo long > "tree/$long/$long/$long"
{ head -c 500000 /dev/zero; echo middle; } > tree/sparse; truncate -s 9000000 tree/sparse; echo end >> tree/sparse
cp --sparse=always tree/sparse tree/holes && mv tree/holes tree/sparse
head -c 6000000 tree/sparse | tr '\000' 'z' > tree/large
chown 1001:1002 tree/etc/*
touch -d '2023-05-06 07:08:09.123456789 UTC' tree/usr/bin/program tree/etc/*
touch -h -d '2001-02-03 04:05:06 UTC' tree/etc/outside

# What stat, readlink and hashlib say, in the columns of dump_collection; argument: digits of the seconds.
cat > expect.py <<'END'
import hashlib, os, stat, sys, datetime
digits = int(sys.argv[1])
def visible(b):
    out = b''
    for part in [b]:
        try:
            text = part.decode('utf-8'); valid = True
        except UnicodeDecodeError:
            valid = False
        for byte in part:
            if byte < 32 or byte == 127 or byte == 92 or (not valid and byte > 127):
                out += b'\\x%02X' % byte
            else:
                out += bytes([byte])
    return out
names = []
for folder, folders, files in os.walk(b'tree'):
    names += [os.path.join(folder, n) for n in folders + files]
for name in sorted(names):
    st = os.lstat(name)
    kind = {stat.S_IFREG: 'regular', stat.S_IFDIR: 'directory', stat.S_IFLNK: 'link', stat.S_IFIFO: 'fifo'}[stat.S_IFMT(st.st_mode)]
    when = datetime.datetime.fromtimestamp(st.st_mtime_ns // 10**9, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S')
    if digits:
        when += '.%09d' % (st.st_mtime_ns % 10**9)
    row = [visible(name[4:]), kind.encode(), b'%04o' % (st.st_mode & 0o7777), b'%d' % st.st_uid, b'%d' % st.st_gid,
        b'%d' % st.st_size if kind == 'regular' else b'-', when.encode() + b'Z',
        os.readlink(name) if kind == 'link' else b'-',
        hashlib.sha256(open(name, 'rb').read()).hexdigest().encode() if kind == 'regular' else b'-']
    sys.stdout.buffer.write(b'\t'.join(row) + b'\n')
END
entries() {		# of a dump, without what the container does not keep
	grep '^/' "$1" | cut -f 1-7,10,11 | LC_ALL=C sort
}
python3 expect.py 9 | LC_ALL=C sort > expected.ns
python3 expect.py 0 | LC_ALL=C sort > expected.s

find tree -type f -name program -exec stat -c '%n %X %Z' {} + > before
"$dump" tree > folder
entries folder | diff - expected.ns
ok $? "folder: every entry is what stat and sha256sum say"
find tree -type f -name program -exec stat -c '%n %X %Z' {} + | cmp -s - before
ok $? "folder: access times stay"
if command -v strace > /dev/null && strace -o /dev/null true 2> /dev/null; then
	ASAN_OPTIONS=detect_leaks=0 strace -f -o trace "$dump" tree > /dev/null
	! grep -E 'open(at)?\(' trace | grep -E 'O_(WRONLY|RDWR|CREAT|TRUNC)'
	ok $? "folder: nothing is opened for writing"
	! grep -E 'openat\((3|[4-9]|[0-9]{2,}), ' trace | grep -v O_NOFOLLOW
	ok $? "folder: every name is opened without following links"
	! grep -E 'openat\(.*"(fifo|outside|bin)"' trace | grep -v '"bin".*O_DIRECTORY'
	ok $? "folder: no fifo and no link is opened"
else
	skip "folder: system calls" "strace (or its permission)"
fi
grep -q 'collection_metadata' folder && grep -qx 'filesystem folder' folder && grep -qx 'status 0' folder
ok $? "folder: says that the metadata are those of the copy"

# A capability as the kernel keeps it: cap_setuid, permitted and effective, of revision 2.
if python3 -c 'import os; os.setxattr("tree/usr/bin/program", "security.capability",
	bytes([1, 0, 0, 2, 128, 0, 0, 0]) + bytes(12))' 2> /dev/null; then
	"$dump" tree | grep -q "^/usr/bin/program${tab}.*${tab}capabilities$"
	ok $? "folder: capabilities"
	tar --format=posix --xattrs --xattrs-include='security.capability' -C tree -cf capable.tar usr
	"$dump" capable.tar | grep -q "^/usr/bin/program${tab}.*${tab}capabilities$"
	ok $? "tar: capabilities as GNU tar keeps them"
	[ "$("$dump" capable.tar | grep -c "capabilities$")" = "$("$dump" tree | grep -c "capabilities$")" ]
	ok $? "tar: of hard links too, and of nothing else"
	python3 -c 'import os; os.removexattr("tree/usr/bin/program", "security.capability")'
else
	skip "capabilities" "permission to set them, which"
fi

for form in gnu posix; do
	tar --format=$form -S -C tree -cf $form.tar .
	"$dump" $form.tar > out
	[ $form = gnu ] && expected=expected.s || expected=expected.ns
	# A time without a fraction has whole seconds in pax.
	sed 's/\.000000000Z/Z/' $expected > wanted
	entries out | diff - wanted && grep -qx 'filesystem tar' out && grep -qx 'status 0' out
	ok $? "tar, $form: every entry, long names, hard links and sparse files"
done
tar --format=ustar -C tree -cf ustar.tar usr etc bin fifo sparse large
"$dump" ustar.tar > out
entries out | diff - wanted > lost; entries out | LC_ALL=C sort | comm -23 - expected.s | grep -q .
[ $? = 1 ]
ok $? "tar, ustar: entries are right"
tar --format=pax --sparse-version=0.1 -S -C tree -cf sparse01.tar sparse
tar --format=pax --sparse-version=0.0 -S -C tree -cf sparse00.tar sparse
for archive in sparse00 sparse01; do
	"$dump" $archive.tar | grep -q "^/sparse.*$(sha256sum < tree/sparse | cut -c 1-64)"
	ok $? "tar: the map of $archive"
done
for compressor in gzip bzip2 xz zstd; do
	command -v $compressor > /dev/null || { skip "tar in $compressor" $compressor; continue; }
	$compressor -c < gnu.tar > packed
	"$dump" packed > out
	entries out | diff - expected.s && grep -qx 'status 0' out
	ok $? "tar in $compressor: the same"
done
if command -v bsdtar > /dev/null; then
	bsdtar --format pax -C tree -cf bsd.tar .
	"$dump" bsd.tar > out
	sed 's/\.000000000Z/Z/' expected.ns > wanted
	entries out | diff - wanted
	ok $? "tar of bsdtar: the same"
	bsdtar --format zip -C tree -cf bsd.zip usr etc large
	"$dump" bsd.zip > out
	entries out | grep regular | cut -f 1-6,9 > got
	grep -E "^/(usr|etc|large)" expected.s | grep regular | cut -f 1-6,9 > wanted
	diff got wanted && grep -qx 'filesystem zip' out && grep -qx 'status 0' out
	ok $? "zip of bsdtar: names as bytes, modes, owners, contents"
else
	skip "bsdtar" bsdtar
fi
python3 - <<'END'
import zipfile, os
with zipfile.ZipFile('py.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    for name in ('usr/bin/program', 'large', 'etc/odd|name'):
        z.write('tree/' + name, name)
    z.write('tree/large', 'stored', zipfile.ZIP_STORED)
    z.write('tree/large', 'bzip2', zipfile.ZIP_BZIP2)
    z.write('tree/large', 'lzma', zipfile.ZIP_LZMA)
END
"$dump" py.zip > out
[ "$(grep -c "$(sha256sum < tree/large | cut -c 1-64)" out)" = 3 ] && grep -q '^/lzma.*not read' out
ok $? "zip: stored, deflate and bzip2 are read, another method is told"
size=$(wc -c < py.zip)
{ head -c 20000 py.zip; printf '\377\377\377'; tail -c +20004 py.zip; } > flipped.zip
"$dump" flipped.zip > out
grep -q '^note file_unreadable 0 /' out && [ "$(wc -c < flipped.zip)" = "$size" ]
ok $? "zip: flipped bits in a member are noted, its content is not used"
head -c $((size - 200)) py.zip > cut.zip
"$dump" cut.zip > out
grep -q '^note image_incomplete' out && grep -qx 'status -1' out && grep -q '^/usr/bin/program' out
ok $? "zip: a cut archive is read by its local headers, and noted"

gzip -c < gnu.tar | head -c 20000 > cut.tar.gz
"$dump" cut.tar.gz > out
grep -q '^note image_incomplete' out && grep -qx 'status -1' out && grep -q '^/' out
ok $? "tar: of a cut archive comes what could be read, and it is noted"
{ head -c 1024000 gnu.tar; head -c 512 /dev/urandom; tail -c +1024513 gnu.tar; } > damaged.tar
"$dump" damaged.tar > out
[ "$(grep -c '^/' out)" -gt 5 ]
ok $? "tar: a damaged block does not end it"

mkdir names && echo one > names/file && echo two > names/again
tar -P --transform 's,^names/file,../../escape,' -cf odd.tar names/file
tar -P --transform 's,^names/again,/absolute,' -rf odd.tar names/again
tar -rf odd.tar names/file; echo three > names/file; tar -rf odd.tar names/file
"$dump" odd.tar > out
grep -q '^/escape' out && grep -q '^/absolute' out && grep -q '^note collection_names 2 ' out &&
	grep -q '^note collection_names 1 ' out &&
	grep -q "^/names/file.*$(printf 'three\n' | sha256sum | cut -c 1-64)" out
ok $? "tar: names stay below the root, the last of equal names holds, both are noted"

# UAC: the layout of its version 3.
mkdir -p uac/'[root]'/etc uac/bodyfile uac/hash_executables uac/live_response/packages
echo root:x > uac/'[root]'/etc/passwd
echo '2024-05-01 10:00:00 +0000 INFO Mount point: /' > uac/uac.log
cat > uac/bodyfile/bodyfile.txt <<'END'
0|/|2|drwxr-xr-x|0|0|4096|1714550000|1714550001|1714550002|0
0|/etc/passwd|131|-rw-r--r--|0|0|1234|1714550000|1687877000|1714540000|1714540001
0|/usr/bin/sudo|132|-rwsr-xr-x|0|0|281624|1714550000|1687877000|1714540000|0
0|/usr/bin/a|b|133|-rwxr-xr-t|7|8|11|1|-2|3|4
0|/bin -> usr/bin|12|lrwxrwxrwx|0|0|7|1714550000|1687877000|1714540000|0
this is no line
END
printf '%s\n' 'd41d8cd98f00b204e9800998ecf8427e  /usr/bin/sudo' '\00000000000000000000000000000001  /usr/bin/new\nline' \
	'MD5 (/usr/bin/a|b) = 00000000000000000000000000000002' 'MD5(/usr/bin/open(ssl))= 00000000000000000000000000000003' \
	> uac/hash_executables/hash_executables.md5
echo '??5?????? c /etc/passwd' > uac/live_response/packages/dpkg_-V.txt
check_uac() {		# check_uac OUT TEXT
	grep -qx 'filesystem uac' "$1"
	ok $? "$2: is recognised"
	grep -q "^/etc/passwd${tab}regular${tab}0644${tab}0${tab}0${tab}7${tab}2023-06-27T14:43:20Z${tab}2024-05-01T05:06:40Z${tab}2024-05-01T05:06:41Z${tab}-${tab}$(printf 'root:x\n' | sha256sum | cut -c 1-64)${tab}-${tab}131" "$1"
	ok $? "$2: content of the tree, metadata of the body file"
	grep -q "^/usr/bin/sudo${tab}regular${tab}4755${tab}0${tab}0${tab}281624${tab}.*${tab}-${tab}-${tab}-${tab}d41d8cd98f00b204e9800998ecf8427e${tab}132" "$1"
	ok $? "$2: a name without content, with the collector's digest; born 0 is not recorded"
	grep -q "^/usr/bin/a|b${tab}regular${tab}1755${tab}7${tab}8${tab}11${tab}1969-12-31T23:59:58Z.*00000000000000000000000000000002${tab}133" "$1"
	ok $? "$2: a name with a bar, a time before 1970, a digest in the form of BSD"
	grep -q '^/usr/bin/new\\x0Aline.*0000000000001' "$1" && grep -q '^/usr/bin/open(ssl).*0000000000003' "$1"
	ok $? "$2: escaped names, the form of OpenSSL"
	grep -q "^/bin${tab}link${tab}0777.*${tab}usr/bin${tab}" "$1"
	ok $? "$2: links have their targets"
	grep -q '^/$Collector/live_response/packages/dpkg_-V.txt.*regular' "$1" && ! grep -q '\[root\]' "$1"
	ok $? "$2: the collector's own files are below /\$Collector"
	[ "$(grep -c '^note artifact_line' "$1")" = 1 ]
	ok $? "$2: what is no line of a body file is noted"
}
"$dump" uac > out; check_uac out "UAC folder"
tar -C uac -czf uac.tar.gz .; "$dump" uac.tar.gz > out; check_uac out "UAC tar.gz"
tar -C . -cf uac-in-folder.tar uac; "$dump" uac-in-folder.tar > out
grep -qx 'filesystem uac' out
ok $? "UAC in a folder of its own is recognised"
rm -r uac/bodyfile; "$dump" uac > out
grep -q '^note image_incomplete.*body file' out && grep -qx 'status -1' out
ok $? "UAC without a body file: absence says nothing"
echo "1..$count"
