/**
 * A look at an LMDB file before LMDB maps it. LMDB trusts its file: reading past the end of a mapped file that
 * was cut short is SIGBUS, which no `catch` sees. So the two meta pages are read with plain reads first. What
 * they must say: the magic number and the version of LMDB's format, and that the roots of both trees lie inside the file.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { endianness } from 'node:os'

const MAGIC = 0xbeefc0de
const VERSION = 2
const PAGE_HEADER = 24
/** Offsets in a meta page. */
const AT = {
  magic: PAGE_HEADER,
  version: 28,
  pageSize: 48,
  freeRoot: 88,
  mainRoot: 136,
  lastPage: 144,
  transaction: 152,
} as const
const META_BYTES = 160
const NO_PAGE = 0xffff_ffff_ffff_ffffn

interface Meta {
  readonly pageSize: number
  readonly roots: readonly bigint[]
  readonly lastPage: bigint
  readonly transaction: bigint
}

async function readMeta(file: FileHandle, position: number): Promise<Meta | undefined> {
  const page = Buffer.alloc(META_BYTES)
  const { bytesRead } = await file.read(page, 0, META_BYTES, position)
  if (bytesRead < META_BYTES) return undefined
  // The file is in the machine's own byte order: swapping the words makes one way of reading do for both.
  const little = endianness() === 'LE'
  const u32 = (at: number) => (little ? page.readUInt32LE(at) : page.readUInt32BE(at))
  const u64 = (at: number) => (little ? page.readBigUInt64LE(at) : page.readBigUInt64BE(at))
  if (u32(AT.magic) !== MAGIC || u32(AT.version) !== VERSION) return undefined
  return {
    pageSize: u32(AT.pageSize),
    roots: [u64(AT.freeRoot), u64(AT.mainRoot)],
    lastPage: u64(AT.lastPage),
    transaction: u64(AT.transaction),
  }
}

async function metaOf(file: FileHandle): Promise<Meta> {
  const first = await readMeta(file, 0)
  const { pageSize } = first ?? { pageSize: 0 }
  const sound = pageSize >= 256 && pageSize <= 65_536 && (pageSize & (pageSize - 1)) === 0
  const second = first && sound ? await readMeta(file, pageSize) : undefined
  if (!first || !second || second.pageSize !== pageSize) throw new Error('it is no LMDB file, or it is damaged')
  return second.transaction > first.transaction ? second : first
}

/**
 * Checks the LMDB file at `path`; one that is missing or empty is well, since LMDB makes it anew.
 * Rejects with an Error that says what is wrong.
 */
export async function checkHeader(path: string): Promise<void> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  try {
    const { size } = await file.stat()
    if (size === 0) return
    const { pageSize, roots } = await metaOf(file)
    const pages = BigInt(Math.floor(size / pageSize))
    if (roots.some((root) => root !== NO_PAGE && root >= pages)) throw new Error('it is cut short')
  } finally {
    await file.close()
  }
}

/**
 * Makes the file as long as its header says it is. The pages at the end may never have been written, if they
 * were freed in the transaction that took them, so a short file is no proof of damage; with zeros in their place
 * LMDB reports a lost page as an error instead of dying by SIGBUS. Only for the process that owns the file.
 */
export async function fillUp(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    if (size === 0) return
    const { pageSize, lastPage } = await metaOf(file)
    const wanted = Number(lastPage + 1n) * pageSize
    if (!Number.isSafeInteger(wanted) || wanted > size + 2 ** 30) throw new Error('it is cut short')
    if (wanted > size) await file.truncate(wanted)
  } finally {
    await file.close()
  }
}
