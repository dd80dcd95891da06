/** An application server that runs the relay. */
import { createServer } from "node:http";
import { createRelay, type Relay } from "twocan/relay";

export const relay: Relay = await createRelay({ server: createServer() });
