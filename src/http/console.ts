/**
 * The console at `/console`: the files that Vite built into dist/console (console/vite.config.ts), read once, when they
 * are first asked for. The page is asked for again each time (ETag); its assets have names that change with what they
 * hold, and are kept for ever. What it shows it asks of /graphql, as anybody may: nothing is private here.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answer, beginAnswer, TEXT } from './answer.ts'
import { takesCoding } from './encoding.ts'
import { isReading } from './health.ts'

const FOLDER = fileURLToPath(new URL('../console', import.meta.url))
const PAGE = '/console'

const TYPES: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Codings in the order of preference, with the ending of the files that hold them. */
const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const

/**
 * Nothing comes from elsewhere, nothing inline runs, and nobody frames it. The plot places its parts through the
 * CSSOM, which no policy on styles is about.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const SECURITY = {
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
}

interface ConsoleFile {
  readonly type: string
  readonly etag: string
  readonly bytes: Buffer
  /** By the coding's name. */
  readonly coded: ReadonlyMap<string, Buffer>
}

export class Console {
  #files: ReadonlyMap<string, ConsoleFile> | null = null

  /** Whether a path is the console's. */
  static owns(path: string): boolean {
    return path === PAGE || path.startsWith(`${PAGE}/`)
  }

  /** Answers with the page or one of its assets. */
  serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    if (!isReading(request)) return answer(response, 405, TEXT, 'Only GET reads this.\n', { Allow: 'GET, HEAD' })
    if (path === `${PAGE}/`) return answer(response, 308, TEXT, `It is at ${PAGE}.\n`, { Location: PAGE })
    this.#files ??= readFiles()
    const file = this.#files.get(path)
    if (file === undefined) {
      const message =
        path === PAGE ? 'The console is not built: run npm run build.\n' : 'The console has no such file.\n'
      return answer(response, 404, TEXT, message, SECURITY)
    }
    const headers = {
      ...SECURITY,
      ETag: file.etag,
      Vary: 'Accept-Encoding',
      'Cache-Control': path === PAGE ? 'no-cache' : 'public, max-age=31536000, immutable',
    }
    if (request.headers['if-none-match'] === file.etag) {
      beginAnswer(response, 304, headers)
      response.end()
      return
    }
    const accepted = request.headers['accept-encoding']
    const [coding] = CODINGS.find(([name]) => file.coded.has(name) && takesCoding(accepted, name)) ?? []
    if (coding === undefined) return answer(response, 200, file.type, file.bytes, headers)
    answer(response, 200, file.type, file.coded.get(coding)!, { ...headers, 'Content-Encoding': coding })
  }
}

/** The built files by the path that each is served at; none where nothing was built. */
function readFiles(): ReadonlyMap<string, ConsoleFile> {
  const names = new Set(listFiles())
  const files = [...names].flatMap((name): [string, ConsoleFile][] => {
    const type = TYPES[extname(name)]
    if (type === undefined) return []
    const read = (ending = '') => readFileSync(join(FOLDER, name + ending))
    const bytes = read()
    const coded = CODINGS.filter(([, ending]) => names.has(name + ending)).map(
      ([coding, ending]) => [coding, read(ending)] as const,
    )
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    return [[name === 'index.html' ? PAGE : `${PAGE}/${name}`, { type, etag, bytes, coded: new Map(coded) }]]
  })
  return new Map(files)
}

function listFiles(): string[] {
  try {
    return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
