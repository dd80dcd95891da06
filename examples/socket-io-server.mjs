// The server part of socketIoSignaling(), to paste: `serveRooms(io, async (socket, room) => who may enter)`.
export function serveRooms(io, mayEnter = async () => true) {
  const rooms = new Map(); // the name of a room -> the id of a peer -> { socket, peer, secret }
  const seats = (room) => rooms.get(room) ?? new Map();
  const tell = (room) => {
    const peers = [...seats(room).values()].map(({ peer }) => peer);
    for (const [id, seat] of seats(room)) seat.socket.emit("twocan:peers", room, id, peers);
  };
  io.on("connection", (socket) => {
    // One after the other. What comes is anybody's guess: what does not fit must not end the server.
    let queue = Promise.resolve();
    const on = (event, act) =>
      socket.on(event, (...said) => (queue = queue.then(() => act(...said)).catch(() => {})));
    const own = (room, id) => seats(room).get(id)?.socket === socket;
    // Also for another name, or by another connection: whoever knows the secret of a seat has it.
    on("twocan:join", async (room, peer, secret, answer) => {
      const fits = /^[\w.@:-]{1,160}$/.test(peer.id) && JSON.stringify(peer).length <= 2_000;
      if (typeof room !== "string" || !fits) return answer("message-invalid");
      if (!(await mayEnter(socket, room))) return answer("signaling-denied");
      const seat = seats(room).get(peer.id);
      if (seat && seat.secret !== secret) return answer("signaling-denied");
      if (!seat && seats(room).size >= 64) return answer("room-full");
      if (socket.connected) rooms.set(room, seats(room).set(peer.id, { socket, peer, secret }));
      answer();
      tell(room);
    });
    on("twocan:send", (room, from, to, message) => {
      if (!own(room, from) || to === from) return; // nobody speaks in another's name
      seats(room).get(to)?.socket.emit("twocan:message", room, to, from, message);
    });
    const leave = (room, id) => {
      if (!own(room, id)) return;
      seats(room).delete(id);
      if (seats(room).size === 0) rooms.delete(room);
      tell(room);
    };
    on("twocan:leave", leave);
    on("disconnect", () => rooms.forEach((all, room) => all.forEach((_, id) => leave(room, id))));
  });
}
