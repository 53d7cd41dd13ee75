"""alterations.py - what was done to the hosts of the corpus: one function a row of corpus.tsv, under its name.

Each gets a host of hosts.py and changes as little as the thing in question would.
"""
import gzip
import hashlib
import re

import hosts

INFO = '/var/lib/dpkg/info/'


def another_program(host):
    return host.read('/usr/bin/ssh') + b'appended bytes of no format\n'


def wrapper(of):
    return '#!/bin/sh\nexec %s "$@"\n' % of


def md5(content):
    return hashlib.md5(content).hexdigest()


def insert(host, log, lines, at=None):
    """Lines into a log, in the order of its times; the log is written when the last of them is."""
    text = host.read(log).decode().split('\n')[:-1] + lines.rstrip('\n').split('\n')
    host.write(log, '\n'.join(sorted(text, key=lambda line: line[:19])) + '\n', at or host.state(log)[1][0], born='kept')


def reinstall(host, name, at):
    """The package manager writes every file of it again, and logs it."""
    if host.base.family == 'dpkg':
        version = host.base.version(name)
        insert(host, '/var/log/dpkg.log', host.base.dpkg_lines(name, at, 'upgrade', version, version))
    else:
        version = next(p[2] for p in host.base.packages if p[0] == name)
        stamp = hosts.local(at, '%Y-%m-%dT%H:%M:%S+0000')
        insert(host, '/var/log/dnf.rpm.log', '%s SUBDEBUG Reinstall: %s-%s-%s.x86_64\n' % (stamp, name, version, hosts.RELEASE))


def edit_status(host, name, change, at=None):
    text = host.read('/var/lib/dpkg/status').decode()
    host.write('/var/lib/dpkg/status', re.sub(r'(?ms)^Package: %s\n.*?\n\n' % re.escape(name), lambda m: change(m.group(0)), text),
        at, born='kept')


def edit_sums(host, name, path, at=None, modified=None):
    """What the list of digests says is made to fit what lies there."""
    sums = INFO + next(p[3] for p in host.base.packages if p[0] == name) + '.md5sums'
    text = host.read(sums).decode()
    for form in path[1:], path[5:]:
        text = re.sub(r'(?m)^[0-9a-f]{32}(  %s)$' % re.escape(form), md5(host.read(path)) + r'\1', text)
    host.write(sums, text, at, modified=modified, born='kept')


# On both families: content.

def replaced_program(host):
    host.write('/usr/sbin/cron', another_program(host))


def patched_program(host):
    host.patch('/usr/sbin/sshd')


def restored_mtime(host):
    host.patch('/usr/bin/sudo', modified='kept')


def within_reinstall(host):
    at = host.incident - 7200
    reinstall(host, 'wget', at)
    host.patch('/usr/bin/wget', at, modified='kept')


def by_hook(host):
    at = host.incident - 3600
    reinstall(host, 'rsync', at)
    if host.base.family == 'dpkg':
        host.write('/etc/apt/apt.conf.d/99local', 'DPkg::Post-Invoke { "/usr/local/sbin/refresh"; };\n', at - 60)
    else:
        host.write('/etc/dnf/plugins/post-transaction-actions.d/refresh.action', 'rsync:in:/usr/local/sbin/refresh\n', at - 60)
    host.write('/usr/local/sbin/refresh', '#!/bin/sh\nsed -i s/x/y/ /usr/bin/rsync\n', at - 60, mode=0o755)
    host.patch('/usr/bin/rsync', at + 1)


def library(host):
    host.patch('/usr/lib/x86_64-linux-gnu/libcurl.so.4.8.0')


def pam_module(host):
    host.patch('/usr/lib/x86_64-linux-gnu/security/pam_unix.so', modified='kept')


def perl_module(host):
    host.append('/usr/lib/x86_64-linux-gnu/perl-base/IO/Socket.pm', '\nsub import_hook { return 1 }\n1;\n')


