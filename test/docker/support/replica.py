# A replica for tests of the gateway. NAME; NOT_READY: so many seconds /ready and all else say 503; LAME: after SIGTERM
# /ready says 503 so long while the rest is answered; DIES: ends at /die without an answer.
import asyncio, json, os, signal, sys, time

NAME, DIES = os.environ.get("NAME", ""), os.environ.get("DIES") == "1"
NOT_READY, LAME = float(os.environ.get("NOT_READY", "0")), float(os.environ.get("LAME", "0"))
born, lame, busy = time.monotonic(), False, 0


async def body_of(reader, head):
    if head.get("transfer-encoding") == "chunked":
        size = 0
        while True:
            length = int((await reader.readline()).strip(), 16)
            size += length
            await reader.readexactly(length + 2)
            if not length:
                return size
    length = int(head.get("content-length", 0))
    rest = length
    while rest:
        rest -= len(await reader.read(min(rest, 65536)) or sys.exit("cut off"))
    return length


async def answer(writer, status, value):
    body = json.dumps(value).encode()
    reason = {200: b"OK", 503: b"Service Unavailable"}[status]
    writer.write(b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (status, reason, len(body), body))
    await writer.drain()


async def stream(writer):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    for number in range(5):
        part = b"data: %d\n\n" % number
        writer.write(b"%x\r\n%b\r\n" % (len(part), part))
        await writer.drain()
        await asyncio.sleep(0.2)
    writer.write(b"0\r\n\r\n")


async def serve(reader, writer):
    global busy
    try:
        while True:
            text = (await reader.readuntil(b"\r\n\r\n")).decode("latin1")
            busy += 1
            try:
                first, *lines = text.strip().split("\r\n")
                path = first.split(" ")[1]
                head = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
                size = await body_of(reader, head)
                name = head.get("x-request-id")
                if time.monotonic() - born < NOT_READY or (path == "/ready" and lame):
                    await answer(writer, 503, {"error": "not ready"})
                elif path == "/die" and DIES:
                    print("die", name, flush=True)
                    os._exit(1)
                elif path == "/stream":
                    await stream(writer)
                else:
                    await asyncio.sleep(float(path[6:]) if path.startswith("/slow/") else 0.004 if path != "/ready" else 0)
                    await answer(writer, 200, {"replica": NAME, "id": name, "size": size})
            finally:
                busy -= 1
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "0.0.0.0", 8080, backlog=1024)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    global lame
    lame = True
    await asyncio.sleep(LAME)
    server.close()
    while busy:
        await asyncio.sleep(0.005)
    os._exit(0)


asyncio.run(main())
