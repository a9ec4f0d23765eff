"""Questions as an old machine asks them, made of bytes by hand: nothing here is
taken from our own codecs.  What comes back is printed, a line an answer.

  asker.py mask IF [--to IP] [--from IP] [--mac MAC]
  asker.py rarp IF [--mac MAC]
  asker.py whoami IF --ip IP [--to IP] [--program P] [--version V] [--procedure N]
  asker.py tcp HOST --ip IP
  asker.py noise HOST
"""
import argparse
import fcntl
import random
import socket
import struct
import sys
import time

LISTEN = 1.5  # seconds, after the last question


def checksum(b):
    b += b"\0" * (len(b) % 2)
    total = sum(struct.unpack(">%dH" % (len(b) // 2), b))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac_bytes(text):
    return bytes(int(x, 16) for x in text.split(":"))


def of_interface(name):
    """Its address and its hardware address."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ifreq = struct.pack("256s", name.encode())
    hw = fcntl.ioctl(s, 0x8927, ifreq)[18:24]
    try:
        ip = socket.inet_ntoa(fcntl.ioctl(s, 0x8915, ifreq)[20:24])
    except OSError:
        ip = "0.0.0.0"
    return ip, hw


def ip_packet(protocol, src, dst, payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 2, 0, 255,
                       protocol, 0, socket.inet_aton(src),
                       socket.inet_aton(dst))
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return head + payload


def opened(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((interface, 0))
    s.settimeout(0.1)
    return s


def hear(s, seconds, take):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            b, at = s.recvfrom(2048)
        except socket.timeout:
            continue
        if at[2] != socket.PACKET_OUTGOING:
            take(b)


def mask(a):
    ip, hw = of_interface(a.at)
    ip, hw = a.source or ip, mac_bytes(a.mac) if a.mac else hw
    body = struct.pack(">BBHHHL", 17, 0, 0, 0x1234, 7, 0)
    body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
    s = opened(a.at)
    to = mac_bytes(a.to_mac) if a.to_mac else b"\xff" * 6
    s.send(to + hw + b"\x08\x00" + ip_packet(1, ip, a.to, body))

    def take(b):
        if b[12:14] != b"\x08\x00" or b[23] != 1 or b[34] != 18:
            return
        message = b[34:14 + struct.unpack(">H", b[16:18])[0]]
        good = checksum(b[14:34]) == 0 and checksum(message) == 0
        ident, sequence = struct.unpack(">HH", message[4:8])
        print("mask", socket.inet_ntoa(message[8:12]), "from",
              socket.inet_ntoa(b[26:30]), "to", socket.inet_ntoa(b[30:34]),
              "broadcast" if b[:6] == b"\xff" * 6 else "direct",
              "good" if good and (ident, sequence) == (0x1234, 7) else "bad")

    hear(s, LISTEN, take)


def rarp(a):
    _, hw = of_interface(a.at)
    hw = mac_bytes(a.mac) if a.mac else hw
    s = opened(a.at)
    s.send(b"\xff" * 6 + hw + struct.pack(">HHHBBH", 0x8035, 1, 0x0800, 6, 4, 3)
           + hw + b"\0" * 4 + hw + b"\0" * 4)

    def take(b):
        if b[12:14] != b"\x80\x35" or b[20:22] != b"\0\4":
            return
        # All but the server's own hardware address.
        print("rarp", b[0:6].hex(), b[12:22].hex(), socket.inet_ntoa(b[28:32]),
              b[32:38].hex(), socket.inet_ntoa(b[38:42]))

    hear(s, LISTEN, take)


def address(ip):
    """As four signed characters."""
    return struct.pack(">5i", 1, *struct.unpack("4b", socket.inet_aton(ip)))


def call(program, version, procedure, arguments):
    return struct.pack(">10L", 0x4D555354, 0, 2, program, version, procedure, 0,
                       0, 0, 0) + arguments


def callit(program, version, procedure, arguments):
    inner = struct.pack(">4L", program, version, procedure, len(arguments))
    return call(100000, 2, 5, inner + arguments)


def text(b, at):
    n = struct.unpack(">L", b[at:at + 4])[0]
    return b[at + 4:at + 4 + n].decode(), at + 4 + (n + 3) // 4 * 4


def whoami(a):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.setsockopt(socket.SOL_SOCKET, 25, a.at.encode() + b"\0")
    s.settimeout(0.1)
    s.sendto(callit(a.program, a.version, a.procedure, address(a.ip)),
             (a.to, 111))
    end = time.monotonic() + LISTEN
    while time.monotonic() < end:
        try:
            b, at = s.recvfrom(2048)
        except socket.timeout:
            continue
        if struct.unpack(">6L", b[:24]) != (0x4D555354, 1, 0, 0, 0, 0):
            print("refused", b.hex())
            continue
        port = struct.unpack(">L", b[24:28])[0]
        name, i = text(b, 32)
        domain, i = text(b, i)
        kind, *router = struct.unpack(">5i", b[i:i + 20])
        router = ".".join(str(x & 255) for x in router)
        print("name", name, "domain", domain or "-", "router", router, "port",
              port, "from", at[0], "port", at[1], "" if kind == 1 else "bad")


def tcp(a):
    s = socket.create_connection((a.at, 111), 2)
    b = callit(100026, 1, 1, address(a.ip))
    s.sendall(struct.pack(">L", 0x80000000 | len(b)) + b)
    s.settimeout(LISTEN)
    try:
        b = s.recv(2048)
        print("answer" if b else "closed", b.hex())
    except socket.timeout:
        pass


def noise(a):
    """Calls that lie: lengths, counts, loops.  Nothing may come back."""
    rng = random.Random(1)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(0.5)
    good = [callit(100026, 1, 1, address("10.0.2.66")),
            call(100026, 1, 2, struct.pack(">L8sL4s", 5, b"wendy", 4, b"root")),
            callit(100000, 2, 5, callit(100000, 2, 5, b"")[40:])]
    for i in range(20000):
        b = bytearray(good[i % 3])
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(24, len(b), 4)
            b[at:at + 4] = rng.choice((b"\xff" * 4, b"\x7f\xff\xff\xff",
                                       b"\x80\0\0\0", rng.randbytes(4)))
        # A length that lies, and perhaps no end; never a good one.
        if i % 3 == 0:
            b[36:40] = b"\0\0\1\x91"
        s.sendto(bytes(b[:rng.randint(0, len(b))]), 
                 (a.at, 1005 if i % 3 == 1 else 111))
    try:
        print("answer", s.recv(2048).hex())
    except socket.timeout:
        pass


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("what", choices=("mask", "rarp", "whoami", "tcp", "noise"))
    p.add_argument("at")
    p.add_argument("--to", default="255.255.255.255")
    p.add_argument("--to-mac")
    p.add_argument("--from", dest="source")
    p.add_argument("--mac")
    p.add_argument("--ip", default="10.0.2.9")
    p.add_argument("--program", type=int, default=100026)
    p.add_argument("--version", type=int, default=1)
    p.add_argument("--procedure", type=int, default=1)
    a = p.parse_args()
    globals()[a.what](a)


sys.exit(main())
