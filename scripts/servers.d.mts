/** A broker on this machine. */
export interface Server {
  /** Where it speaks its protocol over TCP. */
  port: number;
  /** Where it speaks it over WebSocket. */
  webSocketPort: number;
  stop(): Promise<void>;
}

/** Starts mosquitto with the access rules of docs/SIGNALING.md; undefined where it is missing and cannot be installed. With `CI` it rejects. */
export function startMosquitto(): Promise<Server | undefined>;

/** Starts nats-server; undefined where it is missing and cannot be installed. With `CI` it rejects. */
export function startNats(): Promise<Server | undefined>;

/** What is missing and how to get it, as a sentence; undefined where nothing is. */
export function missingServer(name: "mosquitto" | "nats-server"): string | undefined;
