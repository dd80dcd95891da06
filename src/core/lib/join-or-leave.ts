import { abortable } from "./abort.ts";

/**
 * Resolves with what `joined` resolves with, or rejects when `signal` aborts. If it rejects, a session
 * that arrives later is left.
 */
export async function joinOrLeave<T>(
  signal: AbortSignal,
  joined: Promise<T>,
  leave: (session: T) => Promise<void>,
): Promise<T> {
  try {
    return await abortable(signal, joined);
  } catch (error) {
    joined.then(leave).catch(() => undefined);
    throw error;
  }
}
