/** `T`, as its owner sees it. */
export type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
