import type { Server, Socket } from "socket.io";

/** Serves `socketIoSignaling()`. */
export function serveRooms(
  io: Server,
  mayEnter?: (socket: Socket, room: string) => Promise<boolean>,
): void;
