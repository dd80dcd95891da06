/** Defines properties. Returns the function that restores the previous ones. */
export function replaceProperties(target: object, properties: PropertyDescriptorMap): () => void {
  const previous = Object.keys(properties).map(
    (name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const,
  );
  for (const [name, descriptor] of Object.entries(properties))
    Object.defineProperty(target, name, { configurable: true, ...descriptor });
  return () => {
    for (const [name, descriptor] of previous)
      if (descriptor) Object.defineProperty(target, name, descriptor);
      else Reflect.deleteProperty(target, name);
  };
}

/** Defines values on `globalThis` and on its `navigator`, which is created if there is none. Returns the function that restores them. */
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
