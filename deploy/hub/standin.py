"""A stand-in for the hub's API, for tests and load: it knows tokens, and can be slow, away, or turn a token down.

Loopback only. It answers what the grading service asks a hub: whose token this is, and the token for a sign-in's code.
"""

import asyncio
import json
import threading
from urllib.parse import parse_qs


class StandIn:
    """Runs in a thread of its own at `url`. `tokens` maps a token to the hub's word about its owner."""

    def __init__(self):
        self.tokens, self.codes, self.asked, self.port = {}, {}, 0, 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server, self._open = None, set()
        self.start()

    @property
    def url(self):
        """The address of its API."""
        return f"http://127.0.0.1:{self.port}/hub/api"

    def add(self, token, name, kind="user", groups=(), scopes=("access:services!service=grader",)):
        """Make a token known, and give it back."""
        self.tokens[token] = {"name": name, "kind": kind, "groups": list(groups), "scopes": list(scopes)}
        return token

    def start(self):
        """Listen, at the same address as before."""

        async def listen():
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

        self._do(listen())

    def stop(self):
        """Be away: connections are refused."""

        async def close():
            self._server.close()
            for writer in list(self._open):
                writer.transport.abort()

        self._do(close())

    def _do(self, work):
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _serve(self, reader, writer):
        self._open.add(writer)
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                lines = head.split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                token = next(
                    (line.split(" ", 2)[2] for line in lines if line.lower().startswith("authorization: ")), ""
                )
                found = self._answer(lines[0].split(" ")[1], token, body)
                text = json.dumps(found or {"error": "invalid_grant"}).encode()
                # As a hub says no: to a token, and to a code.
                no = "400 Bad Request" if "/oauth2/" in lines[0] else "403 Forbidden"
                status = "200 OK" if found else no
                writer.write(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text)  # fmt: skip
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    def _answer(self, path, token, body):
        self.asked += 1
        if path.endswith("/oauth2/token"):
            token = self.codes.get(parse_qs(body.decode()).get("code", [""])[0])
            return {"access_token": token, "token_type": "Bearer"} if token else None
        return self.tokens.get(token)
