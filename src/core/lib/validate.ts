/**
 * Checks for untrusted values. Written by hand, because every page with a call would download a
 * validation library for these few lines.
 */

/**
 * Returns a copy of the value with the fields of its schema only.
 *
 * @throws {ValidationError} If the value does not match.
 */
export type Check<T> = (value: unknown, where: string) => T;

/** The type of a value that passed the check. */
export type Checked<C> = C extends Check<infer T> ? T : never;

/** Names the place at which a value does not match. */
export class ValidationError extends Error {}

/** Accepts a value for which `test` returns true. */
export function primitive<T>(test: (value: unknown) => boolean): Check<T> {
  return (value, where) => {
    if (!test(value)) throw new ValidationError(where);
    return value as T;
  };
}

/** Accepts a missing value, and returns `missing` for it. */
export function optional<T, M>(check: Check<T>, missing: M): Check<T | M> {
  return (value, where) =>
    value === undefined || value === missing ? missing : check(value, where);
}

/** Accepts an array of at most `longest` items. */
export function list<T>(item: Check<T>, longest: number): Check<T[]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length > longest) throw new ValidationError(where);
    // `map()` would skip the holes of a sparse array.
    return Array.from(value, (each) => item(each, where));
  };
}

/** Accepts an object, and returns its named fields only. */
export function object<S extends Record<string, Check<unknown>>>(
  fields: S,
): Check<{ [Name in keyof S]: Checked<S[Name]> }> {
  return (value, where) => {
    if (typeof value !== "object" || value === null) throw new ValidationError(where);
    // Own properties only: those of a prototype are not part of the message.
    const named = Object.entries(fields).map(([name, check]) => {
      const found: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
      return [name, check(found, `${where}.${name}`)] as const;
    });
    return Object.fromEntries(named.filter(([, found]) => found !== undefined)) as {
      [Name in keyof S]: Checked<S[Name]>;
    };
  };
}
