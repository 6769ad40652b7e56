#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A model of the printer: speaks PROTOCOL.md on a Unix socket, one connection after the other.

    textprint_model.py --socket PATH [--blanks N] [--photos DIR] [--step-ms N] [--script FAULT[,FAULT...]]

Says "ready" when it listens. --photos: a card that comes to the camera is photographed, DIR/<number>-front.png and -back.png, on a
dark desk, so that the whole way from print to inspection runs without hardware. --script: what goes wrong with the n-th PRINT:
ok, cover (open for two looks at the status), ribbon, hopper, jam (spoils the card), silence (never answers), garbage, hang-up.
"""
import argparse
import os
import select
import signal
import socket
import struct
import sys
import zlib

DPI = 300
WIDTH, HEIGHT = 1011, 638  # 85.60 x 53.98 mm


def png(path, rows, width):
    """Writes RGB rows as a PNG, whole or not at all."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    packed = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    with open(path + ".part", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0))
                   + chunk(b"IDAT", packed) + chunk(b"IEND", b""))
    os.rename(path + ".part", path)


def photograph(path, pixels):
    """The card flat on a dark desk, seen from straight above."""
    margin, desk = 90, bytes((38, 40, 44))
    side, row = desk * margin, WIDTH * 3
    rows = [desk * (WIDTH + 2 * margin)] * margin
    rows += [side + pixels[y * row:(y + 1) * row] + side for y in range(HEIGHT)]
    rows += [desk * (WIDTH + 2 * margin)] * margin
    png(path, rows, WIDTH + 2 * margin)


class Printer:
    def __init__(self, options):
        self.options = options
        self.hopper, self.ribbon, self.counter = options.blanks, 1000, 0
        self.jobs = {}       # token -> [outcome, place, number, uid, sides]
        self.loaded = None   # token, sides
        self.prints = 0
        self.open_for = 0    # looks at the status that still find the cover open
        self.buffer = b""
        self.link = None

    # ---- the line ----
    def say(self, text):
        self.link.sendall(text.encode() + b"\n")

    def fill(self):
        more = self.link.recv(65536)
        if not more:
            raise ConnectionError
        self.buffer += more

    def line(self):
        while b"\n" not in self.buffer:
            self.fill()
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode("ascii", "replace").split()

    def pause(self):
        """Some time of a print passes; true when CANCEL came in it."""
        if b"\n" not in self.buffer and select.select([self.link], [], [], self.options.step_ms / 1000)[0]:
            self.fill()
        if self.buffer.startswith(b"CANCEL\n"):
            self.buffer = self.buffer[7:]
            return True
        return False

    # ---- what it is asked ----
    def serve(self, link):
        self.link, self.buffer, self.loaded = link, b"", None
        while True:
            words = self.line()
            answer = getattr(self, "on_" + words[0].lower(), None) if words else None
            if answer is None:
                self.say("ERR nonsense")
            elif words[0] != "CANCEL":
                answer(*words[1:])

    def on_cancel(self):
        pass  # too late: nothing is being printed

    def on_hello(self):
        self.say(f"OK textprint 1 TP0001 {DPI}")

    def on_status(self):
        cover = "open" if self.open_for > 0 else "closed"
        self.open_for = max(self.open_for - 1, 0)
        state = "stopped" if self.hopper == 0 or self.ribbon == 0 or cover == "open" else "idle"
        self.say(f"OK {state} hopper={self.hopper} ribbon={self.ribbon}/1000 cover={cover}")

    def on_counter(self):
        self.say(f"OK {self.counter}")

    def on_job(self, token, width, height, sides):
        if token in self.jobs:
            self.say("ERR token")
        elif (int(width), int(height)) != (WIDTH, HEIGHT):
            self.say("ERR size")
        else:
            self.loaded = (token, int(sides), {})
            self.say("OK")

    def on_data(self, side, size):
        size = int(size)
        while len(self.buffer) < size:
            self.fill()
        if self.loaded:
            self.loaded[2][side] = self.buffer[:size]
        self.buffer = self.buffer[size:]
        self.say("OK")

    def on_print(self, token):
        fault = self.options.script[self.prints] if self.prints < len(self.options.script) else "ok"
        self.prints += 1
        if not self.loaded or self.loaded[0] != token:
            return self.say("ERR token")
        _, sides, pixels = self.loaded
        self.loaded = None
        if fault == "cover":
            self.open_for = 2
        if self.open_for > 0:
            return self.say("ERR cover")
        if fault in ("ribbon", "hopper"):
            return self.say("ERR " + fault)
        if self.hopper == 0:
            return self.say("ERR hopper")
        if self.pause():
            return self.say("ERR cancelled")
        self.hopper, self.counter, self.ribbon = self.hopper - 1, self.counter + 1, self.ribbon - 1
        job = self.jobs[token] = ["spoiled", "inside", self.counter, f"04{self.counter:012X}", pixels]
        if fault == "silence":
            return None
        if fault == "hang-up":
            raise ConnectionError
        if fault == "garbage":
            return self.say("PAPER JAM IN TRAY 2")
        self.say(f"FED {job[2]} {job[3]}")
        for step in ["front", "flipping", "back"][:1 if sides == 1 else 3]:
            if self.pause():
                return self.say("SPOILED inside cancelled")
            if fault == "jam":
                return self.say("SPOILED inside jam")
            self.say("STEP " + step)
        job[0] = "printed"
        return self.say("DONE inside")

    def on_move(self, token, where, name=""):
        job = self.jobs.get(token)
        if job is None or where not in ("camera", "bin"):
            return self.say("ERR where")
        if where == "camera" and self.options.photos:
            for side in ("front", "back"):
                blank = bytes([245]) * (WIDTH * HEIGHT * 3)
                photograph(os.path.join(self.options.photos, f"{job[2]}-{side}.png"), job[4].get(side, blank))
        job[1] = "camera" if where == "camera" else "output"
        if where == "bin":
            job[4] = {}  # the pictures are done with
        return self.say("OK " + job[1])

    def on_lookup(self, token):
        job = self.jobs.get(token)
        self.say("ERR unknown" if job is None else f"OK {job[0]} {job[1]} {job[2]} {job[3]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--socket", required=True)
    parser.add_argument("--blanks", type=int, default=500)
    parser.add_argument("--photos", default="")
    parser.add_argument("--step-ms", type=int, default=2)
    parser.add_argument("--script", type=lambda text: text.split(","), default=[])
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    printer = Printer(options)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(options.socket)
        listener.listen(4)
        print("ready", flush=True)
        while True:
            link, _ = listener.accept()
            with link:
                try:
                    printer.serve(link)
                except (ConnectionError, OSError, TypeError, ValueError) as error:
                    if not isinstance(error, ConnectionError):
                        print(f"textprint_model: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
