// Texts that a client without the library may write where a packet or a peer is expected.

/** Texts that are not JSON, or not the JSON of an object. */
export const NON_OBJECTS = [
  "",
  "nonsense",
  "{",
  "null",
  "1",
  '"text"',
  "[]",
  "[1]",
  "\0",
  "\ud800",
];

/** Objects that are neither a valid packet nor a valid peer. */
export const MALFORMED_OBJECTS = [
  "{}",
  '{"v":1}',
  '{"v":1,"s":-1,"r":"0","a":null,"m":{}}',
  '{"v":1,"s":1,"r":0,"a":-1,"m":[[0]]}',
  '{"v":2,"s":1,"r":0,"a":-1,"m":[]}',
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
];
