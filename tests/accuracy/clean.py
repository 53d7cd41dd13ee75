"""clean.py - hosts as they are lived in: one function a host of clean.tsv, under its name.  Nobody did anything wrong there."""
import calendar
import gzip
import os
import re
import time

import hosts
from alterations import INFO, another_program, edit_status, insert, md5, put_store, reinstall, wrapper


def stem(host, name):
    return INFO + next(p[3] for p in host.base.packages if p[0] == name)


def paths_of(host, name):
    text = host.read(stem(host, name) + '.list').decode()
    return [hosts.canonical(path) for path in text.split('\n') if path and path != '/.']


def upgrade(host, name, at):
    """All of a package is written anew: another version, other content of its programs, and the records of it."""
    old, new = host.base.version(name), host.base.version(name) + '+u1'
    insert(host, '/var/log/dpkg.log', host.base.dpkg_lines(name, at, 'upgrade', old, new), at + 2)
    edit_status(host, name, lambda text: re.sub(r'(?m)^Version: .*$', 'Version: ' + new, text), at + 2)
    sums = host.read(stem(host, name) + '.md5sums').decode()
    written = set()
    for path in paths_of(host, name):
        place = host.base.tree + path
        if os.path.islink(place) or not os.path.isfile(place) or os.stat(place).st_nlink > 1:
            host.touch(path, at)
            continue
        content = host.read(path)
        if content.startswith(b'\x7fELF') and path not in written:
            before, content = md5(content), content + b'\0new'
            sums = sums.replace(before, md5(content))
        written.add(path)
        host.write(path, content, at, modified='kept')
    host.write(stem(host, name) + '.md5sums', sums, at, modified=at - 3 * hosts.DAY)
    host.write(stem(host, name) + '.list', host.read(stem(host, name) + '.list'), at)
    for end in '.conffiles', '.preinst', '.postinst', '.prerm', '.postrm', '.triggers', '.shlibs', '.symbols':
        if host.exists(stem(host, name) + end):
            host.write(stem(host, name) + end, host.read(stem(host, name) + end), at, modified='kept')


def upgrades(host):
    """Two dist-upgrades, a reinstallation, edited settings, a package on hold, a start script that was edited."""
    for number, name in enumerate(('bash', 'grep', 'gzip', 'libc6', 'libc-bin', 'openssh-client', 'openssh-server', 'perl-base')):
        upgrade(host, name, host.updated + hosts.DAY + number)
    for number, name in enumerate(('cron', 'rsync', 'vsftpd', 'wget')):
        upgrade(host, name, host.updated + 2 * hosts.DAY + number)
    host.append('/etc/vsftpd.conf', 'anonymous_enable=NO\n', host.incident)
    host.append('/etc/sudoers', 'admin ALL=(ALL) ALL\n', host.incident)
    host.append('/etc/init.d/cron', '# EXTRA_OPTS are in /etc/default\n', host.incident)
    edit_status(host, 'curl', lambda text: text.replace('install ok', 'hold ok'), host.incident)


def languages(host):
    """pip, npm -g, gem and cargo as root, and what Python keeps of its modules."""
    at = host.incident
    elf = another_program(host)
    for name in 'requests', 'yaml', 'urllib3':
        folder = '/usr/local/lib/python3.11/dist-packages/%s/' % name
        host.write(folder + '__init__.py', 'import os\n', at)
        host.write(folder + '_speedups.cpython-311-x86_64-linux-gnu.so', elf, at, mode=0o755)
        host.write('/usr/local/bin/' + name, '#!/usr/bin/python3\nimport %s\n' % name, at, mode=0o755)
    host.write('/usr/lib/python3/dist-packages/site_local.py', 'import os\n', at)
    for name in 'typescript', 'eslint', 'pm2':
        host.write('/usr/lib/node_modules/%s/bin/%s.js' % (name, name), '#!/usr/bin/env node\nrequire("..")\n', at, mode=0o755)
        host.write('/usr/lib/node_modules/%s/package.json' % name, '{"name": "%s", "version": "1.0.0"}\n' % name, at)
        host.write('/usr/local/lib/node_modules/%s/index.js' % name, 'module.exports = 1\n', at)
        host.symlink('/usr/bin/' + name, '../lib/node_modules/%s/bin/%s.js' % (name, name), at)
    host.write('/var/lib/gems/3.1.0/gems/rake-13.0/lib/rake.rb', 'module Rake; end\n', at)
    host.write('/usr/local/bin/rake', '#!/usr/bin/ruby\nload "rake"\n', at, mode=0o755)
    host.write('/home/dev/.cargo/bin/rg', elf, at, mode=0o755)
    host.write('/home/admin/.local/bin/http', '#!/usr/bin/python3\n', at, mode=0o755)


