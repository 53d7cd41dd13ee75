"""Journals of systemd: small ones by hand for the cases, entries for systemd-journal-remote, and what journalctl says.

	journal_files.py cases FOLDER      writes the journals of tests/parsers/eventlog/journal/*
	journal_files.py export            entries in journal export format
	journal_files.py theirs < JSON     fields by entry, as journalctl -o json --all tells them
	journal_files.py ours < RECORDS    the same, from run_case
"""
import json
import lzma
import os
import struct
import sys
from urllib.parse import unquote_to_bytes

BOOT = bytes.fromhex('6c9f0f2e4b8a4d0e9a8b7c6d5e4f3a2b')
SYSMON = ('<Event><System><Provider Name="Linux-Sysmon" Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/><EventID>1</EventID>'
	'<Version>5</Version><TimeCreated SystemTime="2023-11-14T22:13:25.123456000Z"/><EventRecordID>9</EventRecordID>'
	'<Channel>Linux-Sysmon/Operational</Channel><Computer>web1</Computer><Security UserId="0"/></System><EventData>'
	'<Data Name="RuleName">-</Data><Data Name="ProcessId">77</Data><Data Name="Image">/usr/sbin/setcap</Data>'
	'<Data Name="CommandLine">setcap cap_setuid+ep /tmp/a &amp; &lt;b&gt; &#39;&#x41;</Data><Data Name="User">root</Data>'
	'<Data Name="ParentImage">/usr/bin/bash</Data></EventData></Event>')


def entry(number, ident, message, **more):
	fields = [('_BOOT_ID', BOOT.hex()), ('_HOSTNAME', 'web1'), ('_PID', str(100 + number)), ('_UID', '0'),
		('SYSLOG_IDENTIFIER', ident), ('MESSAGE', message)]
	return [(name, value if isinstance(value, bytes) else value.encode()) for name, value in fields + list(more.items())]


ENTRIES = [
	entry(0, 'sshd', 'Accepted publickey for anna from 192.0.2.7 port 50022 ssh2: ED25519 SHA256:x', _EXE='/usr/sbin/sshd'),
	entry(1, 'sudo', '    anna : TTY=pts/0 ; PWD=/home/anna ; USER=root ; COMMAND=/usr/bin/cp x /usr/sbin/sshd'),
	entry(2, 'app', 'long ' + 'abcdefgh ' * 200),
	entry(3, 'app', 'line one\nline two', BINARY=b'\x00\x01\xff'),
	entry(4, 'kernel', '[UFW BLOCK] IN=eth0 OUT= MAC=00 SRC=192.0.2.8 DST=192.0.2.1 LEN=60 PROTO=TCP SPT=4711 DPT=22 SYN',
		_TRANSPORT='kernel'),
	entry(5, 'sysmon', SYSMON),
	entry(6, 'sudo', 'anna : command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id'),
]


