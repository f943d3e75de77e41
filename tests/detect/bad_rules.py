"""Rules that do to their process what a rule must not: code by what it does."""

from __future__ import annotations

from textwrap import dedent

_TIMEOUT = {
    "hangs in rule": """
        def rule(event):
            while True:
                pass
        """,
    "hangs in title": """
        def rule(event):
            return True

        def title(event):
            while True:
                pass
        """,
    "hangs in C": """
        import re

        def rule(event):
            return bool(re.match('(a+)+$', 'a' * 64 + 'b'))
        """,
    "sleeps": """
        import time

        def rule(event):
            time.sleep(600)
        """,
    "is slow on every row": """
        import time

        def rule(event):
            time.sleep(0.4)
            return True
        """,
    "swallows everything": """
        def rule(event):
            while True:
                try:
                    while True:
                        pass
                except BaseException:
                    pass
        """,
    "ignores signals": """
        import signal

        def rule(event):
            for number in range(1, 32):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except OSError:
                    pass
            while True:
                pass
        """,
    "prints without end": """
        import sys

        def rule(event):
            while True:
                print('x' * 1_000_000)
                print('x' * 1_000_000, file=sys.stderr)
        """,
}
_MEMORY = {
    "allocates": """
        def rule(event):
            held = []
            while True:
                held.append(b'x' * 1_000_000)
        """,
    "allocates and swallows": """
        HELD = []

        def rule(event):
            while True:
                try:
                    HELD.append(b'x' * 1_000_000)
                except BaseException:
                    pass
        """,
}
_END = {
    "exits": """
        import os

        def rule(event):
            os._exit(3)
        """,
    "exits on the last row": """
        import os

        def rule(event):
            return event['n'] == 5 and os._exit(0)
        """,
    "kills its process": """
        import os

        def rule(event):
            os.kill(os.getpid(), 9)
        """,
    "kills its group": """
        import os

        def rule(event):
            os.killpg(0, 9)
        """,
    "segfaults": """
        import ctypes

        def rule(event):
            ctypes.string_at(0)
        """,
    "overflows the stack": """
        import sys

        def rule(event):
            sys.setrecursionlimit(10**9)
            return deeper(1)

        def deeper(number):
            return max([number], key=deeper)
        """,
    "interrupts": """
        def rule(event):
            raise KeyboardInterrupt(chr(0xdc80))
        """,
    "closes all files": """
        import os

        def rule(event):
            os.closerange(0, 1024)
            return False
        """,
    "writes to all files": """
        import os

        def rule(event):
            for fd in range(3, 64):
                try:
                    os.write(fd, b'x' * 64)
                except OSError:
                    pass
            return False
        """,
    "has a thread that exits": """
        import os, threading, time

        def rule(event):
            threading.Thread(target=lambda: (time.sleep(0.2), os._exit(4))).start()
            time.sleep(0.1)
            return True
        """,
    "kills the process that holds the rules": """
        import os, time

        def rule(event):
            os.kill(os.getppid(), 9)
            os._exit(0)
        """,
}
ERROR_TYPE_AND_CODE_BY_NAME = {
    name: (error_type, dedent(code))
    for error_type, codes in (("RuleTimeout", _TIMEOUT), ("RuleOutOfMemory", _MEMORY), ("RuleEndedProcess", _END))
    for name, code in codes.items()
}