def modules(host):
    """DKMS and what else an installation makes on its own: caches, an initial RAM disk, modules of no package."""
    at = host.updated
    module = host.read('/usr/lib/x86_64-linux-gnu/libcurl.so.4.8.0')[:200000]
    for name in 'nvidia', 'zfs', 'vboxdrv':
        host.write('/usr/lib/modules/6.1.0-42-amd64/updates/dkms/%s.ko' % name, module + name.encode(), at)
        host.write('/var/lib/dkms/%s/1.0/6.1.0-42-amd64/x86_64/module/%s.ko' % (name, name), module + name.encode(), at)
        host.write('/var/lib/dkms/%s/1.0/build/make.log' % name, 'made\n', at)
        host.write('/usr/src/%s-1.0/dkms.conf' % name, 'PACKAGE_NAME="%s"\n' % name, at)
    host.write('/usr/lib/modules/6.1.0-42-amd64/modules.dep.bin', b'\xb0\x07\xf4W\0\2\0\1', at)
    host.write('/boot/initrd.img-6.1.0-42-amd64', b'\x28\xb5\x2f\xfd' + bytes(2000), at)
    host.write('/etc/ld.so.cache', b'glibc-ld.so.cache1.1' + bytes(200), at)
    host.write('/var/cache/ldconfig/aux-cache', bytes(64), at)
    host.write('/usr/share/mime/mime.cache', bytes(64), at)


def vendor(host):
    """A vendor's own installer: /opt with a setuid sandbox, /usr/local, a unit, a link into /usr/bin, a start script."""
    at = host.incident
    elf = another_program(host)
    host.write('/opt/example/browser/browser', elf, at, mode=0o755)
    host.write('/opt/example/browser/sandbox', elf + b's', at, mode=0o4755)
    host.write('/opt/example/lib/libexample.so.1', elf + b'l', at, mode=0o755)
    host.symlink('/usr/bin/example-browser', '/opt/example/browser/browser', at)
    host.write('/usr/local/bin/compose', elf + b'c', at, mode=0o755)
    host.write('/usr/local/lib/libvendor.so', elf + b'v', at)
    host.write('/usr/local/sbin/agentd', elf + b'a', at, mode=0o755)
    host.write('/etc/systemd/system/agentd.service', '[Service]\nExecStart=/usr/local/sbin/agentd\n', at)
    host.write('/usr/lib/systemd/system/browser-update.service', '[Service]\nExecStart=/opt/example/browser/browser --update\n', at)
    host.write('/etc/init.d/agentd', '#!/bin/sh\nexec /usr/local/sbin/agentd\n', at, mode=0o755)
    host.write('/opt/example/uninstall.sh', '#!/bin/sh\nrm -r /opt/example\n', at, mode=0o755)
    host.write('/usr/local/bin/curl', wrapper('/usr/bin/curl --proxy p'), at, mode=0o755)


def everything(host):
    for folder, folders, files in os.walk(host.base.tree):
        for name in files + folders:
            yield os.path.join(folder, name)[len(host.base.tree):]


def restored(host):
    """A backup was laid back: each inode is new, within four minutes, and no log says so."""
    for number, path in enumerate(everything(host)):
        at = host.incident + number * 240 // 8000
        host.commands += ['set_inode_field "%s" ctime @%d' % (path, at), 'set_inode_field "%s" crtime @%d' % (path, at)]