def script_shebang(host):
    text = host.read('/usr/bin/ldd').decode()
    host.write('/usr/bin/ldd', '#!/usr/local/lib/bash' + text[text.index('\n'):], born='kept')


def hard_linked_copy(host):
    host.write('/usr/bin/gzip', another_program(host))
    host.hard_link('/usr/bin/gzip', '/var/tmp/gz')


def moved_original(host):
    host.move('/usr/bin/passwd', '/usr/bin/.passwd-real')
    host.write('/usr/bin/passwd', wrapper('/usr/bin/.passwd-real'), mode=0o755)


def program_to_link(host):
    host.write('/usr/local/lib/tail.bin', another_program(host), mode=0o755)
    host.symlink('/usr/bin/tail', '/usr/local/lib/tail.bin')


def emptied_program(host):
    host.write('/usr/bin/who', b'', born='kept')


def script_for_program(host):
    host.write('/usr/bin/head', 'exec /usr/bin/sed -n 1,10p "$@"\n', mode=0o755)


def start_script(host):
    host.append('/etc/init.d/ssh', '\n/usr/local/sbin/agent &\n')


def immutable(host):
    host.patch('/usr/sbin/vsftpd')
    host.immutable('/usr/sbin/vsftpd')


def loader(host):
    host.patch('/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2', modified='kept')


def appended_bytes(host):
    host.append('/usr/bin/grep', b'\0' * 64, modified='kept')


