/** Numbers from 0 up, seven bits a byte, low ones first: lengths and counts in the bytes of both logs. */

/** How many bytes the number takes. */
export function uvarintSize(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  let size = 2
  for (let rest = Math.floor(value / 0x4000); rest > 0; rest = Math.floor(rest / 0x80)) size++
  return size
}

/** Writes the number; returns where it ends. */
export function putUvarint(target: Buffer, at: number, value: number): number {
  let rest = value
  let end = at
  // Bits are taken only where 32 of them are enough.
  for (; rest >= 0x8000_0000; rest = Math.floor(rest / 0x80)) target[end++] = (rest % 0x80) | 0x80
  for (; rest >= 0x80; rest >>>= 7) target[end++] = (rest & 0x7f) | 0x80
  target[end] = rest
  return end + 1
}
