"""A program that uses a Memcached fleet as AWS's discovery clients do: it asks the configuration endpoint for the nodes,
and spreads its keys over them (pymemcache's HashClient).

`discovery_client.py ENDPOINT DNS_PORT [AUTHORITY]`: with a port other than 0, names are asked of Simfra's DNS on this
host; with an authority's certificate (PEM), it speaks TLS and verifies whom it speaks to. It works all the while; for each
line of its input it prints, as JSON, what it has seen; it ends with its input.
"""

import json
import socket
import ssl
import sys
import threading

from pymemcache.client.hash import HashClient

PORT = 11211
KEYS = [f"key-{number}" for number in range(40)]


def address_of(name: str, dns_port: int) -> str:
    if dns_port == 0:
        return socket.gethostbyname(name)
    import dns.message
    import dns.query

    answer = dns.query.udp(dns.message.make_query(name, "A"), "127.0.0.1", timeout=10, port=dns_port)
    return answer.answer[0][0].address


def connect(endpoint: str, dns_port: int, tls: ssl.SSLContext | None) -> socket.socket:
    plain = socket.create_connection((address_of(endpoint, dns_port), PORT), timeout=10)
    return tls.wrap_socket(plain, server_hostname=endpoint) if tls else plain


def discover(endpoint: str, dns_port: int, tls: ssl.SSLContext | None) -> tuple[int, list[tuple[str, str, int]]]:
    """The version of the list, and name, address and port of each node."""
    with connect(endpoint, dns_port, tls) as connection:
        connection.sendall(b"config get cluster\r\n")
        answer = b""
        while not answer.endswith(b"\r\nEND\r\n"):
            read = connection.recv(65536)
            if not read:
                raise OSError(f"the answer broke off: {answer!r}")
            answer += read
    head, body = answer.split(b"\r\n", 1)
    words = head.split()
    if words[:3] != [b"CONFIG", b"cluster", b"0"]:
        raise OSError(f"no list of nodes: {answer!r}")
    version, nodes = body[: int(words[3])].decode().splitlines()[:2]
    return int(version), [(name, address, int(port)) for name, address, port in (n.split("|") for n in nodes.split())]


class Worker:
    def __init__(self, endpoint: str, dns_port: int, tls: ssl.SSLContext | None):
        self.tls = tls
        self.where = (endpoint, dns_port, tls)
        self.version, self.names, self.client = None, [], None
        self.rounds, self.moved, self.errors = 0, 0, []
        self.changed = threading.Condition()
        self.ended = False

    def work(self) -> None:
        while not self.ended:
            try:
                self.round()
            except Exception as error:  # Whatever it is: that there is none is what is tested.
                self.errors.append(f"{type(error).__name__}: {error}")
            with self.changed:
                self.rounds += 1
                self.changed.notify_all()

    def round(self) -> None:
        """Looks for the nodes, then reads and writes every key."""
        version, nodes = discover(*self.where)
        if (version, [node[0] for node in nodes]) != (self.version, self.names):
            if self.client:
                self.client.close()
            servers = [(address, port) for _, address, port in nodes]
            self.client = HashClient(
                servers, connect_timeout=10, timeout=10, retry_attempts=0, tls_context=self.tls
            )
            self.version, self.names = version, [node[0] for node in nodes]
        value = str(self.rounds)
        for key in KEYS:
            # Not there, or from before it moved away: such is a cache. What was just written is there.
            found = self.client.get(key)
            if self.rounds and found != str(self.rounds - 1).encode():
                self.moved += 1
            self.client.set(key, value, noreply=False)
            if self.client.get(key) != value.encode():
                raise OSError(f"{key} is not what was written")

    def seen(self) -> dict:
        with self.changed:
            # The round under way may have looked before the question.
            until = self.rounds + 2
            self.changed.wait_for(lambda: self.rounds >= until)
            return {
                "version": self.version,
                "nodes": self.names,
                "rounds": self.rounds,
                "moved": self.moved,
                "errors": self.errors[:10],
            }


def main() -> None:
    endpoint, dns_port, *authority = sys.argv[1:]
    tls = ssl.create_default_context(cadata=authority[0]) if authority else None
    worker = Worker(endpoint, int(dns_port), tls)
    thread = threading.Thread(target=worker.work)
    thread.start()
    for _ in sys.stdin:
        print(json.dumps(worker.seen()), flush=True)
    worker.ended = True
    thread.join()


main()