def one_bit(host):
    content = bytearray(host.read('/usr/bin/sed'))
    content[len(content) // 3] ^= 1
    host.write('/usr/bin/sed', bytes(content), modified='kept', born='kept')


def clock_set_back(host):
    """The clock stood at the installation while the bytes were written: all times lie within the transaction."""
    host.patch('/usr/bin/lscpu', host.state('/usr/bin/lscpu')[1][0], modified='kept')


def folder_redirected(host):
    """A link in the place of a folder of libraries; the folder lies elsewhere, and one library differs."""
    folder = '/usr/lib/x86_64-linux-gnu/security'
    host.patch(folder + '/pam_permit.so')
    host.consequences.append('/opt/security/pam_permit.so')
    host.commands += ['ln "%s" "/opt/security"' % folder, 'unlink "%s"' % folder, 'symlink "%s" /opt/security' % folder]


# Rights.

def setuid_shell(host):
    host.chmod('/usr/bin/bash', 0o4755)


def setuid_tool(host):
    host.chmod('/usr/bin/tac', 0o4755)


def capability(host):
    host.capability('/usr/bin/perl', 1 << 7)


def capability_of_library_user(host):
    host.capability('/usr/bin/tar', 1 << 6 | 1 << 7)


def setuid_override(host):
    host.chmod('/usr/bin/find', 0o4755)
    host.write('/var/lib/dpkg/statoverride', 'root root 4755 /usr/bin/find\n')


def setuid_in_tmp(host):
    host.write('/tmp/.x11', host.read('/usr/bin/dash' if host.exists('/usr/bin/dash') else '/usr/bin/bash'), mode=0o4755)


# Things that came.

def hidden_agent(host):
    host.write('/usr/lib/.cache/agent', another_program(host), mode=0o755)


def lookalike(host):
    host.write('/usr/sbin/sshd-keygen-helper', another_program(host), mode=0o755)


def setuid_helper(host):
    host.write('/usr/lib/pt_chown2', another_program(host), mode=0o4755)


# Links and diversions.

def divert(host, lines):
    path = '/var/lib/dpkg/diversions'
    host.write(path, (host.read(path).decode() if host.exists(path) else '') + lines)


def local_diversion(host):
    host.move('/usr/bin/curl', '/usr/bin/curl.distrib')
    host.write('/usr/bin/curl', wrapper('/usr/bin/curl.distrib'), mode=0o755)
    divert(host, '/usr/bin/curl\n/usr/bin/curl.distrib\n:\n')


def diversion_of_package(host):
    host.move('/usr/bin/tee', '/usr/bin/tee.real')
    host.write('/usr/bin/tee', another_program(host), mode=0o755)
    divert(host, '/usr/bin/tee\n/usr/bin/tee.real\nwget\n')


def replaced_link(host):
    host.write('/usr/local/lib/slogin', another_program(host), mode=0o755)
    host.symlink('/usr/bin/slogin', '/usr/local/lib/slogin')


def link_to_program(host):
    host.write('/usr/bin/slogin', another_program(host), mode=0o755)


# Locks.

def lock_before(host):
    host.patch('/usr/bin/ssh')
    if host.base.family == 'dpkg':
        edit_status(host, 'openssh-client', lambda text: text.replace('install ok', 'hold ok'), host.incident - 3600)
    else:
        host.write('/etc/dnf/plugins/versionlock.list', 'openssh-clients-0:8.7p1-7.el9.*\n', host.incident - 3600)


def lock_after(host):
    host.patch('/usr/bin/vmstat')
    if host.base.family == 'dpkg':
        host.write('/etc/apt/preferences.d/tools', 'Package: procps\nPin: version *\nPin-Priority: -1\n', host.incident + 3600)
    else:
        host.write('/etc/yum.conf', '[main]\ngpgcheck=1\nexclude=procps-ng\n', host.incident + 3600, born='kept')


# dpkg's records.

def sums_edited(host):
    host.patch('/usr/bin/nice')
    edit_sums(host, 'coreutils', '/usr/bin/nice')


def sums_edited_times_restored(host):
    host.patch('/usr/sbin/cron', modified='kept')
    edit_sums(host, 'cron', '/usr/sbin/cron', modified='kept')


def sums_deleted(host):
    host.patch('/usr/bin/wget')
    host.remove(INFO + 'wget.md5sums')


def sums_line_removed(host):
    host.patch('/usr/bin/rsync')
    text = host.read(INFO + 'rsync.md5sums').decode()
    host.write(INFO + 'rsync.md5sums', ''.join(line + '\n' for line in text.split('\n') if line and not line.endswith('usr/bin/rsync')),
        born='kept', modified='kept')


def status_removed(host):
    host.patch('/usr/sbin/vsftpd')
    edit_status(host, 'vsftpd', lambda text: '')


def called_conffile(host):
    host.patch('/usr/bin/less')
    edit_status(host, 'less', lambda text: text.rstrip('\n') + '\nConffiles:\n /usr/bin/less %s\n\n' % md5(host.read('/usr/bin/less')))


def called_removed(host):
    host.patch('/usr/bin/hostname')
    edit_status(host, 'hostname', lambda text: text.replace('install ok installed', 'deinstall ok config-files'))


def claimed_by_another(host):
    host.patch('/usr/bin/lsblk')
    host.append(INFO + 'debianutils.list', '/usr/bin/lsblk\n', modified='kept')
    host.append(INFO + 'debianutils.md5sums', '%s  usr/bin/lsblk\n' % md5(host.read('/usr/bin/lsblk')), modified='kept')


def script_of_package(host):
    host.append(INFO + 'openssh-server.postinst', '\n/usr/local/sbin/agent &\n', modified='kept')


def rolled_back(host):
    edit_status(host, 'sudo', lambda text: re.sub(r'(?m)^(Version: .*)$', r'\1~old', text))


def rebuilt_by_hand(host):
    """dpkg -i of a package of the same version with another program: every record agrees with it."""
    at = host.incident - 5400
    host.write('/usr/bin/mawk', another_program(host), at)
    reinstall(host, 'mawk', at)
    edit_sums(host, 'mawk', '/usr/bin/mawk', at, modified=at - hosts.DAY)
    stem = INFO + 'mawk'
    for end in '.list', '.postinst', '.prerm':
        if host.exists(stem + end):
            host.touch(stem + end, at)
    host.write(stem + '.list', host.read(stem + '.list'), at)


def downgraded(host):
    at = host.incident - 5000
    version = host.base.version('tar')
    old = '1.0-1'
    insert(host, '/var/log/dpkg.log', host.base.dpkg_lines('tar', at, 'upgrade', version, old))
    edit_status(host, 'tar', lambda text: re.sub(r'(?m)^Version: .*$', 'Version: ' + old, text), at + 1)


def called_interrupted(host):
    """An upgrade that never was: half-installed in status, and the digests of the new version lie in tmp.ci."""
    host.patch('/usr/bin/pmap')
    edit_status(host, 'procps', lambda text: text.replace('install ok installed', 'install reinstreq half-installed'))
    sums = host.read(INFO + 'procps.md5sums').decode()
    old = md5(open(host.base.tree + '/usr/bin/pmap', 'rb').read())
    host.write('/var/lib/dpkg/tmp.ci/control', 'Package: procps\nVersion: 9\nArchitecture: amd64\nDescription: x\n')
    host.write('/var/lib/dpkg/tmp.ci/md5sums', sums.replace(old, md5(host.read('/usr/bin/pmap'))))


def alternatives(host):
    return '/var/lib/dpkg/alternatives/' if host.base.family == 'dpkg' else '/var/lib/alternatives/'


def alternative_redirected(host):
    """The link of an alternative leads to a program that is none of its choices."""
    host.write('/usr/local/lib/mawk', another_program(host), mode=0o755)
    host.write(alternatives(host) + 'awk', 'auto\n/usr/bin/awk\n\n/usr/bin/mawk\n5\n\n', host.installed)
    host.symlink('/etc/alternatives/awk', '/usr/local/lib/mawk')
    host.symlink('/usr/bin/awk', '/etc/alternatives/awk', host.installed)


def alternative_recorded(host):
    """Link and record of an alternative agree: its best choice is a program of nobody."""
    host.write('/var/tmp/.lib/pager', another_program(host), mode=0o755)
    host.write(alternatives(host) + 'pager', 'auto\n/usr/bin/pager\n\n/usr/bin/less\n77\n/var/tmp/.lib/pager\n900\n\n')
    host.symlink('/etc/alternatives/pager', '/var/tmp/.lib/pager')
    host.symlink('/usr/bin/pager', '/etc/alternatives/pager', host.installed)


# rpm's records.

def header_edited(host):
    host.patch('/usr/sbin/cron')
    content = host.read('/usr/sbin/cron')
    host.edit_header('cronie', lambda header: header.set_digest('/usr/sbin/cron', hashlib.sha256(content).hexdigest()))


def signature_stripped(host):
    """The record of the package is edited, its digests of itself computed anew, and the signature taken out."""
    host.patch('/usr/bin/curl')
    content = host.read('/usr/bin/curl')

    def edit(header):
        header.set_digest('/usr/bin/curl', hashlib.sha256(content).hexdigest())
        count = int.from_bytes(header.blob[:4], 'big')
        trailer = header.data + int.from_bytes(header.blob[16:20], 'big')
        entries = -int.from_bytes(header.blob[trailer + 8:trailer + 12], 'big', signed=True) // 16
        size = trailer + 16 - header.data
        region = b'\x8e\xad\xe8\x01\0\0\0\0' + entries.to_bytes(4, 'big') + size.to_bytes(4, 'big') + \
            bytes(header.blob[8:8 + 16 * entries]) + bytes(header.blob[8 + 16 * count:8 + 16 * count + size])
        for tag, algorithm in (269, 'sha1'), (273, 'sha256'):
            if tag in header.entries:
                at = header.entries[tag][2]
                digest = hashlib.new(algorithm, region).hexdigest().encode()
                header.blob[at:at + len(digest)] = digest
        for tag in 267, 268, 278, 261, 259, 262:
            if tag in header.entries:
                header.rename_tag(tag, 9000 + tag)
    host.edit_header('curl', edit)


def erased_record(host):
    """rpm -e --justdb: the program stays, and nobody owns it."""
    host.patch('/usr/bin/wget')

    def erase(connection):
        for number, blob in connection.execute('SELECT hnum, blob FROM Packages').fetchall():
            if hosts.Header(blob).text(hosts.NAME) == 'wget':
                connection.execute('DELETE FROM Packages WHERE hnum = ?', (number,))
    host.update_rpm(erase)


def called_not_installed(host):
    """The states of files lie outside of what the record's digest and signature cover."""
    host.patch('/usr/bin/rsync')

    def edit(header):
        header.set_number(hosts.FILESTATES, 2, header.paths().index('/usr/bin/rsync'))
    host.edit_header('rsync', edit)


def called_replaced(host):
    """The same with the state of a file that another package has replaced."""
    host.patch('/usr/bin/gzip')

    def edit(header):
        header.set_number(hosts.FILESTATES, 1, header.paths().index('/usr/bin/gzip'))
    host.edit_header('gzip', edit)


def emptied_text_log(host):
    """One of two logs emptied: dnf's history still covers the time."""
    host.patch('/usr/sbin/sshd')
    host.write('/var/log/dnf.rpm.log', b'', host.incident + 600, born='kept')


def digests_stripped(host):
    """The record edited, and its signature and its digests of itself taken out."""
    host.patch('/usr/bin/watch')
    content = host.read('/usr/bin/watch')

    def edit(header):
        header.set_digest('/usr/bin/watch', hashlib.sha256(content).hexdigest())
        for tag in 267, 268, 269, 273, 278, 279, 261:
            if tag in header.entries:
                header.rename_tag(tag, 9000 + tag)
    host.edit_header('procps-ng', edit)


def capability_more(host):
    """cap_setuid beside the capability that the record has."""
    host.capability('/usr/bin/wget', 1 << 13 | 1 << 7)


def put_store(host, name, path, digest, is_edited=True):
    """A store of another kind with the record of one package, which has that digest for the path: an edited one, else as rpm made it."""
    connection = hosts.sqlite3.connect(host.base.tree + '/var/lib/rpm/rpmdb.sqlite')
    blob = next(blob for _, blob in connection.execute('SELECT hnum, blob FROM Packages')
        if hosts.Header(blob).text(hosts.NAME) == name)
    header = hosts.Header(blob)
    header.set_digest(path, digest)
    for tag in () if is_edited else (269, 273):
        if tag in header.entries:
            region_digest(header, tag)
    body = b'BlbS' + b''.join(n.to_bytes(4, 'little') for n in (1, 1, len(header.blob))) + bytes(header.blob)
    body += bytes(-(len(body) + 12) % 16)
    body += hosts.zlib.adler32(body).to_bytes(4, 'little') + len(header.blob).to_bytes(4, 'little') + b'BlbE'
    slots = (b'RpmP' + b''.join(n.to_bytes(4, 'little') for n in (0, 1, 1, 2))).ljust(32, b'\0')
    slots += b'Slot' + b''.join(n.to_bytes(4, 'little') for n in (1, 256, len(body) // 16))
    host.write('/var/lib/rpm/Packages.db', (slots + (b'Slot' + bytes(12)) * 254)[:4096].ljust(4096, b'\0') + body)


def second_store(host):
    """A store of another kind beside the one in use, with a record that fits."""
    host.patch('/usr/sbin/vsftpd')
    put_store(host, 'vsftpd', '/usr/sbin/vsftpd', hashlib.sha256(host.read('/usr/sbin/vsftpd')).hexdigest())


def rpm_rolled_back(host):
    """An older copy of the database: sudo is what it was before the update."""
    def edit(header):
        at = header.entries[hosts.VERSION][2]
        header.blob[at:at + 6] = b'0.1\0\0\0'
        for tag in (269, 273):
            if tag in header.entries:
                region_digest(header, tag)
    host.edit_header('sudo', edit)


def region_digest(header, tag):
    count = int.from_bytes(header.blob[:4], 'big')
    trailer = header.data + int.from_bytes(header.blob[16:20], 'big')
    entries = -int.from_bytes(header.blob[trailer + 8:trailer + 12], 'big', signed=True) // 16
    size = trailer + 16 - header.data
    region = b'\x8e\xad\xe8\x01\0\0\0\0' + entries.to_bytes(4, 'big') + size.to_bytes(4, 'big') + \
        bytes(header.blob[8:8 + 16 * entries]) + bytes(header.blob[8 + 16 * count:8 + 16 * count + size])
    at = header.entries[tag][2]
    digest = hashlib.new('sha1' if tag == 269 else 'sha256', region).hexdigest().encode()
    header.blob[at:at + len(digest)] = digest


def chain_broken(host):
    """Between two transactions of dnf a record was edited: as many packages after as before, none of that time."""
    path = '/var/lib/dnf/history.sqlite'
    copy = host.folder + '/history.sqlite'
    hosts.write_file(copy, host.read(path))
    connection = hosts.sqlite3.connect(copy)
    at = host.incident + 3600
    connection.execute('INSERT INTO trans VALUES (3, ?, ?, ?, ?, "9", 0, "upgrade", 1)', (at, at + 2, '23:' + 'd' * 40, '23:' + 'd' * 40))
    connection.commit()
    connection.close()
    with open(copy, 'rb') as file:
        host.write(path, file.read(), at + 2, born='kept')


# Logs.

def log_lines_deleted(host):
    """The update of a program by hand, and its lines taken out of the log."""
    at = host.incident
    version = host.base.version('wget') + '+local'
    host.write('/usr/bin/wget', another_program(host), at)
    edit_sums(host, 'wget', '/usr/bin/wget', at, modified=at - hosts.DAY)
    host.write(INFO + 'wget.list', host.read(INFO + 'wget.list'), at)
    edit_status(host, 'wget', lambda text: re.sub(r'(?m)^Version: .*$', 'Version: ' + version, text), at + 1)


def log_truncated(host):
    host.patch('/usr/sbin/sshd')
    for log in '/var/log/dpkg.log', '/var/log/dpkg.log.1', '/var/log/apt/history.log', '/var/log/dnf.rpm.log':
        if host.exists(log):
            host.write(log, b'', host.incident + 600, born='kept')
    if host.exists('/var/lib/dnf/history.sqlite'):
        host.remove('/var/lib/dnf/history.sqlite')


def logs_removed(host):
    host.patch('/usr/sbin/sshd')
    for log in ('dpkg.log', 'dpkg.log.1', 'dpkg.log.2.gz', 'apt/history.log', 'apt/history.log.1.gz', 'dnf.rpm.log'):
        if host.exists('/var/log/' + log):
            host.remove('/var/log/' + log)
    if host.exists('/var/lib/dnf/history.sqlite'):
        host.remove('/var/lib/dnf/history.sqlite')


def rotation_missing(host):
    """dpkg.log.1, in which the time of the change falls, is gone; the older and the newer one are there."""
    host.patch('/usr/sbin/sshd', host.updated + hosts.DAY)
    host.remove('/var/log/dpkg.log.1')
    host.remove('/var/log/apt/history.log')


def log_to_nowhere(host):
    host.patch('/usr/sbin/sshd')
    host.symlink('/var/log/dpkg.log', '/dev/null')


def rpm_rebuilt_by_hand(host):
    """rpm -U of a rebuilt, unsigned package: the record fits, its own digests too."""
    host.write('/usr/bin/rsync', another_program(host), host.incident)
    content = host.read('/usr/bin/rsync')

    def edit(header):
        header.set_digest('/usr/bin/rsync', hashlib.sha256(content).hexdigest())
        header.set_number(hosts.INSTALLTIME, host.incident)
        for tag in (269, 273):
            if tag in header.entries:
                region_digest(header, tag)
        for tag in 267, 268, 278, 261, 259, 262:
            if tag in header.entries:
                header.rename_tag(tag, 9000 + tag)
    host.edit_header('rsync', edit)
