import { abortable, after } from "../lib/abort.ts";
import type { ConfigurationSource } from "./ice-servers.ts";

/** After this time prefetched servers are discarded, because TURN credentials expire. */
const PREFETCH_LIFETIME_MS = 30_000;

/** Supplies configurations that may have been requested ahead of time. */
export interface PrefetchedConfiguration {
  /** Returns the prefetched configuration, or a new one. Rejects when the scope ends. */
  get(): Promise<RTCConfiguration>;
  /**
   * Requests a configuration now. A callee does so when it starts, while the caller requests its own,
   * instead of when the offer arrives.
   */
  prefetch(): void;
}

export function createPrefetchedConfiguration(
  source: ConfigurationSource,
  signal: AbortSignal,
): PrefetchedConfiguration {
  let prefetched: Promise<RTCConfiguration> | undefined;
  return {
    async get() {
      const configuration = prefetched ?? source.get();
      prefetched = undefined;
      return abortable(signal, Promise.resolve(configuration));
    },
    prefetch() {
      const request = source.get();
      // A plain value is read when it is needed, so that a later change counts.
      if (!(request instanceof Promise)) return;
      prefetched = request;
      const discard = () => {
        if (prefetched === request) prefetched = undefined;
      };
      request.catch(discard);
      after(signal, PREFETCH_LIFETIME_MS, discard);
    },
  };
}
