import type { Server, Socket } from "socket.io";

/** Serves the rooms of `socketIoSignaling()`. `mayEnter` decides who may enter a room; default: every client. */
export function serveRooms(
  io: Server,
  mayEnter?: (socket: Socket, room: string) => Promise<boolean>,
): void;
