/** Builds the product once before all tests: they drive what `npm start` runs, never the sources in its place. */
import { execFileSync } from 'node:child_process'

export default function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
}
