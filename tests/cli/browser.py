"""A headless Chromium, spoken to through two pipes in its DevTools protocol; no package beyond Python's own is needed."""
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ('chromium', 'chromium-browser', 'google-chrome')


def find():
    """The path of a Chromium, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """One page at a time. What the page asks for and says is kept: requests, messages."""

    def __init__(self, seconds=60):
        self.seconds = seconds
        self.profile = tempfile.mkdtemp()
        down, self.to = os.pipe()
        self.back, up = os.pipe()

        def descriptors():
            one, two = os.dup(down), os.dup(up)
            os.dup2(one, 3)
            os.dup2(two, 4)

        command = [find(), '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
                   '--disable-background-networking', '--hide-scrollbars', '--user-data-dir=' + self.profile,
                   '--remote-debugging-pipe', 'about:blank']
        self.process = subprocess.Popen(command, preexec_fn=descriptors, close_fds=False, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(down)
        os.close(up)
        self.number, self.bytes, self.session = 0, b'', None
        self.requests, self.messages, self.loaded = [], [], False
        target = self.ask('Target.createTarget', url='about:blank')['targetId']
        self.session = self.ask('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in ('Page', 'Network', 'Runtime', 'Log'):
            self.ask(domain + '.enable')

    def close(self):
        os.close(self.to)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.back)
        shutil.rmtree(self.profile, ignore_errors=True)

    def next(self, until):
        while b'\0' not in self.bytes:
            if not select.select([self.back], [], [], max(0, until - time.time()))[0]:
                raise TimeoutError('the browser says nothing')
            part = os.read(self.back, 1 << 20)
            if not part:
                raise OSError('the browser has ended')
            self.bytes += part
        line, _, self.bytes = self.bytes.partition(b'\0')
        return json.loads(line)

    def keep(self, event):
        what, values = event.get('method'), event.get('params', {})
        if what == 'Network.requestWillBeSent':
            self.requests.append(values['request']['url'])
        elif what == 'Runtime.consoleAPICalled':
            self.messages.append(str(values['args']))
        elif what == 'Runtime.exceptionThrown':
            self.messages.append(str(values['exceptionDetails']))
        elif what == 'Log.entryAdded':
            self.messages.append(values['entry']['text'])
        elif what == 'Page.loadEventFired':
            self.loaded = True

    def ask(self, method, **values):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': values}
        if self.session:
            message['sessionId'] = self.session
        data = json.dumps(message).encode() + b'\0'
        while data:
            data = data[os.write(self.to, data):]
        until = time.time() + self.seconds
        while True:
            answer = self.next(until)
            if answer.get('id') != self.number:
                self.keep(answer)
            elif 'error' in answer:
                raise RuntimeError(f'{method}: {answer["error"]}')
            else:
                return answer['result']

    def open(self, path, width, height, media=''):
        self.requests, self.messages, self.loaded = [], [], False
        self.ask('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.ask('Emulation.setEmulatedMedia', media=media)
        self.ask('Page.navigate', url=pathlib.Path(path).resolve().as_uri())
        until = time.time() + self.seconds
        while not self.loaded:
            self.keep(self.next(until))

    def value(self, expression):
        """What an expression gives; a promise is waited for."""
        answer = self.ask('Runtime.evaluate', expression=expression, returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in answer:
            raise RuntimeError(str(answer['exceptionDetails']))
        return answer['result'].get('value')

    def key(self, name, code, modifiers=0):
        for kind in ('rawKeyDown', 'keyUp'):
            self.ask('Input.dispatchKeyEvent', type=kind, key=name, code=name, windowsVirtualKeyCode=code, modifiers=modifiers)

    def picture(self, path, whole=False):
        answer = self.ask('Page.captureScreenshot', format='png', captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(answer['data']))

    def print(self, path):
        answer = self.ask('Page.printToPDF', preferCSSPageSize=True, printBackground=True, generateTaggedPDF=True)
        pathlib.Path(path).write_bytes(base64.b64decode(answer['data']))
