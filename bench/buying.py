"""Buying N pictures of 1.5 MB with C in flight from a server on loopback: seconds, peak memory, processor time.

    python bench/buying.py [N] [C] [--json]

The server is a process of its own, which answers after 200 ms; figures are of the whole `pixmake build` process:
calls, decoding of base64, the store with its fsyncs, outputs. Ideal is N x 200 ms / C.
"""

from __future__ import annotations

import base64
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
LATENCY = 0.2
SIZE = 700
"""Side of the noise that makes a PNG of about 1.5 MB."""

SERVER = """
import sys, time
sys.path.insert(0, {tests!r})
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
body = open({body!r}, "rb").read()
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        time.sleep({latency})
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
class Server(ThreadingHTTPServer):
    request_queue_size = 512
server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


def noise_png() -> bytes:
    """A PNG that does not compress."""
    import struct

    dice = random.Random(1)
    rows = b"".join(b"\0" + dice.randbytes(SIZE * 3) for _ in range(SIZE))
    chunks = (
        b"IHDR" + struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0),
        b"IDAT" + zlib.compress(rows, 0),
        b"IEND",
    )
    parts = (struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def answer() -> bytes:
    """What the Images API would say of one picture."""
    usage = {"input_tokens": 10, "output_tokens": 196, "total_tokens": 206}
    picture = base64.b64encode(noise_png()).decode()
    return json.dumps({"created": 1, "data": [{"b64_json": picture}], "usage": usage}).encode()


def measure(count: int, flight: int) -> dict[str, float]:
    """One build of `count` assets, `flight` at a time."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "answer.json").write_bytes(answer())
        entries = "".join(f"  thing-{number}: thing number {number}\n" for number in range(count))
        (root / "assets.yaml").write_text(
            f"version: 1\nproviders: {{openai: {{concurrency: {flight}}}}}\n"
            "defaults: {model: gpt-image-2.5-flare, quality: low, output: false}\nassets:\n" + entries
        )
        script = SERVER.format(tests=str(TESTS), body=str(root / "answer.json"), latency=LATENCY)
        server = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            env = os.environ | {
                "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
                "OPENAI_API_KEY": "unused",
                "PIXMAKE_STORE": str(root / "store"),
            }
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "pixmake", "build", "--yes", "--quiet"],
                cwd=root, env=env, check=True, capture_output=True,
            )  # fmt: skip
            wall = time.perf_counter() - began
        finally:
            server.kill()
            server.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    ideal = count * LATENCY / flight
    return {
        "pictures": count,
        "in flight": flight,
        "seconds": round(wall, 2),
        "share of ideal": round(ideal / wall, 2),
        "peak MB": round(used.ru_maxrss / 1024, 1),
        "cpu ms a picture, server included": round((used.ru_utime + used.ru_stime) * 1000 / count, 1),
    }


def main() -> int:
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    found = measure(*(numbers + [500, 16][len(numbers) :]))
    if "--json" in sys.argv:
        print(json.dumps(found, indent=2))
        return 0
    for name, value in found.items():
        print(f"  {name:36} {value:10}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
