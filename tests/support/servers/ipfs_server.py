"""An IPFS daemon's HTTP interface made of a dictionary, which tests twist."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes

from offchain.storage.cid import cid_of
from tests.support.servers.http_server import Answer, Request

Twist = Callable[[Request, Answer], Answer]


def refusal(message: str, status: int = 500) -> Answer:
    """An error as daemons send it."""
    body = json.dumps({"Message": message, "Code": 0, "Type": "error"}).encode()
    return Answer(body, status=status, headers={"Content-Type": "application/json"})


def reply(value: object) -> Answer:
    """A JSON reply."""
    return Answer(json.dumps(value).encode(), headers={"Content-Type": "application/json"})


@dataclass
class IpfsServer:
    """Keeps raw blocks by CID and answers four calls as Kubo does, then lets `twist` change it."""

    blocks: dict[str, bytes] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)
    twists: Mapping[str, Twist] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answer:
        command = request.path.removeprefix("/api/v0/")
        answer = self._honest(command, request)
        twist = self.twists.get(command)
        return answer if twist is None else twist(request, answer)

    def _honest(self, command: str, request: Request) -> Answer:
        if request.method != "POST":
            return Answer(b"405 - Method Not Allowed", status=405)
        if command == "version":
            return reply({"Version": "0.0.1", "Commit": ""})
        cid = request.query.get("arg", "")
        if command == "block/put":
            return self._put(request)
        if command == "pin/ls":
            lines = [json.dumps({"Cid": pin, "Type": "recursive"}) + "\n" for pin in self.pins]
            return Answer("".join(lines).encode())
        if cid not in self.blocks:
            return refusal(f"block was not found locally (offline): ipld: could not find {cid}")
        if command == "block/get":
            return Answer(self.blocks[cid])
        if command == "block/stat":
            return reply({"Key": cid, "Size": len(self.blocks[cid])})
        if command == "pin/add":
            self.pins.append(cid)
            return reply({"Pins": [cid]})
        return Answer(b"404 page not found", status=404)

    def _put(self, request: Request) -> Answer:
        assert request.query["cid-codec"] == "raw"
        assert request.query["mhtype"] == "sha2-256"
        kind = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
        [part] = message_from_bytes(kind + request.body).get_payload()
        content = part.get_payload(decode=True)
        cid = cid_of(hashlib.sha256(content).digest())
        self.blocks[cid] = content
        if request.query.get("pin") == "true":
            self.pins.append(cid)
        return reply({"Key": cid, "Size": len(content)})