def relabelled(host):
    """chown -R or a new SELinux policy: each inode is touched, within minutes, long after the last log line."""
    for number, path in enumerate(everything(host)):
        host.commands.append('set_inode_field "%s" ctime @%d' % (path, host.incident + number * 240 // 8000))


def rotated(host):
    """The log of the installation was rotated away; what is left begins later."""
    for log in 'dpkg.log.2.gz', 'apt/history.log.1.gz':
        if host.exists('/var/log/' + log):
            host.remove('/var/log/' + log)
    if host.base.family == 'rpm':
        lines = host.read('/var/log/dnf.rpm.log').decode().split('\n')
        host.write('/var/log/dnf.rpm.log', '\n'.join(line for line in lines if line[:10] >= hosts.local(host.updated, '%Y-%m-%d')),
            host.updated + 7200, born='kept')
        host.remove('/var/lib/dnf/history.sqlite')


def without_logs(host):
    """An image of a container or a cloud: all of it made in one go, the logs and the manuals left out."""
    restored(host)
    for log in 'dpkg.log', 'dpkg.log.1', 'dpkg.log.2.gz', 'apt/history.log', 'apt/history.log.1.gz', 'dnf.rpm.log':
        if host.exists('/var/log/' + log):
            host.remove('/var/log/' + log)
    if host.exists('/var/lib/dnf/history.sqlite'):
        host.remove('/var/lib/dnf/history.sqlite')
    gone = [path for path in everything(host) if path.startswith(('/usr/share/doc/', '/usr/share/man/')) and
        os.path.isfile(host.base.tree + path) and not path.endswith('/copyright')]
    for path in gone:
        host.remove(path)
    host.commands = [command for command in host.commands if command.split('"')[1] not in set(gone) and '/var/log/' not in command and
        'history.sqlite' not in command]


def administered(host):
    """What administrators do: rights taken away, an override, a capability for a port, a wrapper, a removed program, an alternative."""
    at = host.incident
    host.chmod('/usr/bin/wget', 0o750, at)
    host.chmod('/usr/bin/sudo', 0o755, at + 1)
    host.capability('/usr/sbin/vsftpd', 1 << 10, at + 2)
    host.remove('/usr/bin/rsync')
    host.write('/usr/local/bin/ls', wrapper('/usr/bin/ls --color'), at, mode=0o755)
    host.write('/usr/local/sbin/backup', '#!/bin/sh\ntar -C /srv -cf /var/backups/srv.tar .\n', at, mode=0o755)
    host.symlink('/etc/alternatives/awk', '/usr/bin/mawk', at)
    host.symlink('/usr/bin/awk', '/etc/alternatives/awk', at)
    if host.base.family == 'dpkg':
        host.write('/var/lib/dpkg/statoverride', 'root admin 0750 /usr/bin/wget\n', at)
        host.changes['/usr/bin/wget']['uid'] = 0
    host.append('/etc/init.d/ssh', '# local\n', at)
    host.write('/etc/ssh/sshd_config', 'PermitRootLogin no\n', at)


def interrupted(host):
    """The power went while a package was unpacked: some files are the new version's, and the new digests lie in tmp.ci."""
    at = host.incident
    version = host.base.version('rsync')
    new = version + '+u1'
    insert(host, '/var/log/dpkg.log', ''.join('%s %s\n' % (hosts.local(at), words) for words in (
        'upgrade rsync:amd64 %s %s' % (version, new), 'status half-configured rsync:amd64 %s' % version,
        'status unpacked rsync:amd64 %s' % version, 'status half-installed rsync:amd64 %s' % version)), at)
    edit_status(host, 'rsync', lambda text: text.replace('install ok installed', 'install reinstreq half-installed'), at)
    content = host.read('/usr/bin/rsync') + b'\0new'
    sums = host.read(stem(host, 'rsync') + '.md5sums').decode().replace(md5(host.read('/usr/bin/rsync')), md5(content))
    host.write('/usr/bin/rsync', content, at)
    host.write('/var/lib/dpkg/tmp.ci/control', 'Package: rsync\nVersion: %s\nArchitecture: amd64\nDescription: x\n' % new, at)
    host.write('/var/lib/dpkg/tmp.ci/md5sums', sums, at)


def diverted_by_package(host):
    """dash puts /bin/sh in place of another package's in the way that Debian did for years."""
    host.write('/var/lib/dpkg/diversions', '/bin/sh\n/bin/sh.distrib\ndash\n/usr/share/man/man1/sh.1.gz\n/usr/share/man/man1/sh.distrib.1.gz\ndash\n')
    reinstall(host, 'dash', host.incident)
    version = host.base.version('dash')
    host.append('/var/log/apt/history.log', host.base.history(host.incident, host.incident + 2, 'apt-get install --reinstall dash', 'Reinstall',
        [('dash', 'amd64', version)]), host.incident + 2)


def installed_by_hand(host):
    """rpm -U of a vendor's package, without a signature; dnf knows nothing of it, and says that something changed."""
    at = host.incident
    insert(host, '/var/log/dnf.rpm.log', '')
    host.write('/opt/vendor/bin/agent', another_program(host), at, mode=0o755)
    host.append('/etc/vsftpd.conf', 'anonymous_enable=NO\n', at)
    host.write('/etc/yum.conf', '[main]\ngpgcheck=1\nexclude=kernel*\n', at, born='kept')
    host.write('/etc/dnf/plugins/versionlock.list', '# Added lock on %s\nvsftpd-0:3.0.3-7.el9.*\n' % hosts.local(at, '%a %b %e %H:%M:%S %Y'), at)


def slim(host):
    """tsflags=nodocs: rpm left files out and says so of each."""
    def edit(connection):
        for number, blob in connection.execute('SELECT hnum, blob FROM Packages').fetchall():
            header = hosts.Header(blob)
            for index, path in enumerate(header.paths()):
                if path.endswith('bug') or '/gconv/' in path:
                    header.set_number(hosts.FILESTATES, 2, index)
                    if host.exists(path):
                        host.remove(path)
            connection.execute('UPDATE Packages SET blob = ? WHERE hnum = ?', (bytes(header.blob), number))
    host.update_rpm(edit, host.updated + 8)


def zoned(host):
    """The host keeps the time of Berlin, and its logs do: an hour before UTC in winter."""
    zone = b'TZif2' + bytes(15) + b''.join(n.to_bytes(4, 'big') for n in (0, 0, 0, 0, 1, 4)) + (3600).to_bytes(4, 'big') + b'\0\0CET\0'
    host.write('/usr/share/zoneinfo/Europe/Berlin', zone + zone + b'\nCET-1\n', host.installed)
    host.symlink('/etc/localtime', '/usr/share/zoneinfo/Europe/Berlin', host.installed)
    host.write('/etc/timezone', 'Europe/Berlin\n', host.installed)

    def shift(match):
        moment = calendar.timegm(time.strptime(re.sub(r' +', ' ', match.group(0)), '%Y-%m-%d %H:%M:%S'))
        return time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(moment + 3600))
    for name in 'dpkg.log', 'dpkg.log.1', 'dpkg.log.2.gz', 'apt/history.log', 'apt/history.log.1.gz':
        path = '/var/log/' + name
        packed = name.endswith('.gz')
        text = (gzip.decompress(host.read(path)) if packed else host.read(path)).decode()
        text = re.sub(r'\d{4}-\d\d-\d\d +\d\d:\d\d:\d\d', shift, text).encode()
        host.write(path, gzip.compress(text, mtime=0) if packed else text, host.state(path)[1][0], born='kept')


def removed(host):
    """A package removed, its settings kept; another one purged."""
    for name, at in (('vsftpd', host.incident), ('wget', host.incident + 5)):
        version = host.base.version(name)
        insert(host, '/var/log/dpkg.log', ''.join('%s %s\n' % (hosts.local(at), words) for words in (
            'startup packages remove', 'remove %s:amd64 %s <none>' % (name, version), 'status half-configured %s:amd64 %s' % (name, version),
            'status half-installed %s:amd64 %s' % (name, version), 'status config-files %s:amd64 %s' % (name, version))), at)
        kept = host.read(stem(host, name) + '.conffiles').decode().split() if host.exists(stem(host, name) + '.conffiles') else []
        for path in paths_of(host, name):
            if path not in kept and os.path.isfile(host.base.tree + path) and not os.path.islink(host.base.tree + path):
                host.remove(path)
        for end in '.md5sums', '.conffiles', '.preinst', '.postinst', '.prerm', '.triggers', '.shlibs', '.symbols':
            if host.exists(stem(host, name) + end):
                host.remove(stem(host, name) + end)
        host.write(stem(host, name) + '.list', ''.join(path + '\n' for path in kept), at)
        edit_status(host, name, lambda text: text.replace('install ok installed', 'deinstall ok config-files'), at)


def erased(host):
    """rpm -e by hand: record, what the indexes have of it and files are gone, and no log says so."""
    def erase(connection):
        indexes = [name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
            if name != 'Packages']
        for number, blob in connection.execute('SELECT hnum, blob FROM Packages').fetchall():
            header = hosts.Header(blob)
            if header.text(hosts.NAME) in ('wget', 'rsync'):
                for table in ['Packages'] + indexes:
                    connection.execute('DELETE FROM "%s" WHERE hnum = ?' % table, (number,))
                for path in header.paths():
                    if host.exists(path) and path.startswith('/usr/bin/'):
                        host.remove(path)
    host.update_rpm(erase)


def converted(host):
    """The store that a conversion left behind has an older version of a package."""
    put_store(host, 'vsftpd', '/usr/sbin/vsftpd', '0' * 64, is_edited=False)
