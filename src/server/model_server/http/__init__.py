"""HTTP/1.1 on asyncio: parsers behind one interface, one protocol, one accept loop."""
