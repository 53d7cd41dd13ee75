#!/bin/sh
# Extended attributes of ext, set by debugfs: within the inode, in a block, and both.
. "${TOP_SRCDIR:?}/tests/images/lib.sh"
need mke2fs debugfs perl
dump=${TOP_BUILDDIR:?}/tests/images/dump_filesystem
[ -x "$dump" ] || { echo '1..0 # SKIP needs libtsk'; exit 0; }
cd "$work" || exit 99

mkdir -p tree/upper
for name in labelled digest signed old plain odd many; do echo "$name" >"tree/$name"; done
printf 'system_u:object_r:bin_t:s0\0' >label
{ printf '\004\004'; openssl dgst -sha256 -binary tree/digest; } >ima_digest
{ printf '\001'; openssl dgst -sha1 -binary tree/old; } >ima_old
{ printf '\003\002\004\336\255\276\357\001\000'; head -c 256 /dev/zero; } >ima_signature
printf '\004\011xx' >ima_odd
printf '\001\000\000\002\000\040\000\000\000\000\000\000\000\000\000\000\000\000\000\000' >capability
head -c 180 /dev/zero | tr '\0' x >filler
told() { grep -F " path=/$1 " out | tr ' ' '\n' | grep -E '^(selinux|ima|opaque|redirected|metacopy|whiteout|immutable|capabilities)=' | tr '\n' ' '; }
for size in 128 256; do
	rm -f image
	mke2fs -q -F -t ext4 -I $size -d tree image 4M 2>mke2fs.out
	debugfs -w -f /dev/stdin image >debugfs.out 2>&1 <<-END
		ea_set -f label /labelled security.selinux
		ea_set -f ima_digest /digest security.ima
		ea_set -f ima_old /old security.ima
		ea_set -f ima_signature /signed security.ima
		ea_set -f ima_odd /odd security.ima
		ea_set -f filler /many user.filler
		ea_set -f label /many security.selinux
		ea_set -f capability /many security.capability
		ea_set /upper trusted.overlay.opaque y
		ea_set /plain trusted.overlay.metacopy x
		ea_set /plain user.overlay.redirect /else
		set_inode_field /plain flags 0x80010
		mknod gone c 0 0
		mknod console c 5 1
	END
	"$dump" image >out
	is "label ($size)" "$(told labelled)" 'selinux=system_u:object_r:bin_t:s0 '
	is "IMA digest ($size)" "$(told digest)" "ima=digest%20sha256%20$(openssl dgst -sha256 -r tree/digest | cut -d' ' -f1) "
	is "IMA digest of the first form ($size)" "$(told old)" "ima=digest%20sha1%20$(openssl dgst -sha1 -r tree/old | cut -d' ' -f1) "
	is "IMA signature ($size)" "$(told signed)" 'ima=signature%20sha256%20deadbeef '
	is "IMA of no kind ($size)" "$(told odd)" 'ima=unknown '
	is "several, in the inode and in a block ($size)" "$(told many)" 'capabilities=8192 selinux=system_u:object_r:bin_t:s0 '
	is "opaque folder ($size)" "$(told upper)" 'opaque=yes '
	is "metacopy, redirect, immutable ($size)" "$(told plain)" 'immutable=yes redirected=yes metacopy=yes '
	is "whiteout ($size)" "$(told gone)" 'whiteout=yes '
	is "another character device ($size)" "$(told console)" ''
done
finish
