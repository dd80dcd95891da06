/** Owns putting played things in the place of a page's own, and taking them away again. */

/** Defines properties, and returns the way to have the former ones back. */
export function replaceProperties(target: object, properties: PropertyDescriptorMap): () => void {
  const former = Object.keys(properties).map(
    (name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const,
  );
  for (const [name, descriptor] of Object.entries(properties))
    Object.defineProperty(target, name, { configurable: true, ...descriptor });
  return () => {
    for (const [name, descriptor] of former)
      if (descriptor) Object.defineProperty(target, name, descriptor);
      else Reflect.deleteProperty(target, name);
  };
}

/** Puts values on `globalThis` and on its `navigator`, which is made where there is none; returns the way back. */
export function replaceGlobals(
  globals: Readonly<Record<string, unknown>>,
  navigator: Readonly<Record<string, unknown>>,
): () => void {
  const present: unknown = Reflect.get(globalThis, "navigator");
  const values = (entries: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(entries).map(([name, value]) => [name, { value, writable: true }]),
    );
  const restore = [
    replaceProperties(globalThis, values(globals)),
    typeof present === "object" && present !== null
      ? replaceProperties(present, values(navigator))
      : replaceProperties(globalThis, values({ navigator })),
  ];
  return () => {
    for (const back of restore.toReversed()) back();
  };
}
