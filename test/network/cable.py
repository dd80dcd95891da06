"""Connects two network namespaces with simulated delay, loss and a limited rate.

    cable.py NEAR DEVICE FAR DEVICE    (root)

Each end is a TUN device; this process forwards the packets. Reads lines of JSON from stdin, such as
{"delay": 200, "loss": 5, "rate": 500, "queue": 300} (ms, percent, kbit/s and ms of queue, each way).
Prints READY when both devices are up, and exits when stdin is closed.
"""

import ctypes, fcntl, heapq, json, os, random, select, struct, subprocess, sys, time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
libc = ctypes.CDLL(None, use_errno=True)


def enter(file):
    if libc.setns(file, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def open_end(namespace, device):
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter(os.open(f"/run/netns/{namespace}", os.O_RDONLY))
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TUN | IFF_NO_PI))
    subprocess.check_call(["ip", "link", "set", device, "up", "txqueuelen", "1000"])
    enter(home)
    return end


ends = [open_end(*sys.argv[1:3]), open_end(*sys.argv[3:5])]
other = dict(zip(ends, reversed(ends)))
state = {"delay": 0, "loss": 0, "rate": 0, "queue": 300}
free_at = dict.fromkeys(ends, 0.0)  # when all queued packets will have been sent
in_flight, count = [], 0
poll = select.epoll()
for file in (*ends, 0):
    poll.register(file, select.EPOLLIN)
print("READY", flush=True)


def send(end, packet):
    global count
    if random.random() * 100 < state["loss"]:
        return
    now = at = time.monotonic()
    if state["rate"]:
        at = max(now, free_at[end])
        if (at - now) * 1000 > state["queue"]:
            return
        at = free_at[end] = at + len(packet) * 8 / (state["rate"] * 1000)
    count += 1  # keeps the order of packets with the same arrival time
    heapq.heappush(in_flight, (at + state["delay"] / 1000, count, other[end], packet))


while True:
    while in_flight and in_flight[0][0] <= time.monotonic():
        _, _, end, packet = heapq.heappop(in_flight)
        try:
            os.write(end, packet)
        except OSError:
            pass  # the device is down, or its queue is full
    wait = max(0.0, in_flight[0][0] - time.monotonic()) if in_flight else 1.0
    for file, _ in poll.poll(wait):
        if file == 0:
            line = sys.stdin.readline()
            if not line:
                sys.exit(0)
            state.update(json.loads(line))
            continue
        try:
            for _ in range(64):
                send(file, os.read(file, 65536))
        except OSError:
            pass  # no more packets to read now
