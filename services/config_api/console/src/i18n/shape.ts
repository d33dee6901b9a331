/** The keys of a catalogue, with any text: what every other language must have as well. */
export type Shape<T> = { readonly [K in keyof T]: T[K] extends string ? string : Shape<T[K]> };
