/** The flags that create-next-app sets. The check builds once with them and once without. */
const flags =
  process.env.NEXT_FLAGS === "off" ? {} : { cacheComponents: true, partialPrefetching: true };

export default flags;
