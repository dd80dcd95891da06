// The server part of socketIoSignaling(). Paste it, and call `serveRooms(io, async (socket, room) => allowed)`.
export function serveRooms(io, mayEnter = async () => true) {
  const rooms = new Map(); // room -> peer id -> { socket, peer, secret }
  const peersOf = (room) => rooms.get(room) ?? new Map();
  const sendRoster = (room) => {
    const peers = [...peersOf(room).values()].map(({ peer }) => peer);
    for (const [id, { socket }] of peersOf(room)) socket.emit("twocan:peers", room, id, peers);
  };
  io.on("connection", (socket) => {
    // One event at a time. A client may send anything, so an error in a handler is ignored.
    let queue = Promise.resolve();
    const on = (event, handle) =>
      socket.on(event, (...args) => (queue = queue.then(() => handle(...args)).catch(() => {})));
    const owns = (room, id) => peersOf(room).get(id)?.socket === socket;
    // Also for a changed name, and after a reconnect: the secret proves that it is the same peer.
    on("twocan:join", async (room, peer, secret, acknowledge) => {
      const valid = /^[\w.@:-]{1,160}$/.test(peer.id) && JSON.stringify(peer).length <= 2_000;
      if (typeof room !== "string" || !valid) return acknowledge("message-invalid");
      if (!(await mayEnter(socket, room))) return acknowledge("signaling-denied");
      const present = peersOf(room).get(peer.id);
      if (present && present.secret !== secret) return acknowledge("signaling-denied");
      if (!present && peersOf(room).size >= 64) return acknowledge("room-full");
      if (socket.connected) rooms.set(room, peersOf(room).set(peer.id, { socket, peer, secret }));
      acknowledge();
      sendRoster(room);
    });
    on("twocan:send", (room, from, to, message) => {
      if (!owns(room, from) || to === from) return; // no peer sends in another's name
      peersOf(room).get(to)?.socket.emit("twocan:message", room, to, from, message);
    });
    const leave = (room, id) => {
      if (!owns(room, id)) return;
      peersOf(room).delete(id);
      if (peersOf(room).size === 0) rooms.delete(room);
      sendRoster(room);
    };
    on("twocan:leave", leave);
    on("disconnect", () => rooms.forEach((all, room) => all.forEach((_, id) => leave(room, id))));
  });
}
