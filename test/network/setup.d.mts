/** Why there can be no laboratory here, in one sentence; undefined where there can. */
export function missing(): string | undefined;
