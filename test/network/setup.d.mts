/** Says in one sentence why the network tests cannot run here. Returns undefined if they can. */
export function missing(): string | undefined;
