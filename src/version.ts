/** Herald's version, from the package that it was installed as. */
import { readFileSync } from 'node:fs'

/** For instance `0.1.0`. */
export function heraldVersion(): string {
  // The same from src/ and from dist/.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}
