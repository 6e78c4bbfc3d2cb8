"""The HTTP layer of the server with a constant answer, in two processes: `ceiling.py PORT`."""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "src" / "server"))

from model_server.http.listener import Listener, bind, new_loop
from model_server.http.messages import HttpLimits, Reply
from model_server.http.parsers import default_parser

REPLY = Reply(200, b'{"predictions":[0]}')


class Constant:
    """See model_server.http.messages.App."""

    def handle(self, request, respond):
        respond(REPLY)

    def answered(self, request, reply, seconds):
        pass


def main(port: int) -> None:
    sock = bind("127.0.0.1", port)
    child = os.fork()
    if child:
        signal.signal(signal.SIGTERM, lambda *_: (os.kill(child, signal.SIGTERM), os._exit(0)))
    loop = new_loop()
    Listener(loop, sock, Constant(), HttpLimits(), default_parser()[1]).start()
    loop.run_forever()


main(int(sys.argv[1]))