def lz4_block(data):
	"""Literals, then one match over all that repeats, then the last literals."""
	def length(number):
		return b'' if number < 15 else b'\xff' * ((number - 15) // 255) + bytes([(number - 15) % 255])
	period, head = 9, 14
	if data[head:-5] == (data[head - period:head] * (len(data) // period + 1))[:len(data) - head - 5]:
		match = len(data) - head - 5
		return (bytes([min(head, 15) << 4 | min(match - 4, 15)]) + length(head) + data[:head] + struct.pack('<H', period) +
			length(match - 4) + bytes([5 << 4]) + data[-5:])
	return bytes([min(len(data), 15) << 4]) + length(len(data)) + data


PACK = {
	'plain': (0, 0, lambda data: data),
	'xz': (1, 1, lambda data: lzma.compress(data, check=lzma.CHECK_NONE)),
	'lz4': (2, 2, lambda data: struct.pack('<Q', len(data)) + lz4_block(data)),
}


def journal(entries, packing='plain', compact=False, online=False, unused=0):
	incompatible, flag, pack = PACK[packing]
	objects, known, tail = b'', {}, 0
	for number, fields in enumerate(entries):
		places = []
		for name, value in fields:
			data = name.encode() + b'=' + value
			if data not in known:
				packed = pack(data) if len(data) > 512 else data
				body = bytes(48) + (bytes(8) if compact else b'') + packed
				known[data] = 208 + len(objects)
				objects += struct.pack('<BB6xQ', 1, flag if packed is not data else 0, 16 + len(body)) + body
				objects += bytes(-len(objects) % 8)
			places.append(known[data])
		items = b''.join(struct.pack('<I', place) if compact else struct.pack('<QQ', place, 0) for place in places)
		tail = 208 + len(objects)
		objects += struct.pack('<BB6xQ', 3, 0, 64 + len(items))
		objects += struct.pack('<QQQ', number + 1, 1700000000000000 + number * 1000000, 5000000 + number * 1000000)
		objects += BOOT + bytes(8) + items
		objects += bytes(-len(objects) % 8)
	header = b'LPKSHHRH' + struct.pack('<IIB7x', 0, incompatible | (16 if compact else 0), 1 if online else 0)
	header += bytes(64) + struct.pack('<QQ', 208, len(objects) + unused) + bytes(32)
	header += struct.pack('<QQQ', tail, 0, len(entries))
	return header.ljust(208, b'\0') + objects + bytes(unused)


def damaged(data):
	"""An object in the middle is overwritten; the last bytes are gone."""
	at = data.index(b'UFW') // 8 * 8 - 64
	return data[:at] + b'\xff' * 72 + data[at + 72:-40]


def write_cases(folder):
	cases = {
		'plain': {'system.journal': journal(ENTRIES)},
		'compressed': {'system@1-xz.journal': journal(ENTRIES[2:4], 'xz'), 'system@2-lz4.journal': journal(ENTRIES[2:6], 'lz4')},
		'compact_in_use': {'system.journal': journal(ENTRIES[:2], compact=True, online=True, unused=4096)},
		'damaged': {'system.journal~': damaged(journal(ENTRIES)), 'user-1.journal': b'LPKSHHRH\0\0\0\0\x20\0\0\0' + bytes(300),
			'user-2.journal': b'not a journal'},
	}
	for case, files in cases.items():
		place = os.path.join(folder, case, 'in/var/log/journal/m')
		os.makedirs(place, exist_ok=True)
		for name, data in files.items():
			with open(os.path.join(place, name), 'wb') as out:
				out.write(data)


def write_export(out, count):
	for number in range(count):
		fields = ENTRIES[number % len(ENTRIES)] + [('NUMBER', str(number).encode())]
		out.write(b'__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n' % (1700000000000000 + number, 5000000 + number))
		for name, value in fields:
			if all(byte >= 32 for byte in value):
				out.write(name.encode() + b'=' + value + b'\n')
			else:
				out.write(name.encode() + b'\n' + struct.pack('<Q', len(value)) + value + b'\n')
		out.write(b'\n')


def show(number, fields):
	for name, value in sorted(fields):
		print(number, name, value.rstrip(b'\0').replace(b'\0', b' ').hex())


def theirs(lines):
	for number, line in enumerate(lines):
		values = json.loads(line)
		show(number, [(name, bytes(value) if isinstance(value, list) else value.encode()) for name, value in values.items()
			if name in {'MESSAGE', 'NUMBER', 'BINARY', 'SYSLOG_IDENTIFIER', '_PID', '_BOOT_ID', '_EXE', '__MONOTONIC_TIMESTAMP'}])


def ours(lines):
	number, fields = -1, []
	for line in lines:
		if line.startswith('event '):
			show(number, fields)
			number, fields = number + 1, []
		elif line.startswith('field '):
			name, _, value = line[6:].rstrip('\n').partition('=')
			if name in {'MESSAGE', 'NUMBER', 'BINARY', 'SYSLOG_IDENTIFIER', '_PID', '_BOOT_ID', '_EXE', '__MONOTONIC_TIMESTAMP'}:
				fields.append((name, unquote_to_bytes(value)))
	show(number, fields)


if __name__ == '__main__':
	if sys.argv[1] == 'cases':
		write_cases(sys.argv[2])
	elif sys.argv[1] == 'export':
		write_export(sys.stdout.buffer, 2000)
	elif sys.argv[1] == 'theirs':
		theirs(sys.stdin)
	else:
		ours(sys.stdin)
