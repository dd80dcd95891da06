/**
 * Owns the checking of untrusted values: what passes has exactly the fields that its shape names.
 * By hand, because every page that calls would download a validating library for these few lines.
 */

/** Gives back what fits, without what nobody asked for; throws a {@link ValidationError} otherwise. */
export type Check<T> = (value: unknown, where: string) => T;

/** What a check lets through. */
export type Checked<C> = C extends Check<infer T> ? T : never;

/** Where a value does not fit. */
export class ValidationError extends Error {}

/** A value that passes `test`. */
export function primitive<T>(test: (value: unknown) => boolean): Check<T> {
  return (value, where) => {
    if (!test(value)) throw new ValidationError(where);
    return value as T;
  };
}

/** A value that may be missing, in place of which `missing` stands. */
export function optional<T, M>(check: Check<T>, missing: M): Check<T | M> {
  return (value, where) =>
    value === undefined || value === missing ? missing : check(value, where);
}

/** An array of at most `longest` items. */
export function list<T>(item: Check<T>, longest: number): Check<T[]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length > longest) throw new ValidationError(where);
    return value.map((each) => item(each, where));
  };
}

/** An object: its named fields, and nothing else of it. */
export function object<S extends Record<string, Check<unknown>>>(
  fields: S,
): Check<{ [Name in keyof S]: Checked<S[Name]> }> {
  return (value, where) => {
    if (typeof value !== "object" || value === null) throw new ValidationError(where);
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
