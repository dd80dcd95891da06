/** A broker on this machine. */
export interface Server {
  /** The TCP port. */
  port: number;
  webSocketPort: number;
  stop(): Promise<void>;
}

/**
 * Starts mosquitto with the access rules of docs/SIGNALING.md. Resolves to undefined if it is not
 * installed; rejects instead if `CI` is set.
 */
export function startMosquitto(): Promise<Server | undefined>;

/** Starts nats-server. Resolves to undefined if it is not installed; rejects instead if `CI` is set. */
export function startNats(): Promise<Server | undefined>;

/** Finds a server program. Returns undefined if it is not installed; throws instead if `CI` is set. */
export function serverPath(name: string): string | undefined;

/** Says in one sentence how to install a server that is missing. Returns undefined if it is installed. */
export function missingServer(name: string): string | undefined;
