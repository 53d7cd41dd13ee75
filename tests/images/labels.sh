#!/bin/sh
# Attributes of programs as witnesses: SELinux labels against what libselinux makes of the same
# file_contexts, IMA digests against the content, the immutable flag.
. "${TOP_SRCDIR:?}/tests/images/lib.sh"
need mke2fs debugfs openssl
[ -x "${TOP_BUILDDIR:?}/tests/images/dump_filesystem" ] || { echo '1..0 # SKIP needs libtsk'; exit 0; }
T1554TRIAGE_DATA=$TOP_SRCDIR
export T1554TRIAGE_DATA
cd "$work" || exit 99

contexts=tree/etc/selinux/targeted/contexts/files
mkdir -p "$contexts"
printf '# comment\nSELINUX=enforcing\nSELINUXTYPE=targeted\n' >tree/etc/selinux/config
cat >"$contexts/file_contexts" <<-'END'
	/.*	system_u:object_r:default_t:s0
	/usr/.*	system_u:object_r:usr_t:s0
	/usr/(.*/)?bin(/.*)?	system_u:object_r:bin_t:s0
	/usr/bin/[a-c]exact	--	system_u:object_r:wrong_order_t:s0
	/usr/bin/bexact	--	system_u:object_r:exact_t:s0
	/usr/bin/folder.*	-d	system_u:object_r:folder_t:s0
	/usr/bin/ab?c.*	--	system_u:object_r:repeat_t:s0
	/usr/bin/two.*	--	system_u:object_r:first_t:s0
	/usr/bin/two\.sh	--	system_u:object_r:escaped_t:s0
	/usr/bin/twos+h	--	system_u:object_r:plus_t:s0
	/usr/bin/none	--	<<none>>
	/usr/lib/(a|b)/x	--	system_u:object_r:branch_t:s0
	/usr/lib/exec/.*	--	system_u:object_r:exec_t:s0
	/usr/bin/bad(	--	system_u:object_r:bad_t:s0
END
sed '/bad(/d' "$contexts/file_contexts" >good
printf '/usr/bin/local.*\t--\tsystem_u:object_r:local_t:s0\n' >"$contexts/file_contexts.local"
printf '/usr/bin/home.*\t--\tsystem_u:object_r:home_t:s0\n/usr/bin/local_home\t--\tsystem_u:object_r:homes_t:s0\n' >"$contexts/file_contexts.homedirs"
printf '/usr/libexec /usr/lib/exec\n' >"$contexts/file_contexts.subs_dist"
printf '/usr/sbin /usr/bin\n' >"$contexts/file_contexts.subs"
for path in /usr/bin/aexact /usr/bin/bexact /usr/bin/cexact /usr/bin/dexact /usr/bin/folderly /usr/bin/ac /usr/bin/abc1 /usr/bin/abbc /usr/bin/two \
	/usr/bin/two.sh /usr/bin/twossh /usr/bin/none /usr/lib/a/x /usr/lib/b/x /usr/lib/c/x /usr/libexec/tool /usr/libexecx \
	/usr/sbin/bexact /usr/bin/local /usr/bin/local_home /usr/bin/homely /usr/share/bin/deep /usr/share/plain /bin/outside; do
	mkdir -p "tree${path%/*}"
	printf '#!/bin/sh\necho %s\n' "$path" >"tree$path"
	chmod 755 "tree$path"
	echo "$path" >>paths
done
echo root:x:0:0:: >tree/etc/passwd
mke2fs -q -F -t ext4 -d tree image 16M 2>mke2fs.out
printf 'unconfined_u:object_r:unlike_t:s0\0' >label
printf 'unconfined_u:object_r:bin_t:s0\0' >label_bin
{ printf '\004\004'; openssl dgst -sha256 -binary tree/usr/bin/two; } >ima_good
{ printf '\004\004'; openssl dgst -sha256 -binary tree/usr/bin/none; } >ima_bad
{
	while read -r path; do echo "ea_set -f label $path security.selinux"; done <paths
	echo 'ea_set -f label_bin /usr/share/bin/deep security.selinux'
	echo 'ea_set -f ima_good /usr/bin/two security.ima'
	echo 'ea_set -f ima_bad /usr/bin/two.sh security.ima'
	echo 'set_inode_field /usr/bin/dexact flags 0x80010'
} >commands
debugfs -w -f commands image >debugfs.out 2>&1
"$TOP_BUILDDIR/t1554triage" --no-verify -o out image >said.out 2>said.err
found() { sed -n 's/.*"check":"'"$1"'".*"path":"\([^"]*\)".*/\1/p' out/findings.jsonl | sort -u | tr '\n' ' '; }
sed -n 's/.*"check":"label-mismatch".*"path":"\([^"]*\)".* give this path \([^";]*\)".*/\1\t\2/p' out/findings.jsonl | sort >ours
ok 'labels that differ are found' test -s ours
is 'user and level do not count' "$(grep -c /usr/share/bin/deep ours)" 0
is 'a path without a label is not judged' "$(grep -c /usr/bin/none ours)" 0
is 'an IMA digest of other content' "$(found ima-mismatch)" '/usr/bin/two.sh '
is 'an immutable program' "$(found immutable-program)" '/usr/bin/dexact '
if command -v matchpathcon >/dev/null; then
	cp good "$contexts/file_contexts"
	grep -v -e /usr/bin/none -e /usr/share/bin/deep paths | sort | while read -r path; do
		matchpathcon -f "$contexts/file_contexts" -m file "$path"
	done >theirs 2>theirs.err
	is 'as libselinux' "$(cat ours)" "$(cat theirs)"
else
	skip 'as libselinux' 'matchpathcon is not installed'
fi
finish
