/**
 * Owns the checking of untrusted values: what passes has exactly the fields that its shape names.
 * By hand, because every page that calls would download a validating library for these few lines.
 */

/** Gives back what fits, without what nobody asked for; throws a {@link Misfit} otherwise. */
export type Check<T> = (value: unknown, where: string) => T;

/** What a check lets through. */
export type Checked<C> = C extends Check<infer T> ? T : never;

/** Where a value does not fit. */
export class Misfit extends Error {}

/** A value that passes `test`. */
export function leaf<T>(test: (value: unknown) => boolean): Check<T> {
  return (value, where) => {
    if (!test(value)) throw new Misfit(where);
    return value as T;
  };
}

/** A value that may be missing, in place of which `missing` stands. */
export function maybe<T, M>(check: Check<T>, missing: M): Check<T | M> {
  return (value, where) =>
    value === undefined || value === missing ? missing : check(value, where);
}

/** An array of at most `longest` items. */
export function list<T>(item: Check<T>, longest: number): Check<T[]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length > longest) throw new Misfit(where);
    return value.map((each) => item(each, where));
  };
}

/** An object: its named fields, and nothing else of it. */
export function shape<S extends Record<string, Check<unknown>>>(
  fields: S,
): Check<{ [Name in keyof S]: Checked<S[Name]> }> {
  return (value, where) => {
    if (typeof value !== "object" || value === null) throw new Misfit(where);
    // From own fields alone: a prototype can be anything.
    const named = Object.entries(fields).map(([name, check]) => {
      const found: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
      return [name, check(found, `${where}.${name}`)] as const;
    });
    return Object.fromEntries(named.filter(([, found]) => found !== undefined)) as {
      [Name in keyof S]: Checked<S[Name]>;
    };
  };
}
