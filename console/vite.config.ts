/**
 * How the console is built: one page and its assets into dist/console, under hashed names, each also compressed, once
 * and as well as can be, so that serving it costs nothing (src/http/console.ts).
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

const OUT = 'dist/console'
/** What compresses; pictures do already. */
const COMPRESSED = /\.(?:html|js|css|svg)$/

export default defineConfig({
  root: 'console',
  base: '/console/',
  logLevel: 'warn',
  // Only what is imported is wanted, and no environment of the machine that builds.
  publicDir: false,
  envDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join('..', OUT),
    emptyOutDir: true,
    target: 'es2022',
    // A small file as a data: address would need a wider policy than the page has.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  plugins: [compressed()],
})

/** Puts `name.br` and `name.gz` beside each file. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    closeBundle() {
      for (const name of readdirSync(OUT, { recursive: true, encoding: 'utf8' })) {
        if (!COMPRESSED.test(name)) continue
        const bytes = readFileSync(join(OUT, name))
        writeFileSync(join(OUT, `${name}.br`), brotliCompressSync(bytes))
        writeFileSync(join(OUT, `${name}.gz`), gzipSync(bytes, { level: 9 }))
      }
    },
  }
}
